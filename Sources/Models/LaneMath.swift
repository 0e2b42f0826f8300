// Exponential and logarithm over eight lanes, in portable Swift: multiply, add, compare and shift.
// No fused multiply-add (a library call on baseline x86-64), no min, max or sum (not vectorised).
// Every lane's result depends on that lane only, so neighbours never change a bit.

/// Eight numbers, one per customer or one per month.
public typealias Lanes = SIMD8<Double>
/// The bit patterns of eight numbers.
public typealias LaneBits = SIMD8<UInt64>
typealias LaneMask = SIMDMask<SIMD8<Int64>>

extension SIMD8<Double> {
  /// The value without its sign, lane by lane.
  @inline(__always)
  var magnitudes: Self { Self(bits: bits & LaneBits(repeating: 0x7fff_ffff_ffff_ffff)) }

  /// The bit patterns of the lanes.
  @inlinable @inline(__always)
  var bits: LaneBits {
    // Both types are 64 bytes of plain lanes, in the same order.
    unsafe unsafeBitCast(self, to: LaneBits.self)
  }

  @inlinable @inline(__always)
  init(bits: LaneBits) {
    // Both types are 64 bytes of plain lanes, in the same order.
    self = unsafe unsafeBitCast(bits, to: Self.self)
  }
}

/// Functions over lanes, each within 2.5 units in the last place (the tests print the error found).
public enum LaneMath {
  /// One divided by the square root, after Lomont's first guess (2003), with two steps of Newton's.
  ///
  /// Relative error below 5e-6: for weights, not for results.
  ///
  /// - Parameter x: positive, finite and not subnormal in every lane.
  /// - Returns: x^−½.
  @inlinable @inline(__always)
  public static func roughInverseSquareRoot(_ x: Lanes) -> Lanes {
    var y = Lanes(
      bits: LaneBits(repeating: 0x5fe6_eb50_c7b5_37a9) &- (x.bits &>> LaneBits(repeating: 1)))
    let half = x * 0.5
    y *= Lanes(repeating: 1.5) - half * y * y
    y *= Lanes(repeating: 1.5) - half * y * y
    return y
  }

  /// The natural logarithm, after fdlibm's e_log.c.
  ///
  /// - Parameter x: positive, finite and not subnormal in every lane.
  /// - Returns: ln x.
  @inline(__always)
  static func log(_ x: Lanes) -> Lanes {
    // x = 2^k · m with √½ ≤ m < √2, cut at the bits of √½.
    let half: UInt64 = 0x3fe6_a09e_0000_0000
    let shifted = x.bits &+ LaneBits(repeating: 0x3ff0_0000_0000_0000 - half)
    // An exponent of 52 makes the integer in the low bits the number's value: no conversion.
    let k =
      Lanes(
        bits: (shifted &>> LaneBits(repeating: 52)) | LaneBits(repeating: 0x4330_0000_0000_0000))
      - Lanes(repeating: 4_503_599_627_370_496 + 1023)
    let m = Lanes(
      bits: (shifted & LaneBits(repeating: 0x000f_ffff_ffff_ffff)) &+ LaneBits(repeating: half))
    let f = m - 1
    let s = f / (f + 2)
    let z = s * s
    let w = z * z
    var odd = w * 1.531383769920937332e-01 + 2.222219843214978396e-01
    odd = w * odd + 3.999999999940941908e-01
    var even = w * 1.479819860511658591e-01 + 1.818357216161805012e-01
    even = w * even + 2.857142874366239149e-01
    even = w * even + 6.666666666666735130e-01
    let rest = w * odd + z * even
    let square = f * f * 0.5
    return k * 6.93147180369123816490e-01
      - ((square - (s * (square + rest) + k * 1.90821492927058770002e-10)) - f)
  }

  /// ln(1+x) without loss for small x.
  ///
  /// - Parameter x: at least 0 and finite in every lane.
  /// - Returns: ln(1+x).
  @inline(__always)
  static func log1p(_ x: Lanes) -> Lanes {
    let u = x + 1
    return log(u) + (x - (u - 1)) / u
  }

  /// e^r − 1 for |r| ≤ ½ ln 2, and the k for which x = k·ln 2 + r, as a number and as bits of 2^k.
  @inline(__always)
  private static func reduced(_ x: Lanes) -> (expm1: Lanes, powerBits: LaneBits) {
    // Adding 1.5·2^52 leaves the nearest whole number in the low bits.
    let magic = Lanes(repeating: 6_755_399_441_055_744)
    let shifted = x * 1.44269504088896338700 + magic
    let k = shifted - magic
    let r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
    // Taylor's series: the first term left out is below 5e-18 of the result.
    var q = r * (1.0 / 6_227_020_800) + 1.0 / 479_001_600
    q = r * q + 1.0 / 39_916_800
    q = r * q + 1.0 / 3_628_800
    q = r * q + 1.0 / 362_880
    q = r * q + 1.0 / 40_320
    q = r * q + 1.0 / 5040
    q = r * q + 1.0 / 720
    q = r * q + 1.0 / 120
    q = r * q + 1.0 / 24
    q = r * q + 1.0 / 6
    q = r * q + 0.5
    return (r * r * q + r, shifted.bits &<< LaneBits(repeating: 52))
  }

  /// The exponential; below −708 it is 0, for subnormal results are of no use here.
  ///
  /// - Parameter x: at most 709 in every lane.
  /// - Returns: e^x.
  @inline(__always)
  static func exp(_ x: Lanes) -> Lanes {
    let tiny = x .< Lanes(repeating: -708)
    let (small, power) = reduced(x.replacing(with: 0, where: tiny))
    return Lanes(bits: (small + 1).bits &+ power).replacing(with: 0, where: tiny)
  }

  /// e^x − 1 without loss for small x.
  ///
  /// - Parameter x: at most 700 in every lane.
  /// - Returns: e^x − 1.
  @inline(__always)
  static func expm1(_ x: Lanes) -> Lanes {
    // Below −40 the answer is −1 to the last bit, and 2^k would leave the normal range.
    let low = x .< Lanes(repeating: -40)
    let (small, power) = reduced(x.replacing(with: -40, where: low))
    let scale = Lanes(bits: Lanes(repeating: 1).bits &+ power)
    return scale * small + (scale - 1)
  }
}
