// The mathematics BG/NBD and MBG/NBD share: likelihood, alive probability, churn, counts.
// The expectation is in ExpectedOrders.swift, the same over lanes in ScoreKernel.swift.
//
// The two models differ in one number. Under BG/NBD a customer with x repeat orders has had x
// chances to leave, under MBG/NBD x + 1, for the first order is a chance too. With m for these
// chances every formula of the one paper becomes the formula of the other.

/// A beta-geometric purchase model with a given number of chances to leave at the first order.
public struct BetaGeometric: Sendable, Equatable {
  /// r, α, a and b.
  public let parameters: PurchaseParameters
  /// Chances to leave that come with the first order: 0 for BG/NBD, 1 for MBG/NBD.
  let firstChances: Double

  init(_ parameters: PurchaseParameters, firstChances: Double) {
    self.parameters = parameters
    self.firstChances = firstChances
  }

  /// The log-odds of having left: ln[a/(b+m−1)] + (r+x)·ln[(α+T)/(α+t_x)].
  ///
  /// Fader, Hardie and Lee 2005, equation (6), with m chances to leave.
  ///
  /// - Returns: the log-odds, or nil when there was no chance to leave yet.
  func logOddsOfHavingLeft(_ history: PurchaseHistory) -> Double? {
    let chances = history.repeatOrders + firstChances
    guard chances > 0 else { return nil }
    let idle = history.ageDays - history.recencyDays
    return log(parameters.a / (parameters.b + (chances - 1)))
      + (parameters.r + history.repeatOrders)
      * log1p(idle / (parameters.alpha + history.recencyDays))
  }

  /// ln L of one history, see `PurchaseModel`.
  func logLikelihood(of history: PurchaseHistory) -> Double {
    let x = history.repeatOrders
    let chances = x + firstChances
    let (r, alpha) = (parameters.r, parameters.alpha)
    var sum = Rise(from: r, steps: x).logGamma
    sum += Rise(from: parameters.b, steps: chances).logGamma
    sum -= Rise(from: parameters.a + parameters.b, steps: chances).logGamma
    sum -= r * log1p(history.ageDays / alpha)
    if x > 0 { sum -= x * log(alpha + history.ageDays) }
    guard let logOdds = logOddsOfHavingLeft(history) else { return sum }
    return sum + max(logOdds, 0) + log1p(exp(-abs(logOdds)))
  }

  /// P(alive) = 1 / (1 + odds of having left).
  func aliveProbability(of history: PurchaseHistory) -> Double {
    guard let logOdds = logOddsOfHavingLeft(history) else { return 1 }
    let e = exp(-abs(logOdds))
    return (logOdds > 0 ? e : 1) / (1 + e)
  }

  /// P(left) + P(alive)·((α+T)/(α+T+t))^(r+x): a sum, so no digits are lost near 0 or 1.
  func churnProbability(of history: PurchaseHistory, within horizonDays: Double) -> Double {
    let quiet = exp(
      -(parameters.r + history.repeatOrders)
        * log1p(horizonDays / (parameters.alpha + history.ageDays)))
    guard let logOdds = logOddsOfHavingLeft(history) else { return quiet }
    let e = exp(-abs(logOdds))
    return (logOdds > 0 ? 1 + e * quiet : e + quiet) / (1 + e)
  }

  /// E(Y(t) | alive), see `ExpectedOrders`.
  func expectedOrdersIfAlive(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    ExpectedOrders(self, repeatOrders: history.repeatOrders)
      .value(at: horizonDays / (parameters.alpha + history.ageDays))
  }

  /// P(X(t) = n); Fader, Hardie and Lee 2005, equation (8), with the chances of the first order.
  ///
  /// Either the customer survived all chances and ordered n times, or left at the n-th order while
  /// the clock would have given n or more.
  func populationProbability(ofOrders orders: Int, within horizonDays: Double) -> Double {
    let n = Double(orders)
    let (a, b) = (parameters.a, parameters.b)
    let counts = NegativeBinomial(
      shape: parameters.r, odds: horizonDays / parameters.alpha)
    let chances = n + firstChances
    let survived = exp(
      Rise(from: b, steps: chances).logGamma - Rise(from: a + b, steps: chances).logGamma)
    let alive = survived * counts.probability(of: n)
    guard chances > 0 else { return alive }
    return alive + survived * (a / (b + (chances - 1))) * counts.probability(ofAtLeast: n)
  }
}

/// Counts of a Poisson process whose rate is gamma distributed.
private struct NegativeBinomial {
  /// Shape of the rates.
  let shape: Double
  /// Time over α.
  let odds: Double

  /// (r)_n / n! · s^r · z^n with z = odds/(1+odds), s = 1 − z.
  func probability(of count: Double) -> Double {
    if odds == 0 { return count == 0 ? 1 : 0 }
    return exp(
      Rise(from: shape, steps: count).logGamma - Rise(from: 1, steps: count).logGamma
        - shape * log1p(odds) - count * log1p(1 / odds))
  }

  /// 1 − Σ_{j<n} P(j), or Σ_{j≥n} P(j) where the difference would lose digits.
  func probability(ofAtLeast count: Double) -> Double {
    if count == 0 { return 1 }
    if odds == 0 { return 0 }
    let z = odds / (1 + odds)
    var term = exp(-shape * log1p(odds))
    var head = 0.0
    var j = 0.0
    if term > 0 {
      while j < count {
        head += term
        term *= (shape + j) / (j + 1) * z
        j += 1
      }
      if head < 0.9 { return 1 - head }
    }
    term = probability(of: count)
    var tail = 0.0
    j = count
    // The ratio of terms falls towards z from above or rises to it from below; the rest of the sum
    // is at most that of a geometric series.
    while true {
      tail += term
      let ratio = (shape + j) / (j + 1) * z
      term *= ratio
      j += 1
      let bound = max(ratio, z)
      if bound < 1, term <= 1e-17 * tail * (1 - bound) { return tail }
      if term == 0, bound < 1 { return tail }
    }
  }
}
