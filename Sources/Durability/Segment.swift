// One file of the journal: its header, its making, and how far it is good.
// Not here: appending (Journal) and what follows from damage (recover).
//
//    0  8 bytes  magic "PATRONJL"
//    8  u32      format version
//   12  u32      header bytes, 40
//   16  i64      time of creation, microseconds since 1970 UTC
//   24  u64      sequence of the first record
//   32  u32      salt of the checksums of batches and records
//   36  u32      CRC-32C of bytes 0–35
//   40           batches, then zeros up to the preallocated end

internal import Platform

/// The open end of a segment.
struct Segment {
  static let magic: UInt64 = 0x4c4a_4e4f_5254_4150  // "PATRONJL"
  static let version: UInt32 = 1
  static let headerBytes = 40
  private static let stretchBytes: Int64 = 4096

  let name: String
  let firstSequence: UInt64
  let salt: UInt32
  /// When it was begun, microseconds since 1970 UTC.
  let created: Int64

  /// Makes a segment under its final name, durable, header included.
  ///
  /// It gets its name only when its header is safe, so a bad header is damage and never a torn
  /// creation.
  ///
  /// - Parameters:
  ///   - firstSequence: Of its first record.
  ///   - time: Of its creation, microseconds since 1970 UTC.
  ///   - salt: For its checksums.
  ///   - room: Bytes to make room for behind the header.
  ///   - storage: Where.
  /// - Returns: The segment, open.
  /// - Throws: `SystemError`; without room nothing is left behind.
  static func create(
    firstSequence: UInt64, time: Int64, salt: UInt32, room: Int64, in storage: any Storage
  ) throws(SystemError) -> (Segment, any StorageFile) {
    let segment = Segment(
      name: FileKind.journal.name(firstSequence), firstSequence: firstSequence, salt: salt,
      created: time)
    let header = header(firstSequence: firstSequence, time: time, salt: salt)

    let temporary = segment.name + FileKind.temporarySuffix
    try removeIfPresent(temporary, in: storage)
    let file = try storage.create(temporary)
    do {
      if room > 0 { try file.preallocate(size: Int64(headerBytes) + room) }
      try file.write(header.rawBytes, at: 0)
    } catch {
      // Only tidiness: recovery removes such files too.
      _ = try? storage.remove(temporary)
      throw error
    }
    try file.sync()
    try storage.rename(temporary, to: segment.name)
    try storage.syncDirectory()
    return (segment, file)
  }

  /// The bytes of a header.
  ///
  /// - Parameters:
  ///   - firstSequence: Of the first record.
  ///   - time: Of the creation, microseconds since 1970 UTC.
  ///   - salt: For the checksums behind it.
  /// - Returns: The bytes.
  static func header(firstSequence: UInt64, time: Int64, salt: UInt32) -> [UInt8] {
    var header: [UInt8] = []
    header.append(littleEndian: magic)
    header.append(littleEndian: version)
    header.append(littleEndian: UInt32(headerBytes))
    header.append(littleEndian: UInt64(bitPattern: time))
    header.append(littleEndian: firstSequence)
    header.append(littleEndian: salt)
    header.append(littleEndian: CRC32C.checksum(header.rawBytes))
    return header
  }

  /// Reads a segment's header.
  static func open(_ window: inout FileWindow, firstSequence: UInt64) throws(DurabilityError)
    -> Segment
  {
    try checkHeader(
      &window, magic: magic, version: version, headerBytes: headerBytes, kind: "journal")
    let header = window.bytes(headerBytes, at: 0)
    guard header.littleEndian64(at: 24) == firstSequence else {
      throw .damaged(file: window.name, offset: 24, what: "the header belongs to another file")
    }
    return Segment(
      name: window.name, firstSequence: firstSequence, salt: header.littleEndian32(at: 32),
      created: Int64(bitPattern: header.littleEndian64(at: 16)))
  }

