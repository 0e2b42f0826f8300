// A loop without threads, its scanner and its journal, and clients who do what bytes say: ask in parts, cancel, read
// slowly, hang up. Every request must be answered in its place, once, and whatever was begun must be freed.

import Durability
import Models
import Platform
import Scoring
import Server
import Support
import Wire

/// Each byte is a step: its lower half says what happens, its upper half to whom or how much.
func fuzzStream(_ choice: UInt8, _ bytes: [UInt8]) {
  do {
    var shop = try StreamShop(roomMax: 1 << (6 + Int(choice) % 12))
    shop.begin()
    var rest = bytes.prefix(400)
    while let step = rest.popFirst() {
      shop.take(step) { rest.popFirst() ?? 0 }
    }
    shop.settle()
  } catch {
    preconditionFailure("a loop in memory begins: \(error)")
  }
}

/// One client: what it sent, and what it waits for.
private struct StreamClient {
  var line: Int
  /// Sent and not answered, oldest first.
  var pending: [(tag: UInt64, verb: Verb)] = []
  /// The rest of a frame of which a part was sent.
  var held: [UInt8] = []
  /// Whether the reply before was ended by a cancel, so that the next one says so.
  var wasCancelled = false
}

private struct StreamShop: ~Copyable {
  private let clock = SimulatedClock(calendarMicros: SmallShop.now)
  private let ends = ManyClients(receiveSize: ServerLimits.receiveSize)
  private let scans: Mailbox<Scan>
  private let orders: Mailbox<JournalOrder>
  private var scanner: Scanner
  private var worker: JournalWorker
  private var loop: EventLoop<ManyClientsTransport>
  private var clients: [StreamClient] = []
  private var tag: UInt64 = 100
  private var orderCount = 0
  private var roomMax: Int

  private static let clientCount = 4
  private static let hello = SmallShop.frame(.hello, HelloRequest(client: "fuzz"))

  init(roomMax: Int) throws {
    // Whatever may fail comes first: a half-made value that cannot be copied cannot be undone.
    let (mailbox, works) = (try Mailbox<LoopMessage>(), try Mailbox<Work>())
    let (orders, scans) = (try Mailbox<JournalOrder>(), try Mailbox<Scan>())
    worker = try JournalWorker(
      recovering: SimulatedStorage(), JournalConfiguration(syncWindowMicros: 0, loadThreads: 1),
      clock: clock, randomness: SeededGenerator(seed: 1), reportingTo: mailbox)
    (self.orders, self.scans, self.roomMax) = (orders, scans, roomMax)
    scanner = Scanner(threads: nil, reportingTo: mailbox)
    loop = EventLoop(
      network: ManyClientsTransport(clients: ends), journal: orders, workbench: works,
      scanner: scans, mailbox: mailbox, clock: clock, snapshotEveryMicros: 0)
  }

  /// Has the loop read its empty disk, records the shop, and lets the clients in.
  mutating func begin() {
    for _ in 0..<100 where loop.loadingPercent != nil { turn() }
    for request in SmallShop.streamed {
      precondition(loop.command(request.verb, request.body) == nil, "the shop is as it was told")
    }
    for _ in 0..<Self.clientCount { connect() }
  }

  private mutating func connect() {
    var line = ManyClients.Line()
    line.roomMax = roomMax
    line.toServer = Self.hello
    ends.lines.append(line)
    clients.append(StreamClient(line: ends.lines.count - 1, pending: [(7, .hello)]))
  }

  // MARK: Steps

  mutating func take(_ step: UInt8, next: () -> UInt8) {
    let much = Int(step >> 4)
    let client = much % Self.clientCount
    switch step & 15 {
    case 0: ask(.selectCustomers, SmallShop.select("", wide: much >= 8), client)
    case 1: ask(.selectCustomers, SmallShop.select("segment == \"loyal\"", wide: false), client)
    case 2: ask(.countCustomers, SmallShop.count, client)
    case 3: ask(.readSegments, ReadSegmentsRequest(), client)
    case 4: ask(.watchCustomers, WatchRequest(condition: "orders >= 2"), client)
    case 5: cancel(clients[client].pending.first?.tag ?? 0, client)
    case 6: cancel(clients[client].pending.last?.tag ?? UInt64(next()), client)
    case 7: ask(.ping, Empty(), client)
    case 8: order(SmallShop.name(Int(next())), client)
    case 9: read(client)
    case 10: hangUp(client)
    case 11: for _ in 0...much { turn() }
    case 12: scan()
    case 13: clock.advance(micros: Int64(much + 1) * 30_000)
    case 14: split(Int(next()), client)
    default:
      let condition = ["orders >= 3", "", "orders >="][much % 3]
      ask(
        .defineSegments,
        DefineSegmentsRequest(segments: [
          SegmentFields(segment: "loyal", enters: condition, stays: "")
        ]), client)
    }
  }

  private mutating func ask(_ verb: Verb, _ request: some Message, _ client: Int) {
    // Whoever sends without reading is not read from any more, which other targets look at.
    guard clients[client].pending.count < 40 else { return }
    var frame = SmallShop.frame(verb, request)
    tag += 1
    frame.store(littleEndian: tag, at: 8)
    clients[client].pending.append((tag, verb))
    send(frame, client)
  }

