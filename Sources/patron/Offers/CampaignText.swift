// A report on a campaign for people. For programs it is in CampaignJSON.

internal import Wire

struct CampaignText {
  let reply: CampaignReply

  var units: MinorUnits { MinorUnits(currency: reply.currency, digits: reply.minorDigits) }
  private var digits: Int { Int(reply.minorDigits) }

  var text: String {
    guard let all = reply.groups.first else { return list }
    return [head(all), table(all), money(all), segments, funnel]
      .filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  // MARK: Numbers

  private func money(_ number: Double) -> String { Numbers.fixed(number, digits) }

  /// A number with its sign; ∞ and – for what is not one.
  private func signed(_ number: Double, _ decimals: Int, _ percent: String? = nil) -> String {
    if number.isNaN { return "–" }
    let unit = percent.map { " " + $0 } ?? ""
    if number.isInfinite { return number < 0 ? "-∞" : "+∞" }
    let shown =
      percent == nil ? Numbers.fixed(number, decimals) : Numbers.fixed(number * 100, 1)
    // What rounds to nothing has no sign.
    let isNothing = !shown.contains { ("1"..."9").contains($0) }
    return (number > 0 && !isNothing ? "+" : "") + shown + unit
  }

  private func cells(
    _ estimate: EstimateFields, _ decimals: Int, percent: String? = nil
  ) -> [String] {
    guard estimate.isKnown else { return ["–", "–", "–"] }
    return [estimate.value, estimate.low, estimate.high].map {
      signed($0, decimals, percent)
    }
  }

  // MARK: One campaign

  private func head(_ all: CampaignGroup) -> String {
    let day = CalendarDay(number: Int(reply.asOfDay)).text
    var lines = [
      "campaign \(reply.campaign): window of \(reply.windowDays) days, up to \(day), amounts in "
        + "\(reply.currency), catalogue version \(reply.catalogue)",
      "\(Numbers.grouped(all.treated.customers)) customers treated, "
        + "\(Numbers.grouped(all.control.customers)) held back" + shares(all),
      verdict(all),
    ]
    if reply.openWindows > 0 {
      lines.append(
        "provisional: the windows of \(Numbers.grouped(reply.openWindows)) customers are not over")
    }
    if all.hasFewBuyers {
      lines.append(
        "few buyers: the smaller arm has fewer than 30, so intervals are widened (pooled variance)")
    }
    return lines.joined(separator: "\n")
  }

  private func shares(_ all: CampaignGroup) -> String {
    let count = all.treated.customers + all.control.customers
    guard count > 0 else { return "" }
    let share = Double(all.control.customers) / Double(count)
    let planned = "\(Numbers.percent(reply.expectedControl)) by the present holdouts"
    guard !reply.ratioProbability.isNaN else {
      return " (\(Numbers.percent(share)); \(planned))"
    }
    return
      " (\(Numbers.percent(share)); \(planned), p = \(Numbers.significant(reply.ratioProbability, 2)))"
  }

  /// The one sentence.
  private func verdict(_ all: CampaignGroup) -> String {
    guard all.treated.customers + all.control.customers > 0 else {
      return "nobody is enrolled yet: no decision could have offered it"
    }
    guard all.hasComparison else {
      return
        "no comparison: each arm needs two customers at least; a holdout in the catalogue makes a control"
    }
    if reply.isWithheld {
      return
        "verdict withheld: the arms do not have the sizes they should have. Either customers moved "
        + "between them, or the holdouts' percentages were changed since the first enrolment"
    }
    // Whoever looks before the end will look again: only the sequence covers then.
    let isOver = reply.openWindows == 0
    let estimate = isOver ? all.uplift : all.sequence
    let words =
      (isOver ? ": " : " so far, at every look: ")
      + "sales per customer \(signed(estimate.value, digits)) "
      + "[\(signed(estimate.low, digits)), \(signed(estimate.high, digits))]"
    if estimate.low > 0 { return "it raised sales" + words }
    if estimate.high < 0 { return "it lowered sales" + words }
    return "no effect is shown" + words + " holds 0"
  }

  private func table(_ all: CampaignGroup) -> String {
    let arms = [all.treated, all.control]
    var rows = [["", "treated", "control", "difference", "from", "to"]]
    func add(
      _ title: String, _ value: (CampaignArm) -> Double, _ estimate: EstimateFields,
      decimals: Int = 3, percent: Bool = false
    ) {
      let values = arms.map { arm in
        let number = value(arm)
        return number.isNaN
          ? "–" : percent ? Numbers.percent(number) : Numbers.fixed(number, decimals)
      }
      rows.append([title] + values + cells(estimate, decimals, percent: percent ? "pp" : nil))
    }
    func more(_ title: String, _ estimate: EstimateFields, percent: Bool = false) {
      rows.append(
        ["  " + title, "", ""] + cells(estimate, digits, percent: percent ? "%" : nil))
    }
    add("sales per customer", { $0.salesPerCustomer(units) }, all.uplift, decimals: digits)
    more("relative to control", all.relative, percent: true)
    more("without what was different before", all.adjusted)
    more("at every look", all.sequence)
    add("customers who ordered", { $0.share($0.buyers) }, all.conversion, percent: true)
    add("orders per customer", { $0.share($0.orders) }, all.orders)
    add("average basket", { $0.basket(units) }, all.basket, decimals: digits)
    add("repeat purchase rate, of buyers", { $0.repeatRate }, all.repeatRate, percent: true)
    add(
      "repeat purchase rate, of all", { $0.share($0.repeatBuyers) }, all.repeatShare, percent: true)
    add("contacts per customer", { $0.share($0.contacts) }, EstimateFields())
    add("revoked a consent", { $0.share($0.optOuts) }, EstimateFields(), percent: true)
    let text = TextTable(rows: rows).text
    guard all.hasComparison else { return text }
    return text
      + "\n(from, to: 95 %; pp: percentage points; what was ordered before leaves "
      + "\(Numbers.percent(all.varianceRatio)) of the variance)"
  }

  private func money(_ all: CampaignGroup) -> String {
    var rows: [[String]] = []
    let margin = cells(all.margin, digits)
    if all.margin.isKnown {
      rows.append([
        "incremental margin", margin[0],
        "from \(margin[1]) to \(margin[2]), at \(Numbers.percent(reply.marginRate)) of sales",
      ])
    }
    rows.append([
      "cost", money(all.cost),
      "rewards \(units.text(all.treated.rewardMinor)), contacts \(money(all.treated.contactCost))",
    ])
    if all.hasComparison {
      rows.append([
        "cost of an incremental order", all.orderCost.isNaN ? "–" : money(all.orderCost),
        all.orderCost.isNaN ? "there are none" : "",
      ])
      rows.append([
        "return on cost", all.returnOnCost.isNaN ? "–" : Numbers.fixed(all.returnOnCost, 2),
        all.returnOnCost.isNaN ? "nothing was spent" : "incremental margin for 1 of cost",
      ])
    }
    let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      [
        Numbers.padded(row[0], widths[0], right: false), Numbers.padded(row[1], widths[1]), row[2],
      ].joined(separator: "  ").replacing(/\s+$/, with: "")
    }.joined(separator: "\n")
  }

