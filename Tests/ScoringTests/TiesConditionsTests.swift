// Conditions of offers over where a customer came from, at what cost, and the tier: in decisions, in the
// fast way of recommendations, which leaves them to decisions, and in explanations.

import Testing
import Wire

@testable import Scoring

@Suite("Conditions over ties")
struct TiesConditionsTests {
  /// An offer for each condition, and whether it holds for ann, for bob of whom none of it is known, and for
  /// nobody, who is not known at all.
  private static let cases: [(condition: String, ann: Bool, bob: Bool)] = [
    (#"source == \"search\""#, true, false), (#"source != \"search\""#, false, false),
    (#"source in (\"friend\", \"search\")"#, true, false),
    (#"source == \"letter\""#, false, false), ("source is known", true, false),
    ("source is unknown", false, true), ("acquisition_cost == 12.5", true, false),
    ("acquisition_cost > 12.5", false, false), ("(acquisition_cost else 0) < 5", false, true),
    ("acquisition_cost is unknown", false, true), ("tier == gold", true, false),
    ("tier >= silver", true, false), ("tier > gold", false, false),
    ("tier between bronze and silver", false, false), ("tier in (gold, platinum)", true, false),
    ("tier is known", true, false), ("not ((tier >= gold) else false)", false, true),
  ]

  private static func catalogue() -> String {
    EngineHarness.catalogue(
      cases.enumerated().map {
        EngineHarness.offer(name($0.offset), #""eligibility": "\#($0.element.condition)""#)
      }, placements: #"{"id": "checkout", "top": 20}"#)
  }

  /// The catalogue has its offers in the order of their names.
  private static func name(_ number: Int) -> String { "o\(100 + number)" }

  private static let cost = AcquisitionCost(amountMinor: 1250, currency: "EUR", minorDigits: 2)
  private static let ties = ProfileChange(
    source: .set("search"), acquisitionCost: .set(cost),
    tier: .set(HeldTier(.gold, untilDay: 20_000)))

  private static func shop() throws -> EngineHarness {
    var shop = try EngineHarness()
    // A source that no condition knows, told before there is a catalogue.
    #expect(shop.profile("cy", ProfileChange(source: .set("poster")))?.recorded == 1)
    try #require(shop.put(catalogue()).body != nil)
    #expect(shop.profile("ann", ties)?.recorded == 1)
    #expect(shop.profile("bob", ProfileChange(country: .set("FR")))?.recorded == 1)
    return shop
  }

  /// Whether each offer's conditions hold; else the reason is code 3, a rule.
  private static func holds(_ customer: String, _ shop: inout EngineHarness) throws -> [Bool] {
    let told = try shop.made(customer, [.dryRun, .explain]).told
    try #require(told.reasons.count == cases.count)
    return told.reasons.map { $0 != 3 }
  }

  @Test("what is known decides, and what is not known lets no condition hold")
  func decisions() throws {
    var shop = try Self.shop()
    #expect(try Self.holds("ann", &shop) == Self.cases.map(\.ann))
    #expect(try Self.holds("bob", &shop) == Self.cases.map(\.bob))
    #expect(try Self.holds("nobody", &shop) == Self.cases.map(\.bob))
    // A source that no condition speaks of is known all the same.
    let cy = try Self.holds("cy", &shop)
    #expect(cy[..<6] == [false, true, false, false, true, false])
    // So it is after a restart.
    let store = try shop.engine.store.reloaded()
    var again = try EngineHarness(restoring: store, nowMicros: shop.nowMicros)
    #expect(try Self.holds("ann", &again) == Self.cases.map(\.ann))
    // What is forgotten is as if it had never been known.
    let forgotten = ProfileChange(source: .forget, acquisitionCost: .forget, tier: .forget)
    #expect(shop.profile("ann", forgotten)?.recorded == 1)
    #expect(try Self.holds("ann", &shop) == Self.cases.map(\.bob))
  }

  @Test(
    "a tier holds on its last day, and the day after it is not known",
    arguments: [19_999, 20_000, 20_001])
  func lastDay(_ day: Int) throws {
    var shop = try Self.shop()
    shop.nowMicros = EngineHarness.noon(day)
    let isHeld = day <= 20_000
    let expected = Self.cases.map {
      $0.condition.contains("tier") && !isHeld ? $0.bob : $0.ann
    }
    #expect(try Self.holds("ann", &shop) == expected)
    #expect(shop.profile("ann", ProfileChange(tier: .set(HeldTier(.gold))))?.recorded == 1)
    #expect(try Self.holds("ann", &shop) == Self.cases.map(\.ann))
  }

  @Test("a recommendation is what a decision would choose, for who has ties and who has none")
  func recommendations() throws {
    var shop = try Self.shop()
    // Offers are worth something, so that some are chosen.
    for number in 1...60 {
      let customer = "t\(number)"
      if number % 2 == 0 { #expect(shop.profile(customer, Self.ties)?.recorded == 1) }
      let made = try shop.made(customer, key: UInt64(number))
      let worth: Int64 = made.told.choices.isEmpty ? 0 : 4_000
      #expect(shop.tell(made.decision, .ended, order: 10_000, margin: worth).body?.recorded == 1)
    }
    for (customer, row) in [
      ("ann", Self.cases.map(\.ann)), ("bob", Self.cases.map(\.bob)),
      ("nobody", Self.cases.map(\.bob)),
    ] {
      var request = RecommendRequest(customer: customer, placement: "checkout", channel: .site)
      request.top = 20
      let reply = try #require(shop.ask(.recommend, request, RecommendReply.self).body)
      let decided = shop.decide(customer, [.dryRun, .greedy]) { $0.top = 20 }.body
      let chosen = try #require(decided).told.choices.map(\.offer)
      #expect(reply.offers.map(\.offer) == chosen, "\(customer)")
      // Nothing is chosen whose condition does not hold.
      let open = Set(row.indices.filter { row[$0] }.map { Self.name($0) })
      #expect(Set(chosen).isSubset(of: open) && !chosen.isEmpty, "\(customer)")
    }
  }
}
