// What a condition asks its values from, one subject at a time.

/// A customer at a checkout, or whatever else a condition is evaluated for.
///
/// The answers must not change during one evaluation. Conform in the module that evaluates, so that
/// the evaluator is specialised for the type.
public protocol RuleSubject: ~Copyable, ~Escapable {
  /// A field of type number.
  ///
  /// - Parameter slot: the field's.
  /// - Returns: its value; NaN, or anything infinite, is unknown.
  func number(at slot: Int) -> Double

  /// A field of type yes/no.
  ///
  /// - Parameter slot: the field's.
  /// - Returns: its value.
  func truth(at slot: Int) -> Truth

  /// A field of type text or of ordered words.
  ///
  /// - Parameter slot: the field's.
  /// - Returns: the code the text was interned under, or the word's place among its levels;
  ///   ``RuleCode/unknown`` when unknown.
  func code(at slot: Int) -> Int32

  /// A field of type date.
  ///
  /// - Parameter slot: the field's.
  /// - Returns: days since 1970-01-01; ``RuleCode/unknown`` when unknown.
  func day(at slot: Int) -> Int32

  /// A function's answer that is a number.
  ///
  /// - Parameters:
  ///   - function: the function's code.
  ///   - arguments: the literals it was given.
  /// - Returns: its value; NaN, or anything infinite, is unknown.
  func number(of function: Int, _ arguments: RuleArguments) -> Double

  /// A function's answer that is yes or no.
  ///
  /// - Parameters:
  ///   - function: the function's code.
  ///   - arguments: the literals it was given.
  /// - Returns: its value.
  func truth(of function: Int, _ arguments: RuleArguments) -> Truth
}

/// The codes of texts, words and days that have a meaning of their own.
public enum RuleCode {
  /// The value is not known.
  public static let unknown = Int32.min
  /// A text in a condition that the table of texts does not have: it equals no value.
  public static let absent = Int32.min + 1
}

/// The literals a function was given.
@frozen
public struct RuleArguments: Sendable, Equatable {
  /// The text's code; ``RuleCode/absent`` when the table of texts does not have it, or the function
  /// takes none.
  public let text: Int32
  /// The number; 0 when the function takes none.
  public let number: Double

  /// Puts arguments together.
  ///
  /// - Parameters:
  ///   - text: the text's code.
  ///   - number: the number.
  @inlinable
  public init(text: Int32, number: Double) {
    self.text = text
    self.number = number
  }
}
