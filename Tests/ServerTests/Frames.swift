// Good requests as bytes, and ways to spoil them. No tests here.

import Client
import Platform
import Wire

/// The bytes of a span.
func array(_ bytes: RawSpan) -> [UInt8] {
  var copy: [UInt8] = []
  copy.append(bytes: bytes)
  return copy
}

/// A whole request around a body.
func makeFrame(
  _ verb: Verb, _ body: some Message, tag: UInt64 = 7, deadlineMillis: UInt32 = 0
) throws -> [UInt8] {
  var out = ByteBuffer()
  let mark = Frame.begin(
    verb: verb.rawValue, tag: tag, deadlineMillis: deadlineMillis, in: &out)
  try body.write(to: &out)
  Frame.end(mark, in: &out)
  return array(out.bytes)
}

/// The body of a whole frame, which must end where the body does.
func readBody<Body: Message>(_ type: Body.Type, of frame: [UInt8]) throws -> Body {
  var reader = FrameReader(frame.rawBytes, from: FrameHeader.size)
  let body = try Body(from: &reader)
  try reader.requireEnd()
  return body
}

extension [UInt8] {
  /// The same bytes with a number written over those at `offset`.
  func with<Number: FixedWidthInteger>(_ value: Number, at offset: Int) -> [UInt8] {
    var copy = self
    for byte in 0..<(Number.bitWidth / 8) {
      copy[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
    }
    return copy
  }

  /// The same bytes with a Double written over those at `offset`.
  func with(_ value: Double, at offset: Int) -> [UInt8] { with(value.bitPattern, at: offset) }

  /// The same bytes with others in the place of `range`, the frame's length made right again.
  func replacing(_ range: Range<Int>, with bytes: [UInt8]) -> [UInt8] {
    var copy = self
    copy.replaceSubrange(range, with: bytes)
    return copy.with(UInt32(copy.count - 4), at: 0)
  }

  /// The first `size` bytes as a frame of its own.
  func cut(to size: Int) -> [UInt8] { replacing(size..<count, with: []) }

  /// One more byte behind the last field.
  var extended: [UInt8] { replacing(count..<count, with: [0]) }
}

/// Requests that a server with a shop, a model and customer "C-1" accepts.
enum Frames {
  static let day: Int64 = 86_400_000_000
  /// Noon of 1997-01-01 UTC.
  static let start: Int64 = 852_120_000_000_000

  /// MBG/NBD and Gamma–Gamma as published for the CDNOW sample, in days and dollars.
  static let model: ModelFields = {
    var model = ModelFields(
      kind: 2, parameters: SIMD4(0.5248432, 43.2815971, 0.8913594, 1.6140022))
    model.spendKnown = true
    model.p = 6.2495723
    model.q = 3.7442247
    model.gamma = 15.443521
    return model
  }()

  static let terms = ScoreTermsFields(
    asOfMicros: start + 272 * day, horizonDays: 273, discountRate: 0.1, margin: 1)

  /// What the server declared for itself at its first start.
  static let utc = DeclareShopRequest(
    timeZone: "UTC", transitions: [.init(fromSeconds: Int64.min, offsetSeconds: 0)])

  static func order(
    _ customer: String, _ order: String, day number: Int64, _ amountMinor: Int64 = 1000
  ) -> RecordOrdersRequest.Order {
    .init(
      customer: customer, order: order, timeMicros: start + number * day, amountMinor: amountMinor)
  }

  static func batch(_ orders: [RecordOrdersRequest.Order]) -> RecordOrdersRequest {
    RecordOrdersRequest(currency: "USD", minorDigits: 2, orders: orders)
  }

  static func returning(
    _ customer: String, _ order: String, _ identifier: String, day number: Int64,
    _ amountMinor: Int64 = 0
  ) -> RecordReturnsRequest.Return {
    .init(
      customer: customer, order: order, returned: identifier, timeMicros: start + number * day,
      amountMinor: amountMinor)
  }

