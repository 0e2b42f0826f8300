// The histories of a shop's customers, equal ones counted once: all a purchase fit depends on.

/// Distinct (x, t_x, T) in whole days with the number of customers who share each.
public struct GroupedHistories: Sendable {
  /// One distinct history.
  public struct Group: Sendable, Equatable {
    /// x of these customers.
    public let repeatOrders: Int32
    /// t_x of these customers in days.
    public let recencyDays: Double
    /// T of these customers in days.
    public let ageDays: Double
    /// How many customers share the history.
    public let customers: Int

    /// The history as the models take it.
    public var history: PurchaseHistory {
      PurchaseHistory(
        repeatOrders: Double(repeatOrders), recencyDays: recencyDays, ageDays: ageDays)
    }
  }

  /// The groups, ordered by x, then t_x, then T.
  public let groups: [Group]
  /// All customers.
  public let customers: Int
  /// All repeat orders.
  public let repeatOrders: Int
  /// Σ ln of the days between successive orders; it tells models of different regularity apart.
  public let sumOfLogGaps: Double

  /// How many customers there are of each x, by x.
  let customersByOrders: [(repeatOrders: Int32, customers: Int)]

  /// The ages of all customers together, in days.
  var days: Double {
    groups.reduce(0) { $0 + Double($1.customers) * $1.ageDays }
  }

  /// The most days a history may span, so that three numbers fit one sortable word.
  public static let daysMax: Int32 = 1 << 21 - 1

  /// Groups three columns, one row per customer.
  ///
  /// - Parameters:
  ///   - repeatOrders: x, 0 to t_x: at most one a day.
  ///   - recencyDays: t_x in days, 0 to T, and 0 exactly when x is 0.
  ///   - ageDays: T in days, up to `daysMax`.
  ///   - sumOfLogGaps: Σ ln of the days between successive orders of a customer, all customers
  ///     together; 0 where no regular model is to be compared.
  /// - Throws: `ModelError.unequalColumns`, or `ModelError.impossibleHistory` with its row.
  /// - Complexity: O(n).
  public init(
    repeatOrders: Span<Int32>, recencyDays: Span<Int32>, ageDays: Span<Int32>,
    sumOfLogGaps: Double = 0
  ) throws(ModelError) {
    let count = repeatOrders.count
    for (name, other) in [("recency", recencyDays.count), ("age", ageDays.count)]
    where other != count {
      throw .unequalColumns(name: name, count: other, expected: count)
    }
    var longest: Int32 = 0
    for row in 0..<count {
      let (x, recency, age) = (repeatOrders[row], recencyDays[row], ageDays[row])
      if let reason = Self.fault(x: x, recency: recency, age: age) {
        throw .impossibleHistory(row: row, reason: reason)
      }
      longest = max(longest, age)
    }
    // No wider than need be: fewer digits to sort by.
    let width = UInt64(Int32.bitWidth - longest.leadingZeroBitCount)
    var keys: [UInt64] = []
    keys.reserveCapacity(count)
    for row in 0..<count {
      keys.append(
        (UInt64(repeatOrders[row]) << width | UInt64(recencyDays[row])) << width
          | UInt64(ageDays[row]))
    }
    Self.sort(&keys)
    self.init(sorted: keys, width: width, sumOfLogGaps: sumOfLogGaps)
  }

  /// Groups histories in the time of a clock; who is the same by the calendar is so by the clock.
  ///
  /// - Parameters:
  ///   - repeatOrders: x.
  ///   - firstDays: days of the first orders.
  ///   - lastDays: days of the last ones.
  ///   - day: the present.
  ///   - sumOfLogGaps: as above, by the calendar.
  ///   - time: what the clock shows on the evening of a day.
  init(
    repeatOrders: [Int32], firstDays: [Int32], lastDays: [Int32], day: Int32,
    sumOfLogGaps: Double, time: (Int32) -> Double
  ) {
    let earliest = firstDays.min() ?? day
    let width = UInt64(Int32.bitWidth - (day - earliest).leadingZeroBitCount)
    var keys = repeatOrders.indices.map {
      (UInt64(repeatOrders[$0]) << width | UInt64(lastDays[$0] - earliest)) << width
        | UInt64(firstDays[$0] - earliest)
    }
    Self.sort(&keys)
    let now = time(day)
    let calendar = GroupedHistories(sorted: keys, width: width, sumOfLogGaps: sumOfLogGaps)
    self.init(
      groups: calendar.groups.map { group in
        let first = time(earliest + Int32(group.ageDays))
        return Group(
          repeatOrders: group.repeatOrders,
          recencyDays: max(time(earliest + Int32(group.recencyDays)) - first, 0),
          ageDays: max(now - first, 0), customers: group.customers)
      }, sumOfLogGaps: sumOfLogGaps)
  }

