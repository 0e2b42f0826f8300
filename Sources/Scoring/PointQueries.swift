// Questions about one customer each, gathered from all connections and answered together: first all
// memory that is going to be read is asked for, then all of it is read, then all scores are computed
// in lanes. One question, score one, is the case of one; score many is the same in one frame.

import Models
public import Wire

/// What is asked of every customer, and what is needed to answer.
///
/// A class, so that who holds it for a turn counts one reference and not those of a whole model.
final class ScoreQuestion: Sendable {
  let adopted: AdoptedModel
  let generation: UInt32
  let horizon: ScoreHorizon
  let tables: OutlookTables?
  let day: UInt16
  let majorPerMinor: Double
  let frameCustomersMax: Int
  /// Whether there is a churn layer that may be asked about the horizon.
  let asksLayer: Bool
  /// Whether the models' time is the calendar's and nothing is laid over them that asks for more.
  let isPlain: Bool
  /// Whether there is more to read of a customer than its card.
  var readsRows: Bool { asksLayer || !isPlain }
  /// Whether there is a model of spends.
  let spendKnown: Bool

  /// Puts a question together.
  ///
  /// - Parameters:
  ///   - adopted: the models.
  ///   - horizon: made under their calibration, from the day.
  ///   - tables: of this horizon, if there are any.
  ///   - day: the day of the question.
  ///   - generation: of the models.
  ///   - majorPerMinor: of the shop's currency.
  ///   - frameCustomersMax: how many are answered in one frame.
  init(
    _ adopted: AdoptedModel, _ horizon: ScoreHorizon, _ tables: OutlookTables?, day: UInt16,
    generation: UInt32, majorPerMinor: Double, frameCustomersMax: Int
  ) {
    self.adopted = adopted
    self.horizon = horizon
    self.tables = tables
    self.day = day
    self.frameCustomersMax = frameCustomersMax
    self.generation = generation
    self.majorPerMinor = majorPerMinor
    asksLayer = adopted.layer?.layer.applies(to: horizon.terms.horizonDays) ?? false
    spendKnown = adopted.spendKnown
    let calibration = adopted.model.calibration
    isPlain = calibration.clock.isEven && calibration.correction == nil
  }
}

/// What is known of a customer on the day of a question, as its reply tells it.
private struct Asked {
  var repeatOrders: UInt32 = 0
  /// `CustomerRow.noDay` for who is not known.
  var firstDay = CustomerRow.noDay
  var lastDay = CustomerRow.noDay
  /// m̄ in major units.
  var meanSpend = 0.0
}

/// The memory in which queries are gathered and answered; no state.
struct PointQueries: ~Copyable {
  /// Queries that are answered together at most: all they read stays in the first cache meanwhile.
  static let countMax = 64

  fileprivate(set) var count = 0
  /// What all of them ask.
  fileprivate var question: ScoreQuestion?
  /// The fields of the request that the question was made of; nil where it came another way.
  fileprivate var terms: SIMD4<UInt64>?
  /// The last question that was made of a request's fields, whatever was asked since.
  fileprivate var former: (terms: SIMD4<UInt64>, question: ScoreQuestion)?
  fileprivate(set) var tags: [UInt64]
  fileprivate var hashes: [UInt64]
  /// Where each identifier ends in `names`.
  fileprivate var ends: [Int]
  fileprivate var names: ByteBuffer
  /// Rows that may be theirs, and then their rows.
  ///
  /// `CustomerRow.none` where there is none.
  fileprivate(set) var rows: [UInt32]
  fileprivate var asked: [Asked]
  fileprivate var subjects: [ScoreSubject]
  fileprivate var churns: [ChurnHistory] = []
  fileprivate(set) var scores: [CustomerScore]

  /// Takes memory.
  ///
  /// - Parameter countMax: for so many queries; 0 takes none.
  init(countMax: Int = PointQueries.countMax) {
    tags = [UInt64](repeating: 0, count: countMax)
    hashes = tags
    ends = [Int](repeating: 0, count: countMax)
    names = ByteBuffer(capacity: countMax * (Limits.identifierSizeMax + 1))
    rows = [UInt32](repeating: CustomerRow.none, count: countMax)
    asked = [Asked](repeating: Asked(), count: countMax)
    subjects = [ScoreSubject](repeating: ScoreSubject(history: .new), count: countMax)
    scores = [CustomerScore](
      repeating: CustomerScore(
        aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
        lifetimeValue: 0), count: countMax)
  }

