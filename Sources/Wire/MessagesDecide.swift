// The bodies of the verbs decide and explain decision: what a checkout asks, and what it is told. What
// is kept of a decision is in MessagesDecision, its receipt in Receipt.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// How a decision is to be made; the bits on the wire.
public struct DecideFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Nothing is kept, reserved or learnt: a question.
  public static let dryRun = DecideFlags(rawValue: 1)
  /// The best is taken, nothing is drawn.
  public static let greedy = DecideFlags(rawValue: 2)
  /// The reasons are told in full.
  public static let explain = DecideFlags(rawValue: 4)
  /// The categories of the basket are told, be it none.
  public static let categoriesKnown = DecideFlags(rawValue: 8)
}

/// What stands before the categories of a request.
public struct DecideHead: ~Escapable {
  /// The request's number: the draw is made from it, and the same again is answered the same.
  public let key: CommandKey
  /// The customer's identifier.
  public let customer: RawSpan
  /// The placement's name.
  public let placement: RawSpan
  /// How an offer would reach the customer.
  public let channel: Channel
  public let flags: DecideFlags
  /// How many offers at most; 0 is the placement's own number.
  public let top: UInt8
  /// Minor units; -1 without a basket.
  public let basketMinor: Int64
  /// Lines of the basket.
  public let lines: UInt16

  /// Reads a head.
  ///
  /// - Parameter reader: stands on the body's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  @_lifetime(copy reader)
  public init(from reader: inout FrameReader) throws(Refusal) {
    let key = try CommandKey(from: &reader)
    let customer = try reader.readIdentifier("customer")
    let placement = try reader.readIdentifier("placement")
    let channel = try reader.read(Channel.self, "channel")
    let flagsAt = reader.offset
    let flags = DecideFlags(rawValue: try reader.readUInt8())
    guard flags.rawValue < 16 else {
      throw Refusal(.invalidField, at: flagsAt, "flags \(flags.rawValue) are not known")
    }
    let top = try reader.readTop()
    let basketMinor = try reader.readBasket()
    lines = try reader.read(UInt16.self)
    self.key = key
    self.customer = customer
    self.placement = placement
    self.channel = channel
    self.flags = flags
    self.top = top
    self.basketMinor = basketMinor
  }
}

extension FrameReader {
  /// Reads how many offers are asked for.
  ///
  /// - Returns: 0 to `Limits.slateMax`; 0 is the placement's own number.
  /// - Throws: `malformed` or `invalidField` with the offset.
  mutating func readTop() throws(Refusal) -> UInt8 {
    let at = offset
    let top = try readUInt8()
    guard Int(top) <= Limits.slateMax else {
      throw Refusal(
        .invalidField, at: at, "\(top) offers are asked for, at most \(Limits.slateMax) are told")
    }
    return top
  }

  /// Reads the value of a basket.
  ///
  /// - Returns: minor units; -1 without a basket.
  /// - Throws: `malformed` or `invalidField` with the offset.
  mutating func readBasket() throws(Refusal) -> Int64 {
    let at = offset
    let basketMinor = try read(Int64.self)
    guard basketMinor >= -1 && basketMinor <= Limits.amountMax else {
      throw Refusal(
        .invalidField, at: at,
        "the basket is \(basketMinor), it must be 0 to \(Limits.amountMax) minor units, or -1 for none"
      )
    }
    return basketMinor
  }

  /// Reads how many categories a basket has.
  ///
  /// - Returns: 0 to `Limits.basketCategoriesMax`.
  /// - Throws: `malformed` or `invalidField` with the offset.
  public mutating func readCategoryCount() throws(Refusal) -> Int {
    let at = offset
    let count = Int(try readUInt8())
    guard count <= Limits.basketCategoriesMax else {
      throw Refusal(
        .invalidField, at: at,
        "\(count) categories are told, at most \(Limits.basketCategoriesMax) are read")
    }
    return count
  }

  /// Reads how many features of its own a shop tells.
  ///
  /// - Returns: 0 to `Limits.ownFeaturesMax`.
  /// - Throws: `malformed` or `badSchema` with the offset.
  public mutating func readFeatureCount() throws(Refusal) -> Int {
    let at = offset
    let count = Int(try readUInt8())
    guard count <= Limits.ownFeaturesMax else {
      throw Refusal(
        .badSchema, at: at,
        "\(count) features are told, a shop declares at most \(Limits.ownFeaturesMax)")
    }
    return count
  }
}

