// `patron segments`: what the named segments are, how many customers are in each, and what the shop means by them.

internal import Client
internal import Wire

enum SegmentsCommand {
  static let command = Command(
    name: "segments", summary: "show and define the named segments",
    synopsis: "[define FILE|define NAME|default NAME] [OPTIONS]",
    options: [
      Option("as-of", "DATE", "as of this day, from the orders up to it (default now)"),
      Option("enter", "CONDITION", "define NAME: the condition on whoever enters it"),
      Option(
        "stay", "CONDITION",
        "define NAME: the condition on whoever was in it and stays (default --enter)"),
      Option("json", nil, "print one JSON object, which define FILE reads"),
      Connecting.option,
    ],
    details: """
      Every customer is in exactly one segment, the first whose condition holds: new, inactive, about to
      leave, vip, loyal, will buy again. Who was found in a segment last leaves it only when the condition
      to stay does not hold any more.

      define FILE  defines the segments of a JSON file, all at once or none of them; '-' reads standard
                   input: {"segments": [{"name": "vip", "enter": "…", "stay": "…"}]}; without "stay" it
                   is the same as "enter"
      define NAME  defines one segment by --enter and --stay
      default      puts what the segment means without a definition back

      Example:

        patron segments define vip --enter 'net_value >= quantile("net_value", 0.9)' \\
          --stay 'net_value >= quantile("net_value", 0.88)'
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    guard let segments = try definitions(arguments) else {
      try show(arguments)
      return
    }
    if arguments.flag("as-of") { throw .usage("--as-of goes with no action") }
    var client = try Connecting.client(arguments)
    do throws(ClientError) {
      let reply = try client.defineSegments(segments)
      Console.out(
        arguments.flag("json")
          ? JSONWriter.lines(
            .object([("version", .count(reply.version)), ("sequence", .count(reply.sequence))]))
          : "segments version \(reply.version)")
    } catch {
      throw failure(error, segments)
    }
  }

  // MARK: Definitions

  /// What is to be defined; nil where segments are to be shown.
  static func definitions(_ arguments: Arguments) throws(CommandError) -> [SegmentFields]? {
    let words = arguments.positionals
    guard let action = words.first else {
      for option in ["enter", "stay"] where arguments.flag(option) {
        throw .usage("--\(option) goes with define NAME")
      }
      return nil
    }
    guard action == "define" || action == "default" else {
      throw .usage("there is no action '\(action)'; there are define, default")
    }
    guard words.count >= 2 else {
      throw .usage("\(action == "define" ? "FILE or NAME" : "NAME") is missing behind \(action)")
    }
    // A name may have blanks, with quotes or without.
    let name = words.dropFirst().joined(separator: " ")
    if action == "default" {
      for option in ["enter", "stay"] where arguments.flag(option) {
        throw .usage("--\(option) goes with define NAME")
      }
      return [SegmentFields(segment: name, enters: "", stays: "")]
    }
    guard let enters = arguments.value("enter") else {
      if arguments.flag("stay") { throw .usage("--stay goes with --enter") }
      guard words.count == 2 else { throw .usage("'\(words[2])' is a word too many") }
      return try read(file: words[1])
    }
    guard !enters.isEmpty else {
      throw .usage("--enter is empty; patron segments default NAME puts the default back")
    }
    return [SegmentFields(segment: name, enters: enters, stays: arguments.value("stay") ?? enters)]
  }

  private static func read(file: String) throws(CommandError) -> [SegmentFields] {
    var source = try FileSource(file)
    var bytes: [UInt8] = []
    while try source.read(into: &bytes) {
      guard bytes.count <= Limits.frameSizeMax else {
        throw .failed("'\(file)' is larger than any definition of segments")
      }
    }
    return try SegmentsFile.read(bytes, name: source.name)
  }

  /// Says what is wrong with which condition, and shows where.
  private static func failure(_ error: ClientError, _ segments: [SegmentFields]) -> CommandError {
    guard case .refused(let refusal) = error, let offset = refusal.offset else {
      return CommandError(error)
    }
    var at = FrameHeader.size + DefineSegmentsRequest.segmentsOffset
    for segment in segments {
      at += 1 + segment.segment.utf8.count
      for (use, text) in [("enter", segment.enters), ("stay", segment.stays)] {
        at += 4
        if Int(offset) >= at, Int(offset) <= at + text.utf8.count, !text.isEmpty {
          guard case .failed(let sentence) = ScanOptions.failure(error, condition: text, at: at)
          else { break }
          return .failed("\(segment.segment), to \(use): \(sentence)")
        }
        at += text.utf8.count
      }
    }
    return CommandError(error)
  }

  // MARK: Showing

  private static func show(_ arguments: Arguments) throws(CommandError) {
    var client = try Connecting.client(arguments, timeoutMillis: Fit.timeoutMillis)
    let asOf = try ScanOptions.asOfMicros(arguments, client.hello)
    var progress = ScanProgressLine()
    var last = ReadSegmentsReply()
    do throws(ClientError) {
      last = try client.readSegments(asOfMicros: asOf) { part in
        progress.show(scanned: part.scanned, of: part.customers, found: part.scanned)
      }
    } catch {
      throw CommandError(error)
    }
    progress.finish()
    let told = SegmentsText(reply: last, currency: client.hello.currency)
    Console.out(arguments.flag("json") ? JSONWriter.lines(told.json) : told.text)
  }
}

/// The segments, for people and programs.
struct SegmentsText {
  let reply: ReadSegmentsReply
  let currency: String

  var text: String {
    let heads = ["segment", "customers", "share", "lifetime value", "mean", "trend"]
    let all = max(1, reply.segments.reduce(0) { $0 + $1.customers })
    let rows = reply.segments.map { line in
      [
        line.definition.segment, Numbers.grouped(line.customers),
        Numbers.fixed(100 * Double(line.customers) / Double(all), 1) + " %",
        line.valued.customers == 0 ? "–" : Numbers.fixed(line.valued.sum, 2),
        line.valued.customers == 0 ? "–" : Numbers.fixed(line.meanLifetimeValue, 2),
        trend(line),
      ]
    }
    let money = currency.isEmpty ? "" : ", amounts in \(currency)"
    var head =
      "\(Numbers.grouped(reply.customers)) customers as of \(Self.day(reply.asOfDay))\(money)"
    if reply.foundDay >= 0 {
      head += "\nfound last on \(Self.day(reply.foundDay)) with generation \(reply.foundGeneration)"
    }
    if reply.quantilesDay >= 0 { head += ", quantiles of \(Self.day(reply.quantilesDay))" }
    return head + "\n\n" + TextTable(rows: [heads] + rows).text + "\n\n" + definitions
  }

  /// What the segments mean, a line for each condition.
  private var definitions: String {
    let width = reply.segments.map(\.definition.segment.count).max() ?? 0
    func line(_ name: String, _ condition: String) -> String {
      Numbers.padded(name, width, right: false) + "  " + condition.replacing("\n", with: " ")
    }
    let lines = reply.segments.flatMap { segment in
      let (enters, stays) = (segment.definition.enters, segment.definition.stays)
      let first = line(segment.definition.segment, enters)
      return stays == enters ? [first] : [first, line("", "who was in it stays: \(stays)")]
    }
    return (["Everybody is in the first whose condition holds:"] + lines).joined(separator: "\n")
  }

  /// The segments' sizes and worth alone.
  static func table(of segments: [SegmentLine]) -> String {
    let rows = segments.map { line in
      [
        line.definition.segment, Numbers.grouped(line.customers),
        line.valued.customers == 0 ? "–" : Numbers.fixed(line.valued.sum, 2),
        line.valued.customers == 0 ? "–" : Numbers.fixed(line.meanLifetimeValue, 2),
      ]
    }
    return TextTable(rows: [["segment", "customers", "lifetime value", "mean"]] + rows).text
  }

  private static func day(_ number: Int32) -> String { CalendarDay(number: Int(number)).text }

  /// How many more there are than when everybody's segment was found last.
  private func trend(_ line: SegmentLine) -> String {
    // Before that day there is nothing to tell.
    if line.before < 0 || reply.asOfDay < reply.foundDay { return "–" }
    let more = Int64(clamping: line.customers) - line.before
    return more > 0 ? "+" + Numbers.grouped(more) : Numbers.grouped(more)
  }

  var json: JSON {
    .object([
      ("asOf", .string(Self.day(reply.asOfDay))), ("customers", .count(reply.customers)),
      ("currency", .string(currency)), ("generation", .count(reply.generation)),
      ("version", .count(reply.version)),
      ("foundOn", reply.foundDay < 0 ? .null : .string(Self.day(reply.foundDay))),
      ("foundWith", reply.foundDay < 0 ? .null : .count(reply.foundGeneration)),
      ("quantilesOf", reply.quantilesDay < 0 ? .null : .string(Self.day(reply.quantilesDay))),
      ("segments", .array(reply.segments.map(line))),
    ])
  }

  private func line(_ line: SegmentLine) -> JSON {
    .object([
      ("name", .string(line.definition.segment)), ("enter", .string(line.definition.enters)),
      ("stay", .string(line.definition.stays)), ("customers", .count(line.customers)),
      ("lifetimeValue", line.valued.customers == 0 ? .null : .number(line.valued.sum)),
      ("meanLifetimeValue", .number(line.meanLifetimeValue)),
      ("netValue", line.netted.customers == 0 ? .null : .number(line.netted.sum)),
      ("before", line.before < 0 ? .null : .integer(line.before)),
    ])
  }
}
