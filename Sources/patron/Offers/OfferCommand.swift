// `patron offer`: asks which offers a customer gets, here and now. How the answer is shown is in
// DecisionText.

internal import Client
internal import Wire

enum OfferCommand {
  static let command = Command(
    name: "offer", summary: "decide which offers a customer gets",
    synopsis: "CUSTOMER --placement NAME --channel CHANNEL [OPTIONS]",
    options: [
      Option("placement", "NAME", "where, as the catalogue names it"),
      Option("channel", "CHANNEL", Channel.allCases.map(\.name).joined(separator: ", ")),
      Option("basket", "AMOUNT", "value of the basket, such as 80.00"),
      Option("lines", "COUNT", "with --basket: how many lines it has (default 0)"),
      Option("categories", "NAME,...", "categories in the basket; '' for none"),
      Option(
        "features", "NUMBER,...", "the shop's own, in the order of the catalogue; '?' if unknown"),
      Option("schema", "NUMBER", "with --features: their schema's number in the catalogue"),
      Option("top", "COUNT", "offers at most (default the placement's own number)"),
      Option("greedy", nil, "the best is taken instead of drawn"),
      Option("dry-run", nil, "only a question: nothing is kept, reserved or learnt"),
      Option("explain", nil, "tell the reason of every offer, and what the scores are made of"),
      Option("json", nil, "print JSON"),
      Connecting.option,
    ],
    details: """
      The decision it prints last is a receipt: give it to 'patron outcome' with what came of it, or
      to 'patron explain-decision'. No offer is an answer too. Scores and uplifts are expected
      incremental margin against no offer.
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let customer = try Values.customer(try arguments.onlyPositional("CUSTOMER"))
    var request = try request(arguments, customer: customer)
    var client = try Connecting.client(arguments)
    let units = MinorUnits(client.hello)
    request.basketMinor = try units.minor(arguments.value("basket"), option: "basket") ?? -1
    let reply: DecideReply
    do throws(ClientError) {
      reply = try client.decide(request)
    } catch {
      throw CommandError(error)
    }
    var told = DecisionText(reply: reply, currency: units.currency)
    told.asked = (customer, request.placement, request.channel)
    Console.out(arguments.flag("json") ? JSONWriter.lines(told.json) : told.text)
  }

  /// What the command line asks, without the basket's value, whose currency the server knows.
  static func request(
    _ arguments: Arguments, customer: String
  ) throws(CommandError) -> DecideRequest {
    guard let placement = arguments.value("placement") else {
      throw .usage("--placement is missing; 'patron offers show' has the catalogue's placements")
    }
    guard (1...Limits.identifierSizeMax).contains(placement.utf8.count) else {
      throw .usage("--placement has \(placement.utf8.count) bytes, it must have 1 to 64")
    }
    let channel = try Values.word(arguments.value("channel"), option: "channel", of: Channel.self)
    var request = DecideRequest(customer: customer, placement: placement, channel: channel)
    let flags: [(String, DecideFlags)] = [
      ("greedy", .greedy), ("dry-run", .dryRun), ("explain", .explain),
      ("categories", .categoriesKnown),
    ]
    for (name, flag) in flags where arguments.flag(name) { request.flags.insert(flag) }
    if let text = arguments.value("top") {
      request.top = UInt8(try whole(text, option: "top", in: 1...Limits.slateMax))
    }
    if let text = arguments.value("lines") {
      guard arguments.flag("basket") else { throw .usage("--lines goes with --basket") }
      request.lines = UInt16(try whole(text, option: "lines", in: 0...65_535))
    }
    request.categories = try categories(arguments.value("categories") ?? "")
    try readFeatures(arguments, into: &request)
    return request
  }

  private static func categories(_ text: String) throws(CommandError) -> [String] {
    let names = text.split(separator: ",").map(String.init)
    guard names.count <= Limits.basketCategoriesMax else {
      throw .usage(
        "--categories has \(names.count), at most \(Limits.basketCategoriesMax) can be told")
    }
    for name in names where name.utf8.count > Limits.identifierSizeMax {
      throw .usage("the category '\(name)' has \(name.utf8.count) bytes, it may have 64")
    }
    return names
  }

  private static func readFeatures(
    _ arguments: Arguments, into request: inout DecideRequest
  ) throws(CommandError) {
    guard arguments.flag("features") == arguments.flag("schema") else {
      throw .usage("--features and --schema go together")
    }
    guard let text = arguments.value("features"), let schema = arguments.value("schema") else {
      return
    }
    request.schema = UInt16(try whole(schema, option: "schema", in: 1...65_535))
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    guard words.count <= Limits.ownFeaturesMax else {
      throw .usage(
        "--features has \(words.count), a shop declares at most \(Limits.ownFeaturesMax)")
    }
    for (place, word) in words.enumerated() {
      if word == "?" {
        request.missing |= 1 << UInt16(place)
        request.features.append(0)
      } else if let number = DecimalText.number(Array(word.utf8)[...]) {
        request.features.append(number)
      } else {
        throw .usage("--features has '\(word)', it must be numbers, or '?' for what is not known")
      }
    }
  }

  static func whole(
    _ text: String, option: String, in range: ClosedRange<Int>
  ) throws(CommandError) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw .usage(
        "--\(option) is '\(text)', it must be a number from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return number
  }
}

enum ExplainDecision {
  static let command = Command(
    name: "explain-decision", summary: "tell a decision again, with all its reasons",
    synopsis: "DECISION [--json]",
    options: [Option("json", nil, "print JSON"), Connecting.option],
    details: "DECISION is the receipt that 'patron offer' printed.",
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandError) {
    let decision = try Values.receipt(try arguments.onlyPositional("DECISION"))
    var client = try Connecting.client(arguments)
    let reply: DecideReply
    do throws(ClientError) {
      reply = try client.explain(decision: decision)
    } catch {
      throw CommandError(error)
    }
    let told = DecisionText(reply: reply, currency: client.hello.currency)
    Console.out(arguments.flag("json") ? JSONWriter.lines(told.json) : told.text)
  }
}

extension Values {
  /// A decision's receipt; a slip of the pen is found here.
  static func receipt(_ word: String) throws(CommandError) -> String {
    var bytes = ByteBuffer()
    for byte in word.utf8 { bytes.append(byte) }
    guard Receipt(bytes.bytes) != nil else {
      throw .usage("'\(word.prefix(80))' is no decision; copy all that 'patron offer' printed")
    }
    return word
  }
}
