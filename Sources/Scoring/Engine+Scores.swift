// The queries: score one, score many and score interval.

import Models
import Wire

extension Engine {
  mutating func scoreOne(
    _ body: inout FrameReader, at nowMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let question = try question(&body, at: nowMicros)
    let customer = try body.readIdentifier("customer")
    try body.requireEnd()
    queries.begin(question)
    queries.append(customer, hash: SipHash.hash(customer, key: indexKey))
    answerQueries()
    writeReplies(to: &out)
  }

  /// Answers a request for many scores, or says what is to be answered in parts.
  mutating func scoreMany(
    _ frame: RawSpan, _ body: inout FrameReader, at nowMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) -> ScoreSlices? {
    let question = try question(&body, at: nowMicros)
    let count = try ScoreManyRequest.readCount(&body)
    var slices = ScoreSlices(question, count: count, offset: body.offset)
    for _ in 0..<count { _ = try body.readIdentifier("customer") }
    try body.requireEnd()
    if !slices.fitsOneFrame { return slices }
    try writePart(of: &slices, frame, while: { true }, into: &out)
    return nil
  }

  /// Reads a request for intervals and finds what they rest on.
  func intervalJob(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> IntervalJob {
    let question = try question(&body, at: nowMicros)
    let level = try ScoreIntervalRequest.readLevel(&body)
    let known = row(of: try body.readIdentifier("customer")).flatMap { number in
      let row = store.customers[number]
      let statistics = store.statistics(of: row, asOf: question.day)
      return statistics.isKnown ? (row, statistics) : nil
    }
    var reply = ScoreIntervalReply()
    reply.generation = store.generation
    reply.asOfDay = Int32(question.day)
    reply.known = known != nil
    return IntervalJob(
      adopted: question.adopted,
      subject: known.map { row, statistics in
        store.subject(
          row, statistics, asOf: question.day, under: question.adopted.model.calibration)
      } ?? ScoreSubject(history: .new),
      horizon: question.horizon, level: level, reply: reply)
  }

  // MARK: Parts

  /// Reads what is asked of every customer and finds what is needed to answer.
  func question(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> ScoreQuestion {
    let at = body.offset
    let fields = try ScoreTermsFields(from: &body)
    guard let adopted = store.model else {
      throw Refusal(.noModel, "no model was adopted yet; fit one or adopt one first")
    }
    guard let calendar = store.calendar else {
      throw Refusal(.notDeclared, "the shop's time zone must be declared first")
    }
    let day = try calendar.day(
      asOf: fields.asOfMicros == 0 ? nowMicros : fields.asOfMicros, at: at)
    do throws(ModelError) {
      let terms = try ScoreTerms(
        horizonDays: fields.horizonDays, discountRatePerYear: fields.discountRate,
        margin: fields.margin)
      let horizon = ScoreHorizon(
        terms, under: adopted.model.calibration, from: Double(day))
      return ScoreQuestion(
        adopted, horizon, tables.tables(horizon, store.generation), day: day,
        generation: store.generation, majorPerMinor: store.majorPerMinor,
        frameCustomersMax: fields.frameCustomersMax)
    } catch {
      throw Refusal(.invalidField, at: at, "\(error)")
    }
  }
}

extension Store {
  /// What a score of a customer rests on.
  ///
  /// - Precondition: the customer is known and the day is not before the last order.
  func subject(
    _ row: CustomerRow, _ statistics: Statistics, asOf day: UInt16, under calibration: Calibration
  ) -> ScoreSubject {
    var subject = ScoreSubject(
      history: statistics.history(asOf: day, in: calibration.clock),
      meanSpend: statistics.meanSpend(majorPerMinor: majorPerMinor))
    if let correction = calibration.correction {
      subject.idleDays = Double(day - statistics.lastDay)
      subject.recent = recentOrders(
        of: row, after: statistics.firstDay, asOf: day, referenceDays: correction.referenceDays)
    }
    return subject
  }
}
