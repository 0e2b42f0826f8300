// Shops for the tests of the churn layer: lives by the day, and their customers on a past day.

@testable import Models

/// The orders of a shop's customers, by day and value.
struct ChurnShop {
  /// One customer's orders in the order of time.
  typealias Life = [(day: Int32, amount: Double)]

  var lives: [Life] = []

  /// Customers who live the very process of BG/NBD or MBG/NBD.
  init(_ shop: SimulatedShop, customers: UInt64) {
    lives = (0..<customers).map { number in
      shop.customer(number).orders.map { ($0.day, $0.amount) }
    }
  }

  /// Customers who order at regular gaps, Erlang distributed, and leave at an order by chance.
  ///
  /// - Parameters:
  ///   - shape: stages of a gap: 1 is a purchase process without memory.
  ///   - seed: any number.
  ///   - customers: how many.
  ///   - endDay: the last day; customers come on the days from 0 to 299.
  init(regular shape: Double, seed: UInt64, customers: UInt64, endDay: Int32) {
    for number in 0..<customers {
      var random = SeededRandom(seed: seed, stream: number)
      let rate = random.gamma(shape: 3, rate: 90)
      let dropout = random.beta(1, 5)
      var time = random.uniform() * 300
      var life: Life = []
      while time < Double(endDay) + 1 {
        life.append((Int32(time), random.gamma(shape: 4, rate: 0.1)))
        if random.uniform() < dropout { break }
        time += random.gamma(shape: shape, rate: shape * max(rate, 1e-3))
      }
      lives.append(life)
    }
  }

  /// x, t_x and T of all who had ordered by a day, and what they did after it.
  func rows(at cut: Int32, within horizonDays: Int32) -> [(history: PurchaseHistory, isQuiet: Bool)]
  {
    lives.compactMap { life in
      let days = Self.distinct(life.map(\.day).filter { $0 <= cut })
      guard let first = days.first, let last = days.last else { return nil }
      return (
        PurchaseHistory(
          repeatOrders: Double(days.count - 1), recencyDays: Double(last - first),
          ageDays: Double(cut - first)),
        !life.contains { $0.day > cut && $0.day <= cut + horizonDays }
      )
    }
  }

  /// The sample of a cut, with the churn probabilities of a purchase model.
  func sample(
    at cut: Int32, within horizonDays: Int32, by model: some PurchaseModel
  ) -> ChurnSample {
    let rows = rows(at: cut, within: horizonDays)
    var (days, orders) = (0.0, 0.0)
    for (history, _) in rows {
      days += history.recencyDays
      orders += history.repeatOrders
    }
    let typical = orders > 0 ? days / orders : 30
    var sample = ChurnSample(cutDay: cut)
    var row = 0
    for life in lives {
      let known = life.filter { $0.day <= cut }
      guard let last = known.last else { continue }
      let days = Self.distinct(known.map(\.day))
      let before = known.dropLast().map(\.amount)
      let (history, isQuiet) = rows[row]
      row += 1
      sample.append(
        ChurnSignals(
          history: history,
          purchaseChurn: model.churnProbability(of: history, within: Double(horizonDays)),
          typicalGapDays: typical,
          lastGapDays: days.count > 1 ? Double(days[days.count - 1] - days[days.count - 2]) : nil,
          spendRatio: before.isEmpty
            ? nil : last.amount / (before.reduce(0, +) / Double(before.count))),
        isQuiet: isQuiet)
    }
    return sample
  }

  private static func distinct(_ days: [Int32]) -> [Int32] {
    var distinct: [Int32] = []
    for day in days where distinct.last != day { distinct.append(day) }
    return distinct
  }
}
