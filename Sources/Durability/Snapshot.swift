// The whole state as of a sequence, as blocks in one file: its format and its reader.
// Not here: writing one (SnapshotWriter); what a block means.
//
// Header:                                        Block:
//    0  8 bytes  magic "PATRONSN"                   0  u32  CRC-32C of bytes 4–39
//    8  u32      format version                     4  u32  CRC-32C of payload and zeros
//   12  u32      header bytes, 40                   8  u32  kind; 2³²−1 is the end block
//   16  u64      sequence of the last record       12  u32  index
//   24  i64      its time, µs since 1970 UTC       16  u64  payload bytes
//   32  u32      zero                              24  u64  place: 0, 1, 2 …
//   36  u32      CRC-32C of bytes 0–35             32  u64  sequence of the snapshot
//   40           blocks                            40       payload, zeros up to 8
//
// The end block's payload is the count of blocks before it, u64; the file ends with it.

internal import Platform

enum SnapshotFormat {
  static let magic: UInt64 = 0x4e53_4e4f_5254_4150  // "PATRONSN"
  static let version: UInt32 = 1
  static let headerBytes = 40
  static let blockHeaderBytes = 40
  static let endKind = UInt32.max
  static let blockBytesMax = 64 << 20
}

/// A block's header, read back.
private struct BlockHeader {
  let bodyChecksum: UInt32
  let kind: UInt32
  let index: UInt32
  let byteCount: UInt64
  let place: UInt64
  let sequence: UInt64

  /// Reads a header, or says that there is none.
  init?(_ bytes: RawSpan) {
    let covered = bytes.extracting(4..<SnapshotFormat.blockHeaderBytes)
    guard bytes.littleEndian32(at: 0) == CRC32C.checksum(covered) else { return nil }
    bodyChecksum = bytes.littleEndian32(at: 4)
    kind = bytes.littleEndian32(at: 8)
    index = bytes.littleEndian32(at: 12)
    byteCount = bytes.littleEndian64(at: 16)
    place = bytes.littleEndian64(at: 24)
    sequence = bytes.littleEndian64(at: 32)
  }
}

/// Reads a snapshot block by block and believes nothing.
struct SnapshotReader: ~Copyable {
  /// A block's facts.
  struct Block {
    let kind: UInt32
    let index: UInt32
    let offset: Int64
    let byteCount: Int
  }

  let sequence: UInt64
  let time: Int64
  private var window: FileWindow
  private var offset = Int64(SnapshotFormat.headerBytes)
  private var place: UInt64 = 0
  private var current = Block(kind: 0, index: 0, offset: 0, byteCount: 0)

  init(_ name: String, in storage: any Storage) throws(DurabilityError) {
    var window = try FileWindow(name, in: storage)
    try checkHeader(
      &window, magic: SnapshotFormat.magic, version: SnapshotFormat.version,
      headerBytes: SnapshotFormat.headerBytes, kind: "snapshot")
    let header = window.bytes(SnapshotFormat.headerBytes, at: 0)
    sequence = header.littleEndian64(at: 16)
    time = Int64(bitPattern: header.littleEndian64(at: 24))
    self.window = window
  }

  var name: String { window.name }

  /// The payload of the block which `next()` gave.
  var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      window.bytes(
        current.byteCount, at: current.offset + Int64(SnapshotFormat.blockHeaderBytes))
    }
  }

  /// Goes on to the next block.
  ///
  /// - Returns: The block, or nil after the last one, when the end is as it must be.
  /// - Throws: `DurabilityError.damaged` with the block's place.
  mutating func next() throws(DurabilityError) -> Block? {
    let headerBytes = SnapshotFormat.blockHeaderBytes
    guard window.holds(headerBytes, at: offset) else { throw damage("the file is cut off") }
    try window.load(headerBytes, at: offset)
    guard let header = BlockHeader(window.bytes(headerBytes, at: offset)) else {
      throw damage("a block's header is bad")
    }
    guard header.place == place, header.sequence == sequence else {
      throw damage("a block stands in the wrong place")
    }
    guard header.byteCount <= UInt64(SnapshotFormat.blockBytesMax) else {
      throw damage("a block is larger than any was written")
    }
    let padded = (Int(header.byteCount) + 7) & ~7
    guard window.holds(headerBytes + padded, at: offset) else {
      throw damage("the file is cut off")
    }
    try window.load(headerBytes + padded, at: offset)
    let body = window.bytes(headerBytes + padded, at: offset).extracting(droppingFirst: headerBytes)
    guard CRC32C.checksum(body) == header.bodyChecksum else { throw damage("a block is bad") }

    current = Block(
      kind: header.kind, index: header.index, offset: offset, byteCount: Int(header.byteCount))
    if header.kind == SnapshotFormat.endKind {
      guard header.byteCount == 8, body.littleEndian64(at: 0) == place,
        offset + Int64(headerBytes + padded) == window.size
      else { throw damage("the end is not where it belongs") }
      return nil
    }
    offset += Int64(headerBytes + padded)
    place += 1
    return current
  }

  private func damage(_ what: String) -> DurabilityError {
    .damaged(file: window.name, offset: offset, what: what)
  }
}

/// Reads a snapshot whole and checks it.
///
/// - Parameters:
///   - name: The file.
///   - sequence: The snapshot it must be.
///   - storage: Where.
/// - Throws: `DurabilityError.damaged` with file and place, or `.newerFormat`.
func verifySnapshot(_ name: String, sequence: UInt64, in storage: any Storage)
  throws(DurabilityError)
{
  var reader = try SnapshotReader(name, in: storage)
  guard reader.sequence == sequence else {
    throw .damaged(file: name, offset: 16, what: "the header belongs to another file")
  }
  while try reader.next() != nil {}
}
