// Scores over lanes: against the exact path, against the reference, and alone against in a batch.

import Testing

@testable import Models

@Suite("CustomerModel")
struct CustomerModelTests {
  /// The exact scores by the stated formula, term by term.
  static func exact(
    _ family: BetaGeometric, _ spend: SpendParameters, _ history: PurchaseHistory,
    meanSpend: Double, terms: ScoreTerms
  ) -> CustomerScore {
    let alive = family.aliveProbability(of: history)
    let worth = GammaGamma(spend).expectedSpend(
      repeatOrders: history.repeatOrders, meanSpend: meanSpend)
    var value = 0.0
    var before = 0.0
    var orders = 0.0
    for month in 1...terms.months {
      orders = family.expectedOrdersIfAlive(
        of: history, within: min(Double(month) * ScoreTerms.monthDays, terms.horizonDays))
      value +=
        (orders - before) * exp(-log1p(terms.discountRatePerYear) * Double(month) / 12)
      before = orders
    }
    return CustomerScore(
      aliveProbability: alive,
      churnProbability: family.churnProbability(of: history, within: terms.horizonDays),
      expectedOrders: alive * orders, expectedSpendPerOrder: worth,
      lifetimeValue: alive * value * worth * terms.margin)
  }

  /// A plausible shop's histories, from the seed.
  static func histories(_ count: Int, seed: UInt64) -> (
    histories: [PurchaseHistory], spend: [Double]
  ) {
    var random = SeededRandom(seed: seed)
    var histories: [PurchaseHistory] = []
    var spend: [Double] = []
    for _ in 0..<count {
      let age = Double(Int.random(in: 0...1500, using: &random))
      let kind = Int.random(in: 0...4, using: &random)
      let x =
        kind < 2 || age == 0 ? 0 : Double(Int.random(in: 1...(kind == 4 ? 200 : 6), using: &random))
      let bounded = min(x, age)
      let recency =
        bounded == 0 ? 0 : Double(Int.random(in: Int(bounded)...Int(age), using: &random))
      histories.append(
        PurchaseHistory(repeatOrders: bounded, recencyDays: recency, ageDays: age))
      spend.append(bounded == 0 ? 0 : Double.random(in: 1...300, using: &random))
    }
    return (histories, spend)
  }

  static func batch(
    _ model: CustomerModel, _ histories: [PurchaseHistory], _ spend: [Double], _ terms: ScoreTerms
  ) -> [CustomerScore] {
    var scores = [CustomerScore](
      repeating: CustomerScore(
        aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
        lifetimeValue: 0),
      count: histories.count)
    var span = scores.mutableSpan
    let subjects = zip(histories, spend).map { ScoreSubject(history: $0, meanSpend: $1) }
    model.score(subjects.span, ScoreHorizon(terms), into: &span)
    return scores
  }

  static func bits(_ score: CustomerScore) -> [UInt64] {
    [
      score.aliveProbability, score.churnProbability, score.expectedOrders,
      score.expectedSpendPerOrder, score.lifetimeValue,
    ].map(\.bitPattern)
  }

  static let models = PurchaseModelKind.betaGeometric.map { kind in
    let weeks = kind == .bgNBD ? CDNOWMaximum.bgNBD : CDNOWMaximum.mbgNBD
    return CustomerModel(
      purchase: PurchaseParameters(trusted: kind, weeks.values * SIMD4(1, 7, 1, 1)),
      spend: CDNOWMaximum.spend)
  }

  static func terms(_ horizon: Double, _ rate: Double) throws -> ScoreTerms {
    try ScoreTerms(horizonDays: horizon, discountRatePerYear: rate, margin: 0.3)
  }

  @Test(
    "a customer gets the same bits alone and in a batch",
    arguments: [(1.0, 0.1), (30.4375, 0.1), (273, 0.1), (365.25, 0), (3652.5, 0.05)])
  func bitIdentity(horizon: Double, rate: Double) throws {
    let terms = try Self.terms(horizon, rate)
    for model in Self.models {
      let (histories, spend) = Self.histories(horizon > 2000 ? 29 : 157, seed: 7)
      let together = Self.batch(model, histories, spend, terms)
      for (i, history) in histories.enumerated() {
        let alone = model.score(history, meanSpend: spend[i], terms: terms)
        #expect(Self.bits(alone) == Self.bits(together[i]), "seed 7, row \(i): \(history)")
      }
      // Other neighbours, other places in the lanes.
      let shifted = Self.batch(
        model, Array(histories.dropFirst(3)), Array(spend.dropFirst(3)), terms)
      #expect(shifted.map(Self.bits) == together.dropFirst(3).map(Self.bits))
    }
  }

