// What a program tells of itself: clauses, fields, limits; and a book of programs.

import Rules
import Support
import Testing

@Suite("RuleProgram's facts")
struct RuleProgramFactsTests {
  static let leaving = """
    segment == "about to leave"   # R2
      and basket >= 50
      and (not bought("subscription"))
      and days_since_order > 2 * typical_gap
    """

  @Test("a program knows its clauses, each with its place and text")
  func clauses() throws {
    let program = try Shop.compile(Self.leaving)
    #expect(
      program.clauses.map(\.text) == [
        "segment == \"about to leave\"", "basket >= 50", "(not bought(\"subscription\"))",
        "days_since_order > 2 * typical_gap",
      ])
    #expect(program.clauses.map(\.line) == [1, 2, 3, 4])
    #expect(program.clauses.map(\.column) == [1, 7, 7, 7])
    let bytes = Array(program.source.utf8)
    for clause in program.clauses {
      #expect(String(decoding: bytes[clause.range], as: UTF8.self) == clause.text)
    }
    #expect(
      program.fields.map(\.name) == ["basket", "days_since_order", "typical_gap", "segment"])
    #expect(program.functions.map(\.name) == ["bought"])
  }

  @Test("the first clause that does not hold is told, unknown before no")
  func firstFailure() throws {
    let program = try Shop.compile(Self.leaving)
    var shopper = Shopper()
    #expect(program.firstFailure(for: shopper) == RuleFailure(clause: 0, truth: .unknown))
    shopper.codes[1] = 2
    shopper.numbers = [49, 61, 30, 0]
    #expect(program.firstFailure(for: shopper) == RuleFailure(clause: 1, truth: .no))
    #expect(program.truth(for: shopper) == .no)
    shopper.numbers[0] = 50
    shopper.answers = [0]
    #expect(program.firstFailure(for: shopper) == nil)
    #expect(program.truth(for: shopper) == .yes)
    shopper.numbers[2] = 30.5
    #expect(program.firstFailure(for: shopper) == RuleFailure(clause: 3, truth: .no))
  }

  @Test("what literals decide reads no field")
  func folding() throws {
    let program = try Shop.compile("basket > 5 or 2 > 1")
    #expect(program.fields.isEmpty)
    #expect(program.steps.map(\.operation) == [.constantTruth, .end])
    #expect(program.truth(for: Shopper()) == .yes)
  }

  @Test("a book says of each of its programs what the program says", arguments: seeds(2))
  func book(seed: UInt64) throws {
    print("seed \(seed)")
    var rules = RandomRules(chance: SeededGenerator(seed: seed))
    for count in [0, 1, 2, 64] {
      var programs: [RuleProgram] = []
      while programs.count < count {
        let text = rules.clauses().map { $0.text(&rules.chance) }.joined(separator: " and ")
        if let program = try? Shop.compile(text) { programs.append(program) }
        // Clauses of others, at other places.
        guard let one = programs.randomElement(using: &rules.chance),
          let other = programs.randomElement(using: &rules.chance)
        else { continue }
        let both = one.canonicalText + " and " + other.canonicalText
        if let program = try? Shop.compile(both) { programs.append(program) }
      }
      let book = RuleBook(programs)
      #expect(book.count == programs.count)
      var failures = RuleFailures()
      for _ in 0..<50 {
        let shopper = Shopper.random(&rules.chance)
        book.evaluate(for: shopper, into: &failures)
        for number in programs.indices {
          let failure = programs[number].firstFailure(for: shopper)
          #expect(failures.first(of: number) == failure)
          #expect(failures.conditions.count { $0 == number } == (failure == nil ? 0 : 1))
        }
      }
    }
  }

  // MARK: Limits

  private static func isRefused(_ source: String, for reason: String) -> Bool {
    do throws(RuleError) {
      _ = try Shop.compile(source)
      return false
    } catch {
      return error.problem.contains(reason)
    }
  }

  @Test("256 nodes are taken, one more is not")
  func nodes() throws {
    // A field, the list's operator, and its members.
    let list = { (count: Int) in
      "country in (" + repeatElement("\"FR\"", count: count).joined(separator: ",") + ")"
    }
    #expect(try Shop.compile(list(253)).clauses.count == 1)
    #expect(try Shop.compile(list(254)).steps.count == 257)
    #expect(Self.isRefused(list(255), for: "more than 256 names"))
    // Each sum of n ones has 2n − 1 nodes, and the comparison two more.
    let sum = { (count: Int) in
      repeatElement("basket", count: count).joined(separator: "+") + ">0"
    }
    #expect(try Shop.compile(sum(127)).fields.count == 1)
    #expect(Self.isRefused(sum(128), for: "more than 256 names"))
    let clauses = { (count: Int) in
      repeatElement("consent.email", count: count).joined(separator: " and ")
    }
    #expect(try Shop.compile(clauses(128)).clauses.count == 128)
    #expect(Self.isRefused(clauses(129), for: "more than 256 names"))
  }

  @Test("depth 32 is taken, one more is not, whatever nests")
  func depth() throws {
    let nots = { (count: Int) in String(repeating: "not ", count: count) + "consent.email" }
    #expect(try Shop.compile(nots(31)).truth(for: Shopper()) == .unknown)
    #expect(Self.isRefused(nots(32), for: "nested deeper than 32"))
    let parentheses = { (count: Int) in
      String(repeating: "(", count: count) + "true" + String(repeating: ")", count: count)
    }
    #expect(try Shop.compile(parentheses(32)).canonicalText == "true")
    #expect(Self.isRefused(parentheses(33), for: "nested deeper than 32"))
    #expect(Self.isRefused(parentheses(2_000), for: "nested deeper than 32"))
    // Right operands need a register each; all 32 are used.
    let sums = { (count: Int) in
      String(repeating: "basket - (", count: count) + "basket"
        + String(repeating: ")", count: count) + " > 0"
    }
    var shopper = Shopper()
    shopper.numbers[0] = 1
    #expect(try Shop.compile(sums(30)).truth(for: shopper) == .yes)
    #expect(Self.isRefused(sums(31), for: "nested deeper than 32"))
    let bounds = { (count: Int) in
      "1 between 0 and " + String(repeating: "basket - (", count: count) + "basket"
        + String(repeating: ")", count: count)
    }
    #expect(try Shop.compile(bounds(29)).truth(for: shopper) == .no)
    #expect(Self.isRefused(bounds(30), for: "nested deeper than 32"))
    #expect(Self.isRefused(String(repeating: "-", count: 33) + "1 > 0", for: "nested deeper"))
    #expect(
      Self.isRefused(
        String(repeating: "abs(", count: 33) + "1" + String(repeating: ")", count: 33) + " > 0",
        for: "nested deeper"))
  }

  @Test("4,096 bytes are taken, one more is not")
  func size() throws {
    let padded = { (count: Int) in "true #" + String(repeating: "x", count: count - 6) }
    #expect(try Shop.compile(padded(4_095)).truth(for: Shopper()) == .yes)
    #expect(try Shop.compile(padded(4_096)).truth(for: Shopper()) == .yes)
    #expect(Self.isRefused(padded(4_097), for: "4097 bytes"))
    // Bytes, not characters.
    #expect(Self.isRefused("true #" + String(repeating: "é", count: 2_046), for: "4098 bytes"))
  }

  // MARK: Schemas

  @Test(
    "a schema whose names cannot be told apart or written is refused",
    arguments: [
      (
        [RuleField("a", .number, "", slot: 0), RuleField("a", .text, "", slot: 1)],
        "'a' is declared"
      ),
      ([RuleField("A", .number, "", slot: 0)], "'A' is not a name"),
      ([RuleField("", .number, "", slot: 0)], "'' is not a name"),
      ([RuleField("a.", .number, "", slot: 0)], "'a.' is not a name"),
      ([RuleField("a.1", .number, "", slot: 0)], "'a.1' is not a name"),
      ([RuleField("é", .number, "", slot: 0)], "'é' is not a name"),
      ([RuleField("known", .number, "", slot: 0)], "'known' is a word"),
      ([RuleField("min", .number, "", slot: 0)], "'min' is a word"),
      ([RuleField("a", .number, "", slot: -1)], "outside 0 to"),
      ([RuleField("a", .number, "", slot: 1 << 31)], "outside 0 to"),
      ([RuleField("f", .number, "", slot: 0)], "'f' is declared"),
      ([RuleField("a", .ordered([]), "", slot: 0)], "no levels"),
      ([RuleField("a", .ordered(["x", "x"]), "", slot: 0)], "no levels, or one of them twice"),
      ([RuleField("a", .ordered(["x.y"]), "", slot: 0)], "'x.y' is not a name"),
      ([RuleField("a", .ordered(["a"]), "", slot: 0)], "another meaning"),
      ([RuleField("a", .ordered(["true"]), "", slot: 0)], "'true' is a word"),
      ([RuleField(String(repeating: "a", count: 65), .number, "", slot: 0)], "is not a name"),
    ])
  func schema(fields: [RuleField], reason: String) throws {
    let function = RuleFunction("f", [.text, .number], .number, "", code: 0)
    let error = try #require(throws: RuleSchemaError.self) {
      try RuleSchema(fields: fields, functions: [function])
    }
    #expect(error.description.contains(reason))
  }

  @Test("a function takes at most one text and one number")
  func arguments() {
    #expect(throws: RuleSchemaError.self) {
      try RuleSchema(
        fields: [], functions: [RuleFunction("f", [.text, .text], .number, "", code: 0)])
    }
  }
}
