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
  /// What a churn layer is told of a customer; nil where there are none.
  ///
  /// - Complexity: the customer's orders, sorted, and each of the returns over the orders.
  func churnHistory(of row: CustomerRow, asOf day: UInt16) -> ChurnHistory? {
    churnHistory(of: row, dayOrders(of: row, asOf: day)[...], asOf: day)
  }

  /// The same from the days with an order up to the day, where they were read before.
  func churnHistory(
    of row: CustomerRow, _ days: ArraySlice<DayOrder>, asOf day: UInt16
  ) -> ChurnHistory? {
    guard let first = days.first, let last = days.last else { return nil }
    var known = ChurnHistory(
      history: PurchaseHistory(
        repeatOrders: Double(days.count - 1), recencyDays: Double(last.day - first.day),
        ageDays: Double(day - first.day)))
    let others = days.dropLast()
    if let secondLast = others.last {
      known.lastGapDays = Double(last.day - secondLast.day)
      // Doubles: a sum of what came back since could overflow, and only ratios are taken.
      let before = others.reduce(0) { $0 + Double($1.amountMinor) } / Double(others.count)
      if before > 0 { known.spendRatio = Double(last.amountMinor) / before }
    }
    if row.lastReturn != CustomerRow.none { takeReturns(of: row, asOf: day, into: &known) }
    return known
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
