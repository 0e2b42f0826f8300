// The stage «execute» for one session: frames out of its inbox, through the engine, replies into
// its outbox, commands into the turn's batch.

import Durability
import Platform
import Scoring
import Wire

extension EventLoop where Network: ~Copyable {
  /// Executes what has arrived, up to the turn's share.
  mutating func execute(_ session: Session, _ now: Int64) {
    session.hasMore = false
    var (executed, asked) = (0, 0)
    let began = clock.monotonicMicros()
    while !session.isWaiting && !session.isClosing {
      if session.stream != nil {
        // The next request waits for the reply's end, unless it asks for it.
        guard endIfCancelled(session) else { return }
      }
      if gather(session, &asked) { continue }
      do throws(Refusal) {
        guard case .frame(let header) = try session.cut() else {
          try admitBatch(session)
          return
        }
        guard header.status == 0 else {
          throw Refusal(.badFrame, at: 6, "the status of a request must be 0")
        }
        guard
          executed < ServerLimits.framesPerTurnMax && asked < ServerLimits.queriesPerTurnMax
            && session.outbox.count <= ServerLimits.outboxSizeMax
            && clock.monotonicMicros() - began < ServerLimits.workPerTurnMicros
        else {
          // Others first; what is left waits for the next turn, or until replies were read.
          session.hasMore = true
          return
        }
        if engine.gatheredCount > 0 {
          // What was gathered is answered before anything else happens, and in its place; then there is
          // room for more queries.
          answerGathered()
          continue
        }
        if mustAwaitRoom(header, session) {
          session.hasMore = true
          session.awaitsRoom = true
          return
        }
        executed += 1
        execute(header, of: session, now)
        finish(header, of: session)
      } catch {
        // The stream cannot be trusted any more.
        answerGathered()
        refuse(session, error)
        session.isClosing = true
        session.inbox.consume(session.inbox.count)
      }
    }
  }

  /// Takes queries from the front of an inbox, to be answered together with those of other sessions.
  ///
  /// - Returns: whether there were any.
  private mutating func gather(_ session: Session, _ asked: inout Int) -> Bool {
    guard session.isGreeted && loadingPercent == nil && drainUntilMicros == nil else {
      return false
    }
    let room = min(
      ServerLimits.queriesPerTurnMax - asked,
      (ServerLimits.outboxSizeMax - session.outbox.count) / Engine.gatheredReplySizeMax)
    let taken = engine.gather(session.inbox.bytes, countMax: max(0, room), at: turnMicros)
    if taken.count == 0 { return false }
    session.inbox.consume(taken.size)
    gathered.append((session, taken.count))
    requestCount += UInt64(taken.count)
    asked += taken.count
    return true
  }

  /// Answers what was gathered.
  mutating func answerGathered() {
    engine.answerGathered()
    var first = 0
    for (session, count) in gathered {
      engine.writeGathered(first..<(first + count), into: &session.outbox)
      first += count
    }
    engine.forgetGathered()
    gathered.removeAll(keepingCapacity: true)
  }

  private mutating func execute(_ header: FrameHeader, of session: Session, _ now: Int64) {
    requestCount += 1
    if let refusal = objection(to: header, of: session, now) {
      refuse(session, refusal, header)
      if refusal.status.closes { session.isClosing = true }
      return
    }
    let position = session.writePosition
    let outcome = engine.execute(
      header, session.inbox.prefix(header.frameSize),
      at: clock.calendarMicros(), into: &session.outbox)
    switch outcome {
    case .answered:
      if header.verb == Verb.hello.rawValue { session.isGreeted = true }
    case .changed:
      journalise(session.inbox.prefix(header.frameSize))
      session.hold(from: position, until: engine.sequence)
    case .decided:
      journaliseDecision()
      // Its receipt carries what an outcome needs, so the reply need not wait for the disk.
      if syncsDecisions { session.hold(from: position, until: engine.sequence) }
    case .repeated where header.verb == Verb.decide.rawValue && !syncsDecisions:
      repeatedCount += 1
    case .repeated:
      // The command itself may not be on disk yet.
      repeatedCount += 1
      session.hold(from: position, until: engine.sequence)
    case .refused(let status):
      refusalCount += 1
      if status.closes { session.isClosing = true }
    case .asked(let errand):
      let requester = Requester(
        connection: session.handle, verb: header.verb, tag: header.tag, startMicros: now)
      begin(errand, for: requester, session)
    }
  }

