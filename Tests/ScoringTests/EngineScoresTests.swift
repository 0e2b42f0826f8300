// The queries and the models: score one, score many, adopt model, fit.

import Models
import Scoring
import Support
import Testing
import Wire

@Suite("Engine: scores and models")
struct EngineScoresTests {
  @Test("without a model a score is refused, and an adopted one counts generations")
  func generations() throws {
    var shop = try EngineHarness()
    #expect(shop.score("a") == .refused(.noModel))
    #expect(shop.adopt().body?.generation == 1)
    #expect(shop.adopt().body?.generation == 2)
    #expect(shop.score("a").body?.generation == 2)
  }

  @Test("an unknown customer gets the expectation for a first order today")
  func unknown() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    _ = shop.record("today", "1", day: 20_000)
    let unknown = try #require(shop.score("nobody").body)
    let today = try #require(shop.score("today").body)
    #expect(!unknown.known && today.known)
    #expect(unknown.aliveProbability == today.aliveProbability)
    #expect(unknown.expectedOrders == today.expectedOrders)
    #expect(unknown.lifetimeValue == today.lifetimeValue)
    #expect(unknown.expectedOrders > 0)
  }

  @Test("score many answers in order with the bits of score one", arguments: seeds(3))
  func many(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var shop = try EngineHarness()
    _ = shop.adopt()
    _ = shop.record(
      (0..<2000).map {
        (
          "c\(Int.random(in: 0..<150, using: &chance))", "\($0)",
          Int.random(in: 19_000..<20_000, using: &chance), Int64($0)
        )
      })
    let names = (0..<200).map { _ in "c\(Int.random(in: 0..<200, using: &chance))" }
    let answer = shop.ask(
      .scoreMany, ScoreManyRequest(terms: EngineHarness.terms(), customers: names),
      ScoreManyReply.self)
    let scores = try #require(answer.body?.scores)
    for (name, score) in zip(names, scores) { #expect(shop.score(name).body == score) }
    #expect(scores.count == names.count)
  }

  @Test(
    "one frame with many scores is bounded by customers times months begun; more are asked for in slices",
    arguments: [
      (1.0, 8192), (30.4375, 8192), (30.5, 6144), (273, 1365), (365.25, 1024), (3653, 101),
    ])
  func manyAtOnce(horizonDays: Double, most: Int) throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    let terms = ScoreTermsFields(
      asOfMicros: 0, horizonDays: horizonDays, discountRate: 0, margin: 1)
    #expect(terms.frameCustomersMax == most)
    for count in [most, most + 1] {
      let answer = shop.ask(
        .scoreMany,
        ScoreManyRequest(terms: terms, customers: [String](repeating: "nobody", count: count)),
        ScoreManyReply.self)
      // What is asked for in slices has no frame yet.
      #expect(
        count == most ? answer.body?.scores.count == most : answer == .refused(.taskFailed))
    }
  }

  @Test("a score's numbers are those of Models for the customer's x, t_x, T and mean spend")
  func numbers() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    _ = shop.record([("a", "1", 19_700, 900), ("a", "2", 19_800, 1500), ("a", "3", 19_950, 2500)])
    let score = try #require(shop.score("a").body)
    let model = CustomerModel(
      purchase: try PurchaseParameters(.mbgNBD, SIMD4(0.525, 43.28, 0.891, 1.614)),
      spend: try SpendParameters(p: 6.25, q: 3.74, gamma: 15.44))
    let truth = model.score(
      PurchaseHistory(repeatOrders: 2, recencyDays: 250, ageDays: 300), meanSpend: 20,
      terms: try ScoreTerms(horizonDays: 273, discountRatePerYear: 0.1, margin: 0.3))
    #expect(score.aliveProbability == truth.aliveProbability)
    #expect(score.churnProbability == truth.churnProbability)
    #expect(score.expectedOrders == truth.expectedOrders)
    #expect(score.expectedSpend == truth.expectedSpendPerOrder)
    #expect(score.lifetimeValue == truth.lifetimeValue)
  }

  @Test("a model without spend gives no expected spend and no lifetime value")
  func withoutSpend() throws {
    var shop = try EngineHarness()
    let request = AdoptModelRequest(model: EngineHarness.parameters)
    _ = shop.ask(.adoptModel, request, AdoptModelReply.self)
    let score = try #require(shop.score("a").body)
    #expect(!score.spendKnown && score.expectedSpend == 0 && score.lifetimeValue == 0)
    #expect(score.expectedOrders > 0)
  }

  @Test("parameters that mean nothing are refused and the old model stays")
  func badParameters() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    var bad: [ModelFields] = []
    for value in [0, -1, 1e300] {
      bad.append(ModelFields(kind: 1, parameters: SIMD4(value, 1, 1, 1)))
      bad.append(ModelFields(kind: 1, parameters: SIMD4(1, value, 1, 1)))
      bad.append(ModelFields(kind: 1, parameters: SIMD4(1, 1, value, 1)))
      bad.append(ModelFields(kind: 1, parameters: SIMD4(1, 1, 1, value)))
    }
    bad.append(ModelFields(kind: 0, parameters: SIMD4(1, 1, 1, 1)))
    bad.append(ModelFields(kind: 77, parameters: SIMD4(1, 1, 1, 1)))
    var spend = ModelFields(kind: 1, parameters: SIMD4(1, 1, 1, 1))
    spend.spendKnown = true
    spend.p = 1
    spend.q = 1
    spend.gamma = 1
    bad.append(spend)
    for model in bad {
      #expect(
        shop.ask(.adoptModel, AdoptModelRequest(model: model), AdoptModelReply.self)
          == .refused(.invalidField))
    }
    #expect(shop.score("a").body?.generation == 1)
  }

  @Test("as of a day outside 1970 … 2149 is refused")
  func asOfOutOfRange() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    for day in [-5, 65_535, 5_000_000] {
      #expect(shop.score("a", asOf: day) == .refused(.timeOutOfRange))
    }
  }

  @Test("a fit finds the parameters its shop was simulated by", arguments: seeds(1))
  func fit(seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try EngineHarness()
    var chance = SeededGenerator(seed: seed)
    // Every customer orders with a chance of 1/20 a day and leaves for ever with 1/4 after each.
    for customer in 0..<2000 {
      let first = 19_500
      _ = shop.record("c\(customer)", "0", day: first, minor: 1000)
      var day = first
      while Double.random(in: 0..<1, using: &chance) > 0.25 {
        day += 1
        while Double.random(in: 0..<1, using: &chance) > 0.05 { day += 1 }
        if day > 20_000 { break }
        _ = shop.record("c\(customer)", "\(day)", day: day, minor: 1000)
      }
    }
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: Verb.fit.rawValue, tag: 0, in: &frame)
    FitRequest(asOfMicros: 0, kind: 2).write(to: &frame)
    Frame.end(mark, in: &frame)
    var out = ByteBuffer()
    guard case .frame(let header) = try Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax),
      case .asked(.fit(let job)) = shop.engine.execute(
        header, frame.bytes, at: shop.nowMicros, into: &out)
    else {
      Issue.record("a fit is an errand")
      return
    }
    let report = try job.run()
    let fitted = report.model.parameters
    #expect(report.customers == 2000)
    #expect(abs(fitted[0] / fitted[1] - 0.05) < 0.006)
    #expect(abs(fitted[2] / (fitted[2] + fitted[3]) - 0.25) < 0.03)
    #expect(report.logLikelihood.isFinite && report.seconds == 0)
  }

  @Test("a fit of a shop without orders is refused")
  func fitOfNothing() throws {
    var shop = try EngineHarness()
    #expect(
      shop.ask(.fit, FitRequest(asOfMicros: 0, kind: 1), FitReply.self)
        == .refused(.notEnoughData))
    _ = shop.record("a", "1", day: 19_000)
    #expect(
      shop.ask(.fit, FitRequest(asOfMicros: 0, kind: 9), FitReply.self) == .refused(.invalidField))
  }

  @Test("a query never changes the state, and its time may run backwards")
  func queries() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    _ = shop.record("a", "1", day: 19_000)
    let before = shop.engine.store.stateHash()
    let sequence = shop.engine.sequence
    shop.nowMicros -= EngineHarness.microsPerDay * 400
    #expect(shop.score("a").body?.ageDays == 600)
    #expect(
      shop.ask(.ping, Empty(), PingReply.self) == .ok(PingReply(timeMicros: shop.nowMicros)))
    #expect(shop.engine.store.stateHash() == before && shop.engine.sequence == sequence)
    // A command's time never falls: the record counts as of the last one.
    let time = shop.engine.timeMicros
    _ = shop.record("a", "2", day: 19_999)
    #expect(shop.engine.timeMicros == time)
    #expect(shop.engine.store.orderCount == 2)
  }
}
