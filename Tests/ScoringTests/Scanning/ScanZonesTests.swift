// Scans that pass over chunks by their zones: whom they find, and which chunks they look at.

import Models
import Support
import Testing
import Wire

@testable import Scoring

@Suite("ScanZones")
struct ScanZonesTests {
  private static let chunkRows = CustomerRow.chunkRows

  // MARK: Random conditions

  /// A condition by chance that zones tell something of, alone or with any other.
  private static func condition(_ random: inout NaiveConditions) -> Naive<Bool> {
    let zoned = random.zoned()
    switch random.chance.next() % 8 {
    case 0, 1, 2: return zoned
    case 3, 4:
      let other = random.chance.next() % 2 == 0 ? random.zoned() : random.condition(1)
      return Naive(text: "\(zoned.text) and \(other.text)") { known in
        let values = [zoned.value(known), other.value(known)]
        return values.contains(false) ? false : values.contains(nil) ? nil : true
      }
    case 5:
      let other = random.zoned()
      return Naive(text: "(\(zoned.text) or \(other.text))") { known in
        let values = [zoned.value(known), other.value(known)]
        return values.contains(true) ? true : values.contains(nil) ? nil : false
      }
    case 6: return Naive(text: "((\(zoned.text)) is unknown)") { zoned.value($0) == nil }
    default: return random.condition(2)
    }
  }

  @Test(
    "random conditions hold for whom they hold, row by row, where chunks are passed over",
    arguments: seeds(1))
  func conditions(seed: UInt64) throws {
    print("seed \(seed)")
    var whole = try SelectTruthTests.Whole(seed: seed, customers: 9_500, isRising: true)
    try SelectTruthTests.compareValues(&whole)
    let chunks = whole.shop.engine.store.customers.zones.count
    var random = NaiveConditions(
      chance: SeededGenerator(seed: seed &+ 2000), customers: whole.known, instant: whole.instant)
    var (some, passed, partly) = (0, 0, 0)
    for number in 0..<100 {
      let condition = Self.condition(&random)
      let wanted = whole.known.indices.filter { condition.value(whole.known[$0]) == true }
      let looked = try whole.shop.look(condition.text)
      let isSame = looked.rows == wanted.map(UInt32.init)
      #expect(isSame, "condition \(number): \(condition.text)")
      // Each of its chunks was looked at.
      #expect(looked.chunks >= Set(wanted.map { $0 / Self.chunkRows }).count)
      passed += chunks - looked.chunks
      if looked.chunks < chunks && !wanted.isEmpty { partly += 1 }
      if !wanted.isEmpty { some += 1 }
      if number % 10 == 0 {
        let told = try whole.shop.select(condition.text)
        #expect(told.names == wanted.map { whole.customers[$0].name })
        #expect(told.head.scanned == UInt64(whole.known.count))
      }
    }
    print(
      "100 conditions, \(some) hold for some; \(passed) chunks of \(100 * chunks) passed over, "
        + "\(partly) times some")
    #expect(chunks == 3 && some > 40 && passed > 30 && partly > 5)
  }

  // MARK: A shop whose zones are known

  /// Customers of two chunks and a half whose first days rise by one every 100 of them, from day 19,800 on.
  ///
  /// Each has a second order ten days later, and both are of as many euros as there are hundreds before. The
  /// last chunk's are followed by 50 without orders.
  private struct Rising: ~Copyable {
    var shop: EngineHarness
    static let ordered = 2 * ScanZonesTests.chunkRows + 2_048
    static let count = ordered + 50

    static func day(_ row: Int) -> Int { 19_800 + row / 100 }

    init() throws {
      var first = try EngineHarness()
      for start in stride(from: 0, to: Self.ordered, by: 4_000) {
        let rows = start..<min(start + 4_000, Self.ordered)
        first.tell(
          .recordOrders,
          RecordOrdersRequest(
            currency: "EUR", minorDigits: 2,
            orders: rows.flatMap { row in
              [0, 10].map { later in
                .init(
                  customer: "c\(row)", order: "o\(later)",
                  timeMicros: EngineHarness.noon(Self.day(row) + later),
                  amountMinor: Int64(row / 100) * 100)
              }
            }), rows.count * 2)
      }
      first.tell(
        .recordProfiles,
        RecordProfilesRequest(
          profiles: (Self.ordered..<Self.count).map {
            .init(customer: "c\($0)", ProfileChange(country: .set("FR")))
          }), Self.count - Self.ordered)
      // So that zones forget that everybody had one order once.
      shop = try EngineHarness(
        restoring: first.engine.store.reloaded(), nowMicros: first.nowMicros)
    }
  }

