// Propensities beside an adaptive quadrature and beside draws, choices beside propensities, corners.

import Foundation
import Models
import Support
import Testing

@testable import Policies

@Suite("Thompson")
struct ThompsonTests {
  static let isLong = ProcessInfo.processInfo.environment["PATRON_LONG"] == "1"

  private func propensities(
    _ means: [Double], _ deviations: [Double], floor: Double = 0
  ) -> (shares: [Double], method: PropensityMethod) {
    var thompson = Thompson()
    var shares = [Double](repeating: -1, count: means.count)
    var span = shares.mutableSpan
    let method = thompson.findPropensities(
      means: means.span, deviations: deviations.span, floor: floor, into: &span)
    return (shares, method)
  }

  /// Means of about 1, widths from 1e-4 to 1e2, or alike, or the same.
  static func arms(_ count: Int, _ random: inout SeededRandom) -> (m: [Double], v: [Double]) {
    let kind = random.next() % 5
    let (low, high) =
      kind == 0 ? (0.5, 2.0) : kind == 1 ? (1e-2, 1.0) : kind == 4 ? (0.5, 0.5) : (1e-4, 1e2)
    // Narrow ones close to one another are the hardest.
    let spread = kind == 3 ? 1e-3 : 1
    let m = (0..<count).map { _ in random.normal() * spread }
    let v = (0..<count).map { _ in
      low * Elementary.exp(random.uniform() * Elementary.log(high / low))
    }
    return (m, v)
  }

  /// π of one arm by Simpson's rule, halved until it stands still, between all arms' landmarks.
  static func reference(_ m: [Double], _ v: [Double], arm: Int) -> Double {
    func value(_ t: Double) -> Double {
      var product = Normal.density((t - m[arm]) / v[arm]) / v[arm]
      for other in m.indices where other != arm {
        product *= Normal.cumulative((t - m[other]) / v[other])
      }
      return product
    }
    func simpson(_ a: Double, _ fa: Double, _ b: Double, _ fb: Double, _ fm: Double) -> Double {
      (b - a) / 6 * (fa + 4 * fm + fb)
    }
    func refine(
      _ a: Double, _ fa: Double, _ b: Double, _ fb: Double, _ fm: Double, _ whole: Double,
      _ depth: Int
    ) -> Double {
      let middle = (a + b) / 2
      let (fl, fr) = (value((a + middle) / 2), value((middle + b) / 2))
      let left = simpson(a, fa, middle, fm, fl)
      let right = simpson(middle, fm, b, fb, fr)
      if depth == 0 || abs(left + right - whole) < 1e-8 { return left + right }
      return refine(a, fa, middle, fm, fl, left, depth - 1)
        + refine(middle, fm, b, fb, fr, right, depth - 1)
    }
    var marks: [Double] = []
    for other in m.indices {
      for offset in stride(from: -8.0, through: 8, by: 1) {
        marks.append(m[other] + offset * v[other])
      }
    }
    let ends = (m[arm] - 8 * v[arm], m[arm] + 8 * v[arm])
    marks = marks.filter { $0 >= ends.0 && $0 <= ends.1 }.sorted()
    var sum = 0.0
    for (a, b) in zip(marks, marks.dropFirst()) where b > a {
      let (fa, fb, fm) = (value(a), value(b), value((a + b) / 2))
      sum += refine(a, fa, b, fb, fm, simpson(a, fa, b, fb, fm), 12)
    }
    return sum
  }

  @Test(
    "propensities are those of an adaptive quadrature within 0.005", arguments: [2, 3, 16, 64])
  func quadrature(count: Int) {
    var random = SeededRandom(seed: 1, stream: UInt64(count))
    var worst = 0.0
    let cases = (Self.isLong ? 1_000 : 60) * 8 / (count + 6)
    for number in 0..<max(cases, 4) {
      let (m, v) = Self.arms(count, &random)
      let (shares, method) = propensities(m, v)
      #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
      #expect(method != .greedy)
      for arm in 0..<count where count <= 3 || shares[arm] > 1e-3 || arm % 8 == number % 8 {
        worst = max(worst, abs(shares[arm] - Self.reference(m, v, arm: arm)))
      }
    }
    print("\(count) arms: largest error \(worst)")
    #expect(worst <= 0.005)
  }

  @Test("propensities are the frequencies of draws", arguments: [1, 2, 3, 16, 64, 256])
  func draws(count: Int) {
    var random = SeededRandom(seed: 2, stream: UInt64(count))
    let cases = Self.isLong ? 1_000 : 4
    let draws = Self.isLong ? 1_000_000 : max(400_000 / (count + 4), 2_000)
    var worst = 0.0
    for _ in 0..<cases {
      let (m, v) = Self.arms(count, &random)
      let (shares, _) = propensities(m, v)
      #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
      var wins = [Int](repeating: 0, count: count)
      for _ in 0..<draws {
        var (best, largest) = (0, -Double.infinity)
        for arm in 0..<count {
          let draw = m[arm] + v[arm] * random.normal()
          if draw > largest { (best, largest) = (arm, draw) }
        }
        wins[best] += 1
      }
      for arm in 0..<count {
        let share = Double(wins[arm]) / Double(draws)
        let noise = (max(shares[arm] * (1 - shares[arm]), 1e-4) / Double(draws)).squareRoot()
        worst = max(worst, abs(share - shares[arm]) - 5 * noise)
      }
    }
    print("\(count) arms, \(draws) draws: error beyond five deviations of the draws \(worst)")
    #expect(worst <= (Self.isLong ? 0.0025 : 0.005))
  }

