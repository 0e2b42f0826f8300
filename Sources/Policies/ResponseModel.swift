// The textbook's response model, which others are measured against: one regression for each action.

internal import Models

/// Per-action outcome models: logistic where an action's rewards have two values, linear otherwise.
struct ResponseModel: Sendable {
  /// Coefficients of each action, over 1 and the straight terms.
  private var coefficients: [[Lanes]] = []
  /// The two values of an action's rewards; nil where it is linear.
  private var ends: [(low: Double, high: Double)?] = []

  private static let pull = 1.0
  private static let iterationsMax = 12

  /// Fits one regression for each action.
  ///
  /// - Parameters:
  ///   - fit: the log in folds.
  ///   - left: the fold whose rewards must not be seen.
  init(_ fit: CrossFit, leavingOut left: Int) {
    let table = fit.table
    let octets = (fit.basis.straightCount + 7) / 8
    for action in 0..<table.actionCount {
      let rows = (0..<table.count).filter {
        Int(table.actions[$0]) == action && Int(fit.folds[$0]) != left
      }
      let ends = Self.ends(rows, table)
      self.ends.append(ends)
      coefficients.append(
        Self.fit(rows, fit, ends: ends).inOctets(octets))
    }
  }

  /// E(reward | row, action).
  func value(_ row: [Lanes], action: Int) -> Double {
    var eta = 0.0
    for (octet, lanes) in coefficients[action].enumerated() {
      let product = lanes * row[octet]
      for lane in 0..<8 { eta += product[lane] }
    }
    guard let ends = ends[action] else { return eta }
    return ends.low + (ends.high - ends.low) * Elementary.logistic(eta)
  }

  private static func ends(_ rows: [Int], _ table: LoggedTable) -> (low: Double, high: Double)? {
    guard let first = rows.first else { return nil }
    var (low, high) = (table.rewards[first], table.rewards[first])
    for row in rows {
      low = min(low, table.rewards[row])
      high = max(high, table.rewards[row])
    }
    guard low < high else { return nil }
    for row in rows where table.rewards[row] != low && table.rewards[row] != high { return nil }
    return (low, high)
  }

  private static func fit(
    _ rows: [Int], _ fit: CrossFit, ends: (low: Double, high: Double)?
  ) -> [Double] {
    let size = fit.basis.straightCount
    let octets = (size + 7) / 8
    var pulls = [Double](repeating: pull, count: size)
    pulls[0] = 1e-6
    var point = [Double](repeating: 0, count: size)
    var row = [Lanes](repeating: .zero, count: fit.basis.octets)
    for _ in 0..<(ends == nil ? 1 : iterationsMax) {
      var sums = RegressionSums(size: size, octets: octets)
      let lanes = point.inOctets(fit.basis.octets)
      for number in rows {
        fit.basis.fill(&row, fit.table, number)
        if let ends {
          // Newton's step as a regression with weights: x·(η + (y − p)/w).
          let eta = Basis.product(row, lanes)
          let p = Elementary.logistic(eta)
          let weight = max(p * (1 - p), 1e-9)
          let y = fit.table.rewards[number] == ends.high ? 1.0 : 0
          sums.add(row, value: eta + (y - p) / weight, weight: weight)
        } else {
          sums.add(row, value: fit.table.rewards[number], weight: 1)
        }
      }
      guard let next = sums.factor(pulls)?.solve(sums.values) else { break }
      let moved = zip(next, point).map { abs($0 - $1) }.max() ?? 0
      point = next
      if moved < 1e-6 { break }
    }
    return point
  }
}
