// `patron offers`, `offer`, `outcome`, `explain-decision` and `decisions`: what is wrong with a command
// line, and how answers are shown. Not here: a server.

import Policies
import Testing
import Wire

@testable import patron

@Suite("OfferCommand")
struct OfferCommandTests {
  static let receipt = Receipt(
    key: CommandKey(producer: 5, number: 6), timeMicros: 7, catalogue: 1, channel: .site,
    choices: [.init(account: 0, liabilityMinor: 200, counts: true)],
    customer: Array("C-1001".utf8)
  ).text

  private func usage(_ work: () throws(CommandError) -> Void) -> String {
    do throws(CommandError) {
      try work()
      return "nothing was wrong"
    } catch {
      switch error {
      case .usage(let sentence), .failed(let sentence): return sentence
      }
    }
  }

  private func request(_ words: String...) throws(CommandError) -> DecideRequest {
    let arguments = try Arguments(words, options: OfferCommand.command.options)
    return try OfferCommand.request(arguments, customer: "C-1001")
  }

  private func wrong(_ words: String...) -> String {
    usage { () throws(CommandError) in
      let base = ["--placement", "checkout", "--channel", "site"] + words
      let arguments = try Arguments(base, options: OfferCommand.command.options)
      _ = try OfferCommand.request(arguments, customer: "C-1001")
    }
  }

  @Test(
    "wrong words end with 2 before any server is asked, what cannot be done with 1",
    arguments: [
      (["offers"], 2), (["offers", "putt", "x"], 2), (["offers", "put"], 2),
      (["offers", "put", "/nonexistent.json"], 1), (["offers", "list", "x"], 2),
      (["offers", "pause"], 2), (["offers", "pause", "a", "b"], 2), (["offers", "example"], 0),
      (["offers", "list", "--address", "127.0.0.1:1"], 1),
      (["offer"], 2), (["offer", "c"], 2), (["offer", "c", "--placement", "p"], 2),
      (["offer", "c", "--placement", "p", "--channel", "fax"], 2),
      (["offer", "c", "--placement", "p", "--channel", "site", "--address", "127.0.0.1:1"], 1),
      (["outcome"], 2), (["outcome", "AQ", "--accepted"], 2), (["outcome", receipt], 2),
      (["outcome", receipt, "--accepted", "--refused"], 2),
      (["outcome", receipt, "--accepted", "--order-value", "72.50"], 2),
      (["outcome", receipt, "--shown", "--order-value", "1", "--margin", "1"], 2),
      (["outcome", receipt, "--refunded"], 2), (["outcome", receipt, "--redeemed"], 2),
      (["outcome", receipt, "--shown", "--choice", "0"], 2),
      (["outcome", receipt, "--shown", "--address", "127.0.0.1:1"], 1),
      (["explain-decision", "nothing"], 2), (["explain-decision", String(receipt.dropLast())], 2),
      (["explain-decision", receipt, "--address", "127.0.0.1:1"], 1),
      (["decisions", "x"], 2), (["decisions", "--from", "-1"], 2),
    ] as [([String], Int32)])
  func exitCodes(of words: [String], code: Int32) {
    #expect(Main.run(words) == code)
  }

  @Test("the example is a catalogue, and a mistake is told with the file's line and column")
  func catalogue() throws {
    #expect(OfferNames.fault(of: Array(OfferNames.example.utf8), file: "x.json") == nil)
    let broken = OfferNames.example.replacing("\"margin_rate\": 0.35", with: "\"margin_rate\": 3")
    let fault = try #require(OfferNames.fault(of: Array(broken.utf8), file: "x.json"))
    #expect(fault.hasPrefix("x.json line 4, column 18"), "\(fault)")
    #expect(fault.contains("margin_rate"), "\(fault)")
  }

  @Test("an action is one word, with a file or an offer where it needs one")
  func actions() throws {
    #expect(try OffersCommand.action(["put", "-"]) == .put(file: "-"))
    #expect(try OffersCommand.action(["resume", "socks"]) == .amend(offer: "socks", .live))
    #expect(try OffersCommand.action(["end", "socks"]) == .amend(offer: "socks", .ended))
    func sentence(_ words: [String]) -> String {
      usage { () throws(CommandError) in _ = try OffersCommand.action(words) }
    }
    #expect(sentence(["pase", "x"]) == "there is no action 'pase'; did you mean pause?")
    #expect(sentence(["pause"]) == "ID is missing behind pause")
    #expect(sentence(["show", "x"]) == "'x' is a word too many")
    #expect(sentence(["end", String(repeating: "x", count: 65)]).contains("65 bytes"))
  }

