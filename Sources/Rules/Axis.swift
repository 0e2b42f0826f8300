// Which clauses are decided by one value alone, and by where it lies among constants: their shapes,
// read from the steps. The tables that are made of them are in Intervals.

/// What a clause looks at, if it is one value, or one value against a multiple of another.
struct Axis: Hashable {
  /// A value asked for, and what stands for it where it is unknown; all in register 0.
  struct Operand: Hashable {
    let read: RuleStep
    /// Of the same shape as a step, for NaN equals itself there.
    let filling: RuleStep?

    var number: Double { filling?.number ?? .nan }
  }

  let operand: Operand
  /// What each constant is multiplied by; nil for 1.
  let factor: Operand?
}

/// A clause that an axis decides.
struct AxisClause {
  let axis: Axis
  /// The constants that the value is compared with.
  let cuts: [Double]
  /// Its steps; nil if it compares with a multiple of the factor, in the relations.
  let steps: [RuleStep]?
  let relations: UInt8

  /// Nil for clauses of another kind.
  init?(_ clause: ArraySlice<RuleStep>) {
    if let scaled = AxisClause(scaled: Array(clause)) {
      self = scaled
      return
    }
    // What only compares, chooses and joins tells no values apart that lie between the same constants.
    guard let read = clause.first(where: \.isRead)?.at(0),
      clause.allSatisfy({ $0.isRead ? $0.at(0) == read : $0.isOrderly })
    else { return nil }
    axis = Axis(operand: .init(read: read, filling: nil), factor: nil)
    cuts = clause.compactMap { $0.constant(isCode: read.isCodeRead) }.filter { !$0.isNaN }
    steps = Array(clause) + [RuleStep(.end)]
    relations = 0
  }

  /// `days_since_order > 2 * (typical_gap else 45)`, in either order of both sides and of the product.
  private init?(scaled clause: [RuleStep]) {
    guard let last = clause.last, last.operation == .compareNumbers else { return nil }
    var reader = Reader(steps: clause)
    if let operand = reader.operand(0), let product = reader.product(1), reader.isAtLast {
      axis = Axis(operand: operand, factor: product.factor)
      cuts = [product.constant]
      relations = UInt8(truncatingIfNeeded: last.code)
    } else {
      reader = Reader(steps: clause)
      guard let product = reader.product(0), let operand = reader.operand(1), reader.isAtLast
      else { return nil }
      axis = Axis(operand: operand, factor: product.factor)
      cuts = [product.constant]
      let code = UInt8(truncatingIfNeeded: last.code)
      relations = code & 2 | (code & 1) << 2 | code >> 2
    }
    steps = nil
    guard let cut = cuts.first, cut == 0 || RuleScale.isPlain(cut.magnitude) else { return nil }
  }

  /// Whether it holds for a value at a place among the cuts.
  func truth(at probe: Double) -> Truth {
    guard let steps else {
      return RuleArithmetic.compare(probe, cuts[0], relations)
    }
    var place = 0
    var registers = RuleRegisters()
    return RuleMachine.run(steps.span, from: &place, &registers, Probe(value: probe))
  }
}

/// Reads the operands of a clause, step by step.
private struct Reader {
  let steps: [RuleStep]
  var place = 0

  init(steps: [RuleStep]) { self.steps = steps }

  var isAtLast: Bool { place == steps.count - 1 }

  private mutating func step(_ operation: RuleOperation, _ register: Int) -> RuleStep? {
    guard place < steps.count, steps[place].operation == operation,
      steps[place].target == register
    else { return nil }
    place += 1
    return steps[place - 1]
  }

  mutating func operand(_ register: Int) -> Axis.Operand? {
    guard let read = step(.loadNumber, register) ?? step(.callNumber, register) else { return nil }
    return .init(read: read.at(0), filling: step(.numberElse, register)?.at(0))
  }

  mutating func product(_ register: Int) -> (constant: Double, factor: Axis.Operand)? {
    if let constant = step(.constantNumber, register) {
      guard let factor = operand(register + 1), step(.multiply, register) != nil else { return nil }
      return (constant.number, factor)
    }
    guard let factor = operand(register), let constant = step(.constantNumber, register + 1),
      step(.multiply, register) != nil
    else { return nil }
    return (constant.number, factor)
  }
}

extension RuleStep {
  /// The same step at other registers.
  func at(_ target: Int) -> RuleStep {
    RuleStep(
      operation, target, left: target, index: Int(index), number: number, code: code)
  }

  /// Whether it asks the subject for something.
  var isRead: Bool {
    switch operation {
    case .loadNumber, .callNumber, .loadTruth, .callTruth: true
    default: isCodeRead
    }
  }

  var isCodeRead: Bool { operation == .loadCode || operation == .loadDay }

  /// Whether it depends on the order of values only, not on their distances.
  fileprivate var isOrderly: Bool {
    switch operation {
    case .constantNumber, .lesser, .greater, .numberElse, .constantCode, .constantTruth,
      .compareNumbers, .compareNumberConstant, .compareCodes, .compareCodeConstant, .sameTruth,
      .betweenNumbers, .betweenCodes, .inNumbers, .inCodes, .member, .knownNumber, .knownCode,
      .knownTruth, .truthElse, .not, .and, .or, .skipIfNo, .skipIfYes:
      true
    default: false
    }
  }

  /// The literal that values are compared with.
  fileprivate func constant(isCode: Bool) -> Double? {
    switch operation {
    case .constantNumber, .compareNumberConstant, .numberElse: number
    case .member: isCode ? RuleArithmetic.number(ofCode: code) : number
    case .constantCode: RuleArithmetic.number(ofCode: code)
    case .compareCodeConstant: RuleArithmetic.number(ofCode: index)
    default: nil
    }
  }
}

/// A subject whose every value is the same.
private struct Probe: RuleSubject {
  let value: Double

  private var truth: Truth { value == 0 ? .no : value == 2 ? .yes : .unknown }
  private var code: Int32 { Int32(exactly: value) ?? RuleCode.unknown }

  func number(at slot: Int) -> Double { value }
  func truth(at slot: Int) -> Truth { truth }
  func code(at slot: Int) -> Int32 { code }
  func day(at slot: Int) -> Int32 { code }
  func number(of function: Int, _ arguments: RuleArguments) -> Double { value }
  func truth(of function: Int, _ arguments: RuleArguments) -> Truth { truth }
}
