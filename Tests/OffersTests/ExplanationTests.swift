// Reasons: exactly one for each offer, the one that counts, and in words.

import Rules
import Support
import Testing

@testable import Offers

@Suite("Explanation")
struct ExplanationTests {
  /// A shop where everything happens, and a random customer.
  private static func random(_ chance: inout SeededGenerator) throws -> Counter {
    func some<Element>(_ all: [Element], _ chance: inout SeededGenerator) -> Element {
      all[Int.random(in: 0..<all.count, using: &chance)]
    }
    let classes = ["mandatory", "transactional"] + [String](repeating: "normal", count: 18)
    let offers = (0..<10).map { number in
      var rest = "\"budget\": {\"count\": 3}, \"lever\": \(some([0.5, 1, 2], &chance))"
      rest +=
        ", \"class\": \"\(some(classes, &chance))\""
      let conditions = [
        "basket > 50 and orders >= 2", "basket > 20", "orders >= 1 or basket < 5", "churn < 0.5",
      ]
      for layer in ConditionLayer.allCases where Int.random(in: 0..<4, using: &chance) == 0 {
        rest += ", \"\(layer.word)\": \"\(some(conditions, &chance))\""
      }
      if Int.random(in: 0..<8, using: &chance) == 0 { rest += ", \"end\": \"2026-11-24\"" }
      if Int.random(in: 0..<3, using: &chance) == 0 { rest += ", \"group\": \"g\"" }
      let placement = Int.random(in: 0..<8, using: &chance) == 0 ? "q" : "p"
      let state = Int.random(in: 0..<10, using: &chance) == 0 ? "paused" : "live"
      return
        "{\"id\": \"o\(number)\", \"family\": \"f\(some([0, 1, 2, 3, 4, 5, 6, 7, 8], &chance))\", "
        + "\"channels\": [\"email\"], \"placements\": [\"\(placement)\"], \"state\": \"\(state)\", \(rest)}"
    }
    let rules =
      "\"caps\": [{\"scope\": \"global\", \"limit\": 3, \"days\": 1}, {\"scope\": \"offer\", \"limit\": 1, \"days\": 7}, "
      + "{\"scope\": \"family\", \"limit\": 1, \"days\": 2}], "
      + "\"suppressions\": [{\"refusals\": 1, \"days\": 10}], "
      + "\"quiet_periods\": [{\"channels\": [\"sms\", \"email\"], \"hours\": 6}], "
      + "\"channels\": {\"email\": {\"quiet_from\": \"22:00\", \"quiet_to\": \"06:00\", \"fatigue_cost\": 0.01}}, "
      + "\"holdouts\": [{\"level\": \"offer\", \"of\": \"o1\", \"key\": \"k\", \"percent\": 50}, "
      + "{\"level\": \"global\", \"key\": \"l\", \"percent\": 10}]"
    var counter = try Counter(json: Counter.json(offers, rules))
    counter.customer = Array("c\(Int.random(in: 0..<1_000, using: &chance))".utf8)
    counter.facts[.basket] = some([.nan, 10, 30, 60], &chance)
    counter.facts[.orders] = some([.nan, 0, 1, 5], &chance)
    counter.facts[.churn] = some([.nan, 0.1, 0.9], &chance)
    for place in 0..<10 {
      counter.estimates[place] = OfferEstimate(
        uplift: .random(in: -1...2, using: &chance), variance: .random(in: 0...1, using: &chance))
      counter.budgets[place].takenCount = some([0, 0, 0, 3], &chance)
      counter.budgets[place].price = some([0, 0.5], &chance)
    }
    if Int.random(in: 0..<6, using: &chance) == 0 { counter.standing.granted = ConsentSet() }
    counter.request.explores = Bool.random(using: &chance)
    counter.request.hash = chance.next()
    counter.request.top = .random(in: 0...3, using: &chance)
    let time: Int64 = some([12, 12, 12, 23], &chance) * 3_600_000_000
    counter.request.moment = Moment(utcMicros: Int64(Counter.noon.today) * 86_400_000_000 + time)
    counter.standing.contacts = (0..<Int.random(in: 0...3, using: &chance)).map { number in
      let time =
        counter.request.moment.nowMicros - Int64(number * 20 + some([1, 10], &chance))
        * 3_600_000_000 as Int64
      let offer = UInt16.random(in: 0..<10, using: &chance)
      return Contact(
        timeMicros: time, day: Int32(time / 86_400_000_000), offer: offer,
        family: counter.catalogue.offers[Int(offer)].family,
        channel: some([.email, .sms, .site], &chance),
        state: some([.delivered, .seen, .lapsed], &chance))
    }
    if Bool.random(using: &chance) {
      let offer = UInt16.random(in: 0..<10, using: &chance)
      counter.standing.refusals = [
        OfferRefusal(
          timeMicros: counter.request.moment.nowMicros - 3_600_000_000, offer: offer,
          family: counter.catalogue.offers[Int(offer)].family)
      ]
    }
    return counter
  }

