// What the specification says of facts beside orders.

import Wire

extension ShopModel {
  /// Whether an instant has happened, clocks' differences allowed for, and can be recorded.
  func hasHappened(_ micros: Int64) -> Bool {
    day(ofMicros: micros) != nil
      && micros <= timeMicros + Int64(Limits.futureSecondsMax) * 1_000_000
  }

  mutating func record(_ row: RecordConsentsRequest.Row) -> Fate {
    let consent = row.consent
    guard hasHappened(consent.timeMicros),
      consent.expiresMicros == 0 || day(ofMicros: consent.expiresMicros) != nil
    else { return .refused(.timeOutOfRange) }
    var customer = customers[row.customer] ?? Customer()
    if customer.consents.contains(consent) { return .duplicate }
    customer.consents.append(consent)
    know(consent.source)
    know(consent.textVersion)
    customers[row.customer] = customer
    return .recorded
  }

  /// The year of the present day in the shop's zone, found by counting.
  private var year: Int {
    var (year, left) = (1970, day(ofMicros: timeMicros) ?? 0)
    while true {
      let days = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365
      if left < days { return year }
      left -= days
      year += 1
    }
  }

  mutating func record(_ row: RecordProfilesRequest.Row) -> Fate {
    if case .set(let birthday) = row.change.birthday, birthday.year > year {
      return .refused(.timeOutOfRange)
    }
    var customer = customers[row.customer] ?? Customer()
    let before = customer.profile
    customer.profile = row.change.applied(to: before)
    if customer.profile == before { return .duplicate }
    if case .set(let source) = row.change.source { know(source) }
    customers[row.customer] = customer
    return .recorded
  }

  /// Costs are in the shop's currency, and while it has none in that of the first of them.
  func objection(to profiles: [RecordProfilesRequest.Row]) -> Status? {
    if zone == nil { return .notDeclared }
    var known: (String, UInt8)? = currency.isEmpty ? nil : (currency, minorDigits)
    for row in profiles {
      guard case .set(let cost) = row.change.acquisitionCost else { continue }
      let own = (cost.currency, cost.minorDigits)
      if let known, known != own { return .currencyMismatch }
      known = own
    }
    return nil
  }

  mutating func record(_ row: RecordEventsRequest.Row) -> Fate {
    guard hasHappened(row.event.timeMicros) else { return .refused(.timeOutOfRange) }
    var customer = customers[row.customer] ?? Customer()
    if customer.events.contains(where: { $0.identifier == row.identifier }) { return .duplicate }
    customer.events.append((row.identifier, row.event))
    know(row.event.name)
    customers[row.customer] = customer
    return .recorded
  }

  mutating func record(_ line: RecordOrderLinesRequest.Line) -> Fate {
    guard var customer = customers[line.customer], customer.orders[line.order] != nil else {
      return .refused(.unknownOrder)
    }
    if customer.lines.contains(where: { $0.order == line.order && $0.line == line.line }) {
      return .duplicate
    }
    customer.lines.append(line)
    customers[line.customer] = customer
    know(line.category)
    return .recorded
  }

  /// A name is as old as the first row that was recorded with it.
  private mutating func know(_ name: String) {
    if !name.isEmpty && !names.contains(name) { names.append(name) }
  }

  private func categories(_ customer: Customer) -> [BoughtCategory] {
    Dictionary(grouping: customer.lines, by: \.category).map { category, lines in
      BoughtCategory(
        category: category, quantity: lines.reduce(0) { $0 + UInt64($1.quantity) },
        amountMinor: lines.reduce(0) { $0 + $1.amountMinor },
        lastDay: Int32(lines.compactMap { customer.orders[$0.order]?.day }.max() ?? -1))
    }.sorted { one, other in
      if one.amountMinor != other.amountMinor { return one.amountMinor > other.amountMinor }
      let places = [one, other].map { names.firstIndex(of: $0.category) ?? -1 }
      return places[0] < places[1]
    }
  }

  private func openComplaints(_ events: [Event]) -> Int {
    let about = Dictionary(grouping: events.filter(\.kind.isComplaint), by: \.name)
    return about.values.count { events in
      let latest = events.map(\.timeMicros).max()
      return events.allSatisfy { $0.timeMicros != latest || $0.kind == .complaintOpened }
    }
  }

  private func newestEvents(_ events: [Event]) -> [Event] {
    let kinds: [[EventKind]] = [
      [.cartChanged, .cartEmptied], [.viewed], [.contactSent, .contactDelivered, .contactFailed],
      [.complaintOpened, .complaintSolved],
    ]
    var told = kinds.flatMap { list in
      events.reversed().filter { list.contains($0.kind) }.prefix(Limits.eventsToldMax)
    }
    var sorted: [Event] = []
    while let latest = told.map(\.timeMicros).max() {
      sorted += told.filter { $0.timeMicros == latest }
      told.removeAll { $0.timeMicros == latest }
    }
    return sorted
  }

  func describe(_ name: String) -> CustomerReply {
    var reply = CustomerReply()
    guard let customer = customers[name] else { return reply }
    reply.known = true
    let orders = Self.standing(customer, upTo: .max)
    if let first = orders.map(\.day).min(), let last = orders.map(\.day).max() {
      (reply.firstOrderDay, reply.lastOrderDay) = (Int32(first), Int32(last))
      reply.repeatOrders = UInt32(Set(orders.map(\.day)).count - 1)
      reply.spentMinor = orders.reduce(0) { $0 + $1.amountMinor }
    }
    reply.profile = customer.profile
    let events = customer.events.map(\.event)
    reply.openComplaints = UInt32(openComplaints(events))
    reply.events = newestEvents(events)
    reply.categories = categories(customer)
    for consent in consentHistory(of: name).consents {
      let place = reply.consents.firstIndex {
        $0.channel == consent.channel && $0.purpose == consent.purpose
      }
      guard let place else {
        reply.consents.append(consent)
        continue
      }
      // Of two that allow the same, the one that was recorded first.
      if !reply.consents[place].prevails(over: consent) { reply.consents[place] = consent }
    }
    return reply
  }

  func consentHistory(of name: String) -> ConsentHistoryReply {
    let newestFirst = [Consent]((customers[name]?.consents ?? []).reversed())
    var consents: [Consent] = []
    for channel in Channel.allCases {
      for purpose in Purpose.allCases {
        consents += newestFirst.filter { $0.channel == channel && $0.purpose == purpose }
      }
    }
    return ConsentHistoryReply(consents: consents)
  }
}
