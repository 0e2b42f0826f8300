// The bodies of the verb score interval: how sure the scores of one customer are.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks how sure expected orders and lifetime value of one customer are.
public struct ScoreIntervalRequest: Message, Equatable, Sendable {
  public static let title = "score interval request"
  public static let fields =
    ScoreTermsFields.fields + [Field("level", .f64), Field("customer", .identifier)]

  /// What is asked.
  public var terms: ScoreTermsFields
  /// The probability the intervals are to have, above 0 and below 1.
  public var level: Double
  /// Of whom.
  public var customer: String

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - terms: what is asked.
  ///   - level: the probability the intervals are to have.
  ///   - customer: identifier, 1 to 64 bytes.
  public init(terms: ScoreTermsFields, level: Double, customer: String) {
    self.terms = terms
    self.level = level
    self.customer = customer
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    terms = try ScoreTermsFields(from: &reader)
    level = try Self.readLevel(&reader)
    let at = reader.offset
    customer = try text(reader.readIdentifier("customer"), at: at)
  }

  /// Reads and checks the level.
  ///
  /// - Parameter reader: stands behind the terms; afterwards on the customer.
  /// - Returns: above 0 and below 1.
  /// - Throws: `malformed` or `invalidField` with the offset.
  public static func readLevel(_ reader: inout FrameReader) throws(Refusal) -> Double {
    let at = reader.offset
    let level = try reader.readFinite("level")
    guard level > 0 && level < 1 else {
      throw Refusal(
        .invalidField, at: at, "the level is \(level), it must be above 0 and below 1")
    }
    return level
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    terms.write(to: &out)
    out.append(level)
    try out.append(identifier: customer)
  }
}

/// Says how sure they are.
public struct ScoreIntervalReply: Message, Equatable, Sendable {
  public static let title = "score interval reply"
  public static let fields = [
    Field("generation", .u32), Field("as of day", .i32), Field("known", .u8),
    Field("value known", .u8), Field("no order", .f64), Field("expected orders", .f64),
    Field("orders low", .u32), Field("orders high", .u32), Field("lifetime value", .f64),
    Field("value low", .f64), Field("value high", .f64),
  ]

  /// Which adoption the model is.
  public var generation: UInt32 = 0
  /// The calendar day of the intervals since 1970-01-01.
  public var asOfDay: Int32 = 0
  /// Whether the customer had an order by then.
  public var known = false
  /// Whether a spend model was adopted.
  public var valueKnown = false
  /// The probability of no order within the horizon, as the distribution has it.
  public var noOrder = 0.0
  /// Expected orders within the horizon.
  public var expectedOrders = 0.0
  /// The fewest orders of the interval.
  public var ordersLow: UInt32 = 0
  /// The most orders of the interval.
  public var ordersHigh: UInt32 = 0
  /// Expected value of these orders, discounted, in major units.
  public var lifetimeValue = 0.0
  /// The least value of the interval.
  public var valueLow = 0.0
  /// The largest value of the interval.
  public var valueHigh = 0.0

  /// Makes a reply to be filled in.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    generation = try reader.read(UInt32.self)
    asOfDay = try reader.read(Int32.self)
    known = try reader.read(UInt8.self) != 0
    valueKnown = try reader.read(UInt8.self) != 0
    noOrder = try reader.read(Double.self)
    expectedOrders = try reader.read(Double.self)
    ordersLow = try reader.read(UInt32.self)
    ordersHigh = try reader.read(UInt32.self)
    lifetimeValue = try reader.read(Double.self)
    valueLow = try reader.read(Double.self)
    valueHigh = try reader.read(Double.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(generation)
    out.append(asOfDay)
    out.append(UInt8(known ? 1 : 0))
    out.append(UInt8(valueKnown ? 1 : 0))
    out.append(noOrder)
    out.append(expectedOrders)
    out.append(ordersLow)
    out.append(ordersHigh)
    out.append(lifetimeValue)
    out.append(valueLow)
    out.append(valueHigh)
  }
}
