// The sentences of the checker: what is wrong with a name or a type, and which was meant.

extension Checker {
  func error(_ tree: Tree, _ problem: String, _ advice: String) -> RuleError {
    source.error(at: tree.range.lowerBound, problem, advice)
  }

  // MARK: Names

  func unknownField(_ name: String, _ tree: Tree) -> RuleError {
    if let function = schema.function(name) {
      return error(tree, "'\(name)' is a function", "write \(function.usage)")
    }
    if let builtin = Builtin(rawValue: name) {
      return error(
        tree, "'\(name)' is a function",
        "write \(name)(mean_spend\(builtin == .abs ? "" : ", 100"))")
    }
    if let absence = schema.absent[name] {
      return error(tree, "'\(name)' \(absence.problem)", absence.advice)
    }
    for case (let field, .ordered(let words)) in schema.fields.map({ ($0, $0.type) })
    where words.contains(name) {
      return error(
        tree, "'\(name)' is a level of '\(field.name)'",
        "compare it with that field: \(field.name) >= \(name)")
    }
    let known = schema.fields.map(\.name)
    let near = nearest(to: name, among: known + schema.functions.map(\.name))
    return error(
      tree, "unknown field '\(name.clipped)'",
      near.map { "did you mean '\($0)'?" }
        ?? (known.isEmpty
          ? "there are no fields here"
          : "a text is written in double quotes; there are \(Self.some(known))"))
  }

  func unknownFunction(_ name: String, _ tree: Tree) -> RuleError {
    if schema.field(name) != nil {
      return error(tree, "'\(name)' is a field, not a function", "write it without parentheses")
    }
    if let absence = schema.absent[name] {
      return error(tree, "'\(name)' \(absence.problem)", absence.advice)
    }
    let known = schema.functions.map(\.name) + Builtin.allCases.map(\.rawValue)
    let near = nearest(to: name, among: known + schema.fields.map(\.name))
    return error(
      tree, "unknown function '\(name.clipped)'",
      near.map { "did you mean '\($0)'?" } ?? "there are \(Self.some(known))")
  }

  func unknownLevel(_ word: String, of field: RuleField, _ words: [String], _ tree: Tree)
    -> RuleError
  {
    let near = nearest(to: word, among: words + schema.fields.map(\.name))
    let levels = "its levels are \(words.joined(separator: ", "))"
    return error(
      tree, "'\(word.clipped)' is not a level of '\(field.name)'",
      near.map { "did you mean '\($0)'? \(levels)" } ?? levels)
  }

  /// Refuses a text that a field or function can never have.
  func require(
    _ text: String, among words: [String], of name: String, _ tree: Tree
  ) throws(RuleError) {
    if words.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { return }
    let known = "there are \(Self.some(words.map(Printer.quoted)))"
    let near = nearest(to: text, among: words)
    throw error(
      tree, "'\(name)' has no \(Printer.quoted(text.clipped))",
      near.map { "did you mean \(Printer.quoted($0))? \(known)" } ?? known)
  }

  func outside(_ function: RuleFunction, _ number: Double, _ tree: Tree) -> RuleError {
    let (low, high) = (function.numbers.lowerBound, function.numbers.upperBound)
    return error(
      tree, "\(Printer.text(of: tree).clipped) is outside of what '\(function.name)' takes",
      "write a number from \(low) to \(high)")
  }

  /// A bare word against a text, which was probably meant as one.
  func unquoted(_ tree: Tree, against other: RuleType) -> RuleError? {
    guard other == .text, case .name(let name) = tree.kind, schema.field(name) == nil,
      schema.function(name) == nil, nearest(to: name, among: schema.fields.map(\.name)) == nil
    else { return nil }
    return error(
      tree, "unknown field '\(name.clipped)'",
      "a text is written in double quotes: \(Printer.quoted(name.clipped))")
  }

  static func count(_ number: Int, _ thing: String) -> String {
    "\(number) \(thing)\(number == 1 ? "" : "s")"
  }

