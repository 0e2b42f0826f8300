// The next best offers of many customers at once: what is made ready for one placement, channel and moment.
// Choosing is in NextBest+Choosing, whole decisions are in Decision.

internal import Kernels
public import Policies
internal import Rules

/// The catalogue made ready for one placement, channel and moment, and the memory to choose in.
///
/// It chooses what ``Decision/make(_:for:facts:standing:budgets:campaigns:estimates:in:with:)`` does
/// without a draw, in single precision, in a tenth of the time. It is enough for normal offers and for
/// customers without refusals whose contacts reach no cap; what else has to be so, ``isEnough``,
/// ``contactsMax`` and ``asks`` say. Everybody else is for a whole decision.
public struct NextBest: ~Copyable {
  /// Customers at once, at most.
  public static let rowsMax = 64
  /// What stands for an amount that is not known, or for no limit: beyond all amounts.
  static let beyond: Float = 1e30

  /// What conditions ask of few customers, or that a row cannot say: birthdays and the days since a complaint.
  public struct Asks: Equatable, Sendable {
    /// Country, language or preferred channel.
    public var person = false
    /// When the customer was born.
    public var birthday = false
    /// What was bought.
    public var bought = false
    /// What was looked at.
    public var viewed = false
    /// When the last complaint was.
    public var complaints = false
    /// The median of the days between orders, where it is not needed for the segment.
    public var typicalGap = false
  }

  /// Whether the catalogue, here and now, can be served this way at all.
  public private(set) var isEnough = false
  /// What conditions ask of customers.
  public private(set) var asks = Asks()
  /// How many contacts within the reach of the catalogue's rules change nothing, whatever they are.
  public private(set) var contactsMax = 0
  /// φ, of the channel.
  public private(set) var fatigueCost = 0.0
  /// How many offers are chosen for each.
  public private(set) var top = 1

  var request: DecisionRequest?
  var isOptIn = true
  @usableFromInline var profilingIsOptIn = true
  @usableFromInline var profilingBit: UInt32 = 0
  var vipValue = 0.0
  var much = 1.0
  var month = 0.0
  var isMessage = false
  var needs = FactNeeds()
  var intervals = RuleIntervals([])
  var holdouts: [OfferSet] = []
  var openHoldouts: [OpenHoldout] = []
  /// What may be chosen by the purposes that are consented to, a bit each.
  var allowed = [OfferSet](repeating: OfferSet(), count: 16)

  // As OfferKernel has them.
  var weights: [SIMD16<Float>] = []
  var terms: [SIMD16<Float>] = []
  var excluding: [SIMD4<UInt64>] = []
  var x = [Float](repeating: 0, count: NextBest.rowsMax * Features.count)
  var bases = [Float](repeating: 0, count: NextBest.rowsMax)
  var limits = [Float](repeating: 0, count: NextBest.rowsMax)
  var fatigues = [Float](repeating: 0, count: NextBest.rowsMax)
  var open = [SIMD4<UInt64>](repeating: .zero, count: NextBest.rowsMax)
  var sums: [SIMD16<Float>] = []
  /// The places of the offers that were chosen, ``top`` for each row; −1 where there are no more.
  public internal(set) var chosen: [Int32] = []
  /// Their scores, in major units.
  public internal(set) var scores: [Float] = []
  /// Their uplifts, in major units.
  public internal(set) var uplifts: [Float] = []

  var columns = FactColumns()
  var failing = [RuleSet](repeating: RuleSet(), count: NextBest.rowsMax)
  var workspace = RuleWorkspace()
  /// The shop's own features where they are not told, and how they are measured.
  var ownDefaults: [Float] = []
  /// The rows whose features of the shop's own are the defaults already, a bit each.
  var defaultRows: UInt64 = 0
  var ownFeatures: [OwnFeature] = []

  /// Makes the memory, about 400 kB.
  public init() {}

  // MARK: Getting ready

