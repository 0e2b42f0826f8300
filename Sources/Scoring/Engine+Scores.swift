// The queries: score one and score many.

import Models
import Wire

extension Engine {
  func scoreOne(
    _ body: inout FrameReader, at nowMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    let question = try question(&body, at: nowMicros)
    let customer = try body.readIdentifier("customer")
    try body.requireEnd()
    var (reply, history) = subject(customer, question)
    let score = question.adopted.model.score(
      history, meanSpend: reply.meanSpend, terms: question.terms)
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
    var histories: [PurchaseHistory] = []
    var meanSpend: [Double] = []
    replies.reserveCapacity(count)
    histories.reserveCapacity(count)
    meanSpend.reserveCapacity(count)
    for _ in 0..<count {
      let (reply, history) = subject(try names.readIdentifier("customer"), question)
      replies.append(reply)
      histories.append(history)
      meanSpend.append(reply.meanSpend)
    }
    let scores = question.adopted.score(histories, meanSpend: meanSpend, terms: question.terms)
    ScoreManyReply.writeHead(count: count, to: &out)
    for number in 0..<count {
      replies[number].take(scores[number], spendKnown: question.adopted.spendKnown)
      replies[number].write(to: &out)
    }
  }

  // MARK: Parts

  private struct Question {
    let adopted: AdoptedModel
    let terms: ScoreTerms
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
      return Question(
        adopted: adopted,
        terms: try ScoreTerms(
          horizonDays: fields.horizonDays, discountRatePerYear: fields.discountRate,
          margin: fields.margin),
        day: day, majorPerMinor: store.majorPerMinor, customersMax: fields.customersMax)
    } catch {
      throw Refusal(.invalidField, at: at, "\(error)")
    }
  }

  /// What is known of a customer on the day; of an unknown one, what holds for a first order today.
  private func subject(
    _ customer: RawSpan, _ question: Question
  ) -> (ScoreReply, PurchaseHistory) {
    var reply = ScoreReply()
    reply.generation = store.generation
    reply.asOfDay = Int32(question.day)
    guard let row = row(of: customer) else { return (reply, .new) }
    let statistics = store.statistics(of: store.customers[row], asOf: question.day)
    guard statistics.isKnown else { return (reply, .new) }
    reply.known = true
    reply.firstOrderDay = Int32(statistics.firstDay)
    reply.repeatOrders = statistics.repeatOrders
    reply.recencyDays = Int32(statistics.lastDay - statistics.firstDay)
    reply.ageDays = Int32(question.day - statistics.firstDay)
    reply.meanSpend = statistics.meanSpend(majorPerMinor: question.majorPerMinor)
    return (reply, statistics.history(asOf: question.day))
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
  fileprivate func score(
    _ histories: [PurchaseHistory], meanSpend: [Double], terms: ScoreTerms
  ) -> [CustomerScore] {
    let blank = CustomerScore(
      aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
      lifetimeValue: 0)
    var scores = [CustomerScore](repeating: blank, count: histories.count)
    var room = scores.mutableSpan
    model.score(histories.span, meanSpend: meanSpend.span, terms: terms, into: &room)
    return scores
  }
}
