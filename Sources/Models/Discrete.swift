// What the two models of whole periods share: their ranges, a mean over a beta distribution, and a
// product that cannot leave the range of doubles.

/// The ranges and the mathematics of models whose time is counted in periods.
public enum Discrete {
  /// The most periods anything may last: 27 years of days.
  public static let periodsMax = 10_000
  /// The range in which a discount rate per period is accepted.
  public static let discountRange: ClosedRange<Double> = 1e-6...1e3

  static func checkPeriods(
    _ periods: Int, _ name: String = "number of periods", from least: Int = 0
  ) throws(ModelError) {
    try ModelError.check(Double(periods), name, in: Double(least)...Double(periodsMax))
  }

  static func checkDiscount(_ rate: Double) throws(ModelError) {
    try ModelError.check(rate, "discount rate per period", in: discountRange)
  }

  /// E[1/(d+θ)] for θ ~ Beta(α, β): what the papers write as ₂F₁(1, β; α+β; 1/(1+d))/(1+d).
  ///
  /// The series in 1/(1+d) needs some 40/d terms and Euler's transformation has a pole at α = 1.
  /// The continued fraction of Gauss in 1/d (DLMF 15.7) has positive coefficients only, so that it
  /// loses no digits, and needs at most some 16/√d steps. Cut off anywhere, its rest lies between d
  /// and d + 1, which encloses the value.
  static func betaMean(ofReciprocalAbove d: Double, alpha: Double, beta: Double) -> Double {
    let sum = alpha + beta
    var steps = 16
    while true {
      var (low, high) = (d, d + 1)
      for k in (0..<steps).reversed() {
        let k = Double(k)
        let odd =
          k == 0
          ? alpha / sum
          : (alpha + k) / (sum + 2 * k) * ((sum + (k - 1)) / (sum + (2 * k - 1)))
        let even = (k + 1) / (sum + (2 * k + 1)) * ((beta + k) / (sum + 2 * k))
        low = d + odd / (1 + even / low)
        high = d + odd / (1 + even / high)
      }
      // 16,384 steps were the most that any shapes took at the smallest d.
      if high - low <= 4e-16 * low || steps >= 1 << 16 { return 2 / (low + high) }
      steps *= 2
    }
  }
}

/// A product of positive factors that neither overflows nor underflows on its way.
struct ScaledProduct {
  private var significand = 1.0
  private var exponent = 0

  static func *= (product: inout Self, factor: Double) {
    product.significand *= factor
    // A factor changes it by 2^±200 at most.
    if product.significand < 0x1p-400 || product.significand > 0x1p400 {
      product.exponent += Int(product.significand.exponent)
      product.significand = product.significand.significand
    }
  }

  /// The product, 0 where it is too small for a double.
  var value: Double { Double(sign: .plus, exponent: exponent, significand: significand) }
}
