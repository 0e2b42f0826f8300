// An offer that costs less, or has more margin, never ranks lower: through the engine, over random
// catalogues, customers and states that have learnt. The arithmetic alone is in OffersTests.

import Foundation
import Support
import Testing
import Wire

@testable import Scoring

@Suite("Engine: ranks")
struct EngineRankTests {
  private static let isLong = ProcessInfo.processInfo.environment["PATRON_LONG"] == "1"

  /// The largest error of a propensity.
  private static let propensityError = 0.005

  /// The terms of an offer that can be amended in its favour.
  struct Terms {
    var kind: String
    /// Percent or money.
    var value: Double
    var cost: Double
    var redemption: Double
    var liability: Double
    var contact: Double
    var marginRate: Double
    var lever: Double
    var family: Int
    var group: Int

    init(_ chance: inout SeededGenerator) {
      func draw(_ range: ClosedRange<Double>) -> Double {
        (Double.random(in: range, using: &chance) * 100).rounded() / 100
      }
      kind =
        ["none", "discount_percent", "discount_amount", "gift"].randomElement(using: &chance)
        ?? "none"
      value = draw(1...15)
      cost = draw(0...10)
      redemption = draw(0...1)
      liability = draw(2...20)
      contact = draw(0...1)
      marginRate = draw(0...0.5)
      lever = [1, draw(0.5...2)].randomElement(using: &chance) ?? 1
      family = Int.random(in: 0...4, using: &chance)
      group = Int.random(in: 0...3, using: &chance)
    }

    /// Makes one thing better for the shop.
    mutating func improve(_ chance: inout SeededGenerator) -> String {
      func less(_ number: inout Double) {
        let share = Bool.random(using: &chance) ? 0 : Double.random(in: 0...1, using: &chance)
        number = (number * share * 100).rounded(.down) / 100
      }
      switch Int.random(in: 0..<(kind == "none" ? 2 : 5), using: &chance) {
      case 0: less(&contact)
      case 1: marginRate = min(1, marginRate + 0.3)
      case 2: less(&redemption)
      // A discount of nothing is none.
      case 3 where kind == "gift": less(&cost)
      case 3: value = max(1, (value * 50).rounded(.down) / 100)
      default: liability = max(2, (liability * 50).rounded(.down) / 100)
      }
      return "\(self)"
    }

    func json(_ id: String) -> String {
      let amount = kind == "gift" ? #""cost": \#(cost)"# : #""value": \#(value)"#
      let most = kind == "discount_percent" ? #", "max_liability": \#(liability)"# : ""
      let reward =
        kind == "none"
        ? ""
        : #", "reward": {"kind": "\#(kind)", \#(amount), "redemption": \#(redemption)}\#(most)"#
      let group = group == 0 ? "" : #", "group": "g\#(group)""#
      return
        #"{"id": "\#(id)", "family": "f\#(family)", "state": "live", "channels": ["site"], "placements": ["checkout", "home"], "contact_cost": \#(contact), "margin_rate": \#(marginRate), "lever": \#(lever)\#(reward)\#(group)}"#
    }
  }

