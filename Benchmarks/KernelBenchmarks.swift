// Groups «score»: what the scores of a customer cost, eight lanes at a time, alone, and by the
// exact functions one after the other.

import Foundation
import Models

enum KernelBenchmarks {
  static func run(_ bench: inout Bench) throws {
    let count = bench.isQuick ? 2_000 : 20_000
    let cases = [
      ("score, horizon one month", 30.4375), ("score, horizon 39 weeks", 273),
      ("score, horizon 5 years", 1826.25),
    ]
    guard cases.contains(where: { bench.wants($0.0) }) else { return }
    let shop = try Shop()
    let (histories, meanSpend) = shop.histories(count)
    for (group, horizon) in cases where bench.wants(group) {
      let terms = try ScoreTerms(horizonDays: horizon, discountRatePerYear: 0.1, margin: 1)
      let subjects = zip(histories, meanSpend).map { ScoreSubject(history: $0, meanSpend: $1) }
      let amount = Double(count)
      let blank = CustomerScore(
        aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
        lifetimeValue: 0)
      try bench.compare(
        group, .nanosecondsEach,
        [
          Contestant("eight customers at a time", amount: amount) {
            var scores = [CustomerScore](repeating: blank, count: count)
            var room = scores.mutableSpan
            shop.model.score(subjects.span, ScoreHorizon(terms), into: &room)
            return scores.reduce(0) { $0 &+ $1.lifetimeValue.bitPattern }
          },
          Contestant("one customer, eight months at a time", amount: amount) {
            var sum: UInt64 = 0
            for row in 0..<count {
              let score = shop.model.score(
                histories[row], meanSpend: meanSpend[row], terms: terms)
              sum &+= score.lifetimeValue.bitPattern
            }
            return sum
          },
          Contestant("exact functions, month by month", amount: amount) {
            let model = shop.model.purchaseModel
            let worth = GammaGamma(shop.model.spend)
            var sum: UInt64 = 0
            for row in 0..<count {
              let value = exactLifetime(histories[row], meanSpend[row], model, worth, terms)
              sum &+= value.bitPattern
            }
            return sum
          },
        ])
    }
  }

  /// P(alive), churn, expected orders, expected spend and lifetime value as their papers have them.
  private static func exactLifetime(
    _ history: PurchaseHistory, _ meanSpend: Double, _ model: any PurchaseModel,
    _ worth: GammaGamma,
    _ terms: ScoreTerms
  ) -> Double {
    let alive = model.aliveProbability(of: history)
    let churn = model.churnProbability(of: history, within: terms.horizonDays)
    let spend = worth.expectedSpend(repeatOrders: history.repeatOrders, meanSpend: meanSpend)
    var (value, before) = (0.0, 0.0)
    for month in 1...terms.months {
      let end = min(Double(month) * ScoreTerms.monthDays, terms.horizonDays)
      let orders = alive * model.expectedOrdersIfAlive(of: history, within: end)
      value += (orders - before) * pow(1 + terms.discountRatePerYear, -Double(month) / 12)
      before = orders
    }
    return value * spend * terms.margin + churn * 1e-300
  }
}
