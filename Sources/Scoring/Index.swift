// From a hash to a number: which row a customer has, which order an identity belongs to. It is not
// saved; it is built anew when a snapshot is loaded.

/// An open-addressing hash table in 256 parts that grow one by one.
///
/// A part is buckets of one cache line each: twelve numbers, for each a byte of its hash, and whether
/// a number that belongs here is farther on. So a look-up reads one line of memory nearly always, and
/// a batch of them asks for all their lines before it reads the first. Whether a candidate is the one
/// looked for is for the caller to say, who has the keys. A part grows by half when it is four fifths
/// full, so that memory stays near need, and a few buckets with each insert, so that no insert takes
/// long. Entries are never removed.
struct Index: Sendable {
  static let partCount = 256

  /// A table of its own for the hashes with one top byte.
  struct Part: Sendable {
    /// Twelve tags, 0 where a slot is empty; whether the bucket has overflowed; how many it holds; and
    /// the numbers.
    private var memory = Block.empty
    /// Where it begins, for `prefetch`: so that a look-up does not wait for the block's object first.
    private var address: UInt = 0
    private(set) var bucketCount = 0
    private(set) var count = 0

    private static let bucketSize = 64
    static let bucketSlots = 12
    private static let numbersPlace = 16
    private static let overflowBit: UInt64 = 1 << 32
    private static let heldShift: UInt64 = 40

    /// Makes a part with room for so many numbers at least, but none to spare.
    init(slots: Int = 0) {
      bucketCount = (slots + Self.bucketSlots - 1) / Self.bucketSlots
      if bucketCount > 0 {
        memory = Block(size: bucketCount * Self.bucketSize, stamp: 0)
        address = memory.address(at: 0)
      }
    }

    var slotCount: Int { bucketCount * Self.bucketSlots }
    /// Bytes of memory.
    var size: Int { bucketCount * Self.bucketSize }

    /// Whether it is time to grow.
    var isFullish: Bool { count * 5 >= slotCount * 4 }
    /// Whether it is high time.
    var isFull: Bool { count * 16 >= slotCount * 15 }

    /// Asks for the memory of a look-up.
    @inline(__always)
    func prefetch(_ hash: UInt64) {
      Block.prefetch(address &+ UInt(bucket(hash) * Self.bucketSize))
    }

    @inline(__always)
    func find(_ hash: UInt64, _ isMatch: (UInt32) -> Bool) -> UInt32? {
      guard bucketCount > 0 else { return nil }
      let pattern = Index.tag(hash) &* 0x0101_0101_0101_0101
      var bucket = bucket(hash)
      while true {
        let place = bucket * Self.bucketSize
        let low = memory.load(UInt64.self, at: place)
        let high = memory.load(UInt64.self, at: place + 8)
        // A bit for each slot that has the tag, those of the last four between the others: which half a
        // number is in is a coin's toss, which a branch would guess wrongly.
        var hits =
          Self.zeroBytes(low ^ pattern) >> 7
          | (Self.zeroBytes(high ^ pattern) & 0x8080_8080) >> 6
        while hits != 0 {
          let bit = hits.trailingZeroBitCount
          let number = number(in: place, bit >> 3 | (bit & 1) << 3)
          if isMatch(number) { return number }
          hits &= hits &- 1
        }
        // A part is never full, so a bucket that has not overflowed ends every search.
        if high & Self.overflowBit == 0 { return nil }
        bucket = next(bucket)
      }
    }

    mutating func put(_ hash: UInt64, _ number: UInt32) {
      let memory = writable()
      var bucket = bucket(hash)
      while true {
        let place = bucket * Self.bucketSize
        var head = memory.load(UInt64.self, at: place + 8)
        let held = Int(head >> Self.heldShift)
        if held < Self.bucketSlots {
          memory.store(UInt8(truncatingIfNeeded: Index.tag(hash)), at: place + held)
          memory.store(UInt8(held + 1), at: place + 8 + Int(Self.heldShift) / 8)
          memory.store(number, at: place + Self.numbersPlace + 4 * held)
          count += 1
          return
        }
        head |= Self.overflowBit
        memory.store(head, at: place + 8)
        bucket = next(bucket)
      }
    }

    /// Shows the numbers of some buckets.
    func forEach(inBuckets range: Range<Int>, _ body: (UInt32) -> Void) {
      for bucket in range {
        let place = bucket * Self.bucketSize
        let held = Int(memory.load(UInt64.self, at: place + 8) >> Self.heldShift)
        for slot in 0..<held { body(number(in: place, slot)) }
      }
    }

