// Models and fits as JSON and as text: what `fit` and `status` print and `adopt` reads.

internal import Wire

enum ModelKind {
  static let names: [(kind: UInt8, name: String)] = [(1, "bg-nbd"), (2, "mbg-nbd")]

  static func name(_ kind: UInt8) -> String? { names.first { $0.kind == kind }?.name }

  static func kind(_ name: String) -> UInt8? { names.first { $0.name == name }?.kind }
}

enum ModelJSON {
  /// r, alpha, a, b with time in units of so many days; no other parameter changes with the unit.
  static func parameters(_ model: ModelFields, daysPerUnit: Double) -> JSON {
    .object([
      ("r", .number(model.r)), ("alpha", .number(model.alpha / daysPerUnit)),
      ("a", .number(model.a)), ("b", .number(model.b)),
    ])
  }

  static func spend(_ model: ModelFields) -> JSON {
    guard model.spendKnown else { return .null }
    return .object([
      ("p", .number(model.p)), ("q", .number(model.q)), ("gamma", .number(model.gamma)),
    ])
  }

  /// A standard error, or null where the information is singular.
  static func error(_ value: Double) -> JSON { value < 0 ? .null : .number(value) }

  static func fit(_ reply: FitReply) -> JSON {
    let model = reply.model
    let warnings = reply.warnings.split(separator: "\n").map { JSON.string(String($0)) }
    return .object([
      ("model", ModelKind.name(model.kind).map(JSON.string) ?? .null),
      ("parametersWeeks", parameters(model, daysPerUnit: 7)),
      ("parametersDays", parameters(model, daysPerUnit: 1)),
      ("standardErrors", errors(reply, daysPerUnit: 7)),
      ("standardErrorsDays", errors(reply, daysPerUnit: 1)),
      ("logLikelihood", .number(reply.logLikelihood)),
      ("spend", spend(reply)),
      ("customers", .count(reply.customers)),
      ("distinctHistories", .count(reply.distinctHistories)),
      ("iterations", .count(reply.iterations)), ("converged", .bool(reply.converged)),
      ("seconds", .number(reply.seconds)),
      ("asOf", .string(CalendarDay(number: Int(reply.asOfDay)).text)),
      ("generation", reply.holdout == nil ? .count(reply.generation) : .null),
      ("holdout", reply.holdout.map(holdout) ?? .null), ("warnings", .array(warnings)),
    ])
  }

  private static func holdout(_ fields: HoldoutFields) -> JSON {
    let deciles = fields.deciles.map { decile in
      JSON.object([
        ("customers", .count(decile.customers)), ("actual", .number(decile.actual)),
        ("predicted", .number(decile.predicted)),
      ])
    }
    return .object([
      ("days", .count(fields.days)), ("customers", .count(fields.customers)),
      ("actual", .number(fields.actual)), ("predicted", .number(fields.predicted)),
      ("bias", .optional(fields.bias)), ("meanAbsoluteError", .number(fields.meanAbsoluteError)),
      ("rootMeanSquareError", .number(fields.rootMeanSquareError)),
      ("poissonDeviance", .number(fields.poissonDeviance)),
      ("normalizedGini", .optional(fields.gini)), ("deciles", .array(deciles)),
    ])
  }

  private static func errors(_ reply: FitReply, daysPerUnit: Double) -> JSON {
    let errors = reply.standardErrors
    return .object([
      ("r", error(errors[0])), ("alpha", error(errors[1] / daysPerUnit)),
      ("a", error(errors[2])), ("b", error(errors[3])),
    ])
  }

  private static func spend(_ reply: FitReply) -> JSON {
    guard reply.model.spendKnown else { return .null }
    let correlation = reply.correlation == FitReply.noCorrelation ? nil : reply.correlation
    return .object([
      ("p", .number(reply.model.p)), ("q", .number(reply.model.q)),
      ("gamma", .number(reply.model.gamma)),
      ("logLikelihood", .number(reply.spendLogLikelihood)),
      ("correlation", .optional(correlation)),
      (
        "standardErrors",
        .object([
          ("p", error(reply.spendErrors[0])), ("q", error(reply.spendErrors[1])),
          ("gamma", error(reply.spendErrors[2])),
        ])
      ),
      ("customers", .count(reply.spendCustomers)),
      ("iterations", .count(reply.spendIterations)), ("converged", .bool(reply.spendConverged)),
    ])
  }
}
