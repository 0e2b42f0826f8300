// Of which instant a scan is: of the one it was asked at, whatever is recorded while it is under way; and of past
// days, as if nothing had been ordered since.

import Models
import Support
import Testing
import Wire

@testable import Scoring

@Suite("Scans' instants")
struct ScanInstantTests {
  private static let columns = [
    "customer", "orders", "total_spend", "p_alive", "lifetime_value", "segment", "country", "tier",
    "consent.email", "open_complaint", "cart_left", "source", "returned_share",
  ]

  private static func request() -> CountRequest {
    var request = CountRequest(condition: "orders >= 0 and not bought(\"nothing\")")
    request.groups = ["segment", "tier"]
    request.measures = ["total_spend", "lifetime_value"]
    request.shares = [0.5]
    return request
  }

  /// Does something of every kind that changes what scans tell.
  private static func disturb(_ shop: inout EngineHarness, _ number: Int, _ names: [String]) {
    shop.nowMicros += 1_000_000
    let some = names.enumerated().filter { $0.offset % 5 == number % 5 }.map(\.element)
    _ = shop.record(some.map { ($0, "new\(number)", 20_000, 77_700) })
    for name in some.prefix(40) {
      _ = shop.giveBack(name, "new\(number)", as: "b", day: 20_000, minor: 7_000)
      _ = shop.profile(
        name,
        ProfileChange(country: .set("AT"), source: .set("x\(number)"), tier: .set(HeldTier(.gold))))
      _ = shop.consent(name, .email, .revoked)
      _ = shop.event(
        name, "x\(number)", Event(.complaintOpened, timeMicros: shop.nowMicros, name: "Z"))
    }
    _ = shop.record("newcomer \(number)", "1", day: 20_000)
    _ = shop.adopt(ModelFields(kind: 2, parameters: SIMD4(0.3 + Double(number) / 9, 20, 0.5, 2)))
    _ = shop.put(EngineHarness.catalogue([EngineHarness.offer("o\(number)")]))
    let line = shop.line(of: "o\(number)")
    #expect(line != nil)
  }

  @Test(
    "a scan is of one instant: what is recorded between its steps changes nothing of it",
    arguments: seeds(1))
  func oneInstant(seed: UInt64) throws {
    print("seed \(seed)")
    var naive = ChanceShop(seed: seed, customers: 6_000)
    var shop = try EngineHarness()
    _ = shop.adopt()
    _ = shop.put(
      EngineHarness.catalogue([EngineHarness.offer("first"), EngineHarness.offer("second")]))
    naive.record(in: &shop)
    let names = naive.customers.map(\.name)
    let columns = Self.columns + ["best_offer(site)"]
    let everybody = SelectRequest(condition: "", columns: columns)
    var ordered = SelectRequest(condition: "orders > 0", columns: columns)
    ordered.orderBy = "lifetime_value"
    ordered.limit = 4_000
    var past = SelectRequest(condition: "orders > 0", columns: Self.columns)
    past.terms.asOfMicros = EngineHarness.noon(19_950)
    // Run whole before anything happens.
    var wholes = [
      try shop.scan(.selectCustomers, everybody), try shop.scan(.selectCustomers, ordered),
      try shop.scan(.selectCustomers, past), try shop.scan(.countCustomers, Self.request()),
    ]
    for place in wholes.indices { while try wholes[place].step() {} }
    let wholly = try wholes[0].selected()
    #expect(wholly.names == names && wholly.parts > 4)

    var scans = [
      try shop.scan(.selectCustomers, everybody), try shop.scan(.selectCustomers, ordered),
      try shop.scan(.selectCustomers, past), try shop.scan(.countCustomers, Self.request()),
    ]
    // Something happens before each step, the first too.
    var number = 0
    while !scans.allSatisfy(\.hasEnded) {
      if number < 6 { Self.disturb(&shop, number, names) }
      number += 1
      for place in scans.indices { _ = try scans[place].step() }
    }
    #expect(number > 1, "there is a step after the first")
    // Byte by byte.
    for place in scans.indices {
      let isSame = scans[place].bodies == wholes[place].bodies
      #expect(isSame, "scan \(place)")
    }
    // What comes after sees all of it.
    let after = try shop.count("", of: ["total_spend"])
    let counted = try wholes[3].counted()
    #expect(after.customers > counted.customers)
  }

