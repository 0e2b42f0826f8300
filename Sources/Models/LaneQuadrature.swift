// The integral of DropoutQuadrature.swift over eight lanes: for long horizons of young customers and
// for parameters at which the series of ScoreKernel.swift cancels.

/// The mean of (1 − (1+p·u)^(−R))/p over p ~ Beta(a, b), lane by lane.
///
/// The same transformation, points and end as the scalar integral. Lanes share the points in v; a
/// point where a lane has no weight adds exact zeros to it, and a lane keeps the result with which
/// it has settled, so that neighbours never change a bit.
struct LaneQuadrature {
  private let a: Double
  private let b: Lanes
  private let shape: Lanes
  private let u: Lanes
  private let center: Lanes
  private let width: Lanes
  private let mode: Lanes
  private let peak: Lanes
  private var numerator = Lanes.zero
  private var normaliser = Lanes.zero

  /// - Parameters:
  ///   - a: first shape of p.
  ///   - b: second shape of p, above 0.
  ///   - shape: R = r + x.
  ///   - u: t/(α+T), above 0.
  init(a: Double, b: Lanes, shape: Lanes, u: Lanes) {
    self.a = a
    self.b = b
    self.shape = shape
    self.u = u
    let one = Lanes(repeating: 1)
    let floor = b.replacing(with: one, where: b .< one)
    center = LaneMath.log(Lanes(repeating: max(a, 1)) / floor)
    let spread = (one / floor + 1 / max(a, 1)).squareRoot()
    width = spread.replacing(with: one, where: spread .> one)
    mode = LaneMath.log(Lanes(repeating: a) / b)
    peak = Self.logWeight(mode, LaneMath.exp(-mode.magnitudes), a: a, b: b)
  }

  /// The means of the lanes that are wanted; the others hold anything finite.
  mutating func value(where wanted: LaneMask) -> Lanes {
    var step = 0.25
    _ = add(0)
    addSide(from: step, by: step, wanted)
    addSide(from: -step, by: -step, wanted)
    var result = numerator / normaliser
    var open = wanted
    while any(open), step > 1.0 / 1024 {
      addSide(from: step / 2, by: step, wanted)
      addSide(from: -step / 2, by: -step, wanted)
      step /= 2
      let refined = numerator / normaliser
      let change = (refined - result).magnitudes
      result.replace(with: refined, where: open)
      open .&= change .> refined * DropoutQuadrature.changeMax
    }
    return result
  }

  /// Adds all points from one on until no wanted lane has a weight any more.
  private mutating func addSide(from first: Double, by distance: Double, _ wanted: LaneMask) {
    var v = first
    while any(add(v) .& wanted) { v += distance }
  }

  /// Adds the point at v; true in lanes that have weights beyond it.
  @inline(__always)
  private mutating func add(_ v: Double) -> LaneMask {
    let y = center + width * sinh(v)
    // e^(−|y|) serves p = 1/(1+e^(−y)) and the weight on either side.
    let e = LaneMath.exp(-y.magnitudes)
    let isRight = y .> Lanes.zero
    let p = e.replacing(with: 1, where: isRight) / (e + 1)
    let logged = Self.logWeight(y, e, a: a, b: b) - peak
    let isNothing = logged .< Lanes(repeating: -60)
    let weight = (LaneMath.exp(logged) * cosh(v)).replacing(with: 0, where: isNothing)
    let isTiny = p .< Lanes(repeating: 1e-290)
    let safe = p.replacing(with: 1, where: isTiny)
    let orders = (-LaneMath.expm1(-shape * LaneMath.log1p(safe * u)) / safe)
      .replacing(with: shape * u, where: isTiny)
    numerator += weight * orders
    normaliser += weight
    let isBeforeMode = v < 0 ? y .> mode : y .< mode
    return .!isNothing .| isBeforeMode
  }

  /// ln[p^a (1−p)^b] from y and e^(−|y|).
  @inline(__always)
  private static func logWeight(_ y: Lanes, _ e: Lanes, a: Double, b: Lanes) -> Lanes {
    let linear = (y * a).replacing(with: -(y * b), where: y .> Lanes.zero)
    return linear - (b + a) * LaneMath.log1p(e)
  }
}
