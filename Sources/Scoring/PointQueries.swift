// Questions about one customer each, gathered from all connections and answered together: first all
// memory that is going to be read is asked for, then all of it is read, then all scores are computed
// in lanes. One question, score one, is the case of one; score many is the same in one frame.

import Models
public import Wire

/// What is asked of every customer, and what is needed to answer.
///
/// A class, so that who holds it for a turn counts one reference and not those of a whole model.
final class ScoreQuestion {
  let adopted: AdoptedModel
  let generation: UInt32
  let horizon: ScoreHorizon
  let tables: OutlookTables?
  let day: UInt16
  let majorPerMinor: Double
  let customersMax: Int
  /// Whether there is a churn layer that may be asked about the horizon.
  let asksLayer: Bool
  /// Whether the models' time is the calendar's and nothing is laid over them that asks for more.
  let isPlain: Bool

  /// Puts a question together.
  ///
  /// - Parameters:
  ///   - adopted: the models.
  ///   - horizon: made under their calibration, from the day.
  ///   - tables: of this horizon, if there are any.
  ///   - day: the day of the question.
  ///   - store: the shop.
  ///   - customersMax: how many one request may ask about.
  init(
    _ adopted: AdoptedModel, _ horizon: ScoreHorizon, _ tables: OutlookTables?, day: UInt16,
    _ store: borrowing Store, customersMax: Int
  ) {
    self.adopted = adopted
    self.horizon = horizon
    self.tables = tables
    self.day = day
    self.customersMax = customersMax
    generation = store.generation
    majorPerMinor = store.majorPerMinor
    asksLayer = adopted.layer?.layer.applies(to: horizon.terms.horizonDays) ?? false
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
  /// Queries that are answered together at most: their names and numbers stay in the first cache.
  static let countMax = 256

  fileprivate(set) var count = 0
  /// What all of them ask.
  fileprivate var question: ScoreQuestion?
  /// The fields of the request that the question was made of; nil where it came another way.
  fileprivate var terms: SIMD4<UInt64>?
  fileprivate var tags = [UInt64](repeating: 0, count: countMax)
  fileprivate var hashes = [UInt64](repeating: 0, count: countMax)
  /// Where each identifier ends in `names`.
  fileprivate var ends = [Int](repeating: 0, count: countMax)
  fileprivate var names = ByteBuffer(capacity: countMax * Limits.identifierSizeMax)
  /// Rows that may be theirs; then their rows. `CustomerRow.none` where there is none.
  fileprivate var rows = [UInt32](repeating: CustomerRow.none, count: countMax)
  fileprivate var asked = [Asked](repeating: Asked(), count: countMax)
  fileprivate var subjects = [ScoreSubject](
    repeating: ScoreSubject(history: .new), count: countMax)
  fileprivate var churns: [ChurnHistory] = []
  fileprivate var scores = [CustomerScore](
    repeating: CustomerScore(
      aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
      lifetimeValue: 0), count: countMax)

  /// Forgets what was asked before.
  mutating func begin(_ question: ScoreQuestion) {
    self.question = question
    terms = nil
    clear()
  }

  /// Has the next question made anew, for what is needed to answer it may have changed.
  mutating func forgetQuestion() { terms = nil }

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
}

extension Engine {
  /// Queries that were gathered and not yet written.
  public var gatheredCount: Int { queries.count }

  /// Takes the requests score one at the front of an inbox, as long as they ask the same as those that
  /// were gathered before.
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
    if let question = queries.question, queries.terms == terms,
      question.generation == store.generation, question.majorPerMinor == store.majorPerMinor,
      terms[0] != 0 || store.calendar?.day(ofMicros: nowMicros) == question.day
    {
      return true
    }
    var body = FrameReader(bytes, from: FrameHeader.size)
    do throws(Refusal) {
      queries.begin(try question(&body, at: nowMicros))
      queries.terms = terms
      return true
    } catch {
      return false
    }
  }

  /// Answers what was gathered, for `writeGathered` to write.
  public mutating func answerGathered() { answerQueries() }

  /// Writes whole replies to what was gathered.
  ///
  /// - Parameters:
  ///   - range: which of them, in the sequence in which they were gathered.
  ///   - out: the outbox of the connection they came from.
  public func writeGathered(_ range: Range<Int>, into out: inout ByteBuffer) {
    guard let question = queries.question else { return }
    let blank = blankReply(question)
    for place in range {
      out.append(
        ScoreOneReplyFrame(reply(place, question, blank), tag: queries.tags[place]))
    }
  }

  /// Forgets what was gathered.
  public mutating func forgetGathered() { queries.clear() }

  /// Finds the scores of all customers that were asked about.
  mutating func answerQueries() {
    guard let question = queries.question else { return }
    findRows()
    if question.asksLayer { queries.churns.removeAll(keepingCapacity: true) }
    for place in 0..<queries.count { read(place, question) }
    // Out of the engine while they are written, for the engine is read meanwhile.
    var taken: [CustomerScore] = []
    swap(&taken, &queries.scores)
    var scores = taken.mutableSpan
    question.adopted.model.score(
      queries.subjects.span.extracting(first: queries.count), question.horizon, question.tables,
      into: &scores)
    swap(&taken, &queries.scores)
    tables.note(queries.count, question.horizon, question.generation)
  }

