// A growable run of bytes with a reading end and a writing end: the inbox and the outbox of a
// connection, and what a client collects its requests in. Knows nothing of frames.
// Unsafe code: this file owns raw memory. Every access lies within `0 ..< capacity` because the
// offsets are kept ordered, `0 <= start <= end <= capacity`, and checked where they change.

/// Bytes that arrive at one end and leave at the other.
///
/// Consuming from the front is O(1); what remains moves to the front only when room is needed.
@safe
public struct ByteBuffer: ~Copyable {
  // Owned by this value alone; `~Copyable` makes sure there is one owner and one deallocation.
  @usableFromInline var base: UnsafeMutableRawPointer
  /// Bytes of memory this buffer holds, used or not.
  public private(set) var capacity: Int
  @usableFromInline var start = 0
  @usableFromInline var end = 0

  /// Makes an empty buffer.
  ///
  /// - Parameter capacity: bytes to set aside at once; at least 64 are, but for 0.
  public init(capacity: Int = 64) {
    self.capacity = capacity == 0 ? 0 : max(64, capacity)
    // Nothing is ever read or written at the address of a buffer of no capacity.
    unsafe base =
      capacity == 0
      ? UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped
      : UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 64)
  }

  deinit { if capacity > 0 { unsafe base.deallocate() } }

  /// Bytes that were written and not yet consumed.
  @inlinable public var count: Int { end - start }

  /// Whether nothing is waiting.
  @inlinable public var isEmpty: Bool { start == end }

  /// The bytes that wait, oldest first.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base + start), byteCount: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The oldest of the bytes that wait.
  ///
  /// - Parameter count: how many; at most `count`.
  /// - Returns: a view of them.
  @_lifetime(borrow self)
  public func prefix(_ count: Int) -> RawSpan { bytes.extracting(first: count) }

  /// Forgets the oldest bytes.
  ///
  /// - Parameter count: how many; at most `count`.
  public mutating func consume(_ count: Int) {
    precondition(count >= 0 && count <= self.count, "more bytes consumed than are waiting")
    start += count
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Forgets the newest bytes, so that `count` remain.
  ///
  /// - Parameter count: bytes that stay; at most the present `count`.
  public mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count, "a buffer cannot be truncated to more")
    end = start + count
  }

  /// Gives memory back when the buffer is empty and has grown beyond `size` bytes.
  ///
  /// - Parameter size: capacity in bytes that may be kept.
  public mutating func shrink(to size: Int) {
    if isEmpty && capacity > size { move(to: max(64, size)) }
  }

  /// Makes room for `count` more bytes behind those that wait.
  @inlinable mutating func reserve(_ count: Int) {
    if !hasRoom(for: count) { makeRoom(for: count) }
  }

  @inlinable func hasRoom(for count: Int) -> Bool { capacity - end >= count }

  @usableFromInline mutating func makeRoom(for count: Int) {
    let waiting = self.count
    if waiting + count <= capacity && start >= capacity / 2 {
      // Half of the room is already consumed: moving is cheaper than growing.
      unsafe base.copyMemory(from: base + start, byteCount: waiting)
      start = 0
      end = waiting
    } else {
      move(to: max(capacity * 2, waiting + count, 64))
    }
  }

  private mutating func move(to size: Int) {
    let waiting = count
    precondition(size >= waiting, "a buffer cannot move to less room than its bytes need")
    let larger = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    unsafe larger.copyMemory(from: base + start, byteCount: waiting)
    if capacity > 0 { unsafe base.deallocate() }
    unsafe base = larger
    capacity = size
    start = 0
    end = waiting
  }

  /// Room for at least `minimum` bytes to be received into; `commit` says how many came.
  ///
  /// - Parameter minimum: bytes that must fit.
  /// - Returns: the writable room behind the waiting bytes.
  @_lifetime(&self)
  public mutating func spare(_ minimum: Int) -> MutableRawSpan {
    reserve(minimum)
    let span = unsafe MutableRawSpan(_unsafeStart: base + end, byteCount: capacity - end)
    return unsafe _overrideLifetime(span, mutating: &self)
  }

  /// Says that the first `count` bytes of `spare` hold data now.
  ///
  /// - Parameter count: bytes received.
  public mutating func commit(_ count: Int) {
    precondition(count >= 0 && count <= capacity - end, "more bytes committed than were spare")
    end += count
  }

  /// All waiting bytes, copied, for who keeps them elsewhere.
  public var array: [UInt8] {
    unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// Appends one fixed-width value, little-endian like every machine this runs on.
  ///
  /// - Parameter value: an integer or a Double.
  @inlinable public mutating func append<T: BitwiseCopyable>(_ value: T) {
    reserve(MemoryLayout<T>.size)
    // `reserve` made the room; `storeBytes` needs no alignment for a bitwise-copyable value.
    unsafe (base + end).storeBytes(of: value, as: T.self)
    end += MemoryLayout<T>.size
  }

  /// Appends raw bytes.
  ///
  /// - Parameter source: the bytes; copied.
  public mutating func append(bytes source: RawSpan) {
    let size = source.byteCount
    reserve(size)
    // `reserve` made the room, and a span cannot overlap memory that `self` owns exclusively.
    if size >= 8 && size <= 16 {
      // Names are of this size, and a call would take longer: the first and the last word.
      unsafe copy(UInt64.self, source, 0)
      unsafe copy(UInt64.self, source, size - 8)
    } else if size >= 4 && size < 8 {
      unsafe copy(UInt32.self, source, 0)
      unsafe copy(UInt32.self, source, size - 4)
    } else {
      unsafe source.withUnsafeBytes {
        unsafe UnsafeMutableRawBufferPointer(start: base + end, count: size).copyMemory(from: $0)
      }
    }
    end += size
  }

  /// Copies a word of a source behind the last byte; both have it.
  @unsafe
  @inline(__always)
  private func copy<Word: BitwiseCopyable>(_ type: Word.Type, _ source: RawSpan, _ place: Int) {
    let word = unsafe source.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: type)
    unsafe (base + end + place).storeBytes(of: word, as: type)
  }

  /// Overwrites bytes that were appended before: a length or a count known only at the end.
  ///
  /// - Parameters:
  ///   - value: the new value.
  ///   - position: offset from the oldest waiting byte.
  public mutating func patch<T: BitwiseCopyable>(_ value: T, at position: Int) {
    precondition(
      position >= 0 && position + MemoryLayout<T>.size <= count,
      "a patch must lie within the buffer")
    unsafe (base + start + position).storeBytes(of: value, as: T.self)
  }
}
