// Which customers were changed lately: no state, but what saves those who watch from looking at everybody.

/// The customers that the last commands changed, one after the other, some more than once.
struct Touches {
  /// How many are remembered.
  private static let countMax = 1 << 16

  /// As many as there were; those before the last `countMax` are forgotten.
  private(set) var count: UInt64 = 0
  private var rows: [UInt32] = []

  @inline(__always)
  mutating func note(_ row: UInt32) {
    if rows.count < Self.countMax {
      rows.append(row)
    } else {
      rows[Int(truncatingIfNeeded: count) & (Self.countMax - 1)] = row
    }
    count += 1
  }

  /// Who was changed since there were so many, each once; nil where some of it is forgotten.
  func since(_ before: UInt64) -> [UInt32]? {
    guard before <= count, count - before <= UInt64(rows.count) else { return nil }
    var found: Set<UInt32> = []
    for place in before..<count {
      found.insert(rows[Int(truncatingIfNeeded: place) & (Self.countMax - 1)])
    }
    return found.sorted()
  }
}
