// Budgets by themselves: periods, plans, what is lacking, the price of scarce money.

import Support
import Testing

@testable import Offers

@Suite("Budget")
struct BudgetTests {
  private func moment(day: Int32, minute: Int32) -> Moment {
    Moment(nowMicros: 0, today: day, minute: minute, tomorrowMicros: 0)
  }

  @Test("a plan is the share of the days that have passed; without an end there is none")
  func plan() {
    let ten = Budget(moneyMinor: 1, startDay: 100, endDay: 110)
    #expect(ten.plannedShare(at: moment(day: 100, minute: 0)) == 0)
    #expect(ten.plannedShare(at: moment(day: 104, minute: 720)) == 0.45)
    #expect(ten.plannedShare(at: moment(day: 120, minute: 0)) == 1)
    #expect(ten.plannedShare(at: moment(day: 99, minute: 0)) == nil)
    let weekly = Budget(moneyMinor: 1, days: 7, startDay: 100, endDay: 110)
    #expect(weekly.period(on: 106) == 100 && weekly.period(on: 107) == 107)
    #expect(weekly.plannedShare(at: moment(day: 107, minute: 0)) == 0)
    #expect(Budget(moneyMinor: 1).plannedShare(at: moment(day: 100, minute: 0)) == nil)
    let price = Budget(moneyMinor: 1)
      .price(usedMinor: 9, usedCount: 0, at: moment(day: 1, minute: 1))
    #expect(price == 0)
  }

  @Test("a price doubles with every half of a percent beyond the plan, and is 0 far behind it")
  func price() {
    let budget = Budget(moneyMinor: 1_000_000, startDay: 100, endDay: 102)
    let noon = moment(day: 101, minute: 0)
    func price(_ used: Double) -> Double { budget.price(usedMinor: used, usedCount: 0, at: noon) }
    #expect(price(500_000) == 0.25)
    for (used, expected) in [(505_000.0, 0.5), (510_000, 1), (495_000, 0.125)] {
      #expect(abs(price(used) / expected - 1) < 1e-9)
    }
    #expect(price(0) == 0 && price(1_000_000).isFinite)
    var last = 0.0
    for used in stride(from: 400_000.0, through: 600_000, by: 100) {
      let next = price(used)
      #expect(next >= last && next.isFinite)
      last = next
    }
    // Of money and numbers the scarcer one rules.
    let both = Budget(moneyMinor: 1_000_000, count: 10, startDay: 100, endDay: 102)
    #expect(both.price(usedMinor: 0, usedCount: 5, at: noon) == 0.25)
  }

  @Test("what a campaign's budget must say is told with its place")
  func reading() throws {
    func fault(_ budget: String) -> String {
      let text = Counter.json(
        [Counter.offer("a")], #""campaigns": [{"id": "k", "offers": ["a"], "budget": \#(budget)}]"#)
      do throws(JSONError) {
        _ = try Catalogue(Array(text.utf8))
        return ""
      } catch {
        return "\(error.path): \(error.problem)"
      }
    }
    #expect(fault(#"{"money": 5, "count": 3, "start": "2026-01-01", "end": "2026-02-01"}"#).isEmpty)
    #expect(fault("{}") == #"campaigns[0].budget: needs "money", "count" or both"#)
    #expect(fault(#"{"money": 5, "days": 7}"#).hasPrefix("campaigns[0].budget.days: needs a start"))
    #expect(
      fault(#"{"money": 5, "start": "2026-01-01", "end": "2026-01-01"}"#)
        .hasPrefix("campaigns[0].budget.end: must be after"))
    #expect(fault(#"{"money": -5}"#).hasPrefix("campaigns[0].budget.money"))
    #expect(fault(#"{"mony": 5, "count": 1}"#).contains(#"did you mean "money"?"#))
  }

  @Test("offers of one answer draw on their campaign's budget one after the other")
  func slate() throws {
    var counter = try Counter(
      json: Counter.json(
        ["a", "b", "c"].map { Counter.offer($0, #""max_liability": 5.00"#) },
        #""campaigns": [{"id": "k", "offers": ["a", "b"], "budget": {"money": 9}}]"#, top: 3))
    for (id, uplift) in [("a", 3.0), ("b", 2), ("c", 1)] { counter.estimate(id, uplift) }
    let outcome = try counter.decide()
    #expect(outcome.choices.map(\.offer) == [0, 2])
    #expect(outcome.reasons[1] == .budget(free: 400, needed: 500, isCount: false, campaign: 0))
  }

  @Test("an offer of two campaigns needs what both have")
  func campaigns() throws {
    var counter = try Counter(
      json: Counter.json(
        [Counter.offer("a", #""max_liability": 5.00"#)],
        #""campaigns": [{"id": "j", "offers": ["a"], "budget": {"money": 20}}, {"id": "k", "offers": ["a"], "budget": {"count": 3}}]"#
      ))
    #expect(try counter.decide().choices.count == 1)
    counter.campaigns[1].takenCount = 3
    #expect(
      try counter.reason("a") == .budget(free: 0, needed: 1, isCount: true, campaign: 1))
    counter.campaigns[0].takenMinor = 1_501
    #expect(
      try counter.reason("a") == .budget(free: 499, needed: 500, isCount: false, campaign: 0))
  }
}