  /// Gets ready for a placement, a channel and a moment.
  ///
  /// - Parameters:
  ///   - request: what is asked; its draw does not matter.
  ///   - budgets: of each offer, by place, as whole decisions have them.
  ///   - catalogue: the offers.
  /// - Precondition: the placement is one of the catalogue's, and there is a budget's use for each offer.
  public mutating func prepare(
    _ request: DecisionRequest, budgets: Span<BudgetUse>, in catalogue: borrowing Catalogue
  ) {
    precondition(budgets.count == catalogue.offers.count, "each offer has a budget's use")
    let placement = catalogue.placements[request.placement]
    let sets = catalogue.sets
    self.request = request
    top = request.top == 0 ? placement.top : request.top
    let today = request.moment.today
    isOptIn = catalogue.channels[Int(request.channel.rawValue)].consent == .optIn
    profilingIsOptIn = catalogue.profiling == .optIn
    profilingBit = ConsentSet.bit(request.channel, .profiling)
    vipValue = catalogue.vipValue
    much = Features.much(catalogue)
    isMessage = Features.isMessage(request.channel)
    month = Double(CivilDay.date(of: today).month)
    intervals = catalogue.intervals
    needs = catalogue.needs
    asks = Asks(
      person: needs.asksPerson, birthday: needs.asksBirthday,
      bought: needs.categories.contains { !$0.isViewed },
      viewed: needs.categories.contains(where: \.isViewed),
      complaints: needs.numbers.contains(.daysSinceComplaint),
      typicalGap: needs.numbers.contains(.typicalGap))
    holdouts = sets.holdouts
    openHoldouts.removeAll()
    for place in catalogue.holdouts.indices where !catalogue.holdouts[place].isClosed {
      openHoldouts.append(
        OpenHoldout(
          bit: 1 << UInt64(place), percent: catalogue.holdouts[place].percent,
          key: catalogue.holdoutKeys[place]))
    }
    let present = sets.live(on: today, catalogue.offers.span) & sets.fitting(request)
    let served = present & (sets.mandatory | sets.transactional | sets.sharing)
    isEnough =
      served.isEmpty && placement.fallback < 0
      && !needs.numbers.contains(.daysToAnniversary)
      && catalogue.channels[Int(request.channel.rawValue)]
        .quietMinutes(at: request.moment.minute) == 0
    fatigueCost = catalogue.channels[Int(request.channel.rawValue)].fatigue
    contactsMax = Self.contactsMax(request.channel, top, in: catalogue)
    if contactsMax < 0 { isEnough = false }
    fillAllowed(present - short(of: present & sets.budgeted, budgets, in: catalogue), sets)
    fillTerms(budgets, in: catalogue)
    columns.begin(request)
    ownFeatures = catalogue.ownFeatures
    ownDefaults = ownFeatures.map { Float($0.standardised($0.missing)) }
    defaultRows = 0
    for place in x.indices { x[place] = 0 }
  }

  /// How many contacts reach no cap, the offers of an answer included; below 0 if those alone may.
  private static func contactsMax(
    _ channel: Channel, _ top: Int, in catalogue: borrowing Catalogue
  ) -> Int {
    if catalogue.quietPeriods.contains(where: { $0.channels & channel.bit != 0 }) { return 0 }
    var most = Int.max
    for cap in catalogue.caps {
      switch cap.scope {
      case .channel where cap.of >= 0 && cap.of != Int32(channel.rawValue): continue
      case .global, .channel: most = min(most, Int(cap.limit) - top)
      // An answer has no second offer of a family.
      case .family, .offer: most = min(most, Int(cap.limit) - 1)
      }
    }
    return most
  }

