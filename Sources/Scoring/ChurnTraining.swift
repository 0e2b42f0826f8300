// The training of a churn layer on the shop's own past: which days are looked back to, and what was
// known and came of it there. The regression and its judgement are in Models/ChurnFit.swift.

import Models

/// A churn layer trained on rolling cuts, all before the fitting day.
struct ChurnTraining {
  /// Learnt from all cuts; nil where there was not enough of them, and the warnings say why.
  var fit: ChurnFit?
  /// The gap between orders to assume of who has a single one, in days.
  var typicalGapDays = 0.0
  /// What a person should know, each a sentence.
  var warnings: [String] = []

  /// The longest and the shortest horizon, in days.
  static let horizonDays: ClosedRange<Int32> = 28...90
  /// The most cuts.
  static let cutsMax: Int32 = 6
  /// The most customers looked at on a cut.
  static let customersMax = 50_000

  /// The layer, where it foretold the last cut better than the purchase models.
  var adopted: AdoptedLayer? {
    guard let fit, fit.isBetter, let layer = fit.layer else { return nil }
    return AdoptedLayer(layer: layer, typicalGapDays: typicalGapDays)
  }

  /// The horizon for a history; nil where it is too short for the shortest one.
  static func horizonDays(history: Int32) -> Int32? {
    let quarter = history / 4
    return quarter < horizonDays.lowerBound ? nil : min(quarter, horizonDays.upperBound)
  }

  /// The cuts: whole horizons back, each at least one after the first order, the last one first.
  static func cuts(of horizon: Int32, from firstDay: Int32, through day: Int32) -> [Int32] {
    (1...cutsMax).map { day - $0 * horizon }.filter { $0 - firstDay >= horizon }
  }

  /// Looks back and learns.
  ///
  /// - Parameters:
  ///   - store: the shop; nothing after the day is looked at.
  ///   - day: the fitting day.
  ///   - outcome: which models give the churn probability to start from.
  ///   - orders: the days with an order of every customer known on the day.
  ///   - crew: who computes; the result does not depend on it.
  init(
    _ store: Store, through day: UInt16, _ outcome: AutoFit.Outcome, _ orders: OrderDays,
    crew: any FitCrew
  ) {
    let firstDay = orders.firstDay
    let history = Int32(day) - firstDay
    guard let horizon = Self.horizonDays(history: history) else {
      warnings = [
        "The history of \(history) days is too short to train a churn layer: there is none."
      ]
      return
    }
    guard let gap = orders.typicalGapDays else {
      warnings = ["Nobody has a repeat order: there is no churn layer."]
      return
    }
    typicalGapDays = gap
    let cuts = Self.cuts(of: horizon, from: firstDay, through: Int32(day))
    let samples = crew.map(cuts.count) { place in
      Self.sample(store, on: UInt16(cuts[place]), horizon, outcome, typicalGapDays: gap)
    }
    do throws(ModelError) {
      let fit = try ChurnFit.fit(
        samples.compactMap(\.self), horizonDays: Double(horizon), crew: crew)
      self.fit = fit
      warnings = fit.warnings.map { "Churn layer: \($0)" }
    } catch {
      warnings = ["No churn layer can be fitted: \(error)"]
    }
  }

  /// The customers as a day saw them, and whether they stayed away after it.
  private static func sample(
    _ store: Store, on cut: UInt16, _ horizon: Int32, _ outcome: AutoFit.Outcome,
    typicalGapDays: Double
  ) -> ChurnSample? {
    let rows = store.customers.count
    let end = cut + UInt16(horizon)
    var orders = OrderDays()
    var known: [(history: ChurnHistory, isQuiet: Bool)] = []
    var days: [DayOrder] = []
    for number in stride(from: 0, to: rows, by: max((rows + customersMax - 1) / customersMax, 1)) {
      let row = store.customers[UInt32(number)]
      if row.firstDay > cut && row.lastReturn == CustomerRow.none { continue }
      store.readDayOrders(of: row, asOf: cut, into: &days)
      guard let history = store.churnHistory(of: row, days[...], asOf: cut) else { continue }
      orders.append(days[...])
      known.append((history, store.isQuiet(row, after: cut, through: end)))
    }
    guard let churn = outcome.churnProbability(orders, on: Int32(cut), within: horizon) else {
      return nil
    }
    var sample = ChurnSample(cutDay: Int32(cut))
    sample.reserveCapacity(known.count)
    for (place, one) in known.enumerated() {
      let signals = one.history.signals(
        purchaseChurn: churn[place], typicalGapDays: typicalGapDays)
      sample.append(signals, isQuiet: one.isQuiet)
    }
    return sample
  }
}
