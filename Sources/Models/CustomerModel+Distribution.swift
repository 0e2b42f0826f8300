// How sure a score is: the distributions behind its expectations.

extension CustomerModel {
  /// How many orders there will be within the horizon, and what they will be worth.
  ///
  /// The calibration's factor stretches or shortens the time in which the living order, see
  /// `OrderDistribution`. The orders' discount is their mean one, as the score has it.
  ///
  /// - Parameters:
  ///   - subject: the customer.
  ///   - horizon: made under this model's calibration.
  /// - Returns: the distribution of the value; it holds that of the orders.
  /// - Complexity: O(n²) in the orders that have a probability.
  public func distribution(_ subject: ScoreSubject, _ horizon: ScoreHorizon) -> ValueDistribution {
    let score = score(subject, horizon)
    let models = purchases.map(\.model)
    let months = horizon.terms.months
    let end = horizon.endOfMonth(months, of: months)
    let base = models.reduce(0) { $0 + $1.expectedOrders(of: subject.history, within: end) }
    let expected = base / Double(models.count)
    let orders = OrderDistribution(
      of: subject.history, within: end, under: models,
      factor: expected > 0 ? score.expectedOrders / expected : 1)
    // What the score takes off for time.
    let whole = score.expectedOrders * score.expectedSpendPerOrder * horizon.terms.margin
    return ValueDistribution(
      orders: orders, spend: GammaGamma(spend), repeatOrders: subject.history.repeatOrders,
      meanSpend: subject.meanSpend, margin: horizon.terms.margin,
      discount: whole > 0 ? min(score.lifetimeValue / whole, 1) : 1)
  }
}
