// What a scan hands in and what it asks for: columns of customers, and which scores.

/// The columns of customers that scores are made of.
///
/// Customers come in octets, the last of which may have places that nobody has: what stands there does not
/// matter. Who has no order has the largest day for its first one. Rows whose last day is after the day of
/// the scores are the caller's to leave out: what holds for them on that day is not in these columns.
public struct CustomerColumns: ~Escapable {
  /// Eight customers each: x, the days with an order after the first one, in the first eight lanes; then
  /// the days of their first orders since 1970-01-01, `UInt16.max` for who has none, two in a lane; then
  /// those of their last orders, not before the first.
  public let lines: Span<SIMD16<UInt32>>
  /// Sums of the orders after the first day, in minor units of the currency, of eight customers each.
  public let repeatSpendMinor: Span<SIMD8<Int64>>
  /// How many customers there are.
  public let count: Int

  /// Puts the columns together.
  ///
  /// - Parameters:
  ///   - lines: orders and days, see ``lines``.
  ///   - repeatSpendMinor: sums of the orders after the first day, in minor units; may be empty where
  ///     neither spend nor lifetime value is asked for.
  ///   - count: how many customers there are.
  /// - Precondition: there are as many octets as the customers take.
  @_lifetime(copy lines, copy repeatSpendMinor)
  public init(
    lines: Span<SIMD16<UInt32>>, repeatSpendMinor: Span<SIMD8<Int64>>, count: Int
  ) {
    precondition(
      lines.count == (count + 7) / 8
        && (repeatSpendMinor.isEmpty || repeatSpendMinor.count == lines.count),
      "Columns are equally long.")
    self.lines = lines
    self.repeatSpendMinor = repeatSpendMinor
    self.count = count
  }

  /// Some of the octets.
  ///
  /// - Parameter octets: which, all of whose places somebody has.
  /// - Returns: their columns.
  @_lifetime(copy self)
  public func extracting(_ octets: Range<Int>) -> CustomerColumns {
    CustomerColumns(
      lines: lines.extracting(octets),
      repeatSpendMinor: repeatSpendMinor.isEmpty
        ? repeatSpendMinor : repeatSpendMinor.extracting(octets), count: octets.count * 8)
  }

  /// x of a customer.
  func repeatOrders(_ row: Int) -> UInt32 { lines[row >> 3][row & 7] }

  /// The day of a customer's first order.
  func firstDay(_ row: Int) -> UInt16 { day(row, from: 8) }

  /// The day of a customer's last order.
  func lastDay(_ row: Int) -> UInt16 { day(row, from: 12) }

  private func day(_ row: Int, from lane: Int) -> UInt16 {
    let two = lines[row >> 3][lane + (row & 7) / 2]
    return UInt16(truncatingIfNeeded: two >> UInt32((row & 1) * 16))
  }
}

extension SIMD16<UInt32> {
  /// Sets one of eight customers, see ``CustomerColumns/lines``.
  ///
  /// - Parameters:
  ///   - place: which, 0 to 7.
  ///   - repeatOrders: x.
  ///   - firstDay: the day of the first order.
  ///   - lastDay: the day of the last order.
  public mutating func setCustomer(
    _ place: Int, repeatOrders: UInt32, firstDay: UInt16, lastDay: UInt16
  ) {
    self[place] = repeatOrders
    let shift = UInt32(place & 1) * 16
    for (lane, day) in [(8 + place / 2, firstDay), (12 + place / 2, lastDay)] {
      self[lane] = self[lane] & ~(0xffff << shift) | UInt32(day) << shift
    }
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
