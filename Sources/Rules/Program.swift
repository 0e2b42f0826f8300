// A compiled condition: one flat array of steps, in the order they are done in. It is plain data; the
// evaluator of single subjects is in Evaluator, and one over columns can run the same steps.

/// What a step does.
///
/// There are three files of registers: numbers, codes and truths. `target`, `left` and `right` are
/// places in them; which file each belongs to follows from the operation. Steps read what steps before
/// them wrote, and write `target`, which is one file's.
@frozen
public enum RuleOperation: UInt8, Sendable, CaseIterable {
  // Numbers.
  /// The constant `number`.
  case constantNumber
  /// The field of slot `index`.
  case loadNumber
  /// The function `index` with `code` and `number` as arguments.
  case callNumber
  /// left + right.
  case add
  /// left − right.
  case subtract
  /// left × right.
  case multiply
  /// left ÷ right.
  case divide
  /// The lesser of left and right.
  case lesser
  /// The greater of left and right.
  case greater
  /// −left.
  case negate
  /// The magnitude of left.
  case absolute
  /// The days from the code right to the code left.
  case days
  /// Left, or `number` where it is unknown.
  case numberElse

  // Codes.
  /// The constant `code`.
  case constantCode
  /// The text or level of slot `index`.
  case loadCode
  /// The day of slot `index`.
  case loadDay

  // Truths.
  /// The constant truth whose raw value is `code`.
  case constantTruth
  /// The field of slot `index`.
  case loadTruth
  /// The function `index` with `code` and `number` as arguments.
  case callTruth
  /// Whether the number left stands to right in one of the relations `code`: less 1, equal 2, greater 4.
  case compareNumbers
  /// The same for the number left and the constant `number`.
  case compareNumberConstant
  /// The same for the codes left and right.
  case compareCodes
  /// The same for the code left and the constant `index`.
  case compareCodeConstant
  /// Whether two truths are the same.
  case sameTruth
  /// Whether the number left lies between right and the register after it, both included.
  case betweenNumbers
  /// The same for codes.
  case betweenCodes
  /// Whether the number left is among the `number`s of the next `index` steps, which are members.
  case inNumbers
  /// Whether the code left is among the `code`s of the next `index` steps, which are members.
  case inCodes
  /// A member of a list; it is not done by itself.
  case member
  /// Whether the number left is known.
  case knownNumber
  /// Whether the code left is known.
  case knownCode
  /// Whether the truth left is known.
  case knownTruth
  /// Left, or the truth whose raw value is `code` where it is unknown.
  case truthElse
  /// Not left.
  case not
  /// Left and right.
  case and
  /// Left or right.
  case or

  // Order.
  /// Leaves out the next `index` steps if the truth left is no. They would not change it, so whoever
  /// evaluates many subjects at once may do them all the same.
  case skipIfNo
  /// Leaves out the next `index` steps if the truth left is yes; likewise.
  case skipIfYes
  /// The end of a clause, whose truth is in register 0.
  case end
}

/// One step of a program.
@frozen
public struct RuleStep: Sendable, Hashable {
  /// What is done.
  public let operation: RuleOperation
  /// The register that is written.
  public let target: UInt8
  /// The register of the first operand.
  public let left: UInt8
  /// The register of the second operand.
  public let right: UInt8
  /// A slot, a function, a count or a code, see ``RuleOperation``.
  public let index: Int32
  /// A literal number.
  public let number: Double
  /// A literal code, or relations, see ``RuleOperation``.
  public let code: Int32

  init(
    _ operation: RuleOperation, _ target: Int = 0, left: Int = 0, right: Int = 0, index: Int = 0,
    number: Double = 0, code: Int32 = 0
  ) {
    self.operation = operation
    self.target = UInt8(target)
    self.left = UInt8(left)
    self.right = UInt8(right)
    self.index = Int32(index)
    self.number = number
    self.code = code
  }

  /// Whether two steps are the same, a literal that is unknown included.
  ///
  /// - Parameters:
  ///   - one: a step.
  ///   - other: another.
  /// - Returns: whether all their parts are the same, bit by bit.
  public static func == (one: RuleStep, other: RuleStep) -> Bool {
    one.operation == other.operation && one.target == other.target && one.left == other.left
      && one.right == other.right && one.index == other.index && one.code == other.code
      && one.number.bitPattern == other.number.bitPattern
  }

