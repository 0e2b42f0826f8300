// Calendar days as numbers and back, in the proleptic Gregorian calendar.

/// Days counted from 1970-01-01.
public enum CivilDay {
  /// Days since 1970-01-01 of a date.
  ///
  /// The years begin in March here, so that the leap day is the last of its year.
  ///
  /// - Parameters:
  ///   - year: 1 to 9999.
  ///   - month: 1 to 12.
  ///   - day: from 1.
  /// - Returns: the day, or nil if there is no such one.
  public static func number(year: Int, month: Int, day: Int) -> Int32? {
    guard (1...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[month - 1] else { return nil }
    let years = month > 2 ? year : year - 1
    let months = (month + 9) % 12
    let leaps = years / 4 - years / 100 + years / 400
    return Int32(365 * years + leaps + (153 * months + 2) / 5 + day - 1 - 719_468)
  }

  /// The date of a day.
  ///
  /// - Parameter number: days since 1970-01-01.
  /// - Returns: year, month from 1 and day from 1.
  public static func date(of number: Int32) -> (year: Int, month: Int, day: Int) {
    // The day of the 400 years it lies in, the year of them, and the day of that year.
    let shifted = Int(number) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let months = (5 * dayOfYear + 2) / 153
    let month = months < 10 ? months + 3 : months - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * months + 2) / 5 + 1
    )
  }

  /// The day as it is written: 2026-11-22.
  ///
  /// - Parameter number: days since 1970-01-01.
  /// - Returns: year, month and day.
  public static func text(_ number: Int32) -> String {
    let date = date(of: number)
    return [(date.year, 4), (date.month, 2), (date.day, 2)].map {
      String(repeating: "0", count: max($1 - String($0).count, 0)) + String($0)
    }.joined(separator: "-")
  }
}
