// What binomial-like probabilities are made of in Loader's saddle-point form: logarithms only as
// large as that of the result. RegularisedBeta and StageCounts put them together.

/// e − ln(1+e), without cancellation near 0: half the deviance of a count beside its mean, per count
/// (Loader 2000).
///
/// - Parameters:
///   - e: above −1.
///   - ratio: 1 + e, for callers who know it with more digits near 0.
/// - Returns: at least 0.
func deviance(_ e: Double, of ratio: Double? = nil) -> Double {
  guard abs(e) < 0.1 else { return e - (ratio.map { log($0) } ?? log1p(e)) }
  var power = e * e
  var sum = power / 2
  var n = 3.0
  while true {
    power *= -e
    let term = power / n
    sum += term
    if abs(term) <= 1e-18 * sum || power == 0 { return sum }
    n += 1
  }
}

/// The error of Stirling's formula: ln Γ(x+1) − [(x + ½) ln x − x + ½ ln 2π].
///
/// - Parameter x: above 0.
/// - Returns: about 1/(12x).
func stirlingError(_ x: Double) -> Double {
  x >= 15
    ? stirlingCorrection(x) : logGamma(x + 1) - (x + 0.5) * log(x) + x - 0.918_938_533_204_672_8
}
