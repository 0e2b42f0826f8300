// Calendar months by integer arithmetic, after Howard Hinnant's «chrono-compatible low-level date
// algorithms»: exact for the proleptic Gregorian calendar, without any library's calendar.

/// A month of the calendar.
struct CivilMonth: Comparable, Sendable {
  /// Twelve times the year, plus 0 for January to 11 for December.
  let number: Int

  init(number: Int) { self.number = number }

  /// The month of a day.
  ///
  /// - Parameter day: since 1970-01-01, not negative.
  init(ofDay day: Int) {
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    // Years of this arithmetic begin in March.
    number = (yearOfEra + era * 400) * 12 + (5 * dayOfYear + 2) / 153 + 2
  }

  var year: Int { number / 12 }
  /// 1 to 12.
  var month: Int { number % 12 + 1 }

  static func < (one: Self, other: Self) -> Bool { one.number < other.number }
}
