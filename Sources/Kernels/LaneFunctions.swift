// Exponential and logarithm over eight lanes, with multiply and add in one step where the processor has
// it. Models' LaneMath has the same for its exact lanes, which must give the same bits on every processor.

/// The bit patterns of eight numbers.
typealias LaneBits = SIMD8<UInt64>

extension SIMD8<Double> {
  /// The bit patterns of the lanes.
  @inline(__always)
  var bits: LaneBits {
    // Both types are 64 bytes of plain lanes, in the same order.
    unsafe unsafeBitCast(self, to: LaneBits.self)
  }

  @inline(__always)
  init(bits: LaneBits) {
    // Both types are 64 bytes of plain lanes, in the same order.
    self = unsafe unsafeBitCast(bits, to: Self.self)
  }
}

/// Whether a mask has a lane; the standard library's `any` is a call.
@inline(__always)
func isAny(_ mask: SIMDMask<SIMD8<Int64>>) -> Bool {
  let lanes = LaneBits.zero.replacing(with: .max, where: mask)
  let four = lanes.lowHalf | lanes.highHalf
  let two = four.lowHalf | four.highHalf
  return two[0] | two[1] != 0
}

/// x·y + z with a constant, rounded once or twice.
@inline(__always)
func fused(_ x: DoubleLanes, _ y: DoubleLanes, _ z: Double) -> DoubleLanes {
  fused(x, y, DoubleLanes(repeating: z))
}

/// The same with two constants.
@inline(__always)
func fused(_ x: DoubleLanes, _ y: Double, _ z: Double) -> DoubleLanes {
  fused(x, DoubleLanes(repeating: y), DoubleLanes(repeating: z))
}

/// Functions over lanes; LaneFunctionsTests prints their largest errors.
public enum LaneFunctions {
  /// The natural logarithm, after fdlibm's e_log.c.
  ///
  /// - Parameter x: positive, finite and not subnormal in every lane.
  /// - Returns: ln x, within 1.5 units in the last place.
  @inline(__always)
  public static func log(_ x: SIMD8<Double>) -> SIMD8<Double> {
    // x = 2^k · m with √½ ≤ m < √2, cut at the bits of √½.
    let half: UInt64 = 0x3fe6_a09e_0000_0000
    let shifted = x.bits &+ LaneBits(repeating: 0x3ff0_0000_0000_0000 - half)
    // An exponent of 52 makes the integer in the low bits the number's value: no conversion.
    let k =
      DoubleLanes(
        bits: (shifted &>> LaneBits(repeating: 52)) | LaneBits(repeating: 0x4330_0000_0000_0000))
      - DoubleLanes(repeating: 4_503_599_627_370_496 + 1023)
    let m = DoubleLanes(
      bits: (shifted & LaneBits(repeating: 0x000f_ffff_ffff_ffff)) &+ LaneBits(repeating: half))
    let f = m - 1
    let s = f / (f + 2)
    let z = s * s
    let w = z * z
    var odd = fused(w, 1.531383769920937332e-01, 2.222219843214978396e-01)
    odd = fused(w, odd, 3.999999999940941908e-01)
    var even = fused(w, 1.479819860511658591e-01, 1.818357216161805012e-01)
    even = fused(w, even, 2.857142874366239149e-01)
    even = fused(w, even, 6.666666666666735130e-01)
    let rest = fused(w, odd, z * even)
    let square = f * f * 0.5
    let low = fused(s, square + rest, k * 1.90821492927058770002e-10)
    return fused(
      k, DoubleLanes(repeating: 6.93147180369123816490e-01), f - (square - low))
  }

  /// e^r − 1 for |r| ≤ ½ ln 2, and the bits of 2^k, where x = k·ln 2 + r.
  @inline(__always)
  private static func reduced(_ x: DoubleLanes) -> (expm1: DoubleLanes, power: LaneBits) {
    // Adding 1.5·2^52 leaves the nearest whole number in the low bits.
    let magic = DoubleLanes(repeating: 6_755_399_441_055_744)
    let shifted = fused(x, DoubleLanes(repeating: 1.44269504088896338700), magic)
    let k = shifted - magic
    let r = fused(
      k, DoubleLanes(repeating: -1.90821492927058770002e-10),
      fused(k, DoubleLanes(repeating: -6.93147180369123816490e-01), x))
    // Taylor's series in halves that do not wait for one another: what is left out is below 1e-17.
    let s = r * r
    let t = s * s
    let first = fused(s, fused(r, 1.0 / 120, 1.0 / 24), fused(r, 1.0 / 6, 0.5))
    let second = fused(
      s, fused(r, 1.0 / 362_880, 1.0 / 40_320), fused(r, 1.0 / 5040, 1.0 / 720))
    let third = fused(
      s, fused(r, 1.0 / 6_227_020_800, 1.0 / 479_001_600),
      fused(r, 1.0 / 39_916_800, 1.0 / 3_628_800))
    let q = fused(t, fused(t, third, second), first)
    return (fused(s, q, r), shifted.bits &<< LaneBits(repeating: 52))
  }

  /// The exponential.
  ///
  /// - Parameter x: −707 to 709 in every lane.
  /// - Returns: e^x, within 1.5 units in the last place.
  @inline(__always)
  public static func exp(_ x: SIMD8<Double>) -> SIMD8<Double> {
    let (small, power) = reduced(x)
    return DoubleLanes(bits: (small + 1).bits &+ power)
  }

  /// e^x and e^x − 1, the latter without loss for small x.
  ///
  /// - Parameter x: −707 to 709 in every lane.
  /// - Returns: both, within 1.5 units in the last place.
  @inline(__always)
  public static func expBoth(
    _ x: SIMD8<Double>
  ) -> (whole: SIMD8<Double>, less: SIMD8<Double>) {
    let (small, power) = reduced(x)
    let scale = DoubleLanes(bits: DoubleLanes(repeating: 1).bits &+ power)
    return (
      DoubleLanes(bits: (small + 1).bits &+ power), fused(scale, small, scale - 1)
    )
  }

  /// The lanes, but none below a number; a lane that is not a number stays that.
  @inline(__always)
  static func atLeast(_ least: Double, _ x: DoubleLanes) -> DoubleLanes {
    x.replacing(with: least, where: x .< DoubleLanes(repeating: least))
  }

  /// The lanes, but none above a number; a lane that is not a number stays that.
  @inline(__always)
  static func atMost(_ most: Double, _ x: DoubleLanes) -> DoubleLanes {
    x.replacing(with: most, where: x .> DoubleLanes(repeating: most))
  }
}
