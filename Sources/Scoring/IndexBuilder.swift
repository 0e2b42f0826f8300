// An index built at once, from all numbers and their hashes: what a start does instead of inserting
// one by one.

/// Builds some parts of an index, each at its final size.
///
/// The numbers are sorted by part, by counting; then each part is filled while all of it is in the
/// processor's second cache. Inserting in the order of rows would miss every cache every time.
/// All hashes are given twice, in batches: first `count`, then `deal`.
struct IndexBuilder {
  private struct Entry {
    let hash: UInt64
    let number: UInt32
  }

  private let parts: Range<Int>
  /// How many entries each part has; after counting, where its next one goes.
  ///
  /// The last one is for all the parts that are not wanted: sorting those out by branches would be
  /// guessed wrongly too often.
  private var places: [Int]
  private var entries: [Entry] = []
  private var dealt = 0

  /// Begins.
  ///
  /// - Parameter parts: of `0..<Index.partCount`; other hashes are passed over.
  init(parts: Range<Int>) {
    self.parts = parts
    places = [Int](repeating: 0, count: parts.count + 1)
  }

  /// Counts the next hashes.
  mutating func count(_ hashes: Span<UInt64>) {
    let parts = parts
    var counts = places.mutableSpan
    for index in hashes.indices { counts[Self.part(hashes[index], parts)] &+= 1 }
  }

  /// Ends counting and makes room.
  mutating func endCounting() {
    var end = 0
    for part in places.indices {
      let count = places[part]
      places[part] = end
      end += count
    }
    // What is not wanted is all written to one entry behind the others.
    let wanted = places[parts.count]
    entries = [Entry](repeating: Entry(hash: 0, number: 0), count: wanted + 1)
  }

  /// Puts the next hashes where they belong; they are those of the numbers from 0 on.
  mutating func deal(_ hashes: Span<UInt64>) {
    Self.deal(hashes, from: dealt, parts, &places, &entries)
    dealt += hashes.count
  }

  private static func deal(
    _ hashes: Span<UInt64>, from number: Int, _ parts: Range<Int>, _ places: inout [Int],
    _ entries: inout [Entry]
  ) {
    var places = places.mutableSpan
    var entries = entries.mutableSpan
    for index in hashes.indices {
      let part = part(hashes[index], parts)
      entries[places[part]] = Entry(
        hash: hashes[index], number: UInt32(truncatingIfNeeded: number &+ index))
      places[part] &+= part < parts.count ? 1 : 0
    }
  }

  /// The place of a hash's part among those that are wanted, or the one behind them.
  @inline(__always)
  private static func part(_ hash: UInt64, _ parts: Range<Int>) -> Int {
    Int(min(UInt(bitPattern: Int(hash >> 56) &- parts.lowerBound), UInt(bitPattern: parts.count)))
  }

  /// Makes the parts.
  ///
  /// - Parameters:
  ///   - what: the numbers' name in an error.
  ///   - isSame: whether two numbers are the same thing.
  /// - Returns: the parts in their order.
  /// - Throws: a `SectionError` when two are.
  consuming func build(
    _ what: String, isSame: (UInt32, UInt32) -> Bool
  ) throws(SectionError) -> [Index.Part] {
    var parts: [Index.Part] = []
    var start = 0
    // After dealing, each place is the end of its part.
    for end in places.dropLast() {
      if start == end {
        // In a small index most are: they need no room and nobody to fill them.
        parts.append(Index.Part())
        continue
      }
      let share = entries.span.extracting(start..<end)
      // Half full, as a part is that has just grown: the records of the journal, which come next,
      // should not find it full, for growing costs more than inserting.
      var part = Index.Part(slots: share.count * 2 + 8)
      for index in share.indices {
        let entry = share[index]
        if part.find(entry.hash, { isSame($0, entry.number) }) != nil {
          throw SectionError("\(what) \(entry.number) is there twice")
        }
        part.put(entry.hash, entry.number)
      }
      parts.append(part)
      start = end
    }
    return parts
  }
}
