// What of a customer a scan has to know: found from the steps of conditions and from what is told of whom they
// hold for.

import Models
import Offers
import Rules

/// One column of what is known of customers.
enum ScanColumn: Hashable, Sendable {
  /// A number by its slot.
  case number(Int)
  case code(CodeField)
  case day(DayField)
  /// A yes/no by its slot.
  case truth(Int)
  /// Whether something of a category was bought, or looked at; by the question and the text's code.
  case category(CategoryQuestion, Int32)
  /// A quantile of a number, by the code of its name and the share.
  case quantile(Int32, Double)

  /// What a step reads; nil if it reads nothing.
  init?(_ step: RuleStep) {
    switch step.operation {
    case .loadNumber: self = .number(Int(step.index))
    case .loadTruth: self = .truth(Int(step.index))
    case .loadCode:
      guard let field = CodeField(slot: Int(step.index)) else { return nil }
      self = .code(field)
    case .loadDay:
      guard let field = DayField(rawValue: Int(step.index)) else { return nil }
      self = .day(field)
    case .callTruth:
      guard let question = CategoryQuestion(rawValue: Int(step.index)) else { return nil }
      self = .category(question, step.code)
    case .callNumber: self = .quantile(step.code, step.number)
    default: return nil
    }
  }

  /// How dear it is to know, so that the dear is asked of few; see ``RuleProgram/stages(by:)``.
  var cost: Int {
    switch self {
    case .number(let slot):
      if slot == CustomerFields.More.netValue { return 2 }
      if scores != [] { return 1 }
      switch NumberField(rawValue: slot) {
      case .orders, .daysSinceOrder, .meanSpend, .totalSpend, .age, .weekday, .month: return 0
      case .returnedShare, .acquisitionCost, .yearsOld, .daysToBirthday, .daysToAnniversary:
        return 2
      default: return 3
      }
    case .code(.segment): return 4
    case .code: return 2
    case .day(.birthday): return 2
    case .day: return 0
    case .truth(TruthSlot.newCustomer): return 0
    case .truth: return 2
    case .category: return 3
    case .quantile: return 0
    }
  }

  /// The scores it is made of.
  var scores: ScoreKinds {
    guard case .number(let slot) = self else { return [] }
    switch NumberField(rawValue: slot) {
    case .lifetimeValue: return .value
    case .churn: return .churn
    case .alive: return .alive
    case .expectedOrders: return .orders
    default:
      return slot == CustomerFields.More.netValue
        ? .value : slot == CustomerFields.More.expectedSpend ? .spend : []
    }
  }
}

extension RuleProgram {
  /// What it reads.
  var columns: Set<ScanColumn> { Set(steps.compactMap { ScanColumn($0) }) }
}
