// Which offers a customer gets: what is asked, what is answered, and the stages in their order. Caps and
// quiet are in ContactRules, scores and draws in Arbitration.

internal import Policies
internal import Rules

/// What is asked.
public struct DecisionRequest: Equatable, Sendable {
  /// The place of the placement in the catalogue.
  public var placement: Int
  /// How an offer would reach the customer.
  public var channel: Channel
  /// When.
  public var moment: Moment
  /// The hash of the request's number, evenly spread: the draw.
  public var hash: UInt64
  /// How many offers at most, 1 to 30; 0 is the placement's own number.
  public var top: Int
  /// Whether offers are drawn; if not, or if the catalogue says so, the best is taken.
  public var explores: Bool
  /// How uncertain it is what comes of no offer, in major units; 0 takes it as known.
  public var noneDeviation = 0.0

  /// Puts a request together.
  ///
  /// - Parameters:
  ///   - placement: its place in the catalogue.
  ///   - channel: how an offer would reach the customer.
  ///   - moment: when.
  ///   - hash: the draw.
  ///   - top: how many offers at most; 0 is the placement's own number.
  ///   - explores: whether offers are drawn.
  public init(
    placement: Int, channel: Channel, moment: Moment, hash: UInt64, top: Int = 0,
    explores: Bool = true
  ) {
    self.placement = placement
    self.channel = channel
    self.moment = moment
    self.hash = hash
    self.top = top
    self.explores = explores
  }
}

/// Why nothing was decided.
public enum DecisionRefusal: Error, Equatable, Sendable {
  /// More offers are asked for than ``CatalogueLimits/slateMax``, or fewer than none.
  case badCount
  /// There is no such placement.
  case unknownPlacement
}

/// One offer that was chosen.
public struct Choice: Equatable, Sendable {
  /// Its place in the catalogue.
  public var offer: Int
  /// The probability of this choice at its place, given those before it.
  public var propensity: Double
  /// Its score, in major units; NaN if it was chosen without one.
  public var score: Double
  /// Whether no other that could be chosen had a higher score; if not, the draw fell on it.
  public var isBest: Bool
}

/// What was decided; the choices and the reasons stay in the workspace.
///
/// | holds for | normal | mandatory | transactional |
/// |---|---|---|---|
/// | life, conditions, budget, placement, group, family | yes | yes | yes |
/// | consent | yes | yes | no |
/// | quiet hours | yes | yes | no |
/// | holdout, caps, quiet period, refusals, score, draw | yes | no | no |
/// | counts as a contact | yes | yes | no |
public struct Decision: Equatable, Sendable {
  /// The catalogue's version.
  public var version: UInt32
  /// How many offers were chosen.
  public var count: Int
  /// The probability of the whole answer; with no offer, that of no offer.
  public var propensity: Double
  /// The holdouts that hold the customer, a bit each.
  public var held: UInt64
  /// Whether a holdout that concerns an offer holds the customer.
  public var isHeldOut: Bool
  /// Whether the only choice is the placement's fallback.
  public var isFallback: Bool
  /// Whether the draw fell on something else than the best.
  public var isExplored: Bool
  /// Estimates beyond a hundred baskets, which were cut there.
  public var suspectCount: Int
  /// Estimates that are not numbers, whose offers were left out.
  public var droppedCount: Int
  /// How many offers could be drawn, no offer not counted.
  public var candidateCount: Int
  /// The campaigns, a bit each, that the customer is enrolled in here, held out or not.
  ///
  /// A normal offer of theirs is live, has consent, fits the placement and the channel, and all its
  /// conditions hold; holdouts, caps, quiet, refusals, budgets and scores are not asked.
  public var campaigns: UInt64
}

/// The memory of decisions, so that none is allocated while deciding, and the last one's details.
public struct DecisionWorkspace: ~Copyable {
  /// The chosen offers in their order.
  public internal(set) var choices: [Choice] = []
  /// The reason of each offer, by place.
  public internal(set) var reasons: [Reason] = []
  /// The score S of each offer that came as far as that; else NaN.
  public internal(set) var scores: [Double] = []
  /// The probability of each offer at the first place; 0 for those that could not be drawn.
  public internal(set) var propensities: [Double] = []

  var purses = CampaignPurses()
  var failures = RuleFailures()
  /// The first of each offer's conditions that does not hold, by its place in the book.
  var failed: [Int] = []
  /// Until when refusals keep each offer back, where it is among the refused.
  var refusedUntil: [Int64] = []
  /// The first cap that is reached, where an offer is among the capped.
  var caps: [Reason] = []
  var counts: [Int32] = []
  var frees: [Int64] = []
  /// Offers that passed all stages before EXCLUSIVE.
  var open = OfferSet()
  /// Those of them that have a score.
  var scored = OfferSet()
  /// Offers that cannot be chosen any more, and after which.
  var excluded = OfferSet()
  var excludedBy: [Int16] = []
  var deviations: [Double] = []
  var arms: [Int] = []
  var armMeans: [Double] = []
  var armDeviations: [Double] = []
  var armShares: [Double] = []
  var thompson = Thompson()

