// The regression: derivatives, another program's figures, known coefficients, and what is separable.

import Testing

@testable import Models

@Suite("RidgeLogistic")
struct RidgeLogisticTests {
  @Test("gradient and Hessian are those of differences", arguments: [1, 2] as [UInt64])
  func differences(seed: UInt64) {
    // 203 rows: the last eight lanes are not all taken.
    let regression = RidgeLogistic(
      [ChurnRows.random(203, seed: seed) { _ in 0.6 }], ridge: 3)
    var random = SeededRandom(seed: seed)
    let point = (0...regression.columns.count).map { _ in random.normal() / 2 }
    let sums = regression.sums(at: point)
    let step = 1e-4
    var worst = (gradient: 0.0, hessian: 0.0)
    for i in point.indices {
      var (low, high) = (point, point)
      low[i] -= step
      high[i] += step
      let (below, above) = (regression.sums(at: low), regression.sums(at: high))
      worst.gradient = max(
        worst.gradient, abs((above.value - below.value) / (2 * step) - sums.gradient[i]))
      for j in 0...i {
        let difference = (above.gradient[j] - below.gradient[j]) / (2 * step)
        worst.hessian = max(
          worst.hessian, abs(difference - sums.hessian[i * (i + 1) / 2 + j]))
      }
    }
    print("seed \(seed): gradient off by \(worst.gradient), Hessian by \(worst.hessian)")
    #expect(worst.gradient < 1e-5 && worst.hessian < 1e-5)
  }

  // Ridge 10. With q = ½ scikit-learn 1.9.1, LogisticRegression(C: 0.1, no intercept, a column of
  // ones), on standardised single-precision features; otherwise scipy 1.17.1's BFGS with the offset.
  static let scikit: [Double] = [
    0.318429098477, 0.129421341123, 0.181564275866, 0.234459295484, 0.052766997815,
    -0.180622760207, -0.087027590344, -0.127771279108, 0.05414655635, 0.032413313299,
  ]
  static let scipy: [Double] = [
    0.384550723343, -1.48518919098, 0.12203338087, 0.193443350914, 0.243198738803, 0.056718335456,
    -0.183084028147, -0.091373615704, -0.117303996475, 0.039595844999, 0.0522332346,
  ]
  static let scipyErrors: [Double] = [
    0.134621460088, 0.137683156353, 0.211978716776, 0.188974358499, 0.205374041384, 0.157208507408,
    0.136185465296, 0.216273907303, 0.139194899092, 0.203945510399, 0.186080426282,
  ]

  @Test("coefficients and standard errors are those of scikit-learn and scipy")
  func figures() {
    let equal = RidgeLogistic([ChurnRows.byRule(equalChurn: true)], ridge: 10)
    let one = equal.minimise()
    #expect(one.converged && equal.columns.map(\.place) == Array(1...9))
    #expect(worst(one.coefficients, Self.scikit) < 1e-9)
    #expect(abs(equal.sums(at: one.coefficients).value - 128.29067946886065) < 1e-8)
    let other = RidgeLogistic([ChurnRows.byRule(equalChurn: false)], ridge: 10)
    let two = other.minimise()
    print("scikit-learn:", worst(one.coefficients, Self.scikit), one.iterations)
    print("scipy:", worst(two.coefficients, Self.scipy), two.iterations)
    #expect(two.converged && worst(two.coefficients, Self.scipy) < 1e-8)
    #expect(worst(two.standardErrors, Self.scipyErrors) < 1e-8)
    #expect(abs(other.sums(at: two.coefficients).value - 141.525091472853) < 1e-8)
  }

  private func worst(_ values: [Double], _ truths: [Double]) -> Double {
    values.count == truths.count
      ? zip(values, truths).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }

  @Test("a simulated layer's coefficients are recovered", arguments: [1, 2, 3] as [UInt64])
  func recovery(seed: UInt64) throws {
    let truth = try ChurnLayer(
      horizonDays: 90, intercept: 0.2,
      terms: [
        ChurnLayerTests.term(1, -0.3), ChurnLayerTests.term(2, 0.5), ChurnLayerTests.term(6, -0.4),
        ChurnLayerTests.term(7, 1.5),
      ])
    let sample = ChurnRows.random(6000, seed: seed) { truth.probability(of: $0) }
    let regression = RidgeLogistic([sample], ridge: 0.01)
    let result = regression.minimise()
    #expect(result.converged && result.standardErrors.count == regression.columns.count + 1)
    var level = 0.2
    for (index, column) in regression.columns.enumerated() {
      let number = ChurnFeature.table[column.place].number
      let raw = truth.terms.first { $0.feature == number }?.coefficient ?? 0
      let found = result.coefficients[index + 1]
      let error = result.standardErrors[index + 1]
      level += raw * column.centre
      #expect(abs(found - raw * column.scale) < 4 * error, "feature \(number)")
    }
    // The intercept is that of a customer in the middle.
    #expect(abs(result.coefficients[0] - level) < 4 * result.standardErrors[0])
    print("seed \(seed):", result.coefficients, "±", result.standardErrors)
  }

  @Test("the ridge bounds what separates the customers", arguments: [1e-6, 10])
  func separable(ridge: Double) throws {
    var sample = ChurnSample(cutDay: 0)
    for row in 0..<100 {
      sample.append(
        ChurnSignals(
          history: PurchaseHistory(repeatOrders: 1, recencyDays: 20, ageDays: Double(21 + row)),
          purchaseChurn: 0.5, typicalGapDays: 20),
        isQuiet: row >= 50)
    }
    let regression = RidgeLogistic([sample], ridge: ridge)
    let result = regression.minimise()
    print("ridge \(ridge):", result.coefficients, result.iterations)
    #expect(result.converged && result.coefficients.allSatisfy { abs($0) < 1000 })
    _ = try regression.layer(result.coefficients, horizonDays: 90)
  }

  @Test("the start from another regression's minimum is that minimum on the same rows")
  func start() {
    let sample = ChurnRows.byRule(equalChurn: false)
    let regression = RidgeLogistic([sample], ridge: 10)
    let result = regression.minimise()
    let again = regression.minimise(from: regression.start(from: regression, result.coefficients))
    #expect(again.iterations == 1 && worst(again.coefficients, result.coefficients) < 1e-12)
  }

  @Test("the sums are the same bit by bit whoever computes, and nearly so in other pieces")
  func pieces() {
    let samples = [
      ChurnRows.random(203, seed: 1) { _ in 0.4 }, ChurnRows.byRule(equalChurn: false),
    ]
    func value(_ crew: any FitCrew, octetsPerPiece: Int) -> [Double] {
      let regression = RidgeLogistic(
        samples, ridge: 2, crew: crew, octetsPerPiece: octetsPerPiece)
      let point = (0...regression.columns.count).map { Double($0) / 20 }
      let sums = regression.sums(at: point)
      return [sums.value] + sums.gradient + sums.hessian
    }
    let small = value(Alone(), octetsPerPiece: 3)
    #expect(small == value(Backwards(), octetsPerPiece: 3))
    #expect(worst(small, value(Alone(), octetsPerPiece: 4096)) < 1e-10)
  }
}

/// A crew that begins with the last piece.
struct Backwards: FitCrew {
  func map<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) -> [Result] {
    (0..<count).reversed().map(task).reversed()
  }
}
