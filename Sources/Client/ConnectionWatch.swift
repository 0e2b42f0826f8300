// Waiting for one connection, and the one thing a connection that never waits has to wait for: the
// answer to its hello.

internal import Platform
public import Wire

/// Sleeps until one connection can move bytes.
struct ConnectionWatch: ~Copyable {
  private var epoll: Epoll
  private let clock = SystemClock()

  init(_ connection: borrowing ClientConnection) throws(ClientError) {
    do throws(SystemError) {
      let epoll = try Epoll(eventsMax: 1)
      try epoll.add(connection.number, token: 0, interest: .read)
      self.epoll = epoll
    } catch {
      throw .connection(error)
    }
  }

  /// The monotonic time, in microseconds, at which a wait that begins now is over.
  func deadline(in timeoutMillis: UInt32) -> Int64 {
    clock.monotonicMicros() + Int64(timeoutMillis) * 1_000
  }

  /// Waits until bytes can come or, where some are unsent, go.
  mutating func wait(
    for connection: borrowing ClientConnection, until deadline: Int64
  ) throws(ClientError) {
    do throws(SystemError) {
      let interest: Interest = connection.unsentBytes > 0 ? [.read, .write] : .read
      try epoll.change(connection.number, token: 0, interest: interest)
      while true {
        let leftMillis = max(0, (deadline - clock.monotonicMicros() + 999) / 1_000)
        if try epoll.wait(timeoutMillis: Int32(clamping: leftMillis)) > 0 { return }
        if leftMillis == 0 { break }
      }
    } catch {
      throw .connection(error)
    }
    throw .timedOut
  }
}

extension ClientConnection {
  /// Says hello and waits for the answer; for a connection on which nothing else is under way.
  ///
  /// - Parameters:
  ///   - name: this client's name for the server's log, at most 64 bytes of it.
  ///   - timeoutMillis: the longest wait, in milliseconds.
  /// - Returns: what the server says of itself and the shop.
  /// - Throws: `refused` when there is no common version or the server is full, `protocolBroken`
  ///   when something else listens there, `connection` or `timedOut`.
  public mutating func greet(
    as name: String, timeoutMillis: UInt32 = 5_000
  ) throws(ClientError) -> HelloReply {
    var watch = try ConnectionWatch(self)
    let deadline = watch.deadline(in: timeoutMillis)
    try enqueue(.hello, HelloRequest(client: name), tag: 0, deadlineMillis: timeoutMillis)
    // So few bytes always find room in a new socket.
    _ = try flush()
    while try nextReply() == nil {
      try watch.wait(for: self, until: deadline)
      _ = try receiveReady()
    }
    let hello = try decode(HelloReply.self)
    guard Frame.versions.contains(hello.version) else {
      throw .protocolBroken("the server chose version \(hello.version), which was not offered")
    }
    return hello
  }
}
