// Text on the wire: UTF-8 with one or two length bytes, and how an outbox appends it.
// Unsafe code: views of text as raw bytes; each says why it is sound.

extension String {
  /// Copies UTF-8 bytes into a string.
  ///
  /// - Parameter bytes: the text's bytes; nil comes back when they are not valid UTF-8.
  public init?(bytes: RawSpan) {
    // The closure does not keep the pointer beyond the call.
    let text = unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
    guard let text else { return nil }
    self = text
  }
}

extension RawSpan {
  /// One of the bytes.
  ///
  /// - Parameter place: from 0, below `byteCount`.
  /// - Returns: the byte.
  public func octet(at place: Int) -> UInt8 {
    precondition(place >= 0 && place < byteCount, "a byte must lie within its span")
    return unsafe unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self)
  }

  /// A copy of the bytes.
  public var array: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    for place in 0..<byteCount { bytes.append(octet(at: place)) }
    return bytes
  }
}

extension [UInt8] {
  /// The array's bytes, lent.
  public var rawSpan: RawSpan {
    @_lifetime(borrow self)
    get {
      // Bytes have no padding, so all of them are initialised.
      unsafe span.bytes
    }
  }
}

extension ByteBuffer {
  /// Appends an identifier: one length byte, then its bytes.
  ///
  /// - Parameter identifier: 1 to 64 bytes of UTF-8.
  /// - Throws: `invalidField` for an empty or long one; nothing is appended then.
  public mutating func append(identifier: String) throws(Refusal) {
    let size = identifier.utf8.count
    guard size >= 1 && size <= Limits.identifierSizeMax else {
      throw Refusal(
        .invalidField,
        "an identifier has \(size) bytes, it must have 1 to \(Limits.identifierSizeMax)")
    }
    append(UInt8(size))
    append(text: identifier)
  }

  /// Appends a name with one length byte; what exceeds the limit is cut at a character.
  ///
  /// - Parameter name: at most `Limits.nameSizeMax` bytes survive.
  public mutating func append(name: String) {
    let text = name.cut(toBytes: Limits.nameSizeMax)
    append(UInt8(text.utf8.count))
    append(text: text)
  }

  /// Appends a sentence with two length bytes; what exceeds the limit is cut at a character.
  ///
  /// - Parameter sentence: at most `Limits.sentenceSizeMax` bytes survive.
  public mutating func append(sentence: String) {
    let text = sentence.cut(toBytes: Limits.sentenceSizeMax)
    append(UInt16(text.utf8.count))
    append(text: text)
  }

  /// Appends text with four length bytes.
  ///
  /// - Parameter text: at most `Limits.catalogueSizeMax` bytes.
  /// - Throws: `invalidField` for a longer one; nothing is appended then.
  public mutating func append(longText text: String) throws(Refusal) {
    let size = text.utf8.count
    guard size <= Limits.catalogueSizeMax else {
      throw Refusal(
        .invalidField, "a text has \(size) bytes, at most \(Limits.catalogueSizeMax) are sent")
    }
    append(UInt32(size))
    append(text: text)
  }

  private mutating func append(text: String) {
    var text = text
    text.makeContiguousUTF8()
    // A span of UTF-8 code units has no padding, so its bytes are all initialised.
    append(bytes: unsafe text.utf8Span.span.bytes)
  }
}

extension String {
  fileprivate func cut(toBytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var size = 0
    var kept = ""
    for character in self {
      size += character.utf8.count
      if size > limit { break }
      kept.append(character)
    }
    return kept
  }
}

/// Copies an identifier into a string, for those who hold whole bodies as values.
///
/// - Parameters:
///   - identifier: its bytes.
///   - at: offset of its length byte in the frame, for the refusal.
/// - Returns: the text.
/// - Throws: `invalidField` when the bytes are not valid UTF-8.
func text(_ identifier: RawSpan, at: Int) throws(Refusal) -> String {
  guard let text = String(bytes: identifier) else {
    throw Refusal(.invalidField, at: at, "the identifier is not valid UTF-8")
  }
  return text
}
