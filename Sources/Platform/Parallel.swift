// Independent pieces of work on several threads, and the sum they may share.
// Not here: threads that stay; see Thread.

internal import Synchronization

/// A number to which any thread may add.
public final class SharedCounter: Sendable {
  private let value = Atomic<Int64>(0)

  /// Makes a counter at zero.
  public init() {}

  /// Adds.
  ///
  /// - Parameter amount: How much.
  /// - Returns: The sum, this amount included.
  @discardableResult
  public func add(_ amount: Int64) -> Int64 {
    value.add(amount, ordering: .relaxed).newValue
  }
}

/// Runs tasks on several threads and waits for all of them.
///
/// - Parameters:
///   - count: How many tasks; they are begun in the order of their numbers.
///   - threads: How many work at a time, at least 1; with 1 it is the calling thread.
///   - task: Does the task of a number.
/// - Returns: What the tasks returned, in the order of their numbers.
/// - Throws: `SystemError` when not even one thread can be started.
public func inParallel<Result: Sendable>(
  _ count: Int, threads: Int, _ task: @escaping @Sendable (Int) -> Result
) throws(SystemError) -> [Result] {
  if threads <= 1 || count <= 1 { return (0..<count).map(task) }
  let next = SharedCounter()
  let results = try Mailbox<[(number: Int, result: Result)]>()
  // The calling thread works too.
  let work: @Sendable () -> Void = {
    var mine: [(number: Int, result: Result)] = []
    while case let number = Int(next.add(1)) - 1, number < count {
      mine.append((number, task(number)))
    }
    results.post(mine)
  }
  let helper = try Thread(name: "loader") {
    // A chain of threads, each started by the one before: noncopyable values make no array.
    run(threads - 1, work)
  }
  work()
  helper.join()
  return results.takeAll().flatMap { $0 }.sorted { $0.number < $1.number }.map(\.result)
}

/// Works, with so many threads in all.
private func run(_ threads: Int, _ work: @escaping @Sendable () -> Void) {
  // Where no more threads can be had, fewer do the same.
  if threads > 1, let helper = try? Thread(name: "loader", body: { run(threads - 1, work) }) {
    work()
    helper.join()
  } else {
    work()
  }
}
