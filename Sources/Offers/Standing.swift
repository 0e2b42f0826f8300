// What is known of a customer besides the values of conditions: consent, contacts, refusals; and of
// each offer: money spent, what is believed of its effect. All handed in; nothing here is kept.

/// Which consents hold, a bit for each channel and purpose.
public struct ConsentSet: Equatable, Sendable {
  /// Eight bits for each purpose, of which the channels take seven.
  public private(set) var bits: UInt32 = 0

  /// None.
  public init() {}

  /// A set by its bits.
  ///
  /// - Parameter bits: as ``bits`` has them.
  public init(bits: UInt32) { self.bits = bits }

  /// Whether one holds; expiry was judged by whoever filled the set.
  ///
  /// - Parameters:
  ///   - channel: how.
  ///   - purpose: what for.
  public subscript(channel: Channel, purpose: Purpose) -> Bool {
    get { bits & Self.bit(channel, purpose) != 0 }
    set {
      if newValue {
        bits |= Self.bit(channel, purpose)
      } else {
        bits &= ~Self.bit(channel, purpose)
      }
    }
  }

  static func bit(_ channel: Channel, _ purpose: Purpose) -> UInt32 {
    1 << (UInt32(purpose.rawValue) * 8 + UInt32(channel.rawValue))
  }
}

/// How far a contact has come.
public enum ContactState: UInt8, Sendable {
  /// Decided; it failed, or too late was nothing heard of it.
  case lapsed
  /// Decided, and may still be delivered.
  case reserved
  case delivered
  case seen
}

/// One contact with a customer.
public struct Contact: Equatable, Sendable {
  /// When it was decided or, later, delivered: microseconds since 1970 UTC.
  public var timeMicros: Int64
  /// The local day of that time, counted from 1970-01-01.
  public var day: Int32
  /// The offer's place in the catalogue; `UInt16.max` if it is not there any more.
  public var offer: UInt16
  /// The place of its family; `UInt16.max` if it is not there any more.
  public var family: UInt16
  /// How.
  public var channel: Channel
  /// How far it has come.
  public var state: ContactState
  /// Whether it counts; what is transactional does not.
  public var counts: Bool

  /// Puts a contact together.
  ///
  /// - Parameters:
  ///   - timeMicros: microseconds since 1970 UTC.
  ///   - day: its local day.
  ///   - offer: a place in the catalogue.
  ///   - family: a place among the families.
  ///   - channel: how.
  ///   - state: how far it has come.
  ///   - counts: whether caps see it.
  @inlinable
  public init(
    timeMicros: Int64, day: Int32, offer: UInt16, family: UInt16, channel: Channel,
    state: ContactState, counts: Bool = true
  ) {
    self.timeMicros = timeMicros
    self.day = day
    self.offer = offer
    self.family = family
    self.channel = channel
    self.state = state
    self.counts = counts
  }

  /// Whether a cap on this event sees it.
  @inlinable
  func isCounted(as event: CapEvent) -> Bool {
    switch event {
    case .decided: counts
    case .delivered: counts && state != .lapsed
    case .seen: counts && (state == .seen || state == .reserved)
    }
  }
}

/// One refusal by a customer.
public struct OfferRefusal: Equatable, Sendable {
  /// Microseconds since 1970 UTC.
  public var timeMicros: Int64
  /// The offer's place in the catalogue; `UInt16.max` if it is not there any more.
  public var offer: UInt16
  /// The place of its family.
  public var family: UInt16

  /// Puts a refusal together.
  ///
  /// - Parameters:
  ///   - timeMicros: microseconds since 1970 UTC.
  ///   - offer: a place in the catalogue.
  ///   - family: a place among the families.
  @inlinable
  public init(timeMicros: Int64, offer: UInt16, family: UInt16) {
    self.timeMicros = timeMicros
    self.offer = offer
    self.family = family
  }
}

/// How a customer stands to the shop.
public struct Standing: Equatable, Sendable {
  /// What was consented to and has not expired.
  public var granted = ConsentSet()
  /// What was refused or revoked.
  public var denied = ConsentSet()
  /// Contacts on all channels, newest first.
  ///
  /// With the newest 32 of each channel and state, caps on everything or on a channel are exact; with those
  /// of each offer too, all are.
  public var contacts: [Contact] = []
  /// Refusals, newest first.
  public var refusals: [OfferRefusal] = []

  /// A customer of whom nothing is known.
  @inlinable
  public init() {}
}

/// What of an offer's budget is gone.
public struct BudgetUse: Equatable, Sendable {
  /// Spent and reserved, in minor units.
  public var takenMinor: Int64
  /// Given and reserved.
  public var takenCount: Int64
  /// λ: what a unit of its expected cost takes from the score, because its money is scarce; at least 0.
  public var price: Double

  /// Puts the use of a budget together.
  ///
  /// - Parameters:
  ///   - takenMinor: spent and reserved, in minor units.
  ///   - takenCount: given and reserved.
  ///   - price: λ, at least 0.
  @inlinable
  public init(takenMinor: Int64 = 0, takenCount: Int64 = 0, price: Double = 0) {
    self.takenMinor = takenMinor
    self.takenCount = takenCount
    self.price = price
  }
}

/// What is believed of an offer for this customer, here, now.
public struct OfferEstimate: Equatable, Sendable {
  /// τ: expected incremental margin against no offer, costs taken off, in major units.
  public var uplift: Double
  /// Its variance, in major units squared, at least 0.
  public var variance: Double

  /// Puts an estimate together.
  ///
  /// - Parameters:
  ///   - uplift: τ, in major units.
  ///   - variance: of τ, at least 0.
  @inlinable
  public init(uplift: Double, variance: Double) {
    self.uplift = uplift
    self.variance = variance
  }
}

/// An instant, and what it is in the shop's or the customer's zone.
public struct Moment: Equatable, Sendable {
  /// Microseconds since 1970 UTC.
  public var nowMicros: Int64
  /// The local day, counted from 1970-01-01.
  public var today: Int32
  /// The minute of the local day, 0 to 1439.
  public var minute: Int32
  /// When the next local day begins, in microseconds since 1970 UTC.
  public var tomorrowMicros: Int64

  /// Puts a moment together.
  ///
  /// - Parameters:
  ///   - nowMicros: microseconds since 1970 UTC.
  ///   - today: the local day.
  ///   - minute: of the local day, 0 to 1439.
  ///   - tomorrowMicros: when the next local day begins.
  @inlinable
  public init(nowMicros: Int64, today: Int32, minute: Int32, tomorrowMicros: Int64) {
    self.nowMicros = nowMicros
    self.today = today
    self.minute = minute
    self.tomorrowMicros = tomorrowMicros
  }

  /// A moment in UTC.
  ///
  /// - Parameter utcMicros: microseconds since 1970 UTC.
  public init(utcMicros: Int64) {
    let day = (utcMicros - (utcMicros < 0 ? 86_399_999_999 : 0)) / 86_400_000_000
    self.init(
      nowMicros: utcMicros, today: Int32(clamping: day),
      minute: Int32((utcMicros - day * 86_400_000_000) / 60_000_000),
      tomorrowMicros: (day + 1) * 86_400_000_000)
  }
}
