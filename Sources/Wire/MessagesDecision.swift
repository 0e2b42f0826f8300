// What is kept of a decision: the body of record decision, which stands in the journal only, and pages
// of decisions for whoever judges policies by them (read decisions).
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// An offer that could be drawn, as it was judged.
public struct DecisionCandidate: RowValue, Equatable, Sendable {
  static let fields = [
    Field("place", .u16), Field("mean", .f32), Field("deviation", .f32), Field("score", .f32),
    Field("propensity", .f32),
  ]

  /// The offer's place in the catalogue.
  public var place: UInt16
  /// m: τ, what it was expected to bring against no offer, in major units.
  public var mean: Float
  /// v: the deviation of that belief.
  public var deviation: Float
  /// S, in major units.
  public var score: Float
  /// π, at the first place.
  public var propensity: Float

  /// Puts a candidate together.
  ///
  /// - Parameters:
  ///   - place: the offer's place in the catalogue.
  ///   - mean: m, in major units.
  ///   - deviation: v.
  ///   - score: S.
  ///   - propensity: π.
  public init(place: UInt16, mean: Float, deviation: Float, score: Float, propensity: Float) {
    self.place = place
    self.mean = mean
    self.deviation = deviation
    self.score = score
    self.propensity = propensity
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    place = try reader.read(UInt16.self)
    mean = try reader.read(Float.self)
    deviation = try reader.read(Float.self)
    score = try reader.read(Float.self)
    propensity = try reader.read(Float.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(place)
    out.append(mean)
    out.append(deviation)
    out.append(score)
    out.append(propensity)
  }
}

/// What budgets and explanations need of a chosen offer.
public struct DecisionChoice: RowValue, Equatable, Sendable {
  static let fields =
    [Field("place", .u16), Field("liability", .i64), Field("cost", .f64)]
    + ExplainedScore.fields + [
      Field("count", .u8),
      Field("contributions", .rows([Field("feature", .u8), Field("amount", .f64)])),
      Field("rest", .f64),
    ]

  /// The offer's place in the catalogue.
  public var place: UInt16
  /// The most it can cost, minor units; reserved until the window ends.
  public var liabilityMinor: Int64
  /// What it was expected to cost, in major units.
  public var cost: Double
  /// What its score is made of; NaN without a score.
  public var score: ExplainedScore
  /// The most of what its features add to τ: a feature's number, and major units.
  public var contributions: [Contribution] = []
  /// What all others add.
  public var rest = 0.0

  /// What one feature adds.
  public struct Contribution: Equatable, Sendable {
    /// The feature's number.
    public var feature: UInt8
    /// In major units.
    public var amount: Double

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - feature: its number.
    ///   - amount: in major units.
    public init(feature: UInt8, amount: Double) {
      self.feature = feature
      self.amount = amount
    }
  }

  /// Puts a choice together, without what its features add.
  ///
  /// - Parameters:
  ///   - place: the offer's place in the catalogue.
  ///   - liabilityMinor: the most it can cost, minor units.
  ///   - cost: what it was expected to cost, in major units.
  ///   - score: what its score is made of.
  public init(place: UInt16, liabilityMinor: Int64, cost: Double, score: ExplainedScore) {
    self.place = place
    self.liabilityMinor = liabilityMinor
    self.cost = cost
    self.score = score
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    place = try reader.read(UInt16.self)
    liabilityMinor = try reader.read(Int64.self)
    cost = try reader.read(Double.self)
    score = try ExplainedScore(from: &reader)
    for _ in 0..<(try reader.readUInt8()) {
      contributions.append(
        Contribution(feature: try reader.readUInt8(), amount: try reader.read(Double.self)))
    }
    rest = try reader.read(Double.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(place)
    out.append(liabilityMinor)
    out.append(cost)
    score.write(to: &out)
    out.append(UInt8(clamping: contributions.count))
    for one in contributions {
      out.append(one.feature)
      out.append(one.amount)
    }
    out.append(rest)
  }
}

/// A decision as it was decided: what the journal holds of it.
///
/// Executing the record again draws nothing and asks no model: everything that was decided is in it.
public struct DecisionRecord: Message, Equatable, Sendable {
  public static let title = "decision record"
  public static let fields =
    CommandKey.fields + [Field("check", .u32), Field("customer", .identifier)]
    + ToldDecision.fields + [
      Field("placement", .u8), Field("channel", .u8), Field("top", .u8), Field("basket", .i64),
      Field("held", .u64), Field("campaigns", .u64), Field("missing", .u32), Field("none", .f32),
      Field("count", .u8),
      Field("features", .rows([Field("feature", .f32)])), Field("count", .u8),
      Field("chosen", .rows(DecisionChoice.fields)), Field("count", .u16),
      Field(
        "details",
        .rows([Field("count", .u8), Field("detail", .rows([Field("byte", .u8)]))])),
      Field("count", .u16), Field("candidates", .rows(DecisionCandidate.fields)),
    ]

