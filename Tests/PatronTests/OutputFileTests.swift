// Files that commands write: whole in their places, or not there.

import Foundation
import Support
import Testing

@testable import patron

@Suite("OutputFile")
struct OutputFileTests {
  private func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("a file is made, and replaced by the next one, and nothing stays beside it")
  func replaced() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/found.csv"
    for content in ["customer\nc1\n", "customer\n"] {
      let file = try OutputFile(path)
      for character in content { try file.write(String(character)) }
      try file.finish()
      #expect(text(path) == content)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["found.csv"])
  }

  @Test("what is not finished leaves the old file, and nothing beside it")
  func dropped() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/found.csv"
    try Data("old".utf8).write(to: URL(filePath: path))
    do {
      let file = try OutputFile(path)
      try file.write("half of")
    }
    #expect(text(path) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["found.csv"])
    #expect(throws: CommandError.self) { try OutputFile(directory.path + "/none/found.csv") }
  }

  @Test("an order's second word is known without quotes, wherever the condition stands")
  func order() throws {
    func words(_ line: String...) throws -> (condition: [String], order: String?) {
      SegmentCommand.words(try Arguments(line, options: SegmentCommand.command.options))
    }
    #expect(
      try words("orders > 2", "--order-by", "churn", "desc") == (["orders > 2"], "churn desc"))
    #expect(try words("--order-by", "churn", "asc", "orders > 2") == (["orders > 2"], "churn asc"))
    #expect(try words("--order-by", "churn desc", "orders > 2") == (["orders > 2"], "churn desc"))
    #expect(try words("orders > 2") == (["orders > 2"], nil))
    // Without an order it is a word too many.
    #expect(try words("orders > 2", "desc") == (["orders > 2", "desc"], nil))
  }
}
