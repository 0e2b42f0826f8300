// What clients ask about offers, by chance: catalogues, consents, messages of others, decisions on all
// channels and placements, outcomes by receipt. Not here: when, and what must come of it.

import Platform
import Support
import Wire

/// Makes requests about offers; of replies it remembers the receipts.
struct OfferSource {
  private static let receiptsMax = 300

  private var chance: SeededGenerator
  private var catalogue: RandomCatalogue
  private let customers: Int
  /// What was decided: what can still be told of.
  private var receipts: [(text: String, timeMicros: Int64, choices: [Receipt.Choice])] = []
  private var decisions: [DecideRequest] = []
  private var made = 0
  /// What customers' identifiers begin with.
  private let prefix: String

  /// Draws a shop.
  ///
  /// - Parameters:
  ///   - seed: of everything that is asked.
  ///   - customers: how many there are.
  ///   - now: microseconds since 1970 UTC.
  ///   - prefix: what customers' identifiers begin with.
  init(seed: UInt64, customers: Int, now: Int64, prefix: String = "c") {
    self.prefix = prefix
    chance = SeededGenerator(seed: seed)
    self.customers = customers
    catalogue = RandomCatalogue(today: Int(now / 86_400_000_000), &chance)
  }

  private mutating func draw(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &chance)
  }

  private mutating func customer() -> String { "\(prefix)\(draw(1...customers))" }
  private mutating func channel() -> Channel {
    Channel.allCases.randomElement(using: &chance) ?? .site
  }

  private mutating func key() -> CommandKey {
    made += 1
    return draw(1...4) == 1 ? .none : CommandKey(producer: 9, number: UInt64(made))
  }

  /// When something was: mostly now or lately, sometimes by a clock that is ahead, rarely by one that
  /// is wrong.
  private mutating func time(_ now: Int64) -> Int64 {
    switch draw(1...20) {
    case ...8: now
    case ...14: now - Int64(draw(0...7_200)) * 1_000_000
    case ...17: now - Int64(draw(0...20 * 86_400)) * 1_000_000
    case ...19: now + Int64(draw(0...300)) * 1_000_000
    default: now + Int64(draw(301...90_000)) * 1_000_000
    }
  }

  // MARK: Requests

  /// The catalogue, the first time as it was drawn, then changed.
  mutating func put(now: Int64, isFirst: Bool) -> PutCatalogueRequest {
    if !isFirst { catalogue.change(today: Int(now / 86_400_000_000), &chance) }
    return PutCatalogueRequest(key: key(), catalogue: catalogue.json)
  }

  /// A request of a kind that a number from 1 to 100 chooses; every decision has a key.
  mutating func next(_ number: Int, now: Int64) -> Request {
    switch number {
    case ...50: return .decide(keyedDecide())
    case ...72: return outcomes(now: now).map { .outcomes($0) } ?? .decide(keyedDecide())
    case ...86: return .consents(consents(now: now))
    case ...92: return .events(events(now: now))
    case ...97: return .amend(amend())
    default: return .putCatalogue(put(now: now, isFirst: false))
    }
  }

  private mutating func keyedDecide() -> DecideRequest {
    var request = decide()
    if request.key.isNone {
      made += 1
      request.key = CommandKey(producer: 9, number: UInt64(made))
    }
    return request
  }

  mutating func amend() -> AmendOfferRequest {
    let (offer, state) = catalogue.amend(&chance)
    return AmendOfferRequest(key: key(), offer: offer, state: state)
  }

  mutating func consents(now: Int64) -> RecordConsentsRequest {
    var rows: [RecordConsentsRequest.Row] = []
    for _ in 0..<draw(1...4) {
      let status: ConsentStatus = [.granted, .granted, .granted, .denied, .revoked][draw(0...4)]
      let said = time(now)
      let ends = status == .granted && draw(1...4) == 1
      rows.append(
        .init(
          customer: customer(),
          Consent(
            channel(), [.marketing, .marketing, .service, .partners, .profiling][draw(0...4)],
            status, timeMicros: said,
            expiresMicros: ends ? said + Int64(draw(1...30 * 86_400)) * 1_000_000 : 0)))
    }
    // Of one time, everything was said.
    if draw(1...5) == 1 {
      for place in rows.indices { rows[place].consent.timeMicros = rows[0].consent.timeMicros }
      for place in rows.indices { rows[place].consent.expiresMicros = 0 }
    }
    return RecordConsentsRequest(key: key(), consents: rows)
  }

  /// Where customers came from, at what cost, and their tiers; some are over soon.
  mutating func profiles(now: Int64) -> RecordProfilesRequest {
    let today = Int(now / 86_400_000_000)
    let rows = (0..<draw(1...6)).map { _ in
      var change = ProfileChange()
      if draw(1...2) == 1 { change.source = draw(1...6) == 1 ? .forget : .set("s\(draw(1...2))") }
      if draw(1...2) == 1 {
        let cost = AcquisitionCost(
          amountMinor: Int64(draw(0...1_000)), currency: "EUR", minorDigits: 2)
        change.acquisitionCost = draw(1...6) == 1 ? .forget : .set(cost)
      }
      if draw(1...2) == 1 {
        let tier = HeldTier(
          Tier.allCases[draw(0...3)], untilDay: draw(1...3) == 1 ? 0 : UInt16(today + draw(-1...4)))
        change.tier = draw(1...6) == 1 ? .forget : .set(tier)
      }
      return RecordProfilesRequest.Row(customer: customer(), change)
    }
    return RecordProfilesRequest(key: key(), profiles: rows)
  }

  /// Messages that others sent.
  mutating func events(now: Int64) -> RecordEventsRequest {
    let kinds: [EventKind] = [
      .contactSent, .contactSent, .contactDelivered, .contactFailed, .viewed,
    ]
    var rows: [RecordEventsRequest.Row] = []
    for _ in 0..<draw(1...3) {
      made += 1
      let kind = kinds[draw(0...4)]
      let about = draw(1...3) == 1 ? "" : catalogue.names.randomElement(using: &chance) ?? ""
      rows.append(
        .init(
          customer: customer(), identifier: "e\(draw(1...8) == 1 ? max(1, made - 20) : made)",
          Event(
            kind, timeMicros: time(now), name: kind == .viewed ? "shoes" : about,
            channel: kind.isContact ? channel() : nil)))
    }
    return RecordEventsRequest(key: key(), currency: "EUR", minorDigits: 2, events: rows)
  }

  mutating func decide() -> DecideRequest {
    if draw(1...50) == 1, let again = decisions.randomElement(using: &chance) { return again }
    var request = DecideRequest(
      key: key(), customer: customer(),
      placement: catalogue.placements.randomElement(using: &chance) ?? "", channel: channel())
    if draw(1...10) == 1 { request.flags.insert(.greedy) }
    if draw(1...20) == 1 { request.flags.insert(.dryRun) }
    if draw(1...20) == 1 { request.flags.insert(.explain) }
    request.top = draw(1...2) == 1 ? 0 : UInt8(draw(1...5))
    request.basketMinor = draw(1...3) == 1 ? -1 : Int64(draw(0...9_000))
    if decisions.count < 50 { decisions.append(request) } else { decisions[draw(0...49)] = request }
    return request
  }

  /// What came of some of the decisions of late; nil before there were any.
  mutating func outcomes(now: Int64) -> RecordOutcomesRequest? {
    guard !receipts.isEmpty else { return nil }
    var rows: [RecordOutcomesRequest.Row] = []
    for _ in 0..<draw(1...3) {
      // The newest most of all.
      let behind = draw(1...2) == 1 ? draw(0...5) : draw(0...receipts.count)
      let known = receipts[max(0, receipts.count - 1 - behind)]
      let kinds: [OutcomeKind] = [
        .delivered, .delivered, .delivered, .shown, .clicked, .failed, .accepted, .refused,
        .redeemed, .redeemed, .ended, .refunded,
      ]
      var row = RecordOutcomesRequest.Row(
        decision: known.text, identifier: "x\(draw(1...6))", kind: kinds[draw(0...11)],
        timeMicros: max(known.timeMicros - 200_000_000, time(now)))
      row.choice = UInt8(draw(0...max(1, known.choices.count) - (draw(1...9) == 1 ? 0 : 1)))
      if row.kind.hasOrder {
        row.orderMinor = Int64(draw(0...9_000))
        row.marginMinor = row.orderMinor / 3
      }
      if row.kind == .redeemed, Int(row.choice) < known.choices.count {
        let liability = Int(known.choices[Int(row.choice)].liabilityMinor)
        row.costMinor = Int64(draw(0...liability + (draw(1...9) == 1 ? 1 : 0)))
      }
      rows.append(row)
    }
    return RecordOutcomesRequest(key: key(), currency: "EUR", minorDigits: 2, outcomes: rows)
  }

  // MARK: Replies

  /// Keeps a decision's receipt.
  mutating func note(_ text: String) {
    let bytes = Array(text.utf8)
    guard let receipt = Receipt(bytes.rawBytes) else { return }
    receipts.append((text, receipt.timeMicros, receipt.choices))
    if receipts.count > Self.receiptsMax { receipts.removeFirst(Self.receiptsMax / 3) }
  }
}
