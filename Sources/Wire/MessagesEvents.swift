// The body of the verb record events: what happened between a customer and the shop beside orders.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What happened.
public enum EventKind: UInt8, CaseIterable, Sendable {
  /// The cart has this value and so many lines now.
  case cartChanged = 1
  /// The cart is empty now.
  case cartEmptied = 2
  /// The customer looked at a category.
  case viewed = 3
  /// A message was sent to the customer.
  case contactSent = 4
  /// It arrived.
  case contactDelivered = 5
  /// It did not.
  case contactFailed = 6
  /// The customer complained.
  case complaintOpened = 7
  /// The complaint is settled.
  case complaintSolved = 8

  /// The name in protocol.md.
  public var name: String {
    switch self {
    case .cartChanged: "cart changed"
    case .cartEmptied: "cart emptied"
    case .viewed: "viewed"
    case .contactSent: "contact sent"
    case .contactDelivered: "contact delivered"
    case .contactFailed: "contact failed"
    case .complaintOpened: "complaint opened"
    case .complaintSolved: "complaint solved"
    }
  }

  /// Whether it goes by a channel.
  public var isContact: Bool { rawValue >= 4 && rawValue <= 6 }
  /// Whether it is about a complaint, which has a reference.
  public var isComplaint: Bool { rawValue >= 7 }
  /// Whether it is nothing without a name.
  var needsName: Bool { self == .viewed || isComplaint }
}

/// One row of record events, borrowed from its frame.
public struct EventRow: ~Escapable {
  static let fields =
    [Field("customer", .identifier), Field("event", .identifier)] + Event.fields
  /// The customer's identifier.
  public let customer: RawSpan
  /// The event's own identifier, unique within its customer.
  public let event: RawSpan
  /// What happened.
  public let kind: EventKind
  /// By which way; only of contacts.
  public let channel: Channel?
  /// Microseconds since 1970 UTC.
  public let timeMicros: Int64
  /// Minor units, 0 … `Limits.amountMax`; only of a cart.
  public let amountMinor: Int64
  /// Only of a cart.
  public let lines: UInt16
  /// A category, an offer or a complaint's reference, 0 to 64 bytes of UTF-8.
  public let name: RawSpan

  /// Reads a row.
  ///
  /// - Parameter reader: stands on the row's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  @_lifetime(copy reader)
  public init(from reader: inout FrameReader) throws(Refusal) {
    let customer = try reader.readIdentifier("customer")
    let event = try reader.readIdentifier("event")
    let kind = try reader.read(EventKind.self, "kind")
    let channelAt = reader.offset
    let channel = Channel(rawValue: try reader.readUInt8())
    let timeMicros = try reader.read(Int64.self)
    let amountAt = reader.offset
    let amountMinor = try reader.read(Int64.self)
    let linesAt = reader.offset
    let lines = try reader.read(UInt16.self)
    let nameAt = reader.offset
    let name = try reader.readLabel("name")
    guard kind.isContact == (channel != nil) else {
      throw Refusal(.invalidField, at: channelAt, "contacts, and only they, go by a known channel")
    }
    guard amountMinor >= 0 && amountMinor <= (kind == .cartChanged ? Limits.amountMax : 0) else {
      throw Refusal(
        .invalidField, at: amountAt,
        "the amount is \(amountMinor), it must be 0 to \(Limits.amountMax) of a cart, 0 of others")
    }
    guard lines == 0 || kind == .cartChanged else {
      throw Refusal(.invalidField, at: linesAt, "only a cart has lines")
    }
    guard name.isEmpty ? !kind.needsName : kind != .cartEmptied else {
      throw Refusal(
        .invalidField, at: nameAt,
        "a category that was viewed and a complaint have a name, a cart that is empty has none")
    }
    self.customer = customer
    self.event = event
    self.kind = kind
    self.channel = channel
    self.timeMicros = timeMicros
    self.amountMinor = amountMinor
    self.lines = lines
    self.name = name
  }
}

/// What happened once.
public struct Event: RowValue, Equatable, Sendable {
  static let fields = [
    Field("kind", .u8), Field("channel", .u8), Field("time", .i64), Field("amount", .i64),
    Field("lines", .u16), Field("name", .name),
  ]

