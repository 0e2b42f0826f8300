// The queries: score one, score many and score interval.

import Models
import Wire

extension Engine {
  func scoreOne(
    _ body: inout FrameReader, at nowMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let question = try question(&body, at: nowMicros)
    let customer = try body.readIdentifier("customer")
    try body.requireEnd()
    var (reply, subject) = subject(customer, question)
    let score = question.adopted.model.score(subject, question.horizon)
    reply.take(score, spendKnown: question.adopted.spendKnown)
    reply.write(to: &out)
  }

  func scoreMany(
    _ body: inout FrameReader, at nowMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let question = try question(&body, at: nowMicros)
    let at = body.offset
    let count = try ScoreManyRequest.readCount(&body)
    guard count <= question.customersMax else {
      throw Refusal(
        .invalidField, at: at,
        "\(count) customers are asked for, with this horizon it must be at most "
          + "\(question.customersMax)")
    }
    var names = body
    for _ in 0..<count { _ = try body.readIdentifier("customer") }
    try body.requireEnd()

    var replies: [ScoreReply] = []
    var subjects: [ScoreSubject] = []
    replies.reserveCapacity(count)
    subjects.reserveCapacity(count)
    for _ in 0..<count {
      let (reply, subject) = subject(try names.readIdentifier("customer"), question)
      replies.append(reply)
      subjects.append(subject)
    }
    let scores = question.adopted.score(subjects, question.horizon)
    ScoreManyReply.writeHead(count: count, to: &out)
    for number in 0..<count {
      replies[number].take(scores[number], spendKnown: question.adopted.spendKnown)
      replies[number].write(to: &out)
    }
  }

  /// Reads a request for intervals and finds what they rest on.
  func intervalJob(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> IntervalJob {
    let question = try question(&body, at: nowMicros)
    let level = try ScoreIntervalRequest.readLevel(&body)
    let (known, subject) = subject(try body.readIdentifier("customer"), question)
    var reply = ScoreIntervalReply()
    reply.generation = known.generation
    reply.asOfDay = known.asOfDay
    reply.known = known.known
    return IntervalJob(
      adopted: question.adopted, subject: subject, horizon: question.horizon, level: level,
      reply: reply)
  }

  // MARK: Parts

  private struct Question {
    let adopted: AdoptedModel
    let horizon: ScoreHorizon
    let day: UInt16
    let majorPerMinor: Double
    let customersMax: Int
  }

  /// Reads what is asked of every customer and finds what is needed to answer.
  private func question(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> Question {
    let at = body.offset
    let fields = try ScoreTermsFields(from: &body)
    guard let adopted = store.model else {
      throw Refusal(.noModel, "no model was adopted yet; fit one or adopt one first")
    }
    guard let calendar = store.calendar else {
      throw Refusal(.notDeclared, "the shop's time zone must be declared first")
    }
    let time = fields.asOfMicros == 0 ? nowMicros : fields.asOfMicros
    guard let day = calendar.day(ofMicros: time) else {
      throw Refusal(.timeOutOfRange, at: at, "as of must lie between 1970-01-01 and 2149-06-05")
    }
    do throws(ModelError) {
      let terms = try ScoreTerms(
        horizonDays: fields.horizonDays, discountRatePerYear: fields.discountRate,
        margin: fields.margin)
      return Question(
        adopted: adopted,
        horizon: ScoreHorizon(terms, under: adopted.model.calibration, from: Double(day)),
        day: day, majorPerMinor: store.majorPerMinor, customersMax: fields.customersMax)
    } catch {
      throw Refusal(.invalidField, at: at, "\(error)")
    }
  }

  /// What is known of a customer on the day; of an unknown one, what holds for a first order today.
  private func subject(
    _ customer: RawSpan, _ question: Question
  ) -> (ScoreReply, ScoreSubject) {
    var reply = ScoreReply()
    reply.generation = store.generation
    reply.asOfDay = Int32(question.day)
    guard let number = row(of: customer) else { return (reply, ScoreSubject(history: .new)) }
    let row = store.customers[number]
    let statistics = store.statistics(of: row, asOf: question.day)
    guard statistics.isKnown else { return (reply, ScoreSubject(history: .new)) }
    reply.known = true
    reply.firstOrderDay = Int32(statistics.firstDay)
    reply.repeatOrders = statistics.repeatOrders
    reply.recencyDays = Int32(statistics.lastDay - statistics.firstDay)
    reply.ageDays = Int32(question.day - statistics.firstDay)
    reply.meanSpend = statistics.meanSpend(majorPerMinor: question.majorPerMinor)
    return (
      reply,
      store.subject(row, statistics, asOf: question.day, under: question.adopted.model.calibration)
    )
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

extension ScoreReply {
  fileprivate mutating func take(_ score: CustomerScore, spendKnown: Bool) {
    aliveProbability = score.aliveProbability
    churnProbability = score.churnProbability
    expectedOrders = score.expectedOrders
    self.spendKnown = spendKnown
    if spendKnown {
      expectedSpend = score.expectedSpendPerOrder
      lifetimeValue = score.lifetimeValue
    }
  }
}

extension AdoptedModel {
  /// The scores of many customers, in their order.
  func score(
    _ subjects: [ScoreSubject], _ horizon: ScoreHorizon
  ) -> [CustomerScore] {
    let blank = CustomerScore(
      aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
      lifetimeValue: 0)
    var scores = [CustomerScore](repeating: blank, count: subjects.count)
    var room = scores.mutableSpan
    model.score(subjects.span, horizon, into: &room)
    return scores
  }
}
