// Recommendations for several placements, channels and numbers of offers, one after the other.

import Support
import Testing
import Wire

@testable import Scoring

extension RecommendationsTests {
  @Test(
    "what asks for different things may follow one another, while budgets, beliefs and time go on",
    arguments: seeds(2))
  func inTurns(seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try Self.shop(seed: seed)
    var chance = SeededGenerator(seed: seed)
    var chosen = 0
    for turn in 0..<60 {
      // More kinds than are kept.
      var requests = Self.requests(12, seed: seed &+ UInt64(turn))
      let top = UInt8.random(in: 1...7, using: &chance)
      let channel = [Channel.site, .email].randomElement(using: &chance) ?? .site
      let placement = Self.pick(["checkout", "other"], &chance)
      for number in requests.indices {
        (requests[number].top, requests[number].channel) = (top, channel)
        requests[number].placement = placement
      }
      let found = try Self.gathered(&shop, requests).replies
      for (request, reply) in zip(requests, found) {
        let one = try #require(shop.ask(.recommend, request, RecommendReply.self).body)
        #expect(Self.isSame(reply, one), "\(request): \(reply) instead of \(one)")
        chosen += reply.offers.count
      }
      if turn % 3 == 0 {
        // Takes of a budget, and teaches.
        let made = shop.decide("t\(turn)", key: UInt64(1_000 + turn), []) {
          $0.basketMinor = 9_000
        }
        _ = shop.tell(made.body?.decision ?? "", .ended, order: 9_000, margin: 4_000)
      }
      if turn % 10 == 9 { shop.nowMicros += 3_600_000_000 }
    }
    #expect(chosen > 200)
  }
}
