// `patron report`: asks for the figures and writes the page. What the figures become on the page
// is in Report/ReportData+Reply.swift.

internal import Client
internal import Foundation
internal import Models
internal import Wire

enum Report {
  static let command = Command(
    name: "report", summary: "draw a report on customers and model",
    synopsis: "[--output FILE] [--customer ID] [--holdout DATE] [--horizon DURATION]",
    options: [
      Option(
        "output", "FILE", "the page, one HTML file; - for standard output (default report.html)"),
      Option("customer", "ID", "whose life is drawn (default: whoever has the most repeat orders)"),
      Option("as-of", "DATE", "use the orders up to this day (default: the newest order's)"),
      Option(
        "holdout", "DATE",
        "hold the model against the orders after this day (default: the last quarter of all days)"),
      Option("horizon", "DURATION", "look ahead so far: 90d, 39w, 12m or 1y (default 1y)"),
      Connecting.option,
    ],
    details: """
      The page stands alone: no script, nothing fetched; print it or send it. It shows the adopted
      model: P(alive) and expected orders by recency and repeat orders, lifetime value (discounted
      by 10 % a year, margin 1), one customer's life, retention by month of the first order; and how
      the same kind of model, fitted to the orders up to the hold-out's date, foretold the later ones.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    try arguments.noPositionals()
    let output = arguments.value("output") ?? "report.html"
    let customer = arguments.value("customer") ?? ""
    guard customer.utf8.count <= Limits.identifierSizeMax else {
      throw .usage("--customer has \(customer.utf8.count) bytes; a customer has 1 to 64")
    }
    let horizon = try Values.days(arguments.value("horizon") ?? "1y", option: "horizon")
    guard horizon <= Limits.horizonDaysMax else {
      throw .usage(
        "--horizon is \(JSONWriter.text(horizon)) days, at most "
          + "\(JSONWriter.text(Limits.horizonDaysMax)) are looked ahead")
    }
    var days: [Int?] = []
    for option in ["as-of", "holdout"] {
      let text = arguments.value(option)
      days.append(
        try text.map { text throws(CommandError) in try Values.day(text, option: option) })
    }
    // Before the figures are computed: that takes a moment.
    try ReportFile.check(output)

    var client = try Connecting.client(arguments, timeoutMillis: Fit.timeoutMillis)
    var zone = try Connecting.zone(client.hello)
    let micros = days.map { $0.map { zone.micros(ofDay: $0, seconds: 43_200) } ?? 0 }
    let reply: ReportReply
    do throws(ClientError) {
      reply = try client.report(
        ReportRequest(
          asOfMicros: micros[0], holdoutFromMicros: micros[1], horizonDays: horizon,
          customer: customer))
    } catch {
      throw CommandError(error)
    }
    let page = ReportPage.html(ReportData(reply))
    if output == "-" {
      Console.out(page)
      return
    }
    try ReportFile.write(page, to: output)
    Console.out(
      "\(output): \(Numbers.grouped(reply.customers)) customers as of "
        + CalendarDay(number: Int(reply.asOfDay)).text)
  }
}

/// The file the page goes to: replaced as a whole, or not at all.
enum ReportFile {
  /// Refuses what cannot become the page.
  static func check(_ path: String) throws(CommandError) {
    if path == "-" { return }
    guard !path.isEmpty else { throw .usage("--output is empty, it must name a file") }
    if isDirectory(URL(filePath: path)) {
      throw .failed("\(path) is a directory; --output must name a file")
    }
    let folder = URL(filePath: path).deletingLastPathComponent()
    guard isDirectory(folder) else {
      throw .failed("\(path) cannot be written: there is no directory \(folder.path)")
    }
  }

  private static func isDirectory(_ url: URL) -> Bool {
    let path = url.resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.type] as? FileAttributeType == .typeDirectory
  }

  static func write(_ page: String, to path: String) throws(CommandError) {
    try check(path)
    do {
      try Data(page.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw .failed("\(path) cannot be written: \(error.localizedDescription)")
    }
  }
}
