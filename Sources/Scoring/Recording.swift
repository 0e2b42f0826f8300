// What the verbs that record rows have in common: how a row went, how a customer and a name are found
// or made, and which times can be recorded.

import Wire

/// What became of one row of a batch.
enum Recording {
  case recorded
  case duplicate
  case refused(Status)
}

extension RecordReply {
  mutating func count(_ recording: Recording, row: Int) {
    switch recording {
    case .recorded: recorded += 1
    case .duplicate: duplicates += 1
    case .refused(let status): refused.append(.init(row: UInt32(row), status: status))
    }
  }
}

extension Engine {
  /// Whether another customer can be kept.
  var hasRoomForCustomer: Bool { !store.customers.chunks.isFull && !store.identifiers.isFull }

  /// A customer's row, which is made where there is none.
  ///
  /// - Precondition: there is room.
  mutating func makeCustomer(_ customer: RawSpan) -> UInt32 {
    let hash = SipHash.hash(customer, key: indexKey)
    if let known = row(of: customer, hash: hash) { return known }
    var row = CustomerRow()
    row.identifier = store.identifiers.append(customer)
    let number = store.customers.append(row)
    insertCustomer(number, hash: hash)
    return number
  }

  /// The number of a name; nil for one that was never kept, nowhere for the empty one.
  func name(_ name: RawSpan) -> Link? {
    if name.isEmpty { return Link.none }
    return factIndexes.names.find(SipHash.hash(name, key: indexKey)) { number in
      store.facts.names.equals(name, number)
    }.map { Link($0) }
  }

  /// The number of a name, which is kept where it was not.
  ///
  /// - Precondition: there is room.
  mutating func makeName(_ name: RawSpan) -> Link {
    if let known = self.name(name) { return known }
    let number = store.facts.names.append(name)
    let (names, key) = (store.facts.names, indexKey)
    factIndexes.names.insert(SipHash.hash(name, key: key), number) {
      SipHash.hash(names.bytes(of: $0), key: key)
    }
    return Link(number)
  }

  /// The day of an instant that has happened, clocks' differences allowed for; nil for others.
  func happenedDay(
    _ micros: Int64, _ calendar: ShopCalendar, at nowMicros: Int64
  ) -> UInt16? {
    guard micros <= nowMicros + Int64(Limits.futureSecondsMax) * 1_000_000 else { return nil }
    return calendar.day(ofMicros: micros)
  }
}
