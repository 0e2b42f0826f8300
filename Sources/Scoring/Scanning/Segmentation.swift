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
  /// The quantiles of numbers at the last fit, by name: of the shares 0, 1/1000 … 1.
  var quantiles: [String: [Double]] = [:]
  /// In which segment each customer was found last; fewer rows than customers where none was.
  var marks = Table<SegmentMark>()

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
}

/// In which segment a customer was found last.
struct SegmentMark: Equatable, TableRow {
  /// Counted from 1; 0 is none.
  var segment: UInt8 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) { visit(&segment) }
}
