// A policy learnt anew from what was logged, and whether it is surely better than the one in force.

/// What can be chosen in a row of a log, and what the policy in force would choose.
public struct RefitChoices: Sendable {
  /// One action that could be chosen.
  struct Alternative: Sendable {
    var action: Int32
    var cost: Float
  }

  private(set) var alternatives: [Alternative] = []
  /// Where each row's alternatives end.
  private(set) var ends: [Int] = []
  private(set) var present: [Int32] = []

  /// Makes choices of no rows.
  public init() {}

  /// Adds an alternative of the row that is closed next.
  ///
  /// - Parameters:
  ///   - action: its number.
  ///   - cost: what choosing it costs, in units of the reward.
  public mutating func append(action: Int, cost: Double) {
    alternatives.append(Alternative(action: Int32(action), cost: Float(cost)))
  }

  /// Closes a row.
  ///
  /// - Parameter present: what the policy in force would choose among its alternatives.
  public mutating func close(present: Int) {
    ends.append(alternatives.count)
    self.present.append(Int32(present))
  }
}

/// A policy learnt from a log by the doubly robust learner, and its judgement.
public struct PolicyRefit: Sendable {
  /// Rows it was learnt from.
  public let rows: Int
  /// What the new policy earns in a row, less what the one in force does; paired.
  public let difference: Evaluation.Difference
  /// For each action, what a unit of each feature adds to its value beyond the mean of all actions.
  public let coefficients: [[Double]]

  /// Whether it is surely better: the lower bound of the difference is above 0.
  public var isBetter: Bool { difference.interval.lowerBound > 0 }

  /// Learns and judges.
  ///
  /// Values are learnt without the rows they are judged on; only straight terms count, for that is what a
  /// learner of decisions knows.
  ///
  /// - Parameters:
  ///   - table: the log; its rewards are before the costs of actions, and its first feature is 1.
  ///   - net: the rewards with what each row's action cost taken off.
  ///   - choices: as many rows as the table.
  /// - Throws: `PolicyError` when there are no rows, or too few that tell of one of the two policies.
  public init(
    _ table: LoggedTable, net: [Double], _ choices: RefitChoices
  ) throws(PolicyError) {
    precondition(
      net.count == table.count && choices.ends.count == table.count, "each row has its choices")
    guard table.count > 0 else { throw .noRows }
    let fit = CrossFit(table, workMax: 0)
    let learners = (0..<CrossFit.foldCount).map { fold in
      fit.basis.raw(UpliftLearner(fit, leavingOut: fold).coefficients, width: table.width)
    }
    var chosen: [Int32] = []
    chosen.reserveCapacity(table.count)
    var start = 0
    for row in 0..<table.count {
      let learner = learners[Int(fit.folds[row])]
      var (best, largest) = (Int32(0), -Double.infinity)
      for alternative in choices.alternatives[start..<choices.ends[row]] {
        var value = -Double(alternative.cost)
        let coefficients = learner[Int(alternative.action)]
        for place in 0..<table.width {
          value += coefficients[place] * table.features[row * table.width + place]
        }
        if value > largest { (best, largest) = (alternative.action, value) }
      }
      chosen.append(best)
      start = choices.ends[row]
    }
    let evaluator = try Evaluator(table.replacing(rewards: net))
    let one = try evaluator.evaluate(.actions(chosen))
    let other = try evaluator.evaluate(.actions(choices.present))
    rows = table.count
    difference = evaluator.difference(one, other)
    coefficients = fit.basis.raw(
      UpliftLearner(fit, leavingOut: nil).coefficients, width: table.width)
  }
}

extension Basis {
  /// Coefficients of the straight terms as those of the features themselves; the constant's belong to the
  /// first feature, which is 1.
  fileprivate func raw(_ all: [[Double]], width: Int) -> [[Double]] {
    all.map { coefficients in
      var raw = [Double](repeating: 0, count: width)
      raw[0] = coefficients[0]
      for (number, column) in straight.enumerated() {
        let slope = coefficients[number + 1] / column.scale
        raw[column.place] += slope
        raw[0] -= slope * column.centre
      }
      return raw
    }
  }
}
