// What clients tell of customers beside orders, by chance.

import Platform
import Support
import Wire

extension RequestSource {
  /// A batch of facts of one kind.
  mutating func facts(_ now: Int64) -> Request {
    switch draw(1...10) {
    case ...4: consentBatch(now)
    case ...6: profileBatch()
    case ...8: eventBatch(now)
    default: lineBatch()
    }
  }

  private mutating func eventBatch(_ now: Int64) -> Request {
    var rows: [RecordEventsRequest.Row] = []
    for _ in 0..<draw(1...6) {
      if chance(15), let earlier = events.randomElement(using: &generator) {
        rows.append(earlier)
        continue
      }
      let kind = EventKind.allCases[draw(0...7)]
      let time = chance(60) ? now - Int64(draw(0...3)) * 86_400_000_000 : time(now)
      var event = Event(kind, timeMicros: time)
      if kind.isContact { event.channel = Channel.allCases[draw(0...6)] }
      if kind == .cartChanged { (event.amountMinor, event.lines) = (amount(), UInt16(draw(0...9))) }
      let isNameless = kind == .cartEmptied || (kind.isContact && chance(50))
      if !isNameless { event.name = "n\(draw(0...5))" }
      let row = RecordEventsRequest.Row(
        customer: customer(), identifier: "e\(made)-\(rows.count)", event)
      events.append(row)
      rows.append(row)
    }
    let (currency, digits) = money()
    return .events(
      RecordEventsRequest(key: key(), currency: currency, minorDigits: digits, events: rows))
  }

  private mutating func lineBatch() -> Request {
    let rows = (0..<draw(1...8)).map { _ in
      let order = orders.randomElement(using: &generator)
      return RecordOrderLinesRequest.Line(
        customer: chance(5) ? customer() : order?.customer ?? "c1", order: order?.order ?? "none",
        line: UInt16(draw(1...4)), category: "n\(draw(0...5))", quantity: UInt32(draw(1...3)),
        amountMinor: amount())
    }
    let (currency, digits) = money()
    return .lines(
      RecordOrderLinesRequest(key: key(), currency: currency, minorDigits: digits, lines: rows))
  }

  private mutating func profileBatch() -> Request {
    let rows = (0..<draw(1...4)).map { _ in
      var change = ProfileChange()
      if chance(50) {
        let year = chance(50) ? 0 : UInt16(draw(1950...2100))
        change.birthday =
          Birthday(year: year, month: UInt8(draw(1...12)), day: UInt8(draw(1...31)))
          .map { .set($0) } ?? .forget
      }
      if chance(50) { change.country = chance(30) ? .forget : .set(["FR", "DE"][draw(0...1)]) }
      if chance(30) { change.language = chance(30) ? .forget : .set(["fr", "de"][draw(0...1)]) }
      if chance(30) { change.channel = chance(30) ? .forget : .set(Channel.allCases[draw(0...6)]) }
      if chance(30) {
        change.source = chance(20) ? .forget : .set(["n1", "s1", "s2"][draw(0...2)])
      }
      if chance(20) {
        let (currency, digits) = money()
        change.acquisitionCost =
          chance(20)
          ? .forget
          : .set(AcquisitionCost(amountMinor: amount(), currency: currency, minorDigits: digits))
      }
      if chance(30) {
        let tier = HeldTier(
          Tier.allCases[draw(0...3)], untilDay: chance(50) ? 0 : UInt16(draw(1...30_000)))
        change.tier = chance(20) ? .forget : .set(tier)
      }
      return RecordProfilesRequest.Row(customer: customer(), change)
    }
    return .profiles(RecordProfilesRequest(key: key(), profiles: rows))
  }

  private mutating func consentBatch(_ now: Int64) -> Request {
    var rows: [RecordConsentsRequest.Row] = []
    for _ in 0..<draw(1...6) {
      if chance(20), let earlier = consents.randomElement(using: &generator) {
        rows.append(earlier)
        continue
      }
      // Few times, so that some are equal.
      let time = chance(60) ? now - Int64(draw(0...3)) * 86_400_000_000 : time(now)
      let said = ConsentStatus.allCases[draw(0...2)]
      let expires = said == .granted && chance(50) ? time + Int64(draw(1...200)) * 1_000_000_000 : 0
      let row = RecordConsentsRequest.Row(
        customer: customer(),
        Consent(
          Channel.allCases[draw(0...2)], Purpose.allCases[draw(0...1)], said, timeMicros: time,
          expiresMicros: expires, source: chance(50) ? "" : "s\(draw(0...9))",
          textVersion: chance(80) ? "" : "v\(draw(0...3))"))
      consents.append(row)
      rows.append(row)
    }
    return .consents(RecordConsentsRequest(key: key(), consents: rows))
  }

  // MARK: Segments

  /// What the shop means by one segment or two; sometimes what cannot be.
  mutating func definition() -> Request {
    let known: [(String, [(String, String)])] = [
      (
        "loyal",
        [("", ""), ("orders >= 3", "orders >= 2"), ("orders >= 2 and mean_spend > 20", "")]
      ),
      ("vip", [("", ""), ("total_spend > 100", "total_spend > 80"), ("orders >= 5", "")]),
      (
        "inactive",
        [
          ("", ""), ("days_since_order > 90", "days_since_order > 60"),
          ("net_value < quantile(\"net_value\", 0.2)", "country == \"FR\""),
        ]
      ), ("about to leave", [("", ""), ("churn > 0.6 or days_since_order > 40", "churn > 0.5")]),
    ]
    var segments: [SegmentFields] = []
    for (name, conditions) in known.shuffled(using: &generator).prefix(draw(1...2)) {
      let (enters, stays) = conditions.randomElement(using: &generator) ?? ("", "")
      segments.append(SegmentFields(segment: name, enters: enters, stays: stays))
    }
    var request = DefineSegmentsRequest(segments: segments)
    request.key = key()
    guard chance(20) else { return .define(request) }
    let wrong: [(SegmentFields, Status)] = [
      (SegmentFields(segment: "loyal", enters: "orders >=", stays: ""), .badCondition),
      (SegmentFields(segment: "vip", enters: "", stays: "segment == \"new\""), .badCondition),
      (SegmentFields(segment: "golden", enters: "", stays: ""), .invalidField),
    ]
    let (fields, status) = wrong[draw(0...2)]
    var body = ByteBuffer()
    try? DefineSegmentsRequest(segments: [fields]).write(to: &body)
    var bytes: [UInt8] = []
    bytes.append(bytes: body.bytes)
    return .broken(verb: Verb.defineSegments.rawValue, body: bytes, status: status)
  }
}
