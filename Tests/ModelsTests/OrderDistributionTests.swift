// Counts of one customer against figures of many digits, and what must be true of every distribution
// of orders and of their value.

import Testing

@testable import Models

@Suite("OrderDistribution")
struct OrderDistributionTests {
  static let histories = [
    PurchaseHistory(repeatOrders: 0, recencyDays: 0, ageDays: 200),
    PurchaseHistory(repeatOrders: 3, recencyDays: 120, ageDays: 150),
    PurchaseHistory(repeatOrders: 12, recencyDays: 240, ageDays: 300),
    PurchaseHistory(repeatOrders: 5, recencyDays: 20, ageDays: 400),
  ]

  /// One model of every kind.
  static let models: [any PurchaseModel] = PurchaseModelKind.allCases.map {
    let stages = Double($0.stages)
    return PurchaseParameters(
      trusted: $0, $0 == .paretoNBD ? SIMD4(0.6, 70, 0.6, 80) : SIMD4(0.6, 40 / stages, 0.8, 2.4)
    ).model
  }

  /// The model of a line of the table.
  static func model(_ words: [String], _ numbers: [Double]) throws -> any PurchaseModel {
    let values = SIMD4(numbers[0], numbers[1], numbers[2], numbers[3])
    if words[1] == "pn" { return ParetoNBD(ParetoParameters(trusted: values)) }
    let parameters = BetaGeometricParameters(trusted: values)
    switch words[0] {
    case "1": return words[1] == "bg" ? BetaGeometric.bgNBD(parameters) : .mbgNBD(parameters)
    default:
      return RegularBetaGeometric(
        parameters, firstChances: words[1] == "bg" ? 0 : 1, stages: try #require(Int(words[0])))
    }
  }

  @Test("the probabilities of counts are the reference's")
  func reference() throws {
    var worst = WorstError()
    for line in OrderFigures.counts.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      let n = try words.dropFirst(2).map { try #require(Double($0)) }
      let model = try Self.model(words, n)
      let history = PurchaseHistory(repeatOrders: n[4], recencyDays: n[5], ageDays: n[6])
      worst.add(
        model.probabilityIfAlive(ofOrders: Int(n[8]), of: history, within: n[7]), n[9], "\(line)")
    }
    print("P(Y = n | alive):", worst.error)
    #expect(worst.error < 1e-10, "\(worst.place)")
  }

  @Test("counts add up to 1, have the expectation, and agree with churn")
  func sums() {
    for model in Self.models {
      for history in Self.histories {
        for horizon in [0, 1, 90, 365.0] {
          var (sum, mean) = (0.0, 0.0)
          for n in 0..<(horizon < 10 ? 20 : 120) where sum < 1 - 1e-13 {
            let p = model.probabilityIfAlive(ofOrders: n, of: history, within: horizon)
            sum += p
            mean += Double(n) * p
          }
          let place = "\(model.purchaseParameters) \(history) \(horizon)"
          let expected = model.expectedOrdersIfAlive(of: history, within: horizon)
          #expect(abs(sum - 1) < 1e-10, "\(place)")
          #expect(abs(mean - expected) < 1e-10 * max(expected, 1), "\(place)")
          let alive = model.aliveProbability(of: history)
          let quiet = model.probabilityIfAlive(ofOrders: 0, of: history, within: horizon)
          let churn = model.churnProbability(of: history, within: horizon)
          #expect(abs(1 - alive + alive * quiet - churn) < 1e-12, "\(place)")
        }
      }
    }
  }

  @Test("a factor multiplies the expectation, and not who is alive", arguments: [0, 0.3, 1, 1.7])
  func factor(_ factor: Double) {
    let blend = [Self.models[0], Self.models[1], Self.models[2]]
    for history in Self.histories {
      let plain = blend.reduce(0) { $0 + $1.expectedOrders(of: history, within: 90) } / 3
      let orders = OrderDistribution(of: history, within: 90, under: blend, factor: factor)
      var (sum, mean) = (0.0, 0.0)
      for (n, p) in orders.probabilities.enumerated() {
        sum += p
        mean += Double(n) * p
      }
      #expect(abs(sum - 1) < 1e-12 && abs(orders.mean - factor * plain) < 1e-12 * max(plain, 1))
      #expect(abs(mean - orders.mean) < 1e-6)
    }
  }

  @Test("a factor out of reach stretches the horizon as far as it may go")
  func outOfReach() {
    // Everybody leaves after about two orders.
    let model = BetaGeometric.bgNBD(
      BetaGeometricParameters(trustedR: 5, alpha: 10, a: 50, b: 50))
    let history = Self.histories[1]
    let orders = OrderDistribution(of: history, within: 200, under: [model], factor: 5)
    let longest = model.expectedOrders(of: history, within: 200 * OrderDistribution.stretchMax)
    #expect(orders.mean == longest && longest < 5 * model.expectedOrders(of: history, within: 200))
  }

  @Test("drawn from itself a distribution has its level exactly", arguments: [0.5, 0.9])
  func exactCoverage(level: Double) {
    for model in Self.models {
      for history in Self.histories {
        for horizon in [1, 365.0] {
          let orders = OrderDistribution(of: history, within: horizon, under: [model])
          var covered = 0.0
          for (n, p) in orders.probabilities.enumerated() {
            covered += p * orders.share(of: n, level: level)
          }
          #expect(abs(covered - level) < 1e-12)
        }
      }
    }
  }

  @Test(
    "below an interval lies at most half of what may be outside, and it ends where it holds its level best",
    arguments: [0.5, 0.8, 0.9, 0.99])
  func interval(level: Double) {
    for model in Self.models {
      for history in Self.histories {
        for horizon in [1, 30, 365.0] {
          let orders = OrderDistribution(of: history, within: horizon, under: [model])
          let interval = orders.interval(level: level)
          let (low, high) = (interval.lowerBound, interval.upperBound)
          func probability(_ counts: Range<Int>) -> Double {
            counts.reduce(0) { $0 + orders.probabilities[$1] }
          }
          let tail = (1 - level) / 2
          #expect(probability(0..<low) <= tail + 1e-12)
          #expect(probability(0..<low + 1) > tail - 1e-12)
          let miss = abs(probability(low..<high + 1) - level)
          for other in low..<orders.probabilities.count {
            #expect(abs(probability(low..<other + 1) - level) >= miss - 1e-12)
          }
        }
      }
    }
  }
}

@Suite("ValueDistribution")
struct ValueDistributionTests {
  static let distributions: [ValueDistribution] = OrderDistributionTests.histories.flatMap {
    history in
    [5.0, 365].map { horizon in
      ValueDistribution(
        orders: OrderDistribution(
          of: history, within: horizon, under: [OrderDistributionTests.models[1]]),
        spend: GammaGamma(CDNOWMaximum.spend), repeatOrders: history.repeatOrders, meanSpend: 40,
        margin: 0.3, discount: 0.95)
    }
  }

