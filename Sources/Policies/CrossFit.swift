// The log in folds, with the sums of each, and the outcome model of those folds that were not left out.

internal import Models

/// A log prepared for regressions that never see the rows they are used on.
struct CrossFit: Sendable {
  /// How many folds; a customer's rows are all in one.
  static let foldCount = 5

  let table: LoggedTable
  let basis: Basis
  let folds: [Int32]
  /// Sums of the rows of an action in a fold: `fold · actionCount + action`.
  private(set) var plain: [RegressionSums]
  /// The same, each row weighted by 1/propensity.
  private(set) var weighted: [RegressionSums]
  /// The matrices with each row weighted by 1/propensity²: where the noise of `weighted` is large.
  private(set) var noise: [RegressionSums]

  /// Goes over the rows once.
  ///
  /// - Parameters:
  ///   - table: the log.
  ///   - workMax: about the most multiplications; what is not straight is left out beyond.
  init(_ table: LoggedTable, workMax: Double = 6e8) {
    self.table = table
    let perRow = (workMax / Double(max(table.count, 1))).squareRoot()
    basis = Basis(table, termsMax: min(Int(perRow), 96))
    folds = table.folds(Self.foldCount)
    let empty = RegressionSums(size: basis.count, octets: basis.octets)
    plain = [RegressionSums](repeating: empty, count: Self.foldCount * table.actionCount)
    weighted = plain
    noise = plain
    var row = [Lanes](repeating: .zero, count: basis.octets)
    for number in 0..<table.count {
      basis.fill(&row, table, number)
      let place = Int(folds[number]) * table.actionCount + Int(table.actions[number])
      let value = table.rewards[number]
      plain[place].add(row, value: value, weight: 1)
      let weight = 1 / table.propensities[number]
      weighted[place].add(row, value: value, weight: weight)
      noise[place].add(row, value: 0, weight: weight * weight)
    }
  }

  /// The sums over an action's rows, or all actions', in the folds that are not left out.
  func sums(action: Int?, leavingOut left: [Int]) -> RegressionSums {
    var sums = RegressionSums(size: basis.count, octets: basis.octets)
    for fold in 0..<Self.foldCount where !left.contains(fold) {
      for other in 0..<table.actionCount where action == nil || action == other {
        sums += plain[fold * table.actionCount + other]
      }
    }
    return sums
  }

  /// The variance of Σ x·e/π over an action's rows in the folds that are not left out, for surprises e of
  /// one variance.
  func noise(action: Int, leavingOut left: [Int]) -> RegressionSums {
    var sums = RegressionSums(size: basis.count, octets: basis.octets)
    for fold in 0..<Self.foldCount where !left.contains(fold) {
      sums += noise[fold * table.actionCount + action]
    }
    return sums
  }

  /// The variance of what the outcome model did not foresee of each action's rewards, rows with small
  /// propensities counting more, as they do in the noise; nil for actions of fewer than 30 rows.
  func surprises(leavingOut left: [Int]) -> [Double?] {
    let models = outcomeModel(leavingOut: left).map { $0.inOctets(basis.octets) }
    var squares = [Double](repeating: 0, count: table.actionCount)
    var weights = squares
    var rows = squares
    var row = [Lanes](repeating: .zero, count: basis.octets)
    for number in 0..<table.count where !left.contains(Int(folds[number])) {
      basis.fill(&row, table, number)
      let action = Int(table.actions[number])
      let away = table.rewards[number] - Basis.product(row, models[action])
      let weight = 1 / (table.propensities[number] * table.propensities[number])
      squares[action] += weight * away * away
      weights[action] += weight
      rows[action] += 1
    }
    return (0..<table.actionCount).map { rows[$0] < 30 ? nil : squares[$0] / weights[$0] }
  }

  /// Strengths of the pull of an action's outcome model towards that of all: rows' worth.
  private static let interceptPull = 1.0
  private static let slopePull = 300.0

  /// The coefficients of E(reward | features, action) for each action, without the folds left out.
  ///
  /// A ridge regression over all actions, and of what it leaves one for each action, shrunk harder.
  func outcomeModel(leavingOut left: [Int]) -> [[Double]] {
    let all = sums(action: nil, leavingOut: left)
    var penalties = [Double](repeating: 3, count: basis.count)
    penalties[0] = 1e-9
    for place in basis.straightCount..<basis.count { penalties[place] = 300 }
    let pooled = all.factor(penalties)?.solve(all.values) ?? penalties.map { _ in 0 }
    var pulls = [Double](repeating: Self.slopePull, count: basis.count)
    pulls[0] = Self.interceptPull
    for place in basis.straightCount..<basis.count { pulls[place] = 10 * Self.slopePull }
    return (0..<table.actionCount).map { action in
      let own = sums(action: action, leavingOut: left)
      let rest = zip(own.values, own.times(pooled)).map { $0 - $1 }
      guard own.weight > 0, let own = own.factor(pulls)?.solve(rest) else { return pooled }
      return zip(pooled, own).map { $0 + $1 }
    }
  }
}
