// The fitted numbers of the spend model, checked once when they are made.

/// The parameters of the Gamma–Gamma spend model, with γ in major units of the currency.
///
/// An order's value is Gamma(p, ν) within a customer, and ν ~ Gamma(q, γ) among customers.
public struct SpendParameters: Sendable, Equatable {
  /// Shape of the values within a customer.
  public let p: Double
  /// Shape of ν among customers; above 1, so that the population has a mean.
  public let q: Double
  /// Inverse scale of ν among customers, in major units of the currency.
  public let gamma: Double

  /// The range in which p is accepted.
  public static let pRange: ClosedRange<Double> = 1e-6...1e9
  /// The range in which q is accepted.
  public static let qRange: ClosedRange<Double> = (1 + 1e-6)...1e9
  /// The range in which γ is accepted, in major units of the currency.
  public static let gammaRange: ClosedRange<Double> = 1e-12...1e18

  /// Checks and keeps the three numbers.
  ///
  /// - Parameters:
  ///   - p: shape within a customer, within `pRange`.
  ///   - q: shape among customers, within `qRange`, so above 1.
  ///   - gamma: inverse scale in major units, within `gammaRange`.
  /// - Throws: `ModelError.outOfRange`, naming the parameter.
  public init(p: Double, q: Double, gamma: Double) throws(ModelError) {
    try ModelError.check(p, "p", in: Self.pRange)
    try ModelError.check(q, "q", in: Self.qRange)
    try ModelError.check(gamma, "gamma", in: Self.gammaRange)
    self.init(trustedP: p, q: q, gamma: gamma)
  }

  /// Keeps numbers that are known to lie in range.
  init(trustedP p: Double, q: Double, gamma: Double) {
    self.p = p
    self.q = q
    self.gamma = gamma
  }
}
