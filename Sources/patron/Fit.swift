// `patron fit`: asks for a fit and prints its report.

internal import Client
internal import Wire

enum Fit {
  static let command = Command(
    name: "fit", summary: "fit the models to the recorded orders and adopt them",
    synopsis: "[--model bg-nbd|mbg-nbd] [--as-of DATE] [--json]",
    options: [
      Option("model", "NAME", "bg-nbd or mbg-nbd (default mbg-nbd)"),
      Option("as-of", "DATE", "use the orders up to this day (default: the newest order's)"),
      Option("json", nil, "print the report as JSON"),
      Connecting.option,
    ],
    details: """
      Under BG/NBD a customer with one order is alive for ever; under MBG/NBD he may have left after
      it, which is why it is the default.
      """,
    run: run)

  /// Long enough for the largest shop; a fit is not made faster by impatience.
  static let timeoutMillis: UInt32 = 600_000

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    try arguments.noPositionals()
    let name = arguments.value("model") ?? "mbg-nbd"
    guard let kind = ModelKind.kind(name) else {
      throw .usage("--model is '\(name)', it must be bg-nbd or mbg-nbd")
    }
    var day: Int?
    if let text = arguments.value("as-of") { day = try Values.day(text, option: "as-of") }
    var client = try Connecting.client(arguments, timeoutMillis: timeoutMillis)
    var asOfMicros: Int64 = 0
    if let day {
      var zone = try Connecting.zone(client.hello)
      asOfMicros = zone.micros(ofDay: day, seconds: 43_200)
    }
    let reply: FitReply
    do throws(ClientError) {
      reply = try client.fit(kind: kind, asOfMicros: asOfMicros)
    } catch {
      throw CommandError(error)
    }
    Console.out(
      arguments.flag("json") ? JSONWriter.lines(ModelJSON.fit(reply)) : text(reply))
  }

  /// The report for people.
  static func text(_ reply: FitReply) -> String {
    let model = reply.model
    let errors = reply.standardErrors
    var table = TextTable(rows: [["", "weeks", "±", "days", "±"]])
    func row(_ name: String, _ value: Double, _ error: Double, scale: Double = 1) {
      func text(_ number: Double) -> String { Numbers.significant(number, 7) }
      func errorText(_ number: Double) -> String {
        error < 0 ? "unknown" : Numbers.significant(number, 3)
      }
      table.rows.append([
        name, text(value / scale), errorText(error / scale), text(value), errorText(error),
      ])
    }
    row("r", model.r, errors[0])
    row("alpha", model.alpha, errors[1], scale: 7)
    row("a", model.a, errors[2])
    row("b", model.b, errors[3])
    let asOf = CalendarDay(number: Int(reply.asOfDay)).text
    var lines = [
      "\(ModelKind.name(model.kind) ?? "?"), generation \(reply.generation), orders up to \(asOf)",
      "", table.text, "",
      "log-likelihood (weeks)  \(Numbers.fixed(reply.logLikelihood, 4))",
      "customers               \(Numbers.grouped(reply.customers))",
      "distinct histories      \(Numbers.grouped(reply.distinctHistories))",
      "iterations              \(reply.iterations)",
      "converged               \(reply.converged ? "yes" : "no")", "",
    ]
    lines += spend(reply)
    lines += ["", "fitted in \(Numbers.fixed(reply.seconds, 3)) s"]
    lines += reply.warnings.split(separator: "\n").map { "warning: \($0)" }
    return lines.joined(separator: "\n")
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
