// Bytes as a stream of frames, and as the body of a message of every kind.

import Platform
import Wire

/// The first byte says of which message the others are the body; they are a stream as well.
func fuzzFrame(_ choice: UInt8, _ bytes: [UInt8]) {
  cutAll(bytes.rawBytes, sizeMax: Limits.helloSizeMax)
  cutAll(bytes.rawBytes, sizeMax: Limits.frameSizeMax)
  cutRequest(bytes.rawBytes)
  readFields(bytes.rawBytes)
  let trips = FuzzMessages.trips
  _ = trips[Int(choice) % trips.count](bytes)
}

private func cutAll(_ bytes: RawSpan, sizeMax: Int) {
  var rest = bytes
  while case .frame(let header)? = try? Frame.cut(rest, sizeMax: sizeMax) {
    precondition(
      header.frameSize >= FrameHeader.size && header.frameSize <= min(rest.byteCount, sizeMax),
      "a frame that is cut lies within the stream and its limit")
    let shorter = try? Frame.cut(rest.extracting(0..<header.frameSize - 1), sizeMax: sizeMax)
    precondition(shorter == .incomplete, "a frame without its last byte is not yet whole")
    rest = rest.extracting(header.frameSize..<rest.byteCount)
  }
}

/// A request is cut as its verb allows, and never before its verb is known.
private func cutRequest(_ bytes: RawSpan) {
  guard let cut = try? Frame.cutRequest(bytes) else { return }
  if case .frame(let header) = cut {
    precondition(
      header.frameSize <= Frame.sizeMax(ofRequest: header.verb),
      "a request has no more bytes than its verb may")
  }
  if let long = try? Frame.batchHeader(bytes) {
    precondition(
      long.verb == Verb.scoreMany.rawValue && long.frameSize > Limits.frameSizeMax,
      "only one verb may have more bytes than the others")
  }
}

/// Reads fields whose kinds the bytes themselves choose.
private func readFields(_ bytes: RawSpan) {
  var reader = FrameReader(bytes)
  while let kind = try? reader.readUInt8() {
    let before = reader.remaining
    switch kind % 7 {
    case 0: _ = try? reader.read(UInt16.self)
    case 1: _ = try? reader.read(Int64.self)
    case 2: _ = try? reader.readFinite("number")
    case 3:
      let size = (try? reader.readIdentifier("identifier").byteCount) ?? 1
      precondition(size >= 1 && size <= Limits.identifierSizeMax, "an identifier has its size")
    case 4: _ = try? reader.readName("name")
    case 5: _ = try? reader.readSentence("sentence")
    default: _ = try? reader.requireEnd()
    }
    precondition(
      reader.remaining <= before && reader.offset + reader.remaining == bytes.byteCount,
      "a reader goes forward within its bytes")
  }
}

/// Every message, as a function that reads bytes and writes them again.
enum FuzzMessages {
  /// In a fixed order, for the corpus is bound to it: new ones go to the end.
  static let trips: [@Sendable ([UInt8]) -> Bool] = [
    { trip(Empty.self, $0) }, { trip(RefusalReply.self, $0) }, { trip(HelloRequest.self, $0) },
    { trip(HelloReply.self, $0) }, { trip(PingReply.self, $0) }, { trip(SnapshotReply.self, $0) },
    { trip(DeclareShopRequest.self, $0) }, { trip(StatusRequest.self, $0) },
    { trip(StatusReply.self, $0) }, { trip(RecordOrdersRequest.self, $0) },
    { trip(RecordReturnsRequest.self, $0) }, { trip(RecordReply.self, $0) },
    { trip(ScoreOneRequest.self, $0) }, { trip(ScoreManyRequest.self, $0) },
    { trip(ScoreReply.self, $0) }, { trip(ScoreManyReply.self, $0) }, { trip(FitRequest.self, $0) },
    { trip(FitReply.self, $0) }, { trip(AdoptModelRequest.self, $0) },
    { trip(AdoptModelReply.self, $0) }, { trip(PutBackModelRequest.self, $0) },
    { trip(ScoreIntervalRequest.self, $0) }, { trip(ScoreIntervalReply.self, $0) },
    { trip(ForecastRequest.self, $0) }, { trip(ForecastReply.self, $0) },
    { trip(ReportRequest.self, $0) }, { trip(ReportReply.self, $0) },
    { trip(RecordConsentsRequest.self, $0) }, { trip(ConsentHistoryRequest.self, $0) },
    { trip(ConsentHistoryReply.self, $0) }, { trip(RecordProfilesRequest.self, $0) },
    { trip(CustomerRequest.self, $0) }, { trip(CustomerReply.self, $0) },
    { trip(RecordEventsRequest.self, $0) }, { trip(RecordOrderLinesRequest.self, $0) },
    { trip(PutCatalogueRequest.self, $0) }, { trip(AmendOfferRequest.self, $0) },
    { trip(CatalogueChangeReply.self, $0) }, { trip(CatalogueReply.self, $0) },
    { trip(DecideRequest.self, $0) }, { trip(DecideReply.self, $0) },
    { trip(RecommendRequest.self, $0) }, { trip(RecommendReply.self, $0) },
    { trip(DecisionRecord.self, $0) }, { trip(RecordOutcomesRequest.self, $0) },
    { trip(ExplainDecisionRequest.self, $0) }, { trip(ReadDecisionsRequest.self, $0) },
    { trip(DecisionsReply.self, $0) }, { trip(CancelRequest.self, $0) },
    { trip(CancelReply.self, $0) }, { trip(SelectRequest.self, $0) },
    { trip(SelectReply.self, $0) }, { trip(CountRequest.self, $0) }, { trip(CountReply.self, $0) },
    { trip(ReadSegmentsRequest.self, $0) }, { trip(ReadSegmentsReply.self, $0) },
    { trip(WatchRequest.self, $0) }, { trip(WatchReply.self, $0) },
    { trip(DefineSegmentsRequest.self, $0) }, { trip(DefineSegmentsReply.self, $0) },
    { trip(KeepSegmentsRequest.self, $0) }, { trip(KeepQuantilesRequest.self, $0) },
  ]

  /// What can be read can be written, and what was written reads and writes the same.
  ///
  /// Returns whether the bytes are such a message.
  private static func trip<Body: Message>(_ type: Body.Type, _ bytes: [UInt8]) -> Bool {
    var reader = FrameReader(bytes.rawBytes)
    guard let body = try? Body(from: &reader), reader.remaining == 0 else { return false }
    let once = written(body)
    var second = FrameReader(once.bytes)
    guard let again = try? Body(from: &second), second.remaining == 0 else {
      preconditionFailure("what was written can be read")
    }
    precondition(equal(written(again).bytes, once.bytes), "a message is written the same again")
    return true
  }

  private static func written(_ body: some Message) -> ByteBuffer {
    var out = ByteBuffer()
    do throws(Refusal) {
      try body.write(to: &out)
    } catch {
      preconditionFailure("what was read can be written: \(error)")
    }
    return out
  }
}

/// Whether two runs of bytes are the same.
func equal(_ one: RawSpan, _ other: RawSpan) -> Bool {
  guard one.byteCount == other.byteCount else { return false }
  for offset in one.byteOffsets where one.byte(at: offset) != other.byte(at: offset) {
    return false
  }
  return true
}
