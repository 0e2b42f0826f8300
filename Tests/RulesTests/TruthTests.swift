// The tables of three-valued logic, and the unknown in every operator.

import Rules
import Testing

@Suite("Truth")
struct TruthTests {
  private static let words = ["false", "consent.email", "true"]

  /// The subject's consent is unknown; so the three words are no, unknown and yes.
  private static func truth(_ source: String) throws -> Truth {
    try Shop.compile(source).truth(for: Shopper())
  }

  @Test("and, or and not follow Kleene's tables")
  func tables() throws {
    let (n, u, y) = (Truth.no, Truth.unknown, Truth.yes)
    let and = [[n, n, n], [n, u, u], [n, u, y]]
    let or = [[n, u, y], [u, u, y], [y, y, y]]
    for (i, left) in Truth.allCases.enumerated() {
      #expect(left.negated == [y, u, n][i])
      #expect(try Self.truth("not \(Self.words[i])") == [y, u, n][i])
      for (j, right) in Truth.allCases.enumerated() {
        #expect(left.and(right) == and[i][j])
        #expect(left.or(right) == or[i][j])
        #expect(try Self.truth("\(Self.words[i]) and \(Self.words[j])") == and[i][j])
        #expect(try Self.truth("\(Self.words[i]) or \(Self.words[j])") == or[i][j])
        // In parentheses it is one clause, and nothing is folded.
        var shopper = Shopper()
        shopper.truths = [left, right]
        let both = try Shop.compile("not not (consent.email and consent.phone)")
        #expect(both.clauses.count == 1 && both.truth(for: shopper) == and[i][j])
        let either = try Shop.compile("consent.email or consent.phone")
        #expect(either.truth(for: shopper) == or[i][j])
        let same = try Shop.compile("consent.email == consent.phone").truth(for: shopper)
        #expect(same == (left == u || right == u ? u : left == right ? y : n))
      }
    }
  }

  @Test(
    "the unknown spreads through arithmetic and comparisons, and nowhere else",
    arguments: [
      "basket > 5", "basket + 1 > 0", "0 * basket == 0", "-basket < 1", "abs(basket) >= 0",
      "min(basket, 1) < 2", "max(1, basket) >= 1", "basket in (1, 2)", "country == \"FR\"",
      "country != \"FR\"", "country in (\"FR\")", "country not in (\"FR\")", "tier >= bronze",
      "today > 2026-01-01", "today - birthday > -1", "today == today", "basket == basket",
      "basket between 0 and 1", "1 between basket and 5", "tier between bronze and gold",
      "bought(\"shoes\")", "share(\"shoes\") >= 0", "not consent.email",
      "1 / 0 > 0", "0 / 0 == 0", "1 / (2 - 2) == 1 / 0", "1e308 * 10 > 0", "-1e308 - 1e308 < 0",
      "1 / (1 / 0) == 0", "consent.email == consent.email",
    ])
  func unknown(source: String) throws {
    #expect(try Self.truth(source) == .unknown)
    #expect(try Self.truth("(\(source)) is unknown") == .yes)
    #expect(try Self.truth("(\(source)) is known") == .no)
    #expect(try Self.truth("(\(source)) else true") == .yes)
    #expect(try Self.truth("(\(source)) else false") == .no)
    let failure = try Shop.compile(source).firstFailure(for: Shopper())
    #expect(failure == RuleFailure(clause: 0, truth: .unknown))
  }

  @Test(
    "what is decided without the unknown is decided",
    arguments: [
      ("basket > 5 and false", Truth.no), ("false and basket > 5", .no),
      ("basket > 5 or true", .yes), ("1 between basket and 0", .no),
      ("1 between 2 and basket", .no), ("basket else 3 == 3", .yes), ("basket is unknown", .yes),
      ("country is known", .no), ("tier is unknown", .yes), ("today is known", .no),
      ("1 / 0 is known", .no), ("1 / 0 is unknown", .yes), ("(1 / 0) else 7 == 7", .yes),
      ("5 is known", .yes), ("\"a\" is known", .yes), ("min(1, 2, 0) == 0", .yes),
      ("max(1, 2, 0) == 2", .yes), ("2026-03-01 - 2026-02-01 == 28", .yes),
      ("2024-03-01 - 2024-02-01 == 29", .yes), ("1 - 2 - 3 == -4", .yes),
      ("12 / 2 / 3 == 2", .yes), ("2 + 3 * 4 == 14", .yes), ("-2 * -3 == 6", .yes),
      ("true or true and false", .yes), ("not false and false", .no), ("not (1 == 2)", .yes),
      ("not 1 == 2", .yes), ("5 between 1 and 5 and true", .yes), ("1 in (2, -1, 1)", .yes),
      ("\"XX\" == \"XX\"", .yes), ("\"é\" == \"e\\u{301}\"", .no), ("\"XX\" in (\"YY\")", .no),
      ("2026-01-31 in (2026-01-31)", .yes), ("(1 > 2) == (2 > 3)", .yes), ("-0 == 0", .yes),
      ("0.1 + 0.2 != 0.3", .yes), ("1_000 == 1e3", .yes),
      ("orders_within(-30) else -1 == -1", .yes),
    ])
  func decided(source: String, truth: Truth) throws {
    #expect(try Self.truth(source) == truth)
  }

  @Test("a text that the table does not have equals nothing and differs from all that is known")
  func absentText() throws {
    var shopper = Shopper()
    shopper.codes[0] = 0
    #expect(try Shop.compile("country == \"XX\"").truth(for: shopper) == .no)
    #expect(try Shop.compile("country != \"XX\"").truth(for: shopper) == .yes)
    #expect(try Shop.compile("country in (\"XX\", \"FR\")").truth(for: shopper) == .yes)
    #expect(try Shop.compile("country == \"XX\"").truth(for: Shopper()) == .unknown)
  }
}
