// The one place of Scoring that touches raw memory: a reference-counted, 64-byte aligned piece
// that holds the columns of a chunk. Tables (CustomerTable, OrderTable …) give it meaning.
// Unsafe code: every access is checked against `size` before the pointer is used.

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
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.alignment)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    unsafe base = memory
    self.size = size
    changed = stamp
  }

  /// Makes a block with these bytes, last written by the command `changed`.
  init(copying bytes: RawSpan, changed: UInt64) {
    let size = bytes.byteCount
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.alignment)
    // The new memory has just the size of the span.
    unsafe bytes.withUnsafeBytes {
      unsafe UnsafeMutableRawBufferPointer(start: memory, count: size).copyMemory(from: $0)
    }
    unsafe base = memory
    self.size = size
    self.changed = changed
  }

  deinit { unsafe base.deallocate() }

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

  /// Several numbers, one behind the other.
  func values<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, count: Int) -> [T] {
    precondition(
      offset >= 0 && count >= 0 && offset <= size - count * MemoryLayout<T>.stride,
      "values must lie within their block")
    return unsafe [T](unsafeUninitializedCapacity: count) { values, initialized in
      // The bytes were checked to be there, and any bytes are a number.
      unsafe UnsafeMutableRawBufferPointer(values).copyMemory(
        from: UnsafeRawBufferPointer(start: base + offset, count: count * MemoryLayout<T>.stride))
      initialized = count
    }
  }

  /// Writes the value at a byte offset; the caller got this block from `writable`.
  @inline(__always)
  func store<T: BitwiseCopyable>(_ value: T, at offset: Int) {
    precondition(
      offset >= 0 && offset <= size - MemoryLayout<T>.size, "a store must lie within its block")
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: T.self)
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

  /// All bytes, for a snapshot or a hash.
  var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: size)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}

/// A column's place in a chunk: where its first row lies.
struct Column<T: BitwiseCopyable> {
  let offset: Int

  init(at offset: Int) { self.offset = offset }

  /// Byte offset of a row of the chunk.
  @inline(__always)
  func place(of row: Int) -> Int { offset + row * MemoryLayout<T>.stride }
}
