// What a campaign changed, which the workbench finds out over a value of the store: one pass over the
// enrolments, and for each of them what the customer did within his or her window. By intention to
// treat: customers are compared as they were assigned, whatever reached them and whatever they used.
// How the sums are compared is in CampaignTally, the mathematics in Policies.

public import Models
import Offers
import Policies
public import Wire

/// A campaign to be reported on elsewhere, or all of them.
public struct CampaignJob: Analysis {
  let store: Store
  let shelf: OfferShelf
  /// The campaign's place on the shelf; nil for a line about each.
  let place: Int?
  /// What happened up to this day is looked at.
  let day: UInt16
  /// Customers of the smaller arm that the confidence sequence is planned for.
  let planned: UInt32

  /// Finds out.
  ///
  /// - Parameter crew: who computes.
  /// - Returns: the reply.
  /// - Throws: nothing that the request did not cause; such requests never get here.
  public func run(on crew: any FitCrew) throws(Refusal) -> any Message & Sendable {
    figures(on: crew)
  }

  /// The same, as what it is.
  func figures(on crew: any FitCrew = Alone()) -> CampaignReply {
    var reply = CampaignReply()
    reply.catalogue = shelf.catalogue.version
    reply.asOfDay = Int32(day)
    reply.currency = store.currency
    reply.minorDigits = store.minorDigits
    reply.planned = planned
    reply.marginRate = shelf.catalogue.marginRate
    guard let place else {
      reply.campaigns = lines(crew)
      return reply
    }
    let campaign = shelf.catalogue.campaigns[place]
    let tally = tally(CampaignScope(self, place), crew)
    reply.campaign = campaign.id
    reply.windowDays = UInt16(campaign.days)
    reply.openWindows = tally.openWindows
    reply.expectedControl = expectedControl(of: campaign)
    reply.ratioProbability = tally.ratioProbability(expected: reply.expectedControl)
    reply.isWithheld = reply.ratioProbability < Experiment.ratioMin
    reply.groups = tally.groups(
      marginRate: reply.marginRate, planned: Int(planned), majorPerMinor: store.majorPerMinor)
    reply.offers = campaign.offers.sorted().map(funnel)
    return reply
  }

  /// A line about each campaign, and which of them stand together.
  private func lines(_ crew: any FitCrew) -> [CampaignLine] {
    var lines = shelf.catalogue.campaigns.indices.map { place in
      let campaign = shelf.catalogue.campaigns[place]
      let tally = tally(CampaignScope(self, place), crew)
      var line = CampaignLine(campaign: campaign.id)
      line.treated = tally.all.treated.told.customers
      line.control = tally.all.control.told.customers
      line.openWindows = tally.openWindows
      line.ratioProbability = tally.ratioProbability(expected: expectedControl(of: campaign))
      line.isWithheld = line.ratioProbability < Experiment.ratioMin
      if let uplift = Uplift(tally.all.treated.sales, against: tally.all.control.sales) {
        line.uplift = EstimateFields(uplift.estimate)
        if !line.isWithheld { line.probability = uplift.estimate.probability }
      }
      return line
    }
    let judged = lines.indices.filter { !lines[$0].probability.isNaN }
    let stands = Experiment.standing(judged.map { lines[$0].probability }, falseShare: 0.05)
    for (number, place) in judged.enumerated() { lines[place].stands = stands[number] }
    return lines
  }

  /// 1 − Π(1 − share) over the holdouts that take customers out of a campaign, as they are now.
  private func expectedControl(of campaign: Campaign) -> Double {
    shelf.catalogue.holdouts.reduce(0) { share, holdout in
      let holds =
        holdout.level == .global || holdout.level == .campaign && holdout.of == campaign.id
      return holds && !holdout.isClosed ? share + (1 - share) * holdout.percent / 100 : share
    }
  }

