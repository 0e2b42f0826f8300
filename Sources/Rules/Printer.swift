// A tree as text again, in the one way that parses to the same tree: single spaces, no parentheses
// that change nothing.

enum Printer {
  /// How tightly a node binds; operands that bind less are put in parentheses.
  private enum Level: Int {
    case or, and, not, truthElse, relation, sum, product, negate, numberElse, primary
  }

  static func text(of tree: Tree) -> String { text(of: tree, within: .or) }

  /// The conjuncts of a condition, joined.
  static func text(ofClauses clauses: [Tree]) -> String {
    guard clauses.count > 1 else { return clauses.map { text(of: $0) }.joined() }
    return clauses.map { text(of: $0, within: .not) }.joined(separator: " and ")
  }

  private static func text(of tree: Tree, within level: Level) -> String {
    let (text, own) = written(tree)
    return own.rawValue < level.rawValue ? "(\(text))" : text
  }

  private static func written(_ tree: Tree) -> (String, Level) {
    switch tree.kind {
    case .number(let value): (text(of: value), .primary)
    case .text(let text): (quoted(text), .primary)
    case .date(let day): (CivilDay.text(day), .primary)
    case .truth(let holds): (holds ? "true" : "false", .primary)
    case .name(let name): (name, .primary)
    case .call(let name, let arguments): ("\(name)(\(list(arguments)))", .primary)
    case .negate(let operand): ("-" + text(of: operand, within: .negate), .negate)
    case .arithmetic(let sign, let left, let right):
      sign == .plus || sign == .minus
        ? (joined(left, .sum, sign.rawValue, right, .product), .sum)
        : (joined(left, .product, sign.rawValue, right, .negate), .product)
    case .compare(let comparison, let left, let right):
      (joined(left, .sum, comparison.sign.rawValue, right, .sum), .relation)
    case .between(let operand, let low, let high):
      (
        "\(text(of: operand, within: .sum)) between \(text(of: low, within: .sum)) and "
          + text(of: high, within: .sum), .relation
      )
    case .isOneOf(let operand, let items):
      ("\(text(of: operand, within: .sum)) in (\(list(items)))", .relation)
    case .isKnown(let operand): ("\(text(of: operand, within: .sum)) is known", .relation)
    case .isUnknown(let operand): ("\(text(of: operand, within: .sum)) is unknown", .relation)
    case .numberElse(let operand, let value):
      ("\(text(of: operand, within: .primary)) else \(text(of: value))", .numberElse)
    case .truthElse(let operand, let holds):
      ("\(text(of: operand, within: .relation)) else \(holds)", .truthElse)
    case .not(let operand):
      if case .truthElse = operand.kind {
        ("not (\(text(of: operand)))", .not)
      } else {
        ("not \(text(of: operand, within: .not))", .not)
      }
    case .and(let left, let right): (joined(left, .and, "and", right, .not), .and)
    case .or(let left, let right): (joined(left, .or, "or", right, .and), .or)
    }
  }

  private static func joined(
    _ left: Tree, _ leftLevel: Level, _ sign: String, _ right: Tree, _ rightLevel: Level
  ) -> String {
    "\(text(of: left, within: leftLevel)) \(sign) \(text(of: right, within: rightLevel))"
  }

  private static func list(_ items: [Tree]) -> String {
    items.map { text(of: $0) }.joined(separator: ", ")
  }

  static func text(of value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        quoted += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
