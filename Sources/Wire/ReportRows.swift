// The rows of a report's reply, each kind behind its count, and the most of each: together they
// fit into a frame.

/// A row of a list in a report's reply.
protocol ReportRow {
  /// What the list is called.
  static var title: StaticString { get }
  /// The most rows.
  static var most: Int { get }
  /// The fields of one.
  static var rowFields: [Field] { get }
  init(from reader: inout FrameReader) throws(Refusal)
  func write(to out: inout ByteBuffer)
}

extension ReportRow {
  /// The count and the rows, as fields.
  static var list: [Field] {
    [Field("count", .u32), Field("\(title)", .rows(rowFields))]
  }

  static func readAll(_ reader: inout FrameReader) throws(Refusal) -> [Self] {
    let at = reader.offset
    let count = try reader.read(UInt32.self)
    guard count <= most else {
      throw Refusal(.invalidField, at: at, "\(count) \(title) are more than \(most)")
    }
    var rows: [Self] = []
    for _ in 0..<count { rows.append(try Self(from: &reader)) }
    return rows
  }

  static func write(_ rows: [Self], to out: inout ByteBuffer) {
    precondition(rows.count <= most, "a report keeps to the limits of its lists")
    out.append(UInt32(rows.count))
    for row in rows { row.write(to: &out) }
  }
}

extension ReportReply {
  /// What the model says of customers with one history.
  public struct Cell: ReportRow, Equatable, Sendable {
    static let title: StaticString = "cells"
    /// The most cells: twelve recencies of twelve numbers of orders.
    public static let most = 144
    static let rowFields = [
      Field("repeat orders", .u32), Field("recency", .u32), Field("alive", .f64),
      Field("expected orders", .f64),
    ]

    /// x.
    public var repeatOrders: UInt32
    /// t_x in days.
    public var recencyDays: UInt32
    /// The probability that they will ever order again.
    public var aliveProbability: Double
    /// Orders expected of them within the horizon.
    public var expectedOrders: Double

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - repeatOrders: x.
    ///   - recencyDays: t_x in days.
    ///   - aliveProbability: 0 to 1.
    ///   - expectedOrders: within the horizon.
    public init(
      repeatOrders: UInt32, recencyDays: UInt32, aliveProbability: Double, expectedOrders: Double
    ) {
      self.repeatOrders = repeatOrders
      self.recencyDays = recencyDays
      self.aliveProbability = aliveProbability
      self.expectedOrders = expectedOrders
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      repeatOrders = try reader.read(UInt32.self)
      recencyDays = try reader.read(UInt32.self)
      aliveProbability = try reader.read(Double.self)
      expectedOrders = try reader.read(Double.self)
    }

    func write(to out: inout ByteBuffer) {
      out.append(repeatOrders)
      out.append(recencyDays)
      out.append(aliveProbability)
      out.append(expectedOrders)
    }
  }

  /// All repeat orders up to the end of a week.
  public struct Week: ReportRow, Equatable, Sendable {
    static let title: StaticString = "weeks"
    /// The most weeks: all from 1970 to 2149, and two that are not whole.
    public static let most = Limits.dayMax / 7 + 2
    static let rowFields = [
      Field("day", .i32), Field("actual", .f64), Field("expected", .f64),
    ]

    /// The week's last day since 1970-01-01.
    public var day: Int32
    /// Repeat orders that were made.
    public var actual: Double
    /// Repeat orders that were expected.
    public var expected: Double

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - day: the week's last day since 1970-01-01.
    ///   - actual: repeat orders that were made.
    ///   - expected: repeat orders that were expected.
    public init(day: Int32, actual: Double, expected: Double) {
      self.day = day
      self.actual = actual
      self.expected = expected
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      day = try reader.read(Int32.self)
      actual = try reader.read(Double.self)
      expected = try reader.read(Double.self)
    }

    func write(to out: inout ByteBuffer) {
      out.append(day)
      out.append(actual)
      out.append(expected)
    }
  }

