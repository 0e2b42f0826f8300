// Replies in parts of the scanner's: in order, in turns, as fast as they are read, ended by whoever ends them,
// and freed then.

import Scoring
import Server
import Support
import Testing
import Wire

@Suite("Stream")
struct StreamTests {
  private static func cancel(_ request: UInt64, tag: UInt64) throws -> [UInt8] {
    try makeFrame(.cancel, CancelRequest(request: request), tag: tag)
  }

  @Test("a reply in parts has its request's verb and tag, status more, and ok on its last part")
  func parts() throws {
    let harness = try StreamHarness(clients: 1)
    harness.begin(Countdown(9, steps: 300, harness.log), on: 0, tag: 77)
    let replies = try harness.readToEnd(0)
    #expect(replies.count == 600)
    for (place, reply) in replies.enumerated() {
      #expect(reply.header.verb == 51 && reply.header.tag == 77)
      #expect(reply.status == (place == 599 ? .ok : .more))
      #expect(Array(reply.frame[24..<27]) == [9, UInt8(place & 255), UInt8(place >> 8)])
    }
    #expect(harness.log.aliveCount == 0)
  }

  @Test("a part may be followed by a refusal, which ends the reply")
  func failure() throws {
    let harness = try StreamHarness(clients: 1)
    harness.begin(Countdown(9, steps: -1, harness.log), on: 0, tag: 77)
    #expect(try harness.readToEnd(0).map(\.status) == [.taskFailed])
    harness.send(try Frames.ping(tag: 2), on: 0)
    #expect(try harness.readToEnd(0).map(\.status) == [.ok])
    #expect(harness.log.aliveCount == 0)
  }

  @Test("who does not read holds up its own reply and nobody else, and takes no more memory")
  func slowReader() throws {
    let harness = try StreamHarness(clients: 2)
    let size = StreamedParts.sizeMax / 2 - 3
    harness.begin(Countdown(1, steps: 40, size: size, harness.log), on: 0, tag: 5)
    for tag in 1...200 as ClosedRange<UInt64> {
      harness.send(try Frames.score(tag: 2 * tag) + Frames.ping(tag: 2 * tag + 1), on: 1)
      try harness.turn(2)
      #expect(try harness.replies(1).map(\.header.tag) == [2 * tag, 2 * tag + 1])
    }
    // What the socket took, the outbox up to its limit, and one step more.
    let most = ServerLimits.streamOutboxSizeMax / StreamedParts.sizeMax + 2
    #expect((2...most).contains(harness.log.steps.count), "\(harness.log.steps.count) steps")
    let waiting = harness.log.steps.count
    // A little read is a little more told.
    #expect(harness.clients.lines[0].toClient.count == 64 << 10)
    harness.clients.lines[0].roomMax += 600 << 10
    try harness.turn(20)
    #expect(harness.log.steps.count == waiting + 1)
    harness.clients.lines[0].roomMax = 10 << 20
    let replies = try harness.readToEnd(0)
    #expect(replies.map { Int($0.frame[25]) } == Array(0..<80))
    #expect(replies.last?.status == .ok)
  }

  @Test("several replies take turns, step by step")
  func turns() throws {
    let harness = try StreamHarness(clients: 3)
    for mark in 0..<3 as Range<UInt8> {
      harness.begin(Countdown(mark, steps: 20, harness.log), on: Int(mark), tag: 1)
    }
    try harness.turn(60)
    #expect(harness.log.steps == (0..<20).flatMap { _ in [0, 1, 2] as [UInt8] })
  }

  @Test("a client that is gone frees its reply at once, or when the scanner gives it back")
  func gone() throws {
    let harness = try StreamHarness(clients: 3)
    // One whose step is under way, and one that waits because nothing was read.
    harness.begin(Countdown(1, steps: 9, harness.log), on: 0, tag: 1)
    harness.begin(
      Countdown(2, steps: 1000, size: StreamedParts.sizeMax / 2 - 3, harness.log), on: 1, tag: 1)
    try harness.turn(20, scans: false)
    try harness.turn(30)
    harness.begin(Countdown(3, steps: 9, harness.log), on: 2, tag: 1)
    try harness.turn(2, scans: false)
    #expect(harness.log.aliveCount == 2, "the first is told; the second waits, the third is away")
    harness.clients.lines[1].isHungUp = true
    harness.clients.lines[2].isHungUp = true
    try harness.turn(1, scans: false)
    #expect(harness.log.aliveCount == 1)
    try harness.turn(2)
    #expect(harness.log.aliveCount == 0)
    #expect(harness.clients.lines.map(\.isClosed) == [false, true, true])
  }

  @Test("a cancel ends the reply with cancelled, wherever its value is, and is answered behind it")
  func cancelled() throws {
    let harness = try StreamHarness(clients: 1)
    for isAway in [true, false] {
      harness.begin(Countdown(1, steps: 1000, harness.log), on: 0, tag: 5)
      try harness.turn(10)
      try harness.turn(isAway ? 2 : 0, scans: false)
      harness.send(try Self.cancel(5, tag: 6) + Frames.ping(tag: 7), on: 0)
      try harness.turn(2)
      let replies = try harness.replies(0)
      let parts = replies.prefix { $0.status == .more }
      #expect(parts.allSatisfy { $0.header.tag == 5 } && !parts.isEmpty)
      let rest = replies.dropFirst(parts.count)
      #expect(rest.map(\.header.tag) == [5, 6, 7])
      #expect(rest.map(\.status) == [.cancelled, .ok, .ok])
      #expect(try rest.dropFirst().first?.body(CancelReply.self).wasUnderWay == true)
      try harness.turn(2)
      #expect(harness.log.aliveCount == 0)
    }
  }

