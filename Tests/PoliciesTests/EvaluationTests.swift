// Policies judged on logs whose truth is known, on a real one, and what must be refused.

import Foundation
import Models
import Support
import Testing

@testable import Policies

@Suite("Evaluation")
struct EvaluationTests {
  /// A log in which the mean reward of each action is known, and what it would be for each row.
  struct Shop {
    var table: LoggedTable
    var means: [[Double]]

    /// The mean of the best action of all rows.
    func value(always action: Int) -> Double {
      means.reduce(0) { $0 + $1[action] } / Double(means.count)
    }
  }

  /// Draws a log; `means` is asked for each row's mean rewards and propensities.
  static func shop(
    rows: Int, actions: Int, width: Int, seed: UInt64, stream: UInt64 = 0, noise: Double = 1,
    rowsPerCustomer: Int = 1, scale: Double = 1,
    _ means: ([Double]) -> (means: [Double], propensities: [Double])
  ) throws -> Shop {
    var random = SeededRandom(seed: seed, stream: stream)
    var shop = Shop(table: LoggedTable(actionCount: actions, width: width), means: [])
    var features = [Double](repeating: 0, count: width)
    var mood = 0.0
    for row in 0..<rows {
      if row % rowsPerCustomer == 0 {
        for place in 0..<width { features[place] = random.normal() }
        mood = rowsPerCustomer > 1 ? random.normal() : 0
      }
      let (mean, propensities) = means(features)
      let action = Thompson.choose(propensities.span, hash: random.next()) ?? 0
      try shop.table.append(
        action: action, propensity: propensities[action] * scale,
        reward: mean[action] + noise * (random.normal() + mood),
        cluster: UInt64(row / rowsPerCustomer), features: features.span)
      shop.means.append(mean)
    }
    return shop
  }

  static func two(_ x: [Double]) -> (means: [Double], propensities: [Double]) {
    let p = Elementary.logistic(x[0])
    return ([0.2 + x[0], 0.5 + 0.5 * x[1]], [1 - 0.1 - 0.8 * p, 0.1 + 0.8 * p])
  }

  @Test("95 % intervals cover in 93 to 97 % of simulated logs, rows of one customer or many")
  func coverage() throws {
    for perCustomer in [1, 4] {
      var (covered, differences) = (0, 0)
      let logs: UInt64 = perCustomer == 1 ? 1_000 : 500
      for log in 1...logs {
        let shop = try Self.shop(
          rows: 600, actions: 2, width: 2, seed: 11, stream: log, rowsPerCustomer: perCustomer,
          Self.two)
        let evaluator = try Evaluator(shop.table)
        let one = try evaluator.evaluate(.always(1))
        // E(0.5 + 0.5·x) = 0.5.
        if one.interval.contains(0.5) { covered += 1 }
        let zero = try evaluator.evaluate(.always(0))
        if evaluator.difference(one, zero).interval.contains(0.3) { differences += 1 }
      }
      print("coverage with \(perCustomer) rows a customer: \(covered), paired \(differences)")
      let fair = Int(0.93 * Double(logs))...Int(0.97 * Double(logs))
      #expect(fair.contains(covered))
      #expect(fair.contains(differences))
    }
  }

  @Test("all estimators find the value that is known, and doubly robust ones are the surest")
  func known() throws {
    let shop = try Self.shop(rows: 20_000, actions: 2, width: 2, seed: 12, Self.two)
    let result = try Evaluator(shop.table).evaluate(.always(1))
    for value in [result.ips, result.snips, result.dr, result.drShrunk] {
      #expect(abs(value - 0.5) < 0.06, "\(value)")
    }
    #expect(abs(result.dr - 0.5) < 0.04)
    #expect(abs(result.meanWeight - 1) < 0.05 && !result.isWeightSuspect)
    #expect(result.effectiveSampleSize > 5_000 && result.effectiveSampleSize < 20_000)
    let even = try Evaluator(shop.table).evaluate(
      .probabilities([Double](repeating: 0.5, count: 40_000)))
    let random = try Evaluator(shop.table).evaluate(.random)
    #expect(even == random)
  }

