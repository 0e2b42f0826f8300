// One turn of the loop, with all that a client has sent in its hands: how much of it is done before others
// have theirs.

import Durability
import Platform
import Scoring
import Server
import Support
import Testing
import Wire

@Suite("Turn")
struct TurnTests {
  /// One client who has sent everything and reads everything.
  private final class Wires {
    var sent: [UInt8] = []
    var replies: [UInt8] = []
    var isConnected = false
  }

  private struct OneClient: Transport, ~Copyable {
    static let handle = ConnectionHandle(slot: 0, generation: 1)
    let wires: Wires

    mutating func wait(timeoutMillis: Int32, into ready: inout [Readiness]) {
      ready = [.mailbox]
      if !wires.isConnected { ready.append(.listener) }
      if wires.isConnected && !wires.sent.isEmpty {
        ready.append(
          .connection(Self.handle, isReadable: true, isWritable: true, isHungUp: false))
      }
    }

    mutating func accept() -> ConnectionHandle? {
      if wires.isConnected { return nil }
      wires.isConnected = true
      return Self.handle
    }

    mutating func receive(
      _ connection: ConnectionHandle, into bytes: inout MutableRawSpan
    ) -> Transfer {
      let count = min(bytes.byteCount, wires.sent.count)
      if count == 0 { return .wouldBlock }
      for place in 0..<count {
        bytes.storeBytes(of: wires.sent[place], toByteOffset: place, as: UInt8.self)
      }
      wires.sent.removeFirst(count)
      return .bytes(count)
    }

    mutating func send(_ connection: ConnectionHandle, _ bytes: RawSpan) -> Transfer {
      wires.replies.append(bytes: bytes)
      return .bytes(bytes.byteCount)
    }

    mutating func stopAccepting() {}
    mutating func setInterest(_ interest: Interest, of connection: ConnectionHandle) {}
    mutating func close(_ connection: ConnectionHandle) {}
  }

  /// The tags of the replies that each turn gave, once the loop has its state and a client has sent all.
  private func tags(of frames: [[UInt8]]) throws -> [[UInt64]] {
    let wires = Wires()
    let mailbox = try Mailbox<LoopMessage>()
    let (orders, works) = (try Mailbox<JournalOrder>(), try Mailbox<Work>())
    let clock = SimulatedClock()
    _ = try JournalWorker(
      recovering: SimulatedStorage(),
      JournalConfiguration(syncWindowMicros: 0, loadThreads: 1), clock: clock,
      randomness: SeededGenerator(seed: 1), reportingTo: mailbox)
    var loop = EventLoop(
      network: OneClient(wires: wires), journal: orders, workbench: works,
      scanner: try Mailbox<Scan>(), mailbox: mailbox, clock: clock, snapshotEveryMicros: 0)
    wires.sent = try Frames.hello()
    while wires.replies.isEmpty || loop.loadingPercent != nil { try loop.turn() }
    // Without models a query is refused, and not gathered.
    #expect(loop.command(.declareShop, Frames.utc) == nil)
    #expect(loop.command(.adoptModel, AdoptModelRequest(model: Frames.model)) == nil)
    wires.sent = frames.flatMap(\.self)
    var turns: [[UInt64]] = []
    while turns.flatMap(\.self).count < frames.count {
      wires.replies = []
      try loop.turn()
      var tags: [UInt64] = []
      let replies = wires.replies
      var rest = replies.rawBytes
      while case .frame(let header) = try Frame.cut(rest, sizeMax: Limits.frameSizeMax) {
        tags.append(header.tag)
        rest = rest.extracting(droppingFirst: header.frameSize)
      }
      turns.append(tags)
      try #require(turns.count < 20, "\(turns)")
    }
    return turns
  }

  @Test(
    "queries of one connection are answered in one turn up to queriesPerTurnMax, in their order")
  func queries() throws {
    let count = UInt64(ServerLimits.queriesPerTurnMax) + 10
    let frames = try (1...count).map { try Frames.score("c\($0)", tag: $0) }
    let turns = try tags(of: frames)
    #expect(turns.map(\.count).filter { $0 > 0 } == [ServerLimits.queriesPerTurnMax, 10])
    #expect(turns.flatMap(\.self) == Array(1...count))
  }

  @Test("other requests are executed up to framesPerTurnMax, also between queries")
  func others() throws {
    let pings = UInt64(ServerLimits.framesPerTurnMax) + 6
    let frames = try (1...pings).flatMap { number in
      [try Frames.score(tag: 2 * number), try Frames.ping(tag: 2 * number + 1)]
    }
    let turns = try tags(of: frames)
    // One more query is taken before the first ping that has to wait.
    let first = 2 * ServerLimits.framesPerTurnMax + 1
    #expect(turns.map(\.count).filter { $0 > 0 } == [first, frames.count - first])
    #expect(turns.flatMap(\.self) == Array(2...2 * pings + 1))
  }
}
