// Records on their way into the journal, framed as they will stand in the file.
// Not here: the file; see Journal. What the payloads mean is nobody's business here.
//
// A batch is what one write hands to the disk: recovery gives it back whole or not at all.
// Little-endian:
//
//    0  u32  header checksum: CRC-32C of bytes 4–31, salted with the segment's salt
//    4  u32  body checksum: CRC-32C of bytes 32 to the end
//    8  u64  sequence of the first record; the others follow it one by one
//   16  u64  sequence of the last record that was durable when this was written
//   24  u32  count of records, at least 1
//   28  u32  byte count of the batch, header included; a multiple of 8
//   32       records, each:  i64 time · u32 payload bytes · u32 checksum · payload · zeros up to 8
//
// A record's checksum is the CRC-32C of its sequence (u64), time, payload bytes and payload, salted
// too: it says which record of a damaged batch is bad. The header has a checksum of its own, so
// that a batch behind a bad one can be recognised, and its length is to be trusted before anything
// is read. The body's checksum ties the records to this header: records of an earlier attempt at
// the same place cannot stand in. The salt, drawn for each segment, keeps a client's bytes from
// looking like a batch. What was durable tells bit rot from a torn tail: see Segment.

internal import Platform

/// Records with consecutive sequences.
public struct RecordBatch: Sendable {
  /// The largest batch in bytes; more than this is never read back either.
  public static let bytesMax = 64 << 20

  static let headerBytes = 32
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
    var offset = Self.headerBytes
    for number in 0..<count {
      let count = Int(bytes.rawBytes.littleEndian32(at: offset + 8))
      let start = offset + Self.recordHeaderBytes
      body(
        firstSequence + UInt64(number),
        Int64(bitPattern: bytes.rawBytes.littleEndian64(at: offset)),
        bytes.rawBytes.extracting(start..<start + count))
      offset += (Self.recordHeaderBytes + count + 7) & ~7
    }
  }

  /// Empties the batch and keeps its memory.
  public mutating func removeAll() {
    bytes.removeLast(bytes.count - Self.headerBytes)
    count = 0
  }

  /// Writes the checksums and the header, which need to know the segment.
  ///
  /// - Parameters:
  ///   - salt: The segment's.
  ///   - durable: The last record that is on disk for certain.
  mutating func seal(salt: UInt32, durable: UInt64) {
    var offset = Self.headerBytes
    for number in 0..<count {
      let payload = Int(bytes.rawBytes.littleEndian32(at: offset + 8))
      let checksum = RecordReader.checksum(
        bytes.rawBytes.extracting(offset..<offset + Self.recordHeaderBytes + payload),
        sequence: firstSequence + UInt64(number), salt: salt)
      bytes.store(littleEndian: checksum, at: offset + 12)
      offset += (Self.recordHeaderBytes + payload + 7) & ~7
    }
    bytes.store(littleEndian: firstSequence, at: 8)
    bytes.store(littleEndian: durable, at: 16)
    bytes.store(littleEndian: UInt32(count), at: 24)
    bytes.store(littleEndian: UInt32(bytes.count), at: 28)
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
  /// The last record that was on disk when this batch was written.
  let durableSequence: UInt64
  let count: Int
  let byteCount: Int

  var lastSequence: UInt64 { firstSequence + UInt64(count) - 1 }

  /// Reads a header, or says that there is none.
  init?(_ bytes: RawSpan, salt: UInt32) {
    guard
      bytes.littleEndian32(at: 0)
        == CRC32C.checksum(bytes.extracting(4..<RecordBatch.headerBytes), salt: salt)
    else { return nil }
    bodyChecksum = bytes.littleEndian32(at: 4)
    firstSequence = bytes.littleEndian64(at: 8)
    durableSequence = bytes.littleEndian64(at: 16)
    count = Int(bytes.littleEndian32(at: 24))
    byteCount = Int(bytes.littleEndian32(at: 28))
    guard count > 0, byteCount & 7 == 0, byteCount <= RecordBatch.bytesMax,
      byteCount - RecordBatch.headerBytes >= count * RecordBatch.recordHeaderBytes,
      !firstSequence.addingReportingOverflow(UInt64(count)).overflow
    else { return nil }
  }
}

/// The records in a batch's body, one after the other.
struct RecordReader: ~Escapable {
  private var rest: RawSpan
  private let salt: UInt32
  private(set) var sequence: UInt64
  private(set) var time: Int64 = 0
  private(set) var payload: RawSpan

  /// Stands before the first record.
  ///
  /// - Parameters:
  ///   - body: The batch's bytes behind its header.
  ///   - header: That header.
  ///   - salt: The segment's.
  @_lifetime(copy body)
  init(_ body: RawSpan, of header: BatchHeader, salt: UInt32) {
    rest = body
    self.salt = salt
    sequence = header.firstSequence &- 1
    payload = body.extracting(first: 0)
  }

  /// A record's checksum.
  ///
  /// - Parameters:
  ///   - record: Its header, whose checksum is left out, and its payload.
  ///   - sequence: Its number.
  ///   - salt: The segment's.
  /// - Returns: Its checksum.
  static func checksum(_ record: RawSpan, sequence: UInt64, salt: UInt32) -> UInt32 {
    var number: [UInt8] = []
    number.append(littleEndian: sequence)
    var checksum = CRC32C(salt: salt)
    checksum.update(number.rawBytes)
    checksum.update(record.extracting(first: 12))
    checksum.update(record.extracting(droppingFirst: RecordBatch.recordHeaderBytes))
    return checksum.value
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// Goes on to the next record; false when the bytes are not this record.
  @_lifetime(self: copy self)
  mutating func next() -> Bool {
    let header = RecordBatch.recordHeaderBytes
    guard rest.byteCount >= header else { return false }
    let count = Int(rest.littleEndian32(at: 8))
    guard count <= rest.byteCount - header else { return false }
    let whole = header + (count + 7) & ~7
    guard whole <= rest.byteCount else { return false }
    let expected = Self.checksum(
      rest.extracting(first: header + count), sequence: sequence &+ 1, salt: salt)
    guard rest.littleEndian32(at: 12) == expected else { return false }
    sequence &+= 1
    time = Int64(bitPattern: rest.littleEndian64(at: 0))
    payload = rest.extracting(header..<header + count)
    rest = rest.extracting(whole..<rest.byteCount)
    return true
  }
}