    /// Puts another number in the place of each.
    mutating func renumber(_ others: [UInt32]) {
      let memory = writable()
      for bucket in 0..<bucketCount {
        let place = bucket * Self.bucketSize
        let held = Int(memory.load(UInt64.self, at: place + 8) >> Self.heldShift)
        for slot in 0..<held {
          memory.store(
            others[Int(number(in: place, slot))], at: place + Self.numbersPlace + 4 * slot)
        }
      }
    }

    @inline(__always)
    private mutating func writable() -> Block {
      let block = Block.writable(&memory, stamp: 0)
      address = block.address(at: 0)
      return block
    }

    @inline(__always)
    private func number(in place: Int, _ slot: Int) -> UInt32 {
      memory.load(UInt32.self, at: place + Self.numbersPlace + 4 * slot)
    }

    @inline(__always)
    private func bucket(_ hash: UInt64) -> Int { Index.bucket(hash, of: bucketCount) }

    @inline(__always)
    private func next(_ bucket: Int) -> Int { bucket + 1 == bucketCount ? 0 : bucket + 1 }

    /// The top bit of each byte that is 0, and no other.
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
      let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
      return ~(((word & low) &+ low) | word | low)
    }
  }

  private var parts: [Part]
  /// Which part is growing; -1 when none is.
  ///
  /// It stays as it was until all of it has moved.
  private var growingPlace = -1
  /// What it grows into: what has moved, and what was inserted meanwhile.
  private var larger = Part()
  /// The next of its buckets to move.
  private var nextBucket = 0
  private(set) var count = 0
  /// Bytes of all parts.
  private var partsSize = 0

  /// Buckets that move with an insert.
  ///
  /// One part grows at a time while others wait, all of about the same size: a fifth of this would
  /// do.
  private static let bucketsAStep = 3

  /// Makes an index without numbers.
  init() { parts = [Part](repeating: Part(), count: Self.partCount) }

  /// Takes over all the parts that an `IndexBuilder` made.
  init(_ parts: [Part]) {
    precondition(parts.count == Self.partCount, "an index has a part for each top byte")
    self.parts = parts
    count = parts.reduce(0) { $0 + $1.count }
    partsSize = parts.reduce(0) { $0 + $1.size }
  }

  /// Bytes of memory the buckets take.
  var size: Int { partsSize + Self.partCount * MemoryLayout<Part>.stride }

  /// Asks for the memory that `find` is going to read first.
  @inline(__always)
  func prefetch(_ hash: UInt64) { parts[Int(hash >> 56)].prefetch(hash) }

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
      if parts[place].isFull { move(buckets: Int.max, hashOf) }
      if growingPlace < 0 { beginToGrow(place) }
    }
    if place == growingPlace {
      larger.put(hash, number)
    } else {
      parts[place].put(hash, number)
    }
    if growingPlace >= 0 { move(buckets: Self.bucketsAStep, hashOf) }
  }

  private mutating func beginToGrow(_ place: Int) {
    let slots = parts[place].slotCount
    growingPlace = place
    larger = Part(slots: max(8, slots + slots / 2))
    nextBucket = 0
    partsSize += larger.size
  }

  /// Moves some buckets of the part that is growing; the last of them end its growth.
  private mutating func move(buckets moved: Int, _ hashOf: (UInt32) -> UInt64) {
    guard growingPlace >= 0 else { return }
    let old = parts[growingPlace]
    let end = moved < old.bucketCount - nextBucket ? nextBucket + moved : old.bucketCount
    // First the hashes, each a read from somewhere else in memory: with nothing between them the
    // processor has many of them under way at a time.
    var entries = InlineArray<36, (hash: UInt64, number: UInt32)>(repeating: (0, 0))
    while nextBucket < end {
      let last = min(end, nextBucket + entries.count / Part.bucketSlots)
      var taken = 0
      old.forEach(inBuckets: nextBucket..<last) { number in
        entries[taken] = (hashOf(number), number)
        taken += 1
      }
      for entry in 0..<taken { larger.put(entries[entry].hash, entries[entry].number) }
      nextBucket = last
    }
    if end < old.bucketCount { return }
    partsSize -= old.size
    parts[growingPlace] = larger
    larger = Part()
    growingPlace = -1
  }

  /// Spreads the middle 32 bits of the hash over the buckets without a division.
  @inline(__always)
  static func bucket(_ hash: UInt64, of count: Int) -> Int {
    // In Swift a shift binds tighter than a product: the parentheses matter.
    Int((((hash >> 16) & 0xffff_ffff) &* UInt64(count)) >> 32)
  }

  /// What a bucket keeps of a hash: 1 to 255.
  @inline(__always)
  static func tag(_ hash: UInt64) -> UInt64 { max(1, hash & 0xff) }
}