  /// Lifts what is said to keep an offer from being chosen, and nothing else.
  private static func lift(_ reason: Reason, _ place: Int, _ counter: inout Counter) throws {
    switch reason {
    case .notLive:
      counter.catalogue.offers[place].state = .live
      counter.catalogue.offers[place].endDay = .max
      counter.catalogue.bind()
    case .holdout(let number):
      counter.catalogue.offers[place].holdouts &= ~(1 << UInt64(number))
    case .consent(let channel, let purpose): counter.standing.granted[channel, purpose] = true
    case .rule(let layer, let clause, _):
      let number = place * 3 + Int(layer.rawValue)
      let clauses = counter.catalogue.programs[number]?.clauses ?? []
      let rest = clauses.indices.filter { $0 != clause }.map { clauses[$0].text }
      counter.catalogue.programs[number] =
        rest.isEmpty
        ? nil
        : try RuleProgram(rest.joined(separator: " and "), schema: OfferFields.schema) { _ in nil }
      counter.catalogue.bind()
    case .cap(let number, _): counter.catalogue.caps[number].limit = .max
    case .quiet(.hours, _):
      counter.catalogue.channels[0].quietTo = counter.catalogue.channels[0].quietFrom
    case .quiet(.contact, _): counter.catalogue.quietPeriods = []
    case .quiet(.refusals, _): counter.catalogue.suppressions = []
    case .budget: counter.catalogue.offers[place].budgetCount = -1
    case .exclusive:
      counter.catalogue.offers[place].group = 0
      counter.catalogue.offers[place].family = UInt16(counter.catalogue.families.count)
      counter.catalogue.families.append("its own")
    case .notInPlacement: counter.catalogue.offers[place].placements = .max
    case .negativeUplift, .ranked:
      counter.estimates[place] = OfferEstimate(uplift: 1_000, variance: 0)
    case .explored, .chosen: break
    }
  }

  @Test("each offer has one reason, and lifting what it names changes it", arguments: seeds(3))
  func counterfactual(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var workspace = DecisionWorkspace()
    var funnel = [Int](repeating: 0, count: Reason.codeCount)
    for _ in 0..<400 {
      let counter = try Self.random(&chance)
      let outcome = try counter.decide(&workspace)
      let told = workspace.funnel
      #expect(told.reduce(0, +) == 10)
      for code in funnel.indices { funnel[code] += told[code] }
      let chosen = Set(outcome.choices.map(\.offer))
      for place in 0..<10 {
        let reason = outcome.reasons[place]
        try #require(reason.isChosen == chosen.contains(place))
        let words = Explanation.staff(reason, of: place, in: counter.catalogue)
        let polite = Explanation.customer(reason, of: place, in: counter.catalogue)
        try #require(words.hasSuffix(".") && polite.hasSuffix("."))
        guard !reason.isChosen else { continue }
        var lifted = counter
        try Self.lift(reason, place, &lifted)
        // What an exclusion or a rank depends on is drawn again.
        if reason.code >= 7 { lifted.request.explores = false }
        let after = try lifted.decide().reasons[place]
        if reason.code < 7 {
          // Clauses are numbered anew without the lifted one, so the sentences are compared.
          let then = Explanation.staff(after, of: place, in: lifted.catalogue)
          try #require(then != words, "\(reason) stays")
        } else {
          let isOther = after.code != reason.code || Self.isStill(after, lifted)
          try #require(isOther, "\(reason), then \(after)")
        }
      }
    }
    print("funnel \(funnel)")
    #expect(funnel.allSatisfy { $0 > 5 })
  }

