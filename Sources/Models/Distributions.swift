// The distributions that intervals and tests go by: normal and chi-square, and the elementary
// functions for those who must not touch the system's library themselves.

/// Elementary functions for other targets; the door to the system's library stays in one file.
public enum Elementary {
  /// The exponential.
  ///
  /// - Parameter x: any number.
  /// - Returns: e^x.
  public static func exp(_ x: Double) -> Double { Models.exp(x) }

  /// The natural logarithm.
  ///
  /// - Parameter x: above 0.
  /// - Returns: ln x.
  public static func log(_ x: Double) -> Double { Models.log(x) }

  /// The logistic function.
  ///
  /// - Parameter x: any number.
  /// - Returns: 1/(1 + e^−x).
  public static func logistic(_ x: Double) -> Double {
    let small = Models.exp(-abs(x))
    return (x < 0 ? small : 1) / (1 + small)
  }
}

/// The standard normal distribution.
public enum Normal {
  /// The probability of a value below.
  ///
  /// - Parameter z: any number.
  /// - Returns: Φ(z), with all digits in both tails.
  public static func cumulative(_ z: Double) -> Double { 0.5 * erfc(-z * 0.5.squareRoot()) }

  /// The density.
  ///
  /// - Parameter z: any number.
  /// - Returns: φ(z).
  public static func density(_ z: Double) -> Double { 0.3989422804014327 * exp(-0.5 * z * z) }

  /// The value below which a share of the values lies.
  ///
  /// Acklam's rational approximation (relative error 1.15e-9), then one step of Halley's method on
  /// `cumulative`; relative error below 1e-14 for shares above 1e-300.
  ///
  /// - Parameter share: between 0 and 1, neither of them.
  /// - Returns: Φ⁻¹(share).
  public static func quantile(_ share: Double) -> Double {
    if share > 0.5 { return -quantile(1 - share) }
    var z: Double
    if share < 0.02425 {
      let q = (-2 * log(share)).squareRoot()
      z = polynomial(
        q,
        [
          -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
          -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00,
        ])
      z /= polynomial(
        q,
        [
          7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
          3.754408661907416e+00, 1,
        ])
    } else {
      let q = share - 0.5
      let r = q * q
      z = polynomial(
        r,
        [
          -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02,
          1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00,
        ])
      z *= q
      z /= polynomial(
        r,
        [
          -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
          6.680131188771972e+01, -1.328068155288572e+01, 1,
        ])
    }
    let u = (cumulative(z) - share) / density(z)
    return z - u / (1 + z * u / 2)
  }

  private static func polynomial(_ x: Double, _ coefficients: [Double]) -> Double {
    coefficients.reduce(0) { $0 * x + $1 }
  }
}

/// The chi-square distribution.
public enum ChiSquare {
  /// The probability of a value above.
  ///
  /// Q(k/2, x/2) by the series or Lentz's continued fraction (Abramowitz and Stegun 6.5.29 and
  /// 6.5.31); relative error below 1e-10.
  ///
  /// - Parameters:
  ///   - x: at least 0.
  ///   - degrees: degrees of freedom, at least 1.
  /// - Returns: P(X > x).
  public static func upperTail(_ x: Double, degrees: Int) -> Double {
    let (a, x) = (Double(degrees) / 2, x / 2)
    if x <= 0 { return 1 }
    let factor = exp(a * log(x) - x - logGamma(a))
    if x < a + 1 {
      var (term, sum, n) = (1 / a, 1 / a, a)
      while term > sum * 1e-16 {
        n += 1
        term *= x / n
        sum += term
      }
      return max(1 - factor * sum, 0)
    }
    var b = x + 1 - a
    var c = 1e300
    var d = 1 / b
    var fraction = d
    for step in 1...10_000 {
      let an = -Double(step) * (Double(step) - a)
      b += 2
      d = 1 / (an * d + b)
      c = b + an / c
      fraction *= d * c
      if abs(d * c - 1) < 1e-15 { break }
    }
    return factor * fraction
  }
}
