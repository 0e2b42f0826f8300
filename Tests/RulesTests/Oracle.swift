// What a condition means, said a second time and as plainly as possible: trees that are walked, nil
// for unknown. It shares no line with the compiler, and does not parse.

import Rules

/// A number, as the oracle has it.
indirect enum OracleNumber {
  case literal(Double)
  case field(Int)
  /// A function, its text and its number.
  case call(Int, String?, Double?)
  case negated(OracleNumber)
  case absolute(OracleNumber)
  case lesser([OracleNumber])
  case greater([OracleNumber])
  /// One of + - * /.
  case joined(Character, OracleNumber, OracleNumber)
  case days(OracleDay, OracleDay)
  case filled(OracleNumber, Double)

  func value(_ shopper: Shopper) -> Double? {
    func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
    switch self {
    case .literal(let value): return value
    case .field(let slot): return finite(shopper.numbers[slot])
    case .call(let function, let text, let number):
      return finite(
        shopper.answer(function, text.map(Oracle.code) ?? RuleCode.absent, number ?? 0))
    case .negated(let one): return one.value(shopper).map { -$0 }
    case .absolute(let one): return one.value(shopper).map { abs($0) }
    case .lesser(let all):
      let known = all.compactMap { $0.value(shopper) }
      return known.count == all.count ? known.min() : nil
    case .greater(let all):
      let known = all.compactMap { $0.value(shopper) }
      return known.count == all.count ? known.max() : nil
    case .joined(let sign, let one, let other):
      guard let left = one.value(shopper), let right = other.value(shopper) else { return nil }
      switch sign {
      case "+": return finite(left + right)
      case "-": return finite(left - right)
      case "*": return finite(left * right)
      default: return right == 0 ? nil : finite(left / right)
      }
    case .days(let one, let other):
      guard let left = one.value(shopper), let right = other.value(shopper) else { return nil }
      return Double(left - right)
    case .filled(let one, let value): return one.value(shopper) ?? value
    }
  }
}

/// A day, as the oracle has it.
enum OracleDay {
  /// The day, and how it is written.
  case literal(Int, String)
  case field(Int)

  func value(_ shopper: Shopper) -> Int? {
    switch self {
    case .literal(let day, _): day
    case .field(let slot): shopper.days[slot] == .min ? nil : Int(shopper.days[slot])
    }
  }
}

/// A text or a level, as the oracle has it.
enum OracleWord {
  case text(String)
  case level(String)
  case field(Int)

  func value(_ shopper: Shopper) -> Int32? {
    switch self {
    case .text(let text): Oracle.code(text)
    case .level(let word): Int32(Shop.tiers.firstIndex(of: word) ?? -1)
    case .field(let slot): shopper.codes[slot] == .min ? nil : shopper.codes[slot]
    }
  }
}

/// A condition, as the oracle has it.
indirect enum Oracle {
  case literal(Bool)
  case field(Int)
  case call(Int, String?, Double?)
  case numbers(OracleNumber, String, OracleNumber)
  case days(OracleDay, String, OracleDay)
  case words(OracleWord, String, OracleWord)
  case same(Oracle, Oracle, isEqual: Bool)
  case numberBetween(OracleNumber, OracleNumber, OracleNumber)
  case dayBetween(OracleDay, OracleDay, OracleDay)
  case wordBetween(OracleWord, OracleWord, OracleWord)
  case numberIn(OracleNumber, [Double])
  case wordIn(OracleWord, [OracleWord])
  case numberKnown(OracleNumber, Bool)
  case wordKnown(OracleWord, Bool)
  case known(Oracle, Bool)
  case filled(Oracle, Bool)
  case not(Oracle)
  case and([Oracle])
  case or([Oracle])

  static func code(_ text: String) -> Int32 { Shop.code(text) ?? RuleCode.absent }

  func value(_ shopper: Shopper) -> Bool? {
    switch self {
    case .literal(let holds): return holds
    case .field(let slot):
      return [.no: false, .yes: true][shopper.truths[slot]]
    case .call(let function, let text, let number):
      let value = shopper.answer(function, text.map(Oracle.code) ?? RuleCode.absent, number ?? 0)
      return value.isNaN ? nil : value > 0
    case .numbers(let one, let sign, let other):
      return Self.compare(one.value(shopper), sign, other.value(shopper))
    case .days(let one, let sign, let other):
      return Self.compare(one.value(shopper), sign, other.value(shopper))
    case .words(let one, let sign, let other):
      return Self.compare(one.value(shopper), sign, other.value(shopper))
    case .same(let one, let other, let isEqual):
      guard let left = one.value(shopper), let right = other.value(shopper) else { return nil }
      return (left == right) == isEqual
    case .numberBetween(let one, let low, let high):
      return Self.between(one.value(shopper), low.value(shopper), high.value(shopper))
    case .dayBetween(let one, let low, let high):
      return Self.between(one.value(shopper), low.value(shopper), high.value(shopper))
    case .wordBetween(let one, let low, let high):
      return Self.between(one.value(shopper), low.value(shopper), high.value(shopper))
    case .numberIn(let one, let all): return one.value(shopper).map { all.contains($0) }
    case .wordIn(let one, let all):
      return one.value(shopper).map { value in all.contains { $0.value(shopper) == value } }
    case .numberKnown(let one, let isKnown): return (one.value(shopper) != nil) == isKnown
    case .wordKnown(let one, let isKnown): return (one.value(shopper) != nil) == isKnown
    case .known(let one, let isKnown): return (one.value(shopper) != nil) == isKnown
    case .filled(let one, let holds): return one.value(shopper) ?? holds
    case .not(let one): return one.value(shopper).map { !$0 }
    case .and(let all):
      let values = all.map { $0.value(shopper) }
      return values.contains(false) ? false : values.contains(nil) ? nil : true
    case .or(let all):
      let values = all.map { $0.value(shopper) }
      return values.contains(true) ? true : values.contains(nil) ? nil : false
    }
  }

  private static func compare<Value: Comparable>(
    _ left: Value?, _ sign: String, _ right: Value?
  ) -> Bool? {
    guard let left, let right else { return nil }
    switch sign {
    case "==": return left == right
    case "!=": return left != right
    case "<": return left < right
    case "<=": return left <= right
    case ">": return left > right
    default: return left >= right
    }
  }

  private static func between<Value: Comparable>(
    _ value: Value?, _ low: Value?, _ high: Value?
  ) -> Bool? {
    let ends = [compare(value, ">=", low), compare(value, "<=", high)]
    return ends.contains(false) ? false : ends.contains(nil) ? nil : true
  }
}
