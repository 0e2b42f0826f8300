// The little shop the fuzzer's requests meet, and the requests it was made with. They are also the
// seeds of the corpus.

import Platform
import Scoring
import Wire

/// Requests as bytes, and a state made by them.
public enum SmallShop {
  /// Noon of 1997-01-01 UTC.
  static let start: Int64 = 852_120_000_000_000
  static let day: Int64 = 86_400_000_000
  /// When the fuzzer's requests come.
  static let now = start + 300 * day

  /// Commands, in the order in which the shop was made.
  public static let commands: [[UInt8]] = [
    frame(
      .declareShop,
      DeclareShopRequest(
        timeZone: "Europe/Paris",
        transitions: [
          .init(fromSeconds: .min, offsetSeconds: 3600),
          .init(fromSeconds: 859_683_600, offsetSeconds: 7200),
        ])),
    orders([("ann", "1", 0, 2500), ("ann", "2", 30, 1000), ("bob", "1", 3, 700)]),
    orders([("ann", "3", 31, 900), ("cy", "1", 60, 0), ("ann", "4", 10, 1), ("bob", "1", 3, 700)]),
    frame(
      .recordReturns,
      RecordReturnsRequest(
        key: CommandKey(producer: 1, number: 3), currency: "EUR", minorDigits: 2,
        returns: [
          .init(
            customer: "ann", order: "2", returned: "r", timeMicros: start + 33 * day,
            amountMinor: 400)
        ])),
    frame(.adoptModel, AdoptModelRequest(key: CommandKey(producer: 1, number: 4), model: model)),
    orders([("dee", "1", 250, 1)]),
  ]

  /// Commands that can follow: a model with everything, and the one before it back again.
  public static let models: [[UInt8]] = [
    frame(.adoptModel, AdoptModelRequest(key: CommandKey(producer: 1, number: 5), model: full)),
    frame(.putBackModel, PutBackModelRequest(key: CommandKey(producer: 1, number: 6))),
  ]

  /// Commands about what else is known of customers.
  public static let facts: [[UInt8]] = [
    frame(
      .recordConsents,
      RecordConsentsRequest(
        key: CommandKey(producer: 1, number: 7),
        consents: [
          .init(
            customer: "ann",
            Consent(
              .email, .marketing, .granted, timeMicros: start, expiresMicros: start + 400 * day,
              source: "till", textVersion: "1")),
          .init(
            customer: "ann", Consent(.email, .marketing, .revoked, timeMicros: start + 9 * day)),
          .init(customer: "eve", Consent(.push, .profiling, .denied, timeMicros: start)),
        ])),
    frame(
      .recordProfiles,
      RecordProfilesRequest(
        key: CommandKey(producer: 1, number: 8),
        profiles: [
          .init(
            customer: "ann",
            ProfileChange(
              birthday: Birthday(year: 1990, month: 5, day: 17).map { .set($0) } ?? .keep,
              country: .set("FR"), language: .set("fr"), channel: .set(.sms)))
        ])),
    frame(
      .recordEvents,
      RecordEventsRequest(
        key: CommandKey(producer: 1, number: 9), currency: "EUR", minorDigits: 2,
        events: [
          .init(
            customer: "ann", identifier: "1",
            Event(.cartChanged, timeMicros: start + day, amountMinor: 900, lines: 3)),
          .init(
            customer: "ann", identifier: "2",
            Event(.complaintOpened, timeMicros: start + day, name: "T1")),
          .init(
            customer: "bob", identifier: "1",
            Event(.contactSent, timeMicros: start + day, name: "welcome", channel: .post)),
          .init(customer: "ann", identifier: "3", Event(.viewed, timeMicros: start, name: "shoes")),
        ])),
    frame(
      .recordOrderLines,
      RecordOrderLinesRequest(
        key: CommandKey(producer: 1, number: 10), currency: "EUR", minorDigits: 2,
        lines: [
          .init(customer: "ann", order: "1", line: 1, category: "shoes", amountMinor: 1500),
          .init(customer: "ann", order: "1", line: 2, category: "socks", amountMinor: 1000),
        ])),
  ]

