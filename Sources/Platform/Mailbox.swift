// Values on their way from thread to thread; the only lock of the program is in here.
// Not here: who wakes whom; the owner of the thread decides that.

internal import CLinux
internal import Synchronization

/// A queue which any thread fills and one thread empties.
///
/// A class, because both sides hold it.
public final class Mailbox<Message: Sendable>: Sendable {
  private let messages = Mutex<[Message]>([])
  private let counter: EventCounter

  /// Makes an empty mailbox.
  ///
  /// - Throws: `SystemError` when descriptors run out.
  public init() throws(SystemError) {
    counter = try EventCounter()
  }

  /// The descriptor that is readable while messages wait; lent, for `Epoll` and `SocketTransport`.
  public var descriptorNumber: Int32 { counter.descriptor.number }

  /// Puts a message in.
  ///
  /// - Parameter message: The message.
  public func post(_ message: sending Message) {
    let wasEmpty = messages.withLock { messages in
      tellLocked()
      defer { tellUnlocking() }
      messages.append(message)
      return messages.count == 1
    }
    // One wake-up for many messages: whoever empties the box resets the counter first.
    if wasEmpty { counter.signal() }
  }

  /// Takes all messages out.
  ///
  /// - Returns: The messages in their order, possibly none.
  public func takeAll() -> [Message] {
    // First the counter: a message that comes in between wakes once too often, never too seldom.
    counter.reset()
    return messages.withLock { messages in
      tellLocked()
      defer { tellUnlocking() }
      let taken = messages
      messages = []
      return taken
    }
  }

  /// Takes all messages out and sleeps until there is one.
  ///
  /// - Parameter timeoutMillis: The longest sleep; negative is for ever.
  /// - Returns: The messages in their order; none only when the time was up.
  public func wait(timeoutMillis: Int32 = -1) -> [Message] {
    while true {
      let isReadable = counter.wait(timeoutMillis: timeoutMillis)
      let taken = takeAll()
      if !taken.isEmpty || (timeoutMillis >= 0 && !isReadable) { return taken }
    }
  }

  // Where two threads meet, Swift's mutex waits in the kernel and hands itself over there. The thread
  // sanitizer sees neither, and would take every message for a race: so it is told. To suppress its
  // reports instead would hide the true races of whoever takes the messages.

  private func tellLocked() {
    // The address is a name for the lock; nothing is read there.
    unsafe linux_tell_locked(Unmanaged.passUnretained(self).toOpaque())
  }

  private func tellUnlocking() {
    // As above.
    unsafe linux_tell_unlocking(Unmanaged.passUnretained(self).toOpaque())
  }
}