  private func funnel(_ place: Int) -> CampaignOffer {
    let number = shelf.accounts[place]
    let account = store.offering.accounts[number]
    let offer = shelf.catalogue.offers[place]
    var row = CampaignOffer(
      offer: shelf.catalogue.words[place].id,
      state: OfferStage(rawValue: offer.state.rawValue) ?? .draft)
    row.chosen = account.chosen
    row.delivered = account.delivered
    row.shown = account.shown
    row.clicked = account.clicked
    row.accepted = account.accepted
    row.refused = account.refused
    row.redeemed = account.redeemed
    row.spentMinor = account.costMinor
    row.reservedMinor = account.reservedMinor
    row.budgetMinor = offer.budgetMinor
    let first = Int(number) * Offering.reasonCount
    row.reasons = Array(store.offering.reasonCounts[first..<first + Offering.reasonCount])
    return row
  }

  // MARK: The pass

  private func tally(_ scope: CampaignScope, _ crew: any FitCrew) -> CampaignTally {
    let redeemed = redemptions(scope, crew)
    return crew.map(store.offering.enrolments.chunks.blocks.count) { block in
      tally(block, scope, redeemed)
    }.reduce(into: CampaignTally()) { $0.append($1) }
  }

  private func tally(
    _ block: Int, _ scope: CampaignScope, _ redeemed: [UInt32: [Redemption]]
  ) -> CampaignTally {
    var tally = CampaignTally()
    // Held here, so that they are not retained for every row.
    let store = store
    let table = store.offering.enrolments
    let first = UInt32(block * EnrolmentEntry.chunkRows)
    for number in first..<first + UInt32(table.chunks.rowCount(inBlock: block))
    where table[number].campaign == scope.name && table[number].day <= day {
      let entry = table[number]
      let end = Int(entry.day) + scope.days
      if end > Int(day) { tally.openWindows += 1 }
      let window = entry.day..<UInt16(clamping: min(end, Int(day) + 1))
      var outcome = store.outcome(
        of: entry, within: window, beforeDays: scope.days, asOf: day)
      store.addContacts(to: &outcome, of: entry, within: window, scope)
      for one in redeemed[entry.customer] ?? [] where window.contains(one.day) {
        outcome.rewardMinor = outcome.rewardMinor.addingClamped(one.costMinor)
      }
      outcome.hasOptedOut = store.hasRevoked(since: entry, within: window)
      tally.add(outcome, of: entry, majorPerMinor: store.majorPerMinor)
    }
    return tally
  }

  /// What was redeemed of the campaign's offers, by customer.
  private func redemptions(
    _ scope: CampaignScope, _ crew: any FitCrew
  ) -> [UInt32: [Redemption]] {
    let table = store.offering.outcomes
    let pieces = crew.map(table.chunks.blocks.count) { block in
      var found: [(customer: UInt32, redemption: Redemption)] = []
      let first = UInt32(block * OutcomeEntry.chunkRows)
      for number in first..<first + UInt32(table.chunks.rowCount(inBlock: block))
      where table[number].kind == OutcomeKind.redeemed.rawValue {
        let entry = table[number]
        guard let account = entry.account.number, scope.holds(account),
          let day = store.calendar?.day(ofMicros: entry.timeMicros)
        else { continue }
        found.append((entry.customer, Redemption(day: day, costMinor: entry.costMinor)))
      }
      return found
    }
    var redeemed: [UInt32: [Redemption]] = [:]
    for piece in pieces {
      for one in piece { redeemed[one.customer, default: []].append(one.redemption) }
    }
    return redeemed
  }
}

/// A reward that was used.
private struct Redemption: Sendable {
  let day: UInt16
  let costMinor: Int64
}

/// What belongs to a campaign.
private struct CampaignScope: Sendable {
  /// The campaign's identifier, a name.
  let name: UInt32
  let days: Int
  /// What a contact of each account's offer costs, in major units; nil for those of other campaigns.
  private var contactCosts: [Double?]

  init(_ job: CampaignJob, _ place: Int) {
    let campaign = job.shelf.catalogue.campaigns[place]
    name = job.shelf.campaigns[place]
    days = campaign.days
    contactCosts = Array(repeating: nil, count: job.store.offering.accounts.count)
    for offer in campaign.offers {
      contactCosts[Int(job.shelf.accounts[offer])] = job.shelf.catalogue.offers[offer].contactCost
    }
  }

