// The open journal: batches go in, and are durable after the next sync.
// Not here: when to sync, which its owner decides; reading it back, see recover.

public import Platform

/// How a journal uses the disk.
public struct JournalOptions: Sendable {
  /// A new segment is begun before one grows beyond this many bytes, where there is space for it.
  public var segmentBytesMax: Int64
  /// How much room is made ahead, in bytes: a sync that finds its room need not save a new length.
  public var preallocationBytes: Int64

  /// Chooses options.
  ///
  /// - Parameters:
  ///   - segmentBytesMax: At least 4,096.
  ///   - preallocationBytes: 0 makes none.
  public init(segmentBytesMax: Int64 = 256 << 20, preallocationBytes: Int64 = 4 << 20) {
    precondition(segmentBytesMax >= 4096 && preallocationBytes >= 0, "options make sense")
    self.segmentBytesMax = segmentBytesMax
    self.preallocationBytes = preallocationBytes
  }
}

/// All accepted records in order, in files of one directory.
///
/// One thread owns it.
public struct Journal: ~Copyable {
  private let storage: any Storage
  private let clock: any Clock
  private let options: JournalOptions
  private var randomness: any Randomness

  private var segment: Segment
  private var file: any StorageFile
  /// Where the next batch goes.
  private var end: Int64
  /// How far the file reaches, zeros included.
  private var allocated: Int64
  /// How far `reserve` has promised room in this file.
  private var reservedEnd: Int64 = 0
  private var isBroken = false

  /// The sequence the next record must have.
  public private(set) var nextSequence: UInt64
  /// The last record that is on disk.
  public private(set) var durableSequence: UInt64

  /// Opens the journal where recovery has left it.
  ///
  /// - Parameters:
  ///   - recovery: What `recover` returned; nothing was written since.
  ///   - storage: The same storage.
  ///   - options: How to use the disk.
  ///   - clock: For the segments' time of creation.
  ///   - randomness: For the segments' salts.
  /// - Throws: `DurabilityError.outOfSpace` or `.system`.
  public init(
    continuing recovery: Recovery, in storage: any Storage,
    options: JournalOptions = JournalOptions(), clock: any Clock = SystemClock(),
    randomness: any Randomness = SystemRandomness()
  ) throws(DurabilityError) {
    var randomness = randomness
    if let tail = recovery.tail {
      (file, allocated) = try onDisk { () throws(SystemError) in
        let file = try storage.open(tail.segment.name)
        return (file, try file.size())
      }
      segment = tail.segment
      end = tail.end
    } else {
      let salt = UInt32(truncatingIfNeeded: randomness.next())
      (segment, file) = try onDisk { () throws(SystemError) in
        try Segment.create(
          firstSequence: recovery.lastSequence + 1, time: clock.calendarMicros(), salt: salt,
          room: 0, in: storage)
      }
      end = Int64(Segment.headerBytes)
      allocated = end
    }
    self.storage = storage
    self.clock = clock
    self.options = options
    self.randomness = randomness
    nextSequence = recovery.lastSequence + 1
    durableSequence = recovery.lastSequence
  }

  /// Bytes of the present file that are in use.
  public var segmentBytes: Int64 { end }

  /// Looks at the files before the present one.
  ///
  /// - Returns: The sum of their sizes.
  /// - Throws: `DurabilityError.system`.
  public func closedBytes() throws(DurabilityError) -> Int64 {
    try onDisk { () throws(SystemError) in
      var sum: Int64 = 0
      for name in FileKind.journal.sequences(in: try storage.list()).map(FileKind.journal.name)
      where name != segment.name {
        // One may be retired at this very moment.
        do throws(SystemError) { sum += try storage.open(name).size() } catch {
          if !error.isNotFound { throw error }
        }
      }
      return sum
    }
  }

  /// Makes sure that there is room on the disk for the next batches.
  ///
  /// The promise holds across segments. File systems that cannot make room promise nothing: there a
  /// `write` may find the disk full all the same.
  ///
  /// - Parameter byteCount: How many bytes of batches, headers included.
  /// - Throws: `DurabilityError.outOfSpace` when there is not so much; earlier promises hold.
  public mutating func reserve(_ byteCount: Int64) throws(DurabilityError) {
    if isBroken { throw .journalBroken }
    let wanted = end + byteCount
    if wanted > allocated {
      try onDisk { () throws(SystemError) in try file.preallocate(size: wanted) }
      allocated = wanted
    }
    reservedEnd = max(reservedEnd, wanted)
  }

