// A shop whose customers live the very process the models describe: for the demo, the load test,
// benchmarks and the recovery of known parameters.

/// A shop of simulated customers, each a pure function of the seed and the customer's number.
public struct SimulatedShop: Sendable {
  /// When customers may leave: BG/NBD or MBG/NBD.
  public let kind: PurchaseModelKind
  /// r, α (days), a and b of the population.
  public let purchase: BetaGeometricParameters
  /// p, q and γ of the population.
  public let spend: SpendParameters
  /// The seed of all lives.
  public let seed: UInt64
  /// The days on which customers order first, all equally likely.
  public let firstDays: ClosedRange<Int32>
  /// The last day that is simulated.
  public let endDay: Int32

  /// The most orders of one customer; a rate that would give more is cut off there.
  public static let ordersMax = 100_000

  /// One order.
  public struct Order: Sendable, Equatable {
    /// The day, counted like the shop's first days.
    public let day: Int32
    /// The value in major units, above 0.
    public let amount: Double
  }

  /// One customer: what drives the life, and the life.
  public struct Customer: Sendable, Equatable {
    /// λ: orders a day while alive.
    public let ratePerDay: Double
    /// p: the probability to leave after an order.
    public let dropout: Double
    /// The mean value of this customer's orders, in major units.
    public let meanAmount: Double
    /// Whether the customer is still alive at the end of the last day.
    public let isAlive: Bool
    /// All orders to the end day, the first one included, in the order of time.
    public let orders: [Order]
  }

  /// The purchase model its customers live.
  public var model: PurchaseParameters { PurchaseParameters(trusted: kind, purchase.values) }

  /// Opens the shop.
  ///
  /// - Parameters:
  ///   - kind: when customers may leave.
  ///   - purchase: r, α (days), a and b.
  ///   - spend: p, q and γ.
  ///   - seed: any number.
  ///   - firstDays: the days on which customers order first.
  ///   - endDay: the last day that is simulated.
  /// - Precondition: the end day is not before the last of the first days.
  public init(
    kind: PurchaseModelKind, purchase: BetaGeometricParameters, spend: SpendParameters,
    seed: UInt64,
    firstDays: ClosedRange<Int32>, endDay: Int32
  ) {
    precondition(endDay >= firstDays.upperBound, "The end day is not before a first day.")
    self.kind = kind
    self.purchase = purchase
    self.spend = spend
    self.seed = seed
    self.firstDays = firstDays
    self.endDay = endDay
  }

  /// Lives the life of one customer.
  ///
  /// λ ~ Gamma(r, α) and p ~ Beta(a, b); gaps are exponential; after each repeat order, under
  /// MBG/NBD after the first order too, the customer leaves with probability p. Order values are
  /// Gamma(p, ν) with ν ~ Gamma(q, γ). Times are continuous and then cut to days.
  ///
  /// - Parameter number: which customer, any number.
  /// - Returns: the same life for the same number, whoever else is asked for.
  /// - Complexity: O(orders).
  public func customer(_ number: UInt64) -> Customer {
    var random = SeededRandom(seed: seed, stream: number)
    let rate = random.gamma(shape: purchase.r, rate: purchase.alpha)
    let dropout = random.beta(purchase.a, purchase.b)
    let amountRate = random.gamma(shape: spend.q, rate: spend.gamma)
    let days = Double(firstDays.upperBound) - Double(firstDays.lowerBound) + 1
    let end = Double(endDay) + 1
    var time = Double(firstDays.lowerBound) + random.uniform() * days

    var orders: [Order] = []
    var isAlive = true
    while true {
      orders.append(
        Order(
          day: min(Int32(time.rounded(.down)), endDay),
          amount: random.gamma(shape: spend.p, rate: amountRate)))
      let mayLeave = orders.count > 1 || kind == .mbgNBD
      if mayLeave, random.uniform() < dropout {
        isAlive = false
        break
      }
      time += rate > 0 ? random.exponential(rate: rate) : .infinity
      if time >= end || orders.count >= Self.ordersMax { break }
    }
    return Customer(
      ratePerDay: rate, dropout: dropout, meanAmount: spend.p / amountRate, isAlive: isAlive,
      orders: orders)
  }
}
