// What record orders and record returns make of a customer, held against a model that keeps every
// order in a list and counts anew for every question.

import Scoring
import Support
import Testing
import Wire

/// The slow, obvious way: all orders and returns in lists.
private struct NaiveShop {
  struct Order {
    let id: String
    let day: Int
    let minor: Int64
    var returns: [(id: String, day: Int, minor: Int64)] = []
  }
  var orders: [String: [Order]] = [:]

  /// x, first day, t_x, T and m̄ as of a day, as Fader and Hardie define them.
  func statistics(of customer: String, asOf day: Int) -> (
    x: Int, first: Int, last: Int, mean: Double
  )? {
    var days: [Int: Int64] = [:]
    for order in orders[customer] ?? [] where order.day <= day {
      let back = order.returns.filter { $0.day <= day }
      let left = order.minor - back.reduce(0) { $0 + $1.minor }
      if left == 0 && !back.isEmpty { continue }
      days[order.day, default: 0] += left
    }
    guard let first = days.keys.min(), let last = days.keys.max() else { return nil }
    let repeats = days.filter { $0.key != first }
    let spend = repeats.values.reduce(0, +)
    return (
      repeats.count, first, last,
      repeats.isEmpty ? 0 : Double(spend) / Double(repeats.count) * 0.01
    )
  }
}

@Suite("Engine: orders and returns")
struct EngineOrdersTests {
  @Test("random orders and returns give the statistics of the naive shop", arguments: seeds(6))
  func randomLife(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var shop = try EngineHarness()
    var naive = NaiveShop()
    _ = shop.adopt()
    for step in 0..<600 {
      let customer = "c\(Int.random(in: 0..<12, using: &chance))"
      let day = 19_900 + Int.random(in: 0..<60, using: &chance)
      let known = naive.orders[customer] ?? []
      if step % 5 == 4, let place = known.indices.randomElement(using: &chance) {
        let order = known[place]
        let left = order.minor - order.returns.reduce(0) { $0 + $1.minor }
        let isWhole = Bool.random(using: &chance)
        let minor = isWhole ? 0 : Int64.random(in: 1...max(1, left), using: &chance)
        let answer = shop.giveBack(customer, order.id, as: "r\(step)", day: day, minor: minor)
        let reply = try #require(answer.body)
        if day < order.day {
          #expect(reply.refused == [.init(row: 0, status: .returnBeforeOrder)])
        } else if minor > left || (left == 0 && !order.returns.isEmpty) {
          #expect(reply.refused == [.init(row: 0, status: .returnExceedsOrder)])
        } else {
          #expect(reply.recorded == 1)
          naive.orders[customer]?[place].returns.append(
            (id: "r\(step)", day: day, minor: minor == 0 ? left : minor))
        }
      } else {
        let minor = Int64.random(in: 0...5, using: &chance) * 250
        #expect(shop.record(customer, "o\(step)", day: day, minor: minor).body?.recorded == 1)
        naive.orders[customer, default: []].append(.init(id: "o\(step)", day: day, minor: minor))
      }
      for asOf in [19_899, 19_930, day, 20_000] {
        try compare(&shop, naive, customer, asOf: asOf)
      }
    }
    // The same through snapshot and journal.
    var reloaded = try EngineHarness(
      restoring: shop.engine.store.reloaded(), nowMicros: shop.nowMicros)
    for number in 0..<12 { try compare(&reloaded, naive, "c\(number)", asOf: 19_940) }
    #expect(reloaded.engine.store.stateHash() == shop.engine.store.stateHash())
  }

  private func compare(
    _ shop: inout EngineHarness, _ naive: NaiveShop, _ customer: String, asOf day: Int
  ) throws {
    let score = try #require(shop.score(customer, asOf: day).body)
    guard let truth = naive.statistics(of: customer, asOf: day) else {
      #expect(!score.known)
      return
    }
    #expect(score.known)
    #expect(Int(score.repeatOrders) == truth.x)
    #expect(Int(score.firstOrderDay) == truth.first)
    #expect(Int(score.recencyDays) == truth.last - truth.first)
    #expect(Int(score.ageDays) == day - truth.first)
    #expect(abs(score.meanSpend - truth.mean) <= 1e-9)
  }

