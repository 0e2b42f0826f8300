// Group «decisions»: whole decisions by the engine, from the request's bytes to the reply's and the
// record's, without sockets and disk. What a decision costs without them is in OfferBenchmarks.

import Models
import Wire

enum DecisionBenchmarks {
  private static let customers = 50_000

  static func run(_ bench: inout Bench) throws {
    for count in [0, 16, 64, 256] {
      let group = "decisions, the engine with \(count) live offers"
      let recommending = "recommendations, the engine with \(count) live offers"
      let plainly = "recommendations, \(count) live offers without conditions"
      if count > 0, bench.wants(plainly) {
        let box = try EngineBox(adopting: Shop().modelFields)
        try box.fill(Shop(), customers)
        try prepare(box, json(count, isPlain: true), count, customers)
        try recommendations(&bench, plainly, box)
      }
      guard bench.wants(group) || bench.wants(recommending) else { continue }
      let shop = try Shop()
      let box = try EngineBox(adopting: shop.modelFields)
      try box.fill(shop, customers)
      try prepare(box, json(count), count, customers)
      if bench.wants(group) { try decisions(&bench, group, box) }
      if bench.wants(recommending) { try recommendations(&bench, recommending, box) }
    }
  }

  /// Customers at random.
  private static func draw(_ bench: Bench, _ random: inout SeededRandom) -> [Int] {
    (0..<(bench.isQuick ? 5_000 : 20_000)).map { _ in Int(random.next() % UInt64(customers)) }
  }

  private static func decisions(
    _ bench: inout Bench, _ group: String, _ box: EngineBox
  ) throws {
    var random = SeededRandom(seed: 4)
    let numbers = draw(bench, &random)
    let passes = numbers.count
    let drawn = try numbers.flatMap { try Shop.frame(.decide, request($0, [], &random)) }
    let best = try numbers.flatMap { try Shop.frame(.decide, request($0, .greedy, &random)) }
    try bench.compare(
      group, .microsecondsEach, byProcessor: true,
      [
        Contestant("drawn, with propensities", amount: Double(passes)) {
          UInt64(try box.execute(drawn))
        },
        Contestant("the best", amount: Double(passes)) { UInt64(try box.execute(best)) },
      ])
  }

  /// Full answers: scores and the best three, of which nothing is kept.
  private static func recommendations(
    _ bench: inout Bench, _ group: String, _ box: EngineBox
  ) throws {
    var random = SeededRandom(seed: 6)
    let numbers = draw(bench, &random)
    let frames = try numbers.flatMap { number in
      var request = RecommendRequest(
        customer: Shop.name(number), placement: "checkout", channel: .site)
      (request.top, request.basketMinor, request.lines) = (3, 8_000, 2)
      return try Shop.frame(.recommend, request)
    }
    let scores = try numbers.flatMap {
      try Shop.frame(.scoreOne, ScoreOneRequest(terms: Shop.terms, customer: Shop.name($0)))
    }
    // One table is made at a time, when it was asked for often enough.
    for queries in [frames, scores] {
      _ = try box.gather(queries)
      box.makeTables()
    }
    // Enough of them for the processor's clock.
    let turns = 20
    func gatherAll(_ frames: [UInt8]) throws -> UInt64 {
      var count = 0
      for _ in 0..<turns { count += try box.gather(frames) }
      return UInt64(count)
    }
    let amount = Double(numbers.count)
    try bench.compare(
      group, .nanosecondsEach, byProcessor: true,
      [
        Contestant("64 in a turn", amount: amount * Double(turns)) { try gatherAll(frames) },
        Contestant("scores alone, 64 in a turn", amount: amount * Double(turns)) {
          try gatherAll(scores)
        },
        Contestant("one by one", amount: amount) { UInt64(try box.execute(frames)) },
      ])
  }

