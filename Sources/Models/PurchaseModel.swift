// The one protocol of all purchase models, and their names.
// A model is added by one file with a type that conforms and one case below.

/// Which purchase model a shop lives with.
public enum PurchaseModelKind: UInt8, Sendable, CaseIterable {
  /// Fader, Hardie and Lee 2005: dropout is possible after each repeat order.
  case bgNBD = 1
  /// Batislam, Denizel and Filiztekin 2007: dropout is possible after the first order too.
  case mbgNBD = 2

  /// The name on the command line and on the wire.
  public var name: String {
    switch self {
    case .bgNBD: "bg-nbd"
    case .mbgNBD: "mbg-nbd"
    }
  }

  /// The model of this kind with some parameters.
  ///
  /// - Parameter parameters: checked when they were made.
  /// - Returns: the exact model.
  public func model(_ parameters: PurchaseParameters) -> any PurchaseModel {
    switch self {
    case .bgNBD: BGNBD(parameters)
    case .mbgNBD: MBGNBD(parameters)
    }
  }

  /// Finds the kind of a name.
  ///
  /// - Parameter name: as `name` prints it.
  public init?(name: String) {
    guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = kind
  }
}

/// The gradient of a log-likelihood with respect to r, α (days), a and b.
public struct PurchaseGradient: Sendable, Equatable {
  /// Derivative with respect to r.
  public var r: Double
  /// Derivative with respect to α, per day.
  public var alpha: Double
  /// Derivative with respect to a.
  public var a: Double
  /// Derivative with respect to b.
  public var b: Double
}

/// A model of when a customer orders and when the customer leaves.
///
/// All functions are pure, take times in days and never return NaN or infinity for a history and a
/// horizon (0 to 36,525 days and, for research, far beyond) within their documented ranges.
public protocol PurchaseModel: Sendable {
  /// Which model this is.
  static var kind: PurchaseModelKind { get }

  /// The numbers it was fitted to.
  var parameters: PurchaseParameters { get }

  /// Makes the model of some parameters.
  ///
  /// - Parameter parameters: checked when they were made.
  init(_ parameters: PurchaseParameters)

  /// The logarithm of the density of a history.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: ln L; the density of the repeat orders' times is per day.
  func logLikelihood(of history: PurchaseHistory) -> Double

  /// The gradient of the log-likelihood.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: the derivatives with respect to the four parameters.
  func logLikelihoodGradient(of history: PurchaseHistory) -> PurchaseGradient

  /// The probability that the customer will ever order again.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: P(alive | x, t_x, T), 0 to 1.
  func aliveProbability(of history: PurchaseHistory) -> Double

  /// The expected orders of a customer who is certainly alive.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: E(Y(t) | x, T, alive).
  func expectedOrdersIfAlive(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double

  /// The probability of no order within the horizon.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: 1 − P(alive)·(1 − ((α+T)/(α+T+t))^(r+x)), 0 to 1.
  func churnProbability(of history: PurchaseHistory, within horizonDays: Double) -> Double

  /// The probability of a number of repeat orders of someone who is just now a customer.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - horizonDays: days since the first order, at least 0.
  /// - Returns: P(X(t) = n), 0 to 1.
  func populationProbability(ofOrders orders: Int, within horizonDays: Double) -> Double
}

extension PurchaseModel {
  /// The expected orders within the horizon.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: E(Y(t) | x, t_x, T).
  public func expectedOrders(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    aliveProbability(of: history) * expectedOrdersIfAlive(of: history, within: horizonDays)
  }

  /// The expected repeat orders of someone who is just now a customer.
  ///
  /// - Parameter horizonDays: days since the first order, at least 0.
  /// - Returns: E(X(t)).
  public func populationExpectedOrders(within horizonDays: Double) -> Double {
    expectedOrders(of: .new, within: horizonDays)
  }
}
