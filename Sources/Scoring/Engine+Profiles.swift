// Customers as persons: record profiles, describe customer.

import Wire

extension Engine {
  mutating func recordProfiles(
    _ body: inout FrameReader, at timeMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    var rows = body
    let head = try RowsHead(from: &body)
    var (money, mismatch) = (AcquisitionCost?.none, Refusal?.none)
    for _ in 0..<head.count {
      let row = try ProfileRow(from: &body)
      if case .set(let cost) = row.change.acquisitionCost {
        mismatch = mismatch ?? self.mismatch(cost, money, rowEnd: body.offset)
        money = money ?? cost
      }
    }
    try body.requireEnd()
    let calendar = try requireCalendar()
    if let mismatch { throw mismatch }

    let year = calendar.day(ofMicros: timeMicros).map { CivilMonth(ofDay: Int($0)).year } ?? 0
    var reply = RecordReply(sequence: store.sequence + 1)
    _ = try RowsHead(from: &rows)
    for number in 0..<head.count {
      let row = try ProfileRow(from: &rows)
      reply.count(record(row, year: year), row: number)
    }
    reply.write(to: &out)
  }

  /// What is wrong with a cost's currency: it must be the shop's, and while it has none that of the batch's
  /// first cost.
  private func mismatch(
    _ cost: AcquisitionCost, _ first: AcquisitionCost?, rowEnd: Int
  ) -> Refusal? {
    var (currency, digits) = (store.currency, store.minorDigits)
    if currency.isEmpty {
      guard let first else { return nil }
      (currency, digits) = (first.currency, first.minorDigits)
    }
    if cost.currency == currency && cost.minorDigits == digits { return nil }
    // Behind the currency, four bytes, stand the digits, the tier and its last day.
    return Refusal(
      .currencyMismatch, at: rowEnd - (cost.currency == currency ? 4 : 8),
      "the shop's currency is \(currency) with \(digits) digits, "
        + "the row says \(cost.currency) with \(cost.minorDigits)")
  }

  private mutating func record(_ row: borrowing ProfileRow, year: Int) -> Recording {
    if case .set(let birthday) = row.change.birthday, Int(birthday.year) > year {
      return .refused(.timeOutOfRange)
    }
    let known = self.row(of: row.customer)
    let place = known.flatMap { store.facts.heads(of: $0).profile.number }
    let before = place.map { store.facts.profiles[$0] } ?? ProfileEntry()
    let after = ProfileEntry(row.change.applied(to: before.profile))
    let tiesBefore = place.map { store.facts.ties(of: $0) } ?? TiesEntry()
    var ties = tiesBefore.changed(by: row.change)
    let source = Array((row.change.source.applied(to: nil) ?? "").utf8)
    // A source that has no number yet is a new one.
    let isNewName = name(source.rawSpan) == nil
    if row.change.source != .keep { ties.source = name(source.rawSpan) ?? .none }
    if after == before && ties == tiesBefore && !isNewName { return .duplicate }
    guard known != nil || hasRoomForCustomer, !isNewName || !store.facts.names.isFull,
      place != nil || !store.facts.profiles.chunks.isFull
    else { return .refused(.tableFull) }

    if isNewName { ties.source = makeName(source.rawSpan) }
    let profile = place ?? store.facts.profiles.append(after)
    store.facts.profiles[profile] = after
    if ties != tiesBefore { store.facts.setTies(of: profile, ties) }
    if case .set(let cost) = row.change.acquisitionCost, store.currency.isEmpty {
      (store.currency, store.minorDigits) = (cost.currency, cost.minorDigits)
    }
    if place != nil {
      if let known { touches.note(known) }
      return .recorded
    }
    let customer = known ?? makeCustomer(row.customer)
    var heads = store.facts.heads(of: customer)
    heads.profile = Link(profile)
    set(heads, of: customer)
    return .recorded
  }

  // MARK: Query

  func describeCustomer(_ body: inout FrameReader, _ out: inout ByteBuffer) throws(Refusal) {
    let customer = try body.readIdentifier("customer")
    try body.requireEnd()

    var reply = CustomerReply()
    if let number = row(of: customer) { store.describe(number, in: &reply) }
    reply.write(to: &out)
  }
}

extension Store {
  fileprivate func describe(_ number: UInt32, in reply: inout CustomerReply) {
    reply.known = true
    let row = customers[number]
    if row.firstDay != CustomerRow.noDay {
      reply.firstOrderDay = Int32(row.firstDay)
      reply.lastOrderDay = Int32(row.lastDay)
      reply.repeatOrders = row.repeatOrders
      reply.spentMinor = row.firstSpendMinor + row.repeatSpendMinor
    }
    reply.profile = profile(of: number)?.profile ?? Profile()
    let ties = ties(of: number)
    if ties.source != .none { reply.profile.source = facts.names.text(ties.source) }
    reply.profile.acquisitionCostMinor = ties.costMinor
    reply.profile.tier = ties.heldTier
    reply.consents = standings(of: number).compactMap {
      consent(facts.consents[$0.present], of: $0)
    }
    reply.openComplaints = facts.heads(of: number).openComplaints
    reply.events = newestEvents(of: number)
    reply.categories = boughtCategories(by: number)
  }
}
