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
    let known = subject(customer, question)
    let score = question.adopted.model.score(known.subject, question.horizon)
    known.reply(score, question.adopted).write(to: &out)
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

    var all: [Known] = []
    var subjects: [ScoreSubject] = []
    all.reserveCapacity(count)
    subjects.reserveCapacity(count)
    for _ in 0..<count {
      let known = subject(try names.readIdentifier("customer"), question)
      all.append(known)
      subjects.append(known.subject)
    }
    let scores = question.adopted.score(subjects, question.horizon)
    ScoreManyReply.writeHead(count: count, to: &out)
    for number in 0..<count {
      all[number].reply(scores[number], question.adopted).write(to: &out)
    }
  }

  /// Reads a request for intervals and finds what they rest on.
  func intervalJob(
    _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> IntervalJob {
    let question = try question(&body, at: nowMicros)
    let level = try ScoreIntervalRequest.readLevel(&body)
    let known = subject(try body.readIdentifier("customer"), question)
    var reply = ScoreIntervalReply()
    reply.generation = known.reply.generation
    reply.asOfDay = known.reply.asOfDay
    reply.known = known.reply.known
    return IntervalJob(
      adopted: question.adopted, subject: known.subject, horizon: question.horizon, level: level,
      reply: reply)
  }

  // MARK: Parts

  private struct Question {
    let adopted: AdoptedModel
    let horizon: ScoreHorizon
    let day: UInt16
    let majorPerMinor: Double
    let customersMax: Int
    /// Whether there is a churn layer that may be asked about the horizon.
    let asksLayer: Bool
  }

  /// What is known of a customer: for the reply, for the models, and for a churn layer that is asked.
  fileprivate struct Known {
    var reply = ScoreReply()
    var subject = ScoreSubject(history: .new)
    var churn: ChurnHistory?

    /// The answer.
    func reply(_ score: CustomerScore, _ adopted: AdoptedModel) -> ScoreReply {
      var reply = reply
      reply.take(score, spendKnown: adopted.spendKnown)
      if let churn, let layer = adopted.layer {
        reply.churnProbability = layer.probability(
          of: churn, purchaseChurn: score.churnProbability)
      }
      return reply
    }
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
    let day = try calendar.day(
      asOf: fields.asOfMicros == 0 ? nowMicros : fields.asOfMicros, at: at)
    do throws(ModelError) {
      let terms = try ScoreTerms(
        horizonDays: fields.horizonDays, discountRatePerYear: fields.discountRate,
        margin: fields.margin)
      return Question(
        adopted: adopted,
        horizon: ScoreHorizon(terms, under: adopted.model.calibration, from: Double(day)),
        day: day, majorPerMinor: store.majorPerMinor, customersMax: fields.customersMax,
        asksLayer: adopted.layer?.layer.applies(to: terms.horizonDays) ?? false)
    } catch {
      throw Refusal(.invalidField, at: at, "\(error)")
    }
  }

  /// What is known of a customer on the day; of an unknown one, what holds for a first order today.
  private func subject(
    _ customer: RawSpan, _ question: Question
  ) -> Known {
    var known = Known(churn: question.asksLayer ? .new : nil)
    known.reply.generation = store.generation
    known.reply.asOfDay = Int32(question.day)
    guard let number = row(of: customer) else { return known }
    let row = store.customers[number]
    let statistics = store.statistics(of: row, asOf: question.day)
    guard statistics.isKnown else { return known }
    known.reply.known = true
    known.reply.firstOrderDay = Int32(statistics.firstDay)
    known.reply.repeatOrders = statistics.repeatOrders
    known.reply.recencyDays = Int32(statistics.lastDay - statistics.firstDay)
    known.reply.ageDays = Int32(question.day - statistics.firstDay)
    known.reply.meanSpend = statistics.meanSpend(majorPerMinor: question.majorPerMinor)
    known.subject = store.subject(
      row, statistics, asOf: question.day, under: question.adopted.model.calibration)
    if question.asksLayer {
      known.churn = store.churnHistory(of: row, asOf: question.day)
    }
    return known
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
    modelChurnProbability = score.churnProbability
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
