// What is told of decisions: the reply to decide, explain decision, read decisions.

import Offers
import Policies
import Wire

extension Engine {
  /// Writes the reply to a decision that is remembered: its receipt, what was told, and why.
  func writeReply(
    to place: DecisionPlace, explains: Bool, _ out: inout ByteBuffer
  ) throws(Refusal) {
    try store.offering.withBody(of: place) { bytes throws(Refusal) in
      try writeReply(to: place, try DecisionBody(bytes), explains: explains, &out)
    }
  }

  /// Writes the reply to a decision whose body is at hand.
  func writeReply(
    to place: DecisionPlace, _ body: borrowing DecisionBody, explains: Bool,
    _ out: inout ByteBuffer
  ) throws(Refusal) {
    store.offering.writeReceipt(of: place, body, to: &out)
    out.append(bytes: body.bytes.extracting(body.told))
    let shelf = explains ? store.offering.shelf(ofVersion: body.catalogue) : nil
    try Self.writeReasons(body.bytes, explains: explains, on: shelf, &out)
  }

  /// Writes the reply to a dry run, whose record lies on the desk.
  func writeReply(
    explains: Bool, on shelf: OfferShelf, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let bytes = desk.recordBytes
    out.append(sentence: "")
    out.append(bytes: bytes.extracting(desk.told))
    try Self.writeReasons(
      bytes.extracting(droppingFirst: FrameHeader.size), explains: explains, on: shelf, &out)
  }

  func explainDecision(_ body: inout FrameReader, _ out: inout ByteBuffer) throws(Refusal) {
    let at = body.offset
    let text = try body.readLongName("decision")
    try body.requireEnd()
    guard let receipt = Receipt(text) else {
      throw Refusal(.unknownDecision, at: at, "this is no receipt of a decision; copy it whole")
    }
    guard let place = decision(receipt.key) else {
      throw Refusal(
        .unknownDecision, at: at,
        "the decision is not remembered: it is too old, or a crash took it; outcomes can still be "
          + "recorded")
    }
    try writeReply(to: place, explains: true, &out)
  }

  private static func writeReasons(
    _ body: RawSpan, explains: Bool, on shelf: OfferShelf?, _ out: inout ByteBuffer
  ) throws(Refusal) {
    guard explains else {
      for _ in 0..<3 { out.append(UInt32(0)) }
      return
    }
    var reader = FrameReader(body)
    let record = try DecisionRecord(from: &reader)
    // A snapshot may have been forged: nothing is looked up where it is not.
    let shelf = shelf.flatMap {
      $0.catalogue.offers.count == record.told.reasons.count ? $0 : nil
    }
    var reply = DecideReply(decision: "", told: record.told)
    var candidates: [Int: DecisionCandidate] = [:]
    for candidate in record.candidates { candidates[Int(candidate.place)] = candidate }
    let reasons = reasons(of: record, candidates)
    for (place, code) in record.told.reasons.enumerated() {
      var reason = reasons[place]
      if let shelf, reason?.isWithin(shelf.catalogue) == false { reason = nil }
      let candidate = candidates[place]
      reply.offers.append(
        ExplainedOffer(
          offer: shelf?.catalogue.words[place].id ?? "offer \(place)", reason: code,
          score: candidate.map { Double($0.score) } ?? .nan,
          propensity: candidate.map { Double($0.propensity) } ?? 0,
          staff: shelf.flatMap { shelf in
            reason.map { Explanation.staff($0, of: place, in: shelf.catalogue) }
          } ?? "The catalogue of that time is not kept any more.",
          customer: shelf.flatMap { shelf in
            reason.map { Explanation.customer($0, of: place, in: shelf.catalogue) }
          } ?? ""))
    }
    let names = shelf.map { Features.names(of: $0.catalogue) } ?? Features.names
    for (choice, chosen) in record.chosen.enumerated() {
      reply.scores.append(chosen.score)
      for one in chosen.contributions {
        let feature = Int(one.feature)
        reply.features.append(
          ExplainedFeature(
            choice: UInt8(choice),
            feature: feature < names.count ? names[feature] : "feature \(feature)",
            amount: one.amount))
      }
      reply.features.append(
        ExplainedFeature(choice: UInt8(choice), feature: "rest", amount: chosen.rest))
    }
    try reply.writeReasons(to: &out)
  }

