// Money and numbers that are set aside: what is left of them, for which days they are, and what scarce
// money costs a score. Whose budget it is, and what is gone of it, is told by whoever asks.

/// Money, a number of offers, or both, set aside once or anew every few days.
public struct Budget: Equatable, Sendable {
  /// The money, in minor units; −1 if there is no bound.
  public var moneyMinor: Int64
  /// How many may be given; −1 if there is no bound.
  public var count: Int64
  /// How many days it is for, from the first day on, before it begins anew; 0 is for ever.
  public var days: Int32
  /// The first day, counted from 1970-01-01; `Int32.min` if none was told.
  public var startDay: Int32
  /// The first day behind it; `Int32.max` if none was told.
  public var endDay: Int32

  /// Puts a budget together; without arguments there is none.
  ///
  /// - Parameters:
  ///   - moneyMinor: in minor units; −1 without a bound.
  ///   - count: how many may be given; −1 without a bound.
  ///   - days: before it begins anew; 0 is for ever.
  ///   - startDay: the first day.
  ///   - endDay: the first day behind it.
  @inlinable
  public init(
    moneyMinor: Int64 = -1, count: Int64 = -1, days: Int32 = 0, startDay: Int32 = .min,
    endDay: Int32 = .max
  ) {
    self.moneyMinor = moneyMinor
    self.count = count
    self.days = days
    self.startDay = startDay
    self.endDay = endDay
  }

  /// Whether there is one.
  @inlinable public var isSet: Bool { moneyMinor >= 0 || count >= 0 }

  // MARK: Days

  /// The first day of the period that a day is in.
  ///
  /// - Parameter day: local, counted from 1970-01-01.
  /// - Returns: `Int32.min` if there is only one period, or none yet.
  @inlinable
  public func period(on day: Int32) -> Int32 {
    guard days > 0, startDay > .min, day >= startDay else { return .min }
    return startDay + (day - startDay) / days * days
  }

  /// u: the share of the period that has passed, as much as should be used by then.
  ///
  /// - Parameter moment: now.
  /// - Returns: 0 to 1; nil for a budget without an end, which has no plan.
  @inlinable
  public func plannedShare(at moment: Moment) -> Double? {
    let first: Int32
    let end: Int32
    if days > 0 {
      first = period(on: moment.today)
      end = first == .min ? .max : first + days
    } else {
      (first, end) = (startDay, endDay)
    }
    guard first > .min, end < .max, moment.today >= first else { return nil }
    let passed = Double(moment.today - first) + Double(moment.minute) / 1440
    return min(passed / Double(end - first), 1)
  }

  // MARK: What is left

  /// What it lacks for one more offer; a budget of nothing is closed.
  ///
  /// - Parameters:
  ///   - liabilityMinor: the most the offer can cost, in minor units.
  ///   - use: what is gone.
  /// - Returns: what is free and needed, in minor units or as counts; nil if it is enough.
  @inlinable
  public func shortage(
    of liabilityMinor: Int64, _ use: BudgetUse
  ) -> (free: Int64, needed: Int64, isCount: Bool)? {
    if moneyMinor >= 0 {
      let free = Self.difference(moneyMinor, use.takenMinor)
      let needed = max(liabilityMinor, moneyMinor == 0 ? 1 : 0)
      if free < needed || free < 0 { return (free, needed, false) }
    }
    if count >= 0 {
      let free = Self.difference(count, use.takenCount)
      if free < 1 { return (free, 1, true) }
    }
    return nil
  }

  /// As far as numbers reach.
  static func sum(_ one: Int64, _ other: Int64) -> Int64 {
    let (sum, isBeyond) = one.addingReportingOverflow(other)
    return isBeyond ? (other < 0 ? .min : .max) : sum
  }

  /// As far as numbers reach.
  @inlinable
  static func difference(_ one: Int64, _ other: Int64) -> Int64 {
    let (difference, isBeyond) = one.subtractingReportingOverflow(other)
    return isBeyond ? (other < 0 ? .max : .min) : difference
  }

  // MARK: The price of scarce money

  /// The price when exactly as much is used as is planned.
  @usableFromInline static let priceOnPlan = 0.25
  /// The price doubles with every such share of the budget that is used beyond the plan.
  @usableFromInline static let doublingShare = 0.005
  /// Beyond so many doublings prices are neither higher nor told from 0.
  @usableFromInline static let doublingsMax = 24.0

  /// λ = 0.25 · 2^((used/B − u) / 0.005): what a unit of expected cost takes from a score.
  ///
  /// The dual step in multiplicative form (Balseiro, Lu and Mirrokni 2023, dual mirror descent with
  /// entropy): each unit that is used raises the price, time that passes lowers it, and all the steps since
  /// the period's start come to this, so no step has to be remembered. Prices from 0.01 to 60 lie within
  /// 4 % of the plan, so what is used does too, whichever of them is right. The power is straight between whole
  /// numbers, so that it is the same on every machine. The test is «R6: pacing».
  ///
  /// - Parameters:
  ///   - usedMinor: what was spent and probably will be, in minor units.
  ///   - usedCount: what was given and probably will be.
  ///   - moment: now.
  /// - Returns: at least 0; 0 for a budget without an end.
  public func price(usedMinor: Double, usedCount: Double, at moment: Moment) -> Double {
    guard let plan = plannedShare(at: moment) else { return 0 }
    var used = -Double.infinity
    if moneyMinor > 0 { used = usedMinor / Double(moneyMinor) }
    if count > 0 { used = max(used, usedCount / Double(count)) }
    let doublings = min((used - plan) / Self.doublingShare, Self.doublingsMax)
    guard doublings > -Self.doublingsMax else { return 0 }
    let whole = doublings.rounded(.down)
    return Self.priceOnPlan
      * Double(sign: .plus, exponent: Int(whole), significand: 1 + (doublings - whole))
  }
}

extension Offer {
  /// Its own budget.
  @inlinable public var budget: Budget {
    Budget(
      moneyMinor: budgetMinor, count: budgetCount, days: budgetDays, startDay: startDay,
      endDay: endDay)
  }
}