  static func batch(_ returns: [RecordReturnsRequest.Return]) -> RecordReturnsRequest {
    RecordReturnsRequest(currency: "USD", minorDigits: 2, returns: returns)
  }

  // MARK: Whole frames

  static func hello() throws -> [UInt8] { try makeFrame(.hello, HelloRequest(client: "raw")) }

  static func ping(tag: UInt64 = 7, deadlineMillis: UInt32 = 0) throws -> [UInt8] {
    try makeFrame(.ping, Empty(), tag: tag, deadlineMillis: deadlineMillis)
  }

  static func status(hash: Bool, tag: UInt64 = 7) throws -> [UInt8] {
    try makeFrame(.status, StatusRequest(withStateHash: hash), tag: tag)
  }

  static func score(_ customer: String = "C-1", tag: UInt64 = 7) throws -> [UInt8] {
    try makeFrame(.scoreOne, ScoreOneRequest(terms: terms, customer: customer), tag: tag)
  }

  static func fit(tag: UInt64 = 7) throws -> [UInt8] {
    try makeFrame(.fit, FitRequest(asOfMicros: 0, kind: 2), tag: tag)
  }

  /// Two offers at one placement, for whoever comes by.
  static let catalogue = """
    {"currency": "USD", "margin_rate": 0.35, "channels": {"site": {"consent": "opt_out"}},
    "placements": [{"id": "checkout"}], "offers": [
    {"id": "gift", "family": "a", "state": "live", "channels": ["site"],
    "placements": ["checkout"], "reward": {"kind": "discount_amount", "value": 2},
    "eligibility": "basket >= 50"},
    {"id": "socks", "family": "b", "state": "live", "channels": ["site"],
    "placements": ["checkout"], "reward": {"kind": "none"}}]}
    """

  /// How the good request of a verb ends.
  static func status(of verb: Verb) -> Status {
    switch verb {
    case .recordDecision, .adoptPolicy, .keepSegments, .keepQuantiles: .unsupportedVerb
    case .explainDecision: .unknownDecision
    case .watchCustomers: .badCondition
    default: .ok
    }
  }

  /// One good request of a verb about offers.
  private static func offers(_ verb: Verb) throws -> [UInt8] {
    switch verb {
    case .putCatalogue: try makeFrame(verb, PutCatalogueRequest(catalogue: catalogue))
    case .amendOffer: try makeFrame(verb, AmendOfferRequest(offer: "socks", state: .paused))
    case .decide:
      try makeFrame(
        verb, DecideRequest(customer: "C-1", placement: "checkout", channel: .site))
    case .recommend:
      try makeFrame(
        verb, RecommendRequest(customer: "C-1", placement: "checkout", channel: .site))
    case .recordOutcomes:
      try makeFrame(
        verb,
        RecordOutcomesRequest(
          currency: "USD", minorDigits: 2,
          outcomes: [.init(decision: "A", identifier: "o", kind: .ended, timeMicros: 9)]))
    case .explainDecision: try makeFrame(verb, ExplainDecisionRequest(decision: "A"))
    case .readDecisions: try makeFrame(verb, ReadDecisionsRequest())
    case .adoptPolicy: try makeFrame(verb, AdoptPolicyRequest(arms: []))
    case .reportCampaign: try makeFrame(verb, CampaignRequest(campaign: ""))
    case .tryCatalogue: try makeFrame(verb, TryCatalogueRequest(channel: .site))
    default: try makeFrame(verb, Empty())
    }
  }

