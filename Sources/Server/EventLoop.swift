// The loop: the only owner of the engine and the sessions. One turn is a sentence of stages, and
// every stage is a loop over all sessions that are ready. What a stage does for one session is in
// EventLoop+Requests (execute), EventLoop+Results (tend) and EventLoop+Streams (replies in parts).

package import Durability
package import Platform
package import Scoring
package import Wire

/// What other threads tell the loop.
package enum LoopMessage: Sendable {
  /// The files are read so far, in percent.
  case loading(Int)
  /// The files are read: here is the state.
  case loaded(Engine.Parts, Recovered.Facts)
  /// The files cannot be read.
  case loadingFailed(ServerError)
  /// How far the journal is.
  case journal(JournalNews)
  /// The journal takes nothing any more.
  case diskFailed(DurabilityError)
  /// A fit ended.
  case fitted(Result<FitReply, Refusal>, Requester?)
  /// What offers are worth was learnt anew.
  case refitted(RefitPolicyReply, [AdoptPolicyRequest.Arm], Requester?)
  /// A question was answered, or not.
  case analysed(Result<any Message & Sendable, Refusal>, Requester)
  /// A table was made.
  case tabulated(MadeTable)
  /// A hash was taken.
  case hashed(UInt64, Requester)
  /// A snapshot was written, or not.
  case snapshotWritten(Result<SnapshotResult, DurabilityError>, [Requester])
  /// A reply in parts went on by a step, or ended.
  case streamed(StreamStep, Result<StreamedParts, Refusal>)
  /// A search for segments went on by a step; what it found, once it has ended.
  case swept(SegmentSweep, [SegmentFinding]?)
}

/// Why the loop has ended.
package enum LoopEnd: Sendable {
  /// It was asked to, and everything acknowledged is on disk.
  case drained
  /// It was asked twice.
  case interrupted
  /// The journal failed.
  case diskFailed(DurabilityError)
  /// There was never a state to serve.
  case loadingFailed(ServerError)
}

