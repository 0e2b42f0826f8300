// `patron count`: how many customers a condition holds for, by group, and what they are worth together.

internal import Client
internal import Wire

enum CountCommand {
  static let command = Command(
    name: "count", summary: "count the customers that a condition holds for, by group",
    synopsis: "'CONDITION' [OPTIONS]",
    options: [
      Option("by", "FIELDS", "texts, levels and yes/no by which customers are grouped, 4 at most"),
      Option(
        "of", "FIELDS", "numbers that are added up, 8 at most (default lifetime_value,net_value)"),
      Option("quantiles", "SHARES", "which quantiles of them are told (default 0.5)"),
      Option("json", nil, "print one JSON object"),
    ] + ScanOptions.terms + [Connecting.option],
    details: """
      Without a condition everybody is counted. net_value is the margin of what was spent, plus
      lifetime value, less what it cost to win the customer. Example:

        patron count 'country == "FR" and tier >= gold' --by segment,source
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let condition = try ScanOptions.condition(arguments.positionals)
    var request = CountRequest(condition: condition)
    request.terms = try ScanOptions.terms(arguments)
    if let text = arguments.value("by") { request.groups = ScanOptions.names(text) }
    let measures = arguments.value("of") ?? "lifetime_value,net_value"
    request.measures = measures.isEmpty ? [] : ScanOptions.names(measures)
    request.shares = try ScanOptions.names(arguments.value("quantiles") ?? "0.5").map {
      text throws(CommandError) in
      try Values.number(text, option: "quantiles", in: 0...1)
    }
    for (option, count, most) in [
      ("by", request.groups.count, Limits.groupFieldsMax),
      ("of", request.measures.count, Limits.measuresMax),
      ("quantiles", request.shares.count, Limits.quantilesMax),
    ] where count > most {
      throw .usage("--\(option) names \(count), at most \(most) are told at once")
    }
    var client = try Connecting.client(arguments, timeoutMillis: Fit.timeoutMillis)
    request.terms.asOfMicros = try ScanOptions.asOfMicros(arguments, client.hello)
    var progress = ScanProgressLine()
    var last = CountReply()
    do throws(ClientError) {
      try client.ask(.countCustomers, request, forEach: CountReply.self) { part in
        last = part
        progress.show(scanned: part.scanned, of: part.customers, found: part.found)
        return true
      }
    } catch {
      throw ScanOptions.failure(
        error, condition: condition, at: FrameHeader.size + CountRequest.conditionOffset + 4)
    }
    progress.finish()
    let told = CountText(request: request, reply: last, currency: client.hello.currency)
    Console.out(arguments.flag("json") ? JSONWriter.lines(told.json) : told.text)
  }
}

/// What was counted, for people and programs.
struct CountText {
  let request: CountRequest
  let reply: CountReply
  let currency: String

  var text: String {
    var heads = request.groups + ["customers"]
    for measure in request.measures {
      heads += ["\(measure): sum", "mean"] + request.shares.map(Self.name)
    }
    let rows = reply.groups.map { group in
      var cells = group.keys.map { $0 ?? "–" } + [Numbers.grouped(group.customers)]
      for measure in group.measures {
        cells += [number(measure.known == 0 ? .nan : measure.sum), number(measure.mean)]
        cells += measure.quantiles.map(number)
      }
      return cells
    }
    let day = CalendarDay(number: Int(reply.asOfDay)).text
    let head =
      "\(Numbers.grouped(reply.found)) of \(Numbers.grouped(reply.customers)) customers as of \(day)"
      + (currency.isEmpty ? "" : ", amounts in \(currency)")
    return head + "\n\n" + TextTable(rows: [heads] + rows).text
  }

  private static func name(_ share: Double) -> String {
    share == 0.5 ? "median" : "\(JSONWriter.text(share * 100)) %"
  }

  private func number(_ value: Double) -> String {
    value.isNaN ? "–" : Numbers.fixed(value, 2)
  }

  var json: JSON {
    .object([
      ("asOf", .string(CalendarDay(number: Int(reply.asOfDay)).text)),
      ("customers", .count(reply.customers)), ("found", .count(reply.found)),
      ("currency", .string(currency)),
      ("groups", .array(reply.groups.map(group))),
    ])
  }

  private func group(_ group: CountedGroup) -> JSON {
    let keys = zip(request.groups, group.keys).map { ($0, $1.map(JSON.string) ?? .null) }
    let measures = zip(request.measures, group.measures).map { name, measure in
      (
        name,
        JSON.object([
          ("known", .count(measure.known)), ("sum", .number(measure.sum)),
          ("mean", .number(measure.mean)), ("least", .number(measure.least)),
          ("most", .number(measure.most)),
          (
            "quantiles",
            .array(
              zip(request.shares, measure.quantiles).map {
                .object([("share", .number($0)), ("value", .number($1))])
              })
          ),
        ])
      )
    }
    return .object(
      keys.map { ($0.0, $0.1) } + [("customers", .count(group.customers))]
        + measures.map { ($0.0, $0.1) })
  }
}
