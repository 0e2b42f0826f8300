// The journal's thread: takes batches from the loop, makes them durable in groups, says how far.

import Durability
import Platform

/// What the loop asks of the journal's thread.
enum JournalOrder: Sendable {
  /// Make these records durable.
  case append(RecordBatch)
  /// Begin a new segment, so that the old one can go once a snapshot covers it.
  case roll
  /// Everything before this was the last.
  case stop
}

/// The thread that owns the journal; the journal is born on it.
struct JournalThread: ~Copyable {
  private let orders: Mailbox<JournalOrder>
  private let thread: Thread

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - recovery: where the journal goes on.
  ///   - storage: the disk.
  ///   - loop: told what is durable, or that the journal failed.
  /// - Throws: `SystemError` when there is no thread to be had.
  init(
    continuing recovery: Recovery, in storage: any Storage, reportingTo loop: Mailbox<LoopMessage>
  ) throws(SystemError) {
    let orders = try Mailbox<JournalOrder>()
    let thread = try Thread(name: "journal") {
      do throws(DurabilityError) {
        var journal = try Journal(continuing: recovery, in: storage)
        try Self.run(&journal, orders, loop)
      } catch {
        // Nothing is tried again: what the disk holds now only a recovery can tell.
        loop.post(.journalFailed(error))
      }
    }
    self.orders = orders
    self.thread = thread
  }

  /// Hands a turn's records over.
  func append(_ batch: RecordBatch) { orders.post(.append(batch)) }

  /// Has a new segment begun.
  func roll() { orders.post(.roll) }

  /// Lets the thread finish what it was given and ends it.
  consuming func stop() {
    orders.post(.stop)
    thread.join()
  }

  private static func run(
    _ journal: inout Journal, _ orders: Mailbox<JournalOrder>, _ loop: Mailbox<LoopMessage>
  ) throws(DurabilityError) {
    var group = RecordBatch()
    while true {
      // Everything that came while the last sync ran becomes durable with the next one.
      for order in orders.wait() {
        switch order {
        case .append(let batch):
          if !group.append(contentsOf: batch) {
            try commit(&group, to: &journal, loop)
            _ = group.append(contentsOf: batch)
          }
        case .roll:
          try commit(&group, to: &journal, loop)
          try journal.roll()
        case .stop:
          try commit(&group, to: &journal, loop)
          return
        }
      }
      try commit(&group, to: &journal, loop)
    }
  }

  private static func commit(
    _ group: inout RecordBatch, to journal: inout Journal, _ loop: Mailbox<LoopMessage>
  ) throws(DurabilityError) {
    if group.isEmpty { return }
    try journal.append(&group)
    loop.post(.durable(group.lastSequence))
    group.removeAll()
  }
}
