// Writes a snapshot and gives it its name when it is proven good. Two are kept: the new one is
// written over the older of them, where only what has changed since then is written.
// Not here: reading; see Snapshot. How fast all that goes is for the caller to say.

public import Platform

/// A snapshot that is being written; dropped without `finish`, it leaves nothing behind.
public struct SnapshotWriter: ~Copyable {
  /// The largest block in bytes.
  public static let blockBytesMax = SnapshotFormat.blockBytesMax

  private struct Key: Hashable {
    let kind: UInt32
    let index: UInt32
  }

  private let storage: any Storage
  private let file: any StorageFile
  private let sequence: UInt64
  private let time: Int64
  private let created: Int64
  private let temporaryName: String
  /// What the file held before, each until it is kept or written again.
  private var earlier: [Key: SnapshotBlock] = [:]
  /// Places whose blocks are gone, by size.
  private var free: [Int: [SnapshotBlock]] = [:]
  private var entries: [SnapshotBlock] = []
  /// Where the next new place begins.
  private var end = SnapshotFormat.blocksOffset
  private var isFinished = false
  private let pace: (Int) -> Void
  private let isAlone: Bool
  /// Bytes written since the last sync, or since they were last sent to the disk.
  private var unsyncedBytes = 0

  /// After so many bytes a snapshot is synced.
  ///
  /// The kernel sends what a sync finds to the disk at once, and the journal's next sync waits
  /// behind it.
  private static let unsyncedBytesMax = 512 << 10
  /// After so many bytes a snapshot that is alone is sent to the disk.
  ///
  /// So the disk works while the next ones are copied, and not only at the end.
  private static let unsentBytesMax = 2 << 20

  /// Bytes that had to be written until now.
  public private(set) var bytesWritten: Int64 = 0

  /// Begins a snapshot.
  ///
  /// The newest one that is good, read again to be sure, stays; the other one is written over.
  ///
  /// - Parameters:
  ///   - sequence: The last record the state contains; later than the newest good snapshot's.
  ///   - time: That record's time, microseconds since 1970 UTC.
  ///   - created: The present time, likewise.
  ///   - storage: Where.
  ///   - fromScratch: Writes everything into a new file; for when the other one proved to be bad.
  ///   - isAlone: Whether nobody else waits for the disk meanwhile; then it is synced once, at the end.
  ///   - pace: Told of bytes that were read or written just now; it may sleep.
  /// - Throws: `DurabilityError.outOfSpace` or `.system`.
  public init(
    sequence: UInt64, time: Int64, created: Int64, in storage: any Storage,
    fromScratch: Bool = false, isAlone: Bool = false, pace: @escaping (Int) -> Void = { _ in }
  ) throws(DurabilityError) {
    let temporaryName = FileKind.snapshot.name(sequence) + FileKind.temporarySuffix
    let spare = try Self.spareSnapshot(in: storage, isWanted: !fromScratch, pace)
    var places: [SnapshotBlock] = []
    if let spare, let reader = try? SnapshotReader(spare, in: storage) {
      places = reader.blocks + reader.unused
    }
    let isRecycled = !places.isEmpty
    file = try onDisk { () throws(SystemError) in
      guard let spare, isRecycled else {
        if let spare { try storage.remove(spare) }
        try removeIfPresent(temporaryName, in: storage)
        return try storage.create(temporaryName)
      }
      // Under this name nobody takes it for a snapshot while it is neither the old nor the new.
      try storage.rename(spare, to: temporaryName)
      try storage.syncDirectory()
      return try storage.open(temporaryName)
    }
    self.temporaryName = temporaryName
    self.storage = storage
    self.sequence = sequence
    self.time = time
    self.created = created
    self.pace = pace
    self.isAlone = isAlone
    for block in places {
      if block.isUsed {
        earlier[Key(kind: block.kind, index: block.index)] = block
      } else {
        free[block.byteCount, default: []].append(block)
      }
      end = max(end, block.end)
    }
  }

