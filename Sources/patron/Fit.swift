// `patron fit`: asks for a fit and prints its report.

internal import Client
internal import Models
internal import Wire

enum Fit {
  static let command = Command(
    name: "fit", summary: "fit the models to the recorded orders and adopt them",
    synopsis: "[--model NAME] [--as-of DATE] [--holdout DATE] [--bootstrap N] [--json]",
    options: [
      Option("model", "NAME", "\(names) (default mbg-nbd)"),
      Option("as-of", "DATE", "use the orders up to this day (default: the newest order's)"),
      Option(
        "holdout", "DATE",
        "validate: fit to the orders up to this day, predict the later ones, compare; adopts nothing"
      ),
      Option(
        "bootstrap", "N",
        "fit N shops drawn from the shop's own customers too, and tell how the parameters spread"),
      Option("json", nil, "print the report as JSON"),
      Connecting.option,
    ],
    details: """
      Under BG/NBD a customer with one order is alive for ever; under MBG/NBD he may have left after
      it, which is why it is the default. 'bg-cnbd-k' and 'mbg-cnbd-k' choose the regularity of the
      gaps by likelihood. 'auto' looks back: it fits the models to days that have passed, sees what
      they foretold, blends and calibrates them by season, level and customer.
      """,
    run: run)

  /// The names of the models.
  static let names = FitChoice.all.map(\.name).joined(separator: ", ")

