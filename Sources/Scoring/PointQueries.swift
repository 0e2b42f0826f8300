// Questions about one customer each, gathered from all connections and answered together: first all
// memory that is going to be read is asked for, then all of it is read, then all scores are computed
// in lanes. One question, score one, is the case of one; score many is the same in one frame.

import Models
public import Wire

/// What is asked of every customer, and what is needed to answer.
struct ScoreQuestion {
  let adopted: AdoptedModel
  let generation: UInt32
  let horizon: ScoreHorizon
  let day: UInt16
  let majorPerMinor: Double
  let customersMax: Int
  /// Whether there is a churn layer that may be asked about the horizon.
  let asksLayer: Bool
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
  fileprivate var subjects = [ScoreSubject](
    repeating: ScoreSubject(history: .new), count: countMax)
  fileprivate var churns: [ChurnHistory] = []
  fileprivate var scores = [CustomerScore](
    repeating: CustomerScore(
      aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
      lifetimeValue: 0), count: countMax)
  fileprivate(set) var replies = [ScoreReply](repeating: ScoreReply(), count: countMax)

  /// Forgets what was asked before.
  mutating func begin(_ question: ScoreQuestion) {
    self.question = question
    terms = nil
    clear()
  }

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
    ScoreReply.appendFrames(
      queries.replies.span.extracting(range), tags: queries.tags.span.extracting(range), to: &out)
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
      queries.subjects.span.extracting(first: queries.count), question.horizon, into: &scores)
    swap(&taken, &queries.scores)
    for place in 0..<queries.count {
      let score = queries.scores[place]
      queries.replies[place].take(score, spendKnown: question.adopted.spendKnown)
      if question.asksLayer, let layer = question.adopted.layer {
        queries.replies[place].churnProbability = layer.probability(
          of: queries.churns[place], purchaseChurn: score.churnProbability)
      }
    }
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
  private mutating func read(_ place: Int, _ question: ScoreQuestion) {
    var reply = ScoreReply()
    reply.generation = question.generation
    reply.asOfDay = Int32(question.day)
    var subject = ScoreSubject(history: .new)
    var churn = ChurnHistory.new
    let number = queries.rows[place]
    if number != CustomerRow.none {
      let row = store.customers[number]
      let statistics = store.statistics(of: row, asOf: question.day)
      if statistics.isKnown {
        reply.known = true
        reply.firstOrderDay = Int32(statistics.firstDay)
        reply.repeatOrders = statistics.repeatOrders
        reply.recencyDays = Int32(statistics.lastDay - statistics.firstDay)
        reply.ageDays = Int32(question.day - statistics.firstDay)
        reply.meanSpend = statistics.meanSpend(majorPerMinor: question.majorPerMinor)
        subject = store.subject(
          row, statistics, asOf: question.day, under: question.adopted.model.calibration)
        if question.asksLayer {
          churn = store.churnHistory(of: row, asOf: question.day) ?? .new
        }
      }
    }
    queries.replies[place] = reply
    queries.subjects[place] = subject
    if question.asksLayer { queries.churns.append(churn) }
  }
}

extension ScoreReply {
  @inline(__always)
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