  /// Reads a batch's header.
  ///
  /// - Returns: The header, or nil when there is no batch that fits into the file.
  func header(at offset: Int64, in window: inout FileWindow) throws(DurabilityError)
    -> BatchHeader?
  {
    guard window.holds(RecordBatch.headerBytes, at: offset) else { return nil }
    try window.load(RecordBatch.headerBytes, at: offset)
    return BatchHeader(window.bytes(RecordBatch.headerBytes, at: offset), salt: salt)
  }

  /// Reads a batch into the window and checks it whole.
  ///
  /// - Returns: The header, or nil when there is no good batch.
  func batch(at offset: Int64, in window: inout FileWindow) throws(DurabilityError) -> BatchHeader?
  {
    guard let header = try header(at: offset, in: &window),
      window.holds(header.byteCount, at: offset)
    else { return nil }
    try window.load(header.byteCount, at: offset)
    let body = window.bytes(header.byteCount, at: offset)
      .extracting(droppingFirst: RecordBatch.headerBytes)
    return CRC32C.checksum(body) == header.bodyChecksum ? header : nil
  }

  /// What stands behind the last good batch.
  enum Tail {
    /// Nothing, or zeros that were never written.
    case clean
    /// Bytes of a batch whose sync never returned.
    case torn
    /// A batch that was written after this place had been synced.
    case bitRot(nextBatch: Int64)
  }

  /// Looks behind the last good batch for what it means that there is no good one.
  ///
  /// Each batch's header says what had been synced when it was written. A later header that counts
  /// the record expected here among it proves that this place was good once; without one, it may
  /// never have reached the disk.
  func tail(from end: Int64, expected: UInt64, in window: inout FileWindow)
    throws(DurabilityError) -> Tail
  {
    var isClean = true
    var offset = end
    while offset < window.size {
      // Room made ahead is long and empty: it is passed over in large steps.
      let stretch = Int(min(Self.stretchBytes, window.size - offset))
      try window.load(stretch, at: offset)
      if window.bytes(stretch, at: offset).isZero {
        offset += Int64(stretch)
        continue
      }
      isClean = false
      for place in stride(from: offset, to: offset + Int64(stretch), by: 8) {
        if let header = try header(at: place, in: &window), header.durableSequence >= expected {
          return .bitRot(nextBatch: place)
        }
      }
      offset += Int64(stretch)
    }
    return isClean ? .clean : .torn
  }
}

/// Checks what the headers of segments and snapshots have in common.
///
/// - Parameters:
///   - window: The file; the header is loaded afterwards.
///   - magic: Bytes 0–7.
///   - version: The newest format that is known; bytes 8–11.
///   - headerBytes: Bytes 12–15; the last four of the header are its checksum.
///   - kind: For the message.
/// - Throws: `DurabilityError.damaged`, or `.newerFormat` when only that is wrong.
func checkHeader(
  _ window: inout FileWindow, magic: UInt64, version: UInt32, headerBytes: Int, kind: String
) throws(DurabilityError) {
  let name = window.name
  guard window.holds(headerBytes, at: 0) else {
    throw .damaged(file: name, offset: window.size, what: "it ends within its header")
  }
  try window.load(headerBytes, at: 0)
  guard window.bytes(headerBytes, at: 0).littleEndian64(at: 0) == magic else {
    throw .damaged(file: name, offset: 0, what: "this is no \(kind) file")
  }
  // A newer header may be longer: its own length says where its checksum is.
  let found = window.bytes(headerBytes, at: 0).littleEndian32(at: 8)
  let bytes = Int(window.bytes(headerBytes, at: 0).littleEndian32(at: 12))
  guard bytes >= headerBytes, bytes <= 4096, window.holds(bytes, at: 0) else {
    throw .damaged(file: name, offset: 12, what: "the header's length is impossible")
  }
  try window.load(bytes, at: 0)
  let whole = window.bytes(bytes, at: 0)
  guard
    whole.littleEndian32(at: bytes - 4) == CRC32C.checksum(whole.extracting(0..<bytes - 4))
  else {
    throw .damaged(file: name, offset: 0, what: "the header's checksum is wrong")
  }
  if found > version { throw .newerFormat(file: name, version: found) }
  guard found == version, bytes == headerBytes else {
    throw .damaged(file: name, offset: 8, what: "format \(found) never existed")
  }
}
