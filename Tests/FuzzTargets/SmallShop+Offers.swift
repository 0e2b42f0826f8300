// What the small shop offers, and the requests about it: a catalogue with a rule of every kind, a decision,
// and what came of it.

import Scoring
import Wire

extension SmallShop {
  /// Commands about offers, in the order in which they follow the others.
  public static let offers: [[UInt8]] = [put, decision, outcomes("1", .delivered)]

  /// Commands that can follow: another catalogue, another state, another decision, more outcomes.
  public static let changes: [[UInt8]] = [
    frame(
      .amendOffer,
      AmendOfferRequest(
        key: CommandKey(producer: 3, number: 4), offer: "coupon", state: .paused)),
    frame(
      .putCatalogue,
      PutCatalogueRequest(
        key: CommandKey(producer: 3, number: 5),
        catalogue: catalogue.replacing("\"limit\": 2", with: "\"limit\": 1"))),
    decide(6, "ann", .email, [.explain]), decide(0, "new", .site, [.categoriesKnown]),
    outcomes("2", .redeemed, cost: 200), outcomes("3", .accepted, order: 3_000, margin: 900),
    outcomes("4", .refunded, order: 1_000, margin: 300), outcomes("5", .refused),
  ]

  /// The receipt of the decision.
  static let receipt: String = {
    var engine = Engine()
    for command in commands + [put] { _ = execute(command, &engine) }
    let reply = execute(decision, &engine)
    var reader = FrameReader(reply.bytes, from: FrameHeader.size)
    guard let body = try? DecideReply(from: &reader), !body.told.choices.isEmpty else {
      preconditionFailure("the shop's decision is to offer something")
    }
    return body.decision
  }()

  private static let put = frame(
    .putCatalogue,
    PutCatalogueRequest(key: CommandKey(producer: 3, number: 1), catalogue: catalogue))

  private static let decision = decide(2, "ann", .site, [.explain])

  static func decide(
    _ number: UInt64, _ customer: String, _ channel: Channel, _ flags: DecideFlags
  ) -> [UInt8] {
    var request = DecideRequest(
      key: number == 0 ? .none : CommandKey(producer: 3, number: number), customer: customer,
      placement: "till", channel: channel, flags: flags)
    request.basketMinor = 4_000
    request.lines = 2
    request.top = 2
    if flags.contains(.categoriesKnown) { request.categories = ["shoes", "hats"] }
    (request.schema, request.missing, request.features) = (1, 2, [0.5, 0])
    return frame(.decide, request)
  }

  static func recommend(_ customer: String) -> [UInt8] {
    var request = RecommendRequest(customer: customer, placement: "till", channel: .site)
    (request.basketMinor, request.lines, request.top) = (4_000, 2, 2)
    (request.schema, request.missing, request.features) = (1, 2, [0.5, 0])
    return frame(.recommend, request)
  }

  private static func outcomes(
    _ identifier: String, _ kind: OutcomeKind, order: Int64 = 0, margin: Int64 = 0, cost: Int64 = 0
  ) -> [UInt8] {
    let number = UInt64(identifier.utf8.first ?? 0)
    return frame(
      .recordOutcomes,
      RecordOutcomesRequest(
        key: CommandKey(producer: 4, number: number), currency: "EUR", minorDigits: 2,
        outcomes: [
          .init(
            decision: receipt, identifier: identifier, kind: kind, timeMicros: now - day,
            orderMinor: order, marginMinor: margin, costMinor: cost)
        ]))
  }

  private static let catalogue = """
    {"currency": "EUR", "minor_digits": 2, "margin_rate": 0.4, "profiling": "opt_out",
     "outcome_noise": 10, "window_days": 7, "forgetting": 0.99,
     "features": {"schema": 1, "list": [{"id": "queue"}, {"id": "rain", "default": 1}]},
     "channels": {"site": {"consent": "opt_out", "fatigue_cost": 0.1, "reservation_minutes": 60},
                  "email": {"consent": "opt_out", "quiet_from": "21:30", "quiet_to": "07:00"}},
     "placements": [{"id": "till", "top": 2, "fallback": "thanks"}],
     "offers": [
       {"id": "coupon", "family": "discount", "state": "live", "class": "mandatory",
        "channels": ["site"], "placements": ["till"], "group": "g",
        "reward": {"kind": "discount_amount", "value": 5, "redemption": 0.5},
        "budget": {"money": 100, "count": 9, "days": 3}, "start": "1997-01-01", "end": "1999-01-01"},
       {"id": "gift", "family": "gifts", "state": "live", "channels": ["site", "email"],
        "placements": ["till"], "reward": {"kind": "gift", "cost": 2}, "lever": 1.5,
        "eligibility": "orders >= 1 and not bought(\\"hats\\")", "suitability": "basket > 10"},
       {"id": "thanks", "family": "words", "state": "live", "channels": ["site", "email"],
        "placements": ["till"]}],
     "caps": [{"scope": "global", "limit": 2, "days": 7},
              {"scope": "offer", "limit": 3, "event": "decided", "calendar_days": 2}],
     "suppressions": [{"scope": "family", "refusals": 1, "days": 30}],
     "quiet_periods": [{"channels": ["email"], "hours": 4}],
     "campaigns": [{"id": "autumn", "offers": ["coupon", "gift"],
      "budget": {"money": 90, "count": 40, "start": "1997-09-01", "end": "1997-12-01", "days": 30}}],
     "holdouts": [{"level": "campaign", "of": "autumn", "key": "autumn-97", "percent": 10}]}
    """
}
