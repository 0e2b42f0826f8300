// The values of conditions: the calendar of birthdays, the segments, the sets of categories, and every
// name of the schema.

import Offers
import Rules
import Testing

@Suite("Facts")
struct FactsTests {
  private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int32 {
    CivilDay.number(year: year, month: month, day: day) ?? 0
  }

  @Test(
    "days to a birthday: 0 on it, negative after it, 29 February is the 28th in common years",
    arguments: [
      (2, 29, 2024, 2, 29, 0), (2, 29, 2023, 2, 28, 0), (2, 29, 2023, 3, 1, -1),
      (2, 29, 2024, 2, 28, 1), (2, 29, 2100, 2, 28, 0), (2, 29, 2000, 2, 29, 0),
      (2, 28, 2024, 2, 29, -1), (2, 28, 2024, 2, 28, 0), (3, 1, 2024, 2, 29, 1),
      (3, 1, 2023, 2, 28, 1), (12, 31, 2026, 1, 1, -1), (1, 1, 2026, 12, 31, 1),
      (1, 3, 2026, 12, 31, 3), (12, 30, 2027, 1, 2, -3), (7, 2, 2026, 1, 1, 182),
      (7, 3, 2026, 1, 1, -182),
      // The nights on which Europe's and America's clocks change are days like others.
      (3, 29, 2026, 3, 29, 0), (3, 29, 2026, 3, 28, 1), (10, 25, 2026, 10, 26, -1),
      (3, 8, 2026, 3, 7, 1), (11, 1, 2026, 11, 2, -1),
    ])
  func birthdays(_ month: Int, _ day: Int, _ year: Int, _ m: Int, _ d: Int, _ expected: Int32)
    throws
  {
    let birthday = try #require(YearlyDay(month: month, day: day))
    #expect(birthday.days(from: Self.day(year, m, d)) == expected)
  }

  @Test("for every day of eight years the nearest birthday is the one a search finds")
  func nearest() throws {
    for (month, day) in [(2, 29), (2, 28), (3, 1), (1, 1), (12, 31), (7, 2)] {
      let birthday = try #require(YearlyDay(month: month, day: day))
      let all = (Self.day(2022, 1, 1)..<Self.day(2032, 1, 1)).filter { number in
        let date = CivilDay.date(of: number)
        let isLeap = CivilDay.number(year: date.year, month: 2, day: 29) != nil
        return date.month == month && date.day == day
          || month == 2 && day == 29 && !isLeap && date.month == 2 && date.day == 28
      }
      for today in Self.day(2023, 1, 1)..<Self.day(2031, 1, 1) {
        let best = all.map { $0 - today }.reduce(Int32(1_000)) {
          abs($1) <= abs($0) ? $1 : $0
        }
        try #require(birthday.days(from: today) == best, "\(month)-\(day) from \(today)")
      }
    }
    #expect(YearlyDay(month: 2, day: 30) == nil && YearlyDay(month: 13, day: 1) == nil)
  }

  @Test("a first order has its first anniversary a year later; years of age count birthdays")
  func calendar() {
    var facts = Facts()
    let first = Self.day(2024, 2, 29)
    facts.setCalendar(today: first + 3, birthday: nil, firstOrder: first)
    #expect(facts[.daysToAnniversary] == 362 && facts[.daysToBirthday].isNaN)
    facts.setCalendar(today: Self.day(2025, 2, 28), birthday: nil, firstOrder: first)
    #expect(facts[.daysToAnniversary] == 0)
    for (today, years) in [(Self.day(2026, 2, 27), 25), (Self.day(2026, 2, 28), 26)] {
      facts.setCalendar(
        today: today, birthday: YearlyDay(month: 2, day: 29), birthYear: 2000, firstOrder: nil)
      #expect(facts[.yearsOld] == Double(years) && facts[.birthday] == Self.day(2000, 2, 29))
    }
    #expect(facts[.weekday] == 6 && facts[.month] == 2)
    facts.setCalendar(today: Self.day(2026, 11, 22), birthday: nil, firstOrder: nil)
    #expect(facts[.weekday] == 7)
    facts.setCalendar(today: 0, birthday: nil, firstOrder: nil)
    #expect(facts[.weekday] == 4)
    #expect(facts[.daysToAnniversary].isNaN && facts[.firstOrder] == RuleCode.unknown)
  }

