// `patron profile`: shows what is known of a customer, and records what is known of the person.

internal import Client
internal import Wire

enum ProfileCommand {
  static let command = Command(
    name: "profile", summary: "show all that is known of a customer, or record what is",
    synopsis: "CUSTOMER [--birthday DATE] [--country CODE] [--source TEXT] [--tier TIER] [OPTIONS]",
    options: [
      Option("birthday", "DATE", "1980-05-17, or 05-17 without the year"),
      Option("country", "CODE", "ISO 3166, two capital letters such as FR"),
      Option("language", "CODE", "ISO 639-1, two small letters such as fr"),
      Option(
        "channel", "CHANNEL", "preferred: " + Channel.allCases.map(\.name).joined(separator: ", ")),
      Option("source", "TEXT", "where the customer came from, such as search"),
      Option("acquisition-cost", "AMOUNT", "what it cost to win the customer, such as 12.50"),
      Option("currency", "CODE", "of that cost, ISO 4217 (default: the shop's, else USD)"),
      Option("tier", "TIER", Tier.allCases.map(\.name).joined(separator: ", ")),
      Option("tier-until", "DATE", "the last day the tier is held (default: without end)"),
      Option("json", nil, "print JSON"),
      Connecting.option,
    ],
    details: "The word 'forget' in the place of a value forgets what was known.",
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let customer = try Values.customer(try arguments.onlyPositional("CUSTOMER"))
    var change = try change(arguments)
    let cost = try cost(arguments)
    var client = try Connecting.client(arguments)
    change.acquisitionCost = try self.cost(arguments, in: client.hello) ?? cost
    let reply: CustomerReply
    do throws(ClientError) {
      if change != ProfileChange() {
        let recorded = try client.recordProfiles([.init(customer: customer, change)])
        if let refused = recorded.refused.first {
          throw .refused(Refusal(refused.status, "the profile was not recorded"))
        }
      }
      reply = try client.describe(customer)
    } catch {
      throw CommandError(error)
    }
    let nowMicros = try Connecting.now(&client)
    var zone = try Connecting.zone(client.hello)
    var hello = client.hello
    if hello.currency.isEmpty, case .set(let cost) = change.acquisitionCost {
      // The first amount has just said what the shop's currency is.
      (hello.currency, hello.minorDigits) = (cost.currency, cost.minorDigits)
    }
    let told = CustomerText(customer: customer, reply: reply, nowMicros: nowMicros, hello: hello)
    Console.out(
      arguments.flag("json") ? JSONWriter.lines(told.json) : told.text(in: &zone))
  }

  private static func change(_ arguments: Arguments) throws(CommandError) -> ProfileChange {
    ProfileChange(
      birthday: try field(arguments, "birthday") { text throws(CommandError) in
        try birthday(text)
      },
      country: try field(arguments, "country") { text throws(CommandError) in
        try code(text, option: "country", 65...90, such: "FR")
      },
      language: try field(arguments, "language") { text throws(CommandError) in
        try code(text, option: "language", 97...122, such: "fr")
      },
      channel: try field(arguments, "channel") { text throws(CommandError) in
        try Values.word(text, option: "channel", of: Channel.self)
      },
      source: try field(arguments, "source") { text throws(CommandError) in
        do throws(RowFault) {
          if text.isEmpty { throw .identifierEmpty }
          return try CustomerCell.source(Array(text.utf8)[...])
        } catch {
          throw .usage("--source must be a text of 1 to 64 bytes: \(error.reason)")
        }
      },
      tier: try tier(arguments))
  }

  private static func tier(_ arguments: Arguments) throws(CommandError) -> ProfileField<HeldTier> {
    let tier = try field(arguments, "tier") { text throws(CommandError) in
      HeldTier(try Values.word(text, option: "tier", of: Tier.self))
    }
    guard let text = arguments.value("tier-until") else { return tier }
    guard case .set(var held) = tier else { throw .usage("--tier-until goes with --tier") }
    do throws(RowFault) {
      held.untilDay = try CustomerCell.lastDay(Array(text.utf8)[...])
    } catch {
      throw .usage("--tier-until is '\(text)': \(error.reason)")
    }
    return .set(held)
  }

