// A made-up shop for the tests of the report: customers who order at their own pace and may leave
// after each order, drawn from a seed.

import Foundation

@testable import patron

enum ReportExample {
  /// 2024-01-01, the cut and the day of the report.
  static let start = 19_723
  static let cut = start + 490
  static let today = start + 789

  static func data(seed: UInt64 = 1, customers: Int = 2_357) -> ReportData {
    let shop = Shop(seed: seed, customers: customers)
    return ReportData(
      head: head(shop), matrix: matrix(), deciles: deciles(shop), decileDays: 299,
      cumulative: cumulative(shop), lifetimeValue: lifetimeValue(shop),
      lives: [life(shop)], cohorts: cohorts(shop))
  }

  /// Nothing at all, as in a shop that opened today.
  static let empty = ReportData(
    head: ReportHead(
      asOfDay: start, customers: 0, orders: 0, currency: "", model: "", parameters: [],
      holdout: nil, warnings: []),
    matrix: nil, deciles: [], decileDays: 0, cumulative: nil, lifetimeValue: nil, lives: [],
    cohorts: [])

  struct Random: RandomNumberGenerator {
    var state: UInt64

    // SplitMix64: Sebastiano Vigna's public-domain generator.
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }

    mutating func uniform() -> Double { Double.random(in: 1e-9..<1, using: &self) }

