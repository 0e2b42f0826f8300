// Requests for more scores than one frame holds: what they are answered with, how much of a turn they take,
// how large they may be, and how many of the large ones there may be.

import Client
import Server
import Support
import Testing
import Wire

@Suite("Batch")
struct BatchTests {
  private static let customers = 3000

  /// An identifier of so many bytes.
  private static func name(_ number: Int, size: Int = 5) -> String {
    let digits = "\(number)"
    return String(repeating: "c", count: size - digits.utf8.count) + digits
  }

  /// A loop that knows some of the customers.
  private func shop(clients: Int, stepMicros: Int64 = 0) throws -> StreamHarness {
    let harness = try StreamHarness(
      clients: clients, clock: HastyClock(stepMicros: stepMicros))
    let orders = (0..<Self.customers).map { number in
      Frames.order(
        Self.name(number / 2), "\(number)", day: Int64(number % 97), Int64(100 + number % 1009))
    }
    #expect(harness.loop.command(.recordOrders, Frames.batch(orders)) == nil)
    return harness
  }

  private func request(
    _ names: [String], tag: UInt64 = 5, deadlineMillis: UInt32 = 0
  ) throws -> [UInt8] {
    var out = ByteBuffer()
    let mark = Frame.begin(
      verb: Verb.scoreMany.rawValue, tag: tag, deadlineMillis: deadlineMillis, in: &out)
    try ScoreManyRequest(terms: Frames.terms, customers: names).write(to: &out)
    Frame.end(mark, in: &out, sizeMax: Limits.batchFrameSizeMax)
    return array(out.bytes)
  }

  private func scores(_ replies: [RawReply]) throws -> [ScoreReply] {
    try replies.flatMap { try $0.body(ScoreManyReply.self).scores }
  }

  @Test(
    "100,000 customers in one request are scored as one by one, in their order, over all parts",
    arguments: [1 as UInt64])
  func many(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let names = (0..<Limits.customersMax).map { _ in
      Self.name(Int.random(in: 0..<Self.customers, using: &generator))
    }
    let harness = try shop(clients: 2, stepMicros: 70)
    for number in 0..<Self.customers {
      harness.send(try Frames.score(Self.name(number), tag: UInt64(number)), on: 1)
    }
    var known: [String: ScoreReply] = [:]
    while known.count < Self.customers {
      try harness.turn()
      for reply in try harness.replies(1) {
        known[Self.name(Int(reply.header.tag))] = try reply.body(ScoreReply.self)
      }
    }
    harness.send(try request(names), on: 0)
    let replies = try harness.readToEnd(0)
    #expect(replies.allSatisfy { $0.header.tag == 5 && $0.header.verb == 33 })
    #expect(replies.dropLast().allSatisfy { $0.status == .more })
    #expect(replies.last?.status == .ok)
    let scores = try scores(replies)
    #expect(scores.count == names.count)
    let wrong = zip(names, scores).filter { known[$0] != $1 }
    #expect(wrong.isEmpty, "\(wrong.count) of them, first \(wrong.prefix(1))")
    #expect(Set(scores.map(\.known)) == [true, false])
  }

  @Test("a slice takes no more than a turn's share, and others are answered between two of them")
  func share() throws {
    let step: Int64 = 50
    let harness = try shop(clients: 2, stepMicros: step)
    harness.send(try request((0..<20_000).map { Self.name($0) }), on: 0)
    var parts: [RawReply] = []
    for tag in 1...1000 as ClosedRange<UInt64> where parts.last?.status != .ok {
      harness.send(try Frames.ping(tag: tag), on: 1)
      try harness.turn()
      #expect(try harness.replies(1).map(\.header.tag) == [tag])
      parts += try harness.replies(0)
    }
    #expect(parts.last?.status == .ok)
    // The clock is looked at behind every 64 customers.
    let most = 64 * (Int(ServerLimits.workPerTurnMicros / step) + 1)
    let counts = try parts.map { try $0.body(ScoreManyReply.self).scores.count }
    #expect(counts.allSatisfy { $0 <= most }, "\(counts.max() ?? 0) in a turn")
    #expect(counts.reduce(0, +) == 20_000)
  }

  @Test("two of them take turns")
  func turns() throws {
    let harness = try shop(clients: 2)
    for line in 0..<2 {
      harness.send(try request((0..<30_000).map { Self.name($0) }), on: line)
    }
    var told = [0, 0]
    for _ in 0..<30 {
      try harness.turn()
      for line in 0..<2 { told[line] += try harness.replies(line).count }
      #expect(abs(told[0] - told[1]) <= 1, "\(told)")
    }
    #expect(told[0] > 9 && told[0] < 22, "\(told)")
  }

