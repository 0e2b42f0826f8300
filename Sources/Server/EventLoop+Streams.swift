// Replies in parts: how they begin, go on as their clients read, and end; and requests so large that only
// a few connections may hold one. The loop keeps what is computed between the steps, so a slow reader
// holds up its own reply and nothing else.

package import Platform
package import Scoring
import Wire

/// A reply in parts that is under way.
struct OpenStream {
  /// Which of the server's.
  let number: UInt64
  let requester: Requester
  /// The loop's own: customers that are left to be scored.
  var scores: ScoreSlices?
  /// What the scanner goes on with; nil while it does.
  var analysis: (any StreamedAnalysis)?

  /// Whether the scanner has it.
  var isAway: Bool { scores == nil && analysis == nil }
}

/// What the loop knows of all of them.
struct StreamDesk {
  /// Those under way, and those that were ended while the scanner had them.
  var count = 0
  /// Connections that may hold a large request.
  var batchCount = 0
  fileprivate var lastNumber: UInt64 = 0
  /// Those that wait for their next step, who waits longest first; some may have ended meanwhile.
  fileprivate var waiting: [(session: Session, number: UInt64)] = []

  /// When those who wait for news are looked after again, in monotonic microseconds.
  fileprivate(set) var newsDueMicros: Int64 = 0

  /// Whether there is something to do without an event that says so.
  var canGoOn: Bool {
    waiting.contains {
      $0.session.stream?.number == $0.number && $0.session.hasStreamRoom
        && $0.session.stream?.analysis?.waitsForNews != true
    }
  }

  /// Whether somebody waits for news.
  var isWatching: Bool {
    waiting.contains { $0.session.stream?.analysis?.waitsForNews == true }
  }
}

extension EventLoop where Network: ~Copyable {
  /// Has an errand done as if a request had asked for it.
  ///
  /// - Parameters:
  ///   - errand: what to do.
  ///   - connection: who asks; nothing is done for one that is gone.
  ///   - verb: of the request.
  ///   - tag: of the request.
  package mutating func begin(
    _ errand: Errand, for connection: ConnectionHandle, verb: UInt16, tag: UInt64
  ) {
    guard let session = session(connection) else { return }
    let requester = Requester(
      connection: connection, verb: verb, tag: tag, startMicros: clock.monotonicMicros())
    begin(errand, for: requester, session)
  }

  /// Begins a reply in parts; the session's later requests wait for its end.
  mutating func beginStream(
    for requester: Requester, _ session: Session, scores: ScoreSlices? = nil,
    analysis: (any StreamedAnalysis)? = nil
  ) {
    guard streams.count < ServerLimits.streamsMax else {
      refuse(
        requester,
        Refusal(.overloaded, "too many replies in parts are under way; ask again later"))
      return
    }
    streams.count += 1
    streams.lastNumber += 1
    session.stream = OpenStream(
      number: streams.lastNumber, requester: requester, scores: scores, analysis: analysis)
    streams.waiting.append((session, streams.lastNumber))
  }

  // MARK: Steps

  /// Asks for the next steps of those whose clients have read enough, and answers one slice of scores.
  ///
  /// One slice in a turn, so that other requests wait no longer for many batches than for one.
  mutating func goOnStreaming() {
    if streams.waiting.isEmpty { return }
    let waiting = streams.waiting
    streams.waiting = []
    var sliced: (session: Session, number: UInt64)?
    let isNewsDue = clock.monotonicMicros() >= streams.newsDueMicros
    for (session, number) in waiting where session.stream?.number == number {
      if !session.hasStreamRoom || (session.stream?.scores != nil && sliced != nil)
        || !hasNews(session, isDue: isNewsDue)
      {
        streams.waiting.append((session, number))
      } else if session.stream?.scores != nil {
        writeSlice(session)
        sliced = (session, number)
      } else if let analysis = session.stream?.analysis.take() {
        scanner.post(
          .step(StreamStep(connection: session.handle, number: number, analysis: consume analysis)))
      }
    }
    // Behind the others.
    if let sliced { streams.waiting.append(sliced) }
  }

  /// Whether a reply can go on: one that waits for news is brought some if it is time.
  private mutating func hasNews(_ session: Session, isDue: Bool) -> Bool {
    guard session.stream?.analysis?.waitsForNews == true else { return true }
    guard isDue, var analysis = session.stream?.analysis.take() else { return false }
    streams.newsDueMicros = clock.monotonicMicros() + ServerLimits.newsMicros
    let isBrought = engine.bringNews(to: &analysis, at: clock.calendarMicros())
    session.stream?.analysis = consume analysis
    return isBrought
  }

  /// Scores customers for as long as a turn may take; together they are a part.
  private mutating func writeSlice(_ session: Session) {
    guard let requester = session.stream?.requester, var scores = session.stream?.scores else {
      return
    }
    let clock = clock
    let until = clock.monotonicMicros() + ServerLimits.workPerTurnMicros
    let mark = Frame.begin(
      verb: requester.verb, status: .more, tag: requester.tag, in: &session.outbox)
    do throws(Refusal) {
      try engine.writePart(
        of: &scores, session.batch.bytes, while: { clock.monotonicMicros() < until },
        into: &session.outbox)
    } catch {
      session.outbox.truncate(to: mark)
      refuse(requester, error)
      endStream(of: session)
      return
    }
    if scores.left == 0 { Frame.patch(.ok, at: mark, in: &session.outbox) }
    Frame.end(mark, in: &session.outbox)
    session.stream?.scores = scores
    if scores.left == 0 { endStream(of: session) }
    list(session)
  }

