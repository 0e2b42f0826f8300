// Clients' ends of connections in memory, each with room for a few bytes that were not read: so a test or a fuzzer
// says who reads how fast, who hangs up, and when.

public import Platform

/// The clients' ends of some connections.
public final class ManyClients {
  /// One connection.
  public struct Line {
    /// What the client has sent and the server not taken.
    public var toServer: [UInt8] = []
    /// What the server has sent and the client not read.
    public var toClient: [UInt8] = []
    /// What the client has read and not cut into replies.
    public var read: [UInt8] = []
    /// What the server waits for.
    public var interest: Interest = [.read]
    /// The client is gone.
    public var isHungUp = false
    /// The client sends no more.
    public var hasEnded = false
    /// The server has closed it.
    public var isClosed = false
    /// Bytes that lie between the two at most.
    public var roomMax = 64 << 10

    /// Makes a connection on which nothing was said.
    public init() {}
  }

  /// The connections, in the order in which they are let in.
  public var lines: [Line] = []
  /// How many of them were.
  public var letIn = 0
  /// Whether the server is told to stop.
  public var hasTermination = false
  /// Bytes the server takes of one connection at a time.
  public let receiveSize: Int

  /// Makes the ends of no connections.
  ///
  /// - Parameter receiveSize: bytes the server takes of one at a time, at least 1.
  public init(receiveSize: Int) { self.receiveSize = receiveSize }
}

/// The server's end of them.
public struct ManyClientsTransport: Transport, ~Copyable {
  private let clients: ManyClients

  /// Makes the server's end.
  ///
  /// - Parameter clients: the others.
  public init(clients: ManyClients) { self.clients = clients }

  /// Tells of all who can go on, and always of the mailbox.
  ///
  /// - Parameters:
  ///   - timeoutMillis: does not matter: nobody waits.
  ///   - ready: who can go on.
  public mutating func wait(timeoutMillis: Int32, into ready: inout [Readiness]) {
    ready = [.mailbox]
    if clients.letIn < clients.lines.count { ready.append(.listener) }
    if clients.hasTermination { ready.append(.termination(signal: 15)) }
    clients.hasTermination = false
    for (slot, line) in clients.lines.prefix(clients.letIn).enumerated() where !line.isClosed {
      let isReadable =
        line.interest.contains(.read) && (!line.toServer.isEmpty || line.hasEnded)
      let isWritable = line.interest.contains(.write) && line.toClient.count < line.roomMax
      guard isReadable || isWritable || line.isHungUp else { continue }
      ready.append(
        .connection(
          ConnectionHandle(slot: slot, generation: 1), isReadable: isReadable,
          isWritable: isWritable, isHungUp: line.isHungUp))
    }
  }

  /// Lets the next one in.
  ///
  /// - Returns: it; nil where there is none.
  public mutating func accept() -> ConnectionHandle? {
    guard clients.letIn < clients.lines.count else { return nil }
    clients.letIn += 1
    return ConnectionHandle(slot: clients.letIn - 1, generation: 1)
  }

  /// Takes what a client has sent.
  ///
  /// - Parameters:
  ///   - connection: the client's.
  ///   - bytes: room for it.
  /// - Returns: how much it was.
  public mutating func receive(
    _ connection: ConnectionHandle, into bytes: inout MutableRawSpan
  ) -> Transfer {
    let waiting = clients.lines[connection.slot].toServer
    let count = min(bytes.byteCount, waiting.count, clients.receiveSize)
    if count == 0 { return clients.lines[connection.slot].hasEnded ? .closed : .wouldBlock }
    for place in 0..<count {
      bytes.storeBytes(of: waiting[place], toByteOffset: place, as: UInt8.self)
    }
    clients.lines[connection.slot].toServer.removeFirst(count)
    return .bytes(count)
  }

  /// Sends as much as there is room for.
  ///
  /// - Parameters:
  ///   - connection: the client's.
  ///   - bytes: what to send.
  /// - Returns: how much there was room for.
  public mutating func send(_ connection: ConnectionHandle, _ bytes: RawSpan) -> Transfer {
    let line = clients.lines[connection.slot]
    if line.isHungUp { return .closed }
    let count = min(bytes.byteCount, line.roomMax - line.toClient.count)
    if count <= 0 { return .wouldBlock }
    clients.lines[connection.slot].toClient.append(bytes: bytes.extracting(first: count))
    return .bytes(count)
  }

  /// Lets nobody else in; those at the door were let in before.
  public mutating func stopAccepting() {}

  /// Notes what the server waits for.
  ///
  /// - Parameters:
  ///   - interest: reading, writing, or both.
  ///   - connection: whose.
  public mutating func setInterest(_ interest: Interest, of connection: ConnectionHandle) {
    clients.lines[connection.slot].interest = interest
  }

  /// Closes a connection.
  ///
  /// - Parameter connection: which.
  public mutating func close(_ connection: ConnectionHandle) {
    clients.lines[connection.slot].isClosed = true
  }
}
