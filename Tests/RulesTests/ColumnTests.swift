// Programs over columns against programs for one subject, which the oracle was compared with.

import Rules
import Support
import Testing

@Suite("RuleColumns")
struct ColumnTests {
  /// What a program says of each row.
  static func truths(
    _ program: RuleProgram, _ columns: borrowing ShopperColumns, _ workspace: inout RuleWorkspace
  ) -> [Truth] {
    var yes = [UInt64](repeating: .max, count: (columns.count + 63) / 64)
    var unknown = yes
    var yesSpan = yes.mutableSpan
    var unknownSpan = unknown.mutableSpan
    program.evaluate(over: columns, yes: &yesSpan, unknown: &unknownSpan, with: &workspace)
    var truths: [Truth] = []
    for row in 0..<yes.count * 64 {
      let bit: UInt64 = 1 << UInt64(row & 63)
      let (isYes, isUnknown) = (yes[row >> 6] & bit != 0, unknown[row >> 6] & bit != 0)
      if row < columns.count {
        truths.append(isYes ? .yes : isUnknown ? .unknown : .no)
        if isYes && isUnknown { return [] }
      } else if isYes || isUnknown {
        return []
      }
    }
    return truths
  }

  @Test("over columns a program says of each row what it says of it alone", arguments: seeds(4))
  func rows(seed: UInt64) throws {
    print("seed \(seed)")
    var rules = RandomRules(chance: SeededGenerator(seed: seed))
    let shoppers = (0..<4_096).map { _ in Shopper.random(&rules.chance) }
    // Registers keep what was in them before: one workspace for all.
    var workspace = RuleWorkspace()
    var done = 0
    for round in 0..<430 {
      let text = rules.clauses().map { $0.text(&rules.chance) }.joined(separator: " and ")
      guard let program = try? Shop.compile(text) else { continue }
      let count = round % 100 == 0 ? 4_096 : rules.pick([1, 7, 63, 64, 65, 100, 256, 513])
      let first = Int.random(in: 0...4_096 - count, using: &rules.chance)
      let columns = ShopperColumns(shoppers[first..<first + count], program.steps)
      let truths = Self.truths(program, columns, &workspace)
      let expected = shoppers[first..<first + count].map { program.truth(for: $0) }
      try #require(truths == expected, "\(text), rows \(first) to \(first + count)")
      let declared = Set(
        program.fields.map(Shopper.question) + program.functions.map { [4, $0.code] })
      let questions = columns.asked.questions
      try #require(questions.isSubset(of: declared), "\(text) reads what it does not declare")
      done += count
    }
    print("\(done) pairs")
    #expect(done >= 25_000)
  }

  @Test("no rows are no work")
  func none() throws {
    let program = try Shop.compile("basket > 5")
    var workspace = RuleWorkspace()
    let columns = ShopperColumns([], program.steps)
    let truths = Self.truths(program, columns, &workspace)
    #expect(truths.isEmpty)
    let asked = columns.asked.questions
    #expect(asked.isEmpty)
  }

  @Test("where the first clause fails for all, the second's columns are not asked for")
  func skipped() throws {
    let program = try Shop.compile("basket > 5 and tier == gold and (consent.email or basket < 9)")
    var workspace = RuleWorkspace()
    var shopper = Shopper()
    shopper.numbers[0] = 1
    let columns = ShopperColumns(Array(repeating: shopper, count: 70)[...], program.steps)
    let truths = Self.truths(program, columns, &workspace)
    #expect(truths == Array(repeating: .no, count: 70))
    let asked = columns.asked.questions
    #expect(asked == [[0, 0]])
  }
}
