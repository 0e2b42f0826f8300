// Bets that a column knows which action was taken, in logs whose propensities differ from row to row.

internal import Models

/// What bets against each feature of a log have won.
///
/// Of rows that were drawn truthfully, 1(A = a)/π has a mean of 1 where action a was possible and of 0
/// where it was not, whatever was known before: never above 1. So whoever stakes a share λ of what he has
/// on 1(A = a)/π − 1, in rows whose feature is above a threshold, and likewise on some action in those below,
/// cannot expect to win: by Markov he makes e¹⁸ of 1 in at most e⁻¹⁸ of all logs, times the thresholds and
/// pairs of actions of which the best are taken; with weights of any tail, and actions that are possible for
/// some only. Shafer, «Testing by betting», Journal of the Royal Statistical Society A 184, 2021. On a
/// feature that does know the action he wins about e^(z²/2), z its distance in standard errors.
///
/// - Rows with a propensity of 1 were no draw and tell nothing.
/// - Rows of a customer that were drawn once count once; see `weights`.
/// - Propensities that are too small in all rows would make every bet win; the mean of 1(A = a)/π is
///   divided out where it is above 1 by more than chance. (That is a matter of the evaluation's mean weight.)
struct BalanceBets {
  /// For each feature √(2·ln of what was won), the largest among thresholds; at least 0.
  let distances: [Double]

  /// Shares of what one has that are staked, by turns: one eighth of the money on each.
  private static let shares = Lanes(
    0.5, 0.2, 0.08, 0.032, 0.0128, 0.00512, 0.002048, 0.0008192)
  /// ln of what remains when a stake is lost.
  private static let losses = logs(1 - shares)
  /// Quantiles that are thresholds, besides the mean.
  private static let quantiles = 8
  /// Rows that tell quantiles.
  private static let looksMax = 8_192

  init(_ table: LoggedTable) {
    let (width, actions) = (table.width, table.actionCount)
    let rows = (0..<table.count).filter { table.propensities[$0] < 1 - 1e-9 }
    guard !rows.isEmpty else {
      distances = [Double](repeating: 0, count: width)
      return
    }
    let weights = Self.weights(table)
    let scales = Self.scales(table, rows)
    let thresholds = (0..<width).map { Self.thresholds(table, rows, $0) }
    let bins = Self.quantiles + 1
    var counts = [Double](repeating: 0, count: width * bins * actions)
    var gains = [Lanes](repeating: .zero, count: counts.count)
    for row in rows {
      let action = Int(table.actions[row])
      let chance = table.propensities[row] * scales[action]
      let gain = Self.logs(1 + Self.shares * (1 / chance - 1)) * weights[row]
      for feature in 0..<width {
        let value = table.features[row * width + feature]
        var bin = 0
        for threshold in thresholds[feature] where value > threshold { bin += 1 }
        let place = (feature * bins + bin) * actions + action
        counts[place] += weights[row]
        gains[place] += gain
      }
    }
    distances = (0..<width).map { feature in
      var most = 0.0
      for cut in 0..<thresholds[feature].count {
        let start = feature * bins
        let below = Self.won(counts, gains, start..<start + cut + 1, actions)
        let above = Self.won(counts, gains, start + cut + 1..<start + bins, actions)
        most = max(most, below + above)
      }
      return (2 * most).squareRoot()
    }
  }

  /// ln of what a bet on the best action has won in some bins; 0 without a bet.
  private static func won(
    _ counts: [Double], _ gains: [Lanes], _ bins: Range<Int>, _ actions: Int
  ) -> Double {
    var all = 0.0
    for place in bins.lowerBound * actions..<bins.upperBound * actions { all += counts[place] }
    var most = 0.0
    for action in 0..<actions {
      var (own, gain) = (0.0, Lanes.zero)
      for bin in bins {
        own += counts[bin * actions + action]
        gain += gains[bin * actions + action]
      }
      gain += losses * (all - own)
      let largest = gain.max()
      var mean = 0.0
      for lane in 0..<8 { mean += Elementary.exp(gain[lane] - largest) / 8 }
      most = max(most, largest + Elementary.log(mean))
    }
    return most
  }

  /// For how many draws a row stands: for one, but where a customer's rows were evidently drawn once, so that
  /// an action follows itself more often than it should, for its share of them.
  ///
  /// A geometric mean of bets on the same draw wins no more than one of them.
  private static func weights(_ table: LoggedTable) -> [Double] {
    let alone = [Double](repeating: 1, count: table.count)
    let (numbers, customers) = table.denseClusters()
    guard customers < table.count else { return alone }
    var last = [Int32](repeating: -1, count: customers)
    var counts = [Double](repeating: 0, count: customers)
    var (pairs, sum, squares) = (0.0, 0.0, 0.0)
    for row in 0..<table.count {
      let customer = Int(numbers[row])
      let (before, action) = (last[customer], table.actions[row])
      last[customer] = action
      counts[customer] += 1
      guard before >= 0, table.propensities[row] < 1 - 1e-9 else { continue }
      pairs += 1
      guard before == action else { continue }
      // Whatever came before, 1 in the mean, or less where the action has become impossible.
      let weight = 1 / table.propensities[row]
      sum += weight
      squares += weight * weight
    }
    guard isAboveOne(sum, squares, pairs) else { return alone }
    return numbers.map { 1 / counts[Int($0)] }
  }

  /// Whether a mean is above 1 by more than three standard errors.
  private static func isAboveOne(_ sum: Double, _ squares: Double, _ count: Double) -> Bool {
    guard count > 0 else { return false }
    let mean = sum / count
    let error = (max(squares / count - mean * mean, 0) / count).squareRoot()
    return mean > 1 + 3 * error && mean > 1.000_1
  }

  /// For each action the mean of 1(A = a)/π, where it is above 1 by more than chance; else 1.
  private static func scales(_ table: LoggedTable, _ rows: [Int]) -> [Double] {
    var sums = [Double](repeating: 0, count: table.actionCount)
    var squares = sums
    for row in rows {
      let weight = 1 / table.propensities[row]
      sums[Int(table.actions[row])] += weight
      squares[Int(table.actions[row])] += weight * weight
    }
    let count = Double(rows.count)
    return zip(sums, squares).map { isAboveOne($0, $1, count) ? $0 / count : 1 }
  }

  /// Quantiles of a feature and its mean: different ones, none of them the largest value.
  private static func thresholds(_ table: LoggedTable, _ rows: [Int], _ feature: Int) -> [Double] {
    var mean = 0.0
    var largest = -Double.infinity
    for row in rows {
      let value = table.features[row * table.width + feature]
      mean += value / Double(rows.count)
      largest = max(largest, value)
    }
    let looks = stride(from: 0, to: rows.count, by: max(rows.count / looksMax, 1)).map {
      table.features[rows[$0] * table.width + feature]
    }.sorted()
    let places = (1..<quantiles).map { looks[looks.count * $0 / quantiles] }
    return Set(places + [mean]).filter { $0 < largest }.sorted()
  }

  private static func logs(_ numbers: Lanes) -> Lanes {
    var logs = Lanes.zero
    for lane in 0..<8 { logs[lane] = Elementary.log(numbers[lane]) }
    return logs
  }
}
