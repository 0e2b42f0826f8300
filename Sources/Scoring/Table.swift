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

  /// Says that the next fields, which have eight bytes together, share one column: a cache line holds
  /// those of eight rows, field after field.
  ///
  /// Who reads one row reads one line for all of them, and who reads all rows finds eight values of a
  /// field beside each other.
  mutating func together()
}

/// Finds where in a chunk the fields of a row lie, field after field.
struct ColumnPlaces {
  /// Bytes of a row in the columns before.
  private(set) var before = 0
  /// Bytes of a row in the shared column, those of the fields that were shown; nil in a plain one.
  private(set) var shared: Int?

  /// Rows whose fields share a line.
  static var sharers: Int { 8 }

  @inline(__always)
  mutating func together() { shared = 0 }

  /// The place of the next field.
  @inline(__always)
  mutating func next(size: Int, row: Int, chunkRows: Int) -> Int {
    guard let within = shared else {
      let place = before * chunkRows + row * size
      before += size
      return place
    }
    let sharers = Self.sharers
    let line = before * chunkRows + row / sharers * (8 * sharers)
    shared = within + size
    if within + size == 8 { (before, shared) = (before + 8, nil) }
    return line + within * sharers + row % sharers * size
  }
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

  @inline(__always)
  mutating func together() {}
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

  /// Asks for the memory of a row.
  ///
  /// - Parameters:
  ///   - number: the row.
  ///   - size: bytes of a row in the first columns, those that are going to be read.
  @inline(__always)
  func prefetch(_ number: UInt32, first size: Int) {
    precondition(number < chunks.count, "a row must be in its table")
    var row = Row()
    var visitor = Prefetch(
      start: chunks.blocks[Int(number) / Row.chunkRows].address(at: 0),
      row: Int(number) % Row.chunkRows, chunkRows: Row.chunkRows, size: size)
    row.columns(&visitor)
  }

  /// What there is of all rows of a block, such as one of their fields.
  @inline(__always)
  func values<T>(inBlock index: Int, _ value: (Row) -> T) -> [T] {
    chunks.blocks[index].values(ofRows: chunks.rowCount(inBlock: index), value)
  }
}

/// Asks for the memory of the fields of a row, a line once.
private struct Prefetch: ColumnVisitor {
  /// The address of the chunk.
  let start: UInt
  let row: Int
  let chunkRows: Int
  let size: Int
  var places = ColumnPlaces()

  @inline(__always)
  mutating func callAsFunction<T: BitwiseCopyable>(_ field: inout T) {
    let isFirst = places.before < size && (places.shared ?? 0) == 0
    let place = places.next(size: MemoryLayout<T>.size, row: row, chunkRows: chunkRows)
    if isFirst { Block.prefetch(start + UInt(place)) }
  }

  @inline(__always)
  mutating func together() { places.together() }
}
