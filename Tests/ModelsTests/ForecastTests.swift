// The forecast of a whole shop: its sums, its corners, and how often its intervals hold.

import Testing

@testable import Models

@Suite("Forecast")
struct ForecastTests {
  /// A BG/NBD that has been fitted nowhere, near what ForecastShop lives.
  static let purchases = [
    PurchaseParameters(trusted: .bgNBD, SIMD4(0.7, 60, 0.8, 2.5)),
    PurchaseParameters(trusted: .paretoNBD, SIMD4(0.7, 60, 0.6, 120)),
  ]

  static func day(_ day: Int) -> Int32 { ForecastShop.firstDay + Int32(day) }

  /// Two workers who hand in their pieces in another order.
  private struct Backwards: FitCrew {
    func map<Result: Sendable>(
      _ count: Int, _ task: @escaping @Sendable (Int) -> Result
    ) -> [Result] {
      Array((0..<count).reversed().map(task).reversed())
    }
  }

  @Test(
    "the weeks add up to what the scores of all customers say", arguments: [UInt64(11), 12])
  func sums(seed: UInt64) throws {
    print("seed \(seed)")
    let orders = ForecastShop(customers: 120, days: 400).orders(seed: seed)
    let day = Self.day(399)
    var calibration = Calibration()
    calibration.clock = try ForecastShop.christmas()
    calibration.logLevel = 0.08
    calibration.correction = try Correction(
      referenceDays: 364, intercept: 0.02, weights: [0.1, -0.1, 0.2, -0.1, 0.05],
      means: [-1, 0.5, 0, 4, 0], deviations: [1, 1, 1, 1, 1])
    let forecast = try Forecast(
      of: orders, through: day, purchases: Self.purchases, calibration: calibration)
    let auto = AutoFit(
      fits: try Self.purchases.map { try Self.fit($0, orders, day, calibration.clock) },
      calibration: calibration, trials: [], comparison: nil, windowDays: [], warnings: [])
    let fitted = try Forecast(
      of: orders, through: day, purchases: auto.outcome.purchases, calibration: calibration)
    let scores = auto.expectedOrders(orders, on: day, within: 364).expected.reduce(0, +)
    let present = fitted.weeks.reduce(0) { $0 + $1.presentOrders }
    print("scores \(scores), weeks \(present)")
    #expect(abs(present / scores - 1) < 1e-9)
    for made in [forecast, fitted] {
      #expect(made.weeks.count == 52)
      #expect(made.weeks.map(\.lastDay) == (1...52).map { day + 7 * $0 })
      let total = made.weeks.reduce(0) { $0 + $1.orders.expected }
      #expect(abs(made.orders.expected / total - 1) < 1e-12)
      for week in made.weeks {
        let parts = week.presentOrders + week.firstOrders + week.laterOrders
        #expect(abs(week.orders.expected - parts) < 1e-9)
        #expect(week.orders.low <= week.orders.expected)
        #expect(week.orders.high >= week.orders.expected)
      }
    }
    #expect(fitted.pastOrders.count == 52)
    let actual = (0..<orders.count).reduce(0) {
      $0 + orders.orders(of: $1, after: day - 364, through: day)
    }
    #expect(fitted.pastOrders.reduce(0, +) == Double(actual))
  }

  private static func fit(
    _ parameters: PurchaseParameters, _ orders: OrderDays, _ day: Int32, _ clock: SeasonClock
  ) throws -> PurchaseFit {
    try PurchaseFit.fit(kind: parameters.kind, histories: Standing(orders, on: day).grouped(clock))
  }

