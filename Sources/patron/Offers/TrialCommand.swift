// `patron offers try`: what a catalogue would do with the present customers. What is asked, and how the
// answer is shown; the other actions are in OffersCommand.

internal import Client
internal import Wire

enum TrialCommand {
  static let options = [
    Option("placement", "NAME", "with try: where (default the catalogue's first placement)"),
    Option(
      "channel", "CHANNEL",
      "with try: how, \(Channel.allCases.map(\.name).joined(separator: ", ")) (default site)"),
    Option("at", "TIME", "with try: when, as 2026-12-01 (noon) or 2026-12-01T09:30 (default now)"),
    Option("customers", "N", "with try: ask about N customers at most, drawn by their identifiers"),
    Option("basket", "AMOUNT", "with try: everybody's basket"),
    Option("top", "COUNT", "with try: offers at most (default the placement's own number)"),
    Option("greedy", nil, "with try: the best is taken instead of drawn"),
  ]

  /// What the command line asks, but what needs the server's time zone or currency.
  static func request(
    _ arguments: Arguments, catalogue: String
  ) throws(CommandError) -> TryCatalogueRequest {
    let channel: Channel =
      arguments.flag("channel")
      ? try Values.word(arguments.value("channel"), option: "channel", of: Channel.self) : .site
    let placement = arguments.value("placement") ?? ""
    guard placement.utf8.count <= Limits.nameSizeMax else {
      throw .usage("--placement has \(placement.utf8.count) bytes, it must have 1 to 64")
    }
    var request = TryCatalogueRequest(
      catalogue: catalogue, placement: placement, channel: channel)
    if arguments.flag("greedy") { request.flags = .greedy }
    if let text = arguments.value("customers") {
      guard let customers = UInt32(text), customers > 0 else {
        throw .usage("--customers is '\(text)', it must be a number above 0")
      }
      request.customers = customers
    }
    if let text = arguments.value("top") {
      request.top = UInt8(try OfferCommand.whole(text, option: "top", in: 1...Limits.slateMax))
    }
    return request
  }

  /// A day and a second of it, by the clock of the shop.
  static func time(_ text: String) throws(CommandError) -> (day: Int, second: Int) {
    let parts = text.split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == "T" || $0 == " " })
    let day = try Values.day(String(parts[0]), option: "at")
    guard parts.count == 2 else { return (day, 43_200) }
    let clock = parts[1].split(separator: ":", omittingEmptySubsequences: false)
    guard clock.map(\.count) == [2, 2], let hour = Int(clock[0]), let minute = Int(clock[1]),
      (0...23).contains(hour), (0...59).contains(minute)
    else { throw .usage("--at is '\(text)', its time must be as in 2026-12-01T09:30") }
    return (day, hour * 3_600 + minute * 60)
  }

  static func run(_ arguments: Arguments, catalogue: String) throws(CommandError) {
    var request = try request(arguments, catalogue: catalogue)
    let when = try arguments.value("at").map { text throws(CommandError) in
      try Self.time(text)
    }
    var client = try Connecting.client(arguments, timeoutMillis: Fit.timeoutMillis)
    let units = MinorUnits(client.hello)
    request.basketMinor = try units.minor(arguments.value("basket"), option: "basket") ?? -1
    if let when {
      var zone = try Connecting.zone(client.hello)
      request.atMicros = zone.micros(ofDay: when.day, seconds: when.second)
    }
    let reply: TryCatalogueReply
    do throws(ClientError) {
      reply = try client.tryCatalogue(request)
    } catch {
      throw CommandError(error)
    }
    let told = TrialText(reply: reply)
    Console.out(arguments.flag("json") ? JSONWriter.lines(told.json) : told.text)
  }
}

/// What a trial came to, for people and programs.
struct TrialText {
  let reply: TryCatalogueReply

  private var units: MinorUnits { MinorUnits(currency: reply.currency, digits: reply.minorDigits) }

  // MARK: For people

