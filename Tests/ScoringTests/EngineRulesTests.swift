// What the oracle of decisions once found wrong, each as the smallest life that shows it.

import Scoring
import Testing
import Wire

@Suite("Engine: rules of decisions")
struct EngineRulesTests {
  private static let coupon =
    #""class": "mandatory", "reward": {"kind": "discount_amount", "value": 5}"#

  @Test(
    "quiet hours go by the clock on the wall on days of 23 and 25 hours too",
    arguments: [
      // 2026-03-29 in Paris at 21:40, and at 20:40; 2026-10-25 at 21:40, 20:40 and 07:10.
      (1_774_813_200, true), (1_774_809_600, false), (1_792_960_800, true),
      (1_792_957_200, false), (1_792_908_600, false),
    ] as [(Int64, Bool)])
  func wallClock(seconds: Int64, isQuiet: Bool) throws {
    var harness = try EngineHarness(
      declared: DeclareShopRequest(
        timeZone: "Europe/Paris",
        transitions: [
          .init(fromSeconds: .min, offsetSeconds: 3_600),
          .init(fromSeconds: 1_774_746_000, offsetSeconds: 7_200),
          .init(fromSeconds: 1_792_890_000, offsetSeconds: 3_600),
        ]))
    harness.nowMicros = seconds * 1_000_000
    let catalogue = EngineHarness.catalogue([EngineHarness.offer("a", Self.coupon)])
    _ = harness.put(
      catalogue.replacing(
        #""consent": "opt_out"}"#,
        with: #""consent": "opt_out", "quiet_from": "21:30", "quiet_to": "07:00"}"#))
    #expect(try harness.made("ann").told.reasons == [isQuiet ? 5 : 12])
  }

  @Test("a contact that a cap on its offer counts is not hidden by forty others")
  func hidden() throws {
    var harness = try EngineHarness()
    _ = harness.put(
      EngineHarness.catalogue(
        ["a", "b", "c"].map { EngineHarness.offer($0) },
        rest: #""epsilon": 1, "caps": [{"scope": "offer", "of": "a", "limit": 1, "days": 60}],"#))
    var chosen = 0
    for key in 1...200 as ClosedRange<UInt64> {
      harness.nowMicros += 7_200_000_000
      let reply = try harness.made("ann", key: key)
      guard let choice = reply.told.choices.first else { continue }
      if choice.offer == "a" { chosen += 1 }
      // Others are told of, or never heard of again.
      if choice.offer == "a" || key % 2 == 0 { _ = harness.tell(reply.decision, .delivered) }
    }
    #expect(chosen == 1)
  }

  @Test("what is told late of an earlier period does not begin the budget anew")
  func latePeriod() throws {
    var harness = try EngineHarness()
    _ = harness.put(
      EngineHarness.catalogue([
        EngineHarness.offer(
          "a", Self.coupon + #", "budget": {"money": 10, "days": 1}, "start": "2024-10-01""#)
      ]))
    let first = try harness.made("ann", key: 1)
    harness.nowMicros += EngineHarness.microsPerDay
    let second = try harness.made("bob", key: 2)
    #expect(harness.tell(second.decision, .redeemed, cost: 500).body?.recorded == 1)
    harness.nowMicros -= EngineHarness.microsPerDay
    #expect(harness.tell(first.decision, .redeemed, cost: 500).body?.recorded == 1)
    harness.nowMicros += EngineHarness.microsPerDay
    // Ten were spent, five of them by a customer of yesterday: nothing is left of today's.
    #expect(try harness.made("cy").told.choices.isEmpty)
    harness.nowMicros += EngineHarness.microsPerDay
    #expect(try harness.made("cy").told.choices.count == 1)
  }

  @Test("what nothing is kept for any more is redeemed only if the budget has it left")
  func lateRedemption() throws {
    var harness = try EngineHarness()
    _ = harness.put(
      EngineHarness.catalogue([EngineHarness.offer("a", Self.coupon + #", "budget": {"money": 5}"#)]
      ))
    let first = try harness.made("ann", key: 1)
    // The window ends with the next command, and the money goes to another.
    harness.nowMicros += 31 * EngineHarness.microsPerDay
    #expect(harness.consent("eve", .site, .granted).body?.recorded == 1)
    _ = try harness.made("eve", key: 2)
    let second = try harness.made("bob", key: 3)
    #expect(second.told.choices.count == 1)
    #expect(
      harness.tell(first.decision, .redeemed, cost: 500).body?.refused.first?.status == .badAmount)
    #expect(try harness.stand(of: "a").spentMinor == 0)
    #expect(harness.tell(second.decision, .refused).body?.recorded == 1)
    #expect(harness.tell(first.decision, .redeemed, cost: 500).body?.recorded == 1)
    let line = try harness.stand(of: "a")
    #expect(line.spentMinor == 500 && line.reservedMinor == 0)
  }

  @Test("no probability is above 1, with a fallback in the place of no offer either")
  func probability() throws {
    var harness = try EngineHarness()
    let offers = (1...7).map { EngineHarness.offer("o\($0)") }
    for top in 1...3 {
      _ = harness.put(
        EngineHarness.catalogue(
          offers, placements: #"{"id": "checkout", "top": \#(top), "fallback": "o3"}"#))
      for key in 1...150 as ClosedRange<UInt64> {
        let reply = try harness.made("c\(key)", key: key + UInt64(top) * 1_000)
        for probability in [reply.told.propensity] + reply.told.choices.map(\.propensity) {
          #expect(probability > 0 && probability <= 1)
        }
      }
    }
  }
}
