// The bodies of the verbs put catalogue, amend offer, read catalogue. The JSON itself is described in
// README.md, «The catalogue of offers»; this module carries it as text.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Puts a catalogue in the place of the present one.
public struct PutCatalogueRequest: Message, Equatable, Sendable {
  public static let title = "put catalogue request"
  public static let fields = CommandKey.fields + [Field("catalogue", .text)]

  /// The command's key.
  public var key: CommandKey
  /// JSON, as README.md describes it.
  public var catalogue: String

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - catalogue: JSON.
  public init(key: CommandKey = .none, catalogue: String) {
    self.key = key
    self.catalogue = catalogue
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
    let at = reader.offset
    catalogue = try text(try reader.readLongText("catalogue"), at: at)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    key.write(to: &out)
    try out.append(longText: catalogue)
  }
}

/// Where an offer is in its life; the number on the wire.
public enum OfferStage: UInt8, CaseIterable, Sendable {
  case draft = 0
  case live = 1
  case paused = 2
  case ended = 3

  /// The name in protocol.md and on the command line.
  public var name: String { "\(self)" }
}

/// Changes the state of one offer.
public struct AmendOfferRequest: Message, Equatable, Sendable {
  public static let title = "amend offer request"
  public static let fields =
    CommandKey.fields + [Field("offer", .identifier), Field("state", .u8)]

  /// The command's key.
  public var key: CommandKey
  /// The offer's identifier.
  public var offer: String
  /// Its new state.
  public var state: OfferStage

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - offer: the offer's identifier, 1 to 64 bytes.
  ///   - state: its new state.
  public init(key: CommandKey = .none, offer: String, state: OfferStage) {
    self.key = key
    self.offer = offer
    self.state = state
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
    let at = reader.offset
    offer = try text(try reader.readIdentifier("offer"), at: at)
    state = try reader.read(OfferStage.self, "state")
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    key.write(to: &out)
    try out.append(identifier: offer)
    out.append(state.rawValue)
  }
}

/// Which catalogue is in force after a change.
public struct CatalogueChangeReply: Message, Equatable, Sendable {
  public static let title = "catalogue change reply"
  public static let fields = [
    Field("sequence", .u64), Field("version", .u32), Field("offers", .u32), Field("live", .u32),
  ]

  /// The command's record in the journal.
  public var sequence: UInt64
  /// The catalogue's version.
  public var version: UInt32
  /// Offers it has.
  public var offers: UInt32
  /// Offers that are live.
  public var live: UInt32

  /// Makes the reply.
  ///
  /// - Parameters:
  ///   - sequence: the command's record in the journal.
  ///   - version: the catalogue's version.
  ///   - offers: offers it has.
  ///   - live: offers that are live.
  public init(sequence: UInt64, version: UInt32, offers: UInt32, live: UInt32) {
    self.sequence = sequence
    self.version = version
    self.offers = offers
    self.live = live
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    sequence = try reader.read(UInt64.self)
    version = try reader.read(UInt32.self)
    offers = try reader.read(UInt32.self)
    live = try reader.read(UInt32.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(sequence)
    out.append(version)
    out.append(offers)
    out.append(live)
  }
}

/// How one offer stands.
public struct OfferLine: RowValue, Equatable, Sendable {
  static let fields = [
    Field("offer", .identifier), Field("name", .sentence), Field("state", .u8),
    Field("budget", .i64), Field("spent", .i64), Field("reserved", .i64),
    Field("budget count", .i64),
    Field("given", .i64), Field("reserved count", .i64), Field("price", .f64),
    Field("chosen", .u64), Field("outcomes", .u64),
  ]

  /// Its identifier.
  public var offer: String
  /// What the shop calls it.
  public var name: String
  /// Where it is in its life.
  public var state: OfferStage
  /// Money set aside for it, minor units; -1 without such a budget.
  public var budgetMinor: Int64
  /// What was redeemed of it, minor units.
  public var spentMinor: Int64
  /// What decisions may still cost, minor units.
  public var reservedMinor: Int64
  /// How many may be given; -1 without such a budget.
  public var budgetCount: Int64
  /// How many were redeemed.
  public var givenCount: Int64
  /// How many were decided and may still be redeemed.
  public var reservedCount: Int64
  /// λ: what a unit of its cost takes from its score, because its money is scarce.
  public var price: Double
  /// Decisions that chose it.
  public var chosen: UInt64
  /// Decisions on it whose outcome was learnt from.
  public var outcomes: UInt64