  @Test(
    "segments are what their definition says, the first that fits",
    arguments: [
      (Segment.Signs(orders: 0), Segment.new), (Segment.Signs(orders: .nan), .new),
      (Segment.Signs(orders: 1, ageDays: 30, alive: 0.9, lifetimeValue: 999), .new),
      (Segment.Signs(orders: 1, ageDays: 31, alive: 0.9), .willBuyAgain),
      (Segment.Signs(orders: 9, alive: 0.19, lifetimeValue: 999), .inactive),
      (Segment.Signs(orders: 9, alive: 0.2, lifetimeValue: 999), .aboutToLeave),
      (Segment.Signs(orders: 9, alive: 0.49), .aboutToLeave),
      (Segment.Signs(orders: 9, alive: 0.5), .loyal),
      (
        Segment.Signs(orders: 9, daysSinceOrder: 61, typicalGap: 30, alive: 0.9, churn: 0.7),
        .aboutToLeave
      ),
      (
        Segment.Signs(orders: 9, daysSinceOrder: 60, typicalGap: 30, alive: 0.9, churn: 0.7), .loyal
      ),
      (Segment.Signs(orders: 9, daysSinceOrder: 61, alive: 0.9, churn: 0.7), .loyal),
      (Segment.Signs(orders: 2, alive: 0.9, lifetimeValue: 500), .vip),
      (Segment.Signs(orders: 3, alive: 0.9, lifetimeValue: 499), .willBuyAgain),
      (Segment.Signs(orders: 4, alive: 0.9, lifetimeValue: 499), .loyal),
      (Segment.Signs(orders: 9, daysSinceOrder: 366), .inactive),
      (Segment.Signs(orders: 9, daysSinceOrder: 183), .aboutToLeave),
      (Segment.Signs(orders: 9, daysSinceOrder: 182), .loyal),
    ])
  func segments(_ signs: Segment.Signs, _ expected: Segment) {
    #expect(Segment(signs, vipValue: 500) == expected)
  }

  @Test("every field and function of the schema reads what was set, and is unknown before")
  func schema() throws {
    for field in OfferFields.schema.fields {
      let known = try RuleProgram("\(field.name) is known", schema: OfferFields.schema) { _ in 0 }
      #expect(known.truth(for: Facts()) == .no, "\(field.name)")
      var facts = Facts()
      switch field.type {
      case .number: facts[NumberField.allCases[field.slot]] = 1
      case .text: facts[TextField.allCases[field.slot]] = 1
      case .date: facts[DayField.allCases[field.slot]] = 1
      case .yesNo:
        switch field.name {
        case "new_customer": facts.isNewCustomer = .yes
        case "open_complaint": facts.hasOpenComplaint = .yes
        case "consent.profiling": facts.consentsToProfiling = .yes
        default:
          let channel = try #require(Channel(word: String(field.name.dropFirst(8))))
          facts[consent: channel] = .yes
        }
      case .ordered: facts.tier = .gold
      }
      #expect(known.truth(for: facts) == .yes, "\(field.name)")
      let others = OfferFields.schema.fields.count { other in
        let other = try? RuleProgram("\(other.name) is known", schema: OfferFields.schema) { _ in 0
        }
        return other?.truth(for: facts) == .yes
      }
      #expect(others == 1, "\(field.name) shares its place")
    }
    for tier in [Tier.bronze, .silver, .gold, .platinum] {
      var facts = Facts()
      facts.tier = tier
      #expect(facts.tier == tier && facts[.source] == RuleCode.unknown)
      let isHigh = try RuleProgram("tier >= gold", schema: OfferFields.schema) { _ in 0 }
      #expect(isHigh.truth(for: facts) == (tier >= .gold ? .yes : .no))
      #expect(isHigh.truth(for: Facts()) == .unknown)
      facts.tier = nil
      #expect(isHigh.truth(for: facts) == .unknown)
    }
    for code in [Int32(0), 63, 64, 511] {
      var facts = Facts()
      func truth(_ name: String) throws -> Truth {
        try RuleProgram("\(name)(\"x\")", schema: OfferFields.schema) { _ in code }.truth(
          for: facts)
      }
      #expect(try truth("bought") == .no && truth("viewed") == .no)
      #expect(try truth("in_basket") == .unknown)
      facts.bought.insert(code)
      #expect(try truth("bought") == .yes && truth("viewed") == .no)
      facts.viewed.insert(code)
      facts.knowsBasket = true
      #expect(try truth("viewed") == .yes && truth("in_basket") == .no)
      facts.inBasket.insert(code)
      #expect(try truth("in_basket") == .yes)
    }
    var set = TextSet()
    for code in [Int32.min, -1, 512, TextCode.other, RuleCode.absent] {
      set.insert(code)
      #expect(!set.contains(code))
    }
    #expect(set == TextSet())
  }
}