  /// Makes the memory, about 60 kB.
  public init() {
    choices.reserveCapacity(CatalogueLimits.slateMax)
    let count = CatalogueLimits.offersMax + 1
    arms.reserveCapacity(count)
    armMeans.reserveCapacity(count)
    armDeviations.reserveCapacity(count)
    armShares.reserveCapacity(count)
    counts = [Int32](repeating: 0, count: count)
    frees = [Int64](repeating: 0, count: count)
  }

  /// Forgets the last decision; memory is taken only where the number of offers changed.
  mutating func clear(_ count: Int) {
    choices.removeAll(keepingCapacity: true)
    open = OfferSet()
    scored = OfferSet()
    excluded = OfferSet()
    guard reasons.count == count else {
      reasons = [Reason](repeating: .notInPlacement, count: count)
      scores = [Double](repeating: .nan, count: count)
      propensities = [Double](repeating: 0, count: count)
      failed = [Int](repeating: 0, count: count)
      refusedUntil = [Int64](repeating: 0, count: count)
      caps = reasons
      excludedBy = [Int16](repeating: -1, count: count)
      deviations = [Double](repeating: 0, count: count)
      return
    }
    for place in scores.indices { scores[place] = .nan }
    for place in propensities.indices { propensities[place] = 0 }
  }

  /// Gives a set of offers a reason each.
  @inline(__always)
  mutating func give(_ offers: OfferSet, _ reason: (Int) -> Reason) {
    var left = offers
    while let place = left.popFirst() { reasons[place] = reason(place) }
  }
}

extension Decision {
  /// Decides, and changes nothing but the workspace: the same arguments give the same decision.
  ///
  /// - Parameters:
  ///   - request: what is asked.
  ///   - customer: the identifier's bytes, as received.
  ///   - facts: what conditions are evaluated over.
  ///   - standing: consent, contacts and refusals.
  ///   - budgets: of each offer, by place; the price is that of its campaigns' money too.
  ///   - campaigns: of each campaign, by place; nothing will do where none has a budget.
  ///   - estimates: of each offer, by place.
  ///   - catalogue: the offers.
  ///   - workspace: gets the choices and the reasons.
  /// - Returns: the decision.
  /// - Throws: ``DecisionRefusal`` for a wrong count or placement.
  /// - Precondition: there is a budget's use and an estimate for each offer.
  public static func make(
    _ request: DecisionRequest, for customer: Span<UInt8>, facts: borrowing Facts,
    standing: borrowing Standing, budgets: Span<BudgetUse>, campaigns: Span<BudgetUse>,
    estimates: Span<OfferEstimate>, in catalogue: borrowing Catalogue,
    with workspace: inout DecisionWorkspace
  ) throws(DecisionRefusal) -> Decision {
    guard catalogue.placements.indices.contains(request.placement) else { throw .unknownPlacement }
    guard (0...CatalogueLimits.slateMax).contains(request.top) else { throw .badCount }
    let count = catalogue.offers.count
    precondition(
      budgets.count == count && estimates.count == count, "each offer has a budget and an estimate")
    workspace.clear(count)
    workspace.purses.begin(campaigns, in: catalogue)
    // Identity alone, before anything else is looked at.
    let held = catalogue.holdouts(of: customer)
    var decision = Decision(
      version: catalogue.version, count: 0, propensity: 1, held: held, isHeldOut: false,
      isFallback: false,
      isExplored: false, suspectCount: 0, droppedCount: 0, candidateCount: 0, campaigns: 0)
    workspace.bar(request, held, facts, standing, in: catalogue, telling: &decision)
    workspace.want(request, standing, budgets, in: catalogue)
    workspace.score(
      request, facts, standing, budgets, estimates, in: catalogue, telling: &decision)
    workspace.choose(request, standing, in: catalogue, telling: &decision)
    workspace.tell(request, estimates, in: catalogue)
    return decision
  }
}

extension Catalogue {
  /// The holdouts that hold a customer, a bit each: a pure function of the identifier and the keys.
  ///
  /// - Parameter customer: the identifier's bytes, as received.
  /// - Returns: bit i for holdout i.
  public func holdouts(of customer: Span<UInt8>) -> UInt64 {
    var held: UInt64 = 0
    for place in holdouts.indices where !holdouts[place].isClosed {
      let key = holdoutKeys[place]
      if Bucket(customer: customer, key: key.span).isHeld(percent: holdouts[place].percent) {
        held |= 1 << UInt64(place)
      }
    }
    return held
  }
}

