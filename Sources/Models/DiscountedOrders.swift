// Orders to come, each worth less the later it comes, for every purchase model.
// Pareto/NBD has its own form in ParetoNBD+Discount.swift.

extension PurchaseModel {
  /// The expected orders within the horizon, each discounted to now.
  ///
  /// ∫₀^t e^(−δw) dE(Y(w)), see `DiscountedOrders`.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  ///   - discountRatePerDay: δ, the continuous rate, at least 0.
  /// - Returns: DET, between 0 and the expected orders.
  /// - Complexity: some hundred times that of the expected orders.
  public func discountedOrders(
    of history: PurchaseHistory, within horizonDays: Double, discountRatePerDay: Double
  ) -> Double {
    aliveProbability(of: history)
      * DiscountedOrders(ratePerDay: discountRatePerDay) {
        expectedOrdersIfAlive(of: history, within: $0)
      }.value(within: horizonDays)
  }

  /// All orders ever to come, each discounted to now.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - discountRatePerDay: δ, the continuous rate, above 0: without it there may be no limit.
  /// - Returns: DERT.
  /// - Precondition: the rate is above 0.
  /// - Complexity: some hundred times that of the expected orders.
  public func discountedOrdersForEver(
    of history: PurchaseHistory, discountRatePerDay: Double
  ) -> Double {
    precondition(discountRatePerDay > 0, "orders for ever need a discount rate above 0")
    return aliveProbability(of: history)
      * DiscountedOrders(ratePerDay: discountRatePerDay) {
        expectedOrdersIfAlive(of: history, within: $0)
      }.value(within: .infinity)
  }
}

/// Expected orders of any growth, discounted.
///
///     ∫₀^t e^(−δw) dE(w) = e^(−δt)·E(t) + δ·∫₀^t e^(−δw)·E(w) dw,
///
/// the integral by Gauss and Legendre's rule over panels of y = ln w, downwards from the end. In y
/// the scales of a model and of the discount are all of length about 1, wherever they lie.
struct DiscountedOrders {
  /// δ.
  let ratePerDay: Double
  /// E(w), which is 0 at 0, grows, and is analytic.
  let expectedOrders: (_ withinDays: Double) -> Double

  /// Beyond this δw nothing is left.
  static let discountMax = 60.0
  /// The length of a panel in y.
  static let panel = 1.0

  /// - Parameter horizonDays: t, at least 0, or infinity if the rate is above 0.
  /// - Returns: discounted orders.
  func value(within horizonDays: Double) -> Double {
    guard horizonDays > 0 else { return 0 }
    guard ratePerDay > 0 else { return expectedOrders(horizonDays) }
    let end = min(horizonDays, Self.discountMax / ratePerDay)
    let last =
      horizonDays > end ? 0 : exp(-ratePerDay * horizonDays) * expectedOrders(horizonDays)
    var integral = 0.0
    var stop = 0.0
    while true {
      let part = panel(from: stop - Self.panel, to: stop, below: end)
      integral += part
      stop -= Self.panel
      // Below 1/δ the integrand e^(−δw)·E(w)·w falls towards 0 at least like w.
      let isFalling = exp(stop) * end * ratePerDay < 1
      if isFalling, part <= 1e-17 * (integral + last) { return last + integral }
    }
  }

  /// δ·∫ e^(−δw)·E(w)·w dy over a panel of y = ln(w/end).
  private func panel(from start: Double, to stop: Double, below end: Double) -> Double {
    let half = (stop - start) / 2
    let middle = start + half
    var sum = 0.0
    for i in 0..<8 {
      let weight = half * GaussLegendre.weights[i]
      for y in [middle - half * GaussLegendre.nodes[i], middle + half * GaussLegendre.nodes[i]] {
        let time = end * exp(y)
        sum += weight * exp(-ratePerDay * time) * expectedOrders(time) * (ratePerDay * time)
      }
    }
    return sum
  }
}
