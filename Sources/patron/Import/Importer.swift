// One pass over a file: rows are checked, good ones sent if there is a server, bad ones told.

internal import Client
internal import Wire

/// Where a sent row stood in the file, to tell of it when the server refuses it.
struct SentRow {
  var line: Int
  var bytes: [UInt8]
}

/// A pass without a server, and what both kinds of passes share.
struct FilePass {
  var reader: CSVReader<FileSource>
  var checker: RowChecker
  var report: ImportReport
  var progress: Progress
  let sizeBytes: Int?

  /// Reads the header; afterwards the reader stands before the first row.
  static func open(
    _ path: String, _ wanted: TableColumns.Wanted
  ) throws(CommandError) -> (CSVReader<FileSource>, TableColumns) {
    var reader = CSVReader(try FileSource(path))
    let first = try reader.peekFirstLine()
    if first.starts(with: [0xff, 0xfe]) || first.starts(with: [0xfe, 0xff]) {
      throw .failed("'\(path)' is UTF-16; save it as UTF-8")
    }
    reader.delimiter = TableColumns.delimiter(in: first)
    guard try reader.read() else { throw .failed("'\(path)' is empty: it has no header") }
    guard reader.fault == nil, RowChecker.invalidUTF8(reader.bytes[reader.record]) == nil else {
      throw .failed("the header of '\(path)' cannot be read; is it CSV in UTF-8?")
    }
    let names = reader.fields.map { field in
      String(decoding: reader.content(of: field), as: UTF8.self).trimmingBlanks()
    }
    return (reader, try TableColumns(wanted, header: names))
  }

  /// Reads all rows and only counts.
  mutating func check() throws(CommandError) {
    while try reader.read() {
      switch checker.check(reader) {
      case .order: report.countGood()
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
      case .order(let order):
        report.countGood()
        let origin = SentRow(line: reader.line, bytes: Array(reader.bytes[reader.record]))
        let answers: [OrderSender<SentRow>.Answer]
        do throws(ClientError) {
          answers = try sender.add(order, from: origin)
        } catch {
          throw stopped(error)
        }
        try take(answers)
      case .skipped: report.countSkipped()
      case .bad(let row): try report.reject(row, bytes: reader.bytes[reader.record])
      }
      showProgress()
    }
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

  private mutating func take(_ answers: [OrderSender<SentRow>.Answer]) throws(CommandError) {
    for answer in answers {
      report.countAnswer(recorded: answer.recorded, duplicates: answer.duplicates)
      for (origin, status) in answer.refused {
        // The row is read again, because only a refused one needs its places.
        var row = CSVReader(
          BytesSource(origin.bytes), delimiter: reader.delimiter, line: origin.line)
        guard try row.read() else { continue }
        try report.rejectSent(checker.refused(row, status), bytes: origin.bytes)
      }
    }
  }

  private mutating func showProgress() {
    guard report.rows & 0x3ff == 0 else { return }
    let share = sizeBytes.map { Double(reader.consumedBytes) / Double(max(1, $0)) }
    progress.show(report.rows, share: share)
  }

  private func stopped(_ error: ClientError) -> CommandError {
    Progress.clearLine()
    return .failed(
      "\(error); \(Numbers.grouped(report.recorded)) rows were recorded before that. Import the "
        + "file again when this is mended: nothing is recorded twice")
  }
}

extension String {
  /// Without spaces and tabs around it.
  func trimmingBlanks() -> String {
    var text = self[...]
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
