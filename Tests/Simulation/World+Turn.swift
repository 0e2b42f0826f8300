// The server's turn, and beside it the model's: which frames the loop executes in it, in which
// order, and what must come of each. The loop's order is its listed sessions' order; that the
// commands really came in it is checked against what it gave to the journal.

import Durability
import Platform
import Scoring
import Server
import Support
import Wire

extension World {
  /// One turn of the loop, held against the model.
  func turn() throws(Violation) {
    let delivered = deliver()
    do throws(SystemError) {
      try server?.loop.turn()
    } catch {
      throw violation("the loop failed: \(error)")
    }
    try takeOrders()
    var listed = goingOn
    for event in network.events {
      switch event {
      case .told(let line, _): list(line, &listed)
      case .received(let line, let count): client(on: line)?.inboxCount += count
      case .sawEnd, .closed: break
      }
    }
    var hasMore: [Int] = []
    for client in listed where client.line != nil {
      if try execute(client) { hasMore.append(client.number) }
    }
    for message in delivered {
      guard let done = try tend(message) else { continue }
      if !listed.contains(where: { $0 === done }) { listed.append(done) }
      if done.inboxCount > 0 { hasMore.append(done.number) }
    }
    goingOn = listed.filter { hasMore.contains($0.number) }
    if let stray = accepted.first {
      throw violation(
        "the server executed verb \(stray.verb) as command \(stray.sequence), unasked")
    }
    try compareReplies()
    for case .closed(let line) in network.events { client(on: line)?.disconnect() }
    declareShop()
  }

  /// Carries answers of journal and workbench to the loop; sometimes late.
  private func deliver() -> [LoopMessage] {
    var count = answers.count
    if !network.isHasty && count > 0 { count = chance(75) ? draw(1...count) : 0 }
    let delivered = [LoopMessage](answers.prefix(count))
    answers.removeFirst(count)
    for message in delivered { server?.loopMailbox.post(message) }
    network.hasMail = count > 0
    return delivered
  }

  private func client(on line: Int) -> SimulatedClient? { clients.first { $0.line == line } }

  private func list(_ line: Int, _ listed: inout [SimulatedClient]) {
    guard let client = client(on: line), !listed.contains(where: { $0 === client }) else { return }
    listed.append(client)
  }

  // MARK: What the loop gave away

  /// Takes what the loop asked of its helpers, and reads from it which commands were executed.
  private func takeOrders() throws(Violation) {
    for order in server?.journalOrders.takeAll() ?? [] {
      journalOrders.append(order)
      guard case .append(let batch) = order else { continue }
      batch.forEachRecord { sequence, timeMicros, payload in
        let header = try? Frame.cut(payload, sizeMax: Limits.frameSizeMax)
        guard case .frame(let header)? = header else { return }
        var frame: [UInt8] = []
        frame.append(bytes: payload)
        accepted.append(
          Accepted(
            tag: header.tag, verb: header.verb, sequence: sequence, timeMicros: timeMicros,
            frame: frame, endsBatch: sequence == batch.lastSequence))
      }
      if mutant == .acknowledgesBeforeSync { answers.append(.durable(batch.lastSequence)) }
    }
    // The shop's declaration was executed between the turns.
    if let first = accepted.first, first.tag == 0, first.verb == Verb.declareShop.rawValue {
      accepted.removeFirst()
      try replay(first)
    }
    works += server?.works.takeAll() ?? []
  }

  // MARK: Stage «execute»

  /// Executes a client's frames that have arrived whole.
  ///
  /// - Returns: whether the turn's share was used up before them.
  private func execute(_ client: SimulatedClient) throws(Violation) -> Bool {
    var count = 0
    while client.executed < client.underWay.count, !client.waitsForErrand {
      let operation = client.underWay[client.executed]
      guard client.inboxCount >= operation.frameSize else { return false }
      if count == ServerLimits.framesPerTurnMax { return true }
      count += 1
      client.inboxCount -= operation.frameSize
      client.executed += 1
      try execute(operation, of: client)
    }
    return false
  }

