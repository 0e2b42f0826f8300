// Files that a released server wrote must open for ever; files of a newer format are refused.
// The files of a folder are never made again: a new format, or another layout of what is in the files,
// gets a folder of its own beside them, written by the same test with PATRON_UPDATE_GOLDEN=1 after its
// name was added to `folders`.

import Durability
import Foundation
import FuzzTargets
import Platform
import Scoring
import Server
import Support
import Testing

@Suite("Golden files")
struct GoldenTests {
  /// The format that is written today.
  private static let format = 1
  /// The last one holds what is written today; in the first one customers lay in columns of their own.
  private static let folders = ["format-1", "format-1-shared-columns"]

  /// Files with what is known of customers beside orders: in the first one, written by the last build that
  /// knew no ties, there are none; the last one holds what is written today.
  private static let factFolders = ["facts-1-before-ties", "facts-1-ties"]

  /// Files with definitions of segments, quantiles and everybody's segment, as they are written today.
  private static let segmentFolder = "segments-1"

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden")

  private static func files(_ name: String) throws -> [String: [UInt8]] {
    let folder = folder.appending(path: name)
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      files[name] = [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }
    return files
  }

  private static func recovered(_ files: [String: [UInt8]]) throws(ServerError) -> Recovered {
    var randomness: any Randomness = SeededGenerator(seed: 1)
    return try Recovered.recover(
      from: SimulatedStorage(files: files), randomness: &randomness, threads: 2
    ) { _ in }
  }

  /// What the files of every format hold: a snapshot after two commands, the next one in a segment
  /// that was closed then, a snapshot after four, two more behind it, and half of a seventh.
  private static func expect(_ recovered: Recovered, from snapshot: UInt64) {
    let engine = Engine(recovered.parts)
    #expect(recovered.facts.snapshotSequence == snapshot)
    #expect(recovered.facts.recordCount == 6 - Int(snapshot))
    #expect(recovered.recovery.cutBytes == 96)
    let (sequence, time, zone) = (engine.sequence, engine.timeMicros, engine.timeZone)
    let (generation, hash) = (engine.generation, engine.store.stateHash())
    let (customers, orders) = (engine.store.customerCount, engine.store.orderCount)
    #expect(sequence == 6 && time == 1_000_000_000_000_060 && zone == "Europe/Paris")
    #expect(customers == 4 && orders == 7 && generation == 1)
    #expect(hash == 10_962_255_153_684_866_449)
  }

  @Test("a directory of every format opens with exactly what was in it", arguments: folders)
  func opens(_ folder: String) throws {
    if ProcessInfo.processInfo.environment["PATRON_UPDATE_GOLDEN"] == "1"
      && folder == Self.folders.last
    {
      try Self.write(to: folder, SmallShop.commands, rollBehind: 3, snapshots: [2, 4])
    }
    let files = try Self.files(folder)
    #expect(files.keys.count { $0.hasPrefix("journal-") } == 2)
    for report in try inspect(SimulatedStorage(files: files)) {
      #expect(report.damage == nil, "\(report.name)")
    }
    Self.expect(try Self.recovered(files), from: 4)
    // The older snapshot with the longer journal, and the journal alone, come to the same.
    let snapshots = files.keys.filter { $0.hasPrefix("snapshot-") }.sorted()
    try #require(snapshots.count == 2)
    let older = files.filter { $0.key != snapshots[1] }
    Self.expect(try Self.recovered(older), from: 2)
    Self.expect(try Self.recovered(older.filter { $0.key != snapshots[0] }), from: 0)
  }

  @Test("facts that were written before there were ties are what they were, and so are today's")
  func facts() throws {
    if ProcessInfo.processInfo.environment["PATRON_UPDATE_GOLDEN"] == "1" {
      try Self.write(
        to: Self.factFolders[1], SmallShop.commands + SmallShop.facts, rollBehind: 8,
        snapshots: [9])
    }
    // The hash of the first is what the build that wrote it said.
    let expected: [(records: UInt64, snapshot: UInt64, hash: UInt64)] = [
      (10, 7, 0x71c1_7e87_712f_3a00), (11, 9, 17_794_608_764_787_230_510),
    ]
    for (name, expected) in zip(Self.factFolders, expected) {
      let files = try Self.files(name)
      for report in try inspect(SimulatedStorage(files: files)) {
        #expect(report.damage == nil, "\(report.name)")
      }
      let journals = files.filter { $0.key.hasPrefix("journal-") }
      try #require(journals.count == 2 && files.count == 3)
      // With the snapshot, and by the journal alone.
      for (files, snapshot) in [(files, expected.snapshot), (journals, 0)] {
        let recovered = try Self.recovered(files)
        let engine = Engine(recovered.parts)
        let (sequence, hash) = (engine.sequence, engine.store.stateHash())
        #expect(recovered.facts.snapshotSequence == snapshot)
        #expect(sequence == expected.records, "\(name)")
        #expect(hash == expected.hash, "\(name)")
      }
    }
  }

