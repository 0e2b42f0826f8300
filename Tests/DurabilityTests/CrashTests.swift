// Lives of a journal on a simulated disk that crashes at every possible place.

import Durability
import Glibc
import Platform
import Support
import Testing

@Suite("A short life with crashes")
struct CrashTests {
  private static let calls: Int = {
    let storage = SimulatedStorage()
    var life = Life()
    do { try life.run(on: storage) } catch { return 0 }
    return storage.callCount
  }()

  /// What was acknowledged is there, and what is there is a beginning of what was handed over.
  private func expectKept(
    _ life: Life, on storage: SimulatedStorage, _ comment: Comment
  ) throws -> Recovery {
    var ledger = Ledger()
    let recovery = try recover(from: storage, into: &ledger)
    let last = UInt64(ledger.entries.count)
    #expect(last >= life.acknowledged && last <= life.attempted, comment)
    #expect(ledger == Ledger(through: last), comment)
    return recovery
  }

  @Test("the life is long enough to be worth it")
  func length() throws {
    #expect(Self.calls >= 100)
    let storage = SimulatedStorage()
    var life = Life()
    try life.run(on: storage)
    #expect(life.acknowledged == 27)
    #expect(storage.files.keys.filter { $0.hasPrefix("snapshot") }.count == 2)
  }

  @Test("power lost at every call: nothing acknowledged is lost", arguments: seeds(12))
  func powerLoss(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for call in 0..<Self.calls {
      let storage = SimulatedStorage()
      storage.plan(.powerLoss, at: call)
      var life = Life()
      #expect(throws: DurabilityError.self) { try life.run(on: storage, seed: seed) }

      // A second crash while recovering from the first one.
      let first = storage.afterPowerLoss(&generator)
      first.plan(.powerLoss, at: Int.random(in: 0..<30, using: &generator))
      var ignored = Ledger()
      if let recovery = try? recover(from: first, into: &ignored) {
        _ = try? openJournal(recovery, first, seed: seed)
      }
      let second = first.afterPowerLoss(&generator)
      let recovery = try expectKept(life, on: second, "seed \(seed), call \(call)")

      // And life goes on.
      var next = Life()
      next.attempted = recovery.lastSequence
      try next.run(on: second, seed: seed &+ 1)
      _ = try expectKept(next, on: second.afterPowerLoss(&generator), "seed \(seed), call \(call)")
    }
  }

  @Test(
    "every call fails once, or from then on, and then the power goes", arguments: [EIO, ENOSPC])
  func failingCalls(code: Int32) throws {
    var generator = SeededGenerator(seed: UInt64(code))
    for call in 0..<Self.calls {
      for count in [1, Int.max] {
        let storage = SimulatedStorage()
        storage.plan(.error(code), at: call, count: count)
        var life = Life()
        do { try life.run(on: storage) } catch {}
        _ = try expectKept(
          life, on: storage.afterPowerLoss(&generator), "call \(call) and \(count - 1) more")
      }
    }
  }

  @Test("the canary: a disk that forgets what was synced is caught")
  func canary() throws {
    let storage = SimulatedStorage()
    var life = Life()
    try life.run(on: storage)
    let newest = try #require(storage.files.keys.filter { $0.hasPrefix("journal") }.max())
    var files = storage.files
    files[newest] = [UInt8](try #require(files[newest]).prefix(100))
    var ledger = Ledger()
    _ = try recover(from: SimulatedStorage(files: files), into: &ledger)
    #expect(UInt64(ledger.entries.count) < life.acknowledged)
  }
}
