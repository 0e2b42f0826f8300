// The bodies of the verbs score one and score many.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What is asked of every customer in a request for scores.
public struct ScoreTermsFields: Equatable, Sendable {
  static let fields = [
    Field("as of", .i64), Field("horizon", .f64), Field("discount rate", .f64),
    Field("margin", .f64),
  ]

  /// The scores are as of the shop's calendar day of this time, from the orders up to it;
  /// microseconds since 1970 UTC, 0 for now.
  public var asOfMicros: Int64
  /// Days, above 0 and at most `Limits.horizonDaysMax`.
  public var horizonDays: Double
  /// Per year, 0 … `Limits.discountRateMax`.
  public var discountRate: Double
  /// Fraction of an order's value, 0 … `Limits.marginMax`.
  public var margin: Double

  /// Makes the terms.
  ///
  /// - Parameters:
  ///   - asOfMicros: microseconds since 1970 UTC, 0 for now.
  ///   - horizonDays: days.
  ///   - discountRate: per year.
  ///   - margin: fraction of an order's value.
  public init(asOfMicros: Int64, horizonDays: Double, discountRate: Double, margin: Double) {
    self.asOfMicros = asOfMicros
    self.horizonDays = horizonDays
    self.discountRate = discountRate
    self.margin = margin
  }

  /// Reads the terms and checks their ranges.
  ///
  /// - Parameter reader: stands on the first of the four fields.
  /// - Throws: `malformed` or `invalidField` with the offset.
  public init(from reader: inout FrameReader) throws(Refusal) {
    asOfMicros = try reader.read(Int64.self)
    var at = reader.offset
    horizonDays = try reader.readFinite("horizon")
    guard horizonDays > 0 && horizonDays <= Limits.horizonDaysMax else {
      throw Refusal(
        .invalidField, at: at,
        "the horizon is \(horizonDays) days, it must be above 0 and at most "
          + "\(Limits.horizonDaysMax)")
    }
    at = reader.offset
    discountRate = try reader.readFinite("discount rate")
    guard discountRate >= 0 && discountRate <= Limits.discountRateMax else {
      throw Refusal(
        .invalidField, at: at,
        "the discount rate is \(discountRate) a year, it must be 0 to \(Limits.discountRateMax)")
    }
    at = reader.offset
    margin = try reader.readFinite("margin")
    guard margin >= 0 && margin <= Limits.marginMax else {
      throw Refusal(
        .invalidField, at: at, "the margin is \(margin), it must be 0 to \(Limits.marginMax)")
    }
  }

  /// How many customers are answered in one frame with these terms; a reply about more comes in parts.
  ///
  /// A month is 30.4375 days; one that has begun counts.
  public var frameCustomersMax: Int {
    let months = max(1, Int((horizonDays / 30.4375).rounded(.up)))
    return min(Limits.scoresMax, Limits.scoreMonthsMax / months)
  }

  func write(to out: inout ByteBuffer) {
    out.append(asOfMicros)
    out.append(horizonDays)
    out.append(discountRate)
    out.append(margin)
  }
}

/// Asks for one customer's score.
public struct ScoreOneRequest: Message, Equatable, Sendable {
  public static let title = "score one request"
  public static let fields = ScoreTermsFields.fields + [Field("customer", .identifier)]

  /// What is asked.
  public var terms: ScoreTermsFields
  /// Of whom.
  public var customer: String

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - terms: what is asked.
  ///   - customer: identifier, 1 to 64 bytes.
  public init(terms: ScoreTermsFields, customer: String) {
    self.terms = terms
    self.customer = customer
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    terms = try ScoreTermsFields(from: &reader)
    let at = reader.offset
    customer = try text(reader.readIdentifier("customer"), at: at)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    terms.write(to: &out)
    try out.append(identifier: customer)
  }
}

/// Asks for the scores of many customers, answered in the order they are named.
public struct ScoreManyRequest: Message, Equatable, Sendable {
  public static let title = "score many request"
  public static let fields =
    ScoreTermsFields.fields + [
      Field("count", .u32), Field("customers", .rows([Field("customer", .identifier)])),
    ]

  /// What is asked of each.
  public var terms: ScoreTermsFields
  /// Of whom; 1 to `Limits.customersMax`.
  public var customers: [String]

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - terms: what is asked of each.
  ///   - customers: 1 to `Limits.customersMax` identifiers.
  public init(terms: ScoreTermsFields, customers: [String]) {
    self.terms = terms
    self.customers = customers
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    terms = try ScoreTermsFields(from: &reader)
    customers = []
    for _ in 0..<(try Self.readCount(&reader)) {
      let at = reader.offset
      customers.append(try text(reader.readIdentifier("customer"), at: at))
    }
  }

  /// Reads the number of customers that follow.
  ///
  /// - Parameter reader: stands on the count.
  /// - Returns: 1 … `Limits.customersMax`.
  /// - Throws: `malformed` or `invalidField` with the offset.
  public static func readCount(_ reader: inout FrameReader) throws(Refusal) -> Int {
    let at = reader.offset
    let count = Int(try reader.read(UInt32.self))
    guard count >= 1 && count <= Limits.customersMax else {
      throw Refusal(
        .invalidField, at: at,
        "\(count) customers are asked for, it must be 1 to \(Limits.customersMax)")
    }
    return count
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    terms.write(to: &out)
    out.append(UInt32(customers.count))
    for customer in customers { try out.append(identifier: customer) }
  }
}

