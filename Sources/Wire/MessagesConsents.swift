// The bodies of the verbs record consents and consent history. The engine takes row after row of a
// batch without copying (`ConsentRow`); clients and tests hold whole batches as values.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// One row of record consents, borrowed from its frame.
public struct ConsentRow: ~Escapable {
  static let fields = [Field("customer", .identifier)] + Consent.fields
  /// The customer's identifier.
  public let customer: RawSpan
  /// By which way.
  public let channel: Channel
  /// What for.
  public let purpose: Purpose
  /// What the customer said.
  public let status: ConsentStatus
  /// When it was said, microseconds since 1970 UTC.
  public let timeMicros: Int64
  /// When a consent ends, after its time; 0 never.
  public let expiresMicros: Int64
  /// Where it was said, 0 to 64 bytes of UTF-8.
  public let source: RawSpan
  /// Which wording was agreed to, 0 to 64 bytes of UTF-8.
  public let textVersion: RawSpan

  /// Reads a row.
  ///
  /// - Parameter reader: stands on the row's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  @_lifetime(copy reader)
  public init(from reader: inout FrameReader) throws(Refusal) {
    let customer = try reader.readIdentifier("customer")
    let channel = try reader.read(Channel.self, "channel")
    let purpose = try reader.read(Purpose.self, "purpose")
    let status = try reader.read(ConsentStatus.self, "said")
    let timeMicros = try reader.read(Int64.self)
    let at = reader.offset
    let expiresMicros = try reader.read(Int64.self)
    guard expiresMicros == 0 || (status == .granted && expiresMicros > timeMicros) else {
      throw Refusal(
        .invalidField, at: at,
        "expires is \(expiresMicros), it must be 0, or for a granted consent after its time")
    }
    let source = try reader.readLabel("source")
    let textVersion = try reader.readLabel("text version")
    self.customer = customer
    self.channel = channel
    self.purpose = purpose
    self.status = status
    self.timeMicros = timeMicros
    self.expiresMicros = expiresMicros
    self.source = source
    self.textVersion = textVersion
  }
}

/// What a customer said about one channel and purpose.
public struct Consent: RowValue, Equatable, Sendable {
  static let fields = [
    Field("channel", .u8), Field("purpose", .u8), Field("said", .u8), Field("time", .i64),
    Field("expires", .i64), Field("source", .name), Field("text version", .name),
  ]

  /// By which way.
  public var channel: Channel
  /// What for.
  public var purpose: Purpose
  /// What the customer said.
  public var status: ConsentStatus
  /// When it was said, microseconds since 1970 UTC.
  public var timeMicros: Int64
  /// When a consent ends; 0 never.
  public var expiresMicros: Int64
  /// Where it was said, at most 64 bytes.
  public var source: String
  /// Which wording was agreed to, at most 64 bytes.
  public var textVersion: String

  /// Makes a consent.
  ///
  /// - Parameters:
  ///   - channel: by which way.
  ///   - purpose: what for.
  ///   - status: what the customer said.
  ///   - timeMicros: when it was said, microseconds since 1970 UTC.
  ///   - expiresMicros: when a granted consent ends, after its time; 0 never.
  ///   - source: where it was said, at most 64 bytes.
  ///   - textVersion: which wording was agreed to, at most 64 bytes.
  public init(
    _ channel: Channel, _ purpose: Purpose, _ status: ConsentStatus, timeMicros: Int64,
    expiresMicros: Int64 = 0, source: String = "", textVersion: String = ""
  ) {
    self.channel = channel
    self.purpose = purpose
    self.status = status
    self.timeMicros = timeMicros
    self.expiresMicros = expiresMicros
    self.source = source
    self.textVersion = textVersion
  }

  /// Whether it allows to be contacted.
  ///
  /// - Parameter nowMicros: microseconds since 1970 UTC.
  /// - Returns: whether it was granted and has not ended.
  public func allows(at nowMicros: Int64) -> Bool {
    status == .granted && (expiresMicros == 0 || nowMicros < expiresMicros)
  }

