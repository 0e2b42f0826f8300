// Resolves the names of a tree and checks its types. The sentences about names are in Names, those
// about types are there too.

struct Checker {
  let source: Source
  let schema: RuleSchema
  /// The code of a text, if the table has it.
  let textCode: (String) -> Int32?

  /// A term and what kind of value it has.
  struct Typed {
    let term: Term
    let type: RuleType
  }

  /// Checks a tree that must be a yes or no.
  func condition(_ tree: Tree) throws(RuleError) -> Term {
    let operand = try typed(tree)
    guard operand.type == .yesNo else {
      throw error(
        tree, "\(phrase(tree, operand.type)), not a yes or no",
        "compare it, as \(Printer.text(of: tree).clipped) \(example(operand.type))")
    }
    return operand.term
  }

  private func typed(_ tree: Tree) throws(RuleError) -> Typed {
    switch tree.kind {
    case .number(let value): Typed(term: .number(value), type: .number)
    case .text(let text): Typed(term: .code(code(text)), type: .text)
    case .date(let day): Typed(term: .code(day), type: .date)
    case .truth(let holds): Typed(term: .truth(Truth(holds)), type: .yesNo)
    case .name(let name): try field(name, tree)
    case .call(let name, let arguments): try call(name, arguments, tree)
    case .negate(let operand):
      Typed(term: try number(operand, for: "-").negatedNumber, type: .number)
    case .arithmetic(let sign, let left, let right): try arithmetic(sign, left, right)
    case .compare(let comparison, let left, let right):
      Typed(term: try compare(comparison, left, right), type: .yesNo)
    case .between(let operand, let low, let high):
      Typed(term: try between(operand, low, high), type: .yesNo)
    case .isOneOf(let operand, let items):
      Typed(term: try isOneOf(operand, items), type: .yesNo)
    case .isKnown(let operand): Typed(term: known(try typed(operand)), type: .yesNo)
    case .isUnknown(let operand):
      Typed(term: known(try typed(operand)).negatedTruth, type: .yesNo)
    case .numberElse(let operand, let value):
      Typed(
        term: try number(operand, for: "else \(Printer.text(of: value))").filled(value),
        type: .number)
    case .truthElse(let operand, let holds):
      Typed(term: try truth(operand, for: "else \(holds)").filled(Truth(holds)), type: .yesNo)
    case .not(let operand):
      Typed(term: try truth(operand, for: "not").negatedTruth, type: .yesNo)
    case .and(let left, let right):
      Typed(term: .both(try truth(left, for: "and"), try truth(right, for: "and")), type: .yesNo)
    case .or(let left, let right):
      Typed(term: .either(try truth(left, for: "or"), try truth(right, for: "or")), type: .yesNo)
    }
  }

  private func code(_ text: String) -> Int32 { textCode(text) ?? RuleCode.absent }

  // MARK: Names

  private func field(_ name: String, _ tree: Tree) throws(RuleError) -> Typed {
    guard let field = schema.field(name) else { throw unknownField(name, tree) }
    let term: Term =
      switch field.type {
      case .number: .numberField(field.slot)
      case .yesNo: .truthField(field.slot)
      case .text, .ordered: .codeField(field.slot)
      case .date: .dayField(field.slot)
      }
    return Typed(term: term, type: field.type)
  }

  private func call(_ name: String, _ arguments: [Tree], _ tree: Tree) throws(RuleError) -> Typed {
    if let builtin = Builtin(rawValue: name) { return try call(builtin, arguments, tree) }
    guard let function = schema.function(name) else { throw unknownFunction(name, tree) }
    guard arguments.count == function.arguments.count else {
      throw error(
        tree,
        "'\(name)' takes \(Self.count(function.arguments.count, "argument")), not \(arguments.count)",
        "write \(function.usage)")
    }
    var (text, number) = (RuleCode.absent, 0.0)
    for (argument, kind) in zip(arguments, function.arguments) {
      switch (kind, argument.kind) {
      case (.text, .text(let value)):
        if let words = function.words { try require(value, among: words, of: name, argument) }
        text = code(value)
      case (.number, .number(let value)): number = value
      case (.number, .negate(let operand)) where argument.isLiteral:
        if case .number(let value) = operand.kind { number = -value }
      default:
        throw error(
          argument,
          "an argument of '\(name)' is not a \(kind == .text ? "text in quotes" : "literal number")",
          "write \(function.usage)")
      }
      if kind == .number, !function.numbers.contains(number) {
        throw outside(function, number, argument)
      }
    }
    let values = RuleArguments(text: text, number: number)
    return switch function.answer {
    case .number: Typed(term: .numberCall(function.code, values), type: .number)
    case .yesNo: Typed(term: .truthCall(function.code, values), type: .yesNo)
    }
  }

