// One customer's score as JSON and as a line of text.

internal import Wire

enum ScoreLine {
  /// Keys in the order the README lists them; null where something is not known.
  static func json(_ customer: String, _ score: ScoreReply, horizonDays: Double) -> JSON {
    let isKnown = score.known
    func known(_ value: JSON) -> JSON { isKnown ? value : .null }
    let hasSpend = score.spendKnown
    return .object([
      ("customer", .string(customer)), ("known", .bool(isKnown)),
      (
        "firstOrder", known(.string(CalendarDay(number: Int(score.firstOrderDay)).text))
      ),
      ("repeatOrders", known(.count(score.repeatOrders))),
      ("recencyDays", known(.count(score.recencyDays))),
      ("ageDays", known(.count(score.ageDays))),
      ("meanSpend", isKnown && score.repeatOrders > 0 ? .number(score.meanSpend) : .null),
      ("aliveProbability", .number(score.aliveProbability)),
      ("churnProbability", .number(score.churnProbability)),
      ("expectedOrders", .number(score.expectedOrders)),
      ("expectedSpendPerOrder", hasSpend ? .number(score.expectedSpend) : .null),
      ("lifetimeValue", hasSpend ? .number(score.lifetimeValue) : .null),
      ("modelChurn", .number(score.modelChurnProbability)),
      ("horizonDays", .number(horizonDays)), ("generation", .count(score.generation)),
    ])
  }

  static let heads = [
    "customer", "first order", "x", "t_x", "T", "mean spend", "alive", "churn", "orders",
    "spend", "value",
  ]

  static func cells(_ customer: String, _ score: ScoreReply) -> [String] {
    let isKnown = score.known
    return [
      customer, isKnown ? CalendarDay(number: Int(score.firstOrderDay)).text : "unknown",
      isKnown ? "\(score.repeatOrders)" : "-", isKnown ? "\(score.recencyDays)" : "-",
      isKnown ? "\(score.ageDays)" : "-",
      score.repeatOrders > 0 ? Numbers.fixed(score.meanSpend, 2) : "-",
      Numbers.percent(score.aliveProbability), Numbers.percent(score.churnProbability),
      Numbers.fixed(score.expectedOrders, 3),
      score.spendKnown ? Numbers.fixed(score.expectedSpend, 2) : "-",
      score.spendKnown ? Numbers.fixed(score.lifetimeValue, 2) : "-",
    ]
  }
}
