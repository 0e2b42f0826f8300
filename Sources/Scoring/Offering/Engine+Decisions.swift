// Decisions: decide makes one, record decision keeps one. A decision is kept by the same method whether
// it was just made or comes from the journal.

import Offers
import Policies
import Wire

extension Engine {
  /// The record of the last decision, as the journal has to get it.
  ///
  /// It is there after `execute` gave `decided`, until the next decision.
  public var decisionFrame: RawSpan {
    @_lifetime(borrow self)
    get { desk.recordBytes }
  }

  // MARK: Making one

  mutating func decide(
    _ frame: RawSpan, _ body: inout FrameReader, at timeMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) -> Outcome {
    let head = try DecideHead(from: &body)
    try readCategories(&body)
    let shelf = try requireShelf()
    let schemaAt = body.offset
    let (schema, missing) = (try body.read(UInt16.self), try body.read(UInt16.self))
    let ownMissing = try readFeatures(
      schema: schema, missing: missing, at: schemaAt, &body, shelf)
    try body.requireEnd()
    let at = FrameHeader.size + CommandKey.size + 1 + head.customer.byteCount
    let placement = try self.placement(head.placement, at: at, shelf)
    let moment = try moment(at: timeMicros)
    var check = StateHash()
    check.combine(frame.extracting(droppingFirst: FrameHeader.size + CommandKey.size))
    var question = DecisionQuestion(
      key: head.key, placement: placement, channel: head.channel, flags: head.flags,
      top: head.top, basketMinor: head.basketMinor, lines: head.lines, ownMissing: ownMissing,
      check: UInt32(truncatingIfNeeded: check.value))
    let isDry = head.flags.contains(.dryRun)
    if head.key.isNone {
      // No client draws such a one: a producer's number is random or small, not a time.
      question.key = CommandKey(producer: UInt64(timeMicros), number: store.sequence + 1)
    } else if !isDry, let known = decision(head.key) {
      guard store.offering.check(of: known) == question.check else {
        throw Refusal(
          .keyReused, at: FrameHeader.size,
          "another decision had this key before; give every request a key of its own")
      }
      try writeReply(to: known, explains: head.flags.contains(.explain), &out)
      return .repeated
    }

    let number = row(of: head.customer)
    var request = DecisionRequest(
      placement: placement, channel: head.channel.inCatalogue, moment: moment,
      hash: question.key.draw, top: Int(head.top),
      explores: !head.flags.contains(.greedy))
    lookUpTables()
    store.know(number, question, moment, shelf, &desk)
    store.judge(question, moment, shelf, &desk)
    request.noneDeviation = desk.noneDeviation
    let decision = try desk.decide(request, for: head.customer, on: shelf, at: at)
    guard isDry || hasRoomForDecision else {
      throw Refusal(.tableFull, "there is no room for another decision")
    }
    desk.writeRecord(decision, question, request, head.customer, on: shelf, in: store)
    if isDry {
      try writeReply(explains: head.flags.contains(.explain), on: shelf, &out)
      return .answered
    }
    // Taken off the desk while the engine changes.
    var record = ByteBuffer(capacity: 0)
    swap(&record, &desk.record)
    defer { swap(&record, &desk.record) }
    let body = try DecisionBody(record.bytes.extracting(droppingFirst: FrameHeader.size))
    let kept = try keep(body, shelf, at: timeMicros)
    store.sequence += 1
    store.timeMicros = timeMicros
    try writeReply(to: kept, body, explains: head.flags.contains(.explain), &out)
    return .decided
  }

  /// The place of a placement.
  func placement(
    _ name: RawSpan, at: Int, _ shelf: OfferShelf
  ) throws(Refusal) -> Int {
    guard let placement = shelf.placement(name) else {
      let names = shelf.catalogue.placements.map(\.name).joined(separator: ", ")
      throw Refusal(.unknownPlacement, at: at, "the catalogue's placements are \(names)")
    }
    return placement
  }

  /// What an instant is in the shop's time zone.
  func moment(at timeMicros: Int64) throws(Refusal) -> Moment {
    guard let moment = try requireCalendar().moment(at: timeMicros) else {
      throw Refusal(.timeOutOfRange, "the server's clock is before 1970 or after 2149")
    }
    return moment
  }

  /// Lays what is tabulated for the desk's horizon beside it; without it scores are the exact functions'.
  mutating func lookUpTables() {
    guard let horizon = desk.horizon else { return }
    tables.note(1, horizon.value, horizon.generation)
    if desk.tables == nil {
      desk.tables = tables.tables(horizon.value, horizon.generation)
    }
  }

