// A thread of the operating system with a name and one owner.
// Not here: how threads talk; see Mailbox.

internal import CLinux
internal import Glibc

/// A running thread.
///
/// Whoever started it joins it.
@safe
public struct Thread: ~Copyable {
  private let thread: pthread_t

  private final class Start {
    let name: String
    let body: () -> Void
    init(name: String, body: @escaping () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts a thread.
  ///
  /// - Parameters:
  ///   - name: What `top -H` shows, at most 15 bytes of it.
  ///   - stackBytes: The stack's size, at least 64 KiB.
  ///   - body: What it does; the thread ends with it.
  /// - Throws: `SystemError` when threads or memory run out.
  public init(name: String, stackBytes: Int = 1 << 20, body: sending @escaping () -> Void)
    throws(SystemError)
  {
    precondition(stackBytes >= 1 << 16, "Swift needs a stack of at least 64 KiB")
    var attributes = pthread_attr_t()
    // Initialised here, destroyed at the end, used by this thread only.
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    _ = unsafe pthread_attr_setstacksize(&attributes, stackBytes)

    // Retained for the new thread, which takes it over; taken back here if there is none.
    let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, &attributes,
      { pointer in
        guard let pointer = unsafe pointer else { return nil }
        // The pointer is the one passed below, and this is its only taker.
        let start = unsafe Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
        unsafe linux_name_thread(String(decoding: start.name.utf8.prefix(15), as: UTF8.self))
        start.body()
        return nil
      }, start.toOpaque())
    if code != 0 {
      unsafe start.release()
      throw SystemError(call: "pthread_create", code: code, detail: "thread \(name)")
    }
    self.thread = thread
  }

  /// Lets every other thread go before the calling one from now on.
  ///
  /// On Linux a thread has a niceness of its own.
  public static func yieldToOthers() {
    // Only a wish: refused, the thread goes on as it was.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
  }

  /// Lets the calling thread run only where no other thread wants to, from now on.
  ///
  /// Whoever wakes takes the core at once; by niceness alone it waits until a time slice is over.
  ///
  /// - Parameter core: Where it goes on, counted among the cores it may run on, and beyond them from the first
  ///   again. The kernel sees no need to part such threads, and would leave all of them on one core.
  public static func runWhenIdle(core: Int) {
    linux_go_to_core(UInt32(truncatingIfNeeded: core), false)
    linux_run_when_idle()
  }

  /// Keeps the calling thread on one core from now on.
  ///
  /// - Parameter core: Which, counted among those it may run on, and beyond them from the first again.
  public static func stay(onCore core: Int) {
    linux_go_to_core(UInt32(truncatingIfNeeded: core), true)
  }

  /// Has the kernel end the calling thread's sleeps when they should end, not up to 50 µs later.
  public static func wakePunctually() { linux_wake_punctually() }

  /// Puts the calling thread to sleep.
  ///
  /// - Parameter micros: How long, in microseconds; not negative.
  public static func sleep(micros: Int64) {
    var wanted = timespec(
      tv_sec: Int(micros / 1_000_000), tv_nsec: Int(micros % 1_000_000) * 1_000)
    var rest = timespec()
    // When a signal interrupts, the kernel has written what is left before the call returns.
    while unsafe nanosleep(&wanted, &rest) != 0 && errno == EINTR { wanted = rest }
  }

  /// Waits until the thread has ended.
  public consuming func join() {
    let code = pthread_join(thread, nil)
    precondition(code == 0, "a thread is joined once, and not by itself")
  }
}
