// Reads every byte of our files and says what they are. Changes nothing.
// Not here: what to do about damage; see Repair.

public import Platform

/// What one file of the directory turned out to be.
public struct FileReport: Sendable {
  /// What the file is for.
  public enum Kind: Sendable {
    /// Records.
    case journal
    /// A whole state.
    case snapshot
    /// A file that was never finished; the next start removes it.
    case unfinished
    /// Not ours, or set aside by a repair.
    case other
  }

  /// The file.
  public let name: String
  /// What it is for.
  public let kind: Kind
  /// Its length.
  public let byteCount: Int64
  /// A journal's good records, or the sequence of a snapshot; nil where there is none.
  public internal(set) var sequences: ClosedRange<UInt64>?
  /// When it was begun, microseconds since 1970 UTC; nil when its header cannot be read.
  public internal(set) var created: Int64?
  /// Records of a journal, blocks of a snapshot.
  public internal(set) var count = 0
  /// Bytes of a batch behind the last good one whose sync never returned; they are cut at the
  /// next start.
  public internal(set) var tornBytes: Int64 = 0
  /// The first thing that is not as it was written.
  public internal(set) var damage: DurabilityError?
}

/// Reads every byte of every file.
///
/// - Parameter storage: Where the files are; nobody may be writing to them.
/// - Returns: A report a file, in the order of their names.
/// - Throws: `DurabilityError.system` when the directory cannot be read.
public func inspect(_ storage: any Storage) throws(DurabilityError) -> [FileReport] {
  let names = try onDisk { () throws(SystemError) in try storage.list() }
  let journals = FileKind.journal.sequences(in: names)
  let snapshots = FileKind.snapshot.sequences(in: names)
  var reports: [FileReport] = []
  for name in names {
    let size = try onDisk { () throws(SystemError) in try storage.open(name).size() }
    if let first = journals.first(where: { FileKind.journal.name($0) == name }) {
      reports.append(
        report(journal: name, first, size, isLast: first == journals.last, in: storage))
    } else if let sequence = snapshots.first(where: { FileKind.snapshot.name($0) == name }) {
      reports.append(report(snapshot: name, sequence, size, in: storage))
    } else {
      let kind: FileReport.Kind = FileKind.isTemporary(name) ? .unfinished : .other
      reports.append(FileReport(name: name, kind: kind, byteCount: size))
    }
  }
  return reports
}

private func report(
  journal name: String, _ first: UInt64, _ size: Int64, isLast: Bool, in storage: any Storage
) -> FileReport {
  var report = FileReport(name: name, kind: .journal, byteCount: size)
  do throws(DurabilityError) {
    let scan = try JournalScan(first, isLast: isLast, in: storage)
    report.created = scan.created
    report.count = scan.runs.reduce(0) { $0 + Int($1.last - $1.first) + 1 }
    // Behind damage the runs may stand in any order.
    if let first = scan.runs.map(\.first).min(), let last = scan.runs.map(\.last).max() {
      report.sequences = first...last
    }
    report.tornBytes = scan.tornBytes
    report.damage = scan.damage
  } catch {
    report.damage = error
  }
  return report
}

private func report(
  snapshot name: String, _ sequence: UInt64, _ size: Int64, in storage: any Storage
) -> FileReport {
  var report = FileReport(name: name, kind: .snapshot, byteCount: size)
  do throws(DurabilityError) {
    let reader = try SnapshotReader.open(sequence, in: storage)
    report.created = reader.created
    report.count = reader.blocks.count
    report.sequences = sequence...sequence
    try reader.verify()
  } catch {
    report.damage = error
  }
  return report
}

/// Everything readable in one segment, behind damage too.
struct JournalScan {
  /// Good batches that lie together and follow one another.
  struct Run {
    let first: UInt64
    var last: UInt64
    let start: Int64
    var end: Int64
    let firstTime: Int64
    var lastTime: Int64
  }

  let segment: Segment
  let created: Int64
  let byteCount: Int64
  private(set) var runs: [Run] = []
  private(set) var tornBytes: Int64 = 0
  private(set) var damage: DurabilityError?
  /// The last record of which any header tells.
  private(set) var lastKnown: UInt64

  /// Whether the file is as it was written, with one run from its header to its end.
  var isWhole: Bool { damage == nil }

  /// Reads a segment.
  ///
  /// - Parameters:
  ///   - firstSequence: In its name.
  ///   - isLast: Whether no segment follows: only then may its end be torn.
  ///   - storage: Where.
  /// - Throws: `DurabilityError` when not even its header can be read.
  init(_ firstSequence: UInt64, isLast: Bool, in storage: any Storage) throws(DurabilityError) {
    var window = try FileWindow(FileKind.journal.name(firstSequence), in: storage)
    segment = try Segment.open(&window, firstSequence: firstSequence)
    created = segment.created
    byteCount = window.size
    lastKnown = firstSequence - 1
    var offset = Int64(Segment.headerBytes)
    try readRun(at: &offset, expected: firstSequence, &window)
    let expected = lastKnown + 1
    if try segment.batch(at: offset, in: &window) != nil {
      // It is as it was written, and yet not what belongs here: no write that was cut off.
      damage = .damaged(
        file: window.name, offset: offset, what: "record \(expected) is not what was written")
    } else {
      switch try segment.tail(from: offset, expected: expected, in: &window) {
      case .clean: return
      case .torn where isLast:
        tornBytes = window.size - offset
        return
      case .torn:
        damage = .damaged(
          file: window.name, offset: offset, what: "record \(expected) of a closed file is bad")
      case .bitRot(let next):
        damage = .damaged(
          file: window.name, offset: offset,
          what: "record \(expected) is bad, and byte \(next) shows that it was good once")
      }
    }
    // What is readable behind the damage: every place where a batch may begin is tried.
    while offset < window.size {
      if let header = try segment.header(at: offset, in: &window) {
        lastKnown = max(lastKnown, header.lastSequence, header.durableSequence)
        let before = offset
        try readRun(at: &offset, expected: header.firstSequence, &window)
        if offset > before { continue }
      }
      offset += 8
    }
  }

  /// Reads good batches one after the other.
  private mutating func readRun(
    at offset: inout Int64, expected: UInt64, _ window: inout FileWindow
  ) throws(DurabilityError) {
    var expected = expected
    var run: Run?
    while let header = try segment.batch(at: offset, in: &window), header.firstSequence == expected
    {
      let body = window.bytes(header.byteCount, at: offset)
        .extracting(droppingFirst: RecordBatch.headerBytes)
      var records = RecordReader(body, of: header, salt: segment.salt)
      var firstTime: Int64?
      for _ in 0..<header.count {
        guard records.next() else { break }
        firstTime = firstTime ?? records.time
      }
      guard records.isAtEnd, records.sequence == header.lastSequence else { break }
      let start = offset
      offset += Int64(header.byteCount)
      expected = header.lastSequence + 1
      lastKnown = max(lastKnown, header.lastSequence)
      var longer =
        run
        ?? Run(
          first: header.firstSequence, last: 0, start: start, end: 0,
          firstTime: firstTime ?? records.time, lastTime: 0)
      longer.last = header.lastSequence
      longer.end = offset
      longer.lastTime = records.time
      run = longer
    }
    if let run { runs.append(run) }
  }
}
