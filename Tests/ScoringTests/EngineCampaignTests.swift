// Reports on campaigns, from decisions, orders and outcomes as the engine keeps them. The sums over
// simulated customers are held in CampaignTallyTests.

import Models
import Testing
import Wire

@testable import Scoring

@Suite("CampaignJob")
struct EngineCampaignTests {
  private let start = 20_000

  private func shop(percent: Double?, offer: String = "") throws -> EngineHarness {
    var shop = try EngineHarness()
    guard shop.put(EngineHarness.feet(percent: percent, offer: offer)).body != nil else {
      throw EngineHarness.Missing()
    }
    return shop
  }

  /// The first customers of both arms.
  private func pair(_ shop: inout EngineHarness) throws -> (treated: String, control: String) {
    var (treated, control) = ("", "")
    for number in 0..<40 {
      let customer = "p\(number)"
      if try shop.enrol(customer) { treated = customer } else { control = customer }
    }
    return (treated, control)
  }

  @Test("2,000 customers, half of them held back: both arms have the right customers and sums")
  func sums() throws {
    var shop = try shop(percent: 50)
    var arms = [CampaignArm(), CampaignArm()]
    var orders: [(customer: String, order: String, day: Int, minor: Int64)] = []
    for number in 0..<2_000 {
      let customer = "c\(number)"
      let arm = try shop.enrol(customer) ? 0 : 1
      // Asked twice, enrolled once.
      if number % 10 == 0 { #expect(try shop.enrol(customer) == (arm == 0)) }
      arms[arm].customers += 1
      let count = number % 7 == 0 ? 2 : number % 3 == arm ? 1 : 0
      for order in 0..<count {
        let minor = Int64(1_000 + number + 500 * (1 - arm))
        orders.append((customer, "\(order)", start + order, minor))
        arms[arm].orders += 1
        arms[arm].salesMinor += minor
      }
      if count > 0 { arms[arm].buyers += 1 }
      if count > 1 { arms[arm].repeatBuyers += 1 }
    }
    shop.nowMicros += 2 * EngineHarness.microsPerDay
    #expect(shop.record(orders).body?.recorded == UInt32(orders.count))

    let report = try shop.campaign()
    let all = try #require(report.groups.first)
    #expect(all.segment == CampaignGroup.all && all.treated == arms[0] && all.control == arms[1])
    #expect(report.openWindows == 2_000 && report.windowDays == 30 && report.marginRate == 0.4)
    #expect(report.expectedControl == 0.5 && report.ratioProbability > 0.001)
    #expect(!report.isWithheld && !all.hasFewBuyers)
    let means = arms.map { Double($0.salesMinor) / 100 / Double($0.customers) }
    #expect(abs(all.uplift.value - (means[0] - means[1])) < 1e-9)
    #expect(all.uplift.low < all.uplift.value && all.uplift.value < all.uplift.high)
    #expect(abs(all.relative.value - (means[0] / means[1] - 1)) < 1e-9)
    #expect(all.sequence.value == all.uplift.value && all.sequence.low < all.uplift.low)
    let margin = all.uplift.value * Double(arms[0].customers) * 0.4
    #expect(abs(all.margin.value - margin) < 1e-6)
    let shares = arms.map { Double($0.buyers) / Double($0.customers) }
    #expect(abs(all.conversion.value - (shares[0] - shares[1])) < 1e-12)
    let repeats = arms.map { Double($0.repeatBuyers) / Double($0.buyers) }
    #expect(abs(all.repeatRate.value - (repeats[0] - repeats[1])) < 1e-12)
    // Everybody was new when enrolled.
    #expect(report.groups.count == 2 && report.groups[1].segment == 0)
    #expect(report.groups[1].treated == all.treated && report.groups[1].uplift == all.uplift)
    // Each decision ended with one reason for the offer.
    let socks = try #require(report.offers.first)
    #expect(report.offers.count == 1 && socks.offer == "socks")
    #expect(socks.reasons.reduce(0, +) == 2_200)
    #expect(socks.reasons[1] >= arms[1].customers)
    #expect(socks.chosen == socks.reasons[11] + socks.reasons[12])

    // The same from a snapshot, and on another crew.
    var restored = try EngineHarness(
      restoring: shop.engine.store.reloaded(), nowMicros: shop.nowMicros)
    #expect(try restored.campaign().told == report.told)
  }

  @Test("only orders within the window count, and what came back is taken off")
  func window() throws {
    var shop = try shop(percent: 50)
    _ = shop.record("p", "none", day: start, minor: 1)
    let names = (0..<40).map { "p\($0)" }
    // Before the enrolment: on the same day, and on the first and one before the first day that count.
    for name in names {
      _ = shop.record([
        (name, "today", start, 700), (name, "month", start - 30, 50), (name, "far", start - 31, 9),
      ])
    }
    let (treated, _) = try pair(&shop)
    let counted = { (shop: inout EngineHarness) throws -> CampaignArm in
      let report = try shop.campaign()
      return report.groups[0].treated
    }
    #expect(try counted(&shop).salesMinor == 0)
    shop.nowMicros = EngineHarness.noon(start + 40)
    // Recorded later: on the first and on the last day of the window, on the one behind it, and dated
    // before the enrolment.
    _ = shop.record([
      (treated, "first", start, 1_000), (treated, "last", start + 29, 2_000),
      (treated, "late", start + 30, 4_000), (treated, "past", start - 1, 8_000),
    ])
    #expect(try counted(&shop).salesMinor == 3_000)
    #expect(try counted(&shop).orders == 2)
    #expect(try shop.campaign().openWindows == 0)
    // As of an earlier day nobody knew of the last one, and windows were open.
    let early = try shop.campaign(asOf: start + 10)
    #expect(early.groups[0].treated.salesMinor == 1_000 && early.openWindows == 40)
    #expect(try shop.campaign(asOf: start - 1).groups[0].treated.customers == 0)
    // A part comes back after the window, then all of the first.
    _ = shop.giveBack(treated, "last", as: "a", day: start + 33, minor: 500)
    #expect(try counted(&shop).salesMinor == 2_500)
    _ = shop.giveBack(treated, "first", as: "b", day: start + 34)
    #expect(try counted(&shop).salesMinor == 1_500)
    #expect(try counted(&shop).orders == 1)
    #expect(try shop.campaign(asOf: start + 33).groups[0].treated.salesMinor == 2_500)
  }

  @Test(
    "the sequence in which orders arrive does not change the report",
    arguments: [1, 2, 3] as [UInt64])
  func permuted(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var orders: [(customer: String, order: String, day: Int, minor: Int64)] = []
    for number in 0..<600 {
      orders.append(
        (
          "c\(random.next() % 300)", "\(number)", start - 20 + Int(random.next() % 60),
          Int64(random.next() % 9_000)
        ))
    }
    var reports: [CampaignReply] = []
    for _ in 0..<2 {
      var shop = try shop(percent: 30)
      for number in 0..<300 { _ = try shop.enrol("c\(number)") }
      shop.nowMicros = EngineHarness.noon(start + 45)
      for batch in stride(from: 0, to: orders.count, by: 100) {
        _ = shop.record(Array(orders[batch..<batch + 100]))
      }
      reports.append(try shop.campaign())
      orders.shuffle(using: &random)
    }
    #expect(reports[0].groups[0].treated.orders > 0 && reports[0].groups[0].control.orders > 0)
    #expect(reports[0].told == reports[1].told)
  }

  @Test("without control there is no comparison: nothing is told as 0")
  func noControl() throws {
    var shop = try shop(percent: nil)
    for number in 0..<50 {
      #expect(try shop.enrol("c\(number)"))
      _ = shop.record("c\(number)", "1", day: start)
    }
    let report = try shop.campaign()
    let all = report.groups[0]
    #expect(all.treated.customers == 50 && all.treated.buyers == 50 && !all.hasComparison)
    for estimate in [
      all.uplift, all.relative, all.adjusted, all.sequence, all.conversion, all.orders, all.basket,
      all.repeatRate, all.repeatShare, all.margin,
    ] { #expect(!estimate.isKnown) }
    #expect(all.orderCost.isNaN && all.returnOnCost.isNaN)
    #expect(report.expectedControl == 0 && report.ratioProbability.isNaN && !report.isWithheld)
    // Nor with a control of one.
    let line = try shop.campaign("").campaigns
    #expect(line.count == 1 && line[0].probability.isNaN && !line[0].stands)
  }

  @Test("costs, contacts, opt-outs and the funnel are those of the treated within their windows")
  func costs() throws {
    var shop = try shop(
      percent: 50,
      offer: #""reward": {"kind": "discount_amount", "value": 5}, "contact_cost": 0.25"#)
    var used = ""
    for number in 0..<60 where used.isEmpty {
      let reply = try shop.made("c\(number)")
      guard reply.told.choices.first?.offer == "socks" else { continue }
      used = "c\(number)"
      _ = shop.tell(reply.decision, .delivered)
      _ = shop.tell(reply.decision, .shown)
      _ = shop.tell(reply.decision, .redeemed, cost: 300)
    }
    let (_, control) = try pair(&shop)
    _ = shop.record(used, "1", day: start, minor: 5_000)
    _ = shop.record(used, "2", day: start, minor: 5_000)
    shop.nowMicros += EngineHarness.microsPerDay
    _ = shop.consent(used, .email, .revoked)
    _ = shop.consent(used, .sms, .revoked)
    _ = shop.consent(control, .email, .revoked, .service)
    let report = try shop.campaign()
    let all = report.groups[0]
    #expect(all.treated.rewardMinor == 300 && all.treated.contactCost == 0.25)
    #expect(all.treated.contacts == 1 && all.treated.optOuts == 1)
    #expect(all.control.contacts == 0 && all.control.optOuts == 0 && all.control.rewardMinor == 0)
    #expect(all.cost == 3.25 && all.hasFewBuyers)
    #expect(abs(all.returnOnCost - all.margin.value / 3.25) < 1e-12)
    // Two orders of one customer, none of the others.
    #expect(abs(all.orderCost - 3.25 / 2) < 1e-9)
    let socks = report.offers[0]
    #expect(socks.delivered == 1 && socks.shown == 1 && socks.redeemed == 1)
    #expect(socks.spentMinor == 300 && socks.budgetMinor == -1)
    // What is redeemed behind the window is no cost of it.
    #expect(try shop.campaign(asOf: start).groups[0].treated.optOuts == 0)
  }

  @Test("an unknown campaign is refused, one the catalogue has no more is still told")
  func unknown() throws {
    var shop = try EngineHarness()
    func status(_ shop: inout EngineHarness, _ name: String) -> Status? {
      guard case .failure(let refusal) = shop.campaignJob(CampaignRequest(campaign: name)) else {
        return nil
      }
      return refusal.status
    }
    #expect(status(&shop, "feet") == .noCatalogue)
    _ = shop.put(EngineHarness.feet(percent: 20))
    #expect(status(&shop, "hands") == .unknownCampaign)
    for number in 0..<30 { _ = try shop.enrol("c\(number)") }
    _ = shop.put(EngineHarness.catalogue([EngineHarness.offer("socks")]))
    let report = try shop.campaign()
    #expect(report.catalogue == 1 && report.expectedControl == 0.2)
    let all = report.groups[0]
    #expect(all.treated.customers + all.control.customers == 30)
    #expect(try shop.campaign("").campaigns.isEmpty)
  }

  @Test("a share of control that was changed shows, and the verdict is withheld")
  func changedShare() throws {
    var shop = try shop(percent: 50)
    for number in 0..<400 { _ = try shop.enrol("c\(number)") }
    #expect(try !shop.campaign().isWithheld)
    _ = shop.put(EngineHarness.feet(percent: 10))
    let report = try shop.campaign()
    #expect(abs(report.expectedControl - 0.1) < 1e-12)
    #expect(report.isWithheld && report.ratioProbability < 1e-6)
    #expect(try shop.campaign("").campaigns[0].isWithheld)
  }
}