extension DecisionWorkspace {
  /// The stages before an offer is wanted: life, holdouts, consent, conditions.
  ///
  /// What passes is open.
  mutating func bar(
    _ request: DecisionRequest, _ held: UInt64, _ facts: borrowing Facts,
    _ standing: borrowing Standing, in catalogue: borrowing Catalogue,
    telling decision: inout Decision
  ) {
    let offers = catalogue.offers.span
    let sets = catalogue.sets
    let live = sets.live(on: request.moment.today, offers)
    let bound = OfferSets.union(sets.holdouts, held)
    decision.isHeldOut = !bound.isEmpty
    let allowed = Self.allowed(request, standing, in: catalogue)
    let failing = findFailures(for: facts, in: catalogue)
    give(sets.all - live) { .notLive(catalogue.offers[$0].state) }
    give(live & bound) { .holdout((catalogue.offers[$0].holdouts & held).trailingZeroBitCount) }
    give(live - bound - allowed) { .consent(request.channel, catalogue.offers[$0].purpose) }
    open = (live & allowed) - bound
    var left = open & failing
    while let place = left.popFirst() { reasons[place] = failure(of: place, in: catalogue) }
    // Held out or not, who would be possible otherwise is enrolled.
    let fitting = catalogue.sets.fitting(request)
    let enrolling = (live & allowed & fitting) - failing
    for campaign in catalogue.campaigns.indices
    where !(enrolling & sets.campaigns[campaign]).isEmpty {
      decision.campaigns |= 1 << UInt64(campaign)
    }
    open = open - failing
  }

  /// The offers with consent, or that need none.
  private static func allowed(
    _ request: DecisionRequest, _ standing: borrowing Standing, in catalogue: borrowing Catalogue
  ) -> OfferSet {
    let isOptIn = catalogue.channels[Int(request.channel.rawValue)].consent == .optIn
    var allowed = catalogue.sets.transactional
    for purpose in Purpose.allCases {
      let isAllowed =
        isOptIn
        ? standing.granted[request.channel, purpose] : !standing.denied[request.channel, purpose]
      if isAllowed { allowed = allowed | catalogue.sets.purposes[Int(purpose.rawValue)] }
    }
    return allowed
  }

  /// The offers with a condition that does not hold; of each the first layer's is in `failed`.
  private mutating func findFailures(
    for facts: borrowing Facts, in catalogue: borrowing Catalogue
  ) -> OfferSet {
    catalogue.book.evaluate(for: facts, into: &failures)
    var failing = OfferSet()
    for number in failures.conditions {
      let place = catalogue.bookPlaces[number] / 3
      if !failing.contains(place) || number < failed[place] { failed[place] = number }
      failing.insert(place)
    }
    return failing
  }

  private func failure(of place: Int, in catalogue: borrowing Catalogue) -> Reason {
    let number = failed[place]
    guard let failure = failures.first(of: number) else { return .notInPlacement }
    return .rule(
      ConditionLayer.allCases[catalogue.bookPlaces[number] % 3], clause: failure.clause,
      isUnknown: failure.truth == .unknown)
  }

  /// The stages that look at what is used up: caps, quiet, refusals, budgets.
  mutating func want(
    _ request: DecisionRequest, _ standing: borrowing Standing, _ budgets: Span<BudgetUse>,
    in catalogue: borrowing Catalogue
  ) {
    let sets = catalogue.sets
    let capped = markCaps(request, standing, in: catalogue)
    var left = open & sets.normal & capped
    open = open - left
    while let place = left.popFirst() { reasons[place] = caps[place] }
    let quiet = QuietTimes(request, standing, in: catalogue)
    if quiet.hoursUntil > 0 {
      let late = open - sets.transactional
      give(late) { _ in .quiet(.hours, until: quiet.hoursUntil) }
      open = open - late
    }
    if quiet.contactUntil > 0 {
      let late = open & sets.normal
      give(late) { _ in .quiet(.contact, until: quiet.contactUntil) }
      open = open - late
    }
    left = open & sets.normal & markRefusals(request, standing, in: catalogue)
    open = open - left
    while let place = left.popFirst() {
      reasons[place] = .quiet(.refusals, until: refusedUntil[place])
    }
    left = open & sets.budgeted
    let offers = catalogue.offers.span
    while let place = left.popFirst() {
      guard
        let lack = offers[place].budget.shortage(of: offers[place].liabilityMinor, budgets[place])
      else { continue }
      reasons[place] = .budget(free: lack.free, needed: lack.needed, isCount: lack.isCount)
      open.remove(place)
    }
    left = open & sets.sharing
    while let place = left.popFirst() { closeIfShort(place, offers[place]) }
  }
}