  /// Checks the cost before a server is asked: in a currency with as many digits as there can be.
  ///
  /// - Returns: what is to become of it where that does not depend on the shop's currency.
  private static func cost(
    _ arguments: Arguments
  ) throws(CommandError) -> ProfileField<AcquisitionCost> {
    let currency = try arguments.value("currency").map { text throws(CommandError) in
      try Values.currency(text)
    }
    if currency != nil && !arguments.flag("acquisition-cost") {
      throw .usage("--currency goes with --acquisition-cost")
    }
    return try field(arguments, "acquisition-cost") { text throws(CommandError) in
      try cost(
        text, currency ?? "USD", currency.map(Currency.minorDigits) ?? Limits.minorDigitsMax)
    }
  }

  /// The cost in the shop's currency, or in that of the command line while the shop has none.
  private static func cost(
    _ arguments: Arguments, in hello: HelloReply
  ) throws(CommandError) -> ProfileField<AcquisitionCost>? {
    guard let text = arguments.value("acquisition-cost"), text != "forget" else { return nil }
    let own = hello.currency
    let currency = arguments.value("currency") ?? (own.isEmpty ? "USD" : own)
    return .set(
      try cost(
        text, currency,
        currency == own ? hello.minorDigits : Currency.minorDigits(currency)))
  }

  private static func cost(
    _ text: String, _ currency: String, _ digits: UInt8
  ) throws(CommandError) -> AcquisitionCost {
    do throws(RowFault) {
      return try CustomerCell.cost(Array(text.utf8)[...], currency: currency, digits: digits)
    } catch {
      throw .usage("--acquisition-cost is '\(text)': \(error.reason)")
    }
  }

  private static func field<Value>(
    _ arguments: Arguments, _ name: String, _ read: (String) throws(CommandError) -> Value
  ) throws(CommandError) -> ProfileField<Value> {
    guard let text = arguments.value(name) else { return .keep }
    return text == "forget" ? .forget : .set(try read(text))
  }

  private static func code(
    _ text: String, option: String, _ letters: ClosedRange<UInt8>, such: String
  ) throws(CommandError) -> String {
    guard text.utf8.count == 2, text.utf8.allSatisfy(letters.contains) else {
      throw .usage("--\(option) is '\(text)', it must be two letters such as \(such)")
    }
    return text
  }

  private static func birthday(_ text: String) throws(CommandError) -> Birthday {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let isWhole = parts.count == 3 && parts[0].utf8.count == 4
    if isWhole || parts.count == 2, let month = UInt8(parts[parts.count - 2]),
      let day = UInt8(parts[parts.count - 1]), let year = UInt16(isWhole ? parts[0] : "0"),
      let birthday = Birthday(year: year, month: month, day: day)
    {
      return birthday
    }
    throw .usage("--birthday is '\(text)', it must be a day such as 1980-05-17, or 05-17")
  }
}

/// All that is known of a customer, for people and programs.
struct CustomerText {
  let customer: String
  let reply: CustomerReply
  let nowMicros: Int64
  let hello: HelloReply

  private var birthday: String? {
    reply.profile.birthday.map {
      let day = Numbers.padded("\($0.day)", 2).replacing(" ", with: "0")
      let month = Numbers.padded("\($0.month)", 2).replacing(" ", with: "0")
      return $0.year == 0 ? "\(month)-\(day)" : "\($0.year)-\(month)-\(day)"
    }
  }

  /// The last day the tier is held; nil without end.
  private var lastDay: String? {
    reply.profile.tier.flatMap { $0.untilDay == 0 ? nil : day(Int32($0.untilDay)) }
  }

  /// The tier, and how long it is held or was.
  private func tier(in zone: inout ShopZone) -> String {
    guard let held = reply.profile.tier else { return "not known" }
    guard let lastDay else { return held.tier.name }
    let isHeld = held.isHeld(on: Int32(clamping: zone.day(ofMicros: nowMicros)))
    return "\(held.tier.name) until \(lastDay)\(isHeld ? "" : " (over)")"
  }

