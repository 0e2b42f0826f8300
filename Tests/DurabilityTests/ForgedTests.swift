// Files that no server wrote, with names, sequences and times that it would never give: they are
// refused or passed by, and nobody traps over them. Found by reading and by the fuzzer.

import Durability
import FuzzTargets
import Platform
import Support
import Testing

@Suite("Forged files")
struct ForgedTests {
  private func name(_ kind: String, _ sequence: UInt64) -> String {
    let digits = String(sequence)
    return kind + "-" + String(repeating: "0", count: 20 - digits.count) + digits
  }

  /// What every reader makes of the files; none may trap.
  private func read(_ files: [String: [UInt8]]) throws -> [FileReport] {
    _ = recoveryFailure(SimulatedStorage(files: files))
    _ = failure { () throws(DurabilityError) in
      _ = try planRepair(of: SimulatedStorage(files: files))
    }
    return try inspect(SimulatedStorage(files: files))
  }

  /// A journal's file whose batches stand in this order, each of one record, with these times.
  private func segment(_ order: [Int], times: [Int64]) throws -> (name: String, bytes: [UInt8]) {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try Journal(
      continuing: recover(from: storage, into: &ledger), in: storage,
      options: JournalOptions(preallocationBytes: 0), clock: SimulatedClock(),
      randomness: SeededGenerator(seed: 9))
    for (number, time) in times.enumerated() {
      var batch = RecordBatch()
      batch.append(sequence: UInt64(number) + 1, time: time, payload: RawSpan())
      try journal.append(&batch)
    }
    let (name, bytes) = try #require(storage.files.first)
    // Header, and a batch: 40 and 48 bytes.
    let batches = order.flatMap { bytes[40 + $0 * 48..<88 + $0 * 48] }
    return (name, bytes[..<40] + batches)
  }

  @Test("a name with a sequence that is never given is no file of ours")
  func names() throws {
    for name in [name("journal", 0), name("journal", .max), name("snapshot", .max)] {
      let reports = try read([name: [1, 2, 3]])
      #expect(reports.map(\.kind) == [.other])
    }
  }

  @Test("a snapshot as of the last number there is does not stop the reading")
  func lastSnapshot() throws {
    let storage = SimulatedStorage()
    var writer = try SnapshotWriter(sequence: .max, time: 0, created: 0, in: storage)
    let block: [UInt8] = [1]
    try writer.append(kind: 7, index: 0, changed: 1, bytes: block.rawBytes)
    try writer.finish(head: RawSpan(), durableSequence: .max)
    var files = storage.files
    #expect(try read(files).map(\.kind) == [.other])
    let (name, bytes) = try segment([0], times: [5])
    files[name] = bytes
    #expect(try read(files).map(\.kind) == [.journal, .other])
  }

  @Test("batches in the wrong order are told in the right one")
  func order() throws {
    let (name, bytes) = try segment([2, 0], times: [1, 2, 3])
    let report = try #require(try read([name: bytes]).first)
    #expect(report.damage != nil && report.sequences == 1...3 && report.count == 2)
  }

  @Test("times that fall are told from the earliest to the latest")
  func times() throws {
    let (name, bytes) = try segment([0, 1, 2, 3], times: [9, 8, 7, 6])
    var damaged = bytes
    // The second record's body.
    damaged[40 + 48 + 33] ^= 1
    _ = try read([name: damaged])
    let plan = try #require(try planRepair(of: SimulatedStorage(files: [name: damaged])))
    #expect(plan.lastSequence == 1 && plan.givenUp == 2...4 && plan.readableTimes == 6...7)
  }

  @Test("a repair keeps all records of a file with bytes between its batches")
  func bytesBetween() throws {
    let (name, bytes) = try segment([0, 1, 2], times: [1, 2, 3])
    var wide = bytes
    wide.insert(contentsOf: [UInt8](repeating: 0, count: 8), at: 88)
    let storage = SimulatedStorage(files: [name: wide])
    let plan = try #require(try planRepair(of: storage))
    #expect(plan.lastSequence == 3 && plan.givenUp == nil)
    var randomness: any Randomness = SeededGenerator(seed: 5)
    try repair(plan, in: storage, clock: SimulatedClock(), randomness: &randomness)
    var count = Count()
    _ = try recover(from: storage, into: &count)
    #expect(count.records == 3 && storage.files["damaged-" + name] == wide)
  }

