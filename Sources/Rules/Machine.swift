// What each step of a program does to the registers; one clause at a time.

/// The registers of a program that runs.
@usableFromInline
struct RuleRegisters: Sendable {
  @usableFromInline var numbers: InlineArray<32, Double>
  @usableFromInline var codes: InlineArray<32, Int32>
  @usableFromInline var truths: InlineArray<32, Truth>

  /// Values that stand beside the properties would be called, not inlined, from other modules.
  @inlinable
  init() {
    numbers = InlineArray(repeating: 0)
    codes = InlineArray(repeating: 0)
    truths = InlineArray(repeating: .unknown)
  }
}

@usableFromInline
enum RuleMachine {
  /// Runs the clause that begins at a place, and stops behind it.
  ///
  /// Inlined, so that the place stays in a register and the subject is taken up once, not by clause.
  @inlinable @inline(__always)
  static func run<Subject: RuleSubject & ~Copyable & ~Escapable>(
    _ steps: Span<RuleStep>, from place: inout Int, _ registers: inout RuleRegisters,
    _ subject: borrowing Subject
  ) -> Truth {
    while true {
      let step = steps[place]
      place += 1
      // The compiler of conditions keeps them below 32; so the arrays need no check of their own.
      let target = Int(step.target & 31)
      let left = Int(step.left & 31)
      let right = Int(step.right & 31)
      switch step.operation {
      case .constantNumber: registers.numbers[target] = step.number
      case .loadNumber:
        registers.numbers[target] = RuleArithmetic.finite(subject.number(at: Int(step.index)))
      case .callNumber:
        registers.numbers[target] = RuleArithmetic.finite(
          subject.number(
            of: Int(step.index), RuleArguments(text: step.code, number: step.number)))
      case .add:
        registers.numbers[target] = RuleArithmetic.finite(
          registers.numbers[left] + registers.numbers[right])
      case .subtract:
        registers.numbers[target] = RuleArithmetic.finite(
          registers.numbers[left] - registers.numbers[right])
      case .multiply:
        registers.numbers[target] = RuleArithmetic.finite(
          registers.numbers[left] * registers.numbers[right])
      case .divide:
        registers.numbers[target] = RuleArithmetic.finite(
          registers.numbers[left] / registers.numbers[right])
      case .lesser:
        registers.numbers[target] = RuleArithmetic.lesser(
          registers.numbers[left], registers.numbers[right])
      case .greater:
        registers.numbers[target] = RuleArithmetic.greater(
          registers.numbers[left], registers.numbers[right])
      case .negate: registers.numbers[target] = -registers.numbers[left]
      case .absolute: registers.numbers[target] = registers.numbers[left].magnitude
      case .days:
        registers.numbers[target] = RuleArithmetic.days(
          registers.codes[left], registers.codes[right])
      case .numberElse:
        let value = registers.numbers[left]
        registers.numbers[target] = value.isNaN ? step.number : value
      case .constantCode: registers.codes[target] = step.code
      case .loadCode: registers.codes[target] = subject.code(at: Int(step.index))
      case .loadDay: registers.codes[target] = subject.day(at: Int(step.index))
      case .constantTruth:
        registers.truths[target] = Truth(rawValue: UInt8(truncatingIfNeeded: step.code)) ?? .unknown
      case .loadTruth: registers.truths[target] = subject.truth(at: Int(step.index))
      case .callTruth:
        registers.truths[target] = subject.truth(
          of: Int(step.index), RuleArguments(text: step.code, number: step.number))
      case .compareNumbers:
        registers.truths[target] = RuleArithmetic.compare(
          registers.numbers[left], registers.numbers[right],
          UInt8(truncatingIfNeeded: step.code))
      case .compareNumberConstant:
        registers.truths[target] = RuleArithmetic.compare(
          registers.numbers[left], step.number, UInt8(truncatingIfNeeded: step.code))
      case .compareCodes:
        registers.truths[target] = RuleArithmetic.compare(
          registers.codes[left], registers.codes[right], UInt8(truncatingIfNeeded: step.code))
      case .compareCodeConstant:
        registers.truths[target] = RuleArithmetic.compare(
          registers.codes[left], step.index, UInt8(truncatingIfNeeded: step.code))
      case .sameTruth:
        registers.truths[target] = RuleArithmetic.same(
          registers.truths[left], registers.truths[right])
      case .betweenNumbers:
        let value = registers.numbers[left]
        registers.truths[target] = RuleArithmetic.compare(value, registers.numbers[right], 6)
          .and(RuleArithmetic.compare(value, registers.numbers[(right + 1) & 31], 3))
      case .betweenCodes:
        let value = registers.codes[left]
        registers.truths[target] = RuleArithmetic.compare(value, registers.codes[right], 6)
          .and(RuleArithmetic.compare(value, registers.codes[(right + 1) & 31], 3))
      case .inNumbers:
        let value = registers.numbers[left]
        var isAmong = false
        for _ in 0..<step.index {
          isAmong = isAmong || steps[place].number == value
          place += 1
        }
        registers.truths[target] = value.isNaN ? .unknown : Truth(isAmong)
      case .inCodes:
        let value = registers.codes[left]
        var isAmong = false
        for _ in 0..<step.index {
          isAmong = isAmong || steps[place].code == value
          place += 1
        }
        registers.truths[target] = value == RuleCode.unknown ? .unknown : Truth(isAmong)
      case .member: break
      case .knownNumber: registers.truths[target] = Truth(!registers.numbers[left].isNaN)
      case .knownCode: registers.truths[target] = Truth(registers.codes[left] != RuleCode.unknown)
      case .knownTruth: registers.truths[target] = Truth(registers.truths[left] != .unknown)
      case .truthElse:
        let truth = registers.truths[left]
        registers.truths[target] =
          truth == .unknown
          ? Truth(rawValue: UInt8(truncatingIfNeeded: step.code)) ?? .unknown : truth
      case .not: registers.truths[target] = registers.truths[left].negated
      case .and:
        registers.truths[target] = registers.truths[left].and(registers.truths[right])
      case .or: registers.truths[target] = registers.truths[left].or(registers.truths[right])
      case .skipIfNo: if registers.truths[left] == .no { place += Int(step.index) }
      case .skipIfYes: if registers.truths[left] == .yes { place += Int(step.index) }
      case .end: return registers.truths[0]
      }
    }
  }
}