  /// Requests that change nothing.
  public static let queries: [[UInt8]] = [
    frame(.readCatalogue, Empty()), frame(.readDecisions, ReadDecisionsRequest()),
    frame(.explainDecision, ExplainDecisionRequest(decision: receipt)),
    decide(0, "bob", .site, [.dryRun, .explain, .greedy]), recommend("ann"), recommend("nobody"),
    frame(.hello, HelloRequest(client: "fuzz")), frame(.ping, Empty()),
    frame(.status, StatusRequest(withStateHash: true)), frame(.snapshot, Empty()),
    frame(.scoreOne, ScoreOneRequest(terms: terms, customer: "ann")),
    frame(.scoreOne, ScoreOneRequest(terms: terms, customer: "nobody")),
    frame(.scoreMany, ScoreManyRequest(terms: terms, customers: ["bob", "ann", "x"])),
    frame(.fit, FitRequest(asOfMicros: 0, kind: 2)),
    frame(.report, ReportRequest(customer: "ann")),
    frame(.scoreInterval, ScoreIntervalRequest(terms: terms, level: 0.9, customer: "ann")),
    frame(.forecast, ForecastRequest(weeks: 2)),
    frame(.reportCampaign, CampaignRequest(campaign: "feet")), tryOut(""),
    tryOut(
      #"{"currency": "EUR", "margin_rate": 1, "placements": [{"id": "p"}], "offers": []}"#),
    frame(.describeCustomer, CustomerRequest(customer: "ann")),
    frame(.consentHistory, ConsentHistoryRequest(customer: "ann")),
    frame(.cancel, CancelRequest(request: 1)),
    // More than one frame of such a horizon holds.
    frame(
      .scoreMany,
      ScoreManyRequest(
        terms: ScoreTermsFields(
          asOfMicros: 0, horizonDays: 3653, discountRate: 0.1, margin: 1),
        customers: (0..<110).map { $0 % 9 == 0 ? "bob" : "ann" })),
  ]

  /// The shop after all commands.
  static let parts: Engine.Parts = engine().dismantle()

  static let sequence = UInt64(commands.count + offers.count)
  static let stateHash = Engine(parts).store.stateHash()

  private static func engine() -> Engine {
    var engine = Engine()
    for command in commands + offers { _ = execute(command, &engine) }
    return engine
  }

  /// Executes a command that must be accepted.
  ///
  /// - Returns: the reply.
  static func execute(_ command: [UInt8], _ engine: inout Engine) -> ByteBuffer {
    var reply = ByteBuffer()
    guard case .frame(let header)? = try? Frame.cut(command.rawBytes, sizeMax: .max) else {
      preconditionFailure("the shop's own commands are frames")
    }
    switch engine.execute(header, command.rawBytes, at: now - day, into: &reply) {
    case .changed, .decided: return reply
    default: preconditionFailure("the shop's own commands are accepted")
    }
  }

  private static func tryOut(_ catalogue: String) -> [UInt8] {
    var request = TryCatalogueRequest(catalogue: catalogue, channel: .site)
    (request.atMicros, request.customers, request.top) = (now, 3, 2)
    return frame(.tryCatalogue, request)
  }

  private static let terms = ScoreTermsFields(
    asOfMicros: start + 272 * day, horizonDays: 273, discountRate: 0.1, margin: 1)

  private static let model: ModelFields = {
    var model = ModelFields(kind: 2, parameters: SIMD4(0.525, 43.28, 0.891, 1.614))
    model.spendKnown = true
    model.p = 6.25
    model.q = 3.74
    model.gamma = 15.44
    return model
  }()

  /// A blend with a calibration and a churn layer.
  private static let full: ModelFields = {
    var full = model
    full.blend = [
      BlendFields(kind: 3, parameters: SIMD4(0.55, 74, 0.6, 81)),
      BlendFields(kind: 12, parameters: SIMD4(0.6, 20, 0.9, 2)),
    ]
    full.calibration.season = (0..<24).map { $0 < 20 ? 0.75 : 2.25 }
    full.calibration.logLevel = -0.125
    full.calibration.correction = CalibrationFields.Correction(
      referenceDays: 90, intercept: 0.25,
      signals: (0..<5).map { .init(weight: 0.5, mean: Double($0), deviation: 2) })
    full.layer = ChurnLayerFields(
      horizonDays: 200, typicalGapDays: 30, intercept: 0.25,
      terms: (1...10).map { .init(feature: $0, coefficient: 0.25, centre: 0.5, scale: 2) })
    return full
  }()

  private static func orders(_ rows: [(String, String, day: Int64, minor: Int64)]) -> [UInt8] {
    frame(
      .recordOrders,
      RecordOrdersRequest(
        key: CommandKey(producer: 2, number: UInt64(rows.count)), currency: "EUR", minorDigits: 2,
        orders: rows.map {
          .init(
            customer: $0.0, order: $0.1, timeMicros: start + $0.day * day, amountMinor: $0.minor)
        }))
  }

  static func frame(_ verb: Verb, _ body: some Message) -> [UInt8] {
    var out = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: 7, in: &out)
    do throws(Refusal) {
      try body.write(to: &out)
    } catch {
      preconditionFailure("the shop's own requests can be written: \(error)")
    }
    Frame.end(mark, in: &out)
    var bytes: [UInt8] = []
    bytes.append(bytes: out.bytes)
    return bytes
  }
}
