// The sums of a campaign: what single customers did, added up by segment and arm, in pieces that can be
// added too; and what is told of them. Amounts are added as integers, so that no sequence matters.

import Offers
import Policies
import Wire

/// What one customer of a campaign did within his or her window.
struct CampaignOutcome: Equatable, Sendable {
  var salesMinor: Int64 = 0
  var orders = 0
  /// What was ordered in as many days before it.
  var beforeMinor: Int64 = 0
  var contacts = 0
  /// Of contacts of the campaign, in major units.
  var contactCost = 0.0
  /// Of the campaign's rewards.
  var rewardMinor: Int64 = 0
  var hasOptedOut = false
}

/// The sums over one arm.
struct ArmTally: Sendable {
  var told = CampaignArm()
  /// In major units, with those of before.
  var sales = GroupSums()
  var conversion = GroupSums()
  var orders = GroupSums()
  var repeatShare = GroupSums()
  /// Sales over orders.
  var basket = RatioSums()
  /// Repeat buyers over buyers.
  var repeatRate = RatioSums()

  mutating func add(_ outcome: CampaignOutcome, majorPerMinor: Double) {
    let (buys, repeats) = (outcome.orders > 0, outcome.orders > 1)
    told.customers += 1
    if buys { told.buyers += 1 }
    if repeats { told.repeatBuyers += 1 }
    told.orders += UInt64(outcome.orders)
    told.salesMinor = told.salesMinor.addingClamped(outcome.salesMinor)
    told.contacts += UInt64(outcome.contacts)
    if outcome.hasOptedOut { told.optOuts += 1 }
    told.rewardMinor = told.rewardMinor.addingClamped(outcome.rewardMinor)
    told.contactCost += outcome.contactCost
    let amount = Double(outcome.salesMinor) * majorPerMinor
    sales.add(amount, before: Double(outcome.beforeMinor) * majorPerMinor)
    conversion.add(buys ? 1 : 0)
    orders.add(Double(outcome.orders))
    repeatShare.add(repeats ? 1 : 0)
    basket.add(amount, over: Double(outcome.orders))
    repeatRate.add(repeats ? 1 : 0, over: buys ? 1 : 0)
  }

  mutating func append(_ other: ArmTally) {
    told.customers += other.told.customers
    told.buyers += other.told.buyers
    told.repeatBuyers += other.told.repeatBuyers
    told.orders += other.told.orders
    told.salesMinor = told.salesMinor.addingClamped(other.told.salesMinor)
    told.contacts += other.told.contacts
    told.optOuts += other.told.optOuts
    told.rewardMinor = told.rewardMinor.addingClamped(other.told.rewardMinor)
    told.contactCost += other.told.contactCost
    sales.append(other.sales)
    conversion.append(other.conversion)
    orders.append(other.orders)
    repeatShare.append(other.repeatShare)
    basket.append(other.basket)
    repeatRate.append(other.repeatRate)
  }
}

/// Both arms of some customers.
struct ArmsTally: Sendable {
  var treated = ArmTally()
  var control = ArmTally()

  mutating func append(_ other: ArmsTally) {
    treated.append(other.treated)
    control.append(other.control)
  }
}

/// A campaign's customers, all of them and by segment.
struct CampaignTally: Sendable {
  private(set) var all = ArmsTally()
  private var segments = [ArmsTally](repeating: ArmsTally(), count: Segment.allCases.count)
  /// Customers whose window has not ended.
  var openWindows: UInt64 = 0

  mutating func add(
    _ outcome: CampaignOutcome, of entry: EnrolmentEntry, majorPerMinor: Double
  ) {
    let arm: WritableKeyPath<ArmsTally, ArmTally> =
      entry.isControl == 0 ? \.treated : \.control
    all[keyPath: arm].add(outcome, majorPerMinor: majorPerMinor)
    if Int(entry.segment) < segments.count {
      segments[Int(entry.segment)][keyPath: arm].add(outcome, majorPerMinor: majorPerMinor)
    }
  }

  mutating func append(_ other: CampaignTally) {
    all.append(other.all)
    for place in segments.indices { segments[place].append(other.segments[place]) }
    openWindows += other.openWindows
  }

  /// How probable arms as uneven as these are; NaN where everybody or nobody should be in one of them.
  ///
  /// - Parameter expected: the share of control.
  /// - Returns: p of the χ² test.
  func ratioProbability(expected: Double) -> Double {
    let counts = [all.treated.sales.count, all.control.sales.count]
    guard expected > 0, expected < 1, counts[0] + counts[1] > 0 else { return .nan }
    return Experiment.ratioProbability(counts: counts, shares: [1 - expected, expected])
  }

  /// What is told of all customers, then of each segment that has some.
  func groups(marginRate: Double, planned: Int, majorPerMinor: Double) -> [CampaignGroup] {
    var groups = [
      CampaignGroup(CampaignGroup.all, all, marginRate, planned, majorPerMinor)
    ]
    for (segment, arms) in segments.enumerated()
    where arms.treated.told.customers + arms.control.told.customers > 0 {
      groups.append(
        CampaignGroup(UInt8(segment), arms, marginRate, planned, majorPerMinor))
    }
    return groups
  }
}

extension CampaignGroup {
  fileprivate init(
    _ segment: UInt8, _ arms: ArmsTally, _ marginRate: Double, _ planned: Int,
    _ majorPerMinor: Double
  ) {
    self.init(segment: segment)
    let (one, other) = (arms.treated, arms.control)
    treated = one.told
    control = other.told
    cost = Double(one.told.rewardMinor) * majorPerMinor + one.told.contactCost
    guard let uplift = Uplift(one.sales, against: other.sales) else { return }
    hasFewBuyers = uplift.hasFewBuyers
    self.uplift = EstimateFields(uplift.estimate)
    relative = EstimateFields(Uplift.relative(one.sales, against: other.sales))
    let adjusted = Uplift(adjusted: one.sales, against: other.sales)
    self.adjusted = EstimateFields(adjusted?.estimate)
    varianceRatio = adjusted?.varianceRatio ?? .nan
    sequence = EstimateFields(Uplift.sequence(one.sales, against: other.sales, planned: planned))
    conversion = EstimateFields(Uplift(one.conversion, against: other.conversion)?.estimate)
    let moreOrders = Uplift(one.orders, against: other.orders)?.estimate
    orders = EstimateFields(moreOrders)
    basket = EstimateFields(one.basket.difference(against: other.basket))
    repeatRate = EstimateFields(one.repeatRate.difference(against: other.repeatRate))
    repeatShare = EstimateFields(Uplift(one.repeatShare, against: other.repeatShare)?.estimate)
    let count = Double(one.sales.count)
    margin = EstimateFields(uplift.estimate.scaled(by: count * marginRate))
    if cost > 0 { returnOnCost = margin.value / cost }
    if let moreOrders, moreOrders.value > 0 { orderCost = cost / (moreOrders.value * count) }
  }
}

extension EstimateFields {
  init(_ estimate: Estimate?) {
    self.init()
    guard let estimate else { return }
    (value, low, high) = (
      estimate.value, estimate.interval.lowerBound, estimate.interval.upperBound
    )
  }
}
