// What is kept about offers, as a value: the catalogue, accounts, contacts, decisions, what was learnt.

import Offers
import Policies
import Wire

/// The state of offers; blank in a shop without a catalogue.
struct Offering: Sendable {
  /// Versions of the catalogue's text that are kept, the present one included, so that older decisions
  /// can be explained.
  static let shelvesMax = 8
  /// What counts of each reason are kept for an offer.
  static let reasonCount = Reason.codeCount

  /// The catalogue in force; nil before the first was put.
  var shelf: OfferShelf?
  /// Those before it, the oldest first, one for each text.
  var older: [OfferShelf] = []
  var accounts = Table<OfferAccount>()
  var contacts = Table<ContactEntry>()
  var outcomes = Table<OutcomeEntry>()
  /// As many rows as there are customers, or fewer.
  var heads = Table<OfferHeads>()
  var enrolments = Table<EnrolmentEntry>()
  /// Of every campaign that ever had a budget.
  var campaignAccounts = Table<CampaignAccount>()
  /// What was decided, the newest decisions; see DecisionEntry.
  var decisions = AnswerLog(
    halfBlocksMax: Limits.decisionsSizeMax / 2 / AnswerHalf.blockSize)
  /// All decisions ever made.
  var decisionCount: UInt64 = 0
  /// The first of them that is remembered.
  var firstRemembered: [UInt64] = [0, 0]
  /// The oldest decision whose window has not ended.
  var closing = DecisionPlace(half: 0, position: 0)
  /// The end of the window of the newest decision; windows end in the sequence of their decisions.
  var lastCloseMicros: Int64 = .min
  /// What offers are worth; nil before the first catalogue.
  var learner: Learner? { didSet { beliefs &+= 1 } }
  /// Counts the changes of what was learnt; no state.
  private(set) var beliefs: UInt64 = 0
  /// The last local day on which something was forgotten.
  var learnerDay: Int32 = .min
  /// When prices were once found, which now follow from the use of budgets; kept for the head's shape.
  var formerPriceMicros: Int64 = .min
  /// How often each account's offer ended with each reason.
  var reasonCounts: [UInt64] = []
  /// The last commands that changed the catalogue, and what was learnt.
  var catalogueChanged: UInt64 = 0
  var learningChanged: UInt64 = 0
  /// The command that writes now.
  private(set) var sequence: UInt64 = 0

  /// The chunks of every table and the sections they are kept in, in the sequence of the head.
  static var tables: [(kind: Section.Kind, chunks: WritableKeyPath<Offering, Chunks>)] {
    [
      (.offerAccounts, \.accounts.chunks), (.contacts, \.contacts.chunks),
      (.outcomes, \.outcomes.chunks), (.offerHeads, \.heads.chunks),
      (.enrolments, \.enrolments.chunks), (.campaignAccounts, \.campaignAccounts.chunks),
    ]
  }

  var isEmpty: Bool { shelf == nil }

  mutating func stamp(_ sequence: UInt64) {
    self.sequence = sequence
    accounts.chunks.stamp = sequence
    contacts.chunks.stamp = sequence
    outcomes.chunks.stamp = sequence
    heads.chunks.stamp = sequence
    enrolments.chunks.stamp = sequence
    campaignAccounts.chunks.stamp = sequence
    decisions.stamp = sequence
  }

  /// What there is of each kind, for status.
  func told(_ indexes: OfferIndexes) -> [StatusReply.FactTable] {
    if isEmpty { return [] }
    return [
      ("contacts", contacts.count, contacts.chunks.size + heads.chunks.size),
      ("outcomes", outcomes.count, outcomes.chunks.size + indexes.outcomes.size),
      ("enrolments", enrolments.count, enrolments.chunks.size),
      (
        "decisions", Int(clamping: decisionCount),
        indexes.decisions.reduce(decisions.size) { $0 + $1.size }
      ),
    ].map { .init(name: $0.0, rows: UInt64($0.1), bytes: UInt64($0.2)) }
  }

  /// A customer's heads; blank ones for a customer without any.
  @inline(__always)
  func heads(of customer: UInt32) -> OfferHeads {
    customer < heads.count ? heads[customer] : OfferHeads()
  }

  /// Changes a customer's heads, which are made where there are none.
  mutating func setHeads(of customer: UInt32, _ row: OfferHeads) {
    heads.chunks.grow(to: Int(customer) + 1)
    heads[customer] = row
  }

  /// The shelf on which a version of the catalogue stood; nil when it is kept no more.
  func shelf(ofVersion version: UInt32) -> OfferShelf? {
    guard let shelf else { return nil }
    if version >= shelf.textVersion { return shelf }
    return older.last { $0.textVersion <= version }
  }

  /// Says that what was learnt has changed.
  mutating func markLearning() { learningChanged = sequence }
  /// Says that the catalogue has changed.
  mutating func markCatalogue() { catalogueChanged = sequence }
}

/// How decisions and outcomes are found; not saved.
struct OfferIndexes: Sendable {
  var outcomes = Index()
  /// Of the two halves of the decisions.
  var decisions = [Index(), Index()]
}
