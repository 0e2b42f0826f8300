// The integral behind propensities: normal scores eight at a time, nodes where the narrowest of them needs
// them. Which arms take part, floors and choices are in Thompson.

internal import Models

/// Eight numbers; of half the width of ``Lanes``, and so of half the time.
typealias FloatLanes = SIMD8<Float>

/// How probably each of some normal scores is the largest: π = ∫ φ(t) Π Φ(t) dt, over the other arms.
///
/// Written π = ∫ F·ρ dt with F = Π Φ over all arms and ρ = φ/Φ of one, so that all arms share a node's
/// product. The line is cut into panels with four nodes each, after Gauss and Legendre (exact for
/// polynomials of degree 7); no panel is wider than three deviations of an arm that is live in it. A
/// uniform grid is wrong by up to 0.86 when widths differ a thousandfold.
struct WinIntegral: ~Copyable {
  /// In deviations of the narrowest arm that is live there, how wide a panel is.
  static let panelMax = 3.0
  /// In deviations on both sides of its mean, where an arm is live for panels.
  private static let reach = 3.5
  /// Less than this of the whole is left out at either end.
  private static let tail = 3e-4
  private static let panelsMax = 1024

  /// Eight arms.
  private struct Octet {
    var mean = Lanes.zero
    var deviation = Lanes.zero
    var inverse = Lanes.zero
    /// (t − m)/v where the panel begins, and how much of it the panel covers.
    var start = FloatLanes.zero
    var length = FloatLanes.zero
    /// ρ·v at the four nodes.
    var hazards = InlineArray<4, FloatLanes>(repeating: .zero)
    /// π without what is left out.
    var share = FloatLanes.zero
  }

  private var octets: [Octet]
  private var means: [Double]
  private var deviations: [Double]
  /// How many arms take part.
  private(set) var count = 0

  /// Makes the memory for so many arms, a multiple of 8.
  init(_ armsMax: Int) {
    octets = [Octet](repeating: Octet(), count: armsMax / 8)
    means = [Double](repeating: 0, count: armsMax)
    deviations = [Double](repeating: 0, count: armsMax)
  }

  mutating func clear() { count = 0 }

  /// Adds an arm with a width.
  mutating func add(mean: Double, deviation: Double) {
    means[count] = mean
    deviations[count] = deviation
    count += 1
  }

  /// Puts the arms into octets; behind the last stand some that always lose.
  mutating func close() {
    let octetCount = (count + 7) / 8
    for lane in count..<octetCount * 8 {
      means[lane] = -1e300
      deviations[lane] = 1e290
    }
    for place in 0..<octetCount {
      octets[place].mean = Self.lanes(means.span, place * 8)
      octets[place].deviation = Self.lanes(deviations.span, place * 8)
      octets[place].inverse = 1 / octets[place].deviation
      octets[place].share = .zero
    }
  }

  private static func lanes(_ span: Span<Double>, _ first: Int) -> Lanes {
    let eight = span.extracting(first..<first + 8)
    return Lanes(
      eight[0], eight[1], eight[2], eight[3], eight[4], eight[5], eight[6], eight[7])
  }

  /// F: the probability that all arms are below.
  func product(at node: Double) -> Double {
    let octets = octets.span
    var product = FloatLanes(repeating: 1)
    for place in 0..<(count + 7) / 8 {
      let z = Self.narrowed((node - octets[place].mean) * octets[place].inverse)
      product *= NormalLanes.cumulative(z)
      // A product of subnormal numbers would be slow, and such a small one is of no use.
      product.replace(with: 1e-20, where: product .< 1e-20)
    }
    return Self.product(of: product)
  }

  /// Where the largest score is, but for a tail at either end.
  func range(from low: Double, to high: Double) -> (low: Double, high: Double) {
    var (low, middleLow, middleHigh, high) = (low, low, high, high)
    for _ in 0..<4 {
      let middle = (low + middleHigh) / 2
      let below = product(at: middle)
      if below <= Self.tail { low = middle } else { middleHigh = middle }
      if below < 1 - Self.tail { middleLow = max(middleLow, middle) } else { high = middle }
    }
    for _ in 0..<2 {
      let middle = (middleLow + high) / 2
      if product(at: middle) < 1 - Self.tail { middleLow = middle } else { high = middle }
    }
    return (low, high)
  }