  private static func catalogue(_ terms: [Terms]) -> String {
    EngineHarness.catalogue(
      terms.enumerated().map { $1.json("o\($0)") },
      rest: #""epsilon": 0.02,"#,
      placements: #"{"id": "checkout", "top": 1}, {"id": "home", "top": 3}"#)
  }

  /// A shop that has learnt something of its offers.
  private func shop(
    _ terms: [Terms], _ chance: inout SeededGenerator
  ) throws -> EngineHarness {
    var shop = try EngineHarness()
    try #require(shop.put(Self.catalogue(terms)).body != nil, "\(Self.catalogue(terms))")
    _ = shop.record(
      (0..<8).flatMap { customer in
        (0...Int.random(in: 0...4, using: &chance)).map {
          (
            "c\(customer)", "\($0)", 19_800 + Int.random(in: 0..<190, using: &chance),
            Int64.random(in: 500...20_000, using: &chance)
          )
        }
      })
    _ = shop.adopt()
    for key in 1...60 as ClosedRange<UInt64> {
      shop.nowMicros += 3_000_000_000
      let reply = shop.decide("c\(key % 9)", key: key) {
        $0.placement = key % 2 == 0 ? "home" : "checkout"
      }
      guard let receipt = reply.body?.decision else { continue }
      _ = shop.tell(
        receipt, .accepted, order: 9_000, margin: .random(in: -500...3_000, using: &chance))
    }
    return shop
  }

  /// The same request of a shop with these terms instead.
  private func answer(
    _ store: Store, _ nowMicros: Int64, _ terms: [Terms], _ requests: [DecideRequest]
  ) throws -> [DecideReply] {
    var shop = try EngineHarness(restoring: store, nowMicros: nowMicros)
    _ = shop.put(Self.catalogue(terms))
    return try requests.map { request in
      try #require(shop.ask(.decide, request, DecideReply.self).body)
    }
  }

  /// The place in the list of those that are better than no offer, where the explanation tells it.
  private func position(_ offer: ExplainedOffer) -> Int? {
    guard offer.reason == 10,
      let number = offer.staff.dropFirst("Number ".count).split(
        separator: " "
      ).first
    else { return nil }
    return Int(number)
  }

  @Test(
    "raising the margin or lowering the cost of an offer never lowers its rank, nor its probability",
    arguments: seeds(isLong ? 60 : 6))
  func monotone(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    let terms = (0..<Int.random(in: 2...8, using: &chance)).map { _ in Terms(&chance) }
    let shop = try shop(terms, &chance)
    var requests: [DecideRequest] = []
    for key in 1_000..<1_024 as Range<UInt64> {
      requests.append(
        DecideRequest(
          key: CommandKey(producer: 77, number: key),
          customer: "c\(Int.random(in: 0..<10, using: &chance))",
          placement: key % 2 == 0 ? "home" : "checkout", channel: .site,
          flags: key % 3 == 0 ? [.dryRun, .explain, .greedy] : [.dryRun, .explain]))
      requests[requests.count - 1].basketMinor = .random(in: 1_000...15_000, using: &chance)
    }
    let before = try answer(shop.engine.store, shop.nowMicros, terms, requests)
    var (moved, chosen) = (0, 0)
    for _ in 0..<12 {
      let place = Int.random(in: 0..<terms.count, using: &chance)
      var amended = terms
      let change = amended[place].improve(&chance)
      let after = try answer(shop.engine.store, shop.nowMicros, amended, requests)
      for (number, request) in requests.enumerated() {
        let what = "offer \(place) as \(change), request \(number)"
        moved += after[number].offers[place].score > before[number].offers[place].score ? 1 : 0
        chosen += after[number].told.choices.contains { $0.offer == "o\(place)" } ? 1 : 0
        try check(place, before[number], after[number], request, what)
      }
    }
    print("\(terms.count) offers: \(moved) scores rose, \(chosen) times chosen")
    #expect(moved > 0)
  }

  private func check(
    _ place: Int, _ before: DecideReply, _ after: DecideReply, _ request: DecideRequest,
    _ what: String
  ) throws {
    let (one, other) = (before.offers[place], after.offers[place])
    try #require(other.score >= one.score, "\(what)")
    for (was, now) in zip(before.offers, after.offers) where was.offer != one.offer {
      try #require(was.score == now.score || was.score.isNaN, "\(what): \(was.offer)")
    }
    if let old = position(one), let new = position(other) { try #require(new <= old, "\(what)") }
    let places = [before, after].map { reply in
      reply.told.choices.firstIndex { $0.offer == one.offer } ?? .max
    }
    if request.flags.contains(.greedy) {
      try #require(places[1] <= places[0], "\(what): place \(places)")
      // Better than no offer stays so.
      if one.reason != 9 { try #require(other.reason != 9, "\(what)") }
      return
    }
    // By a draw: its own interval grows at both ends, and so the draw that fell on it still does.
    try #require(
      other.propensity >= one.propensity - Self.propensityError,
      "\(what): probability \(one.propensity), then \(other.propensity)")
    if places[0] == 0, places[1] != 0 {
      let u = Double(request.key.draw >> 11) * 0x1p-53
      let none = 1 - after.offers.reduce(0) { $0 + $1.propensity }
      let start = after.offers.prefix(place).reduce(none) { $0 + $1.propensity }
      let away = max(start - u, u - start - other.propensity)
      try #require(away < Self.propensityError, "\(what): the draw misses it by \(away)")
    }
  }
}
