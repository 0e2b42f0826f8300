// What came of decisions: record outcomes. Accounts and contacts change at once; what is learnt is in
// Decisions+Closing.

import Offers
import Wire

extension Engine {
  mutating func recordOutcomes(
    _ body: inout FrameReader, at timeMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    var rows = body
    let head = try BatchHead(from: &body)
    for _ in 0..<head.count { _ = try OutcomeRow(from: &body) }
    try body.requireEnd()
    let shelf = try requireShelf()
    try requireCurrency(head)

    store.tendDecisions(at: timeMicros)
    var reply = RecordReply(sequence: store.sequence + 1)
    _ = try BatchHead(from: &rows)
    for number in 0..<head.count {
      let row = try OutcomeRow(from: &rows)
      reply.count(record(row, shelf, at: timeMicros), row: number)
    }
    reply.write(to: &out)
  }

  private mutating func record(
    _ row: borrowing OutcomeRow, _ shelf: OfferShelf, at timeMicros: Int64
  ) -> Recording {
    guard let receipt = Receipt(row.decision),
      receipt.choices.allSatisfy({ $0.account < store.offering.accounts.count })
    else { return .refused(.unknownDecision) }
    let skew = Int64(Limits.futureSecondsMax) * 1_000_000
    guard row.timeMicros >= receipt.timeMicros - skew, row.timeMicros <= timeMicros + skew,
      receipt.timeMicros <= timeMicros + skew,
      let decided = store.calendar?.day(ofMicros: receipt.timeMicros),
      let day = store.calendar?.day(ofMicros: row.timeMicros)
    else { return .refused(.timeOutOfRange) }
    guard Int(row.choice) < max(1, receipt.choices.count),
      !receipt.choices.isEmpty || row.kind.closes || row.kind == .refunded
    else { return .refused(.invalidField) }
    let identity = SipHash.identity(receipt.key, row.outcome)
    let outcomes = store.offering.outcomes
    guard offerIndexes.outcomes.find(identity, { outcomes[$0].identity == identity }) == nil else {
      return .duplicate
    }
    let identifier = receipt.customer
    let known = self.row(of: identifier.rawSpan)
    guard known != nil || hasRoomForCustomer, !outcomes.chunks.isFull,
      store.offering.contacts.count + Limits.slateMax < Int(UInt32.max) - 1
    else { return .refused(.tableFull) }
    let decision = decision(receipt.key)
    let found = known.flatMap { store.offering.contact(of: $0, receipt.key, row.choice) }
    if let status = store.offering.objection(to: row, receipt, found, decision, on: day, shelf) {
      return .refused(status)
    }

    let customer = known ?? makeCustomer(identifier.rawSpan)
    let contact = found ?? restore(receipt, row.choice, customer, on: decided, shelf)
    keepOutcome(row, customer, receipt, identity)
    if let contact {
      store.offering.change(contact, of: customer, row, on: day, shelf)
    }
    if let decision { store.offering.learn(decision, from: row, at: timeMicros) }
    return .recorded
  }

  private mutating func keepOutcome(
    _ row: borrowing OutcomeRow, _ customer: UInt32, _ receipt: Receipt, _ identity: UInt64
  ) {
    let account = receipt.choices.isEmpty ? nil : receipt.choices[Int(row.choice)].account
    let number = store.offering.outcomes.append(
      OutcomeEntry(
        timeMicros: row.timeMicros, identity: identity, orderMinor: row.orderMinor,
        marginMinor: row.marginMinor, costMinor: row.costMinor, customer: customer,
        account: account.map { Link($0) } ?? .none, kind: row.kind.rawValue))
    let table = store.offering.outcomes
    offerIndexes.outcomes.insert(identity, number) { table[$0].identity }
  }

  /// Makes the contacts of a decision that a crash has taken, from its receipt.
  ///
  /// - Returns: the one that is meant; nil when there was none.
  private mutating func restore(
    _ receipt: Receipt, _ choice: UInt8, _ customer: UInt32, on day: UInt16, _ shelf: OfferShelf
  ) -> UInt32? {
    guard !receipt.choices.isEmpty else { return nil }
    var heads = store.offering.heads(of: customer)
    var meant: UInt32?
    for (number, one) in receipt.choices.enumerated() {
      let kept = store.offering.reserve(
        one, UInt8(number), receipt.key, receipt.channel, receipt.timeMicros, day, shelf,
        newest: heads.contacts, isRestored: true)
      heads.contacts = kept.newest
      if number == Int(choice) { meant = kept.number }
    }
    set(heads, of: customer)
    return meant
  }
}

extension Offering {
  /// The contact of a decision's choice.
  fileprivate func contact(
    of customer: UInt32, _ key: CommandKey, _ choice: UInt8
  ) -> UInt32? {
    var next = heads(of: customer).contacts
    while let number = next.number {
      let entry = contacts[number]
      if entry.producer == key.producer, entry.number == key.number, entry.choice == choice {
        return number
      }
      next = entry.previous
    }
    return nil
  }

