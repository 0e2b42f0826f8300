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

  /// A snapshot of blocks of 1,000 bytes whose content follows from number and change.
  private func write(
    _ blocks: [(index: UInt32, changed: UInt64)], at sequence: UInt64, to storage: SimulatedStorage,
    fromScratch: Bool = false
  ) throws -> Int64 {
    var writer = try SnapshotWriter(
      sequence: sequence, time: 0, created: 0, in: storage, fromScratch: fromScratch)
    for block in blocks {
      let bytes = [UInt8](
        repeating: UInt8(truncatingIfNeeded: UInt64(block.index) * 16 + block.changed), count: 1_000
      )
      try writer.append(
        kind: 1, index: block.index, changed: block.changed, bytes: bytes.rawBytes)
    }
    let written = writer.bytesWritten
    let head = [UInt8](repeating: 7, count: Int(sequence))
    try writer.finish(head: head.rawBytes, durableSequence: sequence)
    return written
  }

  /// What the newest snapshot holds.
  private struct Contents: RecoveryHandler {
    var blocks: [UInt32: UInt8] = [:]
    var head: [UInt8] = []
    mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {
      head = snapshot.head
      blocks = [:]
      var buffer: [UInt8] = []
      for block in snapshot.blocks {
        try snapshot.read(block, into: &buffer)
        blocks[block.index] = Set(buffer).count == 1 ? buffer[0] : nil
      }
    }
    mutating func record(sequence: UInt64, time: Int64, payload: RawSpan) throws(RecoveryRefusal) {}
  }

  @Test("only what changed since the older snapshot is written, and there are never three")
  func incremental() throws {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    var records = batch(1...9)
    try journal.append(&records)
    var contents = Contents()
    #expect(try write([(0, 1), (1, 1), (2, 1)], at: 1, to: storage) == 3_000)
    #expect(try write([(0, 1), (1, 2), (2, 1)], at: 2, to: storage) == 3_000)
    // Over number 1, whose block 1 is older: it is written again, and a new one.
    #expect(try write([(0, 1), (1, 2), (2, 1), (3, 3)], at: 3, to: storage) == 2_000)
    #expect(try write([(0, 1), (1, 2), (2, 1), (3, 3)], at: 4, to: storage) == 1_000)
    #expect(try write([(0, 1), (1, 2), (2, 1), (3, 3)], at: 5, to: storage) == 0)
    // A block that is gone leaves a place, which the next new one takes.
    #expect(try write([(0, 1), (2, 1), (3, 3)], at: 6, to: storage) == 0)
    let size = storage.files.filter { $0.key.hasSuffix("6") }.first?.value.count
    #expect(try write([(0, 1), (2, 1), (3, 3)], at: 7, to: storage) == 0)
    #expect(try write([(0, 1), (2, 1), (3, 3), (9, 8)], at: 8, to: storage) == 1_000)
    #expect(
      storage.files.filter { $0.key.hasSuffix("8") }.first?.value.count == size.map { $0 + 2 })
    #expect(storage.files.keys.filter { $0.hasPrefix("snapshot") }.count == 2)
    _ = try recover(from: storage, into: &contents)
    #expect(contents.blocks == [0: 1, 2: 33, 3: 51, 9: 152] && contents.head.count == 8)
  }

  @Test("bit rot in a place that is not written again is found before the old snapshot's name goes")
  func rotInRecycled() throws {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    var records = batch(1...9)
    try journal.append(&records)
    _ = try write([(0, 1), (1, 1)], at: 1, to: storage)
    _ = try write([(0, 1), (1, 1)], at: 2, to: storage)
    var files = storage.files
    files["snapshot-00000000000000000001"]?[4_500] ^= 1
    let damaged = SimulatedStorage(files: files)
    let error = #expect(throws: DurabilityError.self) {
      _ = try write([(0, 1), (1, 3)], at: 3, to: damaged)
    }
    guard case .damaged? = error else {
      Issue.record("the damage is what to tell: \(String(describing: error))")
      return
    }
    #expect(try write([(0, 1), (1, 3)], at: 3, to: damaged, fromScratch: true) == 2_000)
    var contents = Contents()
    #expect(try recover(from: damaged, into: &contents).snapshotSequence == 3)
    #expect(contents.blocks == [0: 1, 1: 19])
  }

  @Test("a damaged newest snapshot is the one that is written over")
  func keepsTheGoodOne() throws {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    var records = batch(1...9)
    try journal.append(&records)
    _ = try write([(0, 1)], at: 1, to: storage)
    _ = try write([(0, 2)], at: 2, to: storage)
    var files = storage.files
    files["snapshot-00000000000000000002"]?[4_500] ^= 1
    let damaged = SimulatedStorage(files: files)
    _ = try write([(0, 3)], at: 3, to: damaged)
    let names = damaged.files.keys.filter { $0.hasPrefix("snapshot") }.sorted()
    #expect(names == ["snapshot-00000000000000000001", "snapshot-00000000000000000003"])
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