extension FrameReader {
  /// Reads the categories of a basket, their number first.
  mutating func readCategories() throws(Refusal) -> [String] {
    var categories: [String] = []
    for _ in 0..<(try readCategoryCount()) {
      let at = offset
      categories.append(try text(try readIdentifier("category"), at: at))
    }
    return categories
  }

  /// Reads features of a shop's own, their number first.
  mutating func readFeatures() throws(Refusal) -> [Double] {
    var features: [Double] = []
    for _ in 0..<(try readFeatureCount()) { features.append(try readFinite("feature")) }
    return features
  }
}

extension ByteBuffer {
  /// Writes the categories of a basket, their number first.
  mutating func append(categories: [String]) throws(Refusal) {
    append(UInt8(clamping: categories.count))
    for category in categories { try append(identifier: category) }
  }

  /// Writes features of a shop's own, their number first.
  mutating func append(features: [Double]) {
    append(UInt8(clamping: features.count))
    for feature in features { append(feature) }
  }
}

/// Asks which offers a customer gets.
public struct DecideRequest: Message, Equatable, Sendable {
  public static let title = "decide request"
  public static let fields =
    CommandKey.fields + [
      Field("customer", .identifier), Field("placement", .identifier), Field("channel", .u8),
      Field("flags", .u8), Field("top", .u8), Field("basket", .i64), Field("lines", .u16),
      Field("count", .u8), Field("categories", .rows([Field("category", .identifier)])),
      Field("schema", .u16), Field("missing", .u16), Field("count", .u8),
      Field("features", .rows([Field("feature", .f64)])),
    ]

  /// The request's number: the draw is made from it, and the same again is answered the same.
  public var key: CommandKey
  /// The customer's identifier, 1 to 64 bytes.
  public var customer: String
  /// The placement's name.
  public var placement: String
  /// How an offer would reach the customer.
  public var channel: Channel
  public var flags: DecideFlags
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
  ///   - key: the request's number.
  ///   - customer: identifier, 1 to 64 bytes.
  ///   - placement: its name.
  ///   - channel: how an offer would reach the customer.
  ///   - flags: how to decide.
  public init(
    key: CommandKey = .none, customer: String, placement: String, channel: Channel,
    flags: DecideFlags = []
  ) {
    self.key = key
    self.customer = customer
    self.placement = placement
    self.channel = channel
    self.flags = flags
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset + CommandKey.size
    let head = try DecideHead(from: &reader)
    key = head.key
    customer = try text(head.customer, at: at)
    placement = try text(head.placement, at: at + 1 + head.customer.byteCount)
    (channel, flags, top) = (head.channel, head.flags, head.top)
    (basketMinor, lines) = (head.basketMinor, head.lines)
    categories = try reader.readCategories()
    schema = try reader.read(UInt16.self)
    missing = try reader.read(UInt16.self)
    features = try reader.readFeatures()
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    key.write(to: &out)
    try out.append(identifier: customer)
    try out.append(identifier: placement)
    out.append(channel.rawValue)
    out.append(flags.rawValue)
    out.append(top)
    out.append(basketMinor)
    out.append(lines)
    try out.append(categories: categories)
    out.append(schema)
    out.append(missing)
    out.append(features: features)
  }
}

/// What is true of a decision; the bits on the wire.
public struct DecisionFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// There was a record of the customer.
  public static let known = DecisionFlags(rawValue: 1)
  /// A holdout that concerns an offer holds the customer.
  public static let heldOut = DecisionFlags(rawValue: 2)
  /// The only choice is the placement's fallback.
  public static let fallback = DecisionFlags(rawValue: 4)
  /// The draw fell on something else than the best.
  public static let explored = DecisionFlags(rawValue: 8)
  /// Offers were drawn; else the best was taken.
  public static let drawn = DecisionFlags(rawValue: 16)
  /// Personal scores may be used.
  public static let profiled = DecisionFlags(rawValue: 32)
  /// There is a model, and the scores are known.
  public static let scored = DecisionFlags(rawValue: 64)
  /// The model knows spends, so that the value is known too.
  public static let valued = DecisionFlags(rawValue: 128)
  /// An estimate was beyond a hundred baskets and cut there.
  public static let suspect = DecisionFlags(rawValue: 256)
  /// An estimate was no number, and its offer left out.
  public static let dropped = DecisionFlags(rawValue: 512)
  /// It was a question: nothing is kept.
  public static let dryRun = DecisionFlags(rawValue: 1024)
}

