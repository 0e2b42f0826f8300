// What must be true of every purchase model whatever its figures: probabilities, means, orders.

import Testing

@testable import Models

@Suite("PurchaseModel")
struct PurchaseModelTests {
  static let parameters = [
    CDNOWMaximum.bgNBD, CDNOWMaximum.mbgNBD,
    BetaGeometricParameters(trustedR: 3, alpha: 20, a: 0.1, b: 0.4),
    BetaGeometricParameters(trustedR: 1, alpha: 5, a: 1, b: 3),
    BetaGeometricParameters(trustedR: 0.5, alpha: 2, a: 4, b: 30),
  ]

  static let models: [any PurchaseModel] = parameters.flatMap {
    [BetaGeometric.bgNBD($0) as any PurchaseModel, BetaGeometric.mbgNBD($0)]
  }

  @Test("the probabilities of all counts sum to one, and their mean is the expectation")
  func counts() {
    for model in Self.models {
      for horizon in [0, 0.01, 1, 15] {
        var (sum, mean) = (0.0, 0.0)
        for n in 0..<400 {
          let probability = model.populationProbability(ofOrders: n, within: horizon)
          #expect((0...1).contains(probability))
          sum += probability
          mean += Double(n) * probability
        }
        let expected = model.populationExpectedOrders(within: horizon)
        #expect(abs(sum - 1) < 1e-12, "\(model) \(horizon)")
        #expect(abs(mean - expected) <= 1e-11 * max(1, expected), "\(model) \(horizon)")
      }
    }
  }

  @Test("a count far beyond what is likely has a small positive probability")
  func tail() {
    let model = BetaGeometric.bgNBD(
      BetaGeometricParameters(trustedR: 0.243, alpha: 4.414, a: 0.793, b: 2.426))
    // Published with BTYD: P(X(2) = 10) = 1.07869e-07.
    #expect(
      abs(model.populationProbability(ofOrders: 10, within: 2) / 1.0786896e-07 - 1) < 1e-7)
    let far = model.populationProbability(ofOrders: 200, within: 2)
    #expect(far > 0 && far < 1e-90)
  }

  @Test("a longer silence makes a living customer less likely, a longer horizon more orders")
  func monotone() {
    for model in Self.models {
      for x in [0.0, 1, 5, 60] {
        let recency = x == 0 ? 0 : 50 + x
        var last = 2.0
        for age in stride(from: recency, through: recency + 600, by: 20) {
          let history = PurchaseHistory(repeatOrders: x, recencyDays: recency, ageDays: age)
          let alive = model.aliveProbability(of: history)
          #expect((0...1).contains(alive) && alive <= last)
          last = alive
          var (orders, churn) = (0.0, 1.0)
          for horizon in [0, 1e-6, 1, 10, 100, 1000, 36_525] {
            let next = model.expectedOrders(of: history, within: horizon)
            let gone = model.churnProbability(of: history, within: horizon)
            #expect(next >= orders && next.isFinite)
            #expect(gone <= churn && gone >= (1 - alive) * (1 - 1e-12))
            // Markov: the chance of any order is at most the expected number.
            #expect(1 - gone <= next * (1 + 1e-9) + 1e-12)
            (orders, churn) = (next, gone)
          }
        }
      }
    }
  }

  @Test("BG/NBD gives every one-time buyer life for ever, MBG/NBD does not")
  func oneTimeBuyers() {
    let history = PurchaseHistory(repeatOrders: 0, recencyDays: 0, ageDays: 900)
    for parameters in Self.parameters {
      #expect(BetaGeometric.bgNBD(parameters).aliveProbability(of: history) == 1)
      #expect(BetaGeometric.mbgNBD(parameters).aliveProbability(of: history) < 1)
    }
  }

  @Test("the unit of time changes nothing but the density")
  func units() {
    let weeks = CDNOWMaximum.bgNBD
    let days = BetaGeometricParameters(
      trustedR: weeks.r, alpha: weeks.alpha * 7, a: weeks.a, b: weeks.b)
    let inWeeks = PurchaseHistory(repeatOrders: 3, recencyDays: 10, ageDays: 30)
    let inDays = PurchaseHistory(repeatOrders: 3, recencyDays: 70, ageDays: 210)
    var worst = WorstError()
    worst.add(
      BetaGeometric.bgNBD(days).aliveProbability(of: inDays),
      BetaGeometric.bgNBD(weeks).aliveProbability(of: inWeeks), "P")
    worst.add(
      BetaGeometric.bgNBD(days).expectedOrders(of: inDays, within: 70),
      BetaGeometric.bgNBD(weeks).expectedOrders(of: inWeeks, within: 10), "E")
    worst.addLog(
      BetaGeometric.bgNBD(days).logLikelihood(of: inDays) + 3 * log(7),
      BetaGeometric.bgNBD(weeks).logLikelihood(of: inWeeks), "ln L")
    #expect(worst.error < 1e-14, "\(worst.place)")
  }

  @Test("kinds have names and are found by them")
  func names() {
    for kind in PurchaseModelKind.allCases { #expect(PurchaseModelKind(name: kind.name) == kind) }
    #expect(PurchaseModelKind(name: "pareto") == nil)
    #expect(PurchaseModelKind.mbgNBD.name == "mbg-nbd" && PurchaseModelKind.bgNBD.name == "bg-nbd")
  }
}
