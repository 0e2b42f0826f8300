// A cursor over the bytes of one frame. It cannot read past the end, never copies, and says at
// which offset a body went wrong.
// Unsafe code: `unsafeLoadUnaligned` after the length was checked against the span.

/// Reads the fields of a frame one after the other.
///
/// Offsets in errors count from the first byte of the span, which is the frame's first byte when
/// the whole frame is given.
public struct FrameReader: ~Escapable {
  @usableFromInline let bytes: RawSpan
  @usableFromInline var place: Int

  /// Starts at the front of `bytes`, or behind the header of a frame.
  ///
  /// - Parameters:
  ///   - bytes: the frame.
  ///   - offset: where to begin; at most `bytes.byteCount`.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan, from offset: Int = 0) {
    precondition(offset >= 0 && offset <= bytes.byteCount, "a reader begins within its bytes")
    self.bytes = bytes
    place = offset
  }

  /// Offset of the next field from the span's first byte.
  @inlinable public var offset: Int { place }

  /// Bytes that have not been read.
  @inlinable public var remaining: Int { bytes.byteCount - place }

  /// Reads a fixed-width, little-endian number.
  ///
  /// - Parameter type: an integer or Double.
  /// - Returns: the value.
  /// - Throws: `malformed` when the frame ends within the field.
  @inlinable
  public mutating func read<T: BitwiseCopyable>(_ type: T.Type) throws(Refusal) -> T {
    let size = MemoryLayout<T>.size
    guard remaining >= size else { throw endsEarly(size) }
    // The guard above keeps the load within the span; unaligned is allowed.
    let value = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: T.self)
    place += size
    return value
  }

  /// Passes over fields that are read otherwise, or not at all.
  ///
  /// - Parameter size: their bytes.
  /// - Throws: `malformed` when the frame ends within them.
  @inlinable
  public mutating func skip(_ size: Int) throws(Refusal) {
    guard remaining >= size else { throw endsEarly(size) }
    place += size
  }

  /// Reads one byte; not generic, so it stays cheap across modules.
  ///
  /// - Returns: the byte.
  /// - Throws: `malformed` when the frame ends here.
  public mutating func readUInt8() throws(Refusal) -> UInt8 { try read(UInt8.self) }

  /// Reads a finite Double.
  ///
  /// - Parameter name: the field's name for the refusal.
  /// - Returns: a finite value.
  /// - Throws: `malformed` at the end of the frame; `invalidField` for NaN and infinity.
  public mutating func readFinite(_ name: StaticString) throws(Refusal) -> Double {
    let at = offset
    let value = try read(Double.self)
    guard value.isFinite else {
      throw Refusal(.invalidField, at: at, "\(name) is \(value), it must be a finite number")
    }
    return value
  }

  /// Reads an identifier: one length byte, then 1 to 64 bytes.
  ///
  /// - Parameter name: the field's name for the refusal.
  /// - Returns: the identifier's bytes, borrowed from the frame.
  /// - Throws: `malformed` at the end of the frame; `invalidField` for an empty or long one.
  @_lifetime(copy self)
  public mutating func readIdentifier(_ name: StaticString) throws(Refusal) -> RawSpan {
    let at = offset
    let size = Int(try readUInt8())
    guard size >= 1 && size <= Limits.identifierSizeMax else {
      throw Refusal(
        .invalidField, at: at,
        "\(name) has \(size) bytes, it must have 1 to \(Limits.identifierSizeMax)")
    }
    return try readBytes(size)
  }

  /// Reads text with one length byte, at most `Limits.nameSizeMax` bytes of UTF-8.
  ///
  /// - Parameter name: the field's name for the refusal.
  /// - Returns: the text.
  /// - Throws: `malformed` at the end of the frame; `invalidField` for bad UTF-8 or a long one.
  public mutating func readName(_ name: StaticString) throws(Refusal) -> String {
    let at = offset
    let size = Int(try readUInt8())
    guard size <= Limits.nameSizeMax else {
      throw Refusal(
        .invalidField, at: at, "\(name) has \(size) bytes, at most \(Limits.nameSizeMax) are read")
    }
    return try readText(size, name, at: at)
  }

  /// Reads text with two length bytes, at most `Limits.sentenceSizeMax` bytes of UTF-8.
  ///
  /// - Parameter name: the field's name for the refusal.
  /// - Returns: the text.
  /// - Throws: `malformed` at the end of the frame; `invalidField` for bad UTF-8 or a long one.
  public mutating func readSentence(_ name: StaticString) throws(Refusal) -> String {
    let at = offset
    let size = Int(try read(UInt16.self))
    guard size <= Limits.sentenceSizeMax else {
      throw Refusal(
        .invalidField, at: at,
        "\(name) has \(size) bytes, at most \(Limits.sentenceSizeMax) are read")
    }
    return try readText(size, name, at: at)
  }

  /// Reads text with four length bytes, at most `Limits.catalogueSizeMax` bytes of UTF-8.
  ///
  /// - Parameter name: the field's name for the refusal.
  /// - Returns: its bytes, borrowed from the frame, and known to be UTF-8 only to whoever reads on.
  /// - Throws: `malformed` at the end of the frame; `invalidField` for a long one.
  @_lifetime(copy self)
  public mutating func readLongText(_ name: StaticString) throws(Refusal) -> RawSpan {
    let at = offset
    let size = Int(try read(UInt32.self))
    guard size <= Limits.catalogueSizeMax else {
      throw Refusal(
        .invalidField, at: at,
        "\(name) has \(size) bytes, at most \(Limits.catalogueSizeMax) are read")
    }
    return try readBytes(size)
  }

  /// Requires that everything has been read.
  ///
  /// - Throws: `malformed` when bytes are left over.
  public func requireEnd() throws(Refusal) {
    guard remaining == 0 else {
      throw Refusal(.malformed, at: offset, "\(remaining) bytes follow the last field")
    }
  }

  private mutating func readText(
    _ size: Int, _ name: StaticString, at: Int
  ) throws(Refusal) -> String {
    let span = try readBytes(size)
    guard let text = String(bytes: span) else {
      throw Refusal(.invalidField, at: at, "\(name) is not valid UTF-8")
    }
    return text
  }

  @_lifetime(copy self)
  mutating func readBytes(_ size: Int) throws(Refusal) -> RawSpan {
    guard remaining >= size else { throw endsEarly(size) }
    let span = bytes.extracting(place..<(place + size))
    place += size
    return span
  }

  @inline(never) @usableFromInline
  func endsEarly(_ size: Int) -> Refusal {
    Refusal(
      .malformed, at: offset,
      "the frame ends \(size - remaining) bytes before the field that begins here does")
  }
}
