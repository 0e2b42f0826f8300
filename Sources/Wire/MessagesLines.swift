// The body of the verb record order lines: what an order consists of.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// One row of record order lines, borrowed from its frame.
public struct OrderLineRow: ~Escapable {
  static let fields = [
    Field("customer", .identifier), Field("order", .identifier), Field("line", .u16),
    Field("category", .identifier), Field("quantity", .u32), Field("amount", .i64),
  ]
  /// The customer's identifier.
  public let customer: RawSpan
  /// The identifier of an order that was recorded before.
  public let order: RawSpan
  /// Which line of the order.
  public let line: UInt16
  /// The category, 1 to 64 bytes of UTF-8.
  public let category: RawSpan
  /// At least 1.
  public let quantity: UInt32
  /// Minor units, 0 … `Limits.amountMax`.
  public let amountMinor: Int64

  /// Reads a row.
  ///
  /// - Parameter reader: stands on the row's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  @_lifetime(copy reader)
  public init(from reader: inout FrameReader) throws(Refusal) {
    let customer = try reader.readIdentifier("customer")
    let order = try reader.readIdentifier("order")
    let line = try reader.read(UInt16.self)
    let categoryAt = reader.offset
    let category = try reader.readIdentifier("category")
    // Categories come back in replies, as names, which are text.
    _ = try text(category, at: categoryAt)
    let quantityAt = reader.offset
    let quantity = try reader.read(UInt32.self)
    guard quantity >= 1 else {
      throw Refusal(.invalidField, at: quantityAt, "the quantity is 0, it must be at least 1")
    }
    let amountAt = reader.offset
    let amountMinor = try reader.read(Int64.self)
    guard amountMinor >= 0 && amountMinor <= Limits.amountMax else {
      throw Refusal(
        .invalidField, at: amountAt,
        "the amount is \(amountMinor), it must be 0 to \(Limits.amountMax) minor units")
    }
    self.customer = customer
    self.order = order
    self.line = line
    self.category = category
    self.quantity = quantity
    self.amountMinor = amountMinor
  }
}

/// A batch of order lines as a value.
public struct RecordOrderLinesRequest: Message, Equatable, Sendable {
  public static let title = "record order lines request"
  public static let fields = BatchHead.fields + [Field("lines", .rows(OrderLineRow.fields))]

  /// One line of an order.
  public struct Line: RowValue, Equatable, Sendable {
    /// The customer's identifier, 1 to 64 bytes.
    public var customer: String
    /// The identifier of an order that was recorded before.
    public var order: String
    /// Which line of the order.
    public var line: UInt16
    /// The category, 1 to 64 bytes.
    public var category: String
    /// At least 1.
    public var quantity: UInt32
    /// Minor units, not negative.
    public var amountMinor: Int64

    /// Makes a line.
    ///
    /// - Parameters:
    ///   - customer: identifier, 1 to 64 bytes.
    ///   - order: identifier of an order that was recorded before.
    ///   - line: which line of the order.
    ///   - category: 1 to 64 bytes.
    ///   - quantity: at least 1.
    ///   - amountMinor: minor units, not negative.
    public init(
      customer: String, order: String, line: UInt16, category: String, quantity: UInt32 = 1,
      amountMinor: Int64
    ) {
      self.customer = customer
      self.order = order
      self.line = line
      self.category = category
      self.quantity = quantity
      self.amountMinor = amountMinor
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      let at = reader.offset
      let row = try OrderLineRow(from: &reader)
      let orderAt = at + 1 + row.customer.byteCount
      customer = try text(row.customer, at: at)
      order = try text(row.order, at: orderAt)
      line = row.line
      category = try text(row.category, at: orderAt + 3 + row.order.byteCount)
      quantity = row.quantity
      amountMinor = row.amountMinor
    }

    func write(to out: inout ByteBuffer) throws(Refusal) {
      try out.append(identifier: customer)
      try out.append(identifier: order)
      out.append(line)
      try out.append(identifier: category)
      out.append(quantity)
      out.append(amountMinor)
    }
  }

  /// The command's key.
  public var key: CommandKey
  /// ISO 4217, three capital letters.
  public var currency: String
  /// Digits behind the decimal point.
  public var minorDigits: UInt8
  /// The rows.
  public var lines: [Line]

  /// Makes a batch.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - currency: ISO 4217.
  ///   - minorDigits: digits behind the decimal point.
  ///   - lines: 1 to `Limits.rowsMax` rows.
  public init(key: CommandKey = .none, currency: String, minorDigits: UInt8, lines: [Line]) {
    self.key = key
    self.currency = currency
    self.minorDigits = minorDigits
    self.lines = lines
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let head = try BatchHead(from: &reader)
    (key, currency, minorDigits) = (head.key, head.currency, head.minorDigits)
    lines = try reader.readRows(head.count)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    BatchHead(key: key, currency: currency, minorDigits: minorDigits, count: lines.count)
      .write(to: &out)
    for line in lines { try line.write(to: &out) }
  }
}

/// What a customer bought of a category.
public struct BoughtCategory: RowValue, Equatable, Sendable {
  static let fields = [
    Field("category", .name), Field("quantity", .u64), Field("amount", .i64),
    Field("last day", .i32),
  ]

  /// The category.
  public var category: String
  /// Of all lines.
  public var quantity: UInt64
  /// Of all lines, minor units.
  public var amountMinor: Int64
  /// Day of the last order with it, since 1970-01-01.
  public var lastDay: Int32

  /// Makes a sum.
  ///
  /// - Parameters:
  ///   - category: the category.
  ///   - quantity: of all lines.
  ///   - amountMinor: of all lines, minor units.
  ///   - lastDay: of the last order with it, since 1970-01-01.
  public init(category: String, quantity: UInt64, amountMinor: Int64, lastDay: Int32) {
    self.category = category
    self.quantity = quantity
    self.amountMinor = amountMinor
    self.lastDay = lastDay
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    category = try reader.readName("category")
    quantity = try reader.read(UInt64.self)
    amountMinor = try reader.read(Int64.self)
    lastDay = try reader.read(Int32.self)
  }

  func write(to out: inout ByteBuffer) {
    out.append(name: category)
    out.append(quantity)
    out.append(amountMinor)
    out.append(lastDay)
  }
}
