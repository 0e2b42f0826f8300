// Tokens to a tree, by recursive descent: one method for each rule of the grammar in README.md,
// «Conditions», from the loosest operator to the tightest. The primaries are in Parser+Primary.

struct Parser {
  let source: Source
  private let tokens: [Token]
  private var place = 0
  private var nodes = 0
  /// Parentheses, `not`s and signs that are open.
  private var nesting = 0

  /// Parses a whole condition.
  static func parse(_ source: Source) throws(RuleError) -> Tree {
    guard source.bytes.count <= RuleLimits.sourceSizeMax else {
      throw source.error(
        at: 0, "the condition has \(source.bytes.count) bytes",
        "at most \(RuleLimits.sourceSizeMax) are allowed; split it, or use 'in'")
    }
    var parser = Parser(source: source, tokens: try Lexer.tokens(of: source))
    guard parser.kind != .end else {
      throw source.error(at: 0, "the condition is empty", "write one, as orders > 0, or 'true'")
    }
    let tree = try parser.condition()
    guard parser.kind == .end else { throw parser.leftOver() }
    return tree
  }

  private init(source: Source, tokens: [Token]) {
    self.source = source
    self.tokens = tokens
  }

  // MARK: Tokens

  var token: Token { tokens[place] }
  var kind: Token.Kind { tokens[place].kind }
  var next: Token.Kind { tokens[min(place + 1, tokens.count - 1)].kind }

  /// Where the token that was taken last ends.
  var end: Int { place > 0 ? tokens[place - 1].range.upperBound : 0 }

  mutating func advance() { if place < tokens.count - 1 { place += 1 } }

  mutating func take(_ wanted: Token.Kind) -> Bool {
    guard kind == wanted else { return false }
    advance()
    return true
  }

  mutating func take(_ keyword: Keyword) -> Bool { take(.keyword(keyword)) }
  mutating func take(_ sign: Sign) -> Bool { take(.sign(sign)) }

  func error(_ problem: String, _ advice: String) -> RuleError {
    source.error(at: token.range.lowerBound, problem, advice)
  }

  /// The present token for a sentence.
  var found: String {
    kind == .end ? "the condition ends" : "found '\(source.slice(token.range).clipped)'"
  }

  // MARK: Nodes

  /// Makes a node from a place to the last token, if it keeps the limits.
  mutating func node(_ kind: Tree.Kind, from start: Int, depth: Int) throws(RuleError) -> Tree {
    nodes += 1
    guard nodes <= RuleLimits.nodesMax else {
      throw source.error(
        at: start, "the condition has more than \(RuleLimits.nodesMax) names, values and operators",
        "split it, or ask for less")
    }
    guard depth <= RuleLimits.depthMax else { throw tooDeep(at: start) }
    return Tree(kind: kind, range: start..<end, depth: depth)
  }

  private func tooDeep(at offset: Int) -> RuleError {
    source.error(
      at: offset, "the condition is nested deeper than \(RuleLimits.depthMax) levels",
      "remove parentheses, or split it")
  }

  /// Parses within one more parenthesis, `not` or sign.
  mutating func nested(
    _ parse: (inout Parser) throws(RuleError) -> Tree
  ) throws(RuleError) -> Tree {
    nesting += 1
    guard nesting <= RuleLimits.depthMax else { throw tooDeep(at: token.range.lowerBound) }
    let tree = try parse(&self)
    nesting -= 1
    return tree
  }

  /// Parses a chain such as `a + b - c`, which is one level of nesting.
  private mutating func chain(
    _ operand: (inout Parser) throws(RuleError) -> Tree,
    _ join: (inout Parser) -> ((Tree, Tree) -> Tree.Kind)?
  ) throws(RuleError) -> Tree {
    var left = try operand(&self)
    var depth = left.depth + 1
    while let kind = join(&self) {
      let right = try operand(&self)
      depth = max(depth, right.depth + 1)
      left = try node(kind(left, right), from: left.range.lowerBound, depth: depth)
    }
    return left
  }

  // MARK: Yes and no

  // condition = conjunction { "or" conjunction }
  mutating func condition() throws(RuleError) -> Tree {
    try chain(
      { (parser: inout Parser) throws(RuleError) -> Tree in try parser.conjunction() },
      { $0.take(.or) ? { .or($0, $1) } : nil })
  }

  // conjunction = negation { "and" negation }
  private mutating func conjunction() throws(RuleError) -> Tree {
    try chain(
      { (parser: inout Parser) throws(RuleError) -> Tree in try parser.negation() },
      { $0.take(.and) ? { .and($0, $1) } : nil })
  }

  // negation = "not" negation | relation [ "else" ( "true" | "false" ) ]
  private mutating func negation() throws(RuleError) -> Tree {
    let start = token.range.lowerBound
    if take(.not) {
      let operand = try nested { (parser) throws(RuleError) in try parser.negation() }
      // Without parentheses around it, it ends with a word.
      if case .truthElse = operand.kind,
        source.byte(operand.range.upperBound - 1) != UInt8(ascii: ")")
      {
        throw source.error(
          at: start, "'not' and 'else' stand together without parentheses",
          "write 'not (… else true)' or '(not …) else true', whichever is meant")
      }
      return try node(.not(operand), from: start, depth: operand.depth + 1)
    }
    let relation = try relation()
    guard kind == .keyword(.else) else { return relation }
    let isTrue = next == .keyword(.true)
    guard isTrue || next == .keyword(.false) else {
      advance()
      throw error(
        "behind 'else' stands neither true nor false nor a number (\(found))",
        "behind a number or its name write 'else 0', behind a comparison 'else true' or "
          + "'else false'")
    }
    advance()
    advance()
    return try node(.truthElse(relation, isTrue), from: start, depth: relation.depth + 1)
  }

