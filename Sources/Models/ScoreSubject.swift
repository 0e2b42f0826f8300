// Whom a score is of and how far it looks, both in the time of the model's clock.

/// What a score rests on: everything it needs to know of a customer.
public struct ScoreSubject: Sendable, Equatable {
  /// x, t_x and T in the time of the model's clock.
  public var history: PurchaseHistory
  /// Mean value of the repeat orders in major units; not above 0 when unknown.
  public var meanSpend: Double
  /// Days since the last order, by the calendar; read only by a correction.
  public var idleDays: Double
  /// Recent orders; read only by a correction.
  public var recent: RecentOrders

  /// Puts it together.
  ///
  /// - Parameters:
  ///   - history: x, t_x and T in the time of the model's clock.
  ///   - meanSpend: mean value of the repeat orders in major units; not above 0 when unknown.
  ///   - idleDays: days since the last order, by the calendar, at least 0.
  ///   - recent: recent orders.
  @inlinable
  public init(
    history: PurchaseHistory, meanSpend: Double = 0, idleDays: Double = 0,
    recent: RecentOrders = .none
  ) {
    self.history = history
    self.meanSpend = meanSpend
    self.idleDays = idleDays
    self.recent = recent
  }
}

extension PurchaseHistory {
  /// The history of a customer in the time of a clock.
  ///
  /// - Parameters:
  ///   - repeatOrders: x.
  ///   - firstDay: day of the first order since 1970-01-01, not negative.
  ///   - lastDay: day of the last order, not before the first.
  ///   - day: the day of the score, not before the last order.
  ///   - clock: in which time; under the even clock the numbers are whole days.
  public init(
    repeatOrders: Double, firstDay: Double, lastDay: Double, asOf day: Double, clock: SeasonClock
  ) {
    guard !clock.isEven else {
      self.init(
        repeatOrders: repeatOrders, recencyDays: lastDay - firstDay, ageDays: day - firstDay)
      return
    }
    let recency = clock.time(from: firstDay, to: lastDay)
    // Two roundings of one time must not make the customer younger than the last order.
    self.init(
      repeatOrders: repeatOrders, recencyDays: recency,
      ageDays: max(clock.time(from: firstDay, to: day), recency))
  }
}

/// How far a score looks ahead from a day, in the time of the model's clock.
public struct ScoreHorizon: Sendable, Equatable {
  /// Horizon, discount rate and margin, by the calendar.
  public let terms: ScoreTerms
  /// The end of the horizon.
  let end: Double
  /// The end of the correction's reference days; nil without a correction.
  let reference: Double?
  /// The ends of the months; none under the even clock, whose months are those of the terms.
  private let ends: [Double]

  /// Time never passes less than this: a speed's and a horizon's smallest numbers.
  private static let timeMin =
    ScoreTerms.horizonRange.lowerBound * SeasonClock.speedRange.lowerBound

  /// Looks ahead from a day, under a calibration.
  ///
  /// - Parameters:
  ///   - terms: horizon, discount rate and margin.
  ///   - calibration: of the model that is going to score.
  ///   - day: of the score, since 1970-01-01; not negative. It matters only to an uneven clock.
  public init(_ terms: ScoreTerms, under calibration: Calibration = .none, from day: Double = 0) {
    self.terms = terms
    let clock = calibration.clock
    guard !clock.isEven else {
      ends = []
      end = terms.horizonDays
      reference = calibration.correction?.referenceDays
      return
    }
    func time(_ days: Double) -> Double {
      max(clock.time(from: day, to: day + days), Self.timeMin)
    }
    let months = terms.months
    ends = (1...months).map { time(terms.endOfMonth($0, of: months)) }
    end = ends[months - 1]
    reference = (calibration.correction?.referenceDays).map(time)
  }

  /// The end of a month counted from now, as `ScoreTerms` has it, in the time of the clock.
  func endOfMonth(_ month: Int, of months: Int) -> Double {
    ends.isEmpty
      ? terms.endOfMonth(month, of: months) : ends[min(month, ends.count) - 1]
  }
}
