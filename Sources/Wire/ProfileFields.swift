// What is known of a person and of how the shop came by the customer, as values of the wire; and what
// becomes of one such field. The batches are in MessagesProfiles.

/// A day of birth, with or without its year.
public struct Birthday: Equatable, Sendable {
  /// 1850 to 2149; 0 where it is not known.
  public var year: UInt16
  /// 1 to 12.
  public var month: UInt8
  /// 1 to 31; February has 29 days where the year is not known.
  public var day: UInt8

  /// Makes a birthday.
  ///
  /// - Parameters:
  ///   - year: 1850 to 2149; 0 where it is not known.
  ///   - month: 1 to 12.
  ///   - day: of the month; nil comes back for one that does not exist.
  public init?(year: UInt16 = 0, month: UInt8, day: UInt8) {
    guard year == 0 || (1850...2149).contains(year), (1...12).contains(month), day >= 1,
      day <= Self.days(inMonth: month, of: year)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  private static func days(inMonth month: UInt8, of year: UInt16) -> UInt8 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// What becomes of one field of a profile.
public enum ProfileField<Value: Equatable & Sendable>: Equatable, Sendable {
  /// It stays as it was.
  case keep
  /// It is not known any more.
  case forget
  /// It is this.
  case set(Value)

  /// The field after the change.
  ///
  /// - Parameter value: the field before.
  /// - Returns: nil where it is not known.
  public func applied(to value: Value?) -> Value? {
    switch self {
    case .keep: value
    case .forget: nil
    case .set(let new): new
    }
  }

  var isKeep: Bool { self == .keep }
  var value: Value? { applied(to: nil) }
  static func read(_ isChanged: Bool, _ value: Value?) -> Self {
    isChanged ? value.map { .set($0) } ?? .forget : .keep
  }
}

/// What it cost to win a customer.
public struct AcquisitionCost: Equatable, Sendable {
  /// Minor units, 0 to `Limits.amountMax`.
  public var amountMinor: Int64
  /// ISO 4217, three capital letters.
  public var currency: String
  /// Digits behind the decimal point, at most `Limits.minorDigitsMax`.
  public var minorDigits: UInt8

  /// Makes a cost.
  ///
  /// - Parameters:
  ///   - amountMinor: minor units, 0 to `Limits.amountMax`.
  ///   - currency: ISO 4217.
  ///   - minorDigits: digits behind the decimal point.
  public init(amountMinor: Int64, currency: String, minorDigits: UInt8) {
    self.amountMinor = amountMinor
    self.currency = currency
    self.minorDigits = minorDigits
  }

  /// Reads the cost of a row; nil where its fields are those of none.
  init?(from reader: inout FrameReader) throws(Refusal) {
    var at = reader.offset
    amountMinor = try reader.read(Int64.self)
    guard (0...Limits.amountMax).contains(amountMinor) else {
      throw Refusal(
        .invalidField, at: at,
        "the acquisition cost is \(amountMinor) minor units, it must be 0 to \(Limits.amountMax)")
    }
    at = reader.offset
    currency = try reader.readName("currency")
    let isNone = currency.isEmpty && amountMinor == 0
    let isCode = currency.utf8.count == 3 && currency.utf8.allSatisfy { (65...90).contains($0) }
    guard isNone || isCode else {
      throw Refusal(
        .invalidField, at: at, "the currency must be three capital letters such as EUR")
    }
    at = reader.offset
    minorDigits = try reader.readUInt8()
    guard minorDigits <= (isNone ? 0 : Limits.minorDigitsMax) else {
      throw Refusal(
        .invalidField, at: at,
        "minor digits are \(minorDigits), at most \(Limits.minorDigitsMax) are kept, and none "
          + "without a currency")
    }
    if isNone { return nil }
  }

  static func write(_ cost: AcquisitionCost?, to out: inout ByteBuffer) {
    out.append(cost?.amountMinor ?? 0)
    out.append(name: cost?.currency ?? "")
    out.append(cost?.minorDigits ?? 0)
  }
}

/// A tier and until when it is held.
public struct HeldTier: Equatable, Sendable {
  static let fields = [Field("tier", .u8), Field("tier until", .u16)]

  /// The level.
  public var tier: Tier
  /// The last day it is held, since 1970-01-01, at most `Limits.dayMax`; 0 where it has no end.
  public var untilDay: UInt16

  /// Makes a standing.
  ///
  /// - Parameters:
  ///   - tier: the level.
  ///   - untilDay: the last day it is held; 0 where it has no end.
  public init(_ tier: Tier, untilDay: UInt16 = 0) {
    self.tier = tier
    self.untilDay = untilDay
  }

  /// Whether the tier is held on a day.
  ///
  /// - Parameter day: since 1970-01-01 in the shop's time zone.
  /// - Returns: true up to the last day it is held, and always where it has no end.
  public func isHeld(on day: Int32) -> Bool { untilDay == 0 || day <= Int32(untilDay) }

  /// Reads a standing; nil where there is none.
  init?(from reader: inout FrameReader) throws(Refusal) {
    var at = reader.offset
    let number = try reader.readUInt8()
    let tier = Tier(rawValue: number)
    guard tier != nil || number == 0 else {
      throw Refusal(.invalidField, at: at, "tier \(number) is not known")
    }
    at = reader.offset
    untilDay = try reader.read(UInt16.self)
    guard Int(untilDay) <= (tier == nil ? 0 : Limits.dayMax) else {
      throw Refusal(
        .invalidField, at: at,
        "a tier is held until day \(untilDay), it must be 0 to \(Limits.dayMax), and 0 without a tier"
      )
    }
    guard let tier else { return nil }
    self.tier = tier
  }

  static func write(_ held: HeldTier?, to out: inout ByteBuffer) {
    out.append(held?.tier.rawValue ?? 0)
    out.append(held?.untilDay ?? 0)
  }
}

/// What is known of a person, and of how the shop came by the customer.
public struct Profile: Equatable, Sendable {
  /// The person alone.
  static let personFields = [
    Field("birth year", .u16), Field("birth month", .u8), Field("birth day", .u8),
    Field("country", .name), Field("language", .name), Field("preferred channel", .u8),
  ]
  static let fields =
    personFields + [Field("source", .name), Field("acquisition cost", .i64)] + HeldTier.fields

  /// Day of birth.
  public var birthday: Birthday?
  /// ISO 3166 alpha-2, two capital letters.
  public var country: String?
  /// ISO 639-1, two small letters.
  public var language: String?
  /// Which way the customer likes best.
  public var channel: Channel?
  /// Where the customer came from, 1 to 64 bytes.
  public var source: String?
  /// What it cost to win the customer, minor units of the shop's currency, 0 to `Limits.amountMax`.
  public var acquisitionCostMinor: Int64?
  /// The loyalty level, which may be over by now.
  public var tier: HeldTier?

  /// Makes a profile.
  ///
  /// - Parameters:
  ///   - birthday: day of birth.
  ///   - country: ISO 3166 alpha-2.
  ///   - language: ISO 639-1.
  ///   - channel: which way the customer likes best.
  ///   - source: where the customer came from.
  ///   - acquisitionCostMinor: minor units of the shop's currency.
  ///   - tier: the loyalty level.
  public init(
    birthday: Birthday? = nil, country: String? = nil, language: String? = nil,
    channel: Channel? = nil, source: String? = nil, acquisitionCostMinor: Int64? = nil,
    tier: HeldTier? = nil
  ) {
    self.birthday = birthday
    self.country = country
    self.language = language
    self.channel = channel
    self.source = source
    self.acquisitionCostMinor = acquisitionCostMinor
    self.tier = tier
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    try self.init(personFrom: &reader)
    source = try Self.readSource(from: &reader)
    let at = reader.offset
    let cost = try reader.read(Int64.self)
    guard (-1...Limits.amountMax).contains(cost) else {
      throw Refusal(
        .invalidField, at: at,
        "the acquisition cost is \(cost), it must be -1 to \(Limits.amountMax)")
    }
    acquisitionCostMinor = cost < 0 ? nil : cost
    tier = try HeldTier(from: &reader)
  }

  static func readSource(from reader: inout FrameReader) throws(Refusal) -> String? {
    let source = try reader.readName("source")
    return source.isEmpty ? nil : source
  }

  /// Reads the person alone.
  init(personFrom reader: inout FrameReader) throws(Refusal) {
    var at = reader.offset
    let (year, month, day) = (
      try reader.read(UInt16.self), try reader.readUInt8(), try reader.readUInt8()
    )
    birthday = Birthday(year: year, month: month, day: day)
    guard birthday != nil || (year == 0 && month == 0 && day == 0) else {
      throw Refusal(.invalidField, at: at, "\(year)-\(month)-\(day) is no day of birth")
    }
    country = try Self.readCode("country", 65...90, from: &reader)
    language = try Self.readCode("language", 97...122, from: &reader)
    at = reader.offset
    let number = try reader.readUInt8()
    channel = Channel(rawValue: number)
    guard channel != nil || number == 0 else {
      throw Refusal(.invalidField, at: at, "channel \(number) is not known")
    }
  }

  /// Two letters, or nothing.
  private static func readCode(
    _ name: StaticString, _ letters: ClosedRange<UInt8>, from reader: inout FrameReader
  ) throws(Refusal) -> String? {
    let at = reader.offset
    let code = try reader.readName(name)
    if code.isEmpty { return nil }
    guard code.utf8.count == 2, code.utf8.allSatisfy(letters.contains) else {
      let example = letters.contains(65) ? "two capital letters such as FR" : "two such as fr"
      throw Refusal(.invalidField, at: at, "\(name) is '\(code)', it must be \(example)")
    }
    return code
  }

  func write(to out: inout ByteBuffer) {
    writePerson(to: &out)
    out.append(name: source ?? "")
    out.append(acquisitionCostMinor ?? -1)
    HeldTier.write(tier, to: &out)
  }

  func writePerson(to out: inout ByteBuffer) {
    out.append(birthday?.year ?? 0)
    out.append(birthday?.month ?? 0)
    out.append(birthday?.day ?? 0)
    out.append(name: country ?? "")
    out.append(name: language ?? "")
    out.append(channel?.rawValue ?? 0)
  }
}