  @Test("propensities that are half of what they were raise the alarm")
  func wrongPropensities() throws {
    let shop = try Self.shop(
      rows: 2_000, actions: 2, width: 2, seed: 13, scale: 0.5, Self.two)
    let result = try Evaluator(shop.table).evaluate(.always(1))
    #expect(result.isWeightSuspect)
    #expect(abs(result.meanWeight - 2) < 0.3)
  }

  @Test("what the log never did, and what it hardly ever did, is refused and not a number")
  func refusals() throws {
    #expect(throws: PolicyError.noRows) {
      try Evaluator(LoggedTable(actionCount: 2, width: 0))
    }
    let nothing: [Double] = []
    var table = LoggedTable(actionCount: 3, width: 0)
    for row in 0..<1_000 {
      try table.append(
        action: row % 2, propensity: 0.5, reward: 1, cluster: UInt64(row), features: nothing.span)
    }
    let evaluator = try Evaluator(table)
    #expect(throws: PolicyError.noSupport(share: 1)) { try evaluator.evaluate(.always(2)) }
    do {
      _ = try evaluator.evaluate(.random)
      Issue.record("random was judged though a third of it was never done")
    } catch {
      guard case .noSupport(let share) = error else { throw error }
      #expect(abs(share - 1.0 / 3) < 1e-9)
    }
    try table.append(
      action: 2, propensity: 0.001, reward: 1, cluster: 5_000, features: nothing.span)
    do {
      _ = try Evaluator(table).evaluate(.always(2))
      Issue.record("one row was taken for evidence")
    } catch {
      #expect(error == .notEvaluable(effectiveSampleSize: 1, rows: 1_001))
    }
  }

  @Test(
    "a row that no log can have is refused",
    arguments: [0, -0.1, 1.5, .nan] as [Double])
  func badRows(propensity: Double) {
    var table = LoggedTable(actionCount: 2, width: 1)
    let (fine, bad) = ([1.0], [Double.nan])
    #expect(throws: PolicyError.self) {
      try table.append(
        action: 0, propensity: propensity, reward: 0, cluster: 0, features: fine.span)
    }
    #expect(throws: PolicyError.self) {
      try table.append(
        action: 0, propensity: 0.5, reward: .infinity, cluster: 0, features: fine.span)
    }
    #expect(throws: PolicyError.self) {
      try table.append(action: 0, propensity: 0.5, reward: 0, cluster: 0, features: bad.span)
    }
    #expect(throws: PolicyError.self) {
      try table.append(action: 2, propensity: 0.5, reward: 0, cluster: 0, features: fine.span)
    }
    #expect(table.count == 0)
  }

  // MARK: Learning whom to treat

  private func judged(_ shop: Shop) throws -> (patron: Double, response: Double, best: Double) {
    let evaluator = try Evaluator(shop.table)
    let patron = try evaluator.evaluate(.patron).dr
    let response = try evaluator.evaluate(.responseModel).dr
    let best = try (0..<shop.table.actionCount).map { try evaluator.evaluate(.always($0)).dr }.max()
    return (patron, response, best ?? 0)
  }

  @Test(
    "where treating everybody loses money, Patron's policy beats never, always and a response model"
  )
  func losing() throws {
    var sum = (patron: 0.0, response: 0.0, best: 0.0)
    for seed: UInt64 in 1...3 {
      var random = SeededRandom(seed: seed, stream: 99)
      var shop = Shop(table: LoggedTable(actionCount: 2, width: 6), means: [])
      for row in 0..<30_000 {
        let x = (0..<6).map { $0 < 3 ? random.normal() : Double(random.next() % 4) }
        // Two levels of one column answer, nobody else does, and each offer costs 0.15.
        let rates = [0.008, 0.008 + (x[3] == 1 || x[3] == 3 ? 0.03 : 0)]
        let action = Int(random.next() % 2)
        let bought = random.uniform() < rates[action]
        try shop.table.append(
          action: action, propensity: 0.5,
          reward: (bought ? 10 : 0) - (action == 1 ? 0.15 : 0), cluster: UInt64(row),
          features: x.span)
      }
      let judged = try judged(shop)
      sum.patron += judged.patron / 3
      sum.response += judged.response / 3
      sum.best += judged.best / 3
    }
    print("losing money: patron \(sum.patron), t-learner \(sum.response), constant \(sum.best)")
    #expect(sum.patron > sum.best + 0.02)
    #expect(sum.patron > sum.response)
  }

  @Test("where customers are alike, Patron's policy is one action for all")
  func alike() throws {
    let shop = try Self.shop(rows: 20_000, actions: 3, width: 5, seed: 15) { _ in
      ([0.1, 0.2, 0.0], [1.0 / 3, 1.0 / 3, 1.0 / 3])
    }
    let choices = try Evaluator(shop.table).evaluate(.patron).choices
    print("alike: \(choices)")
    #expect(choices[1] > 0.95)
  }

  @Test("ten actions with propensities that favour some: better than the best for all")
  func ten() throws {
    var random = SeededRandom(seed: 16)
    let slopes = (0..<10).map { _ in (random.normal(), random.normal()) }
    let shop = try Self.shop(rows: 20_000, actions: 10, width: 5, seed: 16, noise: 0.5) { x in
      let means = slopes.map { 0.1 * ($0.0 * x[0] + $0.1 * x[1]) }
      let odds = means.map { Elementary.exp(4 * $0) }
      let sum = odds.reduce(0, +)
      return (means, odds.map { 0.002 + 0.98 * $0 / sum })
    }
    let (patron, response, best) = try judged(shop)
    print("ten actions: patron \(patron), t-learner \(response), constant \(best)")
    #expect(patron > best + 0.05)
  }

  @Test("a fold's policy does not know the rewards it is judged on")
  func honest() throws {
    // Pure noise: a policy that had seen it would look better than it is.
    let shop = try Self.shop(rows: 3_000, actions: 4, width: 8, seed: 17) { _ in
      ([0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25])
    }
    var changed = LoggedTable(actionCount: 4, width: 8)
    let folds = shop.table.folds(CrossFit.foldCount)
    for row in 0..<3_000 {
      try changed.append(
        action: Int(shop.table.actions[row]), propensity: 0.25,
        reward: shop.table.rewards[row] + (folds[row] == 2 ? 100 * Double(row % 3) : 0),
        cluster: shop.table.clusters[row],
        features: shop.table.features.span.extracting(row * 8..<row * 8 + 8))
    }
    let one = UpliftLearner(CrossFit(shop.table), leavingOut: 2)
    let other = UpliftLearner(CrossFit(changed), leavingOut: 2)
    for (a, b) in zip(one.coefficients.joined(), other.coefficients.joined()) {
      #expect(abs(a - b) < 1e-9)
    }
  }

  // MARK: A real log

  @Test(
    "Hillstrom: always Mens has a SNIPS of 0.18276 visits",
    .enabled(if: Hillstrom.path != nil, Hillstrom.absence))
  func hillstromVisits() throws {
    let evaluator = try Evaluator(Hillstrom.table(.visit))
    let mens = try evaluator.evaluate(.always(1))
    #expect(abs(mens.snips - 0.18276) < 5e-6)
    #expect(!mens.isWeightSuspect)
    let patron = try evaluator.evaluate(.patron)
    let difference = evaluator.difference(patron, mens)
    print("Hillstrom visits: patron \(patron.dr), less always Mens \(difference)")
    #expect(difference.interval.lowerBound > -0.005)
  }

  @Test(
    "Hillstrom: Patron's policy promotes to more than 90 % and loses less than 0.10 at worst",
    .enabled(if: Hillstrom.path != nil, Hillstrom.absence))
  func hillstromSpend() throws {
    let evaluator = try Evaluator(Hillstrom.table(.spend))
    let patron = try evaluator.evaluate(.patron)
    let difference = evaluator.difference(patron, try evaluator.evaluate(.always(1)))
    print("Hillstrom spend: patron \(patron.dr), less always Mens \(difference)")
    #expect(difference.interval.lowerBound > -0.10)
    #expect(patron.choices[0] < 0.1)
  }
}
