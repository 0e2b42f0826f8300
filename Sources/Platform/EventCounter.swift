// Wake-ups between threads and signals, both as descriptors that epoll can wait for.
// Not here: what the wake-up is about; see Mailbox.

internal import CLinux
internal import Glibc

/// A counter in the kernel; readable while it is not zero.
public struct EventCounter: ~Copyable, Sendable {
  /// What to wait for.
  public let descriptor: Descriptor

  /// Makes a counter of zero.
  ///
  /// - Throws: `SystemError` when descriptors or memory run out.
  public init() throws(SystemError) {
    let number = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    if number < 0 { throw SystemError(after: "eventfd", "a wake-up counter") }
    descriptor = Descriptor(owning: number)
  }

  /// Makes the counter readable.
  ///
  /// Any thread may call this, as often as it likes.
  public borrowing func signal() {
    var one: UInt64 = 1
    // Eight bytes are written from eight. Full (EAGAIN) is as good as signalled.
    _ = retryingInterrupts { unsafe write(descriptor.number, &one, 8) }
  }

  /// Makes the counter zero again.
  public borrowing func reset() {
    var count: UInt64 = 0
    // Eight bytes are read into eight. Zero already (EAGAIN) is as good as reset.
    _ = retryingInterrupts { unsafe read(descriptor.number, &count, 8) }
  }

  /// Sleeps until the counter is not zero.
  ///
  /// - Parameter timeoutMillis: The longest sleep; negative is for ever.
  /// - Returns: Whether it is readable now; false when the time was up or a signal came.
  public borrowing func wait(timeoutMillis: Int32 = -1) -> Bool {
    var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    // One entry is told and one is given.
    return unsafe poll(&entry, 1, timeoutMillis) == 1
  }
}

/// The signals that ask the process to end, as a readable descriptor.
public struct SignalDescriptor: ~Copyable, Sendable {
  /// What to wait for.
  public let descriptor: Descriptor

  /// Blocks SIGTERM and SIGINT and ignores SIGPIPE.
  ///
  /// They are blocked for the calling thread and for all it starts from now on: call it first of
  /// all, on the first thread.
  ///
  /// - Throws: `SystemError` when descriptors run out.
  public init() throws(SystemError) {
    var set = sigset_t()
    // The set is ours and initialised by the first call.
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, SIGTERM)
    unsafe sigaddset(&set, SIGINT)
    let code = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    if code != 0 { throw SystemError(call: "pthread_sigmask", code: code, detail: "SIGTERM") }
    ignoreBrokenPipes()
    let number = unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    if number < 0 { throw SystemError(after: "signalfd", "SIGTERM and SIGINT") }
    descriptor = Descriptor(owning: number)
  }

  /// Takes the next signal that came.
  ///
  /// - Returns: The signal's number, or nil when none is waiting.
  public borrowing func take() -> Int32? {
    var facts = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    // The kernel writes at most `size` bytes, which `facts` has.
    let count = retryingInterrupts { unsafe read(descriptor.number, &facts, size) }
    return count == size ? Int32(facts.ssi_signo) : nil
  }
}

/// Makes writes to a closed socket or pipe fail instead of ending the process.
public func ignoreBrokenPipes() {
  // SIG_IGN is no function: nothing of ours runs in a signal's context.
  _ = signal(SIGPIPE, SIG_IGN)
}