  @Test(
    "as of a past day a scan tells what an engine tells that only ever saw the orders and returns up to it",
    arguments: seeds(2), [19_400, 19_950, 20_000])
  func pastDay(seed: UInt64, day: Int) throws {
    print("seed \(seed), day \(day)")
    var naive = ChanceShop(seed: seed, customers: 1_500)
    var shop = try EngineHarness()
    _ = shop.adopt()
    naive.record(in: &shop)
    // The same without what was ordered and given back later.
    let former = naive.customers.map { $0.upTo(day) }
    var earlier = try EngineHarness(today: day)
    _ = earlier.adopt()
    var other = ChanceShop(seed: 0, customers: 0)
    other.customers = former.filter(\.isThere)
    other.record(in: &earlier)
    let columns =
      ["customer"] + NaiveFields.numbers.filter { !Self.ofEvents.contains($0) } + [
        "segment", "first_order", "today",
      ]
    func ask(_ shop: inout EngineHarness, _ condition: String) throws -> [String: [String]] {
      let told = try shop.select(condition, columns) {
        $0.terms.asOfMicros = EngineHarness.noon(day)
      }
      #expect(told.head.asOfDay == Int32(day))
      var rows: [String: [String]] = [:]
      for (row, name) in told.names.enumerated() {
        rows[name] = told.columns.dropFirst().map { Self.text($0, row) }
      }
      return rows
    }
    let names = Set(other.customers.map(\.name))
    for condition in [
      "", "orders >= 3", "p_alive < 0.6 and total_spend > 100", "returned_share > 0.2",
    ] {
      let told = try ask(&shop, condition).filter { names.contains($0.key) }
      let wanted = try ask(&earlier, condition)
      #expect(told.count == wanted.count, "\(condition)")
      let wrong = wanted.keys.sorted().filter { told[$0] != wanted[$0] }
      let first = wrong.first.map { "\($0): \(told[$0] ?? []), as it was \(wanted[$0] ?? [])" }
      #expect(first == nil, "\(condition): \(wrong.count) differ")
    }
  }

  /// Events are told as they are now, whatever the day.
  private static let ofEvents: Set = ["cart_left", "viewed_left", "days_since_complaint"]

  private static func text(_ column: ColumnValues, _ row: Int) -> String {
    switch column {
    // Tables of scores are made for large shops only.
    case .numbers(let values): SelectTruthTests.digits(values[row])
    case .texts(let values): values[row] ?? "-"
    case .days(let values): values[row].map { "\($0)" } ?? "-"
    case .truths(let values): values[row].map { "\($0)" } ?? "-"
    }
  }
}

extension SelectTruthTests {
  /// A number to nine digits.
  static func digits(_ value: Double) -> String {
    if value == 0 || !value.isFinite { return "\(value)" }
    var scale = 1.0
    while abs(value) * scale < 1e8 { scale *= 10 }
    return "\((value * scale).rounded() / scale)"
  }
}

extension NaiveCustomer {
  /// What of it was there at the end of a day, of orders and returns; everything else as it is.
  func upTo(_ day: Int) -> NaiveCustomer {
    var former = self
    // Orders keep their numbers, for those of one customer rise with their days.
    former.orders = orders.filter { $0.day <= day }
    former.returns = returns.filter { $0.day <= day }
    if former.orders.isEmpty { former.bought = [] }
    (former.carts, former.views, former.complaints, former.consents) = ([], [], [], [])
    return former
  }
}
