// Many random shops: the scores over lanes against the exact path, term by term.
// The long form, a million customers, runs in release mode (.ci/run --long).

import Testing

import class Foundation.ProcessInfo

@testable import Models

@Suite("Lanes against the exact path")
struct DifferentialTests {
  /// Customers in all; a few while numerics are slow.
  private static let customers =
    ProcessInfo.processInfo.environment["PATRON_LONG"] == "1" ? 1_000_000 : 3_000

  /// Each shop has its own model, horizon and rate.
  private static let customersPerShop = 500

  @Test("random customers of random shops have the exact path's scores", arguments: [1] as [UInt64])
  func randomShops(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    func spread(_ range: ClosedRange<Double>) -> Double {
      exp(Double.random(in: log(range.lowerBound)...log(range.upperBound), using: &random))
    }
    var alive = WorstError()
    var churn = WorstError()
    var orders = WorstError()
    var worth = WorstError()
    var value = WorstError()
    var compared = 0
    while compared < Self.customers {
      let kind: PurchaseModelKind = Bool.random(using: &random) ? .bgNBD : .mbgNBD
      let model = CustomerModel(
        purchase: try PurchaseParameters(
          kind, SIMD4(spread(0.05...5), spread(2...500), spread(0.05...5), spread(0.1...20))),
        spend: try SpendParameters(p: spread(0.5...20), q: spread(1.1...20), gamma: spread(1...200))
      )
      let family = try #require(model.purchaseModel as? BetaGeometric)
      let terms = try ScoreTerms(
        horizonDays: spread(1...400),
        discountRatePerYear: Double.random(in: 0...0.3, using: &random),
        margin: Double.random(in: 0.05...1, using: &random))
      let shop = random.next()
      let (histories, spend) = CustomerModelTests.histories(Self.customersPerShop, seed: shop)
      let scores = CustomerModelTests.batch(model, histories, spend, terms)
      for (row, history) in histories.enumerated() {
        let truth = CustomerModelTests.exact(
          family, model.spend, history, meanSpend: spend[row], terms: terms)
        func place() -> String {
          "seed \(seed), shop \(shop), \(model.purchase), \(terms.horizonDays) days: \(history)"
        }
        // Lanes flush what is below 1e-307 to zero.
        if truth.aliveProbability > 1e-300 {
          alive.add(scores[row].aliveProbability, truth.aliveProbability, place())
          orders.add(scores[row].expectedOrders, truth.expectedOrders, place())
          value.add(scores[row].lifetimeValue, truth.lifetimeValue, place())
        }
        churn.add(scores[row].churnProbability, truth.churnProbability, place())
        worth.add(
          scores[row].expectedSpendPerOrder, truth.expectedSpendPerOrder, place())
      }
      compared += histories.count
    }
    print(
      "lanes against exact, \(compared) random customers, seed \(seed), worst relative errors: "
        + "P(alive) \(alive.error), churn \(churn.error), expected orders \(orders.error), "
        + "spend \(worth.error), lifetime value \(value.error)")
    #expect(alive.error < 1e-11, "\(alive.place)")
    #expect(churn.error < 1e-11, "\(churn.place)")
    #expect(orders.error < 1e-11, "\(orders.place)")
    #expect(worth.error < 1e-11, "\(worth.place)")
    #expect(value.error < 1e-11, "\(value.place)")
  }
}
