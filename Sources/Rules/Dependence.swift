// What in a condition hangs on some of the fields it reads: found by following their values from register to
// register.

extension RuleProgram {
  /// Whether the condition asks of what some steps read if it is known, or puts something else in its place.
  ///
  /// If not, what is yes or no while that is taken for unknown is the same whatever it is.
  ///
  /// - Parameter isMeant: whether a step that reads a field or calls a function is one of them.
  /// - Returns: whether it does.
  public func asksWhetherKnown(_ isMeant: (RuleStep) -> Bool) -> Bool {
    var marks = RegisterMarks()
    for step in steps {
      let (target, left, right) = (Int(step.target), Int(step.left), Int(step.right))
      switch step.operation {
      case .loadNumber, .callNumber: marks.numbers[target] = isMeant(step)
      case .loadCode, .loadDay: marks.codes[target] = isMeant(step)
      case .loadTruth, .callTruth: marks.truths[target] = isMeant(step)
      case .constantNumber: marks.numbers[target] = false
      case .constantCode: marks.codes[target] = false
      case .constantTruth: marks.truths[target] = false
      case .add, .subtract, .multiply, .divide, .lesser, .greater:
        marks.numbers[target] = marks.numbers[left] || marks.numbers[right]
      case .negate, .absolute: marks.numbers[target] = marks.numbers[left]
      case .days: marks.numbers[target] = marks.codes[left] || marks.codes[right]
      case .compareNumbers: marks.truths[target] = marks.numbers[left] || marks.numbers[right]
      case .compareNumberConstant, .inNumbers: marks.truths[target] = marks.numbers[left]
      case .compareCodes: marks.truths[target] = marks.codes[left] || marks.codes[right]
      case .compareCodeConstant, .inCodes: marks.truths[target] = marks.codes[left]
      case .betweenNumbers:
        marks.truths[target] =
          marks.numbers[left] || marks.numbers[right] || marks.numbers[right + 1]
      case .betweenCodes:
        marks.truths[target] = marks.codes[left] || marks.codes[right] || marks.codes[right + 1]
      case .sameTruth, .and, .or:
        marks.truths[target] = marks.truths[left] || marks.truths[right]
      case .not: marks.truths[target] = marks.truths[left]
      case .numberElse: if marks.numbers[left] { return true }
      case .knownNumber:
        if marks.numbers[left] { return true }
        marks.truths[target] = false
      case .knownCode:
        if marks.codes[left] { return true }
        marks.truths[target] = false
      case .knownTruth, .truthElse: if marks.truths[left] { return true }
      case .member, .skipIfNo, .skipIfYes, .end: break
      }
    }
    return false
  }
}

/// Which registers hold what hangs on the fields that are meant.
private struct RegisterMarks {
  var numbers = [Bool](repeating: false, count: RuleProgram.registersMax + 1)
  var codes = [Bool](repeating: false, count: RuleProgram.registersMax + 1)
  var truths = [Bool](repeating: false, count: RuleProgram.registersMax + 1)
}