  @Test("the regularised incomplete beta function is the reference's")
  func beta() throws {
    var worst = WorstError()
    for line in OrderFigures.beta.split(separator: "\n") {
      let n = try line.split(separator: " ").map { try #require(Double($0)) }
      worst.add(regularisedBeta(n[0], n[1], n[2]), n[3], "\(line)")
    }
    print("regularised beta:", worst.error)
    #expect(worst.error < 1e-12, "\(worst.place)")
    #expect(regularisedBeta(0, 2, 3) == 0 && regularisedBeta(1, 2, 3) == 1)
  }

  @Test("the mean is the lifetime value, and that of the distribution function")
  func mean() throws {
    for value in Self.distributions.prefix(4) {
      // ∫ (1 − F) dv in y = ln v by the trapezoidal rule.
      var (sum, square) = (0.0, 0.0)
      for i in -400...400 {
        let v = exp(Double(i) / 20)
        let above = 1 - value.probability(ofAtMost: v)
        sum += above * v / 20
        square += 2 * above * v * v / 20
      }
      #expect(abs(sum / value.mean - 1) < 1e-5, "\(sum) \(value.mean)")
      let variance = try #require(value.variance)
      // Values have a heavy tail, which the rule cuts off.
      #expect(abs((square - sum * sum) / variance - 1) < 1e-3, "\(square - sum * sum) \(variance)")
    }
    let terms = try ScoreTerms(horizonDays: 365.25, discountRatePerYear: 0.1, margin: 0.3)
    let model = CustomerModel(
      purchase: PurchaseParameters(.mbgNBD, CDNOWMaximum.mbgNBD), spend: CDNOWMaximum.spend)
    let undiscounted = try ScoreTerms(horizonDays: 365.25, discountRatePerYear: 0, margin: 0.3)
    for history in OrderDistributionTests.histories {
      let score = model.score(history, meanSpend: 40, terms: terms)
      let plain = model.score(history, meanSpend: 40, terms: undiscounted)
      let value = ValueDistribution(
        orders: OrderDistribution(of: history, within: 365.25, under: [model.purchaseModel]),
        spend: GammaGamma(model.spend), repeatOrders: history.repeatOrders, meanSpend: 40,
        margin: 0.3, discount: score.lifetimeValue / plain.lifetimeValue)
      #expect(abs(value.mean / score.lifetimeValue - 1) < 1e-11)
    }
  }

  @Test(
    "the ends of the interval are quantiles that hold its level, and 0 where no order is likelier")
  func interval() {
    for value in Self.distributions {
      let none = value.orders.probabilities[0]
      let interval = value.interval()
      #expect((interval.lowerBound == 0) == (none > 0.05))
      #expect((interval.upperBound == 0) == (none >= 0.9))
      let below = interval.lowerBound > 0 ? value.probability(ofAtMost: interval.lowerBound) : 0
      let within = value.probability(ofAtMost: interval.upperBound) - below
      #expect(abs(within - max(none, 0.9)) < 1e-10)
      #expect(abs(below - (none > 0.05 ? 0 : 0.05)) < 1e-10)
    }
  }

  @Test("nothing is worth nothing when nothing is earned")
  func noMargin() {
    let value = ValueDistribution(
      orders: OrderDistribution(
        of: .new, within: 90, under: [OrderDistributionTests.models[1]]),
      spend: GammaGamma(CDNOWMaximum.spend), repeatOrders: 0, meanSpend: 0, margin: 0, discount: 1)
    #expect(value.interval() == 0...0 && value.mean == 0 && value.probability(ofAtMost: 0) == 1)
  }
}
