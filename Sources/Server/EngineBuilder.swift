// From files to an engine: how a snapshot's blocks and the journal's records become state again,
// with all processors where there are several.

import Durability
import Platform
import Scoring

/// Builds an engine of a snapshot and the records after it.
struct EngineBuilder: RecoveryHandler, ~Copyable {
  private let indexKey: (UInt64, UInt64)
  private let threads: Int
  private let progress: Progress
  private var engine: Engine?

  /// How far the work is, in percent: bytes of the snapshot count once when they are read and once
  /// when they are indexed; bytes of the journal count more, because each is executed again.
  private final class Progress: Sendable {
    private let done = SharedCounter()
    private let total = SharedCounter()
    private let tell: @Sendable (Int) -> Void
    static let journalWeight: Int64 = 8

    init(tell: @escaping @Sendable (Int) -> Void) { self.tell = tell }

    func begin(_ amount: Int64) {
      done.add(-done.add(0))
      total.add(amount - total.add(0))
    }

    func add(_ amount: Int64) {
      let whole = max(1, total.add(0))
      let after = done.add(amount)
      let percent = min(99, after * 100 / whole)
      if percent != (after - amount) * 100 / whole { tell(Int(percent)) }
    }
  }

  init(indexKey: (UInt64, UInt64), threads: Int, tell: @escaping @Sendable (Int) -> Void) {
    self.indexKey = indexKey
    self.threads = threads
    progress = Progress(tell: tell)
  }

  mutating func begin(snapshotBytes: Int64, journalBytes: Int64) {
    progress.begin(2 * snapshotBytes + Progress.journalWeight * journalBytes)
    // A snapshot that proved bad half-way has left nothing behind; without one, all begins here.
    engine = nil
  }

  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {
    let store = try readStore(snapshot)
    engine = try assemble(store, of: snapshot)
  }

  mutating func record(
    sequence: UInt64, time: Int64, payload: RawSpan
  ) throws(RecoveryRefusal) {
    do {
      if engine == nil { engine = try Engine(Store(), indexKey: indexKey) }
      try engine?.replay(sequence: sequence, timeMicros: time, frame: payload)
    } catch {
      throw RecoveryRefusal(error.description)
    }
    progress.add(Progress.journalWeight * Int64(payload.byteCount))
  }

  /// The engine with everything that was recovered.
  consuming func finish() throws(SectionError) -> Engine {
    if let engine = consume engine { return engine }
    return try Engine(Store(), indexKey: indexKey)
  }

  // MARK: A snapshot

  /// Blocks that are read by one task.
  private static let blocksPerTask = 16

  private func readStore(_ snapshot: SnapshotReader) throws(DurabilityError) -> Store {
    let blocks = snapshot.blocks
    let progress = progress
    let tasks = (blocks.count + Self.blocksPerTask - 1) / Self.blocksPerTask
    let results = try parallel(tasks) { task in
      Result { () throws(DurabilityError) in
        var buffer: [UInt8] = []
        var sections: [LoadedSection] = []
        let first = task * Self.blocksPerTask
        for block in blocks[first..<min(first + Self.blocksPerTask, blocks.count)] {
          try snapshot.read(block, into: &buffer)
          sections.append(
            try refusing(snapshot) { () throws(SectionError) in
              try LoadedSection(
                kind: block.kind, index: block.index, changed: block.changed,
                bytes: buffer.rawBytes)
            })
          progress.add(Int64(block.byteCount))
        }
        return sections
      }
    }
    var loader = try refusing(snapshot) { () throws(SectionError) in
      try StoreLoader(
        sequence: snapshot.sequence, timeMicros: snapshot.time, head: snapshot.head.rawBytes)
    }
    for result in results {
      let sections = try result.get()
      for section in sections {
        try refusing(snapshot) { () throws(SectionError) in try loader.add(section) }
      }
    }
    return try refusing(snapshot) { () throws(SectionError) in try loader.finish() }
  }

  private func assemble(
    _ store: Store, of snapshot: SnapshotReader
  ) throws(DurabilityError) -> Engine {
    let assembly = EngineAssembly(store, indexKey: indexKey)
    let progress = progress
    let share = snapshot.byteCount / Int64(max(1, assembly.taskCount))
    let results = try parallel(assembly.taskCount) { task in
      defer { progress.add(share) }
      return Result { () throws(SectionError) in try assembly.perform(task) }
    }
    var parts: [EngineAssembly.Part] = []
    for result in results {
      parts.append(try refusing(snapshot) { () throws(SectionError) in try result.get() })
    }
    return Engine(assembly, parts)
  }

  private func parallel<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) throws(DurabilityError) -> [Result] {
    do { return try inParallel(count, threads: threads, task) } catch { throw .system(error) }
  }
}

/// Says of a snapshot's content that it makes no sense.
private func refusing<Part: ~Copyable>(
  _ snapshot: SnapshotReader, _ body: () throws(SectionError) -> Part
) throws(DurabilityError) -> Part {
  do { return try body() } catch {
    throw .refused(file: snapshot.name, offset: 0, reason: error.description)
  }
}
