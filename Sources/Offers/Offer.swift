// One offer as the catalogue holds it: plain numbers for deciding, and its words beside them. Reading
// them is in CatalogueReader; what they lead to is in Decision.

/// The terms of an offer: plain values, so that a decision walks over them and counts no reference.
///
/// Money is in major units of the catalogue's currency unless a name ends in `Minor`.
public struct Offer: Equatable, Sendable {
  /// The first day it lives, counted from 1970-01-01; it begins with local midnight.
  public internal(set) var startDay: Int32
  /// The first day it does not live any more.
  public internal(set) var endDay: Int32
  /// Where it is in its life.
  public internal(set) var state: OfferState
  /// How much it must obey.
  public internal(set) var offerClass: OfferClass
  /// What consent it needs.
  public internal(set) var purpose: Purpose
  /// What the customer gets.
  public internal(set) var reward: RewardKind
  /// Its channels, a bit each.
  public internal(set) var channels: UInt8
  /// Its placements, a bit each.
  public internal(set) var placements: UInt32
  /// The place of its family among the catalogue's.
  public internal(set) var family: UInt16
  /// Its exclusivity group, from 1; 0 is none.
  public internal(set) var group: UInt16
  /// The campaigns it belongs to, a bit each.
  public internal(set) var campaigns: UInt64
  /// The holdouts that hold for it, a bit each.
  public internal(set) var holdouts: UInt64
  /// How the shop leans, 0.5 to 2; 1 is not at all.
  public internal(set) var lever: Double
  /// The share of net sales that is margin, −1 to 1.
  public internal(set) var marginRate: Double
  /// What one contact costs.
  public internal(set) var contactCost: Double
  /// Percent, money or points, by `reward`.
  public internal(set) var rewardValue: Double
  /// What the reward really costs when it is redeemed; NaN if it follows from `rewardValue`.
  public internal(set) var rewardCost: Double
  /// How probably it is redeemed.
  public internal(set) var redemption: Double
  /// The most it can cost, in minor units.
  public internal(set) var liabilityMinor: Int64
  /// The money set aside for it, in minor units; −1 is no budget.
  public internal(set) var budgetMinor: Int64
  /// How many may be given; −1 is no budget.
  public internal(set) var budgetCount: Int64
  /// How many days a budget is for, from the offer's start on, before it begins anew; 0 is for ever.
  public internal(set) var budgetDays: Int32

  /// Whether it has a budget.
  @inlinable public var hasBudget: Bool { budgetMinor >= 0 || budgetCount >= 0 }

  /// Whether it lives on a day.
  ///
  /// - Parameter day: local, counted from 1970-01-01.
  /// - Returns: whether it is live and the day lies from start to before the end.
  @inlinable
  public func isLive(on day: Int32) -> Bool {
    state == .live && day >= startDay && day < endDay
  }

  /// Whether another offer cannot stand beside it in one answer.
  ///
  /// - Parameter other: the other.
  /// - Returns: whether they share the family or the exclusivity group.
  @inlinable
  public func excludes(_ other: Offer) -> Bool {
    family == other.family || group != 0 && group == other.group
  }

  /// The expected cost of the reward: its cost when redeemed times how probable that is.
  ///
  /// A percentage is of the basket, else of the mean spend, and never above the liability; without
  /// either it is the liability.
  ///
  /// - Parameters:
  ///   - basket: its value in major units; NaN if unknown.
  ///   - meanSpend: of an order in major units; NaN if unknown.
  ///   - scale: minor units of a major one.
  /// - Returns: major units, at least 0.
  @inlinable
  public func expectedCost(basket: Double, meanSpend: Double, scale: Double) -> Double {
    guard rewardCost.isNaN else { return redemption * rewardCost }
    let most = Double(liabilityMinor) / scale
    let base = basket.isFinite ? max(basket, 0) : meanSpend.isFinite ? max(meanSpend, 0) : .infinity
    return redemption * min(base * rewardValue / 100, most)
  }
}

