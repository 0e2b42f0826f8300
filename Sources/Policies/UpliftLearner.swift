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
  /// Without so much evidence (a factor of e^…), customers are taken to be alike.
  private static let evidenceMin = 1.0

  /// Learns.
  ///
  /// - Parameters:
  ///   - fit: the log in folds.
  ///   - left: the fold whose rewards must not be seen; nil for all rows.
  init(_ fit: CrossFit, leavingOut left: Int?) {
    let actions = fit.table.actionCount
    let size = fit.basis.count
    let training = (0..<CrossFit.foldCount).filter { $0 != left }
    let noise = Self.noise(fit, leavingOut: left)
    // Σ x·Γ for each action, from the folds' sums.
    var rights = [[Double]](repeating: [Double](repeating: 0, count: size), count: actions)
    for fold in training {
      let models = fit.outcomeModel(leavingOut: [fold] + (left.map { [$0] } ?? []))
      var all = RegressionSums(size: size, octets: fit.basis.octets)
      for action in 0..<actions { all += fit.plain[fold * actions + action] }
      for action in 0..<actions {
        let weighted = fit.weighted[fold * actions + action]
        let (base, seen, back) = (
          all.times(models[action]), weighted.values, weighted.times(models[action])
        )
        for place in 0..<size { rights[action][place] += base[place] + seen[place] - back[place] }
      }
    }
    for place in 0..<size {
      let mean = rights.reduce(0) { $0 + $1[place] } / Double(actions)
      for action in 0..<actions { rights[action][place] -= mean }
    }
    let gram = fit.sums(action: nil, leavingOut: left.map { [$0] } ?? [])
    let rows = max(gram.weight, 1)
    let share = 1 / Double(actions)
    let total = noise.reduce(0, +)
    let variances = noise.map { (1 - 2 * share) * $0 + share * share * total }
    let typical = max(Double(actions) / variances.reduce(0) { $0 + 1 / max($1, 1e-300) }, 1e-300)

    // Constants: many arms have a luckiest one; with few the shrinkage would know nothing.
    var spread = Double.infinity
    if actions >= 4 {
      let squares = rights.reduce(0) { $0 + ($1[0] / rows) * ($1[0] / rows) }
      let chance = variances.reduce(0) { $0 + $1 / rows }
      spread = max((squares - chance) / Double(actions - 1), 1e-3 * typical / rows)
    }

    func penalties(_ action: Int, _ straight: Double, _ rest: Double) -> [Double] {
      func pull(_ deviation: Double) -> Double {
        deviation > 0 ? rows * variances[action] / (deviation * deviation * typical) : 1e12 * rows
      }
      var penalties = [Double](repeating: pull(straight), count: size)
      penalties[0] = spread.isFinite ? variances[action] / spread : 1e-9 * rows
      let bent = pull(rest)
      for place in fit.basis.straightCount..<size { penalties[place] = bent }
      return penalties
    }
    func solve(_ straight: Double, _ rest: Double) -> (evidence: Double, [[Double]]) {
      var evidence = 0.0
      var found: [[Double]] = []
      for action in 0..<actions {
        let pulls = penalties(action, straight, rest)
        guard let factor = gram.factor(pulls) else {
          return (-.infinity, rights.map { $0.map { _ in 0 } })
        }
        let solution = factor.solve(rights[action])
        let explained = zip(solution, rights[action]).reduce(0) { $0 + $1.0 * $1.1 }
        evidence += explained / max(variances[action], 1e-300) / 2 - factor.logDeterminant / 2
        for pull in pulls { evidence += Elementary.log(pull) / 2 }
        found.append(solution)
      }
      return (evidence, found)
    }
    var best = solve(0, 0)
    var allowances = (straight: 0.0, rest: 0.0)
    let base = best.evidence
    for straight in Self.tried.dropFirst() {
      let next = solve(straight, 0)
      if next.evidence > max(best.evidence, base + Self.evidenceMin) {
        (best, allowances.straight) = (next, straight)
      }
    }
    if size > fit.basis.straightCount {
      let before = best.evidence
      for rest in Self.tried.dropFirst() {
        let next = solve(allowances.straight, rest)
        if next.evidence > max(best.evidence, before + Self.evidenceMin) {
          (best, allowances.rest) = (next, rest)
        }
      }
    }
    coefficients = best.1
    self.allowances = allowances
  }

  /// The variance of each action's pseudo-outcome around its regression.
  private static func noise(_ fit: CrossFit, leavingOut left: Int?) -> [Double] {
    let table = fit.table
    let models = fit.outcomeModel(leavingOut: left.map { [$0] } ?? []).map {
      $0.inOctets(fit.basis.octets)
    }
    var squares = [Double](repeating: 0, count: table.actionCount)
    var rows = 0.0
    var row = [Lanes](repeating: .zero, count: fit.basis.octets)
    for number in 0..<table.count where left.map({ $0 != Int(fit.folds[number]) }) ?? true {
      fit.basis.fill(&row, table, number)
      let action = Int(table.actions[number])
      let weight = 1 / table.propensities[number]
      let away = (table.rewards[number] - Basis.product(row, models[action])) * weight
      squares[action] += away * away
      rows += 1
    }
    // An action that was hardly ever taken is not known at all, however alike its few rewards are.
    let most = squares.max() ?? 0
    return (0..<table.actionCount).map { action in
      let seen = fit.sums(action: action, leavingOut: left.map { [$0] } ?? []).weight
      return seen < 30
        ? max(most, 1e-300) * rows / max(seen, 1) : max(squares[action] / rows, 1e-300)
    }
  }
}
