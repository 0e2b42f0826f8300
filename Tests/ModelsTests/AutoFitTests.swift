// The choice of a model by the shop's own past.

import Testing

import class Foundation.ProcessInfo

@testable import Models

@Suite("AutoFit")
struct AutoFitTests {
  /// Numerics are slow in a debug build: the whole of it runs in release mode (.ci/run --long).
  private static let isLong = ProcessInfo.processInfo.environment["PATRON_LONG"] == "1"
  static let seeds: [UInt64] = isLong ? [1, 2, 3] : [1]

  /// How a prediction of every customer did.
  private static func holdout(
    _ orders: OrderDays, cut: Int32, days: Int32, _ expected: (Standing) -> [Double]
  ) throws -> Holdout {
    let standing = Standing(orders, on: cut)
    return try Holdout(
      actual: standing.actual(orders, through: cut + days), predicted: expected(standing))
  }

  @Test(
    "where a season lies in the past, the choice foretells better than every single model",
    arguments: seeds)
  func season(seed: UInt64) throws {
    // From January 1995 on; the fit is at the end of 1996, right after a peak.
    let clock = try SeasonalShop.christmas()
    let orders = SeasonalShop.orders(
      customers: Self.isLong ? 2500 : 400, seed: seed, joining: 600,
      days: 365 * 2 + 120, clock: clock)
    let (cut, days) = (9131 + 365 * 2 as Int32, 120 as Int32)
    let auto = try AutoFit.fit(orders, through: cut, horizonDays: Double(days))
    let peak = auto.calibration.clock.speeds[22...].reduce(0, +) / 2
    print("season, seed \(seed): peak \(peak), level \(auto.calibration.logLevel)")
    #expect(peak > 1.8 && peak < 3.6, "the peak is 3 times the rest, shrunk")

    let chosen = try Self.holdout(orders, cut: cut, days: days) { _ in
      auto.expectedOrders(orders, on: cut, within: days).expected
    }
    var best = (deviance: Double.infinity, bias: Double.infinity)
    for kind in [PurchaseModelKind.bgNBD, .mbgNBD, .paretoNBD] {
      let fit = try PurchaseFit.fit(
        kind: kind, histories: Standing(orders, on: cut).grouped(.even))
      let single = try Self.holdout(orders, cut: cut, days: days) {
        $0.expectedOrders(fit.parameters.model, within: Double(days), .even)
      }
      print("  \(kind.name): deviance \(single.poissonDeviance), bias \(single.bias ?? .nan)")
      best.deviance = min(best.deviance, single.poissonDeviance)
      best.bias = min(best.bias, abs(try #require(single.bias)))
    }
    print("  auto: deviance \(chosen.poissonDeviance), bias \(chosen.bias ?? .nan)")
    #expect(chosen.poissonDeviance < best.deviance)
    #expect(abs(try #require(chosen.bias)) < best.bias)
  }

  @Test("a short history changes nothing, and the report says so")
  func short() throws {
    let orders = SeasonalShop.orders(customers: 400, seed: 3, joining: 30, days: 40, clock: .even)
    let auto = try AutoFit.fit(orders, through: 9131 + 40, horizonDays: 90)
    #expect(auto.calibration == .none && auto.trials.isEmpty && auto.windowDays.isEmpty)
    #expect(auto.fits.map(\.parameters.kind) == [.bgNBD, .paretoNBD])
    #expect(auto.warnings.contains { $0.contains("too short for a back-test") })
    #expect(auto.warnings.contains { $0.contains("too short to show a season") })
  }

  @Test("what is tried is told by rising deviance, and the crew changes nothing")
  func report() throws {
    struct Backwards: FitCrew {
      func map<Result: Sendable>(
        _ count: Int, _ task: @escaping @Sendable (Int) -> Result
      ) -> [Result] {
        (0..<count).reversed().map(task).reversed()
      }
    }
    let orders = SeasonalShop.orders(customers: 120, seed: 4, joining: 60, days: 110, clock: .even)
    let day = 9131 + 110 as Int32
    let alone = try AutoFit.fit(orders, through: day, horizonDays: 60)
    let others = try AutoFit.fit(orders, through: day, horizonDays: 60, crew: Backwards())
    #expect(alone.trials == others.trials && alone.calibration == others.calibration)
    #expect(alone.fits == others.fits)
    let deviances = alone.trials.map(\.deviance)
    #expect(deviances == deviances.sorted() && deviances.allSatisfy { $0 > 0 })
    let names = Set(alone.trials.map(\.name))
    #expect(names.isSuperset(of: ["bg-nbd", "mbg-nbd", "pareto-nbd", "auto"]))
    #expect(alone.windowDays == [55, 46, 38, 30, 22])
  }

  @Test("nothing after the fitting day is looked at")
  func honest() throws {
    let orders = SeasonalShop.orders(customers: 150, seed: 5, joining: 60, days: 200, clock: .even)
    let day = 9131 + 100 as Int32
    var known = OrderDays()
    for customer in 0..<orders.count {
      let days = orders[customer].filter { $0 <= day }
      if !days.isEmpty { known.append(days) }
    }
    let with = try AutoFit.fit(orders, through: day, horizonDays: 40)
    let without = try AutoFit.fit(known, through: day, horizonDays: 40)
    // Halves of the customers are told apart by their places, which the unknown ones move.
    #expect(with.fits == without.fits)
    #expect(with.calibration.clock == without.calibration.clock)
    #expect(with.calibration.logLevel == without.calibration.logLevel)
  }

  @Test("a new outcome is worse than the present one only when it foretells worse")
  func comparison() throws {
    let orders = SeasonalShop.orders(customers: 120, seed: 6, joining: 60, days: 110, clock: .even)
    let day = 9131 + 110 as Int32
    let first = try AutoFit.fit(orders, through: day, horizonDays: 50)
    #expect(first.comparison == nil)
    let again = try AutoFit.fit(orders, through: day, horizonDays: 50, present: first.outcome)
    #expect(try #require(again.comparison).isWorse == false)
    let nonsense = AutoFit.Outcome(
      purchases: [try PurchaseParameters(.bgNBD, SIMD4(5, 10, 1, 1))], calibration: .none)
    let rescue = try AutoFit.fit(orders, through: day, horizonDays: 50, present: nonsense)
    #expect(try #require(rescue.comparison).isWorse == false)
    #expect(AutoFit.Comparison(new: 1.01, present: 1).isWorse)
    #expect(AutoFit.Comparison(new: .nan, present: 1).isWorse)
  }

  @Test("no customers is an error")
  func empty() {
    #expect(throws: ModelError.noCustomers) {
      try AutoFit.fit(OrderDays(), through: 100, horizonDays: 90)
    }
  }
}

@Suite("SeasonClock")
struct SeasonClockTests {
  @Test("a year keeps its length, time never runs back, and an even clock shows the day")
  func time() throws {
    let clock = try SeasonalShop.christmas()
    #expect(abs(clock.speeds.reduce(0, +) / 24 - 1) < 1e-15)
    #expect(abs(clock.time(from: 9000, to: 9000 + SeasonClock.yearDays) - 365.25) < 1e-9)
    var before = -1.0
    for day in 0..<3000 {
      let time = clock.time(at: Double(day) / 2)
      #expect(time > before)
      before = time
      #expect(abs(SeasonClock.even.time(at: Double(day)) - Double(day)) < 1e-9)
    }
    #expect(clock.time(from: 20, to: 10) == 0)
  }