  // MARK: Comparisons

  // relation = sum [ comparison sum | [ "not" ] "in" list | "between" sum "and" sum
  //   | "is" ( "known" | "unknown" ) ]
  private mutating func relation() throws(RuleError) -> Tree {
    let start = token.range.lowerBound
    let left = try sum()
    let depth = left.depth + 1
    let tree: Tree
    switch kind {
    case .sign(let sign):
      guard let comparison = Comparison(sign) else { return left }
      advance()
      let right = try sum()
      tree = try node(
        .compare(comparison, left, right), from: start, depth: max(depth, right.depth + 1))
      try refuseChain(after: comparison, left, right)
    case .keyword(.in):
      advance()
      tree = try node(.isOneOf(left, try list()), from: start, depth: depth)
    case .keyword(.not):
      advance()
      guard take(.in) else {
        throw error(
          "behind a value, 'not' is followed by 'in' only (\(found))", "write 'not' first")
      }
      let inner = try node(.isOneOf(left, try list()), from: start, depth: depth)
      tree = try node(.not(inner), from: start, depth: depth + 1)
    case .keyword(.between):
      advance()
      let low = try sum()
      guard take(.and) else {
        throw error("'between' has no second bound (\(found))", "write between 1 and 5")
      }
      let high = try sum()
      tree = try node(
        .between(left, low: low, high: high), from: start,
        // As deep as the two comparisons it stands for.
        depth: max(left.depth, low.depth, high.depth) + 2)
    case .keyword(.is):
      advance()
      let isKnown = kind == .keyword(.known)
      guard take(.known) || take(.unknown) else {
        throw error(
          "behind 'is' stands neither known nor unknown (\(found))",
          "write 'is known' or 'is unknown'; equality is '=='")
      }
      tree = try node(isKnown ? .isKnown(left) : .isUnknown(left), from: start, depth: depth)
    default: return left
    }
    return tree
  }

  /// `1 < x < 3` is two comparisons, and says so.
  private mutating func refuseChain(
    after first: Comparison, _ left: Tree, _ middle: Tree
  ) throws(RuleError) {
    guard case .sign(let sign) = kind, let second = Comparison(sign) else { return }
    let place = token.range.lowerBound
    advance()
    let third = (try? sum()).map { Printer.text(of: $0) } ?? "…"
    let middle = Printer.text(of: middle).clipped
    throw source.error(
      at: place, "comparisons are not chained",
      "write '\(Printer.text(of: left).clipped) \(first.sign.rawValue) \(middle) and \(middle) "
        + "\(second.sign.rawValue) \(third.clipped)', or 'between'")
  }

  // MARK: Arithmetic

  // sum = product { ( "+" | "-" ) product }
  private mutating func sum() throws(RuleError) -> Tree {
    try chain(
      { (parser: inout Parser) throws(RuleError) -> Tree in try parser.product() },
      { $0.arithmetic([.plus, .minus]) })
  }

  // product = factor { ( "*" | "/" ) factor }
  private mutating func product() throws(RuleError) -> Tree {
    try chain(
      { (parser: inout Parser) throws(RuleError) -> Tree in try parser.factor() },
      { $0.arithmetic([.times, .over]) })
  }

  private mutating func arithmetic(_ signs: [Sign]) -> ((Tree, Tree) -> Tree.Kind)? {
    guard case .sign(let sign) = kind, signs.contains(sign) else { return nil }
    advance()
    return { .arithmetic(sign, $0, $1) }
  }

  // factor = "-" factor | primary [ "else" number ]
  private mutating func factor() throws(RuleError) -> Tree {
    let start = token.range.lowerBound
    if take(.minus) {
      let operand = try nested { (parser) throws(RuleError) in try parser.factor() }
      return try node(.negate(operand), from: start, depth: operand.depth + 1)
    }
    let primary = try primary()
    guard kind == .keyword(.else) else { return primary }
    var sign = 1.0
    var number = next
    if number == .sign(.minus), place + 2 < tokens.count {
      (sign, number) = (-1, tokens[place + 2].kind)
    }
    guard case .number(let value) = number else { return primary }
    guard !primary.isLiteral else {
      throw error(
        "'else' follows a value that is never unknown",
        "put what may be unknown in parentheses: (mean_spend else 0) >= 50")
    }
    advance()
    if sign < 0 { advance() }
    advance()
    return try node(.numberElse(primary, sign * value), from: start, depth: primary.depth + 1)
  }

  // MARK: What stands behind

  /// Why a condition does not end where it could.
  private func leftOver() -> RuleError {
    switch kind {
    case .sign(.close): error("')' closes nothing", "remove it, or add '(' before")
    case .sign(.comma):
      error("',' stands outside of a list", "thousands are grouped with _, as 1_000, or not at all")
    case .keyword(.else):
      error(
        "a second 'else' follows the first", "nothing is unknown behind an 'else'; remove it")
    case .sign, .keyword:
      error(
        "\(found) behind a whole comparison",
        "join comparisons with 'and' or 'or', or group with ( )")
    default: error("\(found) behind a value", "put an operator, 'and' or 'or' between")
    }
  }
}
