// Reads a command line: `--name value`, `--name=value`, flags and positional words.
// Not here: what a value means; see Values.swift.

/// An option a command knows.
struct Option: Sendable {
  var name: String
  /// What stands for the value in the help; nil makes the option a flag.
  var placeholder: String?
  var help: String

  init(_ name: String, _ placeholder: String? = nil, _ help: String) {
    self.name = name
    self.placeholder = placeholder
    self.help = help
  }

  var form: String { "--\(name)" + (placeholder.map { " \($0)" } ?? "") }
}

/// The words of a command line, sorted.
struct Arguments {
  let positionals: [String]
  private let values: [String: String]

  /// Sorts words into options and positionals.
  ///
  /// `-` is a positional; after `--` everything is.
  init(_ words: [String], options: [Option]) throws(CommandError) {
    var positionals: [String] = []
    var values: [String: String] = [:]
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        positionals += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        positionals.append(word)
        continue
      }
      let (name, attached) = Self.split(word)
      guard word.hasPrefix("--"), let option = options.first(where: { $0.name == name }) else {
        throw Self.unknown(word, among: options)
      }
      guard values[name] == nil else { throw .usage("option --\(name) was given twice") }
      guard let placeholder = option.placeholder else {
        guard attached == nil else { throw .usage("option --\(name) takes no value") }
        values[name] = ""
        continue
      }
      if let attached {
        values[name] = attached
      } else if let next = rest.first, !next.hasPrefix("--") {
        values[name] = next
        rest.removeFirst()
      } else {
        throw .usage("option --\(name) needs a value: \(placeholder)")
      }
    }
    self.positionals = positionals
    self.values = values
  }

  func value(_ name: String) -> String? { values[name] }

  func flag(_ name: String) -> Bool { values[name] != nil }

  /// The one positional word a command wants.
  func onlyPositional(_ what: String) throws(CommandError) -> String {
    guard let word = positionals.first else { throw .usage("\(what) is missing") }
    guard positionals.count == 1 else {
      throw .usage("'\(positionals[1])' is one word too many; only \(what) is wanted")
    }
    return word
  }

  func noPositionals() throws(CommandError) {
    if let word = positionals.first { throw .usage("'\(word)' is a word too many") }
  }

  private static func split(_ word: String) -> (name: String, value: String?) {
    let body = word.drop { $0 == "-" }
    guard let equals = body.firstIndex(of: "=") else { return (String(body), nil) }
    return (String(body[..<equals]), String(body[body.index(after: equals)...]))
  }

  private static func unknown(_ word: String, among options: [Option]) -> CommandError {
    let name = split(word).name
    let hint = Spelling.nearest(to: name, among: options.map(\.name)).map {
      "; did you mean --\($0)?"
    }
    return .usage("there is no option '\(word)'" + (hint ?? ""))
  }
}