  @Test(
    "lanes agree with the exact path",
    arguments: [(1.0, 0.1), (7, 0), (273, 0.1), (365.25, 0.15), (1826.25, 0.1), (36_525, 1)])
  func lanesAgainstExact(horizon: Double, rate: Double) throws {
    let terms = try Self.terms(horizon, rate)
    var worst = (
      alive: WorstError(), churn: WorstError(), orders: WorstError(), value: WorstError()
    )
    for model in Self.models {
      let exact = try #require(model.purchaseModel as? BetaGeometric)
      let (histories, spend) = Self.histories(
        horizon > 2000 ? 3 : horizon > 400 ? 40 : 200, seed: 11)
      for (i, history) in histories.enumerated() {
        let score = model.score(history, meanSpend: spend[i], terms: terms)
        let truth = Self.exact(
          exact, model.spend, history, meanSpend: spend[i], terms: terms)
        // Lanes flush what is below 1e-307 to zero.
        if truth.aliveProbability > 1e-300 {
          worst.alive.add(score.aliveProbability, truth.aliveProbability, "\(history)")
          worst.orders.add(score.expectedOrders, truth.expectedOrders, "\(history)")
          worst.value.add(score.lifetimeValue, truth.lifetimeValue, "\(history)")
        }
        worst.churn.add(score.churnProbability, truth.churnProbability, "\(history)")
        #expect(score.expectedSpendPerOrder == truth.expectedSpendPerOrder)
      }
    }
    print(
      "lanes, \(horizon) days at \(rate): P(alive) \(worst.alive.error), "
        + "churn \(worst.churn.error), E \(worst.orders.error), value \(worst.value.error)")
    #expect(worst.alive.error < 1e-12, "\(worst.alive.place)")
    #expect(worst.churn.error < 1e-12, "\(worst.churn.place)")
    #expect(worst.orders.error < 1e-12, "\(worst.orders.place)")
    #expect(worst.value.error < 1e-12, "\(worst.value.place)")
  }

  @Test("lanes hold in the corners and at the parameters at which libraries fail")
  func corners() throws {
    var (alive, orders, churn) = (WorstError(), WorstError(), WorstError())
    for row in try Figure.rows(CornerFigures.rows + "\n" + ReferenceFigures.edges) {
      let n = row.numbers
      // The table of edges has the whole expectation where the other has that of the living.
      let isEdge = n.count == 10
      let model = CustomerModel(
        purchase: try PurchaseParameters(
          row.model == "bg" ? .bgNBD : .mbgNBD, SIMD4(n[0], n[1], n[2], n[3])),
        spend: CDNOWMaximum.spend)
      let history = PurchaseHistory(repeatOrders: n[4], recencyDays: n[5], ageDays: n[6])
      guard n[7] <= ScoreTerms.horizonRange.upperBound else { continue }
      let score = model.score(
        history, meanSpend: 20,
        terms: try ScoreTerms(horizonDays: n[7], discountRatePerYear: 0, margin: 1))
      alive.add(score.aliveProbability, n[8] < 1e-300 ? 0 : n[8], "\(row)")
      let figure = isEdge ? n[9] : n[9] * n[8]
      orders.add(score.expectedOrders, figure < 1e-300 ? 0 : figure, "\(row)")
      if !isEdge { churn.add(score.churnProbability, n[10], "\(row)") }
      #expect(score.lifetimeValue == score.expectedOrders * score.expectedSpendPerOrder)
    }
    print("lanes in corners: P(alive) \(alive.error), E \(orders.error), churn \(churn.error)")
    #expect(alive.error < 1e-12, "\(alive.place)")
    #expect(orders.error < 1e-12, "\(orders.place)")
    #expect(churn.error < 1e-12, "\(churn.place)")
  }

  @Test("CDNOW's customers have the reference's scores through lanes")
  func reference() throws {
    var (alive, orders) = (WorstError(), WorstError())
    for row in try Figure.rows(ReferenceFigures.customers) {
      let n = row.numbers
      let model = Self.models[row.model == "bg" ? 0 : 1]
      let history = PurchaseHistory(
        repeatOrders: n[0], recencyDays: n[1] * 7, ageDays: n[2] * 7)
      let score = model.score(history, meanSpend: 20, terms: try Self.terms(273, 0.1))
      alive.add(score.aliveProbability, n[4] < 1e-300 ? 0 : n[4], "\(row)")
      orders.add(score.expectedOrders, n[5] < 1e-300 ? 0 : n[5], "\(row)")
    }
    print("reference through lanes: P(alive) \(alive.error), E \(orders.error)")
    #expect(alive.error < 1e-12, "\(alive.place)")
    #expect(orders.error < 1e-12, "\(orders.place)")
  }

  @Test("at CDNOW's parameters even a new customer's year is within the series of the lanes")
  func domain() throws {
    // A new customer is the hardest: z = t/(α+t).
    for model in Self.models {
      let z = 365.25 / (model.purchase.values[1] + 365.25)
      #expect(z < ScoreKernel.seriesLimit)
    }
  }