  /// Forgets what was asked before.
  mutating func begin(_ question: ScoreQuestion) {
    self.question = question
    terms = nil
    clear()
  }

  /// Has the next question made anew, for what is needed to answer it may have changed.
  mutating func forgetQuestion() { former = nil }

  fileprivate mutating func clear() {
    count = 0
    names.consume(names.count)
  }

  /// Adds a customer.
  @inline(__always)
  mutating func append(_ customer: RawSpan, hash: UInt64, tag: UInt64 = 0) {
    tags[count] = tag
    hashes[count] = hash
    names.append(bytes: customer)
    ends[count] = names.count
    count += 1
  }

  /// The identifier that was asked for.
  @_lifetime(borrow self)
  func name(_ place: Int) -> RawSpan {
    names.bytes.extracting((place == 0 ? 0 : ends[place - 1])..<ends[place])
  }

  /// The score of a customer, its churn probability that of the layer where there is one for it.
  @inline(__always)
  func score(_ place: Int, _ question: ScoreQuestion) -> CustomerScore {
    var score = scores[place]
    if question.asksLayer, let layer = question.adopted.layer {
      score.churnProbability = layer.probability(
        of: churns[place], purchaseChurn: score.churnProbability)
    }
    return score
  }

  // MARK: Answering

  /// Finds the scores of all customers that were asked about.
  ///
  /// - Parameters:
  ///   - question: what is asked of each.
  ///   - engine: where they are.
  fileprivate mutating func answer(_ question: ScoreQuestion, in engine: inout Engine) {
    // Field by field, for a span of one would hold all of them.
    Self.findCandidates(count, hashes, &rows, in: engine)
    if question.readsRows {
      for place in 0..<count where rows[place] != CustomerRow.none {
        engine.store.customers.prefetch(rows[place], first: CustomerRow.scoringSize)
      }
    }
    engine.makeCards(rows, count: count)
    Self.read(count, names, ends, hashes, question, &rows, &asked, &subjects, in: &engine)
    if question.asksLayer {
      churns.removeAll(keepingCapacity: true)
      for place in 0..<count { churns.append(engine.churn(rows[place], asked[place], question)) }
    }
    Self.score(count, subjects, question, &scores)
  }

  /// Finds the rows that these hashes may lead to, each step for all customers before the next one: so
  /// the processor waits for many lines of memory at a time.
  private static func findCandidates(
    _ count: Int, _ hashes: [UInt64], _ rows: inout [UInt32], in engine: borrowing Engine
  ) {
    var rows = rows.mutableSpan
    for place in 0..<count {
      let candidate = engine.customerIndex.find(hashes[place]) { _ in true }
      rows[place] = candidate ?? CustomerRow.none
      if let candidate { engine.cards.prefetch(candidate) }
    }
  }

  /// Keeps the rows whose identifiers are those that were asked for, and reads what is known of them on the
  /// day; of an unknown one, what holds for a first order today.
  private static func read(
    _ count: Int, _ names: borrowing ByteBuffer, _ ends: [Int], _ hashes: [UInt64],
    _ question: ScoreQuestion, _ rows: inout [UInt32], _ asked: inout [Asked],
    _ subjects: inout [ScoreSubject], in engine: inout Engine
  ) {
    var rows = rows.mutableSpan
    var asked = asked.mutableSpan
    var subjects = subjects.mutableSpan
    var start = 0
    for place in 0..<count {
      let end = ends[place]
      var card = Card()
      if rows[place] != CustomerRow.none {
        let name = names.bytes.extracting(start..<end)
        // Nearly always it is the candidate; if not, the bucket has another one, or none.
        if let own = engine.card(of: rows[place], named: name) {
          card = own
        } else {
          rows[place] = engine.rowWithCard(of: name, hash: hashes[place])
          if rows[place] != CustomerRow.none { card = engine.cards[rows[place]] }
        }
      }
      start = end
      let found = engine.ask(rows[place], card, question)
      asked[place] = found
      if found.firstDay == CustomerRow.noDay {
        subjects[place] = ScoreSubject(history: .new)
      } else if question.isPlain {
        subjects[place] = ScoreSubject(
          history: PurchaseHistory(
            repeatOrders: Double(found.repeatOrders),
            recencyDays: Double(found.lastDay) - Double(found.firstDay),
            ageDays: Double(question.day) - Double(found.firstDay)),
          meanSpend: found.meanSpend)
      } else {
        subjects[place] = engine.subject(rows[place], question)
      }
    }
  }

