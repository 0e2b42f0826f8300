// Scans tell of each customer what the questions about single customers tell: scores under every kind of model,
// and the best offer.

import Support
import Testing
import Wire

@testable import Scoring

@Suite("Scans and single questions")
struct ScanSamenessTests {
  /// A model with a season, a level, a correction and a churn layer.
  private static let full: ModelFields = {
    var model = EngineHarness.parameters
    model.blend = [.init(kind: 1, parameters: SIMD4(0.3, 20, 0.9, 3))]
    model.calibration.season = (0..<24).map { $0 < 20 ? 0.75 : 2.25 }
    model.calibration.logLevel = -0.25
    model.calibration.correction = CalibrationFields.Correction(
      referenceDays: 180, intercept: 0.1,
      signals: (0..<5).map { .init(weight: 0.2 - 0.1 * Double($0), mean: 0.5, deviation: 1.5) })
    model.layer = ChurnLayerFields(
      horizonDays: 273, typicalGapDays: 40, intercept: -0.2,
      terms: (1...10 as ClosedRange<UInt8>).map {
        .init(feature: $0, coefficient: 0.1 * Double($0 % 3), centre: 0.1, scale: 1.5)
      })
    return model
  }()

  @Test(
    "scores are those of score one and score many, plain, and with season, correction and churn layer, on any day",
    arguments: [false, true], [19_700, 20_000])
  func scores(isFull: Bool, day: Int) throws {
    var chance = ChanceShop(seed: 6, customers: 2_600)
    var shop = try EngineHarness()
    let generation = shop.adopt(isFull ? Self.full : EngineHarness.parameters).body?.generation
    #expect(generation == 1)
    chance.record(in: &shop)
    let terms = EngineHarness.terms(asOf: day)
    // Of all, which are scored in whole batches, and of few, which are scored apart.
    for condition in ["", "orders == 2 and p_alive > 0"] {
      let told = try shop.select(
        condition,
        ["customer", "p_alive", "churn", "expected_orders", "expected_spend", "lifetime_value"]
      ) {
        $0.terms.scores = terms
        $0.terms.asOfMicros = terms.asOfMicros
      }
      #expect(told.names.count > 20)
      var scores: [ScoreReply] = []
      for start in stride(from: 0, to: told.names.count, by: 500) {
        let some = Array(told.names[start..<min(start + 500, told.names.count)])
        let many = shop.ask(
          .scoreMany, ScoreManyRequest(terms: terms, customers: some), ScoreManyReply.self)
        scores += try #require(many.body?.scores)
      }
      #expect(scores.count == told.names.count)
      var wrong: [String] = []
      for (row, score) in scores.enumerated() {
        let wanted = [
          score.aliveProbability, score.churnProbability, score.expectedOrders, score.expectedSpend,
          score.lifetimeValue,
        ]
        let found = (1...5).map { told.numbers($0)[row] }
        let isSame =
          score.known
          ? zip(found, wanted).allSatisfy { SelectTruthTests.isSame($0, $1) }
          : found.allSatisfy { $0.isNaN }
        if !isSame { wrong.append("\(told.names[row]): \(found), alone \(wanted)") }
      }
      #expect(wrong.first == nil, "\(wrong.count) differ")
    }
  }

  @Test(
    "the best offer is the one that recommend puts first")
  func bestOffer() throws {
    var chance = ChanceShop(seed: 7, customers: 400)
    var shop = try EngineHarness()
    _ = shop.adopt()
    let put = shop.put(
      EngineHarness.catalogue(
        [
          EngineHarness.offer("gift", #""class": "mandatory", "eligibility": "orders >= 3""#),
          EngineHarness.offer(
            "french", #""class": "mandatory", "lever": 1.2, "eligibility": "country == \"FR\"""#),
          EngineHarness.offer(
            "loyal", #""class": "mandatory", "eligibility": "tier >= silver or bought(\"hats\")""#),
        ], placements: #"{"id": "checkout", "top": 1}, {"id": "other"}"#))
    #expect(put.body?.version == 1)
    chance.record(in: &shop)
    for channel in [Channel.site, .email] {
      let word = channel == .site ? "site" : "email"
      let told = try shop.select(
        "",
        [
          "customer", "best_offer(\(word))", "best_offer(\(word), checkout)",
          "best_offer(\(word), other)",
        ])
      #expect(told.names == chance.customers.map(\.name))
      var found: Set<String?> = []
      for (row, name) in told.names.enumerated() {
        var request = RecommendRequest(customer: name, placement: "checkout", channel: channel)
        request.top = 1
        let first = shop.ask(.recommend, request, RecommendReply.self).body?.offers.first?.offer
        let best = told.texts(1)[row]
        let isSame = best == first && told.texts(2)[row] == best
        #expect(isSame, "\(name): \(best ?? "-"), recommended \(first ?? "-")")
        #expect(told.texts(3)[row] == nil)
        found.insert(best)
      }
      #expect(found.count >= 3, "\(found)")
    }
  }
}
