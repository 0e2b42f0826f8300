// Orders to come, each worth less the later it comes: to a horizon and for ever.

extension ParetoNBD {
  /// The expected orders within the horizon, each discounted to now.
  ///
  /// ∫₀^t e^(−δw) dE(Y(w)) with dE(Y(w)) proportional to ((β+T)/(β+T+w))^s dw.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  ///   - discountRatePerDay: δ, the continuous rate, at least 0.
  /// - Returns: DET, between 0 and the expected orders.
  public func discountedOrders(
    of history: PurchaseHistory, within horizonDays: Double, discountRatePerDay: Double
  ) -> Double {
    guard horizonDays > 0 else { return 0 }
    guard discountRatePerDay > 0 else { return expectedOrders(of: history, within: horizonDays) }
    let beta = parameters.beta + history.ageDays
    let integral = DiscountIntegrand(s: parameters.s, rate: discountRatePerDay * beta)
      .logIntegral(to: log1p(horizonDays / beta))
    return aliveProbability(of: history) * ordersPerLifetime(history) * exp(integral)
  }

  /// All orders ever to come, each discounted to now.
  ///
  /// The closed form of Fader, Hardie and Lee 2005 (Journal of Marketing Research 42:4) has Tricomi's
  /// Ψ(s, s; δ(β+T)), which is the integral taken here.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - discountRatePerDay: δ, the continuous rate, above 0: without it there may be no limit.
  /// - Returns: DERT.
  /// - Precondition: the rate is above 0.
  public func discountedOrdersForEver(
    of history: PurchaseHistory, discountRatePerDay: Double
  ) -> Double {
    precondition(discountRatePerDay > 0, "orders for ever need a discount rate above 0")
    let rate = discountRatePerDay * (parameters.beta + history.ageDays)
    // Beyond this δw exceeds 800, and nothing is left.
    let integral = DiscountIntegrand(s: parameters.s, rate: rate).logIntegral(to: log1p(800 / rate))
    return aliveProbability(of: history) * ordersPerLifetime(history) * exp(integral)
  }
}