  @Test("who does not read the scores keeps a bounded part of them waiting, and harms nobody")
  func slowReader() throws {
    let harness = try shop(clients: 2)
    harness.send(try request((0..<Limits.customersMax).map { Self.name($0, size: 9) }), on: 0)
    for tag in 1...300 as ClosedRange<UInt64> {
      harness.send(try Frames.score(tag: tag), on: 1)
      try harness.turn()
      #expect(try harness.replies(1).map(\.header.tag) == [tag])
    }
    #expect(harness.clients.lines[0].toClient.count == 64 << 10)
    // All that waits in the outbox leaves in one turn.
    harness.clients.lines[0].roomMax = 100 << 20
    try harness.turn()
    let waited = harness.clients.lines[0].toClient.count
    #expect(waited > ServerLimits.streamOutboxSizeMax)
    #expect(waited < ServerLimits.streamOutboxSizeMax + Limits.frameSizeMax + 64 << 10)
    #expect(try scores(harness.readToEnd(0)).count == Limits.customersMax)
  }

  @Test("all parts are of the model at the beginning, and of the orders at their own time")
  func moments() throws {
    let harness = try shop(clients: 1)
    let names = (0..<10_000).map { _ in Self.name(2999) }
    harness.send(try request(names), on: 0)
    try harness.turn(5)
    #expect(harness.loop.command(.adoptModel, AdoptModelRequest(model: Frames.model)) == nil)
    let order = Frames.batch([Frames.order(Self.name(2999), "new", day: 9)])
    #expect(harness.loop.command(.recordOrders, order) == nil)
    let scores = try scores(harness.readToEnd(0))
    #expect(scores.count == names.count)
    #expect(Set(scores.map(\.generation)) == [1])
    #expect(scores.first?.known == false && scores.last?.known == true)
  }

  @Test("it can be cancelled between two parts, and what stands behind it is done then")
  func cancelled() throws {
    let harness = try shop(clients: 1)
    harness.send(try request((0..<50_000).map { Self.name($0) }), on: 0)
    try harness.turn(25)
    harness.send(try makeFrame(.cancel, CancelRequest(request: 5), tag: 6), on: 0)
    harness.send(try Frames.ping(tag: 7), on: 0)
    var replies: [RawReply] = []
    for _ in 0..<20 {
      try harness.turn()
      replies += try harness.replies(0)
    }
    #expect(replies.first?.status == .more)
    #expect(replies.suffix(3).map(\.header.tag) == [5, 6, 7])
    #expect(replies.suffix(3).map(\.status) == [.cancelled, .ok, .ok])
    #expect(replies.count < 40)
  }

  @Test("a deadline that has passed refuses it before work begins")
  func late() throws {
    let clock = SimulatedClock()
    let harness = try StreamHarness(clients: 1, clock: clock)
    for (wait, status) in [(99, Status.ok), (100, .deadlineExceeded)] as [(Int64, Status)] {
      harness.begin(Countdown(1, steps: 9, harness.log), on: 0, tag: 1)
      let names = (0..<2000).map { Self.name($0) }
      harness.send(try request(names, deadlineMillis: 100), on: 0)
      try harness.turn(2)
      clock.advance(micros: wait * 1000)
      var replies = try harness.readToEnd(0)
      while replies.last?.header.tag == 1 { replies = try harness.readToEnd(0) }
      #expect(replies.last?.status == status)
    }
  }

  // MARK: Size

