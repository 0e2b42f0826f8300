// One seed's life: clients, network, server, disk and clocks, and the scheduler that lets one of
// them take a step at a time. The server's turn is in World+Turn, what comes back in World+Replies,
// crashes in World+Crashes.

import Durability
import Platform
import Scoring
import Server
import Support
import Wire

/// Everything there is in one life.
final class World {
  let seed: UInt64
  let plan: LifePlan
  let mutant: Mutant?
  var generator: SeededGenerator
  /// Decides over crashes only, so that the life is the same without them.
  var crashGenerator: SeededGenerator
  var tally = Tally()
  var digest: UInt64 = 0xcbf2_9ce4_8422_2325
  /// What happened, for a replay that is to be read; nil keeps nothing.
  var story: [String]?

  // The machine.
  let clock: SimulatedClock
  var storage: SimulatedStorage
  var network: SimulatedNetwork
  var server: SimulatedServer?
  /// Where recoveries answer that are only looked at.
  let probe: Mailbox<LoopMessage>
  /// Carried by us from the loop to its helpers and back.
  var journalOrders: [JournalOrder] = []
  var works: [Work] = []
  var answers: [LoopMessage] = []

  // The clients.
  var observers: [Observer] = []
  /// Decides over observers only, so that the others are the same without them.
  var observerGenerator: SeededGenerator
  var clients: [SimulatedClient] = []
  var requests: RequestSource
  var requestsLeft: Int
  var tags: UInt64 = 0

  // What must be.
  var model = ShopModel()
  /// Every command that was executed, in order.
  var history: [Executed] = []
  /// The journal as it was written, in a life with offers.
  var records: [(timeMicros: Int64, frame: [UInt8])] = []
  /// Decisions the oracle has counted of them.
  var judged = 0
  /// The engine as a replay of the journal makes it.
  var shadow = Engine()
  /// Its state's hash after each command that ended a batch.
  var hashes: [UInt64: UInt64] = [:]
  /// Where each batch of the journal ended, while it was a single file.
  var batchEnds: [(size: Int, sequence: UInt64)] = []
  /// The last command whose reply has left the server.
  var acknowledgedSequence: UInt64 = 0
  /// The last snapshot whose reply has left the server.
  var acknowledgedSnapshot: UInt64 = 0

  // What the server is known to know.
  var isLoaded = false
  /// Whether it was asked to stop.
  var isDraining = false
  /// How far the journal is, as the loop was told.
  var news: JournalNews?
  /// How far the journal is, as it has told.
  var latestNews: JournalNews?
  /// What commands have counted against the room granted, in bytes.
  var roomUsed: Int64 = 0
  /// When which record was written, as far as it may be unsynced; and what must be durable by now.
  var written: [(micros: Int64, sequence: UInt64)] = []
  var durableBound: UInt64 = 0
  var snapshotSequence: UInt64 = 0
  /// Whether a state was chosen for a snapshot that is not written yet.
  var isSnapshotBusy = false
  /// Whether the loop chose one in this turn.
  var hasRolled = false
  /// Commands that were answered from memory, not executed again.
  var repeatedCount: UInt64 = 0
  var startMicros: Int64 = 0
  /// Clients whose sessions something happened to, in the loop's order.
  var listed: [SimulatedClient] = []
  /// Errands the workbench does, oldest first, and those that wait for a snapshot.
  var errands: [Errand] = []
  var snapshotErrands: [Errand] = []
  /// What the snapshots cover that the workbench was given, oldest first.
  var snapshotsUnderWay: [UInt64] = []
  /// What this turn made durable, or will: the commands in the order of their execution.
  var accepted: [Accepted] = []
  /// Faults the disk had shown when this server was started.
  var faultsBefore = 0
  /// Calls a recovery takes, about: where the second crash may hit.
  var recoveryCalls = 12

  struct Executed {
    let request: Request
    let timeMicros: Int64
  }

  struct Accepted {
    let tag: UInt64
    let verb: UInt16
    let sequence: UInt64
    let timeMicros: Int64
    let frame: [UInt8]
    /// Whether it is the last of its batch, where a recovery may end.
    var endsBatch: Bool
  }

  struct Errand {
    let client: SimulatedClient
    let operation: Operation
    /// The last command when it was asked for, and the state's hash where that was asked for.
    let sequence: UInt64
    let hash: UInt64
    /// The adoption and the newest order's day when it was asked for.
    let generation: UInt32
    let newestOrderDay: Int32
  }

  /// Makes a world before its first start.
  ///
  /// - Parameters:
  ///   - seed: everything that happens follows from it.
  ///   - mutant: what is wrong with the program.
  ///   - faultPercent: of a hundred lives, in how many the disk fails.
  ///   - probe: an empty mailbox.
  ///   - adjust: changes the plan that was drawn.
  init(
    seed: UInt64, mutant: Mutant? = nil, faultPercent: Int = 25, probe: Mailbox<LoopMessage>,
    adjust: (inout LifePlan) -> Void = { _ in }
  ) {
    self.probe = probe
    self.seed = seed
    self.mutant = mutant
    generator = SeededGenerator(seed: seed)
    var plan = LifePlan(
      &generator, faultPercent: mutant?.fault == nil ? faultPercent : 100, fault: mutant?.fault)
    adjust(&plan)
    self.plan = plan
    clock = SimulatedClock(calendarMicros: plan.calendarMicros)
    storage = SimulatedStorage(files: [:], omissions: mutant?.omissions ?? .init())
    network = SimulatedNetwork(seed: generator.next())
    requests = RequestSource(plan, seed: generator.next())
    crashGenerator = SeededGenerator(seed: generator.next())
    observerGenerator = SeededGenerator(seed: ~seed)
    requestsLeft = plan.requests
    for number in 0..<plan.clients { clients.append(SimulatedClient(number)) }
    for _ in 0..<plan.observers { observers.append(Observer()) }
  }

