// The inner loops of the integral behind propensities: normal scores eight at a time. Memory, and which
// arms take part, are in Policies' WinIntegral; what is integrated is written there.
//
// An arm's octet has three places among `arms`: mean, deviation and 1/deviation. It has seven in `work`:
// where a panel begins and how long it is, in deviations; ρ·v at its four nodes; and its share.

/// How probably each of some normal scores is the largest: the loops.
public enum WinKernel {
  /// Places of an octet among the arms, and in the memory for work.
  public static let (armPlaces, workPlaces) = (3, 7)

  @inline(__always) private static var start: Int { 0 }
  @inline(__always) private static var length: Int { 1 }
  @inline(__always) private static var hazard: Int { 2 }
  @inline(__always) private static var share: Int { 6 }

  /// In deviations on both sides of its mean, where an arm is live for panels.
  private static let reach = 3.5
  /// Less than this of the whole is left out at either end.
  private static let tail = 3e-4
  private static let panelsMax = 1024

  /// F: the probability that all arms are below.
  ///
  /// - Parameters:
  ///   - node: where.
  ///   - arms: three places for each octet.
  /// - Returns: Π Φ, at least 1e-20 for each lane.
  public static func product(at node: Double, _ arms: Span<SIMD8<Double>>) -> Double {
    var product = FloatLanes(repeating: 1)
    for octet in 0..<arms.count / 3 {
      let z = narrowed((node - arms[3 * octet]) * arms[3 * octet + 2])
      product *= NormalLanes.cumulative(z)
      // A product of subnormal numbers would be slow, and such a small one is of no use.
      product.replace(with: 1e-20, where: product .< 1e-20)
    }
    return Self.product(of: product)
  }

  /// Where the largest score is, but for a tail at either end.
  ///
  /// - Parameters:
  ///   - low: below it there is nothing.
  ///   - high: above it there is nothing.
  ///   - arms: three places for each octet.
  /// - Returns: a range within.
  public static func range(
    from low: Double, to high: Double, _ arms: Span<SIMD8<Double>>
  ) -> (low: Double, high: Double) {
    var (low, middleLow, middleHigh, high) = (low, low, high, high)
    for _ in 0..<4 {
      let middle = (low + middleHigh) / 2
      let below = product(at: middle, arms)
      if below <= Self.tail { low = middle } else { middleHigh = middle }
      if below < 1 - Self.tail { middleLow = max(middleLow, middle) } else { high = middle }
    }
    for _ in 0..<2 {
      let middle = (middleLow + high) / 2
      if product(at: middle, arms) < 1 - Self.tail { middleLow = middle } else { high = middle }
    }
    return (low, high)
  }

  /// Finds the shares.
  ///
  /// - Parameters:
  ///   - low: where it begins.
  ///   - high: where it ends, not below.
  ///   - panelMax: how wide panels may be, in deviations.
  ///   - arms: three places for each octet.
  ///   - work: seven places for each octet.
  ///   - shares: eight for each octet, one for each arm.
  /// - Returns: the sum of all shares, about F(high) − F(low).
  public static func integrate(
    from low: Double, to high: Double, panelMax: Double, _ arms: Span<SIMD8<Double>>,
    work: inout MutableSpan<SIMD8<Float>>, into shares: inout MutableSpan<Float>
  ) -> Double {
    let octets = arms.count / 3
    for octet in 0..<octets { work[7 * octet + share] = .zero }
    // The largest of many like arms is narrower than any of them.
    let most = (high - low) / 3
    var node = low
    var panels = 0
    while node < high, panels < panelsMax {
      let rest = high - node
      var width = min(begin(at: node, panelMax, arms, &work), most)
      if width > rest / 2 { width = width < rest ? rest / 2 : rest }
      fill(width, arms, &work)
      node += width
      panels += 1
    }
    var sum = 0.0
    for octet in 0..<octets {
      let lanes = work[7 * octet + share]
      for lane in 0..<8 {
        shares[8 * octet + lane] = lanes[lane]
        sum += Double(lanes[lane])
      }
    }
    return sum
  }

  /// Begins a panel.
  ///
  /// - Returns: how wide it may be: up to where an arm begins, or so many deviations of it.
  private static func begin(
    at node: Double, _ panelMax: Double, _ arms: Span<DoubleLanes>,
    _ work: inout MutableSpan<FloatLanes>
  ) -> Double {
    var least = DoubleLanes(repeating: .infinity)
    for octet in 0..<arms.count / 3 {
      let z = (node - arms[3 * octet]) * arms[3 * octet + 2]
      work[7 * octet + start] = narrowed(z)
      var width = DoubleLanes(repeating: -reach) - z
      width.replace(with: panelMax, where: width .< panelMax)
      width *= arms[3 * octet + 1]
      // Whoever lies behind has no say.
      width.replace(with: .infinity, where: z .> reach)
      least.replace(with: width, where: width .< least)
    }
    var smallest = Double.infinity
    for lane in 0..<8 { smallest = min(smallest, least[lane]) }
    return smallest
  }

