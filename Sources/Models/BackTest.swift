// The shop's own past as a test: models fitted to a day that has passed, and what came after it.

/// One look back: what models fitted to a day would have expected of the days after it.
struct BackTest: Sendable {
  /// The customers as they stood on the day of the cut.
  let standing: Standing
  /// How many days after the cut are looked at.
  let days: Int32
  /// Orders that came within them.
  let actual: [Double]
  /// Orders that each model expected, in the order of the kinds.
  private(set) var expected: [PurchaseModelKind: [Double]] = [:]
  /// Recent orders at the cut: within as many days as are looked at, and within a month.
  let recentReference: [Double]
  let recentMonth: [Double]

  /// Days of the shorter of the two times in which recent orders are counted.
  static let monthDays: Int32 = 30
  /// A window of fewer days says nothing.
  static let daysMin: Int32 = 21
  /// How long the windows are, as parts of the longest.
  static let parts = [1, 0.85, 0.7, 0.55, 0.4]

  /// The windows that end on a day, the longest first.
  ///
  /// - Parameters:
  ///   - history: days from the first order of the shop to the day.
  ///   - horizonDays: how far ahead is to be foretold.
  /// - Returns: their lengths; none when the history is too short.
  static func windows(history: Int32, horizonDays: Double) -> [Int32] {
    let longest = min(horizonDays, Double(history) / 2).rounded(.down)
    return parts.map { Int32($0 * longest) }.filter { $0 >= daysMin }
  }

  /// Fits models to what was known on a day, and lets them foretell.
  init(
    _ orders: OrderDays, cut: Int32, days: Int32, kinds: [PurchaseModelKind],
    clock: SeasonClock
  ) {
    standing = Standing(orders, on: cut)
    self.days = days
    actual = standing.actual(orders, through: cut + days)
    recentReference = standing.recent(orders, days: days)
    recentMonth = standing.recent(orders, days: Self.monthDays)
    let histories = standing.grouped(clock)
    let ahead = clock.time(from: Double(cut), to: Double(cut + days))
    for kind in kinds {
      guard let fit = try? PurchaseFit.fit(kind: kind, histories: histories) else { continue }
      expected[kind] = standing.expectedOrders(fit.parameters.model, within: ahead, clock)
    }
  }

  /// The mean of what several models expected; nil when one of them could not be fitted.
  func blend(_ kinds: [PurchaseModelKind]) -> [Double]? {
    var sum = [Double](repeating: 0, count: actual.count)
    for kind in kinds {
      guard let expected = expected[kind] else { return nil }
      for place in sum.indices { sum[place] += expected[place] / Double(kinds.count) }
    }
    return sum
  }
}

/// How well something foretold the orders of several windows.
struct Tally: Sendable {
  private(set) var customers = 0.0
  private(set) var actual = 0.0
  private(set) var predicted = 0.0
  private var deviances = 0.0

  /// Mean over customers and windows of the Poisson deviance.
  var deviance: Double { customers > 0 ? deviances / customers : 0 }
  /// predicted/actual − 1; nil where nobody ordered.
  var bias: Double? { actual > 0 ? predicted / actual - 1 : nil }

  mutating func add(actual y: Double, predicted mu: Double) {
    customers += 1
    actual += y
    predicted += mu
    deviances += poissonDeviance(actual: y, predicted: mu)
  }
}

/// 2·(y·ln(y/μ) − (y − μ)).
///
/// A prediction may underflow to zero; who ordered all the same must not cost infinitely much.
func poissonDeviance(actual y: Double, predicted mu: Double) -> Double {
  2 * ((y > 0 ? y * log(y / max(mu, 1e-300)) : 0) - (y - mu))
}
