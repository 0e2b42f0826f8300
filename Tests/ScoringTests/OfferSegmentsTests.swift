// What offers mean by `segment`: what the shop's named segments found of the customer last, in decisions,
// recommendations, explanations and trials; and the fixed rule of whom nobody looked for.

import Offers
import Support
import Testing
import Wire

@testable import Scoring

@Suite("Engine: offers by named segments")
struct OfferSegmentsTests {
  private static let customers = 12

  /// A shop with an offer for each segment, whose customers all are at least `will buy again` by the fixed rule.
  private func shop() throws -> EngineHarness {
    var shop = try EngineHarness()
    for number in 0..<Self.customers {
      for day in [19_900, 19_990] { _ = shop.record("c\(number)", "\(day)", day: day) }
    }
    _ = shop.adopt()
    let put = shop.put(
      EngineHarness.catalogue(
        Segment.allCases.map {
          EngineHarness.offer(
            "for-\($0.rawValue)",
            #""class": "mandatory", "eligibility": "segment == \"\#($0.word)\"""#)
        }, placements: #"{"id": "checkout", "top": 9}"#))
    guard put.body != nil else { throw EngineHarness.Missing() }
    return shop
  }

  /// Has everybody with two orders be found in a segment in which the fixed rule would find nobody of them.
  private func find(_ segment: Segment, in shop: inout EngineHarness) {
    let others = [Segment.inactive, .vip].map {
      SegmentFields(
        segment: $0.word, enters: $0 == segment ? "orders >= 2" : "orders >= 99", stays: "")
    }
    #expect(shop.define(others) == nil)
    #expect(shop.searchAll() > 0)
  }

  /// In which segment a customer is by a decision, which got the offer for it and no other.
  private func decided(_ customer: String, _ shop: inout EngineHarness) throws -> Segment {
    let told = try shop.made(customer, [.dryRun, .greedy]).told
    #expect(told.choices.map(\.offer) == ["for-\(told.segment)"])
    let request = RecommendRequest(customer: customer, placement: "checkout", channel: .site)
    let one = try #require(shop.ask(.recommend, request, RecommendReply.self).body)
    #expect(one.segment == told.segment && one.offers.map(\.offer) == told.choices.map(\.offer))
    return try #require(Segment(rawValue: told.segment))
  }

  @Test("a decision and a recommendation are made by the segment the customer was found in last")
  func found() throws {
    var shop = try shop()
    let byRule = try decided("c3", &shop)
    #expect(byRule != .inactive && byRule != .vip)
    find(.inactive, in: &shop)
    #expect(try decided("c3", &shop) == .inactive)
    // What is defined anew counts when everybody's segment was found by it.
    find(.vip, in: &shop)
    #expect(try decided("c3", &shop) == .vip)
    // Whoever came since, or is unknown, was found nowhere.
    _ = shop.record("late", "1", day: 20_000)
    #expect(try decided("late", &shop) == .new)
    #expect(try decided("nobody", &shop) == .new)
  }

  @Test("who may not be judged by scores is in the segment of the fixed rule, by days alone")
  func profiling() throws {
    var shop = try shop()
    find(.inactive, in: &shop)
    _ = shop.consent("c5", .site, .denied, .profiling)
    #expect(try decided("c5", &shop) == .willBuyAgain)
    #expect(try decided("c4", &shop) == .inactive)
    shop.nowMicros += 1_000
    _ = shop.consent("c5", .site, .granted, .profiling)
    #expect(try decided("c5", &shop) == .inactive)
  }

  @Test(
    "an explanation retells the segment of its decision, and a replay comes to the same state")
  func explained() throws {
    var shop = try shop()
    find(.inactive, in: &shop)
    let made = try shop.made("c1", key: 7)
    #expect(made.told.segment == Segment.inactive.rawValue)
    find(.vip, in: &shop)
    let again = shop.ask(
      .explainDecision, ExplainDecisionRequest(decision: made.decision), DecideReply.self)
    let told = try #require(again.body)
    #expect(told.told.segment == Segment.inactive.rawValue)
    #expect(told.told == made.told && told.offers.count == Segment.allCases.count)
    #expect(try decided("c1", &shop) == .vip)
    let replayed = try shop.replayed()
    #expect(replayed.store.stateHash() == shop.engine.store.stateHash())
  }

  @Test(
    "a trial decides by the same segments, and of a day before they were found by the fixed rule")
  func tried() throws {
    var shop = try shop()
    find(.inactive, in: &shop)
    var request = TryCatalogueRequest(placement: "checkout", channel: .site)
    for (day, segment) in [(20_000, Segment.inactive), (19_999, .willBuyAgain)] {
      request.atMicros = EngineHarness.noon(day)
      let told = try TrialJobTests().job(request, &shop).get().reply()
      let chosen = told.offers.filter { $0.chosen > 0 }
      #expect(chosen.map(\.offer) == ["for-\(segment.rawValue)"], "\(day)")
      #expect(chosen.map(\.chosen) == [UInt64(Self.customers)])
    }
  }

  @Test("many recommendations at a time follow every later search, whoever was asked about before")
  func together() throws {
    var shop = try shop()
    let put = shop.put(EngineHarness.catalogue([EngineHarness.offer("o")]))
    try #require(put.body != nil)
    let requests = (0..<Self.customers).map {
      RecommendRequest(customer: "c\($0)", placement: "checkout", channel: .site)
    }
    var segments: [Set<UInt8>] = []
    for segment in [nil, Segment.inactive, .vip] {
      if let segment { find(segment, in: &shop) }
      let (replies, fast) = try RecommendationsTests.gathered(&shop, requests)
      #expect(fast == requests.count)
      segments.append(Set(replies.map(\.segment)))
    }
    #expect(segments[1...] == [[Segment.inactive.rawValue], [Segment.vip.rawValue]])
    #expect(segments[0].isDisjoint(with: segments[1].union(segments[2])))
  }
}
