// The rows of a campaign's reply: a group of customers in both arms, an offer's funnel, a line about one
// campaign among others.

/// A number with its 95 % interval; NaN where there is none, infinite where nothing bounds it.
public struct EstimateFields: Sendable, Equatable {
  /// The number.
  public var value: Double
  /// The lower end.
  public var low: Double
  /// The upper end.
  public var high: Double

  /// Puts one together; without arguments there is none.
  ///
  /// - Parameters:
  ///   - value: the number.
  ///   - low: the lower end.
  ///   - high: the upper end.
  public init(_ value: Double = .nan, low: Double = .nan, high: Double = .nan) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// Whether there is one.
  public var isKnown: Bool { !value.isNaN }

  static func fields(_ name: String) -> [Field] {
    [Field(name, .f64), Field("\(name) low", .f64), Field("\(name) high", .f64)]
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    value = try reader.read(Double.self)
    low = try reader.read(Double.self)
    high = try reader.read(Double.self)
  }

  func write(to out: inout ByteBuffer) {
    out.append(value)
    out.append(low)
    out.append(high)
  }

  /// Whether all of them are the same; NaN is the same as NaN.
  public static func == (one: EstimateFields, other: EstimateFields) -> Bool {
    func isSame(_ a: Double, _ b: Double) -> Bool { a == b || a.isNaN && b.isNaN }
    return isSame(one.value, other.value) && isSame(one.low, other.low)
      && isSame(one.high, other.high)
  }
}

/// What was counted of one arm: within the windows of its customers, returns taken off.
public struct CampaignArm: Sendable, Equatable {
  /// Customers assigned to it, whatever reached them.
  public var customers: UInt64 = 0
  /// Of them those who ordered.
  public var buyers: UInt64 = 0
  /// Those who ordered more than once.
  public var repeatBuyers: UInt64 = 0
  /// Their orders.
  public var orders: UInt64 = 0
  /// What they ordered, minor units.
  public var salesMinor: Int64 = 0
  /// Contacts that reached them, of all campaigns.
  public var contacts: UInt64 = 0
  /// Customers who revoked a consent to marketing.
  public var optOuts: UInt64 = 0
  /// What redeemed rewards of the campaign cost, minor units.
  public var rewardMinor: Int64 = 0
  /// What contacts of the campaign cost, in major units.
  public var contactCost = 0.0

  /// Makes an arm without customers.
  public init() {}

  static func fields(_ arm: String) -> [Field] {
    [
      Field("\(arm) customers", .u64), Field("\(arm) buyers", .u64),
      Field("\(arm) repeat buyers", .u64), Field("\(arm) orders", .u64),
      Field("\(arm) sales", .i64), Field("\(arm) contacts", .u64),
      Field("\(arm) opt-outs", .u64), Field("\(arm) rewards", .i64),
      Field("\(arm) contact cost", .f64),
    ]
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    customers = try reader.read(UInt64.self)
    buyers = try reader.read(UInt64.self)
    repeatBuyers = try reader.read(UInt64.self)
    orders = try reader.read(UInt64.self)
    salesMinor = try reader.read(Int64.self)
    contacts = try reader.read(UInt64.self)
    optOuts = try reader.read(UInt64.self)
    rewardMinor = try reader.read(Int64.self)
    contactCost = try reader.readFinite("contact cost")
  }

  func write(to out: inout ByteBuffer) {
    out.append(customers)
    out.append(buyers)
    out.append(repeatBuyers)
    out.append(orders)
    out.append(salesMinor)
    out.append(contacts)
    out.append(optOuts)
    out.append(rewardMinor)
    out.append(contactCost)
  }
}

/// A campaign's customers, all or those of one segment, in both arms, and what the campaign changed.
public struct CampaignGroup: RowValue, Equatable, Sendable {
  static let fields: [Field] =
    [Field("segment", .u8), Field("few buyers", .u8)] + CampaignArm.fields("treated")
    + CampaignArm.fields("control") + EstimateFields.fields("uplift")
    + EstimateFields.fields("relative uplift") + EstimateFields.fields("adjusted uplift")
    + [Field("variance ratio", .f64)] + EstimateFields.fields("sequence")
    + EstimateFields.fields("conversion uplift") + EstimateFields.fields("order uplift")
    + EstimateFields.fields("basket uplift") + EstimateFields.fields("repeat rate uplift")
    + EstimateFields.fields("repeat share uplift") + EstimateFields.fields("incremental margin")
    + [Field("cost", .f64), Field("order cost", .f64), Field("return on cost", .f64)]

