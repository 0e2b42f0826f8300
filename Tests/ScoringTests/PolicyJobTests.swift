// The refit of what offers are worth, and when it is adopted.

import Scoring
import Testing
import Wire

@Suite("PolicyJob")
struct PolicyJobTests {
  private struct Failure: Error {}

  /// A shop in which one offer earns half of `effect` with one half of the customers, by a feature of the
  /// shop's own, and loses one and a half with the other; 0 makes all alike.
  private func shop(decisions: Int, effect: Double, seed: UInt64) throws -> EngineHarness {
    var harness = try EngineHarness()
    let features = #""features": {"schema": 1, "list": [{"id": "half"}]}, "epsilon": 0.3,"#
    guard
      case .ok = harness.put(
        EngineHarness.catalogue([EngineHarness.offer("a")], rest: features))
    else { throw Failure() }
    var state = seed
    for number in 1...decisions {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let half = state >> 63 == 0 ? 1.0 : -1.0
      let noise = Double(state >> 32 & 0xffff) / 65_536 * 10
      let decision = harness.decide("c\(number)", key: UInt64(number)) {
        $0.schema = 1
        $0.features = [half]
      }
      guard let reply = decision.body else { throw Failure() }
      let gain = reply.told.choices.isEmpty ? 0 : effect * (half - 0.5)
      let margin = Int64((20 + noise + gain) * 100)
      _ = harness.tell(reply.decision, .ended, order: 10_000, margin: margin)
      harness.nowMicros += 1_000_000
    }
    return harness
  }

  @Test("a policy that is surely better is adopted, and tells the halves apart", arguments: [7])
  func better(seed: UInt64) throws {
    var harness = try shop(decisions: 2_000, effect: 6, seed: seed)
    let job = harness.engine.policyJob()
    let (reply, arms) = try #require(job).run()
    #expect(reply.adopted && reply.low > 0 && reply.rows == 2_000, "seed \(seed): \(reply)")
    let isAdopted = harness.own(.adoptPolicy, AdoptPolicyRequest(arms: arms))
    #expect(isAdopted)
    func uplift(_ half: Double) -> Double? {
      for key in 10_001...10_100 as ClosedRange<UInt64> {
        let decision = harness.decide("x", key: key, .dryRun) {
          $0.schema = 1
          $0.features = [half]
        }
        if let choice = decision.body?.told.choices.first { return choice.uplift }
      }
      return nil
    }
    let (right, wrong) = (uplift(1), uplift(-1))
    #expect(
      abs((right ?? 0) - 3) < 1 && abs((wrong ?? 0) + 9) < 1.5, "\(right ?? 0), \(wrong ?? 0)")
    let replayed = try harness.replayed()
    #expect(replayed.store.stateHash() == harness.engine.store.stateHash())
  }

  @Test("where customers are alike nothing is adopted", arguments: [1, 2, 3] as [UInt64])
  func alike(seed: UInt64) throws {
    let harness = try shop(decisions: 700, effect: 0, seed: seed)
    let job = harness.engine.policyJob()
    let (reply, arms) = try #require(job).run()
    #expect(!reply.adopted && arms.isEmpty, "seed \(seed): \(reply)")
  }

  @Test("too few decisions are no ground, and a client cannot adopt a policy")
  func few() throws {
    var harness = try shop(decisions: 10, effect: 6, seed: 1)
    let job = harness.engine.policyJob()
    let (reply, arms) = try #require(job).run()
    #expect(!reply.adopted && arms.isEmpty && reply.rows == 10)
    #expect(
      harness.ask(.adoptPolicy, AdoptPolicyRequest(arms: []), Empty.self)
        == .refused(.unsupportedVerb))
  }

  @Test("an order that came back whole is, after a refit, as if it had never been learnt")
  func refund() throws {
    func refitted(_ change: (inout EngineHarness, String) -> Void) throws -> [AdoptPolicyRequest
      .Arm]
    {
      var harness = try shop(decisions: 1_500, effect: 6, seed: 3)
      let decision = harness.decide("last", key: 99_999) {
        $0.schema = 1
        $0.features = [1]
      }
      guard let reply = decision.body else { throw Failure() }
      change(&harness, reply.decision)
      let job = harness.engine.policyJob()
      return try #require(job).run().arms
    }
    let returned = try refitted { harness, decision in
      _ = harness.tell(decision, .accepted, order: 90_000, margin: 90_000)
      _ = harness.tell(decision, .refunded, order: 90_000, margin: 90_000)
    }
    let nothing = try refitted { harness, decision in _ = harness.tell(decision, .ended) }
    #expect(!returned.isEmpty && returned == nothing)
  }
}
