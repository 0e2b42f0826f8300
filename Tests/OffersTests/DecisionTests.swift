// Decisions as a whole: life, holdouts, classes, arbitration, draws, slates and fallbacks.

import Policies
import Rules
import Support
import Testing

@testable import Offers

@Suite("Decision")
struct DecisionTests {
  private static let day: Int64 = 86_400_000_000

  @Test("no decision cites an offer that is not live at its instant", arguments: seeds(3))
  func life(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    let first = Counter.noon.today
    let offers = (0..<12).map { number in
      let start = first + .random(in: -20...20, using: &chance)
      let end = start + .random(in: 1...30, using: &chance)
      let state = OfferState.allCases.randomElement(using: &chance) ?? .live
      return
        "{\"id\": \"o\(number)\", \"family\": \"f\(number)\", \"channels\": [\"email\"], "
        + "\"placements\": [\"p\"], \"state\": \"\(state.word)\", "
        + "\"start\": \"\(CivilDay.text(start))\", \"end\": \"\(CivilDay.text(end))\"}"
    }
    var counter = try Counter(json: Counter.json(offers, top: 12))
    var workspace = DecisionWorkspace()
    var (chosen, edits) = (0, 0)
    for round in 0..<4_000 {
      let place = Int.random(in: 0..<12, using: &chance)
      let state = OfferState.allCases.randomElement(using: &chance) ?? .live
      if round % 50 == 0, state != .ended {
        if let next = try? counter.catalogue.amended(counter.catalogue.words[place].id, to: state) {
          counter.catalogue = next
          edits += 1
        }
      }
      let time = Counter.noon.nowMicros + .random(in: -30...30, using: &chance) * Self.day
      counter.request.moment = Moment(utcMicros: time + .random(in: 0..<Self.day, using: &chance))
      counter.request.hash = chance.next()
      counter.request.explores = Bool.random(using: &chance)
      let outcome = try counter.decide(&workspace)
      try #require(outcome.decision.version == counter.catalogue.version)
      for place in 0..<12 {
        let offer = counter.catalogue.offers[place]
        let today = counter.request.moment.today
        let isLive = offer.state == .live && offer.startDay <= today && today < offer.endDay
        if case .notLive = outcome.reasons[place] {
          try #require(!isLive)
        } else {
          try #require(isLive)
        }
      }
      chosen += outcome.choices.count
    }
    print("\(chosen) choices, \(edits) edits")
    #expect(chosen > 1_000 && edits > 10)
  }

  @Test(
    "a holdout takes out by identity alone, before anything else, on every path",
    arguments: seeds(2))
  func holdout(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    let json = Counter.json(
      [
        Counter.offer("a", "\"eligibility\": \"basket > 10\""), Counter.offer("b"),
        Counter.offer("m", "\"class\": \"mandatory\""),
      ],
      "\"campaigns\": [{\"id\": \"c\", \"offers\": [\"b\"]}], \"holdouts\": ["
        + "{\"level\": \"global\", \"key\": \"global-2026\", \"percent\": 20}, "
        + "{\"level\": \"campaign\", \"of\": \"c\", \"key\": \"c-1\", \"percent\": 30}, "
        + "{\"level\": \"offer\", \"of\": \"a\", \"key\": \"a-1\", \"percent\": 50}]", top: 3)
    var counter = try Counter(json: json)
    counter.catalogue.placements[0].fallback = 1
    var workspace = DecisionWorkspace()
    var held = [0, 0, 0]
    let keys = ["global-2026", "c-1", "a-1"]
    let shares = [20.0, 30, 50]
    for number in 0..<2_000 {
      counter.customer = Array("customer-\(number)".utf8)
      counter.facts[.basket] = Bool.random(using: &chance) ? 20 : .nan
      counter.standing.granted[.email, .marketing] = Bool.random(using: &chance)
      counter.request.explores = Bool.random(using: &chance)
      counter.request.hash = chance.next()
      counter.request.top = .random(in: 0...3, using: &chance)
      let outcome = try counter.decide(&workspace)
      let isHeld = (0..<3).map {
        Bucket(customer: counter.customer.span, key: Array(keys[$0].utf8).span)
          .isHeld(percent: shares[$0])
      }
      for place in 0..<3 where isHeld[place] { held[place] += 1 }
      let first: (Int, Int) -> Reason? = { global, own in
        isHeld[global] ? .holdout(global) : isHeld[own] ? .holdout(own) : nil
      }
      for (place, own) in [(0, 2), (1, 1)] {
        if let reason = first(0, own) {
          try #require(outcome.reasons[place] == reason)
        } else if case .holdout = outcome.reasons[place] {
          Issue.record("customer-\(number) is not held")
        }
      }
      // The service minimum is for all.
      if case .holdout = outcome.reasons[2] { Issue.record("what is mandatory is held back") }
      try #require(outcome.decision.isHeldOut == (isHeld[0] || isHeld[1] || isHeld[2]))
    }
    print("held \(held) of 2000")
    #expect(abs(held[0] - 400) < 80 && abs(held[1] - 600) < 90 && abs(held[2] - 1_000) < 100)
    // The vectors of the specification.
    for (name, bucket) in [("customer-1", 3_900), ("customer-2", 1_592), ("クライアント", 2_818)] {
      let held = counter.catalogue.holdouts(of: Array(name.utf8).span)
      #expect((held & 1 == 1) == (bucket < 2_000))
    }
  }

