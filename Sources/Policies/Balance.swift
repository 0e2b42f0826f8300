// Which columns of a log cannot have been known when it was decided: they differ between the actions by more
// than the propensities allow. What is bet on that is in BalanceBets.

internal import Models

extension LoggedTable {
  /// How far each feature is from one that was there before the decision, in standard errors.
  ///
  /// Where every action has one propensity in all rows, the means under the actions must be alike; see
  /// `distancesOfMeans`. Where propensities depend on the row this test would be wrong in two ways. Weights
  /// have long tails: the few rows with the largest, which would bring the balance about, are mostly
  /// missing, and the error that is estimated without them is too small. And an action that is impossible
  /// for some has, weighted, the mean of those for whom it is possible, and rightly so. There two other
  /// tests look, `distancesOfKnownMeans` and `BalanceBets`, and the larger distance counts.
  ///
  /// - Returns: for each feature a distance, at least 0. Beyond 6 it is what came of the decision, not what
  ///   was known of the row.
  public func distancesBetweenActions() -> [Double] {
    let distances =
      hasOnePropensityForEachAction
      ? distancesOfMeans()
      : zip(distancesOfKnownMeans(), BalanceBets(self).distances).map { max($0, $1) }
    // Of a constant there would be left what its mean was rounded by.
    return distances.enumerated().map { place, distance in
      (1..<max(count, 1)).contains { features[$0 * width + place] != features[place] }
        ? distance : 0
    }
  }

  /// Whether an action's propensity is the same in all rows, but for how it was rounded.
  private var hasOnePropensityForEachAction: Bool {
    var least = [Double](repeating: .infinity, count: actionCount)
    var most = [Double](repeating: 0, count: actionCount)
    for row in 0..<count {
      let action = Int(actions[row])
      least[action] = min(least[action], propensities[row])
      most[action] = max(most[action], propensities[row])
    }
    return zip(least, most).allSatisfy { $1 <= 1.01 * $0 }
  }

  /// For each feature the largest distance among the actions.
  ///
  /// Weighted by 1/propensity, a feature that was there before the decision has the same mean under every
  /// action, but for chance: Σ (x − x̄)·1(A = a)/π is 0. The errors are summed up by customer.
  private func distancesOfMeans() -> [Double] {
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

  /// For each feature the largest distance among the actions that are possible for everybody, as far as
  /// weights tell: their mean is not below 1 by more than a standard error, and they are as good as 100
  /// rows.
  ///
  /// The difference of Hájek's mean Σ x·w/Σ w, w = 1(A = a)/π, from the mean of all rows, over its error by
  /// the influence function, summed up by customer. Student's, whose degrees of freedom are those of the
  /// error, so that few large weights do not count as many: as a normal deviate √(n·ln(1 + t²/n)) (Wallace,
  /// «Bounds on normal approximations to Student's and the chi-square distributions», 1959). Features are
  /// cut two deviations from their mean. Rows with a propensity of 1 were no draw.
  private func distancesOfKnownMeans() -> [Double] {
    let rows = (0..<count).filter { propensities[$0] < 1 - 1e-9 }
    var largest = [Double](repeating: 0, count: width)
    let known = knownActions(rows)
    guard !known.isEmpty else { return largest }
    let (numbers, customers) = denseClusters()
    let size = Double(rows.count)
    var values = [Double](repeating: 0, count: rows.count)
    for feature in 0..<width {
      for (place, row) in rows.enumerated() { values[place] = features[row * width + feature] }
      let mean = values.reduce(0, +) / size
      let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / size
      let reach = 2 * square.squareRoot()
      for place in values.indices {
        values[place] = min(max(values[place] - mean, -reach), reach)
      }
      let centre = values.reduce(0, +) / size
      for (action, total) in known {
        var weighted = 0.0
        for (place, row) in rows.enumerated() where Int(actions[row]) == action {
          weighted += values[place] / propensities[row]
        }
        let own = weighted / total
        var sums = [Double](repeating: 0, count: customers)
        for (place, row) in rows.enumerated() {
          sums[Int(numbers[row])] += centre - values[place]
          if Int(actions[row]) == action {
            sums[Int(numbers[row])] += (values[place] - own) * size / (total * propensities[row])
          }
        }
        let squares = sums.reduce(0) { $0 + $1 * $1 }
        let fourths = sums.reduce(0) { $0 + $1 * $1 * $1 * $1 }
        guard squares > 0, fourths > 0 else { continue }
        let t = (own - centre) * size / squares.squareRoot()
        let degrees = max(2 * squares * squares / fourths, 1)
        largest[feature] = max(
          largest[feature], (degrees * Elementary.log(1 + t * t / degrees)).squareRoot())
      }
    }
    return largest
  }

  /// The actions whose weights are there, and the sum of these.
  private func knownActions(_ rows: [Int]) -> [(action: Int, total: Double)] {
    var sums = [Double](repeating: 0, count: actionCount)
    var squares = sums
    for row in rows {
      let weight = 1 / propensities[row]
      sums[Int(actions[row])] += weight
      squares[Int(actions[row])] += weight * weight
    }
    let size = Double(rows.count)
    return (0..<actionCount).filter { action in
      let (sum, square) = (sums[action], squares[action])
      let error = (max(square / size - sum * sum / (size * size), 0) / size).squareRoot()
      return square > 0 && sum / size >= 1 - error && sum * sum / square >= 100
    }.map { ($0, sums[$0]) }
  }
}
