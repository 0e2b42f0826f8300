// Several threads that do the same, and are all waited for.

import Platform

/// Runs work on several threads at once and returns when all have ended.
///
/// - Parameters:
///   - count: Threads.
///   - work: What each does; it is told its number.
///   - meanwhile: What the calling thread does while they work.
/// - Throws: `SystemError` when threads run out.
func crowd(
  _ count: Int, work: @escaping @Sendable (Int) -> Void, meanwhile: () -> Void
) throws(SystemError) {
  guard count > 0 else {
    meanwhile()
    return
  }
  let thread = try Thread(name: "crowd \(count)", stackBytes: 8 << 20) { work(count - 1) }
  // An array cannot hold threads, which are joined once; the stack can.
  let others = Result { () throws(SystemError) in
    try crowd(count - 1, work: work, meanwhile: meanwhile)
  }
  thread.join()
  try others.get()
}
