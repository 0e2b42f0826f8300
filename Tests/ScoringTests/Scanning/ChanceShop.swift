// A shop by chance with all kinds of facts, told to an engine and kept beside it.

import Scoring
import Support
import Testing
import Wire

/// Customers by chance.
struct ChanceShop {
  static let today = 20_000
  static let categories = ["shoes", "socks", "hats", "gloves", "belts"]
  static let sources = ["search", "a friend", "a shop", "letter"]
  static let countries = ["FR", "DE", "US"]
  static let languages = ["fr", "de", "en"]

  var chance: SeededGenerator
  /// As the engine has them, by their rows, once they are recorded.
  var customers: [NaiveCustomer] = []
  /// The last day on which anybody orders or gives back.
  private var lastDay = ChanceShop.today + 1

  /// Makes so many; of some nothing is ever recorded, so there may be fewer.
  init(seed: UInt64, customers count: Int, lastDay: Int = ChanceShop.today + 1) {
    chance = SeededGenerator(seed: seed)
    self.lastDay = lastDay
    for number in 0..<count {
      let customer = customer("c\(number)")
      if customer.isThere { customers.append(customer) }
    }
  }

  private mutating func below(_ end: Int) -> Int { Int.random(in: 0..<end, using: &chance) }
  private mutating func isOne(in count: Int) -> Bool { below(count) == 0 }
  private mutating func pick<Value>(_ all: [Value]) -> Value { all[below(all.count)] }

  private mutating func micros() -> Int64 {
    // Few different ones, so that some are equal.
    EngineHarness.noon(Self.today - below(400)) - Int64(below(3)) * 3_600_000_000
  }

  private mutating func customer(_ name: String) -> NaiveCustomer {
    var customer = NaiveCustomer(name: name)
    if !isOne(in: 7) { addOrders(&customer) }
    if !isOne(in: 3) { addPerson(&customer) }
    if isOne(in: 2) { addConsents(&customer) }
    if isOne(in: 3) { addEvents(&customer) }
    return customer
  }

  private mutating func addOrders(_ customer: inout NaiveCustomer) {
    var day = lastDay - below(isOne(in: 2) ? 60 : 1_200)
    let gap = pick([3, 20, 60, 200])
    while day <= lastDay {
      customer.orders.append((day, isOne(in: 20) ? 0 : Int64(below(30_000))))
      // Several on one day are one.
      day += isOne(in: 10) ? 0 : 1 + below(2 * gap)
      if isOne(in: 4) { break }
    }
    if isOne(in: 5) {
      for _ in 0...below(2) {
        let order = below(customer.orders.count)
        let left = customer.left(of: order)
        let isFree = customer.orders[order].minor == 0
        if isFree ? customer.returns.contains(where: { $0.order == order }) : left == 0 { continue }
        let back = isFree || isOne(in: 2) ? left : Int64(1 + below(Int(left)))
        let orderDay = customer.orders[order].day
        customer.returns.append((order, orderDay + below(lastDay - orderDay + 1), back))
      }
    }
    if isOne(in: 2) {
      for _ in 0...below(3) { customer.bought.append(pick(Self.categories)) }
    }
  }

  private mutating func addPerson(_ customer: inout NaiveCustomer) {
    if isOne(in: 2) {
      let month = 1 + below(12)
      customer.birthday = (
        isOne(in: 3) ? 0 : 1928 + 4 * below(18), month,
        isOne(in: 9) && month == 2 ? 29 : 1 + below(28)
      )
    }
    if !isOne(in: 4) { customer.country = pick(Self.countries) }
    if isOne(in: 2) { customer.language = pick(Self.languages) }
    if isOne(in: 2) { customer.channel = pick(NaiveFields.channels) }
    if isOne(in: 2) { customer.source = pick(Self.sources) }
    if isOne(in: 2) { customer.costMinor = Int64(below(3_000)) }
    if isOne(in: 2) {
      customer.tier = (below(4), isOne(in: 2) ? 0 : Self.today - 20 + below(40))
    }
  }

  private mutating func addConsents(_ customer: inout NaiveCustomer) {
    for _ in 0...below(4) {
      let micros = micros()
      let said = 1 + below(3)
      let consent = (
        channel: below(7), isProfiling: isOne(in: 3), micros: micros, said: said,
        until: said == 1 && isOne(in: 2)
          ? micros + Int64(1 + below(300)) * EngineHarness.microsPerDay : 0
      )
      // The same again would be a duplicate.
      if !customer.consents.contains(where: { $0 == consent }) { customer.consents.append(consent) }
    }
  }

  private mutating func addEvents(_ customer: inout NaiveCustomer) {
    for _ in 0..<below(3) { customer.carts.append((micros(), !isOne(in: 3))) }
    for _ in 0..<below(3) { customer.views.append((micros(), pick(Self.categories))) }
    for _ in 0..<below(3) { customer.complaints.append((micros(), below(2), !isOne(in: 3))) }
  }
}

extension NaiveCustomer {
  /// What of an order did not come back yet.
  func left(of order: Int) -> Int64 {
    orders[order].minor - returns.filter { $0.order == order }.reduce(0) { $0 + $1.minor }
  }
}

// MARK: Recording

