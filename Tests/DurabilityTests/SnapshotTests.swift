// What snapshots hold, when an older one stands in, and which files may go.

import Durability
import Platform
import Support
import Testing

@Suite("Snapshot")
struct SnapshotTests {
  /// A disk with two snapshots, at records 4 and 8, and a journal from the first record on.
  private func storage() throws -> SimulatedStorage {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    for last in [4, 8, 12] as [UInt64] {
      var records = batch(last - 3...last)
      try journal.append(&records)
      try journal.roll()
      if last < 12 { try Ledger(through: last).writeSnapshot(to: storage) }
    }
    return storage
  }

  private let older = "snapshot-00000000000000000004"
  private let newer = "snapshot-00000000000000000008"

  @Test("recovery is the newest snapshot and the journal after it")
  func newest() throws {
    let storage = try storage()
    var ledger = Ledger()
    let recovery = try recover(from: storage, into: &ledger)
    #expect(recovery.snapshotSequence == 8 && recovery.recordCount == 4)
    #expect(ledger == Ledger(through: 12) && recovery.passedOver.isEmpty)
  }

  @Test("one flipped bit anywhere in the newest snapshot is noticed, and the older stands in")
  func bitRot() throws {
    let files = try storage().files
    let bytes = try #require(files[newer])
    var generator = SeededGenerator(seed: 4)
    for place in bytes.indices {
      var damaged = files
      damaged[newer]?[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      var ledger = Ledger()
      let recovery = try recover(from: SimulatedStorage(files: damaged), into: &ledger)
      #expect(recovery.snapshotSequence == 4, "byte \(place)")
      guard case .damaged(newer, let offset, _)? = recovery.passedOver.first else {
        Issue.record("byte \(place) was not reported")
        continue
      }
      #expect(offset <= Int64(place))
    }
  }

  @Test("cut anywhere, a snapshot is no snapshot")
  func truncation() throws {
    let files = try storage().files
    let bytes = try #require(files[newer])
    for size in stride(from: 0, to: bytes.count, by: 3) {
      var cut = files
      cut[newer] = [UInt8](bytes[..<size])
      var ledger = Ledger()
      let recovery = try recover(from: SimulatedStorage(files: cut), into: &ledger)
      #expect(recovery.snapshotSequence == 4 && ledger == Ledger(through: 12))
    }
    var longer = files
    longer[newer]?.append(0)
    var ledger = Ledger()
    #expect(
      try recover(from: SimulatedStorage(files: longer), into: &ledger).snapshotSequence == 4)
  }

  @Test("with every snapshot damaged the whole journal stands in, if it is there")
  func allDamaged() throws {
    var files = try storage().files
    files[older]?[60] ^= 1
    files[newer]?[60] ^= 1
    var ledger = Ledger()
    let recovery = try recover(from: SimulatedStorage(files: files), into: &ledger)
    #expect(recovery.snapshotSequence == nil && recovery.passedOver.count == 2)
    #expect(ledger == Ledger(through: 12))

    files["journal-00000000000000000001"] = nil
    guard case .damaged(newer, _, _)? = recoveryFailure(SimulatedStorage(files: files)) else {
      Issue.record("the newest snapshot's damage is what to tell")
      return
    }
  }

  @Test("a snapshot ahead of the journal's end is refused")
  func aheadOfJournal() throws {
    var files = try storage().files
    for name in files.keys.sorted() where name > "journal-00000000000000000004" {
      if name.hasPrefix("journal") { files[name] = nil }
    }
    #expect(
      recoveryFailure(SimulatedStorage(files: files))
        == .gap(file: "journal-00000000000000000001", expected: 5, found: 9))
  }

  @Test("what is retired is what neither of the two newest snapshots needs")
  func retirement() throws {
    let storage = try storage()
    #expect(
      try retireOldFiles(in: storage) == ["journal-00000000000000000001"])
    #expect(try retireOldFiles(in: storage) == [])
    try Ledger(through: 12).writeSnapshot(to: storage)
    // The older snapshot was written over.
    #expect(storage.files[older] == nil)
    #expect(try retireOldFiles(in: storage) == ["journal-00000000000000000005"])
    var files = storage.files
    var ledger = Ledger()
    #expect(try recover(from: storage, into: &ledger).snapshotSequence == 12)
    files["snapshot-00000000000000000012"]?[70] ^= 1
    #expect(
      try recover(from: SimulatedStorage(files: files), into: &ledger).snapshotSequence == 8)
    #expect(ledger == Ledger(through: 12))
  }

  @Test("a writer that is dropped leaves nothing behind")
  func dropped() throws {
    let storage = try storage()
    let names = storage.files.keys.sorted()
    do {
      var writer = try SnapshotWriter(sequence: 12, time: 0, created: 0, in: storage)
      let bytes: [UInt8] = [1, 2, 3]
      try writer.append(kind: 7, index: 0, changed: 12, bytes: bytes.rawBytes)
      #expect(storage.files["snapshot-00000000000000000012.tmp"] != nil)
    }
    // The older one is gone, because it was being written over; the newer one stands.
    #expect(storage.files.keys.sorted() == names.filter { $0 != older })
  }

  @Test("blocks of several megabytes and empty ones come back")
  func largeBlocks() throws {
    struct Blocks: RecoveryHandler {
      var sizes: [Int] = []
      mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {
        var buffer: [UInt8] = []
        for block in snapshot.blocks {
          try snapshot.read(block, into: &buffer)
          sizes.append(buffer.count)
        }
      }
      mutating func record(sequence: UInt64, time: Int64, payload: RawSpan)
        throws(RecoveryRefusal)
      {}
    }
    let storage = SimulatedStorage()
    var ledger = Ledger()
    _ = try openJournal(recover(from: storage, into: &ledger), storage)
    let sizes = [0, 5 << 20, 1, 700_001]
    var writer = try SnapshotWriter(sequence: 0, time: 0, created: 0, in: storage)
    for (index, size) in sizes.enumerated() {
      let block = [UInt8](repeating: UInt8(index), count: size)
      try writer.append(kind: 1, index: UInt32(index), changed: 0, bytes: block.rawBytes)
    }
    let head: [UInt8] = [9]
    try writer.finish(head: head.rawBytes, durableSequence: 0)
    var blocks = Blocks()
    _ = try recover(from: storage, into: &blocks)
    #expect(blocks.sizes == sizes)
  }
}
