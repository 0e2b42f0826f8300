// The season of the year from a shop's own history: repeat orders beside those a model expects.

extension SeasonClock {
  /// A history shorter than this shows no season.
  static let historyMinDays: Int32 = 330

  /// Finds the season of a shop.
  ///
  /// MBG/NBD is fitted in the clock's time, and the repeat orders of each part of each year are set
  /// against those it expects of the customers there were. A ridge regression of the logarithm of
  /// their ratio on the part of the year keeps the clock near an even one where orders are few; a
  /// trend, and an effect of the first months of the data, are estimated beside it and left out.
  ///
  /// - Parameters:
  ///   - orders: the shop's customers.
  ///   - day: the last day that may be looked at.
  /// - Returns: the clock; the even one for a history of less than 330 days.
  static func fitted(to orders: OrderDays, through day: Int32) -> SeasonClock {
    let start = orders.firstDay
    guard orders.count > 0, day - start >= historyMinDays else { return .even }
    let standing = Standing(orders, on: day)
    let days = Int(day - start) + 1
    var joined = [Double](repeating: 0, count: days)
    for first in standing.firstDays { joined[Int(first - start)] += 1 }
    var repeats = [Double](repeating: 0, count: days)
    for customer in standing.customers {
      for next in orders[Int(customer)].dropFirst() where next <= day {
        repeats[Int(next - start)] += 1
      }
    }
    var regression = SeasonRegression()
    var parameters: SIMD4<Double>?
    for _ in 0..<2 {
      let times = regression.times(from: start, days: days)
      let shown = GroupedHistories(
        repeatOrders: standing.repeatOrders, firstDays: standing.firstDays,
        lastDays: standing.lastDays, day: day, sumOfLogGaps: 0
      ) { times[Int($0 - start)] }
      guard
        let fit = try? PurchaseFit.fit(kind: .mbgNBD, histories: shown, start: parameters)
      else { return .even }
      parameters = fit.parameters.values
      let expected = Self.expected(joined, times, fit.parameters.model)
      regression.learn(repeats, expected, from: start)
    }
    return regression.clock
  }

  /// The repeat orders to be expected on each day of those who have joined.
  private static func expected(
    _ joined: [Double], _ times: [Double], _ model: any PurchaseModel
  ) -> [Double] {
    let end = times[times.count - 1] - times[0]
    // The population's expectation in a table: it bends most near 0.
    let points = 400
    let growth = exp(log(2 * end + 2) / Double(points - 1))
    var at = [0.0]
    var edge = 0.5
    for _ in 0..<points {
      at.append(edge)
      edge *= growth
    }
    let values = at.map { model.populationExpectedOrders(within: $0) }
    let perLog = 1 / log(growth)
    func value(_ time: Double) -> Double {
      guard time > 0.5 else { return values[1] * max(time, 0) / 0.5 }
      let place = min(Int(log(time / 0.5) * perLog) + 1, points - 1)
      let share = (time - at[place]) / (at[place + 1] - at[place])
      return values[place] + share * (values[place + 1] - values[place])
    }
    var expected = [Double](repeating: 0, count: times.count)
    for (join, customers) in joined.enumerated() where customers > 0 {
      var before = 0.0
      for next in join + 1..<max(times.count, join + 1) {
        let sum = value(times[next] - times[join])
        expected[next] += customers * (sum - before)
        before = sum
      }
    }
    return expected
  }
}

/// The regression behind the season and what it has found so far.
private struct SeasonRegression {
  /// ln s of each part of the year.
  private var season = [Double](repeating: 0, count: SeasonClock.parts)
  /// The trend of ln s per year; a nuisance, for it does not say how it goes on.
  private var trend = 0.0

  /// Prior standard deviations: of a part of the year, of the trend, of the data's beginning.
  private static let seasonDeviation = 0.5
  private static let nuisanceDeviation = 0.3
  /// How far a part of a year lies from its mean without any season, in ln.
  private static let noise = 0.1
  /// How fast the effect of the data's beginning fades, in days.
  private static let startDays = 60.0

  var clock: SeasonClock {
    (try? SeasonClock(speeds: season.map(exp))) ?? .even
  }

  /// The clock's time on each evening, the trend included.
  func times(from start: Int32, days: Int) -> [Double] {
    var time = 0.0
    return (0..<days).map { day in
      let part = SeasonClock.part(of: Double(start) + Double(day))
      time += exp(season[part] + trend * Double(day + 1 - days) / SeasonClock.yearDays)
      return time
    }
  }

  mutating func learn(_ repeats: [Double], _ expected: [Double], from start: Int32) {
    let parts = SeasonClock.parts
    let (intercept, slope, beginning) = (parts, parts + 1, parts + 2)
    var equations = NormalEquations(parts + 3)
    let last = Double(repeats.count - 1)
    var first = 0
    while first < repeats.count {
      let part = SeasonClock.part(of: Double(start) + Double(first))
      var (seen, awaited, end) = (0.0, 0.0, first)
      while end < repeats.count, SeasonClock.part(of: Double(start) + Double(end)) == part {
        seen += repeats[end]
        awaited += expected[end]
        end += 1
      }
      let middle = Double(first + end - 1) / 2
      let years = (middle - last) / SeasonClock.yearDays
      var features = [Double](repeating: 0, count: parts + 3)
      features[part] = 1
      features[intercept] = 1
      features[slope] = years
      features[beginning] = exp(-middle / Self.startDays)
      // What the clock shows already is in the expectation.
      equations.add(
        features: features,
        value: log((seen + 0.5) / (awaited + 0.5)) + season[part] + trend * years,
        weight: 1 / (1 / (awaited + 0.5) + Self.noise * Self.noise))
      first = end
    }
    for part in 0..<parts {
      equations.add(1 / (Self.seasonDeviation * Self.seasonDeviation), row: part, column: part)
    }
    equations.add(1e-4, row: intercept, column: intercept)
    for nuisance in [slope, beginning] {
      equations.add(
        1 / (Self.nuisanceDeviation * Self.nuisanceDeviation), row: nuisance, column: nuisance)
    }
    guard let solution = equations.solved() else { return }
    let mean = solution[..<parts].reduce(0) { $0 + exp($1) } / Double(parts)
    season = solution[..<parts].map { $0 - log(mean) }
    trend = solution[slope]
  }
}
