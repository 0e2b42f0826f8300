// What a policy would have earned, judged on the log of another one.

internal import Models

/// The value of a policy, in reward per decision, from a log with propensities.
public struct Evaluation: Equatable, Sendable {
  /// Decisions of the log.
  public internal(set) var rows = 0
  /// (Σw)²/Σw² with w = π(a|x)/propensity: how many decisions of the policy itself would tell as much.
  public internal(set) var effectiveSampleSize = 0.0
  /// Mean of w·y: Horvitz and Thompson.
  public internal(set) var ips = 0.0
  /// Σ w·y / Σ w: Hájek.
  public internal(set) var snips = 0.0
  /// Mean of Σ π·q + w·(y − q): doubly robust (Dudík, Langford and Li 2011), q from other folds.
  public internal(set) var dr = 0.0
  /// 95 %, of `dr`: from its influence function, summed up by customer; wider where few rows make it
  /// up, or the log hardly ever did what the policy does.
  public internal(set) var interval = 0.0...0.0
  /// As `dr`, but large weights shrunk: λw/(w² + λ) with the λ of the least estimated error.
  ///
  /// Su, Dimakopoulou, Krishnamurthy and Dudík, «Doubly robust off-policy evaluation with shrinkage»,
  /// ICML 2020.
  public internal(set) var drShrunk = 0.0
  /// Mean of w, which is 1 but for chance.
  public internal(set) var meanWeight = 0.0
  /// How often the policy would choose each action, as shares.
  public internal(set) var choices: [Double] = []
  /// Whether the mean of w differs from 1 by more than chance (p < 0.001): propensities are wrong, or the
  /// policy chooses where the log could not.
  public internal(set) var isWeightSuspect = false
  /// By how much the interval is wider because weights are missing: their share, beyond two standard
  /// errors, times the deviation of what the outcome model did not foresee.
  var slack = 0.0
  /// Influence of each row on `dr`.
  var influence: [Double] = []

  /// A difference of two policies on the same log.
  public struct Difference: Equatable, Sendable {
    /// The first one's `dr` less the other's.
    public var value: Double
    /// 95 %, paired: what both do alike cancels.
    public var interval: ClosedRange<Double>
  }
}

/// Judges policies on one log.
public struct Evaluator: Sendable {
  private let fit: CrossFit
  private let clusters: (numbers: [Int32], count: Int)
  private let outcome: [[[Lanes]]]

  private static let z = 1.959963984540054

  /// Prepares a log: sums for regressions, and the outcome models without each fold.
  ///
  /// - Parameter table: the log.
  /// - Throws: `PolicyError.noRows`.
  public init(_ table: LoggedTable) throws(PolicyError) {
    guard table.count > 0 else { throw .noRows }
    fit = CrossFit(table)
    clusters = table.denseClusters()
    let fit = fit
    outcome = (0..<CrossFit.foldCount).map { fold in
      fit.outcomeModel(leavingOut: [fold]).map { $0.inOctets(fit.basis.octets) }
    }
  }

  /// Judges a policy.
  ///
  /// - Parameter policy: the policy.
  /// - Returns: its value, with an interval.
  /// - Throws: `PolicyError.noSupport` when it chooses an action that the log never took;
  ///   `PolicyError.notEvaluable` when fewer than 100 rows, or 1 % of them, tell of it.
  public func evaluate(_ policy: TargetPolicy) throws(PolicyError) -> Evaluation {
    let table = fit.table
    let (rows, actions) = (table.count, table.actionCount)
    let choices = RowChoices(policy, fit)
    var taken = [Bool](repeating: false, count: actions)
    for action in table.actions { taken[Int(action)] = true }

    var result = Evaluation()
    result.rows = rows
    result.choices = [Double](repeating: 0, count: actions)
    result.influence = [Double](repeating: 0, count: rows)
    var weights = [Double](repeating: 0, count: rows)
    // What the outcome model says of the policy, and what it did not foresee of the row's reward.
    var models = weights
    var surprises = weights
    var unsupported = 0.0
    var row = [Lanes](repeating: .zero, count: fit.basis.octets)
    for number in 0..<rows {
      fit.basis.fill(&row, table, number)
      let outcome = outcome[Int(fit.folds[number])]
      let own = Int(table.actions[number])
      var model = 0.0
      for action in 0..<actions {
        let probability = choices.probability(action, row: number, of: actions)
        if probability == 0 { continue }
        result.choices[action] += probability
        if !taken[action] { unsupported += probability }
        model += probability * Basis.product(row, outcome[action])
      }
      models[number] = model
      weights[number] =
        choices.probability(own, row: number, of: actions) / table.propensities[number]
      surprises[number] =
        weights[number] == 0 ? 0 : table.rewards[number] - Basis.product(row, outcome[own])
    }
    if unsupported > 0 { throw .noSupport(share: unsupported / Double(rows)) }
    result.choices = result.choices.map { $0 / Double(rows) }
    summarise(&result, weights, models, surprises)
    guard result.effectiveSampleSize >= max(100, 0.01 * Double(rows)) else {
      throw .notEvaluable(effectiveSampleSize: result.effectiveSampleSize, rows: rows)
    }
    return result
  }

