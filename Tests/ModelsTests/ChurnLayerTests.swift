// The layer: what it makes of its numbers, which horizons it answers for, and what it refuses.

import Testing

@testable import Models

@Suite("ChurnLayer")
struct ChurnLayerTests {
  static func term(
    _ feature: UInt8, _ coefficient: Double = 1, centre: Double = 0, scale: Double = 1
  ) -> ChurnLayer.Term {
    ChurnLayer.Term(feature: feature, coefficient: coefficient, centre: centre, scale: scale)
  }

  /// The sentence with which a layer is refused.
  static func refusal(
    horizonDays: Double = 90, intercept: Double = 0, _ terms: [ChurnLayer.Term]
  ) -> String? {
    do throws(ModelError) {
      _ = try ChurnLayer(horizonDays: horizonDays, intercept: intercept, terms: terms)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("a layer without terms is the purchase model", arguments: [0.001, 0.2, 0.5, 0.999])
  func empty(q: Double) throws {
    let layer = try ChurnLayer(horizonDays: 90, intercept: 0, terms: [])
    let signals = ChurnSignals(
      history: PurchaseHistory(repeatOrders: 2, recencyDays: 9, ageDays: 30), purchaseChurn: q,
      typicalGapDays: 30)
    #expect(abs(layer.probability(of: signals) / q - 1) < 1e-14)
  }

  @Test("the probability is the logistic of the sum one computes by hand")
  func byHand() throws {
    let layer = try ChurnLayer(
      horizonDays: 90, intercept: -0.25,
      terms: [Self.term(1, 0.5, centre: 1, scale: 2), Self.term(9, -1, centre: 0.5, scale: 0.5)])
    let signals = ChurnSignals(
      history: PurchaseHistory(repeatOrders: 3, recencyDays: 9, ageDays: 30), purchaseChurn: 0.8,
      typicalGapDays: 30)
    let sum = log(4) - 0.25 + 0.5 * (log(4) - 1) / 2 - (log(4) - 0.5) / 0.5
    #expect(abs(layer.probability(of: signals) - 1 / (1 + exp(-sum))) < 1e-15)
  }

  @Test("a layer answers for half to twice its horizon")
  func horizons() throws {
    let layer = try ChurnLayer(horizonDays: 90, intercept: 0, terms: [])
    for days in [45.0, 60, 90, 180] { #expect(layer.applies(to: days)) }
    for days in [44.9, 0, -90, 180.1, .nan, .infinity] { #expect(!layer.applies(to: days)) }
  }

  @Test("unknown and repeated features are refused by name")
  func unknown() {
    for number in [0, 11, 255] as [UInt8] {
      let sentence = Self.refusal([Self.term(2), Self.term(number)])
      #expect(
        sentence?.hasPrefix(
          "number of a churn feature is \(Double(number)), but must be one of 1 purchase model, ")
          == true)
    }
    #expect(
      Self.refusal([Self.term(2), Self.term(5), Self.term(2)])?.contains("«overdue»") == true)
    #expect(Self.refusal([Self.term(2), Self.term(5)]) == nil)
  }

  @Test("numbers out of range are refused by name", arguments: [Double.nan, .infinity, 1e7, -1e7])
  func ranges(value: Double) {
    #expect(Self.refusal(horizonDays: value, [])?.contains("horizon") == true)
    #expect(Self.refusal(intercept: value, [])?.contains("intercept") == true)
    #expect(Self.refusal([Self.term(6, value)])?.contains("«spend trend»") == true)
    #expect(Self.refusal([Self.term(6, centre: value)])?.contains("centre") == true)
    #expect(Self.refusal([Self.term(6, scale: value)])?.contains("scale") == true)
    #expect(Self.refusal([Self.term(6, scale: 0)])?.contains("scale") == true)
  }

  @Test("the probability is never NaN, whatever the signals and however steep the layer")
  func corners() throws {
    for steep in [1000.0, -1000] {
      let layer = try ChurnLayer(
        horizonDays: 90, intercept: steep,
        terms: ChurnFeature.table.map { Self.term($0.number, steep, centre: 0.3, scale: 1e-6) })
      for signals in ChurnSignalsTests.wildSignals {
        #expect((0...1).contains(layer.probability(of: signals)), "\(signals)")
      }
    }
  }
}
