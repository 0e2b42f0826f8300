// The workbench: what takes long. It gets values of the store and gives results back; nothing it
// does delays the loop. PatronServer runs it on a thread, the simulation step by step.

package import Durability
import Models
package import Platform
package import Scoring
import Wire

/// Work over a value of the store.
package enum Work: Sendable {
  /// Fit both models; for nobody where the server refits by itself.
  case fit(FitJob, for: Requester?)
  /// Learn what offers are worth; for nobody where the server does it by itself.
  case refitPolicy(PolicyJob, for: Requester?)
  /// Answer a question.
  case analysis(any Analysis, for: Requester)
  /// Tabulate what the models say.
  case table(TableJob)
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

/// Threads that share out pieces of a fit or a step.
struct ThreadCrew: FitCrew {
  let threads: Int

  func map<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) -> [Result] {
    // Where no thread can be had, the present one does it all.
    (try? inParallel(count, threads: threads, task)) ?? (0..<count).map(task)
  }
}

/// What a snapshot came to.
package struct SnapshotResult: Sendable {
  /// The last record it contains.
  package var sequence: UInt64
  /// The file's size in bytes.
  package var sizeBytes: UInt64
  /// Bytes of it that had changed and were written.
  package var writtenBytes: UInt64
}

/// How fast a snapshot is read and written, so that the loop finds a core free and the journal's syncs
/// the disk.
package struct SnapshotPace: Sendable {
  /// The most bytes a second, those that are read to verify them included; 0 sets no bound.
  package let bytesPerSecond: Int64
  /// Whether nobody else waits for the disk meanwhile.
  let isAlone: Bool
  let clock: any Clock

  /// Chooses a pace.
  ///
  /// - Parameters:
  ///   - bytesPerSecond: the most bytes a second; 0 sets no bound.
  ///   - isAlone: whether nobody else waits for the disk meanwhile, as at the end of a server: then a
  ///     snapshot is synced once and not piece by piece.
  ///   - clock: the time.
  package init(bytesPerSecond: Int64, isAlone: Bool = false, clock: any Clock) {
    self.bytesPerSecond = bytesPerSecond
    self.isAlone = isAlone
    self.clock = clock
  }

  /// Starts to count; what it gives sleeps until the bytes it was told of may have passed.
  func begin() -> (Int) -> Void {
    if bytesPerSecond == 0 { return { _ in } }
    var due = Double(clock.monotonicMicros())
    return { bytes in
      let now = Double(clock.monotonicMicros())
      // What took longer than it might have is not made up for in a rush.
      due = max(due, now - Self.shortestNapMicros) + Double(bytes) * 1e6 / Double(bytesPerSecond)
      if due - now > Self.shortestNapMicros { Thread.sleep(micros: Int64(due - now)) }
    }
  }

  /// Shorter naps are not worth their system calls.
  private static let shortestNapMicros = 1_000.0
}

/// The doer of long work.
package struct Workbench {
  private let storage: any Storage
  private let pace: SnapshotPace
  private let loop: Mailbox<LoopMessage>
  private let crew: ThreadCrew

  /// Sets the bench up.
  ///
  /// - Parameters:
  ///   - storage: where snapshots go.
  ///   - pace: how fast they are written.
  ///   - fitThreads: how many share the work of a fit.
  ///   - loop: told the results.
  package init(
    _ storage: any Storage, pace: SnapshotPace, fitThreads: Int = 1,
    reportingTo loop: Mailbox<LoopMessage>
  ) {
    self.storage = storage
    self.pace = pace
    crew = ThreadCrew(threads: fitThreads)
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
        loop.post(.fitted(Result { () throws(Refusal) in try job.run(on: crew) }, requester))
      case .refitPolicy(let job, let requester):
        let (reply, arms) = job.run()
        loop.post(.refitted(reply, arms, requester))
      case .analysis(let analysis, let requester):
        loop.post(
          .analysed(Result { () throws(Refusal) in try analysis.run(on: crew) }, requester))
      case .table(let job): loop.post(.tabulated(job.run(on: crew)))
      case .hash(let store, let requester):
        loop.post(.hashed(store.stateHash(), requester))
      case .snapshot(let store, let requesters):
        let result = Result { () throws(DurabilityError) in
          try writeSnapshot(of: store, to: storage, pace)
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
///   - pace: how fast to write.
/// - Returns: what it came to.
/// - Throws: `DurabilityError`; the newest snapshot stands as it did.
package func writeSnapshot(
  of store: Store, to storage: any Storage, _ pace: SnapshotPace
) throws(DurabilityError) -> SnapshotResult {
  do throws(DurabilityError) {
    return try writeSnapshot(of: store, to: storage, pace, fromScratch: false)
  } catch {
    // What stood in the file that was written over is not what was once written there.
    guard case .damaged = error else { throw error }
    return try writeSnapshot(of: store, to: storage, pace, fromScratch: true)
  }
}

private func writeSnapshot(
  of store: Store, to storage: any Storage, _ pace: SnapshotPace, fromScratch: Bool
) throws(DurabilityError) -> SnapshotResult {
  var writer = try SnapshotWriter(
    sequence: store.sequence, time: store.timeMicros, created: pace.clock.calendarMicros(),
    in: storage, fromScratch: fromScratch, isAlone: pace.isAlone, pace: pace.begin())
  try store.forEachSection { (section) throws(DurabilityError) in
    try writer.append(
      kind: section.kind.rawValue, index: section.index, changed: section.changed,
      bytes: section.bytes)
  }
  let written = writer.bytesWritten
  let head = store.head()
  let size = try writer.finish(head: head.bytes, durableSequence: store.sequence)
  _ = try retireOldFiles(in: storage)
  return SnapshotResult(
    sequence: store.sequence, sizeBytes: UInt64(size), writtenBytes: UInt64(written))
}
