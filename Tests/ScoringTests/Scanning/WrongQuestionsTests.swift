// Questions about all customers that are refused: each with its place, what is wrong, and what to do.

import Testing
import Wire

@testable import Scoring

@Suite("Wrong questions")
struct WrongQuestionsTests {
  /// Where conditions stand in the frame of a select without an order.
  private static let conditionAt = FrameHeader.size + SelectRequest.orderOffset + 1 + 4

  @Test(
    "a wrong condition is refused with its place, the reason and the cure", arguments: conditions)
  func refusedCondition(_ wrong: Condition) throws {
    var shop = try EngineHarness()
    let selected = shop.refusal(wrong.source)
    try Self.check(selected, wrong, at: Self.conditionAt)
    let counted = shop.refusal(wrong.source, by: [])
    try Self.check(counted, wrong, at: FrameHeader.size + CountRequest.conditionOffset + 4)
  }

  private static func check(_ refusal: Refusal?, _ wrong: Condition, at start: Int) throws {
    let refusal = try #require(refusal, "it was taken")
    #expect(refusal.status == .badCondition)
    #expect(refusal.offset == UInt32(start + wrong.offset))
    let whole = "line \(wrong.line), column \(wrong.column): \(wrong.sentence)"
    #expect(isSaid(whole, refusal.sentence), "\(refusal.sentence)")
  }

  @Test(
    "a wrong name is refused at its place, with what is wrong and what there is instead",
    arguments: names)
  func refusedName(_ wrong: Name) throws {
    var shop = try EngineHarness()
    let refusal: Refusal?
    switch wrong.use {
    case .told: refusal = shop.refusal("", ["customer", wrong.name])
    case .orderedBy: refusal = shop.refusal { $0.orderBy = wrong.name }
    case .groupedBy: refusal = shop.refusal(by: [wrong.name])
    case .addedUp: refusal = shop.refusal(by: [], of: [wrong.name])
    }
    let found = try #require(refusal, "it was taken")
    #expect(found.status == .badCondition && found.offset == UInt32(wrong.offset))
    #expect(Self.isSaid(wrong.sentence, found.sentence), "\(found.sentence)")
  }

  private static func isSaid(_ expected: String, _ sentence: String) -> Bool {
    expected.hasSuffix(" …") ? sentence.hasPrefix(expected.dropLast(2)) : sentence == expected
  }

  @Test("sixty conditions at least are tried, each another one")
  func enough() {
    #expect(Set(Self.conditions.map(\.source)).count == Self.conditions.count)
    #expect(Self.conditions.count >= 60)
  }

  @Test("the offset of a later name, and of a condition behind an order, is its own")
  func offsets() throws {
    var shop = try EngineHarness()
    let behind = shop.refusal("orders >\n ordrs") { $0.orderBy = "churn" }
    #expect(behind?.offset == UInt32(Self.conditionAt + 5 + 10))
    #expect(behind?.sentence.hasPrefix("line 2, column 2: unknown field 'ordrs'") == true)
    let second = shop.refusal(
      "orders > 1", by: ["country", "birthday"], of: ["orders", "segment"])
    #expect(second?.offset == 80)
    let measure = shop.refusal("", by: ["segment"], of: ["orders", "ordres"])
    #expect(measure?.offset == 79)
    #expect(measure?.sentence.hasPrefix("unknown field 'ordres'; did you mean 'orders'?") == true)
  }

  @Test("too many and too few of anything are refused, and so is what there is not")
  func limits() throws {
    var shop = try EngineHarness()
    let none = shop.refusal("", [])
    #expect(none?.status == .badCondition && none?.sentence.contains("name a column") == true)
    for refusal in [
      shop.refusal("", (0...Limits.selectColumnsMax).map { _ in "customer" }),
      shop.refusal(by: ["segment", "tier", "country", "language", "source"]),
      shop.refusal(by: [], of: (0...Limits.measuresMax).map { _ in "orders" }),
      shop.refusal(by: [], shares: (0...Limits.quantilesMax).map { _ in 0.5 }),
      shop.refusal(by: [], shares: [1.5]), shop.refusal(by: [], shares: [.nan]),
      shop.refusal(String(repeating: " ", count: Limits.conditionSizeMax) + "true"),
    ] {
      #expect(refusal?.status == .invalidField)
    }
    #expect(shop.refusal("", ["best_offer(email)"])?.status == .noCatalogue)
    _ = shop.put(EngineHarness.catalogue([EngineHarness.offer("a")]))
    let placement = shop.refusal("", ["customer", "best_offer(site, checkin)"])
    #expect(placement?.status == .unknownPlacement && placement?.offset == 81)
    #expect(placement?.sentence == "the catalogue's placements are checkout")
    #expect(shop.refusal { $0.terms.asOfMicros = .max }?.status == .timeOutOfRange)
    var undeclared = try EngineHarness(declared: nil)
    #expect(undeclared.refusal("")?.status == .notDeclared)
  }

  /// A condition, and what is said of it.
  struct Condition: Sendable, CustomTestStringConvertible {
    let source: String
    let line: Int
    let column: Int
    let offset: Int
    let sentence: String

    init(_ source: String, _ line: Int, _ column: Int, _ offset: Int, _ sentence: String) {
      (self.source, self.line, self.column) = (source, line, column)
      (self.offset, self.sentence) = (offset, sentence)
    }

    var testDescription: String { source }
  }

  enum Use: Sendable { case told, orderedBy, groupedBy, addedUp }

  /// A name, what it was wanted for, and what is said of it.
  struct Name: Sendable, CustomTestStringConvertible {
    let use: Use
    let name: String
    let offset: Int
    let sentence: String

    init(_ use: Use, _ name: String, _ offset: Int, _ sentence: String) {
      (self.use, self.name, self.offset, self.sentence) = (use, name, offset, sentence)
    }

    var testDescription: String { "\(use) \(name)" }
  }
}