  @Test(
    "who is enrolled in a campaign does not depend on who is held out, nor on what is used up",
    arguments: seeds(2))
  func campaigns(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    func counter(percent: Int) throws -> Counter {
      try Counter(
        json: Counter.json(
          [
            Counter.offer("a", "\"eligibility\": \"basket > 10\", \"max_liability\": 5.00"),
            Counter.offer("b", "\"applicability\": \"orders >= 2\""),
            Counter.offer("c", "\"class\": \"mandatory\""),
            Counter.offer("d", "\"suitability\": \"not open_complaint\""),
          ],
          "\"campaigns\": [{\"id\": \"one\", \"offers\": [\"a\", \"b\", \"c\"]}, "
            + "{\"id\": \"two\", \"offers\": [\"d\"]}, {\"id\": \"three\", \"offers\": [\"c\"]}], "
            + "\"caps\": [{\"scope\": \"global\", \"limit\": 1, \"days\": 1}], "
            + "\"suppressions\": [{\"refusals\": 1, \"days\": 10}], "
            + "\"holdouts\": [{\"level\": \"campaign\", \"of\": \"one\", \"key\": \"k\", "
            + "\"percent\": \(percent)}]", top: 3))
    }
    let (none, half) = (try counter(percent: 0), try counter(percent: 50))
    var workspace = DecisionWorkspace()
    var (held, enrolled) = (0, 0)
    for number in 0..<2_000 {
      var customer = none
      customer.customer = Array("customer-\(number)".utf8)
      customer.facts[.basket] = [5, 20, .nan].randomElement(using: &chance) ?? 0
      customer.facts[.orders] = .random(in: 0...4, using: &chance)
      customer.facts.hasOpenComplaint = Truth.allCases.randomElement(using: &chance) ?? .no
      customer.standing.granted[.email, .marketing] = Int.random(in: 0..<4, using: &chance) > 0
      customer.request.placement = Int.random(in: 0..<8, using: &chance) == 0 ? 1 : 0
      customer.request.channel = Int.random(in: 0..<8, using: &chance) == 0 ? .sms : .email
      customer.catalogue.offers[0].state = Bool.random(using: &chance) ? .live : .paused
      let hasFirst = customer.catalogue.offers[0].state == .live && customer.facts[.basket] > 10
      let isHere =
        customer.request.placement == 0 && customer.request.channel == .email
        && customer.standing.granted[.email, .marketing]
      let expected: UInt64 =
        !isHere
        ? 0
        : (hasFirst || customer.facts[.orders] >= 2 ? 1 : 0)
          | (customer.facts.hasOpenComplaint == .no ? 2 : 0)
      let before = try customer.decide(&workspace).decision
      try #require(before.campaigns == expected && !before.isHeldOut)
      // What is used up, and what is believed, changes nothing.
      customer.standing.contacts = [
        Contact(
          timeMicros: Counter.noon.nowMicros - 1, day: Counter.noon.today, offer: 0, family: 0,
          channel: .email, state: .delivered)
      ]
      customer.standing.refusals = [
        OfferRefusal(timeMicros: Counter.noon.nowMicros - 1, offer: 1, family: 1)
      ]
      customer.estimates = customer.estimates.map { _ in OfferEstimate(uplift: -1, variance: 0) }
      try #require(try customer.decide(&workspace).decision.campaigns == expected)
      let state = customer.catalogue.offers[0].state
      customer.catalogue = half.catalogue
      customer.catalogue.offers[0].state = state
      let after = try customer.decide(&workspace).decision
      try #require(after.campaigns == expected)
      held += after.isHeldOut ? 1 : 0
      enrolled += expected & 1 == 1 ? 1 : 0
    }
    print("\(held) of 2000 held, \(enrolled) enrolled in the first")
    #expect(abs(held - 1_000) < 100 && (200..<1_800).contains(enrolled))
  }

