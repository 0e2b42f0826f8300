// The real network: one listener, its connections, one mailbox and the signals under one epoll.
// Not here: what the bytes mean.

internal import CLinux
internal import Glibc

/// Connections over TCP sockets.
public struct SocketTransport: Transport, ~Copyable {
  private var epoll: Epoll
  private var listener: TCPListener?
  private let signals: SignalDescriptor?
  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  /// Given up for a moment when descriptors run out, see `accept()`.
  private var spare: Descriptor?

  /// Where it listens.
  public let address: SocketAddress
  /// How many clients were turned away because descriptors ran out.
  public private(set) var turnedAwayCount = 0

  /// A connection's place.
  ///
  /// Its descriptor is -1 while it is free. An array of ~Copyable ones does not exist, so `close`
  /// and `deinit` below are the owner.
  private struct Slot {
    var descriptor: Int32
    var generation: UInt32
    var interest: Interest
  }

  // Tokens of the few which are no connections; slots are below 2³¹, so these cannot be one.
  private static let listenerToken = UInt64.max
  private static let mailboxToken = UInt64.max - 1
  private static let signalToken = UInt64.max - 2

  /// Takes over a listener and watches it.
  ///
  /// - Parameters:
  ///   - listener: The door.
  ///   - mailboxDescriptor: `Mailbox.descriptorNumber` of the loop's mailbox, which must live
  ///     longer than this; nil when there is none.
  ///   - signals: The signals to report; nil when somebody else takes them.
  /// - Throws: `SystemError` when descriptors run out.
  public init(
    listener: consuming TCPListener, mailboxDescriptor: Int32? = nil,
    signals: consuming SignalDescriptor? = nil
  ) throws(SystemError) {
    let epoll = try Epoll()
    try epoll.add(listener.descriptor.number, token: Self.listenerToken, interest: .read)
    if let mailboxDescriptor {
      try epoll.add(mailboxDescriptor, token: Self.mailboxToken, interest: .read)
    }
    if let number = signals?.descriptor.number {
      try epoll.add(number, token: Self.signalToken, interest: .read)
    }
    address = listener.address
    self.epoll = epoll
    self.listener = consume listener
    self.signals = consume signals
    spare = Self.makeSpare()
  }

  deinit {
    for slot in slots where slot.descriptor >= 0 { _ = Glibc.close(slot.descriptor) }
  }

  private static func makeSpare() -> Descriptor? {
    // The path is lent to the call for its duration.
    let number = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    return number < 0 ? nil : Descriptor(owning: number)
  }

  /// Sleeps until something is ready.
  ///
  /// - Parameters:
  ///   - timeoutMillis: The longest sleep; 0 only looks, negative is for ever.
  ///   - ready: Emptied and filled.
  /// - Throws: `SystemError` when epoll fails, which would be our mistake.
  public mutating func wait(timeoutMillis: Int32, into ready: inout [Readiness])
    throws(SystemError)
  {
    ready.removeAll(keepingCapacity: true)
    let count = try epoll.wait(timeoutMillis: timeoutMillis)
    for index in 0..<count {
      let event = epoll.event(at: index)
      switch event.token {
      case Self.listenerToken: ready.append(.listener)
      case Self.mailboxToken: ready.append(.mailbox)
      case Self.signalToken:
        if let signal = signals?.take() ?? nil { ready.append(.termination(signal: signal)) }
      default:
        let handle = ConnectionHandle(
          slot: Int(event.token & 0xffff_ffff), generation: UInt32(event.token >> 32))
        ready.append(
          .connection(
            handle, isReadable: event.isReadable, isWritable: event.isWritable,
            isHungUp: event.isHungUp))
      }
    }
  }

