// From instants to the shop's calendar days. The rules of the time zone came with a command and are
// part of the state; no system's table is asked.

import Wire

/// The calendar days of the shop's time zone.
struct ShopCalendar: Equatable, Sendable {
  private static let secondsPerDay: Int64 = 86_400

  let timeZone: String
  let transitions: [DeclareShopRequest.Transition]

  /// Makes a calendar from a request that was read, so its transitions rise from Int64.min.
  init(_ request: DeclareShopRequest) {
    timeZone = request.timeZone
    transitions = request.transitions
  }

  /// The calendar day, counted from 1970-01-01, of a time in microseconds since 1970 UTC.
  ///
  /// Returns nil outside 1970-01-01 … 2149-06-05.
  func day(ofMicros micros: Int64) -> UInt16? {
    let seconds = micros.flooredQuotient(1_000_000)
    let local = seconds + Int64(offset(at: seconds))
    let day = local.flooredQuotient(Self.secondsPerDay)
    guard day >= 0 && day <= Int64(Limits.dayMax) else { return nil }
    return UInt16(day)
  }

  /// The minute of the day that a clock on the shop's wall shows, 0 to 1439.
  ///
  /// On days of 23 or 25 hours it is not the number of minutes since midnight.
  func minute(ofMicros micros: Int64) -> Int32 {
    let seconds = micros.flooredQuotient(1_000_000)
    let local = seconds + Int64(offset(at: seconds))
    return Int32((local - local.flooredQuotient(Self.secondsPerDay) * Self.secondsPerDay) / 60)
  }

  /// When a calendar day begins, in microseconds since 1970 UTC.
  ///
  /// - Parameters:
  ///   - day: counted from 1970-01-01.
  ///   - micros: an instant near it, by whose offset the search begins.
  /// - Returns: the instant of local midnight.
  func beginMicros(ofDay day: Int32, near micros: Int64) -> Int64 {
    let local = Int64(day) * Self.secondsPerDay
    let guess = local - Int64(offset(at: micros.flooredQuotient(1_000_000)))
    // The offset that holds there, where it changed in between.
    return (local - Int64(offset(at: guess))) * 1_000_000
  }

  /// Seconds east of Greenwich at an instant, by bisection over the transitions.
  private func offset(at seconds: Int64) -> Int32 {
    var low = 0
    var high = transitions.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if transitions[middle].fromSeconds <= seconds { low = middle } else { high = middle }
    }
    return transitions[low].offsetSeconds
  }
}

extension Int64 {
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
