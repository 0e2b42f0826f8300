// Models and fits as JSON and as text: what `fit` and `status` print and `adopt` reads.

internal import Models
internal import Wire

extension ModelFields {
  /// Which purchase model it is; nil when the server knows more models than this program.
  var purchaseKind: PurchaseModelKind? { PurchaseModelKind(rawValue: kind) }

  /// The name of the first purchase model.
  var name: String { purchaseKind?.name ?? "model kind \(kind)" }

  /// Each purchase model by itself, this one first.
  var members: [ModelFields] {
    [self] + blend.map { ModelFields(kind: $0.kind, parameters: $0.parameters) }
  }

  /// The names of all purchase models, and what is laid over them.
  var fullName: String {
    var parts: [String] = []
    if !calibration.season.isEmpty { parts.append("a season") }
    if calibration.logLevel != 0 { parts.append("a level") }
    if calibration.correction != nil { parts.append("a correction") }
    if layer != nil { parts.append("a churn layer") }
    let names = members.map(\.name).joined(separator: " + ")
    return parts.isEmpty ? names : names + " under " + parts.joined(separator: ", ")
  }

  /// Names, values in units of so many days, and by what a value in days was divided for that.
  func parameters(
    daysPerUnit: Double
  ) -> [(name: String, value: Double, unit: Double, isTime: Bool)] {
    (purchaseKind?.parameters ?? []).enumerated().map { place, parameter in
      let unit = parameter.isTime ? daysPerUnit : 1
      return (parameter.name, parameters[place] / unit, unit, parameter.isTime)
    }
  }
}

enum ModelJSON {
  /// The purchase model's parameters by name, with times in units of so many days.
  static func parameters(_ model: ModelFields, daysPerUnit: Double) -> JSON {
    .object(model.parameters(daysPerUnit: daysPerUnit).map { ($0.name, .number($0.value)) })
  }

  static func spend(_ model: ModelFields) -> JSON {
    guard model.spendKnown else { return .null }
    return .object([
      ("p", .number(model.p)), ("q", .number(model.q)), ("gamma", .number(model.gamma)),
    ])
  }

  /// The further models, of which a score is the mean together with the first.
  static func blend(_ model: ModelFields) -> JSON {
    .array(
      model.blend.map { further in
        let one = ModelFields(kind: further.kind, parameters: further.parameters)
        return .object([
          ("model", .string(one.name)), ("parametersDays", parameters(one, daysPerUnit: 1)),
        ])
      })
  }

  static func calibration(_ model: ModelFields) -> JSON {
    let calibration = model.calibration
    func numbers(_ numbers: [Double]) -> JSON { .array(numbers.map(JSON.number)) }
    let correction = calibration.correction.map { known in
      JSON.object([
        ("referenceDays", .number(known.referenceDays)),
        ("intercept", .number(known.intercept)),
        ("weights", numbers(known.signals.map(\.weight))),
        ("means", numbers(known.signals.map(\.mean))),
        ("deviations", numbers(known.signals.map(\.deviation))),
      ])
    }
    return .object([
      ("season", calibration.season.isEmpty ? .null : numbers(calibration.season)),
      ("logLevel", .number(calibration.logLevel)), ("correction", correction ?? .null),
    ])
  }

  /// The layer over the purchase models' churn probability; the names are for people.
  static func layer(_ model: ModelFields) -> JSON {
    guard let layer = model.layer else { return .null }
    let names = ChurnFeature.table.reduce(into: [:]) { $0[$1.number] = $1.name }
    return .object([
      ("horizonDays", .number(layer.horizonDays)),
      ("typicalGapDays", .number(layer.typicalGapDays)), ("intercept", .number(layer.intercept)),
      (
        "terms",
        .array(
          layer.terms.map { term in
            .object([
              ("feature", .count(term.feature)),
              ("name", names[term.feature].map(JSON.string) ?? .null),
              ("coefficient", .number(term.coefficient)), ("centre", .number(term.centre)),
              ("scale", .number(term.scale)),
            ])
          })
      ),
    ])
  }

  /// A standard error, or null where the information is singular.
  static func error(_ value: Double) -> JSON { value < 0 ? .null : .number(value) }

  static func fit(_ reply: FitReply) -> JSON {
    let model = reply.model
    let warnings = reply.warnings.split(separator: "\n").map { JSON.string(String($0)) }
    return .object([
      ("model", model.purchaseKind.map { JSON.string($0.name) } ?? .null),
      ("parametersWeeks", parameters(model, daysPerUnit: 7)),
      ("parametersDays", parameters(model, daysPerUnit: 1)),
      ("standardErrors", errors(reply, daysPerUnit: 7)),
      ("standardErrorsDays", errors(reply, daysPerUnit: 1)),
      ("logLikelihood", .number(reply.logLikelihood)),
      ("spend", spend(reply)), ("blend", blend(model)), ("calibration", calibration(model)),
      ("churnLayer", layer(model)),
      ("customers", .count(reply.customers)),
      ("distinctHistories", .count(reply.distinctHistories)),
      ("iterations", .count(reply.iterations)), ("converged", .bool(reply.converged)),
      ("seconds", .number(reply.seconds)),
      ("asOf", .string(CalendarDay(number: Int(reply.asOfDay)).text)),
      ("generation", reply.holdout == nil ? .count(reply.generation) : .null),
      ("bootstrap", bootstrap(reply)), ("churn", churn(reply)),
      ("trials", .array(reply.trials.map(trial))),
      ("holdout", reply.holdout.map(holdout) ?? .null), ("warnings", .array(warnings)),
    ])
  }

  /// By parameter, with times in weeks.
  private static func bootstrap(_ reply: FitReply) -> JSON {
    guard let bootstrap = reply.bootstrap else { return .null }
    let rows = zip(reply.model.parameters(daysPerUnit: 7), bootstrap.parameters)
    return .object([
      ("shops", .count(bootstrap.shops)),
      (
        "parametersWeeks",
        .object(
          rows.map { parameter, spread in
            (
              parameter.name,
              .object([
                ("standardError", .number(spread.error / parameter.unit)),
                ("low", .number(spread.low / parameter.unit)),
                ("high", .number(spread.high / parameter.unit)),
              ])
            )
          })
      ),
    ])
  }

  /// How the churn layer foretold beside the purchase models.
  private static func churn(_ reply: FitReply) -> JSON {
    guard let churn = reply.churn else { return .null }
    return .object([
      ("horizonDays", .number(churn.horizonDays)), ("customers", .count(churn.customers)),
      ("purchaseLogLoss", .number(churn.purchaseLogLoss)),
      ("layerLogLoss", .number(churn.layerLogLoss)),
      ("gainStandardError", .number(churn.gainStandardError)),
      ("adopted", .bool(churn.isAdopted)),
    ])
  }

  private static func trial(_ fields: TrialFields) -> JSON {
    .object([
      ("name", .string(fields.name)), ("poissonDeviance", .number(fields.deviance)),
      ("bias", .optional(fields.bias == TrialFields.noBias ? nil : fields.bias)),
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
    let parameters = reply.model.parameters(daysPerUnit: daysPerUnit)
    return .object(
      zip(parameters, reply.standardErrors).map { ($0.name, error($1 / $0.unit)) })
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
