// The BG/BB model of customers who may order once in each period, and its answers.
// What it takes is in OpportunityHistory.swift, its fit in BetaGeometricBetaBernoulliFit.swift.

/// The discrete-time model of Fader, Hardie and Shang (2010), "Customer-base analysis in a
/// discrete-time noncontractual setting", Marketing Science 29(6).
public struct BetaGeometricBetaBernoulli: Sendable, Equatable {
  /// α, β, γ and δ.
  public let parameters: OpportunityParameters

  /// Makes the model of some parameters.
  ///
  /// - Parameter parameters: checked when they were made.
  @inlinable
  public init(_ parameters: OpportunityParameters) {
    self.parameters = parameters
  }

  /// The logarithm of the likelihood of a history.
  ///
  /// - Parameter history: x, t_x and n, checked when they were made.
  /// - Returns: ln L of this very sequence of orders, so without a binomial coefficient.
  /// - Complexity: O(n − t_x).
  public func logLikelihood(of history: OpportunityHistory) -> Double {
    curvature(of: history).value
  }

  /// The probability that a customer was alive at the last opportunity seen.
  ///
  /// - Parameter history: x, t_x and n.
  /// - Returns: P(alive at n | x, t_x, n), 0 to 1, and 1 after an order at n.
  /// - Complexity: O(n − t_x).
  public func aliveProbability(of history: OpportunityHistory) -> Double {
    let paths = paths(of: history)
    return paths.alive / paths.all
  }

  /// The probability that a customer is alive at the next opportunity.
  ///
  /// - Parameter history: x, t_x and n.
  /// - Returns: P(alive at n+1 | x, t_x, n), 0 to 1; what the paper tabulates.
  /// - Complexity: O(n − t_x).
  public func aliveProbabilityAtNext(of history: OpportunityHistory) -> Double {
    let n = Double(history.opportunities)
    let (gamma, delta) = (parameters.gamma, parameters.delta)
    return aliveProbability(of: history) * ((delta + n) / (gamma + delta + n))
  }

  /// The expected orders at the coming opportunities: E[X(n, n+n*] | x, t_x, n].
  ///
  /// A sum over the opportunities, for the closed form has a pole at γ = 1.
  ///
  /// - Parameters:
  ///   - history: x, t_x and n.
  ///   - periods: n*, within 0 to `Discrete.periodsMax`.
  /// - Returns: orders, 0 to n*.
  /// - Throws: `ModelError.outOfRange`.
  /// - Complexity: O(n − t_x + n*).
  public func expectedOrders(
    of history: OpportunityHistory, withinPeriods periods: Int
  ) throws(ModelError) -> Double {
    try Discrete.checkPeriods(periods)
    let (gamma, delta) = (parameters.gamma, parameters.delta)
    var alive = aliveProbability(of: history)
    var sum = 0.0
    for period in history.opportunities..<history.opportunities + periods {
      let t = Double(period)
      alive *= (delta + t) / (gamma + delta + t)
      sum += alive
    }
    return orderProbability(after: history) * sum
  }

  /// The expected orders of a new customer: E[X(n)].
  ///
  /// - Parameter periods: n, within 0 to `Discrete.periodsMax`.
  /// - Returns: orders, 0 to n.
  /// - Throws: `ModelError.outOfRange`.
  /// - Complexity: O(n).
  public func populationExpectedOrders(withinPeriods periods: Int) throws(ModelError) -> Double {
    try expectedOrders(of: .new, withinPeriods: periods)
  }

  /// The probability that a new customer orders so often: P(X(n) = x).
  ///
  /// - Parameters:
  ///   - orders: x, within 0 to n.
  ///   - periods: n, within 0 to `Discrete.periodsMax`.
  /// - Returns: 0 to 1.
  /// - Throws: `ModelError.outOfRange`.
  /// - Complexity: O(n).
  public func populationProbability(
    ofOrders orders: Int, withinPeriods periods: Int
  ) throws(ModelError) -> Double {
    try Discrete.checkPeriods(periods)
    try ModelError.check(Double(orders), "number of orders", in: 0...Double(periods))
    let (alpha, beta) = (parameters.alpha, parameters.beta)
    let (gamma, delta) = (parameters.gamma, parameters.delta)
    let x = Double(orders)
    // Alive through the first x opportunities, with an order at each.
    var path = ScaledProduct()
    for i in 0..<orders {
      let i = Double(i)
      path *= (alpha + i) / (alpha + beta + i) * ((delta + i) / (gamma + delta + i))
    }
    // Then m alive ones, m from x to n, among which the x orders lie anywhere.
    var sum = 0.0
    for m in orders..<periods {
      let m = Double(m)
      sum += path.value * (gamma / (gamma + delta + m))
      path *= (m + 1) / (m + 1 - x) * ((beta + (m - x)) / (alpha + beta + m))
      path *= (delta + m) / (gamma + delta + m)
    }
    return sum + path.value
  }

  /// The discounted orders still to come (DERT): Σ_{i≥1} P(order at n+i | x, t_x, n)·(1+d)^−i.
  ///
  /// - Parameters:
  ///   - history: x, t_x and n.
  ///   - discountRate: d per period, within `Discrete.discountRange`.
  /// - Returns: orders, the next opportunity discounted by one period.
  /// - Throws: `ModelError.outOfRange`.
  public func discountedResidualOrders(
    of history: OpportunityHistory, discountRate: Double
  ) throws(ModelError) -> Double {
    try Discrete.checkDiscount(discountRate)
    return orderProbability(after: history) * aliveProbabilityAtNext(of: history)
      * Discrete.betaMean(
        ofReciprocalAbove: discountRate, alpha: parameters.gamma,
        beta: parameters.delta + Double(history.opportunities + 1))
  }

