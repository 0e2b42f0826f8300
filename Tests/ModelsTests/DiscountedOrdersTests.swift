// Discounted orders of any model against Pareto/NBD's own form and against many digits.

import Testing

@testable import Models

@Suite("DiscountedOrders")
struct DiscountedOrdersTests {
  @Test("they are Pareto/NBD's own, in the references and in 72 random corners")
  func pareto() throws {
    var (finite, forEver) = (WorstError(), WorstError())
    let cdnow = ParetoNBDTests.cdnow
    for row in try Figure.rows(ParetoFigures.customers) {
      let n = row.numbers
      let history = PurchaseHistory(repeatOrders: n[0], recencyDays: n[1], ageDays: n[2])
      let alive = cdnow.aliveProbability(of: history)
      let discounted = DiscountedOrders(ratePerDay: 0.0027) {
        cdnow.expectedOrdersIfAlive(of: history, within: $0)
      }
      finite.add(alive * discounted.value(within: 39), n[6], "\(row)")
      forEver.add(alive * discounted.value(within: .infinity), n[7], "\(row)")
    }
    for row in try Figure.rows(ParetoFigures.corners) {
      let n = row.numbers
      let model = ParetoNBD(try ParetoParameters(r: n[0], alpha: n[1], s: n[2], beta: n[3]))
      let history = PurchaseHistory(repeatOrders: n[4], recencyDays: n[5], ageDays: n[6])
      let alive = model.aliveProbability(of: history)
      let discounted = DiscountedOrders(ratePerDay: n[8]) {
        model.expectedOrdersIfAlive(of: history, within: $0)
      }
      finite.add(alive * discounted.value(within: n[7]), n[14], "\(row)")
      forEver.add(alive * discounted.value(within: .infinity), n[15], "\(row)")
    }
    print("discounted, Pareto/NBD: DET \(finite.error), DERT \(forEver.error)")
    #expect(finite.error < 1e-12, "\(finite.place)")
    #expect(forEver.error < 1e-12, "\(forEver.place)")
  }

  @Test("the regular models have the reference's figures")
  func regular() throws {
    var (finite, forEver) = (WorstError(), WorstError())
    for row in try RegularFigure.rows(RegularFigures.discounted) {
      let (n, history) = (row.numbers, row.history)
      let model = row.regular
      let discounted = DiscountedOrders(ratePerDay: n[8]) {
        model.expectedOrdersIfAlive(of: history, within: $0)
      }
      if n[7] == 0 {
        forEver.add(discounted.value(within: .infinity), n[9], "\(row)")
      } else {
        finite.add(discounted.value(within: n[7]), n[9], "\(row)")
      }
    }
    print("discounted, regular: DET \(finite.error), DERT \(forEver.error)")
    #expect(finite.error < 1e-12, "\(finite.place)")
    #expect(forEver.error < 1e-12, "\(forEver.place)")
  }

  @Test("they lie between nothing and the expected orders, and near these at small rates")
  func bounds() {
    let model = BetaGeometric.bgNBD(CDNOWMaximum.bgNBD)
    for history in [
      PurchaseHistory.new, PurchaseHistory(repeatOrders: 26, recencyDays: 31, ageDays: 31),
      PurchaseHistory(repeatOrders: 5000, recencyDays: 5001, ageDays: 5050),
    ] {
      for horizon in [0, 1e-9, 1, 39, 1e6] {
        let whole = model.expectedOrders(of: history, within: horizon)
        #expect(
          model.discountedOrders(of: history, within: horizon, discountRatePerDay: 0) == whole)
        let nearly = model.discountedOrders(
          of: history, within: horizon, discountRatePerDay: 1e-20)
        #expect(abs(nearly - whole) <= 1e-13 * whole)
        var before = whole
        for rate in [1e-6, 1e-3, 1, 100] {
          let less = model.discountedOrders(
            of: history, within: horizon, discountRatePerDay: rate)
          let forEver = model.discountedOrdersForEver(of: history, discountRatePerDay: rate)
          #expect(less >= 0 && less <= before * (1 + 1e-13))
          #expect(less <= forEver * (1 + 1e-13))
          before = less
        }
      }
    }
  }
}
