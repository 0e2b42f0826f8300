// Queries that are gathered and answered together say what they say one by one; tables say what the
// exact functions say.

import Support
import Testing
import Wire

@testable import Scoring

@Suite("Queries of a turn")
struct PointQueriesTests {
  /// A shop with customers of every kind: without orders, with returns, with orders after today.
  private static func shop(_ model: ModelFields, seed: UInt64) throws -> EngineHarness {
    var shop = try EngineHarness()
    var chance = SeededGenerator(seed: seed)
    for customer in 0..<120 {
      for order in 0..<Int.random(in: 1...9, using: &chance) {
        _ = shop.record(
          "c\(customer)", "o\(customer)-\(order)",
          day: Int.random(in: 19_000...20_000, using: &chance),
          minor: Int64.random(in: 0...9_999, using: &chance))
      }
      if customer % 5 == 0 {
        _ = shop.giveBack("c\(customer)", "o\(customer)-0", as: "r", day: 20_000)
      }
    }
    _ = shop.adopt(model)
    return shop
  }

  private static func frame(
    _ customer: String, tag: UInt64, _ terms: ScoreTermsFields, deadlineMillis: UInt32 = 0
  ) -> [UInt8] {
    var out = ByteBuffer()
    let mark = Frame.begin(
      verb: Verb.scoreOne.rawValue, tag: tag, deadlineMillis: deadlineMillis, in: &out)
    try? ScoreOneRequest(terms: terms, customer: customer).write(to: &out)
    Frame.end(mark, in: &out)
    return EngineHarness.copy(out.bytes)
  }

  /// Requests about known and unknown customers, of today and of days before.
  private static func requests(_ count: Int, seed: UInt64) -> [[UInt8]] {
    var chance = SeededGenerator(seed: seed)
    let days: [Int?] = [nil, 19_990, 19_500]
    var terms = EngineHarness.terms()
    return (0..<count).map { number in
      if Int.random(in: 0..<40, using: &chance) == 0 {
        terms = EngineHarness.terms(asOf: days.randomElement(using: &chance) ?? nil)
      }
      let customer = Int.random(in: 0..<140, using: &chance)
      return Self.frame("c\(customer)", tag: UInt64(number), terms)
    }
  }

  /// The replies of an engine that executes one request after the other.
  private static func oneByOne(
    _ shop: inout EngineHarness, _ requests: [[UInt8]]
  ) throws -> [UInt8] {
    var out = ByteBuffer()
    for request in requests {
      guard case .frame(let header) = try Frame.cut(request.raw, sizeMax: Limits.frameSizeMax)
      else { continue }
      _ = shop.engine.execute(header, request.raw, at: shop.nowMicros, into: &out)
    }
    return EngineHarness.copy(out.bytes)
  }

  /// The replies of an engine that gathers what it can, a few at a time.
  private static func gathered(
    _ shop: inout EngineHarness, _ requests: [[UInt8]], seed: UInt64
  ) -> [UInt8] {
    var chance = SeededGenerator(seed: seed)
    let inbox = requests.flatMap(\.self)
    var out = ByteBuffer()
    var place = 0
    while place < inbox.count {
      var count = 0
      // Some turns gather from several inboxes.
      for _ in 0..<Int.random(in: 1...3, using: &chance) {
        let taken = shop.engine.gather(
          inbox.raw.extracting(droppingFirst: place),
          countMax: Int.random(in: 1...70, using: &chance), at: shop.nowMicros)
        place += taken.size
        count += taken.count
      }
      if count == 0 { break }
      shop.engine.answerGathered()
      let middle = count / 2
      shop.engine.writeGathered(0..<middle, into: &out)
      shop.engine.writeGathered(middle..<count, into: &out)
      shop.engine.forgetGathered()
    }
    return EngineHarness.copy(out.bytes)
  }

