// Sets of the rows of a batch, a bit each.

/// Some of at most 1,024 rows.
struct RowSet: Sendable {
  static let rowsMax = 1024

  var words = InlineArray<16, UInt64>(repeating: 0)

  /// No row.
  init() {}

  /// The rows whose bits are set.
  init(words: InlineArray<16, UInt64>) { self.words = words }

  /// The rows below a count.
  init(first count: Int) {
    for word in 0..<16 {
      let left = count - word * 64
      words[word] = left >= 64 ? .max : left <= 0 ? 0 : (1 << UInt64(left)) - 1
    }
  }

  @inline(__always)
  var isEmpty: Bool {
    var any: UInt64 = 0
    for word in 0..<16 { any |= words[word] }
    return any == 0
  }

  @inline(__always)
  var count: Int {
    var sum = 0
    for word in 0..<16 { sum += words[word].nonzeroBitCount }
    return sum
  }

  func contains(_ row: Int) -> Bool { words[row >> 6] & 1 << UInt64(row & 63) != 0 }

  mutating func insert(_ row: Int) { words[row >> 6] |= 1 << UInt64(row & 63) }

  @inline(__always)
  func intersection(_ other: RowSet) -> RowSet {
    var result = self
    for word in 0..<16 { result.words[word] &= other.words[word] }
    return result
  }

  @inline(__always)
  func subtracting(_ other: RowSet) -> RowSet {
    var result = self
    for word in 0..<16 { result.words[word] &= ~other.words[word] }
    return result
  }

  @inline(__always)
  func union(_ other: RowSet) -> RowSet {
    var result = self
    for word in 0..<16 { result.words[word] |= other.words[word] }
    return result
  }

  /// Shows the rows, rising.
  @inline(__always)
  func eachRow(_ body: (Int) -> Void) {
    for word in 0..<16 {
      var left = words[word]
      while left != 0 {
        body(word * 64 + left.trailingZeroBitCount)
        left &= left - 1
      }
    }
  }
}
