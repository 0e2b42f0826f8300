// `patron consent`: shows and records what a customer said about being contacted.

internal import Client
internal import Wire

enum ConsentCommand {
  static let command = Command(
    name: "consent", summary: "show or record what a customer agreed to",
    synopsis: "CUSTOMER [--channel CHANNEL --purpose PURPOSE --grant|--deny|--revoke] [OPTIONS]",
    options: [
      Option("channel", "CHANNEL", Channel.allCases.map(\.name).joined(separator: ", ")),
      Option("purpose", "PURPOSE", Purpose.allCases.map(\.name).joined(separator: ", ")),
      Option("grant", nil, "the customer said yes"),
      Option("deny", nil, "the customer said no when asked"),
      Option("revoke", nil, "the customer said no more"),
      Option("expires", "DATE", "with --grant: the first day on which it holds no more"),
      Option("source", "TEXT", "where it was said"),
      Option("text-version", "TEXT", "which wording was agreed to"),
      Option("history", nil, "show everything that was said, not only what holds"),
      Option("json", nil, "print one JSON object per line"),
      Connecting.option,
    ],
    details: """
      Without --grant, --deny or --revoke it shows what holds. What is recorded was said now. Without a
      word there is no consent.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let customer = try Values.customer(try arguments.onlyPositional("CUSTOMER"))
    let said = try said(arguments)
    guard let said else {
      for name in ["channel", "purpose", "expires", "source", "text-version"]
      where arguments.value(name) != nil {
        throw .usage("--\(name) goes with --grant, --deny or --revoke")
      }
      var client = try Connecting.client(arguments)
      return try show(customer, &client, arguments)
    }
    let channel = try Values.word(arguments.value("channel"), option: "channel", of: Channel.self)
    let purpose = try Values.word(arguments.value("purpose"), option: "purpose", of: Purpose.self)
    if said != .granted && arguments.value("expires") != nil {
      throw .usage("--expires goes with --grant")
    }
    let day = try arguments.value("expires").map { text throws(CommandError) in
      try Values.day(text, option: "expires")
    }
    let source = try Values.label(arguments.value("source"), option: "source")
    let version = try Values.label(arguments.value("text-version"), option: "text-version")

    var client = try Connecting.client(arguments)
    var zone = try Connecting.zone(client.hello)
    let expires = day.map { zone.micros(ofDay: $0, seconds: 0) } ?? 0
    let nowMicros = try Connecting.now(&client)
    guard expires == 0 || expires > nowMicros else {
      throw .usage("the day of --expires has begun already")
    }
    let consent = Consent(
      channel, purpose, said, timeMicros: nowMicros, expiresMicros: expires, source: source,
      textVersion: version)
    let reply: RecordReply
    do throws(ClientError) {
      reply = try client.recordConsents([.init(customer: customer, consent)])
    } catch {
      throw CommandError(error)
    }
    if let refused = reply.refused.first {
      throw .failed("the consent was refused: \(refused.status.name)")
    }
    try show(customer, &client, arguments)
  }

  private static func said(_ arguments: Arguments) throws(CommandError) -> ConsentStatus? {
    let flags: [(String, ConsentStatus)] = [
      ("grant", .granted), ("deny", .denied), ("revoke", .revoked),
    ]
    let given = flags.filter { arguments.flag($0.0) }
    guard given.count <= 1 else { throw .usage("--grant, --deny and --revoke exclude each other") }
    return given.first?.1
  }

  private static func show(
    _ customer: String, _ client: inout PatronClient, _ arguments: Arguments
  ) throws(CommandError) {
    let reply: ConsentHistoryReply
    let nowMicros = try Connecting.now(&client)
    do throws(ClientError) {
      reply = try client.consentHistory(of: customer)
    } catch {
      throw CommandError(error)
    }
    var zone = try Connecting.zone(client.hello)
    var shown = reply.consents
    if !arguments.flag("history") { shown = Consents.present(shown) }
    if arguments.flag("json") {
      for consent in shown { Console.out(JSONWriter.line(Consents.json(consent, at: nowMicros))) }
      return
    }
    guard !shown.isEmpty else {
      Console.out("\(customer) has said nothing: no consent")
      return
    }
    Console.out(Consents.table(shown, at: nowMicros, &zone))
    if reply.leftOut { Console.error("older ones were left out") }
  }
}

/// Consents for people and programs.
enum Consents {
  /// What holds of each channel and purpose.
  static func present(_ consents: [Consent]) -> [Consent] {
    var kept: [Consent] = []
    for consent in consents {
      let place = kept.firstIndex {
        $0.channel == consent.channel && $0.purpose == consent.purpose
      }
      guard let place else {
        kept.append(consent)
        continue
      }
      if consent.prevails(over: kept[place]) { kept[place] = consent }
    }
    return kept
  }

  static func json(_ consent: Consent, at nowMicros: Int64) -> JSON {
    .object([
      ("channel", .string(consent.channel.name)), ("purpose", .string(consent.purpose.name)),
      ("said", .string(consent.status.name)), ("timeMicros", .integer(consent.timeMicros)),
      ("expiresMicros", consent.expiresMicros == 0 ? .null : .integer(consent.expiresMicros)),
      ("source", .string(consent.source)), ("textVersion", .string(consent.textVersion)),
      ("allowed", .bool(consent.allows(at: nowMicros))),
    ])
  }

  static func table(_ consents: [Consent], at nowMicros: Int64, _ zone: inout ShopZone) -> String {
    var rows = [["channel", "purpose", "said", "on", "until", "allowed", "source", "text"]]
    for consent in consents {
      rows.append([
        consent.channel.name, consent.purpose.name, consent.status.name,
        day(consent.timeMicros, &zone),
        consent.expiresMicros == 0 ? "–" : day(consent.expiresMicros, &zone),
        consent.allows(at: nowMicros) ? "yes" : "no", consent.source, consent.textVersion,
      ])
    }
    return TextTable(rows: rows).text
  }

  private static func day(_ micros: Int64, _ zone: inout ShopZone) -> String {
    CalendarDay(number: zone.day(ofMicros: micros)).text
  }
}
