// E(Y(t) | alive) as an integral over the dropout probability: slower than the series of
// ExpectedOrders.swift, but a ratio of sums of positive terms, so good everywhere.

/// The mean of (1 − (1+p·u)^(−R))/p over p ~ Beta(a, b).
///
/// Given λ and p a living customer makes (1 − e^(−λpt))/p expected orders; the mean over
/// λ ~ Gamma(R, α+T) is in closed form, the one over p is taken by `BetaMean`.
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
    BetaMean(a: a, b: b, changeMax: Self.changeMax).mean { y in
      let p = 1 / (1 + exp(-y))
      return p > 1e-290 ? -expm1(-shape * log1p(p * u)) / p : shape * u
    }
  }
}
