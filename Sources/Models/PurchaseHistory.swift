// What a purchase model knows of one customer: three numbers, in days.

/// The sufficient statistics of one customer under the purchase models: x, t_x and T.
public struct PurchaseHistory: Sendable, Equatable {
  /// Days with an order after the first one (x), a whole number of at least 0.
  public var repeatOrders: Double
  /// Time from first to last order in days (t_x); 0 when there is no repeat order.
  public var recencyDays: Double
  /// Time from first order to now in days (T), at least the recency.
  public var ageDays: Double

  /// A customer who has ordered for the first time at this moment.
  @inlinable public static var new: PurchaseHistory {
    PurchaseHistory(repeatOrders: 0, recencyDays: 0, ageDays: 0)
  }

  /// Puts the three numbers together; they are trusted, not checked.
  ///
  /// - Parameters:
  ///   - repeatOrders: x, a whole number of at least 0.
  ///   - recencyDays: t_x in days, at least 0, and 0 when x is 0.
  ///   - ageDays: T in days, at least t_x.
  @inlinable
  public init(repeatOrders: Double, recencyDays: Double, ageDays: Double) {
    self.repeatOrders = repeatOrders
    self.recencyDays = recencyDays
    self.ageDays = ageDays
  }
}