  /// Takes one client in.
  ///
  /// When descriptors run out, the spare one is closed, the client accepted with it and closed at
  /// once, and the spare opened again. Otherwise the client would stay at the door, the door would
  /// stay ready, and the loop would spin.
  ///
  /// - Returns: The connection, or nil when nobody is waiting.
  /// - Throws: `SystemError` when the listener is broken.
  public mutating func accept() throws(SystemError) -> ConnectionHandle? {
    while let door = listener?.descriptor.number {
      let number = linux_accept(door)
      if number >= 0 { return try admit(number) }
      switch errno {
      case EAGAIN: return nil
      case EMFILE, ENFILE:
        guard spare != nil else { return nil }
        spare = nil
        let turnedAway = linux_accept(door)
        if turnedAway >= 0 {
          _ = Glibc.close(turnedAway)
          turnedAwayCount += 1
        }
        spare = Self.makeSpare()
        if turnedAway < 0 { return nil }
      case EBADF, EINVAL, ENOTSOCK, EFAULT, EOPNOTSUPP:
        throw SystemError(after: "accept", address.description)
      case ENOBUFS, ENOMEM: return nil
      // Anything else is this one client's misfortune on its way in; accept(2) lists them.
      default: continue
      }
    }
    return nil
  }

  private mutating func admit(_ number: Int32) throws(SystemError) -> ConnectionHandle {
    let slot = freeSlots.popLast() ?? slots.count
    if slot == slots.count { slots.append(Slot(descriptor: -1, generation: 0, interest: .read)) }
    slots[slot].descriptor = number
    slots[slot].interest = .read
    let handle = ConnectionHandle(slot: slot, generation: slots[slot].generation)
    do {
      try epoll.add(number, token: Self.token(of: handle), interest: .read)
    } catch {
      close(handle)
      throw error
    }
    return handle
  }

  private static func token(of handle: ConnectionHandle) -> UInt64 {
    UInt64(handle.generation) << 32 | UInt64(handle.slot)
  }

  /// The descriptor of a connection that is open still.
  private borrowing func descriptor(of connection: ConnectionHandle) -> Int32? {
    guard slots.indices.contains(connection.slot) else { return nil }
    let slot = slots[connection.slot]
    return slot.generation == connection.generation && slot.descriptor >= 0
      ? slot.descriptor : nil
  }

  /// Closes the door; who waits there is turned away by the kernel.
  public mutating func stopAccepting() { listener = nil }

  /// Receives what there is.
  ///
  /// - Parameters:
  ///   - connection: From whom.
  ///   - bytes: Filled from its start; not empty.
  /// - Returns: What came of it.
  public mutating func receive(_ connection: ConnectionHandle, into bytes: inout MutableRawSpan)
    -> Transfer
  {
    guard let number = descriptor(of: connection) else { return .closed }
    return receiveBytes(number, into: &bytes)
  }

  /// Sends what there is room for.
  ///
  /// - Parameters:
  ///   - connection: To whom.
  ///   - bytes: What to send; not empty.
  /// - Returns: What came of it.
  public mutating func send(_ connection: ConnectionHandle, _ bytes: RawSpan) -> Transfer {
    guard let number = descriptor(of: connection) else { return .closed }
    return sendBytes(number, bytes)
  }

  /// Chooses what `wait` tells about a connection; the same choice again costs no call.
  ///
  /// - Parameters:
  ///   - interest: Reading, writing, both or none.
  ///   - connection: About whom.
  public mutating func setInterest(_ interest: Interest, of connection: ConnectionHandle) {
    guard let number = descriptor(of: connection), slots[connection.slot].interest != interest
    else { return }
    slots[connection.slot].interest = interest
    // It is watched since it was admitted, and changing a watch needs no memory.
    do {
      try epoll.change(number, token: Self.token(of: connection), interest: interest)
    } catch {
      preconditionFailure("a connection that is open is not watched: \(error)")
    }
  }

  /// Closes a connection.
  ///
  /// - Parameter connection: Which; nothing happens when it is closed already.
  public mutating func close(_ connection: ConnectionHandle) {
    guard let number = descriptor(of: connection) else { return }
    _ = Glibc.close(number)
    slots[connection.slot].descriptor = -1
    slots[connection.slot].generation &+= 1
    freeSlots.append(connection.slot)
  }
}