  /// What all replies to a question have in common.
  func blankReply(_ question: ScoreQuestion) -> ScoreReply {
    var reply = ScoreReply()
    reply.generation = question.generation
    reply.asOfDay = Int32(question.day)
    reply.spendKnown = question.adopted.spendKnown
    return reply
  }

  /// The reply about a customer, after `answerQueries`.
  @inline(__always)
  func reply(_ place: Int, _ question: ScoreQuestion, _ blank: ScoreReply) -> ScoreReply {
    var reply = blank
    let asked = queries.asked[place]
    if asked.firstDay != CustomerRow.noDay {
      reply.known = true
      reply.firstOrderDay = Int32(asked.firstDay)
      reply.repeatOrders = asked.repeatOrders
      reply.recencyDays = Int32(asked.lastDay) - Int32(asked.firstDay)
      reply.ageDays = reply.asOfDay - Int32(asked.firstDay)
      reply.meanSpend = asked.meanSpend
    }
    let score = queries.scores[place]
    reply.aliveProbability = score.aliveProbability
    reply.churnProbability = score.churnProbability
    reply.modelChurnProbability = score.churnProbability
    reply.expectedOrders = score.expectedOrders
    if reply.spendKnown {
      reply.expectedSpend = score.expectedSpendPerOrder
      reply.lifetimeValue = score.lifetimeValue
    }
    if question.asksLayer, let layer = question.adopted.layer {
      reply.churnProbability = layer.probability(
        of: queries.churns[place], purchaseChurn: score.churnProbability)
    }
    return reply
  }

  /// Finds the rows, each step for all customers before the next one: so the processor waits for many
  /// lines of memory at a time.
  private mutating func findRows() {
    let count = queries.count
    for place in 0..<count {
      let candidate = customerIndex.find(queries.hashes[place]) { _ in true }
      queries.rows[place] = candidate ?? CustomerRow.none
      if let candidate { store.customers.prefetch(candidate, first: CustomerRow.scoringSize) }
    }
    for place in 0..<count where queries.rows[place] != CustomerRow.none {
      store.identifiers.prefetch(store.customers[queries.rows[place]].identifier)
    }
    for place in 0..<count where queries.rows[place] != CustomerRow.none {
      let found = gatheredRow(place)
      queries.rows[place] = found ?? CustomerRow.none
    }
  }

  private func gatheredRow(_ place: Int) -> UInt32? {
    let start = place == 0 ? 0 : queries.ends[place - 1]
    let name = queries.names.bytes.extracting(start..<queries.ends[place])
    return row(of: name, hash: queries.hashes[place])
  }

  /// Reads what is known of a customer on the day; of an unknown one, what holds for a first order today.
  @inline(__always)
  private mutating func read(_ place: Int, _ question: ScoreQuestion) {
    let number = queries.rows[place]
    var asked = Asked()
    if number != CustomerRow.none {
      // Only what is named here is read: each further column is a line of memory of its own.
      let row = store.customers[number]
      if row.lastReturn != CustomerRow.none
        || row.lastDay > question.day && row.lastDay != CustomerRow.noDay
      {
        asked = askHistory(number, question)
      } else if row.firstDay != CustomerRow.noDay {
        (asked.repeatOrders, asked.firstDay, asked.lastDay) =
          (row.repeatOrders, row.firstDay, row.lastDay)
        if row.repeatOrders > 0 {
          asked.meanSpend =
            Double(row.repeatSpendMinor) / Double(row.repeatOrders) * question.majorPerMinor
        }
      }
    }
    queries.asked[place] = asked
    if asked.firstDay == CustomerRow.noDay {
      queries.subjects[place] = ScoreSubject(history: .new)
    } else if question.isPlain {
      queries.subjects[place] = ScoreSubject(
        history: PurchaseHistory(
          repeatOrders: Double(asked.repeatOrders),
          recencyDays: Double(asked.lastDay) - Double(asked.firstDay),
          ageDays: Double(question.day) - Double(asked.firstDay)),
        meanSpend: asked.meanSpend)
    } else {
      queries.subjects[place] = subject(number, question)
    }
    if question.asksLayer { queries.churns.append(churn(number, asked, question)) }
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
  private func subject(_ number: UInt32, _ question: ScoreQuestion) -> ScoreSubject {
    let row = store.customers[number]
    return store.subject(
      row, store.statistics(of: row, asOf: question.day), asOf: question.day,
      under: question.adopted.model.calibration)
  }

  @inline(never)
  private func churn(
    _ number: UInt32, _ asked: Asked, _ question: ScoreQuestion
  ) -> ChurnHistory {
    guard asked.firstDay != CustomerRow.noDay else { return .new }
    return store.churnHistory(of: store.customers[number], asOf: question.day) ?? .new
  }
}
