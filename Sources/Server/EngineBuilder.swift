// From files to an engine: how recovery's blocks and records become state again.

package import Durability
package import Platform
package import Scoring

/// The state as it was recovered, with everything that goes with it.
package struct Recovered: Sendable {
  /// What the loop tells of it.
  package struct Facts: Sendable {
    /// The last record the newest good snapshot covers; 0 without one.
    package let snapshotSequence: UInt64
    /// Records of the journal that were applied on top of it.
    package let recordCount: Int
    /// Plain sentences about what was not as it should be: a cut tail, a snapshot passed over.
    package let notices: [String]
  }

  /// The state and its indexes.
  package let parts: Engine.Parts
  /// What there is to tell.
  package let facts: Facts
  /// Where the journal goes on.
  package let recovery: Recovery

  /// Recovers everything the files hold.
  ///
  /// - Parameters:
  ///   - storage: the disk.
  ///   - randomness: for the key of the indexes.
  ///   - threads: how many may work at a time.
  ///   - isTrial: changes nothing on disk.
  ///   - tell: told the progress in percent.
  /// - Returns: the state, and where the journal goes on.
  /// - Throws: `ServerError` with exit code 3.
  package static func recover(
    from storage: any Storage, randomness: inout any Randomness, threads: Int,
    isTrial: Bool = false, tell: @escaping @Sendable (Int) -> Void
  ) throws(ServerError) -> Recovered {
    var builder = EngineBuilder(
      indexKey: (randomness.next(), randomness.next()), threads: threads, tell: tell)
    let recovery: Recovery
    do {
      recovery = try Durability.recover(from: storage, into: &builder, isTrial: isTrial)
    } catch {
      throw ServerError(3, "the data directory cannot be recovered: \(error)")
    }
    var notices = recovery.passedOver.map { "an older snapshot was used: \($0)" }
    if recovery.cutBytes > 0 {
      notices.append(
        "\(recovery.cutBytes) bytes of commands that were never acknowledged were cut off")
    }
    let engine: Engine
    do {
      engine = try builder.finish()
    } catch {
      throw ServerError(3, "the recovered state is not whole: \(error)")
    }
    let facts = Facts(
      snapshotSequence: recovery.snapshotSequence ?? 0, recordCount: recovery.recordCount,
      notices: notices)
    return Recovered(parts: engine.dismantle(), facts: facts, recovery: recovery)
  }
}

/// Builds an engine of a snapshot's blocks and the records after it.
struct EngineBuilder: RecoveryHandler, ~Copyable {
  private let indexKey: (UInt64, UInt64)
  private var loader: StoreLoader?
  private var engine: Engine?

  init(indexKey: (UInt64, UInt64), threads: Int, tell: @escaping @Sendable (Int) -> Void) {
    self.indexKey = indexKey
  }

  mutating func begin(snapshotBytes: Int64, journalBytes: Int64) {
    // A snapshot that proved bad half-way leaves nothing behind.
    loader = nil
    engine = nil
  }

  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {
    loader = StoreLoader(sequence: snapshot.sequence, timeMicros: snapshot.time)
    var buffer: [UInt8] = []
    do throws(SectionError) {
      try loader?.add(kind: 1, index: 0, bytes: snapshot.head.rawBytes)
    } catch {
      throw .refused(file: snapshot.name, offset: 0, reason: error.description)
    }
    for block in snapshot.blocks {
      try snapshot.read(block, into: &buffer)
      do throws(SectionError) {
        try loader?.add(kind: block.kind, index: block.index, bytes: buffer.rawBytes)
      } catch {
        throw .refused(file: snapshot.name, offset: 0, reason: error.description)
      }
    }
  }

  mutating func record(
    sequence: UInt64, time: Int64, payload: RawSpan
  ) throws(RecoveryRefusal) {
    do {
      try finishLoading()
      try engine?.replay(sequence: sequence, timeMicros: time, frame: payload)
    } catch {
      throw RecoveryRefusal(error.description)
    }
  }

  /// The engine with everything that was recovered.
  consuming func finish() throws(SectionError) -> Engine {
    try finishLoading()
    guard let engine = consume engine else {
      preconditionFailure("loading makes an engine or throws")
    }
    return engine
  }

  private mutating func finishLoading() throws(SectionError) {
    if engine != nil { return }
    engine = try Engine(try loader.take()?.finish() ?? Store(), indexKey: indexKey)
  }
}
