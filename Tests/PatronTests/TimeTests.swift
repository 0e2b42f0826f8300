// Dates, times, zones and durations.

import Testing

@testable import patron

private func time(_ text: String) throws(RowFault) -> TimeText {
  try TimeText(Array(text.utf8)[...])
}

@Suite("CalendarDay")
struct CalendarDayTests {
  @Test("days and dates are each other's inverse from 1970 to 2149")
  func inverse() throws {
    var expected = (year: 1970, month: 1, day: 1)
    for number in ShopZone.days {
      let day = CalendarDay(number: number)
      try #require(
        CalendarDay(year: expected.year, month: expected.month, day: expected.day) == day)
      try #require(CalendarDay(Array(day.text.utf8)) == day)
      // The next date, counted up by hand.
      expected.day += 1
      if expected.day > CalendarDay.days(inMonth: expected.month, of: expected.year) {
        expected.day = 1
        expected.month += 1
      }
      if expected.month > 12 {
        expected.month = 1
        expected.year += 1
      }
    }
    #expect(CalendarDay(number: 65_534).text == "2149-06-05")
  }

  @Test("leap days exist in leap years only")
  func leapDays() {
    #expect(CalendarDay(Array("2000-02-29".utf8))?.number == 11_016)
    for text in ["1900-02-29", "2100-02-29", "2023-02-29", "2024-02-30", "2024-04-31"] {
      #expect(CalendarDay(Array(text.utf8)) == nil, "\(text)")
    }
  }
}

@Suite("TimeText")
struct TimeTextTests {
  @Test("dates, times, fractions and offsets are read")
  func forms() throws {
    var expected = try time("2024-02-29")
    #expect(expected.day == 19_782)
    #expect(expected.seconds == nil && expected.offset == nil)
    expected.seconds = 47_096
    for text in ["2024-02-29T13:04:56", "2024-02-29 13:04:56"] {
      #expect(try time(text) == expected)
    }
    expected.micros = 123_456
    #expect(try time("2024-02-29T13:04:56.1234569") == expected)
    expected.micros = 500_000
    for (text, offset) in [
      ("Z", 0), ("+00:00", 0), (" UTC", 0), ("+05:30", 19_800), ("-0330", -12_600), (" +02", 7_200),
    ] {
      expected.offset = offset
      #expect(try time("2024-02-29T13:04:56.5" + text) == expected, "\(text)")
    }
    #expect(try time("2024-02-29T13:04").seconds == 47_040)
  }

  @Test("every truncation of a full time is a time or a fault, never a trap")
  func truncations() {
    let text = Array("2024-02-29T13:04:56.789+05:30".utf8)
    var faults = 0
    for count in 0..<text.count {
      do { _ = try TimeText(text[..<count]) } catch { faults += 1 }
    }
    #expect(faults == 21)
  }
}

@Suite("ShopZone")
struct ShopZoneTests {
  private func micros(_ zone: String, _ date: String, _ hour: Int, _ minute: Int) throws -> Int64 {
    var shop = try #require(ShopZone(zone))
    let day = try #require(CalendarDay(Array(date.utf8)))
    return shop.micros(ofDay: day.number, seconds: hour * 3_600 + minute * 60) / 1_000_000
  }

  @Test("local times are instants, also around the changes of summer time")
  func summerTime() throws {
    let winter = try micros("Europe/Paris", "2024-01-15", 12, 0)
    let summer = try micros("Europe/Paris", "2024-07-15", 12, 0)
    #expect(winter == 1_705_316_400)
    #expect(summer == 1_721_037_600)
    // 2024-03-31: 02:00 becomes 03:00. What is skipped counts by the clock before.
    let before = try micros("Europe/Paris", "2024-03-31", 1, 59)
    let skipped = try micros("Europe/Paris", "2024-03-31", 2, 30)
    let after = try micros("Europe/Paris", "2024-03-31", 3, 0)
    #expect(before == 1_711_846_740)
    #expect(after == before + 60)
    #expect(skipped == after + 1_800)
    // 2024-10-27: 03:00 becomes 02:00. What happens twice is the first time.
    let twice = try micros("Europe/Paris", "2024-10-27", 2, 30)
    let later = try micros("Europe/Paris", "2024-10-27", 3, 0)
    #expect(twice == 1_729_989_000)
    #expect(later == twice + 5_400)
  }

  @Test(
    "the day of an instant is the day it was made from",
    arguments: ["UTC", "Europe/Paris", "America/New_York", "Pacific/Apia", "Asia/Kolkata"])
  func days(in name: String) throws {
    var zone = try #require(ShopZone(name))
    for day in stride(from: 5, to: 60_000, by: 1) where day % 7 == 0 || (14_900...15_500) ~= day {
      let made = zone.day(ofMicros: zone.micros(ofDay: day, seconds: 43_200))
      // Samoa left out 2011-12-30, day 15338: its noon lies in the day after.
      if name == "Pacific/Apia" && day == 15_338 { continue }
      try #require(made == day, "day \(day)")
    }
  }
}

@Suite("Values")
struct ValuesTests {
  @Test("durations are days")
  func durations() throws {
    #expect(try Values.days("90d", option: "horizon") == 90)
    #expect(try Values.days("39w", option: "horizon") == 273)
    #expect(try Values.days("12m", option: "horizon") == 365.25)
    #expect(try Values.days("1.5y", option: "horizon") == 547.875)
    for text in ["", "d", "90", "-1d", "1e3d", "0d", "nand", "1 d", "1h", "0x1d", "1..2d", ".d"] {
      #expect(throws: CommandError.self, "\(text)") { try Values.days(text, option: "horizon") }
    }
  }

  @Test("numbers are within their ranges")
  func numbers() throws {
    #expect(try Values.number("0.10", option: "margin", in: 0...1) == 0.1)
    #expect(throws: CommandError.usage("--margin is '1.1', it must be a number from 0 to 1")) {
      try Values.number("1.1", option: "margin", in: 0...1)
    }
    #expect(
      throws: CommandError.usage("--until is '1997-9-30', it must be a date such as 1997-09-30")
    ) { try Values.day("1997-9-30", option: "until") }
    #expect(throws: CommandError.self) { try Values.currency("usd") }
  }
}
