// A shop's counter for the tests: a catalogue, a customer, a request, and the decision about them.

import Rules
import Support

@testable import Offers

/// All that a decision is made from.
struct Counter {
  static let noon = Moment(utcMicros: 1_795_608_000_000_000)  // 2026-11-25 12:00 UTC

  var catalogue: Catalogue
  var customer = Array("customer-1".utf8)
  var facts = Facts()
  var standing = Standing()
  var budgets: [BudgetUse]
  var campaigns: [BudgetUse]
  var estimates: [OfferEstimate]
  var request: DecisionRequest

  init(_ catalogue: Catalogue, placement: String = "p", channel: Channel = .email) {
    self.catalogue = catalogue
    budgets = [BudgetUse](repeating: BudgetUse(), count: catalogue.offers.count)
    campaigns = [BudgetUse](repeating: BudgetUse(), count: catalogue.campaigns.count)
    estimates = [OfferEstimate](
      repeating: OfferEstimate(uplift: 1, variance: 0), count: catalogue.offers.count)
    request = DecisionRequest(
      placement: catalogue.placement(placement) ?? 0, channel: channel, moment: Self.noon, hash: 1,
      explores: false)
    for channel in Channel.allCases {
      for purpose in Purpose.allCases { standing.granted[channel, purpose] = true }
    }
    facts.setCalendar(today: Self.noon.today, birthday: nil, firstOrder: nil)
  }

  init(json: String, placement: String = "p", channel: Channel = .email) throws {
    self.init(try Catalogue(Array(json.utf8)), placement: placement, channel: channel)
  }

  struct Outcome: Equatable {
    var decision: Decision
    var choices: [Choice]
    var reasons: [Reason]
    var scores: [Double]
    var propensities: [Double]
    var margin: Double?

    static func == (one: Outcome, other: Outcome) -> Bool {
      one.decision == other.decision && one.reasons == other.reasons
        && one.choices.map(\.offer) == other.choices.map(\.offer)
    }
  }

  func decide() throws -> Outcome {
    var workspace = DecisionWorkspace()
    return try decide(&workspace)
  }

  func decide(_ workspace: inout DecisionWorkspace) throws -> Outcome {
    // Tests change its offers where they lie.
    var catalogue = catalogue
    catalogue.bind()
    let decision = try Decision.make(
      request, for: customer.span, facts: facts, standing: standing, budgets: budgets.span,
      campaigns: campaigns.span, estimates: estimates.span, in: catalogue, with: &workspace)
    workspace.findRanks()
    return Outcome(
      decision: decision, choices: workspace.choices, reasons: workspace.reasons,
      scores: workspace.scores, propensities: workspace.propensities,
      margin: workspace.marginToRunnerUp)
  }

  /// The reason of one offer.
  func reason(_ id: String) throws -> Reason {
    try decide().reasons[catalogue.place(of: id) ?? -1]
  }

  mutating func estimate(_ id: String, _ uplift: Double, variance: Double = 0) {
    estimates[catalogue.place(of: id) ?? -1] = OfferEstimate(uplift: uplift, variance: variance)
  }

  /// A catalogue with one placement and these offers and rules, each of them JSON.
  static func json(_ offers: [String], _ rest: String = "", top: Int = 1) -> String {
    #"{"currency": "EUR", "margin_rate": 0.3, "placements": [{"id": "p", "top": \#(top)}, {"id": "q"}], "#
      + #""offers": [\#(offers.joined(separator: ",\n"))]\#(rest.isEmpty ? "" : ", " + rest)}"#
  }

  /// An offer that is live, with more keys.
  static func offer(_ id: String, _ rest: String = "", family: String? = nil) -> String {
    #"{"id": "\#(id)", "family": "\#(family ?? id)", "channels": ["email", "site"], "#
      + #""placements": ["p"], "state": "live"\#(rest.isEmpty ? "" : ", " + rest)}"#
  }
}