  @Test("choices come with their probabilities")
  func choices() {
    let (shares, _) = propensities([0.1, 0, -0.2, 0.3], [0.2, 0.4, 0.1, 0.05], floor: 0.02)
    let requests = Self.isLong ? 1_000_000 : 100_000
    var counts = [Double](repeating: 0, count: 4)
    for request in 0..<UInt64(requests) {
      if let arm = Thompson.choose(shares.span, hash: XXHash64.hash(request)) { counts[arm] += 1 }
    }
    var chiSquare = 0.0
    for (count, share) in zip(counts, shares) {
      let expected = share * Double(requests)
      chiSquare += (count - expected) * (count - expected) / expected
    }
    let p = ChiSquare.upperTail(chiSquare, degrees: 3)
    print("choices: p = \(p)")
    #expect(p > 1e-3)
  }

  @Test("no arm has less than its part of the floor", arguments: [2, 16, 64, 256])
  func floor(count: Int) {
    var random = SeededRandom(seed: 3, stream: UInt64(count))
    for _ in 0..<50 {
      let (m, v) = Self.arms(count, &random)
      let (shares, _) = propensities(m, v, floor: 0.02)
      #expect((shares.min() ?? 0) >= 0.02 / Double(count))
      #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
    }
  }

  @Test("no arm, one arm, and arms that are no numbers")
  func corners() {
    #expect(propensities([], []).method == .none)
    #expect(propensities([.nan, 1], [1, -1]).shares == [0, 0])
    #expect(propensities([.nan, 1], [1, -1], floor: 0.1).method == .none)
    #expect(propensities([3], [2], floor: 0.02).shares == [1])
    let dropped = propensities([0, 5, 1, .infinity], [1, .nan, 1, 1], floor: 0.02)
    #expect(dropped.shares[1] == 0 && dropped.shares[3] == 0)
    #expect((dropped.shares.min() ?? 1) == 0 && abs(dropped.shares.reduce(0, +) - 1) < 1e-12)
    #expect(dropped.shares[0] >= 0.01)
  }

  @Test("point masses: the largest wins, of equal ones the first, and wide arms may beat it")
  func points() {
    #expect(propensities([1, 2, 2, 0], [0, 0, 0, 0]).shares == [0, 1, 0, 0])
    #expect(propensities([1, 2, 2, 0], [0, 0, 0, 0]).method == .certain)
    // P(N(0,1) > 1) against a point at 1.
    let (shares, _) = propensities([1, 0, 0.5], [0, 1, 0])
    #expect(abs(shares[1] - 0.15865525393145707) < 1e-4)
    #expect(abs(shares[0] - 0.8413447460685429) < 1e-4)
    #expect(shares[2] == 0)
    // A deviation a double cannot resolve is a point.
    #expect(propensities([1, 1], [1e-20, 0]).shares == [1, 0])
  }

  @Test("widths that differ a million times do not break the mass")
  func widths() {
    let (shares, method) = propensities([0, 0, 0], [1e-4, 1, 1e2])
    print("widths 1e-4, 1, 1e2: \(shares), \(method)")
    #expect(method == .integral)
    // Half of the time the widest is below 0, and then the better of the others wins.
    #expect(abs(shares[2] - 0.5) < 0.005)
    #expect(abs(shares[1] - 0.25) < 0.005)
    #expect(abs(shares[0] - 0.25) < 0.005)
  }

  @Test("a slate takes nobody twice and no two of a group, and its propensity is the product")
  func slates() {
    var thompson = Thompson()
    var random = SeededRandom(seed: 4)
    var slate: [SlatePlace] = []
    for round in 0..<200 {
      let (m, v) = Self.arms(12, &random)
      let groups = (0..<12).map { UInt32($0 % 4) }
      let product = thompson.chooseSlate(
        5, means: m.span, deviations: v.span, groups: groups.span, floor: 0.02,
        hash: XXHash64.hash(UInt64(round)), into: &slate)
      #expect(slate.count == 5)
      #expect(Set(slate.map(\.arm)).count == slate.count)
      let grouped = slate.map { groups[$0.arm] }.filter { $0 != 0 }
      #expect(Set(grouped).count == grouped.count)
      #expect(abs(product - slate.reduce(1) { $0 * $1.propensity }) < 1e-15)
      // The first place is that of a single choice.
      let (shares, _) = propensities(m, v, floor: 0.02)
      #expect(
        slate[0].arm == Thompson.choose(shares.span, hash: XXHash64.hash(UInt64(round))))
      #expect(slate[0].propensity == shares[slate[0].arm])
    }
    // Three groups of one and three arms without: six places and no more.
    let m = [Double](repeating: 0, count: 12)
    let groups = (0..<12).map { UInt32($0 % 4) }
    _ = thompson.chooseSlate(
      12, means: m.span, deviations: m.span, groups: groups.span, floor: 0, hash: 7, into: &slate)
    #expect(slate.map(\.arm) == [0, 1, 2, 3, 4, 8])
  }
}
