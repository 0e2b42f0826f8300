// The state of these tests: a list of records; and a short life that journals and snapshots it.
// Not here: expectations.

import Durability
import Platform
import Support

/// A state that is nothing but the records it was given.
struct Ledger: RecoveryHandler, Equatable {
  struct Entry: Equatable {
    let sequence: UInt64
    let time: Int64
    let payload: [UInt8]
  }

  var entries: [Entry] = []

  /// The record with a number; what it holds follows from the number.
  static func entry(_ sequence: UInt64) -> Entry {
    // Made once: drawing the bytes is most of these tests' time.
    entriesMade[Int(sequence) - 1]
  }

  private static let entriesMade = (1...100).map(make)

  private static func make(_ sequence: UInt64) -> Entry {
    var generator = SeededGenerator(seed: sequence)
    let count = Int(generator.next() % 700)
    return Entry(
      sequence: sequence, time: 1_000_000 + Int64(sequence), payload: generator.bytes(count: count))
  }

  /// Records 1 to a number.
  init(through sequence: UInt64 = 0) {
    if sequence > 0 { entries = Self.entriesMade.prefix(Int(sequence)).map { $0 } }
  }

  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {
    entries = []
    var buffer: [UInt8] = []
    for block in snapshot.blocks {
      try snapshot.read(block, into: &buffer)
      guard block.kind == 7, block.index == UInt32(entries.count) else {
        throw .refused(file: snapshot.name, offset: 0, reason: "wrong block")
      }
      add(UInt64(block.index) + 1, 1_000_001 + Int64(block.index), buffer.rawBytes)
    }
  }

  mutating func record(sequence: UInt64, time: Int64, payload: RawSpan) throws(RecoveryRefusal) {
    guard sequence == UInt64(entries.count) + 1 else { throw RecoveryRefusal("wrong sequence") }
    add(sequence, time, payload)
  }

  private mutating func add(_ sequence: UInt64, _ time: Int64, _ payload: RawSpan) {
    var bytes: [UInt8] = []
    bytes.append(bytes: payload)
    entries.append(Entry(sequence: sequence, time: time, payload: bytes))
  }

  /// Appends all entries as blocks and finishes.
  func writeSnapshot(
    to storage: any Storage, isAlone: Bool = false
  ) throws(DurabilityError) {
    let sequence = UInt64(entries.count)
    var writer = try SnapshotWriter(
      sequence: sequence, time: 1_000_000 + Int64(sequence), created: 3, in: storage,
      isAlone: isAlone)
    for (index, entry) in entries.enumerated() {
      try writer.append(
        kind: 7, index: UInt32(index), changed: entry.sequence, bytes: entry.payload.rawBytes)
    }
    let head: [UInt8] = [1, 2, 3, 4, 5]
    try writer.finish(head: head.rawBytes, durableSequence: sequence)
  }
}

/// Records with consecutive numbers.
func batch(_ sequences: ClosedRange<UInt64>) -> RecordBatch {
  var batch = RecordBatch()
  for sequence in sequences {
    let entry = Ledger.entry(sequence)
    batch.append(sequence: sequence, time: entry.time, payload: entry.payload.rawBytes)
  }
  return batch
}

/// Small files, so that a short life has several.
let smallOptions = JournalOptions(segmentBytesMax: 6_000, preallocationBytes: 2_000)

/// Opens a journal on what recovery found.
func openJournal(_ recovery: Recovery, _ storage: SimulatedStorage, seed: UInt64 = 1)
  throws(DurabilityError) -> Journal
{
  try Journal(
    continuing: recovery, in: storage, options: smallOptions, clock: SimulatedClock(),
    randomness: SeededGenerator(seed: seed))
}

/// A server's life in short: recover, append, snapshot, retire, append.
struct Life {
  /// The last record whose append returned.
  var acknowledged: UInt64 = 0
  /// The last record that was ever handed over.
  var attempted: UInt64 = 0

  /// Lives until the end or the first error.
  mutating func run(on storage: SimulatedStorage, seed: UInt64 = 1) throws(DurabilityError) {
    var ledger = Ledger()
    let recovery = try recover(from: storage, into: &ledger)
    var journal = try openJournal(recovery, storage, seed: seed)
    for step in 0..<14 {
      let first = UInt64(ledger.entries.count) + 1
      let last = first + UInt64(step % 3)
      attempted = max(attempted, last)
      var records = batch(first...last)
      try journal.append(&records)
      acknowledged = last
      ledger = Ledger(through: last)
      if step % 4 == 3 {
        if step > 4 { try journal.roll() }
        try ledger.writeSnapshot(to: storage, isAlone: step % 8 == 7)
        try retireOldFiles(in: storage)
      }
    }
  }
}

/// What a body throws.
///
/// The compiler fails on patterns in the `catch` of a typed `do`.
func failure(of body: () throws(DurabilityError) -> Void) -> DurabilityError? {
  do throws(DurabilityError) {
    try body()
    return nil
  } catch {
    return error
  }
}

/// What recovering from these files throws.
func recoveryFailure(_ storage: SimulatedStorage, into ledger: Ledger = Ledger())
  -> DurabilityError?
{
  var ledger = ledger
  return failure { () throws(DurabilityError) in _ = try recover(from: storage, into: &ledger) }
}