  /// The reasons as they were told, with the ranks, which follow from the scores.
  private static func reasons(
    of record: DecisionRecord, _ candidates: [Int: DecisionCandidate]
  ) -> [Reason?] {
    let told = record.told.reasons.enumerated().map { place, code in
      Reason(
        code: code, detail: place < record.details.count ? record.details[place] : [],
        candidate: candidates[place])
    }
    var ranked = told.map { $0 ?? .notInPlacement }
    Reason.findRanks(
      in: &ranked, scores: ranked.indices.map { candidates[$0].map { Double($0.score) } ?? .nan },
      last: record.told.choices.last?.score ?? 0)
    return zip(told, ranked).map { $0 == nil ? nil : $1 }
  }

  // MARK: The log

  /// Bytes of a page of decisions: a frame holds it, with one more row.
  private static let pageSizeMax = Limits.frameSizeMax - 4_096

  func readDecisions(_ body: inout FrameReader, _ out: inout ByteBuffer) throws(Refusal) {
    let request = try ReadDecisionsRequest(from: &body)
    try body.requireEnd()
    let shelf = try requireShelf()
    let offering = store.offering
    var names = Features.names(of: shelf.catalogue)
    while names.count < Features.count { names.append("unused_\(names.count)") }
    let start = out.count
    let total = offering.decisionCount
    out.append(total)
    out.append(total)
    out.append(UInt8(names.count))
    for name in names { out.append(name: name) }
    let countAt = out.count
    var count: UInt32 = 0
    out.append(count)
    var place = offering.oldest
    var next = total
    while offering.holds(place) {
      let number = offering.field(UInt64.self, DecisionHead.number, of: place)
      if number >= request.from {
        guard count < request.most, out.count - start < Self.pageSizeMax else {
          next = number
          break
        }
        try store.logged(place, number, shelf).write(to: &out)
        count += 1
      }
      place = offering.place(after: place)
    }
    out.patch(next, at: start)
    out.patch(count, at: countAt)
  }
}

extension Reason {
  /// Whether what it refers to is there.
  fileprivate func isWithin(_ catalogue: Catalogue) -> Bool {
    switch self {
    case .holdout(let place): catalogue.holdouts.indices.contains(place)
    case .cap(let place, _): catalogue.caps.indices.contains(place)
    case .exclusive(let place): catalogue.offers.indices.contains(place)
    case .budget(_, _, _, let campaign): campaign < catalogue.campaigns.count
    default: true
    }
  }
}

extension DecisionDesk {
  /// The record of the last decision; empty before the first.
  var recordBytes: RawSpan {
    @_lifetime(borrow self)
    get { record.bytes }
  }
}

extension Offering {
  /// Appends the receipt of a decision.
  func writeReceipt(
    of place: DecisionPlace, _ body: borrowing DecisionBody, to out: inout ByteBuffer
  ) {
    let writer = ReceiptWriter(
      key: body.key, timeMicros: body.timeMicros, catalogue: body.catalogue,
      channel: body.channel, choiceCount: body.choiceCount, to: &out)
    if let first = field(Link.self, DecisionHead.firstContact, of: place).number {
      for number in first..<first + UInt32(body.choiceCount) {
        let entry = contacts[number]
        writer.append(
          Receipt.Choice(
            account: entry.account, liabilityMinor: entry.liabilityMinor,
            counts: entry.flags & ContactEntry.counts != 0), to: &out)
      }
    }
    writer.end(body.customer, to: &out)
  }
}

extension Store {
  /// A decision with what came of it so far.
  fileprivate func logged(
    _ place: DecisionPlace, _ number: UInt64, _ shelf: OfferShelf
  ) throws(Refusal) -> LoggedDecision {
    let state = offering.state(of: place)
    return try offering.withBody(of: place) { bytes throws(Refusal) in
      var reader = FrameReader(bytes)
      let record = try DecisionRecord(from: &reader)
      let placements = offering.shelf(ofVersion: record.told.catalogue)?.catalogue.placements
      let placement = Int(record.placement)
      return LoggedDecision(
        number: number, customer: record.customer, timeMicros: record.told.timeMicros,
        placement: placements.flatMap { placement < $0.count ? $0[placement].name : nil } ?? "",
        channel: record.channel, action: record.told.choices.first?.offer ?? "",
        propensity: record.told.choices.first?.propensity ?? record.told.propensity,
        state: state.rawValue,
        outcome: state == .learnt
          ? offering.field(Double.self, DecisionHead.margin, of: place)
            - offering.field(Double.self, DecisionHead.cost, of: place) : 0,
        features: record.features)
    }
  }
}
