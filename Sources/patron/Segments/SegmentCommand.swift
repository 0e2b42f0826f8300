// `patron segment`: the customers a condition holds for, as a table, CSV or JSON, while they are found.

internal import Client
internal import Foundation
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
      Option("order-by", "FIELD", "a number or a date; 'FIELD desc' for the largest first"),
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
          --order-by 'lifetime_value desc' --limit 1000 --csv --output leaving.csv
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let condition = try ScanOptions.condition(arguments)
    var request = SelectRequest(
      condition: condition,
      columns: ScanOptions.names(arguments.value("select") ?? "customer"))
    request.terms = try ScanOptions.terms(arguments)
    if let order = arguments.value("order-by") {
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
    let file = try arguments.value("output").map { path throws(CommandError) in
      try OutputFile(path)
    }
    var writer = SegmentWriter(
      arguments.flag("csv") ? .csv : arguments.flag("json") ? .json : .table,
      columns: request.columns
    ) { text throws(CommandError) in
      if let file { try file.write(text) } else { try OutputFile.standard.write(text) }
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
    try file?.finish()
    Console.error("\(Numbers.grouped(writer.count)) customers")
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

/// A file that takes the place of another one when all of it is written.
struct OutputFile {
  private let handle: FileHandle
  private let path: String?

  static let standard = OutputFile()

  private init() {
    handle = .standardOutput
    path = nil
  }

  init(_ path: String) throws(CommandError) {
    let partial = path + ".part"
    guard FileManager.default.createFile(atPath: partial, contents: nil),
      let handle = FileHandle(forWritingAtPath: partial)
    else { throw .failed("\(partial) cannot be written") }
    self.handle = handle
    self.path = path
  }

  func write(_ text: String) throws(CommandError) {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      throw .failed(
        "\(path ?? "the output") cannot be written any further: \(error.localizedDescription)")
    }
  }

  /// Puts the file in its place.
  func finish() throws(CommandError) {
    guard let path else { return }
    do {
      try handle.close()
    } catch {
      throw .failed("\(path) cannot be written to its end: \(error.localizedDescription)")
    }
    do {
      let (file, partial) = (URL(fileURLWithPath: path), URL(fileURLWithPath: path + ".part"))
      _ = try FileManager.default.replaceItemAt(file, withItemAt: partial)
    } catch {
      throw .failed("\(path) cannot be replaced: \(error.localizedDescription)")
    }
  }
}
