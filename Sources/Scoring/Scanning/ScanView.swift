// What a scan looks at: a value of the store, the instant it is of, and how customers are scored.

import Models
import Offers
import Wire

/// One instant of the shop, and what everybody is asked under.
struct ScanView: Sendable {
  let store: Store
  let moment: Moment
  /// The shop's day of that instant.
  let day: UInt16
  let majorPerMinor: Double
  /// The share of sales that is margin.
  let margin: Double
  /// Nil while there is no model: scores are unknown then.
  private(set) var scores: ScanScores?
  /// Whether orders or returns may be recorded of days after the one that is asked about, so that rows have to
  /// be made anew from the orders up to it.
  let looksBack: Bool
  private var hasBegun = false

  /// A table is not worth its making for fewer customers.
  private static let tabulatedLeast = 2_048

  /// Fixes the instant.
  ///
  /// - Parameters:
  ///   - store: the state.
  ///   - moment: when it is asked about.
  ///   - day: the same as a day.
  ///   - terms: of lifetime value and churn.
  init(_ store: Store, _ moment: Moment, day: UInt16, _ terms: ScoreTerms) {
    self.store = store
    self.moment = moment
    self.day = day
    majorPerMinor = store.majorPerMinor
    margin = terms.margin
    scores = store.model.map { adopted in
      ScanScores(
        adopted, ScoreHorizon(terms, under: adopted.model.calibration, from: Double(day)),
        tables: nil)
    }
    looksBack = max(store.newestOrderDay, store.newestReturnDay) > Int32(day)
  }

  /// Makes tables where there are none, once: that takes a moment.
  mutating func begin(_ plan: ScanPlan, on crew: any FitCrew) {
    if hasBegun { return }
    hasBegun = true
    guard let scores, scores.tables == nil, store.customers.count >= Self.tabulatedLeast,
      plan.needs.contains(where: { !$0.scores.isEmpty })
    else { return }
    let job = TableJob(
      store: store, adopted: scores.adopted, generation: store.generation, horizon: scores.horizon)
    use(job.run(on: crew).tables)
  }

  /// Scores by these tables, if there are any.
  mutating func use(_ tables: OutlookTables?) { scores = scores?.with(tables) }

  /// Whether looking at a customer costs next to nothing.
  func isQuick(_ plan: ScanPlan) -> Bool {
    plan.isQuick && !looksBack && (plan.layout.kinds.isEmpty || scores?.isQuick != false)
  }

  /// A quantile of a number, as it was at the last fit; NaN before the first.
  func quantile(_ name: String, _ share: Double) -> Double {
    store.segmentation.quantile(name, share)
  }

  /// The row's statistics as of the day.
  func statistics(of row: CustomerRow) -> Statistics {
    looksBack ? store.statistics(of: row, asOf: day) : Statistics(row)
  }
}

/// How customers are scored.
///
/// An object, since each batch takes it: one reference instead of a dozen.
final class ScanScores: Sendable {
  let adopted: AdoptedModel
  let horizon: ScoreHorizon
  /// Without them all is exact, and slow.
  let tables: OutlookTables?
  /// The churn layer, where it has a word to say on this horizon.
  let layer: AdoptedLayer?
  /// The scores that the columns of orders are enough for.
  let byColumns: ScoreKinds
  /// Whether all of them are looked up by day: then a customer costs next to nothing.
  let isQuick: Bool

  init(_ adopted: AdoptedModel, _ horizon: ScoreHorizon, tables: OutlookTables?) {
    self.adopted = adopted
    self.horizon = horizon
    self.tables = tables
    layer = adopted.layer.flatMap {
      $0.layer.applies(to: horizon.terms.horizonDays) ? $0 : nil
    }
    byColumns = adopted.model.calibration.correction == nil ? .all : [.alive, .churn, .spend]
    isQuick = byColumns == .all && layer == nil && tables?.looksUpDays == true
  }

  /// The same by other tables.
  func with(_ tables: OutlookTables?) -> ScanScores {
    ScanScores(adopted, horizon, tables: tables)
  }
}
