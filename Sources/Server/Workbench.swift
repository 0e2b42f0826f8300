// The workbench: one thread for what takes long. It gets values of the store and gives results
// back; nothing it does delays the loop.

import Durability
import Platform
import Scoring
import Wire

/// Work over a value of the store.
enum Work: Sendable {
  /// Fit both models.
  case fit(FitJob, for: Requester)
  /// Hash the whole state.
  case hash(Store, for: Requester)
  /// Write the state to disk; every record in it is durable.
  case snapshot(Store, for: [Requester])
  /// Everything before this was the last.
  case stop
}

/// Who waits for a result.
struct Requester: Sendable {
  let connection: ConnectionHandle
  let verb: UInt16
  let tag: UInt64
  /// When the request was executed, in monotonic microseconds.
  let startMicros: Int64
}

/// What a snapshot came to.
struct SnapshotResult: Sendable {
  var sequence: UInt64
  var sizeBytes: UInt64
}

/// The thread for long work.
struct Workbench: ~Copyable {
  private let orders: Mailbox<Work>
  private let thread: Thread

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - storage: where snapshots go.
  ///   - loop: told the results.
  /// - Throws: `SystemError` when there is no thread to be had.
  init(_ storage: any Storage, reportingTo loop: Mailbox<LoopMessage>) throws(SystemError) {
    let orders = try Mailbox<Work>()
    // A fit recurses nowhere, but its columns' helpers like a roomy stack.
    let thread = try Thread(name: "workbench", stackBytes: 8 << 20) {
      while true {
        for work in orders.wait() {
          switch work {
          case .fit(let job, let requester):
            loop.post(.fitted(Result { () throws(Refusal) in try job.run() }, requester))
          case .hash(let store, let requester):
            loop.post(.hashed(store.stateHash(), requester))
          case .snapshot(let store, let requesters):
            let result = Result { () throws(DurabilityError) in
              try writeSnapshot(of: store, to: storage)
            }
            loop.post(.snapshotWritten(result, requesters))
          case .stop:
            return
          }
        }
      }
    }
    self.orders = orders
    self.thread = thread
  }

  /// Puts work on the bench.
  func take(_ work: Work) { orders.post(work) }

  /// Lets the thread finish what it was given and ends it.
  consuming func stop() {
    orders.post(.stop)
    thread.join()
  }
}

/// Writes a snapshot and removes the files it makes needless.
///
/// - Parameters:
///   - store: the state; its last record is durable.
///   - storage: the disk.
/// - Returns: what it came to.
/// - Throws: `DurabilityError`; the older snapshots stand as they did.
func writeSnapshot(
  of store: Store, to storage: any Storage
) throws(DurabilityError) -> SnapshotResult {
  var writer = try SnapshotWriter(
    sequence: store.sequence, time: store.timeMicros, in: storage)
  let head = store.head()
  var size = UInt64(head.count)
  try writer.append(kind: headKind, index: 0, bytes: head.bytes)
  try store.forEachSection { (section) throws(DurabilityError) in
    size += UInt64(section.bytes.byteCount)
    try writer.append(
      kind: section.kind.rawValue, index: section.index, bytes: section.bytes)
  }
  try writer.finish(durableSequence: store.sequence)
  _ = try retireOldFiles(in: storage)
  return SnapshotResult(sequence: store.sequence, sizeBytes: size)
}
