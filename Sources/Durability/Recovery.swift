// From files back to state: the newest good snapshot, then the journal after it.
// Not here: what blocks and records mean; the handler knows.

public import Platform

/// Why a handler cannot apply what it is given.
public struct RecoveryRefusal: Error, Hashable, Sendable {
  /// The reason, for the operator.
  public let reason: String

  /// Refuses.
  ///
  /// - Parameter reason: The reason, for the operator.
  public init(_ reason: String) { self.reason = reason }
}

/// Takes a snapshot's blocks and the journal's records and builds the state of them.
public protocol RecoveryHandler: ~Copyable {
  /// A snapshot begins; it was checked whole before. Not called when there is none.
  ///
  /// - Parameters:
  ///   - sequence: The last record it contains.
  ///   - time: That record's time, microseconds since 1970 UTC.
  /// - Throws: `RecoveryRefusal` ends the recovery.
  mutating func beginSnapshot(sequence: UInt64, time: Int64) throws(RecoveryRefusal)

  /// A block of the snapshot, in the order they were appended.
  ///
  /// - Parameters:
  ///   - kind: As it was appended.
  ///   - index: As it was appended.
  ///   - bytes: As they were appended.
  /// - Throws: `RecoveryRefusal` ends the recovery.
  mutating func block(kind: UInt32, index: UInt32, bytes: RawSpan) throws(RecoveryRefusal)

  /// A record of the journal; the first one follows the snapshot, or is number 1.
  ///
  /// - Parameters:
  ///   - sequence: Its number.
  ///   - time: When it was accepted, microseconds since 1970 UTC.
  ///   - payload: Its bytes.
  /// - Throws: `RecoveryRefusal` ends the recovery.
  mutating func record(sequence: UInt64, time: Int64, payload: RawSpan) throws(RecoveryRefusal)
}

/// What was recovered, and where the journal goes on.
public struct Recovery: Sendable {
  /// The snapshot's sequence; nil when there was none.
  public internal(set) var snapshotSequence: UInt64?
  /// The last record that is in the state now; 0 when there is none.
  public internal(set) var lastSequence: UInt64 = 0
  /// How many records of the journal were applied.
  public internal(set) var recordCount = 0
  /// How many bytes of an unfinished batch were cut off.
  public internal(set) var cutBytes: Int64 = 0
  /// Newer snapshots that were passed over, with what is wrong with them: tell the operator.
  public internal(set) var passedOver: [DurabilityError] = []

  /// The segment to go on with and the end of its last good batch; nil when there is none yet.
  var tail: (segment: Segment, end: Int64)?
}

/// Gives everything back that was made durable, and makes the files ready to go on.
///
/// A torn tail, a batch whose sync never returned, is cut. Anything else that is not as it was
/// written is refused, except that an older snapshot stands in for a damaged one where the journal
/// reaches back far enough.
///
/// - Parameters:
///   - storage: Where the files are.
///   - handler: An empty state; useless when this throws.
/// - Returns: What was recovered.
/// - Throws: `DurabilityError`, naming file and place.
public func recover<Handler: RecoveryHandler & ~Copyable>(
  from storage: any Storage, into handler: inout Handler
) throws(DurabilityError) -> Recovery {
  let names = try onDisk { () throws(SystemError) in try storage.list() }
  for name in names where name.hasSuffix(FileKind.temporarySuffix) {
    // Never finished, and so never counted on; only ours are touched.
    guard name.hasPrefix(FileKind.journal.rawValue) || name.hasPrefix(FileKind.snapshot.rawValue)
    else { continue }
    try onDisk { () throws(SystemError) in try removeIfPresent(name, in: storage) }
  }
  let segments = FileKind.journal.sequences(in: names)
  var recovery = Recovery()
  recovery.snapshotSequence = try chooseSnapshot(
    FileKind.snapshot.sequences(in: names), segments: segments, in: storage,
    passedOver: &recovery.passedOver)
  if let sequence = recovery.snapshotSequence {
    try applySnapshot(sequence, in: storage, into: &handler)
    recovery.lastSequence = sequence
  }
  guard let first = segments.lastIndex(where: { $0 <= recovery.lastSequence + 1 }) else {
    // `chooseSnapshot` has seen to it that there is no journal at all, and no snapshot either.
    return recovery
  }
  var expected = segments[first]
  for sequence in segments[first...] {
    guard sequence == expected else {
      throw .gap(file: FileKind.journal.name(sequence), expected: expected, found: sequence)
    }
    let isLast = sequence == segments[segments.count - 1]
    expected = try replay(
      sequence, isLast: isLast, in: storage, into: &handler, recovery: &recovery)
  }
  guard expected == recovery.lastSequence + 1 else {
    throw .gap(
      file: FileKind.journal.name(segments[segments.count - 1]), expected: expected,
      found: recovery.lastSequence + 1)
  }
  return recovery
}

