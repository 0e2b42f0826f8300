// Row B2: time comes from the record. One journal, replayed under two clocks and two keys of the
// indexes, gives equal bytes.

import Durability
import Platform
import Scoring
import Server
import Simulation
import Support
import Testing
import Wire

@Suite("Replay")
struct ReplayTests {
  @Test("one journal on two clocks gives equal bytes", arguments: seeds(2))
  func clocks(seed: UInt64) throws {
    let files = try DamagedFiles(seed: seed, snapshots: false, requests: 60)
    let first = try state(files.contents, calendarMicros: 0, key: 1)
    let second = try state(files.contents, calendarMicros: 4_000_000_000_000_000, key: 2)
    #expect(!first.isEmpty)
    #expect(first == second)
  }

  /// All bytes of the state which a start makes of files.
  private func state(
    _ files: [String: [UInt8]], calendarMicros: Int64, key: UInt64
  ) throws -> [UInt8] {
    let box = try Mailbox<LoopMessage>()
    _ = try JournalWorker(
      recovering: SimulatedStorage(files: files),
      JournalConfiguration(syncWindowMicros: 0, loadThreads: 1, room: (bytes: 4096, least: 4096)),
      clock: SimulatedClock(calendarMicros: calendarMicros),
      randomness: SeededGenerator(seed: key), reportingTo: box)
    var bytes: [UInt8] = []
    for case .loaded(let parts, _) in box.takeAll() {
      let store = Engine(parts).store
      bytes.append(littleEndian: store.sequence)
      bytes.append(littleEndian: UInt64(bitPattern: store.timeMicros))
      bytes.append(bytes: store.head().bytes)
      store.forEachSection { section in
        bytes.append(littleEndian: section.changed)
        bytes.append(bytes: section.bytes)
      }
    }
    return bytes
  }
}
