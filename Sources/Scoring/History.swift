// What one customer did, read from the order table: for a day in the past, after a return, or when
// an order arrives out of order. The hot path reads the columns of CustomerTable instead.

import Models

/// A customer's statistics as of a day.
struct Statistics: Equatable {
  var repeatOrders: UInt32 = 0
  var firstDay = CustomerRow.noDay
  var lastDay = CustomerRow.noDay
  var repeatSpendMinor: Int64 = 0
  var firstSpendMinor: Int64 = 0

  /// The columns of a row.
  init(_ row: CustomerRow) {
    repeatOrders = row.repeatOrders
    firstDay = row.firstDay
    lastDay = row.lastDay
    repeatSpendMinor = row.repeatSpendMinor
    firstSpendMinor = row.firstSpendMinor
  }

  /// Derives x, t_x and the sums from orders in any sequence; several of one day count once.
  init(_ orders: [(day: UInt16, amountMinor: Int64)]) {
    let sorted = orders.sorted { $0.day < $1.day }
    guard let first = sorted.first, let last = sorted.last else { return }
    firstDay = first.day
    lastDay = last.day
    var latest = first.day
    for order in sorted {
      if order.day == firstDay {
        firstSpendMinor = firstSpendMinor.addingClamped(order.amountMinor)
      } else {
        repeatSpendMinor = repeatSpendMinor.addingClamped(order.amountMinor)
        if order.day != latest {
          repeatOrders += 1
          latest = order.day
        }
      }
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
    return Statistics(standingOrders(of: row, asOf: day))
  }

  /// The statistics of a customer from everything that is recorded.
  func recomputedStatistics(of row: CustomerRow) -> Statistics {
    Statistics(standingOrders(of: row, asOf: UInt16.max))
  }

  /// The days with an order up to one day, rising, each once, with the sum of their amounts.
  func dayAmounts(
    of row: CustomerRow, asOf day: UInt16
  ) -> [(day: UInt16, amountMinor: Int64)] {
    var days: [(day: UInt16, amountMinor: Int64)] = []
    for order in standingOrders(of: row, asOf: day).sorted(by: { $0.day < $1.day }) {
      if let last = days.last, last.day == order.day {
        days[days.count - 1].amountMinor = last.amountMinor.addingClamped(order.amountMinor)
      } else {
        days.append(order)
      }
    }
    return days
  }

  /// The days with an order up to one day of every customer who had ordered by then.
  func orderDays(asOf day: UInt16, on crew: any FitCrew) -> OrderDays {
    let rows = UInt32(customerCount)
    let size: UInt32 = 16_384
    let pieces = crew.map(Int((rows + size - 1) / size)) { piece in
      var days = OrderDays()
      let first = UInt32(piece) * size
      for number in first..<min(first + size, rows) {
        let own = orderDays(of: customers[number], asOf: day)
        if !own.isEmpty { days.append(own.lazy.map(Int32.init)) }
      }
      return days
    }
    return pieces.reduce(into: OrderDays()) { $0.append($1) }
  }

  /// The days with an order up to one day, rising, each once.
  func orderDays(of row: CustomerRow, asOf day: UInt16) -> [UInt16] {
    var days = standingOrders(of: row, asOf: day).map(\.day)
    days.sort()
    var kept = 0
    for place in days.indices where place == 0 || days[place] != days[kept - 1] {
      days[kept] = days[place]
      kept += 1
    }
    days.removeLast(days.count - kept)
    return days
  }

  /// Days after one and up to another on which a customer ordered, as the later one sees it.
  func orderDays(of row: CustomerRow, after day: UInt16, through last: UInt16) -> Int {
    if row.lastDay <= day && row.lastReturn == CustomerRow.none { return 0 }
    let days = standingOrders(of: row, asOf: last).lazy.map(\.day).filter { $0 > day }
    return Set(days).count
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
    for other in Set(standingOrders(of: row, asOf: day).lazy.map(\.day)) where other > firstDay {
      let days = Double(day - other)
      if days < RecentOrders.monthDays { recent.month += 1 }
      if days < referenceDays { recent.reference += 1 }
    }
    return recent
  }

  /// The orders of a customer up to a day, returns up to that day taken off.
  ///
  /// An order that was returned whole is gone; a free order stays until it is returned.
  func standingOrders(
    of row: CustomerRow, asOf day: UInt16
  ) -> [(day: UInt16, amountMinor: Int64)] {
    var returned: [UInt32: Int64] = [:]
    var next = row.lastReturn
    while next != CustomerRow.none {
      let entry = returns[next]
      if entry.day <= day { returned[entry.order, default: 0] += entry.amountMinor }
      next = entry.previous
    }
    var standing: [(day: UInt16, amountMinor: Int64)] = []
    next = row.lastOrder
    while next != CustomerRow.none {
      let entry = orders[next]
      if entry.day <= day {
        if let back = returned[next] {
          if back < entry.amountMinor { standing.append((entry.day, entry.amountMinor - back)) }
        } else {
          standing.append((entry.day, entry.amountMinor))
        }
      }
      next = entry.previous
    }
    return standing
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

extension Int64 {
  /// The sum, or the largest number where it would overflow.
  ///
  /// A past day can hold orders that came back since, whose gross sum was never checked; a present
  /// sum is checked before an order is recorded.
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? Int64.max : sum
  }
}
