// `patron segment`: the customers a condition holds for, as a table, CSV or JSON, while they are found.

internal import Client
internal import Wire

enum SegmentCommand {
  static let command = Command(
    name: "segment", summary: "list the customers that a condition holds for",
    synopsis: "'CONDITION' [OPTIONS]",
    options: [
      Option(
        "select", "NAMES",
        "what is told of each: customer, fields of conditions, best_offer(CHANNEL[, PLACEMENT]) "
          + "(default customer)"),
      Option("order-by", "FIELD", "a number or a date; FIELD desc for the largest first"),
      Option("limit", "N", "N customers at most"),
      Option("csv", nil, "print CSV with a head"),
      Option("json", nil, "print one JSON object per line"),
      Option("output", "FILE", "write to a file instead of standard output"),
    ] + ScanOptions.terms + [Connecting.option],
    details: """
      Without a condition everybody is listed. All is as it was at the moment of the question, however
      long the answer takes to read; checkouts do not wait for it. Example:

        patron segment 'segment == "about to leave" and lifetime_value > 200 and consent.email' \\
          --select 'customer,lifetime_value,churn,best_offer(email)' \\
          --order-by lifetime_value desc --limit 1000 --csv --output leaving.csv
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let words = Self.words(arguments)
    let condition = try ScanOptions.condition(words.condition)
    var request = SelectRequest(
      condition: condition,
      columns: ScanOptions.names(arguments.value("select") ?? "customer"))
    request.terms = try ScanOptions.terms(arguments)
    if let order = words.order {
      (request.orderBy, request.isDescending) = try Self.order(order)
    }
    if let text = arguments.value("limit") {
      guard let limit = UInt64(text), limit > 0 else {
        throw .usage("--limit is '\(text)', it must be a number above 0")
      }
      request.limit = limit
    }
    guard !(arguments.flag("csv") && arguments.flag("json")) else {
      throw .usage("--csv and --json exclude each other")
    }
    var client = try Connecting.client(arguments, timeoutMillis: Fit.timeoutMillis)
    request.terms.asOfMicros = try ScanOptions.asOfMicros(arguments, client.hello)
    let path = arguments.value("output")
    let file = if let path { try OutputFile(path) } else { OutputFile() }
    var writer = SegmentWriter(
      arguments.flag("csv") ? .csv : arguments.flag("json") ? .json : .table,
      columns: request.columns
    ) { text throws(CommandError) in
      try file.write(text)
    }
    var progress = ScanProgressLine()
    var failure: CommandError?
    let conditionAt =
      FrameHeader.size + SelectRequest.orderOffset + 1 + request.orderBy.utf8.count + 4
    do throws(ClientError) {
      try client.ask(.selectCustomers, request, forEach: SelectReply.self) { part in
        do throws(CommandError) {
          try writer.add(part)
          progress.show(scanned: part.scanned, of: part.customers, found: part.found)
          return true
        } catch {
          failure = error
          return false
        }
      }
    } catch {
      throw ScanOptions.failure(error, condition: condition, at: conditionAt)
    }
    progress.finish()
    if let failure { throw failure }
    try file.finish()
    Console.error("\(Numbers.grouped(writer.count)) customers")
  }

  /// The words of the condition, and the order: written without quotes its second word stands among the others.
  static func words(_ arguments: Arguments) -> (condition: [String], order: String?) {
    var (words, order) = (arguments.positionals, arguments.value("order-by"))
    if let field = order, let place = words.firstIndex(where: { $0 == "desc" || $0 == "asc" }) {
      order = "\(field) \(words.remove(at: place))"
    }
    return (words, order)
  }

  /// A field, and whether the largest come first.
  static func order(_ text: String) throws(CommandError) -> (field: String, isDescending: Bool) {
    let words = text.split(separator: " ")
    guard let field = words.first, words.count <= 2,
      words.count == 1 || words[1] == "desc" || words[1] == "asc"
    else { throw .usage("--order-by is '\(text)', it must be as in 'lifetime_value desc'") }
    return (String(field), words.count == 2 && words[1] == "desc")
  }
}