  /// Feeds what two steps are compared by.
  ///
  /// - Parameter hasher: takes it.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(operation)
    hasher.combine(UInt32(target) | UInt32(left) << 8 | UInt32(right) << 16)
    hasher.combine(index)
    hasher.combine(number.bitPattern)
    hasher.combine(code)
  }
}

/// A part of a condition that must hold by itself: what stands between its outermost `and`s.
public struct RuleClause: Sendable, Equatable {
  /// Its text, as it was written.
  public let text: String
  /// Its bytes in the condition's text.
  public let range: Range<Int>
  /// The line it begins on, from 1.
  public let line: Int
  /// The column it begins at, in characters from 1.
  public let column: Int
}

/// A condition that was checked and compiled.
///
/// It does not change, and evaluating it allocates nothing. Make it once and lend it: a copy is a few
/// references counted.
public struct RuleProgram: Sendable {
  /// What is done, clause after clause; each ends with ``RuleOperation/end``, whose `index` is the
  /// clause's.
  public let steps: [RuleStep]
  /// The condition's text, as it was written.
  public let source: String
  /// The condition in the one form in which all that mean the same tree are written.
  ///
  /// It compiles to the same steps, unless its spaces and escapes take it beyond the limit of size.
  public let canonicalText: String
  /// The parts that must each hold.
  public let clauses: [RuleClause]
  /// The fields it reads, in the order of the schema.
  public let fields: [RuleField]
  /// The functions it calls, in the order of the schema.
  public let functions: [RuleFunction]

  /// Registers of each kind that a program may use.
  public static let registersMax = 32

  /// Registers of each kind that it uses.
  public var registerCount: Int {
    // A range's upper end is in the register behind the lower one's.
    steps.reduce(1) { max($0, Int($1.target) + 1, Int($1.left) + 1, Int($1.right) + 2) }
  }

  /// Checks and compiles a condition.
  ///
  /// - Parameters:
  ///   - source: the condition's text.
  ///   - schema: what it may speak of.
  ///   - textCode: the code a text is interned under, at least 0; nil if the table does not have it,
  ///     so that it equals no value.
  /// - Throws: ``RuleError`` if it is not a condition over the schema, or beyond ``RuleLimits``.
  public init(
    _ source: String, schema: RuleSchema, textCode: (String) -> Int32?
  ) throws(RuleError) {
    let text = Source(source)
    let tree = try Parser.parse(text)
    let conjuncts = tree.conjuncts
    let emitter = try withoutActuallyEscaping(textCode) { textCode throws(RuleError) in
      let checker = Checker(source: text, schema: schema, textCode: textCode)
      var emitter = Emitter()
      for (number, conjunct) in conjuncts.enumerated() {
        emitter.emit(clause: number, try checker.condition(conjunct))
      }
      return emitter
    }
    steps = emitter.steps
    self.source = source
    canonicalText = Printer.text(ofClauses: conjuncts)
    clauses = conjuncts.map { conjunct in
      let place = text.place(conjunct.range.lowerBound)
      return RuleClause(
        text: text.slice(conjunct.range), range: conjunct.range, line: place.line,
        column: place.column)
    }
    fields = schema.fields.filter { emitter.reads.contains(.init($0)) }
    functions = schema.functions.filter { emitter.calls.contains($0.code) }
  }

  /// Takes these clauses out of a program.
  private init(_ program: RuleProgram, clauses: [(clause: RuleClause, steps: ArraySlice<RuleStep>)])
  {
    steps = clauses.flatMap(\.steps)
    source = program.source
    canonicalText = program.canonicalText
    self.clauses = clauses.map(\.clause)
    fields = program.fields
    functions = program.functions
  }

  /// The condition in parts, for who asks many subjects and finds some of what is read dear.
  ///
  /// It is yes for whom all parts are yes, and no for whom one is no, whatever their order: so the later
  /// parts need only be asked of those for whom no earlier one was no.
  ///
  /// - Parameter cost: of a clause, by its steps.
  /// - Returns: the clauses of each cost that there is, the cheapest first. Each part has the whole condition's
  ///   texts and names.
  public func stages(by cost: (ArraySlice<RuleStep>) -> Int) -> [RuleProgram] {
    var parts: [Int: [(clause: RuleClause, steps: ArraySlice<RuleStep>)]] = [:]
    var start = 0
    for end in steps.indices where steps[end].operation == .end {
      let own = steps[start...end]
      parts[cost(own), default: []].append((clauses[Int(steps[end].index)], own))
      start = end + 1
    }
    return parts.sorted { $0.key < $1.key }.map { RuleProgram(self, clauses: $0.value) }
  }
}
