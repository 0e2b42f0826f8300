// What a report shows, as plain values. Not here: where they come from, and how they are drawn.
//
// Whatever stands in them, the page can be made: what cannot be drawn is said in a sentence.

/// Everything on the page of `patron report`.
struct ReportData: Sendable {
  var head: ReportHead
  var matrix: RecencyFrequencyMatrix?
  /// By falling prediction, the best tenth first; empty without a hold-out period.
  var deciles: [CalibrationDecile]
  /// Days of the hold-out period that the deciles are from.
  var decileDays: Double
  var cumulative: CumulativeOrders?
  var lifetimeValue: LifetimeValueHistogram?
  /// The chosen customers, one picture each.
  var lives: [AliveHistory]
  /// By first month, the oldest first.
  var cohorts: [RetentionCohort]
}

/// The shop, the model, and how good it is.
struct ReportHead: Sendable {
  /// Days since 1970-01-01, in the shop's time zone.
  var asOfDay: Int
  var customers: Int
  var orders: Int
  /// Three letters; empty where the shop has none yet.
  var currency: String
  /// As people write it, such as «MBG/NBD»; empty where nothing has been fitted.
  var model: String
  var parameters: [ReportParameter]
  var holdout: ReportHoldout?
  /// Sentences.
  var warnings: [String]
}

struct ReportParameter: Sendable {
  var name: String
  var value: Double
  /// Nil where the information is singular.
  var standardError: Double?
  /// What it is measured in or is for, such as «weeks»; may be empty.
  var unit = ""
}

/// How well the model foretold what it had not seen.
struct ReportHoldout: Sendable {
  /// The last day the fit saw, and the last one compared; days since 1970-01-01.
  var cutDay: Int
  var lastDay: Int
  var customers: Int
  /// Orders of all of them.
  var actual: Double
  var predicted: Double
  /// predicted/actual − 1; nil where nobody ordered.
  var bias: Double?
  var meanAbsoluteError: Double
  var rootMeanSquareError: Double
  var poissonDeviance: Double
  /// Nil where the truth orders nobody.
  var normalizedGini: Double?
}

/// What the model says of customers of one age.
struct RecencyFrequencyMatrix: Sendable {
  /// Days since the first order, and days ahead that the orders are expected in.
  var ageDays: Double
  var horizonDays: Double
  /// Columns: days from the first to the last order, rising.
  var recencies: [Double]
  /// Rows: repeat orders, rising.
  var frequencies: [Int]
  /// By row and column; nil where no customer can be (no repeat order has no recency).
  var alive: [[Double?]]
  var expectedOrders: [[Double?]]
}

/// A tenth of the customers of the hold-out.
struct CalibrationDecile: Sendable {
  var customers: Int
  /// Orders of all of them.
  var predicted: Double
  var actual: Double
}

/// Orders of the whole shop since its beginning.
struct CumulativeOrders: Sendable {
  struct Week: Sendable {
    /// Last day of the week, since 1970-01-01.
    var day: Int
    /// All orders up to that day; nil where the future has not told yet.
    var actual: Double?
    var expected: Double?
    /// The interval of what is expected, where it is known.
    var low: Double?
    var high: Double?
  }

  /// What comes after the cut.
  enum Future: Sendable {
    /// It is known, and the fit has not seen it.
    case holdout
    /// It is not known.
    case forecast
  }

  /// Rising.
  var weeks: [Week]
  /// The last day the fit saw.
  var cutDay: Int?
  var future: Future
  /// Of the interval, such as 0.9.
  var coverage: Double?
  /// What is counted, such as «orders» or «repeat orders».
  var counted = "orders"
}

/// How many customers are worth how much.
struct LifetimeValueHistogram: Sendable {
  /// Lower edges of the bins, rising; the last bin is open.
  var edges: [Double]
  /// As many as edges.
  var counts: [Int]
  var median: Double?
  var mean: Double?
  /// Days ahead that count.
  var horizonDays: Double
}

/// One customer's life as the model saw it.
struct AliveHistory: Sendable {
  struct Point: Sendable {
    /// Days since 1970-01-01; may be a day twice, before and after an order.
    var day: Double
    var probability: Double
  }

  /// Any bytes.
  var customer: [UInt8]
  var orderDays: [Int]
  var points: [Point]
}

/// The customers of one first month.
struct RetentionCohort: Sendable {
  var year: Int
  var month: Int
  var customers: Int
  /// How many of them ordered in the first month after that of the first order, the second, …;
  /// up to the month of the report.
  var ordered: [Int]
}