  private func execute(
    _ operation: Operation, of client: SimulatedClient
  ) throws(Violation) {
    guard isLoaded else {
      operation.expected = .unavailable
      return
    }
    let request = operation.request
    if request.isCommand {
      operation.expected = try command(operation)
    } else if request.isErrand {
      operation.expected = errand(operation, of: client)
    } else {
      operation.expected = model.answer(
        to: request, at: clock.calendarMicros(), server: statusFacts())
    }
  }

  private func statusFacts() -> StatusFacts {
    var facts = StatusFacts()
    facts.durableSequence = durableSequence
    facts.snapshotSequence = snapshotSequence
    return facts
  }

  private func command(_ operation: Operation) throws(Violation) -> Answer {
    let objection = model.objection(to: operation.request)
    guard let next = accepted.first, next.tag == operation.tag else {
      if let objection { return .refused(objection) }
      if storage.faultCount == 0 {
        throw violation("the server did not execute a command it must accept")
      }
      return .unavailable
    }
    accepted.removeFirst()
    if let objection {
      throw violation("the server executed a command that must be refused: \(objection.name)")
    }
    return try apply(operation.request, as: next, of: operation)
  }

  /// Applies a command which the server has executed.
  private func apply(
    _ request: Request, as record: Accepted, of operation: Operation?
  ) throws(Violation) -> Answer {
    let answer = model.apply(request, at: clock.calendarMicros())
    guard record.sequence == model.sequence, record.timeMicros == model.timeMicros else {
      throw violation(
        "record \(record.sequence) at \(record.timeMicros), must be \(model.sequence) at "
          + "\(model.timeMicros)")
    }
    try replay(record)
    operation?.sequence = record.sequence
    history.append(Executed(request: request, timeMicros: model.timeMicros))
    tally.commands += 1
    return answer
  }

  /// Replays a record as a recovery would, and remembers the state where one may end.
  private func replay(_ record: Accepted) throws(Violation) {
    do throws(SectionError) {
      try shadow.replay(
        sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.rawBytes)
    } catch {
      throw violation("a replay fails: \(error)")
    }
    if record.endsBatch { hashes[record.sequence] = shadow.store.stateHash() }
  }

  /// Begins what is done beside the loop; nil where the answer comes later.
  private func errand(_ operation: Operation, of client: SimulatedClient) -> Answer? {
    if case .fit(let request) = operation.request, let status = model.objection(to: request) {
      return .refused(status)
    }
    if errands.count + snapshotErrands.count >= ServerLimits.errandsMax {
      return .refused(.overloaded)
    }
    var hash: UInt64 = 0
    if case .status = operation.request { hash = shadow.store.stateHash() }
    let errand = Errand(
      client: client, operation: operation, sequence: model.sequence, hash: hash)
    if case .snapshot = operation.request {
      snapshotErrands.append(errand)
    } else {
      errands.append(errand)
    }
    client.waitsForErrand = true
    return nil
  }

  // MARK: Stage «tend»

  /// What an answer of the journal or the workbench changes.
  ///
  /// - Returns: the client whose errand is done.
  private func tend(_ message: LoopMessage) throws(Violation) -> SimulatedClient? {
    switch message {
    case .loaded(_, let recovered):
      isLoaded = true
      durableSequence = model.sequence
      snapshotSequence = recovered.snapshotSequence
    case .durable(let sequence): durableSequence = sequence
    case .hashed:
      let errand = errands.removeFirst()
      var facts = statusFacts()
      facts.stateHash = errand.hash
      return finish(errand, .status(model.status(facts)))
    case .fitted(let result, _):
      return finish(errands[0], try fitted(result, errands.removeFirst().operation))
    case .snapshotWritten(let result, let requesters):
      return try snapshotWritten(result, count: requesters.count)
    case .loading, .loadingFailed, .journalFailed: break
    }
    return nil
  }

  private func fitted(
    _ result: Result<FitReply, Refusal>, _ operation: Operation
  ) throws(Violation) -> Answer {
    switch result {
    case .failure(let refusal): return .refused(refusal.status)
    case .success(let report):
      guard let next = accepted.first, next.tag == 0 else { return .refused(.taskFailed) }
      accepted.removeFirst()
      _ = try apply(.adopt(report.model), as: next, of: operation)
      return .fitted(generation: model.generation)
    }
  }