  private mutating func send(_ bytes: [UInt8], _ client: Int) {
    let held = clients[client].held
    clients[client].held = []
    ends.lines[clients[client].line].toServer += held + bytes
  }

  private mutating func cancel(_ request: UInt64, _ client: Int) {
    ask(.cancel, CancelRequest(request: request), client)
  }

  private mutating func order(_ customer: String, _ client: Int) {
    orderCount += 1
    ask(.recordOrders, SmallShop.order(customer, "f\(orderCount)"), client)
  }

  /// The last bytes that were sent come later.
  private mutating func split(_ count: Int, _ client: Int) {
    let line = clients[client].line
    guard clients[client].held.isEmpty else { return send([], client) }
    let count = min(count, ends.lines[line].toServer.count)
    clients[client].held = Array(ends.lines[line].toServer.suffix(count))
    ends.lines[line].toServer.removeLast(count)
  }

  private mutating func hangUp(_ client: Int) {
    ends.lines[clients[client].line].isHungUp = true
    connect()
    clients.swapAt(client, clients.count - 1)
    clients.removeLast()
  }

  private mutating func turn() {
    guard (try? loop.turn()) != nil else { preconditionFailure("a loop in memory turns") }
    let waiting = orders.takeAll()
    if waiting.isEmpty { return }
    guard (try? worker.serve(waiting)) != nil else {
      preconditionFailure("a journal in memory is written")
    }
  }

  private mutating func scan() { _ = scanner.serve(scans.takeAll()) }

  // MARK: Replies

  /// Reads what is there, and holds each reply against the oldest request that waits.
  private mutating func read(_ client: Int) {
    let line = clients[client].line
    var bytes = ends.lines[line].read + ends.lines[line].toClient
    ends.lines[line].toClient = []
    while case .frame(let header)? = try? Frame.cut(bytes.rawBytes, sizeMax: Limits.frameSizeMax) {
      check(header, Array(bytes.prefix(header.frameSize)), client)
      bytes.removeFirst(header.frameSize)
    }
    ends.lines[line].read = bytes
  }

  private mutating func check(_ header: FrameHeader, _ frame: [UInt8], _ client: Int) {
    guard let (tag, verb) = clients[client].pending.first else {
      preconditionFailure("nothing is told unasked")
    }
    guard header.tag == tag, header.verb == verb.rawValue,
      let status = Status(rawValue: header.status)
    else { preconditionFailure("replies come in the order of their requests") }
    var reader = FrameReader(frame.rawBytes, from: FrameHeader.size)
    let isRead: Bool
    switch status {
    case .ok, .more:
      precondition(
        status == .ok || verb.isInParts, "only questions about customers are answered in parts")
      precondition(verb != .watchCustomers || status == .more, "a watch does not end by itself")
      isRead = SmallShop.canRead(&reader, of: verb) { wasUnderWay in
        precondition(wasUnderWay == clients[client].wasCancelled, "a cancel says what it did")
      }
    default:
      precondition(
        status != .cancelled || verb.isInParts, "only replies in parts can be cancelled")
      isRead = (try? RefusalReply(from: &reader)) != nil
    }
    precondition(isRead && reader.remaining == 0, "a reply can be read")
    if status == .more { return }
    clients[client].wasCancelled = status == .cancelled
    clients[client].pending.removeFirst()
  }

  // MARK: The end

  /// Lets everything come to its end: watches are cancelled, and whoever has asked behind one hangs up.
  mutating func settle() {
    roomMax = 1 << 30
    for client in clients.indices {
      send([], client)
      ends.lines[clients[client].line].roomMax = 1 << 30
    }
    for round in 0..<400 {
      for client in clients.indices { read(client) }
      for client in clients.indices where round % 40 == 39 {
        guard let first = clients[client].pending.first, first.verb == .watchCustomers else {
          continue
        }
        if clients[client].pending.count == 1 {
          cancel(first.tag, client)
        } else if clients[client].pending[1].verb != .cancel || round > 200 {
          hangUp(client)
        }
      }
      if clients.allSatisfy(\.pending.isEmpty) { break }
      turn()
      scan()
    }
    for client in clients {
      precondition(client.pending.isEmpty, "everything is answered: \(client.pending)")
    }
    // What was ended while the scanner had it is freed when it comes back.
    for _ in 0..<3 {
      turn()
      scan()
    }
    ask(.status, StatusRequest(withStateHash: false), 0)
    for _ in 0..<3 { turn() }
    var told: StatusReply?
    let bytes = ends.lines[clients[0].line].toClient
    var reader = FrameReader(bytes.rawBytes, from: FrameHeader.size)
    told = try? StatusReply(from: &reader)
    precondition(told?.repliesInParts == 0, "what has ended is freed")
  }
}

extension Verb {
  /// Whether it is answered in parts.
  fileprivate var isInParts: Bool {
    switch self {
    case .selectCustomers, .countCustomers, .readSegments, .watchCustomers: true
    default: false
    }
  }
}
