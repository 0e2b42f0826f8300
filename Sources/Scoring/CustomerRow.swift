// A customer's row. What its statistics are derived from is in OrderEntry; who a row belongs to is in
// IdentifierArena.

/// A customer's statistics and where the rest of it is kept.
struct CustomerRow: Equatable, TableRow {
  /// No calendar day: the customer has no order left.
  static let noDay = UInt16.max
  /// The end of a list of orders or returns.
  static let none = UInt32.max

  /// x, days with an order after the first one.
  var repeatOrders: UInt32 = 0
  /// Day of the first order since 1970-01-01 in the shop's time zone.
  var firstDay = CustomerRow.noDay
  /// Day of the last order.
  var lastDay = CustomerRow.noDay
  /// Sum of the amounts after the first day, returns taken off, minor units.
  var repeatSpendMinor: Int64 = 0
  /// Sum of the amounts of the first day, returns taken off, minor units.
  var firstSpendMinor: Int64 = 0
  /// The order that was recorded last: head of the customer's list in the order table.
  var lastOrder = CustomerRow.none
  /// The return that was recorded last: head of the customer's list in the return table.
  var lastReturn = CustomerRow.none
  /// Where the identifier begins in the arena.
  var identifier: UInt32 = 0

  static var chunkRows: Int { 4096 }

  // The scoring columns first, so that a scan reads one run of memory.
  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&repeatOrders)
    visit(&firstDay)
    visit(&lastDay)
    visit(&repeatSpendMinor)
    visit(&firstSpendMinor)
    visit(&lastOrder)
    visit(&lastReturn)
    visit(&identifier)
  }
}
