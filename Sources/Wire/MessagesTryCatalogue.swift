// The bodies of the verb try catalogue: what a catalogue would do with the present customers. The rows of
// the reply are in TryCatalogueRows.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks what a catalogue would decide for each customer.
public struct TryCatalogueRequest: Message, Equatable, Sendable {
  public static let title = "try catalogue request"
  public static let fields = [
    Field("at", .i64), Field("customers", .u32), Field("channel", .u8), Field("flags", .u8),
    Field("top", .u8), Field("basket", .i64), Field("lines", .u16), Field("placement", .name),
    Field("catalogue", .text),
  ]

  /// When; 0 means now.
  public var atMicros: Int64 = 0
  /// How many customers at most; 0 means all.
  public var customers: UInt32 = 0
  /// How an offer would reach them.
  public var channel: Channel
  /// Only `greedy` is known.
  public var flags: DecideFlags = []
  /// How many offers at most for each; 0 is the placement's own number.
  public var top: UInt8 = 0
  /// Everybody's basket in minor units; -1 without one.
  public var basketMinor: Int64 = -1
  /// Lines of the basket.
  public var lines: UInt16 = 0
  /// The placement's name; empty means the catalogue's first.
  public var placement: String
  /// JSON, as README.md describes it; empty means the catalogue in force.
  public var catalogue: String

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - catalogue: JSON; empty for the one in force.
  ///   - placement: its name; empty for the catalogue's first.
  ///   - channel: how an offer would reach the customers.
  public init(catalogue: String = "", placement: String = "", channel: Channel) {
    self.catalogue = catalogue
    self.placement = placement
    self.channel = channel
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    atMicros = try reader.read(Int64.self)
    customers = try reader.read(UInt32.self)
    channel = try reader.read(Channel.self, "channel")
    let flagsAt = reader.offset
    flags = DecideFlags(rawValue: try reader.readUInt8())
    guard flags.isSubset(of: .greedy) else {
      throw Refusal(
        .invalidField, at: flagsAt, "flags \(flags.rawValue) are not known; a trial knows greedy")
    }
    let topAt = reader.offset
    top = try reader.readUInt8()
    guard Int(top) <= Limits.slateMax else {
      throw Refusal(
        .invalidField, at: topAt, "\(top) offers are asked for, at most \(Limits.slateMax) are told"
      )
    }
    let basketAt = reader.offset
    basketMinor = try reader.read(Int64.self)
    guard basketMinor >= -1 && basketMinor <= Limits.amountMax else {
      throw Refusal(
        .invalidField, at: basketAt,
        "the basket is \(basketMinor), it must be 0 to \(Limits.amountMax) minor units, or -1 for none"
      )
    }
    lines = try reader.read(UInt16.self)
    placement = try reader.readName("placement")
    let at = reader.offset
    catalogue = try text(try reader.readLongText("catalogue"), at: at)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(atMicros)
    out.append(customers)
    out.append(channel.rawValue)
    out.append(flags.rawValue)
    out.append(top)
    out.append(basketMinor)
    out.append(lines)
    out.append(name: placement)
    try out.append(longText: catalogue)
  }
}

/// What a catalogue would decide.
public struct TryCatalogueReply: Message, Equatable, Sendable {
  public static let title = "try catalogue reply"
  public static let fields =
    [
      Field("catalogue", .u32), Field("in force", .u8), Field("at", .i64),
      Field("placement", .name), Field("channel", .u8), Field("currency", .name),
      Field("minor digits", .u8), Field("population", .u64), Field("customers", .u64),
      Field("offered", .u64), Field("held out", .u64), Field("explored", .u64),
      Field("cost", .f64), Field("liability", .i64),
    ] + EstimateFields.fields("margin") + [
      Field("count", .u8), Field("without", .rows([Field("customers", .u64)])),
      Field("count", .u32), Field("offers", .rows(TriedOffer.fields)),
      Field("count", .u32), Field("campaigns", .rows(TriedCampaign.fields)),
    ]

  /// The version the catalogue has, or would get.
  public var catalogue: UInt32 = 0
  /// Whether it is the one in force.
  public var isInForce = false
  /// When it was tried, microseconds since 1970 UTC.
  public var atMicros: Int64 = 0
  /// The placement's name.
  public var placement = ""
  /// How offers would reach the customers.
  public var channel = Channel.email
  /// ISO 4217.
  public var currency = ""
  /// Digits behind the decimal point.
  public var minorDigits: UInt8 = 0
  /// Customers there are.
  public var population: UInt64 = 0
  /// Customers who were asked about.
  public var customers: UInt64 = 0
  /// Of them those who got an offer.
  public var offered: UInt64 = 0
  /// Those whom a holdout that concerns an offer holds.
  public var heldOut: UInt64 = 0
  /// Those for whom the draw fell on something else than the best.
  public var explored: UInt64 = 0
  /// Expected cost of all that was chosen, rewards and contacts, in major units.
  public var cost = 0.0
  /// The most that the rewards can cost, minor units.
  public var liabilityMinor: Int64 = 0
  /// Expected incremental margin of all that was chosen against no offer, costs taken off, in major units.
  public var margin = EstimateFields()
  /// Customers without any offer, by the reason of the offer that came furthest.
  public var without: [UInt64] = []
  /// By identifier, byte by byte.
  public var offers: [TriedOffer] = []
  /// The campaigns with a budget.
  public var campaigns: [TriedCampaign] = []

  /// Makes a reply to be filled in.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    catalogue = try reader.read(UInt32.self)
    isInForce = try reader.readUInt8() != 0
    atMicros = try reader.read(Int64.self)
    placement = try reader.readName("placement")
    channel = try reader.read(Channel.self, "channel")
    currency = try reader.readName("currency")
    minorDigits = try reader.readUInt8()
    population = try reader.read(UInt64.self)
    customers = try reader.read(UInt64.self)
    offered = try reader.read(UInt64.self)
    heldOut = try reader.read(UInt64.self)
    explored = try reader.read(UInt64.self)
    cost = try reader.readFinite("cost")
    liabilityMinor = try reader.read(Int64.self)
    margin = try EstimateFields(from: &reader)
    for _ in 0..<(try reader.readUInt8()) { without.append(try reader.read(UInt64.self)) }
    offers = try reader.readToldRows()
    campaigns = try reader.readToldRows()
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(catalogue)
    out.append(UInt8(isInForce ? 1 : 0))
    out.append(atMicros)
    out.append(name: placement)
    out.append(channel.rawValue)
    out.append(name: currency)
    out.append(minorDigits)
    for count in [population, customers, offered, heldOut, explored] { out.append(count) }
    out.append(cost)
    out.append(liabilityMinor)
    margin.write(to: &out)
    out.append(UInt8(clamping: without.count))
    for count in without { out.append(count) }
    out.append(UInt32(offers.count))
    for offer in offers { try offer.write(to: &out) }
    out.append(UInt32(campaigns.count))
    for campaign in campaigns { campaign.write(to: &out) }
  }
}