  /// Reads the categories of a basket onto the desk.
  mutating func readCategories(_ body: inout FrameReader) throws(Refusal) {
    desk.categories.removeAll(keepingCapacity: true)
    for _ in 0..<(try body.readCategoryCount()) {
      let category = try body.readIdentifier("category")
      // Nowhere, for one that was never heard of: it is in the basket all the same.
      desk.categories.append(name(category) ?? Link.none)
    }
  }

  /// Reads the shop's own features onto the desk.
  ///
  /// - Parameters:
  ///   - schema: what they are told to be.
  ///   - missing: those that are told to be missing.
  ///   - at: the schema's offset.
  ///   - body: stands on their number.
  ///   - shelf: the catalogue.
  /// - Returns: which are not known.
  /// - Throws: `malformed`, `invalidField` or `badSchema` with the offset.
  mutating func readFeatures(
    schema: UInt16, missing: UInt16, at: Int, _ body: inout FrameReader, _ shelf: OfferShelf
  ) throws(Refusal) -> UInt16 {
    let count = try body.readFeatureCount()
    desk.own.removeAll(keepingCapacity: true)
    for _ in 0..<count { desk.own.append(try body.readFinite("feature")) }
    if count == 0 && schema == 0 { return .max }
    let declared = shelf.catalogue.ownFeatures.count
    guard Int(schema) == shelf.catalogue.featureSchema, count == declared else {
      throw Refusal(
        .badSchema, at: at,
        "\(count) features of schema \(schema) are told; the catalogue declares "
          + "\(declared) of schema \(shelf.catalogue.featureSchema)")
    }
    return missing
  }

  private var hasRoomForDecision: Bool {
    hasRoomForCustomer
      && store.offering.contacts.count + Limits.slateMax < Int(UInt32.max) - 1
      && store.offering.enrolments.count + 64 < Int(UInt32.max) - 1
  }

  /// Where the decision with a key is remembered.
  func decision(_ key: CommandKey) -> DecisionPlace? {
    let hash = SipHash.hash(key, key: indexKey)
    let younger = store.offering.decisions.younger
    for turn in 0..<2 {
      let half = turn == 0 ? younger : 1 - younger
      let found = offerIndexes.decisions[half].find(hash) { position in
        store.offering.decisions.halves[half].key(at: position) == key
      }
      if let found { return DecisionPlace(half: half, position: Int(found)) }
    }
    return nil
  }

  // MARK: Keeping one

  mutating func recordDecision(_ bytes: RawSpan, at timeMicros: Int64) throws(Refusal) {
    let body = try DecisionBody(bytes)
    let shelf = try requireShelf()
    guard body.catalogue == shelf.catalogue.version,
      body.reasons.count == shelf.catalogue.offers.count, hasRoomForDecision
    else {
      throw Refusal(
        .invalidField, "the decision was made by version \(body.catalogue) of the catalogue")
    }
    _ = try keep(body, shelf, at: timeMicros)
  }

  /// Keeps a decision: its contacts, reservations and enrolments, and itself.
  private mutating func keep(
    _ body: borrowing DecisionBody, _ shelf: OfferShelf, at timeMicros: Int64
  ) throws(Refusal) -> DecisionPlace {
    guard let day = store.calendar?.day(ofMicros: body.timeMicros) else {
      throw Refusal(.timeOutOfRange, "a decision lies before 1970 or after 2149")
    }
    var isRight = true
    try body.forEachChosen { place, liabilityMinor, _ in
      if place >= shelf.accounts.count || liabilityMinor < 0 { isRight = false }
    }
    guard isRight else { throw Refusal(.invalidField, "a chosen offer is not in the catalogue") }
    store.tendDecisions(at: timeMicros)
    let customer = makeCustomer(body.customer)
    let firstContact = UInt32(store.offering.contacts.count)
    var cost = 0.0
    var arm: UInt32 = 0
    var rate = shelf.catalogue.marginRate
    var isLearnable = true
    var choice: UInt8 = 0
    var heads = store.offering.heads(of: customer)
    let isFallback = body.flags.contains(.fallback)
    try body.forEachChosen { place, liabilityMinor, expected in
      let offer = shelf.catalogue.offers[place]
      if choice == 0 {
        (arm, cost, rate) = (shelf.arms[place], expected, offer.marginRate)
        isLearnable = offer.offerClass == .normal && !isFallback
      }
      heads.contacts =
        store.offering.reserve(
          Receipt.Choice(
            account: shelf.accounts[place], liabilityMinor: liabilityMinor,
            counts: offer.offerClass != .transactional),
          choice, body.key, body.channel, body.timeMicros, day, shelf, newest: heads.contacts
        ).newest
      choice += 1
    }
    store.offering.count(body, shelf)
    store.enrol(customer, body, shelf, on: day, &heads)
    if heads != OfferHeads() { set(heads, of: customer) }
    return remember(
      body, customer: customer, shelf, firstContact: choice > 0 ? Link(firstContact) : .none,
      arm: arm, cost: cost, rate: rate, isLearnable: isLearnable)
  }