  /// Why a request is not even given to the engine.
  private mutating func objection(
    to header: FrameHeader, of session: Session, _ now: Int64
  ) -> Refusal? {
    if let loadingPercent {
      return Refusal(
        .loading, "LOADING \(loadingPercent) %: the server reads its files; ask again soon")
    }
    if !session.isGreeted && header.verb != Verb.hello.rawValue {
      return Refusal(
        .helloRequired, at: 4, "the first request of a connection must be a hello")
    }
    if drainUntilMicros != nil {
      return Refusal(.shuttingDown, "the server is stopping; connect again in a moment")
    }
    let waitedMillis = (now - session.receivedMicros) / 1000
    if header.deadlineMillis > 0 && waitedMillis >= Int64(header.deadlineMillis) {
      return Refusal(
        .deadlineExceeded, at: 16,
        "the request waited \(waitedMillis) ms, the deadline was \(header.deadlineMillis) ms")
    }
    if needsRoom(header) && (journalNews.isStuck || !hasRoom(forFrame: recordSizeMax(header))) {
      spaceRefusalCount += 1
      return Refusal(
        .noSpace, "the disk is full: queries go on, commands do when there is space again")
    }
    return nil
  }

  /// Whether a request has to wait a moment: the journal is about to grant more room.
  private func mustAwaitRoom(_ header: FrameHeader, _ session: Session) -> Bool {
    loadingPercent == nil && drainUntilMicros == nil && session.isGreeted && !journalNews.isFull
      && needsRoom(header) && !hasRoom(forFrame: recordSizeMax(header))
  }

  /// Bytes of the frame that a request's record has at most.
  private func recordSizeMax(_ header: FrameHeader) -> Int {
    header.verb == Verb.decide.rawValue ? Limits.decisionSizeMax : header.frameSize
  }

  private func needsRoom(_ header: FrameHeader) -> Bool {
    Verb(rawValue: header.verb)?.isCommand == true
  }

  /// Whether the record of a frame fits into the room the journal has granted.
  func hasRoom(forFrame size: Int) -> Bool {
    journalNews.granted - roomUsed >= ServerLimits.journalRoom(frameSize: size)
  }

  /// Adds the command that was just executed to the turn's batch.
  mutating func journalise(_ frame: RawSpan) {
    if !batch.hasRoom(payloadBytes: frame.byteCount) { commit() }
    let room = ServerLimits.journalRoom(frameSize: frame.byteCount)
    roomUsed += room
    batchRoom += room
    batch.append(sequence: engine.sequence, time: engine.timeMicros, payload: frame)
  }

  /// Adds the decision that was just made to the turn's batch: as it was decided, not as it was asked.
  private mutating func journaliseDecision() {
    let size = engine.decisionFrame.byteCount
    if !batch.hasRoom(payloadBytes: size) { commit() }
    let room = ServerLimits.journalRoom(frameSize: size)
    roomUsed += room
    batchRoom += room
    batch.append(
      sequence: engine.sequence, time: engine.timeMicros, payload: engine.decisionFrame)
  }

  /// Writes a refusal that the engine did not write.
  mutating func refuse(_ session: Session, _ refusal: Refusal, _ header: FrameHeader? = nil) {
    refusalCount += 1
    Frame.refuse(refusal, verb: header?.verb ?? 0, tag: header?.tag ?? 0, in: &session.outbox)
    list(session)
  }
}
