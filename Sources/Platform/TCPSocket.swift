// The client's end of a connection, blocking with timeouts, or non-blocking under an Epoll.
// Not here: frames; and the server's end, which lives in SocketTransport.

internal import Glibc

/// A connected TCP socket.
public struct TCPSocket: ~Copyable, Sendable {
  /// The socket; its number is for `Epoll`.
  public let descriptor: Descriptor
  /// Whom it is connected to.
  public let peer: SocketAddress

  /// Connects.
  ///
  /// - Parameters:
  ///   - address: To whom.
  ///   - timeoutMillis: The longest wait for the handshake.
  /// - Throws: `SystemError` when nobody listens or, with `isTimeout`, the time was up.
  public init(connectingTo address: SocketAddress, timeoutMillis: Int32 = 5_000)
    throws(SystemError)
  {
    let descriptor = try makeSocket(for: address)
    let number = descriptor.number
    try setOption(number, Int32(IPPROTO_TCP), TCP_NODELAY, 1, address)
    // The form is lent to the call.
    if unsafe address.withKernelForm({ unsafe connect(number, $0, $1) }) != 0 {
      if errno != EINPROGRESS { throw SystemError(after: "connect", address.description) }
      guard Self.wait(number, for: POLLOUT, timeoutMillis: timeoutMillis) else {
        throw SystemError(call: "connect", code: ETIMEDOUT, detail: address.description)
      }
      var code: Int32 = 0
      var size: socklen_t = 4
      // Four bytes are told and four are written.
      unsafe getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size)
      if code != 0 {
        throw SystemError(call: "connect", code: code, detail: address.description)
      }
    }
    self.descriptor = descriptor
    peer = address
  }

  /// Sends all bytes, waiting for room.
  ///
  /// - Parameters:
  ///   - bytes: What to send.
  ///   - timeoutMillis: The longest wait for room each time there is none; negative is for ever.
  /// - Throws: `SystemError` when the peer is gone or, with `isTimeout`, takes nothing.
  public borrowing func send(all bytes: RawSpan, timeoutMillis: Int32 = -1) throws(SystemError) {
    var done = 0
    while done < bytes.byteCount {
      switch trySend(bytes.extracting(done..<bytes.byteCount)) {
      case .bytes(let count): done += count
      case .closed: throw SystemError(call: "send", code: EPIPE, detail: peer.description)
      case .wouldBlock:
        guard Self.wait(descriptor.number, for: POLLOUT, timeoutMillis: timeoutMillis) else {
          throw SystemError(call: "send", code: ETIMEDOUT, detail: peer.description)
        }
      }
    }
  }

  /// Receives at least one byte, waiting for it.
  ///
  /// - Parameters:
  ///   - bytes: Filled from its start; not empty.
  ///   - timeoutMillis: The longest wait; negative is for ever.
  /// - Returns: How many bytes came; 0 when the peer has ended the connection.
  /// - Throws: `SystemError` with `isTimeout` when nothing came in time.
  public borrowing func receive(into bytes: inout MutableRawSpan, timeoutMillis: Int32 = -1)
    throws(SystemError) -> Int
  {
    while true {
      switch tryReceive(into: &bytes) {
      case .bytes(let count): return count
      case .closed: return 0
      case .wouldBlock:
        guard Self.wait(descriptor.number, for: POLLIN, timeoutMillis: timeoutMillis) else {
          throw SystemError(call: "recv", code: ETIMEDOUT, detail: peer.description)
        }
      }
    }
  }

  /// Sends what there is room for and never waits.
  ///
  /// - Parameter bytes: What to send; not empty.
  /// - Returns: What came of it.
  public borrowing func trySend(_ bytes: RawSpan) -> Transfer {
    sendBytes(descriptor.number, bytes)
  }

  /// Receives what there is and never waits.
  ///
  /// - Parameter bytes: Filled from its start; not empty.
  /// - Returns: What came of it.
  public borrowing func tryReceive(into bytes: inout MutableRawSpan) -> Transfer {
    receiveBytes(descriptor.number, into: &bytes)
  }

  /// Tells the peer that no more will be sent; receiving goes on.
  public borrowing func finishSending() {
    // A peer that is gone already need not be told.
    _ = shutdown(descriptor.number, Int32(SHUT_WR))
  }

  /// Waits with `poll`; sockets here never block, so that no call can outlast its timeout.
  private static func wait(_ number: Int32, for events: Int32, timeoutMillis: Int32) -> Bool {
    let clock = SystemClock()
    let deadline = clock.monotonicMicros() + Int64(timeoutMillis) * 1_000
    var left = timeoutMillis
    while true {
      var entry = pollfd(fd: number, events: Int16(events), revents: 0)
      // One entry is told and one is given.
      let count = unsafe poll(&entry, 1, left)
      if count > 0 { return true }
      if timeoutMillis >= 0 {
        let rest = deadline - clock.monotonicMicros()
        if rest <= 0 { return false }
        left = Int32((rest + 999) / 1_000)
      }
    }
  }
}
