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
    customers[row.customer] = customer
    return .recorded
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
