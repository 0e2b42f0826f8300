// `patron score`: scores of customers named on the command line or on standard input.

internal import Client
internal import Wire

enum Score {
  static let command = Command(
    name: "score", summary: "score customers",
    synopsis: "CUSTOMER… [OPTIONS]",
    options: [
      Option("as-of", "DATE", "as of this day, from the orders up to it (default: today)"),
      Option("horizon", "DURATION", "90d, 39w, 12m or 1y (default 39w)"),
      Option("discount-rate", "RATE", "per year (default 0.10)"),
      Option("margin", "FRACTION", "of an order's value (default 1.0)"),
      Option(
        "interval", "LEVEL",
        "tell also within which numbers orders and value will lie with this probability, such as 0.9"
      ),
      Option("explain", nil, "show how the lifetime value comes about, month by month"),
      Option("json", nil, "print one JSON object per line"),
      Connecting.option,
    ],
    details: """
      '-' reads customers from standard input, one a line. A customer who is not known gets
      known:false and the population's expectation for a first order today.
      Columns: x repeat orders (days with an order after the first), t_x days from first to last
      order, T days from first order to today, alive P(will ever order again), churn P(no order
      within the horizon; by the model's churn layer where it has one for such a horizon, and then
      modelChurn in the JSON is what the purchase models say), orders expected within the horizon,
      spend expected per order, value the discounted expected margin within the horizon. A month m is
      30.4375 days.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    guard !arguments.positionals.isEmpty else { throw .usage("CUSTOMER is missing") }
    let isExplained = arguments.flag("explain")
    let isJSON = arguments.flag("json")
    let level = try arguments.value("interval").map { text throws(CommandError) in
      try Values.number(text, option: "interval", in: 0.01...0.999)
    }
    if level != nil && isExplained { throw .usage("--explain and --interval exclude each other") }
    if isExplained && isJSON { throw .usage("--explain and --json exclude each other") }
    var terms = try terms(arguments)
    var day: Int?
    if let text = arguments.value("as-of") { day = try Values.day(text, option: "as-of") }
    for word in arguments.positionals where word != "-" {
      guard (1...Limits.identifierSizeMax).contains(word.utf8.count) else {
        throw .usage("'\(word)' has \(word.utf8.count) bytes; a customer has 1 to 64")
      }
    }

    var client = try Connecting.client(arguments)
    if let day {
      var zone = try Connecting.zone(client.hello)
      terms.asOfMicros = zone.micros(ofDay: day, seconds: 43_200)
    }
    var printer = ScorePrinter(
      isJSON: isJSON, horizonDays: terms.horizonDays, currency: client.hello.currency)
    printer.level = level
    var waiting: [String] = []
    for word in arguments.positionals {
      if word == "-" {
        while let line = readLine(strippingNewline: true) {
          let name = line.trimmingBlanks()
          if name.isEmpty { continue }
          waiting.append(name)
          if waiting.count >= terms.frameCustomersMax && !isExplained {
            try answer(&waiting, &client, terms, &printer)
          }
        }
      } else {
        waiting.append(word)
      }
    }
    if isExplained {
      for customer in waiting { try Explain.explain(customer, &client, terms) }
      return
    }
    while !waiting.isEmpty { try answer(&waiting, &client, terms, &printer) }
    printer.finish()
  }

  private static func terms(_ arguments: Arguments) throws(CommandError) -> ScoreTermsFields {
    let horizon = try Values.days(arguments.value("horizon") ?? "39w", option: "horizon")
    guard horizon <= Limits.horizonDaysMax else {
      throw .usage(
        "--horizon is \(JSONWriter.text(horizon)) days, at most "
          + "\(JSONWriter.text(Limits.horizonDaysMax)) are looked ahead")
    }
    return ScoreTermsFields(
      asOfMicros: 0, horizonDays: horizon,
      discountRate: try Values.number(
        arguments.value("discount-rate") ?? "0.10", option: "discount-rate",
        in: 0...Limits.discountRateMax),
      margin: try Values.number(
        arguments.value("margin") ?? "1.0", option: "margin", in: 0...Limits.marginMax))
  }

  private static func answer(
    _ waiting: inout [String], _ client: inout PatronClient, _ terms: ScoreTermsFields,
    _ printer: inout ScorePrinter
  ) throws(CommandError) {
    let customers = Array(waiting.prefix(terms.frameCustomersMax))
    waiting.removeFirst(customers.count)
    let scores: [ScoreReply]
    do throws(ClientError) {
      scores = try client.scoreMany(customers, terms)
    } catch {
      throw CommandError(error)
    }
    var intervals: [ScoreIntervalReply] = []
    if let level = printer.level {
      do throws(ClientError) {
        for customer in customers {
          intervals.append(try client.scoreInterval(customer, terms, level: level))
        }
      } catch {
        throw CommandError(error)
      }
    }
    printer.print(customers, scores, intervals)
  }
}

/// Prints scores as they come; tables of text are aligned over all of them.
private struct ScorePrinter {
  let isJSON: Bool
  let horizonDays: Double
  let currency: String
  /// The probability of the intervals; nil where none are asked for.
  var level: Double?
  private var rows: [[String]] = []
  private var generation: UInt32 = 0
  private var asOfDay = 0

  init(isJSON: Bool, horizonDays: Double, currency: String) {
    self.isJSON = isJSON
    self.horizonDays = horizonDays
    self.currency = currency
  }

  mutating func print(
    _ customers: [String], _ scores: [ScoreReply], _ intervals: [ScoreIntervalReply]
  ) {
    for (place, (customer, score)) in zip(customers, scores).enumerated() {
      let interval = intervals.indices.contains(place) ? intervals[place] : nil
      if isJSON {
        Console.out(
          JSONWriter.line(
            ScoreLine.json(customer, score, interval, level: level, horizonDays: horizonDays)))
      } else {
        rows.append(ScoreLine.cells(customer, score) + ScoreLine.cells(interval))
        generation = score.generation
        asOfDay = Int(score.asOfDay)
      }
    }
  }

  func finish() {
    guard !isJSON else { return }
    let heads = ScoreLine.heads + (level == nil ? [] : ScoreLine.intervalHeads)
    Console.out(TextTable(rows: [heads] + rows).text)
    let day = CalendarDay(number: asOfDay).text
    Console.error(
      "as of \(day), horizon \(JSONWriter.text(horizonDays)) days, generation \(generation), "
        + "amounts in \(currency.isEmpty ? "the shop's currency" : currency)")
  }
}
