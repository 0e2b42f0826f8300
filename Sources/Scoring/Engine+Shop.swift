// Customers and their orders: declare shop, record orders, record returns, and how a customer is
// found.

import Wire

extension Engine {
  // MARK: Finding

  /// The row of a customer.
  func row(of customer: RawSpan) -> UInt32? {
    row(of: customer, hash: SipHash.hash(customer, key: indexKey))
  }

  func row(of customer: RawSpan, hash: UInt64) -> UInt32? {
    customerIndex.find(hash) { row in
      store.identifiers.equals(customer, at: store.customers[row].identifier)
    }
  }

  func order(of identity: UInt64) -> UInt32? {
    orderIndex.find(identity) { order in store.orders[order].identity == identity }
  }

  mutating func insertCustomer(_ row: UInt32, hash: UInt64) {
    let (table, arena, key) = (store.customers, store.identifiers, indexKey)
    customerIndex.insert(hash, row) { other in
      SipHash.hash(arena.bytes(at: table[other].identifier), key: key)
    }
    touches.note(row)
  }

  private mutating func insertOrder(_ number: UInt32, identity: UInt64) {
    let table = store.orders
    orderIndex.insert(identity, number) { other in table[other].identity }
  }

  // MARK: Commands

  mutating func declareShop(_ body: inout FrameReader) throws(Refusal) {
    let request = try DeclareShopRequest(from: &body)
    try body.requireEnd()
    let calendar = ShopCalendar(request)
    if let declared = store.calendar, declared != calendar {
      throw Refusal(
        .alreadyDeclared, at: FrameHeader.size + CommandKey.size,
        "the shop's time zone is \(declared.timeZone); its days are recorded and cannot change")
    }

    store.calendar = calendar
  }

  mutating func recordOrders(
    _ body: inout FrameReader, at timeMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    var rows = body
    let head = try BatchHead(from: &body)
    for _ in 0..<head.count { _ = try OrderRow(from: &body) }
    try body.requireEnd()
    let calendar = try requireCalendar()
    try requireCurrency(head)

    var reply = RecordReply(sequence: store.sequence + 1)
    _ = try BatchHead(from: &rows)
    for number in 0..<head.count {
      let row = try OrderRow(from: &rows)
      reply.count(record(row, calendar, at: timeMicros), row: number)
    }
    if reply.recorded > 0 { adoptCurrency(head) }
    reply.write(to: &out)
  }

  mutating func recordReturns(
    _ body: inout FrameReader, at timeMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    var rows = body
    let head = try BatchHead(from: &body)
    for _ in 0..<head.count { _ = try ReturnRow(from: &body) }
    try body.requireEnd()
    let calendar = try requireCalendar()
    try requireCurrency(head)

    var reply = RecordReply(sequence: store.sequence + 1)
    _ = try BatchHead(from: &rows)
    for number in 0..<head.count {
      let row = try ReturnRow(from: &rows)
      reply.count(record(row, calendar, at: timeMicros), row: number)
    }
    reply.write(to: &out)
  }

  // MARK: One row

  private mutating func record(
    _ order: borrowing OrderRow, _ calendar: ShopCalendar, at timeMicros: Int64
  ) -> Recording {
    guard let day = recordableDay(order.timeMicros, calendar, at: timeMicros) else {
      return .refused(.timeOutOfRange)
    }
    let identity = SipHash.identity(order.customer, order.order)
    if self.order(of: identity) != nil { return .duplicate }
    let hash = SipHash.hash(order.customer, key: indexKey)
    let known = row(of: order.customer, hash: hash)
    var row = known.map { store.customers[$0] } ?? CustomerRow()
    guard !store.orders.chunks.isFull,
      known != nil || hasRoomForCustomer
    else { return .refused(.tableFull) }
    guard !sumOverflows(row, adding: order.amountMinor) else { return .refused(.amountOverflow) }

    let number = store.orders.append(
      OrderEntry(
        amountMinor: order.amountMinor, identity: identity, previous: row.lastOrder, day: day))
    insertOrder(number, identity: identity)
    let place = positionInHistory(of: day, row: row)
    row.lastOrder = number
    update(&row, with: order.amountMinor, on: day, place)
    if let known {
      set(row, of: known)
    } else {
      row.identifier = store.identifiers.append(order.customer)
      let customer = store.customers.append(row)
      insertCustomer(customer, hash: hash)
      // While all of it is near.
      makeCard(of: customer)
    }
    store.newestOrderDay = max(store.newestOrderDay, Int32(day))
    return .recorded
  }

