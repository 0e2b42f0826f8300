// A report on a campaign for programs: keys that stay. For people it is in CampaignText.

internal import Wire

extension CampaignText {
  var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("campaign", reply.groups.isEmpty ? .null : .string(reply.campaign)),
      ("catalogue", .count(reply.catalogue)),
      ("asOf", .string(CalendarDay(number: Int(reply.asOfDay)).text)),
      ("currency", reply.currency.isEmpty ? .null : .string(reply.currency)),
      ("marginRate", .number(reply.marginRate)), ("level", .number(0.95)),
    ]
    guard let all = reply.groups.first else {
      members.append(("campaigns", .array(reply.campaigns.map(line))))
      return .object(members)
    }
    members += [
      ("windowDays", .count(reply.windowDays)), ("planned", .count(reply.planned)),
      ("openWindows", .count(reply.openWindows)), ("provisional", .bool(reply.openWindows > 0)),
      ("expectedControl", .number(reply.expectedControl)),
      ("ratioProbability", .number(reply.ratioProbability)),
      ("withheld", .bool(reply.isWithheld)), ("comparison", .bool(all.hasComparison)),
      ("all", group(all)), ("segments", .array(reply.groups.dropFirst().map(group))),
      ("offers", .array(reply.offers.map(offer))),
    ]
    return .object(members)
  }

  private func estimate(_ estimate: EstimateFields) -> JSON {
    guard estimate.isKnown else { return .null }
    return .object([
      ("value", .number(estimate.value)),
      ("interval", .array([.number(estimate.low), .number(estimate.high)])),
    ])
  }

  private func arm(_ arm: CampaignArm) -> JSON {
    .object([
      ("customers", .count(arm.customers)), ("buyers", .count(arm.buyers)),
      ("repeatBuyers", .count(arm.repeatBuyers)), ("orders", .count(arm.orders)),
      ("sales", .number(units.major(arm.salesMinor))),
      ("salesPerCustomer", .number(arm.salesPerCustomer(units))),
      ("conversion", .number(arm.share(arm.buyers))),
      ("ordersPerCustomer", .number(arm.share(arm.orders))),
      ("averageBasket", .number(arm.basket(units))),
      ("repeatPurchaseRate", .number(arm.repeatRate)),
      ("repeatPurchaseShare", .number(arm.share(arm.repeatBuyers))),
      ("contacts", .count(arm.contacts)),
      ("contactsPerCustomer", .number(arm.share(arm.contacts))),
      ("optOuts", .count(arm.optOuts)), ("optOutRate", .number(arm.share(arm.optOuts))),
      ("rewardCost", .number(units.major(arm.rewardMinor))),
      ("contactCost", .number(arm.contactCost)),
    ])
  }

  private func group(_ group: CampaignGroup) -> JSON {
    let isAll = group.segment == CampaignGroup.all
    return .object([
      ("segment", isAll ? .null : .string(OfferNames.segment(group.segment))),
      ("comparison", .bool(group.hasComparison)), ("fewBuyers", .bool(group.hasFewBuyers)),
      ("treated", arm(group.treated)), ("control", arm(group.control)),
      ("uplift", estimate(group.uplift)), ("relativeUplift", estimate(group.relative)),
      ("adjustedUplift", estimate(group.adjusted)),
      ("varianceRatio", .number(group.varianceRatio)), ("sequence", estimate(group.sequence)),
      ("conversionUplift", estimate(group.conversion)),
      ("ordersUplift", estimate(group.orders)), ("basketUplift", estimate(group.basket)),
      ("repeatPurchaseRateUplift", estimate(group.repeatRate)),
      ("repeatPurchaseShareUplift", estimate(group.repeatShare)),
      ("incrementalMargin", estimate(group.margin)), ("cost", .number(group.cost)),
      ("costPerIncrementalOrder", .number(group.orderCost)),
      ("roi", .number(group.returnOnCost)),
    ])
  }

  private func offer(_ offer: CampaignOffer) -> JSON {
    .object([
      ("offer", .string(offer.offer)), ("state", .string(offer.state.name)),
      ("chosen", .count(offer.chosen)), ("delivered", .count(offer.delivered)),
      ("shown", .count(offer.shown)), ("clicked", .count(offer.clicked)),
      ("accepted", .count(offer.accepted)), ("refused", .count(offer.refused)),
      ("redeemed", .count(offer.redeemed)), ("spent", .number(units.major(offer.spentMinor))),
      ("reserved", .number(units.major(offer.reservedMinor))),
      ("budget", offer.budgetMinor < 0 ? .null : .number(units.major(offer.budgetMinor))),
      (
        "reasons",
        .object(
          offer.reasons.enumerated().map { code, count in
            (key: OfferNames.reason(UInt8(clamping: code)), value: JSON.count(count))
          })
      ),
    ])
  }

  private func line(_ line: CampaignLine) -> JSON {
    .object([
      ("campaign", .string(line.campaign)), ("treated", .count(line.treated)),
      ("control", .count(line.control)), ("openWindows", .count(line.openWindows)),
      ("ratioProbability", .number(line.ratioProbability)), ("withheld", .bool(line.isWithheld)),
      ("uplift", estimate(line.uplift)), ("probability", .number(line.probability)),
      ("stands", .bool(line.stands)),
    ])
  }
}