  /// The segment number of all customers.
  public static let all: UInt8 = 255

  /// The segment when they were enrolled, in the sequence of README.md; `all` for everybody.
  public var segment: UInt8
  /// Whether the smaller arm has fewer than 30 buyers, so that the variance is pooled.
  public var hasFewBuyers = false
  /// The customers assigned to the offers.
  public var treated = CampaignArm()
  /// The customers held back.
  public var control = CampaignArm()
  /// Sales per customer, treated less control, in major units; unknown where an arm has fewer than two
  /// customers.
  public var uplift = EstimateFields()
  /// The same relative to control.
  public var relative = EstimateFields()
  /// The same, with what was different before the enrolment taken off.
  public var adjusted = EstimateFields()
  /// The variance that this leaves, as a share; NaN without a comparison.
  public var varianceRatio = Double.nan
  /// The uplift with an interval that covers at every look.
  public var sequence = EstimateFields()
  /// Buyers per customer, treated less control.
  public var conversion = EstimateFields()
  /// Orders per customer, treated less control.
  public var orders = EstimateFields()
  /// Sales per order, treated less control, in major units.
  public var basket = EstimateFields()
  /// Repeat buyers per buyer, treated less control.
  public var repeatRate = EstimateFields()
  /// Repeat buyers per customer, treated less control.
  public var repeatShare = EstimateFields()
  /// Margin that would not have been without the campaign, of all treated customers, in major units.
  public var margin = EstimateFields()
  /// What the treated cost: redeemed rewards and contacts, in major units.
  public var cost = 0.0
  /// Cost of an order that would not have been; NaN where the campaign brought none.
  public var orderCost = Double.nan
  /// Incremental margin for each unit of cost; NaN without cost or comparison.
  public var returnOnCost = Double.nan

  /// Makes a group without customers.
  ///
  /// - Parameter segment: its number, or `all`.
  public init(segment: UInt8 = Self.all) { self.segment = segment }

  /// Whether there is something to compare.
  public var hasComparison: Bool { uplift.isKnown }

  init(from reader: inout FrameReader) throws(Refusal) {
    segment = try reader.readUInt8()
    hasFewBuyers = try reader.readUInt8() != 0
    treated = try CampaignArm(from: &reader)
    control = try CampaignArm(from: &reader)
    uplift = try EstimateFields(from: &reader)
    relative = try EstimateFields(from: &reader)
    adjusted = try EstimateFields(from: &reader)
    varianceRatio = try reader.read(Double.self)
    sequence = try EstimateFields(from: &reader)
    conversion = try EstimateFields(from: &reader)
    orders = try EstimateFields(from: &reader)
    basket = try EstimateFields(from: &reader)
    repeatRate = try EstimateFields(from: &reader)
    repeatShare = try EstimateFields(from: &reader)
    margin = try EstimateFields(from: &reader)
    cost = try reader.read(Double.self)
    orderCost = try reader.read(Double.self)
    returnOnCost = try reader.read(Double.self)
  }

  func write(to out: inout ByteBuffer) {
    out.append(segment)
    out.append(UInt8(hasFewBuyers ? 1 : 0))
    treated.write(to: &out)
    control.write(to: &out)
    for estimate in [uplift, relative, adjusted] { estimate.write(to: &out) }
    out.append(varianceRatio)
    for estimate in [sequence, conversion, orders, basket, repeatRate, repeatShare, margin] {
      estimate.write(to: &out)
    }
    out.append(cost)
    out.append(orderCost)
    out.append(returnOnCost)
  }
}

/// How far an offer of a campaign came, over all its time: not only within windows, and in other
/// campaigns too.
public struct CampaignOffer: RowValue, Equatable, Sendable {
  static let fields = [
    Field("offer", .identifier), Field("state", .u8), Field("chosen", .u64),
    Field("delivered", .u32), Field("shown", .u32), Field("clicked", .u32),
    Field("accepted", .u32), Field("refused", .u32), Field("redeemed", .u32),
    Field("spent", .i64), Field("reserved", .i64), Field("budget", .i64),
    Field("count", .u8), Field("reasons", .rows([Field("decisions", .u64)])),
  ]

