// The safe border between byte arrays, raw spans and integers of a stated byte order.
// Not here: formats. Who reads or writes one says so in his own target.

extension Array where Element == UInt8 {
  /// The array's bytes, lent.
  @inlinable
  public var rawBytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // Every byte of a `UInt8` is initialised, there is no padding.
      unsafe span.bytes
    }
  }

  /// Adds bytes at the end.
  ///
  /// - Parameter bytes: The bytes to copy.
  @inlinable
  public mutating func append(bytes: RawSpan) {
    // The pointer does not leave the closure, and the array copies before it returns.
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  /// Adds an integer at the end, least significant byte first.
  ///
  /// - Parameter value: The integer.
  @inlinable
  public mutating func append(littleEndian value: UInt32) {
    append(littleEndian: UInt64(value), byteCount: 4)
  }

  /// Adds an integer at the end, least significant byte first.
  ///
  /// - Parameter value: The integer.
  @inlinable
  public mutating func append(littleEndian value: UInt64) {
    append(littleEndian: value, byteCount: 8)
  }

  @inlinable
  mutating func append(littleEndian value: UInt64, byteCount: Int) {
    // The pointer lives for the closure only; one append grows the array once, not once a byte.
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) {
      unsafe append(contentsOf: $0.prefix(byteCount))
    }
  }

  /// Overwrites four bytes with an integer, least significant byte first.
  ///
  /// - Parameters:
  ///   - value: The integer.
  ///   - offset: Its first byte's place; all four must lie within the array.
  @inlinable
  public mutating func store(littleEndian value: UInt32, at offset: Int) {
    for byte in 0..<4 { self[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
  }

  /// Overwrites eight bytes with an integer, least significant byte first.
  ///
  /// - Parameters:
  ///   - value: The integer.
  ///   - offset: Its first byte's place; all eight must lie within the array.
  @inlinable
  public mutating func store(littleEndian value: UInt64, at offset: Int) {
    for byte in 0..<8 { self[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
  }
}

extension MutableSpan where Element == UInt8 {
  /// The span's bytes, lent for writing.
  @inlinable
  public var mutableRawBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get {
      // Whatever is written, every byte of a `UInt8` stays initialised.
      unsafe mutableBytes
    }
  }
}

extension RawSpan {
  /// Reads four bytes as an integer, least significant byte first.
  ///
  /// - Parameter offset: The first byte's place; all four must lie within the span.
  /// - Returns: The integer.
  @inlinable
  public func littleEndian32(at offset: Int) -> UInt32 {
    // Bounds are checked by the call; any four bytes are a `UInt32`.
    unsafe UInt32(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// Reads eight bytes as an integer, least significant byte first.
  ///
  /// - Parameter offset: The first byte's place; all eight must lie within the span.
  /// - Returns: The integer.
  @inlinable
  public func littleEndian64(at offset: Int) -> UInt64 {
    // Bounds are checked by the call; any eight bytes are a `UInt64`.
    unsafe UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Reads one byte.
  ///
  /// - Parameter offset: Its place within the span.
  /// - Returns: The byte.
  @inlinable
  public func byte(at offset: Int) -> UInt8 {
    // Bounds are checked by the call; any byte is a `UInt8`.
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
  }
}
