// What one customer did, read from the order table: for a day in the past, after a return, or when
// an order arrives out of order. The hot path reads the columns of CustomerRow instead.

import Models

/// A day on which a customer ordered.
struct DayOrder: Equatable {
  /// Calendar day since 1970-01-01 in the shop's time zone.
  let day: UInt16
  /// The sum of the day's orders in minor units, returns taken off.
  fileprivate(set) var amountMinor: Int64
}

/// A customer's statistics as of a day.
struct Statistics: Equatable {
  var repeatOrders: UInt32 = 0
  var firstDay = CustomerRow.noDay
  var lastDay = CustomerRow.noDay
  var repeatSpendMinor: Int64 = 0
  var firstSpendMinor: Int64 = 0

  /// Those of who is not known.
  init() {}

  /// The columns of a row.
  init(_ row: CustomerRow) {
    repeatOrders = row.repeatOrders
    firstDay = row.firstDay
    lastDay = row.lastDay
    repeatSpendMinor = row.repeatSpendMinor
    firstSpendMinor = row.firstSpendMinor
  }

  /// Derives x, t_x and the sums from the days with an order.
  init(_ days: ArraySlice<DayOrder>) {
    guard let first = days.first, let last = days.last else { return }
    firstDay = first.day
    lastDay = last.day
    firstSpendMinor = first.amountMinor
    repeatOrders = UInt32(days.count - 1)
    for later in days.dropFirst() {
      repeatSpendMinor = repeatSpendMinor.addingClamped(later.amountMinor)
    }
  }

  /// Whether there is an order at all.
  var isKnown: Bool { firstDay != CustomerRow.noDay }

  /// x, t_x and T in the time of a clock.
  ///
  /// - Precondition: the customer is known and the day is not before the last order.
  func history(asOf day: UInt16, in clock: SeasonClock) -> PurchaseHistory {
    PurchaseHistory(
      repeatOrders: Double(repeatOrders), firstDay: Double(firstDay), lastDay: Double(lastDay),
      asOf: Double(day), clock: clock)
  }

  /// m̄ in major units; 0 without repeat orders.
  func meanSpend(majorPerMinor: Double) -> Double {
    repeatOrders == 0 ? 0 : Double(repeatSpendMinor) / Double(repeatOrders) * majorPerMinor
  }
}

extension Store {
  /// The statistics of a customer from the orders and returns up to and including a day.
  func statistics(of row: CustomerRow, asOf day: UInt16) -> Statistics {
    // A customer whose last order is not after the day has its answer in the columns, unless a
    // return is known that came later.
    if row.lastReturn == CustomerRow.none
      && (row.lastDay <= day || row.lastDay == CustomerRow.noDay)
    {
      return Statistics(row)
    }
    return Statistics(dayOrders(of: row, asOf: day)[...])
  }

  /// The statistics of a customer from everything that is recorded.
  func recomputedStatistics(of row: CustomerRow) -> Statistics {
    Statistics(dayOrders(of: row, asOf: UInt16.max)[...])
  }

  /// The days with an order up to one day of every customer who had ordered by then.
  func orderDays(asOf day: UInt16, on crew: any FitCrew) -> OrderDays {
    inPieces(on: crew) { rows in
      var all = OrderDays()
      var days: [DayOrder] = []
      for number in rows {
        readDayOrders(of: customers[number], asOf: day, into: &days)
        all.append(days[...])
      }
      return all
    }.reduce(into: OrderDays()) { $0.append($1) }
  }

  /// Reads all customers in pieces that a crew shares out.
  ///
  /// - Parameters:
  ///   - size: the rows of a piece.
  ///   - crew: who reads.
  ///   - read: reads these rows.
  /// - Returns: what was read, in the sequence of the rows.
  func inPieces<Piece: Sendable>(
    of size: UInt32 = 8192, on crew: any FitCrew,
    _ read: @escaping @Sendable (Range<UInt32>) -> Piece
  ) -> [Piece] {
    let rows = UInt32(customerCount)
    return crew.map(Int((rows + size - 1) / size)) { piece in
      let first = UInt32(piece) * size
      return read(first..<min(first + size, rows))
    }
  }

