// What batches without money have in common: their head, and rows as values. Batches with amounts
// have the longer `BatchHead`.

/// What stands before the rows of a batch without amounts: the command's key, and how many rows.
public struct RowsHead: Equatable, Sendable {
  static let fields = CommandKey.fields + [Field("count", .u32)]

  /// The command's key.
  public var key: CommandKey
  /// Rows that follow.
  public var count: Int

  init(key: CommandKey, count: Int) {
    self.key = key
    self.count = count
  }

  /// Reads a head.
  ///
  /// - Parameter reader: stands on the body's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
    count = try reader.readRowCount()
  }

  func write(to out: inout ByteBuffer) {
    key.write(to: &out)
    out.append(UInt32(count))
  }
}

/// A row as a value, for those who hold whole batches.
protocol RowValue {
  init(from reader: inout FrameReader) throws(Refusal)
  func write(to out: inout ByteBuffer) throws(Refusal)
}

extension FrameReader {
  /// Reads how many rows a batch has.
  mutating func readRowCount() throws(Refusal) -> Int {
    let at = offset
    let count = Int(try read(UInt32.self))
    guard count >= 1 && count <= Limits.rowsMax else {
      throw Refusal(
        .invalidField, at: at, "the batch has \(count) rows, it must have 1 to \(Limits.rowsMax)")
    }
    return count
  }

  /// Reads rows as values.
  mutating func readRows<Row: RowValue>(_ count: Int) throws(Refusal) -> [Row] {
    var rows: [Row] = []
    for _ in 0..<count { rows.append(try Row(from: &self)) }
    return rows
  }

  /// Reads text with one length byte without copying it; it may be empty.
  ///
  /// - Parameter name: the field's name for the refusal.
  /// - Returns: valid UTF-8, borrowed from the frame.
  /// - Throws: `malformed` at the end of the frame; `invalidField` for bad UTF-8 or a long one.
  @_lifetime(copy self)
  mutating func readLabel(_ name: StaticString) throws(Refusal) -> RawSpan {
    var whole = self
    if try whole.readUInt8() == 0 {
      _ = try readUInt8()
      return bytes.extracting(0..<0)
    }
    let at = offset
    let label = try readIdentifier(name)
    // Labels come back in replies, as names, which are text.
    _ = try text(label, at: at)
    return label
  }
}
