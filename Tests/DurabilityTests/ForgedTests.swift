// Files that no server wrote, with names, sequences and times that it would never give: they are
// refused or passed by, and nobody traps over them. Found by reading and by the fuzzer.

import Durability
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
}
