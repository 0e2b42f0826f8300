// The command line: options, what is wrong with them, and exit codes.

import Testing

@testable import patron

private let options = [
  Option("address", "HOST:PORT", "where"), Option("json", nil, "as JSON"),
  Option("discount-rate", "RATE", "per year"),
]

private func arguments(_ words: String...) throws(CommandError) -> Arguments {
  try Arguments(words, options: options)
}

@Suite("Arguments")
struct ArgumentsTests {
  @Test("options, flags and positionals come in any order")
  func forms() throws {
    let read = try arguments("a", "--json", "--address", "h:1", "-", "--discount-rate=0.2", "b")
    #expect(read.positionals == ["a", "-", "b"])
    #expect(read.value("address") == "h:1")
    #expect(read.value("discount-rate") == "0.2")
    #expect(read.flag("json"))
    #expect(try !arguments("x").flag("json"))
    #expect(try arguments("--", "--json").positionals == ["--json"])
    #expect(try arguments("--address=").value("address") == "")
  }

  @Test("what is wrong is named")
  func faults() {
    func sentence(_ words: String...) -> String {
      do {
        _ = try Arguments(words, options: options)
        return "nothing"
      } catch {
        if case .usage(let sentence) = error { return sentence }
        return "\(error)"
      }
    }
    #expect(sentence("--adress", "x") == "there is no option '--adress'; did you mean --address?")
    #expect(sentence("--colour") == "there is no option '--colour'")
    #expect(sentence("-j") == "there is no option '-j'")
    #expect(sentence("--address") == "option --address needs a value: HOST:PORT")
    #expect(sentence("--address", "--json") == "option --address needs a value: HOST:PORT")
    #expect(sentence("--json=yes") == "option --json takes no value")
    #expect(sentence("--json", "--json") == "option --json was given twice")
  }

  @Test(
    "wrong usage ends with 2, a failure with 1",
    arguments: [
      (["scorre"], 2), ([], 2), (["score"], 2), (["score", "a", "--horizon", "9x"], 2),
      (["fit", "--as-of", "1997-02-30"], 2), (["fit", "--model", "pareto"], 2),
      (["import", "-", "--strict"], 2), (["import", "/nonexistent.csv"], 1),
      (["status", "--address", "127.0.0.1:1"], 1), (["status", "--address", "nowhere"], 2),
      (["adopt", "/nonexistent.json"], 1), (["import", "--help"], 0), (["version"], 0),
      (["help", "score"], 0),
    ] as [([String], Int32)])
  func exitCodes(of words: [String], code: Int32) {
    #expect(Main.run(words) == code)
  }

  @Test("the nearest word is within a few edits")
  func spelling() {
    #expect(Spelling.edits(from: "kitten", to: "sitting") == 3)
    #expect(Spelling.edits(from: "", to: "abc") == 3)
    #expect(Spelling.nearest(to: "statsu", among: ["fit", "status"]) == "status")
    #expect(Spelling.nearest(to: "xyz", among: ["import", "status"]) == nil)
  }
}