  /// Consents, segments, the catalogue, and enough outcomes for beliefs that differ from offer to offer.
  static func prepare(
    _ box: EngineBox, _ catalogue: String, _ count: Int, _ customers: Int
  ) throws {
    for start in stride(from: 0, to: customers, by: 4_000) {
      var batch = RecordConsentsRequest(consents: [])
      for number in start..<min(customers, start + 4_000) {
        for purpose in [Purpose.marketing, .profiling] {
          batch.consents.append(
            .init(
              customer: Shop.name(number),
              Consent(.site, purpose, .granted, timeMicros: Shop.nowMicros - Shop.dayMicros)))
        }
      }
      _ = try box.ask(.recordConsents, batch, for: RecordReply.self)
    }
    try box.findSegments()
    _ = try box.ask(
      .putCatalogue, PutCatalogueRequest(catalogue: catalogue), for: CatalogueChangeReply.self)
    var random = SeededRandom(seed: 5)
    for _ in 0..<(count * 100) {
      let number = Int(random.next() % UInt64(customers))
      let reply = try box.ask(.decide, request(number, [], &random), for: DecideReply.self)
      // Offers differ in what they bring.
      let offer = reply.told.choices.first.flatMap { Int($0.offer.dropFirst()) }
      let worth = (offer.map { Double($0 % 7) } ?? 2.5) + random.normal() * 10
      let marginMinor = Int64(max(0, worth + 20) * 100)
      _ = try box.ask(
        .recordOutcomes,
        RecordOutcomesRequest(
          currency: Shop.currency, minorDigits: Shop.minorDigits,
          outcomes: [
            .init(
              decision: reply.decision, identifier: "end", kind: .ended, timeMicros: Shop.nowMicros,
              orderMinor: marginMinor * 3, marginMinor: marginMinor)
          ]), for: RecordReply.self)
    }
  }

  private static func request(
    _ customer: Int, _ flags: DecideFlags, _ random: inout SeededRandom
  ) -> DecideRequest {
    var request = DecideRequest(
      customer: Shop.name(customer), placement: "checkout", channel: .site,
      flags: flags.union(.categoriesKnown))
    request.basketMinor = 6_000 + Int64(random.next() % 10_000)
    request.lines = 3
    request.categories = ["socks", "hats"]
    request.schema = 1
    request.features = (0..<Limits.ownFeaturesMax).map { _ in random.normal() }
    return request
  }

  /// Offers with three conditions, a budget and caps each, which most customers may have.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - isPlain: whether there are no conditions, budgets, caps and holdouts.
  /// - Returns: JSON.
  static func json(_ count: Int, isPlain: Bool = false) -> String {
    if isPlain { return plain(count) }
    let offers = (0..<count).map { number in
      #"{"id": "o\#(number)", "family": "f\#(number % 16)", "channels": ["email", "site"], "#
        + #""placements": ["checkout"], "state": "live", "contact_cost": 0.01, "#
        + #""reward": {"kind": "discount_amount", "value": 1, "redemption": 0.3}, "#
        + #""budget": {"money": 100000000.00, "count": 100000000}, "#
        + #""eligibility": "basket >= \#(10 + number % 50) and orders >= 1", "#
        + #""applicability": "not bought(\"c\#(number % 8)\") and days_since_order > 0.0\#(number) "#
        + #"* (typical_gap else 30)", "suitability": "not open_complaint"}"#
    }
    return json(offers, count)
  }

  private static func plain(_ count: Int) -> String {
    let offers = (0..<count).map { number in
      #"{"id": "o\#(number)", "family": "f\#(number % 16)", "channels": ["site"], "#
        + #""placements": ["checkout"], "state": "live"}"#
    }
    return #"{"currency": "\#(Shop.currency)", "margin_rate": 0.3, "outcome_noise": 10, "#
      + #""placements": [{"id": "checkout", "top": 1}], "features": {"schema": 1, "list": ["#
      + (0..<Limits.ownFeaturesMax).map { "{\"id\": \"own\($0)\"}" }.joined(separator: ", ")
      + #"]}, "offers": [\#(offers.joined(separator: ",\n"))]}"#
  }

  private static func json(_ offers: [String], _ count: Int) -> String {
    let members = (0..<min(count, 16)).map { "\"o\($0)\"" }.joined(separator: ", ")
    let campaigns = count == 0 ? "" : #""campaigns": [{"id": "c", "offers": [\#(members)]}], "#
    let features = (0..<Limits.ownFeaturesMax).map { "{\"id\": \"own\($0)\"}" }
    return #"{"currency": "\#(Shop.currency)", "margin_rate": 0.3, "outcome_noise": 10, "#
      + #""placements": [{"id": "checkout", "top": 1}], \#(campaigns)"#
      + #""features": {"schema": 1, "list": [\#(features.joined(separator: ", "))]}, "#
      + #""holdouts": [{"level": "global", "key": "global-2026", "percent": 2}], "#
      + #""caps": [{"scope": "global", "limit": 32, "days": 1}, "#
      + #"{"scope": "family", "limit": 32, "days": 7}, {"scope": "offer", "limit": 32, "days": 1}], "#
      + #""suppressions": [{"scope": "offer", "refusals": 2, "days": 30}], "#
      + #""offers": [\#(offers.joined(separator: ",\n"))]}"#
  }
}
