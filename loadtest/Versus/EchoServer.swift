// The floor of the loop: the same frames over the same sockets, and no work. A hidden command of this
// program runs it in a process of its own. Not here: anything a server must do besides.

import Platform
import Wire

/// Answers every frame with a frame of a fixed size: the header copied, the body always the same.
struct EchoServer: ~Copyable {
  /// What this program is told to be one.
  static let command = "echo-server"
  /// What the bodies consist of: "echoecho".
  static let fillerWord: UInt64 = 0x6f68_6365_6f68_6365

  private var transport: SocketTransport
  private let replySize: Int
  private var lanes: [EchoLane] = []
  /// Replies whose bodies were written once and for all; only headers change.
  private var replies: [UInt8] = []

  /// Serves on a free loopback port until it is told to end.
  ///
  /// - Parameters:
  ///   - bodySize: bytes of a reply's body, a multiple of 8.
  ///   - end: a descriptor; when there is something to read, or its writer is gone, serving ends. Standard
  ///     input makes it outlive nobody.
  ///   - listening: is told where.
  /// - Throws: `SystemError` when the network fails.
  static func serve(
    bodySize: Int, until end: Int32 = 0, listening: (SocketAddress) -> Void
  ) throws {
    var server = try EchoServer(bodySize: bodySize, until: end)
    listening(server.transport.address)
    var ready: [Readiness] = []
    while true {
      try server.transport.wait(timeoutMillis: -1, into: &ready)
      for event in ready {
        switch event {
        case .listener: try server.accept()
        case .connection(let connection, _, let isWritable, _):
          if isWritable { server.sendRest(connection) }
          server.answer(connection)
        case .mailbox, .termination: return
        }
      }
    }
  }

  private init(bodySize: Int, until end: Int32) throws {
    // It stands where a loop has its mailbox.
    transport = try SocketTransport(
      listener: TCPListener(address: .loopback(port: 0)), mailboxDescriptor: end)
    replySize = FrameHeader.size + bodySize
  }

  private mutating func accept() throws {
    while let connection = try transport.accept() {
      while lanes.count <= connection.slot { lanes.append(EchoLane()) }
      lanes[connection.slot] = EchoLane()
    }
  }

  /// Takes what is there and answers all of it with one send.
  private mutating func answer(_ connection: ConnectionHandle) {
    let lane = lanes[connection.slot]
    guard lane.unsent.isEmpty else { return }
    switch Self.receive(connection, &transport, into: &lane.inbox) {
    case .wouldBlock: return
    case .closed: transport.close(connection)
    case .bytes:
      // Room for as many replies as there could be.
      let most = lane.inbox.count / FrameHeader.size * replySize
      while replies.count < most { replies.append(littleEndian: Self.fillerWord) }
      guard let done = Self.answer(lane.inbox, &replies, replySize) else {
        transport.close(connection)
        return
      }
      lane.inbox.consume(done.read)
      if done.written > 0 { send(lane, connection, done.written) }
    }
  }

  /// Writes the replies to all whole frames.
  ///
  /// - Returns: bytes read and written; nil when something else than frames came.
  private static func answer(
    _ inbox: borrowing ByteBuffer, _ replies: inout [UInt8], _ replySize: Int
  ) -> (read: Int, written: Int)? {
    var span = replies.mutableSpan
    var out = span.mutableRawBytes
    let bytes = inbox.bytes
    var (read, written) = (0, 0)
    while read + FrameHeader.size <= bytes.byteCount {
      let head = bytes.littleEndian64(at: read)
      let size = Int(UInt32(truncatingIfNeeded: head)) + 4
      if size < FrameHeader.size || size > Limits.frameSizeMax { return nil }
      if read + size > bytes.byteCount { break }
      let answer = head & ~0xffff_ffff | UInt64(replySize - 4)
      out.storeBytes(of: answer, toByteOffset: written, as: UInt64.self)
      out.storeBytes(
        of: bytes.littleEndian64(at: read + 8), toByteOffset: written + 8, as: UInt64.self)
      out.storeBytes(
        of: bytes.littleEndian64(at: read + 16), toByteOffset: written + 16, as: UInt64.self)
      read += size
      written += replySize
    }
    return (read, written)
  }

  private static func receive(
    _ connection: ConnectionHandle, _ transport: inout SocketTransport,
    into inbox: inout ByteBuffer
  ) -> Transfer {
    let came = take(connection, &transport, into: &inbox)
    if case .bytes(let count) = came { inbox.commit(count) }
    return came
  }

  private static func take(
    _ connection: ConnectionHandle, _ transport: inout SocketTransport,
    into inbox: inout ByteBuffer
  ) -> Transfer {
    var room = inbox.spare(8 << 10)
    return transport.receive(connection, into: &room)
  }

  private mutating func send(_ lane: EchoLane, _ connection: ConnectionHandle, _ size: Int) {
    switch Self.send(replies, size, to: connection, &transport) {
    case .closed: transport.close(connection)
    case .wouldBlock: keep(lane, connection, 0..<size)
    case .bytes(let count): if count < size { keep(lane, connection, count..<size) }
    }
  }

  private static func send(
    _ bytes: [UInt8], _ size: Int, to connection: ConnectionHandle,
    _ transport: inout SocketTransport
  ) -> Transfer {
    transport.send(connection, bytes.rawBytes.extracting(0..<size))
  }

  private mutating func keep(
    _ lane: EchoLane, _ connection: ConnectionHandle, _ rest: Range<Int>
  ) {
    lane.unsent = Array(replies[rest])
    transport.setInterest(.write, of: connection)
  }

  private mutating func sendRest(_ connection: ConnectionHandle) {
    let lane = lanes[connection.slot]
    while !lane.unsent.isEmpty {
      switch Self.send(lane.unsent, lane.unsent.count, to: connection, &transport) {
      case .closed:
        transport.close(connection)
        return
      case .wouldBlock: return
      case .bytes(let count): lane.unsent.removeFirst(count)
      }
    }
    transport.setInterest(.read, of: connection)
  }

  /// One connection's bytes; a class because an array cannot hold ~Copyable values.
  private final class EchoLane {
    var inbox = ByteBuffer(capacity: 16 << 10)
    var unsent: [UInt8] = []
  }
}
