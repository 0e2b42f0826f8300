// What of conditions is asked of customers' lines, against the condition itself for one customer at a time.

import Offers
import Rules
import Support
import Testing

@testable import Scoring

@Suite("LineFilter")
struct LineFilterTests {
  private static let today: UInt16 = 20_000

  /// What a customer's line says.
  private struct Customer: RuleSubject {
    var orders: Int
    var first: UInt16
    var last: UInt16

    func number(at slot: Int) -> Double {
      switch NumberField(rawValue: slot) {
      case .orders: Double(orders)
      case .daysSinceOrder: orders == 0 ? .nan : Double(today) - Double(last)
      case .age: orders == 0 ? .nan : Double(today) - Double(first)
      default: .nan
      }
    }

    func day(at slot: Int) -> Int32 {
      orders == 0 || slot != DayField.firstOrder.rawValue ? RuleCode.unknown : Int32(first)
    }

    func code(at slot: Int) -> Int32 { RuleCode.unknown }
    func truth(at slot: Int) -> Truth { .unknown }
    func number(of function: Int, _ arguments: RuleArguments) -> Double { .nan }
    func truth(of function: Int, _ arguments: RuleArguments) -> Truth { .unknown }

    func isWithin(_ ranges: LineRanges) -> Bool {
      if orders == 0 { return ranges.hasOrderless }
      let repeats = UInt32(orders - 1)
      return ranges.repeats.least <= repeats && repeats <= ranges.repeats.most
        && ranges.first.least <= first && first <= ranges.first.most
        && ranges.last.least <= last && last <= ranges.last.most
    }
  }

  private static let customers: [Customer] = {
    let days: [UInt16] = [0, 1, 19_909, 19_910, 19_911, 19_970, 19_999, 20_000]
    var all = [Customer(orders: 0, first: .max, last: .max)]
    for orders in [1, 2, 3, 4, 500] {
      for first in days {
        for last in days where last >= first {
          all.append(Customer(orders: orders, first: first, last: last))
        }
      }
    }
    return all
  }()

  private static func program(_ text: String) throws -> RuleProgram {
    try RuleProgram(text, schema: CustomerFields.schema) { _ in nil }
  }

  /// Compares a condition that is ranges as a whole with its filter.
  private static func compare(_ text: String) throws {
    let program = try program(text)
    let condition = StagedCondition(program)
    let lines = try #require(condition.lines, "\(text)")
    #expect(condition.stages.isEmpty && condition.columns.isEmpty, "\(text)")
    let ranges = lines.ranges(on: today)
    for customer in customers {
      #expect(
        customer.isWithin(ranges) == (program.truth(for: customer) == .yes), "\(text) \(customer)")
    }
  }

  @Test("every range of orders and days is found in lines as conditions say it")
  func ranges() throws {
    let fields = ["orders", "days_since_order", "age_days"]
    let numbers = [
      "0", "1", "2", "2.5", "3", "30", "89.999", "90", "91", "20000", "1e9", "-1", "-0.5",
    ]
    var count = 0
    for field in fields {
      for operation in ["<", "<=", "==", ">", ">="] {
        for number in numbers {
          try Self.compare("\(field) \(operation) \(number)")
          count += 1
        }
      }
      for low in numbers {
        for high in numbers.prefix(9) {
          guard (try? Self.program("\(field) between \(low) and \(high)")) != nil else { continue }
          try Self.compare("\(field) between \(low) and \(high)")
          count += 1
        }
      }
    }
    for operation in ["<", "<=", "==", ">", ">="] {
      for day in ["1970-01-01", "2024-07-06", "2024-10-04", "2149-06-05"] {
        try Self.compare("first_order \(operation) \(day)")
        count += 1
      }
    }
    print("\(count) ranges of \(Self.customers.count) customers")
    #expect(count > 300)
  }

  @Test("ranges of several fields must all hold")
  func several() throws {
    for text in [
      "orders >= 3 and days_since_order > 90", "orders < 3 and orders > 1",
      "orders < 2 and orders > 4", "orders <= 3 and orders >= 0", "orders < 5 and age_days < 40",
      "first_order > 2024-01-01 and age_days > 5 and days_since_order <= 30 and orders == 2",
    ] {
      try Self.compare(text)
    }
  }

  @Test("what is no range is asked the usual way, beside those that are")
  func others() throws {
    for text in [
      "orders != 3", "orders in (1, 2)", "(orders == 1 or orders == 3)", "total_spend > 3",
      "orders + 1 > 2", "(orders is known)", "not (orders > 3)", "days_since_order > age_days",
    ] {
      guard (try? Self.program(text)) != nil else {
        Issue.record("\(text) does not compile")
        continue
      }
      let condition = StagedCondition(try Self.program(text))
      #expect(condition.lines == nil && condition.stages.count == 1, "\(text)")
    }
    let both = StagedCondition(
      try Self.program("total_spend > 3 and orders >= 2 and country == \"FR\" and age_days < 9"))
    #expect(both.lines != nil)
    #expect(both.stages.count == 2 && both.programs.count == 3)
    #expect(both.columns == [.number(NumberField.totalSpend.rawValue), .code(.country)])
  }
}
