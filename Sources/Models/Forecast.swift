// The orders and the revenue of a whole shop, week by week: what is foretold, and how it is put
// together. What is expected is in ForecastExpectation.swift, how far off that was in the past and is
// taken to be in the future in ForecastSpread.swift.

/// What an order is worth, so that orders become revenue.
public struct OrderAmounts: Sendable, Equatable {
  /// The mean value of a first order, in major units.
  public let first: Double
  /// The mean value of a day with repeat orders, in major units.
  public let later: Double
  /// The standard deviation of the value of a day with orders, in major units.
  public let deviation: Double

  /// The range in which all three are accepted.
  public static let range: ClosedRange<Double> = 0...1e12

  /// Checks and keeps the numbers, best taken from the last twelve months.
  ///
  /// - Parameters:
  ///   - first: mean value of a customer's first day with orders, within `range`, in major units.
  ///   - later: mean value of the other days with orders, the same.
  ///   - deviation: standard deviation of the value of a day with orders, the same.
  /// - Throws: `ModelError.outOfRange`.
  public init(first: Double, later: Double, deviation: Double) throws(ModelError) {
    try ModelError.check(first, "mean value of first orders", in: Self.range)
    try ModelError.check(later, "mean value of repeat orders", in: Self.range)
    try ModelError.check(deviation, "deviation of the value of orders", in: Self.range)
    self.first = first
    self.later = later
    self.deviation = deviation
  }
}

/// The orders of a whole shop in the weeks to come, each with an interval of 90 %.
///
/// A customer's orders of one day count as one order, as everywhere in the models. The intervals are as
/// wide as back-tests on the shop's own past say: what goes wrong with a forecast is its level, much more
/// than the chance of single orders, so the past's errors of the level say how wide.
public struct Forecast: Sendable, Equatable {
  /// A number with the interval in which it will lie with probability 0.9.
  public struct Interval: Sendable, Equatable {
    /// The expectation.
    public let expected: Double
    /// In one case of twenty it will be lower.
    public let low: Double
    /// In one case of twenty it will be higher.
    public let high: Double
  }

  /// One week.
  public struct Week: Sendable, Equatable {
    /// The last day of the week, days since 1970-01-01; the week is that day and the six before it.
    public let lastDay: Int32
    /// Orders expected of those who are customers already.
    public let presentOrders: Double
    /// Customers expected to come, each with a first order.
    public let firstOrders: Double
    /// Repeat orders expected of customers still to come.
    public let laterOrders: Double
    /// All orders; the bounds are whole numbers.
    public let orders: Interval
    /// All revenue in major units; nil where nothing is known of the value of orders.
    ///
    /// That the mean value of an order may change is not in the interval, nor is it in the coverage.
    public let revenue: Interval?
  }

  /// How often the past lay within the intervals that would have been given of it.
  public struct Coverage: Sendable, Equatable {
    /// How many weeks lay within.
    public let weeksWithin: Int
    /// How many weeks were looked at.
    public let weeks: Int
    /// From how many days of the past they were foretold.
    public let cuts: Int

    /// The share of the weeks that lay within; 0.9 is wanted.
    public var share: Double { Double(weeksWithin) / Double(weeks) }
  }

  /// The weeks to come.
  public let weeks: [Week]
  /// All weeks together.
  public let orders: Interval
  /// The revenue of all weeks together.
  public let revenue: Interval?
  /// The orders of the weeks before the fitting day, the last one last: at most 52, whole ones only.
  public let pastOrders: [Double]
  /// What the back-tests say of the intervals, each judged by what the others teach; nil when none had
  /// 26 weeks of history before it and 8 weeks after it.
  public let coverage: Coverage?
  /// How much more orders of a week vary than a Poisson count, at least 1.
  public let dispersion: Double
  /// The variance of the logarithm of the level a year ahead, above 0.
  public let levelVariance: Double
  /// What a person should know, each a sentence.
  public let warnings: [String]