  func holds(_ account: UInt32) -> Bool { contactCosts[Int(account)] != nil }
  func contactCost(_ account: UInt32) -> Double? { contactCosts[Int(account)] }
}

// MARK: One customer

extension Store {
  /// What a customer ordered within a window that begins with an enrolment, and before it.
  ///
  /// An order that came back whole is gone, whenever it came back up to the day. On the window's first
  /// day only what was recorded after the enrolment counts; what was recorded before it is of the time
  /// before.
  fileprivate func outcome(
    of entry: EnrolmentEntry, within window: Range<UInt16>, beforeDays: Int, asOf day: UInt16
  ) -> CampaignOutcome {
    var outcome = CampaignOutcome()
    let row = customers[entry.customer]
    let begin = Int(entry.day) - beforeDays
    var next = row.lastOrder
    while next != CustomerRow.none {
      let (number, order) = (next, orders[next])
      next = order.previous
      guard order.day < window.upperBound, Int(order.day) >= begin else { continue }
      let back = row.lastReturn == CustomerRow.none ? nil : returned(of: number, row, asOf: day)
      if let back, back >= order.amountMinor { continue }
      let amount = order.amountMinor - (back ?? 0)
      if order.day > entry.day || order.day == entry.day && number >= entry.orderMark {
        outcome.orders += 1
        outcome.salesMinor = outcome.salesMinor.addingClamped(amount)
      } else {
        outcome.beforeMinor = outcome.beforeMinor.addingClamped(amount)
      }
    }
    return outcome
  }

  /// What came back of an order up to a day; nil where nothing did.
  private func returned(of order: UInt32, _ row: CustomerRow, asOf day: UInt16) -> Int64? {
    var sum: Int64?
    var next = row.lastReturn
    while next != CustomerRow.none {
      let entry = returns[next]
      if entry.order == order, entry.day <= day { sum = (sum ?? 0) + entry.amountMinor }
      next = entry.previous
    }
    return sum
  }

  /// Counts the contacts that reached a customer within a window, and what those of the campaign cost.
  fileprivate func addContacts(
    to outcome: inout CampaignOutcome, of enrolment: EnrolmentEntry, within window: Range<UInt16>,
    _ scope: CampaignScope
  ) {
    var next = offering.heads(of: enrolment.customer).contacts
    while let number = next.number {
      let entry = offering.contacts[number]
      next = entry.previous
      guard entry.state >= ContactEntry.State.delivered.rawValue, window.contains(entry.day) else {
        continue
      }
      if entry.flags & ContactEntry.counts != 0 { outcome.contacts += 1 }
      outcome.contactCost += scope.contactCost(entry.account) ?? 0
    }
    var told = 0
    forEachContact(of: enrolment.customer) { event in
      if event.kind == EventKind.contactDelivered.rawValue,
        let day = calendar?.day(ofMicros: event.timeMicros), window.contains(day)
      {
        told += 1
      }
      return true
    }
    outcome.contacts += told
  }

  /// Whether a customer revoked a consent to marketing after an enrolment, within its window.
  fileprivate func hasRevoked(
    since enrolment: EnrolmentEntry, within window: Range<UInt16>
  ) -> Bool {
    var standings = facts.heads(of: enrolment.customer).standings
    while let number = standings.number {
      let standing = facts.standings[number]
      standings = standing.next
      guard standing.purpose == Wire.Purpose.marketing.rawValue else { continue }
      var next = standing.last
      while let place = next.number {
        let entry = facts.consents[place]
        next = entry.previous
        if entry.status == ConsentStatus.revoked.rawValue,
          entry.timeMicros >= enrolment.timeMicros,
          let day = calendar?.day(ofMicros: entry.timeMicros), window.contains(day)
        {
          return true
        }
      }
    }
    return false
  }
}