  /// The decision's key: the request's, or one that the server gave.
  public var key: CommandKey
  /// A hash of the request behind its key.
  public var check: UInt32
  /// The customer's identifier.
  public var customer: String
  /// What was told.
  public var told: ToldDecision
  /// The place of the placement in the catalogue.
  public var placement: UInt8
  /// How an offer reaches the customer.
  public var channel: Channel
  /// How many offers were asked for.
  public var top: UInt8
  /// Minor units; -1 without a basket.
  public var basketMinor: Int64
  /// The holdouts that hold the customer, a bit each.
  public var held: UInt64
  /// The campaigns the customer could have been part of, a bit each.
  public var campaigns: UInt64
  /// Features that were not known, a bit each.
  public var missing: UInt32
  /// The deviation of the belief about what comes of no offer, in major units.
  public var none: Float
  /// x, 1 first.
  public var features: [Float]
  /// One for each of the choices.
  public var chosen: [DecisionChoice]
  /// What belongs to each offer's reason.
  public var details: [[UInt8]]
  /// Offers that came as far as a score.
  public var candidates: [DecisionCandidate]

  /// Puts a record together.
  ///
  /// - Parameters:
  ///   - key: the decision's key.
  ///   - check: a hash of the request behind its key.
  ///   - customer: the customer's identifier, 1 to 64 bytes.
  ///   - told: what was told.
  ///   - placement: the place of the placement in the catalogue.
  ///   - channel: how an offer reaches the customer.
  ///   - top: how many offers were asked for.
  ///   - basketMinor: minor units; -1 without a basket.
  ///   - held: the holdouts that hold the customer, a bit each.
  ///   - campaigns: the campaigns the customer could have been part of, a bit each.
  ///   - missing: features that were not known, a bit each.
  ///   - none: the deviation of the belief about no offer.
  ///   - features: x, 1 first.
  ///   - chosen: one for each of the choices.
  ///   - details: what belongs to each offer's reason.
  ///   - candidates: offers that came as far as a score.
  public init(
    key: CommandKey, check: UInt32, customer: String, told: ToldDecision, placement: UInt8,
    channel: Channel, top: UInt8, basketMinor: Int64, held: UInt64, campaigns: UInt64,
    missing: UInt32, none: Float, features: [Float], chosen: [DecisionChoice], details: [[UInt8]],
    candidates: [DecisionCandidate]
  ) {
    self.key = key
    self.check = check
    self.customer = customer
    self.told = told
    self.placement = placement
    self.channel = channel
    self.top = top
    self.basketMinor = basketMinor
    self.held = held
    self.campaigns = campaigns
    self.missing = missing
    self.none = none
    self.features = features
    self.chosen = chosen
    self.details = details
    self.candidates = candidates
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
    check = try reader.read(UInt32.self)
    let at = reader.offset
    customer = try text(try reader.readIdentifier("customer"), at: at)
    told = try ToldDecision(from: &reader)
    placement = try reader.readUInt8()
    channel = try reader.read(Channel.self, "channel")
    top = try reader.readUInt8()
    basketMinor = try reader.read(Int64.self)
    held = try reader.read(UInt64.self)
    campaigns = try reader.read(UInt64.self)
    missing = try reader.read(UInt32.self)
    none = try reader.read(Float.self)
    features = []
    for _ in 0..<(try reader.readUInt8()) { features.append(try reader.read(Float.self)) }
    chosen = try reader.readRows(Int(try reader.readUInt8()))
    details = []
    for _ in 0..<(try reader.read(UInt16.self)) {
      var detail: [UInt8] = []
      for _ in 0..<(try reader.readUInt8()) { detail.append(try reader.readUInt8()) }
      details.append(detail)
    }
    candidates = try reader.readRows(Int(try reader.read(UInt16.self)))
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    key.write(to: &out)
    out.append(check)
    try out.append(identifier: customer)
    try told.write(to: &out)
    out.append(placement)
    out.append(channel.rawValue)
    out.append(top)
    out.append(basketMinor)
    out.append(held)
    out.append(campaigns)
    out.append(missing)
    out.append(none)
    out.append(UInt8(clamping: features.count))
    for feature in features { out.append(feature) }
    out.append(UInt8(clamping: chosen.count))
    for choice in chosen { choice.write(to: &out) }
    out.append(UInt16(clamping: details.count))
    for detail in details {
      out.append(UInt8(clamping: detail.count))
      for byte in detail { out.append(byte) }
    }
    out.append(UInt16(clamping: candidates.count))
    for candidate in candidates { candidate.write(to: &out) }
  }
}

/// Asks for decisions that are remembered, the oldest first.
public struct ReadDecisionsRequest: Message, Equatable, Sendable {
  public static let title = "read decisions request"
  public static let fields = [Field("from", .u64), Field("most", .u32)]

