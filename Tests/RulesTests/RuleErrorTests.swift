// Conditions that are refused: each with its place, what is wrong, and what to do.

import Rules
import Testing

@Suite("RuleError")
struct RuleErrorTests {
  @Test("a wrong condition is refused with its place, the reason and the cure", arguments: wrong)
  func refused(_ wrong: Wrong) {
    do throws(RuleError) {
      let program = try Shop.compile(wrong.source)
      Issue.record("\(wrong.source) was taken for \(program.canonicalText)")
    } catch {
      #expect(error.line == wrong.line)
      #expect(error.column == wrong.column)
      #expect(error.offset == wrong.offset)
      #expect("\(error.problem); \(error.advice)" == wrong.sentence)
    }
  }

  @Test("the picture shows the line and a caret below the character")
  func picture() throws {
    let source = "basket > 5\r\n\tand \"日本é\" == 5"
    let error = try #require(throws: RuleError.self) { try Shop.compile(source) }
    #expect(error.picture(of: source) == "\tand \"日本é\" == 5\n\t             ^")
    #expect(error.description.hasPrefix("line 2, column 15: "))
  }

  @Test("a picture of another text is drawn all the same")
  func otherPicture() throws {
    let error = try #require(throws: RuleError.self) { try Shop.compile("\n\n   x > 5") }
    #expect(error.picture(of: "") == "^")
    #expect(error.picture(of: "a\nb\nc") == "c\n   ^")
  }

  @Test("a character that cannot be printed is told by its number")
  func unprintable() throws {
    let error = try #require(throws: RuleError.self) { try Shop.compile("basket > \u{7}") }
    #expect(error.problem == "'U+7' is not a part of the language")
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let source: String
    let line: Int
    let column: Int
    let offset: Int
    let sentence: String

    init(_ source: String, _ line: Int, _ column: Int, _ offset: Int, _ sentence: String) {
      self.source = source
      self.line = line
      self.column = column
      self.offset = offset
      self.sentence = sentence
    }

    var testDescription: String { source }
  }
}
