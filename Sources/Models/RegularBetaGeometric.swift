// The mathematics BG/CNBD-k and MBG/CNBD-k share: likelihood, alive probability, churn, counts.
// The expectation is in RegularExpectedOrders.swift, the derivatives of the likelihood in
// RegularBetaGeometric+Curvature.swift; at k = 1 all of it is that of BetaGeometric.swift.

/// A beta-geometric purchase model whose gaps are regular: each is the sum of k exponential stages.
///
/// Platzer and Reutterer, «Ticking away the moments: timing regularity helps to better predict
/// customer activity», Marketing Science 35:5, 2016. λ ~ Gamma(r, α) is the rate of stages per day, an
/// order comes every k of them; the customer leaves after an order with p ~ Beta(a, b).
public struct RegularBetaGeometric: PurchaseModel, Equatable {
  /// r, α, a and b.
  public let parameters: BetaGeometricParameters
  /// k, the stages of a gap.
  public let stages: Int
  /// Chances to leave that come with the first order: 0 for BG/CNBD-k, 1 for MBG/CNBD-k.
  let firstChances: Double

  /// The k that are accepted.
  public static let stagesRange: ClosedRange<Int> = 1...4

  /// - Precondition: the stages are within `stagesRange`.
  init(_ parameters: BetaGeometricParameters, firstChances: Double, stages: Int) {
    precondition(Self.stagesRange.contains(stages), "A gap has 1 to 4 stages.")
    self.parameters = parameters
    self.firstChances = firstChances
    self.stages = stages
  }

  /// Which model this is, and its numbers.
  public var purchaseParameters: PurchaseParameters {
    let kind: PurchaseModelKind =
      switch (firstChances == 0, stages) {
      case (true, 2): .bgCNBD2
      case (true, 3): .bgCNBD3
      case (true, 4): .bgCNBD4
      case (true, _): .bgNBD
      case (false, 2): .mbgCNBD2
      case (false, 3): .mbgCNBD3
      case (false, 4): .mbgCNBD4
      case (false, _): .mbgNBD
      }
    return PurchaseParameters(trusted: kind, parameters.values)
  }

  /// What the likelihood of a history holds beside the parameters' part: Σ ln of the gaps' factors.
  ///
  /// (k−1)·Σ ln gap − x·ln (k−1)!, 0 at k = 1. It decides between different k, and nothing else.
  ///
  /// - Parameters:
  ///   - stages: k, within `stagesRange`.
  ///   - repeatOrders: x, of one customer or of all.
  ///   - sumOfLogGaps: Σ ln of the gaps between successive orders, in days of at least 1.
  /// - Returns: what to add to `logLikelihood`; the density of the orders' times is per day.
  public static func regularityConstant(
    k stages: Int, repeatOrders: Double, sumOfLogGaps: Double
  ) -> Double {
    var factorial = 1.0
    for i in 1..<max(stages, 2) { factorial *= Double(i) }
    return Double(stages - 1) * sumOfLogGaps - repeatOrders * log(factorial)
  }

  /// ln L of one history, without `regularityConstant`.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: ln L; the density of the repeat orders' times is per day.
  public func logLikelihood(of history: PurchaseHistory) -> Double {
    let x = history.repeatOrders
    let chances = x + firstChances
    var sum = Rise(from: parameters.r, steps: Double(stages) * x).logGamma
    sum += Rise(from: parameters.b, steps: chances).logGamma
    sum -= Rise(from: parameters.a + parameters.b, steps: chances).logGamma
    return sum + Silence(self, history).logDensity
  }

  /// The probability that the customer will ever order again.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: P(alive | x, t_x, T), 0 to 1.
  public func aliveProbability(of history: PurchaseHistory) -> Double {
    Silence(self, history).odds.aliveProbability
  }

  /// The probability of no order within the horizon.
  ///
  /// P(left) + P(alive)·P(fewer than k stages from t_x to T+t | as many until T): a sum.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: the churn probability, 0 to 1.
  public func churnProbability(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    let now = Silence(self, history)
    let age = parameters.alpha + history.ageDays
    let idle = history.ageDays - history.recencyDays
    let later = Silence.weights(
      shape: now.shape, stages: stages, share: (idle + horizonDays) / (age + horizonDays))
    // The sum grows by less than its factor falls, so what rounding adds beyond 1 is cut off.
    let ratio = (1 + (later[1] + later[2] + later[3])) / (1 + now.begunSum)
    let quiet = min(exp(-now.shape * log1p(horizonDays / age)) * ratio, 1)
    return now.odds.churnProbability(quiet: quiet)
  }

  /// The expected orders of a customer who is certainly alive, see `RegularExpectedOrders`.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: E(Y(t) | x, t_x, T, alive).
  public func expectedOrdersIfAlive(
    of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    RegularExpectedOrders(self, history)
      .value(at: horizonDays / (parameters.alpha + history.ageDays))
  }