  /// Its identifier.
  public var offer: String
  /// Where it is in its life.
  public var state: OfferStage
  /// Decisions that chose it.
  public var chosen: UInt64 = 0
  /// How often it arrived.
  public var delivered: UInt32 = 0
  /// How often it was seen.
  public var shown: UInt32 = 0
  /// How often it was clicked on.
  public var clicked: UInt32 = 0
  /// How often it was accepted.
  public var accepted: UInt32 = 0
  /// How often it was refused.
  public var refused: UInt32 = 0
  /// How often its reward was used.
  public var redeemed: UInt32 = 0
  /// What was redeemed in all, minor units.
  public var spentMinor: Int64 = 0
  /// What decisions may still cost, minor units.
  public var reservedMinor: Int64 = 0
  /// Money set aside for each period, minor units; -1 without such a budget.
  public var budgetMinor: Int64 = -1
  /// Decisions by the reason the offer ended with, by its code.
  public var reasons: [UInt64] = []

  /// Makes a row about an offer that nothing happened to.
  ///
  /// - Parameters:
  ///   - offer: its identifier, 1 to 64 bytes.
  ///   - state: where it is in its life.
  public init(offer: String, state: OfferStage) {
    self.offer = offer
    self.state = state
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    offer = try text(try reader.readIdentifier("offer"), at: at)
    state = try reader.read(OfferStage.self, "state")
    chosen = try reader.read(UInt64.self)
    delivered = try reader.read(UInt32.self)
    shown = try reader.read(UInt32.self)
    clicked = try reader.read(UInt32.self)
    accepted = try reader.read(UInt32.self)
    refused = try reader.read(UInt32.self)
    redeemed = try reader.read(UInt32.self)
    spentMinor = try reader.read(Int64.self)
    reservedMinor = try reader.read(Int64.self)
    budgetMinor = try reader.read(Int64.self)
    for _ in 0..<(try reader.readUInt8()) { reasons.append(try reader.read(UInt64.self)) }
  }

  func write(to out: inout ByteBuffer) throws(Refusal) {
    try out.append(identifier: offer)
    out.append(state.rawValue)
    out.append(chosen)
    for count in [delivered, shown, clicked, accepted, refused, redeemed] { out.append(count) }
    out.append(spentMinor)
    out.append(reservedMinor)
    out.append(budgetMinor)
    out.append(UInt8(clamping: reasons.count))
    for count in reasons { out.append(count) }
  }
}

/// One campaign among all of the catalogue.
public struct CampaignLine: RowValue, Equatable, Sendable {
  static let fields: [Field] =
    [
      Field("campaign", .name), Field("treated", .u64), Field("control", .u64),
      Field("open windows", .u64), Field("ratio probability", .f64), Field("withheld", .u8),
    ] + EstimateFields.fields("uplift") + [Field("probability", .f64), Field("stands", .u8)]

  /// Its identifier.
  public var campaign: String
  /// Customers assigned to its offers.
  public var treated: UInt64 = 0
  /// Customers held back.
  public var control: UInt64 = 0
  /// Customers whose window has not ended.
  public var openWindows: UInt64 = 0
  /// As in the reply about one.
  public var ratioProbability = Double.nan
  /// Whether that is below 0.001, so that no verdict may be given.
  public var isWithheld = false
  /// Sales per customer, treated less control, in major units.
  public var uplift = EstimateFields()
  /// How probable an uplift as far from 0 is if there is none; NaN without a comparison or verdict.
  public var probability = Double.nan
  /// Whether it is among those of which at most 5 % are expected to be false.
  public var stands = false

  /// Makes a line about a campaign without customers.
  ///
  /// - Parameter campaign: its identifier.
  public init(campaign: String) { self.campaign = campaign }

  init(from reader: inout FrameReader) throws(Refusal) {
    campaign = try reader.readName("campaign")
    treated = try reader.read(UInt64.self)
    control = try reader.read(UInt64.self)
    openWindows = try reader.read(UInt64.self)
    ratioProbability = try reader.read(Double.self)
    isWithheld = try reader.readUInt8() != 0
    uplift = try EstimateFields(from: &reader)
    probability = try reader.read(Double.self)
    stands = try reader.readUInt8() != 0
  }

  func write(to out: inout ByteBuffer) {
    out.append(name: campaign)
    out.append(treated)
    out.append(control)
    out.append(openWindows)
    out.append(ratioProbability)
    out.append(UInt8(isWithheld ? 1 : 0))
    uplift.write(to: &out)
    out.append(probability)
    out.append(UInt8(stands ? 1 : 0))
  }
}
