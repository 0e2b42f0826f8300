// The server's four doers around one disk, each of which takes a step when it is told to. Not here:
// who steps when, and what it must come to; see World.

import Durability
import Platform
import Scoring
import Server
import Support

/// A server without threads, from its start to its crash.
struct SimulatedServer: ~Copyable {
  var loop: EventLoop<SimulatedTransport>
  var worker: JournalWorker
  let bench: Workbench
  /// What the loop asks of the journal.
  let journalOrders: Mailbox<JournalOrder>
  /// What the loop asks of the workbench.
  let works: Mailbox<Work>
  var scanner: Scanner
  /// What the loop asks of the scanner: searches for segments, for no client of this world asks for parts.
  let scans: Mailbox<Scan>
  /// Where journal and workbench answer.
  let answers: Mailbox<LoopMessage>
  /// Where the loop gets the answers, once somebody carries them there.
  let loopMailbox: Mailbox<LoopMessage>

  /// Recovers and starts.
  init(
    on storage: SimulatedStorage, network: SimulatedNetwork, clock: SimulatedClock,
    plan: LifePlan, seed: UInt64
  ) throws(StartFailure) {
    let boxes = try Self.makeMailboxes()
    // Made before anything else is set: a half-made value that cannot be copied cannot be undone.
    worker = try Self.makeWorker(storage, clock, plan, seed, boxes.answers)
    (journalOrders, works, scans, answers, loopMailbox) = boxes
    bench = Workbench(
      storage, pace: SnapshotPace(bytesPerSecond: 0, clock: clock), reportingTo: answers)
    scanner = Scanner(threads: nil, reportingTo: answers)
    loop = EventLoop(
      network: SimulatedTransport(network: network), journal: journalOrders, workbench: works,
      scanner: scans, mailbox: loopMailbox, clock: clock,
      snapshotEveryMicros: plan.snapshotEveryMicros)
  }

  private static func makeMailboxes() throws(StartFailure) -> (
    orders: Mailbox<JournalOrder>, works: Mailbox<Work>, scans: Mailbox<Scan>,
    answers: Mailbox<LoopMessage>, loop: Mailbox<LoopMessage>
  ) {
    do throws(SystemError) {
      return (try Mailbox(), try Mailbox(), try Mailbox(), try Mailbox(), try Mailbox())
    } catch {
      throw StartFailure(description: "\(error)")
    }
  }

  private static func makeWorker(
    _ storage: SimulatedStorage, _ clock: SimulatedClock, _ plan: LifePlan, _ seed: UInt64,
    _ answers: Mailbox<LoopMessage>
  ) throws(StartFailure) -> JournalWorker {
    do throws(ServerError) {
      return try JournalWorker(
        recovering: storage, plan.journal, clock: clock,
        randomness: SeededGenerator(seed: seed), reportingTo: answers)
    } catch {
      throw StartFailure(description: "exit code \(error.exitCode): \(error)")
    }
  }
}

/// Why a server did not start.
struct StartFailure: Error, CustomStringConvertible {
  let description: String
}
