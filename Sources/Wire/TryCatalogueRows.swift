// The rows of a trial's reply: what became of one offer, and of the budget of one campaign.

/// A budget before and after a trial.
public struct TriedBudget: Equatable, Sendable {
  static let fields = [
    Field("budget", .i64), Field("taken before", .i64), Field("taken", .i64),
    Field("budget count", .i64), Field("count before", .i64), Field("count taken", .i64),
    Field("price", .f64),
  ]

  /// Money set aside, minor units; -1 without such a budget.
  public var budgetMinor: Int64 = -1
  /// Spent and reserved before the trial, minor units.
  public var beforeMinor: Int64 = 0
  /// Spent and reserved after it, minor units.
  public var takenMinor: Int64 = 0
  /// How many may be given; -1 without such a budget.
  public var budgetCount: Int64 = -1
  /// Given and reserved before the trial.
  public var beforeCount: Int64 = 0
  /// Given and reserved after it.
  public var takenCount: Int64 = 0
  /// λ after it.
  public var price = 0.0

  /// Makes no budget.
  public init() {}

  /// The share of it that is taken after the trial, of money and numbers the larger; nil without one.
  public var saturation: Double? {
    var share: Double?
    if budgetMinor > 0 { share = Double(takenMinor) / Double(budgetMinor) }
    if budgetCount > 0 { share = max(share ?? 0, Double(takenCount) / Double(budgetCount)) }
    return share ?? (budgetMinor == 0 || budgetCount == 0 ? 1 : nil)
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    budgetMinor = try reader.read(Int64.self)
    beforeMinor = try reader.read(Int64.self)
    takenMinor = try reader.read(Int64.self)
    budgetCount = try reader.read(Int64.self)
    beforeCount = try reader.read(Int64.self)
    takenCount = try reader.read(Int64.self)
    price = try reader.readFinite("price")
  }

  func write(to out: inout ByteBuffer) {
    for number in [
      budgetMinor, beforeMinor, takenMinor, budgetCount, beforeCount, takenCount,
    ] { out.append(number) }
    out.append(price)
  }
}

/// What a trial did with an offer.
public struct TriedOffer: RowValue, Equatable, Sendable {
  static let fields: [Field] =
    [
      Field("offer", .identifier), Field("state", .u8), Field("chosen", .u64),
      Field("explored", .u64), Field("cost", .f64), Field("liability", .i64),
    ] + EstimateFields.fields("margin") + TriedBudget.fields + [
      Field("count", .u8), Field("reasons", .rows([Field("customers", .u64)])),
    ]

  /// Its identifier.
  public var offer: String
  /// Where it is in its life.
  public var state: OfferStage
  /// Customers who got it.
  public var chosen: UInt64 = 0
  /// Of them those for whom it was not the best.
  public var explored: UInt64 = 0
  /// What it is expected to cost them all, rewards and contacts, in major units.
  public var cost = 0.0
  /// The most that the rewards can cost, minor units.
  public var liabilityMinor: Int64 = 0
  /// Expected incremental margin against no offer, costs taken off, in major units.
  public var margin = EstimateFields()
  /// Its own budget.
  public var budget = TriedBudget()
  /// Customers by the reason it ended with, by its code.
  public var reasons: [UInt64] = []

  /// Makes a row about an offer that nobody got.
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
    explored = try reader.read(UInt64.self)
    cost = try reader.readFinite("cost")
    liabilityMinor = try reader.read(Int64.self)
    margin = try EstimateFields(from: &reader)
    budget = try TriedBudget(from: &reader)
    for _ in 0..<(try reader.readUInt8()) { reasons.append(try reader.read(UInt64.self)) }
  }

  func write(to out: inout ByteBuffer) throws(Refusal) {
    try out.append(identifier: offer)
    out.append(state.rawValue)
    out.append(chosen)
    out.append(explored)
    out.append(cost)
    out.append(liabilityMinor)
    margin.write(to: &out)
    budget.write(to: &out)
    out.append(UInt8(clamping: reasons.count))
    for count in reasons { out.append(count) }
  }
}

/// What a trial did with the budget of a campaign.
public struct TriedCampaign: RowValue, Equatable, Sendable {
  static let fields: [Field] =
    [Field("campaign", .name), Field("chosen", .u64)] + TriedBudget.fields

  /// Its identifier.
  public var campaign: String
  /// How often its offers were chosen.
  public var chosen: UInt64 = 0
  /// Its budget.
  public var budget = TriedBudget()

  /// Makes a row about a campaign of which nothing was chosen.
  ///
  /// - Parameter campaign: its identifier.
  public init(campaign: String) { self.campaign = campaign }

  init(from reader: inout FrameReader) throws(Refusal) {
    campaign = try reader.readName("campaign")
    chosen = try reader.read(UInt64.self)
    budget = try TriedBudget(from: &reader)
  }

  func write(to out: inout ByteBuffer) {
    out.append(name: campaign)
    out.append(chosen)
    budget.write(to: &out)
  }
}