  @Test(
    "gathered queries get the bytes that they get one by one, with and without tables",
    arguments: [EngineHarness.parameters, EngineModelsTests.full], seeds(2))
  func sameBytes(model: ModelFields, seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try Self.shop(model, seed: seed)
    let requests = Self.requests(700, seed: seed)
    for _ in 0..<2 {
      let expected = try Self.oneByOne(&shop, requests)
      let found = Self.gathered(&shop, requests, seed: seed)
      #expect(found == expected)
      #expect(expected.count == 700 * 112)
      let waiting = shop.engine.gatheredCount
      #expect(waiting == 0)
      // The second time there are tables.
      while let job = shop.engine.tableJob() {
        let made = job.run()
        shop.engine.keep(made)
        _ = try Self.oneByOne(&shop, requests)
      }
    }
  }

  @Test(
    "tables change no score by more than a billionth of it",
    arguments: [EngineHarness.parameters, EngineModelsTests.full])
  func tables(model: ModelFields) throws {
    var shop = try Self.shop(model, seed: 3)
    let customers = (0..<130).map { "c\($0)" }
    let request = ScoreManyRequest(terms: EngineHarness.terms(), customers: customers)
    let exact = try #require(shop.ask(.scoreMany, request, ScoreManyReply.self).body?.scores)
    var jobs = 0
    for _ in 0..<8 {
      _ = shop.ask(.scoreMany, request, ScoreManyReply.self)
      if let job = shop.engine.tableJob() {
        jobs += 1
        let made = job.run()
        shop.engine.keep(made)
      }
    }
    // It was asked for once, when customers enough had been asked about.
    #expect(jobs == 1)
    let found = try #require(shop.ask(.scoreMany, request, ScoreManyReply.self).body?.scores)
    #expect(found != exact)
    for (one, other) in zip(exact, found) {
      func isNear(_ path: KeyPath<ScoreReply, Double>) -> Bool {
        abs(one[keyPath: path] - other[keyPath: path]) <= 1e-9 * abs(one[keyPath: path])
      }
      #expect(isNear(\.aliveProbability) && isNear(\.churnProbability))
      #expect(isNear(\.expectedOrders) && isNear(\.lifetimeValue))
      #expect(one.expectedSpend == other.expectedSpend || isNear(\.expectedSpend))
      #expect(
        (one.known, one.repeatOrders, one.ageDays) == (
          other.known, other.repeatOrders, other.ageDays
        ))
    }
  }

  @Test("a table of a former model is not used, and a new one is asked for")
  func generations() throws {
    var shop = try Self.shop(EngineHarness.parameters, seed: 4)
    let request = ScoreManyRequest(
      terms: EngineHarness.terms(), customers: (0..<600).map { "c\($0)" })
    _ = shop.ask(.scoreMany, request, ScoreManyReply.self)
    let first = shop.engine.tableJob()
    let job = try #require(first)
    var other = EngineHarness.parameters
    other.parameters[0] = 0.9
    _ = shop.adopt(other)
    let exact = shop.ask(.scoreMany, request, ScoreManyReply.self).body
    let made = job.run()
    shop.engine.keep(made)
    #expect(shop.ask(.scoreMany, request, ScoreManyReply.self).body == exact)
    let second = shop.engine.tableJob()
    #expect(second != nil)
  }

  @Test(
    "what is in a hurry, wrong, or another verb is not gathered, and nothing else waits behind it")
  func others() throws {
    var shop = try Self.shop(EngineHarness.parameters, seed: 5)
    let terms = EngineHarness.terms()
    let good = Self.frame("c1", tag: 1, terms)
    var badTerms = terms
    badTerms.horizonDays = -1
    let others = [
      Self.frame("c1", tag: 2, terms, deadlineMillis: 9), Self.frame("c1", tag: 3, badTerms),
      Array(good.dropLast()),
    ]
    for other in others {
      let alone = shop.engine.gather(other.raw, countMax: 9, at: shop.nowMicros)
      #expect(alone == (0, 0))
      let inbox = good + good + other
      let taken = shop.engine.gather(inbox.raw, countMax: 9, at: shop.nowMicros)
      #expect(taken == (2, 2 * good.count))
      shop.engine.answerGathered()
      shop.engine.forgetGathered()
    }
    var empty = try EngineHarness()
    let withoutModel = empty.engine.gather(good.raw, countMax: 9, at: empty.nowMicros)
    #expect(withoutModel == (0, 0))
  }
}