  /// The probability of a number of orders of a customer who is certainly alive.
  ///
  /// The mixture over the stages j < k of the gap under way. From stage j on λ ~ Gamma(R+j, α+T), and
  /// the n-th order needs kn − j stages; with p ~ Beta(a, b+m) it goes on as for a new customer.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - history: x, t_x and T in days.
  ///   - horizonDays: days to look ahead, at least 0.
  /// - Returns: P(Y(t) = n | x, t_x, T, alive), 0 to 1.
  /// - Complexity: O(k²n).
  public func probabilityIfAlive(
    ofOrders orders: Int, of history: PurchaseHistory, within horizonDays: Double
  ) -> Double {
    let now = RegularExpectedOrders(self, history)
    let (n, a, b) = (Double(orders), now.a, now.bPosterior)
    let survived = exp(Rise(from: b, steps: n).logGamma - Rise(from: a + b, steps: n).logGamma)
    let last = orders > 0 ? a / (b + (n - 1)) : 0
    var sum = 0.0
    for stage in 0..<stages where now.weights[stage] > 0 {
      let counts = StageCounts(
        shape: now.shape + Double(stage), odds: horizonDays / (parameters.alpha + history.ageDays))
      let first = orders * stages - stage
      var alive = 0.0
      for count in max(first, 0)..<first + stages {
        alive += counts.probability(of: Double(count))
      }
      let left = last > 0 ? last * counts.probability(ofAtLeast: Double(first)) : 0
      sum += now.weights[stage] * (alive + left)
    }
    return min(survived * sum, 1)
  }

  /// The probability of a number of repeat orders of someone who is just now a customer.
  ///
  /// Either the customer survived all chances and kn to kn+k−1 stages passed, or left at the n-th
  /// order while the clock would have given kn stages or more.
  ///
  /// - Parameters:
  ///   - orders: n, at least 0.
  ///   - horizonDays: days since the first order, at least 0.
  /// - Returns: P(X(t) = n), 0 to 1.
  /// - Complexity: O(kn).
  public func populationProbability(ofOrders orders: Int, within horizonDays: Double) -> Double {
    let n = Double(orders)
    let (a, b) = (parameters.a, parameters.b)
    let counts = StageCounts(shape: parameters.r, odds: horizonDays / parameters.alpha)
    let chances = n + firstChances
    let survived = exp(
      Rise(from: b, steps: chances).logGamma - Rise(from: a + b, steps: chances).logGamma)
    let first = orders * stages
    var alive = 0.0
    for count in first..<first + stages { alive += counts.probability(of: Double(count)) }
    alive *= survived
    guard chances > 0 else { return alive }
    return alive
      + survived * (a / (b + (chances - 1))) * counts.probability(ofAtLeast: Double(first))
  }
}

/// What the quiet time since the last order says.
struct Silence {
  /// R = r + kx.
  let shape: Double
  /// (R)_j/j! · ((T−t_x)/(α+T))^j: how the j stages of someone alive weigh since the last order.
  let weights: SIMD4<Double>
  /// The weights of at least one stage.
  let begunSum: Double
  /// P(left) : P(alive).
  let odds: LeavingOdds
  /// The part of ln L that depends on the times.
  let logDensity: Double

  /// Platzer and Reutterer's appendix has an incomplete beta function for the sum over j.
  init(_ model: RegularBetaGeometric, _ history: PurchaseHistory) {
    let parameters = model.parameters
    let x = history.repeatOrders
    let idle = history.ageDays - history.recencyDays
    let share = idle / (parameters.alpha + history.ageDays)
    shape = parameters.r + Double(model.stages) * x
    weights = Self.weights(shape: shape, stages: model.stages, share: share)
    begunSum = weights[1] + weights[2] + weights[3]
    /// −r·ln(1+t/α) − kx·ln(α+t).
    func logPace(until t: Double) -> Double {
      let first = -parameters.r * log1p(t / parameters.alpha)
      return x > 0 ? first - Double(model.stages) * x * log(parameters.alpha + t) : first
    }
    let chances = x + model.firstChances
    guard chances > 0 else {
      odds = LeavingOdds(logarithm: nil)
      logDensity = logPace(until: history.ageDays) + log1p(begunSum)
      return
    }
    let logChance = log(parameters.a / (parameters.b + (chances - 1)))
    let logOdds =
      logChance + shape * log1p(idle / (parameters.alpha + history.recencyDays)) - log1p(begunSum)
    odds = LeavingOdds(logarithm: logOdds)
    // From the likelier of the two, so that no large parts cancel.
    logDensity =
      log1p(exp(-abs(logOdds)))
      + (logOdds > 0
        ? logPace(until: history.recencyDays) + logChance
        : logPace(until: history.ageDays) + log1p(begunSum))
  }

  /// (R)_j/j! · share^j for j < k.
  static func weights(shape: Double, stages: Int, share: Double) -> SIMD4<Double> {
    var weights = SIMD4(1.0, 0, 0, 0)
    for j in 1..<max(stages, 2) where j < stages {
      weights[j] = weights[j - 1] * ((shape + Double(j - 1)) / Double(j) * share)
    }
    return weights
  }
}
