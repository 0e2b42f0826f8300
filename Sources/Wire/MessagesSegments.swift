// The bodies of the verbs define segments, keep quantiles, keep segments and read segments. What segments mean is
// described in README.md, «Segments».
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What a shop means by one segment.
public struct SegmentFields: Equatable, Sendable {
  static let fields = [Field("segment", .name), Field("enters", .text), Field("stays", .text)]

  /// Its word, as in conditions.
  public var segment: String
  /// The condition on whoever enters it; empty for the default.
  public var enters: String
  /// The condition on whoever was in it and stays; empty for the default.
  public var stays: String

  /// Makes a definition.
  ///
  /// - Parameters:
  ///   - segment: its word.
  ///   - enters: the condition on whoever enters it; empty for the default.
  ///   - stays: the condition on whoever was in it and stays; empty for the default.
  public init(segment: String, enters: String, stays: String) {
    self.segment = segment
    self.enters = enters
    self.stays = stays
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    segment = try reader.readName("segment")
    enters = try reader.readCondition()
    stays = try reader.readCondition()
  }

  func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(name: segment)
    try out.append(longText: enters)
    try out.append(longText: stays)
  }
}

/// Says what the shop means by some of its segments; the others stay what they are.
public struct DefineSegmentsRequest: Message, Equatable, Sendable {
  public static let title = "define segments request"
  public static let fields =
    CommandKey.fields + [Field("count", .u8), Field("segments", .rows(SegmentFields.fields))]

  /// Where the first segment stands in the body.
  public static let segmentsOffset = CommandKey.size + 1

  /// The command's key.
  public var key: CommandKey
  /// Each of them once.
  public var segments: [SegmentFields]

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - segments: each of them once.
  public init(key: CommandKey = .none, segments: [SegmentFields]) {
    self.key = key
    self.segments = segments
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
    segments = []
    for _ in 0..<(try reader.readUInt8()) { segments.append(try SegmentFields(from: &reader)) }
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    key.write(to: &out)
    guard let count = UInt8(exactly: segments.count) else {
      throw Refusal(.invalidField, "\(segments.count) segments are more than there are")
    }
    out.append(count)
    for segment in segments { try segment.write(to: &out) }
  }
}

/// Says which definitions are in force after a change.
public struct DefineSegmentsReply: Message, Equatable, Sendable {
  public static let title = "define segments reply"
  public static let fields = [Field("sequence", .u64), Field("version", .u32)]

  /// The command's record in the journal.
  public var sequence: UInt64
  /// How often the definitions were changed.
  public var version: UInt32

  /// Makes the reply.
  ///
  /// - Parameters:
  ///   - sequence: the command's record in the journal.
  ///   - version: how often the definitions were changed.
  public init(sequence: UInt64, version: UInt32) {
    self.sequence = sequence
    self.version = version
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    sequence = try reader.read(UInt64.self)
    version = try reader.read(UInt32.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(sequence)
    out.append(version)
  }
}

/// What quantiles were found to be after a fit: in the journal only.
public struct KeepQuantilesRequest: Message, Equatable, Sendable {
  /// Of one number.
  public struct Number: Equatable, Sendable {
    static let fields = [
      Field("number", .name), Field("count", .u16), Field("points", .rows([Field("point", .f64)])),
    ]

    /// Its name, as in conditions.
    public var name: String
    /// What does not exceed them: of the shares 0, 1/1000 … 1 of the customers it is known of.
    public var points: [Double]

    /// Makes the quantiles of a number.
    ///
    /// - Parameters:
    ///   - name: of the number.
    ///   - points: of the shares 0, 1/1000 … 1.
    public init(name: String, points: [Double]) {
      self.name = name
      self.points = points
    }
  }

  public static let title = "keep quantiles request"
  public static let fields = [
    Field("generation", .u32), Field("day", .i32), Field("count", .u8),
    Field("numbers", .rows(Number.fields)),
  ]

  /// The model they were found with; 0 for none.
  public var generation: UInt32
  /// The day they are of, since 1970-01-01 in the shop's time zone.
  public var day: Int32
  /// All that are known; at most 255.
  public var numbers: [Number]

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - generation: of the model they were found with.
  ///   - day: they are of.
  ///   - numbers: all that are known, at most 255.
  public init(generation: UInt32, day: Int32, numbers: [Number]) {
    self.generation = generation
    self.day = day
    self.numbers = numbers
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    generation = try reader.read(UInt32.self)
    day = try reader.read(Int32.self)
    numbers = []
    for _ in 0..<(try reader.readUInt8()) {
      let name = try reader.readName("number")
      var points: [Double] = []
      for _ in 0..<(try reader.read(UInt16.self)) { points.append(try reader.readFinite("point")) }
      numbers.append(Number(name: name, points: points))
    }
  }

