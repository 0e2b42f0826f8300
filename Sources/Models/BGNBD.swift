// The BG/NBD model and the forwarding both beta-geometric models share.

/// The BG/NBD model of Fader, Hardie and Lee (Marketing Science 24:2, 2005).
///
/// Everybody without a repeat order is alive under it; choose MBG/NBD to ask whether a one-time
/// buyer is gone.
public struct BGNBD: BetaGeometricModel {
  /// Which model this is.
  public static let kind = PurchaseModelKind.bgNBD
  /// The shared mathematics with no chance to leave at the first order.
  public let family: BetaGeometric

  /// Makes the model of some parameters.
  ///
  /// - Parameter parameters: checked when they were made.
  public init(_ parameters: PurchaseParameters) {
    family = BetaGeometric(parameters, firstChances: 0)
  }
}

/// A purchase model that is one of the beta-geometric family.
public protocol BetaGeometricModel: PurchaseModel, Equatable {
  /// The mathematics of the family.
  var family: BetaGeometric { get }
}

extension BetaGeometricModel {
  /// The numbers it was fitted to.
  public var parameters: PurchaseParameters { family.parameters }

  /// The logarithm of the density of a history.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: ln L.
  public func logLikelihood(of history: PurchaseHistory) -> Double {
    family.logLikelihood(of: history)
  }

  /// The gradient of the log-likelihood.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: the derivatives with respect to the four parameters.
  public func logLikelihoodGradient(of history: PurchaseHistory) -> PurchaseGradient {
    family.logLikelihoodGradient(of: history)
  }

  /// The probability that the customer will ever order again.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: P(alive | x, t_x, T), 0 to 1.
  public func aliveProbability(of history: PurchaseHistory) -> Double {
    family.aliveProbability(of: history)
  }

  /// The expected orders of a customer who is certainly alive.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: E(Y(t) | x, T, alive).
  public func expectedOrdersIfAlive(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    family.expectedOrdersIfAlive(of: history, within: horizonDays)
  }

  /// The probability of no order within the horizon.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: the churn probability, 0 to 1.
  public func churnProbability(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    family.churnProbability(of: history, within: horizonDays)
  }

  /// The probability of a number of repeat orders of someone who is just now a customer.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - horizonDays: days since the first order, at least 0.
  /// - Returns: P(X(t) = n), 0 to 1.
  public func populationProbability(
    ofOrders orders: Int, within horizonDays: Double
  ) -> Double {
    family.populationProbability(ofOrders: orders, within: horizonDays)
  }
}
