// One pass over a file: rows are checked, good ones sent if there is a server, bad ones told.

internal import Client
internal import Wire

/// Where a sent row stood in the file, to tell of it when the server refuses it.
struct SentRow {
  var line: Int
  var bytes: [UInt8]
}

/// An order as far as its rows have been read.
private struct FileOrder {
  var order: RecordOrdersRequest.Order
  var origin: SentRow
  var lines: [RecordOrderLinesRequest.Line] = []
}

/// A pass without a server, and what both kinds of passes share.
struct FilePass {
  var reader: CSVReader<FileSource>
  var checker: RowChecker
  var report: ImportReport
  var progress: Progress
  let sizeBytes: Int?
  private var pending: FileOrder?

  init(
    reader: CSVReader<FileSource>, checker: RowChecker, report: ImportReport, progress: Progress,
    sizeBytes: Int?
  ) {
    self.reader = reader
    self.checker = checker
    self.report = report
    self.progress = progress
    self.sizeBytes = sizeBytes
  }

  /// Reads the header; afterwards the reader stands before the first row.
  static func open(
    _ path: String, _ wanted: TableColumns.Wanted
  ) throws(CommandError) -> (CSVReader<FileSource>, TableColumns) {
    let (reader, names) = try CSVReader.open(path)
    return (reader, try TableColumns(wanted, header: names))
  }

  /// Reads all rows and only counts.
  mutating func check() throws(CommandError) {
    while try reader.read() {
      switch checker.check(reader) {
      case .order, .line: report.countGood()
      case .skipped: report.countSkipped()
      case .bad(let row): try report.reject(row, bytes: reader.bytes[reader.record])
      }
      showProgress()
    }
    progress.finish()
    report.finishTelling()
  }

  /// Reads all rows and sends the good ones.
  mutating func send(to client: consuming PatronClient) throws(CommandError) {
    report.beginSending()
    let settings = checker.settings
    var sender = OrderSender<SentRow>(
      client, currency: settings.currency, minorDigits: settings.minorDigits)
    while try reader.read() {
      switch checker.check(reader) {
      case .order(let order): try add(order, category: nil, to: &sender)
      case .line(let order, let category): try add(order, category: category, to: &sender)
      case .skipped: report.countSkipped()
      case .bad(let row): try report.reject(row, bytes: reader.bytes[reader.record])
      }
      showProgress()
    }
    try flush(to: &sender)
    let answers: [OrderSender<SentRow>.Answer]
    do throws(ClientError) {
      answers = try sender.finish()
    } catch {
      throw stopped(error)
    }
    try take(answers)
    progress.finish()
    report.finishTelling()
  }

  /// Adds a row to the order it is a part of, or begins the next one.
  private mutating func add(
    _ order: RecordOrdersRequest.Order, category: String?,
    to sender: inout OrderSender<SentRow>
  ) throws(CommandError) {
    let isPart =
      checker.settings.columns.category != nil && pending?.order.customer == order.customer
      && pending?.order.order == order.order
    if isPart, let sum = pending?.order.amountMinor, sum + order.amountMinor > Limits.amountMax {
      return try report.reject(
        checker.refused(reader, .amountOverflow), bytes: reader.bytes[reader.record])
    }
    report.countGood()
    if isPart {
      pending?.order.amountMinor += order.amountMinor
    } else {
      try flush(to: &sender)
      pending = FileOrder(
        order: order, origin: SentRow(line: reader.line, bytes: Array(reader.bytes[reader.record])))
    }
    let number = pending.map { $0.lines.count + 1 } ?? 1
    guard let category, let line = UInt16(exactly: number) else { return }
    pending?.lines.append(
      RecordOrderLinesRequest.Line(
        customer: order.customer, order: order.order, line: line, category: category,
        amountMinor: order.amountMinor))
  }

  /// Sends the order that is complete.
  private mutating func flush(to sender: inout OrderSender<SentRow>) throws(CommandError) {
    guard let complete = pending else { return }
    pending = nil
    let answers: [OrderSender<SentRow>.Answer]
    do throws(ClientError) {
      answers = try sender.add(complete.order, lines: complete.lines, from: complete.origin)
    } catch {
      throw stopped(error)
    }
    try take(answers)
  }

  private mutating func take(_ answers: [OrderSender<SentRow>.Answer]) throws(CommandError) {
    let checker = checker
    for answer in answers {
      report.countAnswer(recorded: answer.recorded, duplicates: answer.duplicates)
      report.countLines(
        recorded: answer.lines.recorded, duplicates: answer.lines.duplicates,
        refused: answer.lines.refused)
      try report.rejectSent(answer.refused, delimiter: reader.delimiter) { checker.refused($0, $1) }
    }
  }

  private mutating func showProgress() {
    progress.show(rows: report.rows, reader.consumedBytes, of: sizeBytes)
  }

  private func stopped(_ error: ClientError) -> CommandError {
    Progress.clearLine()
    return .failed(
      "\(error); \(Numbers.grouped(report.recorded)) rows were recorded before that. Import the "
        + "file again when this is mended: nothing is recorded twice")
  }
}
