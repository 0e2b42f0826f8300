// The bodies of the verb recommend: one customer's scores and best offers, of which nothing is kept.
// What keeps a decision is in MessagesDecide; recommend at full speed is in RecommendFrames.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What stands before the categories of a request to recommend.
public struct RecommendHead: ~Escapable {
  /// How an offer would reach the customer.
  public let channel: Channel
  /// How many offers at most; 0 is the placement's own number.
  public let top: UInt8
  /// `categoriesKnown`, or nothing.
  public let flags: DecideFlags
  /// Lines of the basket.
  public let lines: UInt16
  /// The schema of the features; 0 where none are told.
  public let schema: UInt16
  /// Minor units; -1 without a basket.
  public let basketMinor: Int64
  /// Features that are not known, a bit each.
  public let missing: UInt16
  /// The placement's name.
  public let placement: RawSpan
  /// The customer's identifier.
  public let customer: RawSpan

  /// Reads a head.
  ///
  /// - Parameter reader: stands on the body's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  @_lifetime(copy reader)
  public init(from reader: inout FrameReader) throws(Refusal) {
    let channel = try reader.read(Channel.self, "channel")
    let top = try reader.readTop()
    let flagsAt = reader.offset
    let flags = DecideFlags(rawValue: try reader.readUInt8())
    guard flags.isSubset(of: .categoriesKnown) else {
      throw Refusal(
        .invalidField, at: flagsAt,
        "flags \(flags.rawValue) are not known: a recommendation has 8, the categories are told, or 0"
      )
    }
    let reservedAt = reader.offset
    guard try reader.readUInt8() == 0 else {
      throw Refusal(.invalidField, at: reservedAt, "a reserved field must be 0")
    }
    lines = try reader.read(UInt16.self)
    schema = try reader.read(UInt16.self)
    let basketMinor = try reader.readBasket()
    missing = try reader.read(UInt16.self)
    placement = try reader.readIdentifier("placement")
    customer = try reader.readIdentifier("customer")
    self.channel = channel
    self.top = top
    self.flags = flags
    self.basketMinor = basketMinor
  }
}

/// Asks for one customer's scores and best offers.
public struct RecommendRequest: Message, Equatable, Sendable {
  public static let title = "recommend request"
  public static let fields = [
    Field("channel", .u8), Field("top", .u8), Field("flags", .u8), Field("reserved", .u8),
    Field("lines", .u16), Field("schema", .u16), Field("basket", .i64), Field("missing", .u16),
    Field("placement", .identifier), Field("customer", .identifier), Field("count", .u8),
    Field("categories", .rows([Field("category", .identifier)])), Field("count", .u8),
    Field("features", .rows([Field("feature", .f64)])),
  ]

  /// The customer's identifier, 1 to 64 bytes.
  public var customer: String
  /// The placement's name.
  public var placement: String
  /// How an offer would reach the customer.
  public var channel: Channel
  /// `categoriesKnown`, or nothing.
  public var flags: DecideFlags = []
  /// How many offers at most; 0 is the placement's own number.
  public var top: UInt8 = 0
  /// Minor units of the catalogue's currency; -1 without a basket.
  public var basketMinor: Int64 = -1
  /// Lines of the basket.
  public var lines: UInt16 = 0
  /// Categories in the basket.
  public var categories: [String] = []
  /// The schema of the features, as the catalogue numbers it; 0 where none are told.
  public var schema: UInt16 = 0
  /// Features that are not known, a bit each; their defaults take their place.
  public var missing: UInt16 = 0
  /// The shop's own features in the order they are declared in; empty where none are told.
  public var features: [Double] = []

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - customer: identifier, 1 to 64 bytes.
  ///   - placement: its name.
  ///   - channel: how an offer would reach the customer.
  public init(customer: String, placement: String, channel: Channel) {
    self.customer = customer
    self.placement = placement
    self.channel = channel
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let start = reader.offset
    let head = try RecommendHead(from: &reader)
    (channel, top, flags, lines) = (head.channel, head.top, head.flags, head.lines)
    (schema, basketMinor, missing) = (head.schema, head.basketMinor, head.missing)
    let at = start + 18
    placement = try text(head.placement, at: at)
    customer = try text(head.customer, at: at + 1 + head.placement.byteCount)
    categories = try reader.readCategories()
    features = try reader.readFeatures()
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(channel.rawValue)
    out.append(top)
    out.append(flags.rawValue)
    out.append(UInt8(0))
    out.append(lines)
    out.append(schema)
    out.append(basketMinor)
    out.append(missing)
    try out.append(identifier: placement)
    try out.append(identifier: customer)
    try out.append(categories: categories)
    out.append(features: features)
  }
}