  public func write(to out: inout ByteBuffer) {
    out.append(generation)
    out.append(day)
    out.append(UInt8(numbers.count))
    for number in numbers {
      out.append(name: number.name)
      out.append(UInt16(number.points.count))
      for point in number.points { out.append(point) }
    }
  }
}

/// In which segments customers were found: in the journal only.
public struct KeepSegmentsRequest: Message, Equatable, Sendable {
  /// Customers who stand beside each other.
  public struct Run: Equatable, Sendable {
    static let fields = [
      Field("first", .u32), Field("count", .u32), Field("codes", .rows([Field("code", .u8)])),
    ]

    /// Bytes of one beside its codes.
    public static let headSize = 8

    /// The first one's row.
    public var first: UInt32
    /// The number of each one's segment, counted from 1.
    public var codes: [UInt8]

    /// Makes a run.
    ///
    /// - Parameters:
    ///   - first: the first customer's row.
    ///   - codes: the number of each one's segment, counted from 1.
    public init(first: UInt32, codes: [UInt8]) {
      self.first = first
      self.codes = codes
    }
  }

  public static let title = "keep segments request"
  public static let fields = [
    Field("generation", .u32), Field("version", .u32), Field("day", .i32), Field("count", .u8),
    Field("customers", .rows([Field("customers", .u64)])), Field("count", .u32),
    Field("runs", .rows(Run.fields)),
  ]

  /// The model they were found with; 0 for none.
  public var generation: UInt32
  /// Of the definitions they were found with.
  public var version: UInt32
  /// The day they were found on, since 1970-01-01 in the shop's time zone.
  public var day: Int32
  /// How many are in each segment, by its number; in the last frame of a search, and empty before.
  public var customers: [UInt64] = []
  /// Those whose segment has changed, by rising rows.
  public var runs: [Run] = []

  /// Makes a request without customers.
  ///
  /// - Parameters:
  ///   - generation: of the model they were found with.
  ///   - version: of the definitions they were found with.
  ///   - day: they were found on.
  public init(generation: UInt32, version: UInt32, day: Int32) {
    self.generation = generation
    self.version = version
    self.day = day
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    generation = try reader.read(UInt32.self)
    version = try reader.read(UInt32.self)
    day = try reader.read(Int32.self)
    for _ in 0..<(try reader.readUInt8()) { customers.append(try reader.read(UInt64.self)) }
    for _ in 0..<(try reader.read(UInt32.self)) {
      let first = try reader.read(UInt32.self)
      let count = Int(try reader.read(UInt32.self))
      guard count <= reader.remaining else { throw reader.endsEarly(count) }
      var codes: [UInt8] = []
      codes.reserveCapacity(count)
      for _ in 0..<count { codes.append(try reader.read(UInt8.self)) }
      runs.append(Run(first: first, codes: codes))
    }
  }

  public func write(to out: inout ByteBuffer) {
    out.append(generation)
    out.append(version)
    out.append(day)
    out.append(UInt8(customers.count))
    for count in customers { out.append(count) }
    out.append(UInt32(runs.count))
    for run in runs {
      out.append(run.first)
      out.append(UInt32(run.codes.count))
      for code in run.codes { out.append(code) }
    }
  }
}

/// Asks what the named segments are, and how many customers are in each.
public struct ReadSegmentsRequest: Message, Equatable, Sendable {
  public static let title = "read segments request"
  public static let fields = [Field("as of", .i64)]

  /// When; microseconds since 1970 UTC, 0 for now.
  public var asOfMicros: Int64

  /// Makes the request.
  ///
  /// - Parameter asOfMicros: when, in microseconds since 1970 UTC; 0 for now.
  public init(asOfMicros: Int64 = 0) { self.asOfMicros = asOfMicros }

  public init(from reader: inout FrameReader) throws(Refusal) {
    asOfMicros = try reader.read(Int64.self)
  }

