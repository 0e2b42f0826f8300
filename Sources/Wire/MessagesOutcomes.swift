// The body of the verb record outcomes: what came of decisions.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What came of a decision.
public enum OutcomeKind: UInt8, CaseIterable, Sendable {
  /// The offer was seen.
  case shown = 1
  /// It reached the customer.
  case delivered = 2
  /// It did not.
  case failed = 3
  /// The customer followed it.
  case clicked = 4
  /// The customer took it, or ordered; closes the decision.
  case accepted = 5
  /// The customer did not want it; closes the decision.
  case refused = 6
  /// The reward was used, at this cost.
  case redeemed = 7
  /// Of what was accepted this much came back.
  case refunded = 8
  /// Nothing more will come; closes the decision.
  case ended = 9

  /// The name in protocol.md and on the command line.
  public var name: String { "\(self)" }
  /// Whether it closes the decision, which is learnt from at once.
  public var closes: Bool { self == .accepted || self == .refused || self == .ended }
  /// Whether it has an order's value and margin.
  public var hasOrder: Bool { self == .accepted || self == .ended || self == .refunded }
}

/// One row of record outcomes, borrowed from its frame.
public struct OutcomeRow: ~Escapable {
  static let fields = [
    Field("decision", .sentence), Field("outcome", .identifier), Field("kind", .u8),
    Field("choice", .u8), Field("time", .i64), Field("order value", .i64), Field("margin", .i64),
    Field("cost", .i64),
  ]
  /// The decision's receipt.
  public let decision: RawSpan
  /// The outcome's own identifier, unique within its decision.
  public let outcome: RawSpan
  /// What it is.
  public let kind: OutcomeKind
  /// Which of the chosen offers, from 0.
  public let choice: UInt8
  /// Microseconds since 1970 UTC.
  public let timeMicros: Int64
  /// Value of the order, or of what came back, minor units.
  public let orderMinor: Int64
  /// Margin of that, minor units.
  public let marginMinor: Int64
  /// What the reward cost, minor units; only of redeemed.
  public let costMinor: Int64

  /// Reads a row.
  ///
  /// - Parameter reader: stands on the row's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  @_lifetime(copy reader)
  public init(from reader: inout FrameReader) throws(Refusal) {
    let decision = try reader.readLongName("decision")
    let outcome = try reader.readIdentifier("outcome")
    let kind = try reader.read(OutcomeKind.self, "kind")
    let choiceAt = reader.offset
    let choice = try reader.readUInt8()
    let timeMicros = try reader.read(Int64.self)
    let orderAt = reader.offset
    let orderMinor = try reader.read(Int64.self)
    let marginMinor = try reader.read(Int64.self)
    let costMinor = try reader.read(Int64.self)
    guard Int(choice) < Limits.slateMax else {
      throw Refusal(
        .invalidField, at: choiceAt, "choice \(choice) is none, an answer has \(Limits.slateMax)")
    }
    guard (0...(kind.hasOrder ? Limits.amountMax : 0)).contains(orderMinor) else {
      throw Refusal(
        .invalidField, at: orderAt,
        "the order's value is \(orderMinor), it must be 0 to \(Limits.amountMax) minor units where "
          + "something was ordered or came back, 0 elsewhere")
    }
    guard marginMinor >= -orderMinor && marginMinor <= orderMinor else {
      throw Refusal(
        .invalidField, at: orderAt + 8,
        "the margin is \(marginMinor), it must lie within the order's value of \(orderMinor)")
    }
    guard (0...(kind == .redeemed ? Limits.amountMax : 0)).contains(costMinor) else {
      throw Refusal(
        .invalidField, at: orderAt + 16,
        "the cost is \(costMinor), it must be 0 to \(Limits.amountMax) of what was redeemed, 0 of others"
      )
    }
    self.decision = decision
    self.outcome = outcome
    self.kind = kind
    self.choice = choice
    self.timeMicros = timeMicros
    self.orderMinor = orderMinor
    self.marginMinor = marginMinor
    self.costMinor = costMinor
  }
}

