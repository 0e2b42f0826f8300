// The fixed rule of the named segments: a pure function of scores and history, for customers who were not
// found in a segment yet. What a shop means by its segments are conditions, and not here.

/// The named segments; every customer is in exactly one.
public enum Segment: UInt8, CatalogueWord {
  case new, vip, loyal, willBuyAgain, aboutToLeave, inactive

  /// As it is written in conditions.
  public var word: String {
    switch self {
    case .willBuyAgain: "will buy again"
    case .aboutToLeave: "about to leave"
    default: "\(self)"
    }
  }

  /// The segment of a mark, as a search for everybody's segment leaves it.
  ///
  /// - Parameter mark: the segment's number counted from 1; nil comes of 0, which is none, and of all beyond.
  @inlinable
  public init?(mark: UInt8) {
    if mark == 0 { return nil }
    self.init(rawValue: mark - 1)
  }

  /// What a segment is found from; NaN is unknown.
  public struct Signs: Equatable, Sendable {
    /// Orders, the first included.
    public var orders: Double
    /// Days since the first order.
    public var ageDays: Double
    /// Days since the last order.
    public var daysSinceOrder: Double
    /// The median of the days between orders.
    public var typicalGap: Double
    /// The alive probability.
    public var alive: Double
    /// The churn probability.
    public var churn: Double
    /// The lifetime value, in major units.
    public var lifetimeValue: Double

    /// Puts signs together; what is left out is unknown.
    ///
    /// - Parameters:
    ///   - orders: all of them.
    ///   - ageDays: days since the first.
    ///   - daysSinceOrder: days since the last.
    ///   - typicalGap: median days between them.
    ///   - alive: 0 to 1.
    ///   - churn: 0 to 1.
    ///   - lifetimeValue: major units.
    public init(
      orders: Double, ageDays: Double = .nan, daysSinceOrder: Double = .nan,
      typicalGap: Double = .nan, alive: Double = .nan, churn: Double = .nan,
      lifetimeValue: Double = .nan
    ) {
      self.orders = orders
      self.ageDays = ageDays
      self.daysSinceOrder = daysSinceOrder
      self.typicalGap = typicalGap
      self.alive = alive
      self.churn = churn
      self.lifetimeValue = lifetimeValue
    }
  }

  /// Finds the segment: the first that fits.
  ///
  /// 1. *new*: no order, or a single one at most 30 days ago;
  /// 2. *inactive*: alive with less than 0.2; without scores, no order for more than a year;
  /// 3. *about to leave*: alive with less than 0.5, or a churn probability of 0.7 and twice the typical
  ///    gap without an order; without scores, no order for more than half a year;
  /// 4. *vip*: a lifetime value of at least `vipValue`;
  /// 5. *loyal*: four orders;
  /// 6. *will buy again*: all others.
  ///
  /// - Parameters:
  ///   - signs: what is known.
  ///   - vipValue: what a VIP's lifetime value is at least, in major units.
  @inlinable
  public init(_ signs: Signs, vipValue: Double) {
    let knowsScores = !signs.alive.isNaN
    // Comparisons with NaN are false, so what is unknown decides nothing.
    if !(signs.orders >= 1) || signs.orders < 2 && signs.ageDays <= 30 {
      self = .new
    } else if knowsScores ? signs.alive < 0.2 : signs.daysSinceOrder > 365 {
      self = .inactive
    } else if knowsScores
      ? signs.alive < 0.5
        || signs.churn >= 0.7 && signs.daysSinceOrder > 2 * signs.typicalGap
      : signs.daysSinceOrder > 182
    {
      self = .aboutToLeave
    } else if signs.lifetimeValue >= vipValue {
      self = .vip
    } else if signs.orders >= 4 {
      self = .loyal
    } else {
      self = .willBuyAgain
    }
  }
}
