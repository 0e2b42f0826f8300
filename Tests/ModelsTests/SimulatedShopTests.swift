// The simulator: a pure function of seed and number, and truly the process of the models.

import Testing

@testable import Models

@Suite("SimulatedShop")
struct SimulatedShopTests {
  static func shop(
    _ kind: PurchaseModelKind = .bgNBD, seed: UInt64, endDay: Int32 = 400
  ) -> SimulatedShop {
    SimulatedShop(
      kind: kind,
      purchase: BetaGeometricParameters(trustedR: 0.6, alpha: 30, a: 0.8, b: 2.4),
      spend: CDNOWMaximum.spend, seed: seed, firstDays: 100...199, endDay: endDay)
  }

  @Test("a customer's life depends on seed and number only", arguments: [1, 99] as [UInt64])
  func pure(seed: UInt64) {
    let forward = (0..<50 as Range<UInt64>).map { Self.shop(seed: seed).customer($0) }
    let backward = (0..<50 as Range<UInt64>).reversed().map { Self.shop(seed: seed).customer($0) }
    #expect(forward == backward.reversed())
    #expect(Self.shop(seed: seed + 1).customer(7) != forward[7])
    #expect(forward[7] != forward[8])
  }

  @Test("a longer life begins like the shorter one", arguments: [3, 4] as [UInt64])
  func prefix(seed: UInt64) {
    for number in 0..<200 as Range<UInt64> {
      let short = Self.shop(seed: seed).customer(number)
      let long = Self.shop(seed: seed, endDay: 800).customer(number)
      #expect(long.orders.starts(with: short.orders))
      #expect(long.orders.dropFirst(short.orders.count).allSatisfy { $0.day > 400 })
      #expect(short.isAlive || long.orders.count == short.orders.count)
    }
  }

  @Test("orders are in order, within the days, and worth something", arguments: [5] as [UInt64])
  func sane(seed: UInt64) throws {
    for kind in PurchaseModelKind.betaGeometric {
      for number in 0..<500 as Range<UInt64> {
        let customer = Self.shop(kind, seed: seed).customer(number)
        let days = customer.orders.map(\.day)
        let first = try #require(days.first)
        #expect((100...199).contains(first) && days == days.sorted())
        #expect(try #require(days.last) <= 400)
        #expect(customer.orders.allSatisfy { $0.amount > 0 && $0.amount.isFinite })
        #expect((0...1).contains(customer.dropout))
      }
    }
  }

  @Test(
    "mean orders, living customers and amounts are what the models expect",
    arguments: [11, 12] as [UInt64])
  func means(seed: UInt64) {
    let count: UInt64 = 6000
    for kind in PurchaseModelKind.betaGeometric {
      let shop = SimulatedShop(
        kind: kind, purchase: Self.shop(seed: 0).purchase, spend: CDNOWMaximum.spend, seed: seed,
        firstDays: 0...0, endDay: 364)
      let model = shop.model.model
      var (orders, squares, spent) = (0.0, 0.0, 0.0)
      for number in 0..<count {
        let customer = shop.customer(number)
        let x = Double(customer.orders.count - 1)
        orders += x
        squares += x * x
        spent += customer.meanAmount
      }
      let n = Double(count)
      let mean = orders / n
      let error = ((squares / n - mean * mean) / n).squareRoot()
      // The first order falls on a moment of day 0, on average half a day after its beginning.
      let expected = model.populationExpectedOrders(within: 364.5)
      print("\(kind.name), seed \(seed): mean orders \(mean) ± \(error), expected \(expected)")
      #expect(abs(mean - expected) < 4 * error)
      let worth = GammaGamma(CDNOWMaximum.spend).populationMean
      #expect(abs(spent / n / worth - 1) < 0.06)
    }
  }
}

@Suite("SeededRandom")
struct SeededRandomTests {
  /// Mean and variance of a variate, with the errors of sampling.
  func moments(
    _ count: Int, seed: UInt64, _ draw: (inout SeededRandom) -> Double
  ) -> (mean: Double, variance: Double) {
    var random = SeededRandom(seed: seed)
    var (sum, squares) = (0.0, 0.0)
    for _ in 0..<count {
      let value = draw(&random)
      sum += value
      squares += value * value
    }
    let mean = sum / Double(count)
    return (mean, squares / Double(count) - mean * mean)
  }

  @Test("the stream of a seed never changes")
  func golden() {
    var random = SeededRandom(seed: 42)
    let first = (0..<3).map { _ in random.next() }
    var other = SeededRandom(seed: 42, stream: 1)
    #expect(first == [0x19e4_79e2_aaa7_7bfb, 0x5e3e_fe75_3be2_7527, 0xc3ed_7125_b780_200a])
    #expect(other.next() != first[0])
  }

  @Test("variates have their mean and variance", arguments: [1, 2] as [UInt64])
  func variates(seed: UInt64) {
    let count = 40_000
    // Five standard errors of the mean at this count, and room for the heavy tails of variances.
    func expect(
      _ name: String, mean: Double, variance: Double, _ draw: (inout SeededRandom) -> Double
    ) {
      let found = moments(count, seed: seed, draw)
      #expect(
        abs(found.mean - mean) < 5 * (variance / Double(count)).squareRoot(), "\(name) \(found)")
      #expect(abs(found.variance / variance - 1) < 0.15, "\(name) \(found)")
    }
    expect("uniform", mean: 0.5, variance: 1.0 / 12) { $0.uniform() }
    expect("normal", mean: 0, variance: 1) { $0.normal() }
    expect("exponential", mean: 0.25, variance: 0.0625) { $0.exponential(rate: 4) }
    expect("gamma 0.3", mean: 0.15, variance: 0.075) { $0.gamma(shape: 0.3, rate: 2) }
    expect("gamma 7", mean: 3.5, variance: 1.75) { $0.gamma(shape: 7, rate: 2) }
    expect("beta", mean: 0.25, variance: 0.25 * 0.75 / 4.2) { $0.beta(0.8, 2.4) }
  }

  @Test("tiny shapes give no NaN")
  func tinyShapes() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<1000 {
      #expect((0...1).contains(random.beta(1e-6, 1e-6)))
      #expect(random.gamma(shape: 1e-6, rate: 1) >= 0)
    }
  }
}
