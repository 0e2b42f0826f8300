// What facts survive: the sections of a snapshot, replay, copies; what of damaged sections is noticed;
// and that a shop without facts is as it always was.

import Support
import Testing
import Wire

@testable import Scoring

@Suite("Facts: state")
struct FactsStateTests {
  private func shop(seed: UInt64, rows: Int) throws -> EngineHarness {
    var shop = try EngineHarness()
    var source = FactSource(seed: seed)
    _ = shop.record((0..<40).map { ("c\($0)", "o", 19_000 + $0, 1000) })
    for _ in 0..<rows { source.tell(&shop) }
    return shop
  }

  @Test(
    "facts are the same after a snapshot, and go on as if nothing had happened", arguments: seeds(2)
  )
  func snapshot(seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try shop(seed: seed, rows: 400)
    let store = try shop.engine.store.reloaded()
    #expect(store.stateHash() == shop.engine.store.stateHash())
    var reloaded = try EngineHarness(restoring: store, nowMicros: shop.nowMicros)
    for number in 0..<60 {
      #expect(shop.consents("c\(number)") == reloaded.consents("c\(number)"))
      #expect(shop.describe("c\(number)") == reloaded.describe("c\(number)"))
    }
    var (one, other) = (FactSource(seed: seed + 100), FactSource(seed: seed + 100))
    for _ in 0..<100 {
      one.tell(&shop)
      other.tell(&reloaded)
    }
    // The same rows again come to the same in both.
    (one, other) = (FactSource(seed: seed), FactSource(seed: seed))
    for _ in 0..<400 {
      one.tell(&shop)
      other.tell(&reloaded)
    }
    #expect(reloaded.engine.store.stateHash() == shop.engine.store.stateHash())
  }

  @Test("replaying the accepted frames gives the same facts", arguments: seeds(2))
  func replay(seed: UInt64) throws {
    print("seed \(seed)")
    let shop = try shop(seed: seed, rows: 300)
    var again = try Engine(Store(), indexKey: (9, 9))
    for record in shop.journal {
      try again.replay(
        sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.raw)
    }
    #expect(again.store.stateHash() == shop.engine.store.stateHash())
  }

  @Test("a value of the store does not see facts that come later")
  func copies() throws {
    var shop = try shop(seed: 3, rows: 100)
    let view = shop.engine.store
    let before = view.stateHash()
    var source = FactSource(seed: 4)
    for _ in 0..<200 { source.tell(&shop) }
    #expect(view.stateHash() == before)
    #expect(shop.engine.store.stateHash() != before)
  }

  @Test("a shop without facts has no sections and no head of them")
  func without() throws {
    var shop = try EngineHarness()
    _ = shop.record("c", "1", day: 19_000)
    let kinds = Set(SavedState(shop.engine.store).sections.map(\.kind))
    let (answers, customers) = (Section.Kind.answers.rawValue, Section.Kind.customers.rawValue)
    #expect(kinds.allSatisfy { $0 <= answers || $0 == customers })
    let head = SavedState(shop.engine.store).head.count
    _ = shop.adopt()
    #expect(shop.engine.store.facts.isEmpty && head > 0)
  }

  @Test("heads take memory only where somebody has facts")
  func sparse() throws {
    var shop = try EngineHarness()
    for part in 0..<3 {
      _ = shop.record((0..<4096).map { ("c\(part * 4096 + $0)", "o", 19_000, 100) })
    }
    let said = Consent(.email, .marketing, .granted, timeMicros: EngineHarness.noon(19_000))
    _ = shop.consent("c12000", said)
    let blocks = shop.engine.store.facts.heads.chunks.blocks
    #expect(blocks.count == 3 && blocks[0] === blocks[1] && blocks[1] !== blocks[2])
    _ = shop.consent("c1", said)
    #expect(shop.engine.store.facts.heads(of: 5000) == FactHeads())
    #expect(try shop.engine.store.reloaded().stateHash() == shop.engine.store.stateHash())
  }

  @Test("damaged facts are refused or harmless", arguments: seeds(1))
  func damaged(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    let saved = SavedState(try shop(seed: seed, rows: 60).engine.store)
    let facts = saved.sections.indices.filter {
      saved.sections[$0].kind > Section.Kind.answers.rawValue
    }
    var refused = 0
    for _ in 0..<150 {
      var damaged = saved
      let section = facts.randomElement(using: &chance) ?? 0
      // The first rows of some column, where something is.
      let size = damaged.sections[section].bytes.count
      let column = Int.random(in: 0..<size / 4096, using: &chance) * 4096
      let place = column + Int.random(in: 0..<min(200, size - column), using: &chance)
      damaged.sections[section].bytes[place] ^= UInt8.random(in: 1...255, using: &chance)
      do {
        var shop = try EngineHarness(
          restoring: damaged.load(), nowMicros: EngineHarness.noon(20_000))
        for number in 0..<50 {
          _ = shop.consents("c\(number)")
          _ = shop.describe("c\(number)")
        }
        var source = FactSource(seed: 7)
        for _ in 0..<5 { source.tell(&shop) }
      } catch is SectionError {
        refused += 1
      }
    }
    #expect(refused > 10)
  }