  private static func some(_ names: [String]) -> String {
    names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " and others" : "")
  }

  // MARK: Types

  /// What a tree is: `'country' is a text`.
  func phrase(_ tree: Tree, _ type: RuleType) -> String {
    tree.isLiteral ? "this is \(thing(tree, type))" : "\(thing(tree, type)) is \(type.name)"
  }

  /// A literal with its type's name, or the text of what else it is.
  private func thing(_ tree: Tree, _ type: RuleType) -> String {
    let text = Printer.text(of: tree).clipped
    guard tree.isLiteral else { return "'\(text)'" }
    return switch type {
    case .number: "the number \(text)"
    case .text: "the text \(text)"
    case .date: "the date \(text)"
    default: "'\(text)'"
    }
  }

  func mismatch(
    _ left: Tree, _ leftType: RuleType, _ right: Tree, _ rightType: RuleType
  ) -> RuleError {
    // The sentence is about what is not a literal; the caret points at the other.
    let isTurned = left.isLiteral && !right.isLiteral
    let (one, type) = isTurned ? (right, rightType) : (left, leftType)
    let (other, otherType) = isTurned ? (left, leftType) : (right, rightType)
    let thing = thing(other, otherType)
    return error(
      other,
      (one.isLiteral ? "\(self.thing(one, type)) " : "\(phrase(one, type)); it ")
        + "cannot be compared with \(thing)"
        + (other.isLiteral ? "" : ", which is \(otherType.name)"),
      advice(type, other))
  }

  /// What to do with a value that an operator on numbers cannot take.
  func advice(insteadOf type: RuleType) -> String {
    switch type {
    case .date: "only a date minus a date is a number, of days: last - first > 30"
    case .ordered(let words): "compare it, as >= \(words[0])"
    default: "write a number or the name of one"
    }
  }

  private func advice(_ type: RuleType, _ other: Tree) -> String {
    switch type {
    case .number: return "compare it with a number, without quotes"
    case .yesNo: return "use it alone, or with 'not'"
    case .text: return "compare it with a text in double quotes"
    case .date: return "compare it with a date, as 2026-01-31 without quotes"
    case .ordered(let words):
      if let text = other.text, words.contains(text) { return "write \(text) without quotes" }
      return "compare it with one of \(words.joined(separator: ", "))"
    }
  }
}

extension Tree {
  /// The text of a literal.
  var text: String? { if case .text(let text) = kind { text } else { nil } }
}

extension RuleFunction {
  /// How it is called, as an example.
  var usage: String {
    name + "(" + arguments.map { $0 == .text ? "\"…\"" : "30" }.joined(separator: ", ") + ")"
  }
}

/// The name that was probably meant: the last part of a dotted one, or within a few keystrokes.
///
/// - Parameters:
///   - name: what was written.
///   - names: what there is.
/// - Returns: the nearest of them, or nil if none is near.
public func nearest(to name: String, among names: [String]) -> String? {
  guard name.utf8.count <= RuleLimits.nameSizeMax else { return nil }
  if let whole = names.first(where: { $0.hasSuffix("." + name) }) { return whole }
  let most = (name.utf8.count + 2) / 3
  return names.map { ($0, editDistance(Array($0.utf8), Array(name.utf8))) }
    .filter { $0.1 <= most }.min { $0.1 < $1.1 }?.0
}

/// Insertions, deletions, replacements and swaps of neighbours between two names.
private func editDistance(_ one: [UInt8], _ other: [UInt8]) -> Int {
  var before: [Int] = []
  var last = Array(0...other.count)
  for i in one.indices {
    var row = [i + 1]
    for j in other.indices {
      var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (one[i] == other[j] ? 0 : 1))
      if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] {
        cost = min(cost, before[j - 1] + 1)
      }
      row.append(cost)
    }
    (before, last) = (last, row)
  }
  return last[other.count]
}
