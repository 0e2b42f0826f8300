// The histories of a shop's customers, equal ones counted once: all a purchase fit depends on.

/// Distinct (x, t_x, T) in whole days with the number of customers who share each.
public struct GroupedHistories: Sendable {
  /// One distinct history.
  public struct Group: Sendable, Equatable {
    /// x of these customers.
    public let repeatOrders: Int32
    /// t_x of these customers in days.
    public let recencyDays: Int32
    /// T of these customers in days.
    public let ageDays: Int32
    /// How many customers share the history.
    public let customers: Int

    /// The history as the models take it.
    public var history: PurchaseHistory {
      PurchaseHistory(
        repeatOrders: Double(repeatOrders), recencyDays: Double(recencyDays),
        ageDays: Double(ageDays))
    }
  }

  /// The groups, ordered by x, then t_x, then T.
  public let groups: [Group]
  /// All customers.
  public let customers: Int
  /// All repeat orders.
  public let repeatOrders: Int

  /// The ages of all customers together, in days.
  var days: Double {
    groups.reduce(0) { $0 + Double($1.customers) * Double($1.ageDays) }
  }

  /// The most days a history may span, so that three numbers fit one sortable word.
  public static let daysMax: Int32 = 1 << 21 - 1

  /// Groups three columns, one row per customer.
  ///
  /// - Parameters:
  ///   - repeatOrders: x, 0 to t_x: at most one a day.
  ///   - recencyDays: t_x in days, 0 to T, and 0 exactly when x is 0.
  ///   - ageDays: T in days, up to `daysMax`.
  /// - Throws: `ModelError.unequalColumns`, or `ModelError.impossibleHistory` with its row.
  /// - Complexity: O(n log n).
  public init(
    repeatOrders: Span<Int32>, recencyDays: Span<Int32>, ageDays: Span<Int32>
  ) throws(ModelError) {
    let count = repeatOrders.count
    for (name, other) in [("recency", recencyDays.count), ("age", ageDays.count)]
    where other != count {
      throw .unequalColumns(name: name, count: other, expected: count)
    }
    var keys: [UInt64] = []
    keys.reserveCapacity(count)
    for row in 0..<count {
      let (x, recency, age) = (repeatOrders[row], recencyDays[row], ageDays[row])
      if let reason = Self.fault(x: x, recency: recency, age: age) {
        throw .impossibleHistory(row: row, reason: reason)
      }
      keys.append(UInt64(x) << 42 | UInt64(recency) << 21 | UInt64(age))
    }
    keys.sort()

    var groups: [Group] = []
    var orders = 0
    var start = 0
    while start < count {
      let key = keys[start]
      var end = start + 1
      while end < count, keys[end] == key { end += 1 }
      let mask: UInt64 = 1 << 21 - 1
      groups.append(
        Group(
          repeatOrders: Int32(key >> 42), recencyDays: Int32(key >> 21 & mask),
          ageDays: Int32(key & mask), customers: end - start))
      orders += Int(key >> 42) * (end - start)
      start = end
    }
    self.groups = groups
    self.customers = count
    self.repeatOrders = orders
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
