// Watches beside one another in a loop without threads: what each is told, what one keeps whose client does not
// read, and who comes, goes and comes again.

import Scoring
import Server
import Support
import Testing
import Wire

@Suite("Watches in a loop")
struct WatchStreamTests {
  /// A loop whose time goes on when the test says so.
  private struct Shop {
    let clock = SimulatedClock(calendarMicros: Frames.start + 300 * Frames.day)
    let harness: StreamHarness
    /// How many orders each customer has.
    private var orders: [String: Int64] = [:]
    /// What each line was told: members by what entered and left, and how often.
    var members: [Set<String>]
    var told: [[WatchReply]]

    init(clients: Int) throws {
      harness = try StreamHarness(clients: clients, clock: clock)
      members = Array(repeating: [], count: clients)
      told = Array(repeating: [], count: clients)
    }

    /// Each of these customers orders once more, on a day of its own.
    mutating func order(_ customers: [String]) {
      for start in stride(from: 0, to: customers.count, by: 4_000) {
        let rows = customers[start..<min(start + 4_000, customers.count)].map {
          orders[$0, default: 0] += 1
          return Frames.order($0, "o\(orders[$0] ?? 0)", day: orders[$0] ?? 0)
        }
        #expect(harness.loop.command(.recordOrders, Frames.batch(rows)) == nil)
      }
    }

    func watch(_ condition: String, on line: Int) throws {
      harness.send(
        try makeFrame(.watchCustomers, WatchRequest(condition: condition), tag: 5), on: line)
      try harness.turn(3)
    }

    /// Time for news, and turns in which they are found.
    func pass() throws {
      for _ in 0..<4 {
        clock.advance(micros: ServerLimits.newsMicros)
        try harness.turn(3)
      }
    }

    /// Reads what has come on a line, and takes over who entered and who left.
    mutating func read(_ line: Int) throws -> [WatchReply] {
      var found: [WatchReply] = []
      for reply in try harness.replies(line) where reply.header.tag == 5 {
        #expect(reply.status == .more)
        let part = try reply.body(WatchReply.self)
        for name in part.entered { #expect(members[line].insert(name).inserted, "\(name) entered") }
        for name in part.left { #expect(members[line].remove(name) != nil, "\(name) left") }
        found.append(part)
      }
      return found
    }
  }

  @Test("two watches are each told of their own condition, and a status tells of both")
  func two() throws {
    var shop = try Shop(clients: 3)
    shop.order(["a", "b", "b"])
    try shop.watch("orders >= 2", on: 0)
    try shop.watch("orders >= 3", on: 1)
    #expect(try shop.read(0).map(\.members) == [1] && shop.read(1).map(\.members) == [0])
    shop.order(["a", "b"])
    try shop.pass()
    let news = (try shop.read(0), try shop.read(1))
    #expect(news.0.map(\.entered) == [["a"]] && news.0.map(\.members) == [2])
    #expect(news.1.map(\.entered) == [["b"]] && news.1.map(\.members) == [1])
    func underWay() throws -> UInt32? {
      shop.harness.send(try Frames.status(hash: false, tag: 8), on: 2)
      try shop.harness.turn(2)
      return try shop.harness.replies(2).last?.body(StatusReply.self).repliesInParts
    }
    #expect(try underWay() == 2)
    // The one that is cancelled ends, the other is told on.
    shop.harness.send(try makeFrame(.cancel, CancelRequest(request: 5), tag: 6), on: 0)
    try shop.harness.turn(2)
    #expect(try shop.harness.replies(0).map(\.status) == [.cancelled, .ok])
    #expect(try underWay() == 1)
    shop.order(["a"])
    try shop.pass()
    #expect(try shop.read(1).map(\.entered) == [["a"]])
    #expect(try shop.harness.replies(0).isEmpty)
  }

  @Test("who leaves may enter again, and who was unknown before enters like everybody else")
  func again() throws {
    var shop = try Shop(clients: 1)
    shop.order(["a"])
    try shop.watch("orders == 2 or orders == 4", on: 0)
    #expect(try shop.read(0).map(\.isSettled) == [true])
    var told: [WatchReply] = []
    for _ in 0..<4 {
      shop.order(["a"])
      try shop.pass()
      told += try shop.read(0)
    }
    #expect(told.map(\.entered) == [["a"], [], ["a"], []])
    #expect(told.map(\.left) == [[], ["a"], [], ["a"]])
    // Two orders at once are no news: it held neither before nor holds after.
    shop.order(["b"])
    shop.order(["c", "c", "c"])
    try shop.pass()
    #expect(try shop.read(0).isEmpty)
    // More than one word of members beyond those who were there.
    let strangers = (0..<200).map { "s\($0)" }
    shop.order(strangers + strangers + ["b"])
    try shop.pass()
    #expect(try shop.read(0).flatMap(\.entered).sorted() == (strangers + ["b"]).sorted())
    #expect(shop.members[0].count == 201)
  }

  @Test("who does not read a watch takes bounded memory, and is told the truth when it reads again")
  func slowReader() throws {
    var shop = try Shop(clients: 1)
    // Every change of all of them is more than half a mebibyte of names.
    let customers = (0..<9_000).map { String(repeating: "x", count: 58) + "\(100_000 + $0)" }
    shop.order(customers)
    try shop.watch("orders == 2 or orders == 4 or orders == 6 or orders == 8", on: 0)
    #expect(try shop.read(0).last?.isSettled == true)
    let all = Set(customers)
    for round in 0..<7 {
      // The last round changes a part of them.
      shop.order(round < 6 ? customers : Array(customers.prefix(1_234)))
      try shop.pass()
    }
    // What the socket took and what waits in the outbox, without another step.
    let most = (64 << 10) + ServerLimits.streamOutboxSizeMax + StreamedParts.sizeMax
    shop.harness.clients.lines[0].roomMax = 100 << 20
    try shop.harness.turn(2, scans: false)
    let waiting = shop.harness.clients.lines[0].toClient.count
    #expect((ServerLimits.streamOutboxSizeMax / 2...most).contains(waiting), "\(waiting) bytes")
    let first = try shop.read(0)
    #expect(
      first.allSatisfy {
        ($0.entered.count + $0.left.count) * 65 <= StreamedParts.sizeMax
      }, "no part is larger than a step may be")
    for _ in 0..<4 {
      try shop.pass()
      _ = try shop.read(0)
    }
    // Of seven orders each all have one, those of the last round another: eight.
    #expect(shop.members[0] == Set(customers.prefix(1_234)) && shop.members[0] != all)
  }
}