  private static func score(
    _ count: Int, _ subjects: [ScoreSubject], _ question: ScoreQuestion,
    _ scores: inout [CustomerScore]
  ) {
    var scores = scores.mutableSpan
    question.adopted.model.score(
      subjects.span.extracting(first: count), question.horizon, question.tables, into: &scores)
  }

  /// What all replies to a question have in common.
  fileprivate static func blankReply(_ question: ScoreQuestion) -> ScoreReply {
    var reply = ScoreReply()
    reply.generation = question.generation
    reply.asOfDay = Int32(question.day)
    reply.spendKnown = question.spendKnown
    return reply
  }

  /// The reply about a customer, after `answer`.
  @inline(__always)
  fileprivate func reply(
    _ place: Int, _ question: ScoreQuestion, _ blank: ScoreReply
  ) -> ScoreReply {
    var reply = blank
    let asked = asked[place]
    if asked.firstDay != CustomerRow.noDay {
      reply.known = true
      reply.firstOrderDay = Int32(asked.firstDay)
      reply.repeatOrders = asked.repeatOrders
      reply.recencyDays = Int32(asked.lastDay) - Int32(asked.firstDay)
      reply.ageDays = reply.asOfDay - Int32(asked.firstDay)
      reply.meanSpend = asked.meanSpend
    }
    let score = scores[place]
    reply.aliveProbability = score.aliveProbability
    reply.churnProbability = self.score(place, question).churnProbability
    reply.modelChurnProbability = score.churnProbability
    reply.expectedOrders = score.expectedOrders
    if reply.spendKnown {
      reply.expectedSpend = score.expectedSpendPerOrder
      reply.lifetimeValue = score.lifetimeValue
    }
    return reply
  }
}

extension Engine {
  /// Bytes that the reply to a gathered query has at most.
  public static let gatheredReplySizeMax = max(
    ScoreOneReplyFrame.size,
    RecommendReplyHead.size + Limits.slateMax * (17 + Limits.identifierSizeMax))

  /// Queries that were gathered and not yet written.
  public var gatheredCount: Int { queries.count }

  /// Takes the requests score one, or recommend, at the front of an inbox, as long as they ask the same as
  /// those that were gathered before.
  ///
  /// Whoever gathers answers (`answerGathered`) before anything else is executed: what is answered is
  /// the state of that moment.
  ///
  /// - Parameters:
  ///   - bytes: an inbox.
  ///   - countMax: how many may be taken.
  ///   - nowMicros: microseconds since 1970 UTC.
  /// - Returns: how many were taken, and their bytes; none when the next request is another one, is not
  ///   whole, is wrong in any way, or asks something else while others wait.
  public mutating func gather(
    _ bytes: RawSpan, countMax: Int, at nowMicros: Int64
  ) -> (count: Int, size: Int) {
    if let first = RecommendFrame(bytes, at: 0) {
      return gatherRecommendations(first, bytes, countMax: countMax, at: nowMicros)
    }
    guard let first = ScoreOneFrame(bytes, at: 0),
      queries.count > 0
        ? queries.terms == first.terms : beginGathering(first.terms, bytes, at: nowMicros)
    else { return (0, 0) }
    let countMax = min(countMax, PointQueries.countMax - queries.count)
    var (count, place) = (0, 0)
    while count < countMax, let frame = ScoreOneFrame(bytes, at: place),
      frame.terms == first.terms
    {
      let name = bytes.extracting((place + frame.name.lowerBound)..<(place + frame.size))
      let hash = SipHash.hash(name, key: indexKey)
      customerIndex.prefetch(hash)
      queries.append(name, hash: hash, tag: frame.tag)
      place += frame.size
      count += 1
    }
    return (count, place)
  }

  /// Makes sure that the question is the one of these terms.
  private mutating func beginGathering(
    _ terms: SIMD4<UInt64>, _ bytes: RawSpan, at nowMicros: Int64
  ) -> Bool {
    // Most queries of a shop ask for the same, and until the day ends it means the same.
    if let former = queries.former, former.terms == terms,
      former.question.generation == store.generation,
      former.question.majorPerMinor == store.majorPerMinor,
      terms[0] != 0 || store.calendar?.day(ofMicros: nowMicros) == former.question.day
    {
      queries.begin(former.question)
      queries.terms = terms
      return true
    }
    var body = FrameReader(bytes, from: FrameHeader.size)
    do throws(Refusal) {
      let question = try question(&body, at: nowMicros)
      queries.begin(question)
      queries.terms = terms
      queries.former = (terms, question)
      return true
    } catch {
      return false
    }
  }