  @Test("segments that were kept are what they were, from a snapshot and from the journal")
  func keptSegments() throws {
    if ProcessInfo.processInfo.environment["PATRON_UPDATE_GOLDEN"] == "1" {
      try Self.write(
        to: Self.segmentFolder, SmallShop.commands + SmallShop.segments, rollBehind: 6,
        snapshots: [9])
    }
    let files = try Self.files(Self.segmentFolder)
    for report in try inspect(SimulatedStorage(files: files)) {
      #expect(report.damage == nil, "\(report.name)")
    }
    let journals = files.filter { $0.key.hasPrefix("journal-") }
    try #require(journals.count == 2 && files.count == 3)
    for (files, snapshot) in [(files, 9), (journals, 0)] as [([String: [UInt8]], UInt64)] {
      let recovered = try Self.recovered(files)
      let engine = Engine(recovered.parts)
      let (sequence, hash) = (engine.sequence, engine.store.stateHash())
      #expect(recovered.facts.snapshotSequence == snapshot)
      #expect(sequence == 9)
      #expect(hash == 8_218_357_657_304_768_844)
    }
  }

  @Test(
    "a newer format is refused, and the operator is told why", arguments: ["journal", "snapshot"])
  func newer(_ kind: String) throws {
    var files = try Self.files(try #require(Self.folders.last))
    let name = try #require(files.keys.filter { $0.hasPrefix(kind) }.max())
    var bytes = try #require(files[name])
    // The version is at 8; the checksum stands at the end of the header, whose length is at 12.
    let end = Int(bytes.rawBytes.littleEndian32(at: 12)) - 4
    bytes.store(littleEndian: UInt32(Self.format + 1), at: 8)
    bytes.store(littleEndian: CRC32C.checksum(bytes.rawBytes.extracting(0..<end)), at: end)
    files[name] = bytes
    let error = #expect(throws: ServerError.self) { try Self.recovered(files) }
    let sentence = "\(name) has format \(Self.format + 1), newer than this program knows"
    #expect(error.map { "\($0)".contains(sentence) } == true, "\(String(describing: error))")
  }

  // MARK: Writing

  private static func write(
    to name: String, _ commands: [[UInt8]], rollBehind: UInt64, snapshots: Set<UInt64>
  ) throws {
    let storage = SimulatedStorage()
    let clock = SimulatedClock()
    var randomness: any Randomness = SeededGenerator(seed: 0x601d)
    let recovered = try Recovered.recover(
      from: storage, randomness: &randomness, threads: 1
    ) { _ in }
    var journal = try Journal(
      continuing: recovered.recovery, in: storage, options: JournalOptions(preallocationBytes: 0),
      clock: clock, randomness: randomness)
    var engine = Engine(recovered.parts)
    for command in commands {
      clock.advance(micros: 10)
      try engine.replay(
        sequence: engine.sequence + 1, timeMicros: clock.calendarMicros(), frame: command.rawBytes)
      var batch = RecordBatch()
      batch.append(sequence: engine.sequence, time: engine.timeMicros, payload: command.rawBytes)
      try journal.append(&batch)
      if engine.sequence == rollBehind { try journal.roll() }
      if snapshots.contains(engine.sequence) {
        let pace = SnapshotPace(bytesPerSecond: 0, clock: clock)
        _ = try writeSnapshot(of: engine.store, to: storage, pace)
      }
    }
    var batch = RecordBatch()
    batch.append(
      sequence: engine.sequence + 1, time: engine.timeMicros,
      payload: [UInt8](repeating: 7, count: 200).rawBytes)
    try journal.append(&batch)
    let folder = folder.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var files = storage.files
    if let last = files.keys.filter({ $0.hasPrefix("journal-") }).max() {
      // The batch has 248 bytes; its sync never returned.
      files[last]?.removeLast(152)
    }
    for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
  }
}
