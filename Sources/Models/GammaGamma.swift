// The Gamma–Gamma model of what an order is worth. Its fit is in SpendFit.swift.

/// The spend model of Fader and Hardie (note 025, 2013): order values independent of order times.
public struct GammaGamma: Sendable, Equatable {
  /// p, q and γ.
  public let parameters: SpendParameters

  /// Makes the model of some parameters.
  ///
  /// - Parameter parameters: checked when they were made.
  @inlinable
  public init(_ parameters: SpendParameters) {
    self.parameters = parameters
  }

  /// The mean over all customers: pγ/(q−1).
  public var populationMean: Double {
    parameters.p * parameters.gamma / (parameters.q - 1)
  }

  /// The expected value of an order: p(γ + x·m̄)/(p·x + q − 1), note 025 equation (5).
  ///
  /// - Parameters:
  ///   - repeatOrders: x, at least 0.
  ///   - meanSpend: m̄ in major units; without repeat orders or not above 0 it says nothing, and
  ///     the answer is the population's mean.
  /// - Returns: major units of the currency, above 0.
  public func expectedSpend(repeatOrders: Double, meanSpend: Double) -> Double {
    guard repeatOrders > 0, meanSpend > 0 else { return populationMean }
    let p = parameters.p
    return p * (parameters.gamma + repeatOrders * meanSpend)
      / (p * repeatOrders + (parameters.q - 1))
  }

  /// The logarithm of the density of a mean spend, note 025 equation (1a).
  ///
  /// - Parameters:
  ///   - repeatOrders: x, at least 1.
  ///   - meanSpend: m̄ in major units, above 0.
  /// - Returns: ln f(m̄ | x), the density being per major unit.
  public func logLikelihood(repeatOrders: Double, meanSpend: Double) -> Double {
    let (p, q, gamma) = (parameters.p, parameters.q, parameters.gamma)
    let x = repeatOrders
    let total = x * meanSpend
    // With w = x·m̄/(γ + x·m̄): w^(px) (1−w)^q / (B(px, q)·m̄).
    return logGamma(p * x + q) - logGamma(p * x) - logGamma(q)
      - p * x * log1p(gamma / total) - q * log1p(total / gamma) - log(meanSpend)
  }
}
