// What of damaged sections about offers is noticed: they are refused, or do no harm.

import Foundation
import Support
import Testing
import Wire

@testable import Scoring

@Suite("Offers: state")
struct OffersStateTests {
  /// Damages of each kind of section: enough to be refused and harmless often.
  private static let damages =
    ProcessInfo.processInfo.environment["PATRON_LONG"] == "1" ? 100 : 12

  /// A shop with some of everything about offers.
  private func shop() throws -> EngineHarness {
    var shop = try EngineHarness()
    _ = shop.put(
      EngineHarness.catalogue(
        [
          EngineHarness.offer(
            "a",
            #""reward": {"kind": "discount_amount", "value": 5}, "budget": {"money": 900, "days": 2}, "start": "2024-10-01""#
          ), EngineHarness.offer("b"), EngineHarness.offer("c", #""class": "mandatory""#),
        ],
        rest:
          #""caps": [{"scope": "offer", "limit": 9, "days": 7}], "suppressions": [{"refusals": 3, "days": 30}], "quiet_periods": [{"channels": ["site"], "hours": 1}], "holdouts": [{"level": "global", "key": "g", "percent": 10}], "campaigns": [{"id": "k", "offers": ["a", "b"]}],"#
      ))
    for number in 1...40 as ClosedRange<UInt64> { use(&shop, number) }
    return shop
  }

  private func use(_ shop: inout EngineHarness, _ number: UInt64) {
    shop.nowMicros += 7_000_000_000
    let kinds: [OutcomeKind] = [.delivered, .refused, .redeemed, .accepted, .failed, .ended]
    guard let reply = shop.decide("c\(number % 7)", key: number, [.explain]).body else { return }
    if number % 3 > 0 { _ = shop.tell(reply.decision, kinds[Int(number % 6)]) }
    _ = shop.ask(
      .explainDecision, ExplainDecisionRequest(decision: reply.decision), DecideReply.self)
  }

  @Test("damaged sections about offers are refused or harmless", arguments: seeds(2))
  func damaged(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    let whole = try shop()
    let saved = SavedState(whole.engine.store)
    var again = try EngineHarness(restoring: whole.engine.store, nowMicros: whole.nowMicros)
    var receipts: [String] = []
    for key in 1...40 as ClosedRange<UInt64> {
      receipts += [again.decide("c\(key % 7)", key: key, [.explain]).body?.decision].compactMap {
        $0
      }
    }
    let sections = saved.sections.indices.filter {
      (Section.Kind.offerAccounts.rawValue..<Section.Kind.customers.rawValue)
        .contains(saved.sections[$0].kind)
    }
    // All kinds are damaged equally often, and each section of a kind by chance.
    let kinds = Dictionary(grouping: sections) { saved.sections[$0].kind }
    #expect(kinds.count == 8)
    var (refused, harmless) = (0, 0)
    for kind in kinds.keys.sorted() {
      for _ in 0..<Self.damages {
        var damaged = saved
        let section = kinds[kind]?.randomElement(using: &chance) ?? 0
        let bytes = damaged.sections[section].bytes
        // Where something is, or near it.
        let used = bytes.indices.filter { bytes[$0] != 0 }
        let place = min(
          (used.randomElement(using: &chance) ?? 0) + Int.random(in: 0...7, using: &chance),
          bytes.count - 1)
        damaged.sections[section].bytes[place] ^= UInt8.random(in: 1...255, using: &chance)
        do {
          let store = try damaged.load()
          var shop = try EngineHarness(restoring: store, nowMicros: whole.nowMicros)
          for receipt in receipts.prefix(12) {
            _ = shop.ask(
              .explainDecision, ExplainDecisionRequest(decision: receipt), DecideReply.self)
            _ = shop.tell(receipt, .redeemed, as: "late", cost: 1)
          }
          _ = shop.ask(.readDecisions, ReadDecisionsRequest(), DecisionsReply.self)
          _ = shop.ask(.readCatalogue, Empty(), CatalogueReply.self)
          for number in 100..<107 as Range<UInt64> { use(&shop, number) }
          // All windows end.
          shop.nowMicros += 40 * EngineHarness.microsPerDay
          for number in 107..<120 as Range<UInt64> { use(&shop, number) }
          harmless += 1
        } catch is SectionError {
          refused += 1
        }
      }
    }
    print("\(refused) refused, \(harmless) harmless")
    #expect(refused > Self.damages && harmless > Self.damages)
  }
}
