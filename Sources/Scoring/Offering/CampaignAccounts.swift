// The budgets of campaigns: what is gone of them, and how redemptions reach them. The budgets themselves
// are in the catalogue; how a decision draws on them is in Offers, CampaignPurses.

import Offers
import Wire

extension Offering {
  /// The account of a campaign; nowhere for one that never had a budget.
  ///
  /// - Complexity: O(campaigns that ever had one).
  func account(ofCampaign name: UInt32) -> Link {
    for number in 0..<UInt32(campaignAccounts.count) where campaignAccounts[number].name == name {
      return Link(number)
    }
    return .none
  }

  /// The account of a campaign, which is made where there is none.
  mutating func openAccount(ofCampaign name: UInt32) -> Link {
    let known = account(ofCampaign: name)
    return known == .none ? Link(campaignAccounts.append(CampaignAccount(name: name))) : known
  }

  /// What is gone of each campaign's budget, by place; nothing where none has one.
  ///
  /// - Parameters:
  ///   - moment: now.
  ///   - shelf: the catalogue.
  ///   - uses: is filled.
  func fillCampaigns(_ moment: Moment, _ shelf: OfferShelf, into uses: inout [BudgetUse]) {
    uses.removeAll(keepingCapacity: true)
    guard shelf.catalogue.budgetedCampaigns != 0 else { return }
    for place in shelf.campaignAccounts.indices {
      uses.append(use(ofCampaign: place, moment, shelf))
    }
  }

  /// What is gone of a campaign's budget: what was spent of it, and what its present offers reserve.
  func use(ofCampaign place: Int, _ moment: Moment, _ shelf: OfferShelf) -> BudgetUse {
    guard let number = shelf.campaignAccounts[place].number else { return BudgetUse() }
    let budget = shelf.catalogue.campaigns[place].budget
    let account = campaignAccounts[number]
    var use = BudgetUse()
    if account.periodDay >= budget.period(on: moment.today) {
      (use.takenMinor, use.takenCount) = (account.spentMinor, account.givenCount)
    }
    var (minor, count) = (Double(use.takenMinor), Double(use.takenCount))
    for offer in shelf.catalogue.campaigns[place].offers {
      let own = accounts[shelf.accounts[offer]]
      let redemption = shelf.catalogue.offers[offer].redemption
      use.takenMinor += own.reservedMinor
      use.takenCount += own.reservedCount
      minor += redemption * Double(own.reservedMinor)
      count += redemption * Double(own.reservedCount)
    }
    use.price = budget.price(usedMinor: minor, usedCount: count, at: moment)
    return use
  }

  /// Takes what was redeemed of an offer from the budgets of its campaigns.
  mutating func spend(_ costMinor: Int64, of place: Int, on day: UInt16, _ shelf: OfferShelf) {
    var left = shelf.catalogue.offers[place].campaigns & shelf.catalogue.budgetedCampaigns
    while left != 0 {
      let campaign = left.trailingZeroBitCount
      left &= left - 1
      guard let number = shelf.campaignAccounts[campaign].number else { continue }
      var account = campaignAccounts[number]
      let period = shelf.catalogue.campaigns[campaign].budget.period(on: Int32(day))
      if period > account.periodDay {
        // What is told late of an earlier period counts in this one, as with offers.
        (account.periodDay, account.spentMinor, account.givenCount) = (period, 0, 0)
      }
      account.spentMinor += costMinor
      account.givenCount += 1
      campaignAccounts[number] = account
    }
  }

  /// Whether the budgets of an offer's campaigns are enough for a cost that was not reserved.
  func campaignsCover(
    _ costMinor: Int64, of place: Int, at moment: Moment, _ shelf: OfferShelf
  ) -> Bool {
    var left = shelf.catalogue.offers[place].campaigns & shelf.catalogue.budgetedCampaigns
    while left != 0 {
      let campaign = left.trailingZeroBitCount
      left &= left - 1
      let use = use(ofCampaign: campaign, moment, shelf)
      let budget = shelf.catalogue.campaigns[campaign].budget
      if budget.moneyMinor >= 0, use.takenMinor + costMinor > budget.moneyMinor { return false }
      if budget.count >= 0, use.takenCount >= budget.count { return false }
    }
    return true
  }

  /// How a campaign's budget stands.
  func budgetLine(
    ofCampaign place: Int, on shelf: OfferShelf, at moment: Moment
  ) -> CampaignBudgetLine {
    let campaign = shelf.catalogue.campaigns[place]
    let use = use(ofCampaign: place, moment, shelf)
    var line = CampaignBudgetLine(campaign: campaign.id)
    line.budgetMinor = campaign.budget.moneyMinor
    line.budgetCount = campaign.budget.count
    for offer in campaign.offers {
      line.reservedMinor += accounts[shelf.accounts[offer]].reservedMinor
      line.reservedCount += accounts[shelf.accounts[offer]].reservedCount
    }
    line.spentMinor = use.takenMinor - line.reservedMinor
    line.givenCount = use.takenCount - line.reservedCount
    line.price = use.price
    return line
  }
}
