// Recommendations and the best offer of a scan, beside dry decisions that take the best.

import Support
import Testing
import Wire

@testable import Scoring

extension RecommendationsTests {
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