  /// The number of the first that is wanted; earlier ones that are not remembered are skipped.
  public var from: UInt64
  /// How many at most, 1 to 4,096; fewer come when the frame is full.
  public var most: UInt32

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - from: the number of the first that is wanted.
  ///   - most: how many at most.
  public init(from: UInt64 = 0, most: UInt32 = 1_000) {
    self.from = from
    self.most = most
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    from = try reader.read(UInt64.self)
    let at = reader.offset
    most = try reader.read(UInt32.self)
    guard (1...4_096).contains(most) else {
      throw Refusal(.invalidField, at: at, "\(most) decisions are asked for, it must be 1 to 4096")
    }
  }

  public func write(to out: inout ByteBuffer) {
    out.append(from)
    out.append(most)
  }
}

/// One decision with what came of it, for whoever judges policies.
public struct LoggedDecision: RowValue, Equatable, Sendable {
  static let fields = [
    Field("number", .u64), Field("customer", .identifier), Field("time", .i64),
    Field("placement", .name), Field("channel", .u8), Field("action", .name),
    Field("propensity", .f64), Field("state", .u8), Field("outcome", .f64), Field("count", .u8),
    Field("features", .rows([Field("feature", .f32)])),
  ]

  /// Its number, from 0.
  public var number: UInt64
  /// The customer's identifier.
  public var customer: String
  /// When, microseconds since 1970 UTC.
  public var timeMicros: Int64
  /// The placement's name; empty if it is not there any more.
  public var placement: String
  /// How an offer reaches the customer.
  public var channel: Channel
  /// The first offer; empty for none.
  public var action: String
  /// The probability of that.
  public var propensity: Double
  /// 0 while the outcome is open, 1 when it is closed, 2 when it never will be.
  public var state: UInt8
  /// y, in major units: margin that came, less what the offer cost; 0 while it is open.
  public var outcome: Double
  /// x, 1 first.
  public var features: [Float]

  /// Puts a row together.
  ///
  /// - Parameters:
  ///   - number: its number.
  ///   - customer: the customer's identifier.
  ///   - timeMicros: when.
  ///   - placement: the placement's name.
  ///   - channel: how.
  ///   - action: the first offer.
  ///   - propensity: of that.
  ///   - state: whether the outcome is known.
  ///   - outcome: y.
  ///   - features: x.
  public init(
    number: UInt64, customer: String, timeMicros: Int64, placement: String, channel: Channel,
    action: String, propensity: Double, state: UInt8, outcome: Double, features: [Float]
  ) {
    self.number = number
    self.customer = customer
    self.timeMicros = timeMicros
    self.placement = placement
    self.channel = channel
    self.action = action
    self.propensity = propensity
    self.state = state
    self.outcome = outcome
    self.features = features
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    number = try reader.read(UInt64.self)
    let at = reader.offset
    customer = try text(try reader.readIdentifier("customer"), at: at)
    timeMicros = try reader.read(Int64.self)
    placement = try reader.readName("placement")
    channel = try reader.read(Channel.self, "channel")
    action = try reader.readName("action")
    propensity = try reader.readFinite("propensity")
    state = try reader.readUInt8()
    outcome = try reader.readFinite("outcome")
    features = []
    for _ in 0..<(try reader.readUInt8()) { features.append(try reader.read(Float.self)) }
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(number)
    try out.append(identifier: customer)
    out.append(timeMicros)
    out.append(name: placement)
    out.append(channel.rawValue)
    out.append(name: action)
    out.append(propensity)
    out.append(state)
    out.append(outcome)
    out.append(UInt8(clamping: features.count))
    for feature in features { out.append(feature) }
  }
}

/// A page of decisions.
public struct DecisionsReply: Message, Equatable, Sendable {
  public static let title = "decisions reply"
  public static let fields = [
    Field("next", .u64), Field("total", .u64), Field("count", .u8),
    Field("names", .rows([Field("name", .name)])), Field("count", .u32),
    Field("decisions", .rows(LoggedDecision.fields)),
  ]

  /// Where the next page begins.
  public var next: UInt64
  /// All decisions ever kept: the end of the last page.
  public var total: UInt64
  /// What the features are called.
  public var names: [String]
  /// The rows.
  public var decisions: [LoggedDecision]

  /// Makes a page.
  ///
  /// - Parameters:
  ///   - next: where the next page begins.
  ///   - total: all decisions ever kept.
  ///   - names: what the features are called.
  ///   - decisions: the rows.
  public init(next: UInt64, total: UInt64, names: [String], decisions: [LoggedDecision]) {
    self.next = next
    self.total = total
    self.names = names
    self.decisions = decisions
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    next = try reader.read(UInt64.self)
    total = try reader.read(UInt64.self)
    names = []
    for _ in 0..<(try reader.readUInt8()) { names.append(try reader.readName("name")) }
    let at = reader.offset
    let count = Int(try reader.read(UInt32.self))
    guard count <= 4_096 else {
      throw Refusal(.invalidField, at: at, "\(count) decisions are more than a page has")
    }
    decisions = try reader.readRows(count)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(next)
    out.append(total)
    out.append(UInt8(clamping: names.count))
    for name in names { out.append(name: name) }
    out.append(UInt32(decisions.count))
    for decision in decisions { try decision.write(to: &out) }
  }
}
