// The bodies of the verb count customers: how many a condition holds for, by group, and what they are worth.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks how many customers a condition holds for, and for sums of what is known of them.
public struct CountRequest: Message, Equatable, Sendable {
  public static let title = "count customers request"
  public static let fields =
    ScanTerms.fields + [
      Field("condition", .text), Field("count", .u8),
      Field("groups", .rows([Field("group", .sentence)])), Field("count", .u8),
      Field("measures", .rows([Field("measure", .sentence)])), Field("count", .u8),
      Field("shares", .rows([Field("share", .f64)])),
    ]

  /// Where the condition stands in the body.
  public static let conditionOffset = 8 * 4

  /// Of which instant, and how customers are scored.
  public var terms = ScanTerms()
  /// Whom it is about, as README.md describes conditions; empty for everybody.
  public var condition: String
  /// Texts, levels and yes/no by which customers are grouped; at most ``Limits/groupFieldsMax``.
  public var groups: [String] = []
  /// Numbers that are added up; at most ``Limits/measuresMax``.
  public var measures: [String] = []
  /// The quantiles that are told of each, 0 to 1; at most ``Limits/quantilesMax``.
  public var shares: [Double] = []

  /// Makes the request.
  ///
  /// - Parameter condition: whom it is about; empty for everybody.
  public init(condition: String) { self.condition = condition }

  public init(from reader: inout FrameReader) throws(Refusal) {
    terms = try ScanTerms(from: &reader)
    condition = try reader.readCondition()
    groups = try reader.readNames("group", most: Limits.groupFieldsMax)
    measures = try reader.readNames("measure", most: Limits.measuresMax)
    let at = reader.offset
    let count = Int(try reader.readUInt8())
    guard count <= Limits.quantilesMax else {
      throw Refusal(
        .invalidField, at: at, "\(count) shares are more than \(Limits.quantilesMax)")
    }
    for _ in 0..<count {
      let at = reader.offset
      let share = try reader.readFinite("share")
      guard share >= 0 && share <= 1 else {
        throw Refusal(.invalidField, at: at, "the share is \(share), it must be 0 to 1")
      }
      shares.append(share)
    }
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    terms.write(to: &out)
    try out.append(longText: condition)
    try out.append(names: groups)
    try out.append(names: measures)
    out.append(UInt8(shares.count))
    for share in shares { out.append(share) }
  }
}

/// The sums of a number over some customers.
public struct MeasureSum: Equatable, Sendable {
  static let fields = [
    Field("known", .u64), Field("sum", .f64), Field("least", .f64), Field("most", .f64),
    Field("count", .u8), Field("quantiles", .rows([Field("quantile", .f64)])),
  ]

  /// Customers of whom it is known.
  public var known: UInt64 = 0
  /// Over them.
  public var sum = 0.0
  /// NaN where it is known of nobody.
  public var least = Double.nan
  /// NaN where it is known of nobody.
  public var most = Double.nan
  /// One for each share that was asked for, each within half a percent; NaN where it is known of nobody.
  public var quantiles: [Double] = []

  /// Over nobody.
  public init() {}

  /// NaN where it is known of nobody.
  public var mean: Double { known == 0 ? .nan : sum / Double(known) }

  init(from reader: inout FrameReader) throws(Refusal) {
    known = try reader.read(UInt64.self)
    sum = try reader.read(Double.self)
    least = try reader.read(Double.self)
    most = try reader.read(Double.self)
    for _ in 0..<(try reader.readUInt8()) { quantiles.append(try reader.read(Double.self)) }
  }

  func write(to out: inout ByteBuffer) {
    out.append(known)
    out.append(sum)
    out.append(least)
    out.append(most)
    out.append(UInt8(quantiles.count))
    for quantile in quantiles { out.append(quantile) }
  }
}

/// Some customers that have the same texts.
public struct CountedGroup: Equatable, Sendable {
  static let fields: [Field] = [
    Field("customers", .u64), Field("count", .u8),
    Field("keys", .rows([Field("known", .u8), Field("key", .name)])), Field("count", .u8),
    Field("measures", .rows(MeasureSum.fields)),
  ]

  /// How many.
  public var customers: UInt64
  /// What they have in common, in the order of the request; nil is unknown.
  public var keys: [String?]
  /// In the order of the request.
  public var measures: [MeasureSum]

  /// Makes a group.
  ///
  /// - Parameters:
  ///   - customers: how many.
  ///   - keys: what they have in common.
  ///   - measures: their sums.
  public init(customers: UInt64, keys: [String?], measures: [MeasureSum]) {
    self.customers = customers
    self.keys = keys
    self.measures = measures
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    customers = try reader.read(UInt64.self)
    keys = []
    for _ in 0..<(try reader.readUInt8()) {
      let isKnown = try reader.readUInt8() != 0
      let key = try reader.readName("key")
      keys.append(isKnown ? key : nil)
    }
    measures = []
    for _ in 0..<(try reader.readUInt8()) { measures.append(try MeasureSum(from: &reader)) }
  }

  func write(to out: inout ByteBuffer) {
    out.append(customers)
    out.append(UInt8(keys.count))
    for key in keys {
      out.append(UInt8(key == nil ? 0 : 1))
      out.append(name: key ?? "")
    }
    out.append(UInt8(measures.count))
    for measure in measures { measure.write(to: &out) }
  }
}

/// How far the count has come; the last part has the groups.
public struct CountReply: Message, Equatable, Sendable {
  public static let title = "count customers reply"
  public static let fields = [
    Field("scanned", .u64), Field("customers", .u64), Field("found", .u64),
    Field("as of day", .i32),
    Field("count", .u32), Field("groups", .rows(CountedGroup.fields)),
  ]

  /// Customers that were looked at.
  public var scanned: UInt64 = 0
  /// Customers that there are.
  public var customers: UInt64 = 0
  /// Customers the condition holds for among those that were looked at.
  public var found: UInt64 = 0
  /// The day it is about, since 1970-01-01 in the shop's time zone.
  public var asOfDay: Int32 = 0
  /// By falling numbers of customers; none in any part but the last.
  public var groups: [CountedGroup] = []

  /// Makes a part without groups.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    scanned = try reader.read(UInt64.self)
    customers = try reader.read(UInt64.self)
    found = try reader.read(UInt64.self)
    asOfDay = try reader.read(Int32.self)
    let at = reader.offset
    let count = try reader.read(UInt32.self)
    guard count <= Limits.groupsMax else {
      throw Refusal(.invalidField, at: at, "\(count) groups are more than \(Limits.groupsMax)")
    }
    for _ in 0..<count { groups.append(try CountedGroup(from: &reader)) }
  }

  public func write(to out: inout ByteBuffer) {
    out.append(scanned)
    out.append(customers)
    out.append(found)
    out.append(asOfDay)
    out.append(UInt32(groups.count))
    for group in groups { group.write(to: &out) }
  }
}
