// Patron's own policy: which action is best for whom, learnt from a randomised log with propensities, and
// shrunk to the best action for all where customers do not differ. Not here: judging it.

internal import Models

/// What each action adds to the mean of all actions, as a function of a row's features.
///
/// The doubly robust learner (Kennedy, «Towards optimal doubly robust estimation of heterogeneous causal
/// effects», Electronic Journal of Statistics 17, 2023): the pseudo-outcome of an action is
/// Γ = q(x) + 1(A = a)·(y − q(x))/π with an outcome model q from other folds; its contrasts to the mean over all
/// actions are regressed on the features. How far slopes may be from 0 is read from the data, by the
/// largest evidence (MacKay, «Bayesian interpolation», 1992), straight terms and the rest apart.
struct UpliftLearner: Sendable {
  /// Coefficients of each action's contrast.
  let coefficients: [[Double]]
  /// What slopes of straight terms and of the rest were allowed, in their own standard errors; 0 for none.
  let allowances: (straight: Double, rest: Double)

  /// Deviations of slopes that are tried, in standard errors of a slope.
  private static let tried = [0, 0.35, 0.5, 0.7, 1, 1.4, 2, 3, 4.5, 7, 10, 15, 25, 50]
  /// ln of the odds beforehand that customers are alike.
  private static let evidenceNeeded = 3.0
  /// What bends, levels and products must add to it.
  private static let evidenceOfBends = 1.0

  /// Learns.
  ///
  /// - Parameters:
  ///   - fit: the log in folds.
  ///   - left: the fold whose rewards must not be seen; nil for all rows.
  init(_ fit: CrossFit, leavingOut left: Int?) {
    let rights = Self.contrasts(fit, leavingOut: left)
    let parts = Self.likelihoods(fit, rights, leavingOut: left)
    let size = fit.basis.count
    let straightCount = fit.basis.straightCount
    // A slope's typical variance; the same deviation is allowed to all actions.
    var precision = 0.0
    for part in parts {
      for place in 1..<max(straightCount, 2) where place < size {
        precision += part.information[place][place]
      }
    }
    precision /= Double(max(parts.count * (straightCount - 1), 1))
    precision = max(precision, 1e-300)

    func solve(_ straight: Double, _ rest: Double) -> (evidence: Double, coefficients: [[Double]]) {
      func pull(_ deviation: Double) -> Double {
        deviation > 0 ? precision / (deviation * deviation) : 1e12 * precision
      }
      var pulls = [Double](repeating: pull(straight), count: size)
      let bent = pull(rest)
      for place in straightCount..<size { pulls[place] = bent }
      var evidence = 0.0
      var found: [[Double]] = []
      for part in parts {
        pulls[0] = part.pullOfConstant
        guard let solution = part.solved(pulls) else { return (-.infinity, []) }
        evidence += solution.evidence
        found.append(solution.coefficients)
      }
      return (evidence, found)
    }
    let alike = solve(0, 0)
    var (found, allowances) = (alike, (straight: 0.0, rest: 0.0))
    for straight in Self.tried.dropFirst() {
      let next = solve(straight, 0)
      if next.evidence > found.evidence { (found, allowances.straight) = (next, straight) }
    }
    if size > straightCount {
      let straightEvidence = found.evidence
      for rest in Self.tried.dropFirst() {
        let next = solve(allowances.straight, rest)
        if next.evidence > max(found.evidence, straightEvidence + Self.evidenceOfBends) {
          (found, allowances.rest) = (next, rest)
        }
      }
    }
    self.allowances = allowances
    guard !alike.coefficients.isEmpty, !found.coefficients.isEmpty else {
      coefficients = rights.map { $0.map { _ in 0 } }
      return
    }
    // The mean over both beliefs, that customers differ and that they are alike.
    let belief = Elementary.logistic(found.evidence - alike.evidence - Self.evidenceNeeded)
    coefficients = zip(found.coefficients, alike.coefficients).map { found, alike in
      zip(found, alike).map { belief * $0 + (1 - belief) * $1 }
    }
  }

