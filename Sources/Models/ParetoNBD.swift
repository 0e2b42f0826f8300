// The Pareto/NBD model, exactly, one customer at a time: likelihood, alive probability, expected
// orders, churn, counts. Its integrals are in ParetoIntegrals.swift, the derivatives of its
// likelihood in ParetoNBD+Curvature.swift, discounted orders in ParetoNBD+Discount.swift.

/// The parameters of the Pareto/NBD model, with α and β in days.
///
/// While alive a customer orders at a rate λ ~ Gamma(r, α) per day; the customer leaves for ever at
/// a rate μ ~ Gamma(s, β) per day, whether orders come or not.
public struct ParetoParameters: Sendable, Equatable {
  /// Shape of the order rates among customers.
  public let r: Double
  /// Inverse scale of the order rates among customers, in days.
  public let alpha: Double
  /// Shape of the dropout rates among customers.
  public let s: Double
  /// Inverse scale of the dropout rates among customers, in days.
  public let beta: Double

  /// The range in which r is accepted.
  public static let rRange: ClosedRange<Double> = 1e-6...1e6
  /// The range in which s is accepted; a tiny one means that hardly anybody leaves.
  public static let sRange: ClosedRange<Double> = 1e-12...1e6
  /// The range in which α and β are accepted, in days.
  public static let scaleRange: ClosedRange<Double> = 1e-6...1e9

  /// Checks and keeps the four numbers.
  ///
  /// - Parameters:
  ///   - r: shape of the order rates, within `rRange`.
  ///   - alpha: inverse scale of the order rates in days, within `scaleRange`.
  ///   - s: shape of the dropout rates, within `sRange`.
  ///   - beta: inverse scale of the dropout rates in days, within `scaleRange`.
  /// - Throws: `ModelError.outOfRange`, naming the parameter.
  public init(r: Double, alpha: Double, s: Double, beta: Double) throws(ModelError) {
    try ModelError.check(r, "r", in: Self.rRange)
    try ModelError.check(alpha, "alpha", in: Self.scaleRange, unit: "days")
    try ModelError.check(s, "s", in: Self.sRange)
    try ModelError.check(beta, "beta", in: Self.scaleRange, unit: "days")
    self.init(trustedR: r, alpha: alpha, s: s, beta: beta)
  }

  /// Checks and keeps four numbers of which α and β are in weeks, as the papers have it.
  ///
  /// - Parameters:
  ///   - r: shape of the order rates, within `rRange`.
  ///   - alphaWeeks: inverse scale of the order rates in weeks.
  ///   - s: shape of the dropout rates, within `sRange`.
  ///   - betaWeeks: inverse scale of the dropout rates in weeks.
  /// - Throws: `ModelError.outOfRange`, naming the parameter.
  public init(r: Double, alphaWeeks: Double, s: Double, betaWeeks: Double) throws(ModelError) {
    try self.init(r: r, alpha: alphaWeeks * 7, s: s, beta: betaWeeks * 7)
  }

  /// α in weeks, as the papers print it.
  public var alphaWeeks: Double { alpha / 7 }
  /// β in weeks, as the papers print it.
  public var betaWeeks: Double { beta / 7 }

  /// Names and ranges in the order r, α, s, β.
  static let parameters = [
    PurchaseParameter("r", in: rRange), PurchaseParameter("alpha", in: scaleRange, isTime: true),
    PurchaseParameter("s", in: sRange), PurchaseParameter("beta", in: scaleRange, isTime: true),
  ]

  /// r, α, s and β.
  var values: SIMD4<Double> { SIMD4(r, alpha, s, beta) }

  /// Keeps numbers in the order r, α, s, β that are known to lie in range.
  init(trusted values: SIMD4<Double>) {
    self.init(trustedR: values[0], alpha: values[1], s: values[2], beta: values[3])
  }

  /// Keeps numbers that are known to lie in range.
  init(trustedR r: Double, alpha: Double, s: Double, beta: Double) {
    self.r = r
    self.alpha = alpha
    self.s = s
    self.beta = beta
  }
}

/// The Pareto/NBD model of Schmittlein, Morrison and Colombo (Management Science 33:1, 1987).
///
/// Formulas after Fader and Hardie, «A note on deriving the Pareto/NBD model» (2005), arranged as
/// sums of positive terms: nothing overflows at thousands of orders and s = 1 or α = β is no pole.
public struct ParetoNBD: PurchaseModel, Equatable {
  /// The numbers it was fitted to.
  public let parameters: ParetoParameters

