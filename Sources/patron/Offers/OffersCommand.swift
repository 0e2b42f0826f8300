// `patron offers`: puts, shows and amends the catalogue. What a catalogue may say, the library of offers
// knows; it is checked here before it is sent, so that mistakes are told with the file's own lines.

internal import Client
internal import Wire

enum OffersCommand {
  static let command = Command(
    name: "offers", summary: "put, list and amend the catalogue of offers",
    synopsis: "put FILE|try [FILE]|list|show|pause ID|resume ID|end ID|refit|example [OPTIONS]",
    options: [Option("json", nil, "print JSON")] + TrialCommand.options + [Connecting.option],
    details: """
      put      puts a catalogue in the place of the present one; '-' reads standard input. It is
               taken whole or not at all.
      try      tells what a catalogue, or without FILE the one in force, would decide for each of the
               customers: who gets what, what it costs and brings, which budgets are used up, and
               why others get nothing. Nothing is decided or reserved.
      list     shows the offers and how their budgets stand
      show     prints the JSON that was put last
      pause    an offer is not chosen any more, from now on
      resume   a paused offer, or a draft, is live again
      end      an offer is over, for ever
      refit    learns what offers are worth anew from all decisions that are remembered, and adopts
               it if it surely earns more; serve --refit-every does it by the clock
      example  prints a catalogue of twelve offers to begin with; needs no server
      """,
    run: run)

  /// What the first word asks for.
  enum Action: Equatable {
    case put(file: String)
    case trial(file: String?)
    case list, show, example, refit
    case amend(offer: String, OfferStage)
  }

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let action = try action(arguments.positionals)
    if action == .example {
      Console.out(OfferNames.example)
      return
    }
    let catalogue = try catalogue(action)
    if case .trial = action {
      try TrialCommand.run(arguments, catalogue: catalogue)
      return
    }
    for option in TrialCommand.options where arguments.flag(option.name) {
      throw .usage("--\(option.name) goes with try")
    }
    var client = try Connecting.client(arguments)
    do throws(ClientError) {
      switch action {
      case .example, .trial: break
      case .put:
        tell(try client.putCatalogue(catalogue), arguments)
      case .amend(let offer, let stage):
        tell(try client.amendOffer(offer, to: stage), arguments)
      case .show:
        let reply = try client.catalogue()
        guard reply.version > 0 else { throw .refused(Refusal(.noCatalogue, "none was put yet")) }
        Console.out(reply.catalogue)
      case .refit:
        let reply = try client.refitPolicy()
        Console.out(arguments.flag("json") ? JSONWriter.lines(reply.json) : reply.text)
      case .list:
        let list = CatalogueText(reply: try client.catalogue())
        Console.out(arguments.flag("json") ? JSONWriter.lines(list.json) : list.text)
      }
    } catch {
      throw CommandError(error)
    }
  }

  static func action(_ words: [String]) throws(CommandError) -> Action {
    let known = ["put", "try", "list", "show", "pause", "resume", "end", "refit", "example"]
    guard let word = words.first else {
      throw .usage("an action is missing; there are \(known.joined(separator: ", "))")
    }
    guard known.contains(word) else {
      let hint = Spelling.nearest(to: word, among: known).map { "; did you mean \($0)?" } ?? ""
      throw .usage("there is no action '\(word)'\(hint)")
    }
    if word == "try" {
      guard words.count <= 2 else { throw .usage("'\(words[2])' is a word too many") }
      return .trial(file: words.count == 2 ? words[1] : nil)
    }
    let what =
      word == "put" ? "FILE" : ["list", "show", "refit", "example"].contains(word) ? nil : "ID"
    guard words.count == (what == nil ? 1 : 2) else {
      throw words.count > 2 || what == nil
        ? .usage("'\(words[words.count - 1])' is a word too many")
        : .usage("\(what ?? "") is missing behind \(word)")
    }
    switch word {
    case "put": return .put(file: words[1])
    case "list": return .list
    case "show": return .show
    case "refit": return .refit
    case "example": return .example
    default:
      let stages: [String: OfferStage] = ["pause": .paused, "resume": .live, "end": .ended]
      guard (1...Limits.identifierSizeMax).contains(words[1].utf8.count) else {
        throw .usage("'\(words[1])' has \(words[1].utf8.count) bytes; an offer has 1 to 64")
      }
      return .amend(offer: words[1], stages[word] ?? .paused)
    }
  }

  /// The checked text of the file to put or try; empty for other actions.
  private static func catalogue(_ action: Action) throws(CommandError) -> String {
    let file: String
    switch action {
    case .put(let named), .trial(let named?): file = named
    default: return ""
    }
    var source = try FileSource(file)
    var bytes: [UInt8] = []
    while try source.read(into: &bytes) {
      guard bytes.count <= Limits.catalogueSizeMax else {
        throw .failed(
          "'\(file)' has more than \(Numbers.grouped(Limits.catalogueSizeMax)) bytes, which is the "
            + "most a catalogue may have")
      }
    }
    if let fault = OfferNames.fault(of: bytes, file: source.name) { throw .failed(fault) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .failed("'\(file)' is not UTF-8")
    }
    return text
  }

  private static func tell(_ reply: CatalogueChangeReply, _ arguments: Arguments) {
    guard arguments.flag("json") else {
      Console.out(
        "catalogue version \(reply.version): \(reply.offers) "
          + "offer\(reply.offers == 1 ? "" : "s"), \(reply.live) live")
      return
    }
    Console.out(
      JSONWriter.lines(
        .object([
          ("version", .count(reply.version)), ("offers", .count(reply.offers)),
          ("live", .count(reply.live)), ("sequence", .count(reply.sequence)),
        ])))
  }
}

