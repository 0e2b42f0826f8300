// The memory in which decisions are made, so that none is taken while one is made; and what is asked.
// No state: whoever decides has a desk of its own.

import Models
import Offers
import Policies
import Wire

/// A request for a decision, read and checked.
struct DecisionQuestion {
  var key: CommandKey
  var placement: Int
  var channel: Wire.Channel
  var flags: DecideFlags
  var top: UInt8
  var basketMinor: Int64
  var lines: UInt16
  var ownMissing: UInt16
  /// A hash of the request behind its key.
  var check: UInt32
}

/// What a decision is made of, step by step.
struct DecisionDesk: ~Copyable {
  var workspace = DecisionWorkspace()
  var facts = Offers.Facts()
  var standing = Standing()
  /// Of each offer, by place.
  var budgets: [BudgetUse] = []
  /// Of each campaign, by place; none where no campaign has a budget.
  var campaigns: [BudgetUse] = []
  var estimates: [OfferEstimate] = []
  /// What each is expected to cost, in major units.
  var costs: [Double] = []
  /// Of each arm.
  var means: [Double] = []
  var deviations: [Double] = []
  /// How uncertain it is what comes of no offer.
  var noneDeviation = 0.0
  /// x.
  var x = [Float](repeating: 0, count: Features.count)
  var missing: UInt32 = 0
  /// The shop's own features, as told.
  var own: [Double] = []
  /// Names of the basket's categories; nowhere for one that never was kept.
  var categories: [Link] = []
  var days: [DayOrder] = []
  var gaps: [Int] = []
  /// Contacts that came later than those being looked at and belong to them.
  var followers: [(channel: UInt8, name: Link)] = []
  /// How many contacts of each offer and state were found, up to a cap's largest limit.
  var perOffer: [UInt8] = []
  var scores = ToldScores()
  /// How the customer is known, and what may be used.
  var flags: DecisionFlags = []
  var segment = Segment.new
  /// The record of the last decision: a whole frame, as the journal gets it.
  var record = ByteBuffer(capacity: 4096)
  /// Where in it what was told lies.
  var told = 0..<0
  /// Where the entry of a decision is put together.
  var entry: ByteBuffer?
  /// The horizon of scores, which changes with the day, the model, and the catalogue's margin.
  var horizon: (day: UInt16, generation: UInt32, margin: Double, value: ScoreHorizon)?
  /// What is tabulated for it; nil where nothing is.
  var tables: OutlookTables?

  init() {}
}

/// The scores that are told with a decision; zeros where they are not known.
struct ToldScores {
  var alive = 0.0
  var churn = 0.0
  var expectedOrders = 0.0
  var expectedSpend = 0.0
  var lifetimeValue = 0.0
}

extension DecisionDesk {
  /// How far the scores of a decision look ahead: 39 weeks, as the command line does.
  static let horizonDays = 273.0
  /// The discount rate of its lifetime value, per year.
  static let discountRate = 0.1

  /// The horizon of the scores that decisions read.
  static func horizon(
    _ day: UInt16, _ margin: Double, _ calibration: Calibration
  ) -> ScoreHorizon? {
    let terms = try? ScoreTerms(
      horizonDays: horizonDays, discountRatePerYear: discountRate, margin: max(margin, 0))
    return terms.map { ScoreHorizon($0, under: calibration, from: Double(day)) }
  }
}
