// The features: their values on known customers, and their bounds whatever comes in.

import Testing

@testable import Models

@Suite("ChurnSignals")
struct ChurnSignalsTests {
  static let wild: [Double] = [
    0, -1, 1, 0.5, 1e-300, 1e300, -1e300, .nan, .infinity, -.infinity, .leastNonzeroMagnitude,
  ]

  /// Signals of which one number after the other is wild and the rest is ordinary.
  static var wildSignals: [ChurnSignals] {
    let plain = ChurnSignals(
      history: PurchaseHistory(repeatOrders: 3, recencyDays: 60, ageDays: 100),
      purchaseChurn: 0.3, typicalGapDays: 30, lastGapDays: 10, spendRatio: 2)
    return wild.flatMap { value in
      let changes: [(inout ChurnSignals) -> Void] = [
        { $0.purchaseChurn = value }, { $0.repeatOrders = value }, { $0.idleDays = value },
        { $0.gapDays = value }, { $0.lastGapDays = value }, { $0.spendRatio = value },
        { $0.returnedShare = value },
        {
          ($0.purchaseChurn, $0.repeatOrders, $0.idleDays, $0.gapDays) = (
            value, value, value, value
          )
        },
      ]
      return changes.map { change in
        var signals = plain
        change(&signals)
        return signals
      }
    }
  }

  @Test("features are numbers within their bounds, whatever the signals are")
  func bounded() {
    for signals in Self.wildSignals {
      for feature in ChurnFeature.table {
        #expect(feature.bounds.contains(feature.value(of: signals)), "\(feature.name) \(signals)")
      }
    }
  }

  @Test("the table's numbers are unique, its names too, and 0 is within all bounds")
  func table() {
    #expect(Set(ChurnFeature.table.map(\.number)).count == ChurnFeature.table.count)
    #expect(Set(ChurnFeature.table.map(\.name)).count == ChurnFeature.table.count)
    for feature in ChurnFeature.table {
      #expect(feature.bounds.contains(0) && feature.meaning.hasSuffix("."), "\(feature.name)")
    }
    #expect(ChurnFeature.place(of: ChurnFeature.purchaseNumber) == 0)
    // Stored layers rest on these.
    #expect(
      ChurnFeature.table.map(\.name) == [
        "purchase model", "overdue", "past due", "overdue × experience", "gap trend",
        "spend trend", "returned share", "last returned", "experience", "single order",
      ])
    #expect(ChurnFeature.table.map(\.number) == Array(1...10))
  }

  @Test("a known customer has the features one computes by hand")
  func known() {
    let signals = ChurnSignals(
      history: PurchaseHistory(repeatOrders: 3, recencyDays: 60, ageDays: 100),
      purchaseChurn: 0.75, typicalGapDays: 99, lastGapDays: 30, spendRatio: 0.5,
      returnedShare: 0.25, isLastOrderReturned: true)
    let overdue = log(40.5 / 20.5)
    expect(
      signals,
      [
        log(3), overdue, overdue, overdue * log(4), log(30.5 / 20.5), log(0.5), 0.25, 1, log(4), 0,
      ])
  }

  @Test("a customer with one order takes the shop's gap and leaves the trends out")
  func single() {
    let signals = ChurnSignals(
      history: PurchaseHistory(repeatOrders: 0, recencyDays: 0, ageDays: 10), purchaseChurn: 0.5,
      typicalGapDays: 40)
    expect(signals, [0, log(10.5 / 40.5), 0, 0, 0, 0, 0, 0, 0, 1])
  }

  private func expect(_ signals: ChurnSignals, _ values: [Double]) {
    #expect(values.count == ChurnFeature.table.count)
    for (feature, value) in zip(ChurnFeature.table, values) {
      #expect(abs(feature.value(of: signals) - value) < 1e-14, "\(feature.name)")
    }
  }
}