  @Test("a request is read from its options")
  func request() throws {
    let plain = try request("--placement", "checkout", "--channel", "site")
    #expect(plain == DecideRequest(customer: "C-1001", placement: "checkout", channel: .site))
    let full = try request(
      "--placement", "home", "--channel", "email", "--basket", "80.00", "--lines", "2",
      "--categories", "shoes,socks", "--features", "0.5,?,-2", "--schema", "7", "--top", "3",
      "--greedy", "--dry-run", "--explain")
    #expect(full.flags == [.greedy, .dryRun, .explain, .categoriesKnown])
    #expect(full.lines == 2 && full.top == 3 && full.categories == ["shoes", "socks"])
    #expect(full.schema == 7 && full.missing == 2 && full.features == [0.5, 0, -2])
    let none = try request("--placement", "p", "--channel", "site", "--categories", "")
    #expect(none.flags == .categoriesKnown && none.categories.isEmpty)
  }

  @Test("what is wrong with a request is named with its option")
  func faults() {
    #expect(wrong("--top", "31") == "--top is '31', it must be a number from 1 to 30")
    #expect(wrong("--lines", "2") == "--lines goes with --basket")
    #expect(wrong("--features", "1") == "--features and --schema go together")
    #expect(wrong("--features", "1,x", "--schema", "1").contains("'x'"))
    #expect(wrong("--features", "1,nan", "--schema", "1").contains("'nan'"))
    #expect(wrong("--features", "1", "--schema", "0").hasPrefix("--schema is '0'"))
    let crowd = Array(repeating: "c", count: 33).joined(separator: ",")
    #expect(wrong("--categories", crowd) == "--categories has 33, at most 32 can be told")
  }

  @Test("an outcome's identifier is its kind, so that the same again changes nothing")
  func outcome() throws {
    func row(_ words: String...) throws -> RecordOutcomesRequest.Row {
      let arguments = try Arguments(words, options: OutcomeCommand.command.options)
      var row = try OutcomeCommand.row(arguments, decision: Self.receipt)
      try OutcomeCommand.readAmounts(arguments, MinorUnits(currency: "USD", digits: 2), into: &row)
      return row
    }
    let accepted = try row("--accepted", "--order-value", "72.50", "--margin", "30")
    #expect(accepted.identifier == "accepted" && accepted.kind == .accepted)
    #expect(accepted.orderMinor == 7250 && accepted.marginMinor == 3000 && accepted.choice == 0)
    let loss = try row("--ended", "--order-value", "10", "--margin=-2.50", "--choice", "2")
    #expect(loss.identifier == "ended-2" && loss.choice == 1 && loss.marginMinor == -250)
    let redeemed = try row("--redeemed", "1.25", "--id", "till-7")
    #expect(redeemed.identifier == "till-7" && redeemed.costMinor == 125)
    #expect(throws: CommandError.usage("--margin is more than --order-value")) {
      try row("--accepted", "--order-value", "1", "--margin", "1.01")
    }
    #expect(throws: CommandError.self) { try row("--redeemed", "1.255") }
    #expect(throws: CommandError.self) { try row("--redeemed", "-1") }
  }
}

