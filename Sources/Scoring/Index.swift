// From a hash to a number: which row a customer has, which order an identity belongs to. It is not
// saved; it is built anew when a snapshot is loaded.

/// An open-addressing hash table in 256 parts that grow one by one.
///
/// A slot is one byte of the hash and the number; five bytes in all. Whether a candidate is the one
/// looked for is for the caller to say, who has the keys. A part grows by half when it is three
/// quarters full, so that no growth takes long and memory stays near need. Entries are never
/// removed.
struct Index: Sendable {
  static let partCount = 256

  /// A table of its own for the hashes with one top byte.
  struct Part: Sendable {
    /// 0 marks an empty slot.
    var fingerprints: [UInt8] = []
    var numbers: [UInt32] = []
    var count = 0

    init(capacity: Int = 0) {
      fingerprints = [UInt8](repeating: 0, count: capacity)
      numbers = [UInt32](repeating: 0, count: capacity)
    }

    /// Puts another number in the place of each.
    mutating func renumber(_ others: [UInt32]) {
      for slot in numbers.indices where fingerprints[slot] != 0 {
        numbers[slot] = others[Int(numbers[slot])]
      }
    }
  }

  private var parts: [Part]
  private(set) var count = 0
  private var slots = 0

  /// Makes an index without numbers.
  init() { parts = [Part](repeating: Part(), count: Self.partCount) }

  /// Takes over all the parts that an `IndexBuilder` made.
  init(_ parts: [Part]) {
    precondition(parts.count == Self.partCount, "an index has a part for each top byte")
    self.parts = parts
    count = parts.reduce(0) { $0 + $1.count }
    slots = parts.reduce(0) { $0 + $1.fingerprints.count }
  }

  /// Bytes of memory the slots take.
  var size: Int { slots * 5 + Self.partCount * MemoryLayout<Part>.stride }

  /// The number that was inserted under this hash and for which `isMatch` answers true.
  @inline(__always)
  func find(_ hash: UInt64, _ isMatch: (UInt32) -> Bool) -> UInt32? {
    let part = parts[Int(hash >> 56)]
    let capacity = part.fingerprints.count
    guard capacity > 0 else { return nil }
    let fingerprint = Self.fingerprint(hash)
    var slot = Self.slot(hash, capacity)
    // A part is never full, so an empty slot ends every search.
    while part.fingerprints[slot] != 0 {
      if part.fingerprints[slot] == fingerprint, isMatch(part.numbers[slot]) {
        return part.numbers[slot]
      }
      slot += 1
      if slot == capacity { slot = 0 }
    }
    return nil
  }

  /// Adds a number; `hashOf` gives the hash of a number that was added before, for growth.
  mutating func insert(_ hash: UInt64, _ number: UInt32, _ hashOf: (UInt32) -> UInt64) {
    let place = Int(hash >> 56)
    if parts[place].count * 4 >= parts[place].fingerprints.count * 3 { grow(place, hashOf) }
    Self.put(hash, number, &parts[place])
    count += 1
  }

  private mutating func grow(_ place: Int, _ hashOf: (UInt32) -> UInt64) {
    let old = parts[place]
    let capacity = max(8, old.fingerprints.count + old.fingerprints.count / 2)
    // First all the hashes, each a read from somewhere else in memory: with nothing between them
    // the processor has many of them under way at a time.
    var entries: [(hash: UInt64, number: UInt32)] = []
    entries.reserveCapacity(old.count)
    for slot in old.fingerprints.indices where old.fingerprints[slot] != 0 {
      entries.append((hashOf(old.numbers[slot]), old.numbers[slot]))
    }
    var larger = Part(capacity: capacity)
    for entry in entries { Self.put(entry.hash, entry.number, &larger) }
    slots += capacity - old.fingerprints.count
    parts[place] = larger
  }

  private static func put(_ hash: UInt64, _ number: UInt32, _ part: inout Part) {
    let capacity = part.fingerprints.count
    var slot = slot(hash, capacity)
    while part.fingerprints[slot] != 0 {
      slot += 1
      if slot == capacity { slot = 0 }
    }
    part.fingerprints[slot] = fingerprint(hash)
    part.numbers[slot] = number
    part.count += 1
  }

  static func fingerprint(_ hash: UInt64) -> UInt8 {
    max(1, UInt8(truncatingIfNeeded: hash))
  }

  /// Spreads the middle 32 bits of the hash over `capacity` slots without a division.
  static func slot(_ hash: UInt64, _ capacity: Int) -> Int {
    // In Swift a shift binds tighter than a product: the parentheses matter.
    Int((((hash >> 16) & 0xffff_ffff) &* UInt64(capacity)) >> 32)
  }
}
