// From files to an engine: how recovery's blocks and records become state again.

import Durability
import Platform
import Scoring

/// Builds an engine of a snapshot's blocks and the records after it.
struct EngineBuilder: RecoveryHandler, ~Copyable {
  private let indexKey: (UInt64, UInt64)
  private var loader: StoreLoader?
  private var engine: Engine?

  init(indexKey: (UInt64, UInt64)) { self.indexKey = indexKey }

  mutating func beginSnapshot(sequence: UInt64, time: Int64) throws(RecoveryRefusal) {
    loader = StoreLoader(sequence: sequence, timeMicros: time)
  }

  mutating func block(kind: UInt32, index: UInt32, bytes: RawSpan) throws(RecoveryRefusal) {
    do {
      try loader?.add(kind: kind, index: index, bytes: bytes)
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
    engine = try Engine(try loader.take()?.finish() ?? Store(), indexKey: indexKey)
  }
}