  @Test("several orders of one day count once and their amounts add up")
  func sameDay() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    _ = shop.record([("a", "1", 19_000, 500), ("a", "2", 19_000, 500)])
    _ = shop.record([("a", "3", 19_010, 300), ("a", "4", 19_010, 200), ("a", "5", 19_020, 700)])
    let score = try #require(shop.score("a").body)
    #expect(score.repeatOrders == 2)
    #expect(score.recencyDays == 20)
    #expect(score.meanSpend == 6)
  }

  @Test("an order that was recorded before is a duplicate and changes nothing")
  func duplicates() throws {
    var shop = try EngineHarness()
    _ = shop.record("a", "1", day: 19_000)
    let before = shop.engine.store.stateHash()
    let reply = try #require(shop.record("a", "1", day: 19_005, minor: 9).body)
    #expect(reply.duplicates == 1 && reply.recorded == 0)
    #expect(shop.engine.store.stateHash() == before)
    // The same number at another customer is another order.
    #expect(shop.record("b", "1", day: 19_000).body?.recorded == 1)
    // Two identifiers that run together are not the same order.
    #expect(shop.record("ab", "c", day: 19_000).body?.recorded == 1)
    #expect(shop.record("a", "bc", day: 19_000).body?.recorded == 1)
  }

  @Test("a whole return of the only order leaves an unknown customer, who can come back")
  func returnOfTheOnlyOrder() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    _ = shop.record("a", "1", day: 19_000)
    #expect(shop.giveBack("a", "1", as: "r", day: 19_001).body?.recorded == 1)
    #expect(shop.score("a").body?.known == false)
    #expect(shop.score("a", asOf: 19_000).body?.known == true)
    #expect(shop.giveBack("a", "1", as: "r", day: 19_001).body?.duplicates == 1)
    #expect(
      shop.giveBack("a", "1", as: "r2", day: 19_001).body?.refused.first?.status
        == .returnExceedsOrder)
    _ = shop.record("a", "2", day: 19_500)
    let score = try #require(shop.score("a").body)
    #expect(score.known && score.repeatOrders == 0 && score.firstOrderDay == 19_500)
  }

  @Test("returns of unknown orders and customers are refused")
  func unknownReturns() throws {
    var shop = try EngineHarness()
    _ = shop.record("a", "1", day: 19_000)
    for (customer, order) in [("a", "2"), ("b", "1")] {
      #expect(
        shop.giveBack(customer, order, as: "r", day: 19_001).body?.refused
          == [.init(row: 0, status: .unknownOrder)])
    }
  }

  @Test(
    "times before 1970, after 2149 and in the future are refused row by row",
    arguments: [-1, 65_535, 20_002, 1_000_000])
  func timesOutOfRange(day: Int) throws {
    var shop = try EngineHarness()
    let reply = try #require(
      shop.record([("a", "1", day, 1), ("a", "2", 20_001, 1), ("a", "3", 0, 1)]).body)
    #expect(reply.refused == [.init(row: 0, status: .timeOutOfRange)])
    #expect(reply.recorded == 2)
  }

  @Test("the first recorded batch declares the currency, later ones must agree")
  func currency() throws {
    var shop = try EngineHarness()
    func batch(_ currency: String, _ digits: UInt8, _ order: String) -> RecordOrdersRequest {
      RecordOrdersRequest(
        currency: currency, minorDigits: digits,
        orders: [
          .init(
            customer: "a", order: order, timeMicros: EngineHarness.noon(19_000), amountMinor: 5)
        ])
    }
    #expect(shop.ask(.recordOrders, batch("JPY", 0, "1"), RecordReply.self).body?.recorded == 1)
    for (currency, digits) in [("EUR", UInt8(0)), ("JPY", 2)] {
      #expect(
        shop.ask(.recordOrders, batch(currency, digits, "2"), RecordReply.self)
          == .refused(.currencyMismatch))
    }
    #expect(shop.engine.store.orderCount == 1)
  }

  @Test("sums that would overflow are refused and the customer stays as it was")
  func overflow() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    var refused = 0
    for batch in 0..<2 {
      let rows = (0..<5000).map {
        ("a", "o\(batch)-\($0)", 19_000 + $0 % 500, Limits.amountMax)
      }
      refused += try #require(shop.record(rows).body).refused.count
    }
    #expect(refused == 10_000 - Int(Int64.max / Limits.amountMax))
    #expect(shop.score("a").body?.repeatOrders == 499)
  }

  @Test("orders need a declared time zone, and a declaration is for ever")
  func declaration() throws {
    var shop = try EngineHarness(declared: nil)
    #expect(shop.record("a", "1", day: 19_000) == .refused(.notDeclared))
    #expect(shop.ask(.declareShop, EngineHarness.utc, Empty.self) == .ok(Empty()))
    #expect(shop.ask(.declareShop, EngineHarness.utc, Empty.self) == .ok(Empty()))
    let other = DeclareShopRequest(
      timeZone: "Etc/GMT-1", transitions: [.init(fromSeconds: .min, offsetSeconds: 3600)])
    #expect(shop.ask(.declareShop, other, Empty.self) == .refused(.alreadyDeclared))
  }

  @Test("a malformed row anywhere in a batch changes nothing at all")
  func malformedBatch() throws {
    var shop = try EngineHarness()
    _ = shop.record("a", "1", day: 19_000)
    let before = shop.engine.store.stateHash()
    let sequence = shop.engine.sequence
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: Verb.recordOrders.rawValue, tag: 1, in: &frame)
    try RecordOrdersRequest(
      currency: "EUR", minorDigits: 2,
      orders: (0..<3).map {
        .init(
          customer: "n\($0)", order: "1", timeMicros: EngineHarness.noon(19_000),
          amountMinor: $0 == 2 ? -1 : 5)
      }
    ).write(to: &frame)
    Frame.end(mark, in: &frame)
    #expect(shop.send(frame.bytes, RecordReply.self) == .refused(.invalidField))
    #expect(shop.engine.store.stateHash() == before)
    #expect(shop.engine.sequence == sequence)
  }
}
