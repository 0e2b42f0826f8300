// The bodies of the verbs record profiles and describe customer: batches and rows. What a profile is
// made of is in ProfileFields.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What is to become of a profile.
public struct ProfileChange: Equatable, Sendable {
  static let fields =
    [Field("changes", .u8)] + Profile.personFields + [
      Field("source", .name), Field("acquisition cost", .i64), Field("currency", .name),
      Field("minor digits", .u8),
    ] + HeldTier.fields

  /// The bits of *changes* of which one says that there is more in the row than the person.
  private static let furtherBits: UInt8 = 16 | 32 | 64

  /// Day of birth.
  public var birthday: ProfileField<Birthday>
  /// ISO 3166 alpha-2, two capital letters.
  public var country: ProfileField<String>
  /// ISO 639-1, two small letters.
  public var language: ProfileField<String>
  /// Which way the customer likes best.
  public var channel: ProfileField<Channel>
  /// Where the customer came from, 1 to 64 bytes.
  public var source: ProfileField<String>
  /// What it cost to win the customer.
  public var acquisitionCost: ProfileField<AcquisitionCost>
  /// The loyalty level.
  public var tier: ProfileField<HeldTier>

  /// Makes a change.
  ///
  /// - Parameters:
  ///   - birthday: day of birth.
  ///   - country: ISO 3166 alpha-2.
  ///   - language: ISO 639-1.
  ///   - channel: which way the customer likes best.
  ///   - source: where the customer came from, 1 to 64 bytes.
  ///   - acquisitionCost: what it cost to win the customer.
  ///   - tier: the loyalty level.
  public init(
    birthday: ProfileField<Birthday> = .keep, country: ProfileField<String> = .keep,
    language: ProfileField<String> = .keep, channel: ProfileField<Channel> = .keep,
    source: ProfileField<String> = .keep, acquisitionCost: ProfileField<AcquisitionCost> = .keep,
    tier: ProfileField<HeldTier> = .keep
  ) {
    self.birthday = birthday
    self.country = country
    self.language = language
    self.channel = channel
    self.source = source
    self.acquisitionCost = acquisitionCost
    self.tier = tier
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    let at = reader.offset
    let changes = try reader.readUInt8()
    let person = try Profile(personFrom: &reader)
    birthday = .read(changes & 1 != 0, person.birthday)
    country = .read(changes & 2 != 0, person.country)
    language = .read(changes & 4 != 0, person.language)
    channel = .read(changes & 8 != 0, person.channel)
    var further: (source: String?, cost: AcquisitionCost?, tier: HeldTier?) = (nil, nil, nil)
    if changes & Self.furtherBits != 0 {
      further.source = try Profile.readSource(from: &reader)
      further.cost = try AcquisitionCost(from: &reader)
      further.tier = try HeldTier(from: &reader)
    }
    source = .read(changes & 16 != 0, further.source)
    acquisitionCost = .read(changes & 32 != 0, further.cost)
    tier = .read(changes & 64 != 0, further.tier)
    guard changes <= 127, self.person == person, source.value == further.source,
      acquisitionCost.value == further.cost, tier.value == further.tier
    else {
      throw Refusal(
        .invalidField, at: at, "changes is \(changes), it must name every field that is given")
    }
  }

  private var person: Profile {
    Profile(
      birthday: birthday.value, country: country.value, language: language.value,
      channel: channel.value)
  }

  func write(to out: inout ByteBuffer) {
    var changes: UInt8 = birthday.isKeep ? 0 : 1
    changes |= country.isKeep ? 0 : 2
    changes |= language.isKeep ? 0 : 4
    changes |= channel.isKeep ? 0 : 8
    changes |= source.isKeep ? 0 : 16
    changes |= acquisitionCost.isKeep ? 0 : 32
    changes |= tier.isKeep ? 0 : 64
    out.append(changes)
    person.writePerson(to: &out)
    // Without them a row is what it was before there were any.
    guard changes & Self.furtherBits != 0 else { return }
    out.append(name: source.value ?? "")
    AcquisitionCost.write(acquisitionCost.value, to: &out)
    HeldTier.write(tier.value, to: &out)
  }

  /// A profile after the change.
  ///
  /// - Parameter profile: before.
  /// - Returns: after.
  public func applied(to profile: Profile) -> Profile {
    var after = Profile(
      birthday: birthday.applied(to: profile.birthday),
      country: country.applied(to: profile.country),
      language: language.applied(to: profile.language),
      channel: channel.applied(to: profile.channel))
    after.source = source.applied(to: profile.source)
    after.tier = tier.applied(to: profile.tier)
    switch acquisitionCost {
    case .keep: after.acquisitionCostMinor = profile.acquisitionCostMinor
    case .forget: break
    case .set(let cost): after.acquisitionCostMinor = cost.amountMinor
    }
    return after
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
