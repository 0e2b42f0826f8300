// E(Y(t) | alive) as an integral over the dropout probability: slower than the series of
// ExpectedOrders.swift, but a ratio of sums of positive terms, so good everywhere.

/// The mean of (1 − (1+p·u)^(−R))/p over p ~ Beta(a, b).
///
/// Given λ and p a living customer makes (1 − e^(−λpt))/p expected orders; the mean over
/// λ ~ Gamma(R, α+T) is in closed form, the one over p is taken here. With p = 1/(1+e^(−y)) and
/// y = y₀ + w·sinh v the trapezoidal rule in v converges doubly exponentially (Takahasi and Mori
/// 1974). Numerator and normaliser share their weights, so errors in these nearly cancel.
struct DropoutQuadrature {
  let a: Double
  let b: Double
  let shape: Double

  /// The last relative change by a halving of the step; the next one would be far smaller.
  static let changeMax = 1e-10

  /// The mean at a relative horizon.
  ///
  /// - Parameter u: t/(α+T), above 0.
  /// - Returns: expected orders.
  func value(at u: Double) -> Double {
    // Where p has its density, at a resolution of its width, but never coarser than 1, which is
    // the scale of the integrand itself.
    let center = log(max(a, 1) / max(b, 1))
    let width = min(1, (1 / max(a, 1) + 1 / max(b, 1)).squareRoot())
    let mode = log(a / b)
    let peak = logWeight(mode)
    var numerator = 0.0
    var normaliser = 0.0

    /// Adds the point at v; false once the weights beyond v are nothing.
    func add(_ v: Double) -> Bool {
      let y = center + width * sinh(v)
      let logged = logWeight(y) - peak
      let weight = cosh(v) * exp(logged)
      let p = 1 / (1 + exp(-y))
      let orders = p > 1e-290 ? -expm1(-shape * log1p(p * u)) / p : shape * u
      numerator += weight * orders
      normaliser += weight
      return logged > -60 || (v < 0) != (y < mode)
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
      if change <= Self.changeMax * result { break }
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
