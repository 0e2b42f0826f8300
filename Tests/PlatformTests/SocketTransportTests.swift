// The real network: accepting, receiving, sending, closing, and running out of descriptors.

import Glibc
import Platform
import Testing

@Suite("SocketTransport")
struct SocketTransportTests {
  private func makeTransport() throws -> SocketTransport {
    try SocketTransport(listener: TCPListener(address: .loopback(port: 0)))
  }

  /// Waits for the first thing that is ready.
  private func next(_ transport: inout SocketTransport) throws -> Readiness? {
    var ready: [Readiness] = []
    try transport.wait(timeoutMillis: 2_000, into: &ready)
    return ready.first
  }

  private func accept(_ transport: inout SocketTransport) throws -> ConnectionHandle {
    #expect(try next(&transport) == .listener)
    let accepted = try transport.accept()
    let none = try transport.accept()
    #expect(none == nil)
    return try #require(accepted)
  }

  private func receive(_ transport: inout SocketTransport, _ handle: ConnectionHandle)
    -> (Transfer, [UInt8])
  {
    var bytes = [UInt8](repeating: 0, count: 64)
    var span = bytes.mutableSpan
    var raw = span.mutableRawBytes
    let transfer = transport.receive(handle, into: &raw)
    guard case .bytes(let count) = transfer else { return (transfer, []) }
    return (transfer, [UInt8](bytes[..<count]))
  }

  @Test("bytes go there and back")
  func echo() throws {
    var transport = try makeTransport()
    #expect(transport.address.port != 0)
    let client = try TCPSocket(connectingTo: transport.address)
    let handle = try accept(&transport)
    #expect(receive(&transport, handle).0 == .wouldBlock)

    try client.send(all: [1, 2, 3].rawBytes)
    #expect(
      try next(&transport)
        == .connection(handle, isReadable: true, isWritable: false, isHungUp: false))
    #expect(receive(&transport, handle).1 == [1, 2, 3])
    #expect(transport.send(handle, [4, 5].rawBytes) == .bytes(2))
    var bytes = [UInt8](repeating: 0, count: 8)
    var span = bytes.mutableSpan
    var raw = span.mutableRawBytes
    #expect(try client.receive(into: &raw, timeoutMillis: 2_000) == 2)
    #expect(bytes.prefix(2) == [4, 5])

    client.finishSending()
    #expect(
      try next(&transport)
        == .connection(handle, isReadable: true, isWritable: false, isHungUp: false))
    #expect(receive(&transport, handle).0 == .closed)
  }

  @Test("a handle whose connection is closed touches nobody else's")
  func staleHandles() throws {
    var transport = try makeTransport()
    let first = try TCPSocket(connectingTo: transport.address)
    let old = try accept(&transport)
    transport.close(old)
    let second = try TCPSocket(connectingTo: transport.address)
    let new = try accept(&transport)
    #expect(new.slot == old.slot && new != old)
    #expect(transport.send(old, [1].rawBytes) == .closed)
    #expect(receive(&transport, old).0 == .closed)
    transport.close(old)
    transport.setInterest([], of: old)
    #expect(transport.send(new, [1].rawBytes) == .bytes(1))
    _ = (first.peer, second.peer)
  }

  @Test("writing is told when it is asked for, and a full socket says so")
  func writeInterest() throws {
    var transport = try makeTransport()
    let client = try TCPSocket(connectingTo: transport.address)
    let handle = try accept(&transport)
    transport.setInterest([.read, .write], of: handle)
    #expect(
      try next(&transport)
        == .connection(handle, isReadable: false, isWritable: true, isHungUp: false))
    let bytes = [UInt8](repeating: 9, count: 1 << 20)
    var sent = 0
    while case .bytes(let count) = transport.send(handle, bytes.rawBytes) { sent += count }
    #expect(transport.send(handle, bytes.rawBytes) == .wouldBlock)
    #expect(sent < 8 << 20, "the kernel must not take megabytes for a silent client")
    _ = client.peer
  }

  @Test("a mailbox wakes the loop, an address is given once, a closed door lets nobody in")
  func mailboxAndDoor() throws {
    let mailbox = try Mailbox<Int>()
    var transport = try SocketTransport(
      listener: TCPListener(address: .loopback(port: 0)),
      mailboxDescriptor: mailbox.descriptorNumber)
    mailbox.post(1)
    #expect(try next(&transport) == .mailbox)
    #expect(mailbox.takeAll() == [1])
    let address = transport.address
    #expect(throws: SystemError.self) { _ = try TCPListener(address: address) }
    transport.stopAccepting()
    let error = #expect(throws: SystemError.self) { _ = try TCPSocket(connectingTo: address) }
    #expect(error?.code == ECONNREFUSED)
  }

  @Test("a receive that nobody answers ends with the time")
  func timeout() throws {
    let transport = try makeTransport()
    let client = try TCPSocket(connectingTo: transport.address)
    var bytes = [UInt8](repeating: 0, count: 8)
    var span = bytes.mutableSpan
    var raw = span.mutableRawBytes
    do throws(SystemError) {
      _ = try client.receive(into: &raw, timeoutMillis: 20)
      Issue.record("something came")
    } catch {
      #expect(error.isTimeout)
    }
  }
}
