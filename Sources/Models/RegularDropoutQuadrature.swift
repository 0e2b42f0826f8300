// E(Y(t) | alive) of the regular models as an integral over the dropout probability: for horizons
// so long that RegularExpectedOrders.swift would add up too many orders.

/// The mean over p ~ Beta(a, b+m) of the expected orders given p.
///
/// Someone in stage j makes Σ_n q^(n−1)·P(N ≥ nk−j) orders given p = 1 − q. With ρ = q^(1/k),
/// i = k−1−j and the k-th roots of unity ω that is, from the generating function of N,
///
///     ρ^(−i)/k · Σ_ω ω^(−i) · (1 − (1 + (1−ωρ)·u)^(−R−j)) / (1−ωρ),
///
/// where the root 1 gives nearly all at long horizons, so nothing cancels unless q is small: there
/// the series in q is short. The mean over p is taken by `BetaMean`.
struct RegularDropoutQuadrature {
  private let orders: RegularExpectedOrders
  private let u: Double
  /// Σ_j v_j·P(N_j ≥ nk−j) by n − 1.
  private var coefficients = InlineArray<24, Double>(repeating: 0)

  /// Below this q the series in q is used.
  private static let stayMin = 0.15
  /// Beyond this exponent a power is nothing.
  private static let nothing = 48.0
  /// The last relative change by a halving of the step; the next one would be far smaller.
  private static let changeMax = 1e-12

  init(_ orders: RegularExpectedOrders, at u: Double) {
    self.orders = orders
    self.u = u
    for stage in 0..<orders.stages where orders.weights[stage] > 0 {
      let counts = StageCounts(shape: orders.shape + Double(stage), odds: u)
      for n in 1...24 {
        coefficients[n - 1] +=
          orders.weights[stage]
          * counts.probability(ofAtLeast: Double(n * orders.stages - stage))
      }
    }
  }

  /// The mean over p.
  func value() -> Double {
    BetaMean(a: orders.a, b: orders.bPosterior, changeMax: Self.changeMax).mean {
      value(atLogit: $0)
    }
  }

  /// The expected orders given p = 1/(1+e^(−y)).
  private func value(atLogit y: Double) -> Double {
    let logStay = y > 0 ? -y - log1p(exp(-y)) : -log1p(exp(y))
    let stay = exp(logStay)
    if stay < Self.stayMin {
      var sum = 0.0
      for n in (0..<24).reversed() { sum = sum * stay + coefficients[n] }
      return sum
    }
    let k = Double(orders.stages)
    let root = exp(logStay / k)
    let rest = -expm1(logStay / k)
    let logReal = log1p(rest * u)
    let alternating = orders.stages % 2 == 0 ? Departure(1 + root, 0, u) : nil
    let turning: Departure? =
      switch orders.stages {
      case 3: Departure(1 + root / 2, -root * 0.866_025_403_784_438_6, u)
      case 4: Departure(1, -root, u)
      default: nil
      }
    var value = 0.0
    // ρ^(−i) for i = k−1−j, from j = k−1 down.
    var lift = 1.0
    for i in 0..<orders.stages {
      let stage = orders.stages - 1 - i
      let weight = orders.weights[stage]
      if weight > 0 {
        let shape = orders.shape + Double(stage)
        var sum = rest > 1e-290 ? -expm1(-shape * logReal) / rest : shape * u
        if let alternating {
          let part = alternating.share(shape: shape).real
          sum += i % 2 == 0 ? part : -part
        }
        if let turning {
          let part = turning.share(shape: shape)
          let turn = orders.stages == 3 ? Self.thirds(i) : Self.quarters(i)
          sum += 2 * (turn.real * part.real - turn.imaginary * part.imaginary)
        }
        value += weight * lift / k * sum
      }
      lift /= root
    }
    return value
  }

  /// ω^(−i) for the third root of unity.
  private static func thirds(_ i: Int) -> (real: Double, imaginary: Double) {
    let sine = 0.866_025_403_784_438_6
    return i == 0 ? (1, 0) : i == 1 ? (-0.5, -sine) : (-0.5, sine)
  }

  /// ω^(−i) for the fourth root of unity.
  private static func quarters(_ i: Int) -> (real: Double, imaginary: Double) {
    i == 0 ? (1, 0) : i == 1 ? (0, -1) : i == 2 ? (-1, 0) : (0, 1)
  }

  /// The part of one root of unity, with c = 1 − ωρ: real part at least 1, angle at most π/4.
  private struct Departure {
    let real: Double
    let imaginary: Double
    /// ln of the magnitude of 1 + c·u, and its angle.
    let logMagnitude: Double
    let angle: Double

    init(_ real: Double, _ imaginary: Double, _ u: Double) {
      self.real = real
      self.imaginary = imaginary
      let square = (real * real + imaginary * imaginary) * u
      logMagnitude = 0.5 * log1p((2 * real + square) * u)
      angle = atan(imaginary / (1 / u + real))
    }

    /// (1 − (1 + c·u)^(−R)) / c.
    func share(shape: Double) -> (real: Double, imaginary: Double) {
      var top = (real: 1.0, imaginary: 0.0)
      let exponent = shape * logMagnitude
      if exponent < RegularDropoutQuadrature.nothing {
        let power = exp(-exponent)
        let turn = shape * angle
        // 1 − cos without cancellation.
        let versine = 2 * sin(turn / 2) * sin(turn / 2)
        top.real = power * versine - expm1(-exponent)
        top.imaginary = power * sin(turn)
      }
      let square = real * real + imaginary * imaginary
      return (
        (top.real * real + top.imaginary * imaginary) / square,
        (top.imaginary * real - top.real * imaginary) / square
      )
    }
  }
}
