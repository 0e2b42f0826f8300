// The orders and the returns as they were recorded: append-only columns, so that a full chunk never
// changes again. Each entry links to the entry its customer recorded before it.

/// One order as a value.
struct OrderEntry: Equatable {
  /// Minor units as recorded; returns are kept apart.
  var amountMinor: Int64
  /// Hash of the customer's and the order's identifiers; equal hashes are the same order.
  var identity: UInt64
  /// The order this customer recorded before; `CustomerRow.none` at the end.
  var previous: UInt32
  /// Calendar day since 1970-01-01 in the shop's time zone.
  var day: UInt16
}

/// All orders, in the order in which they were recorded.
struct OrderTable: Sendable {
  private static let chunkRows = 4096

  private enum Columns {
    static var amountMinor: Column<Int64> { Column(at: 0) }
    static var identity: Column<UInt64> { Column(at: chunkRows * 8) }
    static var previous: Column<UInt32> { Column(at: chunkRows * 16) }
    static var day: Column<UInt16> { Column(at: chunkRows * 20) }
  }

  var chunks = Chunks(chunkRows: chunkRows, rowSize: 22)

  var count: Int { chunks.count }

  /// Adds an order and returns its number.
  mutating func append(_ entry: OrderEntry) -> UInt32 {
    let number = chunks.append()
    let block = chunks.writableBlock(of: number)
    let row = chunks.row(of: number)
    block.store(entry.amountMinor, at: Columns.amountMinor.place(of: row))
    block.store(entry.identity, at: Columns.identity.place(of: row))
    block.store(entry.previous, at: Columns.previous.place(of: row))
    block.store(entry.day, at: Columns.day.place(of: row))
    return number
  }

  /// One order.
  subscript(number: UInt32) -> OrderEntry {
    let block = chunks.block(of: number)
    let row = chunks.row(of: number)
    return OrderEntry(
      amountMinor: block.load(Int64.self, at: Columns.amountMinor.place(of: row)),
      identity: block.load(UInt64.self, at: Columns.identity.place(of: row)),
      previous: block.load(UInt32.self, at: Columns.previous.place(of: row)),
      day: block.load(UInt16.self, at: Columns.day.place(of: row)))
  }

  /// The identities of a block's orders.
  func identities(inBlock index: Int) -> [UInt64] {
    chunks.blocks[index].values(
      at: Columns.identity.place(of: 0), count: chunks.rowCount(inBlock: index))
  }

  /// The days of a block's orders.
  func days(inBlock index: Int) -> [UInt16] {
    chunks.blocks[index].values(
      at: Columns.day.place(of: 0), count: chunks.rowCount(inBlock: index))
  }

  /// The order its customer recorded before this one, without reading the other columns.
  func previous(of number: UInt32) -> UInt32 {
    chunks.block(of: number)
      .load(UInt32.self, at: Columns.previous.place(of: chunks.row(of: number)))
  }

  /// The identity of one order, without reading the other columns.
  func identity(of number: UInt32) -> UInt64 {
    chunks.block(of: number)
      .load(UInt64.self, at: Columns.identity.place(of: chunks.row(of: number)))
  }
}

/// One return as a value.
struct ReturnEntry: Equatable {
  /// Minor units taken off the order, not negative.
  var amountMinor: Int64
  /// Hash of the customer's, the order's and the return's identifiers.
  var identity: UInt64
  /// The order that came back.
  var order: UInt32
  /// The return this customer recorded before; `CustomerRow.none` at the end.
  var previous: UInt32
  /// Calendar day since 1970-01-01 in the shop's time zone.
  var day: UInt16
}

/// All returns, in the order in which they were recorded.
struct ReturnTable: Sendable {
  private static let chunkRows = 1024

  private enum Columns {
    static var amountMinor: Column<Int64> { Column(at: 0) }
    static var identity: Column<UInt64> { Column(at: chunkRows * 8) }
    static var order: Column<UInt32> { Column(at: chunkRows * 16) }
    static var previous: Column<UInt32> { Column(at: chunkRows * 20) }
    static var day: Column<UInt16> { Column(at: chunkRows * 24) }
  }

  var chunks = Chunks(chunkRows: chunkRows, rowSize: 26)

  var count: Int { chunks.count }

  /// Adds a return and returns its number.
  mutating func append(_ entry: ReturnEntry) -> UInt32 {
    let number = chunks.append()
    let block = chunks.writableBlock(of: number)
    let row = chunks.row(of: number)
    block.store(entry.amountMinor, at: Columns.amountMinor.place(of: row))
    block.store(entry.identity, at: Columns.identity.place(of: row))
    block.store(entry.order, at: Columns.order.place(of: row))
    block.store(entry.previous, at: Columns.previous.place(of: row))
    block.store(entry.day, at: Columns.day.place(of: row))
    return number
  }

  /// One return.
  subscript(number: UInt32) -> ReturnEntry {
    let block = chunks.block(of: number)
    let row = chunks.row(of: number)
    return ReturnEntry(
      amountMinor: block.load(Int64.self, at: Columns.amountMinor.place(of: row)),
      identity: block.load(UInt64.self, at: Columns.identity.place(of: row)),
      order: block.load(UInt32.self, at: Columns.order.place(of: row)),
      previous: block.load(UInt32.self, at: Columns.previous.place(of: row)),
      day: block.load(UInt16.self, at: Columns.day.place(of: row)))
  }
}
