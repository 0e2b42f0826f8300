// A card is what its customer's row and facts say, whatever was recorded since it was made.

import Offers
import Support
import Testing
import Wire

@testable import Scoring

@Suite("Cards")
struct CardsTests {
  private static let customers = 12

  /// Everything on a card but the gap, which comes when it is asked for.
  private static func told(_ card: Card, _ customer: UInt32, _ engine: borrowing Engine) -> String {
    let marks: [(String, Card.Marks)] = [
      ("made", .made), ("looks", .looks), ("lines", .lines), ("profile", .profile),
      ("complaints", .complaints), ("open", .openComplaint), ("contacts", .contacts),
      ("ending", .ending), ("returns", .returns),
    ]
    return "\(customer): \(card.repeatOrders) \(card.firstDay) \(card.lastDay) "
      + "\(card.repeatSpendMinor) \(card.firstSpendMinor) \(card.granted.bits) \(card.denied.bits) "
      + "\(card.segment) "
      + marks.filter { card[$0.1] }.map(\.0).joined(separator: " ")
  }

  /// The gap that is found without a card.
  private static func gap(_ customer: UInt32, _ engine: inout Engine) -> Double {
    let row = engine.store.customers[customer]
    engine.store.readDayOrders(of: row, asOf: .max, into: &engine.desk.days)
    return engine.store.medianGap(&engine.desk)
  }

  /// Records something of any kind.
  private static func befall(
    _ shop: inout EngineHarness, _ number: Int, _ chance: inout SeededGenerator
  ) -> RecordReply? {
    let customer = "c\(Int.random(in: 0..<customers, using: &chance))"
    let day = Int.random(in: 19_000...19_999, using: &chance)
    switch Int.random(in: 0..<10, using: &chance) {
    case 0...2:
      return shop.record(customer, "o\(number)", day: day, minor: Int64(number)).body
    case 3:
      let earlier = "o\(Int.random(in: 0...number, using: &chance))"
      return shop.giveBack(customer, earlier, as: "r\(number)", day: 20_000).body
    case 4:
      var consent = Consent(
        Bool.random(using: &chance) ? .site : .email, .marketing,
        Bool.random(using: &chance) ? .granted : .denied, timeMicros: shop.nowMicros)
      if number % 3 == 0 { consent.expiresMicros = shop.nowMicros + Int64(number) }
      return shop.ask(
        .recordConsents,
        RecordConsentsRequest(consents: [.init(customer: customer, consent)]), RecordReply.self
      ).body
    case 5:
      let kinds: [EventKind] = [
        .viewed, .cartChanged, .complaintOpened, .complaintSolved, .contactSent,
      ]
      let kind = kinds.randomElement(using: &chance) ?? .viewed
      var event = Event(kind, timeMicros: shop.nowMicros, name: "n\(number % 2)")
      if kind == .cartChanged {
        event = Event(kind, timeMicros: shop.nowMicros, amountMinor: 900, lines: 3)
      }
      if kind == .contactSent { event.channel = .email }
      return shop.ask(
        .recordEvents,
        RecordEventsRequest(
          currency: "EUR", minorDigits: 2,
          events: [.init(customer: customer, identifier: "e\(number)", event)]), RecordReply.self
      ).body
    case 6:
      return shop.ask(
        .recordProfiles,
        RecordProfilesRequest(profiles: [
          .init(customer: customer, ProfileChange(country: .set("FR"), language: .set("fr")))
        ]), RecordReply.self
      ).body
    case 7:
      return shop.ask(
        .recordOrderLines,
        RecordOrderLinesRequest(
          currency: "EUR", minorDigits: 2,
          lines: [
            .init(
              customer: customer, order: "o\(Int.random(in: 0...number, using: &chance))", line: 1,
              category: "c", amountMinor: 1)
          ]), RecordReply.self
      ).body
    case 8:
      // Much has changed when everybody's segment is found again.
      shop.nowMicros += EngineHarness.microsPerDay * 90
      shop.searchAll()
      return nil
    default:
      let made = shop.decide(customer, key: UInt64(number + 1)).body
      return shop.tell(made?.decision ?? "", number % 2 == 0 ? .shown : .refused).body
    }
  }

  @Test(
    "a card is what would be made now, whatever was recorded since it was made",
    arguments: seeds(8))
  func cardsKeepUp(seed: UInt64) throws {
    var shop = try EngineHarness()
    var chance = SeededGenerator(seed: seed)
    _ = shop.record("c0", "first", day: 19_000)
    _ = shop.adopt(EngineModelsTests.full)
    try #require(shop.put(EngineHarness.catalogue([EngineHarness.offer("o")])).body != nil)
    var recorded = 0
    var kept = 0
    for number in 0..<600 {
      recorded += Int(Self.befall(&shop, number, &chance)?.recorded ?? 0)
      for customer in 0..<UInt32(shop.engine.store.customers.count) {
        let card = shop.engine.cards[customer]
        if card[.made] {
          kept += 1
          let anew = shop.engine.store.makeCard(of: customer)
          let (one, other) = (
            Self.told(card, customer, shop.engine), Self.told(anew, customer, shop.engine)
          )
          #expect(one == other)
          if !card.typicalGap.isNaN {
            let gap = Self.gap(customer, &shop.engine)
            #expect(Double(card.typicalGap) == gap)
          }
        }
        guard Int.random(in: 0..<3, using: &chance) == 0 else { continue }
        shop.engine.makeCards([CustomerRow.none, customer], count: 2)
        let gap = Self.gap(customer, &shop.engine)
        if !gap.isNaN { shop.engine.cards.setTypicalGap(gap, of: customer) }
      }
    }
    #expect(recorded > 200 && kept > 1_000, "\(recorded) were recorded, \(kept) cards looked at")
  }

  @Test("a card tells its customer's identifier from all others, whatever its length")
  func names() throws {
    var shop = try EngineHarness()
    let names = (1...64).map { String(repeating: "abcdefgh", count: 8).prefix($0) }.map(String.init)
    _ = shop.record(names.enumerated().map { ($1, "o\($0)", 19_000, 1) })
    for (number, name) in names.enumerated() {
      let row = UInt32(number)
      shop.engine.makeCard(of: row)
      for other in names {
        let card = shop.engine.card(of: row, named: Array(other.utf8).raw)
        #expect((card != nil) == (other == name))
      }
      for place in 0..<name.utf8.count {
        var other = Array(name.utf8)
        other[place] ^= 1
        let card = shop.engine.card(of: row, named: other.raw)
        #expect(card == nil)
      }
    }
  }

  @Test("cards take no memory before somebody is asked about, and only near those who are")
  func memory() {
    var cards = Cards()
    let before = cards.size
    cards.set(Card(), of: 9_000_000)
    let after = cards.size
    #expect(after - before <= 1 << 20)
    #expect(!cards[3][.made])
    #expect(!cards[20_000_000][.made])
    #expect(MemoryLayout<Card>.size == Card.size && MemoryLayout<Card>.stride == Card.size)
  }
}
