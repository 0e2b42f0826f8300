// `patron offers try`: what is asked, and how the answer is shown.

import Testing
import Wire

@testable import patron

@Suite("TrialCommand")
struct TrialCommandTests {
  private static let reply: TryCatalogueReply = {
    var reply = TryCatalogueReply()
    (reply.catalogue, reply.placement, reply.channel) = (2, "checkout", .site)
    (reply.currency, reply.minorDigits) = ("USD", 2)
    (reply.population, reply.customers, reply.offered, reply.heldOut) = (2_357, 1_000, 250, 100)
    (reply.cost, reply.liabilityMinor) = (31.25, 50_000)
    reply.margin = EstimateFields(125, low: 100, high: 150)
    reply.without = [0, 100, 0, 450, 0, 0, 0, 0, 0, 200, 0, 0, 0]
    var socks = TriedOffer(offer: "socks", state: .live)
    (socks.chosen, socks.cost, socks.liabilityMinor) = (250, 31.25, 50_000)
    socks.margin = EstimateFields(125, low: 100, high: 150)
    (socks.budget.budgetMinor, socks.budget.takenMinor) = (80_000, 60_000)
    socks.reasons = [0, 100, 0, 450, 0, 0, 0, 0, 0, 200, 0, 0, 250]
    reply.offers = [socks, TriedOffer(offer: "win-back", state: .paused)]
    var feet = TriedCampaign(campaign: "feet")
    (feet.chosen, feet.budget.budgetCount, feet.budget.takenCount) = (250, 500, 250)
    reply.campaigns = [feet]
    return reply
  }()

  @Test("people get a table of the offers, and why others have none")
  func text() {
    #expect(
      TrialText(reply: Self.reply).text == """
        a catalogue (version 2) tried at checkout by site, amounts in USD; nothing was decided or reserved
        1,000 customers (of 2,357), 250 with an offer (25.0 %), 100 held back
        incremental margin 125.00, 95 % interval 100.00 to 150.00; expected cost 31.25, at most 500.00 of rewards
        a sample: a catalogue for all would use up more of its budgets

        offer      state  chosen   share   cost  margin    from      to  budget used
        socks       live     250  25.0 %  31.25  125.00  100.00  150.00       75.0 %
        win-back  paused       0   0.0 %   0.00       –       –       –            –

        budget of campaign  chosen  budget used
        feet                   250       50.0 %

        without an offer  customers   share
        RULE                    450  45.0 %
        NEGATIVE_UPLIFT         200  20.0 %
        HOLDOUT                 100  10.0 %
        """)
  }

  @Test("programs get stable keys")
  func json() {
    let json = JSONWriter.line(TrialText(reply: Self.reply).json)
    #expect(json.contains(#""population":2357,"customers":1000,"offered":250,"heldOut":100"#))
    #expect(json.contains(#""margin":{"value":125,"interval":[100,150]}"#))
    #expect(json.contains(#""withoutOffer":{"HOLDOUT":100,"RULE":450,"NEGATIVE_UPLIFT":200}"#))
    #expect(json.contains(#""offer":"win-back","state":"paused","chosen":0"#))
    #expect(json.contains(#""count":500,"countBefore":0,"countTaken":250,"saturation":0.5"#))
  }

  @Test("a file may be left out, and a time has a day and perhaps a clock's time")
  func request() throws {
    #expect(try OffersCommand.action(["try"]) == .trial(file: nil))
    #expect(try OffersCommand.action(["try", "a.json"]) == .trial(file: "a.json"))
    #expect(throws: CommandError.self) { try OffersCommand.action(["try", "a", "b"]) }
    let noon = try TrialCommand.time("2024-10-04")
    let morning = try TrialCommand.time("2024-10-04T09:30")
    #expect(noon == (20_000, 43_200) && morning == (20_000, 34_200))
    for wrong in ["2024-10-04T24:00", "2024-10-04T9:30", "2024-10-04 09:3x", "now"] {
      #expect(throws: CommandError.self) { try TrialCommand.time(wrong) }
    }
  }
}
