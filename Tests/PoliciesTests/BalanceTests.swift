// Which columns are believed to have been there before the decision: in logs with one propensity for each
// action, and in those of a policy that looked at them.

import Models
import Support
import Testing

@testable import Policies

@Suite("Balance")
struct BalanceTests {
  /// Beyond this a column is left out.
  private static let most = 6.0

  /// How a simulated log is drawn.
  struct Plan {
    var rows = 6_000
    var actions = 3
    /// How large scores are beside the width of their draws.
    var slope = 1.0
    var floor = 0.02
    /// Whether each action but the first needs a feature above some threshold.
    var isRestricted = false
    /// How much an action moves the leaked columns.
    var leak = 0.4
    var rowsPerCustomer = 1
    /// Whether a customer's rows were drawn once.
    var isSticky = false
    /// What propensities are written down as a multiple of what they were.
    var scale = 1.0
  }

  /// A log of Thompson sampling, whose columns 0 to 3 were known (one has a long tail, one few levels), and
  /// 4 and 5 came of the decision: one moved by it, one that is seldom 1, and less seldom after it.
  static func log(_ plan: Plan, seed: UInt64) throws -> (table: LoggedTable, means: [[Double]]) {
    var random = SeededRandom(seed: seed, stream: 7)
    var thompson = Thompson()
    let slopes = (0..<plan.actions).map { _ in (0..<3).map { _ in random.normal() } }
    var table = LoggedTable(actionCount: plan.actions, width: 6)
    var means: [[Double]] = []
    var x = [Double](repeating: 0, count: 4)
    var shares = [Double](repeating: 0, count: plan.actions)
    var action = 0
    for row in 0..<plan.rows {
      let isNew = row % plan.rowsPerCustomer == 0
      if isNew {
        x = [
          Elementary.exp(random.normal()), random.normal(), Double(random.next() % 4),
          random.normal(),
        ]
      }
      let values = slopes.map { 0.3 * ($0[0] * (x[0] - 1.6) + $0[1] * x[1] + $0[2] * (x[2] - 1.5)) }
      let possible = (0..<plan.actions).map { number in
        !plan.isRestricted || number == 0 || x[number % 4] > [1, 0.3, 0.5, -0.5][number % 4]
      }
      let score = zip(values, possible).map { $1 ? plan.slope * $0 : .nan }
      let widths = score.indices.map { 0.3 + 0.1 * Double($0 % 3) }
      var span = shares.mutableSpan
      _ = thompson.findPropensities(
        means: score.span, deviations: widths.span, floor: plan.floor, into: &span)
      if isNew || !plan.isSticky {
        action = Thompson.choose(shares.span, hash: random.next()) ?? 0
      }
      let moved = action % 2 == 1 ? plan.leak : 0
      let features =
        x + [random.normal() + moved, random.uniform() < 0.02 + 0.1 * moved ? 1.0 : 0]
      try table.append(
        action: action, propensity: min(1, shares[action] * plan.scale),
        reward: values[action] + random.normal(), cluster: UInt64(row / plan.rowsPerCustomer),
        features: features.span)
      means.append(values)
    }
    return (table, means)
  }

  /// The largest distances of what was known, and those of what leaked.
  private func distances(_ plan: Plan, seeds: ClosedRange<UInt64>) throws -> (
    known: Double, leaked: Double
  ) {
    var (known, leaked) = (0.0, Double.infinity)
    for seed in seeds {
      let all = try Self.log(plan, seed: seed).table.distancesBetweenActions()
      known = max(known, all[..<4].max() ?? 0)
      leaked = min(leaked, all[4], all[5])
    }
    print("\(plan): known up to \(known), leaked from \(leaked)")
    return (known, leaked)
  }

  @Test("a column that knows the action is found, one that was there before is not")
  func oneOfEach() throws {
    var random = SeededRandom(seed: 14)
    var table = LoggedTable(actionCount: 2, width: 2)
    for row in 0..<4_000 {
      let before = random.normal()
      let p = 0.2 + 0.6 * Elementary.logistic(before)
      let action = random.uniform() < p ? 1 : 0
      let after = random.normal() + (action == 1 ? 0.5 : 0)
      let features = [before, after]
      try table.append(
        action: action, propensity: action == 1 ? p : 1 - p, reward: 0, cluster: UInt64(row),
        features: features.span)
    }
    let distances = table.distancesBetweenActions()
    #expect(distances[0] < 4)
    #expect(distances[1] > Self.most)
  }

