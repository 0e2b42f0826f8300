// The workbench: what takes long. It gets values of the store and gives results back; nothing it
// does delays the loop. PatronServer runs it on a thread, the simulation step by step.

package import Durability
package import Platform
package import Scoring
import Wire

/// Work over a value of the store.
package enum Work: Sendable {
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
package struct Requester: Sendable {
  let connection: ConnectionHandle
  let verb: UInt16
  let tag: UInt64
  /// When the request was executed, in monotonic microseconds.
  let startMicros: Int64
}

/// What a snapshot came to.
package struct SnapshotResult: Sendable {
  var sequence: UInt64
  var sizeBytes: UInt64
}

/// The doer of long work.
package struct Workbench {
  private let storage: any Storage
  private let loop: Mailbox<LoopMessage>

  /// Sets the bench up.
  ///
  /// - Parameters:
  ///   - storage: where snapshots go.
  ///   - loop: told the results.
  package init(_ storage: any Storage, reportingTo loop: Mailbox<LoopMessage>) {
    self.storage = storage
    self.loop = loop
  }

  /// Does pieces of work.
  ///
  /// - Parameter works: in their order.
  /// - Returns: false when the last piece was the last of all.
  package func serve(_ works: [Work]) -> Bool {
    for work in works {
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
        return false
      }
    }
    return true
  }
}

/// Writes a snapshot and removes the files it makes needless.
///
/// - Parameters:
///   - store: the state; its last record is durable.
///   - storage: the disk.
/// - Returns: what it came to.
/// - Throws: `DurabilityError`; the older snapshots stand as they did.
package func writeSnapshot(
  of store: Store, to storage: any Storage
) throws(DurabilityError) -> SnapshotResult {
  var writer = try SnapshotWriter(
    sequence: store.sequence, time: store.timeMicros, created: store.timeMicros, in: storage)
  var head: [UInt8] = []
  try store.forEachSection { (section) throws(DurabilityError) in
    if section.kind == .settings {
      head.append(bytes: section.bytes)
    } else {
      try writer.append(
        kind: section.kind.rawValue, index: section.index, changed: store.sequence,
        bytes: section.bytes)
    }
  }
  let size = try writer.finish(head: head.rawBytes, durableSequence: store.sequence)
  _ = try retireOldFiles(in: storage)
  return SnapshotResult(sequence: store.sequence, sizeBytes: UInt64(size))
}
