// Order lines: attached to orders that are there, each once; what was bought of which category.

import Testing
import Wire

@testable import Scoring

@Suite("Engine: order lines")
struct EngineLinesTests {
  @Test("a line needs its order, and the same number again is a duplicate")
  func rows() throws {
    var shop = try EngineHarness()
    #expect(shop.line("c", "1", 1, "shoes")?.refused == [.init(row: 0, status: .unknownOrder)])
    _ = shop.record("c", "1", day: 19_990, minor: 5000)
    _ = shop.record("d", "2", day: 19_990)
    let before = shop.describe("c")
    #expect(shop.line("c", "2", 1, "shoes")?.refused == [.init(row: 0, status: .unknownOrder)])
    #expect(shop.line("c", "1", 1, "shoes")?.recorded == 1)
    #expect(shop.line("c", "1", 1, "socks")?.duplicates == 1)
    #expect(shop.line("c", "1", 2, "socks")?.recorded == 1)
    #expect(shop.line("d", "2", 1, "socks")?.recorded == 1)
    // The order is as it was.
    #expect(shop.describe("c").spentMinor == before.spentMinor)
    let dollars = RecordOrderLinesRequest(
      currency: "USD", minorDigits: 2,
      lines: [.init(customer: "c", order: "1", line: 3, category: "x", amountMinor: 1)])
    #expect(shop.ask(.recordOrderLines, dollars, RecordReply.self) == .refused(.currencyMismatch))
  }

  @Test("what was bought is found by category and told by its money")
  func bought() throws {
    var shop = try EngineHarness()
    _ = shop.record([("c", "1", 19_990, 100), ("c", "2", 19_995, 100), ("d", "1", 19_990, 100)])
    for (order, line, category, minor) in [
      ("1", 1, "shoes", 300), ("1", 2, "socks", 500), ("2", 1, "shoes", 300), ("2", 2, "hats", 500),
    ] as [(String, UInt16, String, Int64)] {
      _ = shop.line("c", order, line, category, minor: minor)
    }
    _ = shop.line("d", "1", 1, "gloves")
    func code(_ name: String) -> UInt32 {
      (shop.engine.name(Array(name.utf8).raw) ?? .none).number ?? .max
    }
    for (name, isBought) in [("shoes", true), ("hats", true), ("gloves", false), ("none", false)] {
      let store = shop.engine.store
      #expect(store.hasBought(0, category: code(name)) == isBought, "\(name)")
    }
    #expect(
      shop.describe("c").categories == [
        BoughtCategory(category: "shoes", quantity: 4, amountMinor: 600, lastDay: 19_995),
        BoughtCategory(category: "socks", quantity: 2, amountMinor: 500, lastDay: 19_990),
        BoughtCategory(category: "hats", quantity: 2, amountMinor: 500, lastDay: 19_995),
      ])
  }

  @Test("with everything a customer takes at most 160 bytes beside the lists themselves")
  func memory() {
    // Columns, the longest usual identifier, and an index that has just grown.
    let facts = FactHeads.size + ProfileEntry.size + TiesEntry.size
    #expect(CustomerRow.size + facts + 24 + 10 <= 160)
    #expect(CustomerRow.size == 36 && FactHeads.size == 32 && ProfileEntry.size == 9)
    #expect(TiesEntry.size == 15)
    #expect(EventEntry.size == 36 && LineEntry.size == 26 && NameRow.size == 4)
    #expect(ConsentEntry.size == 33 && ConsentStanding.size == 14)
    #expect(OrderEntry.size == 22 && ReturnEntry.size == 26)
  }
}

extension EngineHarness {
  mutating func line(
    _ customer: String, _ order: String, _ line: UInt16, _ category: String, minor: Int64 = 100
  ) -> RecordReply? {
    ask(
      .recordOrderLines,
      RecordOrderLinesRequest(
        currency: "EUR", minorDigits: 2,
        lines: [
          .init(
            customer: customer, order: order, line: line, category: category, quantity: 2,
            amountMinor: minor)
        ]), RecordReply.self
    ).body
  }
}
