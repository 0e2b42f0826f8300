// What intervals say of many conditions against what each program says.

import Rules
import Support
import Testing

@Suite("RuleIntervals")
struct IntervalTests {
  /// Conditions as shops write them: thresholds, lists, ranges, levels, multiples.
  private struct Typical {
    var rules: RandomRules

    private static let numbers = [
      "0", "-0", "1", "5", "50", "50.5", "365", "1e308", "-1e308", "1e-320", "0.1",
    ]
    static let multiples = [
      "0", "-0", "1", "2", "0.5", "-1", "0.1", "0.3", "7", "365", "1e-300", "1e300", "1e-100",
      "0.1000000000000001", "0.10000001", "1e-320",
    ]

    mutating func number() -> String { rules.pick(Self.numbers) }

    mutating func clause() -> String {
      let field = rules.pick(["basket", "days_since_order", "orders_within(7)"])
      let sign = rules.pick(["<", "<=", ">", ">=", "==", "!="])
      switch rules.chance.next() % 16 {
      case 0...3: return "\(field) \(sign) \(number())"
      case 4: return "\(number()) \(sign) \(field)"
      case 5: return "\(field) between \(number()) and \(number())"
      case 6: return "\(field) in (\(number()), \(number()))"
      case 7: return "(\(field) else \(number())) \(sign) \(number())"
      case 8: return "tier \(sign) \(rules.pick(Shop.tiers)) or tier == gold"
      case 9: return "segment in (\"FR\", \"about to leave\", \"XX\") or country is unknown"
      case 10: return "country \(rules.pick(["==", "!="])) \(rules.pick(["\"FR\"", "\"XX\""]))"
      case 11: return "today \(sign) \(rules.pick(["2024-10-05", "1970-01-01", "1969-12-31"]))"
      case 12: return "not (consent.email else \(rules.pick(["true", "false"])))"
      case 13:
        return rules.pick(["bought(\"shoes\")", "not bought(\"shoes\")", "is_open()", "false"])
      case 14: return "max(min(\(field), 50), 5) \(sign) \(number()) or \(field) is unknown"
      default: return "not (\(field) \(sign) \(number()) and \(field) > \(number()))"
      }
    }

    /// One value against a multiple of another.
    mutating func multiple() -> String {
      let sign = rules.pick(["<", "<=", ">", ">=", "==", "!="])
      let filled = ["typical_gap", "(typical_gap else 30)", "orders_within(7)"]
      let (left, factor) = (rules.pick(["basket", "(basket else 5)"]), rules.pick(filled))
      let number = rules.pick(Self.multiples)
      let product = rules.pick(["\(number) * \(factor)", "\(factor) * \(number)"])
      return rules.pick(["\(left) \(sign) \(product)", "\(product) \(sign) \(left)"])
    }
  }

  private static func check(
    _ programs: [RuleProgram], _ places: [Int], _ shoppers: ArraySlice<Shopper>,
    _ chance: inout SeededGenerator, _ workspace: inout RuleWorkspace
  ) throws {
    let intervals = RuleIntervals(programs, places: places)
    let columns = ShopperColumns(shoppers, programs.flatMap(\.steps))
    var sets = [RuleSet](repeating: .all, count: shoppers.count)
    var span = sets.mutableSpan
    intervals.findFailing(over: columns, into: &span, with: &workspace)
    let reads = Set(intervals.reads.map { [$0.operation == .callNumber ? 4 : 0, Int($0.index)] })
    let asked = columns.asked.questions.filter { $0[0] == 0 }
    try #require(asked.isSubset(of: reads))
    for (row, shopper) in shoppers.enumerated() {
      var expected = RuleSet()
      for (program, place) in zip(programs, places) where program.truth(for: shopper) != .yes {
        expected.insert(place)
      }
      let single = intervals.failing(for: shopper)
      let wrong = programs.indices.filter {
        expected.contains(places[$0]) != single.contains(places[$0])
          || expected.contains(places[$0]) != sets[row].contains(places[$0])
      }.map { programs[$0].source }
      try #require(single == expected && sets[row] == expected, "\(wrong) for \(shopper)")
      // Which places matter changes nothing for them.
      guard row < 256 else { continue }
      var wanted = RuleSet()
      for place in 0..<256 where chance.next() % 2 == 0 { wanted.insert(place) }
      let some = intervals.failing(for: shopper, among: wanted).intersection(wanted)
      try #require(some == expected.intersection(wanted))
    }
  }

  @Test("intervals say of each place what its programs say, alone and by row", arguments: seeds(4))
  func books(seed: UInt64) throws {
    print("seed \(seed)")
    var typical = Typical(rules: RandomRules(chance: SeededGenerator(seed: seed)))
    var workspace = RuleWorkspace()
    for count in [0, 1, 7, 64, 65, 256, 4_096] {
      let shoppers = (0..<count).map { _ in Shopper.random(&typical.rules.chance) }
      var programs: [RuleProgram] = []
      for number in 0..<rules(count) {
        let text =
          switch number % 4 {
          case 0:
            typical.rules.clauses().map { $0.text(&typical.rules.chance) }.joined(
              separator: " and ")
          case 1: typical.multiple()
          case 2: typical.clause()
          default: typical.clause() + " and " + typical.clause()
          }
        if let program = try? Shop.compile(text) { programs.append(program) }
      }
      let places = programs.indices.map { _ in typical.rules.pick(Array(0..<256)) }
      try Self.check(programs, places, shoppers[...], &typical.rules.chance, &workspace)
    }
  }

  private func rules(_ rows: Int) -> Int { rows == 1 ? 800 : rows == 4_096 ? 24 : 160 }

  @Test("multiples are compared as they round, whatever the factor", arguments: seeds(4))
  func multiples(seed: UInt64) throws {
    print("seed \(seed)")
    var typical = Typical(rules: RandomRules(chance: SeededGenerator(seed: seed)))
    var workspace = RuleWorkspace()
    var programs: [RuleProgram] = []
    while programs.count < 250 { programs.append(try Shop.compile(typical.multiple())) }
    let factors: [Double] = [
      .nan, .infinity, -.infinity, 0, -0.0, 1, 3, 30, 0.1, -2, 0x1p-1030, .leastNonzeroMagnitude,
      1e308, 1e-200,
      0x1p500, 0x1p501, 0x1p-500, 0x1p-501, 1.0.nextUp, 30.0.nextDown,
    ]
    var shoppers: [Shopper] = []
    for factor in factors {
      for multiple in Typical.multiples {
        var shopper = Shopper.random(&typical.rules.chance)
        shopper.numbers[2] = factor
        shopper.answers = [factor]
        let product = (factor.isFinite ? factor : 30) * (Double(multiple) ?? 0)
        shopper.numbers[0] = typical.rules.pick([product, product.nextUp, product.nextDown])
        shoppers.append(shopper)
      }
    }
    try Self.check(
      programs, Array(programs.indices), shoppers[...], &typical.rules.chance, &workspace)
  }

  @Test("clauses that look at one value, or one and a multiple of another, need no program")
  func shapes() throws {
    let looked = [
      "basket >= 50", "50 <= basket", "basket between 5 and 50", "basket in (1, 2)",
      "(basket else 5) > 1", "min(basket, 50) > 5 or basket is unknown", "not (tier > silver)",
      "country in (\"FR\", \"DE\")", "today == 2024-10-05", "consent.email else true",
      "not bought(\"shoes\")", "orders_within(7) > 1", "true", "false",
      "days_since_order > 2 * (typical_gap else 45)", "typical_gap * 2 <= orders_within(7)",
    ]
    let programs = try looked.map { try Shop.compile($0) }
    for (text, program) in zip(looked, programs) {
      #expect(RuleIntervals([program]).programCount == 0, "\(text)")
    }
    for text in [
      "basket + 1 > 5", "-basket > 5", "basket > 5 or consent.email", "today - birthday > 30",
      "basket > typical_gap", "basket > 2 * basket + 1", "consent.email == consent.phone",
      "basket > 1e-200 * typical_gap",
    ] {
      #expect(RuleIntervals([try Shop.compile(text)]).programCount == 1, "\(text)")
    }
    let all = RuleIntervals(programs)
    #expect(Set(all.reads).count == all.reads.count)
    #expect(all.reads.count == 9)
  }

  @Test("a value compared with too many constants is run, and right all the same")
  func tooMany() throws {
    let programs = try (0..<600).map { try Shop.compile("basket >= \($0)") }
    let intervals = RuleIntervals(programs, places: programs.indices.map { $0 % 256 })
    #expect(intervals.programCount == 600 - RuleLimits.cutsMax)
    var shopper = Shopper()
    for basket in [-1, 0, 255, 511, 512, 599] as [Double] {
      shopper.numbers[0] = basket
      let failing = intervals.failing(for: shopper)
      let lowest = Set((0..<600).filter { Double($0) > basket }.map { $0 % 256 })
      #expect(Set((0..<256).filter(failing.contains)) == lowest)
    }
  }

  @Test("a set holds the places that were put into it")
  func sets() {
    var set = RuleSet()
    #expect(set.isEmpty && set.popFirst() == nil)
    for place in [255, 0, 63, 64, 128] { set.insert(place) }
    #expect(set.count == 5 && set.contains(255) && !set.contains(1))
    #expect(RuleSet.all.subtracting(set).count == 251)
    #expect(set.intersection(.all) == set)
    var taken: [Int] = []
    while let place = set.popFirst() { taken.append(place) }
    #expect(taken == [0, 63, 64, 128, 255])
  }
}