/// What people read of an offer.
public struct OfferWords: Equatable, Sendable {
  /// Its identifier, 1 to 64 bytes.
  public internal(set) var id: String
  /// What the shop calls it.
  public internal(set) var name: String
  /// What a customer may be told of it; empty if nothing.
  public internal(set) var customerText: String
  /// Its conditions as they were written, by layer; nil where there is none.
  public internal(set) var conditions: [String?]
}

/// At most so many within so long.
public struct Cap: Equatable, Sendable {
  /// What is counted together.
  public internal(set) var scope: CapScope
  /// The channel, family or offer that is meant; −1 is each for itself.
  public internal(set) var of: Int32
  /// How many there may be, 0 to 32.
  public internal(set) var limit: Int32
  /// Up to which contact counts.
  public internal(set) var event: CapEvent
  /// The rolling window; 0 if calendar days count.
  public internal(set) var windowMicros: Int64
  /// Today and so many days before, less one; 0 if the window rolls.
  public internal(set) var calendarDays: Int32
}

/// No more of what was refused.
public struct Suppression: Equatable, Sendable {
  /// `offer` or `family`.
  public internal(set) var scope: CapScope
  /// After so many refusals.
  public internal(set) var refusals: Int32
  /// Within, and for, so long.
  public internal(set) var windowMicros: Int64
}

/// Channels among which a contact is followed by quiet.
public struct QuietPeriod: Equatable, Sendable {
  /// A bit each.
  public internal(set) var channels: UInt8
  /// How long.
  public internal(set) var micros: Int64
}

/// What holds for a channel.
public struct ChannelTerms: Equatable, Sendable {
  /// φ: what one contact of the last seven days takes from the score, in major units.
  public internal(set) var fatigue: Double = 0
  /// When the quiet hours begin, in minutes of the local day; equal to the end if there are none.
  public internal(set) var quietFrom: Int32 = 0
  /// When they end.
  public internal(set) var quietTo: Int32 = 0
  /// Whether silence is consent.
  public internal(set) var consent = ConsentRule.optIn
  /// How long a decision keeps a contact's place before it must have been delivered.
  public internal(set) var reservationMicros: Int64 = 0

  /// Minutes until the quiet hours end.
  ///
  /// - Parameter minute: of the local day, 0 to 1439.
  /// - Returns: at least 1; 0 if it is not quiet.
  @inlinable
  public func quietMinutes(at minute: Int32) -> Int32 {
    let since = (minute - quietFrom + 1440) % 1440
    let length = (quietTo - quietFrom + 1440) % 1440
    return since < length ? length - since : 0
  }
}

/// A feature of a decision that the shop tells itself, beside those that are built from what is known.
public struct OwnFeature: Equatable, Sendable {
  /// What it is called.
  public internal(set) var name: String
  /// What stands for it where it is not known.
  public internal(set) var missing: Double
  /// What is taken off, and what the rest is divided by, so that most lie within −2 and 2.
  public internal(set) var center: Double
  /// Above 0.
  public internal(set) var scale: Double
}

/// Where and when offers can be put.
public struct Placement: Equatable, Sendable {
  /// What it is called.
  public internal(set) var name: String
  /// How many offers it takes, 1 to 30.
  public internal(set) var top: Int
  /// The offer that stands for none; −1 is none.
  public internal(set) var fallback: Int
}

/// Offers whose outcome is told together.
public struct Campaign: Equatable, Sendable {
  /// What it is called.
  public internal(set) var id: String
  /// The window of attribution.
  public internal(set) var days: Int
  /// The places of its offers.
  public internal(set) var offers: [Int]
  /// What its offers may cost together, beside what each has of its own.
  public internal(set) var budget = Budget()
}

/// Customers who are held back so that the others can be compared with them.
public struct CatalogueHoldout: Equatable, Sendable {
  /// Whom it takes out.
  public internal(set) var level: HoldoutLevel
  /// The campaign or offer; empty if global.
  public internal(set) var of: String
  /// What the bucket is computed from, besides the customer.
  public internal(set) var key: String
  /// The share held back, 0 to 50.
  public internal(set) var percent: Double
  /// Whether it is over: nobody is held, and the key may change.
  public internal(set) var isClosed: Bool
}
