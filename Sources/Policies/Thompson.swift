// Thompson sampling with exact propensities: the probability with which each arm's draw is the largest,
// and a choice by these probabilities. Not here: where means and deviations come from; see Learner.swift.

/// How propensities were found.
public enum PropensityMethod: Equatable, Sendable {
  /// There was no arm to choose from.
  case none
  /// One arm could win, or the largest of point masses did.
  case certain
  /// By the integral, on the usual grid.
  case integral
  /// By the integral, on a grid four times as fine.
  case fine
  /// The integral's mass was not 1: the largest mean, but for the floor.
  case greedy
}

/// Probabilities with which independent normal scores are the largest, with the memory it takes.
///
/// Scores are N(m, v²): π = ∫ φ(t) Π Φ(t) dt, the product over the other arms; see WinIntegral. Arms
/// that cannot win, m + r·v below another's m − 3.5·v, get 0; r grows with the number of arms, so that
/// those left out would together win in less than 0.001 of all draws.
///
/// Largest error found beside an adaptive quadrature: ThompsonTests. Nothing is allocated after `init`.
public struct Thompson: ~Copyable {
  /// The most arms: 256 offers, and none of them.
  public static let armsMax = 264

  /// In deviations, below which an arm is not followed.
  private static let reach = 3.5

  private var integral = WinIntegral(Self.armsMax)
  /// The arms that take part in the integral.
  private var arms: [Int]
  private var left: [Double]
  private var shares: [Double]

  /// Makes the memory, about 25 kB.
  public init() {
    arms = [Int](repeating: 0, count: Self.armsMax)
    left = [Double](repeating: 0, count: Self.armsMax)
    shares = [Double](repeating: 0, count: Self.armsMax)
  }

  /// Finds the probability of each arm.
  ///
  /// An arm whose mean or deviation is not a number or beyond 1e300, or whose deviation is below 0, is
  /// dropped: it gets 0, whatever the floor. Deviation 0 is a point mass; of equal ones the first wins.
  ///
  /// - Parameters:
  ///   - means: m of each arm, at most `armsMax`.
  ///   - deviations: v of each arm.
  ///   - floor: ε, from 0 to 1: π' = (1 − ε)·π + ε/n, for the n arms that are not dropped.
  ///   - propensities: its beginning becomes π' of each arm, with the sum 1 ± 1e-12, or 0 where there
  ///     is no arm.
  /// - Returns: how they were found.
  /// - Precondition: there are as many deviations as means, and at least as many propensities.
  /// - Complexity: O(arms · nodes), mostly 12 to 24 nodes.
  public mutating func findPropensities(
    means: Span<Double>, deviations: Span<Double>, floor: Double,
    into propensities: inout MutableSpan<Double>
  ) -> PropensityMethod {
    let count = means.count
    precondition(count <= Self.armsMax, "there are more arms than memory was made for")
    precondition(
      deviations.count == count && propensities.count >= count, "the spans are too short")
    var eligible = 0
    var low = -Double.infinity
    var best = 0
    for arm in 0..<count {
      propensities[arm] = 0
      guard Self.isUsable(means[arm], deviations[arm]) else { continue }
      if eligible == 0 || means[arm] > means[best] { best = arm }
      eligible += 1
      low = max(low, means[arm] - Self.reach * deviations[arm])
    }
    guard eligible > 0 else { return .none }

    // Who can win: arms with a width, and the first of the largest point masses.
    let reach = Self.reach(eligible)
    var (live, point, high) = (0, -1, low)
    for arm in 0..<count where Self.isUsable(means[arm], deviations[arm]) {
      let (mean, deviation) = (means[arm], deviations[arm])
      // What a Double cannot resolve is a point.
      if deviation <= max(1e-13 * max(abs(mean), abs(low)), 1e-290) {
        if mean >= low, point < 0 || mean > means[point] { point = arm }
      } else if mean + reach * deviation > low {
        arms[live] = arm
        live += 1
        high = max(high, mean + reach * deviation)
      }
    }
    var method = PropensityMethod.certain
    if live == 0 {
      propensities[point < 0 ? best : point] = 1
    } else if live == 1, point < 0 {
      propensities[arms[0]] = 1
    } else {
      method = integrate(
        live, means, deviations, from: low, to: high, point: point, into: &propensities)
      if method == .greedy { propensities[best] = 1 }
    }
    let base = floor / Double(eligible)
    for arm in 0..<count where Self.isUsable(means[arm], deviations[arm]) {
      propensities[arm] = (1 - floor) * propensities[arm] + base
    }
    return method
  }

