// Groups «offers»: what a decision costs, and its propensities alone, by how many offers live. Every offer
// has three conditions, a budget and an estimate of its own, and the customer eight contacts.

import Models
import Offers
import Policies
import Rules

enum OfferBenchmarks {
  static func run(_ bench: inout Bench) throws {
    for count in [0, 16, 64, 256] {
      let group = "offers, decide with \(count) live"
      if bench.wants(group) { try decisions(&bench, group, count) }
    }
    for count in [3, 16, 64, 256] {
      let group = "offers, propensities of \(count)"
      if bench.wants(group) { try propensities(&bench, group, count) }
    }
  }

  private static func decisions(_ bench: inout Bench, _ group: String, _ count: Int) throws {
    let counter = try Counter(count)
    let passes = bench.isQuick ? 2_000 : 20_000
    var workspace = DecisionWorkspace()
    func decide(explores: Bool) throws -> UInt64 {
      var sum: UInt64 = 0
      for number in 0..<passes {
        let decision = try counter.decide(UInt64(number), explores: explores, &workspace)
        sum &+= decision.propensity.bitPattern &+ UInt64(decision.count)
      }
      return sum
    }
    try bench.compare(
      group, .microsecondsEach,
      [
        Contestant("drawn, with propensities", amount: Double(passes)) {
          try decide(explores: true)
        },
        Contestant("the best", amount: Double(passes)) { try decide(explores: false) },
      ])
  }

  private static func propensities(_ bench: inout Bench, _ group: String, _ count: Int) throws {
    let passes = bench.isQuick ? 1_000 : 10_000
    var random = SeededRandom(seed: 1)
    // A set of arms for each of 16 customers, so that no branch is learned by heart.
    let sets = (0..<16).map { _ in
      (0..<count).map { _ in (mean: random.normal() * 0.5, deviation: 0.1 + random.uniform()) }
    }
    let means = sets.map { $0.map(\.mean) }
    func pass(_ deviations: [[Double]]) -> UInt64 {
      var thompson = Thompson()
      var shares = [Double](repeating: 0, count: count)
      var sum: UInt64 = 0
      for number in 0..<passes {
        let (mean, deviation) = (means[number & 15], deviations[number & 15])
        var span = shares.mutableSpan
        _ = thompson.findPropensities(
          means: mean.span, deviations: deviation.span, floor: 0.02, into: &span)
        sum &+= span[0].bitPattern
      }
      return sum
    }
    let unlike = sets.map { $0.map(\.deviation) }
    let widths = sets.map { $0.map { _ in Elementary.exp((random.uniform() - 0.5) * 6) } }
    let alike = sets.map { $0.map { _ in 0.5 } }
    try bench.compare(
      group, .microsecondsEach,
      [
        Contestant("deviations alike", amount: Double(passes)) { pass(alike) },
        Contestant("deviations of 0.05 to 20", amount: Double(passes)) { pass(widths) },
        Contestant("deviations unlike", amount: Double(passes)) { pass(unlike) },
      ])
  }
}

/// What decisions are made from.
private struct Counter {
  let catalogue: Catalogue
  var facts = Facts()
  var standing = Standing()
  var budgets: [BudgetUse]
  let campaigns: [BudgetUse]
  var estimates: [[OfferEstimate]]
  let customers: [[UInt8]]
  let moment = Moment(utcMicros: 1_795_608_000_000_000)

  init(_ count: Int) throws {
    catalogue = try Catalogue(Array(Self.json(count).utf8))
    budgets = [BudgetUse](repeating: BudgetUse(price: 0.01), count: count)
    campaigns = [BudgetUse](repeating: BudgetUse(), count: catalogue.campaigns.count)
    var random = SeededRandom(seed: 2)
    estimates = (0..<16).map { _ in
      (0..<count).map { _ in
        let deviation = 0.1 + random.uniform()
        return OfferEstimate(uplift: random.normal() * 0.5, variance: deviation * deviation)
      }
    }
    customers = (0..<16).map { Array("customer-\($0)".utf8) }
    for channel in Channel.allCases { standing.granted[channel, .marketing] = true }
    for number in 0..<8 {
      standing.contacts.append(
        Contact(
          timeMicros: moment.nowMicros - Int64(number + 2) * 86_400_000_000,
          day: moment.today - Int32(number) - 2, offer: UInt16(number), family: UInt16(number),
          channel: .email, state: .delivered))
    }
    facts.setCalendar(today: moment.today, birthday: nil, firstOrder: moment.today - 400)
    facts[.basket] = 80
    facts[.orders] = 5
    facts[.daysSinceOrder] = 40
    facts[.typicalGap] = 35
    facts[.meanSpend] = 60
    facts.hasOpenComplaint = .no
    facts.setSegment(vipValue: 1_000)
  }

  func decide(
    _ number: UInt64, explores: Bool, _ workspace: inout DecisionWorkspace
  ) throws -> Decision {
    let place = Int(number & 15)
    let (customer, estimates) = (customers[place], estimates[place])
    let request = DecisionRequest(
      placement: 0, channel: .site, moment: moment, hash: XXHash64.hash(number),
      explores: explores)
    return try Decision.make(
      request, for: customer.span, facts: facts, standing: standing, budgets: budgets.span,
      campaigns: campaigns.span, estimates: estimates.span, in: catalogue, with: &workspace)
  }

  private static func json(_ count: Int) -> String {
    let offers = (0..<count).map { number in
      #"{"id": "o\#(number)", "family": "f\#(number % 16)", "channels": ["email", "site"], "#
        + #""placements": ["checkout"], "state": "live", "max_liability": 5.00, "#
        + #""budget": {"money": 100000.00, "count": 100000}, "#
        + #""eligibility": "basket >= \#(10 + number % 50) and days_since_order < 2 * typical_gap", "#
        + #""applicability": "segment in (\"loyal\", \"vip\") and not bought(\"shoes\")", "#
        + #""suitability": "not open_complaint"}"#
    }
    let places =
      #"{"currency": "EUR", "margin_rate": 0.3, "#
      + #""placements": [{"id": "checkout", "top": 1}], "#
    let members = (0..<min(count, 16)).map { "\"o\($0)\"" }.joined(separator: ", ")
    let campaigns = count == 0 ? "" : #""campaigns": [{"id": "c", "offers": [\#(members)]}], "#
    return places + campaigns
      + #""holdouts": [{"level": "global", "key": "global-2026", "percent": 0}], "#
      + #""caps": [{"scope": "global", "limit": 3, "days": 1}, "#
      + #"{"scope": "family", "limit": 2, "days": 7}, {"scope": "offer", "limit": 1, "days": 1}], "#
      + #""suppressions": [{"scope": "offer", "refusals": 2, "days": 30}], "#
      + #""offers": [\#(offers.joined(separator: ",\n"))]}"#
  }
}
