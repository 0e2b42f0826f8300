// `patron event`: records what happened to a customer beside orders.

internal import Client
internal import Wire

enum EventCommand {
  static let command = Command(
    name: "event", summary: "record a cart, a view, a contact or a complaint",
    synopsis:
      "CUSTOMER --cart AMOUNT|--cart-emptied|--viewed CATEGORY|--contact HOW|--complaint WHAT",
    options: [
      Option("cart", "AMOUNT", "the cart has this value now, such as 80.00"),
      Option("lines", "COUNT", "with --cart: how many lines it has"),
      Option("category", "NAME", "with --cart: a category in it"),
      Option("cart-emptied", nil, "the cart is empty now"),
      Option("viewed", "CATEGORY", "the customer looked at a category"),
      Option("contact", "HOW", "sent, delivered or failed; goes with --channel"),
      Option("channel", "CHANNEL", Channel.allCases.map(\.name).joined(separator: ", ")),
      Option("offer", "NAME", "with --contact: what was offered"),
      Option("complaint", "WHAT", "opened or solved; goes with --reference"),
      Option("reference", "ID", "which complaint"),
      Option(
        "id", "ID", "the event's identifier: the same again changes nothing (default: a new one)"),
      Option("currency", "CODE", "ISO 4217 (default: the shop's, else USD)"),
      Connecting.option,
    ],
    details: "It happened now. 'patron profile CUSTOMER' shows what is known.",
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let customer = try Values.customer(try arguments.onlyPositional("CUSTOMER"))
    let identifier = try Values.customer(
      arguments.value("id") ?? String(UInt64.random(in: 0 ... .max), radix: 16))
    let wanted = try arguments.value("currency").map { text throws(CommandError) in
      try Values.currency(text)
    }
    var event = try event(arguments)
    var client = try Connecting.client(arguments)
    let own = client.hello.currency
    let currency = wanted ?? (own.isEmpty ? "USD" : own)
    let digits = currency == own ? client.hello.minorDigits : Currency.minorDigits(currency)
    if let text = arguments.value("cart") {
      do throws(RowFault) {
        event.amountMinor = try AmountText.minorUnits(Array(text.utf8)[...], digits: Int(digits))
      } catch {
        throw .usage("--cart is '\(text)': \(error.reason)")
      }
    }
    event.timeMicros = try Connecting.now(&client)
    let reply: RecordReply
    do throws(ClientError) {
      reply = try client.recordEvents(
        RecordEventsRequest(
          currency: currency, minorDigits: digits,
          events: [.init(customer: customer, identifier: identifier, event)]))
    } catch {
      throw CommandError(error)
    }
    if let refused = reply.refused.first {
      throw .failed("the event was refused: \(refused.status.name)")
    }
    Console.out(reply.duplicates > 0 ? "known already" : "recorded")
  }

  /// What the command line says happened, without its time and amount.
  private static func event(_ arguments: Arguments) throws(CommandError) -> Event {
    let kinds = ["cart", "cart-emptied", "viewed", "contact", "complaint"]
    let given = kinds.filter { arguments.flag($0) }
    guard given.count == 1, let kind = given.first else {
      throw .usage("one of \(kinds.map { "--\($0)" }.joined(separator: ", ")) is wanted")
    }
    let companions = [
      "lines": "cart", "category": "cart", "channel": "contact", "offer": "contact",
      "reference": "complaint",
    ]
    for (name, other) in companions.sorted(by: { $0.key < $1.key })
    where arguments.flag(name) && other != kind {
      throw .usage("--\(name) goes with --\(other)")
    }
    var event = Event(.cartEmptied, timeMicros: 0)
    switch kind {
    case "cart":
      event.kind = .cartChanged
      event.name = try Values.label(arguments.value("category"), option: "category")
      let text = arguments.value("lines") ?? "0"
      guard let lines = UInt16(text) else {
        throw .usage("--lines is '\(text)', it must be a number from 0 to 65535")
      }
      event.lines = lines
    case "viewed":
      event.kind = .viewed
      event.name = try name(arguments, "viewed")
    case "contact":
      event.kind = try choice(
        arguments, "contact",
        ["sent": .contactSent, "delivered": .contactDelivered, "failed": .contactFailed])
      event.channel = try Values.word(
        arguments.value("channel"), option: "channel", of: Channel.self)
      event.name = try Values.label(arguments.value("offer"), option: "offer")
    case "complaint":
      event.kind = try choice(
        arguments, "complaint", ["opened": .complaintOpened, "solved": .complaintSolved])
      event.name = try name(arguments, "reference")
    default: break
    }
    return event
  }

  private static func name(
    _ arguments: Arguments, _ option: String
  ) throws(CommandError) -> String {
    let text = try Values.label(arguments.value(option), option: option)
    guard !text.isEmpty else { throw .usage("--\(option) is missing or empty") }
    return text
  }

  private static func choice(
    _ arguments: Arguments, _ option: String, _ kinds: [String: EventKind]
  ) throws(CommandError) -> EventKind {
    let text = arguments.value(option) ?? ""
    guard let kind = kinds[text] else {
      let names = kinds.keys.sorted().joined(separator: ", ")
      throw .usage("--\(option) is '\(text)', it must be one of \(names)")
    }
    return kind
  }
}
