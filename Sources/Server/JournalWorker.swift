// The journal's side of the server: recovers, then takes batches from the loop, makes them durable in
// groups and says how far. PatronServer runs it on a thread of its own, the simulation step by step.

package import Durability
package import Platform

/// What the loop asks of the journal.
package enum JournalOrder: Sendable {
  /// Keep these records; `room` is what they were counted for against the room granted.
  case append(RecordBatch, room: Int64)
  /// Begin a new segment, so that the old one can go once a snapshot covers it.
  case roll
  /// A snapshot is written, and what it made needless is gone.
  case measure
  /// Everything before this was the last.
  case stop
}

/// How far the journal is, as the loop needs to know it.
package struct JournalNews: Equatable, Sendable {
  /// The last record whose command may be acknowledged.
  package var acknowledgeable: UInt64
  /// The last record on disk.
  package var durable: UInt64
  /// Bytes of room granted since the start; the loop may not hand over more than that.
  package var granted: Int64
  /// Whether the disk refuses more room.
  package var isFull: Bool
  /// Whether records that were handed over wait for space, because room made ahead was none.
  package var isStuck = false
  /// The time an acknowledged command may wait for its sync, in microseconds.
  package var syncWindowMicros: Int64
  /// The longest time from an acknowledgement to its sync since the start, in microseconds.
  package var lossWindowMicros: Int64
  /// Bytes of all the journal's files, room made ahead left out.
  package var byteCount: Int64
}