  /// Writes the decision's entry.
  private mutating func remember(
    _ body: borrowing DecisionBody, customer: UInt32, _ shelf: OfferShelf, firstContact: Link,
    arm: UInt32, cost: Double, rate: Double, isLearnable: Bool
  ) -> DecisionPlace {
    let size = DecisionHead.size + body.bytes.byteCount
    if store.offering.decisions.isFull(for: size) {
      store.offering.forgetOlderHalf()
      offerIndexes.decisions[store.offering.decisions.younger] = Index()
    }
    let window = Int64(shelf.catalogue.windowDays) * 86_400_000_000
    let close = max(body.timeMicros + window, store.offering.lastCloseMicros)
    store.offering.lastCloseMicros = close
    var entry = desk.entry.take() ?? ByteBuffer(capacity: DecisionHead.size)
    entry.truncate(to: 0)
    entry.append(close)
    entry.append(store.offering.decisionCount)
    entry.append(customer)
    entry.append(UInt32(store.orders.count))
    entry.append(firstContact)
    entry.append(arm)
    entry.append((isLearnable ? DecisionState.open : .unlearnt).rawValue)
    entry.append(UInt8(0))
    entry.append(UInt16(body.features))
    entry.append(UInt32(body.choiceCount))
    for _ in 0..<4 { entry.append(0.0) }
    entry.append(cost)
    entry.append(rate)
    entry.append(Int64(0))
    // The gain: nothing was learnt yet.
    for _ in 0..<LearnerGain.count / 16 { entry.append(SIMD16<Float>.zero) }
    let position = store.offering.decisions.append(
      KeyedCommand(key: body.key, verb: Verb.recordDecision.rawValue, check: body.check),
      entry.bytes, body.bytes)
    desk.entry = consume entry
    store.offering.decisionCount += 1
    let younger = store.offering.decisions.younger
    let (half, key) = (store.offering.decisions.halves[younger], indexKey)
    offerIndexes.decisions[younger].insert(SipHash.hash(body.key, key: key), position) {
      SipHash.hash(half.key(at: $0), key: key)
    }
    return DecisionPlace(half: younger, position: Int(position))
  }
}

extension DecisionDesk {
  /// Decides by what lies on the desk.
  mutating func decide(
    _ request: DecisionRequest, for customer: RawSpan, on shelf: OfferShelf, at: Int
  ) throws(Refusal) -> Decision {
    let bytes = Span<UInt8>(_bytes: customer)
    // Copies of references: the workspace changes while they are read.
    let (budgets, campaigns, estimates) = (budgets, campaigns, estimates)
    do throws(DecisionRefusal) {
      return try Decision.make(
        request, for: bytes, facts: facts, standing: standing, budgets: budgets.span,
        campaigns: campaigns.span, estimates: estimates.span, in: shelf.catalogue,
        with: &workspace)
    } catch {
      throw Refusal(.invalidField, at: at, "the placement or the number of offers is wrong")
    }
  }
}

extension CommandKey {
  /// A number evenly spread over all keys: the draw of a decision.
  var draw: UInt64 {
    let bytes = bytes
    return XXHash64.hash(bytes.span)
  }
}

extension Offering {
  /// The hash of the request that a decision answered.
  func check(of place: DecisionPlace) -> UInt32 {
    decisions.halves[place.half].command(at: UInt32(place.position)).check
  }

  /// Counts what became of each offer.
  fileprivate mutating func count(_ body: borrowing DecisionBody, _ shelf: OfferShelf) {
    let accounts = shelf.accounts
    var counts = reasonCounts.mutableSpan
    for place in accounts.indices {
      let reason = Int(body.reason(place))
      guard reason < Self.reasonCount else { continue }
      counts[Int(accounts[place]) * Self.reasonCount + reason] += 1
    }
    // The counts stand in its section: a snapshot would take the one before for unchanged.
    markLearning()
  }

