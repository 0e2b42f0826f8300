// The twelve ready-made offers: who gets them and who does not.

import Rules
import Testing

@testable import Offers

@Suite("ExampleCatalogue")
struct ExampleCatalogueTests {
  private static func counter(_ placement: String, _ channel: Channel) throws -> Counter {
    var counter = try Counter(json: ExampleCatalogue.json, placement: placement, channel: channel)
    // In no control group.
    counter.customer = Array("customer-7".utf8)
    counter.facts[.orders] = 2
    counter.facts[.age] = 200
    counter.facts[.daysSinceOrder] = 40
    counter.facts[.typicalGap] = 60
    counter.facts[.alive] = 0.8
    counter.facts[.churn] = 0.3
    counter.facts[.lifetimeValue] = 60
    counter.facts.hasOpenComplaint = .no
    counter.facts.setCalendar(
      today: Counter.noon.today, birthday: YearlyDay(month: 6, day: 1), firstOrder: 20_500)
    counter.facts.setSegment(vipValue: counter.catalogue.vipValue)
    return counter
  }

  @Test("the example compiles and has twelve live offers")
  func compiles() throws {
    let catalogue = try Catalogue(Array(ExampleCatalogue.json.utf8))
    #expect(catalogue.offers.count == 12 && catalogue.offers.allSatisfy { $0.state == .live })
    #expect(catalogue.currency == "USD" && catalogue.version == 1)
    #expect(catalogue.words.allSatisfy { !$0.customerText.isEmpty })
  }

  static let cases: [(String, String, Channel, @Sendable (inout Facts) -> Void)] = [
    (
      "welcome", "checkout", .site,
      {
        $0[.orders] = 1
        $0[.age] = 5
        $0.setSegment(vipValue: 150)
      }
    ),
    ("post-purchase", "message", .email, { $0[.daysSinceOrder] = 5 }),
    (
      "complementary", "checkout", .site,
      {
        $0.knowsBasket = true
        $0.inBasket.insert(16)
      }
    ),
    (
      "birthday", "message", .email,
      {
        $0.setCalendar(
          today: Counter.noon.today, birthday: YearlyDay(month: 11, day: 27), firstOrder: 20_500)
      }
    ),
    (
      "anniversary", "message", .email,
      {
        $0.setCalendar(
          today: Counter.noon.today, birthday: nil, firstOrder: Counter.noon.today - 363)
      }
    ),
    (
      "early-access", "home", .site,
      {
        $0[.orders] = 5
        $0.setSegment(vipValue: 150)
      }
    ),
    ("cart-left", "home", .site, { $0[.cartLeft] = 2 }),
    ("browse-left", "home", .site, { $0[.viewedLeft] = 2 }),
    (
      "win-back", "message", .email,
      {
        $0[.alive] = 0.3
        $0[.churn] = 0.8
        $0[.daysSinceOrder] = 130
        $0.setSegment(vipValue: 150)
      }
    ),
    (
      "vip-gesture", "message", .post,
      {
        $0[.lifetimeValue] = 300
        $0.setSegment(vipValue: 150)
      }
    ),
    ("apology", "message", .phone, { $0[.daysSinceComplaint] = 3 }),
    (
      "subscription", "checkout", .site,
      {
        $0[.orders] = 3
        $0[.typicalGap] = 30
      }
    ),
  ]

  @Test(
    "each of the twelve goes to the customer it is made for, and to no other", arguments: 0..<12)
  func occasions(_ number: Int) throws {
    let (id, placement, channel, change) = Self.cases[number]
    var counter = try Self.counter(placement, channel)
    #expect(counter.catalogue.texts[16] == "shoes")
    let held = counter.catalogue.holdouts(of: counter.customer.span)
    #expect(held == 0)
    let place = try #require(counter.catalogue.place(of: id))
    guard case .rule(let layer, let clause, _) = try counter.reason(id) else {
      Issue.record("\(id): \(try counter.reason(id))")
      return
    }
    let text = counter.catalogue.clause(clause, of: place, layer)?.text ?? ""
    change(&counter.facts)
    let outcome = try counter.decide()
    #expect(outcome.choices.map(\.offer) == [place], "\(outcome.reasons)")
    #expect(outcome.reasons[place] == .chosen)
    print("\(id): others lack \(text)")
  }
}
