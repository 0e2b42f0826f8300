// The rows of what is kept about offers: accounts, contacts, outcomes, enrolments. How they change is in
// Engine+Decisions and Engine+Outcomes.

import Wire

/// Where a customer's dealings with offers begin; the row has the customer's number.
struct OfferHeads: Equatable, TableRow {
  /// The newest contact.
  var contacts = Link.none
  /// The enrolment that was made last.
  var enrolments = Link.none

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&contacts)
    visit(&enrolments)
  }
}

/// What became of one offer over all versions of the catalogue: money, and how often.
struct OfferAccount: Equatable, TableRow {
  /// Its identifier, a name.
  var name: UInt32 = 0
  /// Its arm; 0 is «no offer», and never an account's.
  var arm: UInt32 = 0
  /// Redeemed in the present period, minor units.
  var spentMinor: Int64 = 0
  /// Decided, and may still be redeemed, minor units.
  var reservedMinor: Int64 = 0
  /// Redeemed in the present period.
  var givenCount: Int64 = 0
  /// Decided, and may still be redeemed.
  var reservedCount: Int64 = 0
  /// Where a price once stood, which now follows from the rest; kept, so that a row is as wide as it was.
  var formerPrice = 0.0
  /// The first day of the budget's present period.
  var periodDay: Int32 = .min
  /// Decisions that chose it.
  var chosen: UInt64 = 0
  /// Decisions on it that were learnt from.
  var learnt: UInt64 = 0
  var delivered: UInt32 = 0
  var shown: UInt32 = 0
  var clicked: UInt32 = 0
  var accepted: UInt32 = 0
  var refused: UInt32 = 0
  var redeemed: UInt32 = 0
  /// Everything that was ever redeemed, minor units.
  var costMinor: Int64 = 0

  static var chunkRows: Int { 256 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&name)
    visit(&arm)
    visit(&spentMinor)
    visit(&reservedMinor)
    visit(&givenCount)
    visit(&reservedCount)
    visit(&formerPrice)
    visit(&periodDay)
    visit(&chosen)
    visit(&learnt)
    visit(&delivered)
    visit(&shown)
    visit(&clicked)
    visit(&accepted)
    visit(&refused)
    visit(&redeemed)
    visit(&costMinor)
  }
}

/// What a campaign's budget has lost for good over all versions of the catalogue.
///
/// What is reserved of it stands in the accounts of its offers, and only there.
struct CampaignAccount: Equatable, TableRow {
  /// Its identifier, a name.
  var name: UInt32 = 0
  /// The first day of the budget's present period.
  var periodDay: Int32 = .min
  /// Redeemed of its offers in the present period, minor units.
  var spentMinor: Int64 = 0
  /// How often, in the present period.
  var givenCount: Int64 = 0

  static var chunkRows: Int { 64 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&name)
    visit(&periodDay)
    visit(&spentMinor)
    visit(&givenCount)
  }
}

/// One offer that was decided for a customer.
struct ContactEntry: Equatable, TableRow {
  /// When it was decided or, later, delivered: microseconds since 1970 UTC.
  var timeMicros: Int64 = 0
  /// Until when its place is kept if nothing is heard of it.
  var untilMicros: Int64 = 0
  /// When the customer refused it; 0 if never.
  var refusedMicros: Int64 = 0
  /// The most it can cost, minor units.
  var liabilityMinor: Int64 = 0
  /// The decision's key.
  var producer: UInt64 = 0
  var number: UInt64 = 0
  /// The customer's next older contact, by ``latestMicros``.
  var previous = Link.none
  var account: UInt32 = 0
  /// The local day of the time.
  var day: UInt16 = 0
  /// A channel of the wire.
  var channel: UInt8 = 0
  /// Which of the decision's choices.
  var choice: UInt8 = 0
  var state = State.reserved.rawValue
  var flags: UInt8 = 0

  /// How far it has come.
  enum State: UInt8 {
    case reserved = 0
    case failed = 1
    case delivered = 2
    case seen = 3
  }

  /// It counts as a contact.
  static let counts: UInt8 = 1
  /// Its liability is reserved.
  static let isReserved: UInt8 = 2
  /// Its reward was used.
  static let isRedeemed: UInt8 = 4
  /// It was put together from a receipt, after a crash had taken its decision.
  static let isRestored: UInt8 = 8

  /// When something was last heard of it that counts.
  var latestMicros: Int64 { max(timeMicros, refusedMicros) }

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&timeMicros)
    visit(&untilMicros)
    visit(&refusedMicros)
    visit(&liabilityMinor)
    visit(&producer)
    visit(&number)
    visit(&previous)
    visit(&account)
    visit(&day)
    visit(&channel)
    visit(&choice)
    visit(&state)
    visit(&flags)
  }
}

/// What came of a decision, once; never changed.
struct OutcomeEntry: Equatable, TableRow {
  var timeMicros: Int64 = 0
  /// Hash of the decision's key and the outcome's identifier.
  var identity: UInt64 = 0
  /// Minor units.
  var orderMinor: Int64 = 0
  var marginMinor: Int64 = 0
  var costMinor: Int64 = 0
  var customer: UInt32 = 0
  /// The offer's account; nowhere for no offer.
  var account = Link.none
  var kind: UInt8 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&timeMicros)
    visit(&identity)
    visit(&orderMinor)
    visit(&marginMinor)
    visit(&costMinor)
    visit(&customer)
    visit(&account)
    visit(&kind)
  }
}

/// A customer's part in a campaign, from the first decision that could have offered one of its offers
/// had there been no holdouts; never changed.
struct EnrolmentEntry: Equatable, TableRow {
  var timeMicros: Int64 = 0
  /// The campaign's identifier, a name.
  var campaign: UInt32 = 0
  var customer: UInt32 = 0
  /// Orders that were recorded before: those on the first day with a lower number do not count.
  var orderMark: UInt32 = 0
  /// The customer's enrolment that was made before.
  var previous = Link.none
  /// The local day of the time.
  var day: UInt16 = 0
  /// The customer's segment.
  var segment: UInt8 = 0
  /// 1 for the control group.
  var isControl: UInt8 = 0

  static var chunkRows: Int { 4096 }

  @inline(__always)
  mutating func columns(_ visit: inout some ColumnVisitor) {
    visit(&timeMicros)
    visit(&campaign)
    visit(&customer)
    visit(&orderMark)
    visit(&previous)
    visit(&day)
    visit(&segment)
    visit(&isControl)
  }
}
