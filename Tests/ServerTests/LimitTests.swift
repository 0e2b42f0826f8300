// The server at its limits: the largest frames, too many long tasks, clients that never read, and
// operators without patience.

import Client
import Foundation
import Platform
import Server
import Support
import Testing
import Wire

@Suite("Limit")
struct LimitTests {
  @Test("a frame of exactly frameSizeMax bytes is taken")
  func largestFrame() throws {
    // The head takes 49 bytes, 8,000 rows of 131 or 132 bytes the rest.
    let orders = (0..<8000).map { number in
      let order = "\(number)".padding(
        toLength: number < 527 ? 50 : 49, withPad: "-", startingAt: 0)
      let customer = "\(number % 100)".padding(toLength: 64, withPad: "=", startingAt: 0)
      return Frames.order(customer, order, day: Int64(number % 90))
    }
    let frame = try makeFrame(.recordOrders, Frames.batch(orders))
    #expect(frame.count == Limits.frameSizeMax)
    let server = try LiveServer()
    let reply = try server.connection().ask(frame).body(RecordReply.self)
    #expect(reply.recorded == 8000)
    let hash = try server.stateHash()
    try server.crash()
    try server.start()
    #expect(try server.stateHash() == hash)
  }

  @Test("many connections with large batches at once lose nothing in a crash")
  func largeBatches() throws {
    let server = try LiveServer()
    var connections: [RawConnection] = []
    for number in 0..<6 {
      let orders = (0..<3000).map { row in
        Frames.order("customer \(number) \(row % 300)", "\(row)", day: Int64(row % 60))
      }
      let connection = try server.connection()
      try connection.send(makeFrame(.recordOrders, Frames.batch(orders)))
      connections.append(connection)
    }
    for connection in connections {
      #expect(try connection.expectReply().body(RecordReply.self).recorded == 3000)
    }
    let hash = try server.stateHash()
    try server.crash()
    try server.start()
    #expect(try server.stateHash() == hash)
    var client = try server.client()
    #expect(try client.status().orders == 18_000)
  }

  @Test("more long tasks than may wait are told that the server is overloaded")
  func longTasks() throws {
    let server = try LiveServer()
    try server.record(SmallShop(customers: 300).orders())
    let connections = try (0..<40).map { _ in try server.connection() }
    for connection in connections { try connection.send(Frames.fit()) }
    var statuses: [Status?: Int] = [:]
    for connection in connections { statuses[try connection.expectReply().status, default: 0] += 1 }
    // The first ones may be done before the last ones ask.
    #expect(statuses[.ok, default: 0] >= ServerLimits.errandsMax, "\(statuses)")
    #expect(statuses[.overloaded, default: 0] > 0, "\(statuses)")
    #expect(statuses.count == 2, "\(statuses)")
    // And there is room again afterwards.
    #expect(try connections[39].ask(Frames.fit()).status == .ok)
  }

  @Test("idle connections do not hold up the end")
  func idle() throws {
    let server = try LiveServer()
    let connections = try (0..<20).map { _ in try server.connection() }
    let strangers = try (0..<20).map { _ in try server.stranger() }
    // Half a frame is nobody's request.
    for connection in connections.prefix(5) { try connection.send(Frames.ping().dropLast(3)) }
    let begin = SystemClock().monotonicMicros()
    let exit = try server.stop()
    #expect(exit.code == 0, "\(exit)")
    #expect(SystemClock().monotonicMicros() - begin < ServerLimits.drainMicros)
    for connection in connections + strangers { #expect(try connection.reply() == nil) }
  }

  @Test("a client that does not read its replies delays the end by drainMicros and no more")
  func stubborn() throws {
    let server = try LiveServer()
    try server.furnish()
    let connection = try server.connection()
    var terms = Frames.terms
    terms.horizonDays = 1
    let request = ScoreManyRequest(terms: terms, customers: (0..<2000).map { "c\($0)" })
    for _ in 0..<60 { try connection.send(makeFrame(.scoreMany, request)) }
    var other = try server.client()
    _ = try other.recordOrders(Frames.batch([Frames.order("C-1", "3", day: 80)]))
    let hash = try server.stateHash()
    let begin = SystemClock().monotonicMicros()
    #expect(try server.stop().code == 0)
    // Generous, for machines under load; without a limit it would never end.
    #expect(SystemClock().monotonicMicros() - begin < 3 * ServerLimits.drainMicros)
    try server.start()
    #expect(try server.stateHash() == hash)
  }

  @Test("who asks to end twice gets an end at once, and loses nothing that was acknowledged")
  func impatience() throws {
    let server = try LiveServer()
    try server.furnish()
    let hash = try server.stateHash()
    let connection = try server.connection()
    var terms = Frames.terms
    terms.horizonDays = 1
    let request = ScoreManyRequest(terms: terms, customers: (0..<2000).map { "c\($0)" })
    for _ in 0..<60 { try connection.send(makeFrame(.scoreMany, request)) }
    // It answers others, so it is in its loop.
    _ = try server.stateHash()
    server.signal(SIGTERM)
    usleep(300_000)
    server.signal(SIGTERM)
    let exit = try server.waitForExit()
    #expect(exit.code == 1 && !exit.wasKilled, "\(exit)")
    #expect(exit.errors.contains("twice"), "\(exit)")
    try server.start()
    #expect(try server.stateHash() == hash)
  }
}
