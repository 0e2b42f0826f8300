// Crashes: at every call of the disk an image of it is recovered and held against what was
// acknowledged and what was executed; now and then life goes on from one.

import Durability
import Platform
import Scoring
import Server
import Support
import Wire

extension World {
  /// What a recovery came to.
  private struct Found {
    var sequence: UInt64
    var timeMicros: Int64
    var hash: UInt64
    var snapshotSequence: UInt64
    var notices: [String]
  }

  // MARK: Checking

  /// Crashes at each point, twice where the chance is right, and recovers.
  func examine(_ points: [CrashPoint]) throws(Violation) {
    for point in points { try crash(at: point) }
  }

  private func crash(at point: CrashPoint) throws(Violation) {
    tally.crashRuns += 1
    var isKill = chanceOfKill(at: point, percent: 10)
    var disk = isKill ? point.afterKill() : powerLoss(point)
    disk.plan(.powerLoss, at: Int.random(in: 0...recoveryCalls + 2, using: &crashGenerator))
    var found: Found?
    var failure: StartFailure?
    do throws(StartFailure) {
      do throws(StartFailure) {
        found = try recover(disk)
      } catch {
        guard !disk.isPowered else { throw error }
        tally.secondCrashes += 1
        isKill = false
        disk = powerLoss(disk.crashPoint())
        found = try recover(disk)
      }
    } catch {
      failure = error
    }
    let place = "a crash in call \(point.number), \(point.call)"
    guard let found else {
      throw violation(
        "\(place), cannot be recovered: \(failure?.description ?? "nobody knows why")")
    }
    recoveryCalls = disk.callCount
    try check(found, place, least: isKill ? acknowledgedSequence : promisedSequence)
  }

  /// What a power loss may not take: all that was acknowledged, or with a window all that the
  /// journal has called durable or has had its time to make so.
  private var promisedSequence: UInt64 {
    plan.journal.syncWindowMicros == 0 ? acknowledgedSequence : durableBound
  }

  /// Whether only the process was killed.
  private func chanceOfKill(at point: CrashPoint, percent: Int) -> Bool {
    Int.random(in: 1...100, using: &crashGenerator) <= percent && point.isMounted
  }

  private func powerLoss(_ point: CrashPoint) -> SimulatedStorage {
    let disk = point.afterPowerLoss(&crashGenerator)
    return mutant == .ignoresChecksums ? ChecksumHealer.healed(disk) : disk
  }

  private func recover(_ disk: SimulatedStorage) throws(StartFailure) -> Found {
    do throws(ServerError) {
      _ = try JournalWorker(
        recovering: disk, plan.journal, clock: clock,
        randomness: SeededGenerator(seed: crashGenerator.next()), reportingTo: probe)
    } catch {
      _ = probe.takeAll()
      throw StartFailure(description: "exit code \(error.exitCode): \(error)")
    }
    for case .loaded(let parts, let recovered) in probe.takeAll() {
      return Self.found(parts, recovered)
    }
    throw StartFailure(description: "nothing was loaded")
  }

  private static func found(_ parts: Engine.Parts, _ facts: Recovered.Facts) -> Found {
    let engine = Engine(parts)
    return Found(
      sequence: engine.sequence, timeMicros: engine.timeMicros, hash: engine.store.stateHash(),
      snapshotSequence: facts.snapshotSequence,
      notices: facts.notices)
  }

  /// Nothing acknowledged is lost, nothing is there that was not executed, nothing is changed.
  private func check(
    _ found: Found, _ place: String, least: UInt64
  ) throws(Violation) {
    guard found.sequence >= least else {
      throw violation("\(place): record \(least) was promised, \(found.sequence) is the last")
    }
    guard found.sequence <= UInt64(history.count) else {
      throw violation(
        "\(place): record \(found.sequence) is there, \(history.count) were executed")
    }
    let timeMicros = found.sequence == 0 ? 0 : history[Int(found.sequence) - 1].timeMicros
    guard found.timeMicros == timeMicros else {
      throw violation("\(place): the time is \(found.timeMicros), must be \(timeMicros)")
    }
    guard let hash = hashes[found.sequence] else {
      throw violation("\(place): record \(found.sequence) lies within a batch")
    }
    guard found.hash == hash else {
      throw violation("\(place): the state after record \(found.sequence) is another one")
    }
    guard found.snapshotSequence >= acknowledgedSnapshot else {
      throw violation(
        "\(place): snapshot \(acknowledgedSnapshot) was acknowledged, "
          + "\(found.snapshotSequence) was used: \(found.notices.joined(separator: ", "))")
    }
  }

