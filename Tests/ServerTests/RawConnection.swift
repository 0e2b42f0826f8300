// A connection that sends any bytes at all, right or wrong, and reads replies one by one. Unlike
// the client it hides nothing. No tests here.

import Platform
import Wire

/// A reply as it came.
struct RawReply {
  var header: FrameHeader
  var frame: [UInt8]

  var status: Status? { Status(rawValue: header.status) }

  func body<Body: Message>(_ type: Body.Type) throws -> Body { try readBody(type, of: frame) }

  /// The refusal in it; nil where the status is ok.
  func refusal() throws -> Refusal? {
    guard let status, status != .ok else { return nil }
    return try body(RefusalReply.self).refusal(status)
  }
}

/// The server closed the connection where a reply was due.
struct ConnectionEnded: Error {}

final class RawConnection {
  private let socket: TCPSocket
  private var inbox: [UInt8] = []
  private var start = 0
  /// The longest wait for bytes; far beyond what any test needs.
  private let timeoutMillis: Int32 = 30_000

  init(to address: SocketAddress) throws {
    socket = try TCPSocket(connectingTo: address)
  }

  func send(_ bytes: [UInt8]) throws {
    try socket.send(all: bytes.rawBytes, timeoutMillis: timeoutMillis)
  }

  func finishSending() { socket.finishSending() }

  /// The next reply; nil when the server has closed the connection.
  func reply() throws -> RawReply? {
    while true {
      if let reply = try Self.cut(inbox[start...]) {
        start += reply.frame.count
        return reply
      }
      inbox.removeFirst(start)
      start = 0
      var room = ByteBuffer(capacity: 64 << 10)
      let count = try receive(into: &room)
      if count == 0 { return nil }
      inbox.append(bytes: room.bytes)
    }
  }

  private func receive(into room: inout ByteBuffer) throws -> Int {
    var span = room.spare(64 << 10)
    let count = try socket.receive(into: &span, timeoutMillis: timeoutMillis)
    room.commit(count)
    return count
  }

  private static func cut(_ bytes: ArraySlice<UInt8>) throws -> RawReply? {
    // The length first, so that a long frame is not copied again for each of its pieces.
    guard bytes.count >= FrameHeader.size else { return nil }
    let length = bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    let frame = Array(bytes.prefix(length + 4))
    guard case .frame(let header) = try Frame.cut(frame.rawBytes, sizeMax: Limits.frameSizeMax)
    else { return nil }
    return RawReply(header: header, frame: frame)
  }

  func expectReply() throws -> RawReply {
    guard let reply = try reply() else { throw ConnectionEnded() }
    return reply
  }

  /// Sends a frame and waits for its reply.
  func ask(_ frame: [UInt8]) throws -> RawReply {
    try send(frame)
    return try expectReply()
  }
}