  /// E[p | x, n, alive at n]: the chance of an order at an opportunity while alive.
  private func orderProbability(after history: OpportunityHistory) -> Double {
    (parameters.alpha + Double(history.repeatOrders))
      / (parameters.alpha + parameters.beta + Double(history.opportunities))
  }

  /// The ways a customer may have gone since the last order, relative to being seen at it.
  ///
  /// With V_m the probability of staying and not ordering from t_x to m, the customer either left
  /// right after m, V_m·γ/(γ+δ+m), or is alive, V_n. All positive, and V falls from 1.
  private func paths(of history: OpportunityHistory) -> (alive: Double, all: Double) {
    var alive = 1.0
    var left = 0.0
    for m in history.recency..<history.opportunities {
      let step = QuietStep(parameters, history, m)
      left += alive * (parameters.gamma * step.perLife)
      alive *= step.probability
    }
    return (alive, left + alive)
  }
}

/// One opportunity without an order: a customer seen alive at m is alive at m+1 and silent.
private struct QuietStep {
  /// β + m − x.
  let silent: Double
  /// δ + m.
  let stay: Double
  /// 1/(α+β+m).
  let perChance: Double
  /// 1/(γ+δ+m).
  let perLife: Double

  init(_ parameters: OpportunityParameters, _ history: OpportunityHistory, _ m: Int) {
    silent = parameters.beta + Double(m - history.repeatOrders)
    stay = parameters.delta + Double(m)
    perChance = 1 / (parameters.alpha + parameters.beta + Double(m))
    perLife = 1 / (parameters.gamma + parameters.delta + Double(m))
  }

  var probability: Double { silent * perChance * (stay * perLife) }
}

extension BetaGeometricBetaBernoulli {
  /// ln L of one history with its derivatives in α, β, γ and δ.
  ///
  /// ln of (α)_x (β)_{t_x−x}/(α+β)_{t_x} · (δ)_{t_x}/(γ+δ)_{t_x}, and of the sum over the ways gone
  /// since: its gradient is the mean of the terms' gradients under their shares, its Hessian the
  /// mean of their Hessians plus the covariance of their gradients.
  func curvature(of history: OpportunityHistory) -> Curvature {
    let (x, recency) = (Double(history.repeatOrders), Double(history.recency))
    let (alpha, beta) = (parameters.alpha, parameters.beta)
    let (gamma, delta) = (parameters.gamma, parameters.delta)
    var sum = Curvature()
    let order = Rise(from: alpha, steps: x)
    let silent = Rise(from: beta, steps: recency - x)
    let chances = Rise(from: alpha + beta, steps: recency)
    let stay = Rise(from: delta, steps: recency)
    let life = Rise(from: gamma + delta, steps: recency)
    sum.value =
      order.logGamma + silent.logGamma - chances.logGamma + stay.logGamma - life.logGamma
    sum.gradient = SIMD4(
      order.digamma - chances.digamma, silent.digamma - chances.digamma, -life.digamma,
      stay.digamma - life.digamma)
    sum.hessian[0] = SIMD4(order.trigamma - chances.trigamma, -chances.trigamma, 0, 0)
    sum.hessian[1] = SIMD4(-chances.trigamma, silent.trigamma - chances.trigamma, 0, 0)
    sum.hessian[2] = SIMD4(0, 0, -life.trigamma, -life.trigamma)
    sum.hessian[3] = SIMD4(0, 0, -life.trigamma, stay.trigamma - life.trigamma)
    guard history.recency < history.opportunities else { return sum }

    // Of the term under way: ln V_m's gradient, and its Hessian, which has four distinct entries.
    var alive = 1.0
    var slope = SIMD4<Double>.zero
    var (chance, quiet, leave, lasting) = (0.0, 0.0, 0.0, 0.0)
    var total = 0.0
    var gradient = SIMD4<Double>.zero
    var hessian = Matrix4(repeating: .zero)
    func add(_ weight: Double, _ slope: SIMD4<Double>, life: Double, gamma: Double) {
      total += weight
      gradient += weight * slope
      for row in 0..<4 { hessian[row] += weight * slope[row] * slope }
      hessian[0] += weight * SIMD4(chance, chance, 0, 0)
      hessian[1] += weight * SIMD4(chance, chance - quiet, 0, 0)
      hessian[2] += weight * SIMD4(0, 0, life - gamma, life)
      hessian[3] += weight * SIMD4(0, 0, life, life - lasting)
    }
    for m in history.recency..<history.opportunities {
      let step = QuietStep(parameters, history, m)
      let (perSilent, perStay) = (1 / step.silent, 1 / step.stay)
      let lifeSquare = step.perLife * step.perLife
      add(
        alive * (gamma * step.perLife),
        slope + SIMD4(0, 0, step.stay / gamma * step.perLife, -step.perLife),
        life: leave + lifeSquare, gamma: 1 / (gamma * gamma))
      alive *= step.probability
      // 1/silent − 1/chances and 1/stay − 1/life, without cancellation.
      slope += SIMD4(
        -step.perChance, (alpha + x) * perSilent * step.perChance, -step.perLife,
        gamma * perStay * step.perLife)
      chance += step.perChance * step.perChance
      quiet += perSilent * perSilent
      leave += lifeSquare
      lasting += perStay * perStay
    }
    add(alive, slope, life: leave, gamma: 0)
    let mean = gradient / total
    sum.value += log(total)
    sum.gradient += mean
    for row in 0..<4 { sum.hessian[row] += hessian[row] / total - mean[row] * mean }
    return sum
  }
}
