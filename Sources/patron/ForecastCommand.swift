// `patron forecast`: asks for the shop's orders and revenue by week and prints them.

internal import Client
internal import Wire

enum ForecastCommand {
  static let command = Command(
    name: "forecast", summary: "foretell the shop's orders and revenue by week",
    synopsis: "[--weeks N] [--as-of DATE] [--json]",
    options: [
      Option("weeks", "N", "how many weeks, 1 to \(Limits.forecastWeeksMax) (default 52)"),
      Option("as-of", "DATE", "from the orders up to this day (default: the newest order's)"),
      Option("json", nil, "print the forecast as JSON"),
      Connecting.option,
    ],
    details: """
      All orders of the shop: repeat orders of present customers as the adopted model expects them,
      first orders of customers to come at the pace of late, and their repeat orders. Orders of one
      customer and day count as one. Intervals are of 90 %; the coverage says how many weeks of the
      past lay within the intervals that would have been given of them.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    try arguments.noPositionals()
    let text = arguments.value("weeks") ?? "52"
    guard let weeks = UInt16(text), (1...Limits.forecastWeeksMax).contains(Int(weeks)) else {
      throw .usage("--weeks is '\(text)', it must be a number from 1 to \(Limits.forecastWeeksMax)")
    }
    let day = try arguments.value("as-of").map { text throws(CommandError) in
      try Values.day(text, option: "as-of")
    }
    var client = try Connecting.client(arguments, timeoutMillis: Fit.timeoutMillis)
    var zone = try Connecting.zone(client.hello)
    let reply: ForecastReply
    do throws(ClientError) {
      reply = try client.forecast(
        asOfMicros: day.map { zone.micros(ofDay: $0, seconds: 43_200) } ?? 0, weeks: weeks)
    } catch {
      throw CommandError(error)
    }
    let currency = client.hello.currency
    Console.out(
      arguments.flag("json")
        ? JSONWriter.lines(json(reply, currency: currency)) : self.text(reply, currency: currency))
  }

  private static func coverage(_ reply: ForecastReply) -> Double? {
    reply.weeksJudged > 0 ? Double(reply.weeksWithin) / Double(reply.weeksJudged) : nil
  }

  static func json(_ reply: ForecastReply, currency: String) -> JSON {
    func range(_ range: ForecastReply.Range) -> JSON {
      .object([
        ("expected", .number(range.expected)), ("low", .number(range.low)),
        ("high", .number(range.high)),
      ])
    }
    let weeks = reply.weeks.enumerated().map { place, week in
      JSON.object([
        ("week", .count(place + 1)),
        ("lastDay", .string(CalendarDay(number: Int(week.lastDay)).text)),
        ("orders", .number(week.orders)), ("ordersLow", .number(week.ordersLow)),
        ("ordersHigh", .number(week.ordersHigh)),
        ("presentCustomers", .number(week.presentOrders)),
        ("firstOrders", .number(week.firstOrders)), ("laterOrders", .number(week.laterOrders)),
        ("revenue", reply.revenue == nil ? .null : .number(week.revenue.expected)),
        ("revenueLow", reply.revenue == nil ? .null : .number(week.revenue.low)),
        ("revenueHigh", reply.revenue == nil ? .null : .number(week.revenue.high)),
      ])
    }
    return .object([
      ("asOf", .string(CalendarDay(number: Int(reply.asOfDay)).text)),
      ("generation", .count(reply.generation)),
      ("currency", currency.isEmpty ? .null : .string(currency)), ("level", .number(0.9)),
      ("orders", range(reply.orders)), ("revenue", reply.revenue.map(range) ?? .null),
      (
        "coverage",
        .object([
          ("share", .optional(coverage(reply))), ("weeks", .count(reply.weeksJudged)),
          ("cuts", .count(reply.cuts)),
        ])
      ),
      ("dispersion", .number(reply.dispersion)), ("levelVariance", .number(reply.levelVariance)),
      ("weeks", .array(weeks)), ("pastWeeks", .array(reply.past.map(JSON.number))),
      (
        "warnings",
        .array(reply.warnings.split(separator: "\n").map { .string(String($0)) })
      ),
    ])
  }

  static func text(_ reply: ForecastReply, currency: String) -> String {
    var table = TextTable(rows: [
      [
        "week to", "orders", "5 %", "95 %", "present", "new", "their repeats", "revenue", "5 %",
        "95 %",
      ]
    ])
    func whole(_ number: Double) -> String { Numbers.grouped(Int(number.rounded())) }
    func money(_ number: Double) -> String { reply.revenue == nil ? "-" : whole(number) }
    for week in reply.weeks {
      table.rows.append([
        CalendarDay(number: Int(week.lastDay)).text, Numbers.fixed(week.orders, 1),
        whole(week.ordersLow), whole(week.ordersHigh), Numbers.fixed(week.presentOrders, 1),
        Numbers.fixed(week.firstOrders, 1), Numbers.fixed(week.laterOrders, 1),
        money(week.revenue.expected), money(week.revenue.low), money(week.revenue.high),
      ])
    }
    table.rows.append([
      "all", whole(reply.orders.expected), whole(reply.orders.low), whole(reply.orders.high), "",
      "", "", money(reply.revenue?.expected ?? 0), money(reply.revenue?.low ?? 0),
      money(reply.revenue?.high ?? 0),
    ])
    let checked =
      coverage(reply).map {
        "\(Numbers.percent($0)) of \(reply.weeksJudged) past weeks, foretold from \(reply.cuts) days, "
          + "lay within such intervals"
      } ?? "the past is too short to check the intervals"
    var lines = [table.text, "", checked + (currency.isEmpty ? "" : "; revenue in \(currency)")]
    lines += reply.warnings.split(separator: "\n").map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }
}
