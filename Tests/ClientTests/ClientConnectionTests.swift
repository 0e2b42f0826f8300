// The connection that never waits, against a server that answers whatever the test wants.

import Client
import Platform
import Testing
import Wire

/// A door, one client behind it, and answers byte by byte.
private struct Puppet: ~Copyable {
  var transport: SocketTransport
  let address: SocketAddress
  var ready: [Readiness] = []

  init() throws {
    let listener = try TCPListener(address: .loopback(port: 0))
    let address = listener.address
    let transport = try SocketTransport(listener: listener)
    self.transport = transport
    self.address = address
  }

  /// Takes the client in and waits for its first bytes.
  mutating func accept() throws -> ConnectionHandle {
    while true {
      try transport.wait(timeoutMillis: 1_000, into: &ready)
      for event in ready {
        if case .listener = event, let connection = try transport.accept() { return connection }
      }
    }
  }

  mutating func send(_ connection: ConnectionHandle, _ buffer: borrowing ByteBuffer) {
    #expect(transport.send(connection, buffer.bytes) == .bytes(buffer.count))
  }
}

/// The bytes of one reply.
private func reply(
  _ verb: Verb, _ body: some Message, tag: UInt64, status: Status = .ok
) throws -> ByteBuffer {
  var out = ByteBuffer()
  let mark = Frame.begin(verb: verb.rawValue, status: status, tag: tag, in: &out)
  try body.write(to: &out)
  Frame.end(mark, in: &out)
  return out
}

