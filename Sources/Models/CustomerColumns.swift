// What a scan hands in and what it asks for: columns of customers, and which scores.

/// The columns of customers that scores are made of, all equally long.
///
/// Who has no order has the largest day for its first one. Rows whose last day is after the day of the
/// scores are the caller's to leave out: what holds for them on that day is not in these columns.
public struct CustomerColumns: ~Escapable {
  /// x, days with an order after the first one.
  public let repeatOrders: Span<UInt32>
  /// Days of the first orders, since 1970-01-01; `UInt16.max` for who has none.
  public let firstDays: Span<UInt16>
  /// Days of the last orders, not before the first.
  public let lastDays: Span<UInt16>
  /// Sums of the orders after the first day, in minor units of the currency.
  public let repeatSpendMinor: Span<Int64>

  /// Puts the columns together.
  ///
  /// - Parameters:
  ///   - repeatOrders: x.
  ///   - firstDays: days of the first orders, since 1970-01-01; `UInt16.max` for who has none.
  ///   - lastDays: days of the last orders, not before the first.
  ///   - repeatSpendMinor: sums of the orders after the first day, in minor units; may be empty where
  ///     neither spend nor lifetime value is asked for.
  /// - Precondition: the columns are equally long.
  @_lifetime(copy repeatOrders, copy firstDays, copy lastDays, copy repeatSpendMinor)
  public init(
    repeatOrders: Span<UInt32>, firstDays: Span<UInt16>, lastDays: Span<UInt16>,
    repeatSpendMinor: Span<Int64>
  ) {
    precondition(
      firstDays.count == repeatOrders.count && lastDays.count == repeatOrders.count
        && (repeatSpendMinor.isEmpty || repeatSpendMinor.count == repeatOrders.count),
      "Columns are equally long.")
    self.repeatOrders = repeatOrders
    self.firstDays = firstDays
    self.lastDays = lastDays
    self.repeatSpendMinor = repeatSpendMinor
  }

  /// How many customers there are.
  public var count: Int { repeatOrders.count }

  /// Some of the rows.
  ///
  /// - Parameter rows: which, within the columns.
  /// - Returns: their columns.
  @_lifetime(copy self)
  public func extracting(_ rows: Range<Int>) -> CustomerColumns {
    CustomerColumns(
      repeatOrders: repeatOrders.extracting(rows), firstDays: firstDays.extracting(rows),
      lastDays: lastDays.extracting(rows),
      repeatSpendMinor: repeatSpendMinor.isEmpty
        ? repeatSpendMinor : repeatSpendMinor.extracting(rows))
  }
}

/// Which scores are asked for.
public struct ScoreKinds: OptionSet, Sendable {
  /// One bit for each score, in the order in which their columns lie.
  public let rawValue: UInt8

  /// Takes the bits.
  ///
  /// - Parameter rawValue: one bit for each score.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// P(alive), 0 to 1.
  public static let alive = ScoreKinds(rawValue: 1)
  /// Probability of no order within the horizon, 0 to 1, as the purchase model has it.
  public static let churn = ScoreKinds(rawValue: 2)
  /// Expected repeat orders within the horizon.
  public static let orders = ScoreKinds(rawValue: 4)
  /// Expected value of an order, in major units of the currency.
  public static let spend = ScoreKinds(rawValue: 8)
  /// Discounted expected margin of the orders within the horizon, in major units.
  public static let value = ScoreKinds(rawValue: 16)
  /// All five.
  public static let all: ScoreKinds = [.alive, .churn, .orders, .spend, .value]

  /// How many columns are asked for.
  public var count: Int { (rawValue & Self.all.rawValue).nonzeroBitCount }

  /// Which of the columns that are asked for a score's is, counted from 0; nil if it is not asked for.
  ///
  /// - Parameter kind: one score.
  /// - Returns: the number of scores before it that are asked for.
  public func column(of kind: ScoreKinds) -> Int? {
    contains(kind) ? intersection(ScoreKinds(rawValue: kind.rawValue &- 1)).count : nil
  }
}
