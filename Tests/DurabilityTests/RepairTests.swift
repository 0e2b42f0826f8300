// What inspection finds, what a repair keeps and gives up, and that nothing is destroyed by it.

import Durability
import Platform
import Support
import Testing

@Suite("Repair")
struct RepairTests {
  /// Snapshots at records 6 and 12; segments from records 1, 7 and 13; 18 records, two a batch.
  private func storage() throws -> SimulatedStorage {
    let storage = SimulatedStorage()
    var ledger = Ledger()
    var journal = try openJournal(recover(from: storage, into: &ledger), storage)
    for number in 0..<9 as Range<UInt64> {
      var records = batch(number * 2 + 1...number * 2 + 2)
      try journal.append(&records)
      if number == 2 || number == 5 {
        try journal.roll()
        try Ledger(through: number * 2 + 2).writeSnapshot(to: storage)
      }
    }
    return storage
  }

  private func name(_ kind: String, _ sequence: Int) -> String {
    let digits = String(sequence)
    return kind + "-" + String(repeating: "0", count: 20 - digits.count) + digits
  }

  /// Plans, carries out, and recovers.
  private func repaired(_ files: [String: [UInt8]]) throws -> (RepairPlan, Ledger, [String]) {
    let storage = SimulatedStorage(files: files)
    let plan = try #require(try planRepair(of: storage))
    var randomness: any Randomness = SeededGenerator(seed: 5)
    try repair(plan, in: storage, clock: SimulatedClock(), randomness: &randomness)
    var ledger = Ledger()
    let recovery = try recover(from: storage, into: &ledger)
    #expect(recovery.lastSequence == plan.lastSequence)
    // Life goes on, and comes back.
    var journal = try openJournal(recovery, storage)
    let next = recovery.lastSequence + 1
    var records = batch(next...next)
    try journal.append(&records)
    var again = Ledger()
    _ = try recover(from: storage, into: &again)
    #expect(again == Ledger(through: next))
    return (plan, ledger, storage.files.keys.sorted())
  }

