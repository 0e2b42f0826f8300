// The fit: it wins where there is something to win, changes nearly nothing where there is not, and
// says why where it cannot be judged or made.

import Testing

@testable import Models

@Suite("ChurnFit")
struct ChurnFitTests {
  static let cutDays: [Int32] = [300, 390, 480, 570]

  /// Prints and returns the fit of a shop's cuts, 90 days each.
  static func fit(
    _ shop: ChurnShop, _ name: String, by model: some PurchaseModel
  ) throws(ModelError) -> ChurnFit {
    var cuts: [ChurnSample] = []
    for day in cutDays { cuts.append(shop.sample(at: day, within: 90, by: model)) }
    let fit = try ChurnFit.fit(cuts, horizonDays: 90)
    if let judgement = fit.judgement {
      print(
        "\(name): log-loss \(judgement.purchaseLogLoss), layer \(judgement.layerLogLoss), gain "
          + "\(judgement.gain) ± \(judgement.gainStandardError), \(fit.customers) rows, "
          + "\(fit.iterations) steps")
    }
    return fit
  }

  @Test(
    "where the purchase model is right the layer changes nearly nothing",
    arguments: [1, 2, 3] as [UInt64])
  func purchaseModelIsRight(seed: UInt64) throws {
    let parameters = BetaGeometricParameters(trustedR: 0.6, alpha: 30, a: 0.8, b: 2.4)
    let shop = ChurnShop(
      SimulatedShop(
        kind: .mbgNBD, purchase: parameters, spend: CDNOWMaximum.spend, seed: seed,
        firstDays: 0...299, endDay: 660), customers: 1200)
    let fit = try Self.fit(shop, "MBG/NBD, seed \(seed)", by: BetaGeometric.mbgNBD(parameters))
    let judgement = try #require(fit.judgement)
    #expect(fit.converged && fit.warnings.isEmpty)
    #expect(!fit.isBetter || judgement.gain < 0.002)
    #expect(abs(judgement.gain) < 0.005)
  }

  @Test("where customers are regular the layer wins", arguments: [1, 2, 3] as [UInt64])
  func regular(seed: UInt64) throws {
    let shop = ChurnShop(regular: 4, seed: seed, customers: 1200, endDay: 660)
    // What an MBG/NBD fitted to such a shop at its last cut finds.
    let model = BetaGeometric.mbgNBD(
      BetaGeometricParameters(trustedR: 3.5, alpha: 119, a: 0.84, b: 4.25))
    let fit = try Self.fit(shop, "regular, seed \(seed)", by: model)
    let judgement = try #require(fit.judgement)
    #expect(fit.isBetter && judgement.gain > judgement.gainStandardError)
    #expect(judgement.layerLogLoss < 0.95 * judgement.purchaseLogLoss)
    #expect(abs(judgement.purchaseLogLoss - judgement.layerLogLoss - judgement.gain) < 1e-12)
  }

  @Test(
    "on the rows it was fitted on the layer is right in the large", arguments: [1, 2] as [UInt64])
  func calibrated(seed: UInt64) throws {
    // The truth is far above what the purchase model says.
    let sample = ChurnRows.random(3000, seed: seed) {
      logistic(log($0.purchaseChurn / (1 - $0.purchaseChurn)) + 1.5)
    }
    let fit = try ChurnFit.fit([sample], horizonDays: 90)
    let layer = try #require(fit.layer)
    let judgement = try ChurnJudgement(layer, on: sample)
    var predicted = (purchase: 0.0, layer: 0.0)
    for group in judgement.layerReliability.groups {
      predicted.layer += group.predicted * Double(group.customers)
    }
    for group in judgement.purchaseReliability.groups {
      predicted.purchase += group.predicted * Double(group.customers)
    }
    let actual = Double(sample.quietCount)
    print("seed \(seed): \(actual) stayed away, predicted", predicted)
    // The ridge times the intercept is all that is missing, and its default is 10.
    #expect(abs(predicted.layer + ChurnFit.ridgeDefault * layer.intercept - actual) < 1e-3)
    // And that is less than what chance makes of the count.
    #expect(abs(predicted.layer - actual) < (actual * (1 - actual / 3000)).squareRoot())
    #expect(abs(predicted.purchase / actual - 1) > 0.1)
    for group in judgement.layerReliability.groups {
      let variance = group.predicted * (1 - group.predicted) / Double(group.customers)
      #expect(abs(group.predicted - group.observed) < 4 * variance.squareRoot())
    }
  }

