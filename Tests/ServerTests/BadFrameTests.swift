// What a server says to bad frames, and that nothing else happens. The frames are in BadFrames.

import Client
import Platform
import Support
import Testing
import Wire

@Suite("BadFrame")
struct BadFrameTests {
  @Test("a bad frame is refused with status, place and sentence, and changes nothing")
  func refusals() throws {
    let server = try LiveServer()
    try server.furnish()
    let before = try server.stateHash()
    // It works through all the frames without ever noticing one.
    var other = try server.client()
    let score = try other.score("C-1", Frames.terms)

    for bad in BadFrame.all {
      let connection = try bad.isGreeted ? server.connection() : server.stranger()
      let reply = try connection.ask(try bad.bytes())
      let refusal = try #require(try reply.refusal(), "\(bad.name): accepted")
      #expect(refusal.status == bad.status, "\(bad.name): \(refusal)")
      #expect(refusal.offset == bad.offset, "\(bad.name): \(refusal)")
      #expect(refusal.sentence.count > 10, "\(bad.name): \(refusal)")
      #expect(reply.header.deadlineMillis == 0, "\(bad.name)")
      if bad.status.closes {
        // Otherwise the server waits a second, so that its reply is not lost to a reset.
        connection.finishSending()
        #expect(try connection.reply() == nil, "\(bad.name): the connection must close")
      } else {
        #expect(reply.header.tag == 7, "\(bad.name)")
        let next = try connection.ask(bad.isGreeted ? Frames.ping(tag: 8) : Frames.hello())
        #expect(next.status == .ok, "\(bad.name): the connection must go on")
      }
      #expect(try other.score("C-1", Frames.terms) == score, "\(bad.name): the others are harmed")
      #expect(
        try other.status(withStateHash: true).stateHash == before, "\(bad.name): the state changed")
    }
  }

  @Test(
    "a body that ends early is malformed wherever it ends",
    arguments: Verb.allCases.filter { !$0.isInternal })
  func truncations(_ verb: Verb) throws {
    let server = try LiveServer()
    try server.furnish()
    let before = try server.stateHash()
    let good = try Frames.good(verb)
    let connection = try server.connection()

    // A model may end behind gamma or behind the calibration: it is a plainer one then.
    let plainSize = FrameHeader.size + CommandKey.size + ModelFields.headSize
    let ends = [plainSize, good.count - ChurnLayerFields.headSize]
    for size in FrameHeader.size..<good.count where verb != .adoptModel || !ends.contains(size) {
      let refusal = try #require(try connection.ask(good.cut(to: size)).refusal(), "size \(size)")
      #expect(refusal.status == .malformed, "size \(size): \(refusal)")
      #expect((24...UInt32(size)).contains(refusal.offset ?? 0), "size \(size): \(refusal)")
    }
    let refusal = try #require(try connection.ask(good.extended).refusal())
    #expect(refusal.status == .malformed)
    #expect(refusal.offset == UInt32(good.count), "\(refusal)")
    #expect(try server.stateHash() == before)
  }

  @Test("rows with impossible times are refused one by one and name no day")
  func times() throws {
    let server = try LiveServer()
    var client = try server.client()
    let now = try client.ping()
    let times: [Int64] = [
      -1, Int64.min, Int64.max, (Int64(Limits.dayMax) + 1) * Frames.day, now + 3 * Frames.day,
    ]
    let before = try server.stateHash()
    let orders = times.map {
      RecordOrdersRequest.Order(customer: "c", order: "\($0)", timeMicros: $0, amountMinor: 1)
    }
    let reply = try client.recordOrders(Frames.batch(orders))
    #expect(reply.recorded == 0)
    #expect(
      reply.refused
        == times.indices.map { .init(row: UInt32($0), status: .timeOutOfRange) })
    #expect(try server.stateHash() == before)
    #expect(try client.status().currency.isEmpty, "a batch without a good row declares nothing")
  }

  @Test("any bytes at all end in a refusal or silence, never in harm", arguments: seeds(8))
  func noise(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let server = try LiveServer()
    try server.furnish()
    let before = try server.stateHash()
    for _ in 0..<40 {
      // A good query or a command of the wrong size, with a few bytes changed: near misses reach
      // deeper than noise does. Verbs that may succeed and change the state are left out.
      let verbs: [Verb] = [.hello, .ping, .status, .scoreOne, .scoreMany]
      var frame = try Frames.good(verbs[Int(random.next() % 5)])
      for _ in 0..<(1 + random.next() % 4) {
        let offset = Int(random.next() % UInt64(frame.count))
        if offset >= 4 && offset < 6 { continue }
        frame[offset] = UInt8(truncatingIfNeeded: random.next())
      }
      let connection = try server.connection()
      try connection.send(frame)
      connection.finishSending()
      while try connection.reply() != nil {}
    }
    #expect(try server.stateHash() == before)
  }
}
