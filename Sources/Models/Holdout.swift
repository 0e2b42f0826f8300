// How well a model foretold what it had not seen: the measures of a calibration/hold-out validation.

/// Predicted and actual orders of a hold-out period, compared customer by customer.
public struct Holdout: Sendable, Equatable {
  /// A tenth of the customers, by what was predicted of them.
  public struct Decile: Sendable, Equatable {
    /// How many customers.
    public var customers: Int
    /// Orders predicted of them together.
    public var predicted: Double
    /// Orders they made.
    public var actual: Double

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - customers: how many.
    ///   - predicted: orders predicted of them together.
    ///   - actual: orders they made.
    public init(customers: Int, predicted: Double, actual: Double) {
      self.customers = customers
      self.predicted = predicted
      self.actual = actual
    }
  }

  /// How many customers.
  public let customers: Int
  /// Orders they made.
  public let actual: Double
  /// Orders predicted of them together.
  public let predicted: Double
  /// Mean of |y − μ|, orders a customer.
  public let meanAbsoluteError: Double
  /// Square root of the mean of (y − μ)².
  public let rootMeanSquareError: Double
  /// Mean over customers of 2·(y·ln(y/μ) − (y − μ)).
  public let poissonDeviance: Double
  /// How well the prediction orders the customers: 1 as well as the truth, 0 as chance; nil where the
  /// truth orders nobody.
  ///
  /// The area between Lorenz curve and diagonal, customers by falling prediction, over the same with
  /// the customers by falling truth. Equal predictions share their orders.
  public let normalizedGini: Double?
  /// The customers by falling prediction, in ten parts of sizes that differ by one at most; fewer where
  /// there are fewer than ten customers.
  public let deciles: [Decile]

  /// predicted/actual − 1; nil where nobody ordered.
  public var bias: Double? { actual > 0 ? predicted / actual - 1 : nil }

  /// Compares.
  ///
  /// - Parameters:
  ///   - actual: y, orders of each customer in the period; not negative.
  ///   - predicted: μ, the same as predicted; not negative, not NaN.
  /// - Throws: `ModelError.unequalColumns` or `ModelError.noCustomers`.
  /// - Complexity: O(n log n).
  public init(actual: [Double], predicted: [Double]) throws(ModelError) {
    guard actual.count == predicted.count else {
      throw .unequalColumns(name: "predicted", count: predicted.count, expected: actual.count)
    }
    guard !actual.isEmpty else { throw .noCustomers }
    var sums = (actual: 0.0, predicted: 0.0, absolute: 0.0, square: 0.0, deviance: 0.0)
    for (y, mu) in zip(actual, predicted) {
      sums.actual += y
      sums.predicted += mu
      sums.absolute += abs(y - mu)
      sums.square += (y - mu) * (y - mu)
      sums.deviance += Models.poissonDeviance(actual: y, predicted: mu)
    }
    let count = Double(actual.count)
    customers = actual.count
    self.actual = sums.actual
    self.predicted = sums.predicted
    meanAbsoluteError = sums.absolute / count
    rootMeanSquareError = (sums.square / count).squareRoot()
    poissonDeviance = sums.deviance / count

    let order = actual.indices.sorted { (predicted[$1], $0) < (predicted[$0], $1) }
    let best = Self.area(actual.indices.sorted { actual[$0] > actual[$1] }, by: actual, of: actual)
    normalizedGini = best > 0 ? Self.area(order, by: predicted, of: actual) / best : nil
    deciles = (0..<min(10, actual.count)).map { part in
      let parts = min(10, actual.count)
      let share = order[(part * order.count / parts)..<((part + 1) * order.count / parts)]
      return Decile(
        customers: share.count, predicted: share.reduce(0) { $0 + predicted[$1] },
        actual: share.reduce(0) { $0 + actual[$1] })
    }
  }

  /// Σ over customers of the share of all orders made so far, less that of the diagonal.
  private static func area(_ order: [Int], by key: [Double], of actual: [Double]) -> Double {
    let total = actual.reduce(0, +)
    guard total > 0 else { return 0 }
    var made = 0.0
    var area = 0.0
    var start = 0
    while start < order.count {
      var end = start
      var orders = 0.0
      while end < order.count, key[order[end]] == key[order[start]] {
        orders += actual[order[end]]
        end += 1
      }
      // Whoever is predicted the same makes the orders of all these in equal parts.
      let size = Double(end - start)
      area += (size * made + orders * (size + 1) / 2) / total
      made += orders
      start = end
    }
    return area - Double(order.count + 1) / 2
  }
}
