// Yes, no and unknown: Kleene's strong logic of three values.

/// What a condition can be for a subject.
///
/// The values are ordered, no < unknown < yes: «and» is the smaller, «or» the larger of two (Kleene,
/// 1938).
@frozen
public enum Truth: UInt8, Sendable, Equatable, CaseIterable {
  /// It does not hold.
  case no = 0
  /// Something it depends on is unknown.
  case unknown = 1
  /// It holds.
  case yes = 2

  /// Turns what is known into a truth.
  ///
  /// - Parameter holds: whether it holds.
  @inlinable
  public init(_ holds: Bool) { self = holds ? .yes : .no }

  /// Whether both hold.
  ///
  /// - Parameter other: the other.
  /// - Returns: no if either is no, else unknown if either is unknown.
  @inlinable
  public func and(_ other: Truth) -> Truth { rawValue < other.rawValue ? self : other }

  /// Whether one of both holds.
  ///
  /// - Parameter other: the other.
  /// - Returns: yes if either is yes, else unknown if either is unknown.
  @inlinable
  public func or(_ other: Truth) -> Truth { rawValue > other.rawValue ? self : other }

  /// Whether it does not hold; unknown stays unknown.
  @inlinable
  public var negated: Truth {
    switch self {
    case .no: .yes
    case .unknown: .unknown
    case .yes: .no
    }
  }
}
