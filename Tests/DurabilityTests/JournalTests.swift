// What the journal's files hold, and what recovery says to each kind of damage in them.

import Durability
import Glibc
import Platform
import Support
import Testing

@Suite("Journal")
struct JournalTests {
  /// A disk with a journal of batches of three records.
  private func storage(batches: Int, roll: Set<Int> = []) throws -> SimulatedStorage {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try Journal(
      continuing: recover(from: storage, into: &ledger), in: storage,
      options: JournalOptions(preallocationBytes: 500), clock: SimulatedClock(),
      randomness: SeededGenerator(seed: 9))
    for number in 0..<UInt64(batches) {
      if roll.contains(Int(number)) { try journal.roll() }
      var records = batch(number * 3 + 1...number * 3 + 3)
      try journal.append(&records)
    }
    return storage
  }

  /// The journal's bytes without the room made ahead, and where its batches end.
  private func plain(batches: Int) throws -> (name: String, bytes: [UInt8], ends: [Int]) {
    let files = try storage(batches: batches).files
    let (name, allocated) = try #require(files.first)
    var end = 40
    var ends = [end]
    for number in 0..<UInt64(batches) {
      end += batch(number * 3 + 1...number * 3 + 3).byteCount
      ends.append(end)
    }
    #expect(allocated.count > end && allocated[end...].allSatisfy { $0 == 0 })
    return (name, [UInt8](allocated[..<end]), ends)
  }

  @Test("what was appended comes back, in order, and the journal goes on after it")
  func roundTrip() throws {
    let storage = try storage(batches: 5, roll: [2, 4])
    #expect(storage.files.count == 3)
    var ledger = Ledger()
    let recovery = try recover(from: storage, into: &ledger)
    #expect(ledger == Ledger(through: 15))
    #expect(recovery.recordCount == 15 && recovery.lastSequence == 15 && recovery.cutBytes == 0)

    var journal = try openJournal(recovery, storage)
    var records = batch(16...17)
    try journal.append(&records)
    var again = Ledger()
    _ = try recover(from: storage, into: &again)
    #expect(again == Ledger(through: 17))
  }

  @Test("a batch joins the one before it")
  func joining() throws {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    var joined = RecordBatch()
    let joins = [joined.append(contentsOf: batch(1...2)), joined.append(contentsOf: batch(3...3))]
    #expect(joins == [true, true])
    let callsBefore = storage.callCount
    try journal.append(&joined)
    #expect(storage.callCount - callsBefore <= 4, "one write and one sync, and making room")
    joined.removeAll()
    joined.append(
      sequence: 4, time: Ledger.entry(4).time, payload: Ledger.entry(4).payload.rawBytes)
    try journal.append(&joined)
    _ = try recover(from: storage, into: &ledger)
    #expect(ledger == Ledger(through: 4))
  }

  @Test("segments stay within their limit")
  func segmentLimit() throws {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    for number in 1...60 as ClosedRange<UInt64> {
      var records = batch(number...number)
      try journal.append(&records)
    }
    #expect(storage.files.count > 3)
    for (_, bytes) in storage.files.sorted(by: { $0.key < $1.key }).dropLast() {
      #expect(bytes.count <= 6_000)
    }
    _ = try recover(from: storage, into: &ledger)
    #expect(ledger == Ledger(through: 60))
  }

  @Test("cut anywhere, the journal gives back exactly the whole batches before the cut")
  func truncation() throws {
    let (name, bytes, ends) = try plain(batches: 6)
    for size in 40...bytes.count {
      let storage = SimulatedStorage(files: [name: [UInt8](bytes[..<size])])
      var ledger = Ledger()
      let recovery = try recover(from: storage, into: &ledger)
      let whole = ends.lastIndex { $0 <= size } ?? 0
      #expect(ledger.entries.count == whole * 3, "cut at \(size)")
      // What is left is clean: recovering again cuts nothing.
      #expect(storage.files[name]?.count == ends[whole] || recovery.cutBytes == 0)
      var again = Ledger()
      #expect(try recover(from: storage, into: &again).cutBytes == 0)
      #expect(again == ledger)
    }
    for size in 0..<40 {
      let storage = SimulatedStorage(files: [name: [UInt8](bytes[..<size])])
      #expect(recoveryFailure(storage) != nil)
    }
  }

