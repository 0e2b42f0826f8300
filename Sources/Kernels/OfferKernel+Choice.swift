// The best offers of a block: found, taken, and what cannot stand beside them taken away, again and again.
// Every step is done for all customers before the next, for each alone waits long for the one before.
// Unsafe code: a block has at most 16 customers, with four words of sets and a quarter of best scores each;
// the other places were counted at the beginning.

import CLinux

extension OfferKernel {
  /// Chooses for a block, of whose offers a set has one word.
  @inline(never)
  static func chooseOfFew(
    _ given: borrowing Given, _ count: Int, _ first: Int, _ chosen: inout MutableSpan<Int32>,
    _ scores: inout MutableSpan<Float>, _ uplifts: inout MutableSpan<Float>,
    _ sums: borrowing MutableSpan<Sums>, _ room: inout Room
  ) {
    choose(given, 1, count, first, &chosen, &scores, &uplifts, sums, &room)
  }

  /// The same for up to four words.
  @inline(never)
  static func chooseOfMany(
    _ given: borrowing Given, _ count: Int, _ first: Int, _ chosen: inout MutableSpan<Int32>,
    _ scores: inout MutableSpan<Float>, _ uplifts: inout MutableSpan<Float>,
    _ sums: borrowing MutableSpan<Sums>, _ room: inout Room
  ) {
    choose(given, (given.groups &+ 3) / 4, count, first, &chosen, &scores, &uplifts, sums, &room)
  }

  @inline(__always)
  private static func choose(
    _ given: borrowing Given, _ words: Int, _ count: Int, _ first: Int,
    _ chosen: inout MutableSpan<Int32>,
    _ scores: inout MutableSpan<Float>, _ uplifts: inout MutableSpan<Float>,
    _ sums: borrowing MutableSpan<Sums>, _ room: inout Room
  ) {
    let (groups, top) = (given.groups, given.top)
    let (open, excluding) = (given.open, given.excluding)
    // What may still be chosen, and the best scores, each in the four lanes of a quarter.
    var left = InlineArray<64, UInt64>(repeating: 0)
    var best = InlineArray<4, SIMD16<Int32>>(repeating: .zero)
    for place in 0..<count {
      // All words: a number that the compiler does not know would become a call.
      for word in 0..<4 {
        unsafe left[unchecked: place &* 4 &+ word] = self.word(open, first &+ place, word)
      }
    }
    for turn in 0..<top {
      // In the first turn the best of every lane are known.
      if turn > 0 {
        for place in 0..<count { findLanes(words, place, left.span, &room) }
      }
      for four in 0..<(count &+ 3) / 4 {
        unsafe best[unchecked: four] = largest(room, four &* 4)
      }
      for place in 0..<count {
        let at = (first &+ place) &* top &+ turn
        let score = scalar(best.span, place)
        // Nothing is left.
        guard score > 0 else {
          set(-1, &chosen, at)
          set(0, &scores, at)
          set(0, &uplifts, at)
          continue
        }
        let best = everywhere(best.span, place)
        var (word, found) = (0, UInt64(0))
        while true {
          // Some of those that have it, or had better ones, were taken away.
          found = find(best, room, rowsStart &+ (place &* words &+ word) &* 4)
          found &= unsafe left[unchecked: place &* 4 &+ word]
          if found != 0 || word &+ 1 >= words { break }
          word &+= 1
        }
        let number = word &* 64 &+ found.trailingZeroBitCount
        set(Int32(truncatingIfNeeded: number), &chosen, at)
        set(Float(bitPattern: UInt32(bitPattern: score)), &scores, at)
        set(scalar(sums, place &* groups &* groupOffers &+ number), &uplifts, at)
        for word in 0..<words {
          unsafe left[unchecked: place &* 4 &+ word] &= ~self.word(excluding, number, word)
        }
      }
    }
  }

  /// Finds the best score left in every lane.
  @inline(__always)
  private static func findLanes(
    _ words: Int, _ place: Int, _ left: Span<UInt64>, _ room: inout Room
  ) {
    var best = Sums.zero
    for word in 0..<words {
      let rest = unsafe left[unchecked: place &* 4 &+ word]
      let at = rowsStart &+ (place &* words &+ word) &* 4
      let a = Sums.zero.replacing(with: load(room, at), where: lanes(rest))
      let b = Sums.zero.replacing(with: load(room, at &+ 1), where: lanes(rest &>> 16))
      let c = Sums.zero.replacing(with: load(room, at &+ 2), where: lanes(rest &>> 32))
      let d = Sums.zero.replacing(with: load(room, at &+ 3), where: lanes(rest &>> 48))
      best = larger(larger(larger(larger(best, a), b), c), d)
    }
    store(best, &room, place)
  }

  /// The offers of four groups that have the best score or a better one.
  @inline(__always)
  private static func find(_ best: Sums, _ room: borrowing Room, _ at: Int) -> UInt64 {
    let low = marks(load(room, at) .>= best) | marks(load(room, at &+ 1) .>= best) << 16
    let high = marks(load(room, at &+ 2) .>= best) | marks(load(room, at &+ 3) .>= best) << 16
    return low | high << 32
  }
}

extension OfferKernel {
  /// The largest of each of four vectors of numbers that are 0 or above, which their bits are ordered by.
  @inline(__always)
  private static func largest(_ room: borrowing Room, _ at: Int) -> SIMD16<Int32> {
    // All are sixteen times four bytes.
    unsafe linux_largest(
      unsafeBitCast(load(room, at), to: SIMD16<Int32>.self),
      unsafeBitCast(load(room, at &+ 1), to: SIMD16<Int32>.self),
      unsafeBitCast(load(room, at &+ 2), to: SIMD16<Int32>.self),
      unsafeBitCast(load(room, at &+ 3), to: SIMD16<Int32>.self))
  }

  /// A bit for each lane of a mask.
  @inline(__always)
  static func marks(_ mask: SIMDMask<SIMD16<Int32>>) -> UInt64 {
    let ones = SIMD16<Int32>(repeating: -1)
    return UInt64(linux_marks(SIMD16<Int32>.zero.replacing(with: ones, where: mask)))
  }

  @inline(__always)
  private static func scalar(_ best: Span<SIMD16<Int32>>, _ place: Int) -> Int32 {
    unsafe best.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place &* 16, as: Int32.self)
  }

  /// A customer's best score in all lanes: its quarter four times, which is one load.
  @inline(__always)
  private static func everywhere(_ best: Span<SIMD16<Int32>>, _ place: Int) -> Sums {
    let quarter = unsafe best.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place &* 16, as: SIMD4<Float>.self)
    let half = SIMD8<Float>(lowHalf: quarter, highHalf: quarter)
    return Sums(lowHalf: half, highHalf: half)
  }

  @inline(__always)
  private static func scalar(_ sums: borrowing MutableSpan<Sums>, _ at: Int) -> Float {
    unsafe sums.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at &* 4, as: Float.self)
  }

  @inline(__always)
  private static func set<Number>(_ number: Number, _ room: inout MutableSpan<Number>, _ at: Int) {
    unsafe room[unchecked: at] = number
  }
}
