// Shops with what SimulatedShop leaves out: a season, a trend of the orders, joiners that grow or stop.

@testable import Models

/// A shop that lives BG/NBD in the time of a season and a trend.
struct ForecastShop {
  var customers = 1000
  var days = 730
  var clock = SeasonClock.even
  /// Growth of all order rates and of the joiners, in ln per year.
  var trend = 0.0
  var growth = 0.0
  /// Nobody joins from this day of the shop on.
  var joinDays = Int.max
  /// How long the shop has been open before its data begin.
  var before = 0

  /// The first day of the data: 1 January 1995.
  static let firstDay: Int32 = 9131

  /// Christmas: three times as many orders in its weeks.
  static func christmas() throws -> SeasonClock {
    var speeds = [Double](repeating: 1, count: SeasonClock.parts)
    speeds[21] = 1.6
    speeds[22] = 2.8
    speeds[23] = 2
    return try SeasonClock(speeds: speeds)
  }

  func orders(seed: UInt64) -> OrderDays {
    let all = before + days
    let start = Self.firstDay - Int32(before)
    var (passed, joined) = ([0.0], [0.0])
    for day in 0..<all {
      let today = Double(start) + Double(day)
      let speed = clock.time(from: today - 1, to: today)
      let years = Double(day - before) / SeasonClock.yearDays
      passed.append(passed[day] + speed * exp(trend * years))
      let joins = day < min(joinDays, all) ? speed * exp(growth * years) : 0
      joined.append(joined[day] + joins)
    }
    var orders = OrderDays()
    for number in 0..<customers {
      var random = SeededRandom(seed: seed, stream: UInt64(number))
      let rate = random.gamma(shape: 0.7, rate: 60)
      let dropout = random.beta(0.8, 2.5)
      let first = Self.place(random.uniform() * joined[all], joined)
      var time = passed[first] + random.uniform() * (passed[first + 1] - passed[first])
      var own = [first]
      while true {
        time += random.exponential(rate: max(rate, 1e-12))
        if time >= passed[all] { break }
        let day = Self.place(time, passed)
        if day > own[own.count - 1] { own.append(day) }
        if random.uniform() < dropout { break }
      }
      let shown = own.filter { $0 >= before }
      if !shown.isEmpty { orders.append(shown.map { start + Int32($0) }) }
    }
    return orders
  }

  /// The interval of rising sums in which a number lies.
  private static func place(_ number: Double, _ sums: [Double]) -> Int {
    var (low, high) = (0, sums.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if sums[middle] <= number { low = middle } else { high = middle }
    }
    return low
  }
}
