// `patron import`: its options, and which passes they mean.

internal import Client
internal import Platform
internal import Wire

enum Import {
  static let command = Command(
    name: "import", summary: "record the orders of a CSV file, or what it says of customers",
    synopsis: "FILE.csv|- [--customer COLUMN] [--date COLUMN] [--amount COLUMN] [OPTIONS]",
    options: [
      Option("customer", "COLUMN", "column of the customer (default customer_id)"),
      Option("date", "COLUMN", "column of the date or time (default date)"),
      Option("amount", "COLUMN", "column of the amount (default amount)"),
      Option("order", "COLUMN", "column of the order's identifier (default: one is made)"),
      Option("category", "COLUMN", "column of the category: rows are lines of orders"),
      Option("until", "DATE", "leave out rows after this day"),
      Option("customers", nil, "rows are customers; at least one of the next columns is named"),
    ] + CustomerColumns.options + [
      Option("currency", "CODE", "ISO 4217 (default: the shop's, else USD)"),
      Option("rejects", "FILE", "write bad rows there, with place and reason"),
      Option("strict", nil, "read everything first; send nothing if any row is bad"),
      Option("dry-run", nil, "only read and check; needs no server"),
      Option("json", nil, "print the summary as JSON"),
      Connecting.option,
    ],
    details: """
      The file has a header and is UTF-8, separated by commas, semicolons or tabs. Dates are
      YYYY-MM-DD, with or without a time and an offset; without an offset they are local in the
      shop's time zone, without a time noon. Amounts are decimals such as 12.50.
      Bad rows are told, counted and left out. Importing a file again changes nothing: a row without
      an order's identifier gets one from its day, amount and occurrence in the file (which takes 11
      to 22 bytes of memory for each distinct customer, day and amount).
      With --category each row is a line of its order, of that category. With --order too, rows of one
      order that stand together are one order: its amount is the sum of theirs, its time the first
      one's, and its lines are numbered from 1. A row without a category belongs to no line.
      With --customers each row says something of a customer, who need not have ordered: the source, the
      acquisition cost (0 or more), country (FR), language (fr), birthday (1980-05-17 or 05-17), preferred
      channel, tier, and the last day the tier is held (none: without end). An empty cell keeps what is
      known. Of two rows about one customer the later one holds.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    guard !arguments.flag("customers") else { return try CustomerImport.run(arguments) }
    let options = try ImportOptions(arguments)
    // A file that cannot be read is told before a server that is not there.
    let (reader, columns) = try FilePass.open(options.path, options.wanted)
    guard !options.isDryRun else {
      var shop = ImportShop()
      if var client = try? Connecting.client(arguments) { try? shop.ask(&client) }
      var pass = try options.pass(reader, columns, shop)
      try pass.check()
      options.tell(pass)
      if options.isStrict { try requireNoneBad(pass.report) }
      return
    }
    var client = try Connecting.client(arguments)
    var shop = ImportShop()
    try shop.ask(&client)
    let own = shop.hello.currency
    if let currency = options.currency, !own.isEmpty, currency != own {
      throw .failed("the shop's currency is \(own); amounts in \(currency) cannot be recorded")
    }
    var pass = try options.pass(reader, columns, shop)
    if options.isStrict {
      try pass.check()
      if pass.report.bad > 0 { options.tell(pass) }
      try requireNoneBad(pass.report)
      // The check has read its file to the end: the import opens it again.
      pass = try options.pass(FilePass.open(options.path, options.wanted).0, columns, shop)
    }
    try pass.send(to: client)
    options.tell(pass)
  }

  static func requireNoneBad(_ report: ImportReport) throws(CommandError) {
    let count = report.bad
    guard count > 0 else { return }
    throw .failed(
      "\(Numbers.grouped(count)) \(count == 1 ? "row is" : "rows are") bad; nothing was sent "
        + "(--strict)")
  }
}

/// The command line of an import, read.
private struct ImportOptions {
  let path: String
  let isDryRun: Bool
  let isStrict: Bool
  let isJSON: Bool
  let rejects: String?
  var wanted = TableColumns.Wanted()
  var untilDay: Int?
  var currency: String?

  init(_ arguments: Arguments) throws(CommandError) {
    path = try arguments.onlyPositional("FILE.csv")
    isDryRun = arguments.flag("dry-run")
    isStrict = arguments.flag("strict")
    isJSON = arguments.flag("json")
    rejects = arguments.value("rejects")
    if isStrict && path == "-" {
      throw .usage("--strict reads the file twice, so it cannot be standard input")
    }
    for option in CustomerColumns.options where arguments.flag(option.name) {
      throw .usage("--\(option.name) goes with --customers")
    }
    wanted.customer = arguments.value("customer") ?? wanted.customer
    wanted.date = arguments.value("date") ?? wanted.date
    wanted.amount = arguments.value("amount") ?? wanted.amount
    wanted.order = arguments.value("order")
    wanted.category = arguments.value("category")
    if let text = arguments.value("until") { untilDay = try Values.day(text, option: "until") }
    if let text = arguments.value("currency") { currency = try Values.currency(text) }
  }

  /// A pass over the file, whose header has been read.
  func pass(
    _ reader: CSVReader<FileSource>, _ columns: TableColumns, _ shop: ImportShop
  ) throws(CommandError) -> FilePass {
    var zone = try Connecting.zone(shop.hello)
    let code = currency ?? (shop.hello.currency.isEmpty ? "USD" : shop.hello.currency)
    let settings = ImportSettings(
      columns: columns, currency: code,
      minorDigits: code == shop.hello.currency
        ? shop.hello.minorDigits : Currency.minorDigits(code),
      untilDay: untilDay, lastDay: zone.day(ofMicros: shop.nowMicros) + Limits.futureDaysMax)
    return FilePass(
      reader: reader, checker: RowChecker(settings, zone: zone),
      report: ImportReport(file: path == "-" ? "(stdin)" : path, rejects: rejects),
      progress: Progress(unit: "rows"), sizeBytes: FileSource.size(of: path))
  }

  func tell(_ pass: FilePass) {
    let settings = pass.checker.settings
    let seconds = pass.progress.seconds
    if isJSON {
      Console.out(
        JSONWriter.lines(
          pass.report.json(seconds: seconds, isDryRun: isDryRun, currency: settings.currency)))
    } else {
      let text = "\(settings.currency) with \(settings.minorDigits) decimals"
      Console.out(pass.report.summary(seconds: seconds, minorText: text))
    }
  }
}

/// What an import has to know of the shop.
struct ImportShop {
  var hello = HelloReply(
    version: Frame.versions.upperBound, minorDigits: 0, currency: "", timeZone: "", server: "")
  /// The server's time, because it decides what lies in the future.
  var nowMicros = SystemClock().calendarMicros()

  mutating func ask(_ client: inout PatronClient) throws(CommandError) {
    hello = client.hello
    do throws(ClientError) {
      nowMicros = try client.ping()
    } catch {
      throw CommandError(error)
    }
  }
}
