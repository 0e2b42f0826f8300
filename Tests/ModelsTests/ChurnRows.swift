// Rows for the tests of the regression: by a rule that other programs can follow, and random ones.

@testable import Models

enum ChurnRows {
  /// 200 customers by a rule of whole numbers, with q ½ for everybody or different ones.
  static func byRule(equalChurn: Bool) -> ChurnSample {
    var sample = ChurnSample(cutDay: 0)
    for i in 0..<200 {
      let x = Double(i % 5)
      let gap = Double(10 + i * 7 % 50)
      let idle = Double(i * 37 % 101)
      let recency = x * gap
      let signals = ChurnSignals(
        history: PurchaseHistory(repeatOrders: x, recencyDays: recency, ageDays: recency + idle),
        purchaseChurn: equalChurn ? 0.5 : Double(1 + i * 13 % 97) / 99, typicalGapDays: 30,
        lastGapDays: x >= 2 ? gap * Double(1 + i % 3) : nil,
        spendRatio: x >= 1 ? Double(1 + i % 4) / 2 : nil,
        returnedShare: Double(i * 11 % 10) / 20, isLastOrderReturned: i % 9 == 0)
      sample.append(signals, isQuiet: Double((i * 7919 + i * i) % 100) < 30 + idle / 2)
    }
    return sample
  }

  /// Random customers who stay away with the probability a rule gives them.
  static func random(
    _ count: Int, seed: UInt64, cutDay: Int32 = 0, _ probability: (ChurnSignals) -> Double
  ) -> ChurnSample {
    var random = SeededRandom(seed: seed)
    var sample = ChurnSample(cutDay: cutDay)
    for _ in 0..<count {
      let x = (random.uniform() * 6).rounded(.down)
      let recency = x * (5 + 60 * random.uniform())
      let signals = ChurnSignals(
        history: PurchaseHistory(
          repeatOrders: x, recencyDays: recency, ageDays: recency + 200 * random.uniform()),
        purchaseChurn: 0.02 + 0.96 * random.uniform(), typicalGapDays: 40,
        lastGapDays: x >= 2 ? 5 + 60 * random.uniform() : nil,
        spendRatio: x >= 1 ? exp(random.normal()) : nil,
        returnedShare: random.uniform() < 0.2 ? random.uniform() : 0,
        isLastOrderReturned: random.uniform() < 0.1)
      sample.append(signals, isQuiet: random.uniform() < probability(signals))
    }
    return sample
  }
}
