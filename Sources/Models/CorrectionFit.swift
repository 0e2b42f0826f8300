// The level and the correction of a calibration, learnt from back-tests; see Calibration.swift.

extension BackTest {
  /// Windows with fewer orders teach nothing about single customers.
  static let ordersMin = 30.0

  /// The level that the windows which end today show: a weighted mean of the logarithms of actual over
  /// expected orders, shrunk by its own uncertainty and bounded.
  ///
  /// - Parameters:
  ///   - tests: windows that end on the same day.
  ///   - expected: what was expected in each.
  /// - Returns: ln of the level, between −0.1 and 0.1.
  static func logLevel(_ tests: [BackTest], expected: [[Double]]) -> Double {
    guard let longest = tests.map(\.days).max() else { return 0 }
    // A level moves by so much between windows, besides the noise of single orders.
    let spread = 0.15
    let prior = 0.1
    var rows: [(log: Double, variance: Double, weight: Double)] = []
    for (test, expected) in zip(tests, expected) {
      let actual = test.actual.reduce(0, +)
      let share = Double(test.days) / Double(longest)
      let variance = spread * spread + 1.5 / max(actual, 1)
      rows.append(
        (log((actual + 1) / (expected.reduce(0, +) + 1)), variance, share * share / variance))
    }
    let total = rows.reduce(0) { $0 + $1.weight }
    let mean = rows.reduce(0) { $0 + $1.weight / total * $1.log }
    var (variance, squares) = (0.0, 0.0)
    for row in rows {
      let weight = row.weight / total
      variance += weight * (row.variance + (row.log - mean) * (row.log - mean))
      squares += weight * weight
    }
    // Windows that end on one day share most of their days: they count for half their number.
    variance /= max(1, 0.5 / squares)
    let shrunk = mean * prior * prior / (prior * prior + variance)
    let e = exp(2 * shrunk / prior)
    return prior * (e - 1) / (e + 1)
  }
}

/// A ridge Poisson regression of orders in back-tests on what was known before them.
struct CorrectionFit {
  /// Prior standard deviation of a standardised signal's weight.
  static let weightDeviation = 0.3
  static let steps = 15

  private(set) var weights: [Double]
  private(set) var means: [Double]
  private(set) var deviations: [Double]

  /// Learns from windows.
  ///
  /// Every window has its own level, so that only differences between customers are learnt. Windows
  /// overlap, so each counts for less than one. Where no window has orders
  /// enough there is nothing to be learnt, and nil.
  ///
  /// - Parameters:
  ///   - tests: the windows.
  ///   - expected: what was expected in each.
  ///   - isTaught: whether a customer, by its place in the shop, may be looked at.
  init?(_ tests: [BackTest], expected: [[Double]], where isTaught: (Int32) -> Bool) {
    var windows: [Window] = []
    for (test, expected) in zip(tests, expected) {
      if let window = Window(test, expected, where: isTaught) { windows.append(window) }
    }
    guard !windows.isEmpty else { return nil }
    let count = Correction.signals.count
    (means, deviations) = Self.moments(windows)
    for place in windows.indices { windows[place].standardise(means, deviations) }

    let lengths = windows.reduce(0) { $0 + Double($1.days) } / Double(windows.count)
    let longest = windows.reduce(0) { max($0, Double($1.days)) }
    let rowWeight = min(1, max(1, longest / lengths) / Double(windows.count))
    let penalty = Self.dispersion(windows) / (Self.weightDeviation * Self.weightDeviation)
    var solution = [Double](repeating: 0, count: count + windows.count)
    for _ in 0..<Self.steps {
      var equations = NormalEquations(solution.count)
      for place in 0..<solution.count {
        let strength = place < count ? penalty : 1e-3
        equations.add(strength, row: place, column: place)
        equations.add(-strength * solution[place], right: place)
      }
      for (number, window) in windows.enumerated() {
        window.add(
          to: &equations, weights: solution[..<count], intercept: solution[count + number],
          place: count + number, rowWeight: rowWeight)
      }
      guard let step = equations.solved() else { return nil }
      var largest = 0.0
      for place in step.indices {
        solution[place] += min(max(step[place], -1), 1)
        largest = max(largest, abs(step[place]))
      }
      if largest < 1e-9 { break }
    }
    weights = Array(solution[..<count])
  }