extension FrameReader {
  /// Reads text with two length bytes without copying it.
  ///
  /// - Parameter name: the field's name for the refusal.
  /// - Returns: its bytes, borrowed from the frame.
  /// - Throws: `malformed` at the end of the frame; `invalidField` for a long one.
  @_lifetime(copy self)
  public mutating func readLongName(_ name: StaticString) throws(Refusal) -> RawSpan {
    let at = offset
    let size = Int(try read(UInt16.self))
    guard size <= Limits.sentenceSizeMax else {
      throw Refusal(
        .invalidField, at: at,
        "\(name) has \(size) bytes, at most \(Limits.sentenceSizeMax) are read")
    }
    return try readBytes(size)
  }
}

/// A batch of outcomes as a value.
public struct RecordOutcomesRequest: Message, Equatable, Sendable {
  public static let title = "record outcomes request"
  public static let fields = BatchHead.fields + [Field("outcomes", .rows(OutcomeRow.fields))]

  /// One outcome.
  public struct Row: RowValue, Equatable, Sendable {
    /// The decision's receipt.
    public var decision: String
    /// The outcome's own identifier, 1 to 64 bytes, unique within its decision.
    public var identifier: String
    /// What it is.
    public var kind: OutcomeKind
    /// Which of the chosen offers, from 0.
    public var choice: UInt8
    /// Microseconds since 1970 UTC.
    public var timeMicros: Int64
    /// Value of the order, or of what came back, minor units.
    public var orderMinor: Int64
    /// Margin of that, minor units.
    public var marginMinor: Int64
    /// What the reward cost, minor units; only of redeemed.
    public var costMinor: Int64

    /// Makes a row.
    ///
    /// - Parameters:
    ///   - decision: the receipt.
    ///   - identifier: the outcome's own, 1 to 64 bytes.
    ///   - kind: what it is.
    ///   - timeMicros: microseconds since 1970 UTC.
    ///   - choice: which of the chosen offers, from 0.
    ///   - orderMinor: value of the order, or of what came back, minor units.
    ///   - marginMinor: margin of that.
    ///   - costMinor: what the reward cost.
    public init(
      decision: String, identifier: String, kind: OutcomeKind, timeMicros: Int64,
      choice: UInt8 = 0, orderMinor: Int64 = 0, marginMinor: Int64 = 0, costMinor: Int64 = 0
    ) {
      self.decision = decision
      self.identifier = identifier
      self.kind = kind
      self.timeMicros = timeMicros
      self.choice = choice
      self.orderMinor = orderMinor
      self.marginMinor = marginMinor
      self.costMinor = costMinor
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      let at = reader.offset
      let row = try OutcomeRow(from: &reader)
      decision = try text(row.decision, at: at)
      identifier = try text(row.outcome, at: at + 2 + row.decision.byteCount)
      (kind, choice, timeMicros) = (row.kind, row.choice, row.timeMicros)
      (orderMinor, marginMinor, costMinor) = (row.orderMinor, row.marginMinor, row.costMinor)
    }

    func write(to out: inout ByteBuffer) throws(Refusal) {
      out.append(sentence: decision)
      try out.append(identifier: identifier)
      out.append(kind.rawValue)
      out.append(choice)
      out.append(timeMicros)
      out.append(orderMinor)
      out.append(marginMinor)
      out.append(costMinor)
    }
  }

  /// The command's key.
  public var key: CommandKey
  /// ISO 4217, the catalogue's.
  public var currency: String
  /// Digits behind the decimal point.
  public var minorDigits: UInt8
  /// The rows.
  public var outcomes: [Row]

  /// Makes a batch.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - currency: ISO 4217.
  ///   - minorDigits: digits behind the decimal point.
  ///   - outcomes: 1 to `Limits.rowsMax` rows.
  public init(key: CommandKey = .none, currency: String, minorDigits: UInt8, outcomes: [Row]) {
    self.key = key
    self.currency = currency
    self.minorDigits = minorDigits
    self.outcomes = outcomes
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let head = try BatchHead(from: &reader)
    (key, currency, minorDigits) = (head.key, head.currency, head.minorDigits)
    outcomes = try reader.readRows(head.count)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    BatchHead(key: key, currency: currency, minorDigits: minorDigits, count: outcomes.count)
      .write(to: &out)
    for row in outcomes { try row.write(to: &out) }
  }
}
