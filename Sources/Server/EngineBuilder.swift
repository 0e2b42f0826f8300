// From files to an engine: how recovery's blocks and records become state again.

package import Durability
package import Platform
package import Scoring

/// What recovery hands to the loop, the engine's parts aside.
package struct Recovered: Sendable {
  /// The last record the newest good snapshot covers; 0 without one.
  package let snapshotSequence: UInt64
  /// Records of the journal that were applied on top of it.
  package let recordCount: Int
  /// Plain sentences about what was not as it should be: a cut tail, a snapshot passed over.
  package let notices: [String]

  /// Recovers everything the files hold.
  ///
  /// - Parameters:
  ///   - storage: the disk.
  ///   - randomness: for the key of the indexes.
  /// - Returns: the engine's parts, the facts, and where the journal goes on.
  /// - Throws: `ServerError` with exit code 3.
  package static func recover(
    from storage: any Storage, randomness: inout any Randomness
  ) throws(ServerError) -> (parts: Engine.Parts, facts: Recovered, recovery: Recovery) {
    var builder = EngineBuilder(indexKey: (randomness.next(), randomness.next()))
    let recovery: Recovery
    do {
      recovery = try Durability.recover(from: storage, into: &builder)
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
    let recovered = Recovered(
      snapshotSequence: recovery.snapshotSequence ?? 0, recordCount: recovery.recordCount,
      notices: notices)
    return (engine.dismantle(), recovered, recovery)
  }
}

/// Builds an engine of a snapshot's blocks and the records after it.
struct EngineBuilder: RecoveryHandler, ~Copyable {
  private let indexKey: (UInt64, UInt64)
  private var loader: StoreLoader?
  private var engine: Engine?

  init(indexKey: (UInt64, UInt64)) { self.indexKey = indexKey }

  mutating func load(_ snapshot: SnapshotReader) throws(DurabilityError) {
    engine = nil
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
