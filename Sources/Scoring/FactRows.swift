// The rows of what is known of customers beside their orders: where each customer's lists begin, and
// what consents are. How they are changed is in Engine+….swift, how they are read in FactReads.

import Wire

/// A place in another table, or nowhere; all zeroes are nowhere, so a blank row leads nowhere.
struct Link: Equatable, BitwiseCopyable, Sendable {
  private var code: UInt32 = 0

  static let none = Link()

  private init() {}

  init(_ number: UInt32) { code = number + 1 }

  /// The number of the row it leads to; nil for nowhere.
  @inline(__always)
  var number: UInt32? { code == 0 ? nil : code - 1 }

  /// Whether a table of `count` rows has the place.
  func isWithin(_ count: Int) -> Bool { Int(code) <= count }
}

/// Where a customer's facts begin; the row has the customer's number.
struct FactHeads: Equatable, TableRow {
  /// The standing of the customer's consents that was made last.
  var standings = Link.none
  /// The customer's profile.
  var profile = Link.none
  /// The events that were recorded last, each the head of a list of its kind.
  var carts = Link.none
  var views = Link.none
  var contacts = Link.none
  var complaints = Link.none
  /// Complaints that were opened and not solved.
  var openComplaints: UInt32 = 0
  /// The order line that was recorded last.
  var lines = Link.none

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&standings)
    visit(&profile)
    visit(&carts)
    visit(&views)
    visit(&contacts)
    visit(&complaints)
    visit(&openComplaints)
    visit(&lines)
  }
}

/// What is known of one person; zeroes where nothing is.
struct ProfileEntry: Equatable, TableRow {
  var birthYear: UInt16 = 0
  var birthMonth: UInt8 = 0
  var birthDay: UInt8 = 0
  /// Two letters, the first one in the high byte.
  var country: UInt16 = 0
  var language: UInt16 = 0
  var channel: UInt8 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&birthYear)
    visit(&birthMonth)
    visit(&birthDay)
    visit(&country)
    visit(&language)
    visit(&channel)
  }

  init() {}

  init(_ profile: Profile) {
    birthYear = profile.birthday?.year ?? 0
    birthMonth = profile.birthday?.month ?? 0
    birthDay = profile.birthday?.day ?? 0
    country = Self.code(profile.country)
    language = Self.code(profile.language)
    channel = profile.channel?.rawValue ?? 0
  }

  var profile: Profile {
    Profile(
      birthday: Birthday(year: birthYear, month: birthMonth, day: birthDay),
      country: Self.text(country), language: Self.text(language),
      channel: Channel(rawValue: channel))
  }

  private static func code(_ text: String?) -> UInt16 {
    (text ?? "").utf8.reduce(0) { $0 << 8 | UInt16($1) }
  }

  private static func text(_ code: UInt16) -> String? {
    code == 0
      ? nil : String(decoding: [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)], as: UTF8.self)
  }

  /// Whether each field is one that can be recorded.
  var isSound: Bool { Self(profile) == self }
}

/// What ties a person to the shop: where the customer came from and at what cost, and the tier.
///
/// The row has the profile's number; zeroes where nothing is known.
struct TiesEntry: Equatable, TableRow {
  /// Minor units, and one more; 0 where the cost is not known.
  var costCode: Int64 = 0
  /// Where the customer came from, a name.
  var source = Link.none
  /// The last day the tier is held; 0 where it has no end.
  var tierUntil: UInt16 = 0
  /// A level's number; 0 without one.
  var tier: UInt8 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&costCode)
    visit(&source)
    visit(&tierUntil)
    visit(&tier)
  }

  /// The cost of winning the customer, minor units; nil where it is not known.
  var costMinor: Int64? { costCode == 0 ? nil : costCode - 1 }

  var heldTier: HeldTier? { Tier(rawValue: tier).map { HeldTier($0, untilDay: tierUntil) } }

  /// The row after a change, but for the source, which is a name of the state.
  func changed(by change: ProfileChange) -> TiesEntry {
    var after = self
    switch change.acquisitionCost {
    case .keep: break
    case .forget: after.costCode = 0
    case .set(let cost): after.costCode = cost.amountMinor + 1
    }
    let held = change.tier.applied(to: heldTier)
    (after.tier, after.tierUntil) = (held?.tier.rawValue ?? 0, held?.untilDay ?? 0)
    return after
  }

  /// Whether each field is one that can be recorded.
  var isSound: Bool {
    let (level, until) = (Tier(rawValue: tier), Int(tierUntil))
    return (0...Limits.amountMax + 1).contains(costCode) && (tier == 0 || level != nil)
      && until <= (level == nil ? 0 : Limits.dayMax)
  }
}

