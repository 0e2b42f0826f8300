// The next best offers of many customers at once: the same choice as that of a whole decision which takes
// the best, for customers about whom little has to be asked. Whole decisions are in Decision.

internal import Kernels
public import Policies
internal import Rules

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

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
  private static let beyond: Float = 1e30

  /// What conditions ask that a row cannot say.
  public struct Asks: Equatable, Sendable {
    /// Who the customer is as a person.
    public var person = false
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
  /// The day of the request.
  public private(set) var today: Int32 = 0

  private var request: DecisionRequest?
  private var isOptIn = true
  @usableFromInline var profilingIsOptIn = true
  @usableFromInline var profilingBit: UInt32 = 0
  private var vipValue = 0.0
  private var much = 1.0
  private var month = 0.0
  private var isMessage = false
  private var needs = FactNeeds()
  private var intervals = RuleIntervals([])
  private var holdouts: [OfferSet] = []
  /// The holdouts that are not over: their bits, shares, and keys one behind the other.
  private var openHoldouts: [(bit: UInt64, percent: Double, key: Range<Int>)] = []
  private var holdoutKeys: [UInt8] = []
  /// What may be chosen by the purposes that are consented to, a bit each.
  private var allowed = [OfferSet](repeating: OfferSet(), count: 16)

  // As OfferKernel has them.
  private var weights: [SIMD16<Float>] = []
  private var terms: [SIMD16<Float>] = []
  private var excluding: [SIMD4<UInt64>] = []
  private var x = [Float](repeating: 0, count: NextBest.rowsMax * Features.count)
  private var bases = [Float](repeating: 0, count: NextBest.rowsMax)
  private var limits = [Float](repeating: 0, count: NextBest.rowsMax)
  private var fatigues = [Float](repeating: 0, count: NextBest.rowsMax)
  private var open = [SIMD4<UInt64>](repeating: .zero, count: NextBest.rowsMax)
  private var sums: [SIMD16<Float>] = []
  /// The places of the offers that were chosen, ``top`` for each row; −1 where there are no more.
  public private(set) var chosen: [Int32] = []
  /// Their scores, in major units.
  public private(set) var scores: [Float] = []
  /// Their uplifts, in major units.
  public private(set) var uplifts: [Float] = []

  private var columns = FactColumns()
  private var failing = [RuleSet](repeating: RuleSet(), count: NextBest.rowsMax)
  private var workspace = RuleWorkspace()
  /// The shop's own features where they are not told, and how they are measured.
  private var ownDefaults: [Float] = []
  /// The rows whose features of the shop's own are the defaults already, a bit each.
  private var defaultRows: UInt64 = 0
  private var ownFeatures: [OwnFeature] = []

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
    today = request.moment.today
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
      person: needs.asksPerson, bought: needs.asksBought, viewed: needs.asksViewed,
      complaints: needs.numbers.contains(.daysSinceComplaint),
      typicalGap: needs.numbers.contains(.typicalGap))
    holdouts = sets.holdouts
    openHoldouts.removeAll()
    holdoutKeys.removeAll()
    for place in catalogue.holdouts.indices where !catalogue.holdouts[place].isClosed {
      let start = holdoutKeys.count
      holdoutKeys += catalogue.holdoutKeys[place]
      openHoldouts.append(
        (1 << UInt64(place), catalogue.holdouts[place].percent, start..<holdoutKeys.count))
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
    let lanes = Kernels.OfferKernel.groupOffers
    let groups = (catalogue.offers.count + lanes - 1) / lanes
    let scale = catalogue.scale
    terms = [SIMD16<Float>](repeating: .zero, count: groups * Kernels.OfferKernel.terms)
    excluding = [SIMD4<UInt64>](repeating: .zero, count: groups * lanes)
    for place in catalogue.offers.indices {
      let offer = catalogue.offers[place]
      let isFixed = !offer.rewardCost.isNaN
      let values = [
        isFixed ? offer.redemption * offer.rewardCost : 0, isFixed ? 0 : offer.redemption,
        offer.rewardValue / 100, Double(offer.liabilityMinor) / scale, offer.contactCost,
        offer.lever, 1 / offer.lever, budgets[place].price,
      ]
      let first = place / lanes * Kernels.OfferKernel.terms
      for (term, value) in values.enumerated() {
        terms[first + term][place % lanes] = Float(value)
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
    let lanes = Kernels.OfferKernel.groupOffers
    let groups = (arms.count + lanes - 1) / lanes
    weights = [SIMD16<Float>](repeating: .zero, count: groups * Kernels.OfferKernel.features)
    for place in arms.indices {
      let own = learner.advantages(of: Int(arms[place])).numbers
      let first = place / lanes * Kernels.OfferKernel.features
      for feature in 0..<Kernels.OfferKernel.features {
        weights[first + feature][place % lanes] = Float(own[feature])
      }
    }
  }

  // MARK: Choosing

  /// Sets the shop's own features of a row: as told, or their defaults.
  ///
  /// - Parameters:
  ///   - row: its number.
  ///   - own: as told; empty where none are.
  ///   - missing: those of them that are not known, a bit each.
  public mutating func setOwn(_ row: Int, _ own: Span<Double>, missing: UInt16) {
    let bit: UInt64 = 1 << UInt64(row)
    if own.isEmpty && defaultRows & bit != 0 { return }
    defaultRows = own.isEmpty ? defaultRows | bit : defaultRows & ~bit
    let start = row * Features.count + Features.names.count
    for place in ownDefaults.indices {
      let isMissing = place >= own.count || missing & 1 << UInt16(place) != 0
      x[start + place] =
        isMissing ? ownDefaults[place] : Float(ownFeatures[place].standardised(own[place]))
    }
  }

  /// Whether personal scores may be used.
  ///
  /// - Parameters:
  ///   - granted: what was consented to.
  ///   - denied: what was refused.
  /// - Returns: whether the catalogue's rule for profiling allows it.
  @inlinable @inline(__always)
  public func mayProfile(_ granted: ConsentSet, _ denied: ConsentSet) -> Bool {
    profilingIsOptIn ? granted.bits & profilingBit != 0 : denied.bits & profilingBit == 0
  }

  /// The holdouts that hold a customer, a bit each; see ``Catalogue/holdouts(of:)``.
  ///
  /// - Parameter customer: the identifier's bytes, as received.
  /// - Returns: bit i for holdout i.
  public func holdouts(of customer: Span<UInt8>) -> UInt64 {
    var held: UInt64 = 0
    let keys = holdoutKeys.span
    for place in openHoldouts.indices {
      let bucket = Bucket(customer: customer, key: keys.extracting(openHoldouts[place].key))
      if bucket.isHeld(percent: openHoldouts[place].percent) { held |= openHoldouts[place].bit }
    }
    return held
  }

  /// Chooses for all rows.
  ///
  /// - Parameters:
  ///   - rows: filled; they get their segments.
  ///   - count: how many of them there are, at most ``rowsMax``.
  /// - Precondition: `prepare` and `believe` were called, and each row had its own features set.
  public mutating func choose(_ rows: inout [NextBestRow], count: Int) {
    guard let request else { return }
    precondition(count <= Self.rowsMax, "there are too many rows")
    Self.findSegments(&rows, count, vipValue)
    let filled = rows.span.extracting(first: count)
    columns.fill(needs, from: filled)
    Self.findFailing(intervals, columns, &failing, &workspace)
    openOffers(filled, request)
    fillFeatures(filled)
    choose(count)
  }

  /// Field by field, for a span of one would hold all of them.
  private static func findFailing(
    _ intervals: borrowing RuleIntervals, _ columns: borrowing FactColumns,
    _ failing: inout [RuleSet], _ workspace: inout RuleWorkspace
  ) {
    var failing = failing.mutableSpan
    intervals.findFailing(over: columns, into: &failing, with: &workspace)
  }

  private static func findSegments(
    _ rows: inout [NextBestRow], _ count: Int, _ vipValue: Double
  ) {
    var rows = rows.mutableSpan
    for row in 0..<count {
      rows[row].segment = Segment(
        Segment.Signs(
          orders: rows[row].orders, ageDays: rows[row].age,
          daysSinceOrder: rows[row].daysSinceOrder, typicalGap: rows[row].typicalGap,
          alive: rows[row].alive, churn: rows[row].churn,
          lifetimeValue: rows[row].lifetimeValue),
        vipValue: vipValue)
    }
  }

  private mutating func openOffers(_ rows: Span<NextBestRow>, _ request: DecisionRequest) {
    let channel = UInt32(request.channel.rawValue)
    for row in rows.indices {
      if rows[row].isLeftOut {
        open[row] = .zero
        continue
      }
      let consents = (isOptIn ? rows[row].granted.bits : ~rows[row].denied.bits) >> channel
      // A bit for each of the four purposes, which lie eight bits apart.
      let purposes =
        consents & 1 | consents >> 7 & 2 | consents >> 14 & 4 | consents >> 21 & 8
      var offers = allowed[Int(purposes)] - OfferSet(words: failing[row].words)
      if rows[row].held != 0 { offers = offers - OfferSets.union(holdouts, rows[row].held) }
      open[row] = offers.words
    }
  }

  private mutating func fillFeatures(_ rows: Span<NextBestRow>) {
    Self.fill(&x, rows, &defaultRows, isMessage: isMessage, much: much, month: month)
    for row in rows.indices {
      let (basket, mean) = (rows[row].basket, rows[row].meanSpend)
      let base = basket.isFinite ? basket : mean
      bases[row] = base.isFinite ? Float(max(base, 0)) : Self.beyond
      let reference = basket > 0 ? basket : mean
      limits[row] = reference > 0 ? Float(Arbitration.basketsMax * reference) : Self.beyond
      fatigues[row] = Float(rows[row].fatigue)
    }
  }

  private static func fill(
    _ x: inout [Float], _ rows: Span<NextBestRow>, _ defaultRows: inout UInt64,
    isMessage: Bool, much: Double, month: Double
  ) {
    var x = x.mutableSpan
    for place in rows.indices {
      let (row, start) = (rows[place], place * Features.count)
      for feature in 0..<Features.names.count { x[start + feature] = 0 }
      x[start] = 1
      guard row.isProfiled || !row.isKnown else {
        // They are not to be judged at all.
        for feature in Features.names.count..<Features.count { x[start + feature] = 0 }
        defaultRows &= ~(1 << UInt64(place))
        continue
      }
      let signs = FeatureSigns(
        orders: row.orders, daysSinceOrder: row.daysSinceOrder, meanSpend: row.meanSpend,
        returnedShare: row.returnedShare, alive: row.alive, churn: row.churn,
        expectedOrders: row.expectedOrders, lifetimeValue: row.lifetimeValue, age: row.age,
        basket: row.basket, categoryShare: .nan,
        daysLeft: Double.minimum(row.cartLeft, row.viewedLeft), month: month)
      _ = Features.write(signs, isMessage: isMessage, much: much, into: &x, from: start)
    }
  }

  private mutating func choose(_ count: Int) {
    // Taken out while the kernel writes beside what it reads.
    var (chosen, scores, uplifts): ([Int32], [Float], [Float]) = ([], [], [])
    var sums: [SIMD16<Float>] = []
    swap(&chosen, &self.chosen)
    swap(&scores, &self.scores)
    swap(&uplifts, &self.uplifts)
    swap(&sums, &self.sums)
    defer {
      swap(&chosen, &self.chosen)
      swap(&scores, &self.scores)
      swap(&uplifts, &self.uplifts)
      swap(&sums, &self.sums)
    }
    var places = chosen.mutableSpan
    var scoreRoom = scores.mutableSpan
    var upliftRoom = uplifts.mutableSpan
    var sumRoom = sums.mutableSpan
    let (weights, terms, excluding) = (weights.span, terms.span, excluding.span)
    let (x, bases, limits) = (x.span, bases.span, limits.span)
    let (fatigues, open) = (fatigues.span, open.span.extracting(first: count))
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.OfferKernel.choose(
          weights: weights, terms: terms, excluding: excluding, x: x, bases: bases,
          limits: limits, fatigues: fatigues, open: open, top: top, chosen: &places,
          scores: &scoreRoom, uplifts: &upliftRoom, sums: &sumRoom)
      case .v3:
        KernelsV3.OfferKernel.choose(
          weights: weights, terms: terms, excluding: excluding, x: x, bases: bases,
          limits: limits, fatigues: fatigues, open: open, top: top, chosen: &places,
          scores: &scoreRoom, uplifts: &upliftRoom, sums: &sumRoom)
    #endif
    default:
      Kernels.OfferKernel.choose(
        weights: weights, terms: terms, excluding: excluding, x: x, bases: bases,
        limits: limits, fatigues: fatigues, open: open, top: top, chosen: &places,
        scores: &scoreRoom, uplifts: &upliftRoom, sums: &sumRoom)
    }
  }

  /// Whether a holdout that concerns an offer holds a customer.
  ///
  /// - Parameter held: the holdouts that hold the customer, a bit each.
  /// - Returns: whether one of them is on an offer.
  public func isHeldOut(_ held: UInt64) -> Bool { !OfferSets.union(holdouts, held).isEmpty }
}
