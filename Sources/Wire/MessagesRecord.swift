// The bodies of the verbs record orders and record returns. The two batches are read in two ways:
// the engine takes row after row without copying (`OrderRow`, `ReturnRow`); clients and tests hold
// whole batches as values.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What stands before the rows of a batch: the command's key, the currency, and how many rows.
public struct BatchHead: Equatable, Sendable {
  static let fields =
    CommandKey.fields + [
      Field("currency", .name), Field("minor digits", .u8), Field("count", .u32),
    ]

  /// The command's key.
  public var key: CommandKey
  /// ISO 4217, three capital letters.
  public var currency: String
  /// Digits behind the decimal point.
  public var minorDigits: UInt8
  /// Rows that follow.
  public var count: Int

  /// Makes a head.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - currency: ISO 4217.
  ///   - minorDigits: digits behind the decimal point.
  ///   - count: rows that follow.
  public init(key: CommandKey, currency: String, minorDigits: UInt8, count: Int) {
    self.key = key
    self.currency = currency
    self.minorDigits = minorDigits
    self.count = count
  }

  /// Reads a head.
  ///
  /// - Parameter reader: stands on the body's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
    var at = reader.offset
    currency = try reader.readName("currency")
    guard currency.utf8.count == 3, currency.utf8.allSatisfy({ (65...90).contains($0) }) else {
      throw Refusal(
        .invalidField, at: at, "the currency must be three capital letters such as EUR")
    }
    at = reader.offset
    minorDigits = try reader.read(UInt8.self)
    guard minorDigits <= Limits.minorDigitsMax else {
      throw Refusal(
        .invalidField, at: at,
        "minor digits are \(minorDigits), at most \(Limits.minorDigitsMax) are kept")
    }
    count = try reader.readRowCount()
  }

  func write(to out: inout ByteBuffer) {
    key.write(to: &out)
    out.append(name: currency)
    out.append(minorDigits)
    out.append(UInt32(count))
  }
}

/// One row of record orders, borrowed from its frame.
public struct OrderRow: ~Escapable {
  static let fields = [
    Field("customer", .identifier), Field("order", .identifier), Field("time", .i64),
    Field("amount", .i64),
  ]
  /// The customer's identifier.
  public let customer: RawSpan
  /// The order's identifier, unique within its customer.
  public let order: RawSpan
  /// Microseconds since 1970 UTC.
  public let timeMicros: Int64
  /// Minor units, 0 … `Limits.amountMax`; a free order is 0.
  public let amountMinor: Int64

  /// Reads a row.
  ///
  /// - Parameter reader: stands on the row's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  @_lifetime(copy reader)
  public init(from reader: inout FrameReader) throws(Refusal) {
    let customer = try reader.readIdentifier("customer")
    let order = try reader.readIdentifier("order")
    let timeMicros = try reader.read(Int64.self)
    let at = reader.offset
    let amountMinor = try reader.read(Int64.self)
    guard amountMinor >= 0 && amountMinor <= Limits.amountMax else {
      throw Refusal(
        .invalidField, at: at,
        "the amount is \(amountMinor), it must be 0 to \(Limits.amountMax) minor units; "
          + "what comes back is recorded as a return")
    }
    self.customer = customer
    self.order = order
    self.timeMicros = timeMicros
    self.amountMinor = amountMinor
  }
}

/// A batch of orders as a value.
public struct RecordOrdersRequest: Message, Equatable, Sendable {
  public static let title = "record orders request"
  public static let fields = BatchHead.fields + [Field("orders", .rows(OrderRow.fields))]

  /// One order of a batch.
  public struct Order: Equatable, Sendable {
    /// The customer's identifier, 1 to 64 bytes.
    public var customer: String
    /// The order's identifier, 1 to 64 bytes, unique within its customer.
    public var order: String
    /// Microseconds since 1970 UTC.
    public var timeMicros: Int64
    /// Minor units, not negative.
    public var amountMinor: Int64

    /// Makes an order.
    ///
    /// - Parameters:
    ///   - customer: identifier, 1 to 64 bytes.
    ///   - order: identifier, 1 to 64 bytes.
    ///   - timeMicros: microseconds since 1970 UTC.
    ///   - amountMinor: minor units, not negative.
    public init(customer: String, order: String, timeMicros: Int64, amountMinor: Int64) {
      self.customer = customer
      self.order = order
      self.timeMicros = timeMicros
      self.amountMinor = amountMinor
    }

