// A loop with several clients in memory who read as fast as a test says, and analyses that count how often
// they went on and whether they are still there. No tests here.

import Durability
import Models
import Platform
import Scoring
import Server
import Support
import Synchronization
import Testing
import Wire

extension ManyClients {
  /// Reads all there is on a line.
  ///
  /// - Returns: the whole replies among it.
  func replies(_ line: Int) throws -> [RawReply] {
    var found: [RawReply] = []
    let bytes = lines[line].read + lines[line].toClient
    lines[line].toClient = []
    var rest = bytes.rawBytes
    while case .frame(let header) = try Frame.cut(rest, sizeMax: Limits.frameSizeMax) {
      found.append(RawReply(header: header, frame: array(rest.extracting(first: header.frameSize))))
      rest = rest.extracting(droppingFirst: header.frameSize)
    }
    lines[line].read = array(rest)
    return found
  }
}

/// What analyses did, and how many of them there are.
final class StreamLog: Sendable {
  private let marks = Mutex<[UInt8]>([])
  private let alive = Mutex(0)

  var steps: [UInt8] { marks.withLock { $0 } }
  var aliveCount: Int { alive.withLock { $0 } }

  func note(_ mark: UInt8) { marks.withLock { $0.append(mark) } }
  func count(_ change: Int) { alive.withLock { $0 += change } }
}

/// An analysis that tells numbers, so many bytes with each, and keeps something that can be missed.
struct Countdown: StreamedAnalysis {
  private final class Changed: Sendable {}

  private final class Token: Sendable {
    let log: StreamLog
    init(_ log: StreamLog) {
      self.log = log
      log.count(1)
    }
    deinit { log.count(-1) }
  }

  let mark: UInt8
  let size: Int
  /// What a step changes; a copy of it would be noticed.
  private var changed = Changed()
  var told = 0
  var steps: Int
  private let token: Token

  init(_ mark: UInt8, steps: Int, size: Int = 100, _ log: StreamLog) {
    self.mark = mark
    self.steps = steps
    self.size = size
    token = Token(log)
  }

  mutating func advance(on crew: any FitCrew) throws(Refusal) -> StreamedParts {
    token.log.note(isKnownUniquelyReferenced(&changed) ? mark : 255)
    steps -= 1
    if steps < 0 { throw Refusal(.taskFailed, "it was to fail") }
    // Two parts a step, numbered.
    let bodies = (0..<2).map { part in
      [mark, UInt8((told + part) & 255), UInt8((told + part) >> 8)]
        + [UInt8](repeating: mark, count: size)
    }
    told += 2
    return StreamedParts(bodies, isEnd: steps == 0)
  }
}

/// The loop, its scanner and its clients, one step after the other.
final class StreamHarness {
  let clients = ManyClients(receiveSize: ServerLimits.receiveSize)
  let scans: Mailbox<Scan>
  var scanner: Scanner
  let clock: any Clock
  let log = StreamLog()
  var loop: EventLoop<ManyClientsTransport>

  /// A loop with a model, and so many clients whose hello was accepted.
  init(clients count: Int, clock: any Clock = SimulatedClock()) throws {
    let mailbox = try Mailbox<LoopMessage>()
    let (orders, works) = (try Mailbox<JournalOrder>(), try Mailbox<Work>())
    let scans = try Mailbox<Scan>()
    _ = try JournalWorker(
      recovering: SimulatedStorage(),
      JournalConfiguration(syncWindowMicros: 0, loadThreads: 1), clock: clock,
      randomness: SeededGenerator(seed: 1), reportingTo: mailbox)
    self.scans = scans
    self.clock = clock
    scanner = Scanner(threads: nil, reportingTo: mailbox)
    loop = EventLoop(
      network: ManyClientsTransport(clients: clients), journal: orders, workbench: works,
      scanner: scans, mailbox: mailbox, clock: clock, snapshotEveryMicros: 0)
    while loop.loadingPercent != nil { try loop.turn() }
    #expect(loop.command(.declareShop, Frames.utc) == nil)
    #expect(loop.command(.adoptModel, AdoptModelRequest(model: Frames.model)) == nil)
    for line in 0..<count {
      clients.lines.append(.init())
      clients.lines[line].toServer = try Frames.hello()
    }
    try turn()
    try turn()
    for line in 0..<count { #expect(try replies(line).map(\.status) == [.ok]) }
  }

  /// Turns, and has the scanner take its steps behind each unless told otherwise.
  func turn(_ count: Int = 1, scans serves: Bool = true) throws {
    for _ in 0..<count {
      try loop.turn()
      if serves { _ = scanner.serve(scans.takeAll()) }
    }
  }

  func send(_ bytes: [UInt8], on line: Int) { clients.lines[line].toServer += bytes }

  func replies(_ line: Int) throws -> [RawReply] { try clients.replies(line) }

  /// Begins a reply in parts, as if a request with verb 51 had come.
  func begin(_ analysis: Countdown, on line: Int, tag: UInt64) {
    loop.begin(
      .stream(analysis), for: ConnectionHandle(slot: line, generation: 1), verb: 51, tag: tag)
  }

  /// Turns and reads until a reply that ends one has come.
  func readToEnd(_ line: Int) throws -> [RawReply] {
    var found: [RawReply] = []
    for _ in 0..<20_000 {
      found += try replies(line)
      if let last = found.last, last.status != .more { return found }
      try turn()
    }
    throw ConnectionEnded()
  }
}

/// A clock that goes on whenever somebody looks at it, so that time is used up without waiting.
final class HastyClock: Clock {
  private let time = Mutex<Int64>(0)
  let stepMicros: Int64

  init(stepMicros: Int64) { self.stepMicros = stepMicros }

  func monotonicMicros() -> Int64 {
    time.withLock {
      $0 += stepMicros
      return $0
    }
  }

  func calendarMicros() -> Int64 { Frames.start + 300 * Frames.day }
}
