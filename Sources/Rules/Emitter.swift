// Terms to steps, in post-order: a term's value ends up in the register of its depth.

struct Emitter {
  /// What a program asks a subject for.
  struct Read: Hashable {
    let operation: RuleOperation
    let slot: Int

    init(_ operation: RuleOperation, _ slot: Int) {
      self.operation = operation
      self.slot = slot
    }

    init(_ field: RuleField) {
      switch field.type {
      case .number: self.init(.loadNumber, field.slot)
      case .yesNo: self.init(.loadTruth, field.slot)
      case .text, .ordered: self.init(.loadCode, field.slot)
      case .date: self.init(.loadDay, field.slot)
      }
    }
  }

  private(set) var steps: [RuleStep] = []
  private(set) var reads: Set<Read> = []
  private(set) var calls: Set<Int> = []

  mutating func emit(clause: Int, _ term: Term) {
    emit(term, 0)
    steps.append(RuleStep(.end, index: clause))
  }

  private mutating func load(_ operation: RuleOperation, _ slot: Int, _ target: Int) {
    reads.insert(Read(operation, slot))
    steps.append(RuleStep(operation, target, index: slot))
  }

  private mutating func call(
    _ operation: RuleOperation, _ function: Int, _ arguments: RuleArguments, _ target: Int
  ) {
    calls.insert(function)
    steps.append(
      RuleStep(
        operation, target, index: function, number: arguments.number, code: arguments.text))
  }

  /// Emits an operand, and what is done with it in its own register.
  private mutating func one(
    _ operation: RuleOperation, _ operand: Term, _ target: Int, index: Int = 0, number: Double = 0,
    code: Int32 = 0
  ) {
    emit(operand, target)
    steps.append(
      RuleStep(operation, target, left: target, index: index, number: number, code: code))
  }

  private mutating func two(
    _ operation: RuleOperation, _ left: Term, _ right: Term, _ target: Int, code: Int32 = 0
  ) {
    emit(left, target)
    emit(right, target + 1)
    steps.append(RuleStep(operation, target, left: target, right: target + 1, code: code))
  }

  private mutating func three(
    _ operation: RuleOperation, _ operand: Term, _ low: Term, _ high: Term, _ target: Int
  ) {
    emit(operand, target)
    emit(low, target + 1)
    emit(high, target + 2)
    steps.append(RuleStep(operation, target, left: target, right: target + 1))
  }

  /// Emits `and` or `or`, with a step over the right side where the left decides.
  private mutating func logic(
    _ operation: RuleOperation, _ skip: RuleOperation, _ left: Term, _ right: Term, _ target: Int
  ) {
    emit(left, target)
    let place = steps.count
    steps.append(RuleStep(skip, left: target))
    emit(right, target + 1)
    steps.append(RuleStep(operation, target, left: target, right: target + 1))
    steps[place] = RuleStep(skip, left: target, index: steps.count - place - 1)
  }

  private mutating func emit(_ term: Term, _ target: Int) {
    precondition(
      target < RuleProgram.registersMax, "a tree that keeps the depth fits the registers")
    switch term {
    case .number(let value): steps.append(RuleStep(.constantNumber, target, number: value))
    case .numberField(let slot): load(.loadNumber, slot, target)
    case .numberCall(let function, let arguments): call(.callNumber, function, arguments, target)
    case .arithmetic(let how, let left, let right): two(how.operation, left, right, target)
    case .negate(let operand): one(.negate, operand, target)
    case .absolute(let operand): one(.absolute, operand, target)
    case .daysBetween(let left, let right): two(.days, left, right, target)
    case .numberElse(let operand, let value): one(.numberElse, operand, target, number: value)
    case .code(let code): steps.append(RuleStep(.constantCode, target, code: code))
    case .codeField(let slot): load(.loadCode, slot, target)
    case .dayField(let slot): load(.loadDay, slot, target)
    case .truth(let truth):
      steps.append(RuleStep(.constantTruth, target, code: Int32(truth.rawValue)))
    case .truthField(let slot): load(.loadTruth, slot, target)
    case .truthCall(let function, let arguments): call(.callTruth, function, arguments, target)
    case .compareNumbers(let comparison, let left, .number(let value)):
      one(.compareNumberConstant, left, target, number: value, code: Int32(comparison.rawValue))
    case .compareNumbers(let comparison, let left, let right):
      two(.compareNumbers, left, right, target, code: Int32(comparison.rawValue))
    case .compareCodes(let comparison, let left, .code(let value)):
      one(
        .compareCodeConstant, left, target, index: Int(value), code: Int32(comparison.rawValue))
    case .compareCodes(let comparison, let left, let right):
      two(.compareCodes, left, right, target, code: Int32(comparison.rawValue))
    case .sameTruth(let left, let right): two(.sameTruth, left, right, target)
    case .betweenNumbers(let operand, let low, let high):
      three(.betweenNumbers, operand, low, high, target)
    case .betweenCodes(let operand, let low, let high):
      three(.betweenCodes, operand, low, high, target)
    case .inNumbers(let operand, let members):
      one(.inNumbers, operand, target, index: members.count)
      steps += members.map { RuleStep(.member, number: $0) }
    case .inCodes(let operand, let members):
      one(.inCodes, operand, target, index: members.count)
      steps += members.map { RuleStep(.member, code: $0) }
    case .knownNumber(let operand): one(.knownNumber, operand, target)
    case .knownCode(let operand): one(.knownCode, operand, target)
    case .knownTruth(let operand): one(.knownTruth, operand, target)
    case .truthElse(let operand, let truth):
      one(.truthElse, operand, target, code: Int32(truth.rawValue))
    case .not(let operand): one(.not, operand, target)
    case .and(let left, let right): logic(.and, .skipIfNo, left, right, target)
    case .or(let left, let right): logic(.or, .skipIfYes, left, right, target)
    }
  }
}

extension Term.Arithmetic {
  fileprivate var operation: RuleOperation {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .lesser: .lesser
    case .greater: .greater
    }
  }
}
