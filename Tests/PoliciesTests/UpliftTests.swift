// Treatment against control: published figures, coverage, and looks at every day's numbers.

import Foundation
import Models
import Support
import Testing

@testable import Policies

@Suite("Uplift")
struct UpliftTests {
  private func sums(_ values: [Double]) -> GroupSums {
    var sums = GroupSums()
    for value in values { sums.add(value) }
    return sums
  }

  @Test("the difference is Welch's, by another program's figures")
  func welch() throws {
    // scipy.stats.ttest_ind(…, equal_var=False): standard error √(s₁²/n₁ + s₀²/n₀).
    var (treatment, control) = (GroupSums(), GroupSums())
    for number in 0..<40 { treatment.add(Double(number % 7) + 1) }
    for number in 0..<50 { control.add(Double(number % 5) + 1) }
    let uplift = try #require(Uplift(treatment, against: control))
    let (s1, s0) = (treatment.variance / 40, control.variance / 50)
    let half = 1.959963984540054 * (s1 + s0).squareRoot()
    #expect(abs(uplift.estimate.value - (treatment.mean - control.mean)) < 1e-12)
    #expect(abs(uplift.estimate.interval.upperBound - uplift.estimate.value - half) < 1e-12)
    #expect(!uplift.hasFewBuyers)
    #expect(uplift.varianceRatio == 1)
  }

  @Test("few buyers are flagged and the variance is pooled")
  func few() throws {
    var (treatment, control) = (GroupSums(), GroupSums())
    for number in 0..<1_000 { treatment.add(number < 60 ? 50 : 0) }
    for number in 0..<400 { control.add(number < 29 ? 10 : 0) }
    let uplift = try #require(Uplift(treatment, against: control))
    #expect(uplift.hasFewBuyers)
    // Four buyers more than the 89 there are.
    let square = (60.0 * 2_500 + 29 * 100) / 89
    let pooled =
      (999 * treatment.variance + 399 * control.variance) / 1_398 + 4 * square / 1_400
    let half = 1.959963984540054 * (pooled * (1.0 / 1_000 + 1.0 / 400)).squareRoot()
    #expect(abs(uplift.estimate.interval.upperBound - uplift.estimate.value - half) < 1e-12)
  }

  @Test("without a control there is no comparison")
  func none() {
    #expect(Uplift(sums([1, 2, 3]), against: GroupSums()) == nil)
    #expect(Uplift(sums([1, 2, 3]), against: sums([1])) == nil)
    #expect(Uplift.relative(sums([1, 2]), against: sums([0, 0])) == nil)
    #expect(Uplift.sequence(sums([1]), against: sums([1, 2]), planned: 100) == nil)
    #expect(RatioSums().estimate == nil)
  }

  @Test("what was different before is taken off, and the variance with it")
  func adjusted() throws {
    var random = SeededRandom(seed: 21)
    var (treatment, control) = (GroupSums(), GroupSums())
    for number in 0..<20_000 {
      let before = 10 + 3 * random.normal()
      let noise = random.normal()
      if number % 2 == 0 {
        treatment.add(before + noise + 0.2, before: before)
      } else {
        control.add(before + noise, before: before)
      }
    }
    let plain = try #require(Uplift(treatment, against: control))
    let adjusted = try #require(Uplift(adjusted: treatment, against: control))
    // Of 9 + 1 the 9 are known before.
    #expect(abs(adjusted.varianceRatio - 0.1) < 0.01)
    #expect(abs(adjusted.estimate.value - 0.2) < 0.05)
    let widths = [adjusted, plain].map {
      $0.estimate.interval.upperBound - $0.estimate.interval.lowerBound
    }
    #expect(abs(widths[0] / widths[1] - 0.1.squareRoot()) < 0.02)
  }

  @Test("relative uplift is Fieller's, and unbounded where the control may be 0")
  func relative() throws {
    var random = SeededRandom(seed: 22)
    var covered = 0
    for _ in 0..<1_000 {
      var (treatment, control) = (GroupSums(), GroupSums())
      for _ in 0..<200 {
        treatment.add(1.2 + random.normal() * 2)
        control.add(1 + random.normal() * 2)
      }
      let estimate = try #require(Uplift.relative(treatment, against: control))
      if estimate.interval.contains(0.2) { covered += 1 }
    }
    print("Fieller: \(covered) of 1000 cover")
    #expect((930...970).contains(covered))
    var (treatment, control) = (GroupSums(), GroupSums())
    for number in 0..<20 {
      treatment.add(Double(number % 3))
      control.add(number % 2 == 0 ? 1 : -0.9)
    }
    let wide = try #require(Uplift.relative(treatment, against: control))
    #expect(wide.interval == -Double.infinity...Double.infinity)
  }

  @Test("ratios of sums have the delta method's interval")
  func ratios() throws {
    var random = SeededRandom(seed: 23)
    var covered = 0
    for _ in 0..<1_000 {
      var sums = RatioSums()
      for _ in 0..<300 {
        let orders = Double(random.poisson(mean: 2))
        sums.add(orders * 30 + random.normal() * 10, over: orders)
      }
      let estimate = try #require(sums.estimate)
      if estimate.interval.contains(30) { covered += 1 }
    }
    print("delta method: \(covered) of 1000 cover")
    #expect((930...970).contains(covered))
  }