  @Test("a length beyond what the verb may have is refused as soon as length and verb are there")
  func lengths() throws {
    let batch = UInt32(Limits.batchFrameSizeMax - 4)
    let many = Verb.scoreMany.rawValue
    let cases: [(length: UInt32, verb: UInt16, sent: Int, isGreeted: Bool, Status?)] = [
      (batch + 1, many, 4, true, .frameTooLarge), (batch, many, 4, true, nil),
      (batch, many, 6, true, nil), (batch, many, 24, true, nil),
      (batch, Verb.recordOrders.rawValue, 5, true, nil),
      (batch, Verb.recordOrders.rawValue, 6, true, .frameTooLarge),
      (UInt32(Limits.frameSizeMax - 3), Verb.ping.rawValue, 6, true, .frameTooLarge),
      (UInt32(Limits.frameSizeMax - 4), Verb.ping.rawValue, 6, true, nil),
      (batch, many, 4, false, .frameTooLarge), (batch, 999, 6, true, .frameTooLarge),
    ]
    for (length, verb, sent, isGreeted, status) in cases {
      let harness = try StreamHarness(clients: isGreeted ? 1 : 0)
      if !isGreeted {
        harness.clients.lines.append(.init())
        try harness.turn()
      }
      let frame = try Frames.ping().with(length, at: 0).with(verb, at: 4)
      harness.send(Array(frame.prefix(sent)), on: 0)
      try harness.turn(3)
      let replies = try harness.replies(0).map(\.status)
      #expect(
        replies == (status.map { [$0] } ?? []), "\(length) bytes of verb \(verb), \(sent) here")
    }
  }

  @Test("few connections hold a large request; one more is refused, passed over, and goes on")
  func large() throws {
    let most = ServerLimits.batchesMax
    let harness = try shop(clients: most + 2)
    let frame = try request((0..<Limits.customersMax).map { Self.name($0, size: 20) })
    #expect(frame.count > Limits.frameSizeMax)
    let begun = frame.count * 3 / 4
    for line in 0..<most { harness.send(Array(frame.prefix(begun)), on: line) }
    try harness.turn(40)
    // A query before it is answered before it.
    let surplus = try Frames.score(tag: 1) + frame + Frames.ping(tag: 9)
    harness.send(surplus, on: most)
    try harness.turn(60)
    let replies = try harness.replies(most)
    #expect(replies.map(\.header.tag) == [1, 5, 9])
    #expect(replies.map(\.status) == [.ok, .overloaded, .ok])
    // Whoever goes away makes room, and so does who is answered.
    harness.clients.lines[0].isHungUp = true
    for line in [most, most + 1] {
      try harness.turn()
      harness.send(frame, on: line)
      let scores = try scores(harness.readToEnd(line))
      #expect(scores.count == Limits.customersMax)
    }
    harness.send(Array(frame.dropFirst(begun)), on: 1)
    #expect(try scores(harness.readToEnd(1)).count == Limits.customersMax)
  }

  @Test("a client that is gone in the middle of its scores leaves its room to others")
  func gone() throws {
    let most = max(ServerLimits.batchesMax, ServerLimits.streamsMax)
    let harness = try shop(clients: most + 1)
    let frame = try request((0..<Limits.customersMax).map { Self.name($0, size: 20) })
    for line in 0..<most {
      harness.send(frame, on: line)
      try harness.turn(frame.count / ServerLimits.receiveSize + 3)
      #expect(harness.clients.lines[line].toClient.count == 64 << 10)
      harness.clients.lines[line].isHungUp = true
      try harness.turn()
    }
    harness.send(frame, on: most)
    #expect(try scores(harness.readToEnd(most)).count == Limits.customersMax)
  }

  @Test("a large request that is refused leaves the connection and its room")
  func refused() throws {
    let harness = try shop(clients: 1)
    let frame = try request((0..<Limits.customersMax).map { Self.name($0, size: 20) })
    for _ in 0...ServerLimits.batchesMax {
      harness.send(frame.with(UInt32(Limits.customersMax + 1), at: 56), on: 0)
      #expect(try harness.readToEnd(0).map(\.status) == [.invalidField])
    }
    harness.send(frame, on: 0)
    #expect(try scores(harness.readToEnd(0)).count == Limits.customersMax)
  }

  // MARK: With a real server

  @Test("the client gets 100,000 scores with one call, or stops in the middle, and goes on")
  func client() throws {
    let server = try LiveServer()
    try server.furnish()
    var client = try server.client()
    let names = (0..<Limits.customersMax).map { $0 % 1000 == 7 ? "C-1" : Self.name($0, size: 64) }
    let scores = try client.scoreMany(names, Frames.terms)
    #expect(
      scores.indices.filter { scores[$0].known } == Array(stride(from: 7, to: 100_000, by: 1000)))
    var told = 0
    try client.scoreMany(names, Frames.terms) {
      told += $0.count
      return told < 10_000
    }
    #expect((10_000..<90_000).contains(told), "\(told)")
    let one = try client.score("C-1", Frames.terms)
    // A table made meanwhile may change the tenth digit.
    #expect(one.known && abs(one.lifetimeValue - scores[7].lifetimeValue) < 1e-6)
    // Who asks for a whole reply where parts come does not go on with half of one.
    let request = ScoreManyRequest(terms: Frames.terms, customers: names)
    #expect(throws: ClientError.self) {
      _ = try client.ask(.scoreMany, request, for: ScoreManyReply.self)
    }
  }
}