  /// Σ x·(Γ − mean of Γ over the actions) of each action, from the folds' sums.
  private static func contrasts(_ fit: CrossFit, leavingOut left: Int?) -> [[Double]] {
    let (actions, size) = (fit.table.actionCount, fit.basis.count)
    var rights = [[Double]](repeating: [Double](repeating: 0, count: size), count: actions)
    for fold in 0..<CrossFit.foldCount where fold != left {
      let models = fit.outcomeModel(leavingOut: [fold] + (left.map { [$0] } ?? []))
      var all = RegressionSums(size: size, octets: fit.basis.octets)
      for action in 0..<actions { all += fit.plain[fold * actions + action] }
      for action in 0..<actions {
        let weighted = fit.weighted[fold * actions + action]
        let foreseen = all.times(models[action])
        let back = weighted.times(models[action])
        for (place, seen) in weighted.values.enumerated() {
          rights[action][place] += foreseen[place] + seen - back[place]
        }
      }
    }
    for place in 0..<size {
      let mean = rights.reduce(0) { $0 + $1[place] } / Double(actions)
      for action in 0..<actions { rights[action][place] -= mean }
    }
    return rights
  }

  /// What the rows say of one action's coefficients: a normal likelihood.
  private struct Likelihood {
    /// Gᵀ·H⁻¹·G, with G = Σ x·xᵀ and H the covariance of the contrasts' sums.
    var information: [[Double]]
    /// Gᵀ·H⁻¹·Σ x·Γ.
    var right: [Double]
    /// The inverse of the variance of the actions' constants.
    var pullOfConstant: Double

    /// The coefficients of the largest posterior, and ln of how probable it makes what was seen.
    func solved(_ pulls: [Double]) -> (evidence: Double, coefficients: [Double])? {
      var triangle: [Double] = []
      for row in information.indices {
        for column in 0...row {
          triangle.append(information[row][column] + (row == column ? pulls[row] : 0))
        }
      }
      guard let factor = CholeskyFactor(triangle, size: pulls.count) else { return nil }
      let coefficients = factor.solve(right)
      var evidence = zip(coefficients, right).reduce(0) { $0 + $1.0 * $1.1 } / 2
      evidence -= factor.logDeterminant / 2
      for pull in pulls { evidence += Elementary.log(pull) / 2 }
      return (evidence, coefficients)
    }
  }

  /// What the rows say of each action.
  ///
  /// Where propensities are small, the noise is large: half of it counts as it lies in the features, half as
  /// if it lay evenly, for few rows know directions badly.
  private static func likelihoods(
    _ fit: CrossFit, _ rights: [[Double]], leavingOut left: Int?
  ) -> [Likelihood] {
    let (actions, size) = (fit.table.actionCount, fit.basis.count)
    let folds = left.map { [$0] } ?? []
    let gram = fit.sums(action: nil, leavingOut: folds)
    let rows = max(gram.weight, 1)
    let surprises = fit.surprises(leavingOut: folds)
    // An action that was hardly ever taken is not known at all, however alike its few rewards are.
    let most = max(surprises.reduce(0) { max($0, $1 ?? 0) }, 1e-200)
    let noises = (0..<actions).map { action in
      var noise = fit.noise(action: action, leavingOut: folds)
      guard let surprise = surprises[action] else {
        noise = gram
        noise *= most * rows
        return noise
      }
      var even = gram
      even *= 0.5 * noise.weight / rows
      noise *= 0.5
      noise += even
      noise *= max(surprise, 1e-9 * most)
      return noise
    }
    var total = RegressionSums(size: size, octets: fit.basis.octets)
    for noise in noises { total += noise }
    let share = 1 / Double(actions)
    let covariances = noises.map { noise in
      var (own, all) = (noise, total)
      own *= 1 - 2 * share
      all *= share * share
      own += all
      return own
    }

    // Constants: of many arms one is the luckiest; of few the shrinkage would know nothing.
    var pull = 1e-12 * rows * rows / max(covariances.reduce(0) { $0 + $1.weight }, 1e-200)
    if actions >= 4 {
      let squares = rights.reduce(0) { $0 + ($1[0] / rows) * ($1[0] / rows) }
      let chance = covariances.reduce(0) { $0 + $1.weight / (rows * rows) }
      pull = Double(actions - 1) / max(squares - chance, 1e-3 * chance)
    }
    return (0..<actions).map { action in
      let factor = covariances[action].factor(
        (0..<size).map { 1e-9 * covariances[action].element($0, $0) + 1e-200 })
      let columns = (0..<size).map { column in
        let column = (0..<size).map { gram.element($0, column) }
        return factor?.solve(column) ?? column.map { _ in 0 }
      }
      let information = columns.map { gram.times($0) }
      let right = columns.map { column in
        zip(column, rights[action]).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return Likelihood(information: information, right: right, pullOfConstant: pull)
    }
  }
}