  @Test(
    "only a cancel of the reply under way is heeded before its end; all else waits in its place")
  func order() throws {
    let harness = try StreamHarness(clients: 1)
    harness.begin(Countdown(1, steps: 50, harness.log), on: 0, tag: 5)
    // The second cancel stands behind others, so it comes too late.
    let others = try Self.cancel(99, tag: 6) + Frames.ping(tag: 7) + Self.cancel(5, tag: 8)
    harness.send(others, on: 0)
    let pings = try (10..<6000 as Range<UInt64>).flatMap { try Frames.ping(tag: $0) }
    harness.send(pings, on: 0)
    try harness.turn(40)
    let left = harness.clients.lines[0].toServer.count
    #expect(left > 0 && pings.count - left < 2 * ServerLimits.receiveSize, "\(left)")
    var replies: [RawReply] = []
    for _ in 0..<1000 where replies.last?.header.tag != 5999 {
      try harness.turn()
      replies += try harness.replies(0)
    }
    let told = replies.drop { $0.status == .more }
    #expect(told.map(\.header.tag) == [5, 6, 7, 8] + Array(10..<6000))
    #expect(told.allSatisfy { $0.status == .ok })
    for reply in told.dropFirst() where reply.header.verb == Verb.cancel.rawValue {
      #expect(try !reply.body(CancelReply.self).wasUnderWay)
    }
  }

  @Test("a cancel that arrives byte by byte is heeded when it is whole")
  func slowCancel() throws {
    let harness = try StreamHarness(clients: 1)
    harness.begin(Countdown(1, steps: 10_000, harness.log), on: 0, tag: 5)
    for byte in try Self.cancel(5, tag: 6) {
      harness.send([byte], on: 0)
      try harness.turn()
    }
    try harness.turn(2)
    #expect(try harness.replies(0).suffix(2).map(\.status) == [.cancelled, .ok])
  }

  @Test("a client that has sent its last byte gets the rest of its reply")
  func halfClosed() throws {
    let harness = try StreamHarness(clients: 1)
    harness.begin(Countdown(1, steps: 30, harness.log), on: 0, tag: 5)
    harness.clients.lines[0].hasEnded = true
    let replies = try harness.readToEnd(0)
    #expect(replies.count == 60 && replies.last?.status == .ok)
    try harness.turn(2)
    #expect(harness.clients.lines[0].isClosed)
  }

  @Test("a server that stops refuses the rest with shutting down, and does not wait for its reader")
  func draining() throws {
    let harness = try StreamHarness(clients: 2)
    harness.begin(Countdown(1, steps: 1000, harness.log), on: 0, tag: 5)
    harness.begin(
      Countdown(2, steps: 1000, size: StreamedParts.sizeMax / 2 - 3, harness.log), on: 1, tag: 6)
    try harness.turn(20)
    harness.clients.hasTermination = true
    try harness.turn(4)
    #expect(try harness.replies(0).last?.status == .shuttingDown)
    #expect(harness.log.aliveCount == 0)
    harness.clients.lines[1].roomMax = 10 << 20
    try harness.turn(2)
    #expect(try harness.replies(1).last?.status == .shuttingDown)
    #expect(harness.clients.lines.map(\.isClosed) == [true, true])
  }

  @Test("one reply in parts beyond streamsMax is refused, and there is room when another has ended")
  func most() throws {
    let most = ServerLimits.streamsMax
    let harness = try StreamHarness(clients: most + 1)
    for line in 0...most { harness.begin(Countdown(1, steps: 3, harness.log), on: line, tag: 1) }
    #expect(harness.log.aliveCount == most)
    #expect(try harness.readToEnd(most).map(\.status) == [.overloaded])
    for line in 0..<most { #expect(try harness.readToEnd(line).last?.status == .ok) }
    harness.begin(Countdown(1, steps: 3, harness.log), on: most, tag: 1)
    #expect(try harness.readToEnd(most).last?.status == .ok)
  }

  @Test("replies that are begun and ended all the time keep no more than streamsMax values")
  func churn() throws {
    let harness = try StreamHarness(clients: 1)
    var refused = 0
    for tag in 1...100 as ClosedRange<UInt64> {
      harness.begin(Countdown(1, steps: 9, harness.log), on: 0, tag: tag)
      // The scanner is slow: what it was given stays there.
      try harness.turn(1, scans: false)
      harness.send(try Self.cancel(tag, tag: 1000), on: 0)
      try harness.turn(2, scans: false)
      refused += try harness.replies(0).filter { $0.status == .overloaded }.count
      #expect(harness.log.aliveCount <= ServerLimits.streamsMax)
    }
    #expect(refused == 100 - ServerLimits.streamsMax)
    try harness.turn(2)
    #expect(harness.log.aliveCount == 0)
  }
}
