// What a whole shop is expected to order week by week: those who are customers and those who will be.

/// The orders of all customers of a shop, day by day.
struct DailyTotals: Sendable {
  let day: Int32
  /// How many customers have joined by the day.
  let customers: Int
  /// Days with an order of all customers on each day from the shop's first order to the day.
  private let orders: [Double]
  /// How many of them are first orders.
  private let joined: [Double]
  private let start: Int32

  /// The time in which a first order loses half its weight.
  static let halfLifeDays = 90.0
  /// A shop where so long nobody has joined has closed its doors, if some were to be expected.
  static let closedDays: Int32 = 28
  private static let closedOrdersMin = 3.0
  /// In a longer history, whoever orders on its first day is not taken for new.
  private static let startDaysMin: Int32 = 60

  init(_ shop: OrderDays, through day: Int32) {
    self.init(shop, from: shop.firstDay, through: day)
  }

  private init(_ shop: OrderDays, from start: Int32, through day: Int32) {
    self.day = day
    self.start = start
    let days = max(Int(day) - Int(start) + 1, 0)
    var (customers, orders) = (0, [Double](repeating: 0, count: days))
    var joined = orders
    for customer in 0..<shop.count {
      let own = shop[customer]
      guard let first = own.first, first <= day else { continue }
      customers += 1
      joined[Int(first - start)] += 1
      for next in own {
        if next > day { break }
        orders[Int(next - start)] += 1
      }
    }
    self.customers = customers
    self.orders = orders
    self.joined = joined
  }

  /// Days of history before the day.
  var days: Int32 { max(Int32(orders.count) - 1, 0) }
  /// Whole weeks of history, the first day and the last one included.
  var weeks: Int { orders.count / 7 }

  /// The orders of the last weeks up to a day, the last one last.
  func orders(ofWeeks weeks: Int, through last: Int32) -> [Double] {
    (0..<weeks).map { week in
      let end = Int(last - start) + 1 - 7 * (weeks - 1 - week)
      return orders[(end - 7)..<end].reduce(0, +)
    }
  }

  /// How many customers had joined by an earlier day.
  func customers(by day: Int32) -> Double {
    joined[...Int(day - start)].reduce(0, +)
  }

  /// Whether nobody joins any more.
  var isClosed: Bool { joinRate(by: day, .even) == 0 }

  /// First orders for each day of the clock's time; recent ones count most.
  func joinRate(by day: Int32, _ clock: SeasonClock) -> Double {
    let days = Int(day - start) + 1
    let fade = exp(-log(2) / Self.halfLifeDays)
    var (sum, time, weight) = (0.0, 0.0, 1.0)
    let first = days > Int(Self.startDaysMin) ? 1 : 0
    for place in stride(from: days - 1, through: first, by: -1) {
      let today = Double(start) + Double(place)
      sum += weight * joined[place]
      time += weight * clock.time(from: today - 1, to: today)
      weight *= fade
    }
    guard time > 0 else { return 0 }
    let recent = joined[max(days - Int(Self.closedDays), 0)..<days].reduce(0, +)
    let isClosed = recent == 0 && sum / time * Double(Self.closedDays) >= Self.closedOrdersMin
    return isClosed ? 0 : sum / time
  }
}

/// What is expected of each of the weeks after a day.
struct WeeklyExpectation: Sendable {
  /// Orders of those who are customers.
  private(set) var present: [Double]
  /// First orders of those to come.
  private(set) var first: [Double]
  /// Their repeat orders.
  private(set) var later: [Double]

  /// - Parameters:
  ///   - standing: the customers of a sample on the day.
  ///   - sample: the same with all their days.
  ///   - totals: the whole shop.
  ///   - models: whose expectations are averaged.
  ///   - calibration: what is laid over them.
  ///   - weeks: how many.
  ///   - crew: who computes.
  init(
    _ standing: Standing, _ sample: OrderDays, _ totals: DailyTotals, models: [any PurchaseModel],
    calibration: Calibration, weeks: Int, crew: any FitCrew
  ) {
    let (day, clock) = (standing.day, calibration.clock)
    let ends = (0...weeks).map {
      clock.time(from: Double(day), to: Double(day) + 7 * Double($0))
    }
    let scale =
      totals.customers(by: day) / max(Double(standing.customers.count), 1)
      * exp(calibration.logLevel)
    present = Self.present(
      standing.weighted(sample, models, calibration), models, ends: ends, crew
    ).map { $0 * scale }

    // Those who join in a week do so evenly, as one may say in its middle.
    let rate = totals.joinRate(by: day, clock)
    first = (0..<weeks).map { rate * (ends[$0 + 1] - ends[$0]) }
    var sums = [Double](repeating: 0, count: weeks)
    for join in 0..<weeks where first[join] > 0 {
      let middle = (ends[join] + ends[join + 1]) / 2
      for week in join..<weeks {
        let each = models.reduce(0) {
          $0 + $1.populationExpectedOrders(within: ends[week + 1] - middle)
        }
        sums[week] += first[join] * each / Double(models.count)
      }
    }
    later = Self.differences(sums)
  }

