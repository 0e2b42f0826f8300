// The stage «tend» in detail: errands go to the workbench, results come back as replies, and
// snapshots are taken when they are due.

import Durability
import Platform
import Scoring
import Wire

/// What is wanted and under way in the way of snapshots.
struct SnapshotDesk {
  /// The last record the newest snapshot covers.
  var sequence: UInt64
  /// Its size, and how much of that the last one to be written had to write.
  var sizeBytes: UInt64 = 0
  var writtenBytes: UInt64 = 0
  /// When the next one is due by the clock, in monotonic microseconds.
  var dueMicros: Int64
  /// Clients that asked for one; the next to begin answers them all.
  var requesters: [Requester] = []
  /// A state that waits until its last record is durable, and who asked for it.
  var chosen: (store: Store, requesters: [Requester])?
  /// Whether the workbench writes one now.
  var isWriting = false

  /// Whether the next one has to wait.
  var isBusy: Bool { chosen != nil || isWriting }
}

extension EventLoop where Network: ~Copyable {
  // MARK: Errands

  /// Has an errand done elsewhere; the session waits for its reply.
  mutating func begin(_ errand: Errand, for requester: Requester, _ session: Session) {
    if case .status(withStateHash: false) = errand {
      reply(to: requester, status(hash: 0))
      return
    }
    switch errand {
    case .stream(let analysis): return beginStream(for: requester, session, analysis: analysis)
    case .scores(let slices): return beginStream(for: requester, session, scores: slices)
    default: break
    }
    guard errandCount < ServerLimits.errandsMax else {
      refuse(requester, Refusal(.overloaded, "too many long tasks wait already; ask again later"))
      return
    }
    errandCount += 1
    session.isWaiting = true
    switch errand {
    case .status: workbench.post(.hash(engine.store, for: requester))
    case .fit(let job): workbench.post(.fit(job, for: requester))
    case .refitPolicy(let job): workbench.post(.refitPolicy(job, for: requester))
    case .analysis(let analysis): workbench.post(.analysis(analysis, for: requester))
    case .snapshot: snapshots.requesters.append(requester)
    case .stream, .scores: break
    }
  }

  // MARK: Results

  mutating func deliver(
    _ result: Result<FitReply, Refusal>, to requester: Requester, _ now: Int64
  ) {
    finishErrand(requester)
    switch result {
    case .success(var report):
      report.seconds = Double(now - requester.startMicros) / 1e6
      if report.holdout != nil {
        reply(to: requester, report)
        return
      }
      // Journalled as decided: the record holds the parameters, not the wish for a fit.
      if let status = command(.adoptModel, AdoptModelRequest(model: report.model)) {
        refuse(
          requester,
          Refusal(.taskFailed, "the fitted parameters were not adopted: \(status.name)"))
        return
      }
      report.generation = engine.generation
      let position = session(requester.connection)?.writePosition ?? 0
      reply(to: requester, report)
      session(requester.connection)?.hold(from: position, until: engine.sequence)
    case .failure(let refusal):
      refuse(requester, refusal)
    }
  }

  mutating func deliver(
    _ result: Result<any Message & Sendable, Refusal>, to requester: Requester
  ) {
    finishErrand(requester)
    switch result {
    case .success(let message): reply(to: requester, message)
    case .failure(let refusal): refuse(requester, refusal)
    }
  }

  mutating func deliver(
    _ found: RefitPolicyReply, _ arms: [AdoptPolicyRequest.Arm], to requester: Requester
  ) {
    finishErrand(requester)
    guard !arms.isEmpty else {
      reply(to: requester, found)
      return
    }
    if let status = command(.adoptPolicy, AdoptPolicyRequest(arms: arms)) {
      refuse(
        requester, Refusal(.taskFailed, "the offers' values were not adopted: \(status.name)"))
      return
    }
    let position = session(requester.connection)?.writePosition ?? 0
    reply(to: requester, found)
    session(requester.connection)?.hold(from: position, until: engine.sequence)
  }

  mutating func deliver(hash: UInt64, to requester: Requester) {
    finishErrand(requester)
    reply(to: requester, status(hash: hash))
  }

