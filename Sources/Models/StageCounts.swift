// Counts of a Poisson process whose rate is gamma distributed, for counts and shapes of any size.
// Those of the beta-geometric models are orders, those of the regular ones the stages of gaps.

/// The negative binomial counts of someone with rate ~ Gamma(R, A) within a time t.
///
///     P(N = n) = (R)_n / n! · s^R · z^n,   u = t/A, z = u/(1+u), s = 1/(1+u).
struct StageCounts {
  /// R.
  let shape: Double
  /// u.
  let odds: Double

  /// A count that far below the mean, in standard deviations, is as good as never met.
  ///
  /// The lower tail is below that of a normal distribution, here 3e-18.
  static let deviationsMax = 9.0
  /// Up to this many factors are multiplied one by one.
  static let factorsMax = 24.0

  /// R·u.
  var mean: Double { shape * odds }

  /// The standard deviation.
  var deviation: Double { (mean * (1 + odds)).squareRoot() }

  /// The lowest count worth looking at.
  var lowest: Double { max((mean - Self.deviationsMax * deviation).rounded(.down), 0) }

  /// P(N = n).
  ///
  /// - Parameter count: n, a whole number of at least 0.
  /// - Returns: the probability; its relative error does not grow with n.
  func probability(of count: Double) -> Double {
    if count == 0 { return exp(-shape * log1p(odds)) }
    if odds == 0 { return 0 }
    if count <= Self.factorsMax {
      var product = 1.0
      for i in 0..<Int(count) { product *= (shape + Double(i)) / Double(i + 1) }
      return product * exp(-shape * log1p(odds) - count * log1p(1 / odds))
    }
    // Loader's saddle-point form (2000) of n successes among N = R + n, whose logarithms are only
    // as large as that of the result.
    let all = shape + count
    let excess = (mean - count) / (1 + odds)
    let exponent =
      stirlingError(all) - stirlingError(count) - stirlingError(shape)
      - count * deviance(excess / count) - shape * deviance(-excess / shape)
    return (shape / (all * count) / (2 * Double.pi)).squareRoot() * exp(exponent)
  }

  /// P(N ≥ n).
  ///
  /// - Parameter count: n, a whole number.
  /// - Returns: the probability; its relative error does not grow where it is small.
  /// - Complexity: O(n), or of its distance to the lowest count.
  func probability(ofAtLeast count: Double) -> Double {
    if count <= 0 { return 1 }
    if odds == 0 { return 0 }
    let z = odds / (1 + odds)
    if count == 1 { return -expm1(-shape * log1p(odds)) }
    // Where the fraction is slow the result is not small beside P(N ≥ 1), so nothing is lost.
    if z * (count + shape + 2) < count + 1 {
      return min(probability(of: count) * fraction(count, z), 1)
    }
    var n = max(lowest, 1)
    var rest = n == 1 ? -expm1(-shape * log1p(odds)) : 1
    var term = n < count ? probability(of: n) : 0
    while n < count {
      rest -= term
      term *= (shape + n) / (n + 1) * z
      n += 1
    }
    return max(rest, 0)
  }

  /// P(N ≥ n) / P(N = n) by the continued fraction of the incomplete beta function
  /// (Abramowitz and Stegun 26.5.8) after Lentz.
  private func fraction(_ n: Double, _ z: Double) -> Double {
    func safe(_ x: Double) -> Double { abs(x) < 1e-300 ? 1e-300 : x }
    var c = 1.0
    var d = 1 / safe(1 - (n + shape) * z / (n + 1))
    var value = d
    var m = 1.0
    while m < 1e6 {
      let even = m * (shape - m) * z / ((n + 2 * m - 1) * (n + 2 * m))
      d = 1 / safe(1 + even * d)
      c = safe(1 + even / c)
      value *= d * c
      let odd = -(n + m) * (n + shape + m) * z / ((n + 2 * m) * (n + 2 * m + 1))
      d = 1 / safe(1 + odd * d)
      c = safe(1 + odd / c)
      value *= d * c
      if abs(d * c - 1) <= 2e-16 { break }
      m += 1
    }
    return value
  }
}
