// The months of a lifetime value and what an order by the end of each is worth now.

/// Walks the months of a horizon and gives their weights, each once and in order.
///
/// With D_i = (1+d)^(−i/12), D_{n+1} = 0 and Y_i the expected orders by the end of month i,
/// Σ (Y_i − Y_{i−1})·D_i = Σ Y_i·(D_i − D_{i+1}): a sum of positive terms, so no digits are lost.
/// Without a discount only the last month has a weight, and the others are left out.
struct DiscountSchedule {
  /// How many months begin within the horizon.
  let months: Int
  private let monthly: Double
  private let step: Double
  private var discount = 1.0
  private var nextMonth: Int
  private var weighted: Int

  init(_ terms: ScoreTerms) {
    months = terms.months
    let rate = log1p(terms.discountRatePerYear) / 12
    monthly = exp(-rate)
    step = -expm1(-rate)
    nextMonth = terms.discountRatePerYear == 0 ? months : 1
    weighted = nextMonth - 1
  }

  /// The next month to look at.
  mutating func monthTaken() -> Int? {
    guard nextMonth <= months else { return nil }
    defer { nextMonth += 1 }
    return nextMonth
  }

  /// The first of the next eight months to look at.
  mutating func monthsTaken() -> Int? {
    guard nextMonth <= months else { return nil }
    defer { nextMonth += Lanes.scalarCount }
    return nextMonth
  }

  /// D_i − D_{i+1} of the next month i.
  mutating func nextWeight() -> Double {
    discount *= monthly
    weighted += 1
    return weighted < months ? discount * step : discount
  }
}