    /// Bytes of the row on the wire.
    public var size: Int { 18 + customer.utf8.count + order.utf8.count }
  }

  /// The command's key.
  public var key: CommandKey
  /// ISO 4217, three capital letters.
  public var currency: String
  /// Digits behind the decimal point.
  public var minorDigits: UInt8
  /// The rows.
  public var orders: [Order]

  /// Makes a batch.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - currency: ISO 4217.
  ///   - minorDigits: digits behind the decimal point.
  ///   - orders: 1 to `Limits.rowsMax` rows.
  public init(
    key: CommandKey = .none, currency: String, minorDigits: UInt8, orders: [Order]
  ) {
    self.key = key
    self.currency = currency
    self.minorDigits = minorDigits
    self.orders = orders
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let head = try BatchHead(from: &reader)
    key = head.key
    currency = head.currency
    minorDigits = head.minorDigits
    orders = []
    for _ in 0..<head.count {
      let at = reader.offset
      let row = try OrderRow(from: &reader)
      orders.append(
        Order(
          customer: try text(row.customer, at: at),
          order: try text(row.order, at: at + 1 + row.customer.byteCount),
          timeMicros: row.timeMicros, amountMinor: row.amountMinor))
    }
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    BatchHead(key: key, currency: currency, minorDigits: minorDigits, count: orders.count)
      .write(to: &out)
    for order in orders {
      try out.append(identifier: order.customer)
      try out.append(identifier: order.order)
      out.append(order.timeMicros)
      out.append(order.amountMinor)
    }
  }
}

/// One row of record returns, borrowed from its frame.
public struct ReturnRow: ~Escapable {
  static let fields = [
    Field("customer", .identifier), Field("order", .identifier), Field("return", .identifier),
    Field("time", .i64), Field("amount", .i64),
  ]
  /// The customer's identifier.
  public let customer: RawSpan
  /// The identifier of the order that comes back.
  public let order: RawSpan
  /// The return's own identifier, unique within its order.
  public let returned: RawSpan
  /// Microseconds since 1970 UTC.
  public let timeMicros: Int64
  /// Minor units, positive; 0 returns all that is left of the order.
  public let amountMinor: Int64

  /// Reads a row.
  ///
  /// - Parameter reader: stands on the row's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  @_lifetime(copy reader)
  public init(from reader: inout FrameReader) throws(Refusal) {
    let customer = try reader.readIdentifier("customer")
    let order = try reader.readIdentifier("order")
    let returned = try reader.readIdentifier("return")
    let timeMicros = try reader.read(Int64.self)
    let at = reader.offset
    let amountMinor = try reader.read(Int64.self)
    guard amountMinor >= 0 && amountMinor <= Limits.amountMax else {
      throw Refusal(
        .invalidField, at: at,
        "the amount is \(amountMinor), it must be 0 (all that is left) to \(Limits.amountMax)")
    }
    self.customer = customer
    self.order = order
    self.returned = returned
    self.timeMicros = timeMicros
    self.amountMinor = amountMinor
  }
}

/// A batch of returns as a value.
public struct RecordReturnsRequest: Message, Equatable, Sendable {
  public static let title = "record returns request"
  public static let fields = BatchHead.fields + [Field("returns", .rows(ReturnRow.fields))]

  /// One return of a batch.
  public struct Return: Equatable, Sendable {
    /// The customer's identifier, 1 to 64 bytes.
    public var customer: String
    /// The identifier of the order that comes back.
    public var order: String
    /// The return's own identifier, 1 to 64 bytes, unique within its order.
    public var returned: String
    /// Microseconds since 1970 UTC.
    public var timeMicros: Int64
    /// Minor units, positive; 0 returns all that is left of the order.
    public var amountMinor: Int64

    /// Makes a return.
    ///
    /// - Parameters:
    ///   - customer: identifier, 1 to 64 bytes.
    ///   - order: identifier of the order that comes back.
    ///   - returned: the return's own identifier.
    ///   - timeMicros: microseconds since 1970 UTC.
    ///   - amountMinor: minor units; 0 returns all that is left.
    public init(
      customer: String, order: String, returned: String, timeMicros: Int64, amountMinor: Int64
    ) {
      self.customer = customer
      self.order = order
      self.returned = returned
      self.timeMicros = timeMicros
      self.amountMinor = amountMinor
    }
  }