  private func day(_ number: Int32) -> String? {
    number < 0 ? nil : CalendarDay(number: Int(number)).text
  }

  private func amount(_ minor: Int64) -> Double {
    var scale = 1.0
    for _ in 0..<hello.minorDigits { scale *= 10 }
    return Double(minor) / scale
  }

  private func money(_ minor: Int64) -> String {
    Numbers.fixed(amount(minor), Int(hello.minorDigits)) + " " + hello.currency
  }

  var json: JSON {
    func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
    return .object([
      ("customer", .string(customer)), ("known", .bool(reply.known)),
      ("firstOrder", text(day(reply.firstOrderDay))), ("lastOrder", text(day(reply.lastOrderDay))),
      ("repeatOrders", .count(reply.repeatOrders)), ("spent", .number(amount(reply.spentMinor))),
      ("birthday", text(birthday)), ("country", text(reply.profile.country)),
      ("language", text(reply.profile.language)),
      ("preferredChannel", text(reply.profile.channel?.name)),
      ("source", text(reply.profile.source)),
      (
        "acquisitionCost",
        reply.profile.acquisitionCostMinor.map { .number(amount($0)) } ?? .null
      ),
      ("tier", text(reply.profile.tier?.tier.name)), ("tierUntil", text(lastDay)),
      ("consents", .array(reply.consents.map { Consents.json($0, at: nowMicros) })),
      (
        "categories",
        .array(
          reply.categories.map {
            .object([
              ("category", .string($0.category)), ("quantity", .count($0.quantity)),
              ("amount", .number(amount($0.amountMinor))), ("last", text(day($0.lastDay))),
            ])
          })
      ),
      ("openComplaints", .count(reply.openComplaints)),
      (
        "events",
        .array(
          reply.events.map {
            .object([
              ("kind", .string($0.kind.name)), ("timeMicros", .integer($0.timeMicros)),
              ("name", .string($0.name)), ("channel", text($0.channel?.name)),
              ("amount", .number(amount($0.amountMinor))), ("lines", .count($0.lines)),
            ])
          })
      ),
    ])
  }

  func text(in zone: inout ShopZone) -> String {
    guard reply.known else { return "\(customer) is not known" }
    let rows = [
      ("customer", customer), ("first order", day(reply.firstOrderDay) ?? "none"),
      ("last order", day(reply.lastOrderDay) ?? "none"),
      ("repeat orders", "\(reply.repeatOrders)"),
      ("spent", money(reply.spentMinor)),
      ("birthday", birthday ?? "not known"), ("country", reply.profile.country ?? "not known"),
      ("language", reply.profile.language ?? "not known"),
      ("prefers", reply.profile.channel?.name ?? "not known"),
      ("source", reply.profile.source ?? "not known"),
      (
        "cost to win",
        reply.profile.acquisitionCostMinor.map { money($0) } ?? "not known"
      ),
      ("tier", tier(in: &zone)),
      ("complaints", reply.openComplaints == 0 ? "none open" : "\(reply.openComplaints) open"),
    ]
    var lines = rows.map { Numbers.padded($0.0, 14, right: false) + " " + $0.1 }
    if !reply.consents.isEmpty {
      lines += ["", Consents.table(reply.consents, at: nowMicros, &zone)]
    }
    if !reply.events.isEmpty {
      let rows = reply.events.map { event in
        [
          CalendarDay(number: zone.day(ofMicros: event.timeMicros)).text, event.kind.name,
          event.name, event.channel?.name ?? "",
          event.kind == .cartChanged
            ? Numbers.fixed(amount(event.amountMinor), Int(hello.minorDigits)) : "",
        ]
      }
      lines += ["", TextTable(rows: [["on", "what", "name", "channel", "amount"]] + rows).text]
    }
    if !reply.categories.isEmpty {
      let rows = reply.categories.map { sum in
        [
          sum.category, "\(sum.quantity)",
          Numbers.fixed(amount(sum.amountMinor), Int(hello.minorDigits)), day(sum.lastDay) ?? "",
        ]
      }
      lines += ["", TextTable(rows: [["bought", "quantity", "amount", "last"]] + rows).text]
    }
    return lines.joined(separator: "\n")
  }
}
