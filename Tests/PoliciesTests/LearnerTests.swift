// The learner beside a scalar reference and closed forms, and learning while it chooses.

import Foundation
import Models
import Support
import Testing

@testable import Policies

@Suite("Learner")
struct LearnerTests {
  private func features(_ random: inout SeededRandom, _ width: Int = 6) -> LearnerFeatures {
    var x = LearnerFeatures(repeating: 0)
    x[0] = 1
    for place in 1..<width { x[place] = random.normal() }
    return x
  }

  private func close(_ a: Double, _ b: Double) -> Bool {
    abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1e-3)
  }

  @Test("1,000 random streams give what a scalar recursion gives")
  func reference() {
    var failures = 0
    for stream in 0..<1_000 {
      var random = SeededRandom(seed: 31, stream: UInt64(stream))
      var settings = LearnerSettings()
      settings.noise = 0.2 + random.uniform()
      settings.slopePull = 1 + 300 * random.uniform()
      settings.kept = 0.9 + 0.1 * random.uniform()
      var learner = Learner(settings)
      let arm = learner.addArm()
      let variance = settings.noise * settings.noise
      // Baseline, arm 0, arm 1: means and variances.
      var mu = [[Double]](repeating: [Double](repeating: 0, count: 32), count: 3)
      let prior = (0..<32).map { variance / ($0 == 0 ? settings.constantPull : settings.slopePull) }
      var s = [[Double]](repeating: prior, count: 3)
      func learn(_ model: Int, _ x: LearnerFeatures, _ y: Double) {
        var (gx, mx) = (0.0, 0.0)
        for j in 0..<32 {
          gx += s[model][j] * x[j] * x[j]
          mx += mu[model][j] * x[j]
        }
        let k = 1 / (variance + gx)
        for j in 0..<32 {
          mu[model][j] += s[model][j] * x[j] * k * (y - mx)
          s[model][j] = 1 / (1 / s[model][j] + x[j] * x[j] / variance)
        }
      }
      for step in 0..<40 {
        let x = features(&random)
        let chosen = Int(random.next() % 2) * arm
        let reward = random.normal() * (step % 10 == 0 ? 50 : 1)
        _ = learner.learn(reward, arm: chosen, features: x)
        var foretold = 0.0
        for j in 0..<32 { foretold += mu[0][j] * x[j] }
        let y = min(max(reward - foretold, -10 * settings.noise), 10 * settings.noise)
        learn(0, x, foretold + y)
        learn(1 + chosen, x, y)
        if step == 20 {
          learner.forget()
          for model in 0..<3 {
            for j in 0..<32 {
              s[model][j] = 1 / (settings.kept / s[model][j] + (1 - settings.kept) / prior[j])
            }
          }
        }
      }
      let x = features(&random)
      for number in 0..<2 {
        var (mean, square) = (0.0, 0.0)
        for j in 0..<32 {
          mean += mu[1 + number][j] * x[j]
          square += s[1 + number][j] * x[j] * x[j]
        }
        let score = learner.score(arm: number, features: x)
        if !close(score.mean, mean) || !close(score.deviation, square.squareRoot()) {
          failures += 1
        }
      }
    }
    #expect(failures == 0)
  }

  @Test("with one feature the belief is the conjugate posterior")
  func conjugate() {
    var random = SeededRandom(seed: 32)
    let (noise, pull) = (0.7 * 0.7, 3.0)
    var x = LearnerFeatures(repeating: 0)
    x[0] = 1
    var belief = DiagonalRegression(precisions: LearnerFeatures(repeating: pull / noise))
    var sum = 0.0
    for count in 1...500 {
      let y = 2 + random.normal()
      sum += y
      _ = belief.learn(x, y, noise: noise)
      #expect(close(belief.means[0], sum / (Double(count) + pull)))
      #expect(close(belief.precisions[0], (Double(count) + pull) / noise))
    }
  }

  @Test("certainty does not depend on the order of what was seen")
  func order() {
    var random = SeededRandom(seed: 33)
    let seen = (0..<200).map { _ in (features(&random), random.normal()) }
    var (one, other) = (Learner(LearnerSettings()), Learner(LearnerSettings()))
    for (x, y) in seen { _ = one.learn(y, arm: 0, features: x) }
    for (x, y) in seen.shuffled(using: &random) { _ = other.learn(y, arm: 0, features: x) }
    for place in 0..<32 {
      #expect(close(one.arms[0].precisions[place], other.arms[0].precisions[place]))
    }
  }

  @Test("an outcome far out counts as ten deviations, and a refund moves the prediction back")
  func corrections() {
    var random = SeededRandom(seed: 34)
    var learner = Learner(LearnerSettings())
    let arm = learner.addArm()
    for _ in 0..<100 {
      _ = learner.learn(random.normal(), arm: arm, features: features(&random))
    }
    let x = features(&random)
    var (far, farther) = (learner, learner)
    _ = far.learn(1e3, arm: arm, features: x)
    _ = farther.learn(1e6, arm: arm, features: x)
    #expect(far == farther)
    let before = learner.score(arm: arm, features: x).mean
    var refunded = learner
    let gain = refunded.learn(5, arm: arm, features: x)
    let bought = refunded.score(arm: arm, features: x).mean
    let after = refunded.correct(gain, to: 0)
    #expect(bought > before && refunded.score(arm: arm, features: x).mean < bought)
    // Right after the outcome the correction is exact.
    var never = learner
    _ = never.learn(0, arm: arm, features: x)
    #expect(
      close(refunded.score(arm: arm, features: x).mean, never.score(arm: arm, features: x).mean))
    _ = refunded.correct(after, to: 5)
    #expect(close(refunded.score(arm: arm, features: x).mean, bought))
  }

  @Test("contributions add up to the uplift, and all arms at once are as one by one")
  func contributions() {
    var random = SeededRandom(seed: 35)
    var learner = Learner(LearnerSettings())
    for _ in 0..<3 { _ = learner.addArm() }
    for _ in 0..<300 {
      _ = learner.learn(
        random.normal(), arm: Int(random.next() % 4), features: features(&random))
    }
    let x = features(&random)
    let parts = learner.contributions(arm: 2, features: x)
    let sum = (0..<32).reduce(0) { $0 + parts[$1] }
    #expect(close(sum, learner.uplift(arm: 2, features: x).mean))
    var means = [Double](repeating: 0, count: 4)
    var deviations = means
    var m = means.mutableSpan
    var d = deviations.mutableSpan
    learner.scoreAll(x, means: &m, deviations: &d)
    for arm in 0..<4 {
      let score = learner.score(arm: arm, features: x)
      #expect(means[arm] == score.mean && deviations[arm] == score.deviation)
    }
  }

  @Test("a new arm believes its family, with the prior's certainty")
  func family() {
    var settings = LearnerSettings()
    settings.noise = 0.5
    var learner = Learner(settings)
    let first = learner.addArm(family: 3)
    var x = LearnerFeatures(repeating: 0)
    x[0] = 1
    for number in 0..<400 {
      _ = learner.learn(number % 2 == 0 ? 0 : 1, arm: number % 2 * first, features: x)
    }
    let (kin, stranger) = (learner.addArm(family: 3), learner.addArm(family: 4))
    #expect(
      abs(learner.score(arm: kin, features: x).mean - learner.score(arm: first, features: x).mean)
        < 0.01)
    #expect(learner.score(arm: stranger, features: x).mean == 0)
    #expect(close(learner.score(arm: kin, features: x).deviation, 0.5))
  }

  @Test(
    "a new offer that is better has 80 % of its final share within 500 trials", arguments: seeds(3))
  func coldStart(seed: UInt64) {
    var random = SeededRandom(seed: seed, stream: 36)
    var settings = LearnerSettings()
    settings.noise = 0.33
    var learner = Learner(settings)
    let rates = [0.05, 0.10, 0.12, 0.11, 0.25]
    for _ in 0..<3 { _ = learner.addArm() }
    var x = LearnerFeatures(repeating: 0)
    x[0] = 1
    for trial in 0..<8_000 {
      let arm = trial % 4
      _ = learner.learn(random.uniform() < rates[arm] ? 1 : 0, arm: arm, features: x)
    }
    let new = learner.addArm()
    var thompson = Thompson()
    var shares: [Double] = []
    for _ in 0..<4_000 {
      var (means, deviations) = ([Double](repeating: 0, count: 5), [Double](repeating: 0, count: 5))
      var m = means.mutableSpan
      var d = deviations.mutableSpan
      learner.scoreAll(x, means: &m, deviations: &d)
      var found = [Double](repeating: 0, count: 5)
      var span = found.mutableSpan
      _ = thompson.findPropensities(
        means: means.span, deviations: deviations.span, floor: 0.02, into: &span)
      shares.append(found[new])
      let arm = Thompson.choose(found.span, hash: random.next()) ?? 0
      _ = learner.learn(random.uniform() < rates[arm] ? 1 : 0, arm: arm, features: x)
    }
    let early = shares[400..<500].reduce(0, +) / 100
    let late = shares.suffix(500).reduce(0, +) / 500
    print("cold start, seed \(seed): \(early) after 500 trials, \(late) in the end")
    #expect(late > 0.9)
    #expect(early > 0.8 * late)
  }

  @Test(
    "Hillstrom, replayed by rejection: 0.177 visits in the mean of 6 shuffles",
    .enabled(if: Hillstrom.path != nil, Hillstrom.absence))
  func hillstrom() throws {
    let table = try Hillstrom.table(.visit)
    let width = table.width
    let rows = (0..<table.count).map { row in
      var x = LearnerFeatures(repeating: 0)
      x[0] = 1
      for place in 0..<width { x[place + 1] = table.features[row * width + place] }
      return x
    }
    var (centre, square) = (LearnerFeatures(repeating: 0), LearnerFeatures(repeating: 0))
    for x in rows {
      centre = centre + x * (1 / Double(rows.count))
      square = square + x * x * (1 / Double(rows.count))
    }
    var mean = 0.0
    for shuffle: UInt64 in 1...6 {
      var random = SeededRandom(seed: shuffle, stream: 37)
      var settings = LearnerSettings()
      settings.noise = 0.35
      var learner = Learner(settings)
      _ = learner.addArm()
      _ = learner.addArm()
      var thompson = Thompson()
      var (visits, accepted) = (0.0, 0.0)
      for row in (0..<table.count).shuffled(using: &random) {
        var x = rows[row]
        for place in 1...width {
          let deviation = (square[place] - centre[place] * centre[place]).squareRoot()
          x[place] = (x[place] - centre[place]) / deviation
        }
        var (means, deviations) = ([0.0, 0, 0], [0.0, 0, 0])
        var m = means.mutableSpan
        var d = deviations.mutableSpan
        learner.scoreAll(x, means: &m, deviations: &d)
        var found = [0.0, 0, 0]
        var span = found.mutableSpan
        _ = thompson.findPropensities(
          means: means.span, deviations: deviations.span, floor: 0, into: &span)
        let arm = Thompson.choose(found.span, hash: random.next()) ?? 0
        guard arm == Int(table.actions[row]) else { continue }
        visits += table.rewards[row]
        accepted += 1
        _ = learner.learn(table.rewards[row], arm: arm, features: x)
      }
      print(
        "Hillstrom, shuffle \(shuffle): \(visits / accepted) visits over \(Int(accepted)) decisions"
      )
      mean += visits / accepted / 6
    }
    print("Hillstrom, mean of 6 shuffles: \(mean) visits")
    #expect(mean >= 0.177)
  }
}
