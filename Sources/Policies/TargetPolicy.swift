// Policies that can be judged on a log, and what they choose in each of its rows.

internal import Models

/// A rule for choosing an action.
public enum TargetPolicy: Equatable, Sendable {
  /// The same action for everybody.
  case always(Int)
  /// Every action equally often.
  case random
  /// The action with the largest predicted outcome, one regression for each action: logistic where
  /// its rewards have two values, linear otherwise. Learnt without the rows it is used on.
  case responseModel
  /// The action with the largest doubly robust contrast, shrunk to the best action for all. Learnt without
  /// the rows it is used on.
  case patron
  /// One action in each row.
  case actions([Int32])
  /// A probability of each action in each row: `row · actionCount + action`.
  case probabilities([Double])
}

/// What a policy chooses in each row of a log.
enum RowChoices {
  case same(Int)
  case even
  case actions([Int32])
  case probabilities([Double])

  /// Asks a policy; learners learn without the fold a row is in.
  init(_ policy: TargetPolicy, _ fit: CrossFit) {
    switch policy {
    case .always(let action): self = .same(action)
    case .random: self = .even
    case .actions(let all): self = .actions(all)
    case .probabilities(let all): self = .probabilities(all)
    case .responseModel:
      let models = (0..<CrossFit.foldCount).map { ResponseModel(fit, leavingOut: $0) }
      self = .actions(
        Self.best(fit) { row, fold, action in models[fold].value(row, action: action) })
    case .patron:
      let learners = (0..<CrossFit.foldCount).map { fold in
        UpliftLearner(fit, leavingOut: fold).coefficients.map { $0.inOctets(fit.basis.octets) }
      }
      self = .actions(
        Self.best(fit) { row, fold, action in Basis.product(row, learners[fold][action]) })
    }
  }

  /// The action with the largest value in each row; of equal ones the first.
  private static func best(
    _ fit: CrossFit, _ value: (_ row: [Lanes], _ fold: Int, _ action: Int) -> Double
  ) -> [Int32] {
    var row = [Lanes](repeating: .zero, count: fit.basis.octets)
    return (0..<fit.table.count).map { number in
      fit.basis.fill(&row, fit.table, number)
      var (best, largest) = (0, -Double.infinity)
      for action in 0..<fit.table.actionCount {
        let value = value(row, Int(fit.folds[number]), action)
        if value > largest { (best, largest) = (action, value) }
      }
      return Int32(best)
    }
  }

  /// The probability of an action in a row.
  func probability(_ action: Int, row: Int, of actionCount: Int) -> Double {
    switch self {
    case .same(let only): action == only ? 1 : 0
    case .even: 1 / Double(actionCount)
    case .actions(let actions): Int(actions[row]) == action ? 1 : 0
    case .probabilities(let all): all[row * actionCount + action]
    }
  }
}
