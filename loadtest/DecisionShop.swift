// What a shop needs before it can be asked for decisions: a catalogue of offers, consents, and enough
// outcomes for beliefs that differ from offer to offer. Not here: the load.

import Client
import Models
import Platform
import Wire

/// Which decisions are asked for.
struct DecisionPlan: Equatable {
  /// Live offers, 0 to `Limits.offersMax`.
  var offers = 64
  /// Whether offers are for everybody: without conditions, budgets, caps and holdouts.
  var isPlain = false
  /// Whether the best is taken; else it is drawn.
  var isGreedy = false
  /// Share of the decisions whose outcome is told.
  var outcomes = 0.0
}

enum DecisionShop {
  static let placement = "checkout"
  static let categories = ["socks", "hats"]
  static let schema: UInt16 = 1
  /// Outcomes told before the load, by offer.
  private static let lessons = 100
  private static let consentsPerBatch = 4_000
  private static let underWayMax = 256

  /// Makes a filled server one that decides.
  ///
  /// - Parameters:
  ///   - address: the server.
  ///   - population: whom it was told of.
  ///   - plan: how many offers.
  ///   - seed: of the outcomes.
  /// - Throws: `Failure.failed`, when the server does not take them.
  static func open(
    _ address: SocketAddress, to population: Population, _ plan: DecisionPlan, seed: UInt64
  ) throws(Failure) {
    do {
      var client = try PatronClient(
        connectingTo: address, name: "loadtest", timeoutMillis: 120_000)
      try consent(population, &client)
      _ = try client.putCatalogue(catalogue(plan))
      try teach(population, plan, seed: seed, &client)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .failed("the server does not take the offers: \(error)")
    }
  }

  /// Everybody takes offers on the site, and may be judged.
  private static func consent(_ population: Population, _ client: inout PatronClient) throws {
    let timeMicros = SystemClock().calendarMicros() - Generator.dayMicros
    for start in stride(from: 0, to: population.count, by: consentsPerBatch) {
      let batch = (start..<min(population.count, start + consentsPerBatch)).flatMap { customer in
        [Purpose.marketing, .profiling].map { purpose in
          RecordConsentsRequest.Row(
            customer: Population.name(customer),
            Consent(.site, purpose, .granted, timeMicros: timeMicros))
        }
      }
      let reply = try client.recordConsents(batch)
      guard reply.refused.isEmpty else { throw Failure.failed("consents were refused") }
    }
  }

  /// Decides and tells what came of it, so that no offer is as likely as the next.
  private static func teach(
    _ population: Population, _ plan: DecisionPlan, seed: UInt64, _ client: inout PatronClient
  ) throws {
    var random = SeededRandom(seed: seed, stream: 3)
    var left = plan.offers * lessons
    while left > 0 {
      let count = min(left, underWayMax)
      left -= count
      for _ in 0..<count {
        var request = DecideRequest(
          key: client.nextKey(),
          customer: Population.name(Int(random.next() % UInt64(population.count))),
          placement: placement, channel: .site)
        request.basketMinor = basketMinor(&random)
        request.schema = schema
        request.features = (0..<Limits.ownFeaturesMax).map { _ in feature(&random) }
        try client.send(.decide, request)
      }
      var batch = RecordOutcomesRequest(
        key: client.nextKey(), currency: Population.currency,
        minorDigits: Population.minorDigits, outcomes: [])
      for _ in 0..<count {
        let reply = try client.receive(DecideReply.self)
        batch.outcomes.append(outcome(of: reply, &random))
      }
      let reply = try client.recordOutcomes(batch)
      guard reply.refused.isEmpty else { throw Failure.failed("outcomes were refused") }
    }
  }

  // MARK: Draws

  static func basketMinor(_ random: inout SeededRandom) -> Int64 {
    6_000 + Int64(random.next() % 10_000)
  }

  /// A feature of the shop's own, −1 to 1.
  static func feature(_ random: inout SeededRandom) -> Double { random.uniform() * 2 - 1 }

  /// What came of a decision: offers differ in what they bring, all of it with noise.
  static func outcome(
    of reply: DecideReply, _ random: inout SeededRandom
  ) -> RecordOutcomesRequest.Row {
    let offer = reply.told.choices.first.flatMap { Int($0.offer.dropFirst()) }
    let worth = offer.map { Double($0 % 7) } ?? 2.5
    let marginMinor = Int64(max(0, 20 + worth + random.normal() * 10) * 100)
    return RecordOutcomesRequest.Row(
      decision: reply.decision, identifier: "end", kind: .ended,
      timeMicros: reply.told.timeMicros, orderMinor: marginMinor * 3, marginMinor: marginMinor)
  }

  /// Offers that most customers may have.
  ///
  /// Three conditions, a reward, a budget and caps each, 2 % of the customers held out, the first sixteen in a
  /// campaign, sixteen features of the shop's own; plain ones have the reward and the features alone.
  static func catalogue(_ plan: DecisionPlan) -> String {
    let count = plan.offers
    let offers = (0..<count).map { number in
      #"{"id": "o\#(number)", "family": "f\#(number % 16)", "channels": ["email", "site"], "#
        + #""placements": ["\#(placement)"], "state": "live", "contact_cost": 0.01, "#
        + #""reward": {"kind": "discount_amount", "value": 1, "redemption": 0.3}"#
        + (plan.isPlain ? "}" : conditions(number))
    }
    let members = (0..<min(count, 16)).map { "\"o\($0)\"" }.joined(separator: ", ")
    let campaigns = count == 0 ? "" : #""campaigns": [{"id": "c", "offers": [\#(members)]}], "#
    let features = (0..<Limits.ownFeaturesMax).map { "{\"id\": \"own\($0)\"}" }
    let caps = ["global", "family", "offer"].map { scope in
      #"{"scope": "\#(scope)", "limit": 32, "days": 1}"#
    }
    let rules =
      plan.isPlain
      ? ""
      : #""holdouts": [{"level": "global", "key": "global-2026", "percent": 2}], "#
        + #""caps": [\#(caps.joined(separator: ", "))], "#
        + #""suppressions": [{"scope": "offer", "refusals": 2, "days": 30}], \#(campaigns)"#
    return #"{"currency": "\#(Population.currency)", "margin_rate": 0.3, "outcome_noise": 10, "#
      + #""placements": [{"id": "\#(placement)"}], "#
      + #""features": {"schema": \#(schema), "list": [\#(features.joined(separator: ", "))]}, "#
      + #"\#(rules)"offers": [\#(offers.joined(separator: ",\n"))]}"#
  }

  private static func conditions(_ number: Int) -> String {
    #", "budget": {"money": 100000000.00, "count": 100000000}, "#
      + #""eligibility": "basket >= \#(10 + number % 50) and orders >= 1", "#
      + #""applicability": "not bought(\"c\#(number % 8)\") and "#
      + #"days_since_order > 0.0\#(number) * (typical_gap else 30)", "#
      + #""suitability": "not open_complaint"}"#
  }
}
