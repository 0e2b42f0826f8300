// What the kernel knows about processes: memory, processor time, cores.
// Not here: what we count ourselves.

internal import CLinux
internal import Glibc

/// Figures of this process and others, read out of `/proc`, and its limit on descriptors.
public enum ProcessFacts {
  /// The size of a page of memory in bytes.
  public static var pageBytes: Int { sysconf(Int32(_SC_PAGESIZE)) }

  /// How many processor cores are there for us.
  public static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// This process's number.
  public static var processID: Int32 { getpid() }

  /// Lets this process open as many descriptors as the system allows it at all.
  ///
  /// Programs start with a low limit out of regard for `select`, which nothing here uses. Where it
  /// cannot be raised everything goes on with the old one.
  public static func raiseDescriptorLimit() {
    var limit = rlimit()
    // The kernel fills in and reads one structure of ours.
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// The memory this process occupies now, shared pages included.
  ///
  /// - Returns: Bytes.
  /// - Throws: `SystemError` when `/proc` is not there.
  public static func residentBytes() throws(SystemError) -> Int {
    let fields = try text(of: "/proc/self/statm").split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else {
      throw SystemError(call: "read", code: EIO, detail: "/proc/self/statm")
    }
    return pages * pageBytes
  }

  /// The processor time of all living threads of a process.
  ///
  /// - Parameter processID: The process; nil is this one.
  /// - Returns: Nanoseconds on a processor; what ended threads used is not in it.
  /// - Throws: `SystemError` when there is no such process.
  public static func processorNanoseconds(of processID: Int32? = nil) throws(SystemError) -> Int64 {
    let tasks = "/proc/\(processID.map(String.init) ?? "self")/task"
    var sum: Int64 = 0
    for task in try namesInDirectory(tasks) {
      // A thread may end between the listing and here.
      guard let line = try? text(of: "\(tasks)/\(task)/schedstat"),
        let first = line.split(separator: " ").first, let nanoseconds = Int64(first)
      else { continue }
      sum += nanoseconds
    }
    return sum
  }

  /// The processor time of the calling thread; what others had the processor for is not in it.
  ///
  /// - Returns: Nanoseconds.
  public static func threadNanoseconds() -> Int64 { nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) }

  /// The processor time of all threads there are and were.
  ///
  /// - Returns: Nanoseconds.
  public static func processNanoseconds() -> Int64 { nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID) }

  private static func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    // Every Linux has these clocks, and the result is written before the call returns.
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "threads and processes have clocks of their own")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private static func text(of path: String) throws(SystemError) -> String {
    // The path is lent to the call for its duration.
    let number = retryingInterrupts { unsafe open(path, O_RDONLY | O_CLOEXEC) }
    if number < 0 { throw SystemError(after: "open", path) }
    let descriptor = Descriptor(owning: number)
    var bytes = [UInt8](repeating: 0, count: 4096)
    let room = bytes.count
    // At most `room` bytes are read, which the array has.
    let count = retryingInterrupts { unsafe read(descriptor.number, &bytes, room) }
    if count < 0 { throw SystemError(after: "read", path) }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