  /// Answers what was gathered, for `writeGathered` to write.
  public mutating func answerGathered() {
    answerQueries()
    if let terms = recommendations.terms { answerRecommendations(terms) }
  }

  /// Writes whole replies to what was gathered.
  ///
  /// - Parameters:
  ///   - range: which of them, in the sequence in which they were gathered.
  ///   - out: the outbox of the connection they came from.
  public func writeGathered(_ range: Range<Int>, into out: inout ByteBuffer) {
    if let terms = recommendations.terms {
      return writeRecommendations(range, terms, into: &out)
    }
    guard let question = queries.question else { return }
    let blank = PointQueries.blankReply(question)
    for place in range {
      out.append(
        ScoreOneReplyFrame(queries.reply(place, question, blank), tag: queries.tags[place]))
    }
  }

  /// Forgets what was gathered.
  public mutating func forgetGathered() {
    queries.clear()
    if recommendations.terms != nil { recommendations.clear() }
  }

  /// Finds the scores of all customers that were asked about.
  mutating func answerQueries() {
    guard let question = queries.question else { return }
    // Out of the engine, which is read while they are answered.
    var taken = PointQueries(countMax: 0)
    swap(&taken, &queries)
    taken.answer(question, in: &self)
    swap(&taken, &queries)
    tables.note(queries.count, question.horizon, question.generation)
  }

  /// Writes the bodies of the replies to all customers that were asked about, and forgets them.
  mutating func writeReplies(to out: inout ByteBuffer) {
    guard let question = queries.question else { return }
    let blank = PointQueries.blankReply(question)
    for place in 0..<queries.count { queries.reply(place, question, blank).write(to: &out) }
    queries.clear()
  }

  // MARK: Reading a customer

  /// What is known of a customer on the day; of nobody, nothing.
  @inline(__always)
  fileprivate func ask(_ number: UInt32, _ card: Card, _ question: ScoreQuestion) -> Asked {
    guard card.holds(on: question.day) else { return askHistory(number, question) }
    return Asked(
      repeatOrders: card.repeatOrders, firstDay: card.firstDay, lastDay: card.lastDay,
      meanSpend: card.repeatOrders == 0
        ? 0 : Double(card.repeatSpendMinor) / Double(card.repeatOrders) * question.majorPerMinor)
  }

  /// The row of an identifier, which has a card then; `CustomerRow.none` for nobody's.
  @inline(never)
  fileprivate mutating func rowWithCard(of name: RawSpan, hash: UInt64) -> UInt32 {
    guard let found = rowByCards(of: name, hash: hash) else { return CustomerRow.none }
    if !cards[found][.made] { makeCard(of: found) }
    return found
  }

  /// Whoever else has the tag was looked at just now: that card is near, the rows are not.
  ///
  /// Of its own and not mutating, for a closure there would hold a copy of the whole store.
  private func rowByCards(of name: RawSpan, hash: UInt64) -> UInt32? {
    customerIndex.find(hash) { row in
      cards[row][.made]
        ? card(of: row, named: name) != nil
        : store.identifiers.equals(name, at: store.customers[row].identifier)
    }
  }

  /// What the orders themselves say, for who has returns or later orders.
  @inline(never)
  private func askHistory(_ number: UInt32, _ question: ScoreQuestion) -> Asked {
    let statistics = store.statistics(of: store.customers[number], asOf: question.day)
    guard statistics.isKnown else { return Asked() }
    return Asked(
      repeatOrders: statistics.repeatOrders, firstDay: statistics.firstDay,
      lastDay: statistics.lastDay,
      meanSpend: statistics.meanSpend(majorPerMinor: question.majorPerMinor))
  }

  @inline(never)
  fileprivate func subject(_ number: UInt32, _ question: ScoreQuestion) -> ScoreSubject {
    let row = store.customers[number]
    return store.subject(
      row, store.statistics(of: row, asOf: question.day), asOf: question.day,
      under: question.adopted.model.calibration)
  }

  @inline(never)
  fileprivate func churn(
    _ number: UInt32, _ asked: Asked, _ question: ScoreQuestion
  ) -> ChurnHistory {
    guard asked.firstDay != CustomerRow.noDay else { return .new }
    return store.churnHistory(of: store.customers[number], asOf: question.day) ?? .new
  }
}