  @Test("the more rows, the less the ridge; a few rows change little")
  func fewRows() throws {
    let signals = ChurnSignals(
      history: PurchaseHistory(repeatOrders: 2, recencyDays: 60, ageDays: 90), purchaseChurn: 0.3,
      typicalGapDays: 30)
    for (count, range) in [(8, 0.3..<0.45), (2000, 0.6..<0.8)] {
      // Everybody stays away at odds six times those of the purchase model.
      let sample = ChurnRows.random(count, seed: 5) {
        logistic(log($0.purchaseChurn / (1 - $0.purchaseChurn)) + log(6))
      }
      let layer = try #require(try ChurnFit.fit([sample], horizonDays: 90).layer)
      print("\(count) rows: 0.3 becomes", layer.probability(of: signals))
      #expect(range.contains(layer.probability(of: signals)))
    }
  }

  @Test("the judged layer never saw outcomes of days after the last cut")
  func noLeak() throws {
    let cuts = [0, 60, 89, 90].map { day in
      ChurnRows.random(200, seed: UInt64(day), cutDay: Int32(day)) { $0.purchaseChurn }
    }
    let fit = try ChurnFit.fit(cuts, horizonDays: 90)
    // Cuts at 60 and 89 overlap the last horizon and judge nothing.
    let pair = try ChurnFit.fit([cuts[3], cuts[0]], horizonDays: 90)
    #expect(fit.judgement == pair.judgement && fit.judgement != nil)
    #expect(fit.customers == 800 && fit.layer != pair.layer)
    let overlapping = try ChurnFit.fit(Array(cuts[1...]), horizonDays: 90)
    #expect(overlapping.layer != nil && overlapping.judgement == nil && !overlapping.isBetter)
    #expect(overlapping.warnings.count == 1)
  }

  @Test("no layer without customers or where all did the same, and the reason is said")
  func nothing() throws {
    let all = ChurnRows.random(50, seed: 1) { _ in 1 }
    let nobody = ChurnRows.random(50, seed: 1) { _ in 0 }
    let one = ChurnRows.random(1, seed: 1) { _ in 1 }
    let cases: [(samples: [ChurnSample], reason: String)] = [
      ([], "no customers"), ([ChurnSample(cutDay: 3)], "no customers"), ([all], "Nobody"),
      ([nobody], "Everybody"), ([one], "Nobody"),
    ]
    for (samples, reason) in cases {
      let fit = try ChurnFit.fit(samples, horizonDays: 90)
      #expect(fit.layer == nil && fit.judgement == nil && !fit.isBetter && !fit.converged)
      #expect(fit.warnings.count == 1 && fit.warnings[0].contains(reason))
    }
    // All did the same on the earlier cut alone: a layer, but not judged.
    let mixed = ChurnRows.random(50, seed: 2, cutDay: 90) { _ in 0.5 }
    let fit = try ChurnFit.fit([all, mixed], horizonDays: 90)
    #expect(fit.layer != nil && fit.judgement == nil && fit.warnings.count == 1)
  }

  @Test("the fit is the same bit by bit whoever computes")
  func anyCrew() throws {
    let cuts = [0, 90].map { day in
      ChurnRows.random(300, seed: UInt64(day), cutDay: Int32(day)) { $0.purchaseChurn }
    }
    let backwards = try ChurnFit.fit(cuts, horizonDays: 90, crew: Backwards())
    #expect(try ChurnFit.fit(cuts, horizonDays: 90) == backwards && backwards.layer != nil)
  }

  @Test("wild rows give finite numbers")
  func wild() throws {
    var cuts: [ChurnSample] = []
    for day in [0, 90] as [Int32] {
      let signals = ChurnSignalsTests.wildSignals
      let quiet = signals.indices.map { $0 % 3 == 0 }
      var sample = ChurnSample(cutDay: day)
      try sample.append(signals.span, isQuiet: quiet.span)
      cuts.append(sample)
    }
    let fit = try ChurnFit.fit(cuts, horizonDays: 90)
    let judgement = try #require(fit.judgement)
    let layer = try #require(fit.layer)
    #expect(fit.converged && fit.standardErrors.count == layer.terms.count)
    #expect(fit.standardErrors.allSatisfy { $0.isFinite && $0 > 0 })
    #expect(judgement.layerLogLoss.isFinite && judgement.gainStandardError.isFinite)
    #expect(try ChurnFit.fit(cuts.reversed(), horizonDays: 90) == fit)
  }

  @Test(
    "a horizon or a ridge out of range is refused by name", arguments: [0, -1, Double.nan, 1e12])
  func ranges(value: Double) {
    #expect(throws: ModelError.self) { try ChurnFit.fit([], horizonDays: value) }
    #expect(throws: ModelError.self) { try ChurnFit.fit([], horizonDays: 90, ridge: value) }
  }

  @Test("columns of different length are an error and add nobody")
  func unequal() {
    let signals = ChurnSignalsTests.wildSignals
    let none: [Bool] = []
    var sample = ChurnSample(cutDay: 0)
    #expect(throws: ModelError.self) { try sample.append(signals.span, isQuiet: none.span) }
    #expect(sample.count == 0)
  }
}
