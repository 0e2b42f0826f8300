// What is known of a customer at a day beside x, t_x and T, and the features the churn layer makes of
// it. The layer itself is in ChurnLayer.swift.

/// What is known of one customer on one day that bears on the probability of no order to come.
public struct ChurnSignals: Sendable, Equatable {
  /// q: the purchase model's probability of no order within the horizon, 0 to 1.
  public var purchaseChurn: Double
  /// x, at least 0.
  public var repeatOrders: Double
  /// T − t_x in days, at least 0.
  public var idleDays: Double
  /// t_x / x in days, or what is typical of the shop where x is 0.
  public var gapDays: Double
  /// The time between the last two orders in days; nil where there is one order or it is not known.
  public var lastGapDays: Double?
  /// The value of the last order over the mean of those before; nil where there are none with a value.
  public var spendRatio: Double?
  /// The share of all money spent that was given back, 0 to 1.
  public var returnedShare: Double
  /// Whether the last order was given back, in whole or in part.
  public var isLastOrderReturned: Bool

  /// Puts them together; they are trusted, and features stay within their bounds whatever they are.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in days.
  ///   - purchaseChurn: q for the horizon that is asked for, 0 to 1.
  ///   - typicalGapDays: the gap between orders to assume of someone with a single one, in days.
  ///   - lastGapDays: the time between the last two orders in days; nil where not known.
  ///   - spendRatio: the last order's value over the mean of those before; nil where not known.
  ///   - returnedShare: the share of all money spent that was given back, 0 to 1.
  ///   - isLastOrderReturned: whether the last order was given back, in whole or in part.
  public init(
    history: PurchaseHistory, purchaseChurn: Double, typicalGapDays: Double,
    lastGapDays: Double? = nil, spendRatio: Double? = nil, returnedShare: Double = 0,
    isLastOrderReturned: Bool = false
  ) {
    self.purchaseChurn = purchaseChurn
    repeatOrders = history.repeatOrders
    idleDays = history.ageDays - history.recencyDays
    gapDays =
      history.repeatOrders > 0 ? history.recencyDays / history.repeatOrders : typicalGapDays
    self.lastGapDays = lastGapDays
    self.spendRatio = spendRatio
    self.returnedShare = returnedShare
    self.isLastOrderReturned = isLastOrderReturned
  }

  /// ln((idle + ½)/(gap + ½)): half a day keeps the first day finite.
  var overdue: Double { Self.logRatio(idleDays, gapDays) }

  /// ln(1 + x).
  var experience: Double { log1p(max(repeatOrders, 0)) }

  /// The logarithm of a ratio of days, each counted from the middle of its day.
  static func logRatio(_ days: Double, _ others: Double) -> Double {
    log((max(days, 0) + 0.5) / (max(others, 0) + 0.5))
  }
}

/// One number made of the signals: a row of the table of all there are.
public struct ChurnFeature: Sendable {
  /// What stored layers call it; never changed and never used again.
  public let number: UInt8
  /// A short name for reports.
  public let name: String
  /// What it is, in a sentence.
  public let meaning: String
  /// What its values are clamped to; 0 is always among them and stands for «not known».
  public let bounds: ClosedRange<Double>
  private let formula: @Sendable (ChurnSignals) -> Double

  /// The number of the purchase model's own log-odds, with which every layer begins.
  public static let purchaseNumber: UInt8 = 1

  /// All features; further ones are added at the end, with new numbers.
  public static let table: [ChurnFeature] = [
    ChurnFeature(
      purchaseNumber, "purchase model", "ln(q/(1 − q)) of the purchase model's churn q.", -15...15
    ) { log($0.purchaseChurn / (1 - $0.purchaseChurn)) },
    ChurnFeature(
      2, "overdue", "ln of idle time over the customer's own mean gap.", -5...5
    ) { $0.overdue },
    ChurnFeature(
      3, "past due", "The same above one gap, 0 below.", 0...5
    ) { max($0.overdue, 0) },
    ChurnFeature(
      4, "overdue × experience", "«overdue» times «experience».", -20...20
    ) { $0.overdue * $0.experience },
    ChurnFeature(
      5, "gap trend", "ln of the last gap over the mean gap, 0 where there are fewer than two.",
      -3...3
    ) { signals in
      guard let last = signals.lastGapDays, signals.repeatOrders >= 2 else { return 0 }
      return ChurnSignals.logRatio(last, signals.gapDays)
    },
    ChurnFeature(
      6, "spend trend", "ln of the last order's value over the mean of those before.", -3...3
    ) { signals in
      guard let ratio = signals.spendRatio, ratio >= 0 else { return 0 }
      return log(ratio)
    },
    ChurnFeature(
      7, "returned share", "The share of all money spent that was given back.", 0...1
    ) { $0.returnedShare },
    ChurnFeature(
      8, "last returned", "1 where the last order was given back.", 0...1
    ) { $0.isLastOrderReturned ? 1 : 0 },
    ChurnFeature(
      9, "experience", "ln(1 + x).", 0...7
    ) { $0.experience },
    ChurnFeature(
      10, "single order", "1 where x is 0.", 0...1
    ) { $0.repeatOrders > 0 ? 0 : 1 },
  ]

  private init(
    _ number: UInt8, _ name: String, _ meaning: String, _ bounds: ClosedRange<Double>,
    _ formula: @escaping @Sendable (ChurnSignals) -> Double
  ) {
    self.number = number
    self.name = name
    self.meaning = meaning
    self.bounds = bounds
    self.formula = formula
  }

  /// The feature of one customer.
  ///
  /// - Parameter signals: anything; what is not a number counts as not known.
  /// - Returns: a number within the bounds.
  public func value(of signals: ChurnSignals) -> Double {
    let value = formula(signals)
    return value.isNaN ? 0 : min(max(value, bounds.lowerBound), bounds.upperBound)
  }
}
