// When recovery refuses: what can be saved, what has to be given up, and doing it. Nothing is
// destroyed: what is given up is set aside under another name.
// Not here: recovery itself.

public import Platform

/// What a repair would keep and give up.
public struct RepairPlan: Sendable {
  /// Why recovery refuses.
  public let reason: DurabilityError
  /// The snapshot to begin with; nil begins with the first record.
  public let snapshotSequence: UInt64?
  /// The last record that is kept.
  public let lastSequence: UInt64
  /// The records that are given up as far as any file tells of them; nil when none does.
  ///
  /// There may have been later ones.
  public let givenUp: ClosedRange<UInt64>?
  /// How many of them can be read, but follow others that cannot.
  public let readableCount: Int
  /// The times of those, microseconds since 1970 UTC.
  public let readableTimes: ClosedRange<Int64>?
  /// Files that are set aside under the name `damaged-…`.
  public let setAside: [String]

  /// Good stretches of the journal, in order.
  let pieces: [(scan: JournalScan, run: JournalScan.Run)]
}

/// Finds out what a repair would do.
///
/// - Parameter storage: Where the files are.
/// - Returns: The plan; nil when there is nothing to repair.
/// - Throws: `DurabilityError`: `.system`, `.newerFormat`, or why there is nothing to begin with.
public func planRepair(of storage: any Storage) throws(DurabilityError) -> RepairPlan? {
  let reason: DurabilityError
  do throws(DurabilityError) {
    var nobody = Nobody()
    _ = try recover(from: storage, into: &nobody, isTrial: true)
    return nil
  } catch {
    reason = error
  }
  switch reason {
  case .damaged, .gap: break
  // Anything else is not healed by leaving something out.
  default: throw reason
  }

  let names = try onDisk { () throws(SystemError) in try storage.list() }
  let segments = FileKind.journal.sequences(in: names)
  var scans: [JournalScan] = []
  for sequence in segments {
    do throws(DurabilityError) {
      scans.append(
        try JournalScan(sequence, isLast: sequence == segments.last, in: storage))
    } catch {
      // Without its header a segment cannot be read at all.
      guard case .damaged = error else { throw error }
    }
  }
  let runs = scans.flatMap { scan in scan.runs.map { (scan: scan, run: $0) } }
  var best: (snapshot: UInt64?, end: UInt64, pieces: [(scan: JournalScan, run: JournalScan.Run)])?
  for start in try starts(in: names, segments, storage) {
    var end = start ?? 0
    var pieces: [(scan: JournalScan, run: JournalScan.Run)] = []
    // Only the first may reach back behind the snapshot.
    while let next = runs.first(where: {
      $0.run.last > end
        && (pieces.isEmpty ? $0.run.first <= end + 1 : $0.run.first == end + 1)
    }) {
      pieces.append(next)
      end = next.run.last
    }
    if best == nil || end > best?.end ?? 0 { best = (start, end, pieces) }
  }
  guard let best else { throw reason }

  let lost = runs.filter { $0.run.last > best.end }
  let lastKnown = max(
    scans.map(\.lastKnown).max() ?? 0,
    FileKind.snapshot.sequences(in: names).last ?? 0,
    segments.last.map { $0 - 1 } ?? 0)
  let kept = Set(
    best.pieces.filter { $0.scan.isWhole }.map { $0.scan.segment.name }
      + [best.snapshot.map(FileKind.snapshot.name)].compactMap { $0 })
  let bad = Set(try damagedSnapshots(in: names, storage))
  let aside = names.filter { name in
    if kept.contains(name) { return false }
    if let sequence = FileKind.journal.sequences(in: [name]).first {
      // Older segments that are good are not in the way: an older snapshot may need them.
      let scan = scans.first { $0.segment.firstSequence == sequence }
      return !(scan?.isWhole == true && (scan?.lastKnown ?? 0) <= best.end)
    }
    return bad.contains(name)
  }
  return RepairPlan(
    reason: reason, snapshotSequence: best.snapshot, lastSequence: best.end,
    givenUp: lastKnown > best.end ? best.end + 1...lastKnown : nil,
    readableCount: lost.reduce(0) { $0 + Int($1.run.last - max($1.run.first, best.end + 1)) + 1 },
    readableTimes: times(of: lost.map(\.run)),
    setAside: aside, pieces: best.pieces)
}

