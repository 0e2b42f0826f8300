// Writes a snapshot beside the others and gives it its name when it is proven good.
// Not here: reading; see Snapshot. Chunks that did not change are written again all the same.

public import Platform

/// A snapshot that is being written; dropped without `finish`, it leaves nothing behind.
public struct SnapshotWriter: ~Copyable {
  /// The largest block in bytes.
  public static let blockBytesMax = SnapshotFormat.blockBytesMax
  private static let writeBytes = 1 << 20

  private let storage: any Storage
  private let file: any StorageFile
  private let sequence: UInt64
  private let temporaryName: String
  private var pending: [UInt8] = []
  private var offset: Int64 = 0
  private var place: UInt64 = 0
  private var isFinished = false

  /// Begins a snapshot.
  ///
  /// - Parameters:
  ///   - sequence: The last record the state contains.
  ///   - time: That record's time, microseconds since 1970 UTC.
  ///   - storage: Where.
  /// - Throws: `DurabilityError.outOfSpace` or `.system`.
  public init(sequence: UInt64, time: Int64, in storage: any Storage) throws(DurabilityError) {
    let temporaryName = FileKind.snapshot.name(sequence) + FileKind.temporarySuffix
    file = try onDisk { () throws(SystemError) in
      try removeIfPresent(temporaryName, in: storage)
      return try storage.create(temporaryName)
    }
    self.temporaryName = temporaryName
    self.storage = storage
    self.sequence = sequence
    pending.append(littleEndian: SnapshotFormat.magic)
    pending.append(littleEndian: SnapshotFormat.version)
    pending.append(littleEndian: UInt32(SnapshotFormat.headerBytes))
    pending.append(littleEndian: sequence)
    pending.append(littleEndian: UInt64(bitPattern: time))
    pending.append(littleEndian: 0 as UInt32)
    pending.append(littleEndian: CRC32C.checksum(pending.rawBytes))
  }

  deinit {
    // Only tidiness: recovery removes such files too.
    if !isFinished { _ = try? storage.remove(temporaryName) }
  }

  /// Adds a block.
  ///
  /// - Parameters:
  ///   - kind: What it is, for the reader; below 2³² − 1.
  ///   - index: Which of its kind, for the reader.
  ///   - bytes: Its payload, at most `blockBytesMax`.
  /// - Throws: `DurabilityError.outOfSpace` or `.system`; drop the writer then.
  public mutating func append(kind: UInt32, index: UInt32, bytes: RawSpan) throws(DurabilityError) {
    precondition(kind != SnapshotFormat.endKind, "that kind marks the end")
    precondition(bytes.byteCount <= Self.blockBytesMax, "a block stays within its limit")
    try appendBlock(kind: kind, index: index, bytes: bytes)
  }

  private mutating func appendBlock(kind: UInt32, index: UInt32, bytes: RawSpan)
    throws(DurabilityError)
  {
    let start = pending.count
    pending.append(littleEndian: 0 as UInt64)
    pending.append(littleEndian: kind)
    pending.append(littleEndian: index)
    pending.append(littleEndian: UInt64(bytes.byteCount))
    pending.append(littleEndian: place)
    pending.append(littleEndian: sequence)
    let body = pending.count
    pending.append(bytes: bytes)
    let padding = -bytes.byteCount & 7
    for _ in 0..<padding { pending.append(0) }
    let bodyChecksum = CRC32C.checksum(pending.rawBytes.extracting(body..<pending.count))
    pending.store(littleEndian: bodyChecksum, at: start + 4)
    let headerChecksum = CRC32C.checksum(pending.rawBytes.extracting(start + 4..<body))
    pending.store(littleEndian: headerChecksum, at: start)
    place += 1
    if pending.count >= Self.writeBytes { try writePending() }
  }

  private mutating func writePending() throws(DurabilityError) {
    try onDisk { () throws(SystemError) in try file.write(pending.rawBytes, at: offset) }
    offset += Int64(pending.count)
    pending.removeAll(keepingCapacity: true)
  }

  /// Ends the snapshot: syncs it, reads it again whole, and only then gives it its name.
  ///
  /// - Parameter durableSequence: The last record the journal has made durable. The snapshot must
  ///   not be ahead of it, or it would keep what was never acknowledged and leave a gap behind.
  /// - Throws: `DurabilityError`; older snapshots stand as they did.
  public consuming func finish(durableSequence: UInt64) throws(DurabilityError) {
    precondition(sequence <= durableSequence, "a snapshot is not ahead of the journal")
    var count: [UInt8] = []
    count.append(littleEndian: place)
    try appendBlock(kind: SnapshotFormat.endKind, index: 0, bytes: count.rawBytes)
    try writePending()
    try onDisk { () throws(SystemError) in try file.sync() }
    try verifySnapshot(temporaryName, sequence: sequence, in: storage)
    try onDisk { () throws(SystemError) in
      try storage.rename(temporaryName, to: FileKind.snapshot.name(sequence))
    }
    isFinished = true
    try onDisk { () throws(SystemError) in try storage.syncDirectory() }
  }
}

/// Removes the files nobody needs: all snapshots but the newest two, and the segments of the
/// journal that end before the older of these.
///
/// Beside a single snapshot the whole journal stays.
///
/// - Parameter storage: Where.
/// - Returns: The names of what was removed.
/// - Throws: `DurabilityError.system`; what could not be removed does no harm.
@discardableResult
public func retireOldFiles(in storage: any Storage) throws(DurabilityError) -> [String] {
  try onDisk { () throws(SystemError) in
    let names = try storage.list()
    let snapshots = FileKind.snapshot.sequences(in: names)
    guard snapshots.count >= 2 else { return [] }
    let oldest = snapshots[snapshots.count - 2]
    let segments = FileKind.journal.sequences(in: names)
    let needed = segments.lastIndex { $0 <= oldest + 1 } ?? 0
    let removed =
      snapshots.dropLast(2).map(FileKind.snapshot.name)
      + segments.prefix(needed).map(FileKind.journal.name)
    for name in removed { try storage.remove(name) }
    if !removed.isEmpty { try storage.syncDirectory() }
    return removed
  }
}
