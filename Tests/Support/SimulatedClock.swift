// Time that passes only when a test says so.

public import Platform
import Synchronization

/// A clock that stands still until it is told to go on.
public final class SimulatedClock: Clock {
  private let micros: Atomic<Int64>
  private let calendarStart: Atomic<Int64>

  /// Makes a clock.
  ///
  /// - Parameter calendarMicros: The calendar's time at first; the monotonic one begins at 0.
  public init(calendarMicros: Int64 = 1_000_000_000_000_000) {
    micros = Atomic(0)
    calendarStart = Atomic(calendarMicros)
  }

  /// Lets time pass.
  ///
  /// - Parameter micros: How much, not negative.
  public func advance(micros: Int64) {
    self.micros.add(micros, ordering: .sequentiallyConsistent)
  }

  /// Sets the calendar, as an operator may; the monotonic clock does not notice.
  ///
  /// - Parameter micros: How far forward, or back if negative.
  public func jumpCalendar(micros: Int64) {
    calendarStart.add(micros, ordering: .sequentiallyConsistent)
  }

  /// The time that has passed.
  ///
  /// - Returns: Microseconds since the clock was made.
  public func monotonicMicros() -> Int64 { micros.load(ordering: .sequentiallyConsistent) }

  /// The time of the calendar.
  ///
  /// - Returns: Microseconds since 1970 UTC.
  public func calendarMicros() -> Int64 {
    calendarStart.load(ordering: .sequentiallyConsistent) + monotonicMicros()
  }
}
