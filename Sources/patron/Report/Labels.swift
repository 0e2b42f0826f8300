// Numbers, money, days and durations as the report writes them.

internal import Foundation

enum Labels {
  /// Digits in groups of three, with so many decimals; «–» for what is no number.
  static func decimal(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return "–" }
    guard abs(value) < 1e15 else { return Numbers.significant(value, 3) }
    let digits = Numbers.fixed(abs(value), max(0, places))
    let parts = digits.split(separator: ".", maxSplits: 1)
    let whole = parts.first.flatMap { Int($0) } ?? 0
    // Nothing is written as less than nothing.
    let sign = value < 0 && digits.contains { ("1"..."9").contains($0) } ? "−" : ""
    return sign + Numbers.grouped(whole) + (parts.count > 1 ? "." + parts[1] : "")
  }

  /// About three digits: 0.04, 1.25, 13.1, 250.
  static func short(_ value: Double) -> String {
    decimal(value, places: abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0)
  }

  /// A share as a percentage.
  static func percent(_ share: Double, places: Int = 0) -> String {
    share.isFinite ? decimal(share * 100, places: places) + " %" : "–"
  }

  /// A share with its sign, such as «+3.1 %».
  static func signedPercent(_ share: Double) -> String {
    (share.isFinite && share > 0 ? "+" : "") + percent(share, places: 1)
  }

  /// An amount, «EUR 1,250» or «EUR 12.50».
  static func money(_ value: Double, currency: String) -> String {
    (currency.isEmpty ? "" : currency + " ") + decimal(value, places: abs(value) < 1_000 ? 2 : 0)
  }

  /// An edge of a bin or a tick: 0.5, 20, 1,000, 2.5 M.
  static func edge(_ value: Double) -> String {
    let (number, unit) =
      switch abs(value) {
      case 1e9...: (value / 1e9, " bn")
      case 1e6...: (value / 1e6, " M")
      default: (value, "")
      }
    let places = number == number.rounded() ? 0 : (number * 10).rounded() == number * 10 ? 1 : 2
    return decimal(number, places: places) + unit
  }

  /// Days as the longest unit that divides them: «1 year», «39 weeks», «90 days».
  static func duration(_ days: Double) -> String {
    guard days.isFinite else { return "–" }
    func counted(_ number: Double, _ unit: String) -> String {
      decimal(number, places: number == number.rounded() ? 0 : 1)
        + " \(unit)\(number == 1 ? "" : "s")"
    }
    let years = days / 365.25
    if years >= 1, abs(years - years.rounded()) < 0.002 { return counted(years.rounded(), "year") }
    if days >= 7, days.truncatingRemainder(dividingBy: 7) == 0 { return counted(days / 7, "week") }
    return counted((days * 10).rounded() / 10, "day")
  }

  /// What follows «in the next»: «year», «39 weeks».
  static func next(_ days: Double) -> String {
    let text = duration(days)
    return text.hasPrefix("1 ") ? String(text.dropFirst(2)) : text
  }

  /// «3 Mar 1997».
  static func day(_ number: Int) -> String {
    let parts = parts(number)
    return "\(parts.day) " + month(year: parts.year, month: parts.month)
  }

  /// «Mar 1997».
  static func month(year: Int, month: Int) -> String {
    names.indices.contains(month - 1) ? "\(names[month - 1]) \(year)" : "\(year)"
  }

  /// Year, month and day of a day since 1970-01-01.
  static func parts(_ number: Int) -> (year: Int, month: Int, day: Int) {
    let day = CalendarDay(number: Int(clampedDay(Double(number))))
    let parts = day.text.split(separator: "-").map { Int($0) ?? 1 }
    return parts.count == 3 ? (parts[0], parts[1], parts[2]) : (1970, 1, 1)
  }

  /// Within years of four digits.
  static func clampedDay(_ day: Double) -> Double {
    day.isFinite ? min(max(day, 0), 2_932_896) : 0
  }

  private static let names = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