  @Test(
    "of a shop whose customers' days rise only those chunks are looked at that can have somebody")
  func rising() throws {
    var whole = try Rising()
    whole.shop.setValueQuantiles((0...1_000).map { Double($0) })
    // First days 19,800 to 19,840, 19,840 to 19,881, 19,881 to 19,902, and none; today is 20,000.
    let ages = (0..<Rising.count).map {
      $0 < Rising.ordered ? Double(20_000 - Rising.day($0)) : .nan
    }
    let spends = (0..<Rising.count).map { $0 < Rising.ordered ? Double($0 / 100 * 2) : .nan }
    for (text, holds, chunks) in [
      ("age_days < 98", { _ in false }, 0),
      ("age_days <= 98", { ages[$0] <= 98 }, 1),
      ("age_days == 98", { ages[$0] == 98 }, 1),
      ("age_days < 119", { ages[$0] < 119 }, 1),
      ("age_days <= 119", { ages[$0] <= 119 }, 2),
      ("age_days == 119", { ages[$0] == 119 }, 2),
      ("age_days == 160", { ages[$0] == 160 }, 2),
      ("age_days == 130", { ages[$0] == 130 }, 1),
      ("age_days > 200", { _ in false }, 0),
      ("age_days >= 200", { ages[$0] >= 200 }, 1),
      ("not (age_days < 200)", { ages[$0] >= 200 }, 1),
      ("age_days between 141 and 150", { (141...150).contains(ages[$0]) }, 1),
      ("age_days in (99, 199)", { [99, 199].contains(ages[$0]) }, 2),
      ("age_days < 100 or age_days > 190", { ages[$0] < 100 || ages[$0] > 190 }, 2),
      ("age_days < 100 or orders > 2", { ages[$0] < 100 }, 1),
      ("age_days < 100 and age_days > 190", { _ in false }, 0),
      ("days_since_order <= 108", { ages[$0] - 10 <= 108 }, 1),
      ("days_since_order < 88", { _ in false }, 0),
      ("first_order >= 2024-05-28", { Rising.day($0) >= 19_871 && $0 < Rising.ordered }, 2),
      ("first_order >= 2024-06-10", { Rising.day($0) >= 19_884 && $0 < Rising.ordered }, 1),
      ("today - first_order < 98", { _ in false }, 0),
      ("first_order is unknown", { $0 >= Rising.ordered }, 1),
      ("age_days is unknown", { ages[$0].isNaN }, 1),
      ("age_days is known", { !ages[$0].isNaN }, 3),
      ("(age_days else 200) >= 200", { !(ages[$0] < 200) }, 2),
      ("orders == 0", { $0 >= Rising.ordered }, 1),
      ("orders < 1", { $0 >= Rising.ordered }, 1),
      ("orders >= 2", { $0 < Rising.ordered }, 3),
      ("orders > 2", { _ in false }, 0),
      ("orders == 1", { _ in false }, 1),
      ("total_spend > 204", { _ in false }, 0),
      ("total_spend >= 204", { spends[$0] >= 204 }, 1),
      // The last chunk has somebody who spent nothing, for want of an order.
      ("total_spend <= 0", { spends[$0] <= 0 }, 2),
      ("mean_spend >= 102", { spends[$0] >= 204 }, 1),
      ("mean_spend > 102", { _ in false }, 1),
      ("mean_spend > 204", { _ in false }, 0),
      ("total_spend > quantile(\"lifetime_value\", 0.1705)", { spends[$0] > 170 }, 1),
      ("total_spend * 2 > quantile(\"lifetime_value\", 0.5)", { _ in false }, 0),
      ("today < 2024-10-04 and age_days > 0", { _ in false }, 0),
      ("weekday == 1 and age_days > 0", { _ in false }, 0),
      ("weekday == 1", { _ in false }, 0),
      ("weekday == 5 and month == 10 and age_days > 190", { ages[$0] > 190 }, 1),
      // What zones do not know rules nothing out.
      ("country == \"FR\" or age_days < 0", { $0 >= Rising.ordered }, 3),
      ("country == \"FR\"", { $0 >= Rising.ordered }, 3),
      ("p_alive is unknown and age_days < 100", { ages[$0] < 100 }, 1),
      ("segment == \"new\"", { $0 >= Rising.ordered }, 3),
      ("", { _ in true }, 3),
    ] as [(String, (Int) -> Bool, Int)] {
      let looked = try whole.shop.look(text)
      let isSame = looked.rows == (0..<Rising.count).filter(holds).map(UInt32.init)
      #expect(isSame && looked.chunks == chunks, "\(text): \(looked.chunks) chunks")
    }
  }

  @Test("sums, groups and orders are the same to the last bit as where no chunk is passed over")
  func sums() throws {
    var whole = try Rising()
    #expect(whole.shop.adopt().body != nil)
    // The same, but no zone tells that two numbers are one.
    let (narrow, wide) = ("age_days < 130", "age_days < 130 or age_days != age_days")
    #expect(try whole.shop.look(narrow).chunks == 2 && whole.shop.look(wide).chunks == 3)
    let measures = ["total_spend", "lifetime_value", "churn"]
    let one = try whole.shop.count(narrow, by: ["segment"], of: measures, shares: [0.5])
    let other = try whole.shop.count(
      wide, by: ["segment"], of: measures, shares: [0.5], on: LastFirst())
    #expect(one == other && one.found > 0 && one.scanned == UInt64(Rising.count))
    for limit in [0, 1, 2_000] {
      func told(_ condition: String) throws -> Selected {
        try whole.shop.select(condition, ["customer", "lifetime_value"]) {
          $0.orderBy = "lifetime_value"
          $0.isDescending = true
          $0.limit = UInt64(limit)
        }
      }
      let (one, other) = (try told(narrow), try told(wide))
      #expect(one == other && !one.names.isEmpty)
    }
  }

