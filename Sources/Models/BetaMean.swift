// The mean of a function over p ~ Beta(a, b), for functions that are known point by point.
// DropoutQuadrature and RegularDropoutQuadrature say which; LaneQuadrature does it lane by lane.

/// A doubly exponential rule over a beta distribution.
///
/// With p = 1/(1+e^(−y)) and y = y₀ + w·sinh v the trapezoidal rule in v converges doubly
/// exponentially (Takahasi and Mori 1974). Numerator and normaliser share their weights, so errors in
/// these nearly cancel.
struct BetaMean {
  let a: Double
  let b: Double
  /// The last relative change by a halving of the step; the next one would be far smaller.
  let changeMax: Double

  /// The mean of a function.
  ///
  /// - Parameter value: of ln(p/(1−p)); at least 0.
  /// - Returns: ∫ value·p^(a−1)(1−p)^(b−1) dp / B(a, b).
  @inline(__always)
  func mean(of value: (Double) -> Double) -> Double {
    // Where p has its density, at a resolution of its width, but never coarser than 1, which is
    // the scale of the functions themselves.
    let center = log(max(a, 1) / max(b, 1))
    let width = min(1, (1 / max(a, 1) + 1 / max(b, 1)).squareRoot())
    let mode = log(a / b)
    let peak = logWeight(mode)
    var numerator = 0.0
    var normaliser = 0.0

    /// Adds the point at v; false once what lies beyond v is nothing.
    func add(_ v: Double) -> Bool {
      let y = center + width * sinh(v)
      let logged = logWeight(y) - peak
      let weight = cosh(v) * exp(logged)
      let term = weight * value(y)
      numerator += term
      normaliser += weight
      return logged > -60 || term > 1e-20 * numerator || (v < 0) != (y < mode)
    }
    /// Adds all points from ±first in the given distance.
    func addSide(from first: Double, by distance: Double) {
      var v = first
      while add(v) { v += distance }
    }

    var step = 0.25
    _ = add(0)
    addSide(from: step, by: step)
    addSide(from: -step, by: -step)
    var result = numerator / normaliser
    // 2^-10 is far beyond what any case needs.
    while step > 1.0 / 1024 {
      addSide(from: step / 2, by: step)
      addSide(from: -step / 2, by: -step)
      step /= 2
      let refined = numerator / normaliser
      let change = abs(refined - result)
      result = refined
      if change <= changeMax * result { break }
    }
    return result
  }

  /// ln[p^a (1−p)^b], which is a·y − (a+b)·ln(1+e^y); concave in y.
  private func logWeight(_ y: Double) -> Double {
    y > 0
      ? -b * y - (a + b) * log1p(exp(-y))
      : a * y - (a + b) * log1p(exp(y))
  }
}
