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

  /// Bytes of a row in the columns that a score reads: all but the last two.
  static var scoringSize: Int { 24 }

  // What a score reads lies in three lines, and a scan of the first column reads nothing else.
  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit.together()
    visit(&repeatOrders)
    visit(&firstDay)
    visit(&lastDay)
    visit.together()
    visit(&identifier)
    visit(&lastReturn)
    visit(&repeatSpendMinor)
    visit(&firstSpendMinor)
    visit(&lastOrder)
  }
}

/// A customer as snapshots held them before columns were shared.
struct FormerCustomerRow: TableRow {
  var row = CustomerRow()

  static var chunkRows: Int { CustomerRow.chunkRows }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&row.repeatOrders)
    visit(&row.firstDay)
    visit(&row.lastDay)
    visit(&row.repeatSpendMinor)
    visit(&row.firstSpendMinor)
    visit(&row.lastOrder)
    visit(&row.lastReturn)
    visit(&row.identifier)
  }

  /// The same rows in the columns of today.
  ///
  /// - Parameter block: a chunk of former rows.
  /// - Returns: a chunk of rows; a block of another size as it is, for others to refuse.
  static func converted(_ block: Block) -> Block {
    guard block.size == chunkRows * size else { return block }
    let today = Block(size: block.size, stamp: block.changed)
    for number in 0..<chunkRows {
      let former: FormerCustomerRow = block.load(row: number)
      today.store(former.row, row: number)
    }
    return today
  }

  /// Takes a chunk of customers into a hash, column by column as they once lay: what a state's hash is
  /// does not depend on where the memory has it.
  static func combine(_ block: Block, into hash: inout StateHash) {
    let former = Block(size: block.size, stamp: 0)
    for number in 0..<chunkRows {
      former.store(FormerCustomerRow(row: block.load(row: number)), row: number)
    }
    hash.combine(former.bytes)
  }
}
