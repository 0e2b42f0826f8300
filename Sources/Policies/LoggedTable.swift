// What was decided and what came of it, as a table; and what can be wrong with it.
// Not here: files; see EvaluateTable.swift of the program.

/// Why a log or a policy cannot be judged.
public enum PolicyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The log has no rows.
  case noRows
  /// A row that no log can have.
  case impossibleRow(row: Int, reason: String)
  /// The policy chooses what the log never did, in this share of the rows.
  case noSupport(share: Double)
  /// Too few rows of the log say anything of the policy.
  case notEvaluable(effectiveSampleSize: Double, rows: Int)

  /// One sentence for people, ending in a full stop.
  public var description: String {
    switch self {
    case .noRows: "The log has no rows."
    case .impossibleRow(let row, let reason): "Row \(row) is no decision: \(reason)."
    case .noSupport(let share):
      "NO_SUPPORT: in \(Self.percent(share)) % of the rows the policy chooses what the log never did."
    case .notEvaluable(let size, let rows):
      "Not evaluable: the log tells as much of this policy as \(Int(size)) of its \(rows) rows "
        + "would; 100 and 1 % are needed."
    }
  }

  private static func percent(_ share: Double) -> Double { (share * 1_000).rounded() / 10 }
}

/// Decisions with their propensities, outcomes and features, row by row.
public struct LoggedTable: Sendable {
  /// How many actions there are to choose from; they are numbered from 0.
  public let actionCount: Int
  /// Features of a row.
  public let width: Int
  /// The action of each row.
  public private(set) var actions: [Int32] = []
  /// The probability with which it was chosen.
  public private(set) var propensities: [Double] = []
  /// What came of it.
  public private(set) var rewards: [Double] = []
  /// Rows with equal numbers are of one customer.
  public private(set) var clusters: [UInt64] = []
  /// Row by row.
  public private(set) var features: [Double] = []

  /// Decisions.
  public var count: Int { actions.count }

  /// Makes an empty table.
  ///
  /// - Parameters:
  ///   - actionCount: how many actions there are, at least 1.
  ///   - width: features of a row.
  public init(actionCount: Int, width: Int) {
    self.actionCount = actionCount
    self.width = width
  }

  /// Makes room, so that the table grows once.
  ///
  /// - Parameter rows: how many there will be.
  public mutating func reserveCapacity(_ rows: Int) {
    actions.reserveCapacity(rows)
    propensities.reserveCapacity(rows)
    rewards.reserveCapacity(rows)
    clusters.reserveCapacity(rows)
    features.reserveCapacity(rows * width)
  }

  /// Adds a decision.
  ///
  /// - Parameters:
  ///   - action: from 0 to `actionCount` − 1.
  ///   - propensity: above 0, at most 1.
  ///   - reward: any finite number.
  ///   - cluster: a hash of the customer's identifier.
  ///   - features: `width` finite numbers.
  /// - Throws: `PolicyError.impossibleRow`, and then nothing was added.
  public mutating func append(
    action: Int, propensity: Double, reward: Double, cluster: UInt64, features: Span<Double>
  ) throws(PolicyError) {
    let row = count
    guard (0..<actionCount).contains(action) else {
      throw .impossibleRow(row: row, reason: "there is no action \(action)")
    }
    guard propensity > 0, propensity <= 1 else {
      throw .impossibleRow(
        row: row, reason: "what was chosen cannot have a propensity of \(propensity)")
    }
    guard reward.isFinite else {
      throw .impossibleRow(row: row, reason: "the reward is \(reward)")
    }
    guard features.count == width else {
      throw .impossibleRow(
        row: row, reason: "it has \(features.count) features, others have \(width)")
    }
    for place in 0..<width where !features[place].isFinite {
      throw .impossibleRow(row: row, reason: "feature \(place) is \(features[place])")
    }
    actions.append(Int32(action))
    propensities.append(propensity)
    rewards.append(reward)
    clusters.append(cluster)
    for place in 0..<width { self.features.append(features[place]) }
  }

  /// The table with some of its features.
  ///
  /// - Parameter columns: their places, in the order they shall have.
  /// - Returns: all rows.
  public func keeping(columns: [Int]) -> LoggedTable {
    var kept = LoggedTable(actionCount: actionCount, width: columns.count)
    kept.actions = actions
    kept.propensities = propensities
    kept.rewards = rewards
    kept.clusters = clusters
    kept.features.reserveCapacity(count * columns.count)
    for row in 0..<count {
      for column in columns { kept.features.append(features[row * width + column]) }
    }
    return kept
  }

  /// The table with other rewards.
  func replacing(rewards: [Double]) -> LoggedTable {
    var table = self
    table.rewards = rewards
    return table
  }

  /// The number of each row's customer, in the order of their first rows, and how many they are.
  func denseClusters() -> (numbers: [Int32], count: Int) {
    var known: [UInt64: Int32] = [:]
    known.reserveCapacity(count)
    var numbers = [Int32](repeating: 0, count: count)
    for row in 0..<count {
      let next = Int32(known.count)
      if let number = known[clusters[row]] {
        numbers[row] = number
      } else {
        known[clusters[row]] = next
        numbers[row] = next
      }
    }
    return (numbers, known.count)
  }

  /// The fold of each row; all rows of a customer are in one.
  func folds(_ count: Int) -> [Int32] {
    clusters.map { Int32(XXHash64.hash($0).multipliedFullWidth(by: UInt64(count)).high) }
  }
}
