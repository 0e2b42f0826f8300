// The sums of a trial, and what is told of them. Not here: how a customer is decided about.

import Offers
import Policies
import Wire

/// The sums over the customers of a trial.
struct TrialTally: Sendable {
  private var reply = TryCatalogueReply()
  private var reasons: [UInt64]
  /// Of each offer, over the customers who got it: x, added up.
  private var features: [Double]
  private var rewards: [Double]
  private let before: [BudgetUse]
  private let campaignsBefore: [BudgetUse]
  /// The furthest that an offer of the present customer came.
  private var furthest: UInt8 = 0
  private var isExplored = false

  init(_ shop: TrialShop) {
    let catalogue = shop.shelf.catalogue
    let count = catalogue.offers.count
    reasons = [UInt64](repeating: 0, count: count * Offering.reasonCount)
    features = [Double](repeating: 0, count: count * LearnerFeatures.count)
    rewards = [Double](repeating: 0, count: count)
    before = catalogue.offers.indices.map(shop.use(of:))
    campaignsBefore = catalogue.campaigns.indices.map(shop.use(ofCampaign:))
    reply.without = [UInt64](repeating: 0, count: Offering.reasonCount)
    for place in 0..<count {
      reply.offers.append(
        TriedOffer(
          offer: catalogue.words[place].id,
          state: OfferStage(rawValue: catalogue.offers[place].state.rawValue) ?? .draft))
    }
  }

  // MARK: Adding

  /// Begins with the next customer.
  mutating func add(reasons codes: ArraySlice<UInt8>, isHeldOut: Bool) {
    reply.customers += 1
    if isHeldOut { reply.heldOut += 1 }
    furthest = 0
    isExplored = false
    var counter = 0
    for code in codes {
      reasons[counter + Int(code)] += 1
      counter += Offering.reasonCount
      furthest = max(furthest, code)
    }
  }

  /// Counts an offer that the customer got.
  mutating func add(_ place: Int, cost: Double, isExplored: Bool, _ x: ArraySlice<Float>) {
    reply.offers[place].chosen += 1
    if isExplored {
      reply.offers[place].explored += 1
      self.isExplored = true
    }
    rewards[place] += cost
    var feature = place * LearnerFeatures.count
    for value in x {
      features[feature] += Double(value)
      feature += 1
    }
  }

  /// Ends with the customer.
  mutating func endCustomer(choices: Int) {
    if choices > 0 {
      reply.offered += 1
    } else if !reply.offers.isEmpty {
      reply.without[Int(furthest)] += 1
    }
    if isExplored { reply.explored += 1 }
  }

  // MARK: Telling

  /// The reply, but for what the request says.
  func reply(_ shop: TrialShop) -> TryCatalogueReply {
    var reply = reply
    let catalogue = shop.shelf.catalogue
    (reply.catalogue, reply.currency) = (catalogue.version, catalogue.currency)
    reply.minorDigits = UInt8(catalogue.minorDigits)
    reply.placement = catalogue.placements[shop.placement].name
    var all = Belief()
    var everybody = LearnerFeatures(repeating: 0)
    for place in catalogue.offers.indices {
      let offer = catalogue.offers[place]
      let chosen = reply.offers[place].chosen
      let cost = rewards[place] + Double(chosen) * offer.contactCost
      let liability = Int64(clamping: chosen).multipliedReportingOverflow(by: offer.liabilityMinor)
      reply.offers[place].cost = cost
      reply.offers[place].liabilityMinor = liability.overflow ? .max : liability.partialValue
      reply.cost += cost
      reply.liabilityMinor = reply.liabilityMinor.addingClamped(reply.offers[place].liabilityMinor)
      if chosen > 0, let learner = shop.store.offering.learner {
        let x = sum(place)
        let own = Belief(learner.score(arm: Int(shop.shelf.arms[place]), features: x))
        let none = Belief(learner.score(arm: 0, features: x))
        reply.offers[place].margin = own.less(none, cost: cost)
        all.add(own, cost: cost)
        for feature in 0..<LearnerFeatures.count { everybody[feature] += x[feature] }
      }
      reply.offers[place].budget = TriedBudget(offer.budget, before[place], shop.use(of: place))
      let first = place * Offering.reasonCount
      reply.offers[place].reasons = Array(reasons[first..<first + Offering.reasonCount])
    }
    if let learner = shop.store.offering.learner {
      reply.margin = all.less(Belief(learner.score(arm: 0, features: everybody)), cost: 0)
    }
    for place in catalogue.campaigns.indices where catalogue.campaigns[place].budget.isSet {
      let campaign = catalogue.campaigns[place]
      var row = TriedCampaign(campaign: campaign.id)
      for offer in campaign.offers { row.chosen += reply.offers[offer].chosen }
      row.budget = TriedBudget(
        campaign.budget, campaignsBefore[place], shop.use(ofCampaign: place))
      reply.campaigns.append(row)
    }
    return reply
  }

  private func sum(_ place: Int) -> LearnerFeatures {
    var x = LearnerFeatures(repeating: 0)
    for feature in 0..<LearnerFeatures.count {
      x[feature] = features[place * LearnerFeatures.count + feature]
    }
    return x
  }
}

/// What is believed of a sum over customers.
///
/// With X the sum of x over those who got an offer, the sum of their uplifts is μ·X − μ₀·X less what it
/// costs, and its variance Σⱼ sⱼXⱼ² + Σⱼ s₀ⱼXⱼ²: coefficients are believed independently of one another,
/// and all customers share them, so what is wrong for one is wrong for all.
private struct Belief {
  var mean = 0.0
  var variance = 0.0

  init() {}

  init(_ score: (mean: Double, deviation: Double)) {
    mean = score.mean
    variance = score.deviation * score.deviation
  }

  mutating func add(_ other: Belief, cost: Double) {
    mean += other.mean - cost
    variance += other.variance
  }

  /// With its 95 % interval.
  func less(_ none: Belief, cost: Double) -> EstimateFields {
    let value = mean - none.mean - cost
    let half = 1.959964 * (variance + none.variance).squareRoot()
    return EstimateFields(value, low: value - half, high: value + half)
  }
}

extension TriedBudget {
  fileprivate init(_ budget: Budget, _ before: BudgetUse, _ after: BudgetUse) {
    self.init()
    (budgetMinor, budgetCount) = (budget.moneyMinor, budget.count)
    (beforeMinor, beforeCount) = (before.takenMinor, before.takenCount)
    (takenMinor, takenCount, price) = (after.takenMinor, after.takenCount, after.price)
  }
}
