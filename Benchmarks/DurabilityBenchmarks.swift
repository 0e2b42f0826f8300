// Groups «journal», «checksum», «snapshot» and «recovery»: on the disk of the temporary directory
// (TMPDIR says which), each beside the plain calls that do the same without any safety.

import Durability
import Foundation
import Models
import Platform
import Scoring
import Server
import Wire

enum DurabilityBenchmarks {
  static func run(_ bench: inout Bench) throws {
    if bench.wants("checksum") { try checksum(&bench) }
    let customers = bench.isQuick ? 50_000 : 1_000_000
    let snapshot = "snapshot of \(customers) customers"
    let recovery = "recovery of \(customers) customers"
    guard ["journal, a batch", snapshot, recovery].contains(where: bench.wants) else { return }
    let place = FileManager.default.temporaryDirectory
      .appendingPathComponent("patron-benchmarks-\(ProcessFacts.processID)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    if bench.wants("journal, a batch") { try journal(&bench, place.path) }
    guard bench.wants(snapshot) || bench.wants(recovery) else { return }
    let storage = try DirectoryStorage(path: place.path + "/records")
    let records = try JournalBox(storage)
    try record(customers, records)
    let store = try recovered(from: storage)
    if bench.wants(snapshot) {
      try snapshots(&bench, snapshot, store, try DirectoryStorage(path: place.path + "/snapshots"))
    }
    if bench.wants(recovery) {
      try bench.compare(
        recovery, .millisecondsEach,
        [
          Contestant("from the journal alone", amount: 1) {
            UInt64(try recovered(from: storage).orderCount)
          }
        ])
      // A server begins a new segment with every snapshot, so the old one is not read again.
      try records.journal.roll()
      _ = try writeSnapshot(
        of: store, to: storage, SnapshotPace(bytesPerSecond: 0, clock: SystemClock()))
      try bench.compare(
        recovery, .millisecondsEach,
        [
          Contestant("from a snapshot", amount: 1) {
            UInt64(try recovered(from: storage).orderCount)
          }
        ])
    }
  }

  private static func checksum(_ bench: inout Bench) throws {
    for size in [256, 1 << 20] {
      let bytes = [UInt8](repeating: 42, count: size)
      let passes = (bench.isQuick ? 16 << 20 : 256 << 20) / size
      try bench.compare(
        "checksum", .gigabytesPerSecond,
        [
          Contestant("CRC-32C of \(size) bytes", amount: Double(passes * size)) {
            var sum: UInt64 = 0
            for _ in 0..<passes { sum &+= UInt64(CRC32C.checksum(bytes.rawBytes)) }
            return sum
          }
        ])
    }
  }

  // MARK: Journal

  /// A journal that closures can share.
  private final class JournalBox {
    var journal: Journal
    private var batch = RecordBatch()

    init(_ storage: any Storage) throws {
      var nothing = Nothing()
      journal = try Journal(continuing: try recover(from: storage, into: &nothing), in: storage)
    }

    func append(count: Int, payload: [UInt8]) throws {
      batch.removeAll()
      for number in 0..<UInt64(count) {
        batch.append(
          sequence: journal.nextSequence + number, time: Shop.nowMicros, payload: payload.rawBytes)
      }
      try journal.append(&batch)
    }
  }

  private static func journal(_ bench: inout Bench, _ place: String) throws {
    let storage = try DirectoryStorage(path: place + "/journal")
    let box = try JournalBox(storage)
    // A request that records one order has about as many bytes.
    let payload = [UInt8](repeating: 7, count: 80)
    let passes = bench.isQuick ? 20 : 100
    let raw = try storage.create("raw")
    let block = [UInt8](repeating: 7, count: 4_096)
    try raw.preallocate(size: Int64(passes * block.count))
    var contestants = [1, 16, 256].map { count in
      Contestant("\(count) records of 80 bytes", amount: Double(passes)) {
        for _ in 0..<passes { try box.append(count: count, payload: payload) }
        return box.journal.nextSequence
      }
    }
    contestants.append(
      Contestant("only write and fdatasync of 4096 bytes", amount: Double(passes)) {
        for pass in 0..<passes {
          try raw.write(block.rawBytes, at: Int64(pass * block.count))
          try raw.sync()
        }
        return UInt64(passes)
      })
    try bench.compare("journal, a batch", .microsecondsEach, contestants)
  }

  // MARK: Snapshot and recovery

  /// Journals a shop: its time zone, then all orders in full batches.
  private static func record(_ customers: Int, _ records: JournalBox) throws {
    let shop = try Shop()
    try records.append(count: 1, payload: try Shop.frame(.declareShop, Shop.declaration))
    // In parts, so that the frames need not be held at once.
    for start in stride(from: 0, to: customers, by: 50_000) {
      for frame in try shop.frames(start..<min(customers, start + 50_000)).bytes {
        try records.append(count: 1, payload: frame)
      }
    }
  }

  private static func snapshots(
    _ bench: inout Bench, _ group: String, _ store: Store, _ storage: DirectoryStorage
  ) throws {
    var size = 0
    store.forEachSection { section in size += section.bytes.byteCount }
    try bench.compare(
      group, .megabytesPerSecond,
      [
        Contestant("alone, read again, synced once", amount: Double(size)) {
          _ = try writeSnapshot(
            of: store, to: storage,
            SnapshotPace(bytesPerSecond: 0, isAlone: true, clock: SystemClock()))
          return UInt64(size)
        },
        Contestant("beside a server, read again, synced by 512 KiB", amount: Double(size)) {
          _ = try writeSnapshot(
            of: store, to: storage, SnapshotPace(bytesPerSecond: 0, clock: SystemClock()))
          return UInt64(size)
        },
        Contestant("only write, and fdatasync after 512 KiB each", amount: Double(size)) {
          try writeRaw(store, to: storage, syncedAfter: 512 << 10)
        },
        Contestant("only write, and fdatasync at the end", amount: Double(size)) {
          try writeRaw(store, to: storage, syncedAfter: Int.max)
        },
      ])
  }

  /// Writes the same bytes in the same pieces into a new file, as the plain calls do it: no checksum, no
  /// contents, nothing read again, and no name that says when all is there.
  private static func writeRaw(
    _ store: Store, to storage: DirectoryStorage, syncedAfter size: Int
  ) throws -> UInt64 {
    if try storage.list().contains("raw") { try storage.remove("raw") }
    let file = try storage.create("raw")
    var (end, unsynced) = (Int64(0), 0)
    try store.forEachSection { (section) throws(SystemError) in
      try file.write(section.bytes, at: end)
      end += Int64(section.bytes.byteCount)
      unsynced += section.bytes.byteCount
      if unsynced >= size {
        try file.sync()
        unsynced = 0
      }
    }
    try file.sync()
    return UInt64(end)
  }

  private static func recovered(from storage: any Storage) throws -> Store {
    var randomness: any Randomness = SystemRandomness()
    let recovered = try Recovered.recover(
      from: storage, randomness: &randomness, threads: ProcessFacts.coreCount
    ) { _ in }
    return Engine(recovered.parts).store
  }
}

/// Takes nothing: a journal that begins.
private struct Nothing: RecoveryHandler {
  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {}
  mutating func record(
    sequence: UInt64, time: Int64, payload: RawSpan
  ) throws(RecoveryRefusal) {}
}
