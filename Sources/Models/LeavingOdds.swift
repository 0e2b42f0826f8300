// From the odds that a customer has left to the probabilities that are asked for.

/// The odds that a customer has left: P(left) : P(alive).
struct LeavingOdds {
  /// Their logarithm; nil when there was no chance to leave yet.
  let logarithm: Double?

  /// P(alive) = 1 / (1 + odds), no digits lost at either end.
  var aliveProbability: Double {
    guard let logarithm else { return 1 }
    let e = exp(-abs(logarithm))
    return (logarithm > 0 ? e : 1) / (1 + e)
  }

  /// P(left) + P(alive)·P(no order | alive): a sum, so no digits are lost near 0 or 1.
  ///
  /// - Parameter quiet: P(no order | alive).
  /// - Returns: P(no order).
  func churnProbability(quiet: Double) -> Double {
    guard let logarithm else { return quiet }
    let e = exp(-abs(logarithm))
    return (logarithm > 0 ? 1 + e * quiet : e + quiet) / (1 + e)
  }
}