  /// The range in which a number of weeks is accepted.
  public static let weeksRange: ClosedRange<Int> = 1...104
  /// Weeks of a year, as far as whole weeks go.
  static let yearWeeks = 52
  /// The most customers whose expectations are computed; a larger shop is represented by so many.
  static let customersMax = 50_000

  /// Foretells.
  ///
  /// - Parameters:
  ///   - orders: the days with an order of every customer; later ones than `day` are not looked at.
  ///   - day: the fitting day, days since 1970-01-01.
  ///   - purchases: the models whose expectations are averaged, fitted in the calibration's time.
  ///   - calibration: season, level and correction.
  ///   - amounts: what orders are worth; nil for no revenue.
  ///   - weeks: how many weeks, within `weeksRange`.
  ///   - crew: who computes; the result does not depend on it.
  /// - Throws: `ModelError.noCustomers`, or `ModelError.outOfRange` for the weeks.
  public init(
    of orders: OrderDays, through day: Int32, purchases: [PurchaseParameters],
    calibration: Calibration = .none, amounts: OrderAmounts? = nil, weeks: Int = 52,
    crew: any FitCrew = Alone()
  ) throws(ModelError) {
    guard Self.weeksRange.contains(weeks) else {
      throw .outOfRange(
        name: "weeks", value: Double(weeks),
        allowed: "between \(Self.weeksRange.lowerBound) and \(Self.weeksRange.upperBound)")
    }
    let totals = DailyTotals(orders, through: day)
    guard totals.customers > 0, !purchases.isEmpty else { throw .noCustomers }
    let sample = orders.sampled(most: Self.customersMax)
    let expectation = WeeklyExpectation(
      Standing(sample, on: day), sample, totals, models: purchases.map(\.model),
      calibration: calibration, weeks: weeks, crew: crew)

    let looks = ForecastLook.lengths(history: totals.weeks, ahead: weeks).compactMap { length in
      ForecastLook(
        sample, totals, weeks: length, kinds: purchases.map(\.kind), clock: calibration.clock,
        crew: crew)
    }
    let spread = ForecastSpread(looks)
    let made = (0..<weeks).map { place in
      Week(
        lastDay: day + Int32(7 * (place + 1)), presentOrders: expectation.present[place],
        firstOrders: expectation.first[place], laterOrders: expectation.later[place],
        orders: spread.range(ofOrders: expectation.total(place), week: place + 1),
        revenue: amounts.map { spread.range(of: expectation.split(place), week: place + 1, $0) })
    }
    self.weeks = made
    self.orders = spread.range(ofOrders: expectation.total, weeks: weeks)
    revenue = amounts.map { spread.range(of: expectation.split, weeks: weeks, $0) }
    pastOrders = totals.orders(ofWeeks: min(Self.yearWeeks, totals.weeks), through: day)
    coverage = ForecastSpread.coverage(looks)
    dispersion = spread.dispersion
    levelVariance = spread.levelVariance
    warnings = Self.warnings(looks, coverage, totals)
  }

  private static func warnings(
    _ looks: [ForecastLook], _ coverage: Coverage?, _ totals: DailyTotals
  ) -> [String] {
    var warnings: [String] = []
    if looks.isEmpty {
      warnings.append(
        "The history of \(totals.weeks) weeks is too short for a back-test: the intervals have the "
          + "width that is usual with other shops.")
    } else if coverage == nil {
      warnings.append(
        "No back-test had \(ForecastLook.historyWeeksMin) weeks of history before it and "
          + "\(ForecastLook.judgedWeeksMin) weeks after it: the coverage of the intervals was not "
          + "checked.")
    }
    if totals.isClosed {
      warnings.append(
        "Nobody has ordered first within \(DailyTotals.closedDays) days: no customers to come are "
          + "expected.")
    }
    return warnings
  }
}
