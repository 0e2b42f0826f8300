// Requests to recommend of all connections, gathered and answered together as scores are. Whom NextBest is
// not enough for is decided for whole, as one alone is in Engine+Recommendations.

import Models
import Offers
import Wire

extension Engine {
  // MARK: Gathering

  /// Takes the requests to recommend at the front of an inbox; see `gather`.
  mutating func gatherRecommendations(
    _ first: RecommendFrame, _ bytes: RawSpan, countMax: Int, at nowMicros: Int64
  ) -> (count: Int, size: Int) {
    guard
      queries.count == 0
        ? beginRecommending(first, bytes, at: max(nowMicros, store.timeMicros))
        : recommendations.terms != nil, let terms = recommendations.terms
    else { return (0, 0) }
    let countMax = min(countMax, PointQueries.countMax - queries.count)
    var (count, place) = (0, 0)
    while count < countMax, let frame = RecommendFrame(bytes, at: place) {
      let own = bytes.extracting(place..<place + frame.size)
      guard terms.holds(frame, own), recommendations.append(frame, own) else { break }
      let name = own.extracting(frame.name)
      let hash = SipHash.hash(name, key: indexKey)
      customerIndex.prefetch(hash)
      queries.append(name, hash: hash, tag: frame.tag)
      place += frame.size
      count += 1
    }
    if queries.count == 0 { recommendations.clear() }
    return (count, place)
  }

  /// Makes sure that everything is ready for requests like this one; not if these have to be decided for
  /// whole, or refused.
  private mutating func beginRecommending(
    _ frame: RecommendFrame, _ bytes: RawSpan, at timeMicros: Int64
  ) -> Bool {
    guard let shelf = store.offering.shelf, let moment = store.calendar?.moment(at: timeMicros)
    else { return false }
    let own = bytes.extracting(0..<frame.size)
    let former = recommendations.number(of: frame, own)
    if let former,
      recommendations.ready[former].terms.isReady(
        for: moment, shelf, generation: store.generation, majorPerMinor: store.majorPerMinor)
    {
      recommendations.ready[former].terms.moment = moment
      recommendations.next.take(former)
      return begin(former)
    }
    // Whatever belongs to another catalogue is of no use any more.
    if recommendations.ready.first.map({ $0.terms.shelf !== shelf }) ?? false {
      recommendations.forgetReady()
    }
    guard let channel = Wire.Channel(rawValue: frame.channel),
      let placement = shelf.placement(own.extracting(frame.placement)),
      let day = UInt16(exactly: moment.today), let question = decisionQuestion(day, shelf)
    else { return false }
    let terms = RecommendTerms(frame, placement: placement, channel, moment, shelf, question)
    guard terms.holds(frame, own) else { return false }
    let isKept = former.map(recommendations.ready.indices.contains) ?? false
    let number = isKept ? former ?? 0 : recommendations.freeNumber()
    store.readBudgets(moment, shelf, &desk)
    let budgets = desk.budgets
    recommendations.next.prepare(
      terms.request(), budgets: budgets.span, in: shelf.catalogue, as: number)
    let ready = RecommendReady(
      terms: terms, sequence: store.sequence, budgets: budgets, beliefs: .max)
    if number == recommendations.ready.count {
      recommendations.ready.append(ready)
    } else {
      recommendations.ready[number] = ready
    }
    return begin(number)
  }

  /// Begins to gather for what was taken; not if that is not enough for anybody.
  private mutating func begin(_ number: Int) -> Bool {
    guard recommendations.next.isEnough else { return false }
    renewBudgets(number)
    believe(number)
    let terms = recommendations.ready[number].terms
    recommendations.terms = terms
    queries.begin(terms.question)
    return true
  }

  /// The question that decisions ask of the models; nil without any.
  private func decisionQuestion(_ day: UInt16, _ shelf: OfferShelf) -> ScoreQuestion? {
    guard let adopted = store.model,
      let horizon = DecisionDesk.horizon(
        day, shelf.catalogue.marginRate, adopted.model.calibration)
    else { return nil }
    return ScoreQuestion(
      adopted, horizon, tables.tables(horizon, store.generation), day: day,
      generation: store.generation, majorPerMinor: store.majorPerMinor, frameCustomersMax: 1)
  }

