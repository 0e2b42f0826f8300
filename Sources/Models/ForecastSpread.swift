// How far forecasts of a shop lie from what comes: learnt from looks back, and turned into intervals.

/// One look back: what would have been foretold of the last weeks, and what came.
struct ForecastLook: Sendable {
  let expected: [Double]
  let actual: [Double]
  /// Whole weeks of history before the cut.
  let historyWeeks: Int

  /// A look at fewer weeks, or from a shorter history in days, says nothing.
  private static let weeksMin = 4
  private static let historyDaysMin: Int32 = 60
  /// From here on a look says something about the coverage.
  static let historyWeeksMin = 26
  static let judgedWeeksMin = 8
  /// How long the looks are: parts of the longest.
  private static let parts = [1, 0.7, 0.5]

  /// How many weeks are looked at, the longest first.
  ///
  /// - Parameters:
  ///   - history: whole weeks of history.
  ///   - ahead: how many weeks are to be foretold.
  /// - Returns: none when the history is too short.
  static func lengths(history: Int, ahead: Int) -> [Int] {
    let longest = Double(min(ahead, history / 2))
    return parts.map { Int($0 * longest) }.filter { $0 >= weeksMin }
  }

  /// Keeps what is known of a look.
  init(expected: [Double], actual: [Double], historyWeeks: Int) {
    self.expected = expected
    self.actual = actual
    self.historyWeeks = historyWeeks
  }

  /// Fits the models to what was known, and lets them foretell; nil when they cannot.
  init?(
    _ sample: OrderDays, _ totals: DailyTotals, weeks: Int, kinds: [PurchaseModelKind],
    clock: SeasonClock, crew: any FitCrew
  ) {
    let cut = totals.day - Int32(7 * weeks)
    guard totals.days - Int32(7 * weeks) >= Self.historyDaysMin else { return nil }
    let standing = Standing(sample, on: cut)
    let histories = standing.grouped(clock)
    var models: [any PurchaseModel] = []
    for kind in kinds {
      guard let fit = try? PurchaseFit.fit(kind: kind, histories: histories, crew: crew) else {
        return nil
      }
      models.append(fit.parameters.model)
    }
    var calibration = Calibration()
    calibration.clock = clock
    expected =
      WeeklyExpectation(
        standing, sample, totals, models: models, calibration: calibration, weeks: weeks,
        crew: crew
      ).totals
    actual = totals.orders(ofWeeks: weeks, through: totals.day)
    historyWeeks = totals.weeks - weeks
  }

  var weeks: Double { Double(actual.count) }
  var isJudged: Bool {
    historyWeeks >= Self.historyWeeksMin && actual.count >= Self.judgedWeeksMin
  }

  /// The square of the logarithm of the level, as it would be over a year.
  var squaredLevel: Double {
    let level = log((actual.reduce(0, +) + 1) / (expected.reduce(0, +) + 1))
    return level * level / ForecastSpread.growth(week: weeks)
  }

  /// Pearson's statistic of the weeks about their own level, each.
  var dispersion: Double {
    let level = actual.reduce(0, +) / max(expected.reduce(0, +), 1e-9)
    var sum = 0.0
    for (y, mu) in zip(actual, expected) {
      sum += (y - mu * level) * (y - mu * level) / max(mu * level, 1)
    }
    return sum / weeks
  }
}

/// The spread of what comes about what is expected.
///
/// Var = φ·μ + c·v·(¼ + w/52)·μ²: chance, more than Poisson's as weeks have weather and sales, and a level
/// that drifts away. φ is the dispersion of weeks within looks back; v comes from the levels of the
/// looks, which share most of their days, beside what is usual with other shops.
struct ForecastSpread: Sendable {
  private(set) var dispersion = 1.5
  private(set) var levelVariance: Double

  /// The level is off by a fifth after half a year, as usual; that counts for two looks.
  private static let usualVariance = 0.2 * 0.2 / growth(week: 26)
  private static let usualCount = 2.0
  /// What one look counts for, as they overlap.
  private static let lookCount = 0.6
  /// c: levels have longer tails than the normal distribution.
  private static let tails = 1.3
  /// The normal quantile at 0.95.
  private static let quantile = 1.644_853_626_951_472_7

  /// How the variance of the level grows.
  static func growth(week: Double) -> Double { 0.25 + week / 52 }

  init(_ looks: [ForecastLook]) {
    let squares = looks.reduce(0) { $0 + $1.squaredLevel }
    levelVariance =
      (Self.usualCount * Self.usualVariance + Self.lookCount * squares)
      / (Self.usualCount + Self.lookCount * Double(looks.count))
    let weeks = looks.reduce(0) { $0 + $1.weeks }
    if weeks > 0 {
      dispersion = max(1, looks.reduce(0) { $0 + $1.dispersion * $1.weeks } / weeks)
    }
  }

