// Where numbers lie among sorted cuts: a search that halves what is left, for eight numbers at a time.
// Unsafe code: numbers and cuts are counted at the beginning, and the search stays within the cuts whatever
// the numbers are.

import CLinux

/// Where numbers lie among cuts.
public enum CutKernel {
  /// Numbers at once, at most.
  public static let countMax = 64

  /// Finds where each number lies: place 0 for what is infinite or no number, then 1 below the first cut, 2 at
  /// it, 3 between it and the second, and so on.
  ///
  /// - Parameters:
  ///   - numbers: at most `countMax`.
  ///   - cuts: ascending, none twice, the last ones infinite, a power of two of them.
  ///   - places: gets a place for each.
  /// - Precondition: there is room for the places; the number of cuts is a power of two.
  public static func find(
    _ numbers: Span<Double>, among cuts: Span<Double>, into places: inout MutableSpan<Int32>
  ) {
    check(numbers, cuts, places)
    let first = firstCuts(cuts)
    for octet in 0..<(numbers.count &+ 7) / 8 {
      let number = load(numbers, octet &* 8, 0)
      let place = place(of: number, DoubleLanes(repeating: 1), first, cuts)
      store(place, &places, octet &* 8, numbers.count)
    }
  }

  /// The same among multiples of the cuts, each number's own.
  ///
  /// - Parameters:
  ///   - numbers: at most `countMax`.
  ///   - filling: what stands for those that are infinite or no numbers.
  ///   - factors: what the cuts are multiplied with.
  ///   - factorFilling: what stands for factors that are infinite or no numbers.
  ///   - cuts: as above.
  ///   - places: gets a place for each.
  /// - Returns: a bit for each factor that is so small, so large or so negative that multiples may not be in the
  ///   order of the cuts; their places are not to be used.
  /// - Precondition: as above; there is a factor for each number.
  public static func find(
    _ numbers: Span<Double>, or filling: Double, times factors: Span<Double>,
    or factorFilling: Double, among cuts: Span<Double>, into places: inout MutableSpan<Int32>
  ) -> UInt64 {
    check(numbers, cuts, places)
    precondition(factors.count >= numbers.count, "There is a factor for each number.")
    let first = firstCuts(cuts)
    let own = factors.extracting(first: numbers.count)
    var odd: UInt64 = 0
    for octet in 0..<(numbers.count &+ 7) / 8 {
      let row = octet &* 8
      let number = filled(load(numbers, row, .nan), filling)
      let factor = filled(load(own, row, .nan), factorFilling)
      let isPlain =
        (factor .>= DoubleLanes(repeating: 0x1p-500))
        .& (factor .<= DoubleLanes(repeating: 0x1p500))
      odd |= marks(.!isPlain) &<< UInt64(row)
      let place = place(of: number, factor, first, cuts)
      store(place, &places, row, numbers.count)
    }
    return numbers.count < 64 ? odd & (1 &<< UInt64(numbers.count) &- 1) : odd
  }

  private static func check(
    _ numbers: Span<Double>, _ cuts: Span<Double>, _ places: borrowing MutableSpan<Int32>
  ) {
    precondition(
      numbers.count <= countMax && places.count >= numbers.count, "There is room for the places.")
    precondition(cuts.count > 0 && cuts.count & (cuts.count &- 1) == 0, "Cuts are a power of two.")
  }

  /// Sixteen cuts, or as many as there are, that part all of them into as many parts.
  private struct FirstCuts {
    var low = DoubleLanes(repeating: .infinity)
    var high = DoubleLanes(repeating: .infinity)
    /// How many there are, and how far they are apart.
    var count = 1
    var apart = 1
  }