  @Test("where nobody joins any more, nobody is expected to", arguments: [UInt64(21)])
  func closed(seed: UInt64) throws {
    print("seed \(seed)")
    let open = ForecastShop(customers: 400, days: 300).orders(seed: seed)
    let closed = ForecastShop(customers: 400, days: 300, joinDays: 90).orders(seed: seed)
    let forecasts = try [open, closed].map {
      try Forecast(of: $0, through: Self.day(299), purchases: [Self.purchases[0]], weeks: 20)
    }
    // 400 in 300 days.
    let each = forecasts[0].weeks.map(\.firstOrders)
    print("first orders a week", each[0])
    #expect(abs(each[0] / 7 / (400.0 / 300) - 1) < 0.35)
    #expect(each.allSatisfy { abs($0 - each[0]) < 1e-9 })
    #expect(forecasts[0].weeks[19].laterOrders > forecasts[0].weeks[0].laterOrders)
    #expect(forecasts[1].weeks.allSatisfy { $0.firstOrders == 0 && $0.laterOrders == 0 })
    #expect(forecasts[1].warnings.contains { $0.contains("no customers to come") })
    #expect(!forecasts[0].warnings.contains { $0.contains("no customers to come") })
  }

  @Test("a season moves orders from week to week")
  func season() throws {
    let orders = ForecastShop(customers: 200, days: 300).orders(seed: 5)
    var calibration = Calibration()
    calibration.clock = try ForecastShop.christmas()
    let plain = try Forecast(of: orders, through: Self.day(299), purchases: Self.purchases)
    let moved = try Forecast(
      of: orders, through: Self.day(299), purchases: Self.purchases, calibration: calibration)
    // The part of the year that ends in the middle of December lies wholly around week 6.
    let ratios = zip(moved.weeks, plain.weeks).map { $0.orders.expected / $1.orders.expected }
    print("week 6 \(ratios[6]), week 26 \(ratios[26])")
    // The clock changes what the past says of the level, too; between weeks it is the season alone.
    #expect(ratios[6] > 2.2 * ratios[26])
    #expect(abs(moved.weeks[6].firstOrders / moved.weeks[26].firstOrders - 2.8) < 0.3)
  }

  @Test("a short history gets the usual width and says so")
  func short() throws {
    let orders = ForecastShop(customers: 200, days: 60).orders(seed: 6)
    let forecast = try Forecast(of: orders, through: Self.day(59), purchases: Self.purchases)
    #expect(forecast.coverage == nil)
    #expect(forecast.dispersion == 1.5)
    #expect(abs(forecast.levelVariance - 0.04 / 0.75) < 1e-15)
    #expect(forecast.warnings.contains { $0.contains("too short for a back-test") })
    #expect(forecast.pastOrders.count == 8)
    // Looks back are possible, but none that says anything about the coverage.
    let longer = try Forecast(
      of: ForecastShop(customers: 200, days: 150).orders(seed: 6), through: Self.day(149),
      purchases: Self.purchases)
    #expect(longer.coverage == nil)
    #expect(longer.warnings.contains { $0.contains("not checked") })
  }

  @Test("the coverage counts weeks of cuts with history enough, and all of them")
  func counts() throws {
    let orders = ForecastShop(customers: 200, days: 420).orders(seed: 7)
    let forecast = try Forecast(
      of: orders, through: Self.day(419), purchases: [Self.purchases[0]])
    let coverage = try #require(forecast.coverage)
    #expect(coverage.cuts == 3)
    let history = DailyTotals(orders, through: Self.day(419)).weeks
    let lengths = ForecastLook.lengths(history: history, ahead: 52)
    #expect(coverage.weeks == lengths.reduce(0, +))
    #expect(coverage.weeksWithin <= coverage.weeks)
    #expect(ForecastLook.lengths(history: 60, ahead: 52) == [30, 21, 15])
    #expect(ForecastLook.lengths(history: 60, ahead: 10) == [10, 7, 5])
    #expect(ForecastLook.lengths(history: 7, ahead: 52) == [])
  }

