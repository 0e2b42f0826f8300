// What the oracle remembers: who consented to what, who was addressed when and what came of it, what
// is gone of each budget. Lists, read from one end to the other.

import Offers
import Platform
import Wire

/// A contact that was decided here.
struct OracleContact {
  enum State { case reserved, failed, delivered, seen }

  var offer: String
  var channel: UInt8
  /// From when on it counts.
  var timeMicros: Int64
  /// Until when its place is kept.
  var untilMicros: Int64
  /// When its decision's window ends, and with it what is reserved of the budget.
  var closeMicros: Int64
  var liabilityMinor: Int64
  /// Whether it is one that caps count.
  var counts: Bool
  var state = State.reserved
  var refusedMicros: Int64?
  var isReserved = true
  var isRedeemed = false
  /// Whether the decision itself was lost, and only its receipt came back.
  var isRestored = false
}

/// A contact as caps see it, whoever made it.
struct OracleTouch {
  var timeMicros: Int64
  var day: Int
  var channel: UInt8
  /// The offer's place in the catalogue; nil for one that is not in it.
  var offer: Int?
  var isReserved: Bool
  var isLapsed: Bool
  var isSeen: Bool
}

/// What is known of a customer.
struct OraclePerson {
  var consents: [Consent] = []
  var profile = Profile()
  /// Messages of others, as they were told.
  var messages: [Event] = []
  /// Places among the contacts.
  var contacts: [Int] = []
}

/// What was redeemed, and on which local day.
typealias OracleExpense = (day: Int, minor: Int64)

/// The money of an offer.
struct OraclePurse {
  /// Contacts whose reservation was not given back by an outcome.
  var open: [Int] = []
  /// What was redeemed.
  var spent: [OracleExpense] = []
}

/// The shop's time zone, as it was declared.
struct OracleZone {
  private var transitions: [DeclareShopRequest.Transition] = []

  init() {}
  init(_ transitions: [DeclareShopRequest.Transition]) { self.transitions = transitions }

  /// Seconds that a clock on the wall shows, counted from 1970-01-01 00:00.
  private func wallSeconds(_ micros: Int64) -> Int64 {
    let seconds = Self.floored(micros, by: 1_000_000)
    let offset = transitions.last { $0.fromSeconds <= seconds }?.offsetSeconds ?? 0
    return seconds + Int64(offset)
  }

  func day(_ micros: Int64) -> Int { Int(Self.floored(wallSeconds(micros), by: 86_400)) }

  /// The minute of the day that a clock on the wall shows.
  func minute(_ micros: Int64) -> Int {
    let seconds = wallSeconds(micros)
    return Int(seconds - Self.floored(seconds, by: 86_400) * 86_400) / 60
  }

  private static func floored(_ number: Int64, by divisor: Int64) -> Int64 {
    let quotient = number / divisor
    return number % divisor < 0 ? quotient - 1 : quotient
  }
}

extension DecisionOracle {
  // MARK: Consents and messages of others

  mutating func remember(_ request: RecordConsentsRequest, at timeMicros: Int64) {
    for row in request.consents where row.consent.timeMicros <= timeMicros + Self.skewMicros {
      people[Array(row.customer.utf8), default: OraclePerson()].consents.append(row.consent)
    }
  }

  mutating func remember(_ request: RecordProfilesRequest) {
    for row in request.profiles {
      let before = people[Array(row.customer.utf8)] ?? OraclePerson()
      people[Array(row.customer.utf8), default: before].profile = row.change.applied(
        to: before.profile)
    }
  }

  mutating func remember(_ request: RecordEventsRequest, at timeMicros: Int64) {
    for row in request.events where row.event.timeMicros <= timeMicros + Self.skewMicros {
      let name = Array(row.customer.utf8) + [0] + Array(row.identifier.utf8)
      guard eventNames.insert(name).inserted, row.event.kind.isContact else { continue }
      people[Array(row.customer.utf8), default: OraclePerson()].messages.append(row.event)
    }
  }

  // MARK: Decisions

  mutating func remember(_ decision: DecisionRecord) {
    decided[decision.key] = contacts.count
    guard let catalogue else { return }
    for choice in decision.chosen where Int(choice.place) < catalogue.offers.count {
      let offer = catalogue.offers[Int(choice.place)]
      add(
        catalogue.words[Int(choice.place)].id, decision.channel, decision.told.timeMicros,
        choice.liabilityMinor, counts: offer.offerClass != .transactional,
        to: Array(decision.customer.utf8))
    }
  }

