// The values of protocol.md's examples about offers, spelled out. No tests here. The shop has four
// offers; its customer is one of those in Examples.swift.

import Wire

extension Example {
  static let offers: [Example] =
    [
      Example(
        .putCatalogue, tag: 24,
        PutCatalogueRequest(
          key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 47), catalogue: catalogueText)),
      Example(
        .amendOffer, tag: 25,
        AmendOfferRequest(
          key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 48), offer: "win-back",
          state: .paused)),
      Example(
        .putCatalogue, tag: 24,
        CatalogueChangeReply(sequence: 1045, version: 1, offers: 2, live: 2)),
      Example(.readCatalogue, tag: 26, catalogue),
      Example(.decide, tag: 27, deadlineMillis: 50, basket),
      Example(.decide, tag: 27, DecideReply(decision: receipt.text, told: told)),
      Example(.explainDecision, tag: 28, ExplainDecisionRequest(decision: receipt.text)),
      Example(.explainDecision, tag: 28, explained),
      Example(.recordDecision, tag: 0, record),
      Example(
        .recordOutcomes, tag: 29,
        RecordOutcomesRequest(
          key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 50), currency: "USD",
          minorDigits: 2,
          outcomes: [
            .init(
              decision: receipt.text, identifier: "accepted", kind: .accepted,
              timeMicros: 875_620_860_000_000, choice: 1, orderMinor: 7250, marginMinor: 3000),
            .init(
              decision: receipt.text, identifier: "used", kind: .redeemed,
              timeMicros: 875_620_860_000_000, choice: 1, costMinor: 200),
          ])),
      Example(
        .adoptPolicy, tag: 0,
        AdoptPolicyRequest(arms: [
          .init(arm: 0, means: [0.25, -0.5]), .init(arm: 3, means: [1.5, 0.125]),
        ])),
      Example(.refitPolicy, tag: 33, refitted),
      Example(.readDecisions, tag: 30, ReadDecisionsRequest(from: 17, most: 2)),
      Example(
        .readDecisions, tag: 30,
        DecisionsReply(
          next: 18, total: 18, names: ["one", "recency", "basket"],
          decisions: [
            LoggedDecision(
              number: 17, customer: "C-1001", timeMicros: 875_620_800_000_000,
              placement: "checkout", channel: .site, action: "socks", propensity: 0.625, state: 1,
              outcome: 28.5, features: [1, -0.75, 0.5])
          ])),
      Example(
        .reportCampaign, tag: 31,
        CampaignRequest(campaign: "feet", asOfMicros: 878_212_800_000_000, planned: 5_000)),
      Example(.reportCampaign, tag: 31, campaign),
      Example(.reportCampaign, tag: 32, campaigns),
      Example(.recommend, tag: 35, recommend),
      Example(.recommend, tag: 35, recommended),
      Example(.tryCatalogue, tag: 34, tryOut),
      Example(.tryCatalogue, tag: 34, tried),
      Example(.selectCustomers, tag: 40, select),
      Example(.selectCustomers, .more, tag: 40, selected),
      Example(.countCustomers, tag: 41, count),
      Example(.countCustomers, tag: 41, counted),
      Example(.watchCustomers, tag: 42, WatchRequest(condition: "segment == \"about to leave\"")),
      Example(.watchCustomers, .more, tag: 42, watched),
    ] + segments

  /// What the examples that speak of one decision have in common.
  static let receipt = Receipt(
    key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 49),
    timeMicros: 875_620_800_000_000, catalogue: 1, channel: .site,
    choices: [
      .init(account: 1, liabilityMinor: 200, counts: true),
      .init(account: 0, liabilityMinor: 1000, counts: true),
    ],
    customer: Array("C-1001".utf8))

  static let basket: DecideRequest = {
    var request = DecideRequest(
      key: receipt.key, customer: "C-1001", placement: "checkout", channel: .site,
      flags: .categoriesKnown)
    (request.top, request.basketMinor, request.lines) = (2, 8000, 2)
    request.categories = ["shoes", "laces"]
    (request.schema, request.missing, request.features) = (1, 2, [0.25, 0])
    return request
  }()

  private static let recommend: RecommendRequest = {
    var request = RecommendRequest(customer: "C-1001", placement: "checkout", channel: .site)
    (request.top, request.basketMinor, request.lines) = (2, 8000, 2)
    (request.flags, request.categories) = (.categoriesKnown, ["shoes"])
    (request.schema, request.missing, request.features) = (1, 2, [0.25, 0])
    return request
  }()

  private static let recommended: RecommendReply = {
    var reply = RecommendReply()
    reply.flags = [.known, .profiled, .scored, .valued]
    (reply.segment, reply.generation, reply.catalogue, reply.asOfDay) = (4, 2, 1, 10_134)
    (reply.aliveProbability, reply.churnProbability) = (0.75, 0.4375)
    (reply.expectedOrders, reply.expectedSpend, reply.lifetimeValue) = (1.25, 30.5, 36.75)
    reply.offers = [
      RecommendedOffer(offer: "socks", score: 1.5, uplift: 1.875),
      RecommendedOffer(offer: "vip-gesture", score: 0.25, uplift: 0.5),
    ]
    return reply
  }()

  private static let catalogueText = """
    {"currency": "USD", "margin_rate": 0.35, "placements": [{"id": "checkout", "top": 2}],
    "offers": [{"id": "socks", "family": "complementary", "state": "live", "channels": ["site"],
    "placements": ["checkout"], "reward": {"kind": "discount_amount", "value": 2},
    "eligibility": "in_basket(\\"shoes\\")"}]}
    """

  private static let catalogue: CatalogueReply = {
    var reply = CatalogueReply()
    (reply.version, reply.currency, reply.minorDigits) = (2, "USD", 2)
    (reply.catalogue, reply.decisions) = (catalogueText, 18)
    var socks = OfferLine(offer: "socks", name: "Socks to the shoes", state: .live)
    (socks.budgetMinor, socks.spentMinor, socks.reservedMinor) = (50_000, 1_200, 400)
    (socks.givenCount, socks.reservedCount) = (6, 2)
    (socks.price, socks.chosen, socks.outcomes) = (0.125, 11, 9)
    reply.offers = [socks, OfferLine(offer: "win-back", name: "win-back", state: .paused)]
    var feet = CampaignBudgetLine(campaign: "feet")
    (feet.budgetMinor, feet.spentMinor, feet.reservedMinor) = (80_000, 1_200, 400)
    (feet.givenCount, feet.reservedCount, feet.price) = (6, 2, 0.0625)
    reply.campaigns = [feet]
    return reply
  }()

  /// Four offers by identifier: socks, vip-gesture, welcome, win-back.
  private static let told: ToldDecision = {
    var told = ToldDecision()
    told.timeMicros = 875_620_800_000_000
    told.flags = [.known, .explored, .drawn, .profiled, .scored, .valued]
    (told.catalogue, told.generation, told.segment) = (1, 2, 4)
    (told.aliveProbability, told.churnProbability) = (0.75, 0.4375)
    (told.expectedOrders, told.expectedSpend, told.lifetimeValue) = (1.25, 30.5, 36.75)
    told.propensity = 0.15625
    told.choices = [
      ChosenOffer(offer: "socks", isBest: true, propensity: 0.625, score: 1.5, uplift: 1.875),
      ChosenOffer(
        offer: "vip-gesture", isBest: false, propensity: 0.25, score: 0.25, uplift: 0.5),
    ]
    told.reasons = [12, 11, 3, 8]
    return told
  }()

  private static let scores = [
    ExplainedScore(
      sales: 2, reward: -0.125, contact: 0, lever: 0, scarcity: -0.25, fatigue: -0.125),
    ExplainedScore(
      sales: 6.5, reward: -6, contact: 0, lever: 0, scarcity: 0, fatigue: -0.25),
  ]

  private static let explained: DecideReply = {
    var reply = DecideReply(decision: receipt.text, told: told)
    reply.offers = [
      ExplainedOffer(
        offer: "socks", reason: 12, score: 1.5, propensity: 0.625,
        staff: "Chosen: the best that was possible.",
        customer: "Socks that go with these shoes, 2 dollars off."),
      ExplainedOffer(
        offer: "vip-gesture", reason: 11, score: 0.25, propensity: 0.25,
        staff: "Drawn to learn from it, with probability 0.25.",
        customer: "We thought you might like this."),
      ExplainedOffer(
        offer: "welcome", reason: 3, score: .nan, propensity: 0,
        staff: "Not so: segment == \"new\" (eligibility).",
        customer: "The terms of this offer are not met."),
      ExplainedOffer(
        offer: "win-back", reason: 8, score: .nan, propensity: 0,
        staff: "It is not for this placement and channel.",
        customer: "This offer is not available here at the moment."),
    ]
    reply.scores = scores
    reply.features = [
      ExplainedFeature(choice: 0, feature: "basket", amount: 1.5),
      ExplainedFeature(choice: 0, feature: "rest", amount: 0.375),
      ExplainedFeature(choice: 1, feature: "rest", amount: 0.5),
    ]
    return reply
  }()

  private static let refitted: RefitPolicyReply = {
    var reply = RefitPolicyReply()
    (reply.adopted, reply.rows, reply.arms) = (true, 48_210, 13)
    (reply.difference, reply.low, reply.high) = (0.1875, 0.0625, 0.3125)
    reply.reason = "it is surely better than the policy before"
    return reply
  }()

  private static let record: DecisionRecord = {
    var socks = DecisionChoice(place: 0, liabilityMinor: 200, cost: 0.125, score: scores[0])
    socks.contributions = [.init(feature: 2, amount: 1.5)]
    socks.rest = 0.375
    var gesture = DecisionChoice(place: 1, liabilityMinor: 1000, cost: 6, score: scores[1])
    gesture.rest = 0.5
    return DecisionRecord(
      key: receipt.key, check: 0x1234_5678, customer: "C-1001", told: told, placement: 0,
      channel: .site, top: 2, basketMinor: 8000, held: 2, campaigns: 1, missing: 4, none: 0.5,
      features: [1, -0.75, 0.5], chosen: [socks, gesture],
      details: [[], [0, 0, 0x80, 0x3E], [0, 0, 0], []],
      candidates: [
        DecisionCandidate(place: 0, mean: 1.875, deviation: 0.5, score: 1.5, propensity: 0.625),
        DecisionCandidate(place: 1, mean: 0.5, deviation: 0.75, score: 0.25, propensity: 0.25),
      ])
  }()

  private static let campaign: CampaignReply = {
    var reply = CampaignReply()
    (reply.campaign, reply.catalogue, reply.asOfDay) = ("feet", 2, 10_164)
    (reply.windowDays, reply.currency, reply.minorDigits) = (30, "USD", 2)
    (reply.planned, reply.marginRate, reply.openWindows) = (5_000, 0.25, 12)
    (reply.expectedControl, reply.ratioProbability) = (0.5, 0.75)
    var all = CampaignGroup()
    all.hasFewBuyers = true
    (all.treated.customers, all.treated.buyers, all.treated.repeatBuyers) = (80, 40, 8)
    (all.treated.orders, all.treated.salesMinor) = (50, 200_000)
    (all.treated.contacts, all.treated.optOuts, all.treated.rewardMinor) = (96, 1, 3_000)
    all.treated.contactCost = 2
    (all.control.customers, all.control.buyers, all.control.repeatBuyers) = (80, 20, 2)
    (all.control.orders, all.control.salesMinor) = (20, 80_000)
    all.uplift = EstimateFields(15, low: 5, high: 25)
    all.relative = EstimateFields(1.5, low: 0.25, high: 4.5)
    all.adjusted = EstimateFields(14, low: 6, high: 22)
    all.varianceRatio = 0.625
    all.sequence = EstimateFields(15, low: -2, high: 32)
    all.conversion = EstimateFields(0.25, low: 0.125, high: 0.375)
    all.orders = EstimateFields(0.375, low: 0.25, high: 0.5)
    all.basket = EstimateFields(0, low: -8, high: 8)
    all.repeatRate = EstimateFields(0.125, low: -0.0625, high: 0.3125)
    all.repeatShare = EstimateFields(0.0625, low: 0, high: 0.125)
    all.margin = EstimateFields(300, low: 100, high: 500)
    (all.cost, all.orderCost, all.returnOnCost) = (32, 1.0625, 9.375)
    var loyal = CampaignGroup(segment: 2)
    (loyal.treated.customers, loyal.treated.buyers) = (3, 2)
    (loyal.treated.orders, loyal.treated.salesMinor) = (2, 9_000)
    reply.groups = [all, loyal]
    var socks = CampaignOffer(offer: "socks", state: .live)
    (socks.chosen, socks.delivered, socks.shown, socks.clicked) = (110, 96, 90, 30)
    (socks.accepted, socks.refused, socks.redeemed) = (28, 4, 15)
    (socks.spentMinor, socks.reservedMinor, socks.budgetMinor) = (3_000, 400, 50_000)
    socks.reasons = [0, 80, 6, 44, 2, 1, 0, 0, 300, 20, 40, 10, 100]
    reply.offers = [socks]
    return reply
  }()

  static let select: SelectRequest = {
    var request = SelectRequest(
      condition: "segment == \"about to leave\" and lifetime_value > 200 and consent.email",
      columns: ["customer", "lifetime_value", "country", "first_order", "open_complaint"])
    (request.limit, request.orderBy, request.isDescending) = (1_000, "lifetime_value", true)
    return request
  }()

  private static let selected: SelectReply = {
    var part = SelectReply()
    (part.scanned, part.customers, part.found) = (8_192, 23_570, 2)
    part.asOfDay = 10_134
    part.columns = [
      .texts(["C-1001", "C-1516"]), .numbers([412.5, 228.25]), .texts(["FR", nil]),
      .days([9_862, nil]), .truths([false, true]),
    ]
    return part
  }()

  private static let watched: WatchReply = {
    var reply = WatchReply()
    (reply.timeMicros, reply.members, reply.isSettled) = (875_620_800_000_000, 811, true)
    (reply.entered, reply.left) = (["C-1001"], ["C-1516", "C-1003"])
    return reply
  }()

  static let count: CountRequest = {
    var request = CountRequest(condition: "country == \"FR\"")
    (request.groups, request.measures, request.shares) = (["segment"], ["net_value"], [0.5])
    return request
  }()

  private static let counted: CountReply = {
    var reply = CountReply()
    (reply.scanned, reply.customers, reply.found) = (23_570, 23_570, 812)
    reply.asOfDay = 10_134
    var sum = MeasureSum()
    (sum.known, sum.sum, sum.least, sum.most, sum.quantiles) = (800, 18_250.5, -12, 911.25, [18.5])
    reply.groups = [
      CountedGroup(customers: 800, keys: ["will buy again"], measures: [sum]),
      CountedGroup(customers: 12, keys: [nil], measures: [.init()]),
    ]
    return reply
  }()

  static let tryOut: TryCatalogueRequest = {
    var request = TryCatalogueRequest(
      catalogue: catalogueText, placement: "checkout", channel: .site)
    (request.atMicros, request.customers, request.flags) = (875_620_800_000_000, 1_000, .greedy)
    (request.top, request.basketMinor, request.lines) = (2, 8000, 2)
    return request
  }()

  private static let tried: TryCatalogueReply = {
    var reply = TryCatalogueReply()
    (reply.catalogue, reply.atMicros, reply.placement) = (2, 875_620_800_000_000, "checkout")
    (reply.channel, reply.currency, reply.minorDigits) = (.site, "USD", 2)
    (reply.population, reply.customers, reply.offered) = (2_357, 1_000, 250)
    (reply.heldOut, reply.explored, reply.cost, reply.liabilityMinor) = (100, 3, 31.25, 50_000)
    reply.margin = EstimateFields(125, low: 100, high: 150)
    reply.without = [0, 50, 0, 400, 0, 0, 0, 0, 0, 300, 0, 0, 0]
    var socks = TriedOffer(offer: "socks", state: .live)
    (socks.chosen, socks.explored, socks.cost, socks.liabilityMinor) = (250, 3, 31.25, 50_000)
    socks.margin = EstimateFields(125, low: 100, high: 150)
    (socks.budget.budgetMinor, socks.budget.beforeMinor) = (80_000, 1_600)
    (socks.budget.takenMinor, socks.budget.beforeCount) = (51_600, 8)
    (socks.budget.takenCount, socks.budget.price) = (258, 0.0625)
    socks.reasons = [0, 50, 0, 400, 0, 0, 0, 0, 0, 300, 0, 3, 247]
    reply.offers = [socks, TriedOffer(offer: "win-back", state: .paused)]
    var feet = TriedCampaign(campaign: "feet")
    (feet.chosen, feet.budget) = (250, socks.budget)
    (feet.budget.budgetMinor, feet.budget.budgetCount) = (-1, 300)
    reply.campaigns = [feet]
    return reply
  }()

  private static let campaigns: CampaignReply = {
    var reply = CampaignReply()
    (reply.catalogue, reply.asOfDay, reply.currency, reply.minorDigits) = (2, 10_164, "USD", 2)
    (reply.planned, reply.marginRate) = (10_000, 0.25)
    var line = CampaignLine(campaign: "feet")
    (line.treated, line.control, line.openWindows) = (80, 80, 12)
    line.ratioProbability = 0.75
    line.uplift = EstimateFields(15, low: 5, high: 25)
    (line.probability, line.stands) = (0.0033, true)
    reply.campaigns = [line]
    return reply
  }()
}
