// Bytes as a catalogue of offers, and a decision by what was one.

import Offers
import Policies

/// The first byte says what the catalogue takes the place of and what is asked; the others are its JSON.
func fuzzCatalogue(_ choice: UInt8, _ bytes: [UInt8]) {
  do throws(JSONError) {
    let previous = choice & 1 == 0 ? nil : try Catalogue(Array(ExampleCatalogue.json.utf8))
    let catalogue = try Catalogue(bytes, replacing: previous)
    precondition(
      catalogue.words.count == catalogue.offers.count
        && catalogue.version == (previous?.version ?? 0) + 1, "what was read is whole")
    decide(choice, in: catalogue)
  } catch {
    precondition(
      error.line >= 1 && error.column >= 1 && !error.problem.isEmpty, "an error tells its place")
  }
}

private func decide(_ choice: UInt8, in catalogue: Catalogue) {
  let count = catalogue.offers.count
  let request = DecisionRequest(
    placement: 0, channel: Channel(rawValue: choice >> 1 & 3) ?? .email,
    moment: Moment(utcMicros: 1_795_608_000_000_000), hash: UInt64(choice) << 56, top: 2,
    explores: choice & 8 != 0)
  var facts = Facts()
  if choice & 16 != 0 { facts[.basket] = 50 }
  if choice & 32 != 0 {
    (facts[.source], facts[.acquisitionCost], facts.tier) = (TextCode.other, 12.5, .gold)
  }
  facts.setCalendar(today: request.moment.today, birthday: nil, firstOrder: nil)
  var standing = Standing()
  for channel in Channel.allCases { standing.granted[channel, .marketing] = true }
  let budgets = [BudgetUse](repeating: BudgetUse(), count: count)
  let estimates = (0..<count).map { OfferEstimate(uplift: Double($0 % 5) - 1, variance: 1) }
  let customer = Array("customer-1".utf8)
  let campaigns = [BudgetUse](repeating: BudgetUse(), count: catalogue.campaigns.count)
  var workspace = DecisionWorkspace()
  do throws(DecisionRefusal) {
    let decision = try Decision.make(
      request, for: customer.span, facts: facts, standing: standing, budgets: budgets.span,
      campaigns: campaigns.span, estimates: estimates.span, in: catalogue, with: &workspace)
    precondition(
      workspace.reasons.count == count && decision.count == workspace.choices.count
        && workspace.reasons.count(where: \.isChosen) == decision.count,
      "each offer has one reason")
  } catch {
    precondition(catalogue.placements.isEmpty, "only a placement there is not is refused: \(error)")
  }
}

enum FuzzCatalogue {
  /// The whole example, and small ones with a key or a mistake each.
  static var seeds: [[UInt8]] {
    let offer =
      #"{"id": "a", "family": "f", "channels": ["email", "site"], "placements": ["p"], "state": "live""#
    let small = [
      "", "\"max_liability\": 5.00, \"budget\": {\"money\": 100, \"count\": 3}",
      "\"eligibility\": \"basket >= 10 and not bought('x')\"",
      "\"lever\": 2, \"class\": \"mandatory\"",
      "\"applicability\": \"segment in (\\\"vip\\\", \\\"new\\\")\", \"suitability\": \"true\"",
      "\"start\": \"2026-01-01\", \"end\": \"2026-12-31\", \"group\": \"g\"",
    ].map { rest in
      catalogue("[\(offer)\(rest.isEmpty ? "" : ", " + rest)}]", "")
    }
    let rules = [
      "\"caps\": [{\"scope\": \"global\", \"limit\": 1, \"days\": 1}]",
      "\"holdouts\": [{\"level\": \"global\", \"key\": \"k\", \"percent\": 5}]",
      "\"quiet_periods\": [{\"channels\": [\"email\"], \"hours\": 72}]",
      "\"suppressions\": [{\"scope\": \"offer\", \"refusals\": 2, \"days\": 30}]",
      "\"campaigns\": [{\"id\": \"c\", \"offers\": [\"a\"]}]",
      #""campaigns": [{"id": "c", "offers": ["a"], "budget": {"money": 5, "days": 2}}]"#,
      "\"caps\": [{\"limit\": -1}]",
    ].map { catalogue("[\(offer)}]", $0) }
    let broken = ["", "{", "{}", "[1, \"\\ud83d\\ude00\", -1e300]", "\u{feff}{}"]
    let ties = [
      #""eligibility": "source == \"search\" and acquisition_cost < 20""#,
      #""eligibility": "tier >= silver", "suitability": "(tier between bronze and gold) else true""#,
      #""eligibility": "tier > tin""#,
    ].map { catalogue("[\(offer), \($0)}]", "") }
    return ([ExampleCatalogue.json] + small + rules + broken + ties).enumerated().map {
      number, text in
      [UInt8(number * 9 % 32)] + Array(text.utf8)
    }
  }

  private static func catalogue(_ offers: String, _ rest: String) -> String {
    #"{"currency": "EUR", "margin_rate": 0.3, "placements": [{"id": "p", "top": 2}], "#
      + #""offers": \#(offers)\#(rest.isEmpty ? "" : ", " + rest)}"#
  }
}
