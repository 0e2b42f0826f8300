// The shifted beta-geometric model of customers under contract, and what it takes and answers.
// Its fit is in ShiftedBetaGeometricFit.swift.

/// The parameters of the shifted beta-geometric model; they do not depend on the currency.
///
/// At the end of each period a customer leaves with a probability θ ~ Beta(α, β).
public struct RenewalParameters: Sendable, Equatable {
  /// First shape of the probability of leaving.
  public let alpha: Double
  /// Second shape of the probability of leaving.
  public let beta: Double

  /// The range in which both are accepted.
  public static let shapeRange: ClosedRange<Double> = 1e-6...1e6

  /// Checks and keeps the two numbers.
  ///
  /// - Parameters:
  ///   - alpha: first shape, within `shapeRange`.
  ///   - beta: second shape, within `shapeRange`.
  /// - Throws: `ModelError.outOfRange`, naming the parameter.
  public init(alpha: Double, beta: Double) throws(ModelError) {
    try ModelError.check(alpha, "alpha", in: Self.shapeRange)
    try ModelError.check(beta, "beta", in: Self.shapeRange)
    self.init(trustedAlpha: alpha, beta: beta)
  }

  /// Keeps numbers that are known to lie in range.
  init(trustedAlpha alpha: Double, beta: Double) {
    self.alpha = alpha
    self.beta = beta
  }
}

/// How many customers of one cohort were left after each period.
public struct RenewalCohort: Sendable, Equatable {
  /// The customers at the start and after each period: never more than before.
  public let counts: [Int]

  /// The most customers a cohort may have: as many as doubles can count.
  public static let customersMax = 1 << 52

  /// Checks and keeps the counts.
  ///
  /// - Parameter counts: customers at the start, then after each period; at least two counts, the
  ///   first one within 1 to `customersMax`, and none above the one before.
  /// - Throws: `ModelError.outOfRange`, naming the count by its place.
  public init(counts: [Int]) throws(ModelError) {
    try Discrete.checkPeriods(counts.count - 1, "number of periods in the cohort", from: 1)
    try ModelError.check(
      Double(counts[0]), "count at the start", in: 1...Double(Self.customersMax))
    for period in 1..<counts.count {
      try ModelError.check(
        Double(counts[period]), "count after period \(period)", in: 0...Double(counts[period - 1]))
    }
    self.counts = counts
  }
}

/// The retention model of Fader and Hardie (2007), "How to project customer retention", Journal of
/// Interactive Marketing 21(1), for customers under contract.
public struct ShiftedBetaGeometric: Sendable, Equatable {
  /// α and β.
  public let parameters: RenewalParameters

  /// Makes the model of some parameters.
  ///
  /// - Parameter parameters: checked when they were made.
  @inlinable
  public init(_ parameters: RenewalParameters) {
    self.parameters = parameters
  }

  /// The share of a cohort that is left: S(t) = B(α, β+t)/B(α, β).
  ///
  /// - Parameter periods: t, within 0 to `Discrete.periodsMax`.
  /// - Returns: 0 to 1.
  /// - Throws: `ModelError.outOfRange`.
  /// - Complexity: O(t), a product of ratios below 1, so that no digits are lost.
  public func survival(afterPeriods periods: Int) throws(ModelError) -> Double {
    try Discrete.checkPeriods(periods)
    return survivalTrusted(periods)
  }

  /// The share of those who were there that stay: r(t) = (β+t−1)/(α+β+t−1).
  ///
  /// - Parameter period: t, within 1 to `Discrete.periodsMax`.
  /// - Returns: 0 to 1, rising with t.
  /// - Throws: `ModelError.outOfRange`.
  public func retention(inPeriod period: Int) throws(ModelError) -> Double {
    try Discrete.checkPeriods(period, from: 1)
    return retentionTrusted(period)
  }