  @Test("a look does not widen the interval by which it is judged")
  func leftOut() throws {
    let good = ForecastLook(expected: [100, 100, 100, 100, 100, 100, 100, 100, 100], level: 1)
    let bad = ForecastLook(expected: [100, 100, 100, 100, 100, 100, 100, 100, 100], level: 4)
    let coverage = try #require(ForecastSpread.coverage([good, good, bad]))
    #expect(coverage.weeksWithin == 18 && coverage.weeks == 27 && coverage.cuts == 3)
    #expect(ForecastSpread([bad]).levelVariance > ForecastSpread([good]).levelVariance)
  }

  @Test("nothing is NaN or infinite where there is hardly anything", arguments: [1, 104])
  func corners(weeks: Int) throws {
    let day: Int32 = 20_000
    let shops: [[[Int32]]] = [
      [[day]], [[day - 3000]], [[day - 1], [day]], [[day - 700, day - 1], [day - 3]],
      (0..<60).map { [day - Int32($0) * 12] }, (0..<40).map { _ in [day - 500, day - 400] },
      [[day + 5], [day - 400, day + 1]],
    ]
    for shop in shops {
      var orders = OrderDays()
      for customer in shop { orders.append(customer) }
      let amounts = try OrderAmounts(first: 0, later: 10, deviation: 1e6)
      let forecast = try Forecast(
        of: orders, through: day, purchases: Self.purchases, amounts: amounts, weeks: weeks)
      let intervals: [Forecast.Interval?] =
        forecast.weeks.flatMap { [$0.orders, $0.revenue] } + [forecast.orders, forecast.revenue]
      for interval in intervals {
        let interval = try #require(interval)
        #expect(interval.low.isFinite && interval.high.isFinite && interval.expected.isFinite)
        #expect(0 <= interval.low && interval.low <= interval.high)
      }
      #expect(forecast.dispersion.isFinite && forecast.levelVariance.isFinite)
    }
  }

  @Test("neither the crew nor what comes after the day changes anything")
  func deterministic() throws {
    let orders = ForecastShop(customers: 100, days: 500).orders(seed: 8)
    var known = OrderDays()
    for customer in 0..<orders.count {
      let days = orders[customer].filter { $0 <= Self.day(399) }
      if !days.isEmpty { known.append(days) }
    }
    let one = try Forecast(of: known, through: Self.day(399), purchases: Self.purchases)
    let other = try Forecast(
      of: known, through: Self.day(399), purchases: Self.purchases, crew: Backwards())
    let later = try Forecast(of: orders, through: Self.day(399), purchases: Self.purchases)
    #expect(one == other)
    #expect(one == later)
  }

  @Test("revenue is orders times what they are worth; without that there is none")
  func revenue() throws {
    let orders = ForecastShop(customers: 200, days: 100).orders(seed: 9)
    let amounts = try OrderAmounts(first: 20, later: 30, deviation: 15)
    let with = try Forecast(
      of: orders, through: Self.day(99), purchases: Self.purchases, amounts: amounts, weeks: 8)
    for week in with.weeks {
      let revenue = try #require(week.revenue)
      let expected = 20 * week.firstOrders + 30 * (week.presentOrders + week.laterOrders)
      #expect(abs(revenue.expected / expected - 1) < 1e-12)
      #expect(revenue.low < expected && expected < revenue.high)
      // The values of single orders make it relatively wider than the orders.
      #expect(revenue.high / expected > 0.95 * week.orders.high / week.orders.expected)
    }
    let without = try Forecast(
      of: orders, through: Self.day(99), purchases: Self.purchases, weeks: 8)
    #expect(without.revenue == nil && without.weeks.allSatisfy { $0.revenue == nil })
  }

