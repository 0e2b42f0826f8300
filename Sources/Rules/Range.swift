// What many subjects' values have in common: from where to where they lie, and whether some are unknown. What
// is computed from values that lie in such ranges lies in the range that is computed here.

/// From where to where the values of many subjects lie, and whether some of them are unknown.
///
/// Codes and days stand as numbers of the same order, see ``RuleArithmetic/number(ofCode:)``. Of a yes/no, no is
/// 0 and yes is 1.
@frozen
public struct RuleRange: Sendable, Equatable {
  /// No known value is less; more than ``most`` where none is known.
  public let least: Double
  /// No known value is greater.
  public let most: Double
  /// Whether a value may be unknown.
  public let hasUnknown: Bool

  /// Says where values lie.
  ///
  /// - Parameters:
  ///   - least: no known value is less.
  ///   - most: no known value is greater; less than `least` where none is known.
  ///   - hasUnknown: whether a value may be unknown. A value that is infinite is.
  @inlinable
  public init(_ least: Double, _ most: Double, hasUnknown: Bool = false) {
    let limit = Double.greatestFiniteMagnitude
    // A bound that overflowed is at the end of all numbers; where both did on one side, nothing is known.
    self.least = least >= -limit ? least : -limit
    self.most = most <= limit ? most : limit
    self.hasUnknown = hasUnknown || !(least >= -limit) || !(most <= limit)
  }

  /// The range of one value that all have.
  ///
  /// - Parameter value: NaN, or anything infinite, is unknown.
  @inlinable
  public init(of value: Double) {
    self = value.magnitude < .infinity ? RuleRange(value, value) : .unknown
  }

  /// Any value, known or unknown.
  public static let anything = RuleRange(-.infinity, .infinity, hasUnknown: true)
  /// Known of nobody.
  public static let unknown = RuleRange(1, 0, hasUnknown: true)

  /// Whether a value can be known.
  @inlinable
  public var hasKnown: Bool { least <= most }

  /// The range with one more known value.
  ///
  /// - Parameter value: a finite number.
  /// - Returns: the least range in which both lie.
  public func including(_ value: Double) -> RuleRange {
    hasKnown
      ? RuleRange(min(least, value), max(most, value), hasUnknown: hasUnknown)
      : RuleRange(value, value, hasUnknown: hasUnknown)
  }

  // Each result is rounded as the same operation on values is; rounding keeps their order.

  static func + (one: RuleRange, other: RuleRange) -> RuleRange {
    joined(one, other) { (one.least + other.least, one.most + other.most) }
  }

  static func - (one: RuleRange, other: RuleRange) -> RuleRange {
    joined(one, other) { (one.least - other.most, one.most - other.least) }
  }

  static func * (one: RuleRange, other: RuleRange) -> RuleRange {
    corners(one, other) { $0 * $1 }
  }

  /// Where quotients lie.
  ///
  /// - Parameters:
  ///   - one: what is divided.
  ///   - other: what it is divided by.
  /// - Returns: the range of all quotients, rounded as they are; by nought they are unknown.
  public static func / (one: RuleRange, other: RuleRange) -> RuleRange {
    // Near nought quotients are beyond all bounds, and by nought unknown.
    if other.hasKnown && other.least <= 0 && other.most >= 0 {
      return other.least == other.most ? .unknown : .anything
    }
    return corners(one, other) { $0 / $1 }
  }

  static prefix func - (one: RuleRange) -> RuleRange {
    joined(one, one) { (-one.most, -one.least) }
  }

  static func lesser(_ one: RuleRange, _ other: RuleRange) -> RuleRange {
    joined(one, other) { (min(one.least, other.least), min(one.most, other.most)) }
  }

  static func greater(_ one: RuleRange, _ other: RuleRange) -> RuleRange {
    joined(one, other) { (max(one.least, other.least), max(one.most, other.most)) }
  }

  var magnitude: RuleRange {
    let (low, high) = (least.magnitude, most.magnitude)
    let hasNought = least <= 0 && most >= 0
    return Self.joined(self, self) { (hasNought ? 0 : min(low, high), max(low, high)) }
  }