  /// Takes over what is left of budgets, if a command may have changed that.
  private mutating func renewBudgets(_ number: Int) {
    guard recommendations.ready[number].sequence != store.sequence else { return }
    recommendations.ready[number].sequence = store.sequence
    let terms = recommendations.ready[number].terms
    store.readBudgets(terms.moment, terms.shelf, &desk)
    let budgets = desk.budgets
    guard recommendations.ready[number].budgets != budgets else { return }
    recommendations.ready[number].budgets = budgets
    recommendations.next.renew(budgets: budgets.span, in: terms.shelf.catalogue)
  }

  /// Takes over what is believed, if that has changed.
  private mutating func believe(_ number: Int) {
    guard recommendations.ready[number].beliefs != store.offering.beliefs else { return }
    recommendations.ready[number].beliefs = store.offering.beliefs
    if let learner = store.offering.learner {
      let arms = recommendations.ready[number].terms.shelf.arms
      recommendations.next.believe(learner, arms: arms.span)
    }
  }

  // MARK: Answering

  /// Chooses offers for all who were gathered, after their scores were found.
  mutating func answerRecommendations(_ terms: RecommendTerms) {
    setOwnFeatures()
    // Taken out while they are filled from the engine.
    var rows: [NextBestRow] = []
    swap(&rows, &recommendations.rows)
    let countsMarks = store.segmentation.countsMarks(on: terms.moment.today)
    for place in 0..<queries.count {
      read(place, terms, countsMarks: countsMarks, into: &rows[place])
    }
    for holdout in recommendations.next.openHoldouts { Self.find(holdout, queries, &rows) }
    recommendations.next.choose(rows.span, count: queries.count)
    swap(&rows, &recommendations.rows)
    for place in 0..<queries.count {
      let start = recommendations.replies.count
      if recommendations.rows[place].isLeftOut { decideForWhole(place, terms) }
      recommendations.ranges.append(start..<recommendations.replies.count)
    }
  }

  private static func find(
    _ holdout: borrowing OpenHoldout, _ queries: borrowing PointQueries,
    _ rows: inout [NextBestRow]
  ) {
    var rows = rows.mutableSpan
    for place in 0..<queries.count
    where holdout.holds(Span<UInt8>(_bytes: queries.name(place))) {
      rows[place].held |= holdout.bit
    }
  }

  private mutating func setOwnFeatures() {
    if recommendations.own.isEmpty { return }
    // Taken out while they are read.
    var own: [Double] = []
    swap(&own, &recommendations.own)
    for place in 0..<queries.count {
      let asked = recommendations.asked[place]
      recommendations.next.setOwn(
        place, own.span.extracting(asked.own), missing: asked.missing)
    }
    swap(&own, &recommendations.own)
  }

  /// Reads what is known of a customer, as a whole decision knows it; see `Store.know`.
  @inline(__always)
  private mutating func read(
    _ place: Int, _ terms: RecommendTerms, countsMarks: Bool, into row: inout NextBestRow
  ) {
    row = NextBestRow()
    let asked = recommendations.asked[place]
    if asked.basketMinor >= 0 {
      row.basket = Double(asked.basketMinor) * terms.question.majorPerMinor
      row.basketLines = Double(asked.lines)
    }
    let number = queries.rows[place]
    guard number != CustomerRow.none else { return }
    let asks = recommendations.next.asks
    let card = cards[number]
    row.isKnown = true
    row.granted = card.granted
    row.denied = card.denied
    row.hasOpenComplaint = card[.openComplaint]
    if card[.ending] { readConsents(of: number, terms.moment, &row) }
    row.isProfiled = recommendations.next.mayProfile(row.granted, row.denied)
    if countsMarks && row.isProfiled { row.segmentMark = card.segment }
    row.isLeftOut =
      (asks.birthday || asks.ties) && card[.profile] || asks.complaints && card[.complaints]
    if asks.person && card[.profile] {
      (row.country, row.language, row.preferredChannel) = store.person(number, terms.shelf)
    }
    if asks.bought && card[.lines] || asks.viewed && card[.looks] {
      readCategories(of: number, place, terms.shelf)
    }
    if card[.looks] {
      (row.cartLeft, row.viewedLeft) = store.daysLeft(by: number, terms.moment)
    }
    if card[.contacts] { readContacts(of: number, terms, &row) }
    readHistory(of: number, card, place, terms, &row)
  }

