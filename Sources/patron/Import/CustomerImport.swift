// `patron import --customers`: its options, and one pass over a file in which rows are checked, good ones
// sent if there is a server, bad ones told.

internal import Client
internal import Wire

enum CustomerImport {
  static func run(_ arguments: Arguments) throws(CommandError) {
    let path = try arguments.onlyPositional("FILE.csv")
    try CustomerColumns.check(arguments)
    let isStrict = arguments.flag("strict")
    if isStrict && path == "-" {
      throw .usage("--strict reads the file twice, so it cannot be standard input")
    }
    let wanted = try arguments.value("currency").map { text throws(CommandError) in
      try Values.currency(text)
    }
    // A file that cannot be read is told before a server that is not there.
    let (reader, names) = try CSVReader.open(path)
    let columns = try CustomerColumns(arguments, header: names)
    var client: PatronClient?
    var shop = ImportShop()
    if arguments.flag("dry-run") {
      if var other = try? Connecting.client(arguments) { try? shop.ask(&other) }
    } else {
      var other = try Connecting.client(arguments)
      try shop.ask(&other)
      client = consume other
    }
    let own = shop.hello.currency
    if let wanted, !own.isEmpty, wanted != own {
      throw .failed("the shop's currency is \(own); costs in \(wanted) cannot be recorded")
    }
    let code = wanted ?? (own.isEmpty ? "USD" : own)
    let checker = CustomerRowChecker(
      columns: columns, currency: code,
      minorDigits: code == own ? shop.hello.minorDigits : Currency.minorDigits(code))
    func pass(_ reader: CSVReader<FileSource>) -> CustomerPass {
      CustomerPass(
        reader: reader, checker: checker,
        report: ImportReport(
          file: path == "-" ? "(stdin)" : path, rejects: arguments.value("rejects")),
        progress: Progress(unit: "rows"), sizeBytes: FileSource.size(of: path))
    }
    var first = pass(reader)
    guard let client = consume client else {
      try first.check()
      first.tell(isJSON: arguments.flag("json"), isDryRun: true)
      if isStrict { try Import.requireNoneBad(first.report) }
      return
    }
    if isStrict {
      try first.check()
      if first.report.bad > 0 { first.tell(isJSON: arguments.flag("json"), isDryRun: false) }
      try Import.requireNoneBad(first.report)
      // The check has read its file to the end: the import opens it again.
      first = pass(try CSVReader.open(path).0)
    }
    try first.send(to: client)
    first.tell(isJSON: arguments.flag("json"), isDryRun: false)
  }
}

/// A pass over a file of customers.
struct CustomerPass {
  var reader: CSVReader<FileSource>
  let checker: CustomerRowChecker
  var report: ImportReport
  var progress: Progress
  let sizeBytes: Int?

  /// Reads all rows and only counts.
  mutating func check() throws(CommandError) {
    while try reader.read() {
      switch checker.check(reader) {
      case .customer: report.countGood()
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
    var sender = ProfileSender(client)
    while try reader.read() {
      switch checker.check(reader) {
      case .customer(let row):
        report.countGood()
        let origin = SentRow(line: reader.line, bytes: Array(reader.bytes[reader.record]))
        if sender.add(row, from: origin) { try take(try push(&sender)) }
      case .bad(let row): try report.reject(row, bytes: reader.bytes[reader.record])
      }
      showProgress()
    }
    try take(try push(&sender))
    try take(try push(&sender))
    progress.finish()
    report.finishTelling()
  }

  private func push(_ sender: inout ProfileSender) throws(CommandError) -> ProfileSender.Answer? {
    do throws(ClientError) {
      return try sender.push()
    } catch {
      Progress.clearLine()
      throw .failed(
        "\(error); \(Numbers.grouped(report.recorded)) rows were recorded before that. Import the "
          + "file again when this is mended: what is recorded stays as it is")
    }
  }

  private mutating func take(_ answer: ProfileSender.Answer?) throws(CommandError) {
    guard let answer else { return }
    let checker = checker
    report.countAnswer(recorded: answer.recorded, duplicates: answer.duplicates)
    try report.rejectSent(answer.refused, delimiter: reader.delimiter) { checker.refused($0, $1) }
  }

  private mutating func showProgress() {
    progress.show(rows: report.rows, reader.consumedBytes, of: sizeBytes)
  }

  func tell(isJSON: Bool, isDryRun: Bool) {
    let seconds = progress.seconds
    if isJSON {
      Console.out(
        JSONWriter.lines(
          report.json(seconds: seconds, isDryRun: isDryRun, currency: checker.currency)))
    } else {
      let hasCosts = checker.columns.places[.cost] != nil
      Console.out(
        report.summary(
          seconds: seconds,
          minorText: hasCosts
            ? "\(checker.currency) with \(checker.minorDigits) decimals" : nil))
    }
  }
}