/// One offer that was chosen.
public struct ChosenOffer: RowValue, Equatable, Sendable {
  static let fields = [
    Field("offer", .identifier), Field("best", .u8), Field("propensity", .f64),
    Field("score", .f64), Field("uplift", .f64),
  ]

  /// Its identifier.
  public var offer: String
  /// Whether no other that could be chosen had a higher score.
  public var isBest: Bool
  /// The probability of this choice at its place, given those before it.
  public var propensity: Double
  /// Its score, in major units; NaN if it was chosen without one.
  public var score: Double
  /// τ, what it is expected to bring against no offer, in major units.
  public var uplift: Double

  /// Makes a row.
  ///
  /// - Parameters:
  ///   - offer: its identifier, 1 to 64 bytes.
  ///   - isBest: whether none that could be chosen had a higher score.
  ///   - propensity: the probability of this choice at its place.
  ///   - score: in major units.
  ///   - uplift: τ, in major units.
  public init(offer: String, isBest: Bool, propensity: Double, score: Double, uplift: Double) {
    self.offer = offer
    self.isBest = isBest
    self.propensity = propensity
    self.score = score
    self.uplift = uplift
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    offer = try text(try reader.readIdentifier("offer"), at: at)
    isBest = try reader.readUInt8() != 0
    propensity = try reader.read(Double.self)
    score = try reader.read(Double.self)
    uplift = try reader.read(Double.self)
  }

  func write(to out: inout ByteBuffer) throws(Refusal) {
    try out.append(identifier: offer)
    out.append(UInt8(isBest ? 1 : 0))
    out.append(propensity)
    out.append(score)
    out.append(uplift)
  }
}

/// What everybody may be told of a decision.
public struct ToldDecision: RowValue, Equatable, Sendable {
  static let fields = [
    Field("time", .i64), Field("flags", .u16), Field("catalogue", .u32), Field("generation", .u32),
    Field("segment", .u8), Field("alive", .f64), Field("churn", .f64),
    Field("expected orders", .f64), Field("expected spend", .f64), Field("lifetime value", .f64),
    Field("propensity", .f64), Field("count", .u8), Field("choices", .rows(ChosenOffer.fields)),
    Field("count", .u16), Field("reasons", .rows([Field("reason", .u8)])),
  ]

  /// When it was made, microseconds since 1970 UTC.
  public var timeMicros: Int64 = 0
  public var flags: DecisionFlags = []
  /// The catalogue's version.
  public var catalogue: UInt32 = 0
  /// The models' generation; 0 without a model.
  public var generation: UInt32 = 0
  /// The number of the segment the customer is in, in the sequence of README.md.
  public var segment: UInt8 = 0
  /// Probability that the customer will ever order again; 0 unless `scored`.
  public var aliveProbability = 0.0
  /// Probability of no order within the horizon.
  public var churnProbability = 0.0
  /// Expected orders within the horizon.
  public var expectedOrders = 0.0
  /// Expected value of an order, in major units; 0 unless `valued`.
  public var expectedSpend = 0.0
  /// Discounted expected margin of future orders, in major units; 0 unless `valued`.
  public var lifetimeValue = 0.0
  /// The probability of the whole answer; with no offer, that of no offer.
  public var propensity = 1.0
  /// The chosen offers in their order; none is an answer too.
  public var choices: [ChosenOffer] = []
  /// The reason of each offer of the catalogue, in the order of their identifiers.
  public var reasons: [UInt8] = []

  /// Makes a decision about nothing.
  public init() {}