/// Chooses the newest snapshot that is good and from which the journal goes on.
private func chooseSnapshot(
  _ snapshots: [UInt64], segments: [UInt64], in storage: any Storage,
  passedOver: inout [DurabilityError]
) throws(DurabilityError) -> UInt64? {
  for sequence in snapshots.reversed() {
    do throws(DurabilityError) {
      try verifySnapshot(FileKind.snapshot.name(sequence), sequence: sequence, in: storage)
      guard let first = segments.first, first <= sequence + 1 else {
        throw DurabilityError.gap(
          file: segments.first.map(FileKind.journal.name) ?? "the journal",
          expected: sequence + 1, found: segments.first ?? .max)
      }
      return sequence
    } catch {
      if case .damaged = error {
        passedOver.append(error)
        continue
      }
      // With a damaged newer one, that is what to put right first.
      throw passedOver.first ?? error
    }
  }
  // No snapshot: the journal must begin at the beginning.
  if let first = segments.first, first > 1 {
    throw passedOver.first
      ?? .gap(file: FileKind.journal.name(first), expected: 1, found: first)
  }
  if segments.isEmpty, let damage = passedOver.first { throw damage }
  return nil
}

private func applySnapshot<Handler: RecoveryHandler & ~Copyable>(
  _ sequence: UInt64, in storage: any Storage, into handler: inout Handler
) throws(DurabilityError) {
  var reader = try SnapshotReader(FileKind.snapshot.name(sequence), in: storage)
  do {
    try handler.beginSnapshot(sequence: sequence, time: reader.time)
  } catch {
    throw .refused(file: reader.name, offset: 0, reason: error.reason)
  }
  while let block = try reader.next() {
    do {
      try handler.block(kind: block.kind, index: block.index, bytes: reader.bytes)
    } catch {
      throw .refused(file: reader.name, offset: block.offset, reason: error.reason)
    }
  }
}

/// Makes durable what was believed: a process that was killed, or whose sync failed, may have left
/// it in the kernel's memory only.
///
/// It is written again, as pages whose sync failed count as clean and no sync would write them.
private func makeDurable(
  _ window: inout FileWindow, through end: Int64, in storage: any Storage
) throws(DurabilityError) {
  var offset: Int64 = 0
  while offset < end {
    let count = Int(min(1 << 20, end - offset))
    try window.load(count, at: offset)
    var copy: [UInt8] = []
    copy.append(bytes: window.bytes(count, at: offset))
    try onDisk { () throws(SystemError) in try window.file.write(copy.rawBytes, at: offset) }
    offset += Int64(count)
  }
  try onDisk { () throws(SystemError) in
    try window.file.sync()
    try storage.syncDirectory()
  }
}

/// Applies one segment.
///
/// - Returns: The sequence that follows it.
private func replay<Handler: RecoveryHandler & ~Copyable>(
  _ firstSequence: UInt64, isLast: Bool, in storage: any Storage, into handler: inout Handler,
  recovery: inout Recovery
) throws(DurabilityError) -> UInt64 {
  var window = try FileWindow(FileKind.journal.name(firstSequence), in: storage)
  let segment = try Segment.open(&window, firstSequence: firstSequence)
  var expected = firstSequence
  var offset = Int64(Segment.headerBytes)
  while let header = try segment.batch(at: offset, in: &window) {
    guard header.firstSequence == expected else {
      throw .damaged(
        file: window.name, offset: offset,
        what: "record \(header.firstSequence) stands where \(expected) belongs")
    }
    let body = window.bytes(header.byteCount, at: offset)
      .extracting(droppingFirst: RecordBatch.headerBytes)
    var records = RecordReader(body)
    for _ in 0..<header.count {
      guard records.next() else {
        throw .damaged(file: window.name, offset: offset, what: "a record is longer than its batch")
      }
      if expected > recovery.lastSequence {
        do {
          try handler.record(sequence: expected, time: records.time, payload: records.payload)
        } catch {
          throw .refused(
            file: window.name, offset: offset, reason: "record \(expected): \(error.reason)")
        }
        recovery.lastSequence = expected
        recovery.recordCount += 1
      }
      expected += 1
    }
    guard records.isAtEnd else {
      throw .damaged(file: window.name, offset: offset, what: "a batch is longer than its records")
    }
    offset += Int64(header.byteCount)
  }
  if !isLast {
    guard offset == window.size else {
      throw .damaged(
        file: window.name, offset: offset, what: "record \(expected) of a closed file is bad")
    }
    return expected
  }
  switch try segment.tail(from: offset, expected: expected, in: &window) {
  case .clean: break
  case .torn:
    recovery.cutBytes = window.size - offset
    try onDisk { () throws(SystemError) in
      try window.file.truncate(size: offset)
      try window.file.sync()
    }
  case .bitRot(let next):
    throw .damaged(
      file: window.name, offset: offset,
      what: "record \(expected) is bad, and byte \(next) shows that it was good once")
  }
  try makeDurable(&window, through: offset, in: storage)
  recovery.tail = (segment, offset)
  return expected
}