  /// All orders of a week.
  func total(_ week: Int) -> Double { present[week] + first[week] + later[week] }
  /// All orders of each week.
  var totals: [Double] { present.indices.map(total) }
  /// All orders of all weeks.
  var total: Double { totals.reduce(0, +) }

  /// First and repeat orders of a week.
  func split(_ week: Int) -> (first: Double, later: Double) {
    (first[week], present[week] + later[week])
  }
  /// First and repeat orders of all weeks.
  var split: (first: Double, later: Double) {
    (first.reduce(0, +), present.reduce(0, +) + later.reduce(0, +))
  }

  /// The orders of some customers between times of the clock.
  private static func present(
    _ groups: [Standing.Group], _ models: [any PurchaseModel], ends: [Double], _ crew: any FitCrew
  ) -> [Double] {
    let size = 1024
    let parts = crew.map((groups.count + size - 1) / size) { part in
      var sums = [Double](repeating: 0, count: ends.count - 1)
      for group in groups[(part * size)..<min((part + 1) * size, groups.count)] {
        for model in models {
          let weight = group.weight * model.aliveProbability(of: group.history)
          for place in sums.indices {
            sums[place] +=
              weight * model.expectedOrdersIfAlive(of: group.history, within: ends[place + 1])
          }
        }
      }
      return sums
    }
    var sums = [Double](repeating: 0, count: ends.count - 1)
    for part in parts { for place in sums.indices { sums[place] += part[place] } }
    return differences(sums.map { $0 / Double(models.count) })
  }

  /// What is added from one sum to the next, never less than nothing.
  private static func differences(_ sums: [Double]) -> [Double] {
    sums.indices.map { max(sums[$0] - ($0 > 0 ? sums[$0 - 1] : 0), 0) }
  }
}

extension Standing {
  /// Customers with the same history and the sum of their factors.
  struct Group: Sendable {
    let history: PurchaseHistory
    var weight: Double
  }

  /// The customers grouped by x, first and last day, each with the factor of the correction.
  fileprivate func weighted(
    _ orders: OrderDays, _ models: [any PurchaseModel], _ calibration: Calibration
  ) -> [Group] {
    let factors = factors(orders, models, calibration)
    var known: [UInt64: Int] = [:]
    var groups: [Group] = []
    for place in customers.indices {
      let key =
        UInt64(repeatOrders[place]) << 42 | UInt64(firstDays[place]) << 21
        | UInt64(lastDays[place])
      let factor = factors?[place] ?? 1
      if let group = known[key] {
        groups[group].weight += factor
      } else {
        known[key] = groups.count
        groups.append(Group(history: history(place, calibration.clock), weight: factor))
      }
    }
    return groups
  }

  /// The correction's factor for each customer; nil without a correction.
  private func factors(
    _ orders: OrderDays, _ models: [any PurchaseModel], _ calibration: Calibration
  ) -> [Double]? {
    guard let correction = calibration.correction else { return nil }
    let days = correction.referenceDays
    let ahead = calibration.clock.time(from: Double(day), to: Double(day) + days)
    var expected = [Double](repeating: 0, count: customers.count)
    for model in models {
      let own = expectedOrders(model, within: ahead, calibration.clock)
      for place in expected.indices { expected[place] += own[place] / Double(models.count) }
    }
    let month = recent(orders, days: BackTest.monthDays)
    let reference = recent(orders, days: Int32(days))
    return expected.indices.map { place in
      correction.factor(
        expectedOrders: expected[place], repeatOrders: Double(repeatOrders[place]),
        idleDays: Double(day - lastDays[place]),
        recent: RecentOrders(month: month[place], reference: reference[place]))
    }
  }
}
