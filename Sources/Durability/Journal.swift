// The open journal: batches go in, and are durable when the call returns.
// Not here: reading it back; see recover.

public import Platform

/// How a journal uses the disk.
public struct JournalOptions: Sendable {
  /// A new segment is begun before one grows beyond this many bytes.
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
  private var isBroken = false

  /// The sequence the next record must have.
  public private(set) var nextSequence: UInt64

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
          in: storage)
      }
      end = Int64(Segment.headerBytes)
      allocated = end
    }
    self.storage = storage
    self.clock = clock
    self.options = options
    self.randomness = randomness
    nextSequence = recovery.lastSequence + 1
  }

  /// Makes a batch durable: one write, one sync.
  ///
  /// - Parameter batch: Begins with `nextSequence`; an empty one is nothing to do.
  /// - Throws: `DurabilityError.outOfSpace` when there is no room; nothing was kept and the same
  ///   batch may come again. Anything else is the end of this journal: a failed sync is never
  ///   tried again, as the kernel may have dropped what it could not write.
  public mutating func append(_ batch: inout RecordBatch) throws(DurabilityError) {
    if batch.isEmpty { return }
    if isBroken { throw .journalBroken }
    precondition(batch.firstSequence == nextSequence, "records come in order, without gaps")
    let count = Int64(batch.byteCount)
    if end + count > options.segmentBytesMax { try roll() }

    if end + count > allocated && options.preallocationBytes > 0 {
      // Only for speed: where there is no room ahead there may be enough for the batch.
      let size = end + count + options.preallocationBytes
      if (try? file.preallocate(size: size)) != nil { allocated = size }
    }
    batch.seal(salt: segment.salt)
    // Broken until proven whole: every way out of here but two leaves it so.
    isBroken = true
    do {
      try file.write(batch.bytes.rawBytes, at: end)
    } catch {
      guard error.isOutOfSpace else { throw .system(error) }
      // Takes away the part that had found room.
      do { try file.truncate(size: end) } catch { throw .system(error) }
      allocated = end
      isBroken = false
      throw .outOfSpace(error)
    }
    do { try file.sync() } catch { throw .system(error) }
    isBroken = false
    end += count
    allocated = max(allocated, end)
    nextSequence = batch.lastSequence + 1
  }

  /// Begins a new segment, so that the present one can be retired one day; nothing happens while
  /// it is empty.
  ///
  /// - Throws: As `append`.
  public mutating func roll() throws(DurabilityError) {
    if isBroken { throw .journalBroken }
    if nextSequence == segment.firstSequence { return }
    isBroken = true
    // A closed segment ends with its last batch: whatever else stands in one is damage.
    do {
      try file.truncate(size: end)
      allocated = end
      try file.sync()
    } catch {
      throw .system(error)
    }
    let salt = UInt32(truncatingIfNeeded: randomness.next())
    do {
      (segment, file) = try Segment.create(
        firstSequence: nextSequence, time: clock.calendarMicros(), salt: salt, in: storage)
    } catch {
      // Full before it had its name: the present segment is as good as it was. But a sync that
      // finds no room is a failed sync, here as everywhere.
      guard error.isOutOfSpace, !error.call.contains("sync") else { throw .system(error) }
      isBroken = false
      throw .outOfSpace(error)
    }
    end = Int64(Segment.headerBytes)
    allocated = end
    isBroken = false
  }
}