  private func snapshotWritten(
    _ result: Result<SnapshotResult, DurabilityError>, count: Int
  ) throws(Violation) -> SimulatedClient? {
    let covered = snapshotsUnderWay.removeFirst()
    switch result {
    case .success:
      tally.snapshots += 1
      snapshotSequence = covered
    case .failure(let error):
      tell("snapshot \(covered) failed: \(error)")
      if storage.faultCount == 0 { throw violation("a snapshot failed on a good disk: \(error)") }
    }
    var last: SimulatedClient?
    for _ in 0..<count {
      let errand = snapshotErrands.removeFirst()
      let answer: Answer
      if case .success = result {
        answer = .snapshot(from: errand.sequence)
      } else {
        answer = .refused(.taskFailed)
      }
      let client = finish(errand, answer)
      // At most one of them has said more meanwhile.
      if client?.inboxCount ?? 0 > 0 { last = client }
    }
    return last
  }

  private func finish(_ errand: Errand, _ answer: Answer) -> SimulatedClient? {
    errand.operation.expected = answer
    // The connection that asked may be gone, and the client have another one.
    guard errand.client.underWay.contains(where: { $0 === errand.operation }) else { return nil }
    errand.client.waitsForErrand = false
    return errand.client
  }

  // MARK: Between turns

  /// Declares the time zone as PatronServer does, once the state is there and has none.
  private func declareShop() {
    guard isLoaded, model.sequence == 0, model.zone == nil else { return }
    let refused = server?.loop.command(.declareShop, plan.zone)
    precondition(refused == nil, "a new shop takes its time zone")
    _ = model.apply(.declare(plan.zone), at: clock.calendarMicros())
    history.append(Executed(request: .declare(plan.zone), timeMicros: model.timeMicros))
    tally.commands += 1
  }

  // MARK: The helpers' steps

  /// The journal's thread takes what waits for it.
  func serveJournal() throws(Violation) {
    if journalOrders.isEmpty { return }
    var count = journalOrders.count
    if !network.isHasty && chance(30) { count = draw(1...count) }
    let orders = [JournalOrder](journalOrders.prefix(count))
    journalOrders.removeFirst(count)
    tell("the journal serves \(orders.count) orders, \(acknowledgedSequence) acknowledged")
    var failure: DurabilityError?
    do throws(DurabilityError) {
      _ = try server?.worker.serve(orders)
    } catch {
      failure = error
    }
    try gather(failure)
  }

  /// The workbench does the next piece of work.
  func serveBench() throws(Violation) {
    if works.isEmpty { return }
    let work = works.removeFirst()
    if case .snapshot(let store, _) = work {
      snapshotsUnderWay.append(store.sequence)
      tell("the workbench writes snapshot \(store.sequence)")
      if mutant == .dropsJournalEarly { Mutant.dropJournal(on: storage) }
    }
    _ = server?.bench.serve([work])
    try gather(nil)
  }

  /// Takes the answers of whoever has just stepped, and crashes wherever he called the disk.
  private func gather(_ failure: DurabilityError?) throws(Violation) {
    for answer in server?.answers.takeAll() ?? [] {
      if !plan.crashes, case .durable(let sequence) = answer {
        batchEnds.append((storage.files.values.map(\.count).max() ?? 0, sequence))
      }
      if mutant == .acknowledgesBeforeSync, case .durable = answer { continue }
      answers.append(answer)
    }
    let points = storage.takeCrashPoints()
    if let failure { tell("the journal failed: \(failure)") }
    try examine(points)
    if let failure {
      guard storage.faultCount > faultsBefore else {
        throw violation("the journal failed on a good disk: \(failure)")
      }
      try restart(from: storage.crashPoint())
      return
    }
    for point in points
    where Int.random(in: 1...plan.crashesPerRestart, using: &crashGenerator) == 1 {
      try restart(from: point)
      return
    }
  }
}
