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

/// Takes a snapshot and the journal's records and builds the state of them.
public protocol RecoveryHandler: ~Copyable {
  /// Says how much there is to read, before it is read.
  ///
  /// - Parameters:
  ///   - snapshotBytes: The snapshot's size; 0 without one.
  ///   - journalBytes: The sizes of the journal's files after it.
  mutating func begin(snapshotBytes: Int64, journalBytes: Int64)

  /// Loads a snapshot, forgetting everything before. Not called when there is none.
  ///
  /// - Parameter snapshot: Its blocks may be read in any order, from several threads.
  /// - Throws: What reading throws: if that is `damaged`, an older snapshot comes next. `refused`
  ///   ends the recovery.
  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError)

  /// A record of the journal; the first one follows the snapshot, or is number 1.
  ///
  /// - Parameters:
  ///   - sequence: Its number.
  ///   - time: When it was accepted, microseconds since 1970 UTC.
  ///   - payload: Its bytes.
  /// - Throws: `RecoveryRefusal` ends the recovery.
  mutating func record(sequence: UInt64, time: Int64, payload: RawSpan) throws(RecoveryRefusal)
}

extension RecoveryHandler where Self: ~Copyable {
  /// Nothing to prepare.
  ///
  /// - Parameters:
  ///   - snapshotBytes: The snapshot's size.
  ///   - journalBytes: The sizes of the journal's files after it.
  public mutating func begin(snapshotBytes: Int64, journalBytes: Int64) {}
}

