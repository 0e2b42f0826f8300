// The bodies of the verb report campaign: what a campaign changed, treatment against control. The rows
// they consist of are in CampaignRows.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks for the figures of a campaign.
public struct CampaignRequest: Message, Equatable, Sendable {
  public static let title = "campaign request"
  public static let fields = [
    Field("as of", .i64), Field("planned", .u32), Field("campaign", .name),
  ]

  /// Customers of the smaller group that the confidence sequence is planned for where nothing else is
  /// said.
  public static let plannedDefault: UInt32 = 10_000

  /// What happened up to the shop's calendar day of this time is looked at; 0 means now.
  public var asOfMicros: Int64
  /// Customers of the smaller group at the end; 0 means `plannedDefault`.
  ///
  /// The confidence sequence is narrowest at a quarter of them; it has to be fixed before the first look.
  public var planned: UInt32
  /// Its identifier in the catalogue; empty for a line about each campaign.
  public var campaign: String

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - campaign: its identifier; empty for a line about each.
  ///   - asOfMicros: microseconds since 1970 UTC, or 0.
  ///   - planned: customers of the smaller group at the end, or 0.
  public init(campaign: String, asOfMicros: Int64 = 0, planned: UInt32 = 0) {
    self.asOfMicros = asOfMicros
    self.planned = planned
    self.campaign = campaign
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    asOfMicros = try reader.read(Int64.self)
    planned = try reader.read(UInt32.self)
    campaign = try reader.readName("campaign")
  }

  public func write(to out: inout ByteBuffer) {
    out.append(asOfMicros)
    out.append(planned)
    out.append(name: campaign)
  }
}

/// The figures of a campaign, or a line about each.
public struct CampaignReply: Message, Equatable, Sendable {
  public static let title = "campaign reply"
  public static let fields =
    [
      Field("campaign", .name), Field("catalogue", .u32), Field("as of day", .i32),
      Field("window", .u16), Field("currency", .name), Field("minor digits", .u8),
      Field("planned", .u32), Field("margin rate", .f64), Field("open windows", .u64),
      Field("expected control", .f64), Field("ratio probability", .f64), Field("withheld", .u8),
      Field("count", .u32), Field("groups", .rows(CampaignGroup.fields)),
      Field("count", .u32), Field("offers", .rows(CampaignOffer.fields)),
      Field("count", .u32), Field("campaigns", .rows(CampaignLine.fields)),
    ]

  /// Its identifier; empty where lines about all follow.
  public var campaign = ""
  /// The version of the catalogue that the campaign and its holdouts were read from.
  public var catalogue: UInt32 = 0
  /// What happened up to this day since 1970-01-01 was looked at.
  public var asOfDay: Int32 = 0
  /// How many days what a customer orders counts, from the day of the enrolment on.
  public var windowDays: UInt16 = 0
  /// The shop's currency, ISO 4217.
  public var currency = ""
  /// Digits behind the decimal point.
  public var minorDigits: UInt8 = 0
  /// Customers of the smaller group that the confidence sequence is planned for.
  public var planned: UInt32 = 0
  /// The share of net sales that is margin.
  public var marginRate = 0.0
  /// Customers whose window has not ended: while there are any, all figures are provisional.
  public var openWindows: UInt64 = 0
  /// The share of control that the present holdouts should give.
  public var expectedControl = 0.0
  /// How probable groups as uneven as these are, if customers fell into them as planned; NaN where the
  /// present holdouts hold nobody back or nobody is enrolled.
  public var ratioProbability = Double.nan
  /// Whether that is below 0.001, so that no verdict may be given.
  public var isWithheld = false
  /// The whole campaign first, then the segments that have customers.
  public var groups: [CampaignGroup] = []
  /// The campaign's offers by identifier.
  public var offers: [CampaignOffer] = []
  /// A line about each campaign of the catalogue; empty where one was asked for.
  public var campaigns: [CampaignLine] = []

  /// Makes a reply to be filled in.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    campaign = try reader.readName("campaign")
    catalogue = try reader.read(UInt32.self)
    asOfDay = try reader.read(Int32.self)
    windowDays = try reader.read(UInt16.self)
    currency = try reader.readName("currency")
    minorDigits = try reader.readUInt8()
    planned = try reader.read(UInt32.self)
    marginRate = try reader.readFinite("margin rate")
    openWindows = try reader.read(UInt64.self)
    expectedControl = try reader.readFinite("expected control")
    ratioProbability = try reader.read(Double.self)
    isWithheld = try reader.readUInt8() != 0
    groups = try reader.readToldRows()
    offers = try reader.readToldRows()
    campaigns = try reader.readToldRows()
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(name: campaign)
    out.append(catalogue)
    out.append(asOfDay)
    out.append(windowDays)
    out.append(name: currency)
    out.append(minorDigits)
    out.append(planned)
    out.append(marginRate)
    out.append(openWindows)
    out.append(expectedControl)
    out.append(ratioProbability)
    out.append(UInt8(isWithheld ? 1 : 0))
    out.append(UInt32(groups.count))
    for group in groups { group.write(to: &out) }
    out.append(UInt32(offers.count))
    for offer in offers { try offer.write(to: &out) }
    out.append(UInt32(campaigns.count))
    for line in campaigns { line.write(to: &out) }
  }
}