  /// The share of a cohort that leaves in a period: P(T = t) = S(t−1)·α/(α+β+t−1).
  ///
  /// - Parameter period: t, within 1 to `Discrete.periodsMax`.
  /// - Returns: 0 to 1.
  /// - Throws: `ModelError.outOfRange`.
  /// - Complexity: O(t).
  public func leavingProbability(inPeriod period: Int) throws(ModelError) -> Double {
    try Discrete.checkPeriods(period, from: 1)
    let (alpha, beta) = (parameters.alpha, parameters.beta)
    return survivalTrusted(period - 1) * (alpha / (alpha + beta + Double(period - 1)))
  }

  /// The discounted periods still to come of a customer who stands before a renewal.
  ///
  /// DERL(n) = Σ_{t≥n} S(t)/S(n−1)·(1+d)^−(t−n) of Fader and Hardie 2010, "Customer-base valuation
  /// in a contractual setting", Marketing Science 29(1): the n-th renewal, which is due, is not
  /// discounted.
  ///
  /// - Parameters:
  ///   - period: n, the periods the customer has been through, within 1 to `Discrete.periodsMax`.
  ///   - discountRate: d per period, within `Discrete.discountRange`.
  /// - Returns: periods.
  /// - Throws: `ModelError.outOfRange`.
  public func expectedResidualLifetime(
    beforeRenewal period: Int, discountRate: Double
  ) throws(ModelError) -> Double {
    try Discrete.checkPeriods(period, from: 1)
    try Discrete.checkDiscount(discountRate)
    return retentionTrusted(period) * (1 + discountRate)
      * Discrete.betaMean(
        ofReciprocalAbove: discountRate, alpha: parameters.alpha,
        beta: parameters.beta + Double(period))
  }

  /// The discounted periods of a new customer: Σ_{t≥0} S(t)·(1+d)^−t.
  ///
  /// - Parameter discountRate: d per period, within `Discrete.discountRange`.
  /// - Returns: periods, the first one, which is not discounted, among them.
  /// - Throws: `ModelError.outOfRange`.
  public func expectedLifetime(discountRate: Double) throws(ModelError) -> Double {
    try Discrete.checkDiscount(discountRate)
    return (1 + discountRate)
      * Discrete.betaMean(
        ofReciprocalAbove: discountRate, alpha: parameters.alpha, beta: parameters.beta)
  }

  /// The logarithm of the likelihood of a cohort.
  ///
  /// - Parameter cohort: checked when it was made.
  /// - Returns: Σ (N_{t−1} − N_t)·ln P(T = t) + N_n·ln S(n).
  /// - Complexity: linear in the periods.
  public func logLikelihood(of cohort: RenewalCohort) -> Double {
    curvature(of: cohort).value
  }

  /// ln L of a cohort with its derivatives in α and β.
  ///
  /// As a sum over the renewals: who was there either left, α/(α+β+t−1), or stayed,
  /// (β+t−1)/(α+β+t−1).
  func curvature(of cohort: RenewalCohort) -> Curvature {
    let (alpha, beta) = (parameters.alpha, parameters.beta)
    var sum = Curvature()
    for period in 1..<cohort.counts.count {
      let before = Double(cohort.counts[period - 1])
      let stayed = Double(cohort.counts[period])
      let left = before - stayed
      let stay = beta + Double(period - 1)
      let all = alpha + stay
      sum.value -= left * log1p(stay / alpha) + stayed * log1p(alpha / stay)
      // Differences of before/all and left/α or stayed/stay, over one denominator.
      sum.gradient += SIMD4(
        (left * stay - stayed * alpha) / (alpha * all),
        (stayed * alpha - left * stay) / (stay * all), 0, 0)
      let both = before / (all * all)
      sum.hessian[0] += SIMD4(both - left / (alpha * alpha), both, 0, 0)
      sum.hessian[1] += SIMD4(both, both - stayed / (stay * stay), 0, 0)
    }
    return sum
  }

  private func survivalTrusted(_ periods: Int) -> Double {
    let (alpha, beta) = (parameters.alpha, parameters.beta)
    var product = 1.0
    for t in 0..<periods { product *= (beta + Double(t)) / (alpha + beta + Double(t)) }
    return product
  }

  private func retentionTrusted(_ period: Int) -> Double {
    let stay = parameters.beta + Double(period - 1)
    return stay / (parameters.alpha + stay)
  }
}