  private func call(
    _ builtin: Builtin, _ arguments: [Tree], _ tree: Tree
  ) throws(RuleError) -> Typed {
    let name = builtin.rawValue
    guard builtin == .abs ? arguments.count == 1 : arguments.count >= 2 else {
      throw error(
        tree, "'\(name)' has \(Self.count(arguments.count, "argument"))",
        builtin == .abs ? "it takes one number: abs(orders)" : "it takes two or more: \(name)(1, 2)"
      )
    }
    var terms: [Term] = []
    for argument in arguments { terms.append(try number(argument, for: name)) }
    var term = terms[0]
    if builtin == .abs { term = term.absoluteNumber }
    for next in terms.dropFirst() {
      term = .joined(builtin == .min ? .lesser : .greater, term, next)
    }
    return Typed(term: term, type: .number)
  }

  // MARK: Operators

  private func arithmetic(_ sign: Sign, _ left: Tree, _ right: Tree) throws(RuleError) -> Typed {
    let one = try typed(left)
    let other = try typed(right)
    if sign == .minus, one.type == .date, other.type == .date {
      return Typed(term: .days(from: other.term, to: one.term), type: .number)
    }
    for (tree, operand) in [(left, one), (right, other)] where operand.type != .number {
      throw error(
        tree, "\(phrase(tree, operand.type)); '\(sign.rawValue)' takes numbers",
        advice(insteadOf: operand.type))
    }
    let how: Term.Arithmetic =
      switch sign {
      case .plus: .add
      case .minus: .subtract
      case .times: .multiply
      default: .divide
      }
    return Typed(term: .joined(how, one.term, other.term), type: .number)
  }

  private func compare(
    _ comparison: Comparison, _ left: Tree, _ right: Tree
  ) throws(RuleError) -> Term {
    let (one, other) = try pair(left, right)
    guard one.type == other.type else { throw mismatch(left, one.type, right, other.type) }
    let isOrder = comparison != .equal && comparison != .notEqual
    switch one.type {
    case .number: return .numbers(comparison, one.term, other.term)
    case .date, .ordered: return .codes(comparison, one.term, other.term)
    case .text where !isOrder:
      if case .text(let one) = left.kind, case .text(let other) = right.kind {
        // The table need not know either of them.
        return .truth(Truth(one.utf8.elementsEqual(other.utf8) == (comparison == .equal)))
      }
      return .codes(comparison, one.term, other.term)
    case .yesNo where !isOrder:
      let same = Term.same(one.term, other.term)
      return comparison == .equal ? same : same.negatedTruth
    case .text:
      throw error(
        left, "\(phrase(left, one.type)); texts have no order", "compare with '==', '!=' or 'in'")
    case .yesNo:
      throw error(
        left, "\(phrase(left, one.type)); yes and no have no order",
        "use it alone, or with 'not', 'and', 'or'")
    }
  }

  private func between(_ operand: Tree, _ low: Tree, _ high: Tree) throws(RuleError) -> Term {
    let (one, least) = try pair(operand, low)
    let (_, most) = try pair(operand, high)
    for (tree, bound) in [(low, least), (high, most)] where bound.type != one.type {
      throw mismatch(operand, one.type, tree, bound.type)
    }
    switch one.type {
    case .number:
      if one.term.isConstant, least.term.isConstant, most.term.isConstant {
        return .both(
          .numbers(.greaterOrEqual, one.term, least.term),
          .numbers(.lessOrEqual, one.term, most.term))
      }
      return .betweenNumbers(one.term, least.term, most.term)
    case .date, .ordered:
      if one.term.isConstant, least.term.isConstant, most.term.isConstant {
        return .both(
          .codes(.greaterOrEqual, one.term, least.term), .codes(.lessOrEqual, one.term, most.term))
      }
      return .betweenCodes(one.term, least.term, most.term)
    case .text, .yesNo:
      throw error(
        operand, "\(phrase(operand, one.type)), which has no order for 'between'",
        one.type == .text ? "compare with '==', '!=' or 'in'" : "use it alone, or with 'not'")
    }
  }

