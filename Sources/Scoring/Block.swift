// The one place of Scoring that touches raw memory: a reference-counted, 64-byte aligned piece
// that holds the columns of a chunk. Rows (CustomerRow, OrderEntry …) give it meaning.
// Unsafe code: every access is checked against `size` before the pointer is used.

internal import CLinux

/// Zero-filled, aligned memory that is shared by reading and copied before it is written.
///
/// `@unchecked Sendable` holds because a block is written only through `writable`, which copies it
/// unless the writer holds the only reference: whoever else can see a block sees it unchanged.
@safe
final class Block: @unchecked Sendable {
  static let alignment = 64
  private let base: UnsafeMutableRawPointer
  let size: Int
  /// The sequence of the last command that wrote to it.
  private(set) var changed: UInt64

  /// Makes a block of zeroes on behalf of the command `stamp`.
  init(size: Int, stamp: UInt64) {
    let (memory, isZero) = unsafe Self.take(size)
    if !isZero { unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size) }
    unsafe base = memory
    self.size = size
    changed = stamp
  }

  /// Makes a block with these bytes, last written by the command `changed`.
  init(copying bytes: RawSpan, changed: UInt64) {
    let size = bytes.byteCount
    let (memory, _) = unsafe Self.take(size)
    // The new memory has just the size of the span.
    unsafe bytes.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(start: memory, count: size).copyMemory(from: $0)
    }
    unsafe base = memory
    self.size = size
    self.changed = changed
  }

  private static func take(_ size: Int) -> (memory: UnsafeMutableRawPointer, isZero: Bool) {
    guard BlockMemory.sizes.contains(size) else {
      return (UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.alignment), false)
    }
    if let memory = unsafe BlockMemory.take(size) { return unsafe (memory, false) }
    // Of pages that come when they are touched: so who makes a block waits for none of them.
    guard let memory = unsafe linux_map(size) else {
      preconditionFailure("there is no memory left")
    }
    return unsafe (memory, true)
  }

  deinit {
    // Each goes back to where it came from; nobody refers to the block any more.
    if !BlockMemory.sizes.contains(size) {
      unsafe base.deallocate()
    } else if unsafe BlockMemory.has(base) {
      unsafe BlockMemory.give(base, size)
    } else {
      unsafe linux_unmap(base, size)
    }
  }

  /// A block without a byte, for who has none yet.
  static let empty = Block(size: 0, stamp: 0)

  /// The block behind `reference` for the command `stamp` to write to, copied first when somebody
  /// else holds it too.
  ///
  /// Call it once before a run of stores, not once per store.
  static func writable(_ reference: inout Block, stamp: UInt64) -> Block {
    if !isKnownUniquelyReferenced(&reference) {
      reference = Block(copying: reference.bytes, changed: stamp)
    }
    reference.changed = stamp
    return reference
  }

  /// The value at a byte offset.
  @inline(__always)
  func load<T: BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
    precondition(
      offset >= 0 && offset <= size - MemoryLayout<T>.size, "a load must lie within its block")
    return unsafe base.loadUnaligned(fromByteOffset: offset, as: T.self)
  }

  /// Writes the value at a byte offset; the caller got this block from `writable`.
  @inline(__always)
  func store<T: BitwiseCopyable>(_ value: T, at offset: Int) {
    precondition(
      offset >= 0 && offset <= size - MemoryLayout<T>.size, "a store must lie within its block")
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: T.self)
  }

  /// The address of a byte, for `prefetch`.
  @inline(__always)
  func address(at offset: Int) -> UInt { unsafe UInt(bitPattern: base) + UInt(offset) }

  /// Asks the processor for the cache line at an address, without waiting for it.
  ///
  /// Of an address and not of a block, for nothing has to keep the block meanwhile: nothing is read, and
  /// a prefetch of any address is allowed.
  @inline(__always)
  static func prefetch(_ address: UInt) {
    unsafe linux_prefetch(UnsafeRawPointer(bitPattern: address))
  }

  /// Reads one row of a chunk.
  @inline(__always)
  func load<Row: TableRow>(row: Int) -> Row {
    requireChunk(of: Row.self, holding: row)
    return loadUnchecked(row: row)
  }

  /// Reads what is wanted of the first rows of a chunk; of one field that is a copy of its column.
  @inline(__always)
  func values<Row: TableRow, T>(ofRows count: Int, _ value: (Row) -> T) -> [T] {
    if count <= 0 { return [] }
    requireChunk(of: Row.self, holding: count - 1)
    return unsafe [T](unsafeUninitializedCapacity: count) { values, initialized in
      // Each of the `count` values is initialised once, and the last row was checked.
      for row in 0..<count {
        unsafe values.initializeElement(at: row, to: value(loadUnchecked(row: row)))
      }
      initialized = count
    }
  }

  /// Writes one row of a chunk; the caller got this block from `writable`.
  @inline(__always)
  func store<Row: TableRow>(_ value: Row, row: Int) {
    requireChunk(of: Row.self, holding: row)
    var value = value
    var writer = unsafe RowWriter(base: base, row: row, chunkRows: Row.chunkRows)
    value.columns(&writer)
  }

  @inline(__always)
  private func loadUnchecked<Row: TableRow>(row: Int) -> Row {
    var value = Row()
    var reader = unsafe RowReader(base: base, row: row, chunkRows: Row.chunkRows)
    value.columns(&reader)
    return value
  }

  /// One check for all columns of a row: those of `chunkRows` rows fill the block exactly.
  @inline(__always)
  private func requireChunk<Row: TableRow>(of type: Row.Type, holding row: Int) {
    precondition(
      row >= 0 && row < Row.chunkRows && size == Row.chunkRows * Row.size,
      "a row must lie within its chunk")
  }

  /// Writes raw bytes at an offset; the caller got this block from `writable`.
  func store(bytes: RawSpan, at offset: Int) {
    precondition(
      offset >= 0 && offset <= size - bytes.byteCount, "a store must lie within its block")
    unsafe bytes.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(start: base + offset, count: $0.count).copyMemory(
        from: $0)
    }
  }

  /// Values that follow each other, for loops over many of them.
  ///
  /// - Parameters:
  ///   - type: of the values, any bits of which are one.
  ///   - offset: where the first begins, a multiple of their alignment.
  ///   - count: how many.
  /// - Returns: the values.
  @_lifetime(borrow self)
  func values<T: BitwiseCopyable>(_ type: T.Type, at offset: Int, count: Int) -> Span<T> {
    precondition(
      offset >= 0 && offset <= size && count >= 0 && offset % MemoryLayout<T>.alignment == 0
        && count <= (size - offset) / MemoryLayout<T>.stride, "values must lie within their block")
    let start = unsafe UnsafeRawPointer(base + offset).assumingMemoryBound(to: T.self)
    // The values lie within the block, as was checked, and are lent no longer than it is.
    return unsafe _overrideLifetime(Span(_unsafeStart: start, count: count), borrowing: self)
  }

  /// All bytes, for a snapshot or a hash.
  var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: size)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}

/// Reads the fields of a row, column after column.
@safe
private struct RowReader: ColumnVisitor {
  let base: UnsafeMutableRawPointer
  let row: Int
  let chunkRows: Int
  var places = ColumnPlaces()

  @inline(__always)
  mutating func together() { places.together() }

  @inline(__always)
  mutating func callAsFunction<T: BitwiseCopyable>(_ field: inout T) {
    let place = places.next(size: MemoryLayout<T>.size, row: row, chunkRows: chunkRows)
    // The block checked that it has all columns of the row.
    unsafe field = base.loadUnaligned(fromByteOffset: place, as: T.self)
  }
}

/// Writes the fields of a row, column after column.
@safe
private struct RowWriter: ColumnVisitor {
  let base: UnsafeMutableRawPointer
  let row: Int
  let chunkRows: Int
  var places = ColumnPlaces()

  @inline(__always)
  mutating func together() { places.together() }

  @inline(__always)
  mutating func callAsFunction<T: BitwiseCopyable>(_ field: inout T) {
    let place = places.next(size: MemoryLayout<T>.size, row: row, chunkRows: chunkRows)
    // The block checked that it has all columns of the row.
    unsafe base.storeBytes(of: field, toByteOffset: place, as: T.self)
  }
}
