// Reads a file in large pieces and lends small ones of it.
// Not here: what they mean.

internal import Platform

extension RawSpan {
  /// Whether all bytes are zero.
  var isZero: Bool {
    var offset = 0
    while offset + 8 <= byteCount {
      if littleEndian64(at: offset) != 0 { return false }
      offset += 8
    }
    while offset < byteCount {
      if byte(at: offset) != 0 { return false }
      offset += 1
    }
    return true
  }
}

/// A part of a file in memory; as large as one piece needs, or `windowBytes`.
struct FileWindow: ~Copyable {
  let file: any StorageFile
  let name: String
  let size: Int64
  private var buffer: [UInt8] = []
  private var start: Int64 = 0
  private static let windowBytes = 4 << 20

  init(_ name: String, in storage: any Storage) throws(DurabilityError) {
    self.name = name
    (file, size) = try onDisk { () throws(SystemError) in
      let file = try storage.open(name)
      return (file, try file.size())
    }
  }

  /// Whether so many bytes follow an offset in the file; the only judge of lengths read from it.
  func holds(_ count: Int, at offset: Int64) -> Bool {
    offset >= 0 && count >= 0 && Int64(count) <= size - offset
  }

  /// Brings a piece into memory.
  ///
  /// - Precondition: `holds(count, at: offset)`.
  mutating func load(_ count: Int, at offset: Int64) throws(DurabilityError) {
    precondition(holds(count, at: offset), "the piece lies within the file")
    if offset >= start && offset + Int64(count) <= start + Int64(buffer.count) { return }
    let wanted = Int(min(Int64(max(count, Self.windowBytes)), size - offset))
    if buffer.count != wanted { buffer = [UInt8](repeating: 0, count: wanted) }
    let read = try onDisk { () throws(SystemError) in try file.read(into: &buffer, at: offset) }
    start = offset
    if read < wanted {
      buffer.removeLast(wanted - read)
      // The end may have been cut since; what was asked for is there.
      if read >= count { return }
      throw .damaged(
        file: name, offset: offset + Int64(read), what: "the file became shorter while it was read")
    }
  }

  /// Copies a piece out of the file.
  ///
  /// - Precondition: `holds(count, at: offset)`.
  mutating func copy(_ count: Int, at offset: Int64) throws(DurabilityError) -> [UInt8] {
    try load(count, at: offset)
    var piece: [UInt8] = []
    piece.append(bytes: bytes(count, at: offset))
    return piece
  }

  /// Lends a piece which the latest `load` brought.
  @_lifetime(borrow self)
  func bytes(_ count: Int, at offset: Int64) -> RawSpan {
    let first = Int(offset - start)
    return buffer.rawBytes.extracting(first..<first + count)
  }
}
