// The Gamma–Gamma model and its fit: known maximum, any currency, simulated shops, too little data.

import Testing

@testable import Models

@Suite("SpendFit")
struct SpendFitTests {
  /// The fit of two arrays.
  func fitted(_ repeatOrders: [Double], _ meanSpend: [Double]) throws(ModelError) -> SpendFit? {
    try SpendFit.fit(repeatOrders: repeatOrders.span, meanSpend: meanSpend.span)
  }

  @Test("expected spend is the reference's, and the population's mean where nothing is known")
  func expectedSpend() throws {
    var worst = WorstError()
    let model = GammaGamma(CDNOWMaximum.spend)
    for row in ReferenceFigures.spend.split(separator: "\n") {
      let n = try row.split(separator: " ").map { try #require(Double($0)) }
      worst.add(model.expectedSpend(repeatOrders: n[0], meanSpend: n[1]), n[2], "\(row)")
    }
    print("expected spend: \(worst.error)")
    #expect(worst.error < 1e-14, "\(worst.place)")
    for (x, mean) in [(0.0, 50.0), (3, 0), (3, -4)] {
      #expect(model.expectedSpend(repeatOrders: x, meanSpend: mean) == model.populationMean)
    }
  }

  @Test("the CDNOW sample has the published maximum")
  func cdnow() throws {
    let (x, mean) = try CDNOWSample.spend()
    let fit = try #require(try fitted(x, mean))
    print("CDNOW sample:", fit)
    #expect(x.count == 946 && fit.customersUsed + fit.customersSkipped == 946)
    let truth = CDNOWMaximum.spend
    #expect(abs(fit.logLikelihood + 4055.917694801874) < 1e-7)
    #expect(abs(fit.parameters.p / truth.p - 1) < 1e-6)
    #expect(abs(fit.parameters.q / truth.q - 1) < 1e-6)
    #expect(abs(fit.parameters.gamma / truth.gamma - 1) < 1e-6)
    #expect(fit.converged && fit.warnings.isEmpty)
    let errors = try #require(fit.standardErrors)
    #expect(abs(errors.p / 1.19005533596 - 1) < 1e-5)
    #expect(abs(errors.q / 0.290133065276 - 1) < 1e-5)
    #expect(abs(errors.gamma / 4.15942275195 - 1) < 1e-5)
    // The sum over customers is the same likelihood.
    let model = GammaGamma(fit.parameters)
    let sum = zip(x, mean).filter { $0.1 > 0 }
      .map { model.logLikelihood(repeatOrders: $0.0, meanSpend: $0.1) }.reduce(0, +)
    #expect(abs(sum / fit.logLikelihood - 1) < 1e-12)
  }

  @Test("another currency scales γ and nothing else", arguments: [1e-4, 1e6])
  func currency(factor: Double) throws {
    let (x, mean) = try CDNOWSample.spend()
    let fit = try #require(
      try fitted(x, mean.map { $0 * factor }))
    #expect(abs(fit.parameters.p / CDNOWMaximum.spend.p - 1) < 1e-6)
    #expect(abs(fit.parameters.q / CDNOWMaximum.spend.q - 1) < 1e-6)
    #expect(abs(fit.parameters.gamma / factor / CDNOWMaximum.spend.gamma - 1) < 1e-6)
  }

  @Test("a simulated shop's mean spend is recovered", arguments: [1, 2, 3] as [UInt64])
  func recovery(seed: UInt64) throws {
    let shop = SimulatedShop(
      kind: .bgNBD,
      purchase: BetaGeometricParameters(trustedR: 1, alpha: 50, a: 0.5, b: 3),
      spend: CDNOWMaximum.spend, seed: seed, firstDays: 0...30, endDay: 400)
    var (x, mean): ([Double], [Double]) = ([], [])
    for number in 0..<4000 as Range<UInt64> {
      let amounts = shop.customer(number).orders.dropFirst().map(\.amount)
      x.append(Double(amounts.count))
      mean.append(amounts.isEmpty ? 0 : amounts.reduce(0, +) / Double(amounts.count))
    }
    let fit = try #require(try fitted(x, mean))
    print("recovered, seed \(seed):", fit.parameters, fit.correlation as Any)
    let errors = try #require(fit.standardErrors)
    #expect(fit.converged)
    #expect(abs(fit.parameters.p - CDNOWMaximum.spend.p) < 4 * errors.p)
    #expect(abs(fit.parameters.q - CDNOWMaximum.spend.q) < 4 * errors.q)
    #expect(abs(fit.parameters.gamma - CDNOWMaximum.spend.gamma) < 4 * errors.gamma)
    #expect(abs(try #require(fit.correlation)) < 0.1)
  }

  @Test("too few customers give the plain mean, nobody gives no fit")
  func tooFew() throws {
    let none = try fitted([0, 3, 2], [50, 0, -1])
    #expect(none == nil)
    let few = try #require(
      try fitted([1, 3, 0], [10, 30, 99]))
    #expect(few.customersUsed == 2 && few.customersSkipped == 1 && !few.converged)
    #expect(few.warnings.count == 1)
    let model = GammaGamma(few.parameters)
    #expect(abs(model.expectedSpend(repeatOrders: 3, meanSpend: 30) - 25) < 1e-3)
    #expect(abs(model.populationMean - 25) < 1e-9)
  }

  @Test("columns of different length are an error")
  func unequal() {
    #expect(throws: ModelError.self) {
      try fitted([1], [1, 2])
    }
  }

  static let degenerate: [(name: String, x: [Double], mean: [Double])] = [
    ("all alike", Array(repeating: 3, count: 100), Array(repeating: 20, count: 100)),
    ("all once and alike", Array(repeating: 1, count: 100), Array(repeating: 20, count: 100)),
    (
      "wild", (0..<100).map { Double(1 + $0 % 3) },
      (0..<100).map { $0 % 2 == 0 ? 1e-2 : 1e9 * Double($0) }
    ),
    (
      "one order each", Array(repeating: 1, count: 200), (0..<200).map { 5 + Double($0 % 17) }
    ),
    (
      "customers exactly constant", (0..<200).map { Double(2 + $0 % 40) },
      (0..<200).map { [10.0, 20, 50][$0 % 3] }
    ),
  ]

  @Test(
    "degenerate spends get bounded, usable parameters and the truth", arguments: degenerate.indices)
  func degenerateSpends(index: Int) throws {
    let (name, x, mean) = Self.degenerate[index]
    let fit = try #require(try fitted(x, mean))
    _ = try SpendParameters(
      p: fit.parameters.p, q: fit.parameters.q, gamma: fit.parameters.gamma)
    #expect(fit.logLikelihood.isFinite)
    #expect(fit.converged || !fit.warnings.isEmpty, "\(name)")
    let model = GammaGamma(fit.parameters)
    let low = try #require(mean.min())
    let high = try #require(mean.max())
    for (x, mean) in zip(x, mean) {
      let expected = model.expectedSpend(repeatOrders: x, meanSpend: mean)
      #expect(expected.isFinite && expected > low / 2 && expected < high * 100)
    }
  }
}
