// `patron decisions`: the decisions that are remembered as a table that `patron evaluate` reads.

internal import Client
internal import Wire

enum DecisionsCommand {
  static let command = Command(
    name: "decisions", summary: "print the logged decisions as a table for 'patron evaluate'",
    synopsis: "[--from NUMBER] [--closed]",
    options: [
      Option("from", "NUMBER", "the first that is wanted (default 0: all that are remembered)"),
      Option("closed", nil, "only those whose outcome is known"),
      Connecting.option,
    ],
    details: """
      Columns: id (the customer), action (the first offer, or none), propensity, outcome (margin less
      what the offer cost, in major units; empty while it is open), then the features. What never
      will have an outcome is left out. To judge policies:

        patron decisions --closed > log.csv
        patron evaluate log.csv --reward outcome --no-offer none
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    try arguments.noPositionals()
    var next: UInt64 = 0
    if let text = arguments.value("from") {
      guard let number = UInt64(text) else {
        throw .usage("--from is '\(text)', it must be a number")
      }
      next = number
    }
    var client = try Connecting.client(arguments)
    var log: DecisionLog?
    var page: DecisionsReply
    repeat {
      do throws(ClientError) {
        page = try client.decisions(from: next)
      } catch {
        throw CommandError(error)
      }
      var written = log ?? DecisionLog(names: page.names, onlyClosed: arguments.flag("closed"))
      let lines =
        (log == nil ? [written.header] : []) + page.decisions.compactMap { written.line($0) }
      if !lines.isEmpty { Console.out(lines.joined(separator: "\n")) }
      log = written
      guard page.next > next else { break }
      next = page.next
    } while next < page.total
    if let log { Console.error(log.summary) }
  }
}

/// Decisions as lines of CSV.
struct DecisionLog {
  /// Places of the features that say something, and what they are called.
  private let columns: [(place: Int, name: String)]
  private let onlyClosed: Bool
  private var written = 0
  private var open = 0
  private var never = 0

  init(names: [String], onlyClosed: Bool) {
    // The constant and the places nobody uses are the same in every row.
    columns = names.enumerated().filter {
      $0.element != "constant" && !$0.element.hasPrefix("unused")
    }
    .map { ($0.offset, $0.element) }
    self.onlyClosed = onlyClosed
  }

  var header: String {
    (["id", "action", "propensity", "outcome"] + columns.map { CSVText.field($0.name) })
      .joined(separator: ",")
  }

  /// The decision's line; nil where it is left out.
  mutating func line(_ decision: LoggedDecision) -> String? {
    switch decision.state {
    case 0:
      open += 1
      if onlyClosed { return nil }
    case 1: break
    default:
      never += 1
      return nil
    }
    written += 1
    var cells = [
      CSVText.field(decision.customer),
      decision.action.isEmpty ? "none" : CSVText.field(decision.action),
      JSONWriter.text(decision.propensity),
      decision.state == 1 ? JSONWriter.text(decision.outcome) : "",
    ]
    for column in columns {
      let value = column.place < decision.features.count ? decision.features[column.place] : 0
      // As short as the stored number allows.
      cells.append(
        value.description.hasSuffix(".0")
          ? String(value.description.dropLast(2)) : value.description)
    }
    return cells.joined(separator: ",")
  }

  var summary: String {
    var parts = ["\(Numbers.grouped(written)) written"]
    if open > 0 { parts.append("\(Numbers.grouped(open)) open\(onlyClosed ? ", left out" : "")") }
    if never > 0 { parts.append("\(Numbers.grouped(never)) will have no outcome, left out") }
    return "decisions: " + parts.joined(separator: "; ")
  }
}
