// The bodies of the verb forecast: a whole shop's orders and revenue, week by week.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks for a forecast.
public struct ForecastRequest: Message, Equatable, Sendable {
  public static let title = "forecast request"
  public static let fields = [Field("as of", .i64), Field("weeks", .u16)]

  /// Orders up to the shop's calendar day of this time are looked at; 0 means the newest order's day.
  public var asOfMicros: Int64
  /// How many weeks to look ahead, 1 to `Limits.forecastWeeksMax`.
  public var weeks: UInt16

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - asOfMicros: microseconds since 1970 UTC, or 0.
  ///   - weeks: 1 to `Limits.forecastWeeksMax`.
  public init(asOfMicros: Int64 = 0, weeks: UInt16 = 52) {
    self.asOfMicros = asOfMicros
    self.weeks = weeks
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    asOfMicros = try reader.read(Int64.self)
    let at = reader.offset
    weeks = try reader.read(UInt16.self)
    guard (1...Limits.forecastWeeksMax).contains(Int(weeks)) else {
      throw Refusal(
        .invalidField, at: at,
        "\(weeks) weeks are asked for, it must be 1 to \(Limits.forecastWeeksMax)")
    }
  }

  public func write(to out: inout ByteBuffer) {
    out.append(asOfMicros)
    out.append(weeks)
  }
}

/// What is foretold.
public struct ForecastReply: Message, Equatable, Sendable {
  public static let title = "forecast reply"
  public static let fields = [
    Field("generation", .u32), Field("as of day", .i32), Field("orders", .f64),
    Field("orders low", .f64), Field("orders high", .f64), Field("revenue known", .u8),
    Field("revenue", .f64), Field("revenue low", .f64), Field("revenue high", .f64),
    Field("weeks within", .u32), Field("weeks judged", .u32), Field("cuts", .u32),
    Field("dispersion", .f64), Field("level variance", .f64), Field("warnings", .sentence),
    Field("count", .u16),
    Field(
      "weeks",
      .rows([
        Field("last day", .i32), Field("present orders", .f64), Field("first orders", .f64),
        Field("later orders", .f64), Field("orders low", .f64), Field("orders high", .f64),
        Field("revenue", .f64), Field("revenue low", .f64), Field("revenue high", .f64),
      ])),
    Field("count", .u16), Field("past", .rows([Field("orders", .f64)])),
  ]

  /// A number with the interval in which it will lie with probability 0.9.
  public struct Range: Equatable, Sendable {
    /// The expectation.
    public var expected = 0.0
    /// In one case of twenty it will be lower.
    public var low = 0.0
    /// In one case of twenty it will be higher.
    public var high = 0.0

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - expected: the expectation.
    ///   - low: the lower bound.
    ///   - high: the upper bound.
    public init(expected: Double = 0, low: Double = 0, high: Double = 0) {
      self.expected = expected
      self.low = low
      self.high = high
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      expected = try reader.read(Double.self)
      low = try reader.read(Double.self)
      high = try reader.read(Double.self)
    }

    func write(to out: inout ByteBuffer) {
      out.append(expected)
      out.append(low)
      out.append(high)
    }
  }

  /// One week.
  public struct Week: Equatable, Sendable {
    /// Its last day since 1970-01-01.
    public var lastDay: Int32
    /// Orders expected of those who are customers already.
    public var presentOrders: Double
    /// Customers expected to come, each with a first order.
    public var firstOrders: Double
    /// Repeat orders expected of customers still to come.
    public var laterOrders: Double
    /// The bounds of all orders.
    public var ordersLow: Double
    /// The bounds of all orders.
    public var ordersHigh: Double
    /// Revenue in major units; 0 where it is not known.
    public var revenue: Range