  public func write(to out: inout ByteBuffer) { out.append(asOfMicros) }
}

/// One segment and whoever is in it.
public struct SegmentLine: Equatable, Sendable {
  static let fields =
    SegmentFields.fields + [
      Field("customers", .u64), Field("valued", .u64), Field("lifetime value", .f64),
      Field("netted", .u64), Field("net value", .f64), Field("before", .i64),
    ]

  /// What it is; its conditions are those in force, defaults too.
  public var definition: SegmentFields
  /// How many are in it.
  public var customers: UInt64 = 0
  /// Of how many of them a lifetime value is known, and its sum.
  public var valued: (customers: UInt64, sum: Double) = (0, 0)
  /// Of how many of them a net value is known, and its sum.
  public var netted: (customers: UInt64, sum: Double) = (0, 0)
  /// How many were in it when everybody's segment was found last; -1 before the first time.
  public var before: Int64 = -1

  /// Makes a line about a segment that nobody is in.
  ///
  /// - Parameter definition: what it is.
  public init(_ definition: SegmentFields) { self.definition = definition }

  /// The lifetime value of one customer; NaN where it is known of nobody.
  public var meanLifetimeValue: Double {
    valued.customers == 0 ? .nan : valued.sum / Double(valued.customers)
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    definition = try SegmentFields(from: &reader)
    customers = try reader.read(UInt64.self)
    valued.customers = try reader.read(UInt64.self)
    valued.sum = try reader.read(Double.self)
    netted.customers = try reader.read(UInt64.self)
    netted.sum = try reader.read(Double.self)
    before = try reader.read(Int64.self)
  }

  func write(to out: inout ByteBuffer) throws(Refusal) {
    try definition.write(to: &out)
    out.append(customers)
    out.append(valued.customers)
    out.append(valued.sum)
    out.append(netted.customers)
    out.append(netted.sum)
    out.append(before)
  }

  public static func == (one: SegmentLine, other: SegmentLine) -> Bool {
    one.definition == other.definition && one.customers == other.customers
      && one.valued == other.valued && one.netted == other.netted && one.before == other.before
  }
}

/// How far the search has come; the last part has the segments.
public struct ReadSegmentsReply: Message, Equatable, Sendable {
  public static let title = "read segments reply"
  public static let fields = [
    Field("scanned", .u64), Field("customers", .u64), Field("as of day", .i32),
    Field("generation", .u32), Field("version", .u32), Field("found on", .i32),
    Field("found with", .u32), Field("found by", .u32), Field("quantiles of", .i32),
    Field("count", .u8),
    Field("segments", .rows(SegmentLine.fields)),
  ]

  /// Customers that were looked at.
  public var scanned: UInt64 = 0
  /// Customers that there are.
  public var customers: UInt64 = 0
  /// The day it is about, since 1970-01-01 in the shop's time zone.
  public var asOfDay: Int32 = 0
  /// The model; 0 for none.
  public var generation: UInt32 = 0
  /// How often the definitions were changed.
  public var version: UInt32 = 0
  /// The day everybody's segment was found last; -1 before the first time.
  public var foundDay: Int32 = -1
  /// The model it was found with.
  public var foundGeneration: UInt32 = 0
  /// The version of the definitions it was found by.
  public var foundVersion: UInt32 = 0
  /// The day the quantiles are of; -1 while there are none.
  public var quantilesDay: Int32 = -1
  /// In the order in which they are tried; none in any part but the last.
  public var segments: [SegmentLine] = []

  /// Makes a part without segments.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    scanned = try reader.read(UInt64.self)
    customers = try reader.read(UInt64.self)
    asOfDay = try reader.read(Int32.self)
    generation = try reader.read(UInt32.self)
    version = try reader.read(UInt32.self)
    foundDay = try reader.read(Int32.self)
    foundGeneration = try reader.read(UInt32.self)
    foundVersion = try reader.read(UInt32.self)
    quantilesDay = try reader.read(Int32.self)
    for _ in 0..<(try reader.readUInt8()) { segments.append(try SegmentLine(from: &reader)) }
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(scanned)
    out.append(customers)
    out.append(asOfDay)
    out.append(generation)
    out.append(version)
    out.append(foundDay)
    out.append(foundGeneration)
    out.append(foundVersion)
    out.append(quantilesDay)
    out.append(UInt8(segments.count))
    for segment in segments { try segment.write(to: &out) }
  }
}
