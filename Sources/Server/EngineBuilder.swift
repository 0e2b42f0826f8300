// From files to an engine: how recovery's blocks and records become state again.

import Durability
import Platform
import Scoring

/// The kind of the block that holds the state's head; the others are the kinds of sections.
let headKind: UInt32 = 1

/// Builds an engine of a snapshot's blocks and the records after it.
struct EngineBuilder: RecoveryHandler, ~Copyable {
  private let indexKey: (UInt64, UInt64)
  private var place: (sequence: UInt64, time: Int64)?
  private var loader: StoreLoader?
  private var engine: Engine?

  init(indexKey: (UInt64, UInt64)) { self.indexKey = indexKey }

  mutating func beginSnapshot(sequence: UInt64, time: Int64) throws(RecoveryRefusal) {
    place = (sequence, time)
    loader = nil
  }

  mutating func block(kind: UInt32, index: UInt32, bytes: RawSpan) throws(RecoveryRefusal) {
    guard let place else { return }
    do {
      if kind == headKind {
        loader = try StoreLoader(
          sequence: place.sequence, timeMicros: place.time, head: bytes)
      } else {
        // The files do not tell yet when a block was changed; the snapshot is new to all of them.
        let section = try LoadedSection(
          kind: kind, index: index, changed: place.sequence, bytes: bytes)
        try loader?.add(section)
      }
    } catch {
      throw RecoveryRefusal(error.description)
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
    if let place, loader == nil {
      // A snapshot without a head is refused like one whose head cannot be read.
      loader = try StoreLoader(
        sequence: place.sequence, timeMicros: place.time, head: RawSpan())
    }
    engine = try Engine(try loader.take()?.finish() ?? Store(), indexKey: indexKey)
  }
}
