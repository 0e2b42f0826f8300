// The workbench, called as its thread calls it: what it makes of a bad file under its hands, how it
// keeps its pace, and what recovery says to sections that make no state.

import Durability
import FuzzTargets
import Glibc
import Platform
import Scoring
import Server
import Support
import Testing
import Wire

@Suite("Workbench")
struct WorkbenchTests {
  private let clock = SimulatedClock()

  /// A state after the first commands of the small shop.
  private func engine(commands: Int) throws -> Engine {
    var engine = try Engine(Store(), indexKey: (1, 2))
    for command in FuzzTargets.SmallShop.commands.prefix(commands) {
      try engine.replay(
        sequence: engine.sequence + 1, timeMicros: 1_000_000_000_000_000, frame: command.rawBytes)
    }
    return engine
  }

  @Test("the last piece of work ends the bench")
  func stop() throws {
    let loop = try Mailbox<LoopMessage>()
    let pace = SnapshotPace(bytesPerSecond: 0, clock: clock)
    let bench = Workbench(SimulatedStorage(), pace: pace, reportingTo: loop)
    let goesOn = bench.serve([])
    let store = try engine(commands: 2).store
    let ends = bench.serve([.snapshot(store, for: []), .stop, .snapshot(store, for: [])])
    #expect(goesOn && !ends)
    let results = loop.takeAll()
    #expect(results.count == 1)
    guard case .snapshotWritten(.success(let result), _)? = results.first else {
      Issue.record("no snapshot was written")
      return
    }
    #expect(result.sequence == 2 && result.writtenBytes > 0)
  }

  @Test("a snapshot over a file that has gone bad is written from the beginning")
  func fromScratch() throws {
    let storage = SimulatedStorage()
    let pace = SnapshotPace(bytesPerSecond: 0, clock: clock)
    for commands in [2, 3] {
      _ = try writeSnapshot(of: try engine(commands: commands).store, to: storage, pace)
    }
    var files = storage.files
    let older = try #require(files.keys.filter { $0.hasPrefix("snapshot") }.min())
    // A byte of the first block, which a later snapshot would keep as it is.
    files[older]?[4096] ^= 1
    let damaged = SimulatedStorage(files: files)
    let result = try writeSnapshot(of: try engine(commands: 5).store, to: damaged, pace)
    #expect(result.sequence == 5)
    #expect(try inspect(damaged).allSatisfy { $0.damage == nil })
  }

  @Test("a disk that fails leaves the newest snapshot as it was", arguments: [EIO, ENOSPC])
  func failing(code: Int32) throws {
    let storage = SimulatedStorage()
    let pace = SnapshotPace(bytesPerSecond: 0, clock: clock)
    _ = try writeSnapshot(of: try engine(commands: 2).store, to: storage, pace)
    let before = storage.files
    let store = try engine(commands: 4).store
    storage.plan(.error(code), at: storage.callCount + 8)
    #expect(throws: DurabilityError.self) { try writeSnapshot(of: store, to: storage, pace) }
    storage.plan(.error(code), at: .max)
    #expect(storage.files.filter { !$0.key.hasSuffix(".tmp") } == before)
  }

  @Test("the pace is kept: so many bytes, read again to verify them, take so long")
  func pace() throws {
    let clock = SystemClock()
    let start = clock.monotonicMicros()
    let result = try writeSnapshot(
      of: try engine(commands: 4).store, to: SimulatedStorage(),
      SnapshotPace(bytesPerSecond: 4 << 20, clock: clock))
    // The last nap may be too short to be taken.
    let least = Int64(2 * Double(result.writtenBytes) / Double(4 << 20) * 1e6) - 1_000
    #expect(clock.monotonicMicros() - start >= least)
  }

  @Test("a good file whose content makes no state is refused, not repaired around")
  func nonsense() throws {
    let storage = SimulatedStorage()
    var writer = try SnapshotWriter(sequence: 3, time: 0, created: 0, in: storage)
    let block: [UInt8] = [1, 2, 3]
    try writer.append(kind: 99, index: 0, changed: 1, bytes: block.rawBytes)
    let head = Store().head()
    try writer.finish(head: head.bytes, durableSequence: 3)
    var records = Nothing()
    let recovery = try recover(from: SimulatedStorage(), into: &records)
    _ = try Journal(
      continuing: recovery, in: storage, clock: clock, randomness: SeededGenerator(seed: 1))
    var randomness: any Randomness = SeededGenerator(seed: 1)
    let error = #expect(throws: ServerError.self) {
      try Recovered.recover(from: storage, randomness: &randomness, threads: 1) { _ in }
    }
    #expect(error?.exitCode == 3 && error.map { "\($0)".contains("kind 99") } == true)
  }
}

/// Takes everything.
private struct Nothing: RecoveryHandler {
  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {}
  mutating func record(
    sequence: UInt64, time: Int64, payload: RawSpan
  ) throws(RecoveryRefusal) {}
}
