// Axes: ticks at numbers and dates that people like. Not here: drawing them; see Plot.swift.

internal import Foundation

/// An axis of numbers.
struct LinearAxis: Sendable {
  let low: Double
  let high: Double
  let step: Double
  let ticks: [Double]

  /// Covers low to high with about so many ticks at multiples of 1, 2 or 5 times a power of ten.
  ///
  /// `extended` widens the axis to the next tick at either end; `whole` wants no fractions.
  /// Nothing wide, and what is no number, becomes an axis from 0 to 1 or around the place.
  init(low: Double, high: Double, about count: Int, whole: Bool = false, extended: Bool = true) {
    var low = low.isFinite ? min(max(low, -1e100), 1e100) : 0
    var high = high.isFinite ? min(max(high, -1e100), 1e100) : low
    if low > high { swap(&low, &high) }
    // Where a Double has no digits left between the two there is nothing wide.
    if high - low <= max(1e-200, max(abs(low), abs(high)) * 1e-12) { high = low + max(1, abs(low)) }
    var step = Self.nice((high - low) / Double(max(1, count)))
    if whole { step = max(1, step) }
    var first = (low / step - 1e-9).rounded(.up)
    var last = (high / step + 1e-9).rounded(.down)
    if extended {
      first = (low / step + 1e-9).rounded(.down)
      last = (high / step - 1e-9).rounded(.up)
      low = min(low, Self.multiple(first, of: step))
      high = max(high, Self.multiple(last, of: step))
    }
    self.low = low
    self.high = high
    self.step = step
    ticks =
      last >= first
      ? stride(from: first, through: last, by: 1).map { Self.multiple($0, of: step) } : []
  }

  /// Where a value lies, 0 at the low end and 1 at the high one.
  func share(_ value: Double) -> Double { (value - low) / (high - low) }

  /// A tick's value with the decimals its step needs; «20 M» on an axis of millions.
  func label(_ value: Double) -> String {
    let (unit, name) =
      switch max(abs(low), abs(high)) {
      case 1e9..<1e15: (1e9, " bn")
      case 1e6..<1e9: (1e6, " M")
      default: (1.0, "")
      }
    return Labels.decimal(value / unit, places: Self.places(step / unit))
      + (value == 0 ? "" : name)
  }

  /// A share as a percentage, with the decimals its step needs.
  func percentLabel(_ value: Double) -> String {
    Labels.decimal(value * 100, places: Self.places(step * 100)) + " %"
  }

  private static func places(_ step: Double) -> Int {
    max(0, Int((-log10(step) - 1e-9).rounded(.up)))
  }

  /// The least of 1, 2, 5, 10, … times a power of ten that is not less.
  private static func nice(_ width: Double) -> Double {
    let power = pow(10, log10(width).rounded(.down))
    let factor = [1.0, 2, 5].first { $0 * power >= width * (1 - 1e-9) } ?? 10
    // Tenths are not exact, and a tenth of one is; so small steps are made by division.
    return power >= 1 ? factor * power : factor / (1 / power).rounded()
  }

  private static func multiple(_ number: Double, of step: Double) -> Double {
    step >= 1 ? number * step : number / (1 / step)
  }
}

/// An axis of days, with ticks at days, weeks, months or years.
struct TimeAxis: Sendable {
  let low: Double
  let high: Double
  let ticks: [(day: Double, label: String)]

  /// Covers two days, since 1970-01-01, with at most so many ticks.
  init(low: Double, high: Double, atMost count: Int) {
    let low = Labels.clampedDay(low)
    let high = max(Labels.clampedDay(high), low + 1)
    self.low = low
    self.high = high
    var ticks: [(day: Double, label: String)] = []
    for step in [Step.days(1), .days(2), .days(7), .days(14)] {
      ticks = step.ticks(Int(low.rounded(.up)), Int(high.rounded(.down)))
      if ticks.count <= max(2, count) { break }
    }
    var months = 1
    while ticks.count > max(2, count) {
      ticks = Step.months(months).ticks(Int(low.rounded(.up)), Int(high.rounded(.down)))
      months = Self.longer(months)
    }
    // A time that lies between two months or years has its ends.
    self.ticks = ticks.isEmpty ? [low, high].map { ($0, Labels.day(Int($0))) } : ticks
  }

  func share(_ day: Double) -> Double { (day - low) / (high - low) }

  private static func longer(_ months: Int) -> Int {
    let steps = [1, 2, 3, 6, 12, 24, 60, 120]
    return steps.first { $0 > months } ?? months * 2
  }

  private enum Step {
    case days(Int)
    case months(Int)

    func ticks(_ low: Int, _ high: Int) -> [(day: Double, label: String)] {
      switch self {
      case .days(let step):
        // Whole weeks begin on a Monday, as 1970-01-05 did.
        guard (high - low) / step < 100 else { return Self.tooMany }
        let first = low + ((4 - low) % step + step) % step
        return stride(from: first, through: high, by: step).map {
          (Double($0), Labels.day($0))
        }
      case .months(let step):
        let from = Labels.parts(low)
        var number = from.year * 12 + from.month - 1
        number += (step - number % step) % step
        var ticks: [(day: Double, label: String)] = []
        while let day = CalendarDay(year: number / 12, month: number % 12 + 1, day: 1),
          day.number <= high, ticks.count < 1_000
        {
          if day.number >= low {
            let label =
              step % 12 == 0
              ? String(number / 12) : Labels.month(year: number / 12, month: number % 12 + 1)
            ticks.append((Double(day.number), label))
          }
          number += step
        }
        return ticks
      }
    }

    private static let tooMany = Array(repeating: (day: 0.0, label: ""), count: 1_000)
  }
}
