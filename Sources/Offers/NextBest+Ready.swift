// What NextBest chooses from: the catalogue made ready for one placement, channel and moment, with what
// is left of budgets and what is believed of offers.

internal import Kernels
internal import Policies
internal import Rules

extension NextBest {
  /// The catalogue made ready for one placement, channel and moment.
  struct Ready {
    var request: DecisionRequest?
    var isEnough = false
    var asks = Asks()
    var contactsMax = 0
    var fatigueCost = 0.0
    var top = 1
    var isOptIn = true
    var profilingIsOptIn = true
    var profilingBit: UInt32 = 0
    var vipValue = 0.0
    var much = 1.0
    var needs = FactNeeds()
    var intervals = RuleIntervals([])
    var holdouts: [OfferSet] = []
    var openHoldouts: [OpenHoldout] = []
    /// What may be chosen by the purposes that are consented to, a bit each.
    var allowed = [OfferSet](repeating: OfferSet(), count: 16)

    // As OfferKernel has them.
    var groups = 0
    var terms: [SIMD16<Float>] = []
    var excluding: [SIMD4<UInt64>] = []
    /// Weights of the features that differ among customers whose own ones are not told, and of all.
    var weights: [SIMD16<Float>] = []
    var ownWeights: [SIMD16<Float>] = []
    /// The shop's own features where they are not told, and how they are measured.
    var ownDefaults: [Float] = []
    var ownFeatures: [OwnFeature] = []

    /// What may be chosen of offers whose budgets last.
    private var present = OfferSet()
    /// What features of the request add for whoever may be judged.
    private var isMessage = false
    private var month = 1.0

    mutating func prepare(
      _ request: DecisionRequest, budgets: Span<BudgetUse>, in catalogue: borrowing Catalogue
    ) {
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
        person: needs.asksPerson, birthday: needs.asksBirthday, ties: needs.asksTies,
        bought: needs.categories.contains { !$0.isViewed },
        viewed: needs.categories.contains(where: \.isViewed),
        complaints: needs.numbers.contains(.daysSinceComplaint),
        typicalGap: needs.numbers.contains(.typicalGap))
      holdouts = sets.holdouts
      openHoldouts.removeAll()
      // Of a customer who is held from nothing, nobody is told.
      for place in catalogue.holdouts.indices
      where !catalogue.holdouts[place].isClosed && !holdouts[place].isEmpty
        && catalogue.holdouts[place].percent > 0
      {
        openHoldouts.append(
          OpenHoldout(
            bit: 1 << UInt64(place), percent: catalogue.holdouts[place].percent,
            key: BucketKey(catalogue.holdoutKeys[place])))
      }
      present = sets.live(on: today, catalogue.offers.span) & sets.fitting(request)
      let served = present & (sets.mandatory | sets.transactional | sets.sharing)
      isEnough =
        served.isEmpty && placement.fallback < 0
        && !needs.numbers.contains(.daysToAnniversary)
        && catalogue.channels[Int(request.channel.rawValue)]
          .quietMinutes(at: request.moment.minute) == 0
      fatigueCost = catalogue.channels[Int(request.channel.rawValue)].fatigue
      contactsMax = Self.contactsMax(request.channel, top, in: catalogue)
      if contactsMax < 0 { isEnough = false }
      ownFeatures = catalogue.ownFeatures
      ownDefaults = ownFeatures.map { Float($0.standardised($0.missing)) }
      let lanes = OfferKernel.groupOffers
      groups = (catalogue.offers.count + lanes - 1) / lanes
      excluding = [SIMD4<UInt64>](repeating: .zero, count: groups * lanes)
      for place in catalogue.offers.indices {
        excluding[place] = catalogue.sets.excluded[place].words
      }
      // Until something is believed.
      weights = [SIMD16<Float>](repeating: .zero, count: groups * (RowKernel.features + 1))
      ownWeights = [SIMD16<Float>](
        repeating: .zero, count: groups * (RowKernel.features + 1 + ownFeatures.count))
      renew(budgets, in: catalogue)
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

    // MARK: Budgets

    mutating func renew(_ budgets: Span<BudgetUse>, in catalogue: borrowing Catalogue) {
      precondition(budgets.count == catalogue.offers.count, "each offer has a budget's use")
      let sets = catalogue.sets
      fillAllowed(present - Self.short(of: present & sets.budgeted, budgets, in: catalogue), sets)
      let lanes = OfferKernel.groupOffers
      let scale = catalogue.scale
      terms = [SIMD16<Float>](repeating: .zero, count: groups * OfferKernel.terms)
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
      }
    }

    /// The offers whose own budget has too little left.
    private static func short(
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

    // MARK: Beliefs

    /// Takes over what is believed, with what is the same for all customers added up.
    ///
    /// Half of the features are: the constant, the channel, the season, and the shop's own where nobody tells
    /// them. Those that hang on whether a customer may be judged at all are the weight of that.
    mutating func believe(_ learner: borrowing Learner, arms: Span<UInt32>) {
      let lanes = OfferKernel.groupOffers
      let few = RowKernel.features + 1
      let many = few + ownFeatures.count
      let season = Features.season(month)
      for place in arms.indices where place / lanes < groups {
        let own = learner.advantages(of: Int(arms[place])).numbers
        let (group, lane) = (place / lanes, place % lanes)
        let request = own[15] * season + (isMessage ? own[12] : 0)
        var defaults = 0.0
        for feature in ownFeatures.indices {
          let weight = own[Features.names.count + feature]
          defaults += weight * Double(ownDefaults[feature])
          ownWeights[group * many + few + feature][lane] = Float(weight)
        }
        weights[group * few + 1][lane] = Float(request + defaults)
        ownWeights[group * many + 1][lane] = Float(request)
        // The constant is before the others, and whether something was left behind is the last of them.
        for feature in 0..<RowKernel.features where feature != 1 {
          let weight = Float(own[feature == 0 ? 0 : feature - 1])
          weights[group * few + feature][lane] = weight
          ownWeights[group * many + feature][lane] = weight
        }
        weights[group * few + RowKernel.features][lane] = Float(own[14])
        ownWeights[group * many + RowKernel.features][lane] = Float(own[14])
      }
    }
  }
}

/// A holdout that is not over and holds customers out of an offer.
public struct OpenHoldout: Sendable {
  /// Its bit in ``NextBestRow/held``.
  public let bit: UInt64
  let percent: Double
  let key: BucketKey

  /// Whether it holds a customer.
  ///
  /// - Parameter customer: the identifier's bytes, as received.
  /// - Returns: whether the customer's bucket is one of those that are held back.
  public func holds(_ customer: Span<UInt8>) -> Bool {
    key.bucket(of: customer).isHeld(percent: percent)
  }
}
