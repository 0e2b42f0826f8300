// Groups «rules»: what conditions cost a customer, one at a time and over columns; and one condition over
// ten million rows.

import Models
import Rules

enum RuleBenchmarks {
  static func run(_ bench: inout Bench) throws {
    for (name, texts) in [("examples", RuleShop.examples), ("load", RuleShop.load)] {
      let group = "rules, 64 conditions as the \(name)'"
      if bench.wants(group) { try books(&bench, group, texts) }
    }
    let group = "rules, one condition on two columns"
    if bench.wants(group) { try scan(&bench, group) }
  }

  private static func books(_ bench: inout Bench, _ group: String, _ texts: [String]) throws {
    let programs = try texts.map {
      try RuleProgram($0, schema: RuleShop.schema(), textCode: RuleShop.code)
    }
    let (book, intervals) = (RuleBook(programs), RuleIntervals(programs))
    let shop = RuleShop(rows: 4_096)
    let customers = (0..<4_096).map { RuleCustomer(shop, $0) }
    let rounds = bench.isQuick ? 20 : 100
    let amount = Double(rounds * 4_096)
    var failures = RuleFailures()
    var workspace = RuleWorkspace()
    var sets = [RuleSet](repeating: RuleSet(), count: 4_096)
    var (yes, unknown) = ([UInt64](repeating: 0, count: 64), [UInt64](repeating: 0, count: 64))
    func columns(_ size: Int) -> UInt64 {
      var sum: UInt64 = 0
      for _ in 0..<rounds {
        for start in stride(from: 0, to: 4_096, by: size) {
          var span = sets.mutableSpan
          intervals.findFailing(
            over: RuleShop.Rows(shop, start..<start + size), into: &span, with: &workspace)
          sum &+= sets[start & 63].words[0]
        }
      }
      return sum
    }
    try bench.compare(
      group, .nanosecondsEach, byProcessor: true,
      [
        Contestant("intervals, 4,096 rows at a time", amount: amount) { columns(4_096) },
        Contestant("intervals, 256 rows at a time", amount: amount) { columns(256) },
        Contestant("intervals, one at a time", amount: amount) {
          var sum: UInt64 = 0
          for _ in 0..<rounds {
            for place in customers.indices {
              sum &+= intervals.failing(for: customers[place]).words[0]
            }
          }
          return sum
        },
        Contestant("each program, 4,096 rows at a time", amount: amount) {
          var sum: UInt64 = 0
          for _ in 0..<rounds {
            for program in programs {
              var yesSpan = yes.mutableSpan
              var unknownSpan = unknown.mutableSpan
              program.evaluate(
                over: RuleShop.Rows(shop, 0..<4_096), yes: &yesSpan, unknown: &unknownSpan,
                with: &workspace)
              sum &+= yesSpan[0]
            }
          }
          return sum
        },
        Contestant("the book, one at a time", amount: amount) {
          var sum: UInt64 = 0
          for _ in 0..<rounds {
            for place in customers.indices {
              book.evaluate(for: customers[place], into: &failures)
              sum &+= UInt64(failures.conditions.count)
            }
          }
          return sum
        },
      ])
  }