  /// How often the looks lay within the intervals that the other looks give.
  static func coverage(_ looks: [ForecastLook]) -> Forecast.Coverage? {
    var (within, weeks, cuts) = (0, 0, 0)
    for (place, look) in looks.enumerated() where look.isJudged {
      var others = looks
      others.remove(at: place)
      within += ForecastSpread(others).within(look)
      weeks += look.actual.count
      cuts += 1
    }
    return cuts > 0 ? Forecast.Coverage(weeksWithin: within, weeks: weeks, cuts: cuts) : nil
  }

  /// How many weeks of a look lie within their intervals.
  private func within(_ look: ForecastLook) -> Int {
    look.actual.indices.count { place in
      let range = range(ofOrders: look.expected[place], week: place + 1)
      return range.low <= look.actual[place] && look.actual[place] <= range.high
    }
  }

  /// The orders of one week.
  func range(ofOrders mu: Double, week: Int) -> Forecast.Interval {
    range(ofOrders: mu, relative: tailed(Self.growth(week: Double(week))))
  }

  /// The orders of many weeks together, whose levels drift as one.
  func range(ofOrders mu: Double, weeks: Int) -> Forecast.Interval {
    range(ofOrders: mu, relative: tailed(Self.growth(week: Double(weeks))))
  }

  /// The revenue of one week.
  func range(
    of orders: (first: Double, later: Double), week: Int, _ amounts: OrderAmounts
  ) -> Forecast.Interval {
    range(of: orders, relative: tailed(Self.growth(week: Double(week))), amounts)
  }

  /// The revenue of many weeks together.
  func range(
    of orders: (first: Double, later: Double), weeks: Int, _ amounts: OrderAmounts
  ) -> Forecast.Interval {
    range(of: orders, relative: tailed(Self.growth(week: Double(weeks))), amounts)
  }

  private func tailed(_ growth: Double) -> Double { Self.tails * levelVariance * growth }

  private func range(ofOrders mu: Double, relative: Double) -> Forecast.Interval {
    guard mu > 1e-9 else { return Forecast.Interval(expected: mu, low: 0, high: 0) }
    let variance = dispersion * mu + relative * mu * mu
    guard mu < 500 else {
      return Forecast.Interval(
        expected: mu, low: Self.gammaQuantile(-Self.quantile, mean: mu, variance).rounded(.down),
        high: Self.gammaQuantile(Self.quantile, mean: mu, variance).rounded(.up))
    }
    let (low, high) = Self.countQuantiles(mean: mu, variance)
    return Forecast.Interval(expected: mu, low: low, high: high)
  }

  private func range(
    of orders: (first: Double, later: Double), relative: Double, _ amounts: OrderAmounts
  ) -> Forecast.Interval {
    let mean = orders.first * amounts.first + orders.later * amounts.later
    let count = orders.first + orders.later
    guard mean > 1e-9, count > 1e-9 else {
      return Forecast.Interval(expected: mean, low: 0, high: mean)
    }
    let variance =
      (dispersion / count + relative) * mean * mean + count * amounts.deviation * amounts.deviation
    return Forecast.Interval(
      expected: mean, low: Self.gammaQuantile(-Self.quantile, mean: mean, variance),
      high: Self.gammaQuantile(Self.quantile, mean: mean, variance))
  }

  /// A quantile of the gamma distribution (Wilson and Hilferty 1931): its cube root is nearly normal.
  private static func gammaQuantile(_ normal: Double, mean: Double, _ variance: Double) -> Double {
    let ninth = variance / (9 * mean * mean)
    let root = max(1 - ninth + normal * ninth.squareRoot(), 0)
    return mean * root * root * root
  }

  /// The quantiles 0.05 and 0.95 of the negative binomial distribution, for means below 500.
  private static func countQuantiles(
    mean: Double, _ variance: Double
  ) -> (low: Double, high: Double) {
    // Close to a Poisson count the size grows beyond all bounds.
    let size = mean * mean / max(variance - mean, 1e-6 * mean)
    let success = mean / (size + mean)
    var probability = exp(-size * log1p(mean / size))
    var (sum, count) = (probability, 0.0)
    var low: Double?
    while sum < 0.95, count < 1e5 {
      if low == nil, sum >= 0.05 { low = count }
      probability *= (size + count) / (count + 1) * success
      sum += probability
      count += 1
    }
    return (low ?? count, count)
  }
}
