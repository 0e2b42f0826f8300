// Thompson sampling with exact propensities: the probability with which each arm's draw is the largest,
// and a choice by these probabilities. Not here: where means and deviations come from; see Learner.swift.

internal import Models

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
/// Scores are N(m, v²): π = ∫ φ(t) Π Φ(t) dt, the product over the other arms. In an interval between
/// two nodes the product of the others is taken as the geometric mean of its ends, and the arm's own
/// part is exact: ΔΦ·√(F₋/Φ₋ · F₊/Φ₊) with F the product over all. The nodes follow the narrowest
/// arm that is live where they stand, at half of its deviation; a uniform grid is wrong by up to 0.86 when
/// widths differ a thousandfold. Arms that cannot win, m + 4.5·v ≤ max(m − 4.5·v), get 0.
///
/// Largest error found beside an adaptive quadrature: ThompsonTests. Nothing is allocated after `init`.
public struct Thompson: ~Copyable {
  /// The most arms: 256 offers, and none of them.
  public static let armsMax = 264

  /// In deviations of an arm, the distance between nodes where it is the narrowest.
  static let step = 0.6
  /// In deviations, where an arm ends.
  static let reach = 4.5
  private static let nodesMax = 4096

  /// Eight arms that can win.
  private struct Octet {
    var mean = Lanes.zero
    var deviation = Lanes.zero
    var inverse = Lanes.zero
    /// Φ and √(F/Φ) at the last node.
    var before = Lanes.zero
    var root = Lanes.zero
    /// Φ at the present node.
    var now = Lanes.zero
    var gathered = Lanes.zero
  }

  private var octets: [Octet]
  /// Which arm stands in which lane.
  private var arms: [Int]
  private var left: [Double]
  private var shares: [Double]

  /// Makes the memory, about 20 kB.
  public init() {
    octets = [Octet](repeating: Octet(), count: Self.armsMax / 8)
    arms = [Int](repeating: 0, count: Self.armsMax)
    left = [Double](repeating: 0, count: Self.armsMax)
    shares = [Double](repeating: 0, count: Self.armsMax)
  }

