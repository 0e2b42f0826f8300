// Integrals of e^f over a piece of the real line, for concave f: Gauss and Legendre's rule over
// panels of which each sees little of f's change. Which f is in ParetoIntegrals.swift.

/// A concave function f on [0, end] whose exponential is to be integrated.
///
/// e^f is analytic in |Im y| < π.
protocol LogConcave {
  /// f(y).
  func logValue(at y: Double) -> Double
  /// f′(y), which decreases; it may be +∞ at 0.
  func slope(at y: Double) -> Double
  /// How long a panel may be that begins at y.
  func panel(at y: Double, backwards: Bool) -> Double
}

extension LogConcave {
  /// ln ∫₀^end e^f dy.
  func logIntegral(to end: Double) -> Double {
    var sum = 0.0
    let reference = forEachNode(to: end) { _, weight in sum += weight }
    return reference + log(sum)
  }

  /// Visits the nodes of ∫₀^end e^f dy with their weights e^(f(y) − reference)·dy.
  ///
  /// Panels begin near the maximum and go both ways, until the end or until e^f is nothing.
  ///
  /// - Parameters:
  ///   - end: above 0.
  ///   - visit: takes y and its weight.
  /// - Returns: the reference, at most 1 below the maximum of f.
  func forEachNode(to end: Double, _ visit: (_ y: Double, _ weight: Double) -> Void) -> Double {
    let middle = nearMaximum(to: end)
    let reference = logValue(at: middle)
    var start = middle
    while start < end {
      let stop = min(start + panel(at: start, backwards: false), end)
      visitPanel(from: start, to: stop, reference: reference, visit)
      start = stop
      if start < end, logValue(at: start) < reference + GaussLegendre.nothing { break }
    }
    start = middle
    while start > 0 {
      let stop = max(start - panel(at: start, backwards: true), 0)
      visitPanel(from: stop, to: start, reference: reference, visit)
      start = stop
      if start > 0, logValue(at: start) < reference + GaussLegendre.nothing { break }
    }
    return reference
  }

  /// A point where f is at most 1 below its maximum over [0, end].
  private func nearMaximum(to end: Double) -> Double {
    if slope(at: end) >= 0 { return end }
    if slope(at: 0) <= 0 { return 0 }
    var (low, high) = (0.0, end)
    var middle = end / 2
    // Halving ends when f cannot change by 1 within what is left.
    while true {
      let slope = slope(at: middle)
      if abs(slope) * (high - low) <= 1 { return middle }
      if slope > 0 { low = middle } else { high = middle }
      let next = low + (high - low) / 2
      if next <= low || next >= high { return middle }
      middle = next
    }
  }

  private func visitPanel(
    from start: Double, to stop: Double, reference: Double,
    _ visit: (_ y: Double, _ weight: Double) -> Void
  ) {
    let half = (stop - start) / 2
    for i in 0..<8 {
      let distance = half * (1 - GaussLegendre.nodes[i])
      let weight = half * GaussLegendre.weights[i]
      // From the nearer end, so that a node close to 0 has all its digits.
      for y in [start + distance, stop - distance] {
        visit(y, weight * exp(logValue(at: y) - reference))
      }
    }
  }
}

/// The rule with 16 nodes on [−1, 1], of which the positive ones are listed.
enum GaussLegendre {
  /// Where f is that far below its maximum, e^f is nothing.
  static let nothing = -42.0
  /// By how much f may change within a panel: the rule's error is then below 1e-16.
  static let changeMax = 10.0
  /// The longest panel: e^f has branch points at the distance π.
  static let panelMax = 2.0

  /// The length over which a function of such a slope and second derivative changes that much.
  ///
  /// - Parameters:
  ///   - slope: f′ where the panel begins.
  ///   - bend: a bound of |f″| within the panel.
  /// - Returns: the positive root of |f′|·h + |f″|·h²/2 = changeMax, at most panelMax.
  static func panel(slope: Double, bend: Double) -> Double {
    let steep = abs(slope)
    let length = 2 * changeMax / (steep + (steep * steep + 2 * bend * changeMax).squareRoot())
    return min(length, panelMax)
  }

  static let nodes: InlineArray<8, Double> = [
    0.0950125098376374402, 0.281603550779258913, 0.458016777657227386, 0.617876244402643748,
    0.755404408355003034, 0.865631202387831744, 0.944575023073232576, 0.989400934991649933,
  ]
  static let weights: InlineArray<8, Double> = [
    0.189450610455068496, 0.182603415044923589, 0.169156519395002538, 0.149595988816576732,
    0.124628971255533872, 0.0951585116824927848, 0.0622535239386478929, 0.0271524594117540949,
  ]
}
