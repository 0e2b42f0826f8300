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
  var truths = RuleTruths()
  var caps: [Reason?] = []
  /// Until when refusals keep each offer back; 0 if they do not.
  var refusedUntil: [Int64] = []
  var counts: [Int32] = []
  var frees: [Int64] = []
  /// Offers that passed all stages before EXCLUSIVE.
  var isOpen: [Bool] = []
  /// Whether one of them must be delivered whatever its score.
  var hasServed = false
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
    hasServed = false
    Self.fill(&reasons, .notInPlacement, count)
    Self.fill(&scores, .nan, count)
    Self.fill(&propensities, 0, count)
    Self.fill(&caps, nil, count)
    Self.fill(&refusedUntil, 0, count)
    Self.fill(&isOpen, false, count)
    Self.fill(&excludedBy, -1, count)
    Self.fill(&deviations, 0, count)
  }

  private static func fill<Element>(_ array: inout [Element], _ value: Element, _ count: Int) {
    if array.count == count {
      for place in array.indices { array[place] = value }
    } else {
      array.removeAll(keepingCapacity: true)
      for _ in 0..<count { array.append(value) }
    }
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
    catalogue.book.evaluate(for: facts, into: &workspace.truths)
    workspace.markCaps(request, standing, in: catalogue)
    workspace.markRefusals(request, standing, in: catalogue)
    let quiet = QuietTimes(request, standing, in: catalogue)
    var decision = Decision(
      version: catalogue.version, count: 0, propensity: 1, held: held, isHeldOut: false,
      isFallback: false,
      isExplored: false, suspectCount: 0, droppedCount: 0, candidateCount: 0, campaigns: 0)
    let offers = catalogue.offers.span
    var conditions = 0
    for place in 0..<count {
      let offer = offers[place]
      if offer.offerClass == .normal, offer.holdouts & held != 0 { decision.isHeldOut = true }
      let isAllowed = DecisionWorkspace.isAllowed(offer, request, standing, in: catalogue)
      var reason = DecisionWorkspace.bar(offer, request, held: held, isAllowed: isAllowed)
      // Held out or not, who would be possible otherwise is enrolled.
      let enrols =
        offer.campaigns & ~decision.campaigns != 0 && offer.offerClass == .normal && isAllowed
        && offer.isLive(on: request.moment.today)
        && offer.fits(placement: request.placement, channel: request.channel)
      if reason == nil || enrols {
        let rule = workspace.rule(place, from: &conditions, in: catalogue)
        if enrols, rule == nil { decision.campaigns |= offer.campaigns }
        if reason == nil { reason = rule }
      }
      // Not with ??: a span on its right does not get through the compiler's own checks.
      if reason == nil { reason = workspace.want(place, offer, quiet, budgets[place]) }
      if reason == nil { reason = workspace.purses.shortage(offer) }
      if let reason {
        workspace.reasons[place] = reason
      } else {
        workspace.isOpen[place] = true
        if offer.offerClass != .normal { workspace.hasServed = true }
      }
    }
    workspace.score(
      request, facts, standing, budgets, estimates, in: catalogue, telling: &decision)
    workspace.choose(request, in: catalogue, telling: &decision)
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
  /// The first condition of an offer that does not hold.
  ///
  /// - Parameters:
  ///   - place: the offer's.
  ///   - cursor: a place in the book not behind the offer's conditions; it moves up to them.
  ///   - catalogue: the offers.
  /// - Returns: the reason, or nil if all conditions hold.
  func rule(
    _ place: Int, from cursor: inout Int, in catalogue: borrowing Catalogue
  ) -> Reason? {
    while cursor < catalogue.bookPlaces.count, catalogue.bookPlaces[cursor] < 3 * place {
      cursor += 1
    }
    // Layers follow one another, and the first that fails is told.
    while cursor < catalogue.bookPlaces.count, catalogue.bookPlaces[cursor] < 3 * place + 3 {
      if let failure = catalogue.book.firstFailure(of: cursor, in: truths) {
        return .rule(
          ConditionLayer.allCases[catalogue.bookPlaces[cursor] % 3], clause: failure.clause,
          isUnknown: failure.truth == .unknown)
      }
      cursor += 1
    }
    return nil
  }

  /// Whether consent is given, or not needed.
  static func isAllowed(
    _ offer: Offer, _ request: DecisionRequest, _ standing: borrowing Standing,
    in catalogue: borrowing Catalogue
  ) -> Bool {
    if offer.offerClass == .transactional { return true }
    return catalogue.channels[Int(request.channel.rawValue)].consent == .optIn
      ? standing.granted[request.channel, offer.purpose]
      : !standing.denied[request.channel, offer.purpose]
  }

  /// The stages before conditions.
  static func bar(
    _ offer: Offer, _ request: DecisionRequest, held: UInt64, isAllowed: Bool
  ) -> Reason? {
    guard offer.isLive(on: request.moment.today) else { return .notLive(offer.state) }
    if offer.offerClass == .normal, offer.holdouts & held != 0 {
      return .holdout((offer.holdouts & held).trailingZeroBitCount)
    }
    return isAllowed ? nil : .consent(request.channel, offer.purpose)
  }

  /// The stages after conditions that look at one offer by itself: what is used up.
  func want(
    _ place: Int, _ offer: Offer, _ quiet: QuietTimes, _ budget: BudgetUse
  ) -> Reason? {
    let isNormal = offer.offerClass == .normal
    if isNormal, let cap = caps[place] { return cap }
    if offer.offerClass != .transactional, quiet.hoursUntil > 0 {
      return .quiet(.hours, until: quiet.hoursUntil)
    }
    if isNormal, quiet.contactUntil > 0 { return .quiet(.contact, until: quiet.contactUntil) }
    if isNormal, refusedUntil[place] > 0 { return .quiet(.refusals, until: refusedUntil[place]) }
    guard offer.hasBudget, let lack = offer.budget.shortage(of: offer.liabilityMinor, budget) else {
      return nil
    }
    return .budget(free: lack.free, needed: lack.needed, isCount: lack.isCount)
  }
}
