// One customer's score as JSON and as a line of text.

internal import Wire

enum ScoreLine {
  /// Keys in the order the README lists them; null where something is not known.
  static func json(
    _ customer: String, _ score: ScoreReply, _ interval: ScoreIntervalReply? = nil,
    level: Double? = nil, horizonDays: Double
  ) -> JSON {
    let isKnown = score.known
    func known(_ value: JSON) -> JSON { isKnown ? value : .null }
    let hasSpend = score.spendKnown
    var members: [(String, JSON)] = [
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
    ]
    if let interval {
      members += [
        ("level", .optional(level)), ("ordersLow", .count(interval.ordersLow)),
        ("ordersHigh", .count(interval.ordersHigh)),
        ("valueLow", interval.valueKnown ? .number(interval.valueLow) : .null),
        ("valueHigh", interval.valueKnown ? .number(interval.valueHigh) : .null),
      ]
    }
    return .object(members)
  }

  static let heads = [
    "customer", "first order", "x", "t_x", "T", "mean spend", "alive", "churn", "orders",
    "spend", "value",
  ]

  static let intervalHeads = ["orders from", "to", "value from", "to"]

  static func cells(_ interval: ScoreIntervalReply?) -> [String] {
    guard let interval else { return [] }
    return [
      "\(interval.ordersLow)", "\(interval.ordersHigh)",
      interval.valueKnown ? Numbers.fixed(interval.valueLow, 2) : "-",
      interval.valueKnown ? Numbers.fixed(interval.valueHigh, 2) : "-",
    ]
  }

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