/// Carries a repair out; afterwards `recover` gives the state through `plan.lastSequence`.
///
/// - Parameters:
///   - plan: What `planRepair` returned; nothing was written since.
///   - storage: Where.
///   - clock: For a new segment's time of creation.
///   - randomness: For a new segment's salt.
/// - Throws: `DurabilityError`; a repair that was cut short can be begun again.
public func repair(
  _ plan: RepairPlan, in storage: any Storage, clock: any Clock, randomness: inout any Randomness
) throws(DurabilityError) {
  var replaced: Set<String> = []
  // Read before anything is written: a piece may take the place of the file that holds another.
  var good: [(piece: (scan: JournalScan, run: JournalScan.Run), body: [UInt8])] = []
  for piece in plan.pieces where !piece.scan.isWhole {
    let name = piece.scan.segment.name
    good.append(
      (piece, try bytes(of: name, from: piece.run.start, to: piece.run.end, in: storage)))
  }
  for (piece, body) in good {
    let old = piece.scan.segment
    let new = FileKind.journal.name(piece.run.first)
    if new == old.name {
      // The old file is kept under another name before the good part takes its place.
      let whole = try bytes(of: old.name, from: 0, to: piece.scan.byteCount, in: storage)
      try write(whole, as: asideName(old.name), in: storage)
      replaced.insert(new)
    } else if plan.setAside.contains(new) {
      try onDisk { () throws(SystemError) in try storage.rename(new, to: asideName(new)) }
      replaced.insert(new)
    }
    let header = Segment.header(
      firstSequence: piece.run.first, time: piece.scan.created, salt: old.salt)
    try write(header + body, as: new, in: storage)
  }
  if plan.pieces.isEmpty {
    let salt = UInt32(truncatingIfNeeded: randomness.next())
    let header = Segment.header(
      firstSequence: plan.lastSequence + 1, time: clock.calendarMicros(), salt: salt)
    let name = FileKind.journal.name(plan.lastSequence + 1)
    // What bears this name has nothing in it that is kept.
    if plan.setAside.contains(name) {
      try onDisk { () throws(SystemError) in try storage.rename(name, to: asideName(name)) }
      replaced.insert(name)
    }
    try write(header, as: name, in: storage)
  }
  try onDisk { () throws(SystemError) in
    for name in plan.setAside where !replaced.contains(name) {
      try storage.rename(name, to: asideName(name))
    }
    try storage.syncDirectory()
  }
}

/// From the earliest to the latest; no file promises that times never fall.
private func times(of runs: [JournalScan.Run]) -> ClosedRange<Int64>? {
  let times = runs.flatMap { [$0.firstTime, $0.lastTime] }
  guard let first = times.min(), let last = times.max() else { return nil }
  return first...last
}

private func asideName(_ name: String) -> String { "damaged-" + name }

/// Where the state could begin: the newest good snapshot first, the first record last.
private func starts(
  in names: [String], _ segments: [UInt64], _ storage: any Storage
) throws(DurabilityError) -> [UInt64?] {
  var starts: [UInt64?] = []
  let bad = try damagedSnapshots(in: names, storage)
  for sequence in FileKind.snapshot.sequences(in: names).reversed()
  where !bad.contains(FileKind.snapshot.name(sequence)) {
    starts.append(sequence)
  }
  if segments.first == 1 { starts.append(nil) }
  return starts
}

private func damagedSnapshots(in names: [String], _ storage: any Storage) throws(DurabilityError)
  -> [String]
{
  var damaged: [String] = []
  for sequence in FileKind.snapshot.sequences(in: names) {
    do throws(DurabilityError) {
      try SnapshotReader.open(sequence, in: storage).verify()
    } catch {
      guard case .damaged = error else { throw error }
      damaged.append(FileKind.snapshot.name(sequence))
    }
  }
  return damaged
}

private func bytes(
  of name: String, from start: Int64, to end: Int64, in storage: any Storage
) throws(DurabilityError) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: Int(end - start))
  let count = try onDisk { () throws(SystemError) in
    try storage.open(name).read(into: &bytes, at: start)
  }
  guard count == bytes.count else {
    throw .damaged(file: name, offset: start + Int64(count), what: "the file became shorter")
  }
  return bytes
}

/// Writes a whole file, durable under its name.
private func write(
  _ bytes: [UInt8], as name: String, in storage: any Storage
) throws(DurabilityError) {
  try onDisk { () throws(SystemError) in
    let temporary = "repair-" + name + FileKind.temporarySuffix
    try removeIfPresent(temporary, in: storage)
    let file = try storage.create(temporary)
    try file.write(bytes.rawBytes, at: 0)
    try file.sync()
    try storage.rename(temporary, to: name)
    try storage.syncDirectory()
  }
}

/// Takes everything and keeps nothing.
private struct Nobody: RecoveryHandler {
  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {
    try snapshot.verify()
  }

  mutating func record(
    sequence: UInt64, time: Int64, payload: RawSpan
  ) throws(RecoveryRefusal) {}
}