  var text: String {
    [head, offers, campaigns, without].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private func money(_ amount: Double) -> String {
    amount.isFinite ? Numbers.fixed(amount, Int(reply.minorDigits)) : "–"
  }

  private func share(_ part: UInt64) -> String {
    reply.customers == 0 ? "–" : Numbers.percent(Double(part) / Double(reply.customers))
  }

  private var head: String {
    let what = reply.isInForce ? "the catalogue in force" : "a catalogue"
    let all =
      reply.customers == reply.population ? "all" : "of \(Numbers.grouped(reply.population))"
    var lines = [
      "\(what) (version \(reply.catalogue)) tried at \(reply.placement) by \(reply.channel.name), "
        + "amounts in \(reply.currency); nothing was decided or reserved",
      "\(Numbers.grouped(reply.customers)) customers (\(all)), "
        + "\(Numbers.grouped(reply.offered)) with an offer (\(share(reply.offered))), "
        + "\(Numbers.grouped(reply.heldOut)) held back",
      "incremental margin \(money(reply.margin.value)), 95 % interval \(money(reply.margin.low)) to "
        + "\(money(reply.margin.high)); expected cost \(money(reply.cost)), "
        + "at most \(units.text(reply.liabilityMinor)) of rewards",
    ]
    if reply.customers < reply.population {
      lines.append("a sample: a catalogue for all would use up more of its budgets")
    }
    return lines.joined(separator: "\n")
  }

  private var offers: String {
    var rows = [
      ["offer", "state", "chosen", "share", "cost", "margin", "from", "to", "budget used"]
    ]
    for offer in reply.offers {
      rows.append([
        offer.offer, offer.state.name, Numbers.grouped(offer.chosen), share(offer.chosen),
        money(offer.cost), money(offer.margin.value), money(offer.margin.low),
        money(offer.margin.high), used(offer.budget),
      ])
    }
    return TextTable(rows: rows).text
  }

  private func used(_ budget: TriedBudget) -> String {
    budget.saturation.map(Numbers.percent) ?? "–"
  }

  private var campaigns: String {
    if reply.campaigns.isEmpty { return "" }
    var rows = [["budget of campaign", "chosen", "budget used"]]
    for campaign in reply.campaigns {
      rows.append([
        campaign.campaign, Numbers.grouped(campaign.chosen), used(campaign.budget),
      ])
    }
    return TextTable(rows: rows).text
  }

  private var without: String {
    let reasons = reply.without.enumerated().filter { $0.element > 0 }
      .sorted { $0.element > $1.element }
    if reasons.isEmpty { return "" }
    var rows = [["without an offer", "customers", "share"]]
    for (code, count) in reasons {
      rows.append([OfferNames.reason(UInt8(code)), Numbers.grouped(count), share(count)])
    }
    return TextTable(rows: rows).text
  }

  // MARK: For programs

  var json: JSON {
    .object([
      ("catalogue", .count(reply.catalogue)), ("inForce", .bool(reply.isInForce)),
      ("atMicros", .count(reply.atMicros)), ("placement", .string(reply.placement)),
      ("channel", .string(reply.channel.name)), ("currency", .string(reply.currency)),
      ("population", .count(reply.population)), ("customers", .count(reply.customers)),
      ("offered", .count(reply.offered)), ("heldOut", .count(reply.heldOut)),
      ("explored", .count(reply.explored)), ("cost", .number(reply.cost)),
      ("liability", .number(units.major(reply.liabilityMinor))), ("margin", json(reply.margin)),
      ("withoutOffer", reasons(reply.without)),
      (
        "offers",
        .array(
          reply.offers.map { offer in
            .object([
              ("offer", .string(offer.offer)), ("state", .string(offer.state.name)),
              ("chosen", .count(offer.chosen)), ("explored", .count(offer.explored)),
              ("cost", .number(offer.cost)),
              ("liability", .number(units.major(offer.liabilityMinor))),
              ("margin", json(offer.margin)), ("budget", json(offer.budget)),
              ("reasons", reasons(offer.reasons)),
            ])
          })
      ),
      (
        "campaigns",
        .array(
          reply.campaigns.map { campaign in
            .object([
              ("campaign", .string(campaign.campaign)), ("chosen", .count(campaign.chosen)),
              ("budget", json(campaign.budget)),
            ])
          })
      ),
    ])
  }

  private func json(_ estimate: EstimateFields) -> JSON {
    guard estimate.isKnown else { return .null }
    return .object([
      ("value", .number(estimate.value)),
      ("interval", .array([.number(estimate.low), .number(estimate.high)])),
    ])
  }

  private func json(_ budget: TriedBudget) -> JSON {
    guard let saturation = budget.saturation else { return .null }
    func bound(_ number: Int64, _ value: JSON) -> JSON { number < 0 ? .null : value }
    return .object([
      ("money", bound(budget.budgetMinor, .number(units.major(budget.budgetMinor)))),
      ("before", .number(units.major(budget.beforeMinor))),
      ("taken", .number(units.major(budget.takenMinor))),
      ("count", bound(budget.budgetCount, .count(budget.budgetCount))),
      ("countBefore", .count(budget.beforeCount)), ("countTaken", .count(budget.takenCount)),
      ("saturation", .number(saturation)), ("price", .number(budget.price)),
    ])
  }

  private func reasons(_ counts: [UInt64]) -> JSON {
    .object(
      counts.enumerated().filter { $0.element > 0 }.map {
        (key: OfferNames.reason(UInt8($0.offset)), value: .count($0.element))
      })
  }
}
