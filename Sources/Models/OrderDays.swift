// The days on which each customer ordered: what fits that look back at several cuts work on.

/// The days with an order of every customer, one customer after the other.
public struct OrderDays: Sendable {
  /// Where each customer's days begin, and where the last one's end.
  @usableFromInline var starts: [Int] = [0]
  /// Days since 1970-01-01, rising within a customer.
  @usableFromInline var days: [Int32] = []

  /// Starts without customers.
  public init() {}

  /// How many customers there are.
  public var count: Int { starts.count - 1 }
  /// Σ ln of the days between successive orders of a customer, all customers together.
  public var sumOfLogGaps: Double {
    var sum = 0.0
    for customer in 0..<count {
      let days = self[customer]
      for (day, next) in zip(days, days.dropFirst()) { sum += log(Double(next - day)) }
    }
    return sum
  }
  /// The first day of all; 0 without customers.
  public var firstDay: Int32 { (0..<count).lazy.map { days[starts[$0]] }.min() ?? 0 }

  /// Adds a customer.
  ///
  /// - Parameter days: the days with an order, rising, each once, at least one.
  public mutating func append(_ days: some Sequence<Int32>) {
    self.days.append(contentsOf: days)
    starts.append(self.days.count)
  }

  /// Adds a day to the customer who is added now.
  ///
  /// - Parameter day: after the customer's last one.
  @inlinable
  public mutating func append(day: Int32) { days.append(day) }

  /// Ends the customer who was added day by day, at least one.
  @inlinable
  public mutating func endCustomer() { starts.append(days.count) }

  /// Adds the customers of another part of the shop.
  ///
  /// - Parameter other: follows these.
  public mutating func append(_ other: OrderDays) {
    let offset = days.count
    days.append(contentsOf: other.days)
    starts.append(contentsOf: other.starts.dropFirst().map { $0 + offset })
  }

  /// The days of a customer.
  subscript(customer: Int) -> ArraySlice<Int32> { days[starts[customer]..<starts[customer + 1]] }

  /// Every n-th customer, so that at most so many are left.
  func sampled(most: Int) -> OrderDays {
    guard count > most else { return self }
    let step = (count + most - 1) / most
    var sample = OrderDays()
    for customer in stride(from: 0, to: count, by: step) { sample.append(self[customer]) }
    return sample
  }

  /// Days with an order of a customer after one day and up to another.
  func orders(of customer: Int, after day: Int32, through last: Int32) -> Int {
    var count = 0
    for next in self[customer].reversed() where next <= last {
      if next <= day { break }
      count += 1
    }
    return count
  }
}

/// The customers of a shop as they stood on the evening of a day.
struct Standing: Sendable {
  let day: Int32
  /// Which customers had ordered by then, by their places in `OrderDays`.
  private(set) var customers: [Int32] = []
  private(set) var repeatOrders: [Int32] = []
  private(set) var firstDays: [Int32] = []
  private(set) var lastDays: [Int32] = []
  /// Σ ln of the gaps, by the calendar.
  private(set) var sumOfLogGaps = 0.0

  init(_ orders: OrderDays, on day: Int32) {
    self.day = day
    for customer in 0..<orders.count {
      let days = orders[customer]
      guard let first = days.first, first <= day else { continue }
      var (last, count) = (first, -1 as Int32)
      for next in days {
        if next > day { break }
        if next > last { sumOfLogGaps += log(Double(next - last)) }
        last = next
        count += 1
      }
      customers.append(Int32(customer))
      repeatOrders.append(count)
      firstDays.append(first)
      lastDays.append(last)
    }
  }

  /// x, t_x and T of a customer in a clock's time.
  func history(_ place: Int, _ clock: SeasonClock) -> PurchaseHistory {
    let first = clock.time(at: Double(firstDays[place]))
    return PurchaseHistory(
      repeatOrders: Double(repeatOrders[place]),
      recencyDays: max(clock.time(at: Double(lastDays[place])) - first, 0),
      ageDays: max(clock.time(at: Double(day)) - first, 0))
  }

  /// The histories in a clock's time, grouped for a fit.
  func grouped(_ clock: SeasonClock) -> GroupedHistories {
    GroupedHistories(
      repeatOrders: repeatOrders, firstDays: firstDays, lastDays: lastDays, day: day,
      sumOfLogGaps: sumOfLogGaps
    ) { clock.time(at: Double($0)) }
  }

  /// The expected orders of each customer within a time of the clock.
  func expectedOrders(
    _ model: any PurchaseModel, within time: Double, _ clock: SeasonClock
  ) -> [Double] {
    each(clock) { model.expectedOrders(of: $0, within: time) }
  }

  /// A number for each customer's x, t_x and T in a clock's time.
  ///
  /// Customers with equal x, first and last day are computed once.
  func each(_ clock: SeasonClock, _ number: (PurchaseHistory) -> Double) -> [Double] {
    var known: [UInt64: Double] = [:]
    return customers.indices.map { place in
      let key =
        UInt64(repeatOrders[place]) << 42 | UInt64(firstDays[place]) << 21
        | UInt64(lastDays[place])
      if let value = known[key] { return value }
      let value = number(history(place, clock))
      known[key] = value
      return value
    }
  }

  /// Days with an order of each customer after the day and up to another.
  func actual(_ orders: OrderDays, through last: Int32) -> [Double] {
    customers.map { Double(orders.orders(of: Int($0), after: day, through: last)) }
  }

  /// Days with a repeat order of each customer within the last days.
  func recent(_ orders: OrderDays, days: Int32) -> [Double] {
    customers.indices.map { place in
      let from = max(day - days, firstDays[place])
      return Double(orders.orders(of: Int(customers[place]), after: from, through: day))
    }
  }
}
