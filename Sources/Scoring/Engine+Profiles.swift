// Customers as persons: record profiles, describe customer.

import Wire

extension Engine {
  mutating func recordProfiles(
    _ body: inout FrameReader, at timeMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    var rows = body
    let head = try RowsHead(from: &body)
    for _ in 0..<head.count { _ = try ProfileRow(from: &body) }
    try body.requireEnd()
    let calendar = try requireCalendar()

    let year = calendar.day(ofMicros: timeMicros).map { CivilMonth(ofDay: Int($0)).year } ?? 0
    var reply = RecordReply(sequence: store.sequence + 1)
    _ = try RowsHead(from: &rows)
    for number in 0..<head.count {
      let row = try ProfileRow(from: &rows)
      reply.count(record(row, year: year), row: number)
    }
    reply.write(to: &out)
  }

  private mutating func record(_ row: borrowing ProfileRow, year: Int) -> Recording {
    if case .set(let birthday) = row.change.birthday, Int(birthday.year) > year {
      return .refused(.timeOutOfRange)
    }
    let known = self.row(of: row.customer)
    let place = known.flatMap { store.facts.heads(of: $0).profile.number }
    let before = place.map { store.facts.profiles[$0] } ?? ProfileEntry()
    let after = ProfileEntry(row.change.applied(to: before.profile))
    if after == before { return .duplicate }
    guard known != nil || hasRoomForCustomer, !store.facts.profiles.chunks.isFull else {
      return .refused(.tableFull)
    }

    if let place {
      store.facts.profiles[place] = after
      return .recorded
    }
    let customer = known ?? makeCustomer(row.customer)
    var heads = store.facts.heads(of: customer)
    heads.profile = Link(store.facts.profiles.append(after))
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
    reply.consents = standings(of: number).compactMap {
      consent(facts.consents[$0.present], of: $0)
    }
    reply.openComplaints = facts.heads(of: number).openComplaints
    reply.events = newestEvents(of: number)
    reply.categories = boughtCategories(by: number)
  }
}
