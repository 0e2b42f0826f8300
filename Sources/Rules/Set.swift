// A set of places, four words wide: what an evaluation says of many conditions at once.

/// A set of places from 0 to 255, such as the conditions of a book that do not hold.
@frozen
public struct RuleSet: Sendable, Equatable {
  /// How many places there can be.
  @inlinable
  public static var placesMax: Int { 256 }

  /// The places, a bit each: place p is bit p & 63 of word p >> 6.
  public var words: SIMD4<UInt64>

  /// The empty set.
  @inlinable
  public init() { words = .zero }

  /// Takes bits as they are.
  ///
  /// - Parameter words: place p is bit p & 63 of word p >> 6.
  @inlinable
  public init(words: SIMD4<UInt64>) { self.words = words }

  /// All places.
  @inlinable
  public static var all: RuleSet { RuleSet(words: SIMD4(repeating: .max)) }

  /// Whether no place is in it.
  @inlinable
  public var isEmpty: Bool { words == .zero }

  /// How many places are in it.
  @inlinable
  public var count: Int {
    words[0].nonzeroBitCount + words[1].nonzeroBitCount + words[2].nonzeroBitCount
      + words[3].nonzeroBitCount
  }

  /// Whether a place is in it.
  ///
  /// - Parameter place: 0 to 255.
  /// - Returns: whether it is.
  @inlinable
  public func contains(_ place: Int) -> Bool {
    words[place >> 6] & 1 << UInt64(place & 63) != 0
  }

  /// Adds a place.
  ///
  /// - Parameter place: 0 to 255.
  @inlinable
  public mutating func insert(_ place: Int) { words[place >> 6] |= 1 << UInt64(place & 63) }

  /// Adds the places of another set.
  ///
  /// - Parameter other: the other.
  @inlinable @inline(__always)
  public mutating func formUnion(_ other: RuleSet) { words |= other.words }

  /// The places that are not in another set.
  ///
  /// - Parameter other: the other.
  /// - Returns: the rest.
  @inlinable @inline(__always)
  public func subtracting(_ other: RuleSet) -> RuleSet { RuleSet(words: words & ~other.words) }

  /// The places that are in another set too.
  ///
  /// - Parameter other: the other.
  /// - Returns: what both have.
  @inlinable @inline(__always)
  public func intersection(_ other: RuleSet) -> RuleSet { RuleSet(words: words & other.words) }

  /// Takes out the lowest place.
  ///
  /// - Returns: the place, or nil if there is none.
  @inlinable
  public mutating func popFirst() -> Int? {
    for word in 0..<4 where words[word] != 0 {
      let bit = words[word].trailingZeroBitCount
      words[word] &= words[word] &- 1
      return word << 6 | bit
    }
    return nil
  }
}
