// Pipelining, order, deadlines, slow and half-closed connections: how a connection behaves whatever
// is asked on it.

import Client
import Foundation
import Platform
import Server
import Support
import Testing
import Wire

@Suite("Conversation")
struct ConversationTests {
  @Test("replies come in the order of the requests and repeat verb and tag")
  func pipelining() throws {
    let server = try LiveServer()
    try server.furnish()
    let connection = try server.connection()
    // Every verb but hello, mixed with a refusal, in one write.
    var sent: [(verb: UInt16, tag: UInt64)] = []
    var bytes: [UInt8] = []
    for round in 0..<20 {
      for verb in Verb.allCases where verb != .hello && verb != .fit {
        let tag = UInt64.max - UInt64(round * 100) - UInt64(verb.rawValue)
        bytes += try Frames.good(verb).with(tag, at: 8)
        sent.append((verb.rawValue, tag))
      }
      bytes += try Frames.ping(tag: UInt64(round)).with(UInt16(77), at: 4)
      sent.append((77, UInt64(round)))
    }
    try connection.send(bytes)
    for request in sent {
      let reply = try connection.expectReply()
      #expect(reply.header.verb == request.verb)
      #expect(reply.header.tag == request.tag)
      let verb = Verb(rawValue: request.verb)
      #expect(reply.status == verb.map { Frames.status(of: $0) } ?? .unsupportedVerb)
    }
  }

  @Test("ten thousand frames in one write get ten thousand replies")
  func flood() throws {
    let server = try LiveServer()
    let connection = try server.connection()
    // Replies of 32 bytes fit into the buffers between the two, so nobody has to read meanwhile.
    try connection.send((0..<10_000).flatMap { try Frames.ping(tag: $0) })
    for tag in 0..<UInt64(10_000) {
      let reply = try connection.expectReply()
      guard reply.header.tag == tag, reply.status == .ok else {
        Issue.record("reply \(reply.header.tag) came for request \(tag)")
        return
      }
    }
  }

  @Test("a frame that comes byte by byte is understood, and nobody waits for its sender")
  func byteByByte() throws {
    let server = try LiveServer()
    try server.furnish()
    let slow = try server.stranger()
    var other = try server.client()
    for byte in try Frames.hello() + Frames.score() {
      try slow.send([byte])
      _ = try other.ping()
    }
    #expect(try slow.expectReply().status == .ok)
    let reply = try slow.expectReply()
    #expect(try reply.body(ScoreReply.self) == other.score("C-1", Frames.terms))
  }

  @Test("a query sees every command that was sent before it on its connection")
  func readYourWrites() throws {
    let server = try LiveServer()
    try server.furnish()
    var client = try server.client()
    for number in 0..<50 {
      try client.send(
        .recordOrders, Frames.batch([Frames.order("new-\(number)", "1", day: 9)]))
      try client.send(
        .scoreOne, ScoreOneRequest(terms: Frames.terms, customer: "new-\(number)"))
    }
    for _ in 0..<50 {
      #expect(try client.receive(RecordReply.self).recorded == 1)
      #expect(try client.receive(ScoreReply.self).known)
    }
  }

  @Test("an acknowledged command is durable when its reply arrives")
  func durable() throws {
    let server = try LiveServer()
    var client = try server.client()
    for number in 0..<20 {
      let reply = try client.recordOrders(
        Frames.batch([Frames.order("c", "\(number)", day: 9)]))
      #expect(try client.status().durableSequence >= reply.sequence)
    }
  }

  @Test("a fit, a snapshot and a status with hash hold back the replies behind them")
  func longTasks() throws {
    let server = try LiveServer()
    try server.furnish()
    let connection = try server.connection()
    var bytes: [UInt8] = []
    for verb in [Verb.fit, .ping, .snapshot, .ping, .status, .ping, .fit, .fit, .snapshot] {
      bytes += try Frames.good(verb)
    }
    try connection.send(bytes)
    for verb in [Verb.fit, .ping, .snapshot, .ping, .status, .ping, .fit, .fit, .snapshot] {
      let reply = try connection.expectReply()
      #expect(Verb(rawValue: reply.header.verb) == verb)
      let refusal = try reply.refusal()
      #expect(refusal == nil, "\(verb)")
    }
  }

