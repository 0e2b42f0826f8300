// The integral behind propensities: its memory, and which build of its loops runs. Which arms take part,
// floors and choices are in Thompson, the loops in Kernels' WinKernel.

internal import Kernels
internal import Models

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

/// How probably each of some normal scores is the largest: π = ∫ φ(t) Π Φ(t) dt, over the other arms.
///
/// Written π = ∫ F·ρ dt with F = Π Φ over all arms and ρ = φ/Φ of one, so that all arms share a node's
/// product. The line is cut into panels with four nodes each, after Gauss and Legendre (exact for
/// polynomials of degree 7); no panel is wider than three deviations of an arm that is live in it. A
/// uniform grid is wrong by up to 0.86 when widths differ a thousandfold.
struct WinIntegral: ~Copyable {
  /// In deviations of the narrowest arm that is live there, how wide a panel is.
  static let panelMax = 3.0

  private var arms: [Lanes]
  private var work: [SIMD8<Float>]
  private var found: [Float]
  private var means: [Double]
  private var deviations: [Double]
  /// How many arms take part.
  private(set) var count = 0
  private let level = Processor.level

  /// Makes the memory for so many arms, a multiple of 8.
  init(_ armsMax: Int) {
    arms = [Lanes](repeating: .zero, count: armsMax / 8 * Kernels.WinKernel.armPlaces)
    work = [SIMD8<Float>](repeating: .zero, count: armsMax / 8 * Kernels.WinKernel.workPlaces)
    found = [Float](repeating: 0, count: armsMax)
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
    for lane in count..<(count + 7) / 8 * 8 {
      means[lane] = -1e300
      deviations[lane] = 1e290
    }
    for octet in 0..<(count + 7) / 8 {
      let deviation = Self.lanes(deviations.span, octet * 8)
      arms[octet * 3] = Self.lanes(means.span, octet * 8)
      arms[octet * 3 + 1] = deviation
      arms[octet * 3 + 2] = 1 / deviation
    }
  }

  private static func lanes(_ span: Span<Double>, _ first: Int) -> Lanes {
    let eight = span.extracting(first..<first + 8)
    return Lanes(
      eight[0], eight[1], eight[2], eight[3], eight[4], eight[5], eight[6], eight[7])
  }

  private var armPlaces: Range<Int> { 0..<(count + 7) / 8 * Kernels.WinKernel.armPlaces }

  /// F: the probability that all arms are below.
  func product(at node: Double) -> Double {
    Kernels.WinKernel.product(at: node, arms.span.extracting(armPlaces))
  }

  /// Where the largest score is, but for a tail at either end.
  func range(from low: Double, to high: Double) -> (low: Double, high: Double) {
    let arms = arms.span.extracting(armPlaces)
    switch level {
    #if arch(x86_64)
      case .v4: return KernelsV4.WinKernel.range(from: low, to: high, arms)
      case .v3: return KernelsV3.WinKernel.range(from: low, to: high, arms)
    #endif
    default: return Kernels.WinKernel.range(from: low, to: high, arms)
    }
  }

  /// Finds the shares.
  ///
  /// - Parameters:
  ///   - low: where it begins.
  ///   - high: where it ends, not below.
  ///   - panelMax: how wide panels may be, in deviations.
  /// - Returns: the sum of all shares, about F(high) − F(low).
  mutating func integrate(from low: Double, to high: Double, panelMax: Double) -> Double {
    // Taken out, as three parts of one value cannot be lent at a time.
    var (lentArms, lentWork, lentFound): ([Lanes], [SIMD8<Float>], [Float]) = ([], [], [])
    swap(&lentArms, &arms)
    swap(&lentWork, &work)
    swap(&lentFound, &found)
    defer {
      swap(&lentArms, &arms)
      swap(&lentWork, &work)
      swap(&lentFound, &found)
    }
    let octets = lentArms.span.extracting(armPlaces)
    var room = lentWork.mutableSpan
    var shares = lentFound.mutableSpan
    switch level {
    #if arch(x86_64)
      case .v4:
        return KernelsV4.WinKernel.integrate(
          from: low, to: high, panelMax: panelMax, octets, work: &room, into: &shares)
      case .v3:
        return KernelsV3.WinKernel.integrate(
          from: low, to: high, panelMax: panelMax, octets, work: &room, into: &shares)
    #endif
    default:
      return Kernels.WinKernel.integrate(
        from: low, to: high, panelMax: panelMax, octets, work: &room, into: &shares)
    }
  }

  /// The share of an arm, in the order they were added.
  func share(of arm: Int) -> Double { Double(found[arm]) }
}
