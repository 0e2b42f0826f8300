// `patron campaign`: what is wrong with a command line, and how reports are shown. Not here: a server.

import Testing
import Wire

@testable import patron

@Suite("CampaignCommand")
struct CampaignCommandTests {
  private func request(_ words: String...) throws(CommandError) -> CampaignRequest {
    try CampaignCommand.request(Arguments(words, options: CampaignCommand.command.options))
  }

  private func reply(treated: UInt64 = 200, control: UInt64 = 100) -> CampaignReply {
    var reply = CampaignReply()
    (reply.campaign, reply.catalogue, reply.asOfDay) = ("feet", 2, 10_164)
    (reply.windowDays, reply.currency, reply.minorDigits) = (30, "USD", 2)
    (reply.planned, reply.marginRate) = (10_000, 0.25)
    (reply.expectedControl, reply.ratioProbability) = (1.0 / 3, 0.75)
    var all = CampaignGroup()
    (all.treated.customers, all.treated.buyers, all.treated.repeatBuyers) = (treated, 100, 20)
    (all.treated.orders, all.treated.salesMinor, all.treated.contacts) = (125, 500_000, 240)
    (all.treated.optOuts, all.treated.rewardMinor) = (2, 8_000)
    all.treated.contactCost = 2
    (all.control.customers, all.control.buyers, all.control.repeatBuyers) = (control, 40, 4)
    (all.control.orders, all.control.salesMinor) = (44, 150_000)
    all.cost = 82
    if control > 1 {
      all.uplift = EstimateFields(10, low: 2.5, high: 17.5)
      all.relative = EstimateFields(0.6667, low: 0.125, high: .infinity)
      all.adjusted = EstimateFields(9, low: 3, high: 15)
      all.varianceRatio = 0.64
      all.sequence = EstimateFields(10, low: -1, high: 21)
      all.conversion = EstimateFields(0.1, low: -0.02, high: 0.22)
      all.orders = EstimateFields(0.185, low: 0.05, high: 0.32)
      all.basket = EstimateFields(5.909, low: -4, high: 15.8)
      all.repeatRate = EstimateFields(0.1, low: -0.02, high: 0.22)
      all.repeatShare = EstimateFields(0.06, low: 0, high: 0.12)
      all.margin = EstimateFields(500, low: 125, high: 875)
      (all.orderCost, all.returnOnCost) = (82 / 37.0, 500 / 82.0)
    }
    reply.groups = [all]
    var socks = CampaignOffer(offer: "socks", state: .live)
    (socks.chosen, socks.delivered, socks.redeemed, socks.spentMinor) = (240, 240, 40, 8_000)
    socks.reasons = [0, 120, 0, 14, 0, 0, 0, 0, 0, 0, 0, 10, 230]
    reply.offers = [socks]
    return reply
  }

  @Test(
    "wrong words end with 2 before any server is asked, what cannot be done with 1",
    arguments: [
      (["campaign", "a", "b"], 2), (["campaign", "a", "--planned", "0"], 2),
      (["campaign", "a", "--planned", "x"], 2), (["campaign", "a", "--as-of", "x"], 2),
      (["campaign", String(repeating: "x", count: 65)], 2),
      (["campaign", "a", "--address", "127.0.0.1:1"], 1),
    ] as [([String], Int32)])
  func exitCodes(of words: [String], code: Int32) {
    #expect(Main.run(words) == code)
  }

