// The bodies of the verbs record profiles and describe customer.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

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

  fileprivate var isKeep: Bool { self == .keep }
  fileprivate var value: Value? { applied(to: nil) }
  fileprivate static func read(_ isChanged: Bool, _ value: Value?) -> Self {
    isChanged ? value.map { .set($0) } ?? .forget : .keep
  }
}

/// What is known of a person.
public struct Profile: Equatable, Sendable {
  static let fields = [
    Field("birth year", .u16), Field("birth month", .u8), Field("birth day", .u8),
    Field("country", .name), Field("language", .name), Field("preferred channel", .u8),
  ]

  /// Day of birth.
  public var birthday: Birthday?
  /// ISO 3166 alpha-2, two capital letters.
  public var country: String?
  /// ISO 639-1, two small letters.
  public var language: String?
  /// Which way the customer likes best.
  public var channel: Channel?

  /// Makes a profile.
  ///
  /// - Parameters:
  ///   - birthday: day of birth.
  ///   - country: ISO 3166 alpha-2.
  ///   - language: ISO 639-1.
  ///   - channel: which way the customer likes best.
  public init(
    birthday: Birthday? = nil, country: String? = nil, language: String? = nil,
    channel: Channel? = nil
  ) {
    self.birthday = birthday
    self.country = country
    self.language = language
    self.channel = channel
  }

  init(from reader: inout FrameReader) throws(Refusal) {
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
    out.append(birthday?.year ?? 0)
    out.append(birthday?.month ?? 0)
    out.append(birthday?.day ?? 0)
    out.append(name: country ?? "")
    out.append(name: language ?? "")
    out.append(channel?.rawValue ?? 0)
  }
}

/// What is to become of a profile.
public struct ProfileChange: Equatable, Sendable {
  static let fields = [Field("changes", .u8)] + Profile.fields

  /// Day of birth.
  public var birthday: ProfileField<Birthday>
  /// ISO 3166 alpha-2, two capital letters.
  public var country: ProfileField<String>
  /// ISO 639-1, two small letters.
  public var language: ProfileField<String>
  /// Which way the customer likes best.
  public var channel: ProfileField<Channel>

  /// Makes a change.
  ///
  /// - Parameters:
  ///   - birthday: day of birth.
  ///   - country: ISO 3166 alpha-2.
  ///   - language: ISO 639-1.
  ///   - channel: which way the customer likes best.
  public init(
    birthday: ProfileField<Birthday> = .keep, country: ProfileField<String> = .keep,
    language: ProfileField<String> = .keep, channel: ProfileField<Channel> = .keep
  ) {
    self.birthday = birthday
    self.country = country
    self.language = language
    self.channel = channel
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    let changes = try reader.readUInt8()
    let profile = try Profile(from: &reader)
    birthday = .read(changes & 1 != 0, profile.birthday)
    country = .read(changes & 2 != 0, profile.country)
    language = .read(changes & 4 != 0, profile.language)
    channel = .read(changes & 8 != 0, profile.channel)
    guard changes <= 15, self.profile == profile else {
      throw Refusal(
        .invalidField, at: at, "changes is \(changes), it must name every field that is given")
    }
  }

  private var profile: Profile {
    Profile(
      birthday: birthday.value, country: country.value, language: language.value,
      channel: channel.value)
  }

  func write(to out: inout ByteBuffer) {
    var changes: UInt8 = birthday.isKeep ? 0 : 1
    changes |= country.isKeep ? 0 : 2
    changes |= language.isKeep ? 0 : 4
    changes |= channel.isKeep ? 0 : 8
    out.append(changes)
    profile.write(to: &out)
  }

  /// A profile after the change.
  ///
  /// - Parameter profile: before.
  /// - Returns: after.
  public func applied(to profile: Profile) -> Profile {
    Profile(
      birthday: birthday.applied(to: profile.birthday),
      country: country.applied(to: profile.country),
      language: language.applied(to: profile.language),
      channel: channel.applied(to: profile.channel))
  }
}

/// One row of record profiles, borrowed from its frame.
public struct ProfileRow: ~Escapable {
  static let fields = [Field("customer", .identifier)] + ProfileChange.fields
  /// The customer's identifier.
  public let customer: RawSpan
  /// What is to become of the profile.
  public let change: ProfileChange

  /// Reads a row.
  ///
  /// - Parameter reader: stands on the row's first byte.
  /// - Throws: `malformed` or `invalidField` with the offset.
  @_lifetime(copy reader)
  public init(from reader: inout FrameReader) throws(Refusal) {
    let customer = try reader.readIdentifier("customer")
    let change = try ProfileChange(from: &reader)
    self.customer = customer
    self.change = change
  }
}

/// A batch of profiles as a value.
public struct RecordProfilesRequest: Message, Equatable, Sendable {
  public static let title = "record profiles request"
  public static let fields = RowsHead.fields + [Field("profiles", .rows(ProfileRow.fields))]

  /// A change and whose profile it is about.
  public struct Row: RowValue, Equatable, Sendable {
    /// The customer's identifier, 1 to 64 bytes.
    public var customer: String
    /// What is to become of the profile.
    public var change: ProfileChange

    /// Makes a row.
    ///
    /// - Parameters:
    ///   - customer: identifier, 1 to 64 bytes.
    ///   - change: what is to become of the profile.
    public init(customer: String, _ change: ProfileChange) {
      self.customer = customer
      self.change = change
    }

    init(from reader: inout FrameReader) throws(Refusal) {
      let at = reader.offset
      let row = try ProfileRow(from: &reader)
      customer = try text(row.customer, at: at)
      change = row.change
    }

    func write(to out: inout ByteBuffer) throws(Refusal) {
      try out.append(identifier: customer)
      change.write(to: &out)
    }
  }

  /// The command's key.
  public var key: CommandKey
  /// The rows.
  public var profiles: [Row]

  /// Makes a batch.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - profiles: 1 to `Limits.rowsMax` rows.
  public init(key: CommandKey = .none, profiles: [Row]) {
    self.key = key
    self.profiles = profiles
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    let head = try RowsHead(from: &reader)
    key = head.key
    profiles = try reader.readRows(head.count)
  }

  public func write(to out: inout ByteBuffer) throws(Refusal) {
    RowsHead(key: key, count: profiles.count).write(to: &out)
    for row in profiles { try row.write(to: &out) }
  }
}
