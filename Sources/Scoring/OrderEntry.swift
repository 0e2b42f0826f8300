// The orders and the returns as they were recorded: entries are only added, so that a full chunk
// never changes again. Each links to the entry its customer recorded before it.

/// One order.
struct OrderEntry: Equatable, TableRow {
  /// Minor units as recorded; returns are kept apart.
  var amountMinor: Int64 = 0
  /// Hash of the customer's and the order's identifiers; equal hashes are the same order.
  var identity: UInt64 = 0
  /// The order this customer recorded before; `CustomerRow.none` at the end.
  var previous = CustomerRow.none
  /// Calendar day since 1970-01-01 in the shop's time zone.
  var day: UInt16 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&amountMinor)
    visit(&identity)
    visit(&previous)
    visit(&day)
  }
}

/// One return.
struct ReturnEntry: Equatable, TableRow {
  /// Minor units taken off the order, not negative.
  var amountMinor: Int64 = 0
  /// Hash of the customer's, the order's and the return's identifiers.
  var identity: UInt64 = 0
  /// The order that came back.
  var order: UInt32 = 0
  /// The return this customer recorded before; `CustomerRow.none` at the end.
  var previous = CustomerRow.none
  /// Calendar day since 1970-01-01 in the shop's time zone.
  var day: UInt16 = 0

  static var chunkRows: Int { 1024 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&amountMinor)
    visit(&identity)
    visit(&order)
    visit(&previous)
    visit(&day)
  }
}
