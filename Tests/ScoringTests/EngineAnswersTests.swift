// Exactly once: commands with a key that come again, across snapshots and replays, and what is
// forgotten.

import Support
import Testing
import Wire

@testable import Scoring

@Suite("Engine: answers")
struct EngineAnswersTests {
  private static func key(_ number: UInt64, producer: UInt64 = 7) -> CommandKey {
    CommandKey(producer: producer, number: number)
  }

  private static func batch(
    _ orders: [(customer: String, order: String)], key: CommandKey, minor: Int64 = 100
  ) -> RecordOrdersRequest {
    RecordOrdersRequest(
      key: key, currency: "EUR", minorDigits: 2,
      orders: orders.map {
        .init(
          customer: $0.customer, order: $0.order, timeMicros: EngineHarness.noon(19_500),
          amountMinor: minor)
      })
  }

  /// A shop whose answers fill few blocks.
  private static func shop(halfBlocksMax: Int = 768) throws -> EngineHarness {
    var shop = try EngineHarness()
    shop.engine.store.answers = AnswerLog(halfBlocksMax: halfBlocksMax)
    return shop
  }

  @Test("a command that comes again is answered as before and changes nothing")
  func again() throws {
    var shop = try Self.shop()
    // The second row is refused and the third a duplicate: the answer tells of both for ever.
    var batch = Self.batch([("a", "1"), ("b", "1"), ("a", "1")], key: Self.key(1))
    batch.orders[1].timeMicros = -1
    let first = shop.ask(.recordOrders, batch, RecordReply.self)
    #expect(
      first
        == .ok(
          RecordReply(
            sequence: 2, recorded: 1, duplicates: 1,
            refused: [.init(row: 1, status: .timeOutOfRange)])))
    _ = shop.record("c", "1", day: 19_500)
    let (hash, sequence, count) = (
      shop.engine.store.stateHash(), shop.engine.sequence, shop.journal.count
    )
    for _ in 0..<3 {
      #expect(shop.ask(.recordOrders, batch, RecordReply.self) == first)
      #expect(shop.wasRepeated == true)
    }
    #expect(shop.engine.store.stateHash() == hash)
    #expect(shop.engine.sequence == sequence)
    #expect(shop.journal.count == count)
    // Without a key, or with another one, it is a new command.
    batch.key = Self.key(2)
    #expect(shop.ask(.recordOrders, batch, RecordReply.self).body?.duplicates == 2)
    batch.key = .none
    for _ in 0..<2 {
      #expect(shop.ask(.recordOrders, batch, RecordReply.self).body?.duplicates == 2)
      #expect(shop.wasRepeated == false)
    }
    #expect(shop.engine.sequence == sequence + 3)
  }

  @Test("every command can have a key")
  func everyCommand() throws {
    var shop = try EngineHarness(declared: nil)
    func twice<Reply: Message & Equatable>(
      _ verb: Verb, _ request: some Message, _ reply: Reply.Type
    ) -> Bool {
      let first = shop.ask(verb, request, reply)
      let before = shop.engine.sequence
      let isSame = first.body != nil && shop.ask(verb, request, reply) == first
      return isSame && shop.wasRepeated && shop.engine.sequence == before
    }
    var declaration = EngineHarness.utc
    declaration.key = Self.key(1)
    #expect(twice(.declareShop, declaration, Empty.self))
    #expect(
      twice(.recordOrders, Self.batch([("a", "1")], key: Self.key(2)), RecordReply.self))
    let returns = RecordReturnsRequest(
      key: Self.key(3), currency: "EUR", minorDigits: 2,
      returns: [
        .init(
          customer: "a", order: "1", returned: "r", timeMicros: EngineHarness.noon(19_501),
          amountMinor: 0)
      ])
    #expect(twice(.recordReturns, returns, RecordReply.self))
    let adoption = AdoptModelRequest(key: Self.key(4), model: EngineHarness.parameters)
    #expect(twice(.adoptModel, adoption, AdoptModelReply.self))
    #expect(shop.engine.generation == 1)
    _ = shop.adopt()
    #expect(
      twice(.putBackModel, PutBackModelRequest(key: Self.key(5)), AdoptModelReply.self))
    #expect(shop.engine.generation == 3)
    let consents = RecordConsentsRequest(
      key: Self.key(6),
      consents: [
        .init(
          customer: "a",
          Consent(.email, .marketing, .denied, timeMicros: EngineHarness.noon(19_501)))
      ])
    #expect(twice(.recordConsents, consents, RecordReply.self))
    let profiles = RecordProfilesRequest(
      key: Self.key(7),
      profiles: [.init(customer: "a", ProfileChange(country: .set("FR")))])
    #expect(twice(.recordProfiles, profiles, RecordReply.self))
    let events = RecordEventsRequest(
      key: Self.key(8), currency: "EUR", minorDigits: 2,
      events: [
        .init(
          customer: "a", identifier: "e",
          Event(.cartEmptied, timeMicros: EngineHarness.noon(19_501)))
      ])
    #expect(twice(.recordEvents, events, RecordReply.self))
    let lines = RecordOrderLinesRequest(
      key: Self.key(9), currency: "EUR", minorDigits: 2,
      lines: [.init(customer: "a", order: "1", line: 1, category: "x", amountMinor: 1)])
    #expect(twice(.recordOrderLines, lines, RecordReply.self))
    let catalogue = PutCatalogueRequest(
      key: Self.key(10), catalogue: EngineHarness.catalogue([EngineHarness.offer("a")]))
    #expect(twice(.putCatalogue, catalogue, CatalogueChangeReply.self))
    let pause = AmendOfferRequest(key: Self.key(11), offer: "a", state: .paused)
    #expect(twice(.amendOffer, pause, CatalogueChangeReply.self))
    let outcomes = RecordOutcomesRequest(
      key: Self.key(12), currency: "EUR", minorDigits: 2,
      outcomes: [.init(decision: "x", identifier: "o", kind: .shown, timeMicros: 0)])
    #expect(twice(.recordOutcomes, outcomes, RecordReply.self))
    let segments = DefineSegmentsRequest(
      key: Self.key(13),
      segments: [SegmentFields(segment: "loyal", enters: "orders >= 3", stays: "orders >= 2")])
    #expect(twice(.defineSegments, segments, DefineSegmentsReply.self))
    // Decisions are remembered whole, in a log of their own; what the server decided has no key.
    let others = Verb.allCases.filter { $0.isCommand && $0 != .decide && !$0.isInternal }
    #expect(others.count == 13, "a new command belongs into this test")
  }

  @Test("a key that is used again for something else is refused, and the first answer stays")
  func reused() throws {
    var shop = try Self.shop()
    let batch = Self.batch([("a", "1")], key: Self.key(1))
    let first = shop.ask(.recordOrders, batch, RecordReply.self)
    let hash = shop.engine.store.stateHash()
    for other in [
      Self.batch([("a", "2")], key: Self.key(1)),
      Self.batch([("a", "1")], key: Self.key(1), minor: 101),
      Self.batch([("a", "1"), ("a", "1")], key: Self.key(1)),
    ] {
      #expect(shop.ask(.recordOrders, other, RecordReply.self) == .refused(.keyReused))
    }
    let adoption = AdoptModelRequest(key: Self.key(1), model: EngineHarness.parameters)
    #expect(shop.ask(.adoptModel, adoption, AdoptModelReply.self) == .refused(.keyReused))
    #expect(shop.engine.store.stateHash() == hash)
    #expect(shop.engine.generation == 0)
    #expect(shop.ask(.recordOrders, batch, RecordReply.self) == first)
    // Both halves of a key count.
    for key in [Self.key(2), Self.key(1, producer: 8), Self.key(7, producer: 1)] {
      let other = Self.batch([("x", "\(key)")], key: key)
      #expect(shop.ask(.recordOrders, other, RecordReply.self).body?.recorded == 1)
    }
  }

  @Test("a refused command is not remembered: its key is free, and it may succeed later")
  func refused() throws {
    var shop = try EngineHarness(declared: nil)
    let batch = Self.batch([("a", "1")], key: Self.key(1))
    #expect(shop.ask(.recordOrders, batch, RecordReply.self) == .refused(.notDeclared))
    #expect(shop.ask(.recordOrders, batch, RecordReply.self) == .refused(.notDeclared))
    _ = shop.ask(.declareShop, EngineHarness.utc, Empty.self)
    #expect(shop.ask(.recordOrders, batch, RecordReply.self).body?.recorded == 1)
    #expect(shop.ask(.recordOrders, batch, RecordReply.self).body?.recorded == 1)
    #expect(shop.wasRepeated == true)
  }

  @Test("a command whose frame ends within its key is malformed", arguments: [0, 1, 8, 15])
  func shortKey(size: Int) throws {
    var shop = try EngineHarness()
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: Verb.adoptModel.rawValue, tag: 1, in: &frame)
    for _ in 0..<size { frame.append(UInt8(1)) }
    Frame.end(mark, in: &frame)
    #expect(shop.send(frame.bytes, AdoptModelReply.self) == .refused(.malformed))
  }

  @Test(
    "repeats are known after a trip through the sections and after a replay, in every half",
    arguments: seeds(1))
  func survival(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var shop = try Self.shop(halfBlocksMax: 2)
    var answers: [(batch: RecordOrdersRequest, answer: Answer<RecordReply>)] = []
    var restored = try EngineHarness(restoring: Store(), nowMicros: shop.nowMicros)
    var from: UInt64 = 0
    // Many refused rows make long answers, so that both halves have turned over a few times.
    for number in 1...100 {
      var batch = Self.batch(
        (0..<Int.random(in: 1...1000, using: &chance)).map { ("c\($0 % 5)", "\(number)/\($0)") },
        key: Self.key(UInt64(number)))
      for row in batch.orders.indices where row % 7 != 0 { batch.orders[row].timeMicros = -1 }
      answers.append((batch, shop.ask(.recordOrders, batch, RecordReply.self)))
      if number == 70 {
        from = shop.engine.sequence
        restored = try EngineHarness(
          restoring: try shop.engine.store.reloaded(), nowMicros: shop.nowMicros)
        #expect(restored.engine.store.answers.halves.allSatisfy { !$0.blocks.isEmpty })
      }
    }
    for record in shop.journal where record.sequence > from {
      try restored.engine.replay(
        sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.raw)
    }
    #expect(SavedState(restored.engine.store).head == SavedState(shop.engine.store).head)
    #expect(SavedState(restored.engine.store).sections == SavedState(shop.engine.store).sections)
    var remembered = 0
    for (batch, answer) in answers.reversed() {
      guard shop.engine.answer(to: batch.key) != nil else { break }
      remembered += 1
      #expect(shop.ask(.recordOrders, batch, RecordReply.self) == answer)
      #expect(shop.wasRepeated == true)
      #expect(restored.ask(.recordOrders, batch, RecordReply.self) == answer)
      #expect(restored.wasRepeated == true)
    }
    // Those before the first that is forgotten are forgotten too, on both.
    #expect((20..<100).contains(remembered))
    for (batch, _) in answers.dropLast(remembered) {
      #expect(shop.engine.answer(to: batch.key) == nil)
      #expect(restored.engine.answer(to: batch.key) == nil)
    }
  }

  @Test("what was forgotten is a new command, also when it is replayed by one who remembers more")
  func forgotten() throws {
    var shop = try Self.shop(halfBlocksMax: 1)
    let batch = Self.batch([("a", "1")], key: Self.key(1))
    #expect(shop.ask(.recordOrders, batch, RecordReply.self).body?.recorded == 1)
    var number: UInt64 = 1
    while shop.engine.answer(to: Self.key(1)) != nil {
      number += 1
      let other = Self.batch([("a", "\(number)")], key: Self.key(number))
      #expect(shop.ask(.recordOrders, other, RecordReply.self).body?.recorded == 1)
    }
    #expect(shop.ask(.recordOrders, batch, RecordReply.self).body?.duplicates == 1)
    #expect(shop.wasRepeated == false)
    var replayed = try Engine(Store(), indexKey: (1, 2))
    for record in shop.journal {
      try replayed.replay(
        sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.raw)
    }
    #expect(replayed.store.stateHash() == shop.engine.store.stateHash())
    #expect(replayed.sequence == shop.engine.sequence)
  }

  @Test("the last half is always remembered, whatever comes", arguments: [1, 3])
  func guarantee(halfBlocksMax: Int) throws {
    var shop = try Self.shop(halfBlocksMax: halfBlocksMax)
    // A reply without refused rows has 20 bytes.
    let promised = UInt64(halfBlocksMax * (AnswerHalf.blockSize / 44))
    for number in 1...(promised * 5 / 2) {
      let batch = Self.batch([("a", "\(number % 10)")], key: Self.key(number))
      _ = shop.ask(.recordOrders, batch, RecordReply.self)
      if number % 97 == 0 || number % promised < 3 {
        let oldest = number > promised ? number - promised + 1 : 1
        #expect(shop.engine.answer(to: Self.key(oldest)) != nil)
        #expect(shop.engine.answer(to: Self.key(number)) != nil)
        #expect(shop.engine.answer(to: Self.key(number + 1)) == nil)
      }
    }
    #expect(shop.engine.store.answers.size <= 2 * halfBlocksMax * AnswerHalf.blockSize)
  }

  @Test("a million ordinary answers and a hundred thousand more are always remembered")
  func million() {
    let answers = AnswerLog()
    #expect(2 * answers.halfBlocksMax * AnswerHalf.blockSize == Limits.answersSizeMax)
    #expect(answers.halfBlocksMax * (AnswerHalf.blockSize / 44) >= 1_100_000)
    // With a refused row.
    #expect(answers.halfBlocksMax * (AnswerHalf.blockSize / 50) >= 1_000_000)
  }

  @Test("the longest reply to a command fits into a block and is answered again")
  func longest() throws {
    var shop = try Self.shop(halfBlocksMax: 1)
    let largest = RecordReply(
      refused: (0..<UInt32(Limits.rowsMax)).map { .init(row: $0, status: .timeOutOfRange) })
    var body = ByteBuffer()
    largest.write(to: &body)
    #expect(body.count <= AnswerHalf.replySizeMax)
    for number in 1...4 as ClosedRange<UInt64> {
      var batch = Self.batch(
        (0..<Limits.rowsMax).map { ("a", "\($0)") }, key: Self.key(number))
      for row in batch.orders.indices { batch.orders[row].timeMicros = -1 }
      let first = shop.ask(.recordOrders, batch, RecordReply.self)
      #expect(first.body?.refused == largest.refused)
      #expect(shop.ask(.recordOrders, batch, RecordReply.self) == first)
    }
  }

  @Test("the state's hash is the same with keys and repeats and without")
  func stateHash() throws {
    var plain = try EngineHarness()
    var keyed = try EngineHarness()
    for number in 1...50 as ClosedRange<UInt64> {
      var batch = Self.batch([("c\(number % 7)", "\(number)")], key: .none)
      _ = plain.ask(.recordOrders, batch, RecordReply.self)
      batch.key = Self.key(number)
      for _ in 0..<3 { _ = keyed.ask(.recordOrders, batch, RecordReply.self) }
    }
    #expect(keyed.engine.sequence == plain.engine.sequence)
    #expect(keyed.engine.store.answers.size > 0)
    #expect(keyed.engine.store.stateHash() == plain.engine.store.stateHash())
  }

  @Test(
    "answers with any one byte damaged are refused or answer without a trap", arguments: seeds(1))
  func damaged(seed: UInt64) throws {
    print("seed \(seed)")
    var chance = SeededGenerator(seed: seed)
    var shop = try Self.shop()
    for number in 1...30 as ClosedRange<UInt64> {
      let batch = Self.batch([("a", "\(number)")], key: Self.key(number))
      _ = shop.ask(.recordOrders, batch, RecordReply.self)
    }
    let saved = SavedState(shop.engine.store)
    let place = try #require(
      saved.sections.firstIndex { $0.kind == Section.Kind.answers.rawValue })
    for _ in 0..<300 {
      var damaged = saved
      let byte = Int.random(in: 0..<(31 * 44), using: &chance)
      damaged.sections[place].bytes[byte] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &chance)
      do {
        var again = try EngineHarness(restoring: try damaged.load(), nowMicros: shop.nowMicros)
        for number in 1...31 as ClosedRange<UInt64> {
          let batch = Self.batch([("a", "\(number)")], key: Self.key(number))
          _ = again.ask(.recordOrders, batch, RecordReply.self)
        }
      } catch is SectionError {
        continue
      }
    }
  }
}