  /// Groups sorted keys of three numbers, all but the first so many bits wide.
  private init(sorted keys: [UInt64], width: UInt64, sumOfLogGaps: Double) {
    var distinct = 0
    var last: UInt64?
    for key in keys where key != last {
      distinct += 1
      last = key
    }
    var groups: [Group] = []
    groups.reserveCapacity(distinct)
    let mask: UInt64 = 1 << width - 1
    var start = 0
    while start < keys.count {
      let key = keys[start]
      var end = start + 1
      while end < keys.count, keys[end] == key { end += 1 }
      groups.append(
        Group(
          repeatOrders: Int32(key >> (2 * width)), recencyDays: Double(key >> width & mask),
          ageDays: Double(key & mask), customers: end - start))
      start = end
    }
    self.init(groups: groups, sumOfLogGaps: sumOfLogGaps)
  }

  /// Counts what the groups hold.
  ///
  /// - Parameters:
  ///   - groups: ordered by x.
  ///   - sumOfLogGaps: as above.
  init(groups: [Group], sumOfLogGaps: Double) {
    var byOrders: [(repeatOrders: Int32, customers: Int)] = []
    var (customers, orders) = (0, 0)
    for group in groups {
      if byOrders.last?.repeatOrders != group.repeatOrders {
        byOrders.append((group.repeatOrders, 0))
      }
      byOrders[byOrders.count - 1].customers += group.customers
      customers += group.customers
      orders += Int(group.repeatOrders) * group.customers
    }
    self.groups = groups
    customersByOrders = byOrders
    self.customers = customers
    repeatOrders = orders
    self.sumOfLogGaps = sumOfLogGaps
  }

  /// Sorts keys by digits of 11 bits, lowest first; digits that are the same in all cost nothing.
  private static func sort(_ keys: inout [UInt64]) {
    guard keys.count > 512 else {
      keys.sort()
      return
    }
    var (all, any) = (UInt64.max, 0 as UInt64)
    for key in keys {
      all &= key
      any |= key
    }
    var other = keys
    for shift in stride(from: 0 as UInt64, to: 64, by: 11) where (all ^ any) >> shift & 2047 != 0 {
      deal(keys.span, into: other.mutableSpan, by: shift)
      swap(&keys, &other)
    }
  }

  /// Puts keys into the sequence of one of their digits, equal ones as they lie.
  private static func deal(
    _ keys: Span<UInt64>, into other: consuming MutableSpan<UInt64>, by shift: UInt64
  ) {
    var counts = [Int](repeating: 0, count: 2049)
    var places = counts.mutableSpan
    for place in keys.indices { places[Int(keys[place] >> shift & 2047) + 1] += 1 }
    for digit in 1..<2048 { places[digit] += places[digit - 1] }
    for place in keys.indices {
      let key = keys[place]
      let digit = Int(key >> shift & 2047)
      other[places[digit]] = key
      places[digit] += 1
    }
  }

  /// Each n-th group, for a first look at a large shop.
  func sampled(every n: Int) -> GroupedHistories {
    GroupedHistories(
      groups: stride(from: 0, to: groups.count, by: n).map { groups[$0] }, sumOfLogGaps: 0)
  }

  /// Why three numbers are nobody's history, or nil when they may be.
  private static func fault(x: Int32, recency: Int32, age: Int32) -> String? {
    if x < 0 { return "it has \(x) repeat orders" }
    if age < 0 || age > daysMax { return "its age is \(age) days" }
    if recency < 0 || recency > age {
      return "its recency is \(recency) days at an age of \(age) days"
    }
    if x > recency { return "it has \(x) repeat orders within \(recency) days" }
    if x == 0, recency > 0 { return "its recency is \(recency) days without a repeat order" }
    return nil
  }
}
