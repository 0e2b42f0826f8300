// The catalogue: all offers with their conditions compiled, and the rules they obey together. A value;
// a change makes a new one. Reading it from JSON is in CatalogueReader.

public import Rules

/// All offers of a shop, checked whole.
///
/// A copy shares its arrays. Places of offers are in the order of their identifiers, so the lower place
/// is the lower identifier; they hold within one version only.
public struct Catalogue: Sendable {
  /// Counts the changes.
  public internal(set) var version: UInt32
  /// Three letters, ISO 4217.
  public internal(set) var currency = ""
  /// Digits behind the point of an amount.
  public internal(set) var minorDigits = 2
  /// The share of net sales that is margin where an offer says nothing else, −1 to 1.
  public internal(set) var marginRate = 0.0
  /// What a point is worth, in major units.
  public internal(set) var pointValue = 0.0
  /// What a VIP's lifetime value is at least, in major units.
  public internal(set) var vipValue = 0.0
  /// ε: the share of decisions that is spread evenly over all candidates.
  public internal(set) var epsilon = 0.02
  /// Whether normal offers are drawn with their propensities; else the best is taken.
  public internal(set) var explores = true
  /// Whether personal scores may be used where nothing was said about profiling.
  public internal(set) var profiling = ConsentRule.optIn
  /// H: how many days what a customer orders counts for a decision.
  public internal(set) var windowDays = 30
  /// σ: by how much an outcome differs from what was foretold, in major units; NaN if the orders tell.
  public internal(set) var outcomeNoise = Double.nan
  /// γ: how much of what was learnt is kept from one day to the next.
  public internal(set) var kept = 1.0
  /// The number of the schema of the shop's own features; 0 where there are none.
  public internal(set) var featureSchema = 0
  /// The shop's own features, in the order they are told in.
  public internal(set) var ownFeatures: [OwnFeature] = []
  /// The terms of the offers, by place.
  public internal(set) var offers: [Offer] = []
  /// What people read of them, by place.
  public internal(set) var words: [OfferWords] = []
  /// The families' names, sorted.
  public internal(set) var families: [String] = []
  /// The exclusivity groups' names, from number 1 on.
  public internal(set) var groups: [String] = []
  /// The placements, as declared.
  public internal(set) var placements: [Placement] = []
  /// The campaigns, as declared.
  public internal(set) var campaigns: [Campaign] = []
  /// The campaigns with a budget, a bit each.
  public internal(set) var budgetedCampaigns: UInt64 = 0
  /// The holdouts, as declared.
  public internal(set) var holdouts: [CatalogueHoldout] = []
  /// The caps, as declared.
  public internal(set) var caps: [Cap] = []
  /// What follows refusals.
  public internal(set) var suppressions: [Suppression] = []
  /// What follows contacts.
  public internal(set) var quietPeriods: [QuietPeriod] = []
  /// What holds for each channel, by its number.
  public internal(set) var channels = [ChannelTerms](repeating: ChannelTerms(), count: 7)
  /// The texts conditions compare with; the code of each is its place.
  public internal(set) var texts: [String] = []

  /// The conditions, three an offer, by layer; nil where there is none.
  var programs: [RuleProgram?] = []
  /// Those of live offers, and the place in `programs` of each.
  var book = RuleBook([])
  var bookPlaces: [Int] = []
  /// The same by the places of their offers, for who need not know which of them does not hold.
  var intervals = RuleIntervals([])
  var needs = FactNeeds()
  var sets = OfferSets()
  /// The bytes of each holdout's key.
  var holdoutKeys: [[UInt8]] = []
  private var codes: [String: Int32] = [:]

  init(version: UInt32) { self.version = version }

  /// Minor units of a major one.
  public var scale: Double {
    var scale = 1.0
    for _ in 0..<minorDigits { scale *= 10 }
    return scale
  }

  /// The place of an offer.
  ///
  /// - Parameter id: its identifier.
  /// - Returns: nil if there is none of this name.
  /// - Complexity: O(log offers).
  public func place(of id: String) -> Int? {
    var low = 0
    var high = words.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(words[middle].id, id) { low = middle + 1 } else { high = middle }
    }
    return low < words.count && words[low].id == id ? low : nil
  }

  /// The place of a placement.
  ///
  /// - Parameter name: as declared.
  /// - Returns: nil if there is none of this name.
  public func placement(_ name: String) -> Int? { placements.firstIndex { $0.name == name } }

  /// The code under which conditions know a text.
  ///
  /// - Parameter text: a category, a country …
  /// - Returns: its code, or ``TextCode/other`` when no condition speaks of it.
  public func code(of text: String) -> Int32 { codes[text] ?? TextCode.other }

  /// The clause of a condition, as it was written.
  ///
  /// - Parameters:
  ///   - clause: from 0.
  ///   - offer: its place.
  ///   - layer: which of its conditions.
  /// - Returns: nil if there is no such clause.
  public func clause(_ clause: Int, of offer: Int, _ layer: ConditionLayer) -> RuleClause? {
    guard let program = programs[offer * 3 + Int(layer.rawValue)],
      program.clauses.indices.contains(clause)
    else { return nil }
    return program.clauses[clause]
  }

  /// The catalogue with one offer in another state, as the next version.
  ///
  /// - Parameters:
  ///   - id: the offer.
  ///   - state: its new state.
  /// - Returns: the new catalogue.
  /// - Throws: ``CatalogueChangeError`` if there is no such offer, or it cannot become that.
  public func amended(_ id: String, to state: OfferState) throws(CatalogueChangeError) -> Catalogue
  {
    guard let place = place(of: id) else {
      throw .unknownOffer(id, nearest: nearest(to: id, among: words.map(\.id)))
    }
    let before = offers[place].state
    guard before.canBecome(state) else { throw .impossible(id, from: before, to: state) }
    var next = self
    next.version += 1
    next.offers[place].state = state
    next.bind()
    return next
  }

  /// Puts together what decisions walk over, after offers, programs, texts or holdouts changed.
  mutating func bind() {
    bookPlaces = programs.indices.filter { programs[$0] != nil && offers[$0 / 3].state == .live }
    let bound = bookPlaces.compactMap { programs[$0] }
    book = RuleBook(bound)
    intervals = RuleIntervals(bound, places: bookPlaces.map { $0 / 3 })
    needs = FactNeeds(intervals.reads)
    sets = OfferSets(self)
    holdoutKeys = holdouts.map { Array($0.key.utf8) }
    codes = [:]
    for (code, text) in texts.enumerated() where codes[text] == nil { codes[text] = Int32(code) }
  }
}

/// Whether one identifier comes before another, byte by byte.
func isBefore(_ one: String, _ other: String) -> Bool {
  one.utf8.lexicographicallyPrecedes(other.utf8)
}

/// Why a single offer was not changed.
public enum CatalogueChangeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no such offer; perhaps another was meant.
  case unknownOffer(String, nearest: String?)
  /// It cannot go from its state to that.
  case impossible(String, from: OfferState, to: OfferState)

  /// The sentence.
  public var description: String {
    switch self {
    case .unknownOffer(let id, let nearest):
      "there is no offer '\(id)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
    case .impossible(let id, let from, let to):
      "'\(id)' is \(from.word) and cannot become \(to.word)"
    }
  }
}
