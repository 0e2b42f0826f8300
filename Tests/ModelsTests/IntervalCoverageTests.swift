// Whether the intervals hold what they promise: on shops that live the models' process, with models
// fitted to the days before a cut and judged by the days after it.

import Testing

@testable import Models

/// Customers of a simulated shop, seen until a cut and lived on.
struct CutShop {
  /// What is known of a customer at the cut, and what followed.
  struct Customer {
    let history: PurchaseHistory
    let meanSpend: Double
    let orders: Int
    let value: Double
  }

  static let cut: Int32 = 270
  static let horizon: Int32 = 180
  let customers: [Customer]
  let model: any PurchaseModel
  let spend: GammaGamma

  /// Simulates, cuts and fits.
  init(_ kind: PurchaseModelKind, seed: UInt64, customers count: UInt64) throws {
    let shop = SimulatedShop(
      kind: kind, purchase: BetaGeometricParameters(trustedR: 0.8, alpha: 40, a: 0.8, b: 2.8),
      spend: CDNOWMaximum.spend, seed: seed, firstDays: 0...89, endDay: Self.cut + Self.horizon)
    var customers: [Customer] = []
    for number in 0..<count {
      let orders = shop.customer(number).orders
      guard let first = orders.first?.day else { continue }
      var (x, recency, last, spent) = (0.0, 0.0, first, 0.0)
      var (later, value) = (0, 0.0)
      for order in orders {
        // Several orders of a day are one.
        let isNew = order.day > last
        if order.day > Self.cut {
          later += isNew ? 1 : 0
          value += order.amount
        } else if order.day > first {
          x += isNew ? 1 : 0
          recency = Double(order.day - first)
          spent += order.amount
        }
        last = order.day
      }
      customers.append(
        Customer(
          history: PurchaseHistory(
            repeatOrders: x, recencyDays: recency, ageDays: Double(Self.cut - first)),
          meanSpend: x > 0 ? spent / x : 0, orders: later, value: value))
    }
    let histories = try PurchaseFitTests.grouped(
      customers.map {
        (
          Int32($0.history.repeatOrders), Int32($0.history.recencyDays), Int32($0.history.ageDays)
        )
      })
    model = try PurchaseFit.fit(kind: kind, histories: histories).parameters.model
    let (x, means) = (customers.map(\.history.repeatOrders), customers.map(\.meanSpend))
    let fit = try SpendFit.fit(repeatOrders: x.span, meanSpend: means.span)
    spend = GammaGamma(try #require(fit).parameters)
    self.customers = customers
  }

  /// The share of customers who did what an interval contains, in three ways of counting.
  struct Coverage: CustomStringConvertible {
    var (customers, plain, byShare, undecided, undecidedPlain) = (0.0, 0.0, 0.0, 0.0, 0.0)

    mutating func add(isInside: Bool, share: Double, mayCome: Bool) {
      customers += 1
      plain += isInside ? 1 : 0
      byShare += share
      undecided += mayCome ? 1 : 0
      undecidedPlain += mayCome && isInside ? 1 : 0
    }

    var description: String {
      "plain \(plain / customers), ties by share \(byShare / customers), "
        + "plain where P(no order) < 0.9 \(undecidedPlain / undecided)"
    }
  }
}

@Suite("IntervalCoverage")
struct IntervalCoverageTests {
  private static let customers: UInt64 = 2500
  private static let range = 0.87...0.93

  @Test(
    "the 90 % intervals of orders and of value hold 90 % of what customers did",
    arguments: PurchaseModelKind.betaGeometric, [21, 22, 23] as [UInt64])
  func coverage(kind: PurchaseModelKind, seed: UInt64) throws {
    let shop = try CutShop(kind, seed: seed, customers: Self.customers)
    var (orders, values) = (CutShop.Coverage(), CutShop.Coverage())
    var (expected, variance, actual) = (0.0, 0.0, 0)
    var (worth, worthVariance, earned) = (0.0, 0.0, 0.0)
    for customer in shop.customers {
      let count = OrderDistribution(
        of: customer.history, within: Double(CutShop.horizon), under: [shop.model])
      let value = ValueDistribution(
        orders: count, spend: shop.spend, repeatOrders: customer.history.repeatOrders,
        meanSpend: customer.meanSpend, margin: 1, discount: 1)
      let mayCome = count.probabilities[0] < 0.9
      orders.add(
        isInside: count.interval().contains(customer.orders),
        share: count.share(of: customer.orders), mayCome: mayCome)
      // What interval() would say, without its bisection.
      let below = value.probability(ofAtMost: customer.value)
      let isOpen = count.probabilities[0] > 0.05
      values.add(
        isInside: isOpen
          ? customer.value == 0 || below <= 0.9 : below >= 0.05 && below <= 0.95,
        share: value.share(of: customer.value), mayCome: mayCome)
      expected += count.mean
      variance += count.variance
      actual += customer.orders
      worth += value.mean
      worthVariance += try #require(value.variance)
      earned += customer.value
    }
    let (deviation, worthDeviation) = (variance.squareRoot(), worthVariance.squareRoot())
    print("\(kind.name), seed \(seed): orders \(orders)")
    print("\(kind.name), seed \(seed): value \(values)")
    print(
      "\(kind.name), seed \(seed): \(actual) orders of \(expected) ± \(1.645 * deviation), "
        + "\((Double(actual) - expected) / deviation) deviations; value \(earned) of \(worth) ± "
        + "\(1.645 * worthDeviation), \((earned - worth) / worthDeviation) deviations")
    for coverage in [orders, values] {
      #expect(Self.range.contains(coverage.byShare / coverage.customers))
      #expect(Self.range.contains(coverage.plain / coverage.customers))
    }
  }
}

extension OrderDistribution {
  /// The part of a count's probability that lies between two equal tails.
  ///
  /// 1 well inside, 0 well outside, and between where a count is larger than what the tail has room
  /// for. Its expectation is the level exactly, so its mean over what customers did measures
  /// calibration apart from how an interval treats whole counts.
  func share(of orders: Int, level: Double = 0.9) -> Double {
    guard orders < probabilities.count else { return 0 }
    let below = probabilities[..<orders].reduce(0, +)
    let (probability, tail) = (probabilities[orders], (1 - level) / 2)
    guard probability > 0 else { return below >= tail && below <= 1 - tail ? 1 : 0 }
    return max(min(below + probability, 1 - tail) - max(below, tail), 0) / probability
  }
}

extension ValueDistribution {
  /// The same of a value: above 0 it lies inside or outside, 0 has a probability of its own.
  func share(of value: Double, level: Double = 0.9) -> Double {
    guard value > 0 else { return orders.share(of: 0, level: level) }
    let (probability, tail) = (probability(ofAtMost: value), (1 - level) / 2)
    return probability >= tail && probability <= 1 - tail ? 1 : 0
  }
}
