// The one protocol of all purchase models. Which ones there are is in PurchaseModelKind.swift.

/// A model of when a customer orders and when the customer leaves.
///
/// All functions are pure, take times in days and never return NaN or infinity for a history and a
/// horizon (0 to 36,525 days and, for research, far beyond) within their documented ranges.
public protocol PurchaseModel: Sendable {
  /// Which model this is, and its numbers.
  var purchaseParameters: PurchaseParameters { get }

  /// The logarithm of the density of a history.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: ln L; the density of the repeat orders' times is per day.
  func logLikelihood(of history: PurchaseHistory) -> Double

  /// The gradient of the log-likelihood.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: the derivatives with respect to the four parameters, in their order.
  func logLikelihoodGradient(of history: PurchaseHistory) -> SIMD4<Double>

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
  /// - Returns: 1 − P(alive)·P(an order within t | alive), 0 to 1.
  func churnProbability(of history: PurchaseHistory, within horizonDays: Double) -> Double

  /// The probability of a number of orders of a customer who is certainly alive.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: P(Y(t) = n | x, t_x, T, alive), 0 to 1.
  func probabilityIfAlive(
    ofOrders orders: Int, of history: PurchaseHistory, within horizonDays: Double
  ) -> Double

  /// The probability of a number of repeat orders of someone who is just now a customer.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - horizonDays: days since the first order, at least 0.
  /// - Returns: P(X(t) = n), 0 to 1.
  func populationProbability(ofOrders orders: Int, within horizonDays: Double) -> Double

  /// The expected orders within the horizon, each discounted to now.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  ///   - discountRatePerDay: δ, the continuous rate, at least 0.
  /// - Returns: DET, between 0 and the expected orders.
  func discountedOrders(
    of history: PurchaseHistory, within horizonDays: Double, discountRatePerDay: Double
  ) -> Double

  /// All orders ever to come, each discounted to now.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - discountRatePerDay: δ, the continuous rate, above 0: without it there may be no limit.
  /// - Returns: DERT.
  func discountedOrdersForEver(
    of history: PurchaseHistory, discountRatePerDay: Double
  ) -> Double
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

/// A purchase model whose log-likelihood a fit can climb.
protocol LikelihoodModel: PurchaseModel {
  /// The part of ln L that depends on x alone, the same for all who ordered equally often.
  func countCurvature(repeatOrders x: Double) -> Curvature

  /// The part of ln L that depends on the times.
  func timeCurvature(of history: PurchaseHistory) -> Curvature
}

extension LikelihoodModel {
  /// The gradient of the log-likelihood.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: the derivatives with respect to the four parameters, in their order.
  public func logLikelihoodGradient(of history: PurchaseHistory) -> SIMD4<Double> {
    curvature(of: history).gradient
  }

  /// ln L of one history with its derivatives.
  func curvature(of history: PurchaseHistory) -> Curvature {
    var sum = countCurvature(repeatOrders: history.repeatOrders)
    sum += timeCurvature(of: history)
    return sum
  }
}