  /// Chunk by chunk, as a store has them; the columns do not fit the caches.
  private static func scan(_ bench: inout Bench, _ group: String) throws {
    let program = try RuleProgram(
      "basket >= 50 and days_since_order < 30", schema: RuleShop.schema(), textCode: RuleShop.code)
    let chunks = bench.isQuick ? 256 : 2_442
    let shop = RuleShop(rows: chunks * 4_096, wholly: false)
    var workspace = RuleWorkspace()
    var (yes, unknown) = ([UInt64](repeating: 0, count: 64), [UInt64](repeating: 0, count: 64))
    let pass: () -> UInt64 = {
      var sum: UInt64 = 0
      for chunk in 0..<chunks {
        var yesSpan = yes.mutableSpan
        var unknownSpan = unknown.mutableSpan
        program.evaluate(
          over: RuleShop.Rows(shop, chunk * 4_096..<(chunk + 1) * 4_096), yes: &yesSpan,
          unknown: &unknownSpan, with: &workspace)
        for word in 0..<64 { sum &+= UInt64(yesSpan[word].nonzeroBitCount) }
      }
      return sum
    }
    let read: () -> UInt64 = {
      let (baskets, days) = (shop.column(0), shop.column(2))
      var sum: UInt64 = 0
      for row in baskets.indices { sum ^= baskets[row].bitPattern ^ days[row].bitPattern }
      return sum
    }
    let rows = Double(chunks * 4_096)
    try bench.compare(
      group, .nanosecondsEach, byProcessor: true,
      [
        Contestant("the condition", amount: rows, pass: pass),
        Contestant("reading both columns", amount: rows, pass: read),
      ])
    try bench.compare(
      group, .gigabytesPerSecond, byProcessor: true,
      [
        Contestant("the condition", amount: rows * 16, pass: pass),
        Contestant("reading both columns", amount: rows * 16, pass: read),
      ])
  }
}

/// Customers as columns, and conditions on them as shops write them.
private struct RuleShop {
  static let texts = ["new", "active", "loyal", "vip", "about to leave", "inactive"]
  static let names = [
    "basket", "orders", "days_since_order", "typical_gap", "days_to_birthday",
    "days_since_complaint", "churn", "cart_left",
  ]
  let rows: Int
  private var numbers: [Double] = []
  private var segments: [Int32] = []
  /// Bitmaps: complaints, then who bought of each of eight categories; the yes, then the no.
  private var bits: [UInt64] = []
  private var words: Int { rows / 64 }

  static func schema() throws -> RuleSchema {
    try RuleSchema(
      fields: names.enumerated().map { RuleField($1, .number, "", slot: $0) } + [
        RuleField("segment", .text, "", slot: 0), RuleField("open_complaint", .yesNo, "", slot: 0),
      ],
      functions: [RuleFunction("bought", [.text], .yesNo, "", code: 0)])
  }

  /// Categories come behind the segments.
  static func code(_ text: String) -> Int32? {
    text.hasPrefix("c")
      ? Int32(text.dropFirst()).map { $0 + 6 } : texts.firstIndex(of: text).map { Int32($0) }
  }

  /// - Parameters:
  ///   - rows: a multiple of 64.
  ///   - wholly: whether there are all columns; else only the first three, of numbers.
  init(rows: Int, wholly: Bool = true) {
    self.rows = rows
    var random = SeededRandom(seed: 7)
    let scales: [Double] = [120, 12, 90, 60, 40, 400, 1, 20]
    for (name, scale) in zip(Self.names, scales).prefix(wholly ? 8 : 3) {
      let isHalfUnknown = ["days_to_birthday", "days_since_complaint", "cart_left"].contains(name)
      for _ in 0..<rows {
        let value = random.uniform() * scale
        numbers.append(
          isHalfUnknown && random.uniform() < 0.5
            ? .nan : name == "churn" ? value : value.rounded())
      }
    }
    guard wholly else { return }
    for _ in 0..<rows { segments.append(Int32(random.next() % 6)) }
    for column in 0..<9 {
      // Few complain; of a category one in eight has bought.
      let yes = (0..<words).map { _ in
        random.next() & random.next() & random.next() & (column == 0 ? random.next() : .max)
      }
      bits += yes + yes.map { ~$0 }
    }
  }

  @_lifetime(borrow self)
  func column(_ slot: Int) -> Span<Double> {
    numbers.span.extracting(slot * rows..<(slot + 1) * rows)
  }

  @_lifetime(borrow self)
  func codes() -> Span<Int32> { segments.span }