  @Test("a campaign is a word, none asks for all of them")
  func request() throws {
    #expect(try request() == CampaignRequest(campaign: ""))
    #expect(
      try request("feet", "--planned", "500") == CampaignRequest(campaign: "feet", planned: 500))
  }

  @Test("people get both arms, the differences with intervals, and one sentence")
  func text() {
    let text = CampaignText(reply: reply()).text
    #expect(
      text == """
        campaign feet: window of 30 days, up to 1997-10-30, amounts in USD, catalogue version 2
        200 customers treated, 100 held back (33.3 %; 33.3 % by the present holdouts, p = 0.75)
        it raised sales: sales per customer +10.00 [+2.50, +17.50]

                                             treated  control  difference     from        to
        sales per customer                     25.00    15.00      +10.00    +2.50    +17.50
          relative to control                                     +66.7 %  +12.5 %        +∞
          without what was different before                         +9.00    +3.00    +15.00
          at every look                                            +10.00    -1.00    +21.00
        customers who ordered                 50.0 %   40.0 %    +10.0 pp  -2.0 pp  +22.0 pp
        orders per customer                    0.625    0.440      +0.185   +0.050    +0.320
        average basket                         40.00    34.09       +5.91    -4.00    +15.80
        repeat purchase rate, of buyers       20.0 %   10.0 %    +10.0 pp  -2.0 pp  +22.0 pp
        repeat purchase rate, of all          10.0 %    4.0 %     +6.0 pp   0.0 pp  +12.0 pp
        contacts per customer                  1.200    0.000           –        –         –
        revoked a consent                      1.0 %    0.0 %           –        –         –
        (from, to: 95 %; pp: percentage points; what was ordered before leaves 64.0 % of the variance)

        incremental margin            +500.00  from +125.00 to +875.00, at 25.0 % of sales
        cost                            82.00  rewards 80.00, contacts 2.00
        cost of an incremental order     2.22
        return on cost                   6.10  incremental margin for 1 of cost

        offer  state  chosen  delivered  shown  clicked  accepted  refused  redeemed  spent  reserved  budget
        socks   live     240        240      0        0         0        0        40  80.00      0.00       –

        decisions by reason  HOLDOUT  RULE  EXPLORED  CHOSEN
        socks                    120    14        10     230
        """)
  }

  @Test("without control nothing is compared, and nothing is told as 0")
  func noControl() {
    let text = CampaignText(reply: reply(control: 0)).text
    #expect(text.contains("\nno comparison: each arm needs two customers"), "\(text)")
    #expect(!text.contains("incremental margin") && !text.contains("return on cost"))
    let json = JSONWriter.line(CampaignText(reply: reply(control: 0)).json)
    #expect(json.contains(#""comparison":false"#) && json.contains(#""uplift":null"#))
    #expect(json.contains(#""incrementalMargin":null"#) && json.contains(#""roi":null"#))
  }

  @Test("a verdict is given only where it may be")
  func verdicts() throws {
    func line(_ change: (inout CampaignReply) -> Void) -> String {
      var reply = reply()
      change(&reply)
      return CampaignText(reply: reply).text
    }
    let withheld = line { $0.isWithheld = true }
    #expect(withheld.contains("verdict withheld") && !withheld.contains("it raised sales"))
    let early = line { $0.openWindows = 7 }
    #expect(early.contains("provisional: the windows of 7 customers"))
    #expect(
      early.contains(
        "no effect is shown so far, at every look: sales per customer +10.00 [-1.00, +21.00] holds 0"
      ))
    #expect(line { $0.groups[0].hasFewBuyers = true }.contains("few buyers"))
    #expect(line { $0.groups[0].uplift.low = -1 }.contains("no effect is shown"))
    #expect(
      line { $0.groups[0].uplift = EstimateFields(-3, low: -5, high: -1) }.contains(
        "it lowered sales: sales per customer -3.00 [-5.00, -1.00]"))
    #expect(
      line { $0.ratioProbability = .nan }.contains("(33.3 %; 33.3 % by the present holdouts)"))
  }

  @Test("segments have a line each, with what their figures lack")
  func segments() {
    var reply = reply()
    var loyal = CampaignGroup(segment: 2)
    (loyal.treated.customers, loyal.treated.salesMinor) = (3, 9_000)
    var fresh = reply.groups[0]
    (fresh.segment, fresh.hasFewBuyers) = (0, true)
    reply.groups += [fresh, loyal]
    let text = CampaignText(reply: reply).text
    #expect(text.contains("\nnew                       200      100  25.00"), "\(text)")
    #expect(text.contains("few buyers\nloyal"), "\(text)")
    #expect(text.contains("no comparison"))
  }

  @Test("programs get stable keys")
  func json() {
    let json = JSONWriter.line(CampaignText(reply: reply()).json)
    #expect(
      json.hasPrefix(
        #"{"campaign":"feet","catalogue":2,"asOf":"1997-10-30","currency":"USD","marginRate":0.25,"#
          + #""level":0.95,"windowDays":30,"planned":10000,"openWindows":0,"provisional":false,"#),
      "\(json)")
    #expect(json.contains(#""withheld":false,"comparison":true,"all":{"segment":null,"#))
    #expect(json.contains(#""uplift":{"value":10,"interval":[2.5,17.5]}"#))
    #expect(json.contains(#""interval":[0.125,null]"#))
    #expect(json.contains(#""repeatPurchaseRate":0.2,"repeatPurchaseShare":0.1"#))
    #expect(json.contains(#""NOT_LIVE":0,"HOLDOUT":120"#))
  }

  @Test("all campaigns are a line each, and those that stand together are named")
  func list() {
    var reply = CampaignReply()
    (reply.currency, reply.minorDigits) = ("USD", 2)
    #expect(CampaignText(reply: reply).text == "the catalogue has no campaigns")
    var feet = CampaignLine(campaign: "feet")
    (feet.treated, feet.control, feet.probability, feet.stands) = (1_000, 100, 0.0033, true)
    feet.uplift = EstimateFields(15, low: 5, high: 25)
    var hands = CampaignLine(campaign: "hands")
    hands.openWindows = 3
    reply.campaigns = [feet, hands]
    let text = CampaignText(reply: reply).text
    #expect(
      text.hasPrefix(
        """
        campaign  treated  control  difference   from      to       p
        feet        1,000      100      +15.00  +5.00  +25.00  0.0033                      stands
        hands           0        0           –      –       –       –  no comparison, provisional

        """), "\(text)")
    let json = JSONWriter.line(CampaignText(reply: reply).json)
    #expect(json.contains(#""probability":0.0033,"stands":true"#))
    #expect(json.contains(#""campaign":null"#) && json.contains(#""uplift":null"#))
  }
}
