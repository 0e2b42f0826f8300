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
    observe()
    let delivered = deliver()
    do throws(SystemError) {
      try server?.loop.turn()
    } catch {
      throw violation("the loop failed: \(error)")
    }
    try takeOrders()
    listed = listed.filter(\.goesOn)
    let events = network.events
    let stop = events.firstIndex { if case .stoppedAccepting = $0 { true } else { false } }
    follow(events[..<(stop ?? events.endIndex)])
    for client in listed where client.line != nil { try execute(client) }
    for message in delivered { try tend(message) }
    try keepSegments()
    if let stop { drain(events[stop...]) }
    tendSnapshots()
    if let stray = accepted.first {
      throw violation(
        "the server executed verb \(stray.verb) as command \(stray.sequence), unasked")
    }
    // Before the replies are taken: whether one waits decides which sessions the loop lists.
    try compareReplies()
    try compareObserved()
    for case .closed(let line) in network.events { client(on: line)?.disconnect() }
    switch server?.loop.end {
    case nil: break
    case .drained?:
      try self.stop()
      return
    default:
      // A disk that cannot sync ends the server; recovery is the cure.
      guard storage.faultCount > faultsBefore else {
        throw violation("the server has ended on a good disk")
      }
      try restart(from: storage.crashPoint())
      return
    }
    try declareShop()
  }

  /// What the loop was told of connections, and took from them.
  private func follow(_ events: ArraySlice<SimulatedNetwork.Event>) {
    for event in events {
      switch event {
      case .told(let line, _): if let client = client(on: line) { list(client) }
      case .received(let line, let count): client(on: line)?.inboxCount += count
      case .sawEnd, .closed, .stoppedAccepting: break
      }
    }
  }

  /// The server was asked to stop: it takes what has arrived, and refuses it in its next turn.
  private func drain(_ events: ArraySlice<SimulatedNetwork.Event>) {
    tell("asked to stop")
    isDraining = true
    follow(events)
    for client in connected where network.slot(of: client.line ?? 0) != nil {
      client.hasMore = client.inboxCount > 0
      list(client)
    }
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

  private func list(_ client: SimulatedClient) {
    if !listed.contains(where: { $0 === client }) { listed.append(client) }
  }

  // MARK: What the loop gave away

  /// Takes what the loop asked of its helpers, and reads from it which commands were executed.
  private func takeOrders() throws(Violation) {
    hasRolled = false
    for order in server?.journalOrders.takeAll() ?? [] {
      journalOrders.append(order)
      if case .roll = order { hasRolled = true }
      guard case .append(let batch, _) = order else { continue }
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
      if mutant == .acknowledgesBeforeSync, var news = latestNews {
        news.acknowledgeable = batch.lastSequence
        latestNews = news
        answers.append(.journal(news))
      }
    }
    // The shop's declaration was executed between the turns.
    if let first = accepted.first, first.tag == 0, first.verb == Verb.declareShop.rawValue {
      accepted.removeFirst()
      try replay(first)
    }
    works += server?.works.takeAll() ?? []
  }

  // MARK: Stage «execute»

  /// Executes a client's frames that have arrived whole, up to the turn's share.
  private func execute(_ client: SimulatedClient) throws(Violation) {
    client.hasMore = false
    var count = 0
    while client.executed < client.underWay.count, !client.waitsForErrand {
      let operation = client.underWay[client.executed]
      guard client.inboxCount >= operation.frameSize else { return }
      if count == ServerLimits.framesPerTurnMax {
        client.hasMore = true
        return
      }
      if isLoaded, !isDraining, lacksRoom(operation), news?.isFull == false {
        client.hasMore = true
        client.awaitsRoom = true
        return
      }
      count += 1
      client.inboxCount -= operation.frameSize
      client.executed += 1
      try execute(operation, of: client)
    }
  }

  /// Whether it is a command, and the journal has not granted enough room for it.
  private func lacksRoom(_ operation: Operation) -> Bool {
    needsRoom(operation) && !hasRoom(recordSizeMax(operation))
  }

  private func needsRoom(_ operation: Operation) -> Bool {
    Verb(rawValue: operation.request.verb)?.isCommand == true
  }

  /// A decision's record is another one than its request, and not known yet.
  private func recordSizeMax(_ operation: Operation) -> Int {
    operation.request.verb == Verb.decide.rawValue ? Limits.decisionSizeMax : operation.frameSize
  }

  private func hasRoom(_ frameSize: Int) -> Bool {
    (news?.granted ?? 0) - roomUsed >= Self.room(frameSize)
  }

  /// What a command counts against the room granted.
  private static func room(_ frameSize: Int) -> Int64 { Int64(frameSize) + 64 }

  private func execute(
    _ operation: Operation, of client: SimulatedClient
  ) throws(Violation) {
    let request = operation.request
    if !isLoaded {
      operation.expected = .refused(.loading)
    } else if isDraining {
      operation.expected = .refused(.shuttingDown)
    } else if lacksRoom(operation) || (news?.isStuck == true && needsRoom(operation)) {
      operation.expected = .refused(.noSpace)
    } else if request.isCommand {
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
    if plan.offers {
      var status = StatusReply()
      shadow.describe(in: &status)
      facts.customers = Int(status.customers)
    }
    facts.durableSequence = news?.durable ?? 0
    facts.snapshotSequence = snapshotSequence
    facts.repeated = repeatedCount
    return facts
  }

  private func command(_ operation: Operation) throws(Violation) -> Answer {
    if case .decide(let request) = operation.request { return try decide(request, operation) }
    if let earlier = model.earlier(operation.request) {
      operation.sequence = earlier.sequence
      if earlier.sequence != nil { repeatedCount += 1 }
      return earlier.answer
    }
    let objection = model.objection(to: operation.request)
    guard let next = accepted.first, next.tag == operation.tag else {
      if let objection { return .refused(objection) }
      if operation.request.isAboutOffers { return .declined }
      throw violation("the server did not execute a command it must accept")
    }
    accepted.removeFirst()
    if let objection {
      throw violation("the server executed a command that must be refused: \(objection.name)")
    }
    return try apply(operation.request, as: next, of: operation)
  }

  /// Applies a command which the server has executed.
  func apply(
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
    if plan.offers { records.append((record.timeMicros, record.frame)) }
    roomUsed += Self.room(record.frame.count)
    if record.endsBatch { hashes[record.sequence] = shadow.store.stateHash() }
  }

  /// Begins what is done beside the loop; nil where the answer comes later.
  private func errand(_ operation: Operation, of client: SimulatedClient) -> Answer? {
    if case .fit(let request) = operation.request, let status = model.objection(to: request) {
      return .refused(status)
    }
    if case .report(let request) = operation.request, let status = model.objection(to: request) {
      return .refused(status)
    }
    if errands.count + snapshotErrands.count >= ServerLimits.errandsMax {
      return .refused(.overloaded)
    }
    var hash: UInt64 = 0
    if case .status = operation.request { hash = shadow.store.stateHash() }
    let errand = Errand(
      client: client, operation: operation, sequence: model.sequence, hash: hash,
      generation: model.generation, newestOrderDay: Int32(model.newestOrderDay))
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
  private func tend(_ message: LoopMessage) throws(Violation) {
    switch message {
    case .loaded(_, let facts):
      isLoaded = true
      snapshotSequence = facts.snapshotSequence
    case .journal(let news):
      self.news = news
      for client in connected where client.hasReplies || client.awaitsRoom {
        client.awaitsRoom = false
        list(client)
      }
    // Nobody asked for it, and it changes no answer that is compared.
    case .tabulated: break
    case .hashed:
      let errand = errands.removeFirst()
      var facts = statusFacts()
      facts.stateHash = errand.hash
      finish(errand, .status(model.status(facts)))
    case .fitted(let result, _):
      let errand = errands.removeFirst()
      finish(errand, try fitted(result, errand.operation))
    case .analysed(let result, _):
      let errand = errands.removeFirst()
      switch result {
      case .success:
        finish(
          errand, .reported(generation: errand.generation, asOfDay: errand.newestOrderDay))
      case .failure(let refusal): finish(errand, .refused(refusal.status))
      }
    case .snapshotWritten(let result, let requesters):
      try snapshotWritten(result, count: requesters.count)
    // Nobody in here asks for a refit of offers; parts are for observers.
    case .loading, .loadingFailed, .diskFailed, .refitted, .streamed, .swept: break
    }
  }

  /// Takes the commands by which the server keeps what it found of segments.
  private func keepSegments() throws(Violation) {
    while let next = accepted.first, next.tag == 0,
      next.verb == Verb.keepSegments.rawValue || next.verb == Verb.keepQuantiles.rawValue
    {
      accepted.removeFirst()
      var reader = FrameReader(next.frame.rawBytes, from: FrameHeader.size)
      let kept =
        next.verb == Verb.keepSegments.rawValue ? try? KeepSegmentsRequest(from: &reader) : nil
      _ = try apply(.keptSegments(kept), as: next, of: nil)
      tally.kept += 1
      if kept?.customers.isEmpty == false, let contradiction = model.segments.contradiction {
        throw violation("a search was kept: \(contradiction)")
      }
    }
  }

  /// Clients that are connected, in the order of the server's table.
  private var connected: [SimulatedClient] {
    clients.filter { $0.line != nil }.sorted {
      (slot(of: $0), $0.number) < (slot(of: $1), $1.number)
    }
  }

  private func slot(of client: SimulatedClient) -> Int {
    client.line.flatMap { network.slot(of: $0) } ?? .max
  }

  private func fitted(
    _ result: Result<FitReply, Refusal>, _ operation: Operation
  ) throws(Violation) -> Answer {
    switch result {
    case .failure(let refusal): return .refused(refusal.status)
    case .success(let report):
      guard let next = accepted.first, next.tag == 0 else { return .refused(.taskFailed) }
      accepted.removeFirst()
      _ = try apply(
        .adopt(AdoptModelRequest(model: report.model)), as: next, of: operation)
      return .fitted(generation: model.generation)
    }
  }

  private func snapshotWritten(
    _ result: Result<SnapshotResult, DurabilityError>, count: Int
  ) throws(Violation) {
    let covered = snapshotsUnderWay.removeFirst()
    isSnapshotBusy = false
    switch result {
    case .success(let done):
      guard done.sequence == covered else {
        throw violation("snapshot \(done) covers another record")
      }
      tally.snapshots += 1
      snapshotSequence = covered
    case .failure(let error):
      tell("snapshot \(covered) failed: \(error)")
      if storage.faultCount == 0 { throw violation("a snapshot failed on a good disk: \(error)") }
    }
    for _ in 0..<count {
      let errand = snapshotErrands.removeFirst()
      if case .success = result {
        finish(errand, .snapshot(from: errand.sequence))
      } else {
        finish(errand, .refused(.taskFailed))
      }
    }
  }

  /// Whoever asked for a snapshot has it when nothing is new; otherwise one may have been chosen.
  private func tendSnapshots() {
    if hasRolled { isSnapshotBusy = true }
    if isSnapshotBusy || !isLoaded || model.sequence > snapshotSequence { return }
    for errand in snapshotErrands { finish(errand, .snapshot(from: errand.sequence)) }
    snapshotErrands = []
  }

  private func finish(_ errand: Errand, _ answer: Answer) {
    errand.operation.expected = answer
    let client = errand.client
    // The connection that asked may be gone, and the client have another one.
    guard client.underWay.contains(where: { $0 === errand.operation }) else { return }
    client.waitsForErrand = false
    client.hasMore = client.inboxCount > 0
    list(client)
  }

  // MARK: Between turns

  /// Declares the time zone as PatronServer does, once the state is there and has none; where there
  /// is no room for it, somebody tries again.
  private func declareShop() throws(Violation) {
    guard isLoaded, model.zone == nil else { return }
    if let status = server?.loop.command(.declareShop, plan.zone) {
      if storage.faultCount == 0 { throw violation("a new shop is not declared: \(status.name)") }
      return
    }
    _ = model.apply(.declare(plan.zone), at: clock.calendarMicros())
    history.append(Executed(request: .declare(plan.zone), timeMicros: model.timeMicros))
    tally.commands += 1
  }

  // MARK: The helpers' steps

  /// The journal's thread takes what waits for it, if it is woken now.
  func serveJournal() throws(Violation) {
    let timeout = server?.worker.timeoutMillis ?? -1
    if journalOrders.isEmpty && (timeout < 0 || (timeout > 0 && !chance(10))) { return }
    var count = journalOrders.count
    if !network.isHasty && count > 0 && chance(30) { count = draw(1...count) }
    _ = try serveJournal(count: count)
  }

  /// The journal's thread takes the oldest orders.
  ///
  /// - Returns: whether that was this server's end.
  func serveJournal(count: Int) throws(Violation) -> Bool {
    let orders = [JournalOrder](journalOrders.prefix(count))
    journalOrders.removeFirst(count)
    tell("the journal serves \(orders.count) orders, \(acknowledgedSequence) acknowledged")
    var failure: DurabilityError?
    do throws(DurabilityError) {
      _ = try server?.worker.serve(orders)
    } catch {
      failure = error
    }
    if try gather(failure) { return true }
    boundLoss()
    return false
  }

  /// What the journal has promised to have made durable by the end of its step.
  private func boundLoss() {
    guard let latestNews else { return }
    let now = clock.monotonicMicros()
    if latestNews.acknowledgeable > written.last?.sequence ?? 0 {
      written.append((now, latestNews.acknowledgeable))
    }
    durableBound = max(durableBound, latestNews.durable)
    while let first = written.first, first.micros + plan.journal.syncWindowMicros <= now {
      durableBound = max(durableBound, first.sequence)
      written.removeFirst()
    }
  }

  /// The workbench does the next piece of work.
  ///
  /// - Returns: whether that was this server's end.
  @discardableResult
  func serveBench() throws(Violation) -> Bool {
    serveScanner()
    if works.isEmpty { return false }
    let work = works.removeFirst()
    if case .snapshot(let store, _) = work {
      snapshotsUnderWay.append(store.sequence)
      tell("the workbench writes snapshot \(store.sequence)")
      if mutant == .dropsJournalEarly { Mutant.dropJournal(on: storage) }
    }
    _ = server?.bench.serve([work])
    return try gather(nil)
  }

  /// The scanner goes on by the steps that wait.
  private func serveScanner() {
    let scans = server?.scans.takeAll() ?? []
    if scans.isEmpty { return }
    _ = server?.scanner.serve(scans)
    takeAnswers()
  }

  /// Takes the answers of whoever has just stepped, and crashes wherever he called the disk.
  ///
  /// - Returns: whether life went on from a crash.
  private func gather(_ failure: DurabilityError?) throws(Violation) -> Bool {
    takeAnswers()
    let points = storage.takeCrashPoints()
    if let failure { tell("the journal failed: \(failure)") }
    try examine(points)
    if let failure {
      guard storage.faultCount > faultsBefore else {
        throw violation("the journal failed on a good disk: \(failure)")
      }
      try restart(from: storage.crashPoint())
      return true
    }
    for point in points
    where Int.random(in: 1...plan.crashesPerRestart, using: &crashGenerator) == 1 {
      try restart(from: point)
      return true
    }
    return false
  }

  /// Takes what journal and workbench have to say to the loop.
  func takeAnswers() {
    for answer in server?.answers.takeAll() ?? [] {
      guard case .journal(var news) = answer else {
        answers.append(answer)
        continue
      }
      if !plan.crashes, news.durable > batchEnds.last?.sequence ?? 0 {
        batchEnds.append((storage.lastWriteEnd, news.durable))
      }
      if mutant == .acknowledgesBeforeSync {
        news.acknowledgeable = max(news.acknowledgeable, latestNews?.acknowledgeable ?? 0)
      }
      latestNews = news
      answers.append(.journal(news))
    }
  }
}