  /// Integrates over a panel that was begun.
  private static func fill(
    _ width: Double, _ arms: Span<DoubleLanes>, _ work: inout MutableSpan<FloatLanes>
  ) {
    let octets = arms.count / 3
    for octet in 0..<octets {
      work[7 * octet + length] = narrowed(width * arms[3 * octet + 2])
    }
    let nodes: InlineArray<4, Float> = [
      0.06943184420297371, 0.33000947820757187, 0.6699905217924281, 0.9305681557970263,
    ]
    var weights: InlineArray<4, Float> = [
      0.17392742256872693, 0.32607257743127307, 0.32607257743127307, 0.17392742256872693,
    ]
    for node in 0..<4 {
      var product = FloatLanes(repeating: 1)
      for octet in 0..<octets {
        let z = fused(
          work[7 * octet + length], FloatLanes(repeating: nodes[node]), work[7 * octet + start])
        let (cumulative, hazard) = NormalLanes.normal(z)
        work[7 * octet + Self.hazard + node] = hazard
        product *= cumulative
        product.replace(with: 1e-20, where: product .< 1e-20)
      }
      weights[node] *= Float(Self.product(of: product))
    }
    for octet in 0..<octets {
      let place = 7 * octet
      var sum = work[place + hazard] * weights[0]
      for node in 1..<4 {
        sum = fused(work[place + hazard + node], FloatLanes(repeating: weights[node]), sum)
      }
      work[place + share] = fused(sum, work[place + length], work[place + share])
    }
  }

  private static func product(of lanes: FloatLanes) -> Double {
    var product = 1.0
    for lane in 0..<8 { product *= Double(lanes[lane]) }
    return product
  }

  /// In single precision, and not beyond a million, where all is decided.
  @inline(__always)
  private static func narrowed(_ lanes: DoubleLanes) -> FloatLanes {
    var lanes = lanes
    lanes.replace(with: 1e6, where: lanes .> 1e6)
    lanes.replace(with: -1e6, where: lanes .< -1e6)
    return FloatLanes(
      Float(lanes[0]), Float(lanes[1]), Float(lanes[2]), Float(lanes[3]), Float(lanes[4]),
      Float(lanes[5]), Float(lanes[6]), Float(lanes[7]))
  }
}

/// The normal distribution over eight lanes, after Abramowitz and Stegun 7.1.28: 1 − Φ(x) = ½·p(x)⁻¹⁶.
///
/// Beyond 8 deviations all is as at 8, so that Φ is never 0. Errors: see WinKernelTests.
public enum NormalLanes {
  /// Φ.
  ///
  /// - Parameter z: any.
  /// - Returns: above 0 in each lane.
  @inline(__always)
  public static func cumulative(_ z: SIMD8<Float>) -> SIMD8<Float> {
    let tail = tail(1 / polynomial(magnitude(z)))
    return tail.replacing(with: 1 - tail, where: z .> 0)
  }

  /// Φ, and φ/Φ with the formula's own derivative.
  ///
  /// - Parameter z: any.
  /// - Returns: both.
  @inline(__always)
  public static func normal(_ z: SIMD8<Float>) -> (cumulative: SIMD8<Float>, hazard: SIMD8<Float>) {
    let x = magnitude(z)
    var slope = fused(x, 6 * 5.382975e-06, 5 * 4.8890636e-05)
    slope = fused(slope, x, 4 * 3.8003575e-05)
    slope = fused(slope, x, 3 * 0.0032776263)
    slope = fused(slope, x, 2 * 0.021141006)
    slope = fused(slope, x, 0.049867347)
    let inverse = 1 / polynomial(x)
    let tail = tail(inverse)
    let cumulative = tail.replacing(with: 1 - tail, where: z .> 0)
    // −d ln(1 − Φ)/dx = 16·p′/p is the hazard below 0; above it the other tail's.
    return (cumulative, slope * inverse * 16 * (tail / cumulative))
  }

  @inline(__always)
  private static func magnitude(_ z: FloatLanes) -> FloatLanes {
    let opposite = 0 - z
    var x = z.replacing(with: opposite, where: z .< opposite)
    x.replace(with: 8, where: x .> 8)
    return x
  }

  @inline(__always)
  private static func polynomial(_ x: FloatLanes) -> FloatLanes {
    var p = fused(x, 5.382975e-06, 4.8890636e-05)
    p = fused(p, x, 3.8003575e-05)
    p = fused(p, x, 0.0032776263)
    p = fused(p, x, 0.021141006)
    p = fused(p, x, 0.049867347)
    return fused(p, x, 1)
  }

  @inline(__always)
  private static func tail(_ inverse: FloatLanes) -> FloatLanes {
    var power = inverse * inverse
    power *= power
    power *= power
    return power * power * 0.5
  }
}