  @Test(
    "one flipped bit anywhere in a closed segment is refused, with the file and a place before it")
  func bitRotInClosedSegment() throws {
    let files = try storage(batches: 4, roll: [2]).files
    let name = try #require(files.keys.min())
    let bytes = try #require(files[name])
    var generator = SeededGenerator(seed: 3)
    for place in bytes.indices {
      var damaged = files
      damaged[name]?[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      let error = recoveryFailure(SimulatedStorage(files: damaged))
      guard case .damaged(let file, let offset, _)? = error else {
        Issue.record("byte \(place): \(String(describing: error))")
        continue
      }
      #expect(file == name && offset <= Int64(place))
    }
  }

  @Test("a bad batch with a good one behind it is bit rot, not a torn tail")
  func bitRotInOpenSegment() throws {
    let (name, bytes, ends) = try plain(batches: 5)
    for place in ends[2]..<ends[3] {
      var damaged = bytes
      damaged[place] ^= 0x10
      let storage = SimulatedStorage(files: [name: damaged])
      let error = recoveryFailure(storage)
      guard case .damaged(name, Int64(ends[2]), let what)? = error else {
        Issue.record("byte \(place): \(String(describing: error))")
        continue
      }
      #expect(what.contains("byte \(ends[3])"))
      #expect(storage.files[name] == damaged, "nothing may be cut")
    }
  }

  @Test("a client's bytes that look like a batch do not turn a torn tail into bit rot")
  func forgedBatch() throws {
    let storage = try storage(batches: 2)
    let (name, bytes) = try #require(storage.files.first)
    let end = try plain(batches: 2).ends[2]
    // A batch of another journal, whole and with a later sequence, within a record that is torn.
    let (_, otherBytes, otherEnds) = try plain(batches: 6)
    var other = [UInt8](otherBytes[otherEnds[4]..<otherEnds[5]])
    for byte in 0..<4 { other[byte] ^= 0x5a }
    let torn = [UInt8](repeating: 0xee, count: 48) + other
    let files = [name: [UInt8](bytes[..<end]) + torn]
    var ledger = Ledger()
    let recovery = try recover(from: SimulatedStorage(files: files), into: &ledger)
    #expect(ledger == Ledger(through: 6) && recovery.cutBytes == Int64(torn.count))
  }

  @Test("a missing segment is a gap that names the records")
  func gap() throws {
    var files = try storage(batches: 6, roll: [2, 4]).files
    let names = files.keys.sorted()
    files[names[1]] = nil
    #expect(
      recoveryFailure(SimulatedStorage(files: files))
        == .gap(file: names[2], expected: 7, found: 13))
    files[names[0]] = nil
    #expect(
      recoveryFailure(SimulatedStorage(files: files))
        == .gap(file: names[2], expected: 1, found: 13))
  }

  @Test("a full disk refuses the batch, keeps the rest, and takes the batch when there is room")
  func outOfSpace() throws {
    // Every call that an append makes may find the disk full but the sync.
    for call in 0..<12 {
      let storage = SimulatedStorage()
      var ledger = Ledger()
      var journal = try openJournal(recover(from: storage, into: &ledger), storage)
      var first = batch(1...8)
      try journal.append(&first)
      storage.plan(.error(ENOSPC), at: storage.callCount + call)
      var second = batch(9...20)
      var error: DurabilityError?
      do throws(DurabilityError) { try journal.append(&second) } catch let thrown { error = thrown }
      switch error {
      case nil: break
      case .outOfSpace:
        #expect(journal.nextSequence == 9)
        try journal.append(&second)
      default:
        // A sync or a cut that fails, whatever the reason, is the end.
        do throws(DurabilityError) { try journal.append(&second) } catch let thrown {
          error = thrown
        }
        #expect(error == .journalBroken)
        continue
      }
      storage.plan(.error(ENOSPC), at: .max)
      var third = batch(21...21)
      try journal.append(&third)
      var again = Ledger()
      _ = try recover(from: storage, into: &again)
      #expect(again == Ledger(through: 21), "call \(call)")
    }
  }

  @Test("room that was promised is there when the disk is full, across segments too")
  func promises() throws {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    try journal.reserve(60_000)
    var number: UInt64 = 0
    while number < 60 {
      // From here on nothing new finds space; the calls that write into the room are let through.
      number += 1
      var records = batch(number...number)
      let before = storage.files
      try journal.append(&records)
      let grown = storage.files.filter { $0.value.count > before[$0.key]?.count ?? 0 }
      #expect(grown.count <= 1, "only a new segment grows, with all its room at once")
    }
    _ = try recover(from: storage, into: &ledger)
    #expect(ledger == Ledger(through: 60))
  }

  @Test("batches written without a sync between them may be torn, but are not bit rot")
  func tornWindow() throws {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    for number in 1...5 as ClosedRange<UInt64> {
      var records = batch(number...number)
      try journal.write(&records)
      if number == 2 { try journal.sync() }
    }
    #expect(journal.durableSequence == 2 && journal.nextSequence == 6)
    let (name, bytes) = try #require(storage.files.first)
    var place = 40
    for number in 1...5 as ClosedRange<UInt64> {
      var files = [name: bytes]
      files[name]?[place + 9] ^= 1
      let torn = SimulatedStorage(files: files)
      if number <= 2 {
        // What was synced when the later batches were written was good once.
        #expect(recoveryFailure(torn) != nil, "record \(number)")
      } else {
        var ledger = Ledger()
        #expect(try recover(from: torn, into: &ledger).cutBytes > 0)
        #expect(ledger == Ledger(through: number - 1))
      }
      place += batch(number...number).byteCount
    }
  }

  @Test("a record's own checksum names the record")
  func recordChecksum() throws {
    let (name, bytes, ends) = try plain(batches: 2)
    // A body's checksum that fits damaged bytes: the record's must still say no.
    var damaged = bytes
    damaged[ends[0] + 60] ^= 1
    let body = CRC32C.checksum(damaged.rawBytes.extracting(ends[0] + 32..<ends[1]))
    damaged.store(littleEndian: body, at: ends[0] + 4)
    let salt = damaged.rawBytes.littleEndian32(at: 32)
    let header = CRC32C.checksum(
      damaged.rawBytes.extracting(ends[0] + 4..<ends[0] + 32), salt: salt)
    damaged.store(littleEndian: header, at: ends[0])
    guard
      case .damaged(name, Int64(ends[0]), let what)? = recoveryFailure(
        SimulatedStorage(files: [name: damaged]))
    else {
      Issue.record("not refused")
      return
    }
    #expect(what.contains("record 1"))
  }

  @Test("after a failed sync the journal takes nothing, and never syncs that file again")
  func failedSync() throws {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    var records = batch(1...1)
    // Room is asked for by a call, then written, then synced.
    storage.plan(.error(EIO), at: storage.callCount + 2)
    let error = failure { () throws(DurabilityError) in try journal.append(&records) }
    guard case .system(let cause)? = error else {
      Issue.record("not the failure of a sync: \(String(describing: error))")
      return
    }
    #expect(cause.call == "fdatasync" && cause.code == EIO)
    let calls = storage.callCount
    let again = failure { () throws(DurabilityError) in try journal.append(&records) }
    let rolled = failure { () throws(DurabilityError) in try journal.roll() }
    #expect(again == .journalBroken && rolled == .journalBroken)
    #expect(storage.callCount == calls)
  }

  @Test("a newer format is refused, and says so")
  func newerFormat() throws {
    let (name, plainBytes, _) = try plain(batches: 1)
    var bytes = plainBytes
    bytes[8] = 2
    bytes.store(littleEndian: CRC32C.checksum(bytes.rawBytes.extracting(0..<36)), at: 36)
    #expect(
      recoveryFailure(SimulatedStorage(files: [name: bytes]))
        == .newerFormat(file: name, version: 2))
  }

  @Test("a record that the state refuses ends the recovery with file, place and number")
  func refused() throws {
    let (name, bytes, ends) = try plain(batches: 2)
    let storage = SimulatedStorage(files: [name: bytes])
    #expect(
      recoveryFailure(storage, into: Ledger(through: 1))
        == .refused(file: name, offset: Int64(ends[0]), reason: "record 1: wrong sequence"))
  }
}