  @Test("1,500 A/A comparisons, looked at 50 times each, alarm in at most 5 %")
  func sequence() throws {
    var random = SeededRandom(seed: 24)
    var (fixed, sequence) = (0, 0)
    for _ in 0..<1_500 {
      var (treatment, control) = (GroupSums(), GroupSums())
      var alarms = (fixed: false, sequence: false)
      for _ in 0..<50 {
        for _ in 0..<40 {
          treatment.add(random.uniform() < 0.15 ? 1 : 0)
          control.add(random.uniform() < 0.15 ? 1 : 0)
        }
        let uplift = try #require(Uplift(treatment, against: control)).estimate
        if !uplift.interval.contains(0) { alarms.fixed = true }
        let always = try #require(Uplift.sequence(treatment, against: control, planned: 2_000))
        if !always.interval.contains(0) { alarms.sequence = true }
      }
      fixed += alarms.fixed ? 1 : 0
      sequence += alarms.sequence ? 1 : 0
    }
    print("A/A alarms of 1,500: fixed interval \(fixed), confidence sequence \(sequence)")
    #expect(sequence <= 75)
    #expect(fixed > 300)
  }

  @Test(
    "Hillstrom's figures: Mens +0.770 [0.485, 1.055], Womens +0.424 [0.169, 0.680]",
    .enabled(if: Hillstrom.path != nil, Hillstrom.absence))
  func hillstrom() throws {
    let table = try Hillstrom.table(.spend)
    var groups = [GroupSums](repeating: GroupSums(), count: 3)
    for row in 0..<table.count { groups[Int(table.actions[row])].add(table.rewards[row]) }
    #expect(abs(groups[1].mean - 1.4226) < 5e-5 && abs(groups[0].mean - 0.6528) < 5e-5)
    for (arm, expected) in [(1, (0.770, 0.485, 1.055)), (2, (0.424, 0.169, 0.680))] {
      let estimate = try #require(Uplift(groups[arm], against: groups[0])).estimate
      #expect(abs(estimate.value - expected.0) < 5e-4)
      #expect(abs(estimate.interval.lowerBound - expected.1) < 5e-4)
      #expect(abs(estimate.interval.upperBound - expected.2) < 5e-4)
    }
    // Smaller samples of the same customers.
    var random = SeededRandom(seed: 25)
    let rows = (0..<2).map { arm in
      (0..<table.count).filter { Int(table.actions[$0]) == arm }.map { table.rewards[$0] }
    }
    for size in [300, 1_000, 3_000, 10_000] {
      var covered = 0
      for _ in 0..<1_000 {
        var drawn = [GroupSums(), GroupSums()]
        for arm in 0..<2 {
          for _ in 0..<size {
            drawn[arm].add(rows[arm][Int(random.next() % UInt64(rows[arm].count))])
          }
        }
        let estimate = try #require(Uplift(drawn[1], against: drawn[0])).estimate
        if estimate.interval.contains(groups[1].mean - groups[0].mean) { covered += 1 }
      }
      print("Hillstrom, \(size) customers an arm: \(covered) of 1000 cover")
      #expect(covered >= 940)
    }
  }
}

@Suite("Experiment")
struct ExperimentTests {
  @Test("5 % held back, deviation 15, 0.50 to be found: 148,700 customers")
  func plan() {
    let customers = Experiment.customers(deviation: 15, holdout: 0.05, difference: 0.5)
    print("planner: \(customers)")
    #expect((148_650..<148_750).contains(customers))
  }

  @Test("groups of other sizes than planned withhold the verdict")
  func sizes() {
    let moved = Experiment.ratioProbability(counts: [32_640, 31_360], shares: [1, 1])
    #expect(moved < Experiment.ratioMin)
    let fair = Experiment.ratioProbability(counts: [32_100, 31_900], shares: [1, 1])
    #expect(fair > 0.1)
    #expect(Experiment.ratioProbability(counts: [50, 950], shares: [0.05, 0.95]) > 0.99)
    // Even groups alarm in a thousandth of the cases.
    var random = SeededRandom(seed: 26)
    var alarms = 0
    for _ in 0..<2_000 {
      var counts = [0, 0]
      for _ in 0..<1_000 { counts[Int(random.next() & 1)] += 1 }
      if Experiment.ratioProbability(counts: counts, shares: [1, 1]) < Experiment.ratioMin {
        alarms += 1
      }
    }
    #expect(alarms <= 8)
  }

  @Test("of many comparisons those stand that Benjamini and Hochberg let stand")
  func many() {
    // The example of their paper: fifteen comparisons, four stand.
    let p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
      0.5719, 0.6528, 0.7590, 1.0000,
    ]
    let stands = Experiment.standing(p.reversed(), falseShare: 0.05)
    #expect(stands.filter { $0 }.count == 4)
    #expect(Array(stands.reversed().prefix(5)) == [true, true, true, true, false])
    #expect(Experiment.standing([], falseShare: 0.05) == [])
  }
}
