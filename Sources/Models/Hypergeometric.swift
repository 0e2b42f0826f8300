// The Gauss hypergeometric function in the one form Pareto/NBD needs.

/// ₂F₁(1, b; c; z) = Σ (b)_n/(c)_n zⁿ, a sum of positive terms.
///
/// The papers' ₂F₁(R, q; R+1; z) is (1−z)^(1−q) · ₂F₁(1, R+1−q; R+1; z) by Euler's transformation
/// (Abramowitz and Stegun 15.3.3); the power is left to the caller, who has it as a logarithm.
///
/// - Parameters:
///   - b: above 0 and at most c.
///   - c: above 0.
///   - z: at least 0 and below 1; above `hypergeometricMax` the series is slow.
/// - Returns: the sum, relative error some units in the last place.
func hypergeometric(b: Double, c: Double, z: Double) -> Double {
  var term = 1.0
  var sum = 1.0
  var n = 0.0
  // Every ratio of terms is at most z, so the rest is at most that of a geometric series.
  repeat {
    term *= (b + n) / (c + n) * z
    sum += term
    n += 1
  } while term > 1e-17 * (1 - z) * sum
  return sum
}

/// Beyond this z an integral is cheaper than the series.
let hypergeometricMax = 0.6