  @_lifetime(borrow self)
  func truths(_ column: Int, _ rows: Range<Int>) -> RuleTruths {
    let first = column * 2 * words + rows.lowerBound / 64
    let count = rows.count / 64
    let span = bits.span
    return RuleTruths(
      yes: span.extracting(first..<first + count),
      no: span.extracting(first + words..<first + words + count))
  }

  /// Some of the rows, lent.
  struct Rows: RuleColumns {
    let shop: RuleShop
    let rows: Range<Int>

    init(_ shop: RuleShop, _ rows: Range<Int>) {
      self.shop = shop
      self.rows = rows
    }

    var count: Int { rows.count }

    @_lifetime(borrow self)
    func numbers(at slot: Int) -> Span<Double> { shop.column(slot).extracting(rows) }

    @_lifetime(borrow self)
    func truths(at slot: Int) -> RuleTruths { shop.truths(0, rows) }

    @_lifetime(borrow self)
    func codes(at slot: Int) -> Span<Int32> { shop.codes().extracting(rows) }

    @_lifetime(borrow self)
    func days(at slot: Int) -> Span<Int32> { shop.codes().extracting(rows) }

    @_lifetime(borrow self)
    func numbers(of function: Int, _ arguments: RuleArguments) -> Span<Double> {
      shop.column(0).extracting(rows)
    }

    @_lifetime(borrow self)
    func truths(of function: Int, _ arguments: RuleArguments) -> RuleTruths {
      shop.truths(Int(arguments.text) - 5, rows)
    }
  }

  /// After the ready-made offers' conditions.
  static let examples = (0..<64).map { number in
    let suits = "not (open_complaint else false)"
    return [
      "segment == \"new\" and \(suits)",
      "orders >= \(1 + number / 8) and days_since_order between 3 and \(10 + number)",
      "basket >= \(20 + number) and not bought(\"c\(number / 8)\") and \(suits)",
      "orders >= 1 and days_to_birthday between -3 and 3 and \(suits)",
      "segment in (\"vip\", \"loyal\") and basket >= \(50 + number) and \(suits)",
      "cart_left between 1 and 7 and cart_left < (days_since_order else 9999) and \(suits)",
      "segment in (\"about to leave\", \"inactive\") and churn >= 0.\(1 + number / 8) and "
        + "days_since_order > \(1 + number / 16) * (typical_gap else 45) and \(suits) and "
        + "(days_since_complaint else 999) > 30",
      "orders >= 3 and not bought(\"c\(number / 8)\") and typical_gap <= \(20 + number) and \(suits)",
    ][number % 8]
  }

  /// Those of the load test's offers.
  static let load = (0..<64).map { number in
    "basket >= \(10 + number % 50) and orders >= 1 and not bought(\"c\(number % 8)\") and "
      + "days_since_order > 0.0\(number) * (typical_gap else 30) and not open_complaint"
  }
}

/// One of the customers, by itself.
private struct RuleCustomer: RuleSubject {
  private var numbers = InlineArray<8, Double>(repeating: .nan)
  private var segment: Int32
  private var truths = InlineArray<9, Truth>(repeating: .unknown)

  init(_ shop: RuleShop, _ row: Int) {
    for slot in 0..<8 { numbers[slot] = shop.column(slot)[row] }
    segment = shop.codes()[row]
    for column in 0..<9 {
      let bits = shop.truths(column, 0..<shop.rows)
      truths[column] = Truth(bits.yes[row >> 6] & 1 << UInt64(row & 63) != 0)
    }
  }

  func number(at slot: Int) -> Double { numbers[slot] }
  func truth(at slot: Int) -> Truth { truths[0] }
  func code(at slot: Int) -> Int32 { segment }
  func day(at slot: Int) -> Int32 { segment }
  func number(of function: Int, _ arguments: RuleArguments) -> Double { .nan }
  func truth(of function: Int, _ arguments: RuleArguments) -> Truth {
    truths[Int(arguments.text) - 5]
  }
}
