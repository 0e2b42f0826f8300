// Recommendations and the best offer of a scan, beside dry decisions that take the best.

import Support
import Testing
import Wire

@testable import Scoring

extension RecommendationsTests {
  @Test(
    "a recommendation is what a dry decision would choose that takes the best", arguments: seeds(2))
  func dryDecision(seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try Self.shop(seed: seed)
    let loyal = SegmentFields(segment: "loyal", enters: "orders >= 2", stays: "")
    #expect(shop.define([loyal]) == nil)
    let requests = Self.requests(200, seed: seed)
    for (place, request) in requests.enumerated() {
      // By the fixed rule first, then by what was found.
      if place == 100 { #expect(shop.searchAll() > 100) }
      let one = try #require(shop.ask(.recommend, request, RecommendReply.self).body)
      let dry = shop.decide(request.customer, [.dryRun, .greedy]) {
        ($0.top, $0.basketMinor, $0.lines) = (request.top, request.basketMinor, request.lines)
        ($0.schema, $0.missing, $0.features) = (request.schema, request.missing, request.features)
      }
      let told = try #require(dry.body?.told)
      #expect(one.offers.map(\.offer) == told.choices.map(\.offer))
      #expect(one.offers.map(\.uplift) == told.choices.map(\.uplift))
      #expect(one.lifetimeValue == told.lifetimeValue && one.segment == told.segment)
      #expect(one.flags == told.flags.intersection(RecommendReply.flagsTold))
      #expect(one.catalogue == told.catalogue && one.generation == told.generation)
    }
  }

  @Test(
    "the best offer that a scan tells is the first that a dry decision which takes the best would choose",
    arguments: seeds(4))
  func bestOffers(seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try Self.shop(seed: seed)
    #expect(shop.searchAll() > 100)
    for round in 0..<2 {
      let told = try shop.select("", ["customer", "lifetime_value", "best_offer(site, checkout)"])
      var chosen: Set<String?> = []
      var valued = 0
      for (row, name) in told.names.enumerated() {
        let dry = try shop.made(name, [.dryRun, .greedy]).told
        let best = told.texts(2)[row]
        #expect(best == dry.choices.first?.offer, "round \(round), \(name)")
        chosen.insert(best)
        guard dry.flags.contains(.valued) else { continue }
        let value = told.numbers(1)[row]
        #expect(abs(value - dry.lifetimeValue) <= 1e-9 * (1 + value), "round \(round), \(name)")
        valued += 1
      }
      #expect(chosen.count > 3 && valued > 50, "\(chosen), \(valued)")
      // Another margin makes other lifetime values, and so other segments and features.
      var chance = SeededGenerator(seed: seed + 50)
      let put = shop.put(
        Self.catalogue(&chance).replacing(#""margin_rate": 0.4"#, with: #""margin_rate": 0.05"#))
      try #require(put.body != nil)
    }
  }
}