  /// What happened.
  public var kind: EventKind
  /// By which way; only of contacts.
  public var channel: Channel?
  /// Microseconds since 1970 UTC.
  public var timeMicros: Int64
  /// Minor units; only of a cart.
  public var amountMinor: Int64
  /// Only of a cart.
  public var lines: UInt16
  /// A category, an offer or a complaint's reference, at most 64 bytes.
  public var name: String

  /// Makes an event.
  ///
  /// - Parameters:
  ///   - kind: what happened.
  ///   - timeMicros: microseconds since 1970 UTC.
  ///   - name: a category, an offer or a complaint's reference, at most 64 bytes.
  ///   - channel: by which way; only of contacts.
  ///   - amountMinor: minor units; only of a cart.
  ///   - lines: only of a cart.
  public init(
    _ kind: EventKind, timeMicros: Int64, name: String = "", channel: Channel? = nil,
    amountMinor: Int64 = 0, lines: UInt16 = 0
  ) {
    self.kind = kind
    self.timeMicros = timeMicros
    self.name = name
    self.channel = channel
    self.amountMinor = amountMinor
    self.lines = lines
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    kind = try reader.read(EventKind.self, "kind")
    let at = reader.offset
    let number = try reader.readUInt8()
    channel = Channel(rawValue: number)
    guard number == 0 || channel != nil else {
      throw Refusal(.invalidField, at: at, "channel \(number) is not known")
    }
    timeMicros = try reader.read(Int64.self)
    amountMinor = try reader.read(Int64.self)
    lines = try reader.read(UInt16.self)
    name = try reader.readName("name")
  }

  func write(to out: inout ByteBuffer) {
    out.append(kind.rawValue)
    out.append(channel?.rawValue ?? 0)
    out.append(timeMicros)
    out.append(amountMinor)
    out.append(lines)
    out.append(name: name)
  }
}

/// A batch of events as a value.
public struct RecordEventsRequest: Message, Equatable, Sendable {
  public static let title = "record events request"
  public static let fields = BatchHead.fields + [Field("events", .rows(EventRow.fields))]

  /// An event, whose it is, and what tells it from others.
  public struct Row: RowValue, Equatable, Sendable {
    /// The customer's identifier, 1 to 64 bytes.
    public var customer: String
    /// The event's own identifier, 1 to 64 bytes, unique within its customer.
    public var identifier: String
    /// What happened.
    public var event: Event

    /// Makes a row.
    ///
    /// - Parameters:
    ///   - customer: identifier, 1 to 64 bytes.
    ///   - identifier: the event's own, 1 to 64 bytes.
    ///   - event: what happened.
    public init(customer: String, identifier: String, _ event: Event) {
      self.customer = customer
      self.identifier = identifier
      self.event = event
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      let at = reader.offset
      var rest = reader
      let row = try EventRow(from: &reader)
      customer = try text(row.customer, at: at)
      identifier = try text(row.event, at: at + 1 + row.customer.byteCount)
      _ = try rest.readIdentifier("customer")
      _ = try rest.readIdentifier("event")
      event = try Event(from: &rest)
    }

    func write(to out: inout ByteBuffer) throws(Refusal) {
      try out.append(identifier: customer)
      try out.append(identifier: identifier)
      event.write(to: &out)
    }
  }

  /// The command's key.
  public var key: CommandKey
  /// ISO 4217, three capital letters.
  public var currency: String
  /// Digits behind the decimal point.
  public var minorDigits: UInt8
  /// The rows.
  public var events: [Row]

  /// Makes a batch.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - currency: ISO 4217.
  ///   - minorDigits: digits behind the decimal point.
  ///   - events: 1 to `Limits.rowsMax` rows.
  public init(key: CommandKey = .none, currency: String, minorDigits: UInt8, events: [Row]) {
    self.key = key
    self.currency = currency
    self.minorDigits = minorDigits
    self.events = events
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let head = try BatchHead(from: &reader)
    (key, currency, minorDigits) = (head.key, head.currency, head.minorDigits)
    events = try reader.readRows(head.count)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    BatchHead(key: key, currency: currency, minorDigits: minorDigits, count: events.count)
      .write(to: &out)
    for row in events { try row.write(to: &out) }
  }
}
