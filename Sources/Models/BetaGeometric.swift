// BG/NBD and MBG/NBD, exactly: likelihood, alive probability, churn, counts. The expectation is in
// ExpectedOrders.swift, the same over lanes in ScoreKernel.swift.
//
// The two models differ in one number. Under BG/NBD a customer with x repeat orders has had x
// chances to leave, under MBG/NBD x + 1, for the first order is a chance too. With m for these
// chances every formula of the one paper becomes the formula of the other.

/// A beta-geometric purchase model: BG/NBD or MBG/NBD.
public struct BetaGeometric: PurchaseModel, Equatable {
  /// r, α, a and b.
  public let parameters: BetaGeometricParameters
  /// Chances to leave that come with the first order: 0 for BG/NBD, 1 for MBG/NBD.
  let firstChances: Double

  /// The BG/NBD model of Fader, Hardie and Lee (Marketing Science 24:2, 2005).
  ///
  /// Everybody without a repeat order is alive under it; choose MBG/NBD to ask whether a one-time
  /// buyer is gone.
  ///
  /// - Parameter parameters: checked when they were made.
  /// - Returns: the model without a chance to leave at the first order.
  public static func bgNBD(_ parameters: BetaGeometricParameters) -> BetaGeometric {
    BetaGeometric(parameters: parameters, firstChances: 0)
  }

  /// The MBG/NBD model of Batislam, Denizel and Filiztekin (2007) and Hoppe and Wagner (2007).
  ///
  /// A customer may leave after the first order already, so a one-time buyer is not alive for ever.
  ///
  /// - Parameter parameters: checked when they were made.
  /// - Returns: the model with a chance to leave at the first order.
  public static func mbgNBD(_ parameters: BetaGeometricParameters) -> BetaGeometric {
    BetaGeometric(parameters: parameters, firstChances: 1)
  }

  /// Which model this is, and its numbers.
  public var purchaseParameters: PurchaseParameters {
    PurchaseParameters(trusted: firstChances == 0 ? .bgNBD : .mbgNBD, parameters.values)
  }

  /// The odds of having left: ln[a/(b+m−1)] + (r+x)·ln[(α+T)/(α+t_x)].
  ///
  /// Fader, Hardie and Lee 2005, equation (6), with m chances to leave.
  func oddsOfHavingLeft(_ history: PurchaseHistory) -> LeavingOdds {
    let chances = history.repeatOrders + firstChances
    guard chances > 0 else { return LeavingOdds(logarithm: nil) }
    let idle = history.ageDays - history.recencyDays
    return LeavingOdds(
      logarithm: log(parameters.a / (parameters.b + (chances - 1)))
        + (parameters.r + history.repeatOrders)
        * log1p(idle / (parameters.alpha + history.recencyDays)))
  }

  /// The logarithm of the density of a history.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: ln L; the density of the repeat orders' times is per day.
  public func logLikelihood(of history: PurchaseHistory) -> Double {
    let x = history.repeatOrders
    let chances = x + firstChances
    let (r, alpha) = (parameters.r, parameters.alpha)
    var sum = Rise(from: r, steps: x).logGamma
    sum += Rise(from: parameters.b, steps: chances).logGamma
    sum -= Rise(from: parameters.a + parameters.b, steps: chances).logGamma
    sum -= r * log1p(history.ageDays / alpha)
    if x > 0 { sum -= x * log(alpha + history.ageDays) }
    guard let logOdds = oddsOfHavingLeft(history).logarithm else { return sum }
    return sum + max(logOdds, 0) + log1p(exp(-abs(logOdds)))
  }

  /// The probability that the customer will ever order again.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: P(alive | x, t_x, T), 0 to 1.
  public func aliveProbability(of history: PurchaseHistory) -> Double {
    oddsOfHavingLeft(history).aliveProbability
  }

  /// The probability of no order within the horizon.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: 1 − P(alive)·(1 − ((α+T)/(α+T+t))^(r+x)), 0 to 1.
  public func churnProbability(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    let quiet = exp(
      -(parameters.r + history.repeatOrders)
        * log1p(horizonDays / (parameters.alpha + history.ageDays)))
    return oddsOfHavingLeft(history).churnProbability(quiet: quiet)
  }

  /// The expected orders of a customer who is certainly alive, see `ExpectedOrders`.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: E(Y(t) | x, T, alive).
  public func expectedOrdersIfAlive(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    ExpectedOrders(self, repeatOrders: history.repeatOrders)
      .value(at: horizonDays / (parameters.alpha + history.ageDays))
  }

  /// The probability of a number of orders of a customer who is certainly alive.
  ///
  /// Such a customer is at a new start with r+x, α+T and b+m for r, α and b, and has no chance to
  /// leave before the next order.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: P(Y(t) = n | x, T, alive), 0 to 1.
  public func probabilityIfAlive(
    ofOrders orders: Int, of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    let x = history.repeatOrders
    let now = BetaGeometricParameters(
      trustedR: parameters.r + x, alpha: parameters.alpha + history.ageDays, a: parameters.a,
      b: parameters.b + (x + firstChances))
    return BetaGeometric.bgNBD(now).populationProbability(ofOrders: orders, within: horizonDays)
  }

  /// The probability of a number of repeat orders of someone who is just now a customer.
  ///
  /// Fader, Hardie and Lee 2005, equation (8), with the chances of the first order. Either the
  /// customer survived all chances and ordered n times, or left at the n-th order while the clock
  /// would have given n or more.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - horizonDays: days since the first order, at least 0.
  /// - Returns: P(X(t) = n), 0 to 1.
  public func populationProbability(
    ofOrders orders: Int, within horizonDays: Double
  ) -> Double {
    let n = Double(orders)
    let (a, b) = (parameters.a, parameters.b)
    let counts = StageCounts(shape: parameters.r, odds: horizonDays / parameters.alpha)
    let chances = n + firstChances
    let survived = exp(
      Rise(from: b, steps: chances).logGamma - Rise(from: a + b, steps: chances).logGamma)
    let alive = survived * counts.probability(of: n)
    guard chances > 0 else { return alive }
    return alive + survived * (a / (b + (chances - 1))) * counts.probability(ofAtLeast: n)
  }
}
