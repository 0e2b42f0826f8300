// The bodies of the verb describe customer: what is known of one customer, in one answer.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks what is known of a customer.
public struct CustomerRequest: Message, Equatable, Sendable {
  public static let title = "customer request"
  public static let fields = [Field("customer", .identifier)]

  /// The customer's identifier, 1 to 64 bytes.
  public var customer: String

  /// Makes the request.
  ///
  /// - Parameter customer: identifier, 1 to 64 bytes.
  public init(customer: String) { self.customer = customer }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    customer = try text(try reader.readIdentifier("customer"), at: at)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    try out.append(identifier: customer)
  }
}

/// What is known of a customer.
public struct CustomerReply: Message, Equatable, Sendable {
  public static let title = "customer reply"
  public static let fields =
    [
      Field("known", .u8), Field("first order day", .i32), Field("last order day", .i32),
      Field("repeat orders", .u32), Field("spent", .i64),
    ] + Profile.fields + [
      Field("count", .u32), Field("consents", .rows(Consent.fields)),
      Field("open complaints", .u32), Field("count", .u32), Field("events", .rows(Event.fields)),
      Field("count", .u32), Field("categories", .rows(BoughtCategory.fields)),
    ]

  /// Whether there is a record, be it without orders.
  public var known = false
  /// Day of the first order since 1970-01-01; -1 without orders.
  public var firstOrderDay: Int32 = -1
  /// Day of the last order; -1 without orders.
  public var lastOrderDay: Int32 = -1
  /// Days with an order after the first.
  public var repeatOrders: UInt32 = 0
  /// All orders less returns, minor units.
  public var spentMinor: Int64 = 0
  /// The person.
  public var profile = Profile()
  /// What holds of each channel and purpose about which something was said.
  public var consents: [Consent] = []
  /// Complaints that were opened and not solved.
  public var openComplaints: UInt32 = 0
  /// The newest recorded of each kind, the latest first.
  public var events: [Event] = []
  /// What was bought, those with most money first.
  public var categories: [BoughtCategory] = []

  /// Makes a reply about nobody; the engine fills in what it knows.
  public init() {}

  public init(from reader: inout FrameReader) throws(Refusal) {
    known = try reader.readUInt8() != 0
    firstOrderDay = try reader.read(Int32.self)
    lastOrderDay = try reader.read(Int32.self)
    repeatOrders = try reader.read(UInt32.self)
    spentMinor = try reader.read(Int64.self)
    profile = try Profile(from: &reader)
    consents = try reader.readToldRows()
    openComplaints = try reader.read(UInt32.self)
    events = try reader.readToldRows()
    categories = try reader.readToldRows()
  }

  public func write(to out: inout ByteBuffer) {
    out.append(UInt8(known ? 1 : 0))
    out.append(firstOrderDay)
    out.append(lastOrderDay)
    out.append(repeatOrders)
    out.append(spentMinor)
    profile.write(to: &out)
    out.append(UInt32(consents.count))
    for consent in consents { consent.write(to: &out) }
    out.append(openComplaints)
    out.append(UInt32(events.count))
    for event in events { event.write(to: &out) }
    out.append(UInt32(categories.count))
    for category in categories { category.write(to: &out) }
  }
}

extension FrameReader {
  /// Reads a count and so many rows of a reply.
  mutating func readToldRows<Row: RowValue>() throws(Refusal) -> [Row] {
    let at = offset
    let count = Int(try read(UInt32.self))
    guard count <= Limits.consentsToldMax else {
      throw Refusal(.invalidField, at: at, "\(count) rows are more than are told")
    }
    return try readRows(count)
  }
}
