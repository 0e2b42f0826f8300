// The server's door: a listening socket, and the options its connections inherit.
// Not here: waiting for clients; see SocketTransport.

internal import CLinux
internal import Glibc

/// A listening, non-blocking TCP socket.
public struct TCPListener: ~Copyable {
  /// The socket.
  public let descriptor: Descriptor
  /// Where it listens; the port is the real one also when 0 was asked for.
  public let address: SocketAddress

  /// Listens.
  ///
  /// - Parameters:
  ///   - address: Where; port 0 lets the kernel choose.
  ///   - backlog: How many finished handshakes may wait to be accepted.
  ///   - sendBufferBytes: What the kernel keeps for a client that does not read; the kernel
  ///     doubles it. Without a bound one silent client takes megabytes.
  /// - Throws: `SystemError` when the address is taken or not ours.
  public init(address: SocketAddress, backlog: Int32 = 1024, sendBufferBytes: Int32 = 64 << 10)
    throws(SystemError)
  {
    let descriptor = try makeSocket(for: address)
    let number = descriptor.number
    // Accepted sockets inherit these from the listener, so accepting costs one call.
    try setOption(number, SOL_SOCKET, SO_REUSEADDR, 1, address)
    try setOption(number, SOL_SOCKET, SO_SNDBUF, sendBufferBytes, address)
    try setOption(number, Int32(IPPROTO_TCP), TCP_NODELAY, 1, address)
    // Peers that vanished without a word are gone within a minute: probes after 30 s of silence,
    // then every 10 s, three times; and unacknowledged bytes give up after 30 s.
    try setOption(number, SOL_SOCKET, SO_KEEPALIVE, 1, address)
    try setOption(number, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30, address)
    try setOption(number, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10, address)
    try setOption(number, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3, address)
    try setOption(number, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 30_000, address)

    // The form is lent to the call.
    if unsafe address.withKernelForm({ unsafe bind(number, $0, $1) }) != 0 {
      throw SystemError(after: "bind", address.description)
    }
    if listen(number, backlog) != 0 { throw SystemError(after: "listen", address.description) }
    self.address = try SocketAddress.local(of: number)
    self.descriptor = descriptor
  }
}

/// Opens a non-blocking TCP socket.
///
/// - Parameter address: What it is for.
/// - Returns: The socket, closed on exec.
/// - Throws: `SystemError` when descriptors run out.
func makeSocket(for address: SocketAddress) throws(SystemError) -> Descriptor {
  let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
  let number = socket(address.family, kind, 0)
  if number < 0 { throw SystemError(after: "socket", address.description) }
  return Descriptor(owning: number)
}

/// Sets a socket's option that is a number.
///
/// - Parameters:
///   - number: The socket.
///   - level: The option's level.
///   - option: The option.
///   - value: Its value.
///   - address: For the message.
/// - Throws: `SystemError` when the kernel does not want it.
func setOption(
  _ number: Int32, _ level: Int32, _ option: Int32, _ value: Int32, _ address: SocketAddress
) throws(SystemError) {
  var value = value
  // Four bytes are told and four are read.
  if unsafe setsockopt(number, level, option, &value, 4) != 0 {
    throw SystemError(after: "setsockopt", "option \(option) on \(address)")
  }
}

/// Receives what there is.
///
/// - Parameters:
///   - number: A socket.
///   - bytes: Filled from its start; not empty.
/// - Returns: What came of it; a broken connection counts as closed.
func receiveBytes(_ number: Int32, into bytes: inout MutableRawSpan) -> Transfer {
  precondition(!bytes.isEmpty, "receiving into no room cannot be told from the end")
  // The kernel writes at most `count` bytes, and initialises what it counts.
  let count = unsafe bytes.withUnsafeMutableBytes { buffer in
    retryingInterrupts { unsafe recv(number, buffer.baseAddress, buffer.count, 0) }
  }
  if count > 0 { return .bytes(count) }
  return count < 0 && errno == EAGAIN ? .wouldBlock : .closed
}

/// Sends what there is room for.
///
/// - Parameters:
///   - number: A socket.
///   - bytes: What to send; not empty.
/// - Returns: What came of it; a broken connection counts as closed.
func sendBytes(_ number: Int32, _ bytes: RawSpan) -> Transfer {
  // The kernel reads at most `count` bytes; a gone peer is a result here, not a signal.
  let count = unsafe bytes.withUnsafeBytes { buffer in
    retryingInterrupts {
      unsafe send(number, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
    }
  }
  if count >= 0 { return .bytes(count) }
  return errno == EAGAIN ? .wouldBlock : .closed
}
