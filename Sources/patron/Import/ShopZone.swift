// Local times of the shop and instants, by Foundation's table of time zones.
// Which day an order belongs to is decided by the server; this only finds the instant.

internal import Foundation

/// A time zone that remembers the offsets of the days it was asked about.
struct ShopZone {
  let name: String
  private let zone: TimeZone
  /// Offset of each local day in seconds; `unknown` before it was asked for, `varies` near a
  /// change.
  private var offsets: [Int32]
  private static let unknown = Int32.max
  private static let varies = Int32.max - 1
  /// 1970-01-01 to 2149-06-05, what the server can record, and a day around.
  static let days = 0...65_534

  init?(_ name: String) {
    guard let zone = TimeZone(identifier: name) else { return nil }
    self.name = name
    self.zone = zone
    offsets = Array(repeating: Self.unknown, count: Self.days.count)
  }

  /// The instant of a local time.
  ///
  /// A time that happens twice is the earlier one; a time that is skipped counts by the clock
  /// before the change, so it comes to lie behind the gap.
  mutating func micros(ofDay day: Int, seconds: Int, micros: Int = 0) -> Int64 {
    let local = Int64(day) * 86_400 + Int64(seconds)
    var offset = offset(ofDay: day)
    if offset == Self.varies {
      let (before, after) = (zoneOffset(local - 86_400), zoneOffset(local + 86_400))
      let isAfter =
        zoneOffset(local - Int64(before)) != before
        && zoneOffset(local - Int64(after)) == after
      offset = isAfter ? after : before
    }
    return (local - Int64(offset)) * 1_000_000 + Int64(micros)
  }

  /// The local day of an instant.
  mutating func day(ofMicros micros: Int64) -> Int {
    let seconds = Self.floored(micros, 1_000_000)
    let utcDay = Int(Self.floored(seconds, 86_400))
    var offset = offset(ofDay: utcDay)
    // A local day is within a day of the same number in UTC; `offset` looks two days around.
    if offset == Self.varies { offset = zoneOffset(seconds) }
    return Int(Self.floored(seconds + Int64(offset), 86_400))
  }

  private mutating func offset(ofDay day: Int) -> Int32 {
    guard Self.days.contains(day) else { return Self.varies }
    if offsets[day] == Self.unknown {
      let start = Int64(day) * 86_400
      let before = zoneOffset(start - 2 * 86_400)
      offsets[day] = before == zoneOffset(start + 3 * 86_400) ? before : Self.varies
    }
    return offsets[day]
  }

  private func zoneOffset(_ seconds: Int64) -> Int32 {
    Int32(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
  }

  private static func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }
}
