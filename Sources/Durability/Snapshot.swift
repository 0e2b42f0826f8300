// The whole state as of a sequence, as blocks in one file: its format and its reader.
// Not here: writing one (SnapshotWriter); what a block means.
//
// Header:                                            Contents, an entry of 32 bytes a block:
//    0  8 bytes  magic "PATRONSN"                       0  u32  kind; 2³²−1 is a place not in use
//    8  u32      format version                         4  u32  index
//   12  u32      header bytes, 72                       8  u32  bytes
//   16  u64      sequence of the last record           12  u32  CRC-32C of the block
//   24  i64      its time, µs since 1970 UTC           16  u64  offset in the file
//   32  i64      time of creation, likewise            24  u64  sequence of its last change
//   40  u64      offset of the contents
//   48  u32      bytes of the contents              From 4096 on stand the blocks, one behind the
//   52  u32      bytes of the head                  other, then the contents, then the head: the
//   56  u32      CRC-32C of the contents            small part of the state that is always written.
//   60  u32      CRC-32C of the head                What lies between header and blocks is zero.
//   64  u32      zero
//   68  u32      CRC-32C of bytes 0–67

internal import Platform

enum SnapshotFormat {
  static let magic: UInt64 = 0x4e53_4e4f_5254_4150  // "PATRONSN"
  static let version: UInt32 = 1
  static let headerBytes = 72
  static let blocksOffset: Int64 = 4096
  static let entryBytes = 32
  static let unusedKind = UInt32.max
  static let blockBytesMax = 64 << 20
  static let headBytesMax = 64 << 20
  static let contentsBytesMax = 256 << 20
}

/// One block of a snapshot, as its contents tell of it.
public struct SnapshotBlock: Sendable {
  /// What it is, for whoever wrote it.
  public let kind: UInt32
  /// Which of its kind.
  public let index: UInt32
  /// The last record that changed it.
  public let changed: UInt64
  /// Its size.
  public let byteCount: Int
  let checksum: UInt32
  let offset: Int64

  var end: Int64 { offset + Int64(byteCount) }
  var isUsed: Bool { kind != SnapshotFormat.unusedKind }

  /// The same place, holding nothing that counts.
  var unused: SnapshotBlock {
    SnapshotBlock(
      kind: SnapshotFormat.unusedKind, index: 0, changed: 0, byteCount: byteCount,
      checksum: checksum, offset: offset)
  }
}

/// An open snapshot: header, contents and head are checked, the blocks are when they are read.
///
/// It may be read from several threads at once.
public struct SnapshotReader: Sendable {
  /// The file.
  public let name: String
  /// The last record the state contains.
  public let sequence: UInt64
  /// That record's time, microseconds since 1970 UTC.
  public let time: Int64
  /// When it was written, microseconds since 1970 UTC.
  public let created: Int64
  /// The small part of the state that is written always.
  public let head: [UInt8]
  /// The blocks in the order in which they were appended.
  public let blocks: [SnapshotBlock]
  /// The file's length.
  public let byteCount: Int64
  let unused: [SnapshotBlock]
  private let file: any StorageFile

  /// Opens a snapshot.
  ///
  /// - Parameters:
  ///   - name: The file.
  ///   - storage: Where.
  /// - Throws: `DurabilityError.damaged` with the place, `.newerFormat`, or `.system`.
  init(_ name: String, in storage: any Storage) throws(DurabilityError) {
    var window = try FileWindow(name, in: storage)
    try checkHeader(
      &window, magic: SnapshotFormat.magic, version: SnapshotFormat.version,
      headerBytes: SnapshotFormat.headerBytes, kind: "snapshot")
    let headerCopy = try window.copy(SnapshotFormat.headerBytes, at: 0)
    let header = headerCopy.rawBytes
    self.name = name
    sequence = header.littleEndian64(at: 16)
    time = Int64(bitPattern: header.littleEndian64(at: 24))
    created = Int64(bitPattern: header.littleEndian64(at: 32))
    let offset = Int64(clamping: header.littleEndian64(at: 40))
    let contentsBytes = Int(header.littleEndian32(at: 48))
    let headBytes = Int(header.littleEndian32(at: 52))
    let contentsChecksum = header.littleEndian32(at: 56)
    let headChecksum = header.littleEndian32(at: 60)
    byteCount = window.size
    file = window.file

    let gap = Int(SnapshotFormat.blocksOffset) - SnapshotFormat.headerBytes
    guard offset >= SnapshotFormat.blocksOffset, contentsBytes % SnapshotFormat.entryBytes == 0,
      contentsBytes <= SnapshotFormat.contentsBytesMax, headBytes <= SnapshotFormat.headBytesMax,
      window.holds(contentsBytes + headBytes, at: offset),
      offset + Int64(contentsBytes + headBytes) == window.size
    else { throw .damaged(file: name, offset: 40, what: "the file has not its length") }
    let between = try window.copy(gap, at: Int64(SnapshotFormat.headerBytes))
    guard between.rawBytes.isZero else {
      throw .damaged(
        file: name, offset: Int64(SnapshotFormat.headerBytes), what: "bytes that must be zero")
    }
    let contents = try window.copy(contentsBytes, at: offset)
    guard CRC32C.checksum(contents.rawBytes) == contentsChecksum else {
      throw .damaged(file: name, offset: offset, what: "the contents are bad")
    }
    (blocks, unused) = try Self.entries(contents.rawBytes, endingAt: offset, of: name)
    let headOffset = offset + Int64(contentsBytes)
    let head = try window.copy(headBytes, at: headOffset)
    guard CRC32C.checksum(head.rawBytes) == headChecksum else {
      throw .damaged(file: name, offset: headOffset, what: "the head is bad")
    }
    self.head = head
  }

