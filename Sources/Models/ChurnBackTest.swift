// The churn probability that models would have told on a past day: what a churn layer is trained on.
// Whose days and outcomes these are, the caller knows; the layer's fit is in ChurnFit.swift.

extension AutoFit.Outcome {
  /// The churn probability of every customer on a past day, by models fitted to what was known then.
  ///
  /// The kinds of the models and the clock are those of this outcome; their mean is taken, as a score
  /// has it. Customers with equal x, first and last day are computed once.
  ///
  /// - Parameters:
  ///   - orders: the days with an order as that day saw them, of customers who had ordered by then.
  ///   - cut: the day, since 1970-01-01.
  ///   - horizonDays: within how many whole days.
  /// - Returns: P(no order) of each customer; nil where a model cannot be fitted, or there is nobody.
  public func churnProbability(
    _ orders: OrderDays, on cut: Int32, within horizonDays: Int32
  ) -> [Double]? {
    let standing = Standing(orders, on: cut)
    guard orders.count > 0, standing.customers.count == orders.count else { return nil }
    let clock = calibration.clock
    let histories = standing.grouped(clock)
    let ahead = clock.time(from: Double(cut), to: Double(cut + horizonDays))
    var sum = [Double](repeating: 0, count: orders.count)
    for purchase in purchases {
      guard let fit = try? PurchaseFit.fit(kind: purchase.kind, histories: histories) else {
        return nil
      }
      let model = fit.parameters.model
      let churn = standing.each(clock) { model.churnProbability(of: $0, within: ahead) }
      for place in sum.indices { sum[place] += churn[place] / Double(purchases.count) }
    }
    return sum
  }
}

extension OrderDays {
  /// The median over customers with a repeat order of their mean gap, in days; nil without any.
  public var typicalGapDays: Double? {
    var gaps: [Double] = []
    let sample = sampled(most: AutoFit.customersMax)
    for customer in 0..<sample.count {
      let days = sample[customer]
      guard let first = days.first, let last = days.last, days.count > 1 else { continue }
      gaps.append(Double(last - first) / Double(days.count - 1))
    }
    gaps.sort()
    return gaps.isEmpty ? nil : gaps[gaps.count / 2]
  }
}