  @Test(
    "features that Thompson's propensities depend on are kept, and what leaked beside them is found",
    arguments: [2, 3, 10])
  func thompson(actions: Int) throws {
    for slope in [0.5, 1] {
      // Where some of ten actions are rare, weights are large: a small leak is not seen.
      let plan = Plan(
        rows: 20_000, actions: actions, slope: slope, leak: actions == 10 && slope == 1 ? 2 : 0.8)
      let (known, leaked) = try distances(plan, seeds: 1...3)
      #expect(known < 5 && leaked > Self.most)
    }
  }

  @Test("long-tailed weights, and actions that only some can get, drop no feature")
  func longTails() throws {
    for actions in [2, 3, 10] {
      for isRestricted in [false, true] {
        for floor in [0.02, 0.001] {
          let plan = Plan(
            actions: actions, slope: 4, floor: floor, isRestricted: isRestricted, leak: 0)
          #expect(try distances(plan, seeds: 1...3).known < 5)
        }
      }
    }
  }

  @Test("what leaked is found where actions are possible for some only, too")
  func restricted() throws {
    let plan = Plan(rows: 20_000, actions: 2, slope: 0.5, isRestricted: true, leak: 0.8)
    let (known, leaked) = try distances(plan, seeds: 1...3)
    #expect(known < 5 && leaked > Self.most)
  }

  @Test("a customer's rows that were drawn once count once, and rows drawn anew count each")
  func customers() throws {
    var plan = Plan(rows: 20_000, actions: 2, slope: 0.5, leak: 0.5, rowsPerCustomer: 10)
    let anew = try distances(plan, seeds: 1...3)
    #expect(anew.known < 5 && anew.leaked > Self.most)
    plan.isSticky = true
    #expect(try distances(plan, seeds: 1...3).known < 5)
  }

  @Test("propensities that are half of what they were drop no feature")
  func wrongScale() throws {
    let (known, leaked) = try distances(
      Plan(rows: 20_000, actions: 2, slope: 0.5, leak: 0.8, scale: 0.5), seeds: 1...3)
    #expect(known < 5 && leaked > Self.most)
  }

  @Test("in logs with one propensity for each action a small leak is found as ever")
  func constant() throws {
    let plan = Plan(rows: 6_000, actions: 3, slope: 0, floor: 1, leak: 0)
    for seed in 1...5 as ClosedRange<UInt64> {
      let table = try Self.log(plan, seed: seed).table
      var leaky = LoggedTable(actionCount: 3, width: 2)
      var random = SeededRandom(seed: seed)
      for row in 0..<table.count {
        let after = random.normal() + (table.actions[row] == 1 ? 0.25 : 0)
        let features = [table.features[row * 6], after]
        try leaky.append(
          action: Int(table.actions[row]), propensity: table.propensities[row], reward: 0,
          cluster: UInt64(row), features: features.span)
      }
      let distances = leaky.distancesBetweenActions()
      #expect(distances[0] < 4 && distances[1] > Self.most, "\(distances)")
    }
  }

  @Test("a constant tells nothing, however its mean is rounded", arguments: [false, true])
  func constants(varying: Bool) throws {
    var random = SeededRandom(seed: 18)
    var table = LoggedTable(actionCount: 2, width: 1)
    let features = [-0.33333334]
    for row in 0..<3_000 {
      let p = varying ? 0.2 + 0.6 * random.uniform() : 0.3
      let action = random.uniform() < p ? 1 : 0
      try table.append(
        action: action, propensity: action == 1 ? p : 1 - p, reward: 0, cluster: UInt64(row),
        features: features.span)
    }
    #expect(table.distancesBetweenActions() == [0])
  }

  @Test("with the features that are kept, doubly robust values are those that are true")
  func valuesAreTrue() throws {
    for isRestricted in [false, true] {
      let plan = Plan(rows: 20_000, actions: 4, slope: 1, isRestricted: isRestricted)
      let log = try Self.log(plan, seed: 5)
      let distances = log.table.distancesBetweenActions()
      let kept = distances.indices.filter { distances[$0] <= Self.most }
      #expect(kept.starts(with: [0, 1, 2, 3]))
      let evaluator = try Evaluator(log.table.keeping(columns: Array(0..<4)))
      // What is possible for everybody is the first action only.
      for action in 0..<(isRestricted ? 1 : 4) {
        let truth = log.means.reduce(0) { $0 + $1[action] } / Double(log.means.count)
        let found = try evaluator.evaluate(.always(action))
        let error = (found.interval.upperBound - found.interval.lowerBound) / 3.92
        print("always \(action): \(found.dr) ± \(error), truth \(truth)")
        #expect(abs(found.dr - truth) < 4 * error)
      }
    }
  }
}
