// What happens between customers and the shop beside orders: record events.

import Wire

extension Engine {
  mutating func recordEvents(
    _ body: inout FrameReader, at timeMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    var rows = body
    let head = try BatchHead(from: &body)
    for _ in 0..<head.count { _ = try EventRow(from: &body) }
    try body.requireEnd()
    let calendar = try requireCalendar()
    try requireCurrency(head)

    var reply = RecordReply(sequence: store.sequence + 1)
    _ = try BatchHead(from: &rows)
    for number in 0..<head.count {
      let row = try EventRow(from: &rows)
      reply.count(record(row, calendar, at: timeMicros), row: number)
    }
    if reply.recorded > 0 { adoptCurrency(head) }
    reply.write(to: &out)
  }

  private mutating func record(
    _ row: borrowing EventRow, _ calendar: ShopCalendar, at timeMicros: Int64
  ) -> Recording {
    guard happenedDay(row.timeMicros, calendar, at: timeMicros) != nil else {
      return .refused(.timeOutOfRange)
    }
    let identity = SipHash.identity(row.customer, row.event)
    let events = store.facts.events
    guard factIndexes.events.find(identity, { events[$0].identity == identity }) == nil else {
      return .duplicate
    }
    guard hasRoomForCustomer, !store.facts.names.isFull, !events.chunks.isFull else {
      return .refused(.tableFull)
    }

    let customer = makeCustomer(row.customer)
    let name = makeName(row.name)
    var heads = store.facts.heads(of: customer)
    if row.kind.isComplaint {
      let before = store.isOpen(name, in: heads.complaints)
      let after = store.isOpen(
        name, in: heads.complaints, with: (row.timeMicros, row.kind == .complaintOpened))
      if after && !before { heads.openComplaints += 1 }
      if before && !after { heads.openComplaints -= 1 }
    }
    keep(
      EventEntry(
        timeMicros: row.timeMicros, amountMinor: row.amountMinor, identity: identity,
        previous: heads[keyPath: row.kind.list], name: name, lines: row.lines,
        kind: row.kind.rawValue, channel: row.channel?.rawValue ?? 0),
      of: customer, row.kind, &heads)
    return .recorded
  }

  private mutating func keep(
    _ entry: EventEntry, of customer: UInt32, _ kind: EventKind, _ heads: inout FactHeads
  ) {
    let number = store.facts.events.append(entry)
    heads[keyPath: kind.list] = Link(number)
    set(heads, of: customer)
    let table = store.facts.events
    factIndexes.events.insert(entry.identity, number) { table[$0].identity }
  }
}

extension Store {
  /// Whether a complaint is open: the latest that happened to it is not that it was solved.
  ///
  /// - Complexity: the customer's events about complaints, which are few.
  fileprivate func isOpen(
    _ reference: Link, in list: Link, with other: (timeMicros: Int64, isOpened: Bool)? = nil
  ) -> Bool {
    var latest = other
    var next = list
    while let number = next.number {
      let entry = facts.events[number]
      next = entry.previous
      guard entry.name == reference else { continue }
      let isOpened = entry.kind == EventKind.complaintOpened.rawValue
      guard let known = latest else {
        latest = (entry.timeMicros, isOpened)
        continue
      }
      // Of one time, solved holds.
      if entry.timeMicros > known.timeMicros
        || (entry.timeMicros == known.timeMicros && !isOpened)
      {
        latest = (entry.timeMicros, isOpened)
      }
    }
    return latest?.isOpened ?? false
  }
}
