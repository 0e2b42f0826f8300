// From a hash to a number: which row a customer has, which order an identity belongs to. It is not
// saved; it is built anew when a snapshot is loaded.

/// An open-addressing hash table in 256 parts that grow one by one.
///
/// A slot is one byte of the hash and the number; five bytes in all. Whether a candidate is the one
/// looked for is for the caller to say, who has the keys. A part grows by half when it is three
/// quarters full, so that memory stays near need, and a few slots with each insert, so that no insert
/// takes long. Entries are never removed.
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

    /// Whether it is time to grow.
    var isFullish: Bool { count * 4 >= fingerprints.count * 3 }
    /// Whether it is high time.
    var isFull: Bool { count * 8 >= fingerprints.count * 7 }

    @inline(__always)
    func find(_ hash: UInt64, _ isMatch: (UInt32) -> Bool) -> UInt32? {
      let capacity = fingerprints.count
      guard capacity > 0 else { return nil }
      let fingerprint = Index.fingerprint(hash)
      var slot = Index.slot(hash, capacity)
      // A part is never full, so an empty slot ends every search.
      while fingerprints[slot] != 0 {
        if fingerprints[slot] == fingerprint, isMatch(numbers[slot]) { return numbers[slot] }
        slot += 1
        if slot == capacity { slot = 0 }
      }
      return nil
    }

    mutating func put(_ hash: UInt64, _ number: UInt32) {
      let capacity = fingerprints.count
      var slot = Index.slot(hash, capacity)
      while fingerprints[slot] != 0 {
        slot += 1
        if slot == capacity { slot = 0 }
      }
      fingerprints[slot] = Index.fingerprint(hash)
      numbers[slot] = number
      count += 1
    }

    /// Puts another number in the place of each.
    mutating func renumber(_ others: [UInt32]) {
      for slot in numbers.indices where fingerprints[slot] != 0 {
        numbers[slot] = others[Int(numbers[slot])]
      }
    }
  }

  private var parts: [Part]
  /// Which part is growing; -1 when none is.
  ///
  /// It stays as it was until all of it has moved.
  private var growingPlace = -1
  /// What it grows into: what has moved, and what was inserted meanwhile.
  private var larger = Part()
  /// The next of its slots to move.
  private var nextSlot = 0
  private(set) var count = 0
  private var slots = 0

  /// Slots that move with an insert.
  ///
  /// One part grows at a time while others wait, all of about the same size: a fifth of this would
  /// do.
  private static let slotsAStep = 32

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
    let place = Int(hash >> 56)
    if let number = parts[place].find(hash, isMatch) { return number }
    return place == growingPlace ? larger.find(hash, isMatch) : nil
  }

  /// Adds a number; `hashOf` gives the hash of a number that was added before, for growth.
  mutating func insert(_ hash: UInt64, _ number: UInt32, _ hashOf: (UInt32) -> UInt64) {
    let place = Int(hash >> 56)
    count += 1
    if place != growingPlace && parts[place].isFullish {
      // Whoever is full to the brim cannot wait for another one.
      if parts[place].isFull { move(slots: Int.max, hashOf) }
      if growingPlace < 0 { beginToGrow(place) }
    }
    if place == growingPlace {
      larger.put(hash, number)
    } else {
      parts[place].put(hash, number)
    }
    if growingPlace >= 0 { move(slots: Self.slotsAStep, hashOf) }
  }

  private mutating func beginToGrow(_ place: Int) {
    let capacity = parts[place].fingerprints.count
    growingPlace = place
    larger = Part(capacity: max(8, capacity + capacity / 2))
    nextSlot = 0
    slots += larger.fingerprints.count
  }

  /// Moves some slots of the part that is growing; the last of them end its growth.
  private mutating func move(slots moved: Int, _ hashOf: (UInt32) -> UInt64) {
    guard growingPlace >= 0 else { return }
    let capacity = parts[growingPlace].fingerprints.count
    let end = moved < capacity - nextSlot ? nextSlot + moved : capacity
    // First the hashes, each a read from somewhere else in memory: with nothing between them the
    // processor has many of them under way at a time.
    var hashes = InlineArray<32, UInt64>(repeating: 0)
    while nextSlot < end {
      let first = nextSlot
      let last = min(end, first + hashes.count)
      for slot in first..<last where parts[growingPlace].fingerprints[slot] != 0 {
        hashes[slot - first] = hashOf(parts[growingPlace].numbers[slot])
      }
      for slot in first..<last where parts[growingPlace].fingerprints[slot] != 0 {
        larger.put(hashes[slot - first], parts[growingPlace].numbers[slot])
      }
      nextSlot = last
    }
    if end < capacity { return }
    slots -= capacity
    parts[growingPlace] = larger
    larger = Part()
    growingPlace = -1
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
