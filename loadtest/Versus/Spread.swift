// The median of some rounds with the least and the most, and ratios taken within each round. Not here:
// what was measured.

/// Figures of several rounds.
struct Spread: Encodable, Equatable {
  let median: Double
  let least: Double
  let most: Double

  /// Sorts figures; nil without any.
  init?(_ figures: [Double]) {
    let sorted = figures.sorted()
    guard let first = sorted.first, let last = sorted.last else { return nil }
    (least, most) = (first, last)
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// How many times one is the other, round by round.
  ///
  /// What disturbs a round disturbs both of its figures, so the ratio moves less than they do.
  ///
  /// - Parameters:
  ///   - figures: by round; nil where there is none.
  ///   - others: by the same rounds.
  init?(_ figures: [Double?], over others: [Double?]) {
    self.init(
      zip(figures, others).compactMap { pair in
        guard let figure = pair.0, let other = pair.1, other > 0 else { return nil }
        return figure / other
      })
  }
}