  deinit {
    // Only tidiness: recovery removes such files too.
    if !isFinished { _ = try? storage.remove(temporaryName) }
  }

  /// Finds the snapshot that may be written over, and removes what is neither it nor the one that
  /// stays.
  ///
  /// - Parameters:
  ///   - storage: Where.
  ///   - isWanted: Whether it is to be found; it is removed otherwise.
  ///   - pace: Told of bytes that were read.
  /// - Returns: Its name, if there is one.
  /// - Throws: `DurabilityError.system`.
  private static func spareSnapshot(
    in storage: any Storage, isWanted: Bool, _ pace: (Int) -> Void
  ) throws(DurabilityError) -> String? {
    let names = try onDisk { () throws(SystemError) in try storage.list() }
    var hasGood = false
    var spares: [String] = []
    for sequence in FileKind.snapshot.sequences(in: names).reversed() {
      let isGood = hasGood ? false : try Self.isGood(sequence, in: storage, pace)
      if isGood {
        hasGood = true
      } else {
        spares.append(FileKind.snapshot.name(sequence))
      }
    }
    // What a failed attempt may have left goes too, so that there are never more than two copies.
    let leftovers = names.filter {
      FileKind.isTemporary($0) && $0.hasPrefix(FileKind.snapshot.rawValue)
    }
    for name in leftovers + spares.dropFirst(isWanted ? 1 : 0) {
      try onDisk { () throws(SystemError) in try storage.remove(name) }
    }
    return isWanted ? spares.first : nil
  }

  /// Whether a snapshot is good; one that cannot be read now may be, and is not to be given up.
  private static func isGood(
    _ sequence: UInt64, in storage: any Storage, _ pace: (Int) -> Void
  ) throws(DurabilityError) -> Bool {
    do throws(DurabilityError) {
      try SnapshotReader.open(sequence, in: storage).verify(pace)
      return true
    } catch {
      guard case .damaged = error else { throw error }
      return false
    }
  }

  /// Adds a block; it is written only if it is not in the file already.
  ///
  /// - Parameters:
  ///   - kind: What it is, for the reader; below 2³² − 1.
  ///   - index: Which of its kind, for the reader; each once.
  ///   - changed: The last record that changed it. Blocks with equal kind, index and change have
  ///     equal bytes, in all snapshots of this journal.
  ///   - bytes: Its payload, at most `blockBytesMax`.
  /// - Throws: `DurabilityError.outOfSpace` or `.system`; drop the writer then.
  public mutating func append(kind: UInt32, index: UInt32, changed: UInt64, bytes: RawSpan)
    throws(DurabilityError)
  {
    precondition(kind != SnapshotFormat.unusedKind, "that kind marks places not in use")
    precondition(bytes.byteCount <= Self.blockBytesMax, "a block stays within its limit")
    precondition(changed <= sequence, "a block is not newer than its snapshot")
    let known = earlier.removeValue(forKey: Key(kind: kind, index: index))
    if let known, known.changed == changed, known.byteCount == bytes.byteCount {
      entries.append(known)
      return
    }
    let place = place(for: bytes.byteCount, instead: known)
    try onDisk { () throws(SystemError) in try file.write(bytes, at: place) }
    bytesWritten += Int64(bytes.byteCount)
    unsyncedBytes += bytes.byteCount
    if unsyncedBytes >= (isAlone ? Self.unsentBytesMax : Self.unsyncedBytesMax) {
      try onDisk { () throws(SystemError) in isAlone ? try file.send() : try file.sync() }
      unsyncedBytes = 0
    }
    pace(bytes.byteCount)
    entries.append(
      SnapshotBlock(
        kind: kind, index: index, changed: changed, byteCount: bytes.byteCount,
        checksum: CRC32C.checksum(bytes), offset: place))
  }

