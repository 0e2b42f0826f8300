// Chance that can be repeated: a generator with a seed, and the seeds tests run with.

public import Platform

import class Foundation.ProcessInfo

/// SplitMix64 (Steele, Lea and Flood, 2014): small, fast, and good enough for tests.
public struct SeededGenerator: Randomness, Sendable {
  private var state: UInt64

  /// Starts a sequence.
  ///
  /// - Parameter seed: The same seed gives the same sequence.
  public init(seed: UInt64) { state = seed }

  /// Draws sixty-four bits.
  ///
  /// - Returns: The next of the sequence.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}

/// The seeds a test runs with: a fixed handful, or the one in the environment's `SEED`.
///
/// - Parameter count: How many.
/// - Returns: The seeds; Swift Testing prints the one that fails.
public func seeds(_ count: Int) -> [UInt64] {
  if let text = ProcessInfo.processInfo.environment["SEED"], let seed = UInt64(text) {
    return [seed]
  }
  return (1...UInt64(count)).map { $0 }
}
