// The exact scalar path against figures computed with far more digits.

import Testing

@testable import Models

@Suite("BetaGeometric")
struct BetaGeometricTests {
  @Test("56 customers have the reference's likelihood, alive probability and expectation")
  func reference() throws {
    var (likelihood, alive, orders) = (WorstError(), WorstError(), WorstError())
    let rows = try Figure.rows(ReferenceFigures.customers)
    #expect(rows.count == 112)
    for row in rows {
      let family = CDNOWMaximum.family(row.model)
      let n = row.numbers
      let history = PurchaseHistory(repeatOrders: n[0], recencyDays: n[1], ageDays: n[2])
      likelihood.addLog(family.logLikelihood(of: history), n[3], "\(row)")
      alive.add(family.aliveProbability(of: history), n[4], "\(row)")
      let result =
        family.aliveProbability(of: history) * family.expectedOrdersIfAlive(of: history, within: 39)
      orders.add(result, n[5], "\(row)")
    }
    print("reference: ln L \(likelihood.error), P(alive) \(alive.error), E \(orders.error)")
    #expect(likelihood.error < 1e-13, "\(likelihood.place)")
    #expect(alive.error < 2e-13, "\(alive.place)")
    #expect(orders.error < 2e-13, "\(orders.place)")
  }

  @Test("the population's expectation and counts are the reference's")
  func population() throws {
    var (mean, counts) = (WorstError(), WorstError())
    for row in try Figure.rows(ReferenceFigures.population) {
      let family = CDNOWMaximum.family(row.model)
      let result =
        family.aliveProbability(of: .new)
        * family.expectedOrdersIfAlive(of: .new, within: row.numbers[0])
      mean.add(result, row.numbers[1], "\(row)")
    }
    for row in try Figure.rows(ReferenceFigures.counts) {
      let family = CDNOWMaximum.family(row.model)
      let n = Int(row.numbers[0])
      counts.add(family.populationProbability(ofOrders: n, within: 39), row.numbers[1], "\(row)")
    }
    print("population: E \(mean.error), P(X = n) \(counts.error)")
    #expect(mean.error < 1e-13, "\(mean.place)")
    #expect(counts.error < 1e-13, "\(counts.place)")
  }

  @Test("horizons from a billionth of a week to a million weeks are exact")
  func horizons() throws {
    var worst = WorstError()
    let rows = try Figure.rows(ReferenceFigures.horizons)
    #expect(rows.count == 36)
    for row in rows {
      let family = CDNOWMaximum.family(row.model)
      let n = row.numbers
      let history = PurchaseHistory(repeatOrders: n[0], recencyDays: n[1], ageDays: n[2])
      let result =
        family.aliveProbability(of: history)
        * family.expectedOrdersIfAlive(of: history, within: n[3])
      worst.add(result, n[4], "\(row)")
    }
    print("horizons: E \(worst.error)")
    #expect(worst.error < 1e-12, "\(worst.place)")
  }

  @Test("parameters at which libraries fail are exact")
  func edges() throws {
    var (alive, orders) = (WorstError(), WorstError())
    let rows = try Figure.rows(ReferenceFigures.edges)
    #expect(rows.count == 23)
    for row in rows {
      let n = row.numbers
      let family = row.family(
        try BetaGeometricParameters(r: n[0], alpha: n[1], a: n[2], b: n[3]))
      let history = PurchaseHistory(repeatOrders: n[4], recencyDays: n[5], ageDays: n[6])
      let result = family.aliveProbability(of: history)
      alive.add(result, n[8], "\(row)")
      orders.add(result * family.expectedOrdersIfAlive(of: history, within: n[7]), n[9], "\(row)")
    }
    print("edges: P(alive) \(alive.error), E \(orders.error)")
    #expect(alive.error < 1e-13, "\(alive.place)")
    #expect(orders.error < 2e-13, "\(orders.place)")
  }

  @Test("260 random corners are exact")
  func corners() throws {
    var (alive, orders) = (WorstError(), WorstError())
    var (churn, likelihood) = (WorstError(), WorstError())
    let rows = try Figure.rows(CornerFigures.rows)
    #expect(rows.count == 260)
    for row in rows {
      let n = row.numbers
      let family = row.family(
        try BetaGeometricParameters(r: n[0], alpha: n[1], a: n[2], b: n[3]))
      let history = PurchaseHistory(repeatOrders: n[4], recencyDays: n[5], ageDays: n[6])
      alive.add(family.aliveProbability(of: history), n[8], "\(row)")
      orders.add(family.expectedOrdersIfAlive(of: history, within: n[7]), n[9], "\(row)")
      churn.add(family.churnProbability(of: history, within: n[7]), n[10], "\(row)")
      likelihood.addLog(family.logLikelihood(of: history), n[11], "\(row)")
    }
    print(
      "corners: P(alive) \(alive.error), E \(orders.error), churn \(churn.error), "
        + "ln L \(likelihood.error)")
    #expect(alive.error < 1e-12, "\(alive.place)")
    #expect(orders.error < 1e-12, "\(orders.place)")
    #expect(churn.error < 1e-12, "\(churn.place)")
    #expect(likelihood.error < 1e-13, "\(likelihood.place)")
  }

  @Test("the series and the integral agree where both are good")
  func quadrature() {
    var worst = WorstError()
    for kind in PurchaseModelKind.betaGeometric {
      for x in [0.0, 1, 4, 30, 300] {
        for u in [0.01, 0.5, 3, 20] {
          let orders = ExpectedOrders(
            kind == .bgNBD ? CDNOWMaximum.family("bg") : CDNOWMaximum.family("mbg"),
            repeatOrders: x)
          guard let series = orders.series(at: u) else { continue }
          let integral = DropoutQuadrature(
            a: orders.a, b: orders.bPosterior, shape: orders.shape
          ).value(at: u)
          worst.add(integral, series, "\(kind) x \(x) u \(u)")
        }
      }
    }
    print("integral against series: \(worst.error)")
    #expect(worst.error < 1e-12, "\(worst.place)")
  }
}