  // MARK: Going on

  /// The first start, on an empty disk.
  func begin() throws(Violation) {
    hashes[0] = Store().stateHash()
    storage.plan(plan.faults)
    try start(least: 0)
  }

  /// Ends this process and goes on from what its disk was at a point.
  func restart(from point: CrashPoint) throws(Violation) {
    try judge()
    tally.restarts += 1
    tally.storageCalls += storage.callCount
    tally.faults += storage.faultCount
    server = nil
    let wasKilled = chanceOfKill(at: point, percent: 30)
    let least = wasKilled ? acknowledgedSequence : promisedSequence
    // What a power loss may have taken, no later start can give back.
    acknowledgedSequence = least
    tell("\(wasKilled ? "killed" : "power lost") in call \(point.number), \(point.call)")
    storage = wasKilled ? point.afterKill() : powerLoss(point)
    if plan.crashes && !network.isHasty && chance(30) { storage.plan(plan.faults) }
    let isHasty = network.isHasty
    network = SimulatedNetwork(seed: generator.next())
    network.isHasty = isHasty
    journalOrders = []
    works = []
    answers = []
    news = nil
    latestNews = nil
    roomUsed = 0
    isSnapshotBusy = false
    repeatedCount = 0
    written = []
    errands = []
    snapshotErrands = []
    snapshotsUnderWay = []
    accepted = []
    listed = []
    isLoaded = false
    isDraining = false
    for observer in observers { observer.disconnect() }
    for client in clients {
      client.disconnect()
      for request in client.acknowledged where chance(5) { client.backlog.append(request) }
    }
    try start(least: least)
  }

  /// Ends as a server that was asked to: all that was executed is kept, and a last snapshot has it.
  func stop() throws(Violation) {
    tell("drained")
    tally.stops += 1
    while !works.isEmpty { if try serveBench() { return } }
    journalOrders.append(.stop)
    if try serveJournal(count: journalOrders.count) { return }
    var snapshot = acknowledgedSnapshot
    if let store = server?.loop.unsavedStore {
      do throws(DurabilityError) {
        _ = try writeSnapshot(
          of: store, to: storage, SnapshotPace(bytesPerSecond: 0, clock: clock))
        snapshot = max(snapshot, store.sequence)
      } catch {
        if storage.faultCount == 0 { throw violation("the last snapshot failed: \(error)") }
      }
      try examine(storage.takeCrashPoints())
    }
    // From here on, what the program ends with.
    acknowledgedSnapshot = snapshot
    acknowledgedSequence = model.sequence
    durableBound = model.sequence
    try restart(from: storage.crashPoint())
  }

  /// Starts a server on the disk; where the disk fails it, somebody mends the disk.
  private func start(least: UInt64) throws(Violation) {
    if plan.crashes { storage.recordCrashPoints() }
    faultsBefore = storage.faultCount
    do throws(StartFailure) {
      server = try makeServer()
    } catch {
      guard storage.faultCount > 0 else { throw violation("the server does not start: \(error)") }
      tell("the server does not start: \(error)")
      try examine(storage.takeCrashPoints())
      storage.plan([])
      try restart(from: storage.crashPoint())
      return
    }
    takeAnswers()
    for case .loaded(let parts, let recovered) in answers {
      let found = Self.found(parts, recovered)
      try check(found, "at a start", least: least)
      acknowledgedSequence = min(acknowledgedSequence, found.sequence)
      durableBound = min(durableBound, found.sequence)
      rewind(to: found.sequence)
      shadow = Engine(parts)
      tell("started with snapshot \(found.snapshotSequence) and \(storage.files.keys.sorted())")
    }
    try examine(storage.takeCrashPoints())
    durableBound = max(durableBound, latestNews?.durable ?? 0)
  }

  private func makeServer() throws(StartFailure) -> SimulatedServer {
    try SimulatedServer(
      on: storage, network: network, clock: clock, plan: plan, seed: generator.next())
  }

  /// Makes the model what it was after a record; later ones never happened.
  private func rewind(to sequence: UInt64) {
    history.removeLast(history.count - Int(sequence))
    hashes = hashes.filter { $0.key <= sequence }
    if plan.offers {
      records.removeLast(records.count - Int(sequence))
      judged = 0
    }
    model = ShopModel()
    for executed in history { _ = model.apply(executed.request, at: executed.timeMicros) }
  }
}