  private func isOneOf(_ operand: Tree, _ items: [Tree]) throws(RuleError) -> Term {
    var subject = try typed(operand)
    var numbers: [Double] = []
    var codes: [Int32] = []
    for item in items {
      let (one, member) = try pair(operand, item)
      guard one.type == member.type else { throw mismatch(operand, one.type, item, member.type) }
      guard one.type != .yesNo else {
        throw error(
          operand, "\(phrase(operand, .yesNo)); 'in' takes a text, number, date or level",
          "use it alone, or with 'not'")
      }
      subject = one
      switch member.term {
      case .number(let value): numbers.append(value)
      case .code(let code): codes.append(code)
      default:
        throw error(
          item, "\(phrase(item, member.type)); a list has literals only",
          "join comparisons with 'or' instead")
      }
    }
    if let text = operand.text {
      return .truth(Truth(items.contains { $0.text?.utf8.elementsEqual(text.utf8) == true }))
    }
    switch subject.term {
    case .number(let value):
      return .truth(value.isNaN ? .unknown : Truth(numbers.contains(value)))
    case .code(let code): return .truth(Truth(codes.contains(code)))
    case let term:
      return subject.type == .number ? .inNumbers(term, numbers) : .inCodes(term, codes)
    }
  }

  private func known(_ operand: Typed) -> Term {
    switch (operand.type, operand.term) {
    case (_, .number(let value)): .truth(Truth(!value.isNaN))
    case (_, .code): .truth(.yes)
    case (_, .truth(let truth)): .truth(Truth(truth != .unknown))
    case (.number, let term): .knownNumber(term)
    case (.yesNo, let term): .knownTruth(term)
    case (_, let term): .knownCode(term)
    }
  }

  /// Two operands, of which one may be a level of the other.
  private func pair(_ left: Tree, _ right: Tree) throws(RuleError) -> (Typed, Typed) {
    if let level = try level(left, of: right) { return (level, try typed(right)) }
    let one = try typed(left)
    if let level = try level(right, of: left) { return (one, level) }
    if let error = unquoted(right, against: one.type) { throw error }
    let other = try typed(right)
    try requireWord(left, of: right)
    try requireWord(right, of: left)
    return (one, other)
  }

  /// A text against a field that can only be some.
  private func requireWord(_ tree: Tree, of other: Tree) throws(RuleError) {
    guard let text = tree.text, case .name(let name) = other.kind,
      let words = schema.field(name)?.words
    else { return }
    try require(text, among: words, of: name, tree)
  }

  /// A bare word against a field with levels.
  private func level(_ tree: Tree, of other: Tree) throws(RuleError) -> Typed? {
    guard case .name(let word) = tree.kind, schema.field(word) == nil,
      case .name(let name) = other.kind, let field = schema.field(name),
      case .ordered(let words) = field.type
    else { return nil }
    guard let place = words.firstIndex(of: word) else {
      throw unknownLevel(word, of: field, words, tree)
    }
    return Typed(term: .code(Int32(place)), type: field.type)
  }

  // MARK: Types

  private func number(_ tree: Tree, for user: String) throws(RuleError) -> Term {
    let operand = try typed(tree)
    guard operand.type == .number else {
      throw error(
        tree, "\(phrase(tree, operand.type)); '\(user)' takes a number",
        advice(insteadOf: operand.type))
    }
    return operand.term
  }

  private func truth(_ tree: Tree, for user: String) throws(RuleError) -> Term {
    let operand = try typed(tree)
    guard operand.type == .yesNo else {
      throw error(
        tree, "\(phrase(tree, operand.type)); '\(user)' takes a yes or no",
        "compare it, as \(Printer.text(of: tree).clipped) \(example(operand.type))")
    }
    return operand.term
  }

  private func example(_ type: RuleType) -> String {
    switch type {
    case .number: "> 0"
    case .yesNo: ""
    case .text: "== \"…\""
    case .date: ">= 2026-01-31"
    case .ordered(let words): ">= \(words[0])"
    }
  }
}
