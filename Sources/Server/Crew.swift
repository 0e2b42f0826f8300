// The threads beside the loop: one for the journal, one for the workbench, one for replies in parts, one
// for memory. What they do is in JournalWorker, Workbench, Scanner and MemoryKeeper; here they only
// start and end.

import Durability
import Platform

/// The threads and the mailboxes they listen to.
struct Crew: ~Copyable {
  let journal: Mailbox<JournalOrder>
  let workbench: Mailbox<Work>
  let scanner: Mailbox<Scan>
  private let journalThread: Thread
  private let workbenchThread: Thread
  private let scannerThread: Thread
  private let memory: MemoryKeeper

  /// Starts the threads; the journal's begins with recovering.
  ///
  /// - Parameters:
  ///   - storage: the disk.
  ///   - configuration: the settings.
  ///   - loop: told everything.
  /// - Throws: `SystemError` when there is no thread to be had.
  init(
    _ storage: any Storage, _ configuration: Configuration,
    reportingTo loop: Mailbox<LoopMessage>
  ) throws(SystemError) {
    let journalConfiguration = JournalConfiguration(
      syncWindowMicros: configuration.sync.windowMicros, loadThreads: ProcessFacts.coreCount)
    let pace = SnapshotPace(
      bytesPerSecond: configuration.snapshotBytesPerSecond, clock: SystemClock())
    let journal = try Mailbox<JournalOrder>()
    let workbench = try Mailbox<Work>()
    let scanner = try Mailbox<Scan>()
    let memory = try MemoryKeeper()
    let beginToKeepMemory = memory.begin
    let journalThread = try Thread(name: "journal") {
      do throws(ServerError) {
        var worker = try JournalWorker(
          recovering: storage, journalConfiguration, clock: SystemClock(),
          randomness: SystemRandomness(), reportingTo: loop)
        beginToKeepMemory()
        do throws(DurabilityError) {
          while try worker.serve(journal.wait(timeoutMillis: worker.timeoutMillis)) {}
        } catch {
          loop.post(.diskFailed(error))
        }
      } catch {
        loop.post(.loadingFailed(error))
      }
    }
    // A fit recurses nowhere, but its columns' helpers like a roomy stack.
    let workbenchThread = try Thread(name: "workbench", stackBytes: 8 << 20) {
      Thread.yieldToOthers()
      let bench = Workbench(
        storage, pace: pace, fitThreads: ProcessFacts.coreCount, reportingTo: loop)
      while bench.serve(workbench.wait()) {}
    }
    // Beside the workbench: nothing that is read meanwhile waits for a fit or a snapshot.
    let scannerThread = try Thread(name: "scanner", stackBytes: 8 << 20) {
      Thread.yieldToOthers()
      func serve(_ threads: IdleThreads?) {
        var desk = Scanner(threads: threads, reportingTo: loop)
        while desk.serve(scanner.wait()) {}
      }
      do throws(SystemError) {
        try IdleThreads.with(ProcessFacts.coreCount, serve)
      } catch {
        // Alone it is slower, and that is all.
        serve(nil)
      }
    }
    self.journal = journal
    self.workbench = workbench
    self.scanner = scanner
    self.scannerThread = scannerThread
    self.journalThread = journalThread
    self.workbenchThread = workbenchThread
    self.memory = memory
  }

  /// Lets the threads finish what they were given and ends them.
  consuming func stop() {
    scanner.post(.stop)
    workbench.post(.stop)
    journal.post(.stop)
    scannerThread.join()
    workbenchThread.join()
    journalThread.join()
    memory.stop()
  }
}