  func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
  func chance(_ percent: Int) -> Bool { draw(1...100) <= percent }

  /// Tells what happens.
  func tell(_ sentence: @autoclosure () -> String) {
    if story == nil { return }
    story?.append("call \(storage.callCount), record \(history.count): \(sentence())")
  }

  /// Makes a violation of what differs.
  func violation(_ what: String) -> Violation {
    Violation(
      seed: seed,
      description: "seed \(seed), command \(history.count), call \(storage.callCount): \(what)")
  }

  // MARK: A life

  /// Lives from the first start to the last reply.
  func live() -> LifeReport {
    var found: Violation?
    do throws(Violation) {
      try begin()
      var steps = 0
      // A disk that is full for ever would keep the clients asking for ever.
      while requestsLeft > 0 && steps < 40_000 {
        try step()
        steps += 1
      }
      requestsLeft = 0
      try settle()
      try judge()
    } catch {
      found = error
      tally.violations = 1
    }
    tally.lives = 1
    tally.storageCalls += storage.callCount
    tally.faults += storage.faultCount
    return LifeReport(
      seed: seed, tally: tally, digest: digest, violation: found, story: story ?? [])
  }

  /// One step of somebody.
  private func step() throws(Violation) {
    let weights = plan.weights
    var choice = draw(
      1...weights.client + weights.turn + weights.journal + weights.bench + weights.clock
        + weights.reset + weights.jump + weights.stop)
    func falls(on weight: Int) -> Bool {
      choice -= weight
      return choice <= 0
    }
    if falls(on: weights.client) {
      speak(clients[draw(0...clients.count - 1)])
    } else if falls(on: weights.turn) {
      try turn()
    } else if falls(on: weights.journal) {
      try serveJournal()
    } else if falls(on: weights.bench) {
      try serveBench()
    } else if falls(on: weights.clock) {
      clock.advance(micros: Int64(chance(5) ? draw(0...30_000_000) : draw(0...20_000)))
    } else if falls(on: weights.reset) {
      if chance(20) { reset(clients[draw(0...clients.count - 1)]) }
    } else if falls(on: weights.stop) {
      if chance(5) && isLoaded && !isDraining { network.hasTermination = true }
    } else if chance(10) {
      // An operator sets the clock, or a machine wakes up in another month.
      clock.jumpCalendar(micros: chance(50) ? -3_600_000_000 : 30 * 86_400_000_000)
    }
  }

  /// Lets everything that is under way come to its end, and looks at the disk a last time.
  private func settle() throws(Violation) {
    // A watch has no end of its own.
    for observer in observers {
      if let line = observer.line { network.reset(line) }
      observer.disconnect()
    }
    for round in 0..<5_000 {
      network.isHasty = true
      if round == 50 {
        // The operator has made space, or put in a new cable: everything must go on.
        storage.plan([])
      }
      for client in clients where !client.hasEnded {
        if client.line == nil && client.backlog.isEmpty { continue }
        speak(client)
      }
      try turn()
      try serveJournal()
      try serveBench()
      clock.advance(micros: 1_000)
      if isQuiet { break }
    }
    if !isQuiet {
      let waiting = clients.flatMap(\.underWay).first
      throw violation(
        "the server fell silent: \(waiting.map { "\($0.request)".prefix(200) } ?? "a message")"
          + " is not answered")
    }
    for _ in 0..<4 { _ = try examine([storage.crashPoint()]) }
  }

  private var isQuiet: Bool {
    isLoaded && journalOrders.isEmpty && works.isEmpty && answers.isEmpty && !network.isBusy
      && clients.allSatisfy { $0.underWay.isEmpty && $0.backlog.isEmpty }
  }

  // MARK: Clients

  /// A client's turn to say something: to connect, to send again, or to ask anew.
  func speak(_ client: SimulatedClient) {
    guard let line = client.line else {
      client.line = network.connect()
      send(.hello, client)
      return
    }
    if !client.isGreeted && client.underWay.isEmpty { send(.hello, client) }
    guard client.isGreeted, !client.hasEnded else { return }
    for _ in 0..<draw(1...4) where client.underWay.count < plan.pipeline {
      if !client.backlog.isEmpty && (requestsLeft == 0 || chance(80)) {
        tally.resent += 1
        send(client.backlog.removeFirst(), client)
        continue
      }
      if requestsLeft == 0 { return }
      requestsLeft -= 1
      send(requests.next(now: clock.calendarMicros()), client)
    }
    if requestsLeft > 0 && client.underWay.isEmpty && plan.weights.reset > 0 && chance(2) {
      client.hasEnded = true
      network.end(line)
    }
  }

  private func send(_ request: Request, _ client: SimulatedClient) {
    guard let line = client.line else { return }
    tags += 1
    let frame = request.frame(tag: tags)
    client.underWay.append(Operation(request, tag: tags, frameSize: frame.count))
    network.send(frame, on: line)
  }

  /// A client's connection breaks.
  private func reset(_ client: SimulatedClient) {
    guard let line = client.line else { return }
    network.reset(line)
    client.disconnect()
  }
}