  /// An offer of the highest score that is still ranked gave way to what must be delivered.
  private static func isStill(_ reason: Reason, _ counter: Counter) -> Bool {
    if case .ranked = reason {
      return counter.catalogue.offers.contains { $0.offerClass != .normal }
    }
    return false
  }

  @Test("the parts of every score sum up to it", arguments: seeds(2))
  func parts(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var scored = 0
    for _ in 0..<200 {
      var counter = try Self.random(&chance)
      for place in 0..<10 {
        counter.catalogue.offers[place].rewardCost = [.nan, 0, 3][place % 3]
        counter.catalogue.offers[place].rewardValue = 10
        counter.catalogue.offers[place].liabilityMinor = 400
        counter.catalogue.offers[place].contactCost = 0.2
      }
      let outcome = try counter.decide()
      for place in 0..<10 where !outcome.scores[place].isNaN {
        let parts = Decision.parts(
          of: place, counter.request, facts: counter.facts, standing: counter.standing,
          budget: counter.budgets[place], estimate: counter.estimates[place],
          in: counter.catalogue)
        try #require(abs(parts.score - outcome.scores[place]) < 1e-6)
        try #require(parts.reward <= 0 && parts.contact <= 0 && parts.fatigue <= 0)
        scored += 1
      }
      let slopes = (0..<32).map { _ in Double.random(in: -1...1, using: &chance) }
      let features = (0..<32).map { _ in Double.random(in: -1...1, using: &chance) }
      let (largest, rest) = Contribution.largest(slopes: slopes.span, features: features.span)
      let sum = zip(slopes, features).reduce(0) { $0 + $1.0 * $1.1 }
      try #require(largest.count == 5)
      try #require(abs(largest.reduce(rest) { $0 + $1.amount } - sum) < 1e-9)
      try #require(abs(largest[0].amount) >= abs(largest[4].amount))
    }
    #expect(scored > 100)
  }

  @Test("sentences say the clause, the cap, the time and the money")
  func sentences() throws {
    let catalogue = try Catalogue(Array(ExampleCatalogue.json.utf8))
    let welcome = try #require(catalogue.place(of: "welcome"))
    let winBack = try #require(catalogue.place(of: "win-back"))
    let at = Counter.noon.nowMicros
    let expected: [(Reason, Int, String)] = [
      (.notLive(.paused), welcome, "It is paused."),
      (.holdout(1), winBack, "The customer is in the control group of campaign retention (10 %)."),
      (.consent(.sms, .marketing), winBack, "There is no consent to marketing by sms."),
      (
        .rule(.eligibility, clause: 0, isUnknown: false), welcome,
        "Not so: segment == \"new\" (eligibility)."
      ),
      (
        .rule(.eligibility, clause: 1, isUnknown: true), winBack,
        "It is not known whether churn >= 0.5 (eligibility)."
      ),
      (
        .cap(0, freesAt: at), welcome,
        "1 delivered by email within 24 hours are reached; there is room at 2026-11-25 12:00 UTC."
      ),
      (
        .quiet(.refusals, until: at), welcome,
        "It was refused too often; it is quiet until 2026-11-25 12:00 UTC."
      ),
      (
        .budget(free: 1_234, needed: 1_500, isCount: false), winBack,
        "Its budget has 12.34 USD left and it may cost 15.00 USD."
      ),
      (
        .negativeUplift(uplift: 0.5, score: -0.256), welcome,
        "No offer is at least as good: it is expected to bring 0.50, and scores −0.26."
      ),
      (.ranked(position: 2, gap: 0.4), welcome, "Number 2 by score, 0.40 below what was chosen."),
    ]
    for (reason, place, text) in expected {
      #expect(Explanation.staff(reason, of: place, in: catalogue) == text)
      let polite = Explanation.customer(reason, of: place, in: catalogue)
      for word in ["control", "score", "budget", "churn", "segment"] {
        #expect(!polite.contains(word))
      }
    }
    #expect(
      Explanation.customer(.chosen, of: winBack, in: catalogue) == "We miss you: 15 % off.")
  }
}