  @Test("a client that has shut down its sending gets all the replies it is owed")
  func halfClose() throws {
    let server = try LiveServer()
    try server.furnish()
    let connection = try server.connection()
    let verbs: [Verb] = [.recordOrders, .fit, .scoreOne, .snapshot, .status, .scoreMany]
    // The last frame is not whole: it is nobody's request.
    try connection.send(verbs.flatMap { try Frames.good($0) } + Frames.ping().dropLast())
    connection.finishSending()
    for verb in verbs {
      let reply = try connection.expectReply()
      #expect(Verb(rawValue: reply.header.verb) == verb)
      #expect(reply.status == .ok)
    }
    #expect(try connection.reply() == nil, "the server must close when all is said")
  }

  @Test("work that has not begun by its deadline is refused, and nothing is changed")
  func deadlines() throws {
    let server = try LiveServer()
    try server.furnish()
    let order = Frames.batch([Frames.order("late", "1", day: 9)])
    let connection = try server.connection()
    // The state's hash is needed first, and a fit of one customer takes some milliseconds at least:
    // the requests behind them wait for both.
    var bytes: [UInt8] = []
    for _ in 0..<4 { bytes += try Frames.fit() }
    bytes += try makeFrame(.recordOrders, order, tag: 1, deadlineMillis: 1)
    bytes += try Frames.ping(tag: 2, deadlineMillis: 60_000)
    bytes += try Frames.ping(tag: 3, deadlineMillis: 0)
    try connection.send(bytes)
    for _ in 0..<4 { #expect(try connection.expectReply().status == .ok) }
    let late = try #require(try connection.expectReply().refusal())
    #expect(late.status == .deadlineExceeded)
    #expect(late.offset == 16)
    #expect(try connection.expectReply().status == .ok)
    #expect(try connection.expectReply().status == .ok)
    var client = try server.client()
    #expect(try !client.score("late", Frames.terms).known)
  }

  @Test("a client that does not read harms nobody, and gets everything once it reads")
  func slowReader() throws {
    let server = try LiveServer()
    try server.furnish()
    let slow = try server.connection()
    // 60 replies of 160 kB are more than all buffers between the two hold. A horizon of a day has
    // one month to discount, which is quick.
    var terms = Frames.terms
    terms.horizonDays = 1
    let request = ScoreManyRequest(terms: terms, customers: (0..<2000).map { "c\($0)" })
    for tag in 0..<60 { try slow.send(makeFrame(.scoreMany, request, tag: UInt64(tag))) }

    var other = try server.client()
    for _ in 0..<20 {
      #expect(try other.score("C-1", Frames.terms).known)
    }
    let resident = try other.status().residentBytes
    #expect(resident < 200 << 20, "\(resident >> 20) MB are held for one who does not read")

    for tag in 0..<UInt64(60) {
      let reply = try slow.expectReply()
      #expect(reply.header.tag == tag)
      #expect(reply.frame.count == 32 + 2000 * ScoreReply.size)
    }
  }

  @Test("a client that goes away in the middle of everything is forgotten")
  func disappearing() throws {
    let server = try LiveServer()
    try server.furnish()
    for verb in Verb.allCases where verb != .hello {
      let connection = try server.connection()
      let frame = try Frames.good(verb)
      try connection.send(frame + frame.prefix(frame.count / 2))
    }
    var client = try server.client()
    var connections = UInt32.max
    for _ in 0..<400 where connections != 1 {
      usleep(5000)
      connections = try client.status().connections
    }
    #expect(connections == 1)
  }

  @Test(
    "one connection beyond connectionsMax is told that the server is overloaded",
    .enabled(if: filesMax() > 5000, "SKIPPED: this process may not open 5000 files"))
  func connectionsMax() throws {
    let server = try LiveServer()
    var crowd: [RawConnection] = []
    while crowd.count < ServerLimits.connectionsMax { crowd.append(try server.stranger()) }
    // The last of the crowd speaks, so all before it have been let in.
    #expect(try crowd[crowd.count - 1].ask(Frames.hello()).status == .ok)
    let surplus = try server.stranger()
    let refusal = try #require(try surplus.expectReply().refusal())
    #expect(refusal.status == .overloaded)
    surplus.finishSending()
    #expect(try surplus.reply() == nil)

    crowd.removeFirst(100)
    #expect(try crowd[0].ask(Frames.hello()).status == .ok)
    var letIn: RawReply?
    for _ in 0..<400 where letIn?.status != .ok {
      usleep(5000)
      letIn = try? server.stranger().ask(Frames.hello())
    }
    #expect(letIn?.status == .ok, "where somebody left there is room again")
  }
}

/// How many files this process, and so a server it starts, may open.
func filesMax() -> UInt64 {
  var limit = rlimit()
  // The kernel fills in one struct of its own layout.
  return unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    ? UInt64(limit.rlim_cur) : 0
}