  /// Makes a line about an offer that nothing happened to.
  ///
  /// - Parameters:
  ///   - offer: its identifier.
  ///   - name: what the shop calls it.
  ///   - state: where it is in its life.
  public init(offer: String, name: String, state: OfferStage) {
    self.offer = offer
    self.name = name
    self.state = state
    (budgetMinor, spentMinor, reservedMinor) = (-1, 0, 0)
    (budgetCount, givenCount, reservedCount) = (-1, 0, 0)
    (price, chosen, outcomes) = (0, 0, 0)
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    offer = try text(try reader.readIdentifier("offer"), at: at)
    name = try reader.readSentence("name")
    state = try reader.read(OfferStage.self, "state")
    budgetMinor = try reader.read(Int64.self)
    spentMinor = try reader.read(Int64.self)
    reservedMinor = try reader.read(Int64.self)
    budgetCount = try reader.read(Int64.self)
    givenCount = try reader.read(Int64.self)
    reservedCount = try reader.read(Int64.self)
    price = try reader.readFinite("price")
    chosen = try reader.read(UInt64.self)
    outcomes = try reader.read(UInt64.self)
  }

  func write(to out: inout ByteBuffer) throws(Refusal) {
    try out.append(identifier: offer)
    out.append(sentence: name)
    out.append(state.rawValue)
    out.append(budgetMinor)
    out.append(spentMinor)
    out.append(reservedMinor)
    out.append(budgetCount)
    out.append(givenCount)
    out.append(reservedCount)
    out.append(price)
    out.append(chosen)
    out.append(outcomes)
  }
}

/// How the budget of a campaign stands.
public struct CampaignBudgetLine: RowValue, Equatable, Sendable {
  static let fields = [
    Field("campaign", .name), Field("budget", .i64), Field("spent", .i64),
    Field("reserved", .i64), Field("budget count", .i64), Field("given", .i64),
    Field("reserved count", .i64), Field("price", .f64),
  ]

  /// Its identifier.
  public var campaign: String
  /// Money set aside for it, minor units; -1 without such a budget.
  public var budgetMinor: Int64 = -1
  /// What was redeemed of it, minor units.
  public var spentMinor: Int64 = 0
  /// What decisions on its offers may still cost, minor units.
  public var reservedMinor: Int64 = 0
  /// How many offers may be given; -1 without such a budget.
  public var budgetCount: Int64 = -1
  /// How many were redeemed.
  public var givenCount: Int64 = 0
  /// How many were decided and may still be redeemed.
  public var reservedCount: Int64 = 0
  /// λ: what a unit of cost takes from the scores of its offers, because its money is scarce.
  public var price = 0.0

  /// Makes a line about a campaign that nothing was spent on.
  ///
  /// - Parameter campaign: its identifier.
  public init(campaign: String) { self.campaign = campaign }

  init(from reader: inout FrameReader) throws(Refusal) {
    campaign = try reader.readName("campaign")
    budgetMinor = try reader.read(Int64.self)
    spentMinor = try reader.read(Int64.self)
    reservedMinor = try reader.read(Int64.self)
    budgetCount = try reader.read(Int64.self)
    givenCount = try reader.read(Int64.self)
    reservedCount = try reader.read(Int64.self)
    price = try reader.readFinite("price")
  }

  func write(to out: inout ByteBuffer) {
    out.append(name: campaign)
    for number in [
      budgetMinor, spentMinor, reservedMinor, budgetCount, givenCount, reservedCount,
    ] { out.append(number) }
    out.append(price)
  }
}

/// The catalogue that is in force.
public struct CatalogueReply: Message, Equatable, Sendable {
  public static let title = "catalogue reply"
  public static let fields = [
    Field("version", .u32), Field("currency", .name), Field("minor digits", .u8),
    Field("catalogue", .text), Field("decisions", .u64), Field("count", .u32),
    Field("offers", .rows(OfferLine.fields)), Field("count", .u32),
    Field("campaigns", .rows(CampaignBudgetLine.fields)),
  ]

  /// Its version; 0 before the first was put.
  public var version: UInt32 = 0
  /// ISO 4217; empty without a catalogue.
  public var currency = ""
  /// Digits behind the decimal point.
  public var minorDigits: UInt8 = 0
  /// The JSON that was put last; states that were changed since are not in it.
  public var catalogue = ""
  /// All decisions that were kept.
  public var decisions: UInt64 = 0
  /// The offers by identifier, byte by byte: the places that reasons are told by.
  public var offers: [OfferLine] = []
  /// The campaigns that have a budget, in the sequence they are declared in.
  public var campaigns: [CampaignBudgetLine] = []

  /// Makes a reply about no catalogue.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    version = try reader.read(UInt32.self)
    currency = try reader.readName("currency")
    minorDigits = try reader.readUInt8()
    let at = reader.offset
    catalogue = try text(try reader.readLongText("catalogue"), at: at)
    decisions = try reader.read(UInt64.self)
    offers = try reader.readToldRows()
    campaigns = try reader.readToldRows()
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(version)
    out.append(name: currency)
    out.append(minorDigits)
    try out.append(longText: catalogue)
    out.append(decisions)
    out.append(UInt32(offers.count))
    for offer in offers { try offer.write(to: &out) }
    out.append(UInt32(campaigns.count))
    for campaign in campaigns { campaign.write(to: &out) }
  }
}
