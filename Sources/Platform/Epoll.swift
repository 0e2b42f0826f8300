// Who is ready: the kernel's list of watched descriptors, level-triggered.
// Not here: whose descriptor it is; the caller's token says that.

internal import CLinux
internal import Glibc

/// What to be told about a descriptor.
///
/// Errors and hang-ups are always told.
public struct Interest: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt8

  /// Makes a set.
  ///
  /// - Parameter rawValue: The bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// There is something to read, or the peer has ended its side.
  public static let read = Interest(rawValue: 1)
  /// There is room to write.
  public static let write = Interest(rawValue: 2)
}

/// One thing that is ready.
public struct EpollEvent: Sendable {
  /// What the watcher gave along.
  public let token: UInt64
  /// Whether a read would not block; true also when it would tell of an error or the end.
  public let isReadable: Bool
  /// Whether a write would not block.
  public let isWritable: Bool
  /// Whether the peer is gone or the connection broken.
  public let isHungUp: Bool
}

/// A set of watched descriptors.
@safe
public struct Epoll: ~Copyable {
  private let descriptor: Descriptor
  private let events: UnsafeMutableBufferPointer<epoll_event>
  private var count = 0

  /// Makes an empty set.
  ///
  /// - Parameter eventsMax: The most events one `wait` gives; more stay ready for the next.
  /// - Throws: `SystemError` when descriptors run out.
  public init(eventsMax: Int = 512) throws(SystemError) {
    precondition(eventsMax > 0, "a set without room for events cannot wait")
    let number = epoll_create1(Int32(EPOLL_CLOEXEC))
    if number < 0 { throw SystemError(after: "epoll_create1", "the set of connections") }
    descriptor = Descriptor(owning: number)
    // Freed in `deinit`, read only below the count which the kernel has written.
    unsafe events = .allocate(capacity: eventsMax)
  }

  deinit {
    // This is the owner, and plain data needs no deinitialising.
    unsafe events.deallocate()
  }

  /// Starts watching.
  ///
  /// - Parameters:
  ///   - number: An open descriptor, not watched yet. Closing it ends the watch.
  ///   - token: Given back with its events.
  ///   - interest: What to be told.
  /// - Throws: `SystemError` when memory or watches run out.
  public borrowing func add(_ number: Int32, token: UInt64, interest: Interest)
    throws(SystemError)
  {
    try control(EPOLL_CTL_ADD, number, token, interest)
  }

  /// Changes what to be told.
  ///
  /// - Parameters:
  ///   - number: A watched descriptor.
  ///   - token: Given back with its events.
  ///   - interest: What to be told from now on.
  /// - Throws: `SystemError` when it is not watched.
  public borrowing func change(_ number: Int32, token: UInt64, interest: Interest)
    throws(SystemError)
  {
    try control(EPOLL_CTL_MOD, number, token, interest)
  }

  /// Stops watching.
  ///
  /// - Parameter number: A watched descriptor.
  /// - Throws: `SystemError` when it is not watched.
  public borrowing func remove(_ number: Int32) throws(SystemError) {
    try control(EPOLL_CTL_DEL, number, 0, [])
  }

  private func control(_ operation: Int32, _ number: Int32, _ token: UInt64, _ interest: Interest)
    throws(SystemError)
  {
    var bits: UInt32 = 0
    if interest.contains(.read) { bits |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
    if interest.contains(.write) { bits |= EPOLLOUT.rawValue }
    // The union holds the token in every case; the kernel copies `event` before the call returns.
    var event = unsafe epoll_event(events: bits, data: epoll_data_t(u64: token))
    if unsafe epoll_ctl(descriptor.number, operation, number, &event) != 0 {
      throw SystemError(after: "epoll_ctl", "descriptor \(number)")
    }
  }

  /// Sleeps until something is ready.
  ///
  /// - Parameter timeoutMillis: The longest sleep; 0 only looks, negative is for ever.
  /// - Returns: How many events `event(at:)` has; 0 when the time was up or a signal came.
  /// - Throws: `SystemError` when the kernel refuses, which would be our mistake.
  public mutating func wait(timeoutMillis: Int32) throws(SystemError) -> Int {
    // There is room for as many events as are told.
    try told(
      unsafe epoll_wait(
        descriptor.number, events.baseAddress, Int32(events.count), timeoutMillis))
  }

  /// Sleeps until something is ready, for a sleep shorter than a millisecond.
  ///
  /// - Parameter timeoutNanos: The longest sleep, not negative; 0 only looks. Kernels before 5.11 sleep
  ///   whole milliseconds.
  /// - Returns: How many events `event(at:)` has; 0 when the time was up or a signal came.
  /// - Throws: `SystemError` when the kernel refuses, which would be our mistake.
  public mutating func wait(timeoutNanos: Int64) throws(SystemError) -> Int {
    // There is room for as many events as are told.
    let result = unsafe linux_epoll_pwait2(
      descriptor.number, events.baseAddress, Int32(events.count), timeoutNanos)
    if result < 0 && errno == ENOSYS {
      return try wait(timeoutMillis: Int32(clamping: (timeoutNanos + 999_999) / 1_000_000))
    }
    return try told(result)
  }

  /// Notes what a wait came to.
  private mutating func told(_ result: Int32) throws(SystemError) -> Int {
    count = max(0, Int(result))
    if result < 0 && errno != EINTR {
      throw SystemError(after: "epoll_wait", "the set of connections")
    }
    return count
  }

  /// Reads one of the events of the latest `wait`.
  ///
  /// - Parameter index: 0 to one less than what that call returned.
  /// - Returns: The event.
  public borrowing func event(at index: Int) -> EpollEvent {
    precondition(index >= 0 && index < count, "there is no such event")
    // The kernel has written the first `count`, and the union holds a token in each.
    let bits = unsafe events[index].events
    let token = unsafe events[index].data.u64
    let hungUp = EPOLLHUP.rawValue | EPOLLERR.rawValue
    return EpollEvent(
      token: token,
      isReadable: bits & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | hungUp) != 0,
      isWritable: bits & EPOLLOUT.rawValue != 0,
      isHungUp: bits & hungUp != 0)
  }
}
