// The churn layer end to end: trained on the store's own past, adopted, asked for in scores.

import Foundation
import Models
import Testing
import Wire

@testable import Scoring

@Suite("ChurnTraining")
struct ChurnTrainingTests {
  /// Orders of customers who come at regular gaps and leave by chance at one of them.
  private static func regularOrders(
    seed: UInt64, customers: UInt64, days: Int
  ) -> [(customer: String, order: String, day: Int, minor: Int64)] {
    var orders: [(customer: String, order: String, day: Int, minor: Int64)] = []
    for number in 0..<customers {
      var random = SeededRandom(seed: seed, stream: number)
      let gap = 90 / random.gamma(shape: 3, rate: 1)
      let dropout = random.beta(1, 5)
      var time = random.uniform() * 200
      var count = 0
      while time < Double(days) {
        orders.append(("c\(number)", "\(number)-\(count)", 19_000 + Int(time), 1000))
        count += 1
        if random.uniform() < dropout { break }
        time += random.gamma(shape: 8, rate: 8 / min(gap, 200))
      }
    }
    return orders
  }

  private static func harness(
    _ orders: [(customer: String, order: String, day: Int, minor: Int64)]
  ) throws -> EngineHarness {
    var shop = try EngineHarness()
    for start in stride(from: 0, to: orders.count, by: 5000) {
      let reply = shop.record(Array(orders[start..<min(start + 5000, orders.count)]))
      try #require(reply.body?.refused.isEmpty == true)
    }
    return shop
  }

  private static func report(_ store: Store, day: UInt16) throws -> FitReply {
    try FitJob(store: store, choice: .auto, day: day, holdoutDay: nil, bootstrap: 0).run()
  }

  private static func terms(asOf day: Int, horizon: Double) -> ScoreTermsFields {
    ScoreTermsFields(
      asOfMicros: EngineHarness.noon(day), horizonDays: horizon, discountRate: 0.1, margin: 0.3)
  }

