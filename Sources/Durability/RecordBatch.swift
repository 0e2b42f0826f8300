// Records on their way into the journal, framed as they will stand in the file.
// Not here: the file; see Journal. What the payloads mean is nobody's business here.
//
// A batch is what one sync makes durable, so it is whole on disk or it never was. Little-endian:
//
//    0  u32  header checksum: CRC-32C of bytes 4–23, salted with the segment's salt
//    4  u32  body checksum: CRC-32C of bytes 24 to the end
//    8  u64  sequence of the first record; the others follow it one by one
//   16  u32  count of records, at least 1
//   20  u32  byte count of the batch, header included; a multiple of 8
//   24       records, each:  i64 time · u32 payload bytes · u32 zero · payload · zeros up to 8
//
// The header has a checksum of its own, so that a batch behind a bad one can be recognised, and
// its length is to be trusted before anything is read. The salt, drawn for each segment, keeps a
// client's bytes from looking like a batch.

internal import Platform

/// Records with consecutive sequences.
public struct RecordBatch: Sendable {
  /// The largest batch in bytes; more than this is never read back either.
  public static let bytesMax = 64 << 20

  static let headerBytes = 24
  static let recordHeaderBytes = 16

  private(set) var bytes = [UInt8](repeating: 0, count: headerBytes)
  /// The first record's sequence; meaningless while the batch is empty.
  public private(set) var firstSequence: UInt64 = 0
  /// How many records are in it.
  public private(set) var count = 0

  /// Makes an empty batch.
  public init() {}

  /// Whether there is nothing in it.
  public var isEmpty: Bool { count == 0 }

  /// Its size in bytes, as it will stand in the file.
  public var byteCount: Int { bytes.count }

  /// The last record's sequence; meaningless while the batch is empty.
  public var lastSequence: UInt64 { firstSequence + UInt64(count) - 1 }

  /// Whether a record fits in.
  ///
  /// - Parameter payloadBytes: The size of its payload.
  /// - Returns: Whether the batch stays within `bytesMax`.
  public func hasRoom(payloadBytes: Int) -> Bool {
    payloadBytes <= Self.bytesMax - Self.recordHeaderBytes - 8 - bytes.count
  }

  /// Adds a record.
  ///
  /// - Parameters:
  ///   - sequence: Its number: any for the first, then one after the other.
  ///   - time: When it was accepted, microseconds since 1970 UTC.
  ///   - payload: Its bytes.
  /// - Precondition: `hasRoom(payloadBytes:)`.
  public mutating func append(sequence: UInt64, time: Int64, payload: RawSpan) {
    precondition(hasRoom(payloadBytes: payload.byteCount), "a batch stays within its limit")
    if isEmpty { firstSequence = sequence }
    precondition(sequence == firstSequence + UInt64(count), "sequences follow one another")
    count += 1
    bytes.append(littleEndian: UInt64(bitPattern: time))
    bytes.append(littleEndian: UInt64(payload.byteCount))
    bytes.append(bytes: payload)
    let padding = -bytes.count & 7
    for _ in 0..<padding { bytes.append(0) }
  }

  /// Adds the records of the batch that follows this one.
  ///
  /// - Parameter other: Its first sequence follows our last one.
  /// - Returns: Whether they fitted; nothing is changed if not.
  public mutating func append(contentsOf other: RecordBatch) -> Bool {
    if other.isEmpty { return true }
    if isEmpty {
      self = other
      return true
    }
    precondition(other.firstSequence == lastSequence + 1, "batches follow one another")
    guard bytes.count + other.bytes.count - Self.headerBytes <= Self.bytesMax else { return false }
    bytes.append(bytes: other.bytes.rawBytes.extracting(droppingFirst: Self.headerBytes))
    count += other.count
    return true
  }

  /// Lends every record, in order.
  ///
  /// - Parameter body: Called with a record's sequence, time and payload.
  package func forEachRecord(
    _ body: (_ sequence: UInt64, _ time: Int64, _ payload: RawSpan) -> Void
  ) {
    var records = RecordReader(bytes.rawBytes.extracting(droppingFirst: Self.headerBytes))
    var sequence = firstSequence
    while records.next() {
      body(sequence, records.time, records.payload)
      sequence += 1
    }
  }

  /// Empties the batch and keeps its memory.
  public mutating func removeAll() {
    bytes.removeLast(bytes.count - Self.headerBytes)
    count = 0
  }

  /// Writes the header, which needs to know the segment.
  mutating func seal(salt: UInt32) {
    bytes.store(littleEndian: firstSequence, at: 8)
    bytes.store(littleEndian: UInt32(count), at: 16)
    bytes.store(littleEndian: UInt32(bytes.count), at: 20)
    let body = CRC32C.checksum(bytes.rawBytes.extracting(droppingFirst: Self.headerBytes))
    bytes.store(littleEndian: body, at: 4)
    let header = CRC32C.checksum(bytes.rawBytes.extracting(4..<Self.headerBytes), salt: salt)
    bytes.store(littleEndian: header, at: 0)
  }
}

/// A batch's header, read back.
struct BatchHeader {
  let bodyChecksum: UInt32
  let firstSequence: UInt64
  let count: Int
  let byteCount: Int

  /// Reads a header, or says that there is none.
  init?(_ bytes: RawSpan, salt: UInt32) {
    guard
      bytes.littleEndian32(at: 0)
        == CRC32C.checksum(bytes.extracting(4..<RecordBatch.headerBytes), salt: salt)
    else { return nil }
    bodyChecksum = bytes.littleEndian32(at: 4)
    firstSequence = bytes.littleEndian64(at: 8)
    count = Int(bytes.littleEndian32(at: 16))
    byteCount = Int(bytes.littleEndian32(at: 20))
    guard count > 0, byteCount & 7 == 0, byteCount <= RecordBatch.bytesMax,
      byteCount - RecordBatch.headerBytes >= count * RecordBatch.recordHeaderBytes,
      !firstSequence.addingReportingOverflow(UInt64(count)).overflow
    else { return nil }
  }
}

/// The records in a batch's body, one after the other.
struct RecordReader: ~Escapable {
  private var rest: RawSpan
  private(set) var time: Int64 = 0
  private(set) var payload: RawSpan

  @_lifetime(copy body)
  init(_ body: RawSpan) {
    rest = body
    payload = body.extracting(first: 0)
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// Goes on to the next record; false when the bytes are no record.
  @_lifetime(self: copy self)
  mutating func next() -> Bool {
    let header = RecordBatch.recordHeaderBytes
    guard rest.byteCount >= header else { return false }
    let count = rest.littleEndian64(at: 8)
    guard count <= UInt64(rest.byteCount - header) else { return false }
    let whole = header + (Int(count) + 7) & ~7
    guard whole <= rest.byteCount else { return false }
    time = Int64(bitPattern: rest.littleEndian64(at: 0))
    payload = rest.extracting(header..<header + Int(count))
    rest = rest.extracting(whole..<rest.byteCount)
    return true
  }
}
