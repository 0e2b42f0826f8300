// Which columns of a log cannot have been known when it was decided: they differ between the actions.

internal import Models

extension LoggedTable {
  /// How far each feature is from being the same under every action, in standard errors.
  ///
  /// Weighted by 1/propensity, a feature that was there before the decision has the same mean under every
  /// action, but for chance: Σ (x − x̄)·1(A = a)/π is 0. The errors are summed up by customer. Beyond 6 it is
  /// what came of the decision, not what was known of the row.
  ///
  /// - Returns: for each feature the largest distance among the actions, at least 0.
  public func distancesBetweenActions() -> [Double] {
    let (numbers, customers) = denseClusters()
    return (0..<width).map { place in
      var mean = 0.0
      for row in 0..<count { mean += features[row * width + place] }
      mean /= Double(max(count, 1))
      var largest = 0.0
      for action in 0..<actionCount {
        var sums = [Double](repeating: 0, count: customers)
        for row in 0..<count where Int(actions[row]) == action {
          sums[Int(numbers[row])] += (features[row * width + place] - mean) / propensities[row]
        }
        let total = sums.reduce(0, +)
        let square = sums.reduce(0) { $0 + $1 * $1 }
        if square > 0 { largest = max(largest, abs(total) / square.squareRoot()) }
      }
      return largest
    }
  }
}