  private mutating func place(for byteCount: Int, instead known: SnapshotBlock?) -> Int64 {
    if let known {
      if known.byteCount == byteCount { return known.offset }
      free[known.byteCount, default: []].append(known.unused)
    }
    if let place = free[byteCount]?.popLast() { return place.offset }
    defer { end += Int64(byteCount) }
    return end
  }

  /// Ends the snapshot: syncs it, reads it again whole, and only then gives it its name.
  ///
  /// - Parameters:
  ///   - head: The small part of the state that is written always.
  ///   - durableSequence: The last record the journal has made durable. The snapshot must not be
  ///     ahead of it, or it would keep what was never acknowledged and leave a gap behind.
  /// - Returns: The file's size in bytes.
  /// - Throws: `DurabilityError`; `.damaged` when what is on disk is not what was written. The
  ///   newest snapshot stands as it did.
  @discardableResult
  public consuming func finish(head: RawSpan, durableSequence: UInt64) throws(DurabilityError)
    -> Int64
  {
    precondition(sequence <= durableSequence, "a snapshot is not ahead of the journal")
    precondition(head.byteCount <= SnapshotFormat.headBytesMax, "the head stays within its limit")
    let contents = contents()
    let tail = end
    let size = tail + Int64(contents.count + head.byteCount)
    let header = header(contents: contents.rawBytes, head: head)
    try onDisk { () throws(SystemError) in
      try file.write(contents.rawBytes, at: tail)
      try file.write(head, at: tail + Int64(contents.count))
      try file.write(header.rawBytes, at: 0)
      try file.truncate(size: size)
      isAlone ? try file.send() : try file.sync()
    }
    try SnapshotReader(temporaryName, in: storage).verify(pace)
    try onDisk { () throws(SystemError) in
      // What is read again is the kernel's copy either way, so the disk may go on meanwhile.
      if isAlone { try file.sync() }
      try storage.rename(temporaryName, to: FileKind.snapshot.name(sequence))
    }
    isFinished = true
    try onDisk { () throws(SystemError) in try storage.syncDirectory() }
    return size
  }

  private func contents() -> [UInt8] {
    // Sorted, because a dictionary's own order differs from process to process.
    let unused = (earlier.values.map(\.unused) + free.values.flatMap { $0 })
      .sorted { ($0.offset, $0.end) < ($1.offset, $1.end) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity((entries.count + unused.count) * SnapshotFormat.entryBytes)
    for block in entries + unused {
      bytes.append(littleEndian: block.kind)
      bytes.append(littleEndian: block.index)
      bytes.append(littleEndian: UInt32(block.byteCount))
      bytes.append(littleEndian: block.checksum)
      bytes.append(littleEndian: UInt64(block.offset))
      bytes.append(littleEndian: block.changed)
    }
    precondition(bytes.count <= SnapshotFormat.contentsBytesMax, "so many blocks are not foreseen")
    return bytes
  }

  private func header(contents: RawSpan, head: RawSpan) -> [UInt8] {
    var header: [UInt8] = []
    header.append(littleEndian: SnapshotFormat.magic)
    header.append(littleEndian: SnapshotFormat.version)
    header.append(littleEndian: UInt32(SnapshotFormat.headerBytes))
    header.append(littleEndian: sequence)
    header.append(littleEndian: UInt64(bitPattern: time))
    header.append(littleEndian: UInt64(bitPattern: created))
    header.append(littleEndian: UInt64(end))
    header.append(littleEndian: UInt32(contents.byteCount))
    header.append(littleEndian: UInt32(head.byteCount))
    header.append(littleEndian: CRC32C.checksum(contents))
    header.append(littleEndian: CRC32C.checksum(head))
    header.append(littleEndian: 0 as UInt32)
    header.append(littleEndian: CRC32C.checksum(header.rawBytes))
    // The gap up to the first block reads as zeros: nothing was ever written there.
    return header
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
