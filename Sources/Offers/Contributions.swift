// What an estimate is made of, feature by feature.

/// The share of one feature in an estimate: μ_j·x_j.
public struct Contribution: Equatable, Sendable {
  /// The feature's number.
  public var feature: Int
  /// In major units.
  public var amount: Double

  /// The largest shares, and what all others make together.
  ///
  /// - Parameters:
  ///   - slopes: μ of the offer less μ of no offer, in major units per unit of the feature.
  ///   - features: x, as many.
  ///   - count: how many shares to tell.
  /// - Returns: the largest by magnitude, the largest first, and the sum of the rest; all of it sums up
  ///   to the estimate.
  public static func largest(
    slopes: Span<Double>, features: Span<Double>, count: Int = 5
  ) -> (largest: [Contribution], rest: Double) {
    precondition(slopes.count == features.count, "each feature has a slope")
    var all: [Contribution] = []
    for feature in 0..<slopes.count {
      all.append(Contribution(feature: feature, amount: slopes[feature] * features[feature]))
    }
    all.sort { abs($0.amount) > abs($1.amount) }
    return (Array(all.prefix(count)), all.dropFirst(count).reduce(0) { $0 + $1.amount })
  }
}