  /// Writes a batch; it is durable after the next `sync`.
  ///
  /// - Parameter batch: Begins with `nextSequence`; an empty one is nothing to do.
  /// - Throws: `DurabilityError.outOfSpace` when there is no room; nothing was kept and the same
  ///   batch may come again. Anything else is the end of this journal.
  public mutating func write(_ batch: inout RecordBatch) throws(DurabilityError) {
    if batch.isEmpty { return }
    if isBroken { throw .journalBroken }
    precondition(batch.firstSequence == nextSequence, "records come in order, without gaps")
    let count = Int64(batch.byteCount)
    if end + count > options.segmentBytesMax { try rollIfThereIsSpace() }

    if end + count > allocated && options.preallocationBytes > 0 {
      // Only for speed: where there is no room ahead there may be enough for the batch.
      let size = end + count + options.preallocationBytes
      if (try? file.preallocate(size: size)) != nil { allocated = size }
    }
    batch.seal(salt: segment.salt, durable: durableSequence)
    // Broken until proven whole: every way out of here but two leaves it so.
    isBroken = true
    do {
      try file.write(batch.bytes.rawBytes, at: end)
    } catch {
      guard error.isOutOfSpace else { throw .system(error) }
      // Takes away the part that had found room.
      do { try file.truncate(size: end) } catch { throw .system(error) }
      allocated = end
      reservedEnd = 0
      isBroken = false
      throw .outOfSpace(error)
    }
    isBroken = false
    end += count
    allocated = max(allocated, end)
    nextSequence = batch.lastSequence + 1
  }

  /// Makes everything that was written durable.
  ///
  /// - Throws: `DurabilityError`: the end of this journal. A failed sync is never tried again, as
  ///   the kernel may have dropped what it could not write.
  public mutating func sync() throws(DurabilityError) {
    if isBroken { throw .journalBroken }
    if durableSequence == nextSequence - 1 { return }
    isBroken = true
    do { try file.sync() } catch { throw .system(error) }
    isBroken = false
    durableSequence = nextSequence - 1
  }

  /// Makes a batch durable: one write, one sync.
  ///
  /// - Parameter batch: As for `write`.
  /// - Throws: As `write` and `sync`.
  public mutating func append(_ batch: inout RecordBatch) throws(DurabilityError) {
    try write(&batch)
    try sync()
  }

  private mutating func rollIfThereIsSpace() throws(DurabilityError) {
    do throws(DurabilityError) {
      try roll()
    } catch {
      // A segment may grow too long; what was promised has its room in it.
      guard case .outOfSpace = error else { throw error }
    }
  }

  /// Begins a new segment, so that the present one can be retired one day; nothing happens while
  /// it is empty.
  ///
  /// - Throws: `DurabilityError.outOfSpace` when there is no space for one: the present one goes
  ///   on. Anything else is the end of this journal.
  public mutating func roll() throws(DurabilityError) {
    if isBroken { throw .journalBroken }
    if nextSequence == segment.firstSequence { return }
    try sync()
    isBroken = true
    let salt = UInt32(truncatingIfNeeded: randomness.next())
    let room = max(reservedEnd - end, 0)
    let next: (Segment, any StorageFile)
    do {
      next = try Segment.create(
        firstSequence: nextSequence, time: clock.calendarMicros(), salt: salt, room: room,
        in: storage)
    } catch {
      // Full before it had its name: the present segment is as good as it was. But a sync that
      // finds no room is a failed sync, here as everywhere.
      guard error.isOutOfSpace, !error.call.contains("sync") else { throw .system(error) }
      isBroken = false
      throw .outOfSpace(error)
    }
    // Gives back the room nobody needs any more; lost in a crash, zeros stand there.
    do { try file.truncate(size: end) } catch { throw .system(error) }
    (segment, file) = next
    end = Int64(Segment.headerBytes)
    allocated = end + room
    reservedEnd = allocated
    isBroken = false
  }
}