    /// All orders of the week.
    public var orders: Double { presentOrders + firstOrders + laterOrders }

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - lastDay: its last day since 1970-01-01.
    ///   - presentOrders: of those who are customers already.
    ///   - firstOrders: customers to come.
    ///   - laterOrders: repeat orders of customers to come.
    ///   - ordersLow: lower bound of all orders.
    ///   - ordersHigh: upper bound of all orders.
    ///   - revenue: in major units.
    public init(
      lastDay: Int32, presentOrders: Double, firstOrders: Double, laterOrders: Double,
      ordersLow: Double, ordersHigh: Double, revenue: Range
    ) {
      self.lastDay = lastDay
      self.presentOrders = presentOrders
      self.firstOrders = firstOrders
      self.laterOrders = laterOrders
      self.ordersLow = ordersLow
      self.ordersHigh = ordersHigh
      self.revenue = revenue
    }
  }

  /// Which adoption the model is.
  public var generation: UInt32 = 0
  /// Orders up to this day since 1970-01-01 were looked at.
  public var asOfDay: Int32 = 0
  /// All weeks together.
  public var orders = Range()
  /// The revenue of all weeks together; nil where nothing is known of amounts.
  public var revenue: Range?
  /// Past weeks that lay within the interval that would have been given of them.
  public var weeksWithin: UInt32 = 0
  /// Past weeks that were judged; 0 where the history is too short.
  public var weeksJudged: UInt32 = 0
  /// From how many days of the past they were foretold.
  public var cuts: UInt32 = 0
  /// How much more orders of a week vary than a Poisson count.
  public var dispersion = 1.0
  /// The variance of the logarithm of the level a year ahead.
  public var levelVariance = 0.0
  /// Plain sentences, one a line.
  public var warnings = ""
  /// The weeks to come.
  public var weeks: [Week] = []
  /// Orders of the weeks before, the last one last.
  public var past: [Double] = []

  /// Makes a forecast to be filled in.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    generation = try reader.read(UInt32.self)
    asOfDay = try reader.read(Int32.self)
    orders = try Range(from: &reader)
    let known = try reader.read(UInt8.self) != 0
    let revenue = try Range(from: &reader)
    self.revenue = known ? revenue : nil
    weeksWithin = try reader.read(UInt32.self)
    weeksJudged = try reader.read(UInt32.self)
    cuts = try reader.read(UInt32.self)
    dispersion = try reader.read(Double.self)
    levelVariance = try reader.read(Double.self)
    warnings = try reader.readSentence("warnings")
    for _ in 0..<(try Self.count(&reader)) {
      weeks.append(
        Week(
          lastDay: try reader.read(Int32.self), presentOrders: try reader.read(Double.self),
          firstOrders: try reader.read(Double.self), laterOrders: try reader.read(Double.self),
          ordersLow: try reader.read(Double.self), ordersHigh: try reader.read(Double.self),
          revenue: try Range(from: &reader)))
    }
    for _ in 0..<(try Self.count(&reader)) { past.append(try reader.read(Double.self)) }
  }

  private static func count(_ reader: inout FrameReader) throws(Refusal) -> Int {
    let at = reader.offset
    let count = Int(try reader.read(UInt16.self))
    guard count <= Limits.forecastWeeksMax else {
      throw Refusal(
        .invalidField, at: at, "\(count) weeks are more than \(Limits.forecastWeeksMax)")
    }
    return count
  }

  public func write(to out: inout ByteBuffer) {
    out.append(generation)
    out.append(asOfDay)
    orders.write(to: &out)
    out.append(UInt8(revenue == nil ? 0 : 1))
    (revenue ?? Range()).write(to: &out)
    out.append(weeksWithin)
    out.append(weeksJudged)
    out.append(cuts)
    out.append(dispersion)
    out.append(levelVariance)
    out.append(sentence: warnings)
    out.append(UInt16(weeks.count))
    for week in weeks {
      out.append(week.lastDay)
      out.append(week.presentOrders)
      out.append(week.firstOrders)
      out.append(week.laterOrders)
      out.append(week.ordersLow)
      out.append(week.ordersHigh)
      week.revenue.write(to: &out)
    }
    out.append(UInt16(past.count))
    for orders in past { out.append(orders) }
  }
}
