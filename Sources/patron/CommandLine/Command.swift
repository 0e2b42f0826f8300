// A command of the program as a value: its name, its options, its help, and what it does.

/// Why a command did not do what was asked.
enum CommandError: Error, Equatable {
  /// The command line is wrong: exit code 2.
  case usage(String)
  /// Everything else: exit code 1.
  case failed(String)
}

struct Command: Sendable {
  var name: String
  /// A few words for the list of commands.
  var summary: String
  /// What stands behind the name, such as `FILE.csv [OPTIONS]`.
  var synopsis: String
  var options: [Option]
  /// What else there is to know.
  var details = ""
  var run: @Sendable (Arguments) throws(CommandError) -> Void

  /// Reads the words, runs, and says what went wrong in one sentence.
  func runReporting(_ words: [String]) -> Int32 {
    if words.contains("--help") || words.contains("-h") {
      Console.out(helpText)
      return 0
    }
    do throws(CommandError) {
      try run(Arguments(words, options: options))
      return 0
    } catch {
      switch error {
      case .usage(let sentence):
        Console.error("patron \(name): \(sentence)")
        return 2
      case .failed(let sentence):
        Console.error("patron \(name): \(sentence)")
        return 1
      }
    }
  }

  var helpText: String {
    let rows = options.map { ($0.form, $0.help) } + [("--help", "tell this")]
    let width = rows.map(\.0.count).max() ?? 0
    let lines = rows.map { form, help in
      "  " + form + String(repeating: " ", count: width - form.count) + "  " + help
    }
    let head =
      "Usage: patron \(name) \(synopsis)\n\n\(summary.prefix(1).uppercased())"
      + "\(summary.dropFirst()).\n\nOptions:\n" + lines.joined(separator: "\n")
    return details.isEmpty ? head : head + "\n\n" + details
  }
}