/// How the offers stand, for people and programs.
struct CatalogueText {
  let reply: CatalogueReply

  private var units: MinorUnits { MinorUnits(currency: reply.currency, digits: reply.minorDigits) }

  var json: JSON {
    func money(_ minor: Int64) -> JSON { minor < 0 ? .null : .number(units.major(minor)) }
    return .object([
      ("version", .count(reply.version)), ("currency", .string(reply.currency)),
      ("decisions", .count(reply.decisions)),
      (
        "offers",
        .array(
          reply.offers.map { line in
            .object([
              ("offer", .string(line.offer)), ("name", .string(line.name)),
              ("state", .string(line.state.name)), ("budget", money(line.budgetMinor)),
              ("spent", money(line.spentMinor)), ("reserved", money(line.reservedMinor)),
              ("budgetCount", line.budgetCount < 0 ? .null : .count(line.budgetCount)),
              ("given", .count(line.givenCount)), ("reservedCount", .count(line.reservedCount)),
              ("price", .number(line.price)), ("chosen", .count(line.chosen)),
              ("outcomes", .count(line.outcomes)),
            ])
          })
      ),
      (
        "campaigns",
        .array(
          reply.campaigns.map { line in
            .object([
              ("campaign", .string(line.campaign)), ("budget", money(line.budgetMinor)),
              ("spent", money(line.spentMinor)), ("reserved", money(line.reservedMinor)),
              ("budgetCount", line.budgetCount < 0 ? .null : .count(line.budgetCount)),
              ("given", .count(line.givenCount)), ("reservedCount", .count(line.reservedCount)),
              ("price", .number(line.price)),
            ])
          })
      ),
    ])
  }

  /// The budgets of campaigns; empty where none has one.
  private var campaigns: String {
    if reply.campaigns.isEmpty { return "" }
    var rows = [["budget of campaign", "given", "spent", "reserved", "budget", "price"]]
    for line in reply.campaigns {
      rows.append([
        line.campaign, Numbers.grouped(line.givenCount), units.text(line.spentMinor),
        units.text(line.reservedMinor), budget(line.budgetMinor, line.budgetCount),
        line.price > 0 ? Numbers.fixed(line.price, 3) : "–",
      ])
    }
    return "\n\n" + TextTable(rows: rows).text
  }

  private func budget(_ minor: Int64, _ count: Int64) -> String {
    var parts: [String] = []
    if minor >= 0 { parts.append(units.text(minor)) }
    if count >= 0 { parts.append("\(Numbers.grouped(count)) times") }
    return parts.isEmpty ? "–" : parts.joined(separator: ", ")
  }

  var text: String {
    guard reply.version > 0 else {
      return "there is no catalogue yet; 'patron offers example' prints one to begin with"
    }
    var rows = [
      ["offer", "state", "chosen", "learnt", "given", "spent", "reserved", "budget", "price"]
    ]
    for line in reply.offers {
      rows.append([
        line.offer, line.state.name, Numbers.grouped(line.chosen), Numbers.grouped(line.outcomes),
        Numbers.grouped(line.givenCount), units.text(line.spentMinor),
        units.text(line.reservedMinor), budget(line.budgetMinor, line.budgetCount),
        line.price > 0 ? Numbers.fixed(line.price, 3) : "–",
      ])
    }
    return
      "catalogue version \(reply.version), \(Numbers.grouped(reply.decisions)) decisions, amounts in "
      + "\(reply.currency)\n\n"
      + TextTable(rows: rows).text(behind: ["name"] + reply.offers.map(\.name)) + campaigns
  }
}

extension RefitPolicyReply {
  /// For people.
  fileprivate var text: String {
    let head = adopted ? "adopted" : "not adopted"
    guard high > low else { return "\(head): \(reason)" }
    return "\(head): \(reason)\n\(rows) decisions, \(arms) arms: it earns "
      + "\(JSONWriter.text(difference)) more with a decision, 95 % interval "
      + "\(JSONWriter.text(low)) to \(JSONWriter.text(high))"
  }

  /// For programs.
  fileprivate var json: JSON {
    .object([
      ("adopted", .bool(adopted)), ("rows", .count(rows)),
      ("arms", .count(UInt64(arms))), ("difference", .number(difference)),
      ("interval", .array([.number(low), .number(high)])), ("reason", .string(reason)),
    ])
  }
}
