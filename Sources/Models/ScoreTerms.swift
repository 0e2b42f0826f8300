// What a score is asked for (horizon, discount rate, margin) and what it answers.

/// The horizon and the money terms of a score.
public struct ScoreTerms: Sendable, Equatable {
  /// How far the score looks ahead, in days.
  public let horizonDays: Double
  /// Discount rate per year; 0.1 is ten percent.
  public let discountRatePerYear: Double
  /// Fraction of an order's value that is earned.
  public let margin: Double

  /// Days of a month: a twelfth of 365.25.
  public static let monthDays = 30.4375
  /// The range in which the horizon is accepted, in days.
  public static let horizonRange: ClosedRange<Double> = 1e-9...36_525
  /// The range in which the discount rate per year is accepted.
  public static let discountRateRange: ClosedRange<Double> = 0...10
  /// The range in which the margin is accepted.
  public static let marginRange: ClosedRange<Double> = 0...100

  /// Checks and keeps the terms.
  ///
  /// - Parameters:
  ///   - horizonDays: days to look ahead, above 0 and at most 36,525.
  ///   - discountRatePerYear: rate per year, 0 to 10.
  ///   - margin: fraction of the value that is earned, 0 to 100.
  /// - Throws: `ModelError.outOfRange`, naming the field.
  public init(horizonDays: Double, discountRatePerYear: Double, margin: Double)
    throws(ModelError)
  {
    try ModelError.check(horizonDays, "horizon", in: Self.horizonRange, unit: "days")
    try ModelError.check(
      discountRatePerYear, "discount rate", in: Self.discountRateRange, unit: "per year")
    try ModelError.check(margin, "margin", in: Self.marginRange)
    self.horizonDays = horizonDays
    self.discountRatePerYear = discountRatePerYear
    self.margin = margin
  }

  /// Months begun within the horizon, at least 1.
  ///
  /// A horizon that is a whole number of months but for rounding does not begin another one.
  public var months: Int {
    max(1, Int((horizonDays / Self.monthDays * (1 - 1e-12)).rounded(.up)))
  }

  /// The end of a month counted from now.
  ///
  /// - Parameters:
  ///   - month: at least 1.
  ///   - months: as `months` counts them.
  /// - Returns: its last day, in days from now; the horizon for the last month.
  func endOfMonth(_ month: Int, of months: Int) -> Double {
    month < months ? Double(month) * Self.monthDays : horizonDays
  }
}

/// The scores of one customer.
public struct CustomerScore: Sendable, Equatable {
  /// Probability that the customer will ever order again, 0 to 1.
  public var aliveProbability: Double
  /// Probability of no order within the horizon, 0 to 1.
  public var churnProbability: Double
  /// Expected repeat orders within the horizon.
  public var expectedOrders: Double
  /// Expected value of an order, in major units of the currency.
  public var expectedSpendPerOrder: Double
  /// Discounted expected margin of the orders within the horizon, in major units.
  public var lifetimeValue: Double

  /// Puts the five numbers together.
  ///
  /// - Parameters:
  ///   - aliveProbability: 0 to 1.
  ///   - churnProbability: 0 to 1.
  ///   - expectedOrders: orders within the horizon.
  ///   - expectedSpendPerOrder: major units of the currency.
  ///   - lifetimeValue: major units of the currency.
  @inlinable
  public init(
    aliveProbability: Double, churnProbability: Double, expectedOrders: Double,
    expectedSpendPerOrder: Double, lifetimeValue: Double
  ) {
    self.aliveProbability = aliveProbability
    self.churnProbability = churnProbability
    self.expectedOrders = expectedOrders
    self.expectedSpendPerOrder = expectedSpendPerOrder
    self.lifetimeValue = lifetimeValue
  }
}