  /// Finds the shares.
  ///
  /// - Parameters:
  ///   - low: where it begins.
  ///   - high: where it ends, not below.
  ///   - panelMax: how wide panels may be, in deviations.
  /// - Returns: the sum of all shares, about F(high) − F(low).
  mutating func integrate(from low: Double, to high: Double, panelMax: Double) -> Double {
    let octetCount = (count + 7) / 8
    var span = octets.mutableSpan
    for place in 0..<octetCount { span[place].share = .zero }
    // The largest of many like arms is narrower than any of them.
    let most = (high - low) / 3
    var node = low
    var panels = 0
    while node < high, panels < Self.panelsMax {
      let rest = high - node
      var width = min(Self.start(&span, octetCount, at: node, panelMax), most)
      if width > rest / 2 { width = width < rest ? rest / 2 : rest }
      Self.fill(&span, octetCount, width)
      node += width
      panels += 1
    }
    var sum = 0.0
    for place in 0..<octetCount {
      for lane in 0..<8 { sum += Double(span[place].share[lane]) }
    }
    return sum
  }

  /// The share of an octet's arms.
  func shares(ofOctet place: Int) -> FloatLanes { octets[place].share }

  /// Begins a panel.
  ///
  /// - Returns: how wide it may be: up to where an arm begins, or so many deviations of it.
  private static func start(
    _ octets: inout MutableSpan<Octet>, _ count: Int, at node: Double, _ panelMax: Double
  ) -> Double {
    var least = Lanes(repeating: .infinity)
    for place in 0..<count {
      let z = (node - octets[place].mean) * octets[place].inverse
      octets[place].start = narrowed(z)
      var width = Lanes(repeating: -reach) - z
      width.replace(with: panelMax, where: width .< panelMax)
      width *= octets[place].deviation
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
    _ octets: inout MutableSpan<Octet>, _ count: Int, _ width: Double
  ) {
    for place in 0..<count {
      octets[place].length = narrowed(width * octets[place].inverse)
    }
    let nodes: InlineArray<4, Float> = [
      0.06943184420297371, 0.33000947820757187, 0.6699905217924281, 0.9305681557970263,
    ]
    var weights: InlineArray<4, Float> = [
      0.17392742256872693, 0.32607257743127307, 0.32607257743127307, 0.17392742256872693,
    ]
    for node in 0..<4 {
      var product = FloatLanes(repeating: 1)
      for place in 0..<count {
        let z = octets[place].start + octets[place].length * nodes[node]
        let (cumulative, hazard) = NormalLanes.normal(z)
        octets[place].hazards[node] = hazard
        product *= cumulative
        product.replace(with: 1e-20, where: product .< 1e-20)
      }
      weights[node] *= Float(Self.product(of: product))
    }
    for place in 0..<count {
      var sum = octets[place].hazards[0] * weights[0]
      for node in 1..<4 { sum += octets[place].hazards[node] * weights[node] }
      octets[place].share += sum * octets[place].length
    }
  }

  private static func product(of lanes: FloatLanes) -> Double {
    var product = 1.0
    for lane in 0..<8 { product *= Double(lanes[lane]) }
    return product
  }

  /// In single precision, and not beyond a million, where all is decided.
  @inline(__always)
  private static func narrowed(_ lanes: Lanes) -> FloatLanes {
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
/// Beyond 8 deviations all is as at 8, so that Φ is never 0. Errors: see WinIntegralTests.
enum NormalLanes {
  /// Φ.
  @inline(__always)
  static func cumulative(_ z: FloatLanes) -> FloatLanes {
    let tail = tail(1 / polynomial(magnitude(z)))
    return tail.replacing(with: 1 - tail, where: z .> 0)
  }

  /// Φ, and φ/Φ with the formula's own derivative.
  @inline(__always)
  static func normal(_ z: FloatLanes) -> (cumulative: FloatLanes, hazard: FloatLanes) {
    let x = magnitude(z)
    var slope = x * (6 * 5.382975e-06) + 5 * 4.8890636e-05
    slope = slope * x + 4 * 3.8003575e-05
    slope = slope * x + 3 * 0.0032776263
    slope = slope * x + 2 * 0.021141006
    slope = slope * x + 0.049867347
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
    var p = x * 5.382975e-06 + 4.8890636e-05
    p = p * x + 3.8003575e-05
    p = p * x + 0.0032776263
    p = p * x + 0.021141006
    p = p * x + 0.049867347
    return p * x + 1
  }

  @inline(__always)
  private static func tail(_ inverse: FloatLanes) -> FloatLanes {
    var power = inverse * inverse
    power *= power
    power *= power
    return power * power * 0.5
  }
}