  /// Why an outcome cannot be; nil if it can.
  fileprivate func objection(
    to row: borrowing OutcomeRow, _ receipt: Receipt, _ contact: UInt32?,
    _ decision: DecisionPlace?, on day: UInt16, _ shelf: OfferShelf
  ) -> Status? {
    switch row.kind {
    case .redeemed:
      let choice = receipt.choices[Int(row.choice)]
      let flags = contact.map { contacts[$0].flags }
      // An offer costs at most its liability: a budget that says so can never be overdrawn.
      if flags.map({ $0 & ContactEntry.isRedeemed != 0 }) == true
        || row.costMinor > choice.liabilityMinor
      {
        return .badAmount
      }
      // What nothing is kept for any more may take what is left, and no more.
      let isKept = flags.map { $0 & ContactEntry.isReserved != 0 } ?? true
      return isKept || covers(row.costMinor, choice.account, on: day, shelf) ? nil : .badAmount
    case .refunded:
      guard let decision else { return nil }
      let accepted = field(Int64.self, DecisionHead.accepted, of: decision)
      return row.orderMinor > accepted ? .badAmount : nil
    case .accepted, .ended:
      guard let decision else { return nil }
      let accepted = field(Int64.self, DecisionHead.accepted, of: decision)
      return accepted.addingReportingOverflow(row.orderMinor).overflow ? .amountOverflow : nil
    default: return nil
    }
  }

  /// Whether the budget of an offer, if it has one, is enough for a cost that was not reserved.
  private func covers(
    _ costMinor: Int64, _ number: UInt32, on day: UInt16, _ shelf: OfferShelf
  ) -> Bool {
    guard let place = shelf.place(of: number) else { return true }
    let offer = shelf.catalogue.offers[place]
    var account = accounts[number]
    account.begin(offer.budget.period(on: Int32(day)))
    let isCovered =
      offer.budgetMinor < 0
      || account.spentMinor + account.reservedMinor + costMinor <= offer.budgetMinor
    let isCounted =
      offer.budgetCount < 0
      || account.givenCount + account.reservedCount + 1 <= offer.budgetCount
    guard isCovered, isCounted else { return false }
    let moment = Moment(nowMicros: 0, today: Int32(day), minute: 0, tomorrowMicros: 0)
    return campaignsCover(costMinor, of: place, at: moment, shelf)
  }

  /// Changes a contact and its offer's account.
  fileprivate mutating func change(
    _ contact: UInt32, of customer: UInt32, _ row: borrowing OutcomeRow, on day: UInt16,
    _ shelf: OfferShelf
  ) {
    var entry = contacts[contact]
    var account = accounts[entry.account]
    let state = ContactEntry.State(rawValue: entry.state) ?? .reserved
    switch row.kind {
    case .delivered, .shown, .clicked, .accepted:
      if state != .seen {
        entry.state = (row.kind == .delivered ? ContactEntry.State.delivered : .seen).rawValue
      }
      if state == .reserved || state == .failed {
        // From now on the contact counts from when it arrived.
        entry.timeMicros = row.timeMicros
        entry.day = day
        account.delivered += 1
      }
      if row.kind == .shown { account.shown += 1 }
      if row.kind == .clicked { account.clicked += 1 }
      if row.kind == .accepted { account.accepted += 1 }
    case .failed:
      if state == .reserved { entry.state = ContactEntry.State.failed.rawValue }
    case .refused:
      entry.state = ContactEntry.State.seen.rawValue
      entry.refusedMicros = max(entry.refusedMicros, row.timeMicros)
      account.refused += 1
    case .redeemed:
      entry.flags |= ContactEntry.isRedeemed
      account.redeemed += 1
      account.costMinor += row.costMinor
      if let place = shelf.place(of: entry.account) {
        account.begin(shelf.catalogue.offers[place].budget.period(on: Int32(day)))
        spend(row.costMinor, of: place, on: day, shelf)
      }
      account.spentMinor += row.costMinor
      account.givenCount += 1
    case .refunded, .ended: break
    }
    let isMoved = entry.latestMicros != contacts[contact].latestMicros
    contacts[contact] = entry
    accounts[entry.account] = account
    if isMoved {
      var heads = heads(of: customer)
      heads.contacts = insert(contact, into: remove(contact, from: heads.contacts))
      setHeads(of: customer, heads)
    }
    switch row.kind {
    // What failed while its place was kept, or is not wanted, or was used, reserves nothing any more.
    case .failed where state == .reserved: release(contact)
    case .refused, .redeemed: release(contact)
    default: break
    }
  }

  /// Adds an outcome to what a decision came to, and learns it.
  fileprivate mutating func learn(
    _ place: DecisionPlace, from row: borrowing OutcomeRow, at timeMicros: Int64
  ) {
    guard let scale = shelf?.catalogue.scale else { return }
    let isReported = field(UInt8.self, DecisionHead.isReported, of: place) != 0
    // After its end a window learns nothing but what corrects what it learnt: costs and refunds.
    let close = field(Int64.self, DecisionHead.close, of: place)
    var margin = field(Double.self, DecisionHead.margin, of: place)
    var accepted = field(Int64.self, DecisionHead.accepted, of: place)
    switch row.kind {
    case .accepted, .refused, .ended:
      accepted += row.orderMinor
      setField(accepted, DecisionHead.accepted, of: place)
      guard timeMicros <= close else { return }
      setField(UInt8(1), DecisionHead.isReported, of: place)
      margin = (isReported ? margin : 0) + Double(row.marginMinor) / scale
      setField(margin, DecisionHead.margin, of: place)
      learn(place)
    case .refunded:
      accepted -= row.orderMinor
      setField(accepted, DecisionHead.accepted, of: place)
      guard isReported else { return }
      setField(margin - Double(row.marginMinor) / scale, DecisionHead.margin, of: place)
      if state(of: place) == .learnt { learn(place) }
    case .redeemed:
      let cost = field(Double.self, DecisionHead.cost, of: place)
      setField(cost + Double(row.costMinor) / scale, DecisionHead.cost, of: place)
      if state(of: place) == .learnt { learn(place) }
    case .shown, .delivered, .failed, .clicked: break
    }
  }
}