  @inline(__always)
  private static func firstCuts(_ cuts: Span<Double>) -> FirstCuts {
    var first = FirstCuts()
    first.count = min(cuts.count, 16)
    first.apart = cuts.count / first.count
    #if WIDE
      for number in 0..<min(8, first.count) {
        first.low[number] = cuts[(number &+ 1) &* first.apart &- 1]
      }
      for number in 8..<max(8, first.count) {
        first.high[number &- 8] = cuts[(number &+ 1) &* first.apart &- 1]
      }
    #endif
    return first
  }

  @inline(__always)
  private static func place(
    of number: DoubleLanes, _ factor: DoubleLanes, _ first: FirstCuts, _ cuts: Span<Double>
  ) -> SIMD8<Int32> {
    var base = SIMD8<Int64>.zero
    // A cut that is met is the one at which the search ends.
    var met = SIMD8<Int64>.zero
    var half = cuts.count / 2
    #if WIDE
      // Half of the steps are among cuts that lie in registers.
      half = first.count / 2
      while half > 0 {
        let step = SIMD8<Int64>(repeating: Int64(half))
        let cut = linux_pick(first.low, first.high, base &+ (step &- 1)) * factor
        base = base.replacing(with: base &+ step, where: cut .< number)
        met = met.replacing(with: 1, where: cut .== number)
        half &>>= 1
      }
      base = base &* SIMD8<Int64>(repeating: Int64(first.apart))
      half = first.apart / 2
    #endif
    while half > 0 {
      let step = SIMD8<Int64>(repeating: Int64(half))
      let cut = gather(cuts, base &+ (step &- 1)) * factor
      base = base.replacing(with: base &+ step, where: cut .< number)
      met = met.replacing(with: 1, where: cut .== number)
      half &>>= 1
    }
    let place = base &+ base &+ 1 &+ met
    // A number less itself is 0, but for what is infinite or not known.
    let known = SIMD8<Int64>.zero.replacing(with: place, where: (number - number) .== .zero)
    return SIMD8<Int32>(truncatingIfNeeded: known)
  }

  /// The cuts at eight places, all of which are below their number.
  @inline(__always)
  private static func gather(_ cuts: Span<Double>, _ places: SIMD8<Int64>) -> DoubleLanes {
    unsafe cuts.withUnsafeBufferPointer { cuts in
      guard let base = cuts.baseAddress else { return .zero }
      return unsafe linux_gather(base, places)
    }
  }

  @inline(__always)
  private static func filled(_ numbers: DoubleLanes, _ filling: Double) -> DoubleLanes {
    DoubleLanes(repeating: filling).replacing(with: numbers, where: (numbers - numbers) .== .zero)
  }

  /// A bit for each lane of a mask.
  @inline(__always)
  private static func marks(_ mask: SIMDMask<SIMD8<Int64>>) -> UInt64 {
    let bits = SIMD8<UInt64>(1, 2, 4, 8, 16, 32, 64, 128)
    let eight = SIMD8<UInt64>.zero.replacing(with: bits, where: mask)
    let four = eight.lowHalf | eight.highHalf
    let two = four.lowHalf | four.highHalf
    return two[0] | two[1]
  }

  /// Eight numbers from a place on; what stands for those that are not there.
  @inline(__always)
  private static func load(_ numbers: Span<Double>, _ first: Int, _ none: Double) -> DoubleLanes {
    if first &+ 8 <= numbers.count {
      return unsafe numbers.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: first &* 8, as: DoubleLanes.self)
    }
    var lanes = DoubleLanes(repeating: none)
    for place in first..<numbers.count { lanes[place &- first] = numbers[place] }
    return lanes
  }

  @inline(__always)
  private static func store(
    _ lanes: SIMD8<Int32>, _ places: inout MutableSpan<Int32>, _ first: Int, _ count: Int
  ) {
    if first &+ 8 <= count {
      var bytes = unsafe places.mutableBytes
      unsafe bytes.storeBytes(of: lanes, toUncheckedByteOffset: first &* 4, as: SIMD8<Int32>.self)
    } else {
      for place in first..<count { places[place] = lanes[place &- first] }
    }
  }
}
