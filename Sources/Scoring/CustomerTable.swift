// The customers' columns. A row is a customer; a chunk holds 4,096 rows, column after column. What
// the columns are derived from is in OrderTable; who a row belongs to is in IdentifierArena.

/// A customer's statistics and where the rest of it is kept: one row of the table as a value.
struct CustomerRow: Equatable {
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
}

/// All customers.
struct CustomerTable: Sendable {
  private static let chunkRows = 4096

  // The scoring columns first, so that a scan reads one run of memory.
  private enum Columns {
    static var repeatOrders: Column<UInt32> { Column(at: 0) }
    static var firstDay: Column<UInt16> { Column(at: chunkRows * 4) }
    static var lastDay: Column<UInt16> { Column(at: chunkRows * 6) }
    static var repeatSpendMinor: Column<Int64> { Column(at: chunkRows * 8) }
    static var firstSpendMinor: Column<Int64> { Column(at: chunkRows * 16) }
    static var lastOrder: Column<UInt32> { Column(at: chunkRows * 24) }
    static var lastReturn: Column<UInt32> { Column(at: chunkRows * 28) }
    static var identifier: Column<UInt32> { Column(at: chunkRows * 32) }
  }

  var chunks = Chunks(chunkRows: chunkRows, rowSize: 36)

  var count: Int { chunks.count }

  /// Adds a customer and returns its row's number.
  mutating func append(_ row: CustomerRow) -> UInt32 {
    let number = chunks.append()
    self[number] = row
    return number
  }

  /// One customer.
  subscript(number: UInt32) -> CustomerRow {
    get {
      let block = chunks.block(of: number)
      let row = chunks.row(of: number)
      return CustomerRow(
        repeatOrders: block.load(UInt32.self, at: Columns.repeatOrders.place(of: row)),
        firstDay: block.load(UInt16.self, at: Columns.firstDay.place(of: row)),
        lastDay: block.load(UInt16.self, at: Columns.lastDay.place(of: row)),
        repeatSpendMinor: block.load(Int64.self, at: Columns.repeatSpendMinor.place(of: row)),
        firstSpendMinor: block.load(Int64.self, at: Columns.firstSpendMinor.place(of: row)),
        lastOrder: block.load(UInt32.self, at: Columns.lastOrder.place(of: row)),
        lastReturn: block.load(UInt32.self, at: Columns.lastReturn.place(of: row)),
        identifier: block.load(UInt32.self, at: Columns.identifier.place(of: row)))
    }
    set {
      let block = chunks.writableBlock(of: number)
      let row = chunks.row(of: number)
      block.store(newValue.repeatOrders, at: Columns.repeatOrders.place(of: row))
      block.store(newValue.firstDay, at: Columns.firstDay.place(of: row))
      block.store(newValue.lastDay, at: Columns.lastDay.place(of: row))
      block.store(newValue.repeatSpendMinor, at: Columns.repeatSpendMinor.place(of: row))
      block.store(newValue.firstSpendMinor, at: Columns.firstSpendMinor.place(of: row))
      block.store(newValue.lastOrder, at: Columns.lastOrder.place(of: row))
      block.store(newValue.lastReturn, at: Columns.lastReturn.place(of: row))
      block.store(newValue.identifier, at: Columns.identifier.place(of: row))
    }
  }

  /// Where the identifiers of a block's customers begin in the arena.
  func identifiers(inBlock index: Int) -> [UInt32] {
    chunks.blocks[index].values(
      at: Columns.identifier.place(of: 0), count: chunks.rowCount(inBlock: index))
  }

  /// Where a customer's identifier begins in the arena, without reading the other columns.
  func identifier(of number: UInt32) -> UInt32 {
    chunks.block(of: number)
      .load(UInt32.self, at: Columns.identifier.place(of: chunks.row(of: number)))
  }
}