    mutating func exponential(_ rate: Double) -> Double { -log(uniform()) / rate }
  }

  struct Customer {
    var first: Int
    var orders: [Int]
    var value: Double

    func predicted(at cut: Int, days: Double) -> Double? {
      guard first <= cut else { return nil }
      let seen = orders.filter { $0 <= cut }
      let age = Double(cut - first)
      let recency = Double((seen.last ?? first) - first)
      return ReportExample.expected(seen.count - 1, recency, age, days)
    }
  }

  struct Shop {
    var customers: [Customer] = []

    init(seed: UInt64, customers count: Int) {
      var random = Random(state: seed)
      for number in 0..<count {
        let share = Double(number) / Double(count)
        let first = ReportExample.start + Int(share.squareRoot() * 760)
        let rate = (random.exponential(1) + 0.05) / 70
        let drop = 0.05 + 0.4 * random.uniform() * random.uniform()
        var (day, orders) = (Double(first), [first])
        while random.uniform() > drop {
          day += max(1, random.exponential(rate))
          guard day <= Double(ReportExample.today) else { break }
          orders.append(Int(day))
        }
        customers.append(
          Customer(first: first, orders: orders, value: 15 + random.exponential(1 / 30)))
      }
    }

    func count(through day: Int) -> Double {
      customers.reduce(0) { $0 + Double($1.orders.count { $0 <= day }) }
    }
  }

  /// BG/NBD's alive probability, time in days.
  static func alive(_ x: Int, _ recency: Double, _ age: Double) -> Double {
    guard x > 0 else { return 1 }
    let (r, alpha, a, b) = (0.9, 55.0, 0.8, 4.0)
    let ratio = pow((alpha + age) / (alpha + recency), r + Double(x))
    return 1 / (1 + a / (b + Double(x) - 1) * ratio)
  }

  /// Near enough for a picture.
  static func expected(_ x: Int, _ recency: Double, _ age: Double, _ days: Double) -> Double {
    let rate = (0.9 + Double(x)) / (55 + age)
    return alive(x, recency, age) * 4.2 * (1 - exp(-rate * days / 4.6)) * 0.93
  }

  private static func head(_ shop: Shop) -> ReportHead {
    ReportHead(
      asOfDay: today, customers: shop.customers.count,
      orders: shop.customers.reduce(0) { $0 + $1.orders.count }, currency: "EUR",
      model: "MBG/NBD",
      parameters: [
        ReportParameter(name: "r", value: 0.52451, standardError: 0.0409),
        ReportParameter(name: "alpha", value: 6.18267, standardError: 0.5213, unit: "weeks"),
        ReportParameter(name: "a", value: 0.89123, standardError: 0.1547),
        ReportParameter(name: "b", value: 1.61405, standardError: nil),
        ReportParameter(name: "p", value: 6.249, standardError: 1.19, unit: "spend"),
        ReportParameter(name: "q", value: 3.744, standardError: 0.29, unit: "spend"),
        ReportParameter(name: "gamma", value: 15.44, standardError: 4.17, unit: "spend, EUR"),
      ],
      holdout: ReportHoldout(
        cutDay: cut, lastDay: today, customers: 980, actual: 2_091, predicted: 1_987.4,
        bias: -0.0496, meanAbsoluteError: 0.7421, rootMeanSquareError: 1.6218,
        poissonDeviance: 1.2089, normalizedGini: 0.7012),
      warnings: [
        "The last order of 31 % of the customers is older than a year; check that the import is "
          + "complete."
      ])
  }

  private static func matrix() -> RecencyFrequencyMatrix {
    let recencies = (0...10).map { Double($0) * 39 }
    let frequencies = Array(0...10)
    func cells(_ value: (Int, Double) -> Double) -> [[Double?]] {
      frequencies.map { x in
        recencies.map { ($0 == 0) == (x == 0) ? value(x, $0) : nil }
      }
    }
    return RecencyFrequencyMatrix(
      ageDays: 390, horizonDays: 273, recencies: recencies, frequencies: frequencies,
      alive: cells { alive($0, $1, 390) }, expectedOrders: cells { expected($0, $1, 390, 273) })
  }

  private static func deciles(_ shop: Shop) -> [CalibrationDecile] {
    let rows = shop.customers.compactMap { customer in
      customer.predicted(at: cut, days: 299).map {
        (predicted: $0, actual: Double(customer.orders.count { $0 > cut }))
      }
    }.sorted { $0.predicted > $1.predicted }
    return (0..<min(10, rows.count)).map { part in
      let share = rows[(part * rows.count / 10)..<((part + 1) * rows.count / 10)]
      return CalibrationDecile(
        customers: share.count, predicted: share.reduce(0) { $0 + $1.predicted },
        actual: share.reduce(0) { $0 + $1.actual })
    }
  }

  private static func cumulative(_ shop: Shop) -> CumulativeOrders {
    let weeks = stride(from: start + 6, through: today, by: 7).map { day in
      let actual = shop.count(through: day)
      let later = Double(max(0, day - cut))
      let wave = 1 + 0.03 * sin(Double(day - start) / 60)
      let expected = actual * wave * (1 - 0.00022 * later)
      return CumulativeOrders.Week(
        day: day, actual: actual, expected: expected,
        low: later > 0 ? expected - 1.3 * later - 30 : nil,
        high: later > 0 ? expected + 1.3 * later + 30 : nil)
    }
    return CumulativeOrders(weeks: weeks, cutDay: cut, future: .holdout, coverage: 0.9)
  }

  private static func lifetimeValue(_ shop: Shop) -> LifetimeValueHistogram {
    let edges = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000.0]
    let values = shop.customers.map {
      ($0.predicted(at: today, days: 365) ?? 0) * $0.value * 0.35
    }.sorted()
    var counts = edges.map { _ in 0 }
    for value in values { counts[edges.lastIndex { $0 <= value } ?? 0] += 1 }
    return LifetimeValueHistogram(
      edges: edges, counts: counts, median: values.isEmpty ? nil : values[values.count / 2],
      mean: values.reduce(0, +) / Double(values.count), horizonDays: 365.25)
  }

  private static func life(_ shop: Shop) -> AliveHistory {
    let customer = shop.customers.first { (9...14).contains($0.orders.count) }
    let orders = customer?.orders ?? [start]
    let first = orders[0]
    var points: [AliveHistory.Point] = []
    for day in first...today {
      let seen = orders.filter { $0 <= day }
      let recency = Double((seen.last ?? first) - first)
      if orders.dropFirst().contains(day) {
        let before = orders.filter { $0 < day }
        points.append(
          .init(
            day: Double(day),
            probability: alive(
              before.count - 1, Double((before.last ?? first) - first), Double(day - first))))
      }
      points.append(
        .init(
          day: Double(day),
          probability: alive(seen.count - 1, recency, Double(day - first))))
    }
    return AliveHistory(
      customer: Array("c-10442 <script>alert('x')</script>".utf8), orderDays: orders,
      points: points)
  }

  private static func cohorts(_ shop: Shop) -> [RetentionCohort] {
    func month(_ day: Int) -> Int {
      let parts = Labels.parts(day)
      return parts.year * 12 + parts.month - 1
    }
    let last = month(today)
    return (month(start)...last).map { first in
      let members = shop.customers.filter { month($0.first) == first }
      let ordered = (first..<last).map { later in
        members.count { member in member.orders.contains { month($0) == later + 1 } }
      }
      return RetentionCohort(
        year: first / 12, month: first % 12 + 1, customers: members.count, ordered: ordered)
    }
  }
}