  /// The command's key.
  public var key: CommandKey
  /// ISO 4217, three capital letters.
  public var currency: String
  /// Digits behind the decimal point.
  public var minorDigits: UInt8
  /// The rows.
  public var returns: [Return]

  /// Makes a batch.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - currency: ISO 4217.
  ///   - minorDigits: digits behind the decimal point.
  ///   - returns: 1 to `Limits.rowsMax` rows.
  public init(
    key: CommandKey = .none, currency: String, minorDigits: UInt8, returns: [Return]
  ) {
    self.key = key
    self.currency = currency
    self.minorDigits = minorDigits
    self.returns = returns
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let head = try BatchHead(from: &reader)
    key = head.key
    currency = head.currency
    minorDigits = head.minorDigits
    returns = []
    for _ in 0..<head.count {
      let at = reader.offset
      let row = try ReturnRow(from: &reader)
      let orderAt = at + 1 + row.customer.byteCount
      returns.append(
        Return(
          customer: try text(row.customer, at: at), order: try text(row.order, at: orderAt),
          returned: try text(row.returned, at: orderAt + 1 + row.order.byteCount),
          timeMicros: row.timeMicros, amountMinor: row.amountMinor))
    }
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    BatchHead(key: key, currency: currency, minorDigits: minorDigits, count: returns.count)
      .write(to: &out)
    for row in returns {
      try out.append(identifier: row.customer)
      try out.append(identifier: row.order)
      try out.append(identifier: row.returned)
      out.append(row.timeMicros)
      out.append(row.amountMinor)
    }
  }
}

/// How a batch of orders or returns went: what was recorded, what was there already, what was
/// refused and why.
public struct RecordReply: Message, Equatable, Sendable {
  public static let title = "record reply"
  public static let fields = [
    Field("sequence", .u64), Field("recorded", .u32), Field("duplicates", .u32),
    Field("count", .u32),
    Field("refused", .rows([Field("row", .u32), Field("status", .u16)])),
  ]

  /// A row that was refused.
  public struct RefusedRow: Equatable, Sendable {
    /// The row's place in the batch, from 0.
    public var row: UInt32
    /// Why.
    public var status: Status

    /// Makes an entry.
    ///
    /// - Parameters:
    ///   - row: the row's place in the batch, from 0.
    ///   - status: why.
    public init(row: UInt32, status: Status) {
      self.row = row
      self.status = status
    }
  }

  /// The command's record in the journal.
  public var sequence: UInt64
  /// Rows that were new.
  public var recorded: UInt32
  /// Rows that had been recorded before.
  public var duplicates: UInt32
  /// Rows that were refused, in rising order.
  public var refused: [RefusedRow]

  /// Makes the reply.
  ///
  /// - Parameters:
  ///   - sequence: the command's record in the journal.
  ///   - recorded: rows that were new.
  ///   - duplicates: rows that had been recorded before.
  ///   - refused: rows that were refused.
  public init(
    sequence: UInt64 = 0, recorded: UInt32 = 0, duplicates: UInt32 = 0, refused: [RefusedRow] = []
  ) {
    self.sequence = sequence
    self.recorded = recorded
    self.duplicates = duplicates
    self.refused = refused
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    sequence = try reader.read(UInt64.self)
    recorded = try reader.read(UInt32.self)
    duplicates = try reader.read(UInt32.self)
    let at = reader.offset
    let count = Int(try reader.read(UInt32.self))
    guard count <= Limits.rowsMax else {
      throw Refusal(.invalidField, at: at, "\(count) refused rows are more than a batch has")
    }
    refused = []
    for _ in 0..<count {
      let row = try reader.read(UInt32.self)
      let at = reader.offset
      let number = try reader.read(UInt16.self)
      guard let status = Status(rawValue: number) else {
        throw Refusal(.invalidField, at: at, "status \(number) is not known")
      }
      refused.append(RefusedRow(row: row, status: status))
    }
  }

  public func write(to out: inout ByteBuffer) {
    out.append(sequence)
    out.append(recorded)
    out.append(duplicates)
    out.append(UInt32(refused.count))
    for entry in refused {
      out.append(entry.row)
      out.append(entry.status.rawValue)
    }
  }
}