  init(from reader: inout FrameReader) throws(Refusal) {
    timeMicros = try reader.read(Int64.self)
    flags = DecisionFlags(rawValue: try reader.read(UInt16.self))
    catalogue = try reader.read(UInt32.self)
    generation = try reader.read(UInt32.self)
    segment = try reader.readUInt8()
    aliveProbability = try reader.readFinite("alive")
    churnProbability = try reader.readFinite("churn")
    expectedOrders = try reader.readFinite("expected orders")
    expectedSpend = try reader.readFinite("expected spend")
    lifetimeValue = try reader.readFinite("lifetime value")
    propensity = try reader.readFinite("propensity")
    let at = reader.offset
    let count = Int(try reader.readUInt8())
    guard count <= Limits.slateMax else {
      throw Refusal(.invalidField, at: at, "\(count) offers are more than one answer has")
    }
    choices = try reader.readRows(count)
    reasons = try reader.readCodes()
  }

  func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(timeMicros)
    out.append(flags.rawValue)
    out.append(catalogue)
    out.append(generation)
    out.append(segment)
    out.append(aliveProbability)
    out.append(churnProbability)
    out.append(expectedOrders)
    out.append(expectedSpend)
    out.append(lifetimeValue)
    out.append(propensity)
    out.append(UInt8(clamping: choices.count))
    for choice in choices { try choice.write(to: &out) }
    out.append(UInt16(clamping: reasons.count))
    for reason in reasons { out.append(reason) }
  }
}

extension FrameReader {
  fileprivate mutating func readCodes() throws(Refusal) -> [UInt8] {
    let at = offset
    let count = Int(try read(UInt16.self))
    guard count <= Limits.offersMax else {
      throw Refusal(.invalidField, at: at, "\(count) offers are more than a catalogue has")
    }
    var codes: [UInt8] = []
    for _ in 0..<count { codes.append(try readUInt8()) }
    return codes
  }
}

/// Why an offer was chosen, or why not, in words.
public struct ExplainedOffer: RowValue, Equatable, Sendable {
  static let fields = [
    Field("offer", .identifier), Field("reason", .u8), Field("score", .f64),
    Field("propensity", .f64), Field("staff", .sentence), Field("customer", .sentence),
  ]

  /// The offer's identifier.
  public var offer: String
  /// The reason's code.
  public var reason: UInt8
  /// Its score, in major units; NaN if it came not as far as that.
  public var score: Double
  /// The probability with which it would have been chosen at the first place.
  public var propensity: Double
  /// A sentence for the shop's staff.
  public var staff: String
  /// A sentence for the customer.
  public var customer: String

  /// Makes a row.
  ///
  /// - Parameters:
  ///   - offer: its identifier.
  ///   - reason: the reason's code.
  ///   - score: in major units, or NaN.
  ///   - propensity: at the first place.
  ///   - staff: a sentence for the shop's staff.
  ///   - customer: a sentence for the customer.
  public init(
    offer: String, reason: UInt8, score: Double, propensity: Double, staff: String, customer: String
  ) {
    self.offer = offer
    self.reason = reason
    self.score = score
    self.propensity = propensity
    self.staff = staff
    self.customer = customer
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    offer = try text(try reader.readIdentifier("offer"), at: at)
    reason = try reader.readUInt8()
    score = try reader.read(Double.self)
    propensity = try reader.read(Double.self)
    staff = try reader.readSentence("staff")
    customer = try reader.readSentence("customer")
  }

  func write(to out: inout ByteBuffer) throws(Refusal) {
    try out.append(identifier: offer)
    out.append(reason)
    out.append(score)
    out.append(propensity)
    out.append(sentence: staff)
    out.append(sentence: customer)
  }
}

/// What the score of a chosen offer is made of, in major units.
public struct ExplainedScore: RowValue, Equatable, Sendable {
  static let fields = [
    Field("sales", .f64), Field("reward", .f64), Field("contact", .f64), Field("lever", .f64),
    Field("scarcity", .f64), Field("fatigue", .f64),
  ]

  /// Margin of sales that would not have been without it.
  public var sales: Double
  /// Cost of the reward, not above 0.
  public var reward: Double
  /// Cost of the contact, not above 0.
  public var contact: Double
  /// What the lever adds or takes.
  public var lever: Double
  /// The price of scarce money, not above 0.
  public var scarcity: Double
  /// What earlier contacts take, not above 0.
  public var fatigue: Double

