// What is kept of a group of customers to compare it with another: counts and sums, no customer.

/// Sums over the customers of one group, those who bought nothing included.
public struct GroupSums: Equatable, Sendable {
  /// Customers.
  public private(set) var count = 0
  /// Customers whose outcome is not 0.
  public private(set) var buyers = 0
  private var sum = 0.0
  private var squares = 0.0
  private var before = 0.0
  private var beforeSquares = 0.0
  private var products = 0.0

  /// Makes the sums of nobody.
  public init() {}

  /// Adds a customer.
  ///
  /// - Parameters:
  ///   - outcome: what came of him or her within the window, such as net sales.
  ///   - before: the same of a time before the assignment; 0 where it is not known of anybody.
  public mutating func add(_ outcome: Double, before: Double = 0) {
    count += 1
    if outcome != 0 { buyers += 1 }
    sum += outcome
    squares += outcome * outcome
    self.before += before
    beforeSquares += before * before
    products += outcome * before
  }

  /// Adds the customers of another part of the same group.
  ///
  /// - Parameter other: their sums.
  public mutating func append(_ other: GroupSums) {
    count += other.count
    buyers += other.buyers
    sum += other.sum
    squares += other.squares
    before += other.before
    beforeSquares += other.beforeSquares
    products += other.products
  }

  /// The mean outcome; 0 of nobody.
  public var mean: Double { count > 0 ? sum / Double(count) : 0 }

  /// The unbiased variance of the outcome; 0 of fewer than two.
  public var variance: Double { max(Self.moment(squares, sum, sum, count), 0) }

  /// Σ of the squared outcomes.
  var sumOfSquares: Double { squares }

  /// The mean before the assignment.
  public var meanBefore: Double { count > 0 ? before / Double(count) : 0 }

  /// The variance before the assignment.
  public var varianceBefore: Double { max(Self.moment(beforeSquares, before, before, count), 0) }

  /// The covariance of the outcome with that before.
  public var covariance: Double { Self.moment(products, sum, before, count) }

  private static func moment(_ products: Double, _ one: Double, _ other: Double, _ count: Int)
    -> Double
  {
    guard count > 1 else { return 0 }
    let n = Double(count)
    let value = (products - one * other / n) / (n - 1)
    return value
  }
}