  @Test("a record in the wrong file is kept, and what stood in its place is set aside")
  func wrongFile() throws {
    let (right, bytes) = try segment([0], times: [1])
    var forged = bytes
    forged.store(littleEndian: 144 as UInt32, at: 24)
    let wrong = name("journal", 144)
    try repairs([wrong: FuzzFiles(1).sealed(journal: forged), right: []])
  }

  // MARK: Checksums that fit

  /// A good snapshot of three records as of the third.
  private func snapshot() throws -> (name: String, bytes: [UInt8]) {
    let storage = SimulatedStorage()
    try Ledger(through: 3).writeSnapshot(to: storage)
    return try #require(storage.files.first.map { (name: $0.key, bytes: $0.value) })
  }

  @Test(
    "a journal's file with a fitting checksum and a wrong content is refused with the place",
    arguments: [
      (8, 0, "never existed"), (12, 41, "checksum"), (12, 5000, "impossible"),
      (24, 9, "another file"), (40 + 8, 7, "stands where"), (40 + 28, 56, "longer than its"),
      (40 + 32 + 8, 99, "not what was written"),
    ])
  func journalContent(offset: Int, value: UInt32, word: String) throws {
    let (name, bytes) = try segment([0, 1], times: [1, 2])
    var forged = bytes
    // A batch of 56 bytes has 8 behind its record.
    if value == 56 { forged.insert(contentsOf: [UInt8](repeating: 0, count: 8), at: 88) }
    forged.store(littleEndian: value, at: offset)
    forged = FuzzFiles(1).sealed(journal: forged)
    let error = recoveryFailure(SimulatedStorage(files: [name: forged]))
    #expect(
      error.map { "\($0)".contains(word) && "\($0)".contains(name) } == true,
      "\(forged.count) \(String(describing: error))")
    _ = try read([name: forged])
    // What recovery refuses, a repair heals: the records before the place are kept.
    if offset >= 40 { try repairs([name: forged]) }
  }

  /// Repairs and recovers.
  private func repairs(_ files: [String: [UInt8]]) throws {
    let storage = SimulatedStorage(files: files)
    let plan = try #require(try planRepair(of: storage))
    var randomness: any Randomness = SeededGenerator(seed: 5)
    try repair(plan, in: storage, clock: SimulatedClock(), randomness: &randomness)
    var count = Count()
    let recovery = try recover(from: storage, into: &count)
    #expect(recovery.lastSequence == plan.lastSequence)
    #expect(UInt64(count.records) == plan.lastSequence)
    for name in plan.setAside { #expect(storage.files["damaged-" + name] == files[name]) }
  }

  @Test(
    "a snapshot with a fitting checksum and a wrong content is refused with the place",
    arguments: [
      (8, 0, "never existed"), (16, 4, "another file"), (40, 4095, "not its length"),
      (48, 33, "not its length"), (100, 1, "must be zero"), (0, 8, "impossible block"),
      (0, 16, "do not fill"),
    ])
  func snapshotContent(offset: Int, value: UInt32, word: String) throws {
    let (name, bytes) = try snapshot()
    var forged = bytes
    if offset == 0 {
      // A field of the second entry of the contents: its bytes, or its offset.
      let entry = Int(bytes.rawBytes.littleEndian64(at: 40)) + 32
      forged.store(littleEndian: value == 8 ? 100_000_000 : 5000 as UInt32, at: entry + Int(value))
    } else {
      forged.store(littleEndian: value, at: offset)
    }
    forged = FuzzFiles(1).sealed(snapshot: forged)
    let error = recoveryFailure(SimulatedStorage(files: [name: forged]))
    #expect(
      error.map { "\($0)".contains(word) && "\($0)".contains(name) } == true,
      "\(String(describing: error))")
    _ = try read([name: forged])
  }

  @Test("a snapshot that is ahead of a missing journal says which record must follow")
  func missingJournal() throws {
    let (name, bytes) = try snapshot()
    let error = try #require(recoveryFailure(SimulatedStorage(files: [name: bytes])))
    #expect(error == .gap(file: "the journal", expected: 4, found: .max))
    #expect("\(error)".contains("goes on with record 4 is missing"))
  }
}

/// Counts records.
private struct Count: RecoveryHandler {
  var records = 0
  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {}
  mutating func record(
    sequence: UInt64, time: Int64, payload: RawSpan
  ) throws(RecoveryRefusal) { records += 1 }
}