/// Accepts, reads, executes, commits, tends, writes, goes on with replies in parts, closes; and again.
package struct EventLoop<Network: Transport & ~Copyable>: ~Copyable {
  var network: Network
  /// The owner of the state; whoever drives the loop may look at it between turns.
  package internal(set) var engine: Engine
  let journal: Mailbox<JournalOrder>
  let workbench: Mailbox<Work>
  let scanner: Mailbox<Scan>
  let mailbox: Mailbox<LoopMessage>
  let clock: any Clock
  let snapshotEveryMicros: Int64
  /// Whether the reply to a decision waits until it is on disk.
  let syncsDecisions: Bool
  let startMicros: Int64

  /// How much of the files is read, in percent; nil once the state is here.
  package private(set) var loadingPercent: Int? = 0
  private var recovered: Recovered.Facts?
  var sessions: [Session?] = []
  var connectionCount = 0
  /// Sessions that something happened to in this turn.
  var listed: [Session] = []
  /// Whose queries were gathered, in their sequence, and how many of each.
  var gathered: [(session: Session, count: Int)] = []
  /// The calendar at the beginning of this turn's work, in microseconds since 1970 UTC.
  var turnMicros: Int64 = 0
  /// This turn's commands.
  var batch = RecordBatch()
  /// What its records count against the room granted, in bytes.
  var batchRoom: Int64 = 0
  /// What all records since the start count against the room granted, in bytes.
  var roomUsed: Int64 = 0
  var journalNews = JournalNews(
    acknowledgeable: 0, durable: 0, granted: 0, isFull: false, syncWindowMicros: 0,
    lossWindowMicros: 0, byteCount: 0)
  /// Commands that were refused because the disk was full.
  var spaceRefusalCount: UInt64 = 0
  var snapshots: SnapshotDesk
  var refit: RefitDesk
  var streams = StreamDesk()
  var segments = SegmentDesk()
  var errandCount = 0
  var requestCount: UInt64 = 0
  var refusalCount: UInt64 = 0
  var repeatedCount: UInt64 = 0
  /// When a stopping server gives up on what is under way.
  var drainUntilMicros: Int64?
  private var ready: [Readiness] = []
  /// Why it ends; nil while it goes on.
  package internal(set) var end: LoopEnd?

  /// Makes a loop that waits for its state.
  ///
  /// - Parameters:
  ///   - network: the clients.
  ///   - journal: asked to keep records.
  ///   - workbench: asked to do what takes long.
  ///   - scanner: asked to go on with replies in parts.
  ///   - mailbox: where both answer, and where the state comes from.
  ///   - clock: the time.
  ///   - snapshotEveryMicros: microseconds between snapshots; 0 takes none by the clock.
  ///   - refitEveryMicros: microseconds between fits of the server itself; 0 does none.
  ///   - syncsDecisions: whether the reply to a decision waits until it is on disk.
  package init(
    network: consuming Network, journal: Mailbox<JournalOrder>, workbench: Mailbox<Work>,
    scanner: Mailbox<Scan>, mailbox: Mailbox<LoopMessage>, clock: any Clock,
    snapshotEveryMicros: Int64,
    refitEveryMicros: Int64 = 0, syncsDecisions: Bool = false
  ) {
    self.syncsDecisions = syncsDecisions
    self.network = network
    engine = Engine()
    self.journal = journal
    self.workbench = workbench
    self.scanner = scanner
    self.mailbox = mailbox
    self.clock = clock
    self.snapshotEveryMicros = snapshotEveryMicros
    startMicros = clock.monotonicMicros()
    snapshots = SnapshotDesk(sequence: 0, dueMicros: startMicros + snapshotEveryMicros)
    refit = RefitDesk(everyMicros: refitEveryMicros, dueMicros: startMicros + refitEveryMicros)
  }

  /// Turns until the state is here; until then every request is refused with `loading`.
  ///
  /// - Returns: what was recovered; nil when the loop has ended instead.
  /// - Throws: `SystemError` when the network as a whole fails.
  package mutating func load() throws(SystemError) -> Recovered.Facts? {
    while end == nil && loadingPercent != nil { try turn() }
    return recovered.take()
  }

  /// Executes a command of the server itself, as if a client had sent it.
  ///
  /// - Parameters:
  ///   - verb: a command.
  ///   - message: its body.
  /// - Returns: the refusal's status; nil when it was accepted.
  package mutating func command(_ verb: Verb, _ message: some Message) -> Status? {
    var frame = ByteBuffer()
    var reply = ByteBuffer()
    do throws(Refusal) {
      let mark = Frame.begin(verb: verb.rawValue, tag: 0, in: &frame)
      try message.write(to: &frame)
      Frame.end(mark, in: &frame)
      guard case .frame(let header) = try Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax)
      else { return .badFrame }
      guard hasRoom(forFrame: frame.count) else { return .noSpace }
      switch engine.executeOwn(header, frame.bytes, at: clock.calendarMicros(), into: &reply) {
      case .changed:
        journalise(frame.bytes)
        return nil
      case .refused(let status): return status
      case .answered, .decided, .repeated, .asked: return .unsupportedVerb
      }
    } catch {
      return error.status
    }
  }

  /// Turns until somebody asks the server to end.
  ///
  /// - Returns: why it ended.
  /// - Throws: `SystemError` when the network as a whole fails.
  package mutating func run() throws(SystemError) -> LoopEnd {
    while end == nil { try turn() }
    return end ?? .drained
  }

  /// The state for a last snapshot; nil when the newest one covers it, or there is none.
  package var unsavedStore: Store? {
    loadingPercent == nil && engine.sequence > snapshots.sequence ? engine.store : nil
  }

  /// One pass through the stages.
  ///
  /// - Throws: `SystemError` when the network as a whole fails.
  package mutating func turn() throws(SystemError) {
    try network.wait(timeoutMillis: timeoutMillis(), into: &ready)
    let now = clock.monotonicMicros()
    try accept()
    read(now)
    execute(now)
    commit()
    tend(now)
    write()
    goOnStreaming()
    close(now)
  }

  /// Until the next thing that is due by the clock.
  private func timeoutMillis() -> Int32 {
    if isDrained || listed.contains(where: \.canGoOn) || streams.canGoOn || canKeepSegments {
      return 0
    }
    var due = Int64.max
    // While one is under way its end is an event; the next one's time may have come already.
    if snapshotEveryMicros > 0 && !snapshots.isBusy { due = min(due, snapshots.dueMicros) }
    if refit.everyMicros > 0 && !refit.isRunning { due = min(due, refit.dueMicros) }
    if engine.hasSegmentSearches && !segments.isBusy { due = min(due, segments.dueMicros) }
    if let drainUntilMicros { due = min(due, drainUntilMicros) }
    if streams.isWatching { due = min(due, streams.newsDueMicros) }
    for session in listed { due = min(due, session.lingerUntilMicros ?? Int64.max) }
    guard due != Int64.max else { return -1 }
    return Int32(clamping: max(0, due - clock.monotonicMicros()) / 1000 + 1)
  }

  // MARK: Stages

  private mutating func accept() throws(SystemError) {
    for event in ready where event == .listener {
      while let handle = try network.accept() {
        while sessions.count <= handle.slot { sessions.append(nil) }
        let session = Session(handle)
        sessions[handle.slot] = session
        connectionCount += 1
        if connectionCount > ServerLimits.connectionsMax {
          refuse(
            session,
            Refusal(
              .overloaded,
              "\(ServerLimits.connectionsMax) connections are open already; try again later"))
          session.isClosing = true
        }
      }
    }
  }

  private mutating func read(_ now: Int64) {
    for event in ready {
      guard case .connection(let handle, let isReadable, _, let isHungUp) = event,
        let session = session(handle)
      else { continue }
      list(session)
      if isHungUp {
        // Both directions are gone: nobody is there to read a reply.
        drop(session)
      } else if isReadable && session.wantsBytes {
        receive(session, now)
      }
    }
  }

  private mutating func receive(_ session: Session, _ now: Int64) {
    var room = session.inbox.spare(ServerLimits.receiveSize)
    switch network.receive(session.handle, into: &room) {
    case .bytes(let count):
      session.inbox.commit(count)
      session.receivedMicros = now
      skip(session)
      // A closing connection is read only so that its last reply arrives.
      if session.isClosing { session.inbox.consume(session.inbox.count) }
    case .wouldBlock: break
    case .closed: session.hasEnded = true
    }
  }

  private mutating func execute(_ now: Int64) {
    if listed.isEmpty { return }
    turnMicros = clock.calendarMicros()
    for session in listed where !session.isWaiting && !session.isClosing {
      execute(session, now)
    }
    answerGathered()
  }

  mutating func commit() {
    if batch.isEmpty { return }
    journal.post(.append(batch, room: batchRoom))
    batch = RecordBatch()
    batchRoom = 0
  }

  private mutating func tend(_ now: Int64) {
    for event in ready {
      switch event {
      case .mailbox:
        for message in mailbox.takeAll() { tend(message, now) }
      case .termination:
        if drainUntilMicros != nil {
          end = .interrupted
        } else {
          beginToDrain(now)
        }
      default: break
      }
    }
    tendSegments(now)
    // What the results made of commands (a fit is adopted) goes to the journal in the same turn.
    commit()
    tendSnapshots(now)
    tendRefit(now)
    if let job = engine.tableJob() { workbench.post(.table(job)) }
    if end == nil, isDrained || now >= drainUntilMicros ?? Int64.max {
      if journalNews.acknowledgeable == engine.sequence { end = .drained }
    }
  }

  /// Whether a stopping server has nothing left to do.
  private var isDrained: Bool {
    drainUntilMicros != nil && connectionCount == 0
      && journalNews.acknowledgeable == engine.sequence
  }

  /// Lets nobody in any more; what has arrived is still answered.
  private mutating func beginToDrain(_ now: Int64) {
    network.stopAccepting()
    drainUntilMicros = now + ServerLimits.drainMicros
    for case let session? in sessions {
      refuseStream(of: session, .shuttingDown, "the server is stopping; ask again in a moment")
      if session.wantsBytes { receive(session, now) }
      session.hasMore = !session.inbox.isEmpty
      list(session)
    }
  }

  private mutating func tend(_ message: LoopMessage, _ now: Int64) {
    switch message {
    case .loading(let percent): loadingPercent = percent
    case .loaded(let parts, let recovered):
      engine = Engine(parts)
      snapshots.sequence = recovered.snapshotSequence
      snapshots.sizeBytes = recovered.snapshotBytes
      self.recovered = recovered
      loadingPercent = nil
    case .loadingFailed(let error): end = .loadingFailed(error)
    case .journal(let news):
      journalNews = news
      // Any session may hold replies, or commands, that were waiting for this.
      for case let session? in sessions where !session.outbox.isEmpty || session.awaitsRoom {
        session.awaitsRoom = false
        list(session)
      }
    case .diskFailed(let error): end = .diskFailed(error)
    case .fitted(let result, .some(let requester)): deliver(result, to: requester, now)
    case .fitted(let result, .none): finishRefit(result)
    case .refitted(let reply, let arms, .some(let requester)):
      deliver(reply, arms, to: requester)
    case .refitted(_, let arms, .none): finishRefit(arms)
    case .analysed(let result, let requester): deliver(result, to: requester)
    case .tabulated(let made): engine.keep(made)
    case .hashed(let hash, let requester): deliver(hash: hash, to: requester)
    case .snapshotWritten(let result, let requesters): deliver(result, to: requesters, now)
    case .streamed(let step, let parts): deliver(step, parts)
    case .swept(let sweep, let found): deliver(sweep, found)
    }
  }

  private mutating func write() {
    for session in listed {
      var count = session.sendableCount(durable: journalNews.acknowledgeable)
      while count > 0 {
        let outcome = session.send(count, over: &network)
        guard case .bytes(let sent) = outcome else {
          if outcome == .closed { drop(session) }
          break
        }
        count -= sent
      }
    }
  }

  /// Closes who is done, and says for the others what to wake up for.
  private mutating func close(_ now: Int64) {
    var kept: [Session] = []
    for session in listed {
      session.isListed = false
      guard self.session(session.handle) === session else { continue }
      let isServed =
        session.outbox.isEmpty && !session.isWaiting && !session.hasMore && session.stream == nil
      let isDraining = drainUntilMicros != nil
      if isServed && (session.hasEnded || isDraining) {
        drop(session)
        continue
      }
      if isServed && session.isClosing {
        let until = session.lingerUntilMicros ?? now + ServerLimits.lingerMicros
        if now >= until {
          drop(session)
          continue
        }
        session.lingerUntilMicros = until
      }
      if session.inbox.isEmpty { session.inbox.shrink(to: ServerLimits.receiveSize) }
      var interest: Interest = []
      if session.wantsBytes { interest.insert(.read) }
      if session.sendableCount(durable: journalNews.acknowledgeable) > 0 { interest.insert(.write) }
      network.setInterest(interest, of: session.handle)
      // On the list for the next turn stay those for whom no event will come.
      if session.canGoOn || session.lingerUntilMicros != nil {
        session.isListed = true
        kept.append(session)
      }
    }
    listed = kept
  }

  // MARK: Sessions

  func session(_ handle: ConnectionHandle) -> Session? {
    guard handle.slot < sessions.count, let session = sessions[handle.slot],
      session.handle == handle
    else { return nil }
    return session
  }

  mutating func list(_ session: Session) {
    if session.isListed { return }
    session.isListed = true
    listed.append(session)
  }

  private mutating func drop(_ session: Session) {
    guard self.session(session.handle) === session else { return }
    network.close(session.handle)
    forgetStream(of: session)
    forgetBatch(of: session)
    sessions[session.handle.slot] = nil
    connectionCount -= 1
    session.isClosing = true
    session.hasMore = false
  }
}
