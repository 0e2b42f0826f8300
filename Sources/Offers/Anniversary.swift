// Days that come back every year, as pure arithmetic of calendar days. The time zone is nobody's
// business here: whoever asks has the local day.

internal import Rules

/// A day of the year, such as a birthday of which the year need not be known.
public struct YearlyDay: Equatable, Sendable {
  /// 1 to 12.
  public let month: UInt8
  /// 1 to 31.
  public let day: UInt8

  /// Makes a day of the year; nil if there is no such day.
  ///
  /// - Parameters:
  ///   - month: 1 to 12.
  ///   - day: 1 to the length of the month; 29 in February.
  public init?(month: Int, day: Int) {
    // 2024 has every day there is.
    guard CivilDay.number(year: 2024, month: month, day: day) != nil else { return nil }
    self.month = UInt8(month)
    self.day = UInt8(day)
  }

  /// The day of the year of a day.
  ///
  /// - Parameter number: counted from 1970-01-01.
  public init(of number: Int32) {
    let date = CivilDay.date(of: number)
    month = UInt8(date.month)
    day = UInt8(date.day)
  }

  /// The day in one year; 29 February is the 28th in common years.
  ///
  /// - Parameter year: 1 to 9999.
  /// - Returns: counted from 1970-01-01.
  public func number(in year: Int) -> Int32 {
    CivilDay.number(year: year, month: Int(month), day: Int(day))
      ?? CivilDay.number(year: year, month: 2, day: 28) ?? 0
  }

  /// Days to the nearest time it is: 0 on the day, positive before it, negative after it.
  ///
  /// - Parameters:
  ///   - today: counted from 1970-01-01.
  ///   - after: occurrences up to this day do not count, as the day of birth is no birthday.
  /// - Returns: −183 to 183, more only where `after` leaves the nearest out; positive where two are
  ///   equally near.
  public func days(from today: Int32, after: Int32 = .min) -> Int32 {
    let year = CivilDay.date(of: today).year
    var nearest = Int32.max
    for year in year - 1...year + 2 {
      let number = number(in: year)
      let distance = number - today
      guard number > after else { continue }
      if nearest == .max || abs(distance) < abs(nearest)
        || abs(distance) == abs(nearest) && distance > 0
      {
        nearest = distance
      }
    }
    // A first day in the future has its next occurrence later than these.
    return nearest
  }
}