  /// Fills the propensities of the live arms and the point, unless it is `greedy`.
  private mutating func integrate(
    _ live: Int, _ means: Span<Double>, _ deviations: Span<Double>, from low: Double,
    to high: Double, point: Int, into propensities: inout MutableSpan<Double>
  ) -> PropensityMethod {
    integral.clear()
    for place in 0..<live {
      integral.add(mean: means[arms[place]], deviation: deviations[arms[place]])
    }
    integral.close()
    // That all others are below the point.
    let atPoint = point < 0 ? 0 : integral.product(at: low)
    let range = integral.range(from: low, to: high)
    var method = PropensityMethod.integral
    var mass = integral.integrate(
      from: range.low, to: range.high, panelMax: WinIntegral.panelMax)
    if abs(mass + atPoint - 1) > 0.01 {
      method = .fine
      mass = integral.integrate(from: low, to: high, panelMax: WinIntegral.panelMax / 4)
    }
    guard abs(mass + atPoint - 1) <= 0.01 else { return .greedy }
    // The point's mass needs no integral.
    let factor = mass > 0 ? (1 - atPoint) / mass : 0
    for arm in 0..<live { propensities[arms[arm]] = integral.share(of: arm) * factor }
    if point >= 0 { propensities[point] = mass > 0 ? atPoint : 1 }
    return method
  }

  private static func isUsable(_ mean: Double, _ deviation: Double) -> Bool {
    abs(mean) <= 1e300 && deviation <= 1e300 && deviation >= 0
  }

  /// In deviations, above which so many arms together have less than 0.0006.
  private static func reach(_ count: Int) -> Double {
    3.45 + 0.163 * Double(Int.bitWidth - (count - 1).leadingZeroBitCount)
  }

  // MARK: Choosing

  /// Chooses an arm with its probability.
  ///
  /// - Parameters:
  ///   - propensities: of each arm, with the sum 1.
  ///   - hash: evenly spread, such as that of a request's number; the same one chooses the same arm.
  /// - Returns: the arm, or nil when none has a probability.
  public static func choose(_ propensities: Span<Double>, hash: UInt64) -> Int? {
    let u = Double(hash >> 11) * 0x1p-53
    var sum = 0.0
    var last: Int?
    for arm in 0..<propensities.count where propensities[arm] > 0 {
      sum += propensities[arm]
      last = arm
      if u < sum { return arm }
    }
    return last
  }
}

// MARK: Slates

/// One place of a slate.
public struct SlatePlace: Equatable, Sendable {
  /// The arm.
  public var arm: Int
  /// The probability of this arm, given those before it.
  public var propensity: Double
}

extension Thompson {
  /// Chooses several arms one after the other, each among those that remain.
  ///
  /// A chosen arm takes the others of its group with it. The slate's propensity is the product over its
  /// places.
  ///
  /// - Parameters:
  ///   - places: how many at most.
  ///   - means: m of each arm, at most `armsMax`.
  ///   - deviations: v of each arm.
  ///   - groups: the group of each arm; equal numbers exclude one another, but for 0.
  ///   - floor: ε at each place, from 0 to 1.
  ///   - hash: evenly spread, such as that of a request's number.
  ///   - slate: becomes the places in their order; fewer where no arm remains.
  /// - Returns: the propensity of the whole slate.
  public mutating func chooseSlate(
    _ places: Int, means: Span<Double>, deviations: Span<Double>, groups: Span<UInt32>,
    floor: Double, hash: UInt64, into slate: inout [SlatePlace]
  ) -> Double {
    let count = means.count
    slate.removeAll(keepingCapacity: true)
    var (left, shares) = takeBuffers()
    for arm in 0..<count { left[arm] = deviations[arm] }
    var product = 1.0
    while slate.count < places {
      var found = shares.mutableSpan
      guard
        findPropensities(
          means: means, deviations: left.span.extracting(0..<count), floor: floor, into: &found)
          != .none
      else { break }
      // The first place is chosen as a single arm would be.
      let mixed = slate.isEmpty ? hash : XXHash64.hash(hash &+ UInt64(slate.count))
      guard let arm = Self.choose(found.span, hash: mixed) else { break }
      slate.append(SlatePlace(arm: arm, propensity: found[arm]))
      product *= found[arm]
      for other in 0..<count
      where other == arm || groups[arm] != 0 && groups[other] == groups[arm] {
        left[other] = .nan
      }
    }
    putBuffers(left, shares)
    return product
  }

  /// Takes the slates' memory out, so that it can be written beside the rest.
  private mutating func takeBuffers() -> ([Double], [Double]) {
    var taken: ([Double], [Double]) = ([], [])
    swap(&taken.0, &left)
    swap(&taken.1, &shares)
    return taken
  }

  private mutating func putBuffers(_ left: consuming [Double], _ shares: consuming [Double]) {
    self.left = left
    self.shares = shares
  }
}
