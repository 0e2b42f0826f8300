// One version of the catalogue, ready for decisions: compiled, with the numbers under which the state
// knows its offers and texts. Never changed; a new version is a new shelf.

import Offers
import Wire

/// The catalogue and what its words are in the state.
final class OfferShelf: Sendable {
  /// Lent where it lies: a copy would count up the references of all its arrays.
  var catalogue: Catalogue { _read { yield held } }
  private let held: Catalogue
  /// The JSON that was put, and the version it made.
  let text: [UInt8]
  let textVersion: UInt32
  /// The account of each offer, by place.
  let accounts: [UInt32]
  /// The place of each account; -1 for those of offers that are not there any more.
  let places: [Int]
  /// The arm of each offer, by place.
  let arms: [UInt32]
  /// The place of each offer by its identifier, a name.
  let placesOfNames: [UInt32: Int]
  /// The campaigns' identifiers, names, in their order.
  let campaigns: [UInt32]
  /// The account of each campaign, in their order; nowhere for those without a budget.
  let campaignAccounts: [Link]
  /// The holdouts whose customers are the control group of each campaign, a bit each.
  let controls: [UInt64]
  /// The codes under which conditions know names.
  let codes: [UInt32: Int32]
  /// The same for texts of two letters, the first one in the high byte.
  let letterCodes: [UInt16: Int32]
  /// The bytes of each offer's identifier, and of each placement's name.
  let identifiers: [[UInt8]]
  /// The identifiers as replies to recommend have them.
  let recommendNames: RecommendNames
  let placements: [[UInt8]]
  /// The offers with a budget, by place.
  let budgeted: [Int]
  /// Which contacts the rules can see.
  let contactRules: ContactRules

  init(
    _ catalogue: Catalogue, text: [UInt8], textVersion: UInt32, accounts: [UInt32],
    in table: Table<OfferAccount>, campaigns: [UInt32], campaignAccounts: [Link],
    codes: [UInt32: Int32]
  ) {
    held = catalogue
    arms = accounts.map { table[$0].arm }
    placesOfNames = Dictionary(
      accounts.enumerated().map { (table[$0.element].name, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    self.text = text
    self.textVersion = textVersion
    self.accounts = accounts
    var places = [Int](repeating: -1, count: Int(accounts.max() ?? 0) + 1)
    for (place, account) in accounts.enumerated() { places[Int(account)] = place }
    self.places = places
    self.campaigns = campaigns
    self.campaignAccounts = campaignAccounts
    controls = catalogue.campaigns.map { campaign in
      catalogue.holdouts.enumerated().reduce(0) { bits, holdout in
        let (bit, terms) = holdout
        let isMeant =
          terms.level == .global || terms.level == .campaign && terms.of == campaign.id
        return isMeant ? bits | 1 << UInt64(bit) : bits
      }
    }
    self.codes = codes
    var letters: [UInt16: Int32] = [:]
    for (code, text) in catalogue.texts.enumerated() where text.utf8.count == 2 {
      let pair = text.utf8.reduce(0) { $0 << 8 | UInt16($1) }
      if letters[pair] == nil { letters[pair] = Int32(code) }
    }
    letterCodes = letters
    identifiers = catalogue.words.map { Array($0.id.utf8) }
    recommendNames = RecommendNames(identifiers)
    placements = catalogue.placements.map { Array($0.name.utf8) }
    contactRules = ContactRules(catalogue)
    budgeted = catalogue.offers.indices.filter { catalogue.offers[$0].hasBudget }
  }

  /// The same offers in other states.
  func amended(_ catalogue: Catalogue, in table: Table<OfferAccount>) -> OfferShelf {
    OfferShelf(
      catalogue, text: text, textVersion: textVersion, accounts: accounts, in: table,
      campaigns: campaigns, campaignAccounts: campaignAccounts, codes: codes)
  }

  /// The place of an account's offer; nil when it is not there any more.
  func place(of account: UInt32) -> Int? {
    guard account < places.count, places[Int(account)] >= 0 else { return nil }
    return places[Int(account)]
  }

  /// The place of the offer with an identifier.
  func place(ofName name: UInt32) -> Int? { placesOfNames[name] }

  /// The place of a placement.
  func placement(_ name: RawSpan) -> Int? {
    placements.indices.first { isPlacement($0, name) }
  }

  /// Whether a placement has this name.
  func isPlacement(_ place: Int, _ name: RawSpan) -> Bool {
    let own = placements[place]
    return own.rawSpan.isSame(as: name)
  }

}

/// Which contacts the rules of a catalogue can see.
struct ContactRules {
  private static let microsPerDay: Int64 = 86_400_000_000

  /// How far back any of them looks.
  let reachMicros: Int64
  /// Whether contacts count that failed or were never heard of.
  let countsLapsed: Bool
  /// Whether some count by family or by offer.
  let countsOffers: Bool

  init(_ catalogue: Catalogue) {
    // Fatigue looks back a week; what is reserved counts as long as it is.
    var reach = max(
      7 * Self.microsPerDay, Int64(CatalogueLimits.reservationMinutesMax) * 60_000_000)
    for cap in catalogue.caps {
      // A day longer than its days, for those have up to 25 hours.
      reach = max(reach, cap.windowMicros, Int64(cap.calendarDays + 1) * Self.microsPerDay)
    }
    for rule in catalogue.suppressions { reach = max(reach, rule.windowMicros) }
    for period in catalogue.quietPeriods { reach = max(reach, period.micros) }
    reachMicros = reach
    countsLapsed = catalogue.caps.contains { $0.event == .decided }
    countsOffers = catalogue.caps.contains { $0.scope == .family || $0.scope == .offer }
  }
}

extension Wire.Channel {
  /// The same in the catalogue's numbering, which has no «none».
  var inCatalogue: Offers.Channel { Offers.Channel(rawValue: rawValue - 1) ?? .email }
}

extension Wire.Tier {
  /// The same in the catalogue's numbering, which has no «none».
  var inCatalogue: Offers.Tier { Offers.Tier(rawValue: rawValue - 1) ?? .bronze }
}
