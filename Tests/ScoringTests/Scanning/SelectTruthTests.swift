// Whom conditions hold for: random ones over random shops, against what they mean told a second time.

import Models
import Support
import Testing
import Wire

import class Foundation.ProcessInfo

@testable import Scoring

@Suite("SelectScan")
struct SelectTruthTests {
  private static let isLong = ProcessInfo.processInfo.environment["PATRON_LONG"] == "1"
  private static let calendar = NaiveCalendar()

  /// A shop with a model, what of it is known at its noon, and the same as scans tell it.
  struct Whole: ~Copyable {
    var shop: EngineHarness
    var customers: [NaiveCustomer]
    var known: [NaiveKnown]
    var instant: NaiveInstant

    /// Tells a shop of so many; if it is to be rising, by their first orders' days, those without orders last, and
    /// without orders of tomorrow.
    init(seed: UInt64, customers count: Int, isRising: Bool = false) throws {
      var chance = ChanceShop(
        seed: seed, customers: count, lastDay: ChanceShop.today + (isRising ? 0 : 1))
      if isRising {
        chance.customers.sort { $0.orders.first?.day ?? .max < $1.orders.first?.day ?? .max }
      }
      var shop = try EngineHarness()
      #expect(shop.adopt().body != nil)
      chance.record(in: &shop)
      var instant = try NaiveInstant(
        day: ChanceShop.today, micros: shop.nowMicros, model: shop.engine.store.model?.model,
        terms: ScoreTerms(horizonDays: 273, discountRatePerYear: 0.1, margin: 1))
      // Quantiles as a fit would leave them, each a little beside all values.
      let values = chance.customers.map {
        $0.known(at: instant, SelectTruthTests.calendar)["lifetime_value"]
      }.filter(\.isFinite).sorted()
      instant.valueQuantiles = (0...1000).map { values[($0 * (values.count - 1)) / 1000] + 3.7e-7 }
      shop.setValueQuantiles(instant.valueQuantiles)
      known = chance.customers.map { $0.known(at: instant, SelectTruthTests.calendar) }
      customers = chance.customers
      self.instant = instant
      self.shop = shop
    }
  }

  @Test(
    "every column's values are those told by hand, and the customers are in the sequence of their rows",
    arguments: seeds(2))
  func values(seed: UInt64) throws {
    print("seed \(seed)")
    // Also more than a table of scores is made for, and a last batch that is not full.
    var whole = try Whole(seed: seed, customers: seed % 2 == 0 ? 700 : 3_000)
    try Self.compareValues(&whole)
  }

  @Test(
    "100 random conditions hold for whom they hold, row by row, are unknown where they are unknown",
    arguments: seeds(1))
  func conditions(seed: UInt64) throws {
    let count = Self.isLong ? 100_000 : 4_000
    print("seed \(seed), \(count) customers")
    var whole = try Whole(seed: seed, customers: count)
    // First the values, then the truth: so numbers at borders are the same numbers.
    try Self.compareValues(&whole)
    var random = NaiveConditions(
      chance: SeededGenerator(seed: seed &+ 1000), customers: whole.known, instant: whole.instant)
    var (some, looked, held, unknown) = (0, 0, 0, 0)
    for number in 0..<100 {
      let condition = random.clauses()
      let truths = whole.known.map { condition.value($0) }
      let places = truths.indices
      for (text, wanted) in [
        (condition.text, places.filter { truths[$0] == true }),
        ("(\(condition.text)) is unknown", places.filter { truths[$0] == nil }),
      ] {
        let found = try whole.shop.select(text)
        let names = wanted.map { whole.customers[$0].name }
        let isSame = found.names == names
        #expect(
          isSame,
          "seed \(seed), condition \(number): \(text): \(Self.difference(found.names, names))")
        #expect(found.head.found == UInt64(names.count))
        #expect(found.head.scanned == UInt64(whole.customers.count))
        if !names.isEmpty && names.count < truths.count { some += 1 }
      }
      looked += truths.count
      held += truths.count { $0 == true }
      unknown += truths.count { $0 == nil }
    }
    print(
      "100 conditions, \(looked) truths: \(held) hold, \(unknown) are unknown; \(some) of 200 answers are some"
    )
    #expect(some >= 80, "most conditions say something")
  }

  private static func difference(_ found: [String], _ wanted: [String]) -> String {
    let (found, wanted) = (Set(found), Set(wanted))
    return "too many \(found.subtracting(wanted).sorted().prefix(3)), "
      + "missing \(wanted.subtracting(found).sorted().prefix(3))"
  }

  /// Compares the values of all fields with those told by hand, and then takes them over to the last bit.
  static func compareValues(_ whole: inout Whole) throws {
    let (customers, known) = (whole.customers, whole.known)
    let numbers = try whole.shop.select("", ["customer"] + NaiveFields.numbers)
    #expect(numbers.names == customers.map(\.name))
    try #require(numbers.names.count == customers.count)
    for (place, name) in NaiveFields.numbers.enumerated() {
      let told = numbers.numbers(place + 1)
      let wrong = known.indices.filter { row in
        !Self.isSame(told[row], known[row].numbers[place])
      }
      let first = wrong.first.map {
        "\(customers[$0].name): told \(told[$0]), is \(known[$0].numbers[place])"
      }
      #expect(first == nil, "\(name) of \(wrong.count)")
      for row in known.indices { known[row].numbers[place] = told[row] }
    }
    let others = try whole.shop.select(
      "true", NaiveFields.words + NaiveFields.days + NaiveFields.truths)
    for (place, name) in NaiveFields.words.enumerated() {
      #expect(others.texts(place) == known.map { $0.words[place] }, "\(name)")
    }
    for (place, name) in NaiveFields.days.enumerated() {
      let told = others.days(place + NaiveFields.words.count).map { $0.map(Int.init) }
      #expect(told == known.map { $0.days[place] }, "\(name)")
    }
    for (place, name) in NaiveFields.truths.enumerated() {
      let told = others.truths(place + NaiveFields.words.count + NaiveFields.days.count)
      #expect(told == known.map { $0.truths[place] }, "\(name)")
    }
  }

  static func isSame(_ one: Double, _ other: Double) -> Bool {
    one.isNaN && other.isNaN || abs(one - other) <= 1e-9 * max(1, abs(other))
  }
}