  /// Whether this one holds against another about the same: the later one, of equal times the one
  /// that forbids more.
  ///
  /// - Parameter other: about the same channel and purpose.
  /// - Returns: false also where both allow the same.
  public func prevails(over other: Consent) -> Bool {
    if timeMicros != other.timeMicros { return timeMicros > other.timeMicros }
    if status != other.status { return status.rawValue > other.status.rawValue }
    // Of two consents the one that ends earlier.
    return (expiresMicros == 0 ? .max : expiresMicros)
      < (other.expiresMicros == 0 ? .max : other.expiresMicros)
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    channel = try reader.read(Channel.self, "channel")
    purpose = try reader.read(Purpose.self, "purpose")
    status = try reader.read(ConsentStatus.self, "said")
    timeMicros = try reader.read(Int64.self)
    expiresMicros = try reader.read(Int64.self)
    source = try reader.readName("source")
    textVersion = try reader.readName("text version")
  }

  func write(to out: inout ByteBuffer) {
    out.append(channel.rawValue)
    out.append(purpose.rawValue)
    out.append(status.rawValue)
    out.append(timeMicros)
    out.append(expiresMicros)
    out.append(name: source)
    out.append(name: textVersion)
  }
}

/// A batch of consents as a value.
public struct RecordConsentsRequest: Message, Equatable, Sendable {
  public static let title = "record consents request"
  public static let fields = RowsHead.fields + [Field("consents", .rows(ConsentRow.fields))]

  /// A consent and whose it is.
  public struct Row: RowValue, Equatable, Sendable {
    /// The customer's identifier, 1 to 64 bytes.
    public var customer: String
    /// What was said.
    public var consent: Consent

    /// Makes a row.
    ///
    /// - Parameters:
    ///   - customer: identifier, 1 to 64 bytes.
    ///   - consent: what was said.
    public init(customer: String, _ consent: Consent) {
      self.customer = customer
      self.consent = consent
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      let at = reader.offset
      var rest = reader
      let row = try ConsentRow(from: &reader)
      customer = try text(row.customer, at: at)
      _ = try rest.readIdentifier("customer")
      consent = try Consent(from: &rest)
    }

    func write(to out: inout ByteBuffer) throws(Refusal) {
      try out.append(identifier: customer)
      consent.write(to: &out)
    }
  }

  /// The command's key.
  public var key: CommandKey
  /// The rows.
  public var consents: [Row]

  /// Makes a batch.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - consents: 1 to `Limits.rowsMax` rows.
  public init(key: CommandKey = .none, consents: [Row]) {
    self.key = key
    self.consents = consents
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let head = try RowsHead(from: &reader)
    key = head.key
    consents = try reader.readRows(head.count)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    RowsHead(key: key, count: consents.count).write(to: &out)
    for row in consents { try row.write(to: &out) }
  }
}

/// Asks for everything a customer said about consent.
public struct ConsentHistoryRequest: Message, Equatable, Sendable {
  public static let title = "consent history request"
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

/// Everything a customer said about consent: by channel and purpose, the newest recorded first.
public struct ConsentHistoryReply: Message, Equatable, Sendable {
  public static let title = "consent history reply"
  public static let fields = [
    Field("left out", .u8), Field("count", .u32), Field("consents", .rows(Consent.fields)),
  ]

  /// Whether there are older ones that are not told.
  public var leftOut: Bool
  /// At most `Limits.consentsToldMax`.
  public var consents: [Consent]

  /// Makes the reply.
  ///
  /// - Parameters:
  ///   - leftOut: whether there are older ones that are not told.
  ///   - consents: at most `Limits.consentsToldMax`.
  public init(leftOut: Bool = false, consents: [Consent] = []) {
    self.leftOut = leftOut
    self.consents = consents
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    leftOut = try reader.readUInt8() != 0
    consents = try reader.readToldRows()
  }

  public func write(to out: inout ByteBuffer) {
    out.append(UInt8(leftOut ? 1 : 0))
    out.append(UInt32(consents.count))
    for consent in consents { consent.write(to: &out) }
  }
}
