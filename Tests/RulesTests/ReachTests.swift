// Whether conditions can hold within ranges, against whether they hold for subjects whose values lie there.

import Rules
import Support
import Testing

@Suite("RuleReach")
struct ReachTests {
  /// The range of a value, none of which is left out.
  private static func range(_ values: [Double]) -> RuleRange {
    let known = values.filter(\.isFinite)
    let hasUnknown = known.count < values.count
    guard let least = known.min(), let most = known.max() else { return .unknown }
    return RuleRange(least, most, hasUnknown: hasUnknown)
  }

  private static func range(_ truths: [Truth]) -> RuleRange {
    range(truths.map { $0 == .unknown ? .nan : $0 == .yes ? 1 : 0 })
  }

  /// The range of what a step reads of some shoppers.
  private static func range(_ step: RuleStep, of shoppers: ArraySlice<Shopper>) -> RuleRange {
    let index = Int(step.index)
    let arguments = RuleArguments(text: step.code, number: step.number)
    return switch step.operation {
    case .loadNumber: range(shoppers.map { $0.number(at: index) })
    case .callNumber: range(shoppers.map { $0.number(of: index, arguments) })
    case .loadTruth: range(shoppers.map { $0.truth(at: index) })
    case .callTruth: range(shoppers.map { $0.truth(of: index, arguments) })
    case .loadDay: range(shoppers.map { RuleArithmetic.number(ofCode: $0.day(at: index)) })
    default: range(shoppers.map { RuleArithmetic.number(ofCode: $0.code(at: index)) })
    }
  }

  @Test(
    "what holds for somebody is never impossible, and of one subject it is possible only if it holds",
    arguments: seeds(4))
  func conditions(seed: UInt64) throws {
    print("seed \(seed)")
    var rules = RandomRules(chance: SeededGenerator(seed: seed))
    let shoppers = (0..<256).map { _ in Shopper.random(&rules.chance) }
    // Registers keep what was in them before: one for all.
    var reach = RuleReach()
    var (done, ruledOut, held) = (0, 0, 0)
    for _ in 0..<500 {
      let text = rules.clauses().map { $0.text(&rules.chance) }.joined(separator: " and ")
      guard let program = try? Shop.compile(text) else { continue }
      for count in [1, 1, 2, 3, 8] {
        let first = Int.random(in: 0...shoppers.count - count, using: &rules.chance)
        let some = shoppers[first..<first + count]
        let canHold = reach.canHold(program) { step in Self.range(step, of: some) }
        let holds = some.contains { program.truth(for: $0) == .yes }
        if count == 1 {
          try #require(canHold == holds, "\(text), row \(first)")
        } else {
          try #require(canHold || !holds, "\(text), rows \(first) to \(first + count)")
          ruledOut += canHold ? 0 : 1
          held += holds ? 1 : 0
        }
        done += 1
      }
    }
    print(
      "\(done) groups: of more than one \(ruledOut) are ruled out, \(held) have one that is meant")
    #expect(done > 2_000 && ruledOut > 300 && held > 300)
  }

  @Test("of whom nothing is known nothing is ruled out, but what holds for nobody at all")
  func anything() throws {
    var reach = RuleReach()
    for (text, wanted) in [
      ("basket > 5", true), ("tier == gold and today < 2024-01-01", true),
      ("share(\"shoes\") / basket > 1e300", true), ("consent.email is unknown", true),
      ("basket > 5 and 1 > 2", false), ("basket == 1 / 0", false),
      ("abs(basket) < 0", false), ("max(basket, 5) < 5", false),
    ] {
      let canHold = try reach.canHold(Shop.compile(text)) { _ in .anything }
      #expect(canHold == wanted, "\(text)")
    }
  }

