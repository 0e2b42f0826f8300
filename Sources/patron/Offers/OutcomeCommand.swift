// `patron outcome`: records what came of a decision.

internal import Client
internal import Wire

enum OutcomeCommand {
  static let command = Command(
    name: "outcome", summary: "record what came of a decision",
    synopsis: "DECISION --accepted|--refused|--ended|--shown|--redeemed COST|... [OPTIONS]",
    options: [
      Option("accepted", nil, "the customer took it, or ordered; closes the decision"),
      Option("refused", nil, "the customer did not want it; closes the decision"),
      Option("ended", nil, "nothing more will come; closes the decision"),
      Option("shown", nil, "it was seen"),
      Option("delivered", nil, "it reached the customer"),
      Option("failed", nil, "it did not"),
      Option("clicked", nil, "the customer followed it"),
      Option("redeemed", "COST", "the reward was used, and cost this"),
      Option("refunded", nil, "of what was ordered so much came back"),
      Option("order-value", "AMOUNT", "with --accepted, --ended, --refunded: such as 72.50"),
      Option("margin", "AMOUNT", "of that, such as 30.00"),
      Option("choice", "NUMBER", "which of the decision's offers (default 1, the first)"),
      Option(
        "id", "ID", "the outcome's identifier: the same again changes nothing (default its kind)"),
      Option("json", nil, "print JSON"),
      Connecting.option,
    ],
    details: """
      DECISION is the receipt that 'patron offer' printed. It happened now. A closed decision is
      learnt from at once; what nobody closes is learnt from when the catalogue's window ends.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let decision = try Values.receipt(try arguments.onlyPositional("DECISION"))
    var row = try row(arguments, decision: decision)
    var client = try Connecting.client(arguments)
    try readAmounts(arguments, MinorUnits(client.hello), into: &row)
    row.timeMicros = try Connecting.now(&client)
    let reply: RecordReply
    do throws(ClientError) {
      reply = try client.recordOutcomes(
        RecordOutcomesRequest(
          currency: client.hello.currency, minorDigits: client.hello.minorDigits, outcomes: [row]))
    } catch {
      throw CommandError(error)
    }
    if let refused = reply.refused.first {
      throw .failed("the outcome was refused: \(reason(refused.status))")
    }
    guard arguments.flag("json") else {
      Console.out(reply.duplicates > 0 ? "known already" : "recorded")
      return
    }
    Console.out(
      JSONWriter.line(
        .object([
          ("outcome", .string(row.identifier)), ("kind", .string(row.kind.name)),
          ("recorded", .bool(reply.recorded > 0)), ("duplicate", .bool(reply.duplicates > 0)),
          ("sequence", .count(reply.sequence)),
        ])))
  }

  static func reason(_ status: Status) -> String {
    switch status {
    case .badAmount:
      "bad amount; a reward is redeemed once, for at most its liability, and no more comes back than "
        + "was ordered"
    case .invalidField: "the decision has not as many offers"
    case .unknownDecision: "unknown decision; its receipt is of another server"
    default: status.name
    }
  }

  /// What the command line says happened, without its time and amounts.
  static func row(
    _ arguments: Arguments, decision: String
  ) throws(CommandError) -> RecordOutcomesRequest.Row {
    let given = OutcomeKind.allCases.filter { arguments.flag($0.name) }
    guard given.count == 1, let kind = given.first else {
      let names = OutcomeKind.allCases.map { "--\($0.name)" }.joined(separator: ", ")
      throw .usage("one of \(names) is wanted")
    }
    guard arguments.flag("order-value") == arguments.flag("margin") else {
      throw .usage("--order-value and --margin go together")
    }
    if arguments.flag("order-value") && !kind.hasOrder {
      throw .usage("--order-value goes with --accepted, --ended or --refunded")
    }
    if kind == .refunded && !arguments.flag("order-value") {
      throw .usage("--refunded needs --order-value and --margin of what came back")
    }
    let choice = try OfferCommand.whole(
      arguments.value("choice") ?? "1", option: "choice", in: 1...Limits.slateMax)
    let identifier = arguments.value("id") ?? (choice == 1 ? kind.name : "\(kind.name)-\(choice)")
    guard (1...Limits.identifierSizeMax).contains(identifier.utf8.count) else {
      throw .usage("--id has \(identifier.utf8.count) bytes, it must have 1 to 64")
    }
    return RecordOutcomesRequest.Row(
      decision: decision, identifier: identifier, kind: kind, timeMicros: 0,
      choice: UInt8(choice - 1))
  }

  static func readAmounts(
    _ arguments: Arguments, _ units: MinorUnits, into row: inout RecordOutcomesRequest.Row
  ) throws(CommandError) {
    row.orderMinor = try units.minor(arguments.value("order-value"), option: "order-value") ?? 0
    row.marginMinor =
      try units.minor(arguments.value("margin"), option: "margin", negative: true) ?? 0
    guard abs(row.marginMinor) <= row.orderMinor else {
      throw .usage("--margin is more than --order-value")
    }
    row.costMinor = try units.minor(arguments.value("redeemed"), option: "redeemed") ?? 0
  }
}