  private mutating func add(
    _ offer: String, _ channel: Wire.Channel, _ timeMicros: Int64, _ liabilityMinor: Int64,
    counts: Bool, to customer: [UInt8], isRestored: Bool = false
  ) {
    guard let catalogue else { return }
    let kept = catalogue.channels[Int(channel.rawValue) - 1].reservationMicros
    let window = Int64(catalogue.windowDays) * 86_400_000_000
    people[customer, default: OraclePerson()].contacts.append(contacts.count)
    purses[offer, default: OraclePurse()].open.append(contacts.count)
    contacts.append(
      OracleContact(
        offer: offer, channel: channel.rawValue, timeMicros: timeMicros,
        untilMicros: timeMicros + kept, closeMicros: timeMicros + window,
        liabilityMinor: liabilityMinor, counts: counts, isRestored: isRestored))
  }

  // MARK: Outcomes

  mutating func remember(_ request: RecordOutcomesRequest, at nowMicros: Int64) {
    for row in request.outcomes { remember(row, at: nowMicros) }
  }

  private mutating func remember(_ row: RecordOutcomesRequest.Row, at nowMicros: Int64) {
    let text = Array(row.decision.utf8)
    guard let receipt = Receipt(text.rawBytes),
      row.timeMicros >= receipt.timeMicros - Self.skewMicros,
      row.timeMicros <= nowMicros + Self.skewMicros,
      receipt.timeMicros <= nowMicros + Self.skewMicros,
      Int(row.choice) < max(1, receipt.choices.count),
      !receipt.choices.isEmpty || row.kind.closes || row.kind == .refunded
    else { return }
    let name = text + [0] + Array(row.identifier.utf8)
    guard !outcomeNames.contains(name) else { return }
    let first = decided[receipt.key]
    if row.kind == .redeemed {
      let isRedeemed = first.map { contacts[$0 + Int(row.choice)].isRedeemed } ?? false
      guard !isRedeemed, row.costMinor <= receipt.choices[Int(row.choice)].liabilityMinor else {
        return
      }
    }
    if row.kind == .refunded, first != nil, row.orderMinor > ordered[receipt.key, default: 0] {
      return
    }
    outcomeNames.insert(name)
    countOutcome()
    if row.kind.closes { ordered[receipt.key, default: 0] += row.orderMinor }
    if row.kind == .refunded { ordered[receipt.key, default: 0] -= row.orderMinor }
    if receipt.choices.isEmpty { return }
    take(row, of: (first ?? restore(receipt)) + Int(row.choice), at: nowMicros)
  }

  /// A decision that only its receipt tells of: a crash took it.
  private mutating func restore(_ receipt: Receipt) -> Int {
    let first = contacts.count
    decided[receipt.key] = first
    for choice in receipt.choices {
      let offer = Int(choice.account) < accounts.count ? accounts[Int(choice.account)] : ""
      add(
        offer, receipt.channel, receipt.timeMicros, choice.liabilityMinor, counts: choice.counts,
        to: receipt.customer, isRestored: true)
    }
    return first
  }

  private mutating func take(
    _ row: RecordOutcomesRequest.Row, of place: Int, at nowMicros: Int64
  ) {
    var contact = contacts[place]
    switch row.kind {
    case .delivered, .shown, .clicked, .accepted:
      if contact.state == .reserved || contact.state == .failed {
        contact.timeMicros = row.timeMicros
      }
      if contact.state != .seen {
        contact.state = row.kind == .delivered ? .delivered : .seen
      }
    case .failed:
      guard contact.state == .reserved else { return }
      contact.state = .failed
      release(place, &contact)
    case .refused:
      contact.state = .seen
      contact.refusedMicros = max(contact.refusedMicros ?? .min, row.timeMicros)
      release(place, &contact)
    case .redeemed:
      contact.isRedeemed = true
      // What was kept for it no more is taken only if there is enough; that is not to be seen here.
      if contact.isReserved, contact.closeMicros > nowMicros, !contact.isRestored {
        let expense = (day: zone.day(row.timeMicros), minor: row.costMinor)
        purses[contact.offer]?.spent.append(expense)
        // What an offer costs is its present campaigns' expense.
        for campaign in campaigns(of: contact.offer) where campaign.budget.isSet {
          campaignSpent[campaign.id, default: []].append(expense)
        }
      }
      release(place, &contact)
    case .refunded, .ended: break
    }
    contacts[place] = contact
  }

  private func campaigns(of offer: String) -> [Campaign] {
    guard let catalogue, let place = catalogue.place(of: offer) else { return [] }
    return catalogue.campaigns.filter { $0.offers.contains(place) }
  }

  private mutating func release(_ place: Int, _ contact: inout OracleContact) {
    contact.isReserved = false
    purses[contact.offer]?.open.removeAll { $0 == place }
  }
}