  /// Makes a row.
  ///
  /// - Parameters:
  ///   - sales: margin of additional sales.
  ///   - reward: not above 0.
  ///   - contact: not above 0.
  ///   - lever: what the lever adds or takes.
  ///   - scarcity: not above 0.
  ///   - fatigue: not above 0.
  public init(
    sales: Double, reward: Double, contact: Double, lever: Double, scarcity: Double,
    fatigue: Double
  ) {
    self.sales = sales
    self.reward = reward
    self.contact = contact
    self.lever = lever
    self.scarcity = scarcity
    self.fatigue = fatigue
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    sales = try reader.read(Double.self)
    reward = try reader.read(Double.self)
    contact = try reader.read(Double.self)
    lever = try reader.read(Double.self)
    scarcity = try reader.read(Double.self)
    fatigue = try reader.read(Double.self)
  }

  func write(to out: inout ByteBuffer) {
    for part in [sales, reward, contact, lever, scarcity, fatigue] { out.append(part) }
  }
}

/// What one feature adds to the uplift of a chosen offer.
public struct ExplainedFeature: RowValue, Equatable, Sendable {
  static let fields = [Field("choice", .u8), Field("feature", .name), Field("amount", .f64)]

  /// Which of the chosen offers.
  public var choice: UInt8
  /// The feature's name; «rest» for all that are not told.
  public var feature: String
  /// In major units.
  public var amount: Double

  /// Makes a row.
  ///
  /// - Parameters:
  ///   - choice: which of the chosen offers.
  ///   - feature: its name.
  ///   - amount: in major units.
  public init(choice: UInt8, feature: String, amount: Double) {
    self.choice = choice
    self.feature = feature
    self.amount = amount
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    choice = try reader.readUInt8()
    feature = try reader.readName("feature")
    amount = try reader.read(Double.self)
  }

  func write(to out: inout ByteBuffer) {
    out.append(choice)
    out.append(name: feature)
    out.append(amount)
  }
}

/// A decision: its receipt, what was decided, and, where it was asked for, why.
public struct DecideReply: Message, Equatable, Sendable {
  public static let title = "decide reply"
  public static let fields =
    [Field("decision", .sentence)] + ToldDecision.fields + [
      Field("count", .u32), Field("offers", .rows(ExplainedOffer.fields)), Field("count", .u32),
      Field("scores", .rows(ExplainedScore.fields)), Field("count", .u32),
      Field("features", .rows(ExplainedFeature.fields)),
    ]

  /// The receipt, to be given back with outcomes; empty after a dry run.
  public var decision: String
  /// What was decided.
  public var told: ToldDecision
  /// Each offer's reason in words; empty unless it was asked for.
  public var offers: [ExplainedOffer] = []
  /// What the score of each choice is made of; empty unless it was asked for.
  public var scores: [ExplainedScore] = []
  /// What the features add to the uplift of each choice, the most by amount; empty unless it was asked
  /// for.
  public var features: [ExplainedFeature] = []

  /// Makes the reply without reasons.
  ///
  /// - Parameters:
  ///   - decision: the receipt.
  ///   - told: what was decided.
  public init(decision: String, told: ToldDecision) {
    self.decision = decision
    self.told = told
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    decision = try reader.readSentence("decision")
    told = try ToldDecision(from: &reader)
    offers = try reader.readToldRows()
    scores = try reader.readToldRows()
    features = try reader.readToldRows()
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    out.append(sentence: decision)
    try told.write(to: &out)
    try writeReasons(to: &out)
  }

  /// Appends what follows the decision itself.
  ///
  /// - Parameter out: the outbox, behind what was decided.
  /// - Throws: `invalidField` for an identifier that does not fit.
  public func writeReasons(to out: inout ByteBuffer) throws(Refusal) {
    out.append(UInt32(offers.count))
    for offer in offers { try offer.write(to: &out) }
    out.append(UInt32(scores.count))
    for score in scores { score.write(to: &out) }
    out.append(UInt32(features.count))
    for feature in features { feature.write(to: &out) }
  }
}

/// Asks for a decision again, with the reasons in full.
public struct ExplainDecisionRequest: Message, Equatable, Sendable {
  public static let title = "explain decision request"
  public static let fields = [Field("decision", .sentence)]

  /// The receipt.
  public var decision: String

  /// Makes the request.
  ///
  /// - Parameter decision: the receipt.
  public init(decision: String) { self.decision = decision }

  public init(from reader: inout FrameReader) throws(Refusal) {
    decision = try reader.readSentence("decision")
  }

  public func write(to out: inout ByteBuffer) { out.append(sentence: decision) }
}
