// The journal's side of the server: recovers, then takes batches from the loop, makes them durable in
// groups and says how far. PatronServer runs it on a thread of its own, the simulation step by step.

package import Durability
package import Platform

/// What the loop asks of the journal.
package enum JournalOrder: Sendable {
  /// Make these records durable.
  case append(RecordBatch)
  /// Begin a new segment, so that the old one can go once a snapshot covers it.
  case roll
  /// Everything before this was the last.
  case stop
}

/// The owner of the journal.
package struct JournalWorker: ~Copyable {
  private var journal: Journal
  private let loop: Mailbox<LoopMessage>
  private var group = RecordBatch()

  /// Recovers the state, hands it to the loop, and opens the journal behind it.
  ///
  /// - Parameters:
  ///   - storage: the disk.
  ///   - clock: for the journal's times of creation.
  ///   - randomness: for the journal's salts and the key of the indexes.
  ///   - options: how the journal uses the disk.
  ///   - loop: told the progress, the state, and what is durable.
  /// - Throws: `ServerError` when the files are damaged or the disk failed.
  package init(
    recovering storage: any Storage, clock: any Clock, randomness: any Randomness,
    options: JournalOptions = JournalOptions(), reportingTo loop: Mailbox<LoopMessage>
  ) throws(ServerError) {
    var randomness = randomness
    let (parts, recovered, recovery) = try Recovered.recover(from: storage, randomness: &randomness)
    do {
      journal = try Journal(
        continuing: recovery, in: storage, options: options, clock: clock, randomness: randomness)
    } catch {
      throw ServerError(4, "the journal cannot be opened: \(error)")
    }
    self.loop = loop
    loop.post(.loaded(parts, recovered))
  }

  /// Does what the loop has asked for.
  ///
  /// - Parameter orders: in their order; everything that came while the last sync ran becomes
  ///   durable with one more.
  /// - Returns: false when the last order was the last of all.
  /// - Throws: `DurabilityError`: nothing is tried again, only a recovery can tell what is on disk.
  package mutating func serve(_ orders: [JournalOrder]) throws(DurabilityError) -> Bool {
    for order in orders {
      switch order {
      case .append(let batch):
        if !group.append(contentsOf: batch) {
          try commit()
          _ = group.append(contentsOf: batch)
        }
      case .roll:
        try commit()
        try journal.roll()
      case .stop:
        try commit()
        return false
      }
    }
    try commit()
    return true
  }

  private mutating func commit() throws(DurabilityError) {
    if group.isEmpty { return }
    try journal.append(&group)
    loop.post(.durable(group.lastSequence))
    group.removeAll()
  }
}
