// Before and beside a comparison: how many customers it takes, whether the groups have the sizes they
// should have, and what many comparisons at once are worth.

internal import Models

/// The plan of an experiment and the checks on it.
public enum Experiment {
  /// Below this probability of the groups' sizes no verdict is given.
  public static let ratioMin = 0.001

  /// Customers it takes in all, to find a difference with a power of 80 % at 5 %.
  ///
  /// N = (z₀.₉₇₅ + z₀.₈)²·σ²·(1/h + 1/(1 − h))/δ².
  ///
  /// - Parameters:
  ///   - deviation: σ of the outcome per customer.
  ///   - holdout: h, the share held back, between 0 and 1.
  ///   - difference: δ, the least that shall be found, not 0.
  /// - Returns: customers of both groups, rounded up.
  public static func customers(
    deviation: Double, holdout: Double, difference: Double
  ) -> Int {
    let z = Normal.quantile(0.975) + Normal.quantile(0.8)
    let shares = 1 / holdout + 1 / (1 - holdout)
    let count = z * z * deviation * deviation * shares / (difference * difference)
    return count < 1e18 ? Int(count.rounded(.up)) : .max
  }

  /// How probable groups as uneven as these are, if customers fell into them as planned.
  ///
  /// Below `ratioMin` something moved customers between the groups, and no verdict is given.
  ///
  /// - Parameters:
  ///   - counts: customers of each group.
  ///   - shares: the planned share of each, above 0; their sum does not matter.
  /// - Returns: p of the χ² test.
  public static func ratioProbability(counts: [Int], shares: [Double]) -> Double {
    let total = Double(counts.reduce(0, +))
    let sum = shares.reduce(0, +)
    guard counts.count > 1, counts.count == shares.count, total > 0 else { return 1 }
    var chiSquare = 0.0
    for (count, share) in zip(counts, shares) {
      let expected = total * share / sum
      chiSquare += (Double(count) - expected) * (Double(count) - expected) / expected
    }
    return ChiSquare.upperTail(chiSquare, degrees: counts.count - 1)
  }

  /// Which of many comparisons stand when at most a share of those that stand may be false.
  ///
  /// Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995).
  ///
  /// - Parameters:
  ///   - probabilities: p of each comparison.
  ///   - share: the share of false ones, such as 0.05.
  /// - Returns: for each comparison whether it stands.
  public static func standing(_ probabilities: [Double], falseShare share: Double) -> [Bool] {
    let order = probabilities.indices.sorted { probabilities[$0] < probabilities[$1] }
    var last = -1
    for (rank, place) in order.enumerated()
    where probabilities[place] <= share * Double(rank + 1) / Double(order.count) {
      last = rank
    }
    var stands = probabilities.map { _ in false }
    for place in order.prefix(last + 1) { stands[place] = true }
    return stands
  }
}
