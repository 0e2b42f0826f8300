// Threads that stay, and work only where no other thread wants to.

/// Some threads that share out tasks whenever they are given some.
///
/// They stay: a thread that makes way for all others takes long to begin and to end while those go on.
public struct IdleThreads: Sendable {
  private enum Order: Sendable {
    case work(@Sendable () -> Void)
    case stop
  }

  private let orders: [Mailbox<Order>]

  /// How many there are.
  public var count: Int { orders.count }

  /// Starts threads, and ends them when they are not needed any more.
  ///
  /// - Parameters:
  ///   - count: How many, at least 1; each begins on a core of its own.
  ///   - body: Has them work; fewer threads where the system gives no more.
  /// - Returns: What the body returns.
  /// - Throws: `SystemError` when not even one thread can be started.
  public static func with<Result>(
    _ count: Int, _ body: (IdleThreads) -> Result
  ) throws(SystemError) -> Result {
    try add(to: IdleThreads(orders: []), until: count, body)
  }

  // Recursive, for a thread is noncopyable and goes into no array.
  private static func add<Result>(
    to threads: IdleThreads, until count: Int, _ body: (IdleThreads) -> Result
  ) throws(SystemError) -> Result {
    if threads.count >= count { return body(threads) }
    let (orders, core): (Mailbox<Order>, Int)
    let thread: Thread
    do throws(SystemError) {
      (orders, core) = (try Mailbox<Order>(), threads.count)
      thread = try Thread(name: "scan \(core)", stackBytes: 8 << 20) {
        Thread.runWhenIdle(core: core)
        while true {
          for order in orders.wait() {
            guard case .work(let work) = order else { return }
            work()
          }
        }
      }
    } catch {
      if threads.count == 0 { throw error }
      return body(threads)
    }
    let result = try add(to: IdleThreads(orders: threads.orders + [orders]), until: count, body)
    orders.post(.stop)
    thread.join()
    return result
  }

  /// Shares out tasks, and waits for them.
  ///
  /// - Parameters:
  ///   - count: How many tasks; they are begun in the order of their numbers.
  ///   - task: Does the task of a number.
  /// - Returns: What the tasks returned, in the order of their numbers.
  /// - Throws: `SystemError` when descriptors run out; nothing was done then.
  public func run<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) throws(SystemError) -> [Result] {
    let next = SharedCounter()
    let results = try Mailbox<[(number: Int, result: Result)]>()
    for orders in orders.prefix(count) {
      orders.post(
        .work {
          // Told together: who waits is not to wake at each, and take a core for it.
          var mine: [(number: Int, result: Result)] = []
          while case let number = Int(next.add(1)) - 1, number < count {
            mine.append((number, task(number)))
          }
          results.post(mine)
        })
    }
    var done: [(number: Int, result: Result)] = []
    // Whoever gets no core before all is done is not waited for.
    while done.count < count { done += results.wait().joined() }
    return done.sorted { $0.number < $1.number }.map(\.result)
  }
}