/// What was recovered, and where the journal goes on.
public struct Recovery: Sendable {
  /// The snapshot's sequence; nil when there was none.
  public internal(set) var snapshotSequence: UInt64?
  /// The snapshot's size in bytes; 0 when there was none.
  public internal(set) var snapshotBytes: Int64 = 0
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
///   - isTrial: Changes nothing on disk; the journal must not be opened afterwards.
/// - Returns: What was recovered.
/// - Throws: `DurabilityError`, naming file and place.
public func recover<Handler: RecoveryHandler & ~Copyable>(
  from storage: any Storage, into handler: inout Handler, isTrial: Bool = false
) throws(DurabilityError) -> Recovery {
  let names = try onDisk { () throws(SystemError) in try storage.list() }
  if !isTrial {
    for name in names where FileKind.isTemporary(name) {
      // Never finished, and so never counted on.
      try onDisk { () throws(SystemError) in try removeIfPresent(name, in: storage) }
    }
  }
  let segments = FileKind.journal.sequences(in: names)
  var recovery = Recovery()
  try loadSnapshot(
    FileKind.snapshot.sequences(in: names), segments: segments, in: storage, into: &handler,
    recovery: &recovery)
  guard let first = segments.lastIndex(where: { $0 <= recovery.lastSequence + 1 }) else {
    // `loadSnapshot` has seen to it that there is no journal at all, and no snapshot either.
    return recovery
  }
  var expected = segments[first]
  for sequence in segments[first...] {
    guard sequence == expected else {
      throw .gap(file: FileKind.journal.name(sequence), expected: expected, found: sequence)
    }
    let isLast = sequence == segments[segments.count - 1]
    expected = try replay(
      sequence, isLast: isLast, isTrial: isTrial, in: storage, into: &handler, recovery: &recovery)
  }
  guard expected == recovery.lastSequence + 1 else {
    throw .gap(
      file: FileKind.journal.name(segments[segments.count - 1]), expected: expected,
      found: recovery.lastSequence + 1)
  }
  return recovery
}

/// Loads the newest snapshot that is good and from which the journal goes on.
private func loadSnapshot<Handler: RecoveryHandler & ~Copyable>(
  _ snapshots: [UInt64], segments: [UInt64], in storage: any Storage, into handler: inout Handler,
  recovery: inout Recovery
) throws(DurabilityError) {
  for sequence in snapshots.reversed() {
    do throws(DurabilityError) {
      let snapshot = try SnapshotReader.open(sequence, in: storage)
      guard let first = segments.first, first <= sequence + 1 else {
        throw DurabilityError.gap(
          file: segments.first.map(FileKind.journal.name) ?? "the journal",
          expected: sequence + 1, found: segments.first ?? .max)
      }
      let journalBytes = try size(of: segments.filter { $0 > sequence }, in: storage)
      handler.begin(snapshotBytes: snapshot.byteCount, journalBytes: journalBytes)
      try snapshot.checkUnused()
      try handler.load(snapshot)
      recovery.snapshotSequence = sequence
      recovery.snapshotBytes = snapshot.byteCount
      recovery.lastSequence = sequence
      return
    } catch {
      if case .damaged = error {
        recovery.passedOver.append(error)
        continue
      }
      // With a damaged newer one, that is what to put right first.
      throw recovery.passedOver.first ?? error
    }
  }
  // No snapshot: the journal must begin at the beginning.
  if let first = segments.first, first > 1 {
    throw recovery.passedOver.first
      ?? .gap(file: FileKind.journal.name(first), expected: 1, found: first)
  }
  if segments.isEmpty, let damage = recovery.passedOver.first { throw damage }
  handler.begin(snapshotBytes: 0, journalBytes: try size(of: segments, in: storage))
}

private func size(of segments: [UInt64], in storage: any Storage) throws(DurabilityError)
  -> Int64
{
  var sum: Int64 = 0
  for sequence in segments {
    sum += try onDisk { () throws(SystemError) in
      try storage.open(FileKind.journal.name(sequence)).size()
    }
  }
  return sum
}

/// Applies one segment.
///
/// - Returns: The sequence that follows it.
private func replay<Handler: RecoveryHandler & ~Copyable>(
  _ firstSequence: UInt64, isLast: Bool, isTrial: Bool, in storage: any Storage,
  into handler: inout Handler, recovery: inout Recovery
) throws(DurabilityError) -> UInt64 {
  var window = try FileWindow(FileKind.journal.name(firstSequence), in: storage)
  let segment = try Segment.open(&window, firstSequence: firstSequence)
  var expected = firstSequence
  var offset = Int64(Segment.headerBytes)
  // The batches that no later header counts among what was durable.
  var unsure: [(offset: Int64, lastSequence: UInt64)] = []
  while let header = try segment.batch(at: offset, in: &window) {
    unsure.removeAll { $0.lastSequence <= header.durableSequence }
    unsure.append((offset, header.lastSequence))
    guard header.firstSequence == expected else {
      throw .damaged(
        file: window.name, offset: offset,
        what: "record \(header.firstSequence) stands where \(expected) belongs")
    }
    let body = window.bytes(header.byteCount, at: offset)
      .extracting(droppingFirst: RecordBatch.headerBytes)
    var records = RecordReader(body, of: header, salt: segment.salt)
    for _ in 0..<header.count {
      guard records.next() else {
        throw .damaged(
          file: window.name, offset: offset, what: "record \(expected) is not what was written")
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
  switch try segment.tail(from: offset, expected: expected, in: &window) {
  case .clean: break
  case .torn where isLast:
    recovery.cutBytes = window.size - offset
    if !isTrial {
      try onDisk { () throws(SystemError) in
        try window.file.truncate(size: offset)
        try window.file.sync()
      }
    }
  case .torn:
    throw .damaged(
      file: window.name, offset: offset, what: "record \(expected) of a closed file is bad")
  case .bitRot(let next):
    throw .damaged(
      file: window.name, offset: offset,
      what: "record \(expected) is bad, and byte \(next) shows that it was good once")
  }
  if isLast {
    if !isTrial { try makeDurable(&window, unsure.first?.offset ?? offset, offset, in: storage) }
    recovery.tail = (segment, offset)
  }
  return expected
}

/// Makes durable what is believed from now on: a process that was killed, or whose sync failed, may
/// have left its last batches, or the name of its last file, in the kernel's memory only.
///
/// The batches are written again: pages whose sync failed count as clean, and no sync would write
/// them.
private func makeDurable(
  _ window: inout FileWindow, _ start: Int64, _ end: Int64, in storage: any Storage
) throws(DurabilityError) {
  if start < end {
    let bytes = try window.copy(Int(end - start), at: start)
    try onDisk { () throws(SystemError) in try window.file.write(bytes.rawBytes, at: start) }
  }
  try onDisk { () throws(SystemError) in
    try window.file.sync()
    try storage.syncDirectory()
  }
}