  @Test("what makes no sense is refused")
  func refused() throws {
    let orders = ForecastShop(customers: 20, days: 100).orders(seed: 9)
    #expect(throws: ModelError.noCustomers) {
      try Forecast(of: OrderDays(), through: 20_000, purchases: Self.purchases)
    }
    #expect(throws: ModelError.noCustomers) {
      try Forecast(of: orders, through: 9000, purchases: Self.purchases)
    }
    for weeks in [0, 105] {
      #expect(throws: ModelError.self) {
        try Forecast(of: orders, through: 9230, purchases: Self.purchases, weeks: weeks)
      }
    }
    #expect(throws: ModelError.self) { try OrderAmounts(first: -1, later: 1, deviation: 1) }
    #expect(throws: ModelError.self) { try OrderAmounts(first: 1, later: .nan, deviation: 1) }
  }

  @Test(
    "nine of ten counts drawn as supposed lie within the interval",
    arguments: [(1, 0.5), (2, 5), (3, 80), (4, 800)] as [(UInt64, Double)])
  func quantiles(seed: UInt64, mean: Double) {
    var random = SeededRandom(seed: seed)
    let interval = ForecastSpread([]).range(ofOrders: mean, week: 26)
    // φ of 1.5 and a level off by a fifth, with its tails.
    let variance = 1.5 * mean + 1.3 * 0.04 * mean * mean
    let size = mean * mean / (variance - mean)
    let draws = mean > 500 ? 400 : 2000
    let within = (0..<draws).count { _ in
      let rate = random.gamma(shape: size, rate: size / mean)
      var (count, time) = (0.0, random.exponential(rate: 1))
      while time < rate {
        count += 1
        time += random.exponential(rate: 1)
      }
      return interval.low <= count && count <= interval.high
    }
    let share = Double(within) / Double(draws)
    print("seed \(seed), mean \(mean): \(interval), share \(share)")
    // Small counts lump together, so more may lie within.
    #expect(share > 0.87 && share < (mean < 1 ? 0.99 : mean < 10 ? 0.96 : 0.93))
  }

  @Test("nine of ten weeks of simulated shops lie within their intervals", arguments: [UInt64(31)])
  func coverage(seed: UInt64) throws {
    let christmas = try ForecastShop.christmas()
    let shops: [(String, ForecastShop)] = [
      ("even", ForecastShop(customers: 200)),
      ("small", ForecastShop(customers: 40)),
      ("christmas", ForecastShop(customers: 300, clock: christmas, growth: 0.3)),
      ("falling", ForecastShop(customers: 200, trend: -0.3, growth: -0.3)),
      ("no joiners", ForecastShop(customers: 200, joinDays: 120)),
    ]
    var shares: [Double] = []
    for (name, shop) in shops {
      let orders = shop.orders(seed: seed)
      let day = Self.day(shop.days - 1 - 26 * 7)
      let clock = SeasonClock.fitted(to: orders, through: day)
      let fit = try PurchaseFit.fit(
        kind: .bgNBD, histories: Standing(orders, on: day).grouped(clock))
      var calibration = Calibration()
      calibration.clock = clock
      let forecast = try Forecast(
        of: orders, through: day, purchases: [fit.parameters], calibration: calibration, weeks: 26)
      let actual = DailyTotals(orders, through: day + 26 * 7)
        .orders(ofWeeks: 26, through: day + 26 * 7)
      let within = zip(forecast.weeks, actual).count {
        $0.orders.low <= $1 && $1 <= $0.orders.high
      }
      shares.append(Double(within) / 26)
      print(
        "seed \(seed), \(name): \(within) of 26 within, expected \(forecast.orders.expected), came",
        "\(actual.reduce(0, +)), back-test \(forecast.coverage?.share ?? .nan)")
    }
    let mean = shares.reduce(0, +) / Double(shares.count)
    print("seed \(seed): mean coverage \(mean)")
    #expect(mean > 0.75)
  }
}

extension ForecastLook {
  /// A look at weeks which all came at a level of what was expected.
  fileprivate init(expected: [Double], level: Double) {
    self.init(expected: expected, actual: expected.map { $0 * level }, historyWeeks: 30)
  }
}