@Suite("DecisionText")
struct DecisionTextTests {
  private func reply(_ isExplained: Bool) -> DecideReply {
    var told = ToldDecision()
    told.timeMicros = 875_620_800_000_000
    told.flags = [.known, .explored, .drawn, .profiled, .scored, .valued]
    (told.catalogue, told.generation, told.segment) = (3, 2, 4)
    (told.aliveProbability, told.churnProbability) = (0.75, 0.4375)
    (told.expectedOrders, told.expectedSpend, told.lifetimeValue) = (1.25, 30.5, 36.75)
    told.propensity = 0.25
    told.choices = [
      ChosenOffer(offer: "socks", isBest: false, propensity: 0.25, score: 1.5, uplift: 1.875)
    ]
    told.reasons = [11, 3, 3, 8]
    var reply = DecideReply(decision: "AQx", told: told)
    guard isExplained else { return reply }
    reply.offers = [
      ExplainedOffer(
        offer: "socks", reason: 11, score: 1.5, propensity: 0.25, staff: "Drawn to learn.",
        customer: "Socks."),
      ExplainedOffer(
        offer: "welcome", reason: 3, score: .nan, propensity: 0, staff: "Not so: new.",
        customer: "Not now."),
    ]
    reply.scores = [
      ExplainedScore(
        sales: 2, reward: -0.125, contact: 0, lever: 0, scarcity: -0.25, fatigue: -0.125)
    ]
    reply.features = [ExplainedFeature(choice: 0, feature: "rest", amount: 1.875)]
    return reply
  }

  private func told(_ reply: DecideReply) -> DecisionText {
    var told = DecisionText(reply: reply, currency: "USD")
    told.asked = ("C-1001", "checkout", .site)
    return told
  }

  @Test("people get the offers, what is known of the customer, and the receipt")
  func text() {
    #expect(
      told(reply(false)).text == """
        C-1001 at checkout by site, catalogue version 3, amounts in USD

        offer  probability  score  uplift
        socks       25.0 %   1.50    1.88

        customer  about to leave, alive 75.0 %, churn 43.8 %, 1.25 orders, lifetime value 36.75
        how       drawn, not the best, to learn
        reasons   RULE 2, NOT_IN_PLACEMENT 1, EXPLORED 1
        decision  AQx
        """)
  }

  @Test("explained, each offer has its reason in words, and the score its parts")
  func explained() {
    let text = told(reply(true)).text
    #expect(
      text.contains(
        """
        offer      reason  score  probability
        socks    EXPLORED   1.50       25.0 %  Drawn to learn.
        welcome      RULE      –            –  Not so: new.

        score of socks      1.50
        sales               2.00
        """), "\(text)")
    #expect(text.contains("sales, by feature   2.00\n  rest              1.88"), "\(text)")
  }

  @Test("no offer is an answer, and a dry run has no receipt")
  func nothing() {
    var none = reply(false)
    none.decision = ""
    none.told.choices = []
    none.told.flags = [.dryRun]
    let text = told(none).text
    #expect(text.contains("no offer, with probability 25.0 %"))
    #expect(text.contains("customer  not known, without personal scores\nhow       the best taken"))
    #expect(text.hasSuffix("decision  none, it was a dry run"))
    let json = JSONWriter.line(told(none).json)
    #expect(json.hasPrefix(#"{"decision":null,"customer":"C-1001""#))
    #expect(json.contains(#""aliveProbability":null"#) && json.contains(#""offers":[]"#))
  }

  @Test("programs get stable keys")
  func json() {
    let json = JSONWriter.line(told(reply(true)).json)
    #expect(
      json == #"{"decision":"AQx","customer":"C-1001","placement":"checkout","channel":"site","#
        + #""timeMicros":875620800000000,"catalogue":3,"generation":2,"currency":"USD","#
        + #""known":true,"segment":"about to leave","aliveProbability":0.75,"#
        + #""churnProbability":0.4375,"expectedOrders":1.25,"expectedSpend":30.5,"#
        + #""lifetimeValue":36.75,"heldOut":false,"fallback":false,"drawn":true,"explored":true,"#
        + #""profiled":true,"suspect":false,"dropped":false,"dryRun":false,"propensity":0.25,"#
        + #""offers":[{"offer":"socks","best":false,"propensity":0.25,"score":1.5,"#
        + #""uplift":1.875,"parts":{"sales":2,"reward":-0.125,"contact":0,"lever":0,"#
        + #""scarcity":-0.25,"fatigue":-0.125},"features":[{"feature":"rest","amount":1.875}]}],"#
        + #""reasons":{"RULE":2,"NOT_IN_PLACEMENT":1,"EXPLORED":1},"#
        + #""explanations":[{"offer":"socks","reason":"EXPLORED","score":1.5,"propensity":0.25,"#
        + #""staff":"Drawn to learn.","customer":"Socks."},{"offer":"welcome","reason":"RULE","#
        + #""score":null,"propensity":0,"staff":"Not so: new.","customer":"Not now."}]}"#)
  }

  @Test("a list of offers has budgets in the catalogue's currency")
  func list() {
    var reply = CatalogueReply()
    #expect(CatalogueText(reply: reply).text.hasPrefix("there is no catalogue yet"))
    (reply.version, reply.currency, reply.minorDigits, reply.decisions) = (2, "USD", 2, 1234)
    var socks = OfferLine(offer: "socks", name: "Socks", state: .live)
    (socks.budgetMinor, socks.budgetCount, socks.spentMinor) = (50_000, 100, 1_200)
    (socks.chosen, socks.outcomes, socks.givenCount, socks.price) = (1_111, 9, 6, 0.125)
    reply.offers = [socks, OfferLine(offer: "win-back", name: "Win back", state: .paused)]
    #expect(
      CatalogueText(reply: reply).text == """
        catalogue version 2, 1,234 decisions, amounts in USD

        offer      state  chosen  learnt  given  spent  reserved             budget  price  name
        socks       live   1,111       9      6  12.00      0.00  500.00, 100 times  0.125  Socks
        win-back  paused       0       0      0   0.00      0.00                  –      –  Win back
        """)
    var feet = CampaignBudgetLine(campaign: "feet")
    (feet.budgetMinor, feet.givenCount) = (80_000, 6)
    (feet.spentMinor, feet.reservedMinor) = (1_200, 400)
    reply.campaigns = [feet]
    #expect(
      CatalogueText(reply: reply).text.hasSuffix(
        """


        budget of campaign  given  spent  reserved  budget  price
        feet                    6  12.00      4.00  800.00      –
        """))
    let json = JSONWriter.line(CatalogueText(reply: reply).json)
    #expect(json.contains(#""campaigns":[{"campaign":"feet","budget":800,"spent":12,"reserved":4"#))
    #expect(json.contains(#""offer":"socks","name":"Socks","state":"live","budget":500"#))
    #expect(json.contains(#""offer":"win-back","name":"Win back","state":"paused","budget":null"#))
  }
}

