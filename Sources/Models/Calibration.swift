// What a back-test showed beyond the purchase models: season, level, and how single customers differ
// from what the models expect of them. It is made in AutoFit.swift and used by CustomerModel.swift.

/// What is laid over the purchase models' expectations.
public struct Calibration: Sendable, Equatable {
  /// The season of the year, in which the models' time runs.
  public var clock = SeasonClock.even
  /// The logarithm of the shop's level: orders per expected order.
  public var logLevel = 0.0
  /// How customers differ from what the models expect of them; nil when nothing was shown.
  public var correction: Correction?

  /// Changes nothing.
  public static let none = Calibration()

  /// Makes a calibration that changes nothing.
  public init() {}

  /// The range in which the logarithm of the level is accepted.
  public static let logLevelRange: ClosedRange<Double> = -2...2
}

/// What is known of a customer beside x, t_x and T.
public struct RecentOrders: Sendable, Equatable {
  /// Days with a repeat order within the last 30 days.
  public var month: Double
  /// Days with a repeat order within the correction's last days.
  public var reference: Double

  /// No recent orders.
  @inlinable public static var none: RecentOrders { RecentOrders(month: 0, reference: 0) }
  /// Days in which an order counts as of the last month.
  public static let monthDays = 30.0

  /// Puts both together.
  ///
  /// - Parameters:
  ///   - month: days with a repeat order within the last 30 days.
  ///   - reference: the same within the correction's `referenceDays`.
  @inlinable
  public init(month: Double, reference: Double) {
    self.month = month
    self.reference = reference
  }
}

/// A factor on the expected orders of a customer: e to a weighted sum of what is known.
///
/// The weights come from a ridge Poisson regression of past orders on what was known before them.
public struct Correction: Sendable, Equatable {
  /// The horizon of which it was learnt, and the time in which recent orders count, in days.
  public let referenceDays: Double
  /// The sum where every signal has its mean.
  public let intercept: Double
  /// A weight for each standardised signal.
  public let weights: [Double]
  /// The means of the signals.
  public let means: [Double]
  /// The standard deviations of the signals.
  public let deviations: [Double]

  /// What the signals are, in their order.
  public static let signals = [
    "ln of the expected orders", "ln(1+x)", "ln of recent orders", "ln of idle days",
    "ln of last month's orders",
  ]
  /// A standardised signal is taken as no farther from 0 than this.
  static let signalMax = 3.0
  /// The sum is taken as no farther from 0 than this.
  static let sumMax = 1.5
  /// The range in which reference days are accepted.
  public static let referenceDaysRange: ClosedRange<Double> = 1...36_525
  /// The range in which the intercept is accepted: e to it must stay a factor.
  public static let interceptRange: ClosedRange<Double> = -20...20
  /// The range in which weights and means are accepted.
  public static let numberRange: ClosedRange<Double> = -1e6...1e6
  /// The range in which deviations are accepted.
  public static let deviationRange: ClosedRange<Double> = 1e-6...1e6

  /// Checks and keeps the numbers.
  ///
  /// - Parameters:
  ///   - referenceDays: within `referenceDaysRange`.
  ///   - intercept: within `interceptRange`.
  ///   - weights: one for each signal, within `numberRange`.
  ///   - means: one for each signal, within `numberRange`.
  ///   - deviations: one for each signal, within `deviationRange`.
  /// - Throws: `ModelError.outOfRange` or `ModelError.unequalColumns`.
  public init(
    referenceDays: Double, intercept: Double, weights: [Double], means: [Double],
    deviations: [Double]
  ) throws(ModelError) {
    try ModelError.check(
      referenceDays, "reference days", in: Self.referenceDaysRange, unit: "days")
    try ModelError.check(intercept, "intercept", in: Self.interceptRange)
    for (name, column) in [("weight", weights), ("mean", means), ("deviation", deviations)] {
      guard column.count == Self.signals.count else {
        throw .unequalColumns(name: name, count: column.count, expected: Self.signals.count)
      }
      for number in column {
        try ModelError.check(
          number, name, in: name == "deviation" ? Self.deviationRange : Self.numberRange)
      }
    }
    self.referenceDays = referenceDays
    self.intercept = intercept
    self.weights = weights
    self.means = means
    self.deviations = deviations
  }

  /// The signals of a customer.
  ///
  /// - Parameters:
  ///   - expectedOrders: what the purchase models expect within the reference days.
  ///   - repeatOrders: x.
  ///   - idleDays: days since the last order, by the calendar.
  ///   - recent: recent orders.
  /// - Returns: one number for each signal.
  static func signals(
    expectedOrders: Double, repeatOrders: Double, idleDays: Double, recent: RecentOrders
  ) -> [Double] {
    [
      log(max(expectedOrders, 1e-9)), log1p(repeatOrders), log(recent.reference + 0.5),
      log(idleDays + 3), log(recent.month + 0.5),
    ]
  }

  /// The factor on a customer's expected orders.
  ///
  /// - Parameters:
  ///   - expectedOrders: what the purchase models expect within the reference days.
  ///   - repeatOrders: x.
  ///   - idleDays: days since the last order, by the calendar.
  ///   - recent: recent orders.
  /// - Returns: above 0 and finite.
  public func factor(
    expectedOrders: Double, repeatOrders: Double, idleDays: Double, recent: RecentOrders
  ) -> Double {
    factor(
      signals: Self.signals(
        expectedOrders: expectedOrders, repeatOrders: repeatOrders, idleDays: idleDays,
        recent: recent))
  }

  /// The same from signals that are known already.
  func factor(signals: [Double]) -> Double {
    var sum = 0.0
    for (place, signal) in signals.enumerated() {
      sum +=
        weights[place]
        * Self.standardised(signal, mean: means[place], deviation: deviations[place])
    }
    return exp(intercept + min(max(sum, -Self.sumMax), Self.sumMax))
  }

  /// A signal less its mean in its standard deviations, held within bounds.
  static func standardised(_ signal: Double, mean: Double, deviation: Double) -> Double {
    min(max((signal - mean) / deviation, -signalMax), signalMax)
  }
}