  mutating func deliver(
    _ result: Result<SnapshotResult, DurabilityError>, to requesters: [Requester], _ now: Int64
  ) {
    snapshots.isWriting = false
    for requester in requesters { finishErrand(requester) }
    switch result {
    case .success(let done):
      snapshots.sequence = done.sequence
      snapshots.sizeBytes = done.sizeBytes
      snapshots.writtenBytes = done.writtenBytes
      journal.post(.measure)
      for requester in requesters {
        reply(
          to: requester,
          SnapshotReply(
            sequence: done.sequence, sizeBytes: done.sizeBytes,
            seconds: Double(now - requester.startMicros) / 1e6))
      }
    case .failure(let error):
      for requester in requesters {
        refuse(requester, Refusal(.taskFailed, "the snapshot failed: \(error)"))
      }
      // What names and bytes are on disk is not known any more, so nothing can be built on them.
      switch error {
      case .system(let cause) where cause.call.contains("sync"),
        .outOfSpace(let cause) where cause.call.contains("sync"):
        end = .diskFailed(error)
      default: break
      }
    }
  }

  private mutating func finishErrand(_ requester: Requester) {
    errandCount -= 1
    guard let session = session(requester.connection) else { return }
    session.isWaiting = false
    // What the client sent meanwhile waits in its inbox; no event will tell of it.
    session.hasMore = !session.inbox.isEmpty
    list(session)
  }

  private mutating func reply(to requester: Requester, _ message: some Message) {
    guard let session = session(requester.connection) else { return }
    let mark = Frame.begin(verb: requester.verb, tag: requester.tag, in: &session.outbox)
    do throws(Refusal) {
      try message.write(to: &session.outbox)
      Frame.end(mark, in: &session.outbox)
    } catch {
      session.outbox.truncate(to: mark)
      refuse(requester, error)
    }
    list(session)
  }

  mutating func refuse(_ requester: Requester, _ refusal: Refusal) {
    refusalCount += 1
    guard let session = session(requester.connection) else { return }
    Frame.refuse(refusal, verb: requester.verb, tag: requester.tag, in: &session.outbox)
    list(session)
  }

  private func status(hash: UInt64) -> StatusReply {
    var reply = StatusReply()
    engine.describe(in: &reply)
    reply.stateHash = hash
    reply.durableSequence = journalNews.durable
    reply.snapshotSequence = snapshots.sequence
    reply.uptimeMicros = clock.monotonicMicros() - startMicros
    reply.requests = requestCount
    reply.refusals = refusalCount
    reply.repeated = repeatedCount
    reply.syncWindowMicros = journalNews.syncWindowMicros
    reply.lossWindowMicros = journalNews.lossWindowMicros
    reply.isOutOfSpace = journalNews.isFull
    reply.refusedForSpace = spaceRefusalCount
    reply.journalBytes = UInt64(journalNews.byteCount)
    reply.snapshotBytes = snapshots.sizeBytes
    reply.snapshotWrittenBytes = snapshots.writtenBytes
    reply.connections = UInt32(connectionCount)
    reply.repliesInParts = UInt32(clamping: streams.count)
    reply.residentBytes = UInt64((try? ProcessFacts.residentBytes()) ?? 0)
    return reply
  }

  // MARK: Snapshots

  /// Chooses a state when one is wanted, and has it written once all of it is durable.
  mutating func tendSnapshots(_ now: Int64) {
    if !snapshots.isBusy {
      let isDue = snapshotEveryMicros > 0 && now >= snapshots.dueMicros
      if isDue { snapshots.dueMicros = now + snapshotEveryMicros }
      let isNews = engine.sequence > snapshots.sequence
      if !isNews { answerWithPresentSnapshot(now) }
      if isNews && (isDue || !snapshots.requesters.isEmpty) {
        snapshots.chosen = (engine.store, snapshots.requesters)
        snapshots.requesters = []
        // The journal goes on in a new segment, so that the one before can go.
        commit()
        journal.post(.roll)
      }
    }
    if let chosen = snapshots.chosen, chosen.store.sequence <= journalNews.durable {
      snapshots.chosen = nil
      snapshots.isWriting = true
      workbench.post(.snapshot(chosen.store, for: chosen.requesters))
    }
  }

  /// Nothing has changed since the newest one: whoever asked has it.
  private mutating func answerWithPresentSnapshot(_ now: Int64) {
    if snapshots.requesters.isEmpty { return }
    let present = SnapshotResult(
      sequence: snapshots.sequence, sizeBytes: snapshots.sizeBytes,
      writtenBytes: snapshots.writtenBytes)
    let requesters = snapshots.requesters
    snapshots.requesters = []
    deliver(.success(present), to: requesters, now)
  }
}