  /// The offers whose own budget has too little left.
  private func short(
    of offers: OfferSet, _ budgets: Span<BudgetUse>, in catalogue: borrowing Catalogue
  ) -> OfferSet {
    var short = OfferSet()
    var left = offers
    while let place = left.popFirst() {
      let offer = catalogue.offers[place]
      if offer.budget.shortage(of: offer.liabilityMinor, budgets[place]) != nil {
        short.insert(place)
      }
    }
    return short
  }

  private mutating func fillAllowed(_ offers: OfferSet, _ sets: OfferSets) {
    for purposes in allowed.indices {
      var union = OfferSet()
      for purpose in Purpose.allCases where purposes & 1 << Int(purpose.rawValue) != 0 {
        union = union | sets.purposes[Int(purpose.rawValue)]
      }
      allowed[purposes] = union & offers
    }
  }

  private mutating func fillTerms(
    _ budgets: Span<BudgetUse>, in catalogue: borrowing Catalogue
  ) {
    let lanes = OfferKernel.groupOffers
    let groups = (catalogue.offers.count + lanes - 1) / lanes
    let scale = catalogue.scale
    terms = [SIMD16<Float>](repeating: .zero, count: groups * OfferKernel.terms)
    excluding = [SIMD4<UInt64>](repeating: .zero, count: groups * lanes)
    for place in catalogue.offers.indices {
      let offer = catalogue.offers[place]
      let isFixed = !offer.rewardCost.isNaN
      let values: InlineArray<8, Double> = [
        isFixed ? offer.redemption * offer.rewardCost : 0, isFixed ? 0 : offer.redemption,
        offer.rewardValue / 100, Double(offer.liabilityMinor) / scale, offer.contactCost,
        offer.lever, 1 / offer.lever, budgets[place].price,
      ]
      let first = place / lanes * OfferKernel.terms
      for term in values.indices {
        terms[first + term][place % lanes] = Float(values[term])
      }
      excluding[place] = catalogue.sets.excluded[place].words
    }
    let vectors = groups * Self.rowsMax
    if sums.count < vectors { sums = [SIMD16<Float>](repeating: .zero, count: vectors) }
    if chosen.count != top * Self.rowsMax {
      chosen = [Int32](repeating: -1, count: top * Self.rowsMax)
      scores = [Float](repeating: 0, count: top * Self.rowsMax)
      uplifts = scores
    }
  }

  /// Takes over what is believed of the offers.
  ///
  /// - Parameters:
  ///   - learner: the beliefs.
  ///   - arms: of each offer, by place.
  public mutating func believe(_ learner: borrowing Learner, arms: Span<UInt32>) {
    let lanes = OfferKernel.groupOffers
    let groups = (arms.count + lanes - 1) / lanes
    weights = [SIMD16<Float>](repeating: .zero, count: groups * OfferKernel.features)
    for place in arms.indices {
      let own = learner.advantages(of: Int(arms[place])).numbers
      let first = place / lanes * OfferKernel.features
      for feature in 0..<OfferKernel.features {
        weights[first + feature][place % lanes] = Float(own[feature])
      }
    }
  }
}

/// A holdout that is not over, with the bytes that a bucket is found from.
struct OpenHoldout {
  let bit: UInt64
  private let percent: Double
  /// The key and 0x1F; behind them the customer who is asked about.
  private var joined: [UInt8]
  private let prefix: Int

  init(bit: UInt64, percent: Double, key: [UInt8]) {
    self.bit = bit
    self.percent = percent
    joined = key + [0x1f]
    prefix = joined.count
  }

  /// Whether it holds a customer.
  mutating func holds(_ customer: Span<UInt8>) -> Bool {
    let count = prefix + customer.count
    while joined.count < count { joined.append(0) }
    Self.write(customer, to: &joined, from: prefix)
    return Bucket(joined: joined.span.extracting(first: count)).isHeld(percent: percent)
  }

  private static func write(_ customer: Span<UInt8>, to joined: inout [UInt8], from start: Int) {
    var joined = joined.mutableSpan
    for place in customer.indices { joined[start + place] = customer[place] }
  }
}
