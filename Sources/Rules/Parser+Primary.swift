// The tightest rules of the grammar: literals, names, calls, lists and parentheses.

extension Parser {
  // primary = number | text | date | "true" | "false" | name [ "(" [ arguments ] ")" ]
  //   | "(" condition ")"
  mutating func primary() throws(RuleError) -> Tree {
    let start = token.range.lowerBound
    let literal: Tree.Kind
    switch kind {
    case .number(let value): literal = .number(value)
    case .text(let text): literal = .text(text)
    case .date(let day): literal = .date(day)
    case .keyword(.true): literal = .truth(true)
    case .keyword(.false): literal = .truth(false)
    case .name(let name):
      advance()
      return kind == .sign(.open)
        ? try call(name, from: start) : try node(.name(name), from: start, depth: 1)
    case .sign(.open):
      advance()
      var inner = try nested { (parser) throws(RuleError) in try parser.condition() }
      try close(start)
      inner.range = start..<end
      return inner
    default: throw noValue()
    }
    advance()
    return try node(literal, from: start, depth: 1)
  }

  /// Takes the parenthesis that closes one at a place.
  private mutating func close(_ start: Int) throws(RuleError) {
    guard take(.close) else {
      let place = source.place(start)
      throw error(
        "'(' of line \(place.line), column \(place.column) is not closed (\(found))",
        "add ')', or an operator before")
    }
  }

  private func noValue() -> RuleError {
    switch kind {
    case .end:
      error(
        "the condition ends where a value is missing", "write the value, or remove the operator")
    case .keyword(.not):
      error("'not' stands where a value is missing", "put it and what it negates in parentheses")
    case .keyword(let keyword):
      error(
        "'\(keyword.rawValue)' stands where a value is missing",
        "it is a word of the language and no name; write a value before it")
    case .sign(.over): error("\(found) where a value is missing", "a comment begins with '#'")
    case .sign(.plus): error("'+' stands before no value", "numbers need no plus; remove it")
    default: error("\(found) where a value is missing", "write a value before it")
    }
  }

  // arguments = condition { "," condition }
  private mutating func call(_ name: String, from start: Int) throws(RuleError) -> Tree {
    let open = token.range.lowerBound
    advance()
    var arguments: [Tree] = []
    if kind != .sign(.close) {
      repeat {
        arguments.append(try nested { (parser) throws(RuleError) in try parser.condition() })
      } while take(.comma)
    }
    try close(open)
    return try node(
      .call(name, arguments), from: start, depth: (arguments.map(\.depth).max() ?? 0) + 1)
  }

  // list = "(" item { "," item } ")", item = [ "-" ] number | text | date | name
  mutating func list() throws(RuleError) -> [Tree] {
    let open = token.range.lowerBound
    guard take(.open) else {
      throw error("behind 'in' stands no list (\(found))", "write in (\"a\", \"b\")")
    }
    var items: [Tree] = []
    repeat {
      items.append(try item())
    } while take(.comma)
    try close(open)
    return items
  }

  private mutating func item() throws(RuleError) -> Tree {
    let start = token.range.lowerBound
    let found = found
    if kind == .sign(.minus), case .number(let value) = next {
      advance()
      advance()
      let number = try node(.number(value), from: start, depth: 1)
      return try node(.negate(number), from: start, depth: 2)
    }
    switch kind {
    case .number, .text, .date, .name:
      let item = try primary()
      if case .call = item.kind { break }
      return item
    default: break
    }
    throw source.error(
      at: start, "a list has a member that is no literal (\(found))",
      "its members are texts, numbers, dates or levels, as in (\"a\", \"b\"); "
        + "else join comparisons with 'or'")
  }
}