/// What happened once; never changed.
struct EventEntry: Equatable, TableRow {
  var timeMicros: Int64 = 0
  /// Minor units; only of a cart.
  var amountMinor: Int64 = 0
  /// Hash of the customer's and the event's identifiers.
  var identity: UInt64 = 0
  /// What the customer's list held before.
  var previous = Link.none
  /// A category, an offer or a complaint's reference.
  var name = Link.none
  /// Only of a cart.
  var lines: UInt16 = 0
  var kind: UInt8 = 0
  /// Only of a contact; else 0.
  var channel: UInt8 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&timeMicros)
    visit(&amountMinor)
    visit(&identity)
    visit(&previous)
    visit(&name)
    visit(&lines)
    visit(&kind)
    visit(&channel)
  }
}

/// One line of an order; never changed.
struct LineEntry: Equatable, TableRow {
  /// Minor units.
  var amountMinor: Int64 = 0
  /// The order it belongs to.
  var order: UInt32 = 0
  /// The line its customer recorded before.
  var previous = Link.none
  /// A name.
  var category: UInt32 = 0
  var quantity: UInt32 = 0
  /// Which line of the order.
  var line: UInt16 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&amountMinor)
    visit(&order)
    visit(&previous)
    visit(&category)
    visit(&quantity)
    visit(&line)
  }

  /// What tells it from every other one.
  var identity: UInt64 { Self.identity(order, line) }

  static func identity(_ order: UInt32, _ line: UInt16) -> UInt64 {
    var hash = StateHash()
    hash.combine(UInt64(order) << 16 | UInt64(line))
    return hash.value
  }
}

extension EventKind {
  /// Where the list begins that events of this kind are in.
  var list: WritableKeyPath<FactHeads, Link> {
    switch self {
    case .cartChanged, .cartEmptied: \.carts
    case .viewed: \.views
    case .contactSent, .contactDelivered, .contactFailed: \.contacts
    case .complaintOpened, .complaintSolved: \.complaints
    }
  }
}

/// How it stands with one customer's consent for one channel and purpose.
struct ConsentStanding: Equatable, TableRow {
  /// The customer's standing that was made before.
  var next = Link.none
  /// The entry that was recorded last: head of the list of what was said.
  var last = Link.none
  /// The entry that holds.
  var present: UInt32 = 0
  var channel: UInt8 = 0
  var purpose: UInt8 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&next)
    visit(&last)
    visit(&present)
    visit(&channel)
    visit(&purpose)
  }
}

/// What was said once; never changed.
struct ConsentEntry: Equatable, TableRow {
  /// When it was said, microseconds since 1970 UTC.
  var timeMicros: Int64 = 0
  /// When it ends; 0 never.
  var expiresMicros: Int64 = 0
  /// What was recorded of the same standing before.
  var previous = Link.none
  /// Whose it is, and about what.
  var standing: UInt32 = 0
  /// Where it was said, a name.
  var source = Link.none
  /// Which wording, a name.
  var textVersion = Link.none
  var status: UInt8 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&timeMicros)
    visit(&expiresMicros)
    visit(&previous)
    visit(&standing)
    visit(&source)
    visit(&textVersion)
    visit(&status)
  }

  /// Whether this one holds against another of the same standing: the later one, of equal times the
  /// one that forbids more.
  ///
  /// Where neither does, both allow the same, so the sequence in which they came is all one.
  func prevails(over other: ConsentEntry) -> Bool {
    if timeMicros != other.timeMicros { return timeMicros > other.timeMicros }
    if status != other.status { return status > other.status }
    // Of two consents the one that ends earlier.
    return (expiresMicros == 0 ? .max : expiresMicros)
      < (other.expiresMicros == 0 ? .max : other.expiresMicros)
  }

  /// Whether it allows to be contacted.
  @inline(__always)
  func allows(at nowMicros: Int64) -> Bool {
    status == ConsentStatus.granted.rawValue && (expiresMicros == 0 || nowMicros < expiresMicros)
  }

  /// What tells it from every other one.
  var identity: UInt64 {
    var hash = StateHash()
    hash.combine(UInt64(bitPattern: timeMicros))
    hash.combine(UInt64(bitPattern: expiresMicros))
    hash.combine(UInt64(standing) << 8 | UInt64(status))
    hash.combine(UInt64(source.number ?? .max) << 32 | UInt64(textVersion.number ?? .max))
    return hash.value
  }
}