  private var segments: String {
    guard reply.groups.count > 2 else { return "" }
    var rows = [
      [
        "segment at enrolment", "treated", "control", "sales", "control's", "difference", "from",
        "to", "",
      ]
    ]
    for group in reply.groups.dropFirst() {
      func sales(_ arm: CampaignArm) -> String {
        arm.customers == 0 ? "–" : money(arm.salesPerCustomer(units))
      }
      rows.append(
        [
          OfferNames.segment(group.segment), Numbers.grouped(group.treated.customers),
          Numbers.grouped(group.control.customers), sales(group.treated), sales(group.control),
        ] + cells(group.uplift, digits)
          + [!group.hasComparison ? "no comparison" : group.hasFewBuyers ? "few buyers" : ""])
    }
    return TextTable(rows: rows).text
  }

  // MARK: Offers

  private var funnel: String {
    var rows = [
      [
        "offer", "state", "chosen", "delivered", "shown", "clicked", "accepted", "refused",
        "redeemed", "spent", "reserved", "budget",
      ]
    ]
    for offer in reply.offers {
      let counts = [
        offer.delivered, offer.shown, offer.clicked, offer.accepted, offer.refused, offer.redeemed,
      ]
      rows.append(
        [offer.offer, offer.state.name, Numbers.grouped(offer.chosen)] + counts.map(Numbers.grouped)
          + [
            units.text(offer.spentMinor), units.text(offer.reservedMinor),
            offer.budgetMinor < 0 ? "–" : units.text(offer.budgetMinor),
          ])
    }
    let told = (0..<13).filter { code in
      reply.offers.contains { code < $0.reasons.count && $0.reasons[code] > 0 }
    }
    guard !told.isEmpty else { return TextTable(rows: rows).text }
    var reasons = [["decisions by reason"] + told.map { OfferNames.reason(UInt8($0)) }]
    for offer in reply.offers {
      reasons.append(
        [offer.offer]
          + told.map { $0 < offer.reasons.count ? Numbers.grouped(offer.reasons[$0]) : "" })
    }
    return TextTable(rows: rows).text + "\n\n" + TextTable(rows: reasons).text
  }

  // MARK: All campaigns

  private var list: String {
    guard !reply.campaigns.isEmpty else { return "the catalogue has no campaigns" }
    var rows = [["campaign", "treated", "control", "difference", "from", "to", "p", ""]]
    for line in reply.campaigns {
      var notes: [String] = []
      if line.isWithheld {
        notes.append("verdict withheld")
      } else if line.probability.isNaN {
        notes.append("no comparison")
      } else if line.stands {
        notes.append("stands")
      }
      if line.openWindows > 0 { notes.append("provisional") }
      rows.append(
        [
          line.campaign, Numbers.grouped(line.treated), Numbers.grouped(line.control),
        ] + cells(line.uplift, digits) + [
          line.probability.isNaN ? "–" : Numbers.significant(line.probability, 2),
          notes.joined(separator: ", "),
        ])
    }
    return TextTable(rows: rows).text
      + "\n\ndifference: sales per customer in \(reply.currency), treated less control, 95 %; of those "
      + "that stand at most 5 % are expected to be false"
  }
}

extension CampaignArm {
  /// Of the arm's customers; NaN without any.
  func share(_ count: UInt64) -> Double {
    customers > 0 ? Double(count) / Double(customers) : .nan
  }

  func salesPerCustomer(_ units: MinorUnits) -> Double {
    customers > 0 ? units.major(salesMinor) / Double(customers) : .nan
  }

  func basket(_ units: MinorUnits) -> Double {
    orders > 0 ? units.major(salesMinor) / Double(orders) : .nan
  }

  var repeatRate: Double { buyers > 0 ? Double(repeatBuyers) / Double(buyers) : .nan }
}
