// A table of rows, each a value in the program and spread over columns in memory. What a row holds
// is the row's business (CustomerRow, OrderEntry …), how chunks grow is that of Chunks.

/// A row as a value.
///
/// Beside its fields it says only in which order they lie in a chunk.
protocol TableRow {
  /// Rows of a chunk.
  static var chunkRows: Int { get }
  /// A row whose fields are about to be read.
  init()
  /// Shows every field once: the first one's column lies first in a chunk, the next one's behind it.
  ///
  /// Everything else is derived from this one list, by inlining: sizes and places are constants, and
  /// a field that is not used is not read.
  mutating func columns(_ visit: inout some ColumnVisitor)
}

/// Who is shown the fields of a row.
protocol ColumnVisitor {
  mutating func callAsFunction<T: BitwiseCopyable>(_ field: inout T)
}

extension TableRow {
  /// Bytes of a row over all columns.
  @inline(__always)
  static var size: Int {
    var row = Self()
    var sum = SizeSum()
    row.columns(&sum)
    return sum.size
  }
}

/// Adds up the sizes of columns.
private struct SizeSum: ColumnVisitor {
  var size = 0

  @inline(__always)
  mutating func callAsFunction<T: BitwiseCopyable>(_ field: inout T) {
    size += MemoryLayout<T>.size
  }
}

/// All rows of one kind.
struct Table<Row: TableRow & Sendable>: Sendable {
  var chunks = Chunks(chunkRows: Row.chunkRows, rowSize: Row.size)

  var count: Int { chunks.count }

  /// Adds a row and returns its number.
  @inline(__always)
  mutating func append(_ row: Row) -> UInt32 {
    let number = chunks.append()
    self[number] = row
    return number
  }

  /// One row; naming one field of it reads no other.
  subscript(number: UInt32) -> Row {
    @inline(__always)
    get {
      precondition(number < chunks.count, "a row must be in its table")
      return chunks.blocks[Int(number) / Row.chunkRows].load(row: Int(number) % Row.chunkRows)
    }
    @inline(__always)
    set {
      precondition(number < chunks.count, "a row must be in its table")
      chunks.writableBlock(of: number).store(newValue, row: Int(number) % Row.chunkRows)
    }
  }

  /// What there is of all rows of a block, such as one of their fields.
  @inline(__always)
  func values<T>(inBlock index: Int, _ value: (Row) -> T) -> [T] {
    chunks.blocks[index].values(ofRows: chunks.rowCount(inBlock: index), value)
  }
}