@Suite("DecisionLog")
struct DecisionLogTests {
  private func decision(_ number: UInt64, _ action: String, state: UInt8) -> LoggedDecision {
    LoggedDecision(
      number: number, customer: number % 2 == 0 ? "C,1" : "C-2", timeMicros: 0,
      placement: "checkout", channel: .site, action: action, propensity: 0.25, state: state,
      outcome: state == 1 ? 1.5 : 0, features: [1, -0.75, 0.1, 0])
  }

  @Test("what is written, evaluate reads: names, actions, outcomes and features")
  func roundTrip() throws {
    var log = DecisionLog(names: ["constant", "basket", "p_alive", "unused_3"], onlyClosed: true)
    #expect(log.header == "id,action,propensity,outcome,basket,p_alive")
    var text = log.header + "\n"
    for (number, action) in ["socks", "", "socks", "gift"].enumerated() {
      let line = log.line(decision(UInt64(number), action, state: 1))
      text += (line ?? "left out") + "\n"
    }
    let leftOut = [
      log.line(decision(5, "gift", state: 0)), log.line(decision(6, "gift", state: 2)),
    ]
    #expect(leftOut == [nil, nil])
    var wanted = LogFile.Wanted()
    wanted.reward = "outcome"
    let read = try LogFile(BytesSource(Array(text.utf8)), name: "log.csv", wanted)
    #expect(read.actions == ["gift", "none", "socks"] && read.hasID)
    #expect(read.features == ["basket", "p_alive"])
    #expect(Array(read.table.actions) == [2, 1, 2, 0])
    #expect(read.table.rewards == [1.5, 1.5, 1.5, 1.5])
    #expect(text.contains("\n\"C,1\",socks,0.25,1.5,-0.75,0.1\n"))
    #expect(
      log.summary
        == "decisions: 4 written; 1 open, left out; 1 will have no outcome, left out")
  }

  @Test("an open decision has an empty outcome, unless only closed ones are wanted")
  func open() {
    var log = DecisionLog(names: ["constant"], onlyClosed: false)
    let line = log.line(decision(1, "gift", state: 0))
    #expect(line == "C-2,gift,0.25,")
    #expect(log.summary == "decisions: 1 written; 1 open")
  }
}