  @Test("classes obey what their table says", arguments: OfferClass.allCases)
  func classes(_ offerClass: OfferClass) throws {
    let offer = Counter.offer(
      "a",
      "\"class\": \"\(offerClass.word)\", \"eligibility\": \"basket > 10\", "
        + "\"max_liability\": 5.00, \"budget\": {\"money\": 5.00}")
    let rest =
      "\"caps\": [{\"scope\": \"global\", \"limit\": 1, \"days\": 1}], "
      + "\"suppressions\": [{\"refusals\": 1, \"days\": 10}], "
      + "\"quiet_periods\": [{\"channels\": [\"email\"], \"hours\": 72}], "
      + "\"channels\": {\"email\": {\"quiet_from\": \"22:00\", \"quiet_to\": \"06:00\"}}, "
      + "\"holdouts\": [{\"level\": \"global\", \"key\": \"global-2026\", \"percent\": 40}]"
    var good = try Counter(json: Counter.json([offer], rest))
    good.customer = Array("global".utf8)
    while good.catalogue.holdouts(of: good.customer.span) != 0 { good.customer.append(0x78) }
    good.facts[.basket] = 20
    #expect(try good.reason("a") == .chosen)
    let contact = Contact(
      timeMicros: Counter.noon.nowMicros - Self.day * 2, day: Counter.noon.today - 2, offer: 0,
      family: 0, channel: .email, state: .delivered)
    let recent = Contact(
      timeMicros: Counter.noon.nowMicros - Self.day / 2, day: Counter.noon.today, offer: 0,
      family: 0, channel: .site, state: .delivered)
    let isNormal = offerClass == .normal
    let isServed = offerClass == .transactional
    let changes: [(String, Bool, (inout Counter) -> Void)] = [
      ("NOT_LIVE", true, { $0.catalogue.offers[0].state = .paused }),
      ("HOLDOUT", isNormal, { $0.customer = Array("customer-1".utf8) }),
      ("CONSENT", !isServed, { $0.standing.granted = ConsentSet() }),
      ("RULE", true, { $0.facts[.basket] = .nan }),
      ("CAP", isNormal, { $0.standing.contacts = [recent] }),
      ("QUIET", isNormal, { $0.standing.contacts = [contact] }),
      (
        "QUIET", isNormal,
        {
          $0.standing.refusals = [
            OfferRefusal(timeMicros: Counter.noon.nowMicros - Self.day, offer: 0, family: 0)
          ]
        }
      ),
      ("QUIET", !isServed, { $0.request.moment.minute = 5 * 60 }),
      ("BUDGET", true, { $0.budgets[0].takenMinor = 1 }),
      ("NOT_IN_PLACEMENT", true, { $0.request.placement = 1 }),
      ("NOT_IN_PLACEMENT", true, { $0.request.channel = .sms }),
      ("NEGATIVE_UPLIFT", isNormal, { $0.estimate("a", -1) }),
      ("NEGATIVE_UPLIFT", isNormal, { $0.estimate("a", .nan) }),
    ]
    for (name, binds, change) in changes {
      var counter = good
      change(&counter)
      let reason = try counter.reason("a")
      #expect(
        Reason.name(ofCode: reason.code) == (binds ? name : "CHOSEN"), "\(name): \(reason)")
    }
    // Never exploring.
    var draws = good
    draws.estimate("a", -1, variance: 100)
    draws.request.explores = true
    var chosen = 0
    for hash in 0..<200 {
      draws.request.hash = XXHash64.hash(UInt64(hash))
      let outcome = try draws.decide()
      chosen += outcome.choices.count
      if !isNormal { try #require(outcome.decision.propensity == 1) }
    }
    #expect(isNormal ? (30..<170).contains(chosen) : chosen == 200)
  }