  @Test("a history never lowers the value when margin or horizon grow, nor raises it with the rate")
  func monotone() throws {
    let (histories, spend) = Self.histories(40, seed: 3)
    for model in Self.models {
      for (i, history) in histories.enumerated() {
        var last = 0.0
        for horizon in [1.0, 20, 40, 100, 365.25, 700] {
          let score = model.score(
            history, meanSpend: spend[i], terms: try Self.terms(horizon, 0.1))
          #expect(score.lifetimeValue >= last)
          #expect((0...1).contains(score.aliveProbability))
          #expect((0...1).contains(score.churnProbability))
          #expect(score.churnProbability >= (1 - score.aliveProbability) * (1 - 1e-12))
          last = score.lifetimeValue
        }
        var before = Double.infinity
        for rate in [0, 0.05, 0.2, 1, 10] {
          let value = model.score(
            history, meanSpend: spend[i], terms: try Self.terms(365.25, rate)
          ).lifetimeValue
          #expect(value <= before * (1 + 1e-12))
          before = value
        }
      }
    }
  }

  /// The exact path and the lanes for whatever is allowed, and what bounds the expectation.
  private static func compare(
    _ kind: PurchaseModelKind, _ parameters: BetaGeometricParameters, _ history: PurchaseHistory,
    horizon: Double, _ worst: inout WorstError
  ) throws {
    let model = CustomerModel(
      purchase: PurchaseParameters(kind, parameters), spend: CDNOWMaximum.spend)
    let exact = model.purchaseModel
    let place = "\(kind) \(parameters) \(history) \(horizon)"
    let score = model.score(
      history, meanSpend: 3,
      terms: try ScoreTerms(horizonDays: horizon, discountRatePerYear: 0, margin: 1))
    let orders = exact.expectedOrdersIfAlive(of: history, within: horizon)
    let alive = exact.aliveProbability(of: history)
    let rate = (parameters.r + history.repeatOrders) / (parameters.alpha + history.ageDays)
    #expect(orders >= 0 && orders <= rate * horizon * (1 + 1e-9), "\(place)")
    #expect((0...1).contains(alive) && (0...1).contains(score.churnProbability), "\(place)")
    #expect(score.lifetimeValue.isFinite && score.lifetimeValue >= 0, "\(place)")
    let sum = exact.logLikelihoodGradient(of: history).sum()
    #expect(sum.isFinite && exact.logLikelihood(of: history).isFinite, "\(place)")
    if alive * orders > 1e-290 { worst.add(score.expectedOrders, alive * orders, place) }
    worst.add(
      score.churnProbability, exact.churnProbability(of: history, within: horizon), place)
  }

  @Test(
    "whatever the parameters allow is finite, bounded and the same over lanes",
    arguments: [1, 2, 3] as [UInt64])
  func everythingAllowed(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    func spread(_ range: ClosedRange<Double>) -> Double {
      let logarithm = Double.random(
        in: log(range.lowerBound)...log(range.upperBound), using: &random)
      return min(max(exp(logarithm), range.lowerBound), range.upperBound)
    }
    var worst = WorstError()
    for i in 0..<80 {
      let parameters = try BetaGeometricParameters(
        r: spread(BetaGeometricParameters.shapeRange),
        alpha: spread(BetaGeometricParameters.alphaRange),
        a: spread(BetaGeometricParameters.shapeRange), b: spread(BetaGeometricParameters.shapeRange)
      )
      let x = i % 4 == 0 ? 0 : spread(1...36_525).rounded(.down)
      let recency = x == 0 ? 0 : max(x, spread(1...36_525).rounded())
      try Self.compare(
        i % 2 == 0 ? .bgNBD : .mbgNBD, parameters,
        PurchaseHistory(
          repeatOrders: x, recencyDays: recency, ageDays: recency + spread(1...5000).rounded()),
        horizon: spread(ScoreTerms.horizonRange), &worst)
    }
    print("whatever is allowed, seed \(seed): \(worst.error)")
    #expect(worst.error < 1e-10, "\(worst.place)")
  }

  @Test("a power that underflows and a b lost beside one are no series' business")
  func foundBySearch() throws {
    var worst = WorstError()
    // The first had (1−z)^(a−1) below any number, and a sum above any.
    try Self.compare(
      .mbgNBD,
      BetaGeometricParameters(
        trustedR: 6.27858435521223e-05, alpha: 3801.7, a: 424437.86, b: 27.3116),
      PurchaseHistory(repeatOrders: 14, recencyDays: 18, ageDays: 21), horizon: 6.43, &worst)
    // The second had b + (x − 1) computed as (b − 1) + x.
    try Self.compare(
      .bgNBD, BetaGeometricParameters(trustedR: 0.6162, alpha: 49.1, a: 1.2e-6, b: 1.3986781e-6),
      PurchaseHistory(repeatOrders: 1, recencyDays: 2, ageDays: 2), horizon: 0.0041, &worst)
    #expect(worst.error < 1e-13, "\(worst.place)")
  }
}