/// One offer that is recommended.
public struct RecommendedOffer: RowValue, Equatable, Sendable {
  static let fields = [Field("score", .f64), Field("uplift", .f64), Field("offer", .identifier)]

  /// Its score, in major units, above 0; NaN for an offer that is chosen without one.
  public var score: Double
  /// τ, what it is expected to bring against no offer, in major units.
  public var uplift: Double
  /// Its identifier.
  public var offer: String

  /// Makes a row.
  ///
  /// - Parameters:
  ///   - offer: its identifier, 1 to 64 bytes.
  ///   - score: in major units.
  ///   - uplift: τ, in major units.
  public init(offer: String, score: Double, uplift: Double) {
    self.offer = offer
    self.score = score
    self.uplift = uplift
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    score = try reader.read(Double.self)
    uplift = try reader.read(Double.self)
    let at = reader.offset
    offer = try text(try reader.readIdentifier("offer"), at: at)
  }

  func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(score)
    out.append(uplift)
    try out.append(identifier: offer)
  }
}

/// One customer's scores and best offers.
public struct RecommendReply: Message, Equatable, Sendable {
  public static let title = "recommend reply"
  public static let fields = [
    Field("flags", .u16), Field("segment", .u8), Field("count", .u8), Field("generation", .u32),
    Field("catalogue", .u32), Field("as of day", .i32), Field("alive probability", .f64),
    Field("churn probability", .f64), Field("expected orders", .f64),
    Field("expected spend", .f64), Field("lifetime value", .f64),
    Field("offers", .rows(RecommendedOffer.fields)),
  ]

  /// `known`, `heldOut`, `fallback`, `profiled`, `scored`, `valued`.
  public var flags: DecisionFlags = []
  /// The number of the segment the customer is in, in the sequence of README.md.
  public var segment: UInt8 = 0
  /// The models' generation; 0 without a model.
  public var generation: UInt32 = 0
  /// The catalogue's version.
  public var catalogue: UInt32 = 0
  /// The shop's calendar day, since 1970-01-01.
  public var asOfDay: Int32 = 0
  /// Probability that the customer will ever order again; 0 unless `scored`.
  public var aliveProbability = 0.0
  /// Probability of no order within 39 weeks; 0 unless `scored`.
  public var churnProbability = 0.0
  /// Expected orders within 39 weeks; 0 unless `scored`.
  public var expectedOrders = 0.0
  /// Expected value of an order, in major units; 0 unless `valued`.
  public var expectedSpend = 0.0
  /// Discounted expected margin of future orders, in major units; 0 unless `valued`.
  public var lifetimeValue = 0.0
  /// The best offers in their order; none is an answer too.
  public var offers: [RecommendedOffer] = []

  /// The flags that a reply may have.
  public static let flagsTold: DecisionFlags = [
    .known, .heldOut, .fallback, .profiled, .scored, .valued,
  ]

  /// Makes a reply to be filled in.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    flags = DecisionFlags(rawValue: try reader.read(UInt16.self))
    segment = try reader.readUInt8()
    let at = reader.offset
    let count = Int(try reader.readUInt8())
    guard count <= Limits.slateMax else {
      throw Refusal(
        .invalidField, at: at, "\(count) offers are told, at most \(Limits.slateMax) are")
    }
    generation = try reader.read(UInt32.self)
    catalogue = try reader.read(UInt32.self)
    asOfDay = try reader.read(Int32.self)
    aliveProbability = try reader.read(Double.self)
    churnProbability = try reader.read(Double.self)
    expectedOrders = try reader.read(Double.self)
    expectedSpend = try reader.read(Double.self)
    lifetimeValue = try reader.read(Double.self)
    for _ in 0..<count { offers.append(try RecommendedOffer(from: &reader)) }
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(flags.rawValue)
    out.append(segment)
    out.append(UInt8(clamping: offers.count))
    out.append(generation)
    out.append(catalogue)
    out.append(asOfDay)
    out.append(aliveProbability)
    out.append(churnProbability)
    out.append(expectedOrders)
    out.append(expectedSpend)
    out.append(lifetimeValue)
    for offer in offers { try offer.write(to: &out) }
  }
}