extension ChanceShop {
  /// Tells an engine all of it, and puts the customers in the sequence of its rows.
  mutating func record(in shop: inout EngineHarness) {
    var rows: [NaiveCustomer] = []
    for start in stride(from: 0, to: customers.count, by: 500) {
      rows += Self.record(Array(customers[start..<min(start + 500, customers.count)]), in: &shop)
    }
    customers = rows
  }

  private static func record(_ some: [NaiveCustomer], in shop: inout EngineHarness)
    -> [NaiveCustomer]
  {
    var sequence: [String] = []
    func mention(_ name: String) { sequence.append(name) }
    var orders: [RecordOrdersRequest.Order] = []
    var returns: [RecordReturnsRequest.Return] = []
    var lines: [RecordOrderLinesRequest.Line] = []
    var profiles: [RecordProfilesRequest.Row] = []
    var consents: [RecordConsentsRequest.Row] = []
    var events: [RecordEventsRequest.Row] = []
    for customer in some {
      let name = customer.name
      for (number, order) in customer.orders.enumerated() {
        orders.append(
          .init(
            customer: name, order: "o\(number)", timeMicros: EngineHarness.noon(order.day),
            amountMinor: order.minor))
      }
      for (number, back) in customer.returns.enumerated() {
        returns.append(
          .init(
            customer: name, order: "o\(back.order)", returned: "r\(number)",
            timeMicros: EngineHarness.noon(back.day), amountMinor: back.minor))
      }
      for (number, category) in customer.bought.enumerated() {
        lines.append(
          .init(
            customer: name, order: "o0", line: UInt16(number), category: category, quantity: 1,
            amountMinor: 100))
      }
      if let change = customer.change { profiles.append(.init(customer: name, change)) }
      consents += customer.consentRows
      events += customer.eventRows
    }
    // Profiles first, so that rows are not in the sequence of orders.
    for row in profiles { mention(row.customer) }
    for row in orders { mention(row.customer) }
    for row in consents { mention(row.customer) }
    for row in events { mention(row.customer) }
    shop.tell(.recordProfiles, RecordProfilesRequest(profiles: profiles), profiles.count)
    shop.tell(
      .recordOrders, RecordOrdersRequest(currency: "EUR", minorDigits: 2, orders: orders),
      orders.count)
    shop.tell(
      .recordReturns, RecordReturnsRequest(currency: "EUR", minorDigits: 2, returns: returns),
      returns.count)
    shop.tell(
      .recordOrderLines, RecordOrderLinesRequest(currency: "EUR", minorDigits: 2, lines: lines),
      lines.count)
    shop.tell(.recordConsents, RecordConsentsRequest(consents: consents), consents.count)
    shop.tell(
      .recordEvents, RecordEventsRequest(currency: "EUR", minorDigits: 2, events: events),
      events.count)
    var places: [String: Int] = [:]
    for name in sequence where places[name] == nil { places[name] = places.count }
    return some.sorted { places[$0.name, default: .max] < places[$1.name, default: .max] }
  }
}

extension EngineHarness {
  /// Records rows, each of which is expected to be new.
  mutating func tell(_ verb: Verb, _ request: some Message, _ count: Int) {
    if count == 0 { return }
    let reply = ask(verb, request, RecordReply.self).body
    #expect(reply?.recorded == UInt32(count) && reply?.refused == [], "\(verb.name)")
  }
}

extension NaiveCustomer {
  fileprivate var change: ProfileChange? {
    var change = ProfileChange()
    if let birthday,
      let day = Birthday(
        year: UInt16(birthday.year), month: UInt8(birthday.month), day: UInt8(birthday.day))
    {
      change.birthday = .set(day)
    }
    if let country { change.country = .set(country) }
    if let language { change.language = .set(language) }
    if let channel, let place = NaiveFields.channels.firstIndex(of: channel),
      let known = Channel(rawValue: UInt8(place) + 1)
    {
      change.channel = .set(known)
    }
    if let source { change.source = .set(source) }
    if let costMinor {
      change.acquisitionCost = .set(
        AcquisitionCost(amountMinor: costMinor, currency: "EUR", minorDigits: 2))
    }
    if let tier, let level = Tier(rawValue: UInt8(tier.level) + 1) {
      change.tier = .set(HeldTier(level, untilDay: UInt16(tier.untilDay)))
    }
    return change == ProfileChange() ? nil : change
  }

  fileprivate var consentRows: [RecordConsentsRequest.Row] {
    consents.compactMap { consent in
      guard let channel = Channel(rawValue: UInt8(consent.channel) + 1),
        let said = ConsentStatus(rawValue: UInt8(consent.said))
      else { return nil }
      return .init(
        customer: name,
        Consent(
          channel, consent.isProfiling ? .profiling : .marketing, said, timeMicros: consent.micros,
          expiresMicros: consent.until))
    }
  }

  fileprivate var eventRows: [RecordEventsRequest.Row] {
    var events: [Event] = []
    for cart in carts {
      events.append(
        Event(
          cart.isLeft ? .cartChanged : .cartEmptied, timeMicros: cart.micros,
          amountMinor: cart.isLeft ? 500 : 0))
    }
    for view in views {
      events.append(Event(.viewed, timeMicros: view.micros, name: view.category))
    }
    for complaint in complaints {
      events.append(
        Event(
          complaint.isOpened ? .complaintOpened : .complaintSolved, timeMicros: complaint.micros,
          name: "T\(complaint.reference)"))
    }
    return events.enumerated().map { .init(customer: name, identifier: "e\($0)", $1) }
  }
}