  /// Long enough for the largest shop; a fit is not made faster by impatience.
  static let timeoutMillis: UInt32 = 600_000

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    try arguments.noPositionals()
    let name = arguments.value("model") ?? "mbg-nbd"
    guard let choice = FitChoice(name: name) else {
      throw .usage("--model is '\(name)', it must be one of \(names)")
    }
    var days: [Int?] = []
    for option in ["as-of", "holdout"] {
      let text = arguments.value(option)
      days.append(
        try text.map { text throws(CommandError) in try Values.day(text, option: option) })
    }
    let bootstrap = arguments.value("bootstrap") ?? "0"
    guard let shops = UInt16(bootstrap), shops <= Bootstrap.replicatesMax else {
      throw .usage(
        "--bootstrap is '\(bootstrap)', it must be a number from 0 to \(Bootstrap.replicatesMax)")
    }
    var client = try Connecting.client(arguments, timeoutMillis: timeoutMillis)
    var zone = try Connecting.zone(client.hello)
    let micros = days.map { $0.map { zone.micros(ofDay: $0, seconds: 43_200) } ?? 0 }
    let reply: FitReply
    do throws(ClientError) {
      reply = try client.fit(
        kind: choice.number, asOfMicros: micros[0], holdoutFromMicros: micros[1], bootstrap: shops)
    } catch {
      throw CommandError(error)
    }
    Console.out(
      arguments.flag("json") ? JSONWriter.lines(ModelJSON.fit(reply)) : text(reply))
  }

  /// The report for people.
  static func text(_ reply: FitReply) -> String {
    let model = reply.model
    var table = TextTable(rows: [["", "weeks", "±", "days", "±"]])
    for (parameter, error) in zip(model.parameters(daysPerUnit: 7), reply.standardErrors) {
      func errorText(_ number: Double) -> String {
        error < 0 ? "unknown" : Numbers.significant(number, 3)
      }
      table.rows.append([
        parameter.name, Numbers.significant(parameter.value, 7),
        errorText(error / parameter.unit),
        Numbers.significant(parameter.value * parameter.unit, 7), errorText(error),
      ])
    }
    let asOf = CalendarDay(number: Int(reply.asOfDay)).text
    let adopted = reply.holdout == nil ? "generation \(reply.generation)" : "not adopted"
    var lines = [
      "\(title(model)), \(adopted), orders up to \(asOf)",
      "", table.text, "",
      "log-likelihood (weeks)  \(Numbers.fixed(reply.logLikelihood, 4))",
      "customers               \(Numbers.grouped(reply.customers))",
      "distinct histories      \(Numbers.grouped(reply.distinctHistories))",
      "iterations              \(reply.iterations)",
      "converged               \(reply.converged ? "yes" : "no")", "",
    ]
    if let bootstrap = reply.bootstrap { lines += text(bootstrap, model) + [""] }
    lines += spend(reply)
    lines += trials(reply.trials)
    if let churn = reply.churn { lines += text(churn) }
    if let holdout = reply.holdout { lines += text(holdout, after: asOf) }
    lines += ["", "fitted in \(Numbers.fixed(reply.seconds, 3)) s"]
    lines += reply.warnings.split(separator: "\n").map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  private static func text(_ churn: ChurnReportFields) -> [String] {
    let days = Numbers.significant(churn.horizonDays, 5)
    let gain = churn.purchaseLogLoss - churn.layerLogLoss
    return [
      "",
      "churn within \(days) days, foretold for \(Numbers.grouped(churn.customers)) customers of "
        + "the past", "",
      "log-loss, purchase      \(Numbers.fixed(churn.purchaseLogLoss, 5))",
      "log-loss, churn layer   \(Numbers.fixed(churn.layerLogLoss, 5)), better by "
        + "\(Numbers.fixed(gain, 5)) ± \(Numbers.fixed(churn.gainStandardError, 5))",
      "churn layer             \(churn.isAdopted ? "is used" : "is not used")",
    ]
  }

  private static func text(_ holdout: HoldoutFields, after day: String) -> [String] {
    var table = TextTable(rows: [
      ["decile", "customers", "predicted", "actual", "predicted/actual"]
    ])
    for (place, decile) in holdout.deciles.enumerated() {
      table.rows.append([
        "\(place + 1)", Numbers.grouped(decile.customers), Numbers.fixed(decile.predicted, 1),
        Numbers.fixed(decile.actual, 0),
        decile.actual > 0 ? Numbers.fixed(decile.predicted / decile.actual, 3) : "-",
      ])
    }
    let bias = holdout.bias.map { "\(Numbers.fixed(100 * $0, 1)) %" } ?? "unknown"
    let gini = holdout.gini.map { Numbers.fixed($0, 4) } ?? "unknown"
    return [
      "", "hold-out: \(holdout.days) days after \(day), repeat orders", "",
      "actual                  \(Numbers.fixed(holdout.actual, 0))",
      "predicted               \(Numbers.fixed(holdout.predicted, 1))",
      "bias                    \(bias)",
      "mean absolute error     \(Numbers.fixed(holdout.meanAbsoluteError, 4))",
      "root mean square error  \(Numbers.fixed(holdout.rootMeanSquareError, 4))",
      "Poisson deviance        \(Numbers.fixed(holdout.poissonDeviance, 4))",
      "normalized Gini         \(gini)", "", table.text,
    ]
  }

  /// The models' names; what follows in the report is the first one's.
  private static func title(_ model: ModelFields) -> String {
    model.members.map(\.name).joined(separator: " + ") + (model.isPlain ? "" : ", calibrated")
  }

  private static func text(_ bootstrap: BootstrapFields, _ model: ModelFields) -> [String] {
    var table = TextTable(rows: [["bootstrap, weeks", "±", "5 %", "95 %"]])
    for (parameter, spread) in zip(model.parameters(daysPerUnit: 7), bootstrap.parameters) {
      table.rows.append([
        parameter.name, Numbers.significant(spread.error / parameter.unit, 3),
        Numbers.significant(spread.low / parameter.unit, 5),
        Numbers.significant(spread.high / parameter.unit, 5),
      ])
    }
    return [table.text, "", "drawn shops fitted      \(bootstrap.shops)"]
  }

  private static func trials(_ trials: [TrialFields]) -> [String] {
    guard let best = trials.first else { return [] }
    var table = TextTable(rows: [["tried on the past", "Poisson deviance", "worse by", "bias"]])
    for trial in trials {
      let bias = trial.bias == TrialFields.noBias ? "unknown" : Numbers.percent(trial.bias)
      table.rows.append([
        trial.name, Numbers.fixed(trial.deviance, 4),
        best.deviance > 0 ? Numbers.percent(trial.deviance / best.deviance - 1) : "-", bias,
      ])
    }
    return ["", table.text]
  }

  private static func spend(_ reply: FitReply) -> [String] {
    guard reply.model.spendKnown else { return ["spend: not known"] }
    let model = reply.model
    var table = TextTable(rows: [["spend", "", "±"]])
    let rows = [("p", model.p), ("q", model.q), ("gamma", model.gamma)]
    for (index, row) in rows.enumerated() {
      let error = reply.spendErrors[index]
      table.rows.append([
        row.0, Numbers.significant(row.1, 7),
        error < 0 ? "unknown" : Numbers.significant(error, 3),
      ])
    }
    let correlation =
      reply.correlation == FitReply.noCorrelation
      ? "unknown" : Numbers.fixed(reply.correlation, 4)
    return [
      table.text, "",
      "log-likelihood          \(Numbers.fixed(reply.spendLogLikelihood, 4))",
      "customers               \(Numbers.grouped(reply.spendCustomers))",
      "orders against spend    \(correlation) (correlation; the model takes it for 0)",
      "converged               \(reply.spendConverged ? "yes" : "no")",
    ]
  }
}