  @Test("while nobody has ties a state is kept as if they never had been, and so is its hash")
  func withoutTies() throws {
    var shop = try EngineHarness()
    _ = shop.profile("c", ProfileChange(country: .set("FR"), acquisitionCost: .forget))
    let saved = SavedState(shop.engine.store)
    #expect(shop.engine.store.facts.ties.count == 0)
    #expect(!saved.sections.contains { $0.kind == Section.Kind.ties.rawValue })
    // The counts of seven tables and of the names' bytes, as ever, are what the head ends with.
    #expect(saved.head[saved.head.count - 8 * 8 - 1] == 8)
    _ = shop.profile("c", ProfileChange(tier: .set(HeldTier(.gold))))
    let grown = SavedState(shop.engine.store)
    #expect(grown.head[grown.head.count - 9 * 8 - 1] == 9)
    #expect(grown.sections.count { $0.kind == Section.Kind.ties.rawValue } == 1)
    #expect(try grown.load().stateHash() == shop.engine.store.stateHash())
  }

  @Test("ties that no build has written are refused")
  func wrongTies() throws {
    var shop = try EngineHarness()
    _ = shop.profile("c", ProfileChange(source: .set("search"), tier: .set(HeldTier(.gold))))
    let saved = SavedState(shop.engine.store)
    let section = try #require(
      saved.sections.firstIndex { $0.kind == Section.Kind.ties.rawValue })
    // The columns of a chunk: cost, source, last day, tier.
    let rows = TiesEntry.chunkRows
    for (place, value) in [(7, 0x80), (8 * rows, 9), (14 * rows, 5), (14 * rows, 0)]
      as [(Int, UInt8)]
    {
      var wrong = saved
      wrong.sections[section].bytes[place] = value
      // A last day without a tier.
      if value == 0 { wrong.sections[section].bytes[12 * rows] = 1 }
      #expect(throws: SectionError.self, "\(place)") {
        _ = try EngineHarness(restoring: wrong.load(), nowMicros: shop.nowMicros)
      }
    }
    var more = saved
    more.head[more.head.count - 16] = 2
    #expect(throws: SectionError.self) {
      _ = try EngineHarness(restoring: more.load(), nowMicros: shop.nowMicros)
    }
  }

  @Test("a head with other counts is refused")
  func wrongCounts() throws {
    let shop = try shop(seed: 5, rows: 30)
    let saved = SavedState(shop.engine.store)
    try #require(shop.engine.store.facts.ties.count > 0)
    let tables = Facts.tables.count + 1
    for table in 0..<tables {
      var wrong = saved
      let place = wrong.head.count - 8 * (tables - table)
      // More than a chunk more, so that a section is missing.
      wrong.head[place + 2] ^= 0x10
      #expect(throws: SectionError.self, "\(table)") { try wrong.load() }
    }
    var tooMany = saved
    tooMany.head[saved.head.count - 8 * tables - 1] += 1
    #expect(throws: SectionError.self) { try tooMany.load() }
  }
}

/// Facts by chance, about some fifty customers.
struct FactSource {
  private var chance: SeededGenerator

  init(seed: UInt64) { chance = SeededGenerator(seed: seed) }

  private mutating func draw(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &chance)
  }

  private mutating func time() -> Int64 {
    EngineHarness.noon(draw(19_990...20_000)) - Int64(draw(0...3)) * 1_000_000
  }

  /// One command of some rows.
  mutating func tell(_ shop: inout EngineHarness) {
    switch draw(0...4) {
    case 0: tellProfiles(&shop)
    case 1: tellEvents(&shop)
    case 2:
      _ = shop.line("c\(draw(0...45))", "o", UInt16(draw(0...9)), "n\(draw(0...9))")
    default: tellConsents(&shop)
    }
  }

  private mutating func tellProfiles(_ shop: inout EngineHarness) {
    let birthday = Birthday(month: UInt8(draw(1...12)), day: UInt8(draw(1...28)))
    _ = shop.profile(
      "c\(draw(0...59))",
      ProfileChange(
        birthday: birthday.map { .set($0) } ?? .keep,
        country: draw(0...2) == 0 ? .forget : .set("FR"),
        source: draw(0...2) == 0 ? .forget : .set("s\(draw(0...30))"),
        acquisitionCost: draw(0...2) == 0
          ? .forget
          : .set(
            AcquisitionCost(amountMinor: Int64(draw(0...900)), currency: "EUR", minorDigits: 2)),
        tier: draw(0...2) == 0
          ? .forget
          : .set(HeldTier(Tier.allCases[draw(0...3)], untilDay: UInt16(draw(0...65_534))))))
  }

  private mutating func tellEvents(_ shop: inout EngineHarness) {
    let kind = EventKind.allCases[draw(0...7)]
    var event = Event(kind, timeMicros: time(), name: kind == .cartEmptied ? "" : "n\(draw(0...9))")
    if kind.isContact { event.channel = .sms }
    _ = shop.event("c\(draw(0...59))", "\(draw(0...99))", event)
  }

  private mutating func tellConsents(_ shop: inout EngineHarness) {
    _ = shop.ask(
      .recordConsents,
      RecordConsentsRequest(
        consents: (0..<draw(1...3)).map { _ in
          let said = ConsentStatus.allCases[draw(0...2)]
          let time = time()
          return .init(
            customer: "c\(draw(0...59))",
            Consent(
              Channel.allCases[draw(0...6)], Purpose.allCases[draw(0...3)], said, timeMicros: time,
              expiresMicros: said == .granted ? time + Int64(draw(1...9)) * 1_000_000 : 0,
              source: "s\(draw(0...30))", textVersion: draw(0...1) == 0 ? "" : "v"))
        }), RecordReply.self)
  }
}
