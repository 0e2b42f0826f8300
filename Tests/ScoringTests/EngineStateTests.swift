// What the state survives: replay of the journal, sections of a snapshot, copies beside later
// writes; and what of damaged sections is noticed.

import Support
import Testing
import Wire

@testable import Scoring

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

  @Test("a block tells the last command that wrote to it, however the state came to be")
  func stamps() throws {
    var shop = try EngineHarness()
    // Three chunks of customers, each by a command of its own.
    for chunk in 0..<3 {
      _ = shop.record((0..<4096).map { ("c\(chunk)-\($0)", "o", 19_000, 100) })
    }
    func changed(_ store: Store, _ kind: Section.Kind) -> [UInt64] {
      SavedState(store).sections.filter { $0.kind == kind.rawValue }.map(\.changed)
    }
    #expect(changed(shop.engine.store, .customers) == [2, 3, 4])
    #expect(changed(shop.engine.store, .orders) == [2, 3, 4])
    // A query, a refused command and an adoption write to no block.
    _ = shop.score("c0-1")
    _ = shop.ask(
      .declareShop, DeclareShopRequest(timeZone: "X", transitions: EngineHarness.utc.transitions),
      Empty.self)
    _ = shop.adopt()
    let view = shop.engine.store
    let saved = SavedState(view)
    #expect(changed(view, .customers) == [2, 3, 4])
    // One row of the middle chunk; its order goes into a new chunk.
    _ = shop.record("c1-7", "later", day: 19_001)
    #expect(shop.engine.sequence == 6)
    #expect(changed(shop.engine.store, .customers) == [2, 6, 4])
    #expect(changed(shop.engine.store, .orders) == [2, 3, 4, 6])
    #expect(changed(shop.engine.store, .returns).isEmpty)
    #expect(changed(view, .customers) == [2, 3, 4])
    // Recovery by the journal alone, or by the older state and the rest of the journal.
    var replayed = try Engine(Store(), indexKey: (5, 6))
    var caughtUp = try Engine(try saved.load(), indexKey: (7, 8))
    for record in shop.journal {
      try replayed.replay(
        sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.raw)
      guard record.sequence > saved.sequence else { continue }
      try caughtUp.replay(
        sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.raw)
    }
    let sections = SavedState(shop.engine.store).sections
    #expect(SavedState(replayed.store).sections == sections)
    #expect(SavedState(caughtUp.store).sections == sections)
  }

  @Test("sections can be added in any order", arguments: seeds(1))
  func anyOrder(seed: UInt64) throws {
    print("seed \(seed)")
    let store = try shop(seed: seed).engine.store
    var chance = SeededGenerator(seed: seed)
    var saved = SavedState(store)
    saved.sections.shuffle(using: &chance)
    #expect(try saved.load().stateHash() == store.stateHash())
  }

  @Test(
    "sections that are missing, doubled, out of place, of unknown kind or from later are refused")
  func damagedSections() throws {
    let saved = SavedState(try shop(seed: 4).engine.store)
    #expect(throws: SectionError.self) {
      var damaged = saved
      damaged.sections = []
      return try damaged.load()
    }
    for length in 0..<saved.head.count {
      var damaged = saved
      damaged.head = Array(saved.head.prefix(length))
      #expect(throws: SectionError.self) { try damaged.load() }
    }
    for place in saved.sections.indices {
      func refused(_ damage: (inout SavedState) -> Void) {
        var damaged = saved
        damage(&damaged)
        #expect(throws: SectionError.self) { try damaged.load() }
      }
      refused { $0.sections.remove(at: place) }
      refused { $0.sections.append($0.sections[place]) }
      refused { $0.sections[place].index += 1 }
      refused { $0.sections[place].index = .max }
      refused { $0.sections[place].kind = 99 }
      refused { $0.sections[place].changed = saved.sequence + 1 }
      refused { $0.sections[place].bytes.removeLast() }
    }
  }

  @Test("a head that counts more than can be is refused", arguments: [8, 16, 24, 32, -16, -8])
  func hugeCounts(offset: Int) throws {
    var saved = SavedState(try EngineHarness().engine.store)
    let offset = offset < 0 ? saved.head.count + offset : offset
    for byte in 0..<8 { saved.head[offset + byte] = 0xff }
    #expect(throws: SectionError.self) { try saved.load() }
    saved.head[offset + 7] = 0x7f
    #expect(throws: SectionError.self) { try saved.load() }
  }

  @Test(
    "a state with any one byte damaged is refused or answers without a trap", arguments: seeds(1))
  func damagedBytes(seed: UInt64) throws {
    print("seed \(seed)")
    var small = try EngineHarness()
    for number in 0..<20 { _ = small.record("c\(number % 7)", "\(number)", day: 19_000 + number) }
    _ = small.giveBack("c1", "1", as: "r", day: 19_500)
    _ = small.adopt()
    let saved = SavedState(small.engine.store)
    var chance = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      var damaged = saved
      let place = Int.random(in: -1..<saved.sections.count, using: &chance)
      let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &chance)
      if place < 0 {
        damaged.head[Int.random(in: damaged.head.indices, using: &chance)] ^= bit
      } else {
        // The used rows are at the front of each column; damage where it hurts.
        let count = damaged.sections[place].bytes.count
        damaged.sections[place].bytes[Int.random(in: 0..<min(400, count), using: &chance)] ^= bit
      }
      do {
        var shop = try EngineHarness(
          restoring: try damaged.load(), nowMicros: EngineHarness.noon(20_000))
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

  @Test("an engine assembled by tasks in any order finds everyone", arguments: seeds(1))
  func assembly(seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try shop(seed: seed, customers: 600)
    let assembly = EngineAssembly(shop.engine.store, indexKey: (11, 12))
    var chance = SeededGenerator(seed: seed)
    var parts: [EngineAssembly.Part] = []
    for task in (0..<assembly.taskCount).shuffled(using: &chance) {
      parts.append(try assembly.perform(task))
    }
    // By way of its parts, as it goes from one thread to another.
    var other = try EngineHarness(restoring: Store(), nowMicros: shop.nowMicros)
    other.engine = Engine(Engine(assembly, parts).dismantle())
    for number in 0..<601 {
      #expect(shop.score("customer-\(number)") == other.score("customer-\(number)"))
    }
    // The same orders again are known, new ones are not.
    let record = try #require(shop.journal.dropFirst(2).first)
    #expect(shop.send(record.frame.raw, RecordReply.self).body?.duplicates == 4000)
    #expect(other.send(record.frame.raw, RecordReply.self).body?.duplicates == 4000)
    #expect(other.record("customer-1", "new", day: 19_999).body?.recorded == 1)
  }

  @Test("a customer or an order that is there twice is refused")
  func doubles() throws {
    var shop = try EngineHarness()
    _ = shop.record((0..<300).map { ("c\(100 + $0)", "o", 19_000 + $0, Int64($0)) })
    let saved = SavedState(shop.engine.store)
    func place(_ kind: Section.Kind) throws -> Int {
      try #require(saved.sections.firstIndex { $0.kind == kind.rawValue })
    }
    var damaged = saved
    // Every identifier has a length byte and four letters: the second becomes the first.
    let identifiers = try place(.identifiers)
    for byte in 0..<5 {
      damaged.sections[identifiers].bytes[5 + byte] = damaged.sections[identifiers].bytes[byte]
    }
    #expect(throws: SectionError("customer 1 is there twice")) {
      _ = try EngineHarness(restoring: try damaged.load(), nowMicros: 0)
    }
    damaged = saved
    // The column of identities begins behind 4,096 amounts.
    let orders = try place(.orders)
    for byte in 0..<8 {
      damaged.sections[orders].bytes[4096 * 8 + 299 * 8 + byte] =
        damaged.sections[orders].bytes[4096 * 8 + 17 * 8 + byte]
    }
    #expect(throws: SectionError("order 299 is there twice")) {
      _ = try EngineHarness(restoring: try damaged.load(), nowMicros: 0)
    }
  }
}
