// The next best offers: every offer's score against one customer's features, and the best few of those that may
// be made. What features and weights are is the caller's business.
//
// Weights lie in packs of 64 offers: for each feature the weights of all 64. So a score needs no sum across
// lanes, and four registers of sums hide the latency of multiply and add.

/// The best of some weighted sums.
public enum TopKernel {
  /// Offers in a pack.
  public static let packOffers = 64
  /// How many best ones are found.
  public static let best = 3

  typealias Sums = SIMD16<Float>

  /// Finds the best three of the eligible offers.
  ///
  /// Of equal scores the offer with the smaller number comes first. A score that is no number is never found.
  ///
  /// - Parameters:
  ///   - weights: pack by pack, feature by feature, the weights of 64 offers.
  ///   - features: of the customer.
  ///   - eligible: for each pack a number for each of its offers, 0 for those that may be made and −∞ for the
  ///     others.
  /// - Returns: the numbers of the best three, −1 where there are fewer, and their scores.
  /// - Precondition: there is a weight for each offer and feature, and a word on each offer.
  public static func top(
    _ weights: Span<Float>, _ features: Span<Float>, eligible: Span<Float>
  ) -> (numbers: SIMD4<Int32>, scores: SIMD4<Float>) {
    let packs = eligible.count / packOffers
    precondition(
      eligible.count % packOffers == 0 && weights.count == eligible.count * features.count,
      "There is a weight for each offer and feature.")
    var best = Best()
    for pack in 0..<packs {
      let first = pack &* packOffers
      // What may not be made starts, and so ends, at −∞.
      var a = load(eligible, first)
      var b = load(eligible, first &+ 16)
      var c = load(eligible, first &+ 32)
      var d = load(eligible, first &+ 48)
      var at = first &* features.count
      for feature in 0..<features.count {
        // `feature` is one of the features.
        let x = Sums(repeating: unsafe features[unchecked: feature])
        a = fused(load(weights, at), x, a)
        b = fused(load(weights, at &+ 16), x, b)
        c = fused(load(weights, at &+ 32), x, c)
        d = fused(load(weights, at &+ 48), x, d)
        at &+= packOffers
      }
      best.take(a, b, c, d, first)
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
  private static func load(_ numbers: Span<Float>, _ at: Int) -> Sums {
    // Sixteen numbers begin there: spans hold whole packs, as was checked.
    unsafe numbers.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at &* 4, as: Sums.self)
  }

  /// The best three so far.
  private struct Best {
    var numbers = SIMD4<Int32>(repeating: -1)
    var scores = SIMD4<Float>(repeating: -.infinity)

    /// Lets in the offers of a pack that are better than the third best.
    @inline(__always)
    mutating func take(_ a: Sums, _ b: Sums, _ c: Sums, _ d: Sums, _ first: Int) {
      // The third best of four maxima is no better than the third best of all: few offers pass it.
      var least = scores[2]
      if least == -.infinity {
        least = Self.third(Self.most(a), Self.most(b), Self.most(c), Self.most(d))
      }
      let threshold = Sums(repeating: least)
      let passes: InlineArray<4, SIMD16<UInt8>> = [
        Self.marks(a .>= threshold), Self.marks(b .>= threshold), Self.marks(c .>= threshold),
        Self.marks(d .>= threshold),
      ]
      let sums: InlineArray<4, Sums> = [a, b, c, d]
      for quarter in 0..<4 {
        // Both are sixteen bytes.
        let halves = unsafe unsafeBitCast(passes[quarter], to: SIMD2<UInt64>.self)
        for half in 0..<2 {
          var left = halves[half]
          while left != 0 {
            let lane = half &* 8 &+ left.trailingZeroBitCount / 8
            left &= left &- 1
            add(sums[quarter][lane], Int32(truncatingIfNeeded: first &+ quarter &* 16 &+ lane))
          }
        }
      }
    }

    @inline(__always)
    private mutating func add(_ score: Float, _ number: Int32) {
      if score > scores[0] {
        (scores[2], scores[1], scores[0]) = (scores[1], scores[0], score)
        (numbers[2], numbers[1], numbers[0]) = (numbers[1], numbers[0], number)
      } else if score > scores[1] {
        (scores[2], scores[1]) = (scores[1], score)
        (numbers[2], numbers[1]) = (numbers[1], number)
      } else if score > scores[2] {
        (scores[2], numbers[2]) = (score, number)
      }
    }

    /// 1 in the lanes of a mask.
    @inline(__always)
    private static func marks(_ mask: SIMDMask<SIMD16<Int32>>) -> SIMD16<UInt8> {
      SIMD16<UInt8>(
        truncatingIfNeeded: SIMD16<UInt32>.zero.replacing(with: .one, where: mask))
    }

    /// The largest lane.
    @inline(__always)
    private static func most(_ lanes: Sums) -> Float {
      let eight = lanes.lowHalf.replacing(
        with: lanes.highHalf, where: lanes.highHalf .> lanes.lowHalf)
      let four = eight.lowHalf.replacing(
        with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
      let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
      return two[1] > two[0] ? two[1] : two[0]
    }

    /// The third largest of four.
    @inline(__always)
    private static func third(_ a: Float, _ b: Float, _ c: Float, _ d: Float) -> Float {
      let (low, high) = a < b ? (a, b) : (b, a)
      let (floor, top) = c < d ? (c, d) : (d, c)
      // The largest of the two smaller ones, and the smallest of the two larger ones, in order.
      let (lower, upper) = (low > floor ? low : floor, high < top ? high : top)
      return lower < upper ? lower : upper
    }
  }
}