  private mutating func record(
    _ entry: borrowing ReturnRow, _ calendar: ShopCalendar, at timeMicros: Int64
  ) -> Recording {
    guard let day = recordableDay(entry.timeMicros, calendar, at: timeMicros) else {
      return .refused(.timeOutOfRange)
    }
    guard let number = row(of: entry.customer),
      let order = order(of: SipHash.identity(entry.customer, entry.order))
    else { return .refused(.unknownOrder) }
    var row = store.customers[number]
    let identity = SipHash.identity(entry.customer, entry.order, entry.returned)
    var next = row.lastReturn
    while next != CustomerRow.none {
      let earlier = store.returns[next]
      if earlier.identity == identity { return .duplicate }
      next = earlier.previous
    }
    let returned = store.orders[order]
    guard day >= returned.day else { return .refused(.returnBeforeOrder) }
    let before = store.returnedMinor(of: order, row: row)
    let left = returned.amountMinor - before.sum
    // A free order has nothing left from the start; it comes back once.
    guard left > 0 || !before.any, entry.amountMinor <= left else {
      return .refused(.returnExceedsOrder)
    }
    guard !store.returns.chunks.isFull else { return .refused(.tableFull) }

    row.lastReturn = store.returns.append(
      ReturnEntry(
        amountMinor: entry.amountMinor == 0 ? left : entry.amountMinor, identity: identity,
        order: order, previous: row.lastReturn, day: day))
    store.newestReturnDay = max(store.newestReturnDay, Int32(day))
    row.take(store.recomputedStatistics(of: row))
    set(row, of: number)
    return .recorded
  }

  // MARK: Statistics

  /// Where a day lies among a customer's order days.
  private enum Position {
    case first
    case onFirst
    case between(isNew: Bool)
    case onLast
    case last
    case unknown
  }

  /// Looks before the order is linked; only a day in the middle needs a walk over the history.
  private func positionInHistory(of day: UInt16, row: CustomerRow) -> Position {
    if row.lastReturn != CustomerRow.none { return .unknown }
    if row.firstDay == CustomerRow.noDay || day < row.firstDay { return .first }
    if day == row.firstDay { return .onFirst }
    if day > row.lastDay { return .last }
    if day == row.lastDay { return .onLast }
    return .between(isNew: !store.hasOrder(on: day, row: row))
  }

  private func update(
    _ row: inout CustomerRow, with amountMinor: Int64, on day: UInt16, _ position: Position
  ) {
    switch position {
    case .first:
      // What was the first day becomes a repeat order, unless there was none.
      if row.firstDay == CustomerRow.noDay {
        row.lastDay = day
      } else {
        row.repeatOrders += 1
        row.repeatSpendMinor += row.firstSpendMinor
      }
      row.firstDay = day
      row.firstSpendMinor = amountMinor
    case .onFirst:
      row.firstSpendMinor += amountMinor
    case .between(let isNew):
      row.repeatOrders += isNew ? 1 : 0
      row.repeatSpendMinor += amountMinor
    case .onLast:
      row.repeatSpendMinor += amountMinor
    case .last:
      row.repeatOrders += 1
      row.repeatSpendMinor += amountMinor
      row.lastDay = day
    case .unknown:
      // With returns, which days still count is known only from the whole history.
      row.take(store.recomputedStatistics(of: row))
    }
  }

  // MARK: Checks

  func requireCalendar() throws(Refusal) -> ShopCalendar {
    guard let calendar = store.calendar else {
      throw Refusal(
        .notDeclared, "the shop's time zone must be declared before anything is recorded")
    }
    return calendar
  }

  func requireCurrency(_ head: BatchHead) throws(Refusal) {
    guard
      store.currency.isEmpty
        || (store.currency == head.currency && store.minorDigits == head.minorDigits)
    else {
      // The currency has a size byte and three letters; behind them stand the digits.
      let place = CommandKey.size + (store.currency == head.currency ? 4 : 0)
      throw Refusal(
        .currencyMismatch, at: FrameHeader.size + place,
        "the shop's currency is \(store.currency) with \(store.minorDigits) digits, "
          + "the batch says \(head.currency) with \(head.minorDigits)")
    }
  }

  mutating func adoptCurrency(_ head: BatchHead) {
    if store.currency.isEmpty {
      store.currency = head.currency
      store.minorDigits = head.minorDigits
    }
  }

  private func recordableDay(
    _ micros: Int64, _ calendar: ShopCalendar, at nowMicros: Int64
  ) -> UInt16? {
    guard let day = calendar.day(ofMicros: micros), let today = calendar.day(ofMicros: nowMicros),
      Int(day) <= Int(today) + Limits.futureDaysMax
    else { return nil }
    return day
  }

  private func sumOverflows(_ row: CustomerRow, adding amountMinor: Int64) -> Bool {
    let (present, overflows) = row.firstSpendMinor.addingReportingOverflow(row.repeatSpendMinor)
    return overflows || present.addingReportingOverflow(amountMinor).overflow
  }
}

extension CustomerRow {
  fileprivate mutating func take(_ statistics: Statistics) {
    repeatOrders = statistics.repeatOrders
    firstDay = statistics.firstDay
    lastDay = statistics.lastDay
    repeatSpendMinor = statistics.repeatSpendMinor
    firstSpendMinor = statistics.firstSpendMinor
  }
}
