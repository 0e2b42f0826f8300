// The seam of time and the seam of chance, each with its real maker.
// Not here: time zones and days; the simulated makers are in Tests/Support.

internal import CLinux
internal import Glibc

/// Tells the time.
public protocol Clock: Sendable {
  /// Time that never goes back; for timeouts and measurements.
  ///
  /// - Returns: Microseconds since an arbitrary moment.
  func monotonicMicros() -> Int64

  /// Time of the calendar; it can be set back by an operator.
  ///
  /// - Returns: Microseconds since 1970 UTC.
  func calendarMicros() -> Int64
}

/// The machine's clocks.
public struct SystemClock: Clock {
  /// Makes the clock; it holds nothing.
  public init() {}

  /// Time of `CLOCK_MONOTONIC`.
  ///
  /// - Returns: Microseconds since the machine's start.
  public func monotonicMicros() -> Int64 { Self.micros(of: CLOCK_MONOTONIC) }

  /// Time of `CLOCK_REALTIME`.
  ///
  /// - Returns: Microseconds since 1970 UTC.
  public func calendarMicros() -> Int64 { Self.micros(of: CLOCK_REALTIME) }

  private static func micros(of clock: clockid_t) -> Int64 {
    var time = timespec()
    // Both clocks exist on every Linux, and the result is written before the call returns.
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "the machine has no clock")
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}

/// A source of chance; also a generator for the standard library.
public protocol Randomness: RandomNumberGenerator {
  /// Draws sixty-four random bits.
  ///
  /// - Returns: Any value, all equally likely.
  mutating func next() -> UInt64
}

extension Randomness {
  /// Draws bytes.
  ///
  /// - Parameter count: How many, not negative.
  /// - Returns: As many random bytes.
  public mutating func bytes(count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count { bytes.append(littleEndian: next()) }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

/// The kernel's randomness, fit for secrets.
public struct SystemRandomness: Randomness, Sendable {
  /// Makes the source; it holds nothing.
  public init() {}

  /// Draws sixty-four bits from `getrandom`.
  ///
  /// - Returns: Any value, all equally likely.
  public mutating func next() -> UInt64 {
    var value: UInt64 = 0
    // Eight bytes are asked for and there is room for eight; below 256 it is never cut short.
    let count = retryingInterrupts { unsafe getrandom(&value, 8, 0) }
    precondition(count == 8, "the kernel has no randomness")
    return value
  }
}
