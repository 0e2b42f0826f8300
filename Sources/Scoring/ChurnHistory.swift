// What a churn layer is told of one customer beside x, t_x and T: read from the order table, on any
// day as that day saw it. What it makes of it is in Models/ChurnSignals.swift.

import Models

/// What is known of one customer on one day for a churn layer.
struct ChurnHistory {
  /// x, t_x and T by the calendar, whatever the models' clock.
  var history: PurchaseHistory
  var lastGapDays: Double?
  var spendRatio: Double?
  var returnedShare = 0.0
  var isLastOrderReturned = false

  /// Of a customer whose first order is on the day.
  static let new = ChurnHistory(history: .new)

  /// What the layer is asked with.
  func signals(purchaseChurn: Double, typicalGapDays: Double) -> ChurnSignals {
    ChurnSignals(
      history: history, purchaseChurn: purchaseChurn, typicalGapDays: typicalGapDays,
      lastGapDays: lastGapDays, spendRatio: spendRatio, returnedShare: returnedShare,
      isLastOrderReturned: isLastOrderReturned)
  }
}

extension Store {
  /// What a churn layer is told of a customer, and the days with an order; nil where there are none.
  ///
  /// - Complexity: the customer's orders, sorted, and each of the returns over the orders.
  func churnHistory(
    of row: CustomerRow, asOf day: UInt16
  ) -> (history: ChurnHistory, days: [UInt16])? {
    var standing = standingOrders(of: row, asOf: day)
    standing.sort { $0.day < $1.day }
    var days: [UInt16] = []
    // Doubles: a sum of what came back since could overflow, and only ratios are taken.
    var values: [Double] = []
    for order in standing {
      if days.last != order.day {
        days.append(order.day)
        values.append(0)
      }
      values[values.count - 1] += Double(order.amountMinor)
    }
    guard let first = days.first, let last = days.last else { return nil }
    var known = ChurnHistory(
      history: PurchaseHistory(
        repeatOrders: Double(days.count - 1), recencyDays: Double(last - first),
        ageDays: Double(day - first)))
    if days.count > 1 {
      known.lastGapDays = Double(last - days[days.count - 2])
      let before = values.dropLast().reduce(0, +) / Double(values.count - 1)
      if before > 0 { known.spendRatio = values[values.count - 1] / before }
    }
    if row.lastReturn != CustomerRow.none { takeReturns(of: row, asOf: day, into: &known) }
    return (known, days)
  }

  /// The share that came back, and whether any of the last day's orders did.
  private func takeReturns(
    of row: CustomerRow, asOf day: UInt16, into known: inout ChurnHistory
  ) {
    var back = 0.0
    var returned: Set<UInt32> = []
    var next = row.lastReturn
    while next != CustomerRow.none {
      let entry = returns[next]
      if entry.day <= day {
        back += Double(entry.amountMinor)
        returned.insert(entry.order)
      }
      next = entry.previous
    }
    guard !returned.isEmpty else { return }
    var spent = 0.0
    var lastDay: UInt16 = 0
    var isReturned = false
    next = row.lastOrder
    while next != CustomerRow.none {
      let entry = orders[next]
      if entry.day <= day {
        spent += Double(entry.amountMinor)
        if entry.day > lastDay { (lastDay, isReturned) = (entry.day, false) }
        if entry.day == lastDay && returned.contains(next) { isReturned = true }
      }
      next = entry.previous
    }
    known.returnedShare = spent > 0 ? min(back / spent, 1) : 0
    known.isLastOrderReturned = isReturned
  }
}
