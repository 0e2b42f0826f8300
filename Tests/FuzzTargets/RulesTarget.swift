// Bytes as the text of a condition.

import Rules

/// The first byte is the subject's only value; the others are the condition.
func fuzzRules(_ choice: UInt8, _ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  do throws(RuleError) {
    let program = try compile(text)
    let subject = OneValue(value: choice)
    let truth = program.truth(for: subject)
    let failure = program.firstFailure(for: subject)
    precondition((truth == .yes) == (failure == nil), "a condition holds when all clauses do")
    // Spaces and escapes may take it beyond the limit.
    guard program.canonicalText.utf8.count <= RuleLimits.sourceSizeMax else { return }
    let again = try compile(program.canonicalText)
    precondition(again.steps == program.steps, "the canonical text is the same condition")
  } catch {
    precondition(
      (0...text.utf8.count).contains(error.offset) && !error.picture(of: text).isEmpty,
      "an error lies within the text")
  }
}

private func compile(_ text: String) throws(RuleError) -> RuleProgram {
  try RuleProgram(text, schema: FuzzRules.schema) { $0.utf8.count < 4 ? Int32($0.utf8.count) : nil }
}

enum FuzzRules {
  static let schema: RuleSchema = {
    do throws(RuleSchemaError) {
      return try RuleSchema(
        fields: [
          RuleField("basket", .number, "A number.", slot: 0),
          RuleField("consent.email", .yesNo, "A yes or no.", slot: 0),
          RuleField("country", .text, "A text.", slot: 0),
          RuleField("tier", .ordered(["silver", "gold"]), "A level.", slot: 0),
          RuleField("today", .date, "A date.", slot: 0),
        ],
        functions: [
          RuleFunction("bought", [.text, .number], .yesNo, "A question.", code: 0),
          RuleFunction("share", [.text], .number, "An amount.", code: 1),
        ])
    } catch {
      preconditionFailure("the fuzzer's schema is well formed: \(error)")
    }
  }()

  /// One for each word and sign of the language.
  static let seeds: [[UInt8]] = [
    "basket >= 50 and not bought(\"shoes\", 30) or consent.email",
    "basket + 1 - 2 * 3 / -4 == 5.5e-3", "basket != 1_000 and basket < 2 and basket > 3",
    "basket <= 2 # a comment\nand true", "country in (\"FR\", \"D\\u{e9}\\n\\\"\\\\\")",
    "basket in (1, -2)", "basket between 1 and abs(share(\"a\"))", "tier >= gold else false",
    "country is known and country is unknown", "basket else 0 > min(1, max(2, 3))",
    "today - 2026-11-22 > 30", "today not in (2024-02-29)", "(consent.email == true) == false",
    "tier between silver and gold", "((1 < 2) and 2 < 3) and 3 < 4", "1 < basket < 3",
    "basket = 5", "contry == \"FR\"", "country == 5",
  ].enumerated().map { [UInt8($0)] + Array($1.utf8) }
}

/// A subject of which everything is made of one number.
private struct OneValue: RuleSubject {
  let value: UInt8

  func number(at slot: Int) -> Double { value == 0 ? .nan : Double(value) - 128 }
  func truth(at slot: Int) -> Truth { Truth(rawValue: value % 3) ?? .unknown }
  func code(at slot: Int) -> Int32 { value % 3 == 0 ? RuleCode.unknown : Int32(value % 2) }
  func day(at slot: Int) -> Int32 { value == 0 ? RuleCode.unknown : Int32(value) * 200 }
  func number(of function: Int, _ arguments: RuleArguments) -> Double {
    number(at: 0) * arguments.number
  }
  func truth(of function: Int, _ arguments: RuleArguments) -> Truth { truth(at: 0) }
}