/// One customer's score: the whole reply to score one, a row of the reply to score many.
public struct ScoreReply: Message, Equatable, Sendable {
  public static let title = "score reply"
  public static let fields = [
    Field("known", .u8), Field("spend known", .u8), Field("reserved", .u16),
    Field("generation", .u32), Field("as of day", .i32), Field("first order day", .i32),
    Field("repeat orders", .u32), Field("recency", .i32), Field("age", .i32),
    Field("reserved", .u32), Field("mean spend", .f64), Field("alive probability", .f64),
    Field("churn probability", .f64), Field("expected orders", .f64),
    Field("expected spend", .f64), Field("lifetime value", .f64),
    Field("model churn probability", .f64),
  ]
  /// Bytes of a row.
  public static let size = 88

  /// Whether the customer had an order by the as-of day; if not, the population's expectation for
  /// somebody whose first order is on that day is given.
  public var known = false
  /// Whether a spend model was adopted; if not, expected spend and lifetime value are 0.
  public var spendKnown = false
  /// Which adoption of a model the score came from.
  public var generation: UInt32 = 0
  /// The day the score is for, since 1970-01-01 in the shop's time zone.
  public var asOfDay: Int32 = 0
  /// Day of the first order, since 1970-01-01; 0 when not known.
  public var firstOrderDay: Int32 = 0
  /// x, days with an order after the first one.
  public var repeatOrders: UInt32 = 0
  /// t_x, days from first to last order.
  public var recencyDays: Int32 = 0
  /// T, days from first order to the as-of day.
  public var ageDays: Int32 = 0
  /// m̄, mean amount of the repeat orders in major units; 0 without any.
  public var meanSpend = 0.0
  /// P(alive).
  public var aliveProbability = 0.0
  /// Probability of no order within the horizon: the churn layer's where there is one for it, else
  /// the purchase models'.
  public var churnProbability = 0.0
  /// Expected orders within the horizon.
  public var expectedOrders = 0.0
  /// Expected amount of one order, major units.
  public var expectedSpend = 0.0
  /// Discounted expected margin within the horizon, major units.
  public var lifetimeValue = 0.0
  /// Probability of no order within the horizon, by the purchase models alone.
  public var modelChurnProbability = 0.0

  /// Makes a score to be filled in.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    known = try reader.read(UInt8.self) != 0
    spendKnown = try reader.read(UInt8.self) != 0
    _ = try reader.read(UInt16.self)
    generation = try reader.read(UInt32.self)
    asOfDay = try reader.read(Int32.self)
    firstOrderDay = try reader.read(Int32.self)
    repeatOrders = try reader.read(UInt32.self)
    recencyDays = try reader.read(Int32.self)
    ageDays = try reader.read(Int32.self)
    _ = try reader.read(UInt32.self)
    meanSpend = try reader.read(Double.self)
    aliveProbability = try reader.read(Double.self)
    churnProbability = try reader.read(Double.self)
    expectedOrders = try reader.read(Double.self)
    expectedSpend = try reader.read(Double.self)
    lifetimeValue = try reader.read(Double.self)
    modelChurnProbability = try reader.read(Double.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(UInt8(known ? 1 : 0))
    out.append(UInt8(spendKnown ? 1 : 0))
    out.append(UInt16(0))
    out.append(generation)
    out.append(asOfDay)
    out.append(firstOrderDay)
    out.append(repeatOrders)
    out.append(recencyDays)
    out.append(ageDays)
    out.append(UInt32(0))
    out.append(meanSpend)
    out.append(aliveProbability)
    out.append(churnProbability)
    out.append(expectedOrders)
    out.append(expectedSpend)
    out.append(lifetimeValue)
    out.append(modelChurnProbability)
  }
}

/// The scores of many customers, in the order they were named; of a reply in parts each is such a body.
public struct ScoreManyReply: Message, Equatable, Sendable {
  public static let title = "score many reply"
  public static let fields = [
    Field("count", .u32), Field("reserved", .u32), Field("scores", .rows(ScoreReply.fields)),
  ]

  /// In the order of the request; 1 to `Limits.scoresMax`.
  public var scores: [ScoreReply]

  /// Makes the reply.
  ///
  /// - Parameter scores: in the order of the request.
  public init(scores: [ScoreReply]) { self.scores = scores }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    let count = Int(try reader.read(UInt32.self))
    guard count >= 1 && count <= Limits.scoresMax else {
      throw Refusal(
        .invalidField, at: at, "\(count) scores follow, it must be 1 to \(Limits.scoresMax)")
    }
    _ = try reader.read(UInt32.self)
    scores = []
    scores.reserveCapacity(count)
    for _ in 0..<count { scores.append(try ScoreReply(from: &reader)) }
  }

  public func write(to out: inout ByteBuffer) {
    Self.writeHead(count: scores.count, to: &out)
    for score in scores { score.write(to: &out) }
  }

  /// Writes what stands before the scores, for those who write them one by one.
  ///
  /// - Parameters:
  ///   - count: scores that follow.
  ///   - out: the outbox.
  public static func writeHead(count: Int, to out: inout ByteBuffer) {
    out.append(UInt32(count))
    out.append(UInt32(0))
  }
}