  /// Reads the contents and checks that the blocks fill the file without gap or overlap.
  private static func entries(
    _ contents: RawSpan, endingAt end: Int64, of name: String
  ) throws(DurabilityError) -> (used: [SnapshotBlock], unused: [SnapshotBlock]) {
    var used: [SnapshotBlock] = []
    var unused: [SnapshotBlock] = []
    used.reserveCapacity(contents.byteCount / SnapshotFormat.entryBytes)
    for place in stride(from: 0, to: contents.byteCount, by: SnapshotFormat.entryBytes) {
      let block = SnapshotBlock(
        kind: contents.littleEndian32(at: place), index: contents.littleEndian32(at: place + 4),
        changed: contents.littleEndian64(at: place + 24),
        byteCount: Int(contents.littleEndian32(at: place + 8)),
        checksum: contents.littleEndian32(at: place + 12),
        offset: Int64(clamping: contents.littleEndian64(at: place + 16)))
      guard block.byteCount <= SnapshotFormat.blockBytesMax, block.offset <= end else {
        throw .damaged(file: name, offset: end + Int64(place), what: "an impossible block")
      }
      if block.isUsed { used.append(block) } else { unused.append(block) }
    }
    var next = SnapshotFormat.blocksOffset
    for block in (used + unused).sorted(by: { ($0.offset, $0.end) < ($1.offset, $1.end) }) {
      guard block.offset == next else {
        throw .damaged(file: name, offset: next, what: "the blocks do not fill the file")
      }
      next = block.end
    }
    guard next == end else {
      throw .damaged(file: name, offset: next, what: "the blocks do not fill the file")
    }
    return (used, unused)
  }

  /// Reads a block and checks it.
  ///
  /// - Parameters:
  ///   - block: One of `blocks`.
  ///   - buffer: Takes the bytes; it keeps its memory from call to call.
  /// - Throws: `DurabilityError.damaged` with the block's place, or `.system`.
  public func read(_ block: SnapshotBlock, into buffer: inout [UInt8]) throws(DurabilityError) {
    if buffer.count > block.byteCount {
      buffer.removeLast(buffer.count - block.byteCount)
    } else if buffer.count < block.byteCount {
      buffer += [UInt8](repeating: 0, count: block.byteCount - buffer.count)
    }
    let count = try onDisk { () throws(SystemError) in
      try file.read(into: &buffer, at: block.offset)
    }
    guard count == block.byteCount, CRC32C.checksum(buffer.rawBytes) == block.checksum else {
      throw .damaged(file: name, offset: block.offset, what: "a block is bad")
    }
  }

  /// Reads the places not in use, which hold nothing but must not have changed either.
  func checkUnused() throws(DurabilityError) { try check(unused, { _ in }) }

  /// Reads everything, and tells `pace` of each piece.
  func verify(_ pace: (Int) -> Void = { _ in }) throws(DurabilityError) {
    try check(blocks, pace)
    try check(unused, pace)
  }

  private func check(_ blocks: [SnapshotBlock], _ pace: (Int) -> Void) throws(DurabilityError) {
    var buffer: [UInt8] = []
    for block in blocks {
      try read(block, into: &buffer)
      pace(block.byteCount)
    }
  }

  /// Opens the snapshot of a sequence.
  ///
  /// - Parameters:
  ///   - sequence: In its name, and to be found in it.
  ///   - storage: Where.
  /// - Returns: The snapshot.
  /// - Throws: As `init`.
  static func open(_ sequence: UInt64, in storage: any Storage) throws(DurabilityError)
    -> SnapshotReader
  {
    let reader = try SnapshotReader(FileKind.snapshot.name(sequence), in: storage)
    guard reader.sequence == sequence else {
      throw .damaged(file: reader.name, offset: 16, what: "the header belongs to another file")
    }
    return reader
  }
}