/// Receives until a whole reply is there.
private func next(_ connection: inout ClientConnection) throws -> FrameHeader {
  for _ in 0..<1_000 {
    if let header = try connection.nextReply() { return header }
    if try connection.receiveReady() == 0 { try #require(try Pause.milliseconds(1)) }
  }
  throw ClientError.timedOut
}

/// Sleeps by waiting for nothing.
private enum Pause {
  static func milliseconds(_ count: Int32) throws -> Bool {
    var epoll = try Epoll(eventsMax: 1)
    return try epoll.wait(timeoutMillis: count) == 0
  }
}

@Suite("ClientConnection")
struct ClientConnectionTests {
  @Test("replies are cut whole from bytes that come one by one")
  func oneByOne() throws {
    var puppet = try Puppet()
    var client = try ClientConnection(connectingTo: puppet.address)
    let peer = try puppet.accept()
    let bytes = try reply(.ping, PingReply(timeMicros: 42), tag: 7)
    for offset in 0..<bytes.count {
      #expect(try client.nextReply() == nil)
      #expect(
        puppet.transport.send(peer, bytes.bytes.extracting(offset..<offset + 1)) == .bytes(1))
      while try client.receiveReady() == 0 { _ = try Pause.milliseconds(1) }
    }
    let header = try #require(try client.nextReply())
    #expect(header.tag == 7)
    #expect(try client.decode(PingReply.self).timeMicros == 42)
    #expect(try client.nextReply() == nil)
  }

  @Test("a refusal is thrown with its status, place and sentence")
  func refusal() throws {
    var puppet = try Puppet()
    var client = try ClientConnection(connectingTo: puppet.address)
    let peer = try puppet.accept()
    let refusal = Refusal(.noModel, at: 24, "fit one first")
    puppet.send(peer, try reply(.scoreOne, RefusalReply(refusal), tag: 1, status: .noModel))
    _ = try next(&client)
    #expect(throws: ClientError.refused(refusal)) { try client.decode(ScoreReply.self) }
  }

  @Test("a server that still reads its files refuses the hello, and says only how far it is")
  func loading() throws {
    var puppet = try Puppet()
    var client = try ClientConnection(connectingTo: puppet.address)
    let peer = try puppet.accept()
    let refusal = Refusal(.loading, "LOADING 43 %, ask again in a moment")
    puppet.send(peer, try reply(.hello, RefusalReply(refusal), tag: 0, status: .loading))
    do throws(ClientError) {
      _ = try client.greet(as: "test")
      Issue.record("the hello was accepted")
    } catch {
      #expect(error == .refused(refusal))
      #expect(error.description == "LOADING 43 %, ask again in a moment")
    }
  }

  @Test("a body that is longer, shorter or of another verb breaks the protocol")
  func wrongBodies() throws {
    var puppet = try Puppet()
    var client = try ClientConnection(connectingTo: puppet.address)
    let peer = try puppet.accept()
    puppet.send(peer, try reply(.ping, AdoptModelReply(sequence: 1, generation: 2), tag: 1))
    puppet.send(peer, try reply(.ping, Empty(), tag: 2))
    for _ in 0..<2 {
      _ = try next(&client)
      #expect {
        try client.decode(PingReply.self)
      } throws: { error in
        guard case .protocolBroken = error as? ClientError else { return false }
        return true
      }
    }
  }

  @Test(
    "bytes that are no frame, or too long a one, break the protocol",
    arguments: [
      [3, 0, 0, 0], [0xff, 0xff, 0xff, 0x7f], Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8),
    ] as [[UInt8]])
  func noFrame(bytes: [UInt8]) throws {
    var puppet = try Puppet()
    var client = try ClientConnection(connectingTo: puppet.address)
    let peer = try puppet.accept()
    var buffer = ByteBuffer()
    buffer.append(bytes: bytes.rawBytes)
    puppet.send(peer, buffer)
    #expect {
      _ = try next(&client)
    } throws: { error in
      guard case .protocolBroken = error as? ClientError else { return false }
      return true
    }
  }

  @Test("a request that does not fit leaves the outbox as it was")
  func tooLarge() throws {
    let puppet = try Puppet()
    var client = try ClientConnection(connectingTo: puppet.address)
    try client.enqueue(.ping, Empty(), tag: 1)
    let before = client.unsentBytes
    let order = RecordOrdersRequest.Order(
      customer: String(repeating: "c", count: 64), order: String(repeating: "o", count: 64),
      timeMicros: 0, amountMinor: 1)
    let batch = RecordOrdersRequest(
      currency: "USD", minorDigits: 2, orders: Array(repeating: order, count: 8_192))
    #expect(throws: ClientError.self) { try client.enqueue(.recordOrders, batch, tag: 2) }
    #expect(client.unsentBytes == before)
    let nameless = RecordOrdersRequest(
      currency: "USD", minorDigits: 2,
      orders: [.init(customer: "", order: "o", timeMicros: 0, amountMinor: 1)])
    #expect(throws: ClientError.self) { try client.enqueue(.recordOrders, nameless, tag: 2) }
    #expect(client.unsentBytes == before)
    _ = consume puppet
  }

  @Test("what came before the end counts, the end is told after it")
  func theEnd() throws {
    var puppet = try Puppet()
    var client = try ClientConnection(connectingTo: puppet.address)
    let peer = try puppet.accept()
    puppet.send(peer, try reply(.ping, PingReply(timeMicros: 1), tag: 1))
    puppet.transport.close(peer)
    #expect(try next(&client).tag == 1)
    #expect {
      _ = try next(&client)
    } throws: { error in
      guard case .connection = error as? ClientError else { return false }
      return true
    }
  }
}

@Suite("PatronClient")
struct PatronClientTests {
  @Test("a server that says nothing is given up when the time is up")
  func silence() throws {
    let listener = try TCPListener(address: .loopback(port: 0))
    #expect(throws: ClientError.timedOut) {
      _ = try PatronClient(connectingTo: listener.address, name: "test", timeoutMillis: 50)
    }
    _ = consume listener
  }

  @Test("where nobody listens there is no connection")
  func nobody() throws {
    let listener = try TCPListener(address: .loopback(port: 0))
    let address = listener.address
    _ = consume listener
    #expect {
      _ = try PatronClient(connectingTo: address, name: "test", timeoutMillis: 1_000)
    } throws: { error in
      guard case .connection = error as? ClientError else { return false }
      return true
    }
  }
}
