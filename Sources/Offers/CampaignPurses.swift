// The budgets of campaigns while one decision is made: offers of one campaign draw on the same money, so
// what the first of an answer may cost is not there for the next. What an offer has of its own is in Budget.

/// What is left to each campaign.
struct CampaignPurses {
  /// The campaigns with a budget, a bit each.
  private(set) var bits: UInt64 = 0
  private var budgets: [Budget] = []
  private var uses: [BudgetUse] = []

  /// Takes over what is gone before a decision.
  ///
  /// - Precondition: there is the use of each campaign, unless none has a budget.
  mutating func begin(_ uses: Span<BudgetUse>, in catalogue: borrowing Catalogue) {
    bits = catalogue.budgetedCampaigns
    guard bits != 0 else { return }
    precondition(
      uses.count == catalogue.campaigns.count, "each campaign has its budget's use")
    self.uses.removeAll(keepingCapacity: true)
    budgets.removeAll(keepingCapacity: true)
    for place in uses.indices {
      self.uses.append(uses[place])
      budgets.append(catalogue.campaigns[place].budget)
    }
  }

  /// What the first of an offer's campaigns lacks for it; nil if all have enough.
  func shortage(_ offer: Offer) -> Reason? {
    var left = offer.campaigns & bits
    while left != 0 {
      let place = left.trailingZeroBitCount
      left &= left - 1
      if let lack = budgets[place].shortage(of: offer.liabilityMinor, uses[place]) {
        return .budget(
          free: lack.free, needed: lack.needed, isCount: lack.isCount, campaign: place)
      }
    }
    return nil
  }

  /// Reserves what an offer may cost.
  ///
  /// - Returns: whether one of its campaigns has a budget.
  mutating func take(_ offer: Offer) -> Bool {
    var left = offer.campaigns & bits
    guard left != 0 else { return false }
    while left != 0 {
      let place = left.trailingZeroBitCount
      left &= left - 1
      uses[place].takenMinor = Budget.sum(uses[place].takenMinor, offer.liabilityMinor)
      uses[place].takenCount = Budget.sum(uses[place].takenCount, 1)
    }
    return true
  }
}

extension DecisionWorkspace {
  /// Takes an offer out for which a campaign has not enough.
  mutating func closeIfShort(_ place: Int, _ offer: Offer) {
    guard let lack = purses.shortage(offer) else { return }
    reasons[place] = lack
    open.remove(place)
    scored.remove(place)
  }

  /// Takes an offer's cost from its campaigns, and the offers out for which there is not enough any more.
  mutating func draw(on offer: Offer, in catalogue: borrowing Catalogue) {
    guard purses.take(offer) else { return }
    let offers = catalogue.offers.span
    var left = (open & catalogue.sets.sharing) - excluded
    while let place = left.popFirst() { closeIfShort(place, offers[place]) }
  }
}
