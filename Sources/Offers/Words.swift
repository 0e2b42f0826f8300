// The fixed words of offers: channels, purposes, classes, states, kinds of rewards. What shops name
// themselves (families, placements, groups) is text in the catalogue.

/// A word that is written in the catalogue, and a small number in memory.
public protocol CatalogueWord: RawRepresentable<UInt8>, CaseIterable, Sendable {
  /// As it is written.
  var word: String { get }
}

extension CatalogueWord {
  /// The value of a word.
  ///
  /// - Parameter word: as it is written.
  public init?(word: String) {
    guard let value = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = value
  }
}

/// How an offer reaches a customer.
public enum Channel: UInt8, CatalogueWord {
  case email, sms, push, site, phone, post, store

  /// As it is written.
  public var word: String { "\(self)" }
  /// Its bit in a set of channels.
  @inlinable public var bit: UInt8 { 1 << rawValue }
}

/// What a customer consents to be addressed for.
public enum Purpose: UInt8, CatalogueWord {
  case marketing, profiling, service, partners

  /// As it is written.
  public var word: String { "\(self)" }
}

/// A loyalty level, from the lowest to the highest.
public enum Tier: UInt8, CatalogueWord, Comparable {
  case bronze, silver, gold, platinum

  /// As it is written.
  public var word: String { "\(self)" }

  /// The order of the levels.
  public static func < (one: Tier, other: Tier) -> Bool { one.rawValue < other.rawValue }
}

/// How much an offer must obey; the table is in ``Decision``.
public enum OfferClass: UInt8, CatalogueWord {
  /// Everything holds for it.
  case normal
  /// Delivered whatever its score and the caps; consent holds for it.
  case mandatory
  /// Part of a service the customer asked for: needs no consent, and is no contact that counts.
  case transactional

  /// As it is written.
  public var word: String { "\(self)" }
}

/// Where an offer is in its life.
public enum OfferState: UInt8, CatalogueWord {
  case draft, live, paused, ended

  /// As it is written.
  public var word: String { "\(self)" }

  /// Whether an offer may go from this state to another.
  ///
  /// - Parameter state: the other.
  /// - Returns: true from draft to live and ended, between live and paused, and from both to ended; and
  ///   always for the same state.
  public func canBecome(_ state: OfferState) -> Bool {
    switch (self, state) {
    case (.draft, .live), (.live, .paused), (.paused, .live): true
    case (.draft, .ended), (.live, .ended), (.paused, .ended): true
    default: self == state
    }
  }
}

/// What the customer gets.
public enum RewardKind: UInt8, CatalogueWord {
  /// `value` percent off the basket.
  case discountPercent
  /// `value` money off.
  case discountAmount
  /// `value` points.
  case points
  case gift, access, subscription, none

  /// As it is written.
  public var word: String {
    switch self {
    case .discountPercent: "discount_percent"
    case .discountAmount: "discount_amount"
    default: "\(self)"
    }
  }
}

/// What a cap counts together.
public enum CapScope: UInt8, CatalogueWord {
  case global, channel, family, offer

  /// As it is written.
  public var word: String { "\(self)" }
}

/// How far a contact has come, and what a cap counts.
public enum CapEvent: UInt8, CatalogueWord {
  /// Every decision, whatever became of it.
  case decided
  /// What was delivered, and what was decided and may still be.
  case delivered
  /// What was seen, and what was decided and may still be.
  case seen

  /// As it is written.
  public var word: String { "\(self)" }
}

/// Whom a holdout takes out.
public enum HoldoutLevel: UInt8, CatalogueWord {
  case global, campaign, offer

  /// As it is written.
  public var word: String { "\(self)" }
}

/// Which of the three conditions of an offer.
public enum ConditionLayer: UInt8, CatalogueWord {
  /// The customer may have it.
  case eligibility
  /// It is relevant now.
  case applicability
  /// It is in the customer's interest.
  case suitability

  /// As it is written.
  public var word: String { "\(self)" }
}

/// When silence is taken for consent.
public enum ConsentRule: UInt8, CatalogueWord {
  /// Never: it must have been given.
  case optIn
  /// As long as it was not refused or revoked.
  case optOut

  /// As it is written.
  public var word: String { self == .optIn ? "opt_in" : "opt_out" }
}
