// What conditions ask whole columns from: many subjects at a time, lent as spans. One subject at a time
// is in Subject.

/// The rows a condition is evaluated over.
///
/// Each column has `count` rows. It is asked for when a step reads it, at most once by stripe of
/// ``RuleLimits/stripeRows`` rows and step; a column no step reads is never asked for.
public protocol RuleColumns: ~Copyable, ~Escapable {
  /// How many rows there are.
  var count: Int { get }

  /// A field of type number.
  ///
  /// - Parameter slot: the field's.
  /// - Returns: its values; NaN, or anything infinite, is unknown.
  @_lifetime(borrow self)
  func numbers(at slot: Int) -> Span<Double>

  /// A field of type yes/no.
  ///
  /// - Parameter slot: the field's.
  /// - Returns: its values.
  @_lifetime(borrow self)
  func truths(at slot: Int) -> RuleTruths

  /// A field of type text or of ordered words.
  ///
  /// - Parameter slot: the field's.
  /// - Returns: its values, as ``RuleSubject/code(at:)``.
  @_lifetime(borrow self)
  func codes(at slot: Int) -> Span<Int32>

  /// A field of type date.
  ///
  /// - Parameter slot: the field's.
  /// - Returns: its values, as ``RuleSubject/day(at:)``.
  @_lifetime(borrow self)
  func days(at slot: Int) -> Span<Int32>

  /// A function's answers that are numbers.
  ///
  /// - Parameters:
  ///   - function: the function's code.
  ///   - arguments: the literals it was given.
  /// - Returns: its values; NaN, or anything infinite, is unknown.
  @_lifetime(borrow self)
  func numbers(of function: Int, _ arguments: RuleArguments) -> Span<Double>

  /// A function's answers that are yes or no.
  ///
  /// - Parameters:
  ///   - function: the function's code.
  ///   - arguments: the literals it was given.
  /// - Returns: its values.
  @_lifetime(borrow self)
  func truths(of function: Int, _ arguments: RuleArguments) -> RuleTruths
}

/// A column of truths as two bitmaps: row i is bit i & 63 of word i >> 6.
///
/// A row with neither bit is unknown; none has both. Bits behind the last row mean nothing.
@frozen
public struct RuleTruths: ~Escapable {
  /// The rows that are yes.
  public let yes: Span<UInt64>
  /// The rows that are no.
  public let no: Span<UInt64>

  /// Lends two bitmaps.
  ///
  /// - Parameters:
  ///   - yes: the rows that are yes.
  ///   - no: the rows that are no.
  @inlinable
  @_lifetime(copy yes, copy no)
  public init(yes: Span<UInt64>, no: Span<UInt64>) {
    self.yes = yes
    self.no = no
  }
}

extension RuleLimits {
  /// Rows whose registers are computed together, so that they stay in the nearest cache.
  public static let stripeRows = 512
}