  /// Keeps a contact's place and its offer's liability.
  ///
  /// - Returns: the contact's number, and the customer's newest contact.
  mutating func reserve(
    _ choice: Receipt.Choice, _ number: UInt8, _ key: CommandKey, _ channel: Wire.Channel,
    _ timeMicros: Int64, _ day: UInt16, _ shelf: OfferShelf, newest: Link,
    isRestored: Bool = false
  ) -> (number: UInt32, newest: Link) {
    var account = accounts[choice.account]
    if let place = shelf.place(of: choice.account) {
      account.begin(shelf.catalogue.offers[place].budget.period(on: Int32(day)))
    }
    account.chosen += 1
    account.reservedMinor += choice.liabilityMinor
    account.reservedCount += 1
    accounts[choice.account] = account
    let until =
      timeMicros + shelf.catalogue.channels[Int(channel.inCatalogue.rawValue)].reservationMicros
    var entry = ContactEntry(
      timeMicros: timeMicros, untilMicros: until, liabilityMinor: choice.liabilityMinor,
      producer: key.producer, number: key.number, account: choice.account, day: day,
      channel: channel.rawValue, choice: number)
    entry.flags = ContactEntry.isReserved | (choice.counts ? ContactEntry.counts : 0)
    if isRestored { entry.flags |= ContactEntry.isRestored }
    let place = contacts.append(entry)
    return (place, insert(place, into: newest))
  }

  /// Puts a contact into a customer's list, the newest first; nearly always it is the newest.
  ///
  /// - Returns: the newest.
  mutating func insert(_ number: UInt32, into newest: Link) -> Link {
    let latest = contacts[number].latestMicros
    var newer = Link.none
    var next = newest
    while let other = next.number, contacts[other].latestMicros > latest {
      newer = next
      next = contacts[other].previous
    }
    contacts[number].previous = next
    guard let newer = newer.number else { return Link(number) }
    contacts[newer].previous = Link(number)
    return newest
  }

  /// Takes a contact out of a customer's list.
  ///
  /// - Returns: the newest of the others.
  mutating func remove(_ number: UInt32, from newest: Link) -> Link {
    let older = contacts[number].previous
    var next = newest
    while let other = next.number, other != number {
      next = contacts[other].previous
      if next.number == number {
        contacts[other].previous = older
        return newest
      }
    }
    return older
  }

  /// Forgets the older half of the decisions; the younger one becomes the older.
  fileprivate mutating func forgetOlderHalf() {
    // Closed already, a few with each decision, unless decisions are larger than ever.
    while closing.half != decisions.younger, holds(closing) { closeOldest(early: true) }
    decisions.turnOver()
    firstRemembered[decisions.younger] = decisionCount
  }
}

extension OfferAccount {
  /// Begins the budget anew with a new period; what is told late of an earlier one counts in this.
  mutating func begin(_ period: Int32) {
    guard period > periodDay else { return }
    periodDay = period
    spentMinor = 0
    givenCount = 0
  }
}

extension Store {
  /// Makes a customer part of the campaigns that a decision was the first chance of.
  fileprivate mutating func enrol(
    _ customer: UInt32, _ body: borrowing DecisionBody, _ shelf: OfferShelf, on day: UInt16,
    _ heads: inout OfferHeads
  ) {
    var bits = body.campaigns
    while bits != 0 {
      let place = bits.trailingZeroBitCount
      bits &= bits - 1
      guard place < shelf.campaigns.count else { return }
      let campaign = shelf.campaigns[place]
      if offering.isEnrolled(heads.enrolments, campaign) { continue }
      heads.enrolments = Link(
        offering.enrolments.append(
          EnrolmentEntry(
            timeMicros: body.timeMicros, campaign: campaign, customer: customer,
            orderMark: UInt32(orders.count), previous: heads.enrolments, day: day,
            segment: body.segment, isControl: body.held & shelf.controls[place] != 0 ? 1 : 0)))
    }
  }
}

extension Offering {
  fileprivate func isEnrolled(_ list: Link, _ campaign: UInt32) -> Bool {
    var next = list
    while let number = next.number {
      let entry = enrolments[number]
      if entry.campaign == campaign { return true }
      next = entry.previous
    }
    return false
  }
}

extension ShopCalendar {
  /// What an instant is in the shop's time zone; nil outside 1970-01-01 … 2149-06-05.
  func moment(at micros: Int64) -> Moment? {
    guard let day = day(ofMicros: micros) else { return nil }
    return Moment(
      nowMicros: micros, today: Int32(day), minute: minute(ofMicros: micros),
      tomorrowMicros: beginMicros(ofDay: Int32(day) + 1, near: micros))
  }
}
