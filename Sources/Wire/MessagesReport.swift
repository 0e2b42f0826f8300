// The bodies of the verb report: what the pictures of a report are drawn from.
// The rows they consist of are in ReportRows.swift.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks for the figures of a report.
public struct ReportRequest: Message, Equatable, Sendable {
  public static let title = "report request"
  public static let fields = [
    Field("as of", .i64), Field("holdout from", .i64), Field("horizon", .f64),
    Field("customer", .name),
  ]

  /// Orders up to the shop's calendar day of this time are looked at; 0 means the newest order's
  /// day.
  public var asOfMicros: Int64
  /// The model is held against the orders after the calendar day of this time; 0 means the last
  /// quarter of the shop's history.
  public var holdoutFromMicros: Int64
  /// Days ahead that orders and lifetime value are expected in, above 0 and at most
  /// `Limits.horizonDaysMax`.
  public var horizonDays: Double
  /// Whose life is drawn; empty for the customer with the most repeat orders.
  public var customer: String

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - asOfMicros: microseconds since 1970 UTC, or 0.
  ///   - holdoutFromMicros: microseconds since 1970 UTC, or 0.
  ///   - horizonDays: days ahead.
  ///   - customer: an identifier, or empty.
  public init(
    asOfMicros: Int64 = 0, holdoutFromMicros: Int64 = 0, horizonDays: Double = 365.25,
    customer: String = ""
  ) {
    self.asOfMicros = asOfMicros
    self.holdoutFromMicros = holdoutFromMicros
    self.horizonDays = horizonDays
    self.customer = customer
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    asOfMicros = try reader.read(Int64.self)
    holdoutFromMicros = try reader.read(Int64.self)
    let at = reader.offset
    horizonDays = try reader.readFinite("horizon")
    guard horizonDays > 0 && horizonDays <= Limits.horizonDaysMax else {
      throw Refusal(
        .invalidField, at: at,
        "the horizon is \(horizonDays) days, it must be above 0 and at most "
          + "\(Limits.horizonDaysMax)")
    }
    customer = try reader.readName("customer")
  }

  public func write(to out: inout ByteBuffer) {
    out.append(asOfMicros)
    out.append(holdoutFromMicros)
    out.append(horizonDays)
    out.append(name: customer)
  }
}

/// The figures of a report.
public struct ReportReply: Message, Equatable, Sendable {
  public static let title = "report reply"
  public static let fields =
    [
      Field("generation", .u32), Field("as of day", .i32), Field("customers", .u64),
      Field("orders", .u64), Field("currency", .name), Field("warnings", .sentence),
    ] + ModelFields.fields + HoldoutFields.fields + [
      Field("horizon", .f64), Field("age", .f64),
    ] + Cell.list + Week.list + [
      Field("median value", .f64), Field("mean value", .f64),
    ] + Bin.list + [Field("customer", .name)] + OrderDay.list + Point.list + Cohort.list

  /// Which adoption the model is.
  public var generation: UInt32 = 0
  /// Orders up to this day since 1970-01-01 were looked at.
  public var asOfDay: Int32 = 0
  /// Customers with an order by then.
  public var customers: UInt64 = 0
  /// Orders recorded by then, returned ones included.
  public var orders: UInt64 = 0
  /// The shop's currency, ISO 4217.
  public var currency = ""
  /// Plain sentences, one a line.
  public var warnings = ""
  /// The adopted models.
  public var model: ModelFields
  /// How the model's kind, fitted to the orders up to a cut, foretold those after it, up to the
  /// as-of day; nil where the shop is too young.
  public var holdout: HoldoutFields?
  /// Days ahead that orders and lifetime value are expected in.
  public var horizonDays = 0.0
  /// Days since the first order of the customers the cells are about: the median.
  public var ageDays = 0.0
  /// What the adopted model says of such customers, by repeat orders, then recency.
  public var cells: [Cell] = []
  /// Repeat orders of the customers who had joined by the cut, week by week.
  public var weeks: [Week] = []
  /// Of the lifetime values, in major units; 0 without bins.
  public var medianValue = 0.0
  /// Of the lifetime values, in major units; 0 without bins.
  public var meanValue = 0.0
  /// How many customers are worth how much; empty without a spend model.
  public var bins: [Bin] = []
  /// Whose life follows.
  public var customer = ""
  /// The days with an order that are drawn: the latest.
  public var orderDays: [OrderDay] = []
  /// The customer's alive probability through time.
  public var life: [Point] = []
  /// Who came back, by month of the first order, then months since.
  public var cohorts: [Cohort] = []

  /// The last day the model that was held against later orders has seen; nil without a hold-out.
  public var cutDay: Int32? { holdout.map { asOfDay - Int32(clamping: $0.days) } }

  /// Makes a reply to be filled in.
  ///
  /// - Parameter model: the adopted models.
  public init(model: ModelFields) { self.model = model }

  public init(from reader: inout FrameReader) throws(Refusal) {
    generation = try reader.read(UInt32.self)
    asOfDay = try reader.read(Int32.self)
    customers = try reader.read(UInt64.self)
    orders = try reader.read(UInt64.self)
    currency = try reader.readName("currency")
    warnings = try reader.readSentence("warnings")
    model = try ModelFields(from: &reader)
    let holdout = try HoldoutFields(from: &reader)
    self.holdout = holdout.days > 0 ? holdout : nil
    horizonDays = try reader.read(Double.self)
    ageDays = try reader.read(Double.self)
    cells = try Cell.readAll(&reader)
    weeks = try Week.readAll(&reader)
    medianValue = try reader.read(Double.self)
    meanValue = try reader.read(Double.self)
    bins = try Bin.readAll(&reader)
    customer = try reader.readName("customer")
    orderDays = try OrderDay.readAll(&reader)
    life = try Point.readAll(&reader)
    cohorts = try Cohort.readAll(&reader)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(generation)
    out.append(asOfDay)
    out.append(customers)
    out.append(orders)
    out.append(name: currency)
    out.append(sentence: warnings)
    model.write(to: &out)
    (holdout ?? HoldoutFields()).write(to: &out)
    out.append(horizonDays)
    out.append(ageDays)
    Cell.write(cells, to: &out)
    Week.write(weeks, to: &out)
    out.append(medianValue)
    out.append(meanValue)
    Bin.write(bins, to: &out)
    out.append(name: customer)
    OrderDay.write(orderDays, to: &out)
    Point.write(life, to: &out)
    Cohort.write(cohorts, to: &out)
  }
}
