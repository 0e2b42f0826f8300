// The bodies of the verb select customers: whom a condition holds for, and what is told of them.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks whom a condition holds for.
public struct SelectRequest: Message, Equatable, Sendable {
  public static let title = "select customers request"
  public static let fields =
    ScanTerms.fields + [
      Field("limit", .u64), Field("descending", .u8), Field("order by", .name),
      Field("condition", .text), Field("count", .u8),
      Field("columns", .rows([Field("column", .sentence)])),
    ]

  /// Where the name that is ordered by stands in the body.
  public static let orderOffset = 8 * 4 + 8 + 1

  /// Of which instant, and how customers are scored.
  public var terms = ScanTerms()
  /// How many customers at most; 0 means all.
  public var limit: UInt64 = 0
  /// Whether the largest of what is ordered by come first.
  public var isDescending = false
  /// A number or a day by which they are ordered; empty for the order in which they were recorded.
  public var orderBy = ""
  /// Whom it is about, as README.md describes conditions; empty for everybody.
  public var condition: String
  /// What is told of each: `customer`, a field of conditions, or `best_offer(channel)`, also
  /// `best_offer(channel, placement)`; at most ``Limits/selectColumnsMax``.
  public var columns: [String]

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - condition: whom it is about; empty for everybody.
  ///   - columns: what is told of each.
  public init(condition: String, columns: [String]) {
    self.condition = condition
    self.columns = columns
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    terms = try ScanTerms(from: &reader)
    limit = try reader.read(UInt64.self)
    let at = reader.offset
    let descending = try reader.readUInt8()
    guard descending <= 1 else {
      throw Refusal(.invalidField, at: at, "descending is \(descending), it must be 0 or 1")
    }
    isDescending = descending == 1
    orderBy = try reader.readName("order by")
    condition = try reader.readCondition()
    columns = try reader.readNames("column", most: Limits.selectColumnsMax)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    terms.write(to: &out)
    out.append(limit)
    out.append(UInt8(isDescending ? 1 : 0))
    out.append(name: orderBy)
    try out.append(longText: condition)
    try out.append(names: columns)
  }
}

/// Some of the customers, and how far the search has come.
public struct SelectReply: Message, Equatable, Sendable {
  public static let title = "select customers reply"
  public static let fields = [
    Field("scanned", .u64), Field("customers", .u64), Field("found", .u64),
    Field("as of day", .i32),
    Field("rows", .u32), Field("count", .u8), Field("columns", .rows(ColumnValues.fields)),
  ]

  /// Customers that were looked at.
  public var scanned: UInt64 = 0
  /// Customers that there are.
  public var customers: UInt64 = 0
  /// Customers the condition holds for among those that were looked at.
  public var found: UInt64 = 0
  /// The day it is about, since 1970-01-01 in the shop's time zone.
  public var asOfDay: Int32 = 0
  /// What is told of the customers of this part, each column with as many values as the others.
  public var columns: [ColumnValues] = []

  /// Makes a part without a customer.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    scanned = try reader.read(UInt64.self)
    customers = try reader.read(UInt64.self)
    found = try reader.read(UInt64.self)
    asOfDay = try reader.read(Int32.self)
    let rows = Int(try reader.read(UInt32.self))
    let at = reader.offset
    let count = Int(try reader.readUInt8())
    guard count <= Limits.selectColumnsMax, rows == 0 || count > 0 else {
      throw Refusal(.invalidField, at: at, "a part has \(count) columns for \(rows) customers")
    }
    // A customer has a byte in a column at least.
    guard rows <= reader.remaining else { throw reader.endsEarly(rows) }
    for _ in 0..<count { columns.append(try ColumnValues(from: &reader, count: rows)) }
  }

  public func write(to out: inout ByteBuffer) {
    writeHead(rows: columns.first?.count ?? 0, columns: columns.count, to: &out)
    for column in columns { column.write(to: &out) }
  }

  /// Writes what stands before the columns, for those who write them one by one.
  ///
  /// - Parameters:
  ///   - rows: customers of this part.
  ///   - count: columns that follow.
  ///   - out: where it is appended.
  public func writeHead(rows: Int, columns count: Int, to out: inout ByteBuffer) {
    out.append(scanned)
    out.append(customers)
    out.append(found)
    out.append(asOfDay)
    out.append(UInt32(rows))
    out.append(UInt8(count))
  }
}
