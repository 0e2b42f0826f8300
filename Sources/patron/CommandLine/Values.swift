// What the values of options mean: durations, dates, numbers, currencies.

internal import Foundation

enum Values {
  /// Days of a duration: 90d, 39w, 12m (m = 30.4375 days), 1y (365.25 days).
  static func days(_ text: String, option: String) throws(CommandError) -> Double {
    let units: [Character: Double] = ["d": 1, "w": 7, "m": 30.4375, "y": 365.25]
    guard let last = text.last, let unit = units[last], let number = decimal(text.dropLast()),
      number > 0
    else {
      throw .usage(
        "--\(option) is '\(text)', it must be a duration such as 90d, 39w, 12m or 1y")
    }
    return number * unit
  }

  /// A day since 1970-01-01, from YYYY-MM-DD.
  static func day(_ text: String, option: String) throws(CommandError) -> Int {
    guard let day = CalendarDay(Array(text.utf8)) else {
      throw .usage("--\(option) is '\(text)', it must be a date such as 1997-09-30")
    }
    guard ShopZone.days.contains(day.number) else {
      throw .usage("--\(option) is \(text), it must lie between 1970-01-01 and 2149-06-05")
    }
    return day.number
  }

  /// A number within a range.
  static func number(
    _ text: String, option: String, in range: ClosedRange<Double>
  ) throws(CommandError) -> Double {
    guard let number = decimal(text[...]), range.contains(number) else {
      throw .usage(
        "--\(option) is '\(text)', it must be a number from \(JSONWriter.text(range.lowerBound)) "
          + "to \(JSONWriter.text(range.upperBound))")
    }
    return number
  }

  /// Three capital letters.
  static func currency(_ text: String) throws(CommandError) -> String {
    guard text.utf8.count == 3, text.utf8.allSatisfy({ (65...90).contains($0) }) else {
      throw .usage("--currency is '\(text)', it must be three capital letters such as EUR")
    }
    return text
  }

  /// Digits with at most one point: Double would also read «nan», «0x1p3» and «1e5».
  private static func decimal(_ text: Substring) -> Double? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }) else {
      return nil
    }
    return Double(text)
  }
}
