// Requests of arbitrary bytes, executed one after the other by an engine that holds a small shop.

import Models
import Platform
import Scoring
import Wire

/// With an odd first byte the length field of the first frame is made to fit, so that the fuzzer
/// need not find it.
func fuzzRequest(_ choice: UInt8, _ bytes: [UInt8]) {
  var stream = bytes
  if choice & 1 == 1 && stream.count >= FrameHeader.size {
    stream.store(littleEndian: UInt32(clamping: stream.count - 4), at: 0)
    stream.store(littleEndian: 0 as UInt32, at: 20)
  }
  var engine = Engine(SmallShop.parts)
  var twin = Engine(SmallShop.parts)
  var hasCommands = false
  /// Watches go on with whatever comes behind them.
  var watches: [any StreamedAnalysis] = []
  var rest = stream.rawBytes
  while case .frame(let header)? = try? Frame.cut(rest, sizeMax: Limits.frameSizeMax) {
    let frame = rest.extracting(0..<header.frameSize)
    rest = rest.extracting(header.frameSize..<rest.byteCount)
    let sequence = engine.sequence
    if Verb(rawValue: header.verb)?.isCommand == true { hasCommands = true }
    var out = ByteBuffer()
    let outcome = engine.execute(header, frame, at: SmallShop.now, into: &out)
    switch outcome {
    case .changed:
      precondition(engine.sequence == sequence + 1, "a command has the next sequence")
      checkReply(out.bytes, to: header, .ok)
      replay(frame, sequence + 1, on: &twin)
    case .decided:
      precondition(engine.sequence == sequence + 1, "a decision has the next sequence")
      checkReply(out.bytes, to: header, .ok)
      replay(engine.decisionFrame, sequence + 1, on: &twin)
    case .answered, .repeated: checkReply(out.bytes, to: header, .ok)
    case .refused(let status):
      precondition(status != .ok, "a refusal says why")
      checkReply(out.bytes, to: header, status)
    case .asked(let errand):
      precondition(out.bytes.isEmpty, "an errand leaves the outbox alone")
      if header.verb == Verb.tryCatalogue.rawValue { runTrial(errand) }
      if case .scores(let slices) = errand { tell(slices, frame, &engine) }
      if case .stream(var analysis) = errand, let verb = Verb(rawValue: header.verb) {
        // Now and then one that is dropped in the middle.
        advance(&analysis, verb, stepsMax: Int(header.tag % 64) + 1)
        if analysis.waitsForNews && watches.count < 4 { watches.append(analysis) }
      }
    }
    for place in watches.indices where engine.bringNews(to: &watches[place], at: SmallShop.now) {
      advance(&watches[place], .watchCustomers, stepsMax: 9)
    }
    precondition(
      engine.sequence == twin.sequence, "only a command that changes the state is counted")
  }
  guard hasCommands else { return }
  // The twin has seen nothing but the accepted commands, and those as records.
  let hash =
    twin.sequence == SmallShop.sequence ? SmallShop.stateHash : twin.store.stateHash()
  precondition(
    engine.store.stateHash() == hash,
    "what is refused or asked changes nothing, and a record gives the state again")
}

/// A trial is made like a decision, of bytes that anybody sent; the other errands read numbers only.
private func runTrial(_ errand: Errand) {
  guard case .analysis(let trial) = errand else { preconditionFailure("a trial is an analysis") }
  do throws(Refusal) {
    let reply = try trial.run(on: Alone())
    var out = ByteBuffer()
    try reply.write(to: &out)
    var reader = FrameReader(out.bytes)
    let isWhole = (try? TryCatalogueReply(from: &reader)) != nil && reader.remaining == 0
    precondition(isWhole, "a trial's reply can be read")
  } catch {
    precondition(error.status != .ok, "a refusal says why")
  }
}

