// What the operators do with single values, the unknown included: one definition for the folding of
// literals, for the evaluator, and for whatever evaluates columns.

/// The operators on single values.
public enum RuleArithmetic {
  /// Makes what is not a number, or infinite, unknown.
  ///
  /// So division by zero and overflow are unknown.
  ///
  /// - Parameter value: any number.
  /// - Returns: the number, or NaN.
  @inlinable
  public static func finite(_ value: Double) -> Double {
    value.magnitude < .infinity ? value : .nan
  }

  /// The lesser of two numbers.
  ///
  /// - Parameters:
  ///   - left: a finite number or NaN.
  ///   - right: a finite number or NaN.
  /// - Returns: the lesser; NaN if either is.
  @inlinable
  public static func lesser(_ left: Double, _ right: Double) -> Double {
    isKnown(left, right) ? (right < left ? right : left) : .nan
  }

  /// The greater of two numbers.
  ///
  /// - Parameters:
  ///   - left: a finite number or NaN.
  ///   - right: a finite number or NaN.
  /// - Returns: the greater; NaN if either is.
  @inlinable
  public static func greater(_ left: Double, _ right: Double) -> Double {
    isKnown(left, right) ? (right > left ? right : left) : .nan
  }

  /// The days from one day to another.
  ///
  /// - Parameters:
  ///   - left: the later day, since 1970-01-01.
  ///   - right: the earlier day.
  /// - Returns: left − right; NaN if either is unknown.
  @inlinable
  public static func days(_ left: Int32, _ right: Int32) -> Double {
    left == RuleCode.unknown || right == RuleCode.unknown
      ? .nan : Double(left) - Double(right)
  }

  /// A code as a number, of the same order.
  ///
  /// - Parameter code: the code of a text, a level or a day.
  /// - Returns: the number; NaN if the code is ``RuleCode/unknown``.
  @inlinable
  public static func number(ofCode code: Int32) -> Double {
    code == RuleCode.unknown ? .nan : Double(code)
  }

  /// Compares two numbers.
  ///
  /// - Parameters:
  ///   - left: a finite number or NaN.
  ///   - right: a finite number or NaN.
  ///   - relations: for which relations it is yes: less 1, equal 2, greater 4, added up.
  /// - Returns: unknown if either is NaN.
  @inlinable
  public static func compare(_ left: Double, _ right: Double, _ relations: UInt8) -> Truth {
    let relation: UInt8 = left < right ? 1 : left == right ? 2 : 4
    return isKnown(left, right) ? Truth(relation & relations != 0) : .unknown
  }

  /// Compares two codes.
  ///
  /// - Parameters:
  ///   - left: the code of a text, a level or a day.
  ///   - right: another of the same kind.
  ///   - relations: for which relations it is yes: less 1, equal 2, greater 4, added up.
  /// - Returns: unknown if either is ``RuleCode/unknown``.
  @inlinable
  public static func compare(_ left: Int32, _ right: Int32, _ relations: UInt8) -> Truth {
    let relation: UInt8 = left < right ? 1 : left == right ? 2 : 4
    return left == RuleCode.unknown || right == RuleCode.unknown
      ? .unknown : Truth(relation & relations != 0)
  }

  /// Compares two truths.
  ///
  /// - Parameters:
  ///   - left: a truth.
  ///   - right: another.
  /// - Returns: whether they are the same; unknown if either is.
  @inlinable
  public static func same(_ left: Truth, _ right: Truth) -> Truth {
    left == .unknown || right == .unknown ? .unknown : Truth(left == right)
  }

  @inlinable
  static func isKnown(_ left: Double, _ right: Double) -> Bool {
    // NaN is not equal to itself; a pair is ordered in one comparison.
    left <= right || left > right
  }
}