  @Test("of a past day every chunk is looked at, for what zones tell is of today")
  func pastDay() throws {
    var whole = try Rising()
    // The last first day is 19,902, the last order ten days later.
    #expect(try whole.shop.look("age_days < 1", asOf: 19_902).chunks == 3)
    #expect(try whole.shop.look("age_days < 1", asOf: 19_912).chunks == 0)
    let then = try whole.shop.look("age_days < 1", asOf: 19_880).rows
    #expect(then == (8_000..<8_100).map(UInt32.init))
    let orderless = try whole.shop.look("orders == 0", asOf: 19_880).rows
    #expect(orderless == (8_100..<Rising.count).map { UInt32($0) })
    // So does a return that is recorded of a later day.
    #expect(whole.shop.record("c0", "late", day: 19_990).body?.recorded == 1)
    let returned = whole.shop.giveBack("c0", "late", as: "r", day: 20_000)
    #expect(returned.body?.recorded == 1)
    #expect(try whole.shop.look("days_since_order == 10", asOf: 20_000).rows == [])
    let before = try whole.shop.look("days_since_order == 5", asOf: 19_995)
    #expect(before.rows == [0] && before.chunks == 3)
  }

  @Test("what is written between two questions is found by the second one")
  func changes() throws {
    var whole = try Rising()
    #expect(try whole.shop.look("days_since_order < 80").chunks == 0)
    let held = whole.shop.engine.store
    for row in [17, Self.chunkRows + 1] {
      #expect(whole.shop.record("c\(row)", "next", day: 19_990).body?.recorded == 1)
    }
    let found = try whole.shop.look("days_since_order < 80")
    #expect(found.rows == [17, UInt32(Self.chunkRows) + 1] && found.chunks == 2)
    #expect(held.customers.zones != whole.shop.engine.store.customers.zones)
    // Who is new is in the last chunk, then in one of its own.
    var count = Rising.count
    while count <= 3 * Self.chunkRows {
      let rows = count..<count + 500
      #expect(
        whole.shop.record(rows.map { ("c\($0)", "o", 19_995, 100) }).body?.recorded == 500)
      count += 500
    }
    let young = try whole.shop.look("age_days <= 5")
    #expect(young.rows == (Rising.count..<count).map { UInt32($0) } && young.chunks == 2)
    // All of them come back: the wide zone is looked at, and nobody is found.
    for row in Rising.count..<count {
      _ = whole.shop.giveBack("c\(row)", "o", as: "r", day: 20_000)
    }
    #expect(try whole.shop.look("age_days <= 5").rows == [])
  }
}

extension NaiveConditions {
  /// A comparison of what zones know.
  fileprivate mutating func zoned() -> Naive<Bool> {
    func below(_ end: Int) -> Int { Int.random(in: 0..<end, using: &chance) }
    let names = ["orders", "days_since_order", "age_days", "total_spend", "mean_spend"]
    let name = names[below(names.count)]
    let signs = ["<", "<=", ">", ">=", "==", "!="]
    let sign = signs[below(signs.count)]
    let values = customers.map { $0[name] }.filter(\.isFinite)
    // Ends of what there is are as likely as what lies between.
    let value =
      switch below(4) {
      case 0: values.min() ?? 0
      case 1: values.max() ?? 0
      default: values[below(values.count)]
      }
    let rounded = value == value.rounded() ? value : (value * 1e4).rounded() / 1e4 + 3.7e-7
    let digits = rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    let compare: (Double) -> Bool = { own in
      switch sign {
      case "<": own < rounded
      case "<=": own <= rounded
      case ">": own > rounded
      case ">=": own >= rounded
      case "==": own == rounded
      default: own != rounded
      }
    }
    return Naive(text: "\(name) \(sign) \(digits)") { known in
      known[name].isFinite ? compare(known[name]) : nil
    }
  }
}

extension EngineHarness {
  /// Whom a condition holds for, found as a scan finds them, and how many chunks were looked at.
  fileprivate mutating func look(
    _ condition: String, asOf day: Int? = nil
  ) throws -> (rows: [UInt32], chunks: Int) {
    let plan = try engine.plan(condition, [], at: 0)
    var terms = ScanTerms()
    terms.asOfMicros = day.map(Self.noon) ?? 0
    var view = try engine.scanView(terms, at: 0, nowMicros)
    view.begin(plan, on: Alone())
    var worker = ScanWorker(plan, view)
    var rows: [UInt32] = []
    worker.scan(0..<engine.store.customers.chunks.blocks.count, on: Alone()) { worker, found in
      found.eachRow { rows.append(worker.columns.rows[$0]) }
      return true
    }
    return (rows, worker.chunkCount)
  }
}
