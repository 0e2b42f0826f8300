// Budgets over a simulated day, through the engine: that money lasts for it, is used up, is never
// overdrawn, and goes where it brings most. The arithmetic of prices alone is in OffersTests.

import Foundation
import Scoring
import Support
import Testing
import Wire

@Suite("R6: pacing")
struct BudgetPacingTests {
  /// A day of one offer that costs 5 when it is redeemed, as three of five are.
  private struct Day: ~Copyable {
    static let start = 20_000
    private static let liabilityMinor: Int64 = 500
    private static let redemption = 0.6

    var harness: EngineHarness
    /// What customers are like, and whether they redeem: apart, so that days with and without a plan see
    /// the same customers.
    var (values, redemptions): (SeededGenerator, SeededGenerator)
    let budgetMinor: Int64
    private var due: [(micros: Int64, decision: String)] = []
    private(set) var spentMinor: Int64 = 0
    /// What the chosen offers bring, costs taken off, as is believed and true.
    private(set) var uplift = 0.0
    private(set) var isOverdrawn = false
    /// The farthest that what was spent was from the plan, after the first twentieth of the day.
    private(set) var farthest = 0.0

    /// A budget for the day where it is paced, else for ever.
    init(budgetMinor: Int64, isPaced: Bool, seed: UInt64) throws {
      var harness = try EngineHarness(today: Self.start - 1)
      harness.nowMicros = Int64(Self.start) * EngineHarness.microsPerDay
      let days = isPaced ? #""start": "2024-10-04", "end": "2024-10-05", "# : ""
      let catalogue = EngineHarness.catalogue(
        [
          EngineHarness.offer(
            "a",
            days + #""reward": {"kind": "discount_amount", "value": 5, "redemption": 0.6}, "#
              + #""budget": {"money": \#(Double(budgetMinor) / 100)}"#)
        ], rest: #""exploration": false, "features": {"schema": 1, "list": [{"id": "value"}]},"#)
      guard case .ok = harness.put(catalogue) else { throw EngineHarness.Missing() }
      var means = [Double](repeating: 0, count: 32)
      means[16] = 1
      let isAdopted = harness.own(
        .adoptPolicy, AdoptPolicyRequest(arms: [.init(arm: 1, means: means)]))
      guard isAdopted else { throw EngineHarness.Missing() }
      self.harness = harness
      values = SeededGenerator(seed: seed)
      redemptions = SeededGenerator(seed: seed + 1_000)
      self.budgetMinor = budgetMinor
    }

    /// Lives through the day, with so many customers; what the offer brings them falls by a share.
    mutating func live(_ count: Int, decay: Double, isWatched: Bool = false) throws {
      let begin = harness.nowMicros
      for number in 0..<count {
        let share = (Double(number) + 0.5) / Double(count)
        harness.nowMicros = begin + Int64(share * Double(EngineHarness.microsPerDay))
        try settle(until: harness.nowMicros)
        let value = -log(1 - Double.random(in: 0..<1, using: &values)) * 3 * (1 - decay * share)
        let answer = harness.decide("c\(number)", key: UInt64(number + 1)) {
          $0.schema = 1
          $0.features = [min(value, 10)]
        }
        guard let reply = answer.body else { throw EngineHarness.Missing() }
        if !reply.told.choices.isEmpty {
          uplift += min(value, 10) - 5 * Self.redemption
          due.append((harness.nowMicros + 300_000_000, reply.decision))
        }
        guard number % (isWatched ? 1 : 8) == 0 else { continue }
        let line = try harness.stand(of: "a")
        if line.spentMinor + line.reservedMinor > budgetMinor { isOverdrawn = true }
        spentMinor = line.spentMinor
        if share > 0.05 {
          farthest = max(farthest, abs(Double(spentMinor) / Double(budgetMinor) - share))
        }
      }
      try settle(until: .max)
      spentMinor = try harness.stand(of: "a").spentMinor
    }

    /// Three of five are redeemed within five minutes, the others never arrived; nothing is learnt of that.
    private mutating func settle(until micros: Int64) throws {
      while let first = due.first, first.micros <= micros {
        due.removeFirst()
        let isRedeemed = Double.random(in: 0..<1, using: &redemptions) < Self.redemption
        let told = harness.tell(
          first.decision, isRedeemed ? .redeemed : .failed,
          cost: isRedeemed ? Self.liabilityMinor : 0)
        guard told.body?.recorded == 1 else { throw EngineHarness.Missing() }
      }
    }
  }

  @Test(
    "what is spent keeps within 5 % of the plan, at least 98 % is used, and never more than there is",
    arguments: [0.2, 0.6], seeds(1))
  func plan(share: Double, seed: UInt64) throws {
    // Three of five of the customers that the budget is enough for redeem 5 each.
    let customers = 1_500
    let budget = Int64(Double(customers) * share * 0.37 * 0.6 * 500)
    var day = try Day(budgetMinor: budget, isPaced: true, seed: seed)
    try day.live(customers, decay: 0, isWatched: true)
    let (spent, farthest, isOverdrawn) = (day.spentMinor, day.farthest, day.isOverdrawn)
    print("R6 day, seed \(seed): \(spent) of \(budget), farthest from the plan \(farthest)")
    #expect(!isOverdrawn && spent <= budget, "seed \(seed)")
    #expect(farthest <= 0.05, "seed \(seed): \(farthest)")
    #expect(Double(spent) >= 0.98 * Double(budget), "seed \(seed): \(spent) of \(budget)")
  }

  @Test("it brings more than a budget that is spent on whoever comes first, also as values decay")
  func greedy() throws {
    var differences: [Double] = []
    for seed in 1...5 as ClosedRange<UInt64> {
      var totals: [Double] = []
      for isPaced in [true, false] {
        var day = try Day(budgetMinor: 25_000, isPaced: isPaced, seed: seed)
        try day.live(1_000, decay: 0.4)
        totals.append(day.uplift)
        let isOverdrawn = day.isOverdrawn
        #expect(!isOverdrawn, "seed \(seed)")
      }
      differences.append(totals[0] - totals[1])
    }
    let count = Double(differences.count)
    let mean = differences.reduce(0, +) / count
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    // Student's t with four degrees of freedom, 97.5 %.
    let low = mean - 2.776 * (variance / count).squareRoot()
    print("R6 paced less greedy: \(mean), at least \(low)")
    #expect(low > 0, "\(differences)")
  }
}
