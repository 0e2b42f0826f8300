// Sets of offers, a bit each: a decision asks each question once for all offers. `OfferSets` are those
// that follow from the catalogue alone; what follows from the customer is in Decision and its stages.

/// A set of a catalogue's offers, by place.
struct OfferSet: Equatable, Sendable {
  private(set) var words: SIMD4<UInt64> = .zero

  init() {}

  /// A set by its bits: bit i of word w is the offer at 64 w + i.
  @inline(__always)
  init(words: SIMD4<UInt64>) { self.words = words }

  @inline(__always) var isEmpty: Bool { words == .zero }

  @inline(__always)
  func contains(_ place: Int) -> Bool { words[place >> 6] & 1 << UInt64(place & 63) != 0 }

  @inline(__always)
  mutating func insert(_ place: Int) { words[place >> 6] |= 1 << UInt64(place & 63) }

  @inline(__always)
  static func | (one: Self, other: Self) -> Self {
    var both = one
    both.words |= other.words
    return both
  }

  @inline(__always)
  static func & (one: Self, other: Self) -> Self {
    var both = one
    both.words &= other.words
    return both
  }

  @inline(__always)
  mutating func remove(_ place: Int) { words[place >> 6] &= ~(1 << UInt64(place & 63)) }

  /// What is in the one and not in the other.
  @inline(__always)
  static func - (one: Self, other: Self) -> Self {
    var rest = one
    rest.words &= ~other.words
    return rest
  }

  /// Takes out the lowest place; nil if there is none.
  @inline(__always)
  mutating func popFirst() -> Int? {
    for word in 0..<4 where words[word] != 0 {
      let bit = words[word].trailingZeroBitCount
      words[word] &= words[word] - 1
      return word << 6 | bit
    }
    return nil
  }
}

/// The sets of offers that follow from a catalogue.
struct OfferSets: Sendable {
  private(set) var all = OfferSet()
  private(set) var normal = OfferSet()
  private(set) var mandatory = OfferSet()
  private(set) var transactional = OfferSet()
  /// Those in the state «live».
  private(set) var live = OfferSet()
  /// Those that have a first or a last day.
  private(set) var dated = OfferSet()
  private(set) var budgeted = OfferSet()
  /// Those that draw on the budget of a campaign.
  private(set) var sharing = OfferSet()
  /// By purpose.
  private(set) var purposes: [OfferSet] = []
  /// By channel and by placement.
  private(set) var channels: [OfferSet] = []
  private(set) var placements: [OfferSet] = []
  /// By family.
  private(set) var families: [OfferSet] = []
  /// The normal offers of each campaign, and under each holdout.
  private(set) var campaigns: [OfferSet] = []
  private(set) var holdouts: [OfferSet] = []
  /// Of each offer those that cannot stand beside it, itself included.
  private(set) var excluded: [OfferSet] = []

  /// Those of a catalogue without offers.
  init() {}

  init(_ catalogue: borrowing Catalogue) {
    func sets(_ count: Int) -> [OfferSet] { [OfferSet](repeating: OfferSet(), count: count) }
    purposes = sets(Purpose.allCases.count)
    channels = sets(Channel.allCases.count)
    placements = sets(catalogue.placements.count)
    families = sets(catalogue.families.count)
    campaigns = sets(64)
    holdouts = sets(64)
    excluded = sets(catalogue.offers.count)
    for (place, offer) in catalogue.offers.enumerated() {
      all.insert(place)
      switch offer.offerClass {
      case .normal: normal.insert(place)
      case .mandatory: mandatory.insert(place)
      case .transactional: transactional.insert(place)
      }
      if offer.state == .live { live.insert(place) }
      if offer.startDay > .min || offer.endDay < .max { dated.insert(place) }
      if offer.hasBudget { budgeted.insert(place) }
      if offer.campaigns & catalogue.budgetedCampaigns != 0 { sharing.insert(place) }
      purposes[Int(offer.purpose.rawValue)].insert(place)
      for channel in Channel.allCases where offer.channels & channel.bit != 0 {
        channels[Int(channel.rawValue)].insert(place)
      }
      for placement in placements.indices where offer.placements & 1 << UInt32(placement) != 0 {
        placements[placement].insert(place)
      }
      families[Int(offer.family)].insert(place)
      if offer.offerClass == .normal {
        Self.insert(place, offer.campaigns, &campaigns)
        Self.insert(place, offer.holdouts, &holdouts)
      }
      for other in excluded.indices where offer.excludes(catalogue.offers[other]) {
        excluded[place].insert(other)
      }
    }
  }

  private static func insert(_ place: Int, _ bits: UInt64, _ sets: inout [OfferSet]) {
    for bit in sets.indices where bits & 1 << UInt64(bit) != 0 { sets[bit].insert(place) }
  }

  /// Those that live on a day.
  func live(on day: Int32, _ offers: Span<Offer>) -> OfferSet {
    var left = live & dated
    var living = live - dated
    while let place = left.popFirst() {
      if offers[place].isLive(on: day) { living.insert(place) }
    }
    return living
  }

  /// Those that a placement and a channel both fit.
  @inline(__always)
  func fitting(_ request: DecisionRequest) -> OfferSet {
    placements[request.placement] & channels[Int(request.channel.rawValue)]
  }

  /// The union of some of the sets, by the bits of their numbers.
  @inline(__always)
  static func union(_ sets: [OfferSet], _ bits: UInt64) -> OfferSet {
    var union = OfferSet()
    var left = bits
    while left != 0 {
      union = union | sets[left.trailingZeroBitCount]
      left &= left - 1
    }
    return union
  }
}
