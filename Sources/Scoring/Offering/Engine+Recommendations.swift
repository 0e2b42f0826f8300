// The query recommend, one at a time: a whole decision that takes the best, of which nothing is kept.
// Many at a time are in Engine+RecommendedTogether.

import Offers
import Wire

extension Engine {
  mutating func recommend(
    _ body: inout FrameReader, at timeMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let at = body.offset
    let head = try RecommendHead(from: &body)
    try readCategories(&body)
    let shelf = try requireShelf()
    let ownMissing = try readFeatures(
      schema: head.schema, missing: head.missing, at: at + 6, &body, shelf)
    try body.requireEnd()
    let placement = try self.placement(head.placement, at: at + 18, shelf)
    let moment = try moment(at: timeMicros)
    let question = DecisionQuestion(
      key: .none, placement: placement, channel: head.channel, flags: head.flags.union(.greedy),
      top: head.top, basketMinor: head.basketMinor, lines: head.lines, ownMissing: ownMissing,
      check: 0)
    try recommend(head.customer, question, moment, shelf, at: at + 18, &out)
  }

  /// Decides for one customer, of whom categories and own features lie on the desk, and writes the body of
  /// the reply.
  ///
  /// - Parameters:
  ///   - customer: the identifier.
  ///   - question: what is asked.
  ///   - moment: now.
  ///   - shelf: the catalogue.
  ///   - at: the placement's offset in the request.
  ///   - out: the outbox.
  /// - Throws: `invalidField` with the offset, when the catalogue has no such placement.
  mutating func recommend(
    _ customer: RawSpan, _ question: DecisionQuestion, _ moment: Moment, _ shelf: OfferShelf,
    at: Int, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let request = DecisionRequest(
      placement: question.placement, channel: question.channel.inCatalogue, moment: moment,
      hash: 0, top: Int(question.top), explores: false)
    lookUpTables()
    store.know(row(of: customer), question, moment, shelf, &desk)
    store.judge(question, moment, shelf, &desk)
    let decision = try desk.decide(request, for: customer, on: shelf, at: at)
    desk.writeRecommendation(
      decision, asOf: moment.today, generation: store.generation, on: shelf, to: &out)
  }
}

extension DecisionDesk {
  /// Writes what lies on the desk as the body of a reply to recommend.
  fileprivate func writeRecommendation(
    _ decision: Decision, asOf day: Int32, generation: UInt32, on shelf: OfferShelf,
    to out: inout ByteBuffer
  ) {
    var flags = self.flags
    if decision.isHeldOut { flags.insert(.heldOut) }
    if decision.isFallback { flags.insert(.fallback) }
    out.append(flags.intersection(RecommendReply.flagsTold).rawValue)
    out.append(segment.rawValue)
    out.append(UInt8(workspace.choices.count))
    out.append(generation)
    out.append(decision.version)
    out.append(day)
    out.append(scores.alive)
    out.append(scores.churn)
    out.append(scores.expectedOrders)
    out.append(scores.expectedSpend)
    out.append(scores.lifetimeValue)
    for place in workspace.choices.indices {
      let choice = workspace.choices[place]
      let identifier = shelf.identifiers[choice.offer]
      out.append(choice.score)
      out.append(estimates[choice.offer].uplift)
      out.append(UInt8(identifier.count))
      out.append(bytes: identifier.rawSpan)
    }
  }
}