  /// Reads what was bought and looked at.
  @inline(never)
  private mutating func readCategories(of number: UInt32, _ place: Int, _ shelf: OfferShelf) {
    let heads = store.facts.heads(of: number)
    var (bought, viewed) = (TextSet(), TextSet())
    _ = store.readBought(heads, shelf, &bought)
    _ = store.readViewed(heads, shelf, &viewed)
    recommendations.next.setBought(place, bought)
    recommendations.next.setViewed(place, viewed)
  }

  /// Reads consents of which one ends some day.
  @inline(never)
  private func readConsents(of number: UInt32, _ moment: Moment, _ row: inout NextBestRow) {
    var standing = Standing()
    store.readConsents(of: number, at: moment.nowMicros, &standing)
    (row.granted, row.denied) = (standing.granted, standing.denied)
  }

  /// Reads contacts, which leave the row out if they may close an offer.
  @inline(never)
  private mutating func readContacts(
    of number: UInt32, _ terms: RecommendTerms, _ row: inout NextBestRow
  ) {
    desk.standing.contacts.removeAll(keepingCapacity: true)
    desk.standing.refusals.removeAll(keepingCapacity: true)
    store.readContacts(of: number, terms.moment, terms.shelf, &desk)
    if desk.standing.contacts.count > recommendations.next.contactsMax
      || !desk.standing.refusals.isEmpty
    {
      row.isLeftOut = true
    }
    row.fatigue =
      recommendations.next.fatigueCost * desk.standing.fatigue(at: terms.moment.nowMicros)
  }

  /// Reads the orders, and the scores where they may be used.
  @inline(__always)
  private mutating func readHistory(
    of number: UInt32, _ card: Card, _ place: Int, _ terms: RecommendTerms,
    _ row: inout NextBestRow
  ) {
    let day = terms.question.day
    guard card.firstDay != CustomerRow.noDay else { return }
    row.firstOrder = Int32(card.firstDay)
    let statistics =
      card.holds(on: day) ? Statistics(card) : pastStatistics(of: number, asOf: day)
    guard statistics.isKnown else { return }
    row.orders = Double(statistics.repeatOrders) + 1
    row.daysSinceOrder = Double(day - statistics.lastDay)
    row.age = Double(day - statistics.firstDay)
    row.totalSpend = store.totalSpend(statistics)
    row.meanSpend = row.totalSpend / row.orders
    row.returnedShare = card[.returns] ? returnedShare(of: number, row.totalSpend) : 0
    if row.isProfiled {
      let score = queries.score(place, terms.question)
      row.alive = score.aliveProbability
      row.churn = score.churnProbability
      row.expectedOrders = score.expectedOrders
      if terms.question.spendKnown { row.lifetimeValue = score.lifetimeValue }
    }
    // The segment by the fixed rule needs it of these alone.
    if recommendations.next.asks.typicalGap
      || row.segmentMark == 0 && row.alive >= 0.5 && row.churn >= 0.7
    {
      row.typicalGap = typicalGap(of: number, card, statistics, asOf: day)
    }
  }

  /// What the orders themselves say, for who has returns or later orders.
  @inline(never)
  private func pastStatistics(of number: UInt32, asOf day: UInt16) -> Statistics {
    store.statistics(of: store.customers[number], asOf: day)
  }

  @inline(never)
  private func returnedShare(of number: UInt32, _ netMajor: Double) -> Double {
    store.returnedShare(of: store.customers[number], netMajor: netMajor)
  }

  /// The median of the days between a customer's newest orders.
  @inline(__always)
  private mutating func typicalGap(
    of number: UInt32, _ card: Card, _ statistics: Statistics, asOf day: UInt16
  ) -> Double {
    let length = Double(statistics.lastDay - statistics.firstDay)
    switch statistics.repeatOrders {
    case 0: return .nan
    case 1: return length
    // Of two gaps the mean, which the day between them does not change.
    case 2: return length / 2
    default:
      return card.holds(on: day) && !card.typicalGap.isNaN
        ? Double(card.typicalGap) : findTypicalGap(of: number, card, asOf: day)
    }
  }