  @Test("what is transactional does not count as a contact")
  func uncounted() throws {
    var counter = try Counter(
      json: Counter.json(
        [Counter.offer("a")], "\"caps\": [{\"scope\": \"global\", \"limit\": 1, \"days\": 1}]"))
    counter.standing.contacts = [
      Contact(
        timeMicros: Counter.noon.nowMicros - 1, day: Counter.noon.today, offer: 0, family: 0,
        channel: .email, state: .seen, counts: false)
    ]
    #expect(try counter.reason("a") == .chosen)
    counter.standing.contacts[0].counts = true
    #expect(
      try counter.reason("a") == .cap(0, freesAt: Counter.noon.nowMicros - 1 + Self.day))
  }

  @Test("silence is consent only where the catalogue says so, and never against a refusal")
  func consent() throws {
    var counter = try Counter(
      json: Counter.json(
        [Counter.offer("a")], "\"channels\": {\"site\": {\"consent\": \"opt_out\"}}"))
    counter.standing.granted = ConsentSet()
    #expect(try counter.reason("a") == .consent(.email, .marketing))
    counter.request.channel = .site
    #expect(try counter.reason("a") == .chosen)
    counter.standing.denied[.site, .marketing] = true
    #expect(try counter.reason("a") == .consent(.site, .marketing))
  }

  // MARK: Arbitration

  @Test("the highest incremental margin wins, no offer at 0 included; ties go to the lower offer")
  func arbitration() throws {
    var counter = try Counter(
      json: Counter.json([
        Counter.offer("a"), Counter.offer("b", "\"lever\": 2"), Counter.offer("c"),
      ]))
    counter.estimate("a", 1.5)
    counter.estimate("b", 1)
    counter.estimate("c", 1.5)
    let outcome = try counter.decide()
    #expect(
      outcome.reasons == [
        .ranked(position: 2, gap: 0.5), .chosen, .ranked(position: 3, gap: 0.5),
      ])
    #expect(outcome.margin == 0.5)
    counter.estimate("b", 0.7)
    #expect(try counter.decide().reasons[0] == .chosen)
    // A lever above 1 lifts what is below 0 too.
    counter.estimate("a", -1)
    counter.estimate("b", -1.5)
    counter.estimate("c", 0)
    let none = try counter.decide()
    #expect(none.choices.isEmpty && none.decision.propensity == 1)
    #expect(none.scores == [-1, -0.75, 0])
    #expect(none.reasons[2] == .negativeUplift(uplift: 0, score: 0))
    // Scarce money and a tired customer cost.
    counter.estimate("a", 1)
    counter.catalogue.offers[0].rewardCost = 2
    counter.catalogue.offers[0].redemption = 0.5
    counter.budgets[0].price = 0.25
    counter.catalogue.channels[0].fatigue = 0.1
    counter.standing.contacts = [
      Contact(
        timeMicros: Counter.noon.nowMicros - Self.day, day: 0, offer: 1, family: 1, channel: .sms,
        state: .delivered),
      Contact(
        timeMicros: Counter.noon.nowMicros - 8 * Self.day, day: 0, offer: 1, family: 1,
        channel: .sms, state: .delivered),
    ]
    #expect(abs(try counter.decide().scores[0] - 0.65) < 1e-12)
  }

  @Test(
    "raising the uplift or the lever, or lowering a cost, never lowers the rank",
    arguments: seeds(2))
  func monotone(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var counter = try Counter(
      json: Counter.json((0..<6).map { Counter.offer("o\($0)") }))
    var workspace = DecisionWorkspace()
    func rank(_ outcome: Counter.Outcome, _ place: Int) -> Int {
      outcome.scores.indices.count {
        outcome.scores[$0] > outcome.scores[place]
          || outcome.scores[$0] == outcome.scores[place] && $0 < place
      }
    }
    for _ in 0..<2_000 {
      for place in 0..<6 {
        counter.estimates[place].uplift = .random(in: -2...2, using: &chance)
        counter.catalogue.offers[place].lever = .random(in: 0.5...2, using: &chance)
        counter.catalogue.offers[place].rewardCost = .random(in: 0...2, using: &chance)
        counter.budgets[place].price = .random(in: 0...1, using: &chance)
      }
      let place = Int.random(in: 0..<6, using: &chance)
      let before = rank(try counter.decide(&workspace), place)
      switch Int.random(in: 0..<3, using: &chance) {
      case 0: counter.estimates[place].uplift += .random(in: 0...1, using: &chance)
      case 1: counter.catalogue.offers[place].rewardCost *= .random(in: 0...1, using: &chance)
      default:
        let lever = counter.catalogue.offers[place].lever
        counter.catalogue.offers[place].lever = .random(in: lever...2, using: &chance)
      }
      try #require(rank(try counter.decide(&workspace), place) <= before)
    }
  }

  @Test("an estimate beyond a hundred baskets is cut and flagged; one that is no number is dropped")
  func suspects() throws {
    var counter = try Counter(json: Counter.json([Counter.offer("a"), Counter.offer("b")]))
    counter.facts[.basket] = 10
    counter.estimate("a", 1_001)
    counter.estimate("b", .nan)
    var outcome = try counter.decide()
    #expect(outcome.decision.suspectCount == 1 && outcome.decision.droppedCount == 1)
    #expect(outcome.scores[0] == 1_000 && outcome.reasons[0] == .chosen)
    #expect(outcome.reasons[1].code == 9)
    counter.facts[.basket] = .nan
    counter.facts[.meanSpend] = 20
    counter.estimate("a", -3_000)
    counter.estimate("b", 1, variance: -1)
    outcome = try counter.decide()
    #expect(outcome.scores[0] == -2_000 && outcome.choices.isEmpty)
    #expect(outcome.decision.droppedCount == 1)
  }

  @Test("a budget closes when it does not cover the largest liability, and one of nothing at once")
  func budgets() throws {
    func counter(_ budget: String) throws -> Counter {
      try Counter(
        json: Counter.json([
          Counter.offer("a", "\"max_liability\": 5.00, \"budget\": {\(budget)}")
        ]))
    }
    var money = try counter("\"money\": 20.00")
    for (taken, reason) in [
      (Int64(0), Reason.chosen), (1_500, .chosen),
      (1_501, .budget(free: 499, needed: 500, isCount: false)),
      (.max, .budget(free: 2_000 - .max, needed: 500, isCount: false)),
    ] {
      money.budgets[0].takenMinor = taken
      #expect(try money.reason("a") == reason)
    }
    var count = try counter("\"count\": 3")
    count.budgets[0].takenCount = 2
    #expect(try count.reason("a") == .chosen)
    count.budgets[0].takenCount = 3
    #expect(try count.reason("a") == .budget(free: 0, needed: 1, isCount: true))
    #expect(try counter("\"count\": 0").reason("a").code == 6)
    #expect(try counter("\"money\": 0").reason("a").code == 6)
    let free = Counter.offer("a", "\"budget\": {\"money\": 0}")
    #expect(try Counter(json: Counter.json([free])).reason("a").code == 6)
  }

  // MARK: Draws

  @Test("choices are drawn as often as their propensities say, no offer too", arguments: seeds(2))
  func frequencies(seed: UInt64) throws {
    print("seed \(seed)")
    var counter = try Counter(
      json: Counter.json([
        Counter.offer("a"), Counter.offer("b"), Counter.offer("c"),
        Counter.offer("d", "\"lever\": 2"),
      ]))
    counter.estimate("a", 0.5, variance: 1)
    counter.estimate("b", -0.2, variance: 4)
    counter.estimate("c", 0.1, variance: 0.01)
    counter.estimate("d", -3, variance: 0.01)
    counter.request.explores = true
    var workspace = DecisionWorkspace()
    var counts = [Int](repeating: 0, count: 5)
    var shares = [Double](repeating: 0, count: 5)
    let draws = 20_000
    for number in 0..<draws {
      counter.request.hash = XXHash64.hash(seed &* 1_000_003 &+ UInt64(number))
      let outcome = try counter.decide(&workspace)
      counts[outcome.choices.first?.offer ?? 4] += 1
      shares = outcome.propensities + [1 - outcome.propensities.reduce(0, +)]
      try #require(
        abs(outcome.decision.propensity - shares[outcome.choices.first?.offer ?? 4]) < 1e-9)
      let best = outcome.choices.first.map { $0.offer == 0 } ?? false
      try #require(outcome.decision.isExplored == !best)
      if let choice = outcome.choices.first {
        try #require(
          outcome.reasons[choice.offer] == (best ? .chosen : .explored(choice.propensity)))
      }
    }
    let squares = (0..<5).map { place in
      let expected = shares[place] * Double(draws)
      return (Double(counts[place]) - expected) * (Double(counts[place]) - expected) / expected
    }
    let statistic = squares.reduce(0, +)
    print("propensities \(shares), counts \(counts), χ² \(statistic)")
    // The 0.999 quantile of χ² with 4 degrees of freedom.
    #expect(statistic < 18.47)
    #expect(shares.allSatisfy { $0 >= 0.02 / 5 - 1e-12 })
  }

  @Test("with 256 offers and none all propensities are there and sum up to 1")
  func many() throws {
    var counter = try Counter(
      json: Counter.json((0..<256).map { Counter.offer("o\($0)") }))
    for place in 0..<256 {
      counter.estimates[place] = OfferEstimate(uplift: Double(place % 7) * 0.1 - 0.3, variance: 0.2)
    }
    counter.request.explores = true
    let outcome = try counter.decide()
    #expect(outcome.decision.candidateCount == 256)
    let none = 1 - outcome.propensities.reduce(0, +)
    #expect(none > 0 && none < 0.01 && outcome.propensities.allSatisfy { $0 >= 0.02 / 257 - 1e-12 })
  }

  // MARK: Slates

  @Test(
    "greedy slates are what an exhaustive search finds, with groups and families",
    arguments: seeds(3))
  func slates(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var workspace = DecisionWorkspace()
    for _ in 0..<60 {
      let count = Int.random(in: 1...12, using: &chance)
      let hasGroups = Bool.random(using: &chance)
      var counter = try Counter(
        json: Counter.json(
          (0..<count).map { number in
            // Either groups or families partition the offers, so the best sum is unique.
            let name = "g\(Int.random(in: 0..<5, using: &chance))"
            return hasGroups
              ? Counter.offer("o\(number)", "\"group\": \"\(name)\"")
              : Counter.offer("o\(number)", family: name)
          }))
      for place in 0..<count {
        counter.estimates[place].uplift = .random(in: -1...2, using: &chance)
      }
      counter.request.top = .random(in: 1...4, using: &chance)
      let outcome = try counter.decide(&workspace)
      var best = 0.0
      for set in 0..<(1 << count) where set.nonzeroBitCount <= counter.request.top {
        let places = (0..<count).filter { set >> $0 & 1 == 1 }
        let offers = places.map { counter.catalogue.offers[$0] }
        let isAllowed = places.indices.allSatisfy { one in
          (0..<one).allSatisfy { !offers[one].excludes(offers[$0]) }
        }
        if isAllowed { best = max(best, places.reduce(0) { $0 + counter.estimates[$1].uplift }) }
      }
      let sum = outcome.choices.reduce(0) { $0 + $1.score }
      try #require(abs(sum - best) < 1e-9)
      try #require(outcome.choices.map(\.score) == outcome.choices.map(\.score).sorted(by: >))
      for place in 0..<count {
        guard case .exclusive(let other) = outcome.reasons[place] else { continue }
        try #require(
          counter.catalogue.offers[place].excludes(counter.catalogue.offers[other])
            && outcome.choices.contains { $0.offer == other })
      }
    }
  }

  @Test("a drawn slate's propensity is how often it is drawn, and all slates together make 1")
  func slatePropensity() throws {
    var counter = try Counter(
      json: Counter.json([
        Counter.offer("a", "\"group\": \"g\""), Counter.offer("b"),
        Counter.offer("c", "\"group\": \"g\""),
      ]))
    counter.estimate("a", 0.3, variance: 0.5)
    counter.estimate("b", 0.1, variance: 1)
    counter.estimate("c", 0.2, variance: 0.3)
    counter.request.top = 2
    counter.request.explores = true
    for fallback in [-1, 0, 1] {
      counter.catalogue.placements[0].fallback = fallback
      var workspace = DecisionWorkspace()
      var counts: [[Int]: (Int, Double)] = [:]
      let draws = 20_000
      for number in 0..<draws {
        counter.request.hash = XXHash64.hash(UInt64(number))
        let outcome = try counter.decide(&workspace)
        let slate = outcome.choices.map(\.offer)
        counts[slate, default: (0, outcome.decision.propensity)].0 += 1
        try #require(abs((counts[slate]?.1 ?? 0) - outcome.decision.propensity) < 1e-9)
        try #require(outcome.decision.isFallback == false || slate == [fallback])
      }
      let total = counts.values.reduce(0) { $0 + $1.1 }
      #expect(abs(total - 1) < 1e-9, "fallback \(fallback): \(total)")
      #expect((counts[[]] == nil) == (fallback >= 0))
      for (slate, (count, share)) in counts {
        let spread = (share * (1 - share) * Double(draws)).squareRoot()
        #expect(abs(Double(count) - share * Double(draws)) < 4 * spread, "\(slate)")
      }
      print("fallback \(fallback): \(counts.count) slates, sum \(total)")
    }
  }

  @Test("the fallback stands where no offer is positive, if it may itself")
  func fallback() throws {
    let json = Counter.json([
      Counter.offer("a"), Counter.offer("b", "\"eligibility\": \"basket > 1\""),
    ])
    var counter = try Counter(json: json)
    counter.catalogue.placements[0].fallback = 1
    counter.estimate("a", -1)
    counter.estimate("b", -2)
    #expect(try counter.decide().choices.isEmpty)
    counter.facts[.basket] = 5
    var outcome = try counter.decide()
    #expect(outcome.choices.map(\.offer) == [1] && outcome.decision.isFallback)
    #expect(outcome.reasons == [.negativeUplift(uplift: -1, score: -1), .chosen])
    counter.estimate("a", 1)
    outcome = try counter.decide()
    #expect(outcome.choices.map(\.offer) == [0] && !outcome.decision.isFallback)
  }

  @Test("more than thirty offers, or a placement there is not, are refused")
  func refusals() throws {
    var counter = try Counter(json: Counter.json([]))
    #expect(try counter.decide().choices.isEmpty)
    counter.request.top = 31
    #expect(throws: DecisionRefusal.badCount) { try counter.decide() }
    counter.request.top = 30
    counter.request.placement = 2
    #expect(throws: DecisionRefusal.unknownPlacement) { try counter.decide() }
  }
}