  /// Finds the probability of each arm.
  ///
  /// An arm whose mean or deviation is not a number, or whose deviation is below 0, is dropped: it gets
  /// 0, whatever the floor. Deviation 0 is a point mass; of equal ones the first wins.
  ///
  /// - Parameters:
  ///   - means: m of each arm, at most `armsMax`.
  ///   - deviations: v of each arm.
  ///   - floor: ε, from 0 to 1: π' = (1 − ε)·π + ε/n, for the n arms that are not dropped.
  ///   - propensities: its beginning becomes π' of each arm, with the sum 1 ± 1e-12, or 0 where there
  ///     is no arm.
  /// - Returns: how they were found.
  /// - Precondition: there are as many deviations as means, and at least as many propensities.
  /// - Complexity: O(arms · nodes), mostly 20 to 60 nodes.
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
    var (live, point, high) = (0, -1, low)
    for arm in 0..<count where Self.isUsable(means[arm], deviations[arm]) {
      let (mean, deviation) = (means[arm], deviations[arm])
      // What a Double cannot resolve is a point.
      if deviation <= 1e-13 * max(abs(mean), abs(low)) {
        if mean >= low, point < 0 || mean > means[point] { point = arm }
      } else if mean + Self.reach * deviation > low {
        octets[live / 8].mean[live % 8] = mean
        octets[live / 8].deviation[live % 8] = deviation
        octets[live / 8].inverse[live % 8] = 1 / deviation
        arms[live] = arm
        live += 1
        high = max(high, mean + Self.reach * deviation)
      }
    }
    var method = PropensityMethod.certain
    if live == 0 {
      propensities[point < 0 ? best : point] = 1
    } else if live == 1, point < 0 {
      propensities[arms[0]] = 1
    } else {
      method = .integral
      pad(live)
      var mass = integrate(live, from: low, to: high, point: point >= 0, step: Self.step)
      if abs(mass.total - 1) > 0.01 {
        method = .fine
        mass = integrate(live, from: low, to: high, point: point >= 0, step: Self.step / 4)
      }
      if abs(mass.total - 1) <= 0.01 {
        for lane in 0..<live {
          propensities[arms[lane]] = octets[lane / 8].gathered[lane % 8] / mass.total
        }
        if point >= 0 { propensities[point] = mass.point / mass.total }
      } else {
        method = .greedy
        propensities[best] = 1
      }
    }
    let base = floor / Double(eligible)
    for arm in 0..<count where Self.isUsable(means[arm], deviations[arm]) {
      propensities[arm] = (1 - floor) * propensities[arm] + base
    }
    return method
  }

  private static func isUsable(_ mean: Double, _ deviation: Double) -> Bool {
    mean.isFinite && deviation.isFinite && deviation >= 0
  }

  /// Lanes behind the last arm hold one that always loses.
  private mutating func pad(_ live: Int) {
    for lane in live..<(live + 7) / 8 * 8 {
      octets[lane / 8].mean[lane % 8] = -1e300
      octets[lane / 8].deviation[lane % 8] = 0
      octets[lane / 8].inverse[lane % 8] = 1e-290
    }
  }

  /// Walks over the nodes.
  ///
  /// - Returns: what was gathered in all, and the part of it that belongs to the point mass at `start`.
  private mutating func integrate(
    _ live: Int, from start: Double, to end: Double, point: Bool, step: Double
  ) -> (total: Double, point: Double) {
    let count = (live + 7) / 8
    var span = octets.mutableSpan
    // Many arms are all below where the best of them alone would hardly be.
    var start = start
    for _ in 0..<2 {
      let middle = (start + end) / 2
      if Self.fillNow(&span, count, middle) > 1e-7 { break }
      start = middle
    }
    let atPoint = Self.firstNode(&span, count, start)
    var node = start
    var visited = 0
    while node < end, visited < Self.nodesMax {
      node = min(node + Self.stride(span.span, count, from: node, step), end)
      Self.visit(&span, count, node)
      visited += 1
    }
    var total = point ? atPoint : 0
    for lane in 0..<live { total += span[lane / 8].gathered[lane % 8] }
    return (total, point ? atPoint : 0)
  }

  /// Starts the walk.
  ///
  /// - Returns: the product over all arms at the first node.
  private static func firstNode(
    _ octets: inout MutableSpan<Octet>, _ count: Int, _ node: Double
  ) -> Double {
    let product = fillNow(&octets, count, node)
    let root = product.squareRoot()
    for place in 0..<count {
      let here = octets[place].now
      octets[place].before = here
      octets[place].root = LaneMath.roughInverseSquareRoot(here) * root
      octets[place].gathered = .zero
    }
    return product
  }

  /// Gathers what lies between the last node and this one.
  private static func visit(_ octets: inout MutableSpan<Octet>, _ count: Int, _ node: Double) {
    let rootOfAll = fillNow(&octets, count, node).squareRoot()
    for place in 0..<count {
      let here = octets[place].now
      let root = LaneMath.roughInverseSquareRoot(here) * rootOfAll
      octets[place].gathered += (here - octets[place].before) * octets[place].root * root
      octets[place].before = here
      octets[place].root = root
    }
  }

  /// Φ of all arms at a node.
  ///
  /// - Returns: the product of all.
  private static func fillNow(
    _ octets: inout MutableSpan<Octet>, _ count: Int, _ node: Double
  ) -> Double {
    var product = Lanes(repeating: 1)
    for place in 0..<count {
      let here = cumulative((node - octets[place].mean) * octets[place].inverse)
      octets[place].now = here
      // Below this nothing is gathered any more; subnormal numbers would be slow.
      product *= here
      product.replace(with: 1e-30, where: product .< 1e-30)
    }
    var all = 1.0
    for lane in 0..<8 { all *= product[lane] }
    return all
  }

  /// The distance to the next node: a share of the narrowest deviation among the arms that are live here
  /// or will be, to these the way up to where they begin added.
  private static func stride(
    _ octets: Span<Octet>, _ count: Int, from node: Double, _ step: Double
  ) -> Double {
    var least = Lanes(repeating: .infinity)
    for place in 0..<count {
      let (mean, deviation) = (octets[place].mean, octets[place].deviation)
      let reach = deviation * Thompson.reach
      var way = mean - reach - node
      way.replace(with: 0, where: way .< 0)
      way += deviation * step
      // Whoever lies behind has no say.
      way.replace(with: .infinity, where: mean + reach .<= node)
      least.replace(with: way, where: way .< least)
    }
    var smallest = Double.infinity
    for lane in 0..<8 { smallest = min(smallest, least[lane]) }
    return smallest
  }

  /// Φ, after Abramowitz and Stegun 7.1.28: absolute error below 1.6e-7, and never 0.
  @inline(__always)
  static func cumulative(_ z: Lanes) -> Lanes {
    let isAbove = z .> 0
    var x = z.replacing(with: -z, where: z .< 0)
    x.replace(with: 8, where: x .> 8)
    x *= 0.7071067811865476
    var p = x * 0.0000430638 + 0.0002765672
    p = p * x + 0.0001520143
    p = p * x + 0.0092705272
    p = p * x + 0.0422820123
    p = p * x + 0.0705230784
    p = p * x + 1
    p *= p
    p *= p
    p *= p
    p *= p
    let tail = 0.5 / p
    return tail.replacing(with: 1 - tail, where: isAbove)
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
