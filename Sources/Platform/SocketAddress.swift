// An address of the internet: its text, its bytes in the kernel's form, and names looked up.
// Not here: sockets.

internal import Glibc

/// An IPv4 or IPv6 address with a port.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// Four bytes, the first one highest; and the port.
  case v4(UInt32, port: UInt16)
  /// Sixteen bytes in network order, the interface's number for link-local ones, and the port.
  case v6([UInt8], scope: UInt32, port: UInt16)

  /// This machine only, IPv4.
  ///
  /// - Parameter port: The port; 0 lets the kernel choose a free one when listening.
  /// - Returns: The address 127.0.0.1 with that port.
  public static func loopback(port: UInt16) -> SocketAddress { .v4(0x7f00_0001, port: port) }

  /// Reads `127.0.0.1:7433`, `[::1]:7433` or `localhost:7433`; other names are for
  /// `resolve(_:)`.
  ///
  /// - Parameter text: The text; the port is required.
  public init?(_ text: String) {
    guard let (host, port) = Self.split(text) else { return nil }
    if host == "localhost" {
      self = .loopback(port: port)
      return
    }
    var bytes = [UInt8](repeating: 0, count: 16)
    // Writes 4 or 16 bytes, by the family; there is room for 16.
    if unsafe inet_pton(AF_INET, host, &bytes) == 1 {
      self = .v4(bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }, port: port)
    } else if unsafe inet_pton(AF_INET6, host, &bytes) == 1 {
      self = .v6(bytes, scope: 0, port: port)
    } else {
      return nil
    }
  }

  /// Reads an address, and asks the resolver when the host is a name.
  ///
  /// It may sleep for seconds.
  ///
  /// - Parameter text: `HOST:PORT`.
  /// - Returns: At least one address, the preferred one first.
  /// - Throws: `SystemError` when the text is no address or the name is unknown.
  public static func resolve(_ text: String) throws(SystemError) -> [SocketAddress] {
    if let address = SocketAddress(text) { return [address] }
    guard let (host, port) = split(text) else {
      throw SystemError(call: "parse", code: EINVAL, detail: "address '\(text)', want HOST:PORT")
    }
    // All zeros and nils is what «no wishes» means to the resolver.
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    // Ours when the call succeeds, and given back below.
    var list: UnsafeMutablePointer<addrinfo>? = nil
    let code = unsafe getaddrinfo(host, nil, &hints, &list)
    defer { unsafe freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = unsafe code == 0 ? list : nil
    while let entry = unsafe next {
      // Each entry says how long its address is.
      let bytes = unsafe UnsafeRawBufferPointer(
        start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
      if let address = unsafe SocketAddress(kernelBytes: [UInt8](bytes)) {
        addresses.append(address.with(port: port))
      }
      unsafe next = entry.pointee.ai_next
    }
    if addresses.isEmpty {
      throw SystemError(call: "getaddrinfo", code: EADDRNOTAVAIL, detail: "host '\(host)'")
    }
    return addresses
  }

  private static func split(_ text: String) -> (host: String, port: UInt16)? {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    let host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      return (String(host.dropFirst().dropLast()), port)
    }
    // «::1» without brackets would be ambiguous.
    return host.isEmpty || host.contains(":") ? nil : (String(host), port)
  }

  /// The port.
  public var port: UInt16 {
    switch self {
    case .v4(_, let port): port
    case .v6(_, _, let port): port
    }
  }

  /// Exchanges the port.
  ///
  /// - Parameter port: The new one.
  /// - Returns: The same host with that port.
  public func with(port: UInt16) -> SocketAddress {
    switch self {
    case .v4(let host, _): .v4(host, port: port)
    case .v6(let host, let scope, _): .v6(host, scope: scope, port: port)
    }
  }

  /// Whether only this machine can reach it: 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104.
  public var isLoopback: Bool {
    switch self {
    case .v4(let host, _): host >> 24 == 127
    case .v6(let host, _, _):
      host == [UInt8](repeating: 0, count: 15) + [1]
        || host.starts(with: [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 127])
    }
  }

  /// `127.0.0.1:7433` or `[::1]:7433`.
  public var description: String {
    switch self {
    case .v4(let host, let port):
      return "\(host >> 24).\(host >> 16 & 255).\(host >> 8 & 255).\(host & 255):\(port)"
    case .v6(let host, _, let port):
      var text = [CChar](repeating: 0, count: 46)
      // Sixteen bytes are read; INET6_ADDRSTRLEN, 46, is room for every address and its zero.
      _ = unsafe inet_ntop(AF_INET6, host, &text, 46)
      let name = text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }
      return "[\(String(decoding: name, as: UTF8.self))]:\(port)"
    }
  }
}

// The kernel's form, built byte by byte, so that no union is looked into:
// sockaddr_in:  family 2 · port 2 · address 4 · zeros 8                      = 16 bytes
// sockaddr_in6: family 2 · port 2 · flow 4 · address 16 · scope 4            = 28 bytes
// The family and the scope are in the machine's order, the rest in the network's.
extension SocketAddress {
  /// The address family for `socket`.
  var family: Int32 {
    switch self {
    case .v4: AF_INET
    case .v6: AF_INET6
    }
  }

  init?(kernelBytes bytes: [UInt8]) {
    guard bytes.count >= 16 else { return nil }
    let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    let family = bytes.rawBytes.littleEndian32(at: 0) & 0xffff
    if family == UInt32(AF_INET) {
      self = .v4(bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }, port: port)
    } else if family == UInt32(AF_INET6), bytes.count >= 28 {
      let scope = bytes.rawBytes.littleEndian32(at: 24)
      self = .v6([UInt8](bytes[8..<24]), scope: scope, port: port)
    } else {
      return nil
    }
  }

  private var kernelBytes: [UInt8] {
    var bytes: [UInt8] = [UInt8(family), 0, UInt8(port >> 8), UInt8(port & 255)]
    switch self {
    case .v4(let host, _):
      bytes.append(littleEndian: host.bigEndian)
      bytes.append(littleEndian: 0 as UInt64)
    case .v6(let host, let scope, _):
      bytes.append(littleEndian: 0 as UInt32)
      bytes.append(contentsOf: host)
      bytes.append(littleEndian: scope)
    }
    return bytes
  }

  /// Lends the kernel's form to a call.
  ///
  /// - Parameter body: Gets the address and its length.
  /// - Returns: What `body` returns.
  func withKernelForm(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    let bytes = kernelBytes
    return unsafe bytes.withUnsafeBytes { buffer in
      // The array is not empty, so it has an address; calls read no more than `count` bytes.
      guard let start = buffer.baseAddress else { return -1 }
      return unsafe body(start.assumingMemoryBound(to: sockaddr.self), socklen_t(buffer.count))
    }
  }

  /// Asks a socket for the address it is bound to.
  ///
  /// - Parameter number: A socket's descriptor.
  /// - Returns: Its own address.
  /// - Throws: `SystemError` when it has none.
  static func local(of number: Int32) throws(SystemError) -> SocketAddress {
    var bytes = [UInt8](repeating: 0, count: 128)
    var count = socklen_t(bytes.count)
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      // The kernel writes at most `count` bytes and says how many they were.
      unsafe getsockname(
        number, buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self), &count)
    }
    guard result == 0, let address = SocketAddress(kernelBytes: [UInt8](bytes.prefix(Int(count))))
    else { throw SystemError(after: "getsockname", "a socket") }
    return address
  }
}
