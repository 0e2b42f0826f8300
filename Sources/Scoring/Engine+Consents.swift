// Consent by channel and purpose: record consents, consent history.

import Wire

extension Engine {
  mutating func recordConsents(
    _ body: inout FrameReader, at timeMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    var rows = body
    let head = try RowsHead(from: &body)
    for _ in 0..<head.count { _ = try ConsentRow(from: &body) }
    try body.requireEnd()
    let calendar = try requireCalendar()

    var reply = RecordReply(sequence: store.sequence + 1)
    _ = try RowsHead(from: &rows)
    for number in 0..<head.count {
      let row = try ConsentRow(from: &rows)
      reply.count(record(row, calendar, at: timeMicros), row: number)
    }
    reply.write(to: &out)
  }

  private mutating func record(
    _ row: borrowing ConsentRow, _ calendar: ShopCalendar, at timeMicros: Int64
  ) -> Recording {
    guard happenedDay(row.timeMicros, calendar, at: timeMicros) != nil,
      row.expiresMicros == 0 || calendar.day(ofMicros: row.expiresMicros) != nil
    else { return .refused(.timeOutOfRange) }
    let known = self.row(of: row.customer)
    let standing = known.flatMap { store.standing(of: $0, row.channel, row.purpose) }
    var entry = ConsentEntry(
      timeMicros: row.timeMicros, expiresMicros: row.expiresMicros, status: row.status.rawValue)
    if let standing, let source = name(row.source), let version = name(row.textVersion) {
      (entry.standing, entry.source, entry.textVersion) = (standing, source, version)
      if consent(like: entry) != nil { return .duplicate }
    }
    guard known != nil || hasRoomForCustomer, !store.facts.names.isFull,
      !store.facts.consents.chunks.isFull, !store.facts.standings.chunks.isFull
    else { return .refused(.tableFull) }

    let customer = known ?? makeCustomer(row.customer)
    entry.source = makeName(row.source)
    entry.textVersion = makeName(row.textVersion)
    keep(&entry, standing ?? makeStanding(of: customer, row.channel, row.purpose))
    cards.forget(customer)
    touches.note(customer)
    return .recorded
  }

  private func consent(like entry: ConsentEntry) -> UInt32? {
    factIndexes.consents.find(entry.identity) { store.facts.consents[$0].isSame(as: entry) }
  }

  private mutating func makeStanding(
    of customer: UInt32, _ channel: Channel, _ purpose: Purpose
  ) -> UInt32 {
    var heads = store.facts.heads(of: customer)
    let number = store.facts.standings.append(
      ConsentStanding(
        next: heads.standings, channel: channel.rawValue, purpose: purpose.rawValue))
    heads.standings = Link(number)
    set(heads, of: customer)
    return number
  }

  /// Keeps what was said; what was said earlier of the same does not hold any more, what is later does.
  private mutating func keep(_ entry: inout ConsentEntry, _ number: UInt32) {
    var standing = store.facts.standings[number]
    entry.standing = number
    entry.previous = standing.last
    let kept = store.facts.consents.append(entry)
    if standing.last == .none || entry.prevails(over: store.facts.consents[standing.present]) {
      standing.present = kept
    }
    standing.last = Link(kept)
    store.facts.standings[number] = standing
    let table = store.facts.consents
    factIndexes.consents.insert(entry.identity, kept) { table[$0].identity }
  }

  // MARK: Query

  func consentHistory(_ body: inout FrameReader, _ out: inout ByteBuffer) throws(Refusal) {
    let customer = try body.readIdentifier("customer")
    try body.requireEnd()

    var reply = ConsentHistoryReply()
    let standings = row(of: customer).map(store.standings) ?? []
    // Each has its share, so that a long history of one does not hide another.
    let share = Limits.consentsToldMax / max(1, standings.count)
    for standing in standings {
      var next = standing.last
      var told = 0
      while let number = next.number {
        if told == share {
          reply.leftOut = true
          break
        }
        let entry = store.facts.consents[number]
        if let consent = store.consent(entry, of: standing) { reply.consents.append(consent) }
        told += 1
        next = entry.previous
      }
    }
    reply.write(to: &out)
  }
}

extension ConsentEntry {
  /// Whether it is the same statement; which was recorded before it does not matter.
  func isSame(as other: ConsentEntry) -> Bool {
    var other = other
    other.previous = previous
    return self == other
  }
}