  @Test("inspection reports every file, and finds the damage of each")
  func inspection() throws {
    var files = try storage().files
    files["journal-00000000000000000019.tmp"] = [1]
    files["notes"] = [1]
    let reports = try inspect(SimulatedStorage(files: files))
    #expect(reports.count == files.count && reports.allSatisfy { $0.damage == nil })
    #expect(
      reports.map(\.kind) == [
        .journal, .journal, .journal, .unfinished, .other, .snapshot, .snapshot,
      ])
    #expect(reports[1].sequences == 7...12 && reports[1].count == 6)
    #expect(reports[6].sequences == 12...12 && reports[6].count == 12)
    for name in files.keys.sorted() where !name.hasSuffix("tmp") && name != "notes" {
      var damaged = files
      damaged[name]?[50] ^= 1
      let found = try inspect(SimulatedStorage(files: damaged)).filter { $0.damage != nil }
      #expect(found.map(\.name) == [name])
    }
  }

  @Test("what is whole is not repaired, a torn tail included")
  func nothingToDo() throws {
    var files = try storage().files
    #expect(try planRepair(of: SimulatedStorage(files: files)) == nil)
    let last = name("journal", 13)
    let used = try #require(files[last]?.lastIndex { $0 != 0 })
    files[last] = [UInt8](try #require(files[last]).prefix(used - 3))
    #expect(try planRepair(of: SimulatedStorage(files: files)) == nil)
  }

  @Test("every flipped byte of the open segment costs at most the records behind it, and says so")
  func flips() throws {
    let files = try storage().files
    let last = name("journal", 13)
    let bytes = try #require(files[last])
    let used = try #require(bytes.lastIndex { $0 != 0 })
    for place in stride(from: 40, to: used, by: 7) {
      var damaged = files
      damaged[last]?[place] ^= 1
      guard try planRepair(of: SimulatedStorage(files: damaged)) != nil else { continue }
      let (plan, ledger, names) = try repaired(damaged)
      #expect(plan.snapshotSequence == 12 && plan.lastSequence >= 12 && plan.lastSequence < 18)
      #expect(ledger == Ledger(through: plan.lastSequence))
      #expect(plan.givenUp == plan.lastSequence + 1...18)
      // The record that is bad cannot be read, the ones behind it can.
      #expect(plan.readableCount == Int(18 - plan.lastSequence) - 2)
      #expect(names.contains("damaged-" + last), "nothing is destroyed")
    }
  }

  @Test("damage that a snapshot covers costs nothing")
  func covered() throws {
    var files = try storage().files
    // Both snapshots are good, the segment between them is not.
    files[name("journal", 7)]?[60] ^= 1
    #expect(try planRepair(of: SimulatedStorage(files: files)) == nil)
    // With the newer snapshot gone, the records behind the damage cannot be reached.
    files[name("snapshot", 12)] = nil
    let (plan, ledger, _) = try repaired(files)
    #expect(plan.snapshotSequence == 6 && plan.lastSequence == 6 && ledger == Ledger(through: 6))
    #expect(plan.givenUp == 7...18 && plan.readableCount == 10)
  }

  @Test("a missing segment costs what is behind the gap")
  func gap() throws {
    var files = try storage().files
    files[name("snapshot", 12)] = nil
    files[name("journal", 7)] = nil
    let (plan, ledger, names) = try repaired(files)
    #expect(plan.lastSequence == 6 && ledger == Ledger(through: 6) && plan.givenUp == 7...18)
    #expect(names.contains("damaged-" + name("journal", 13)))
  }

  @Test("without any journal the newest good snapshot is what is left")
  func noJournal() throws {
    var files = try storage().files
    for first in [1, 7, 13] { files[name("journal", first)] = nil }
    files[name("snapshot", 12)]?[4_100] ^= 1
    let (plan, ledger, names) = try repaired(files)
    #expect(plan.snapshotSequence == 6 && ledger == Ledger(through: 6))
    #expect(plan.givenUp == 7...12)
    #expect(names.contains("damaged-" + name("snapshot", 12)))
  }

  @Test("without a place to begin nothing is touched")
  func nothingLeft() throws {
    var files = try storage().files
    files[name("journal", 1)] = nil
    files[name("snapshot", 6)]?[4_100] ^= 1
    files[name("snapshot", 12)]?[4_100] ^= 1
    let storage = SimulatedStorage(files: files)
    let error = failure { () throws(DurabilityError) in _ = try planRepair(of: storage) }
    guard case .damaged? = error else {
      Issue.record("not the damage: \(String(describing: error))")
      return
    }
    #expect(storage.files == files)
  }

  @Test("power lost at every call of a repair: the next one can finish it", arguments: seeds(5))
  func powerLoss(seed: UInt64) throws {
    var files = try storage().files
    files[name("journal", 13)]?[400] ^= 1
    var generator = SeededGenerator(seed: seed)
    var call = 0
    while true {
      let storage = SimulatedStorage(files: files)
      let plan = try #require(try planRepair(of: storage))
      let before = storage.callCount
      storage.plan(.powerLoss, at: before + call)
      var randomness: any Randomness = SeededGenerator(seed: seed)
      let error = failure { () throws(DurabilityError) in
        try repair(plan, in: storage, clock: SimulatedClock(), randomness: &randomness)
      }
      let after = storage.afterPowerLoss(&generator)
      if let plan = try planRepair(of: after) {
        try repair(plan, in: after, clock: SimulatedClock(), randomness: &randomness)
      }
      var ledger = Ledger()
      #expect(try recover(from: after, into: &ledger).lastSequence == plan.lastSequence)
      #expect(ledger == Ledger(through: plan.lastSequence), "seed \(seed), call \(call)")
      if error == nil { break }
      call += 1
    }
    #expect(call >= 8)
  }
}
