// Where a batch's orders, days and sums lie: in a chunk of the store, read where they are, or in memory laid out
// like one.

import Models

/// The columns of orders of at most 1,024 rows.
struct RowSource: Sendable {
  private let block: Block
  /// Where the first row's columns begin.
  private let lines: Int
  private let repeats: Int
  private let firsts: Int

  /// Memory of our own for so many rows.
  init(rows: Int) {
    block = Block(size: rows * CustomerRow.scannedSize, stamp: 0)
    (lines, repeats, firsts) = (0, rows * 8, rows * 16)
  }

  /// Rows of a chunk, from a multiple of eight on.
  init(_ row: Int, of block: Block) {
    precondition(row % 8 == 0, "a batch begins with a line")
    self.block = block
    lines = row * 8
    repeats = CustomerRow.repeatSpendBefore * CustomerRow.chunkRows + row * 8
    firsts = CustomerRow.firstSpendBefore * CustomerRow.chunkRows + row * 8
  }

  /// Orders and days, eight rows to a line, see Models' CustomerColumns.
  @_lifetime(borrow self)
  func lines(_ count: Int) -> Span<SIMD16<UInt32>> {
    block.values(SIMD16<UInt32>.self, at: lines, count: (count + 7) / 8)
  }

  /// Sums of the days after the first, eight rows each.
  @_lifetime(borrow self)
  func repeatMinor(_ count: Int) -> Span<SIMD8<Int64>> {
    block.values(SIMD8<Int64>.self, at: repeats, count: (count + 7) / 8)
  }

  /// Sums of the first days, eight rows each.
  @_lifetime(borrow self)
  func firstMinor(_ count: Int) -> Span<SIMD8<Int64>> {
    block.values(SIMD8<Int64>.self, at: firsts, count: (count + 7) / 8)
  }

  // MARK: One row

  /// x of a row.
  func repeatOrders(_ row: Int) -> UInt32 {
    block.load(UInt32.self, at: line(row) + row % 8 * 4)
  }

  /// The day of a row's first order, or `CustomerRow.noDay`.
  func firstDay(_ row: Int) -> UInt16 {
    block.load(UInt16.self, at: line(row) + 32 + row % 8 * 2)
  }

  /// What a row's orders come to.
  func statistics(_ row: Int) -> Statistics {
    var statistics = Statistics()
    statistics.repeatOrders = repeatOrders(row)
    statistics.firstDay = firstDay(row)
    statistics.lastDay = block.load(UInt16.self, at: line(row) + 48 + row % 8 * 2)
    statistics.repeatSpendMinor = block.load(Int64.self, at: repeats + row * 8)
    statistics.firstSpendMinor = block.load(Int64.self, at: firsts + row * 8)
    return statistics
  }

  /// Writes a row, into memory of our own.
  func set(_ statistics: Statistics, at row: Int) {
    block.store(statistics.repeatOrders, at: line(row) + row % 8 * 4)
    block.store(statistics.firstDay, at: line(row) + 32 + row % 8 * 2)
    block.store(statistics.lastDay, at: line(row) + 48 + row % 8 * 2)
    block.store(statistics.repeatSpendMinor, at: repeats + row * 8)
    block.store(statistics.firstSpendMinor, at: firsts + row * 8)
  }

  private func line(_ row: Int) -> Int { lines + row / 8 * 64 }
}

extension CustomerRow {
  /// Where the sums begin in a chunk, in bytes of a row before them; orders and days are the first.
  static let repeatSpendBefore = 16
  static let firstSpendBefore = 24
  /// Bytes of a row that are scanned.
  fileprivate static let scannedSize = 24
}