  /// Customers whose lifetime value lies between this edge and the next; the last bin is open.
  public struct Bin: ReportRow, Equatable, Sendable {
    static let title: StaticString = "bins"
    /// The most bins, the open one included.
    public static let most = 32
    static let rowFields = [Field("lower edge", .f64), Field("customers in bin", .u64)]

    /// In major units.
    public var lowerEdge: Double
    /// How many.
    public var customers: UInt64

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - lowerEdge: in major units.
    ///   - customers: how many.
    public init(lowerEdge: Double, customers: UInt64) {
      self.lowerEdge = lowerEdge
      self.customers = customers
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      lowerEdge = try reader.read(Double.self)
      customers = try reader.read(UInt64.self)
    }

    func write(to out: inout ByteBuffer) {
      out.append(lowerEdge)
      out.append(customers)
    }
  }

  /// A day on which the chosen customer ordered.
  public struct OrderDay: ReportRow, Equatable, Sendable {
    static let title: StaticString = "order days"
    /// The most days with an order; of more the latest are drawn.
    public static let most = 1_000
    static let rowFields = [Field("order day", .i32)]

    /// Days since 1970-01-01.
    public var day: Int32

    /// Makes one.
    ///
    /// - Parameter day: days since 1970-01-01.
    public init(day: Int32) { self.day = day }

    init(from reader: inout FrameReader) throws(Refusal) { day = try reader.read(Int32.self) }

    func write(to out: inout ByteBuffer) { out.append(day) }
  }

  /// What the model said of the chosen customer on a day.
  public struct Point: ReportRow, Equatable, Sendable {
    static let title: StaticString = "life"
    /// The most points: 400 spread over the life, and two for each order.
    public static let most = 401 + 2 * OrderDay.most
    static let rowFields = [Field("day", .i32), Field("alive", .f64)]

    /// Days since 1970-01-01; a day with an order is there twice, before and after it.
    public var day: Int32
    /// The probability that the customer would ever order again.
    public var aliveProbability: Double

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - day: days since 1970-01-01.
    ///   - aliveProbability: 0 to 1.
    public init(day: Int32, aliveProbability: Double) {
      self.day = day
      self.aliveProbability = aliveProbability
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      day = try reader.read(Int32.self)
      aliveProbability = try reader.read(Double.self)
    }

    func write(to out: inout ByteBuffer) {
      out.append(day)
      out.append(aliveProbability)
    }
  }

  /// Customers of one first month who ordered in a later one.
  public struct Cohort: ReportRow, Equatable, Sendable {
    static let title: StaticString = "cohorts"
    /// The most first months, the latest.
    public static let monthsMax = 24
    /// The most rows: each first month with all months up to the as-of day's.
    public static let most = monthsMax * (monthsMax + 1) / 2
    static let rowFields = [
      Field("year", .u16), Field("month", .u8), Field("months since", .u8),
      Field("customers who ordered", .u64),
    ]

    /// Of the first order.
    public var year: UInt16
    /// Of the first order, 1 to 12.
    public var month: UInt8
    /// Calendar months after that of the first order; in 0 all of them ordered.
    public var monthsSince: UInt8
    /// How many of them ordered in that month.
    public var customers: UInt64

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - year: of the first order.
    ///   - month: of the first order, 1 to 12.
    ///   - monthsSince: calendar months after it.
    ///   - customers: how many ordered in that month.
    public init(year: UInt16, month: UInt8, monthsSince: UInt8, customers: UInt64) {
      self.year = year
      self.month = month
      self.monthsSince = monthsSince
      self.customers = customers
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      year = try reader.read(UInt16.self)
      let at = reader.offset
      month = try reader.read(UInt8.self)
      guard month >= 1 && month <= 12 else {
        throw Refusal(.invalidField, at: at, "month is \(month), it must be 1 to 12")
      }
      monthsSince = try reader.read(UInt8.self)
      customers = try reader.read(UInt64.self)
    }

    func write(to out: inout ByteBuffer) {
      out.append(year)
      out.append(month)
      out.append(monthsSince)
      out.append(customers)
    }
  }
}