/// The owner of the journal.
///
/// Room on the disk is made before it is needed and granted to the loop, which refuses commands when
/// it has none left: so no command is ever applied that cannot be kept.
package struct JournalWorker: ~Copyable {
  private var journal: Journal
  private let clock: any Clock
  private let configuration: JournalConfiguration
  private let loop: Mailbox<LoopMessage>

  private var group = RecordBatch()
  /// Bytes of the files before the present one, when they were last looked at.
  private var closedBytes: Int64
  /// Bytes of granted room that records were counted for.
  private var settled: Int64 = 0
  private var news: JournalNews
  /// When the oldest record that is acknowledged and not on disk was written.
  private var unsyncedSinceMicros: Int64?
  /// Since when records wait for space.
  private var stuckSinceMicros: Int64?

  /// Recovers the state, hands it to the loop, and opens the journal behind it.
  ///
  /// - Parameters:
  ///   - storage: the disk.
  ///   - configuration: what the operator chose.
  ///   - clock: for the journal's times.
  ///   - randomness: for the journal's salts and the key of the indexes.
  ///   - loop: told the progress, the state, and how far the journal is.
  /// - Throws: `ServerError` when the files are damaged or the disk failed.
  package init(
    recovering storage: any Storage, _ configuration: JournalConfiguration, clock: any Clock,
    randomness: any Randomness, reportingTo loop: Mailbox<LoopMessage>
  ) throws(ServerError) {
    var randomness = randomness
    let recovered = try Recovered.recover(
      from: storage, randomness: &randomness, threads: configuration.loadThreads
    ) { percent in loop.post(.loading(percent)) }
    let salts = randomness
    var journal = try Self.opening { () throws(DurabilityError) in
      try Journal(
        continuing: recovered.recovery, in: storage, options: configuration.options, clock: clock,
        randomness: salts)
    }
    let room = try Self.opening { () throws(DurabilityError) in
      try Self.makeRoom(configuration.room, in: &journal, beyond: 0)
    }
    let closed = (try? journal.closedBytes()) ?? 0
    let last = journal.durableSequence
    let journalBytes = journal.segmentBytes
    self.journal = journal
    closedBytes = closed
    self.clock = clock
    self.loop = loop
    self.configuration = configuration
    news = JournalNews(
      acknowledgeable: last, durable: last, granted: room ?? 0, isFull: room == nil,
      syncWindowMicros: configuration.syncWindowMicros, lossWindowMicros: 0,
      byteCount: closed + journalBytes)
    // In this order: whoever has the state may execute commands at once.
    loop.post(.journal(news))
    loop.post(.loaded(recovered.parts, recovered.facts))
  }

  private static func opening<Part: ~Copyable>(
    _ body: () throws(DurabilityError) -> Part
  ) throws(ServerError) -> Part {
    do { return try body() } catch {
      throw ServerError(4, "the journal cannot be opened: \(error)")
    }
  }

  /// How long to wait for orders before something is to be done without any; negative is for ever.
  package var timeoutMillis: Int32 {
    var due = Int64.max
    if let unsyncedSinceMicros { due = unsyncedSinceMicros + configuration.syncWindowMicros }
    if news.isFull || !group.isEmpty {
      due = min(due, clock.monotonicMicros() + ServerLimits.fullRetryMicros)
    }
    guard due != .max else { return -1 }
    return Int32(clamping: max(0, due - clock.monotonicMicros() + 999) / 1000)
  }

  /// Does what the loop has asked for, and what is due by the clock.
  ///
  /// - Parameter orders: in their order; everything that came while the last sync ran becomes
  ///   durable with one more.
  /// - Returns: false when the last order was the last of all.
  /// - Throws: `DurabilityError`: nothing is tried again, only a recovery can tell what is on disk.
  package mutating func serve(_ orders: [JournalOrder]) throws(DurabilityError) -> Bool {
    let before = news
    var isLast = false
    for order in orders {
      switch order {
      case .append(let batch, let room):
        settled += room
        if !group.append(contentsOf: batch) {
          try commit()
          let fits = group.append(contentsOf: batch)
          precondition(fits, "a group that waits for space is no larger than the room granted")
        }
      case .roll:
        try commit()
        if group.isEmpty { try roll() }
      case .measure: measure()
      case .stop: isLast = true
      }
    }
    try commit()
    if isLast || isSyncDue { try sync() }
    try grant()
    news.byteCount = closedBytes + journal.segmentBytes
    if news != before { loop.post(.journal(news)) }
    return !isLast
  }

  private var isSyncDue: Bool {
    guard let unsyncedSinceMicros else { return false }
    return clock.monotonicMicros() - unsyncedSinceMicros >= configuration.syncWindowMicros
  }

  /// Writes the group, and syncs it unless there is a window for that.
  private mutating func commit() throws(DurabilityError) {
    if group.isEmpty { return }
    do throws(DurabilityError) {
      try journal.write(&group)
    } catch {
      // Only where room cannot be made ahead: the group waits a moment, and its replies with it.
      guard case .outOfSpace = error else { throw error }
      let now = clock.monotonicMicros()
      let since = stuckSinceMicros ?? now
      guard now - since < ServerLimits.stuckMicros else { throw error }
      stuckSinceMicros = since
      news.isFull = true
      news.isStuck = true
      return
    }
    stuckSinceMicros = nil
    news.isStuck = false
    let last = group.lastSequence
    group.removeAll()
    if configuration.syncWindowMicros == 0 {
      try journal.sync()
      news.durable = journal.durableSequence
    } else if unsyncedSinceMicros == nil {
      unsyncedSinceMicros = clock.monotonicMicros()
    }
    news.acknowledgeable = last
  }

  private mutating func sync() throws(DurabilityError) {
    try journal.sync()
    news.durable = journal.durableSequence
    if let since = unsyncedSinceMicros {
      news.lossWindowMicros = max(news.lossWindowMicros, clock.monotonicMicros() - since)
    }
    unsyncedSinceMicros = nil
  }

  private mutating func roll() throws(DurabilityError) {
    do throws(DurabilityError) {
      try journal.roll()
    } catch {
      // The present segment goes on; the next snapshot asks again.
      guard case .outOfSpace = error else { throw error }
    }
    measure()
    // Rolling has synced everything before it.
    try sync()
  }

  private mutating func measure() {
    // Only to be told: where it cannot be found out, the last figure stands.
    if let bytes = try? journal.closedBytes() { closedBytes = bytes }
  }

  /// Makes room for what the loop may hand over next.
  private mutating func grant() throws(DurabilityError) {
    let outstanding = news.granted - settled
    guard group.isEmpty, news.isFull || outstanding < configuration.room.bytes / 2 else {
      return
    }
    if let room = try Self.makeRoom(configuration.room, in: &journal, beyond: outstanding) {
      news.granted = settled + room
      news.isFull = false
    } else {
      news.isFull = true
    }
  }

  /// Makes room on the disk; when that is nearly full, a little is better than nothing.
  private static func makeRoom(
    _ sizes: (bytes: Int64, least: Int64), in journal: inout Journal, beyond outstanding: Int64
  ) throws(DurabilityError) -> Int64? {
    for room in [sizes.bytes, sizes.least] where room > outstanding {
      do throws(DurabilityError) {
        try journal.reserve(room)
        return room
      } catch {
        guard case .outOfSpace = error else { throw error }
      }
    }
    return nil
  }
}