  /// One good request of a verb.
  static func good(_ verb: Verb) throws -> [UInt8] {
    switch verb {
    case .hello: try hello()
    case .ping: try ping()
    case .status: try status(hash: true)
    case .snapshot: try makeFrame(.snapshot, Empty())
    case .cancel: try makeFrame(.cancel, CancelRequest(request: 1))
    case .declareShop: try makeFrame(.declareShop, utc)
    case .recordOrders: try makeFrame(.recordOrders, batch([order("C-9", "1", day: 3)]))
    case .recordReturns:
      try makeFrame(.recordReturns, batch([returning("C-1", "2", "R", day: 99)]))
    case .recordProfiles:
      try makeFrame(
        .recordProfiles,
        RecordProfilesRequest(
          profiles: [.init(customer: "C-1", ProfileChange(country: .set("FR")))]))
    case .recordEvents:
      try makeFrame(
        .recordEvents,
        RecordEventsRequest(
          currency: "USD", minorDigits: 2,
          events: [
            .init(customer: "C-1", identifier: "e", Event(.viewed, timeMicros: 9, name: "shoes"))
          ]))
    case .recordOrderLines:
      try makeFrame(
        .recordOrderLines,
        RecordOrderLinesRequest(
          currency: "USD", minorDigits: 2,
          lines: [
            .init(customer: "C-1", order: "1", line: 1, category: "shoes", amountMinor: 900)
          ]))
    case .describeCustomer: try makeFrame(.describeCustomer, CustomerRequest(customer: "C-1"))
    case .recordConsents:
      try makeFrame(
        .recordConsents,
        RecordConsentsRequest(
          consents: [.init(customer: "C-1", Consent(.sms, .service, .denied, timeMicros: 9))]))
    case .consentHistory:
      try makeFrame(.consentHistory, ConsentHistoryRequest(customer: "C-1"))
    case .scoreOne: try score()
    case .scoreMany:
      try makeFrame(.scoreMany, ScoreManyRequest(terms: terms, customers: ["C-1", "x"]))
    case .fit: try fit()
    case .adoptModel: try makeFrame(.adoptModel, AdoptModelRequest(model: model))
    case .putBackModel: try makeFrame(.putBackModel, PutBackModelRequest())
    case .report: try makeFrame(.report, ReportRequest(customer: "C-1"))
    case .scoreInterval:
      try makeFrame(
        .scoreInterval, ScoreIntervalRequest(terms: terms, level: 0.9, customer: "C-1"))
    case .forecast: try makeFrame(.forecast, ForecastRequest(weeks: 4))
    case .selectCustomers:
      try makeFrame(
        verb, SelectRequest(condition: "orders > 1", columns: ["customer", "segment"]))
    // A good one has no end: WatchTests asks it.
    case .watchCustomers: try makeFrame(verb, WatchRequest(condition: "orders >"))
    case .countCustomers: try makeFrame(verb, CountRequest(condition: "segment == \"new\""))
    case .readSegments: try makeFrame(verb, ReadSegmentsRequest())
    case .defineSegments:
      try makeFrame(
        verb,
        DefineSegmentsRequest(segments: [
          SegmentFields(segment: "loyal", enters: "orders >= 3", stays: "orders >= 2")
        ]))
    case .keepSegments:
      try makeFrame(verb, KeepSegmentsRequest(generation: 0, version: 0, day: 0))
    case .keepQuantiles:
      try makeFrame(verb, KeepQuantilesRequest(generation: 0, day: 0, numbers: []))
    case .putCatalogue, .amendOffer, .decide, .recommend, .recordDecision, .recordOutcomes,
      .readCatalogue,
      .explainDecision, .readDecisions, .adoptPolicy, .refitPolicy, .reportCampaign,
      .tryCatalogue:
      try offers(verb)
    }
  }
}

extension LiveServer {
  /// Records two orders of "C-1", adopts a model and puts a catalogue, so that every verb has something to work on.
  func furnish() throws {
    var client = try client()
    _ = try client.recordOrders(
      Frames.batch([
        Frames.order("C-1", "1", day: 0, 2933), Frames.order("C-1", "2", day: 40, 5000),
      ]))
    _ = try client.adoptModel(Frames.model)
    _ = try client.putCatalogue(Frames.catalogue)
  }
}