  @Test("speeds of another number or out of range are refused by name")
  func refusals() {
    #expect(throws: ModelError.unequalColumns(name: "season", count: 3, expected: 24)) {
      try SeasonClock(speeds: [1, 1, 1])
    }
    for bad in [0, -1, .nan, 1e9] {
      var speeds = [Double](repeating: 1, count: 24)
      speeds[7] = bad
      #expect(throws: ModelError.self) { try SeasonClock(speeds: speeds) }
    }
  }
}

@Suite("Bootstrap")
struct BootstrapTests {
  @Test(
    "drawn shops spread as the observed information says, and the same seed draws the same",
    arguments: [7] as [UInt64])
  func spread(seed: UInt64) throws {
    let histories = try CDNOWSample.histories()
    let fit = try PurchaseFit.fit(kind: .bgNBD, histories: histories)
    let bootstrap = fit.bootstrap(histories, replicates: 60, seed: seed)
    let errors = try #require(bootstrap.standardErrors)
    let known = try #require(fit.standardErrors)
    let ends = try #require(bootstrap.interval(0.9))
    print("bootstrap, seed \(seed): \(errors) beside \(known), \(bootstrap.draws.count) of 60")
    for place in 0..<4 {
      // 60 draws tell a standard error to about 9 percent; r and b are skewed.
      #expect(errors[place] / known[place] > 0.6 && errors[place] / known[place] < 1.9)
      #expect(ends.low[place] < fit.parameters.values[place])
      #expect(ends.high[place] > fit.parameters.values[place])
    }
    #expect(
      fit.bootstrap(histories, replicates: 2, seed: seed).draws == Array(bootstrap.draws.prefix(2)))
    #expect(fit.bootstrap(histories, replicates: 0, seed: seed).standardErrors == nil)
  }

  @Test(
    "Poisson counts have their mean and variance", arguments: [0.3, 4, 60, 20_000], [8] as [UInt64])
  func poisson(mean: Double, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let draws = (0..<4000).map { _ in Double(random.poisson(mean: mean)) }
    let found = draws.reduce(0, +) / 4000
    let variance = draws.reduce(0) { $0 + ($1 - found) * ($1 - found) } / 4000
    #expect(abs(found - mean) < 4.5 * (mean / 4000).squareRoot(), "seed \(seed)")
    #expect(abs(variance / mean - 1) < 0.2, "seed \(seed)")
  }
}
