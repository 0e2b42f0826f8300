// What a shop means by its named segments: a condition to enter each and one to stay in it, the quantiles they
// speak of, and in which segment each customer was found last. How customers are found in them is in ScanWorker.

import Offers
import Rules

/// What one named segment is.
struct SegmentDefinition: Equatable, Sendable {
  var segment: Segment
  /// Who is in it.
  var enters: String
  /// Who was in it and still is: a wider condition, so that nobody goes to and fro.
  var stays: String
}

/// How customers fall into segments.
struct Segmentation: Sendable {
  /// Of all segments, in the order in which they are tried: the first that fits is the customer's.
  var definitions = Self.defaults
  /// How often the shop has changed them.
  var version: UInt32 = 0
  /// The quantiles of numbers at the last fit, by name: of the shares 0, 1/1000 … 1.
  var quantiles: [String: [Double]] = [:]
  /// What they were found with; nil before the first time.
  var quantilesOf: SegmentStand?
  /// In which segment each customer was found last; fewer rows than customers where none was.
  var marks = Table<SegmentMark>()
  /// The last search that came to its end; nil before the first.
  var search: SegmentSearch?
  /// The sequence of the last command that changed anything but the marks.
  var changed: UInt64 = 0

  /// Whether there is nothing to keep.
  var isEmpty: Bool {
    version == 0 && quantilesOf == nil && search == nil && marks.count == 0
  }

  /// Parts into which quantiles are told.
  static let parts = 1000

  /// What segments mean where a shop has not said otherwise.
  static let defaults = [
    SegmentDefinition(
      segment: .new, enters: "orders < 1 or orders < 2 and age_days <= 30",
      stays: "orders < 1 or orders < 2 and age_days <= 30"),
    SegmentDefinition(
      segment: .inactive,
      enters: "p_alive < 0.2 or p_alive is unknown and days_since_order > 365",
      stays: "p_alive < 0.25 or p_alive is unknown and days_since_order > 365"),
    SegmentDefinition(
      segment: .aboutToLeave,
      enters: "p_alive < 0.5 or churn >= 0.7 and days_since_order > 2 * typical_gap"
        + " or p_alive is unknown and days_since_order > 182",
      stays: "p_alive < 0.55 or churn >= 0.65 and days_since_order > 2 * typical_gap"
        + " or p_alive is unknown and days_since_order > 182"),
    SegmentDefinition(
      segment: .vip, enters: "lifetime_value >= quantile(\"lifetime_value\", 0.95)",
      stays: "lifetime_value >= quantile(\"lifetime_value\", 0.93)"),
    SegmentDefinition(segment: .loyal, enters: "orders >= 4", stays: "orders >= 4"),
    SegmentDefinition(segment: .willBuyAgain, enters: "true", stays: "true"),
  ]

  /// A number that so large a share of the customers does not exceed; NaN before the first fit.
  func quantile(_ name: String, _ share: Double) -> Double {
    guard let points = quantiles[name], points.count == Self.parts + 1 else { return .nan }
    let place = min(max(share, 0), 1) * Double(Self.parts)
    let low = Int(place.rounded(.down))
    if low >= Self.parts { return points[Self.parts] }
    return points[low] + (place - Double(low)) * (points[low + 1] - points[low])
  }

  /// The segment a customer was found in last, counted from 1; 0 for none.
  func mark(of customer: UInt32) -> UInt8 {
    customer < marks.count ? marks[customer].segment : 0
  }

  /// The same on a day; 0 where marks tell nothing of it.
  func mark(of customer: UInt32, on day: Int32) -> UInt8 {
    countsMarks(on: day) ? mark(of: customer) : 0
  }

  /// Whether everybody's segment is to be found on a day with a model: the model or the definitions are others
  /// than last time, or it is a later day.
  func isDue(_ stand: SegmentStand) -> Bool {
    guard let last = search?.stand else { return true }
    return last.generation != stand.generation || last.version != stand.version
      || last.day < stand.day
  }

  /// Whether marks count on a day: they tell nothing of the days before they were found.
  func countsMarks(on day: Int32) -> Bool {
    search.map { day >= $0.stand.day } ?? true
  }
}

/// What segments or quantiles were found with.
struct SegmentStand: Equatable, Sendable {
  /// The model; 0 for none.
  var generation: UInt32
  /// Of the definitions.
  var version: UInt32
  /// The shop's day.
  var day: Int32
}

/// A search for everybody's segment.
struct SegmentSearch: Equatable, Sendable {
  var stand: SegmentStand
  /// How many were in each segment, by its number.
  var customers: [UInt64]
}

/// In which segment a customer was found last.
struct SegmentMark: Equatable, TableRow {
  /// Counted from 1; 0 is none.
  var segment: UInt8 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) { visit(&segment) }
}