  @Test("at the ends of a range equal is possible, and beyond them not")
  func ends() throws {
    var reach = RuleReach()
    func expect(_ text: String, _ wanted: Bool, within range: RuleRange) throws {
      let canHold = try reach.canHold(Shop.compile(text)) { _ in range }
      #expect(canHold == wanted, "\(text) within \(range)")
    }
    let some = RuleRange(5, 10)
    for (text, wanted) in [
      ("basket < 5", false), ("basket <= 5", true), ("basket == 5", true), ("basket == 10", true),
      ("basket >= 10", true), ("basket > 10", false), ("basket == 4.9", false),
      ("basket == 10.1", false), ("basket != 5", true), ("basket between 0 and 5", true),
      ("basket between 0 and 4.9", false), ("basket between 10.1 and 20", false),
      ("basket in (4, 11)", false), ("basket in (4, 10)", true), ("basket not in (5, 10)", true),
      ("not (basket >= 5)", false), ("not (basket > 5)", true), ("basket is unknown", false),
      ("basket < 5 or basket > 10", false), ("basket < 5 or basket > 9", true),
      ("basket < 5 or tier == gold", false), ("basket * 2 > 20", false), ("basket * 2 >= 20", true),
      ("-basket > -5", false), ("-basket >= -5", true), ("basket / 5 < 1", false),
      ("100 / basket > 20", false), ("100 / basket >= 20", true), ("basket - basket > 5", false),
      ("abs(basket - 7) > 3", false), ("abs(basket - 7) == 3", true), ("min(basket, 4) < 4", false),
      ("max(basket, 11) > 11", false), ("(basket else 1) < 5", false),
      ("1 / (basket - 7) > 1e9", true), ("(basket > 20) is unknown", false),
      ("((basket > 20) else true)", false), ("(basket > 4) == (basket > 20)", false),
    ] {
      try expect(text, wanted, within: some)
    }
    let one = RuleRange(of: 7)
    for (text, wanted) in [
      ("basket != 7", false), ("basket not in (7, 8)", false), ("basket != 8", true),
      ("basket / (basket - 7) > 0", false), ("basket / (basket - 7) is unknown", true),
    ] {
      try expect(text, wanted, within: one)
    }
    let few = RuleRange(5, 10, hasUnknown: true)
    for (text, wanted) in [
      ("basket < 5", false), ("basket is unknown", true), ("(basket else 1) < 5", true),
      ("not (basket < 5)", true), ("((basket < 5) else true)", true),
      ("basket < 5 or basket is unknown", true), ("basket + 1 is unknown", true),
      ("(basket < 5) is unknown", true), ("(basket > 10 and basket < 20) is unknown", true),
    ] {
      try expect(text, wanted, within: few)
    }
    for (text, wanted) in [
      ("basket < 5", false), ("basket >= 5", false), ("basket is known", false),
      ("basket != 7", false), ("(basket else 1) == 1", true), ("(basket else 1) != 1", false),
      ("basket in (5, 6)", false), ("basket not in (5, 6)", false),
    ] {
      try expect(text, wanted, within: .unknown)
    }
  }

  @Test("what overflows is unknown, and what overflows for some is known of the others")
  func overflow() throws {
    var reach = RuleReach()
    for (text, range, wanted) in [
      ("basket * 10 > 0", RuleRange(1e308, 1.5e308), false),
      ("basket * 10 is unknown", RuleRange(1e308, 1.5e308), true),
      ("basket * 10 > 1e308", RuleRange(1, 1e308), true),
      ("basket * 10 is unknown", RuleRange(1, 1e308), true),
      ("basket * 10 < 10", RuleRange(1, 1e308), false),
      ("basket * 10 is known", RuleRange(-1.5e308, -1e308), false),
      ("basket is known", RuleRange(of: .infinity), false),
      ("basket is known", RuleRange(.infinity, .infinity), false),
    ] {
      let canHold = try reach.canHold(Shop.compile(text)) { _ in range }
      #expect(canHold == wanted, "\(text) within \(range)")
    }
  }
}