  /// The difference of two policies.
  ///
  /// - Parameters:
  ///   - one: what this evaluator found of the one policy.
  ///   - other: what it found of the other.
  /// - Returns: their difference with a paired interval.
  public func difference(_ one: Evaluation, _ other: Evaluation) -> Evaluation.Difference {
    let influence = zip(one.influence, other.influence).map { $0 - $1 }
    let value = one.dr - other.dr
    // What both do alike cancels, here too.
    let slack = influence.contains { $0 != 0 } ? max(one.slack, other.slack) : 0
    let half = halfWidth(influence) + slack
    return Evaluation.Difference(value: value, interval: (value - half)...(value + half))
  }

  private func summarise(
    _ result: inout Evaluation, _ weights: [Double], _ models: [Double], _ surprises: [Double]
  ) {
    let n = Double(weights.count)
    var (sum, squareWeights, seen, direct) = (0.0, 0.0, 0.0, 0.0)
    for row in weights.indices {
      sum += weights[row]
      squareWeights += weights[row] * weights[row]
      seen += weights[row] * fit.table.rewards[row]
      direct += models[row]
      result.dr += models[row] + weights[row] * surprises[row]
    }
    result.effectiveSampleSize = squareWeights > 0 ? sum * sum / squareWeights : 0
    result.ips = seen / n
    result.snips = sum > 0 ? seen / sum : 0
    result.dr /= n
    result.meanWeight = sum / n
    for row in weights.indices {
      result.influence[row] = models[row] + weights[row] * surprises[row] - result.dr
    }
    let spread = standardError(weights.map { $0 - result.meanWeight })
    // Weights that are all alike have no spread but that of rounding.
    let distance = abs(result.meanWeight - 1)
    result.isWeightSuspect = distance > 1e-4 && distance > 3.29 * spread
    // Where the policy goes and the log hardly ever went, nobody has seen how wrong the outcome model is.
    var squares = 0.0
    for row in weights.indices { squares += weights[row] * surprises[row] * surprises[row] }
    let missing = max(0, 1 - result.meanWeight - spread)
    result.slack = sum > 0 && missing > 1e-4 ? missing * (squares / sum).squareRoot() : 0
    let half = halfWidth(result.influence) + result.slack
    result.interval = (result.dr - half)...(result.dr + half)
    result.drShrunk = direct / n + Self.shrunkCorrection(weights, surprises)
  }

  /// Half of the 95 % interval of a mean whose terms are independent between customers only.
  ///
  /// Student's quantile with the degrees of freedom of the variance's own error, 2·(Σψ²)²/Σψ⁴
  /// (Satterthwaite): where a few rows with large weights make up the variance, it is not well known.
  private func halfWidth(_ influence: [Double]) -> Double {
    let sums = sumsByCustomer(influence)
    var (squares, fourths) = (0.0, 0.0)
    for sum in sums {
      squares += sum * sum
      fourths += sum * sum * sum * sum
    }
    let degrees = fourths > 0 ? 2 * squares * squares / fourths : .infinity
    return Self.quantile(degrees) * standardError(influence)
  }

  /// Student's 0.975 quantile by Cornish and Fisher's expansion, within 0.01 from 4 degrees of freedom on,
  /// which are the fewest that count.
  private static func quantile(_ degrees: Double) -> Double {
    let (z, n) = (z, 1 / max(degrees, 4))
    let (z3, z5, z7) = (z * z * z, z * z * z * z * z, z * z * z * z * z * z * z)
    let first = (z3 + z) / 4
    let second = (5 * z5 + 16 * z3 + 3 * z) / 96
    let third = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384
    return z + n * (first + n * (second + n * third))
  }

  private func sumsByCustomer(_ influence: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: clusters.count)
    for row in influence.indices { sums[Int(clusters.numbers[row])] += influence[row] }
    return sums
  }

  /// The standard error of a mean whose terms are independent between customers only.
  private func standardError(_ influence: [Double]) -> Double {
    let count = Double(max(clusters.count, 2))
    let squares = sumsByCustomer(influence).reduce(0) { $0 + $1 * $1 }
    return (squares * count / (count - 1)).squareRoot() / Double(influence.count)
  }

  /// The mean of ŵ·(y − q) with ŵ = λw/(w² + λ), λ by the least variance + squared bias.
  private static func shrunkCorrection(_ weights: [Double], _ surprises: [Double]) -> Double {
    let n = Double(weights.count)
    let largest = weights.max() ?? 1
    var (best, least) = (0.0, Double.infinity)
    for step in 0...16 {
      // The last step shrinks nothing.
      let lambda = step == 16 ? .infinity : largest * largest * Elementary.exp(Double(step - 12))
      var (mean, square, bias) = (0.0, 0.0, 0.0)
      for row in weights.indices where weights[row] > 0 {
        let weight = weights[row]
        let shrunk = lambda.isFinite ? lambda * weight / (weight * weight + lambda) : weight
        let term = shrunk * surprises[row]
        mean += term
        square += term * term
        bias += (shrunk - weight) * surprises[row]
      }
      mean /= n
      bias /= n
      let error = (square / n - mean * mean) / n + bias * bias
      if error < least { (best, least) = (mean, error) }
    }
    return best
  }
}