  /// The correction, made so that it leaves the sum over some customers as it is.
  ///
  /// - Parameters:
  ///   - referenceDays: how many days' recent orders count.
  ///   - subjects: each customer's expected orders and signals.
  /// - Returns: the correction; nil when nothing is expected of anybody.
  func correction(
    referenceDays: Double, neutralFor subjects: [(expected: Double, signals: [Double])]
  ) -> Correction? {
    guard
      let plain = try? Correction(
        referenceDays: referenceDays, intercept: 0, weights: weights, means: means,
        deviations: deviations)
    else { return nil }
    var (before, after) = (0.0, 0.0)
    for subject in subjects {
      before += subject.expected
      after += subject.expected * plain.factor(signals: subject.signals)
    }
    guard before > 0, after > 0 else { return nil }
    return try? Correction(
      referenceDays: referenceDays, intercept: log(before / after), weights: weights,
      means: means, deviations: deviations)
  }

  /// Mean and standard deviation of each signal over all rows.
  private static func moments(_ windows: [Window]) -> ([Double], [Double]) {
    let count = Correction.signals.count
    var rows = 0.0
    var sums = [Double](repeating: 0, count: count)
    for window in windows {
      rows += Double(window.actual.count)
      for signals in window.signals { for place in 0..<count { sums[place] += signals[place] } }
    }
    let means = sums.map { $0 / rows }
    var squares = [Double](repeating: 0, count: count)
    for window in windows {
      for signals in window.signals {
        for place in 0..<count {
          let distance = signals[place] - means[place]
          squares[place] += distance * distance
        }
      }
    }
    // A signal that never varies has no weight, whatever it is divided by.
    return (means, squares.map { max(($0 / rows).squareRoot(), 1e-6) })
  }

  /// How much more orders vary than a Poisson count, at least 1 (Pearson's statistic).
  private static func dispersion(_ windows: [Window]) -> Double {
    var (sum, rows) = (0.0, 0.0)
    for window in windows {
      for (place, y) in window.actual.enumerated() {
        let mu = exp(window.offsets[place])
        sum += (y - mu) * (y - mu) / max(mu, 0.05)
        rows += 1
      }
    }
    return max(1, sum / rows)
  }
}

/// One window's rows.
private struct Window {
  let days: Int32
  var actual: [Double] = []
  /// ln of the expected orders, at the window's level.
  var offsets: [Double] = []
  var signals: [[Double]] = []

  init?(_ test: BackTest, _ expected: [Double], where isTaught: (Int32) -> Bool) {
    days = test.days
    for place in test.actual.indices where isTaught(test.standing.customers[place]) {
      actual.append(test.actual[place])
      offsets.append(expected[place])
      signals.append(test.signals(place, expected: expected[place]))
    }
    let orders = actual.reduce(0, +)
    guard orders >= BackTest.ordersMin else { return nil }
    let level = orders / offsets.reduce(0, +)
    offsets = offsets.map { log(max($0, 1e-9) * level) }
  }

  mutating func standardise(_ means: [Double], _ deviations: [Double]) {
    for row in signals.indices {
      for place in means.indices {
        signals[row][place] = Correction.standardised(
          signals[row][place], mean: means[place], deviation: deviations[place])
      }
    }
  }

  /// Adds the gradient and the information at some weights.
  func add(
    to equations: inout NormalEquations, weights: ArraySlice<Double>, intercept: Double,
    place own: Int, rowWeight: Double
  ) {
    for (row, y) in actual.enumerated() {
      let signals = signals[row]
      var sum = offsets[row] + intercept
      for place in weights.indices { sum += weights[place] * signals[place] }
      let mu = rowWeight * exp(min(sum, 20))
      let residual = rowWeight * y - mu
      for place in weights.indices {
        equations.add(residual * signals[place], right: place)
        for other in 0...place {
          equations.add(mu * signals[place] * signals[other], row: place, column: other)
        }
        equations.add(mu * signals[place], row: own, column: place)
      }
      equations.add(residual, right: own)
      equations.add(mu, row: own, column: own)
    }
  }
}

extension BackTest {
  /// What was known of a customer at the cut.
  func signals(_ place: Int, expected: Double) -> [Double] {
    Correction.signals(
      expectedOrders: expected, repeatOrders: Double(standing.repeatOrders[place]),
      idleDays: Double(standing.day - standing.lastDays[place]),
      recent: RecentOrders(month: recentMonth[place], reference: recentReference[place]))
  }
}