  @Test("the horizon is a quarter of the history, 28 to 90 days, and cuts lie whole horizons back")
  func cuts() {
    #expect(ChurnTraining.horizonDays(history: 111) == nil)
    #expect(ChurnTraining.horizonDays(history: 112) == 28)
    #expect(ChurnTraining.horizonDays(history: 203) == 50)
    #expect(ChurnTraining.horizonDays(history: 5000) == 90)
    #expect(ChurnTraining.cuts(of: 28, from: 0, through: 112) == [84, 56, 28])
    #expect(ChurnTraining.cuts(of: 90, from: 100, through: 460) == [370, 280, 190])
    #expect(
      ChurnTraining.cuts(of: 90, from: 0, through: 5000)
        == [4910, 4820, 4730, 4640, 4550, 4460])
  }

  @Test("where gaps are regular, the layer is adopted and foretells days no fit has seen")
  func regular() throws {
    let seed: UInt64 = 5
    let customers: UInt64 = 300
    let orders = Self.regularOrders(seed: seed, customers: customers, days: 560)
    let day = 19_450
    var shop = try Self.harness(orders)
    let reply = try Self.report(shop.engine.store, day: UInt16(day))
    let churn = try #require(reply.churn)
    #expect(churn.isAdopted && churn.horizonDays == 90, "\(churn)")
    #expect(churn.purchaseLogLoss - churn.layerLogLoss > churn.gainStandardError)
    #expect(reply.model.layer?.horizonDays == 90)
    _ = shop.ask(.adoptModel, AdoptModelRequest(model: reply.model), AdoptModelReply.self)

    // What no order after the day has taught.
    let known = Set(orders.filter { $0.day <= day }.map(\.customer)).sorted()
    let later = Set(orders.filter { $0.day > day && $0.day <= day + 90 }.map(\.customer))
    func scores(_ horizon: Double) throws -> [ScoreReply] {
      try #require(
        shop.ask(
          .scoreMany,
          ScoreManyRequest(terms: Self.terms(asOf: day, horizon: horizon), customers: known),
          ScoreManyReply.self
        ).body
      ).scores
    }
    var losses = (layer: 0.0, purchase: 0.0)
    for (customer, score) in zip(known, try scores(90)) {
      let isQuiet = !later.contains(customer)
      func loss(_ p: Double) -> Double { -log(isQuiet ? p : 1 - p) }
      losses.layer += loss(score.churnProbability)
      losses.purchase += loss(score.modelChurnProbability)
    }
    #expect(losses.layer < losses.purchase, "\(losses) over \(known.count), seed \(seed)")

    // From half to twice its horizon the layer is asked, beyond the purchase models answer.
    for (horizon, isAsked) in [(44.0, false), (45, true), (180, true), (181, false)] {
      let differ = try scores(horizon).count { $0.churnProbability != $0.modelChurnProbability }
      #expect(isAsked ? differ > known.count / 2 : differ == 0, "horizon \(horizon)")
    }
  }

  @Test("orders after the fitting day change nothing")
  func noForesight() throws {
    let orders = Self.regularOrders(seed: 6, customers: 60, days: 300)
    let day: UInt16 = 19_200
    let whole = try Self.harness(orders)
    let past = try Self.harness(orders.filter { $0.day <= Int(day) })
    let outcome = AutoFit.Outcome(
      purchases: [try PurchaseParameters(.bgNBD, SIMD4(1, 30, 1, 3))], calibration: .none)
    func training(_ store: Store) -> ChurnTraining {
      ChurnTraining(
        store, through: day, outcome, store.orderDays(asOf: day, on: Alone()), crew: Alone())
    }
    let (one, other) = (training(whole.engine.store), training(past.engine.store))
    #expect(one.fit != nil && one.fit == other.fit)
    #expect(one.typicalGapDays == other.typicalGapDays && one.warnings == other.warnings)
  }

  @Test("where BG/NBD is the truth, a layer is not adopted, or changes little", arguments: [1, 2])
  func plain(_ seed: UInt64) throws {
    let shop = SimulatedShop(
      kind: .bgNBD, purchase: try BetaGeometricParameters(r: 0.8, alpha: 20, a: 0.8, b: 2.5),
      spend: try SpendParameters(p: 6, q: 4, gamma: 15), seed: seed, firstDays: 0...200,
      endDay: 400)
    let orders = (0..<250 as Range<UInt64>).flatMap { number in
      shop.customer(number).orders.enumerated().map { place, order in
        (
          customer: "c\(number)", order: "\(number)-\(place)", day: 19_000 + Int(order.day),
          minor: Int64(order.amount * 100)
        )
      }
    }
    let reply = try Self.report(try Self.harness(orders).engine.store, day: 19_400)
    let churn = try #require(reply.churn)
    #expect(!churn.isAdopted || churn.purchaseLogLoss - churn.layerLogLoss < 0.01, "\(churn)")
    #expect(churn.isAdopted == (reply.model.layer != nil))
  }

  @Test("a history of fewer than 112 days has no layer, and a sentence says so")
  func short() throws {
    let orders = Self.regularOrders(seed: 7, customers: 40, days: 90)
    let shop = try Self.harness(orders)
    let reply = try Self.report(shop.engine.store, day: 19_090)
    #expect(reply.churn == nil && reply.model.layer == nil)
    #expect(reply.warnings.contains("too short to train a churn layer"))
  }

  @Test("what a layer is told of a customer is what the day knew, returns included")
  func history() throws {
    var shop = try EngineHarness()
    _ = shop.record([
      ("a", "1", 19_000, 1000), ("a", "2", 19_040, 3000), ("a", "3", 19_040, 1000),
      ("a", "4", 19_050, 1500), ("b", "1", 19_100, 0),
    ])
    _ = shop.giveBack("a", "3", as: "r", day: 19_060)
    _ = shop.giveBack("a", "4", as: "s", day: 19_070, minor: 500)
    let store = shop.engine.store
    func known(_ row: UInt32, _ day: UInt16) -> ChurnHistory? {
      store.churnHistory(of: store.customers[row], asOf: day)
    }
    #expect(known(0, 18_999) == nil)
    let first = try #require(known(0, 19_039))
    #expect(first.history == PurchaseHistory(repeatOrders: 0, recencyDays: 0, ageDays: 39))
    #expect(first.lastGapDays == nil && first.spendRatio == nil && first.returnedShare == 0)
    let before = try #require(known(0, 19_059))
    #expect(before.history == PurchaseHistory(repeatOrders: 2, recencyDays: 50, ageDays: 59))
    #expect(before.lastGapDays == 10 && before.spendRatio == 0.6)
    #expect(before.returnedShare == 0 && !before.isLastOrderReturned)
    let once = try #require(known(0, 19_060))
    #expect(once.spendRatio == 0.75 && once.returnedShare == 1000 / 6500)
    #expect(!once.isLastOrderReturned)
    let twice = try #require(known(0, 19_070))
    #expect(twice.spendRatio == 0.5 && twice.returnedShare == 1500 / 6500)
    #expect(twice.isLastOrderReturned && twice.lastGapDays == 10)
    // A free order has no value to compare with.
    #expect(known(1, 19_100)?.spendRatio == nil)
  }

  @Test("a score within the horizon is the layer's formula, and nobody is a first order today")
  func formula() throws {
    var shop = try EngineHarness()
    _ = shop.record([
      ("a", "1", 19_900, 1000), ("a", "2", 19_940, 3000), ("a", "3", 19_950, 1000),
      ("b", "1", 20_000, 700),
    ])
    var model = EngineHarness.parameters
    model.layer = EngineModelsTests.full.layer
    _ = shop.ask(.adoptModel, AdoptModelRequest(model: model), AdoptModelReply.self)
    let terms = Self.terms(asOf: 20_000, horizon: 100)
    func score(_ customer: String) throws -> ScoreReply {
      try #require(
        shop.ask(.scoreOne, ScoreOneRequest(terms: terms, customer: customer), ScoreReply.self)
          .body)
    }
    let a = try score("a")
    let layer = try #require(shop.engine.store.model?.layer)
    var signals = ChurnSignals(
      history: PurchaseHistory(repeatOrders: 2, recencyDays: 50, ageDays: 100),
      purchaseChurn: a.modelChurnProbability, typicalGapDays: 33.5, lastGapDays: 10,
      spendRatio: 0.5)
    #expect(a.churnProbability == layer.layer.probability(of: signals))
    #expect(a.churnProbability != a.modelChurnProbability)
    let nobody = try score("nobody")
    signals = ChurnSignals(
      history: .new, purchaseChurn: nobody.modelChurnProbability, typicalGapDays: 33.5)
    #expect(nobody.churnProbability == layer.layer.probability(of: signals))
    let b = try score("b")
    #expect(!nobody.known && b.known && nobody.churnProbability == b.churnProbability)
    // One and many have the same bits.
    let many = shop.ask(
      .scoreMany, ScoreManyRequest(terms: terms, customers: ["nobody", "a"]), ScoreManyReply.self)
    #expect(many.body?.scores == [nobody, a])
  }
}
