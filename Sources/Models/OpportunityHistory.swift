// What the BG/BB model takes: its parameters, one customer's history, and the table of a shop.

/// The parameters of the BG/BB model.
///
/// While alive a customer orders at an opportunity with a probability p ~ Beta(α, β); before each
/// opportunity the customer leaves for ever with a probability θ ~ Beta(γ, δ).
public struct OpportunityParameters: Sendable, Equatable {
  /// First shape of the probability of an order.
  public let alpha: Double
  /// Second shape of the probability of an order.
  public let beta: Double
  /// First shape of the dropout probability.
  public let gamma: Double
  /// Second shape of the dropout probability.
  public let delta: Double

  /// The range in which all four are accepted.
  public static let shapeRange: ClosedRange<Double> = 1e-6...1e6

  /// Checks and keeps the four numbers.
  ///
  /// - Parameters:
  ///   - alpha: first shape of the orders, within `shapeRange`.
  ///   - beta: second shape of the orders, within `shapeRange`.
  ///   - gamma: first shape of the dropout, within `shapeRange`.
  ///   - delta: second shape of the dropout, within `shapeRange`.
  /// - Throws: `ModelError.outOfRange`, naming the parameter.
  public init(
    alpha: Double, beta: Double, gamma: Double, delta: Double
  ) throws(ModelError) {
    try ModelError.check(alpha, "alpha", in: Self.shapeRange)
    try ModelError.check(beta, "beta", in: Self.shapeRange)
    try ModelError.check(gamma, "gamma", in: Self.shapeRange)
    try ModelError.check(delta, "delta", in: Self.shapeRange)
    self.init(trusted: SIMD4(alpha, beta, gamma, delta))
  }

  /// Keeps α, β, γ and δ that are known to lie in range.
  init(trusted point: SIMD4<Double>) {
    alpha = point[0]
    beta = point[1]
    gamma = point[2]
    delta = point[3]
  }
}

/// What the BG/BB model knows of one customer: x, t_x and n, in periods.
public struct OpportunityHistory: Sendable, Equatable {
  /// Opportunities with an order after the first order (x).
  public let repeatOrders: Int
  /// The opportunity of the last order (t_x); 0 when there is no repeat order.
  public let recency: Int
  /// Opportunities there were since the first order (n).
  public let opportunities: Int

  /// A customer who has just ordered for the first time.
  public static let new = OpportunityHistory(trustedRepeatOrders: 0, recency: 0, opportunities: 0)

  /// Checks and keeps the three numbers.
  ///
  /// - Parameters:
  ///   - repeatOrders: x, within 0 to t_x.
  ///   - recency: t_x, within 0 to n, and 0 exactly when x is 0.
  ///   - opportunities: n, within 0 to `Discrete.periodsMax`.
  /// - Throws: `ModelError.outOfRange`, naming the number.
  public init(
    repeatOrders: Int, recency: Int, opportunities: Int
  ) throws(ModelError) {
    try Discrete.checkPeriods(opportunities, "number of opportunities")
    try ModelError.check(Double(recency), "recency", in: 0...Double(opportunities))
    try ModelError.check(
      Double(repeatOrders), "number of repeat orders",
      in: (recency > 0 ? 1 : 0)...Double(recency))
    self.init(
      trustedRepeatOrders: repeatOrders, recency: recency, opportunities: opportunities)
  }

  private init(trustedRepeatOrders: Int, recency: Int, opportunities: Int) {
    repeatOrders = trustedRepeatOrders
    self.recency = recency
    self.opportunities = opportunities
  }
}

/// The recency–frequency table of a shop: distinct histories with their customers.
public struct OpportunityTable: Sendable, Equatable {
  /// One cell of the table.
  public struct Cell: Sendable, Equatable {
    /// x, t_x and n of these customers.
    public let history: OpportunityHistory
    /// How many customers share the history.
    public let customers: Int
  }

  /// The cells in the order given, but those without customers.
  public let cells: [Cell]
  /// All customers.
  public let customers: Int
  /// All repeat orders.
  public let repeatOrders: Int

  /// Checks and keeps a table given by columns; equal rows are allowed.
  ///
  /// - Parameters:
  ///   - repeatOrders: x, 0 to t_x.
  ///   - recency: t_x, 0 to n, and 0 exactly when x is 0.
  ///   - opportunities: n, up to `Discrete.periodsMax`.
  ///   - customers: how many customers share the row, at least 0.
  /// - Throws: `ModelError.unequalColumns`, or `ModelError.impossibleHistory` with its row.
  public init(
    repeatOrders: Span<Int32>, recency: Span<Int32>, opportunities: Span<Int32>,
    customers: Span<Int32>
  ) throws(ModelError) {
    let count = repeatOrders.count
    for (name, other) in [
      ("recency", recency.count), ("opportunities", opportunities.count),
      ("customers", customers.count),
    ] where other != count {
      throw .unequalColumns(name: name, count: other, expected: count)
    }
    var cells: [Cell] = []
    var (people, orders) = (0, 0)
    for row in 0..<count {
      let x = Int(repeatOrders[row])
      let history: OpportunityHistory
      do throws(ModelError) {
        history = try OpportunityHistory(
          repeatOrders: x, recency: Int(recency[row]), opportunities: Int(opportunities[row]))
      } catch {
        // A row is refused by its place, with what is wrong in it as the reason.
        throw .impossibleHistory(row: row, reason: "its " + error.description.dropLast())
      }
      guard customers[row] >= 0 else {
        throw .impossibleHistory(row: row, reason: "it has \(customers[row]) customers")
      }
      if customers[row] == 0 { continue }
      cells.append(Cell(history: history, customers: Int(customers[row])))
      people += Int(customers[row])
      orders += Int(customers[row]) * x
    }
    self.cells = cells
    self.customers = people
    self.repeatOrders = orders
  }
}
