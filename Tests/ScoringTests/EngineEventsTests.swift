// Events: each once, in lists of their kinds; what decisions read from them.

import Support
import Testing
import Wire

@testable import Scoring

@Suite("Engine: events")
struct EngineEventsTests {
  private static let now = EngineHarness.noon(20_000)

  private static func event(
    _ kind: EventKind, _ days: Int, _ name: String = "", seconds: Int64 = 0, amount: Int64 = 0
  ) -> Event {
    Event(
      kind, timeMicros: EngineHarness.noon(20_000 + days) + seconds * 1_000_000, name: name,
      channel: kind.isContact ? .email : nil, amountMinor: amount)
  }

  @Test("the same customer and identifier is a duplicate, whatever else it says")
  func duplicates() throws {
    var shop = try EngineHarness()
    #expect(shop.event("c", "1", Self.event(.viewed, -1, "shoes"))?.recorded == 1)
    let hash = shop.engine.store.stateHash()
    #expect(shop.event("c", "1", Self.event(.cartEmptied, 0))?.duplicates == 1)
    #expect(shop.engine.store.stateHash() == hash)
    #expect(shop.event("d", "1", Self.event(.cartEmptied, 0))?.recorded == 1)
    // An order of that name is something else.
    #expect(shop.record("c", "1", day: 19_990).body?.recorded == 1)
    #expect(shop.event("c", "1", Self.event(.viewed, -1, "shoes"))?.duplicates == 1)
  }

  @Test("a time in the future is refused, and so is another currency, and nothing is made of them")
  func refused() throws {
    var shop = try EngineHarness()
    _ = shop.record("a", "1", day: 19_990)
    let hash = shop.engine.store.stateHash()
    #expect(
      shop.event("c", "1", Self.event(.viewed, 0, "x", seconds: 301))?.refused
        == [.init(row: 0, status: .timeOutOfRange)])
    let dollars = RecordEventsRequest(
      currency: "USD", minorDigits: 2,
      events: [.init(customer: "c", identifier: "1", Self.event(.viewed, 0, "x"))])
    #expect(shop.ask(.recordEvents, dollars, RecordReply.self) == .refused(.currencyMismatch))
    #expect(shop.engine.store.stateHash() == hash)
  }

  @Test("a complaint is open until the latest that happened to it is that it was solved")
  func complaints() throws {
    let opened = Self.event(.complaintOpened, -5, "T1")
    let solved = Self.event(.complaintSolved, -3, "T1")
    let again = Self.event(.complaintOpened, -2, "T1")
    let atOnce = Self.event(.complaintSolved, -2, "T1")
    let other = Self.event(.complaintOpened, -9, "T2")
    for (events, open) in [
      ([opened], 1), ([opened, solved], 0), ([solved, opened], 0), ([solved], 0),
      ([opened, solved, again], 1), ([again, opened, solved], 1), ([again, atOnce], 0),
      ([atOnce, again], 0), ([opened, other], 2), ([other, solved, opened], 1),
    ] as [([Event], UInt32)] {
      var shop = try EngineHarness()
      for (number, event) in events.enumerated() { _ = shop.event("c", "\(number)", event) }
      #expect(shop.describe("c").openComplaints == open, "\(events)")
      let store = shop.engine.store
      #expect(store.hasOpenComplaint(0) == (open > 0))
    }
  }

  @Test("a cart is left behind until it is emptied or something is ordered")
  func carts() throws {
    var shop = try EngineHarness()
    func left() -> Int64? { shop.engine.store.cartLeft(by: 0)?.amountMinor }
    _ = shop.event("c", "1", Self.event(.cartChanged, -3, amount: 500))
    #expect(left() == 500)
    _ = shop.event("c", "2", Self.event(.cartChanged, -4, amount: 400))
    #expect(left() == 500)
    _ = shop.record("c", "o", day: 19_996)
    #expect(left() == 500)
    _ = shop.record("c", "p", day: 19_997)
    #expect(left() == nil)
    _ = shop.event("c", "3", Self.event(.cartChanged, -1, amount: 900))
    #expect(left() == 900)
    _ = shop.event("c", "4", Self.event(.cartEmptied, 0))
    #expect(left() == nil)
  }

  @Test("views are found by category, contacts newest first, and both within a bound")
  func reads() throws {
    var shop = try EngineHarness()
    _ = shop.event("c", "first", Self.event(.viewed, -30, "rare"))
    for number in 0..<Store.eventsReadMax {
      _ = shop.event("c", "v\(number)", Self.event(.viewed, -20 + number % 3, "shoes"))
      if number < 5 {
        _ = shop.event("c", "k\(number)", Self.event(.contactSent, -10 + number, "n\(number)"))
      }
    }
    let store = shop.engine.store
    let shoes = try #require(shop.engine.name(Array("shoes".utf8).raw)?.number)
    let rare = try #require(shop.engine.name(Array("rare".utf8).raw)?.number)
    #expect(store.viewedMicros(by: 0, category: shoes) == EngineHarness.noon(19_982))
    #expect(store.viewedMicros(by: 0) == EngineHarness.noon(19_982))
    #expect(store.viewedMicros(by: 0, category: rare) == nil)
    var days: [Int64] = []
    store.forEachContact(of: 0) { entry in
      days.append((entry.timeMicros - Self.now) / EngineHarness.microsPerDay)
      return days.count < 3
    }
    #expect(days == [-6, -7, -8])
    let told = shop.describe("c").events
    #expect(told.count == Limits.eventsToldMax + 5)
    #expect(told.map(\.timeMicros) == told.map(\.timeMicros).sorted(by: >))
  }
}

extension EngineHarness {
  mutating func event(_ customer: String, _ identifier: String, _ event: Event) -> RecordReply? {
    ask(
      .recordEvents,
      RecordEventsRequest(
        currency: "EUR", minorDigits: 2,
        events: [.init(customer: customer, identifier: identifier, event)]), RecordReply.self
    ).body
  }
}