  /// Makes the model of some parameters.
  ///
  /// - Parameter parameters: checked when they were made.
  public init(_ parameters: ParetoParameters) {
    self.parameters = parameters
  }

  /// Which model this is, and its numbers.
  public var purchaseParameters: PurchaseParameters {
    PurchaseParameters(trusted: .paretoNBD, parameters.values)
  }

  /// The logarithm of the density of a history.
  ///
  /// ln (r)_x − r·ln(1+t_x/α) − x·ln(α+t_x) − s·ln(1+t_x/β), the density of x orders of someone who
  /// is alive at the last one, plus ln P(no order since).
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: ln L; the density of the repeat orders' times is per day.
  public func logLikelihood(of history: PurchaseHistory) -> Double {
    let (x, recency) = (history.repeatOrders, history.recencyDays)
    var sum = Rise(from: parameters.r, steps: x).logGamma
    sum -= parameters.r * log1p(recency / parameters.alpha)
    if x > 0 { sum -= x * log(parameters.alpha + recency) }
    sum -= parameters.s * log1p(recency / parameters.beta)
    guard let silence = silence(of: history) else { return sum }
    let difference = silence.logGone - silence.logAlive
    return sum + max(silence.logGone, silence.logAlive) + log1p(exp(-abs(difference)))
  }

  /// The probability that the customer will ever order again.
  ///
  /// 1 / (1 + odds of having left). It is 1 to a customer who ordered just now, and only to such a
  /// customer.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: P(alive | x, t_x, T), 0 to 1.
  public func aliveProbability(of history: PurchaseHistory) -> Double {
    oddsOfHavingLeft(history).aliveProbability
  }

  /// The expected orders of a customer who is certainly alive.
  ///
  /// (r+x)·(β+T)/(α+T) · (1 − ((β+T)/(β+T+t))^(s−1))/(s−1), a logarithm at s = 1.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: E(Y(t) | x, T, alive).
  public func expectedOrdersIfAlive(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    let rest = parameters.s - 1
    let relative = log1p(horizonDays / (parameters.beta + history.ageDays))
    let lifetime = rest == 0 ? relative : -expm1(-rest * relative) / rest
    return ordersPerLifetime(history) * lifetime
  }

  /// The probability of no order within the horizon.
  ///
  /// P(left) + P(alive)·P(no order | alive): a sum, so no digits are lost near 0 or 1. A customer
  /// who is alive now is at a new start with r+x, α+T, s and β+T for r, α, s and β.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: the churn probability, 0 to 1.
  public func churnProbability(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    let quiet = Lifetime(parameters, orders: history.repeatOrders, from: history.ageDays)
      .probability(of: 0, within: horizonDays)
    return oddsOfHavingLeft(history).churnProbability(quiet: quiet)
  }

  /// The probability of a number of orders of a customer who is certainly alive.
  ///
  /// Such a customer is at a new start with r+x, α+T, s and β+T for r, α, s and β.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: P(Y(t) = n | x, T, alive), 0 to 1.
  public func probabilityIfAlive(
    ofOrders orders: Int, of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    Lifetime(parameters, orders: history.repeatOrders, from: history.ageDays)
      .probability(of: Double(orders), within: horizonDays)
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
    Lifetime(parameters, orders: 0, from: 0).probability(of: Double(orders), within: horizonDays)
  }

  /// The logarithms of P(alive, no order since the last one) and P(left, no order since), or nil
  /// when the last order is just now.
  private func silence(of history: PurchaseHistory) -> (logAlive: Double, logGone: Double)? {
    let idle = history.ageDays - history.recencyDays
    guard idle > 0 else { return nil }
    let lifetime = Lifetime(parameters, orders: history.repeatOrders, from: history.recencyDays)
    return (lifetime.logAlive(after: idle), lifetime.logGone(within: idle))
  }

  /// The odds of having left; there was no chance to leave when the last order is just now.
  private func oddsOfHavingLeft(_ history: PurchaseHistory) -> LeavingOdds {
    LeavingOdds(logarithm: silence(of: history).map { $0.logGone - $0.logAlive })
  }

  /// (r+x)·(β+T)/(α+T): the orders to come while one unit of ln(β+T) passes.
  func ordersPerLifetime(_ history: PurchaseHistory) -> Double {
    (parameters.r + history.repeatOrders) * (parameters.beta + history.ageDays)
      / (parameters.alpha + history.ageDays)
  }
}