  /// Takes back what the scanner had, and its parts.
  mutating func deliver(_ step: StreamStep, _ result: Result<StreamedParts, Refusal>) {
    guard let session = session(step.connection), session.stream?.number == step.number,
      let requester = session.stream?.requester
    else {
      // Nobody waits for it any more.
      streams.count -= 1
      return
    }
    session.stream?.analysis = step.analysis
    switch result {
    case .success(let parts):
      for (place, body) in parts.bodies.enumerated() {
        let isLast = parts.isEnd && place == parts.bodies.count - 1
        let mark = Frame.begin(
          verb: requester.verb, status: isLast ? .ok : .more, tag: requester.tag,
          in: &session.outbox)
        session.outbox.append(bytes: body.rawBytes)
        Frame.end(mark, in: &session.outbox)
      }
      if parts.isEnd {
        endStream(of: session)
      } else {
        streams.waiting.append((session, step.number))
      }
    case .failure(let refusal):
      refuse(requester, refusal)
      endStream(of: session)
    }
    list(session)
  }

  // MARK: Ends

  /// Ends the reply under way if that is what the next request asks for.
  ///
  /// - Returns: whether it did.
  mutating func endIfCancelled(_ session: Session) -> Bool {
    guard let requester = session.stream?.requester,
      case .frame(let header)? = try? session.cut(), header.verb == Verb.cancel.rawValue,
      header.status == 0, header.frameSize == Session.cancelSize
    else { return false }
    guard Self.cancelled(by: session.inbox) == requester.tag else { return false }
    requestCount += 1
    refuseStream(of: session, .cancelled, "the reply was ended as its client asked")
    let mark = Frame.begin(verb: header.verb, tag: header.tag, in: &session.outbox)
    CancelReply(wasUnderWay: true).write(to: &session.outbox)
    Frame.end(mark, in: &session.outbox)
    session.inbox.consume(header.frameSize)
    session.hasMore = false
    return true
  }

  /// The tag in a request to cancel, which is the first in an inbox.
  private static func cancelled(by inbox: borrowing ByteBuffer) -> UInt64? {
    var body = FrameReader(inbox.prefix(Session.cancelSize), from: FrameHeader.size)
    return try? CancelRequest(from: &body).request
  }

  /// Ends the reply under way, if there is one, with a refusal.
  mutating func refuseStream(of session: Session, _ status: Status, _ sentence: String) {
    guard let requester = session.stream?.requester else { return }
    refuse(requester, Refusal(status, sentence))
    endStream(of: session)
  }

  /// Forgets the reply whose last frame is in the outbox; the requests behind it have their turn.
  private mutating func endStream(of session: Session) {
    forgetStream(of: session)
    forgetBatch(of: session)
    // What the client sent meanwhile waits in its inbox; no event will tell of it.
    session.hasMore = !session.inbox.isEmpty
    list(session)
  }

  /// Frees what a reply under way has; what the scanner has is freed when it comes back.
  mutating func forgetStream(of session: Session) {
    guard let stream = session.stream else { return }
    if !stream.isAway { streams.count -= 1 }
    session.stream = nil
  }

  // MARK: Large requests

  /// Sees to it that few connections hold a large request; one too many is refused, and its bytes are
  /// passed over as they come.
  mutating func admitBatch(_ session: Session) throws(Refusal) {
    guard session.isGreeted, !session.holdsBatch,
      let header = try Self.batchHeader(session.inbox)
    else { return }
    if streams.batchCount < ServerLimits.batchesMax {
      streams.batchCount += 1
      session.holdsBatch = true
      return
    }
    // In its place among the replies.
    answerGathered()
    requestCount += 1
    refuse(
      session,
      Refusal(
        .overloaded,
        "\(ServerLimits.batchesMax) requests beyond \(Limits.frameSizeMax) bytes are under way; "
          + "ask again later or send smaller ones"), header)
    session.skipCount = header.frameSize
    skip(session)
  }

  private static func batchHeader(
    _ inbox: borrowing ByteBuffer
  ) throws(Refusal) -> FrameHeader? {
    try Frame.batchHeader(inbox.bytes)
  }

  /// Passes over bytes of a request that was refused before they were here.
  mutating func skip(_ session: Session) {
    let passed = min(session.skipCount, session.inbox.count)
    session.inbox.consume(passed)
    session.skipCount -= passed
  }

  /// Takes the request that was executed out of the inbox, and keeps it if its reply needs it.
  mutating func finish(_ header: FrameHeader, of session: Session) {
    let isNeeded = session.stream?.scores != nil
    if !isNeeded && header.frameSize <= Limits.frameSizeMax {
      session.inbox.consume(header.frameSize)
      return
    }
    // A large one leaves with its memory.
    session.keepFrame(header.frameSize)
    if !isNeeded { forgetBatch(of: session) }
  }

  /// Frees the memory of a request that was answered.
  mutating func forgetBatch(of session: Session) {
    session.forgetFrame()
    guard session.holdsBatch else { return }
    session.holdsBatch = false
    streams.batchCount -= 1
  }
}
