// The compiled program against the oracle, its canonical text, and bytes that are no condition.

import Foundation
import Rules
import Support
import Testing

@Suite("RuleProgram")
struct ProgramTests {
  private static let isLong = ProcessInfo.processInfo.environment["PATRON_LONG"] == "1"

  @Test("a program says what the oracle says, clause by clause", arguments: seeds(4))
  func oracle(seed: UInt64) throws {
    print("seed \(seed)")
    var rules = RandomRules(chance: SeededGenerator(seed: seed))
    let pairs = Self.isLong ? 250_000 : 25_000
    var done = 0
    var tooLarge = 0
    while done < pairs {
      let clauses = rules.clauses()
      let text = clauses.map { $0.text(&rules.chance) }.joined(separator: "\nand ")
      let program: RuleProgram
      do throws(RuleError) {
        program = try Shop.compile(text)
      } catch {
        // Some trees have more than 256 nodes.
        try #require(error.problem.contains("more than 256"), "\(error) in \(text)")
        tooLarge += 1
        continue
      }
      let conjuncts = clauses.flatMap(\.conjuncts)
      try #require(program.clauses.count == conjuncts.count, "\(text)")
      let declared = Set(
        program.fields.map(Shopper.question) + program.functions.map { [4, $0.code] })
      for _ in 0..<20 {
        done += 1
        var shopper = Shopper.random(&rules.chance)
        let asked = Shopper.Asked()
        shopper.asked = asked
        let expected = conjuncts.map { Truth($0.value(shopper)) }
        var told: [Truth] = []
        program.eachClause(for: shopper) { told.append($1) }
        shopper.asked = nil
        let failure = program.firstFailure(for: shopper)
        let first = expected.firstIndex { $0 != .yes }.map {
          RuleFailure(clause: $0, truth: expected[$0])
        }
        let isRight =
          told == expected && failure == first
          && program.truth(for: shopper) == Truth(Oracle.and(conjuncts).value(shopper))
        try #require(isRight, "\(text) for \(shopper): \(told), not \(expected)")
        try #require(
          asked.questions.isSubset(of: declared), "\(text) reads what it does not declare")
      }
    }
    print("\(done) pairs, \(tooLarge) conditions beyond the limits")
    #expect(tooLarge < done / 200)
  }

  @Test("the canonical text of a program gives the same program", arguments: seeds(2))
  func canonicalText(seed: UInt64) throws {
    print("seed \(seed)")
    var rules = RandomRules(chance: SeededGenerator(seed: seed))
    for _ in 0..<(Self.isLong ? 50_000 : 1_500) {
      let text = rules.clauses().map { $0.text(&rules.chance) }.joined(separator: " and ")
      guard let program = try? Shop.compile(text) else { continue }
      let again = try Shop.compile(program.canonicalText)
      try #require(again.steps == program.steps, "\(text)\nis\n\(program.canonicalText)")
      try #require(again.canonicalText == program.canonicalText, "\(text)")
      try #require(again.clauses.count == program.clauses.count, "\(text)")
    }
  }

  @Test(
    "the canonical text has no parentheses that change nothing",
    arguments: [
      ("((basket))>=(50)", "basket >= 50"),
      ("(basket > 1 and (basket > 2)) and basket > 3", "basket > 1 and basket > 2 and basket > 3"),
      ("basket > 1 and (basket > 2 and basket > 3)", "basket > 1 and basket > 2 and basket > 3"),
      (
        "consent.email or (consent.phone or is_open( ))",
        "consent.email or (consent.phone or is_open())"
      ),
      ("(consent.email or consent.phone) and true", "(consent.email or consent.phone) and true"),
      ("1-(2-3)-(4*5) == 0", "1 - (2 - 3) - 4 * 5 == 0"),
      ("1/(2/3)*(4+5) == 0", "1 / (2 / 3) * (4 + 5) == 0"),
      ("-(basket) < -(1 + 2)", "-basket < -(1 + 2)"),
      ("- - basket == 1_000.50e+1", "--basket == 10005"),
      ("country not in (\"FR\")", "not country in (\"FR\")"),
      ("not (not consent.email)", "not not consent.email"),
      ("not (consent.email else true)", "not (consent.email else true)"),
      ("(not consent.email) else true", "(not consent.email) else true"),
      ("(basket > 5) else true", "basket > 5 else true"),
      ("(basket + 5) else 0 > 1", "(basket + 5) else 0 > 1"),
      ("country == \"\\u{e9}\\u{0}\\\"\"", "country == \"é\\u{0}\\\"\""),
      ("today >= 0004-02-29 # leap", "today >= 0004-02-29"),
      ("(tier > silver) == (true)", "(tier > silver) == true"),
    ])
  func canonicalForm(source: String, canonical: String) throws {
    #expect(try Shop.compile(source).canonicalText == canonical)
  }

  @Test("no bytes and no damaged condition traps", arguments: seeds(4))
  func damage(seed: UInt64) throws {
    print("seed \(seed)")
    var rules = RandomRules(chance: SeededGenerator(seed: seed))
    let pieces = [
      "and", "or", "not", "in", "between", "is", "known", "else", "true", "(", ")", ",", "\"",
      "1e999", "2026-02-30", "basket", "tier", "gold", "country", "bought(", "min(", "-", "#",
      "\\u{", "==", "<", "é", "\u{301}", "\0", "\n",
    ].map { Array($0.utf8) }
    var accepted = 0
    for round in 0..<(Self.isLong ? 250_000 : 25_000) {
      var bytes: [UInt8]
      if round % 4 == 0 {
        bytes = (0..<Int.random(in: 0...60, using: &rules.chance)).map { _ in
          .random(in: 0...255, using: &rules.chance)
        }
      } else if round % 4 == 1 {
        bytes = (0..<Int.random(in: 0...12, using: &rules.chance)).flatMap { _ in
          rules.pick(pieces) + [32]
        }
      } else {
        bytes = Array(rules.condition(depth: 2).text(&rules.chance).utf8)
        for _ in 0..<rules.pick([1, 2, 5]) {
          let place = Int.random(in: 0...bytes.count, using: &rules.chance)
          let end = min(place + rules.pick([0, 1, 4]), bytes.count)
          bytes.replaceSubrange(place..<end, with: rules.pick(pieces + [[]]))
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(RuleError) {
        let program = try Shop.compile(text)
        _ = program.truth(for: Shopper.random(&rules.chance))
        accepted += 1
      } catch {
        try #require(error.line >= 1 && error.column >= 1 && !error.problem.isEmpty, "\(text)")
        try #require((0...text.utf8.count).contains(error.offset), "\(text)")
        if round % 16 == 0 { _ = error.picture(of: text) }
      }
    }
    print("\(accepted) were conditions all the same")
    #expect(accepted > 0)
  }
}

extension Oracle {
  /// What stands between the outermost ands.
  var conjuncts: [Oracle] {
    if case .and(let all) = self { all.flatMap(\.conjuncts) } else { [self] }
  }
}

extension Truth {
  init(_ holds: Bool?) { self = holds.map { Truth($0) } ?? .unknown }
}