/// Steps of what is answered in parts: each part can be read, and those of a step are no more than they may be.
private func advance(_ analysis: inout any StreamedAnalysis, _ verb: Verb, stepsMax: Int) {
  for _ in 0..<stepsMax where !analysis.waitsForNews {
    do throws(Refusal) {
      let parts = try analysis.advance(on: Alone())
      let size = parts.bodies.reduce(0) { $0 + $1.count }
      precondition(size <= StreamedParts.sizeMax, "a step has \(size) bytes")
      for body in parts.bodies {
        var reader = FrameReader(body.rawBytes)
        let isWhole = SmallShop.canRead(&reader, of: verb) && reader.remaining == 0
        precondition(isWhole, "a part can be read")
      }
      if parts.isEnd { return }
    } catch {
      precondition(error.status != .ok, "a refusal says why")
      return
    }
  }
}

/// Scores in parts: each part can be read, and together they are as many as were asked for.
private func tell(_ slices: ScoreSlices, _ frame: RawSpan, _ engine: inout Engine) {
  var slices = slices
  while slices.left > 0 {
    let before = slices.left
    var out = ByteBuffer()
    do throws(Refusal) {
      try engine.writePart(of: &slices, frame, while: { before % 3 != 0 }, into: &out)
      var reader = FrameReader(out.bytes)
      let told = try ScoreManyReply(from: &reader).scores.count
      try reader.requireEnd()
      precondition(told == before - slices.left, "a part counts what it tells")
    } catch {
      preconditionFailure("a request that was checked is answered: \(error)")
    }
  }
}

private func replay(_ frame: RawSpan, _ sequence: UInt64, on engine: inout Engine) {
  do throws(SectionError) {
    try engine.replay(sequence: sequence, timeMicros: SmallShop.now, frame: frame)
  } catch {
    preconditionFailure("an accepted command can be replayed: \(error)")
  }
}

/// A reply is one whole frame with the request's verb and tag, and its body reads to its end.
private func checkReply(_ reply: RawSpan, to request: FrameHeader, _ status: Status) {
  guard case .frame(let header)? = try? Frame.cut(reply, sizeMax: Limits.frameSizeMax),
    header.frameSize == reply.byteCount, header.verb == request.verb, header.tag == request.tag,
    header.status == status.rawValue, header.deadlineMillis == 0
  else { preconditionFailure("a reply is one whole frame that answers its request") }
  guard status == .ok else { return check(RefusalReply.self, reply) }
  switch Verb(rawValue: header.verb) {
  case .hello: check(HelloReply.self, reply)
  case .ping: check(PingReply.self, reply)
  case .cancel: check(CancelReply.self, reply)
  case .declareShop: check(Empty.self, reply)
  case .recordOrders, .recordReturns, .recordProfiles, .recordConsents,
    .recordEvents, .recordOrderLines, .recordOutcomes:
    check(RecordReply.self, reply)
  case .adoptPolicy, .keepSegments, .keepQuantiles:
    preconditionFailure("only the server itself keeps what it found")
  case .putCatalogue, .amendOffer: check(CatalogueChangeReply.self, reply)
  case .decide, .explainDecision: check(DecideReply.self, reply)
  case .readCatalogue: check(CatalogueReply.self, reply)
  case .readDecisions: check(DecisionsReply.self, reply)
  case .describeCustomer: check(CustomerReply.self, reply)
  case .consentHistory: check(ConsentHistoryReply.self, reply)
  case .scoreOne: check(ScoreReply.self, reply)
  case .recommend: check(RecommendReply.self, reply)
  case .scoreMany: check(ScoreManyReply.self, reply)
  case .adoptModel, .putBackModel: check(AdoptModelReply.self, reply)
  case .defineSegments: check(DefineSegmentsReply.self, reply)
  default: preconditionFailure("an engine answers no other verbs by itself")
  }
}

private func check<Body: Message>(_ type: Body.Type, _ reply: RawSpan) {
  var reader = FrameReader(reply, from: FrameHeader.size)
  let isWhole = (try? Body(from: &reader)) != nil && reader.remaining == 0
  precondition(isWhole, "a reply's body is what its verb and status promise")
}
