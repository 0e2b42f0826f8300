// A simulated shop whose customers order more in one part of the year: for the tests of what a shop's
// own past teaches. No tests here.

@testable import Models

/// A BG/NBD shop in the time of a clock.
enum SeasonalShop {
  /// The clock of a shop with a Christmas peak: three times as many orders in December.
  static func christmas() throws -> SeasonClock {
    try SeasonClock(speeds: (0..<SeasonClock.parts).map { $0 >= 22 ? 3 : 0.82 })
  }

  /// The order days of customers who join evenly over a time.
  ///
  /// - Parameters:
  ///   - customers: how many.
  ///   - seed: of all lives.
  ///   - first: the first day of joining, days since 1970.
  ///   - joining: for how many days customers join.
  ///   - days: how many days are simulated.
  ///   - clock: the season.
  /// - Returns: the days.
  static func orders(
    customers: Int, seed: UInt64, first: Int32 = 9131, joining: Int32, days: Int32,
    clock: SeasonClock
  ) -> OrderDays {
    var orders = OrderDays()
    let end = clock.time(at: Double(first + days))
    for number in 0..<customers {
      var random = SeededRandom(seed: seed, stream: UInt64(number))
      let rate = random.gamma(shape: 0.6, rate: 40)
      let dropout = random.beta(0.8, 4)
      let start = Double(first) + random.uniform() * Double(joining)
      var time = clock.time(at: start)
      var list = [Int32(start)]
      while true {
        time += random.exponential(rate: max(rate, 1e-12))
        if time >= end { break }
        let day = Int32(Self.day(time, clock, from: Double(first), to: Double(first + days)))
        if day > list[list.count - 1] { list.append(day) }
        if random.uniform() < dropout { break }
      }
      orders.append(list)
    }
    return orders
  }

  /// The day on which a clock shows a time.
  private static func day(
    _ time: Double, _ clock: SeasonClock, from low: Double, to high: Double
  ) -> Double {
    var (low, high) = (low, high)
    while high - low > 0.01 {
      let middle = (low + high) / 2
      if clock.time(at: middle) < time { low = middle } else { high = middle }
    }
    return low
  }
}