  /// Days with a repeat order that are no farther back than a correction looks.
  ///
  /// - Parameters:
  ///   - row: the customer.
  ///   - firstDay: of the first order as the day sees it; what is after it are repeat orders.
  ///   - day: from which to look back.
  ///   - referenceDays: the correction's.
  /// - Returns: the days within the last month and within the reference days.
  /// - Complexity: one step for each order of the customer, for they lie in the sequence in which
  ///   they were recorded.
  func recentOrders(
    of row: CustomerRow, after firstDay: UInt16, asOf day: UInt16, referenceDays: Double
  ) -> RecentOrders {
    var recent = RecentOrders.none
    let idleDays = Double(day) - Double(row.lastDay)
    if row.lastReturn == CustomerRow.none
      && idleDays >= max(referenceDays, RecentOrders.monthDays)
    {
      return recent
    }
    for other in dayOrders(of: row, asOf: day) where other.day > firstDay {
      let days = Double(day - other.day)
      if days < RecentOrders.monthDays { recent.month += 1 }
      if days < referenceDays { recent.reference += 1 }
    }
    return recent
  }

  /// The days with an order up to one day, rising.
  func dayOrders(of row: CustomerRow, asOf day: UInt16) -> [DayOrder] {
    var days: [DayOrder] = []
    readDayOrders(of: row, asOf: day, into: &days)
    return days
  }

  /// Reads the days with an order up to one day, rising, returns up to that day taken off.
  ///
  /// An order that was returned whole is gone; a free order stays until it is returned.
  ///
  /// - Parameters:
  ///   - row: the customer.
  ///   - day: the last day that is looked at.
  ///   - days: is given what is read; who reads many customers hands in the same memory again.
  /// - Complexity: the customer's orders, which are sorted only where they were not recorded in the
  ///   sequence of their days.
  func readDayOrders(of row: CustomerRow, asOf day: UInt16, into days: inout [DayOrder]) {
    days.removeAll(keepingCapacity: true)
    var returned: [UInt32: Int64] = [:]
    var next = row.lastReturn
    while next != CustomerRow.none {
      let entry = returns[next]
      if entry.day <= day { returned[entry.order, default: 0] += entry.amountMinor }
      next = entry.previous
    }
    var isFalling = true
    next = row.lastOrder
    while next != CustomerRow.none {
      let entry = orders[next]
      let back = returned.isEmpty ? nil : returned[next]
      next = entry.previous
      guard entry.day <= day else { continue }
      if let back, back >= entry.amountMinor { continue }
      if let later = days.last, later.day < entry.day { isFalling = false }
      days.append(DayOrder(day: entry.day, amountMinor: entry.amountMinor - (back ?? 0)))
    }
    if isFalling { days.reverse() } else { days.sort { $0.day < $1.day } }
    days.mergeEqualDays()
  }

  /// Whether a customer did not order after one day and up to another, as the later one sees it.
  func isQuiet(_ row: CustomerRow, after day: UInt16, through last: UInt16) -> Bool {
    guard row.lastReturn == CustomerRow.none else {
      return dayOrders(of: row, asOf: last).last.map { $0.day <= day } ?? true
    }
    if row.lastDay <= day { return true }
    var next = row.lastOrder
    while next != CustomerRow.none {
      let entry = orders[next]
      if entry.day > day && entry.day <= last { return false }
      next = entry.previous
    }
    return true
  }

  /// Whether a customer without returns has an order on a day strictly between first and last.
  func hasOrder(on day: UInt16, row: CustomerRow) -> Bool {
    var next = row.lastOrder
    while next != CustomerRow.none {
      let entry = orders[next]
      if entry.day == day { return true }
      next = entry.previous
    }
    return false
  }

  /// Minor units that have come back of an order.
  func returnedMinor(of order: UInt32, row: CustomerRow) -> (sum: Int64, any: Bool) {
    var sum: Int64 = 0
    var any = false
    var next = row.lastReturn
    while next != CustomerRow.none {
      let entry = returns[next]
      if entry.order == order {
        sum += entry.amountMinor
        any = true
      }
      next = entry.previous
    }
    return (sum, any)
  }
}

extension [DayOrder] {
  /// Makes one of neighbours with the same day.
  fileprivate mutating func mergeEqualDays() {
    guard count > 1 else { return }
    var kept = 0
    for place in 1..<count {
      if self[place].day == self[kept].day {
        self[kept].amountMinor = self[kept].amountMinor.addingClamped(self[place].amountMinor)
      } else {
        kept += 1
        self[kept] = self[place]
      }
    }
    removeLast(count - kept - 1)
  }
}

extension OrderDays {
  /// Adds a customer, unless there are no orders.
  mutating func append(_ days: ArraySlice<DayOrder>) {
    if days.isEmpty { return }
    for order in days { append(day: Int32(order.day)) }
    endCustomer()
  }
}

extension Int64 {
  /// The sum, or the largest number where it would overflow.
  ///
  /// A past day can hold orders that came back since, whose gross sum was never checked; a present
  /// sum is checked before an order is recorded.
  func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? Int64.max : sum
  }
}
