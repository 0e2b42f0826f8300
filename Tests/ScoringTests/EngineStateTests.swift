// What the state survives: replay of the journal, sections of a snapshot, copies beside later
// writes; and what of damaged sections is noticed.

import Scoring
import Support
import Testing
import Wire

@Suite("Engine: state")
struct EngineStateTests {
  private func shop(seed: UInt64, customers: Int = 5000) throws -> EngineHarness {
    var shop = try EngineHarness()
    var chance = SeededGenerator(seed: seed)
    for batch in 0..<4 {
      _ = shop.record(
        (0..<4000).map {
          (
            "customer-\(Int.random(in: 0..<customers, using: &chance))", "o\(batch)-\($0)",
            Int.random(in: 15_000..<20_000, using: &chance),
            Int64.random(in: 0..<100_000, using: &chance)
          )
        })
    }
    _ = shop.giveBack("customer-1", "o0-1", as: "r", day: 20_000)
    _ = shop.adopt()
    return shop
  }

  @Test("replaying the accepted frames gives the same state", arguments: seeds(2))
  func replay(seed: UInt64) throws {
    print("seed \(seed)")
    let shop = try shop(seed: seed)
    var again = try Engine(Store(), indexKey: (9, 9))
    for record in shop.journal {
      try again.replay(
        sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.raw)
    }
    #expect(again.store.stateHash() == shop.engine.store.stateHash())
    #expect(again.sequence == shop.engine.sequence)
    #expect(again.timeMicros == shop.engine.timeMicros)
  }

  @Test("a replayed record must follow the one before and be a command")
  func replayRefusals() throws {
    let shop = try shop(seed: 1)
    var again = try Engine(Store(), indexKey: (9, 9))
    let record = shop.journal[0]
    #expect(throws: SectionError.self) {
      try again.replay(sequence: 2, timeMicros: 0, frame: record.frame.raw)
    }
    var ping = ByteBuffer()
    Frame.end(Frame.begin(verb: Verb.ping.rawValue, tag: 0, in: &ping), in: &ping)
    let frame = EngineHarness.copy(ping.bytes)
    #expect(throws: SectionError.self) {
      try again.replay(sequence: 1, timeMicros: 0, frame: frame.raw)
    }
    #expect(throws: SectionError.self) {
      try again.replay(sequence: 1, timeMicros: 0, frame: frame.raw.extracting(first: 9))
    }
  }

  @Test("every score is bit-identical after a trip through the sections", arguments: seeds(2))
  func sections(seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try shop(seed: seed)
    let store = try shop.engine.store.reloaded()
    #expect(store.stateHash() == shop.engine.store.stateHash())
    var reloaded = try EngineHarness(restoring: store, nowMicros: shop.nowMicros)
    for number in 0..<5001 {
      #expect(shop.score("customer-\(number)") == reloaded.score("customer-\(number)"))
    }
    // It goes on as if nothing had happened.
    for _ in 0..<2 {
      #expect(shop.record("x", "1", day: 19_999) == reloaded.record("x", "1", day: 19_999))
    }
    #expect(reloaded.engine.store.stateHash() == shop.engine.store.stateHash())
  }

  @Test("a value of the store does not see what is written later")
  func copies() throws {
    var shop = try shop(seed: 3)
    let view = shop.engine.store
    let before = view.stateHash()
    for number in 0..<500 { _ = shop.record("customer-\(number)", "later", day: 19_999) }
    #expect(view.stateHash() == before)
    #expect(shop.engine.store.stateHash() != before)
  }

  @Test("the same rows in other batches, twice, on two engines give one hash")
  func stateHash() throws {
    let rows = (0..<300).map { ("c\($0 % 40)", "o\($0)", 19_000 + $0, Int64($0)) }
    var one = try EngineHarness()
    _ = one.record(rows)
    var other = try EngineHarness()
    for row in rows { _ = other.record([row]) }
    for row in rows { #expect(other.record([row]).body?.duplicates == 1) }
    #expect(one.engine.store.stateHash() == other.engine.store.stateHash())
    _ = other.record("c0", "more", day: 19_000)
    #expect(one.engine.store.stateHash() != other.engine.store.stateHash())
  }

  @Test("sections that are missing, doubled, out of place or of unknown kind are refused")
  func damagedSections() throws {
    let store = try shop(seed: 4).engine.store
    var sections: [(kind: UInt32, index: UInt32, bytes: [UInt8])] = []
    store.forEachSection {
      sections.append(($0.kind.rawValue, $0.index, EngineHarness.copy($0.bytes)))
    }
    func load(_ sections: [(kind: UInt32, index: UInt32, bytes: [UInt8])]) throws -> Store {
      var loader = StoreLoader(sequence: 1, timeMicros: 1)
      for section in sections {
        try loader.add(
          kind: section.kind, index: section.index, bytes: section.bytes.raw)
      }
      return try loader.finish()
    }
    #expect(try load(sections).stateHash() == store.stateHash())
    #expect(throws: SectionError.self) { try load([]) }
    #expect(throws: SectionError.self) { try load([(99, 0, [])]) }
    for place in sections.indices {
      var damaged = sections
      damaged.remove(at: place)
      #expect(throws: SectionError.self) { try load(damaged) }
      damaged = sections
      damaged[place].index += 1
      if damaged[place].kind != 1 { #expect(throws: SectionError.self) { try load(damaged) } }
      damaged = sections
      damaged[place].bytes.removeLast()
      #expect(throws: SectionError.self) { try load(damaged) }
    }
  }

  @Test(
    "a state with any one byte damaged is refused or answers without a trap", arguments: seeds(1))
  func damagedBytes(seed: UInt64) throws {
    print("seed \(seed)")
    var small = try EngineHarness()
    for number in 0..<20 { _ = small.record("c\(number % 7)", "\(number)", day: 19_000 + number) }
    _ = small.giveBack("c1", "1", as: "r", day: 19_500)
    _ = small.adopt()
    var sections: [(kind: UInt32, index: UInt32, bytes: [UInt8])] = []
    small.engine.store.forEachSection {
      sections.append(($0.kind.rawValue, $0.index, EngineHarness.copy($0.bytes)))
    }
    var chance = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      var damaged = sections
      let place = damaged.indices.randomElement(using: &chance) ?? 0
      // The used rows are at the front of each column; damage where it hurts.
      let byte = Int.random(in: 0..<min(400, damaged[place].bytes.count), using: &chance)
      damaged[place].bytes[byte] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
      var loader = StoreLoader(sequence: 1, timeMicros: 1)
      do {
        for section in damaged {
          try loader.add(
            kind: section.kind, index: section.index, bytes: section.bytes.raw)
        }
        var shop = try EngineHarness(
          restoring: try loader.finish(), nowMicros: EngineHarness.noon(20_000))
        for number in 0..<7 {
          _ = shop.score("c\(number)")
          _ = shop.score("c\(number)", asOf: 19_003)
          _ = shop.record("c\(number)", "new", day: 19_007)
        }
      } catch is SectionError {
        continue
      }
    }
  }
}