  /// With a literal for what is unknown; one that is no number changes nothing.
  func filled(with value: Double) -> RuleRange {
    guard hasUnknown, !value.isNaN else { return self }
    return RuleRange(least, most).including(value)
  }

  @inline(__always)
  private static func joined(
    _ one: RuleRange, _ other: RuleRange, _ bounds: () -> (least: Double, most: Double)
  ) -> RuleRange {
    let hasUnknown = one.hasUnknown || other.hasUnknown
    guard one.hasKnown && other.hasKnown else { return RuleRange(1, 0, hasUnknown: hasUnknown) }
    let (least, most) = bounds()
    return RuleRange(least, most, hasUnknown: hasUnknown)
  }

  /// An operation that rises or falls with each operand while the other stands still.
  @inline(__always)
  private static func corners(
    _ one: RuleRange, _ other: RuleRange, _ join: (Double, Double) -> Double
  ) -> RuleRange {
    joined(one, other) {
      let (a, b) = (join(one.least, other.least), join(one.least, other.most))
      let (c, d) = (join(one.most, other.least), join(one.most, other.most))
      return (min(min(a, b), min(c, d)), max(max(a, b), max(c, d)))
    }
  }
}

/// Which of yes, no and unknown a truth of many subjects can be.
struct TruthSet: OptionSet {
  let rawValue: UInt8

  static let no = TruthSet(rawValue: 1)
  static let unknown = TruthSet(rawValue: 2)
  static let yes = TruthSet(rawValue: 4)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ truth: Truth) { self = TruthSet(rawValue: 1 << truth.rawValue) }

  /// Of a yes/no as a range.
  init(_ range: RuleRange) {
    self = range.hasUnknown ? .unknown : []
    if range.hasKnown && range.least <= 0 { insert(.no) }
    if range.hasKnown && range.most >= 1 { insert(.yes) }
  }

  /// What numbers are in some of the relations less 1, equal 2, greater 4.
  init(_ left: RuleRange, _ relations: UInt8, _ right: RuleRange) {
    self = left.hasUnknown || right.hasUnknown ? .unknown : []
    guard left.hasKnown && right.hasKnown else { return }
    var possible: UInt8 = 0
    if left.least < right.most { possible |= 1 }
    if left.least <= right.most && right.least <= left.most { possible |= 2 }
    if left.most > right.least { possible |= 4 }
    if possible & relations != 0 { insert(.yes) }
    if possible & ~relations != 0 { insert(.no) }
  }

  /// Whether something is known.
  init(isKnown range: RuleRange) {
    self = range.hasKnown ? .yes : []
    if range.hasUnknown { insert(.no) }
  }

  var negated: TruthSet {
    var result = intersection(.unknown)
    if contains(.no) { result.insert(.yes) }
    if contains(.yes) { result.insert(.no) }
    return result
  }

  func and(_ other: TruthSet) -> TruthSet {
    negated.or(other.negated).negated
  }

  func or(_ other: TruthSet) -> TruthSet {
    if isEmpty || other.isEmpty { return [] }
    var result = union(other).intersection(.yes)
    if contains(.no) && other.contains(.no) { result.insert(.no) }
    // Unknown if one side is and the other is not yes.
    let isUnknown = contains(.unknown) && !other.isSubset(of: .yes)
    if isUnknown || other.contains(.unknown) && !isSubset(of: .yes) { result.insert(.unknown) }
    return result
  }

  /// Whether two truths are the same.
  func same(_ other: TruthSet) -> TruthSet {
    if isEmpty || other.isEmpty { return [] }
    var result = union(other).intersection(.unknown)
    let (both, crossed) = (intersection(other), intersection(other.negated))
    if !both.isDisjoint(with: [.no, .yes]) { result.insert(.yes) }
    if !crossed.isDisjoint(with: [.no, .yes]) { result.insert(.no) }
    return result
  }

  /// With something for the unknown.
  func filled(with truth: Truth) -> TruthSet {
    contains(.unknown) ? subtracting(.unknown).union(TruthSet(truth)) : self
  }
}
