// The next best offers: every offer's score against one customer's features, and the best few of those that may
// be made. What features and weights are is the caller's business.
//
// Weights lie in packs of 64 offers: for each feature the weights of all 64. So a score needs no sum across
// lanes, and eight registers of sums hide the latency of multiply and add.

/// The best of some weighted sums.
public enum TopKernel {
  /// Offers in a pack.
  public static let packOffers = 64
  /// How many best ones are found.
  public static let best = 3

  typealias Sums = SIMD16<Float>

  /// Finds the best three of the eligible offers.
  ///
  /// Of equal scores the offer with the smaller number comes first.
  ///
  /// - Parameters:
  ///   - weights: pack by pack, feature by feature, the weights of 64 offers in four registers.
  ///   - features: of the customer.
  ///   - eligible: for each pack a number for each of its offers in four registers, 0 for those that may be
  ///     made and −∞ for the others.
  /// - Returns: the numbers of the best three, −1 where there are fewer, and their scores.
  /// - Precondition: there is a weight for each offer and feature, and all scores are numbers.
  public static func top(
    _ weights: Span<SIMD16<Float>>, _ features: Span<Float>, eligible: Span<SIMD16<Float>>
  ) -> (numbers: SIMD4<Int32>, scores: SIMD4<Float>) {
    let packs = eligible.count / 4
    precondition(
      eligible.count % 4 == 0 && weights.count == eligible.count * features.count,
      "There is a weight for each offer and feature.")
    var best = Best()
    for pack in 0..<packs {
      let first = pack &* 4
      // What may not be made starts, and so ends, at −∞.
      var a = load(eligible, first)
      var b = load(eligible, first &+ 1)
      var c = load(eligible, first &+ 2)
      var d = load(eligible, first &+ 3)
      var at = first &* features.count
      // Two sums for each offer: one step of multiply and add must not wait for the one before.
      var (e, f, g, h) = (Sums.zero, Sums.zero, Sums.zero, Sums.zero)
      var feature = 0
      while feature &+ 1 < features.count {
        // Both are features, and the weights of both follow.
        let x = Sums(repeating: unsafe features[unchecked: feature])
        let y = Sums(repeating: unsafe features[unchecked: feature &+ 1])
        a = fused(load(weights, at), x, a)
        b = fused(load(weights, at &+ 1), x, b)
        c = fused(load(weights, at &+ 2), x, c)
        d = fused(load(weights, at &+ 3), x, d)
        e = fused(load(weights, at &+ 4), y, e)
        f = fused(load(weights, at &+ 5), y, f)
        g = fused(load(weights, at &+ 6), y, g)
        h = fused(load(weights, at &+ 7), y, h)
        at &+= 8
        feature &+= 2
      }
      if feature < features.count {
        let x = Sums(repeating: features[feature])
        a = fused(load(weights, at), x, a)
        b = fused(load(weights, at &+ 1), x, b)
        c = fused(load(weights, at &+ 2), x, c)
        d = fused(load(weights, at &+ 3), x, d)
      }
      best.take(a + e, b + f, c + g, d + h, pack &* packOffers)
    }
    return (best.numbers, best.scores)
  }

  @inline(__always)
  static func fused(_ x: Sums, _ y: Sums, _ z: Sums) -> Sums {
    #if FUSED
      z.addingProduct(x, y)
    #else
      x * y + z
    #endif
  }

  @inline(__always)
  private static func load(_ numbers: Span<Sums>, _ at: Int) -> Sums {
    // The callers stay within the packs, of which the spans hold as many as was checked.
    unsafe numbers[unchecked: at]
  }

  /// The best three so far.
  private struct Best {
    private var first = (number: Int32(-1), score: -Float.infinity)
    private var second = (number: Int32(-1), score: -Float.infinity)
    private var third = (number: Int32(-1), score: -Float.infinity)

    var numbers: SIMD4<Int32> { SIMD4(first.number, second.number, third.number, -1) }
    var scores: SIMD4<Float> { SIMD4(first.score, second.score, third.score, -.infinity) }

    /// Lets in the offers of a pack that are better than the third best.
    @inline(__always)
    mutating func take(_ a: Sums, _ b: Sums, _ c: Sums, _ d: Sums, _ start: Int) {
      // The third best of four maxima is no better than the third best of all: few offers pass it.
      let sixteen = Self.larger(Self.larger(a, b), Self.larger(c, d))
      let eight = Self.larger(sixteen.lowHalf, sixteen.highHalf)
      let four = Self.larger(eight.lowHalf, eight.highHalf)
      let threshold = Sums(
        repeating: max(third.score, Self.third(four[0], four[1], four[2], four[3])))
      let sums: InlineArray<4, Sums> = [a, b, c, d]
      // All of their bytes are those of numbers.
      let bytes = unsafe sums.span.bytes
      var left =
        Self.marks(a .>= threshold) | Self.marks(b .>= threshold) << 16
        | Self.marks(c .>= threshold) << 32 | Self.marks(d .>= threshold) << 48
      while left != 0 {
        let lane = left.trailingZeroBitCount
        left &= left &- 1
        // A bit is one of the 64 scores.
        let score = unsafe bytes.unsafeLoadUnaligned(
          fromUncheckedByteOffset: lane &* 4, as: Float.self)
        let found = (number: Int32(truncatingIfNeeded: start &+ lane), score: score)
        let isFirst = found.score > first.score
        let isSecond = found.score > second.score
        let isThird = found.score > third.score
        third = isSecond ? second : isThird ? found : third
        second = isFirst ? first : isSecond ? found : second
        first = isFirst ? found : first
      }
    }

    /// A bit for each lane of a mask.
    @inline(__always)
    private static func marks(_ mask: SIMDMask<SIMD16<Int32>>) -> UInt64 {
      let bytes = SIMD16<UInt8>(
        truncatingIfNeeded: SIMD16<UInt32>.zero.replacing(with: .one, where: mask))
      // Both are sixteen bytes.
      let halves = unsafe unsafeBitCast(bytes, to: SIMD2<UInt64>.self)
      // Eight bytes of 0 and 1, each moved to its place in the highest byte.
      let gather: UInt64 = 0x0102_0408_1020_4080
      return (halves[0] &* gather) >> 56 | ((halves[1] &* gather) >> 56) << 8
    }

    @inline(__always)
    private static func larger(_ x: Sums, _ y: Sums) -> Sums { x.replacing(with: y, where: y .> x) }

    @inline(__always)
    private static func larger(_ x: SIMD8<Float>, _ y: SIMD8<Float>) -> SIMD8<Float> {
      x.replacing(with: y, where: y .> x)
    }

    @inline(__always)
    private static func larger(_ x: SIMD4<Float>, _ y: SIMD4<Float>) -> SIMD4<Float> {
      x.replacing(with: y, where: y .> x)
    }

    /// The third largest of four.
    @inline(__always)
    private static func third(_ a: Float, _ b: Float, _ c: Float, _ d: Float) -> Float {
      let (low, high) = a < b ? (a, b) : (b, a)
      let (floor, top) = c < d ? (c, d) : (d, c)
      // Of the larger of the two smaller ones and the smaller of the two larger ones, the smaller.
      return min(max(low, floor), min(high, top))
    }
  }
}
