// The regularised incomplete beta function, which is the distribution function of sums of gamma
// distributed values whose rate is itself gamma distributed.

/// The regularised incomplete beta function.
///
/// The continued fraction of DiDonato and Morris (Algorithm 708, ACM TOMS 18:3, 1992), on
/// the side of the mean where it is fast, after Lentz; its factor in Loader's saddle-point form (2000), whose
/// logarithms are only as large as that of the result. Relative error below 1e-12.
///
/// - Parameters:
///   - x: 0 to 1.
///   - complement: 1 − x, for callers who know it with more digits.
///   - a: first shape, above 0.
///   - b: second shape, above 0.
/// - Returns: I_x(a, b), 0 to 1.
func regularisedBeta(_ x: Double, complement: Double, _ a: Double, _ b: Double) -> Double {
  if x <= 0 { return 0 }
  if complement <= 0 { return 1 }
  // On this side of the mean the fraction is fast; on the other side the result is not small.
  if x * (a + b + 2) <= a + 1 { return min(betaTail(x, complement, a, b), 1) }
  return max(1 - betaTail(complement, x, b, a), 0)
}

/// The regularised incomplete beta function.
///
/// - Parameters:
///   - x: 0 to 1.
///   - a: first shape, above 0.
///   - b: second shape, above 0.
/// - Returns: I_x(a, b), 0 to 1.
func regularisedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  regularisedBeta(x, complement: 1 - x, a, b)
}

/// I_x(a, b) for x at most about the mean.
private func betaTail(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
  let factor = betaFactor(x, y, a, b)
  guard factor > 0 else { return 0 }
  // a·y − b·x is how far x is below the mean, without cancellation when x is next to 1.
  let start = 1 + (a * y - b * x)
  func safe(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
  var fraction = safe(a * start / (a + 1))
  var (c, d, n) = (fraction, 0.0, 1.0)
  // It takes about √max(a, b) steps.
  while n < 1e6 {
    let w = n * (b - n) * x
    let (before, after) = (a + 2 * n - 1, a + 2 * n + 1)
    let over = (a + n - 1) * ((a + b) + n - 1) / (before * before) * (w * x)
    let under = n + w / before + (a + n) / after * (start + n * (1 + y))
    d = 1 / safe(under + over * d)
    c = safe(under + over / c)
    fraction *= c * d
    if abs(c * d - 1) <= 4e-16 { break }
    n += 1
  }
  return a * factor / fraction
}

/// x^a·y^b·Γ(a+b)/(Γ(a+1)·Γ(b)) with y = 1 − x.
private func betaFactor(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
  let all = a + b
  let excess = b * x - a * y
  let exponent =
    stirlingError(all) - stirlingError(a) - stirlingError(b)
    - a * deviance(excess / a, of: x * (all / a)) - b * deviance(-excess / b, of: y * (all / b))
  return (b / (all * a) / (2 * Double.pi)).squareRoot() * exp(exponent)
}