  @inline(never)
  private mutating func findTypicalGap(
    of number: UInt32, _ card: Card, asOf day: UInt16
  ) -> Double {
    store.readDayOrders(of: store.customers[number], asOf: day, into: &desk.days)
    let gap = store.medianGap(&desk)
    if card.holds(on: day) { cards.setTypicalGap(gap, of: number) }
    return gap
  }

  /// Writes the whole reply to a request that NextBest is not enough for.
  private mutating func decideForWhole(_ place: Int, _ terms: RecommendTerms) {
    // Taken out of the engine while it decides.
    var taken = PointQueries(countMax: 0)
    var replies = ByteBuffer(capacity: 0)
    swap(&taken, &queries)
    swap(&replies, &recommendations.replies)
    let asked = recommendations.asked[place]
    let own = recommendations.own[asked.own]
    desk.own.removeAll(keepingCapacity: true)
    desk.own.append(contentsOf: own)
    desk.categories.removeAll(keepingCapacity: true)
    let question = DecisionQuestion(
      key: .none, placement: terms.placement, channel: terms.channel, flags: .greedy,
      top: UInt8(terms.terms >> 8), basketMinor: asked.basketMinor,
      lines: asked.lines, ownMissing: own.isEmpty ? .max : asked.missing, check: 0)
    let tag = taken.tags[place]
    let mark = Frame.begin(verb: Verb.recommend.rawValue, tag: tag, in: &replies)
    do throws(Refusal) {
      try recommend(
        taken.name(place), question, terms.moment, terms.shelf, at: FrameHeader.size, &replies)
      Frame.end(mark, in: &replies)
    } catch {
      replies.truncate(to: mark)
      Frame.refuse(error, verb: Verb.recommend.rawValue, tag: tag, in: &replies)
    }
    swap(&taken, &queries)
    swap(&replies, &recommendations.replies)
  }

  // MARK: Replying

  /// Writes whole replies to those who were gathered; see `writeGathered`.
  func writeRecommendations(
    _ range: Range<Int>, _ terms: RecommendTerms, into out: inout ByteBuffer
  ) {
    var head = RecommendReplyHead(
      generation: terms.question.generation, catalogue: terms.version,
      asOfDay: Int32(terms.question.day))
    let spendKnown = terms.question.spendKnown
    let (known, profiled, heldOut) = (
      DecisionFlags.known.rawValue, DecisionFlags.profiled.rawValue, DecisionFlags.heldOut.rawValue
    )
    let scored =
      DecisionFlags.scored.rawValue | (spendKnown ? DecisionFlags.valued.rawValue : 0)
    let top = recommendations.next.top
    let (rows, ranges) = (recommendations.rows.span, recommendations.ranges.span)
    let (tags, priced) = (queries.tags.span, queries.scores.span)
    let segments = recommendations.next.segments.span
    let chosen = recommendations.next.chosen.span
    let scores = recommendations.next.scores.span
    let uplifts = recommendations.next.uplifts.span
    for place in range {
      let whole = ranges[place]
      guard whole.isEmpty else {
        out.append(bytes: recommendations.replies.bytes.extracting(whole))
        continue
      }
      let isScored = !rows[place].alive.isNaN
      head.tag = tags[place]
      head.flags = rows[place].isKnown ? known : 0
      head.flags |= rows[place].isProfiled ? profiled : 0
      head.flags |= rows[place].held != 0 ? heldOut : 0
      head.flags |= isScored ? scored : 0
      head.segment = UInt8(truncatingIfNeeded: segments[place])
      head.aliveProbability = isScored ? rows[place].alive : 0
      head.churnProbability = isScored ? rows[place].churn : 0
      head.expectedOrders = isScored ? rows[place].expectedOrders : 0
      let isValued = isScored && spendKnown
      head.expectedSpend = isValued ? priced[place].expectedSpendPerOrder : 0
      head.lifetimeValue = isValued ? rows[place].lifetimeValue : 0
      let own = place * top..<(place + 1) * top
      out.append(
        head, chosen: chosen.extracting(own), scores: scores.extracting(own),
        uplifts: uplifts.extracting(own), names: terms.shelf.recommendNames)
    }
  }
}
