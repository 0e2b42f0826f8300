// An engine beside another one: now and then it is made anew from the other's snapshot, and otherwise given
// nothing but the records of the journal. Not here: files; those are in World.

import Platform
import Scoring
import Wire

/// The second of two engines whose states must be the same.
final class Twin {
  /// What differed.
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  private var engine: Engine
  private let snapshotEvery: Int
  /// The sections of the last snapshot: one that says it is unchanged is not taken again, as on a disk.
  private var kept: [String: (changed: UInt64, bytes: [UInt8])] = [:]

  init(_ snapshotEvery: Int) throws {
    self.snapshotEvery = snapshotEvery
    engine = try Engine(Store(), indexKey: (7, 7))
  }

  /// Is given the record of what the other has just done.
  func follow(_ other: borrowing Engine, _ frame: RawSpan) throws {
    try engine.replay(sequence: other.sequence, timeMicros: other.timeMicros, frame: frame)
    try compare(other, "after a replay")
    if other.sequence % UInt64(snapshotEvery) == 0 {
      engine = try Engine(try reloaded(other.store), indexKey: (other.sequence, 3))
      try compare(other, "after a snapshot")
    }
  }

  private func compare(_ other: borrowing Engine, _ when: String) throws {
    guard engine.store.stateHash() != other.store.stateHash() else { return }
    var sections: [String] = []
    let (ours, theirs) = (bytes(engine.store), bytes(other.store))
    for (name, bytes) in theirs where ours[name] != bytes {
      let place = zip(ours[name] ?? [], bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? -1
      sections.append("\(name) at \(place)")
    }
    throw Difference(
      description: "record \(other.sequence), \(when): another state, in \(sections.sorted())")
  }

  private func bytes(_ store: Store) -> [String: [UInt8]] {
    var all: [String: [UInt8]] = [:]
    all["head"] = []
    all["head"]?.append(bytes: store.head().bytes)
    store.forEachSection { section in
      var bytes: [UInt8] = []
      bytes.append(bytes: section.bytes)
      all["\(section.kind) \(section.index)"] = bytes
    }
    return all
  }

  private func reloaded(_ store: Store) throws -> Store {
    var loader = try StoreLoader(
      sequence: store.sequence, timeMicros: store.timeMicros, head: store.head().bytes)
    var sections: [LoadedSection] = []
    var failure: (any Error)?
    store.forEachSection { section in
      let name = "\(section.kind) \(section.index)"
      if kept[name]?.changed != section.changed {
        var bytes: [UInt8] = []
        bytes.append(bytes: section.bytes)
        kept[name] = (section.changed, bytes)
      }
      let bytes = kept[name]?.bytes ?? []
      do {
        sections.append(
          try LoadedSection(
            kind: section.kind.rawValue, index: section.index, changed: section.changed,
            bytes: bytes.rawBytes))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    for section in sections { try loader.add(section) }
    return try loader.finish()
  }
}
