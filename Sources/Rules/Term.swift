// A condition after its names are resolved and its types checked. Terms are made by functions that
// compute at once what depends on literals only, by the evaluator's own arithmetic.

/// How a value is computed; texts, levels and days are codes.
indirect enum Term {
  // Numbers.
  case number(Double)
  case numberField(Int)
  case numberCall(Int, RuleArguments)
  case arithmetic(Arithmetic, Term, Term)
  case negate(Term)
  case absolute(Term)
  case daysBetween(Term, Term)
  case numberElse(Term, Double)

  // Codes.
  case code(Int32)
  case codeField(Int)
  case dayField(Int)

  // Truths.
  case truth(Truth)
  case truthField(Int)
  case truthCall(Int, RuleArguments)
  case compareNumbers(Comparison, Term, Term)
  case compareCodes(Comparison, Term, Term)
  case sameTruth(Term, Term)
  case betweenNumbers(Term, Term, Term)
  case betweenCodes(Term, Term, Term)
  case inNumbers(Term, [Double])
  case inCodes(Term, [Int32])
  case knownNumber(Term)
  case knownCode(Term)
  case knownTruth(Term)
  case truthElse(Term, Truth)
  case not(Term)
  case and(Term, Term)
  case or(Term, Term)

  /// What two numbers are made into one by.
  enum Arithmetic {
    case add, subtract, multiply, divide, lesser, greater

    func callAsFunction(_ left: Double, _ right: Double) -> Double {
      switch self {
      case .add: RuleArithmetic.finite(left + right)
      case .subtract: RuleArithmetic.finite(left - right)
      case .multiply: RuleArithmetic.finite(left * right)
      case .divide: RuleArithmetic.finite(left / right)
      case .lesser: RuleArithmetic.lesser(left, right)
      case .greater: RuleArithmetic.greater(left, right)
      }
    }
  }
}

/// The constructors that compute.
extension Term {
  static func joined(_ how: Arithmetic, _ left: Term, _ right: Term) -> Term {
    if case .number(let left) = left, case .number(let right) = right {
      return .number(how(left, right))
    }
    return .arithmetic(how, left, right)
  }

  var negatedNumber: Term {
    if case .number(let value) = self { .number(-value) } else { .negate(self) }
  }

  var absoluteNumber: Term {
    if case .number(let value) = self { .number(value.magnitude) } else { .absolute(self) }
  }

  static func days(from right: Term, to left: Term) -> Term {
    if case .code(let left) = left, case .code(let right) = right {
      return .number(RuleArithmetic.days(left, right))
    }
    return .daysBetween(left, right)
  }

  func filled(_ value: Double) -> Term {
    if case .number(let own) = self {
      .number(own.isNaN ? value : own)
    } else {
      .numberElse(self, value)
    }
  }

  func filled(_ value: Truth) -> Term {
    if case .truth(let own) = self {
      .truth(own == .unknown ? value : own)
    } else {
      .truthElse(self, value)
    }
  }

  static func numbers(_ comparison: Comparison, _ left: Term, _ right: Term) -> Term {
    if case .number(let left) = left, case .number(let right) = right {
      return .truth(RuleArithmetic.compare(left, right, comparison.rawValue))
    }
    return .compareNumbers(comparison, left, right)
  }

  static func codes(_ comparison: Comparison, _ left: Term, _ right: Term) -> Term {
    if case .code(let left) = left, case .code(let right) = right {
      return .truth(RuleArithmetic.compare(left, right, comparison.rawValue))
    }
    return .compareCodes(comparison, left, right)
  }

  static func same(_ left: Term, _ right: Term) -> Term {
    if case .truth(let left) = left, case .truth(let right) = right {
      return .truth(RuleArithmetic.same(left, right))
    }
    return .sameTruth(left, right)
  }

  /// Whether the value of a term is the same for all subjects.
  var isConstant: Bool {
    switch self {
    case .number, .code, .truth: true
    default: false
    }
  }

  var negatedTruth: Term {
    switch self {
    case .truth(let truth): .truth(truth.negated)
    case .not(let operand): operand
    default: .not(self)
    }
  }

  /// `false` decides, whatever the other is; `true` leaves the other.
  static func both(_ left: Term, _ right: Term) -> Term {
    switch (left, right) {
    case (.truth(.no), _), (_, .truth(.no)): .truth(.no)
    case (.truth(.yes), let other), (let other, .truth(.yes)): other
    case (.truth(let left), .truth(let right)): .truth(left.and(right))
    default: .and(left, right)
    }
  }

  static func either(_ left: Term, _ right: Term) -> Term {
    switch (left, right) {
    case (.truth(.yes), _), (_, .truth(.yes)): .truth(.yes)
    case (.truth(.no), let other), (let other, .truth(.no)): other
    case (.truth(let left), .truth(let right)): .truth(left.or(right))
    default: .or(left, right)
    }
  }
}
