// Budgets of campaigns, through the engine: what several offers may cost together.

import Scoring
import Testing
import Wire

@Suite("Campaign budgets")
struct CampaignBudgetTests {
  private static let coupon =
    #""reward": {"kind": "discount_amount", "value": 5}, "class": "mandatory""#

  /// Two coupons of 5, and the campaign they belong to.
  private func shop(_ budget: String, top: Int = 1) throws -> EngineHarness {
    var harness = try EngineHarness()
    let campaign =
      #""campaigns": [{"id": "other", "offers": ["b"]}, {"id": "spring", "offers": ["a", "b"], "budget": {\#(budget)}}],"#
    guard
      case .ok = harness.put(
        EngineHarness.catalogue(
          [EngineHarness.offer("a", Self.coupon), EngineHarness.offer("b", Self.coupon)],
          rest: campaign, placements: #"{"id": "checkout", "top": \#(top)}"#))
    else { throw EngineHarness.Missing() }
    return harness
  }

  private func stand(_ harness: inout EngineHarness) throws -> CampaignBudgetLine {
    let reply = harness.ask(.readCatalogue, Empty(), CatalogueReply.self).body
    guard let reply, let line = reply.campaigns.first, reply.campaigns.count == 1 else {
      throw EngineHarness.Missing()
    }
    return line
  }

  @Test("offers of a campaign draw on one budget, and who is refused for it is told what is free")
  func shared() throws {
    var harness = try shop(#""money": 12"#)
    let one = try harness.made("ann")
    #expect(one.told.choices.map(\.offer) == ["a"])
    _ = try harness.made("bob")
    var line = try stand(&harness)
    #expect(line.campaign == "spring" && line.budgetMinor == 1_200 && line.budgetCount == -1)
    #expect(line.reservedMinor == 1_000 && line.reservedCount == 2 && line.spentMinor == 0)
    let three = try harness.made("cy", [.explain])
    #expect(three.told.choices.isEmpty && three.told.reasons == [6, 6])
    #expect(
      three.offers.map(\.staff)
        == Array(
          repeating: "The budget of spring has 2.00 EUR left and it may cost 5.00 EUR.", count: 2))
    // What is redeemed for less makes room; what is refused makes all of it.
    #expect(harness.tell(one.decision, .redeemed, cost: 150).body?.recorded == 1)
    line = try stand(&harness)
    #expect(line.spentMinor == 150 && line.givenCount == 1 && line.reservedMinor == 500)
    let four = try harness.made("cy", key: 9)
    #expect(four.told.choices.count == 1)
    #expect(harness.tell(four.decision, .refused).body?.recorded == 1)
    line = try stand(&harness)
    #expect(line.reservedMinor == 500)

    let hash = harness.engine.store.stateHash()
    let replayed = try harness.replayed()
    #expect(replayed.store.stateHash() == hash)
    var restored = try EngineHarness(
      restoring: harness.engine.store.reloaded(), nowMicros: harness.nowMicros)
    #expect(restored.engine.store.stateHash() == hash)
    let (there, here) = (try stand(&restored), try stand(&harness))
    #expect(there == here)
  }

  @Test("an answer of several offers of one campaign keeps within its budget")
  func slate() throws {
    var harness = try shop(#""money": 9"#, top: 2)
    let reply = try harness.made("ann", [.explain])
    #expect(reply.told.choices.map(\.offer) == ["a"] && reply.told.reasons == [12, 6])
    #expect(reply.offers[1].staff.contains("has 4.00 EUR left"))
    harness = try shop(#""money": 10, "count": 1"#, top: 2)
    let counted = try harness.made("ann", [.explain])
    #expect(counted.told.choices.count == 1)
    #expect(counted.offers[1].staff == "Of the budget of spring 0 are left.")
  }

  @Test("it begins anew with its own days, and a lower budget closes at once")
  func periods() throws {
    // Day 20,000 is 2024-10-04.
    var harness = try shop(#""money": 5, "start": "2024-10-01", "days": 7"#)
    let one = try harness.made("ann")
    #expect(harness.tell(one.decision, .redeemed, cost: 500).body?.recorded == 1)
    #expect(try harness.made("bob").told.choices.isEmpty)
    harness.nowMicros = EngineHarness.noon(20_004)
    #expect(try harness.made("bob", key: 5).told.choices.count == 1)
    let line = try stand(&harness)
    #expect(line.reservedMinor == 500 && line.spentMinor == 0)
    let closed = EngineHarness.catalogue(
      [EngineHarness.offer("a", Self.coupon)],
      rest: #""campaigns": [{"id": "spring", "offers": ["a"], "budget": {"count": 0}}],"#)
    #expect(harness.put(closed).body?.version == 2)
    #expect(try harness.made("dan").told.reasons == [6])
  }

  @Test("a snapshot from before campaigns had budgets opens as it was")
  func earlier() throws {
    var harness = try EngineHarness()
    _ = harness.put(EngineHarness.catalogue([EngineHarness.offer("a")]))
    _ = try harness.made("ann")
    var saved = SavedState(harness.engine.store)
    // Behind the counts of the tables, the last of which was not there, lie 74 bytes.
    let counts = saved.head.count - 74 - 6 * 8
    #expect(saved.head[counts - 1] == 6)
    saved.head[counts - 1] = 5
    saved.head.removeSubrange(counts + 5 * 8..<counts + 6 * 8)
    let hash = try saved.load().stateHash()
    #expect(hash == harness.engine.store.stateHash())
  }
}
