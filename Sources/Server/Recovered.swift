// What recovery makes of the files: the state, and what there is to tell of it.
// Not here: how blocks and records become state; see EngineBuilder.

package import Durability
package import Platform
package import Scoring

/// The state as it was recovered, with everything that goes with it.
package struct Recovered: Sendable {
  /// What the loop tells of it.
  package struct Facts: Sendable {
    /// The last record the newest good snapshot covers; 0 without one.
    package let snapshotSequence: UInt64
    /// That snapshot's size.
    package let snapshotBytes: UInt64
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
  /// - Throws: `ServerError` with exit code 3, or 4 when the disk failed.
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
      throw ServerError(
        error.isDamage ? 3 : 4, "the data directory cannot be recovered: \(error)")
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
      snapshotSequence: recovery.snapshotSequence ?? 0,
      snapshotBytes: UInt64(recovery.snapshotBytes), recordCount: recovery.recordCount,
      notices: notices)
    return Recovered(parts: engine.dismantle(), facts: facts, recovery: recovery)
  }
}

/// The kind of the block that holds the state's head; the others are the kinds of sections.
let headKind: UInt32 = 1
