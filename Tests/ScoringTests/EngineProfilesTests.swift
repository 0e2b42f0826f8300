// Profiles: fields that change and fields that stay; customers who have nothing else.

import Testing
import Wire

@testable import Scoring

@Suite("Engine: profiles")
struct EngineProfilesTests {
  @Test("what is absent stays, what is forgotten goes, what changes nothing is a duplicate")
  func fields() throws {
    var shop = try EngineHarness()
    let birthday = try #require(Birthday(year: 1990, month: 2, day: 28))
    let all = ProfileChange(
      birthday: .set(birthday), country: .set("FR"), language: .set("fr"), channel: .set(.sms))
    #expect(shop.profile("c", all)?.recorded == 1)
    #expect(shop.profile("c", all)?.duplicates == 1)
    #expect(shop.profile("c", ProfileChange())?.duplicates == 1)
    #expect(shop.profile("c", ProfileChange(country: .set("DE")))?.recorded == 1)
    #expect(shop.profile("c", ProfileChange(language: .forget))?.recorded == 1)
    #expect(shop.profile("c", ProfileChange(language: .forget))?.duplicates == 1)
    let profile = Profile(birthday: birthday, country: "DE", channel: .sms)
    #expect(shop.describe("c").profile == profile)
    let reloaded = try shop.engine.store.reloaded()
    var again = try EngineHarness(restoring: reloaded, nowMicros: shop.nowMicros)
    #expect(again.describe("c") == shop.describe("c"))
  }

  @Test(
    "a row that says nothing makes no customer, and one is unknown to scores by a profile alone")
  func alone() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    let stranger = shop.score("c").body
    #expect(shop.profile("c", ProfileChange(country: .forget))?.duplicates == 1)
    #expect(shop.describe("c") == CustomerReply())
    #expect(shop.profile("c", ProfileChange(country: .set("FR")))?.recorded == 1)
    #expect(shop.describe("c").known == true)
    #expect(shop.describe("c").firstOrderDay == -1)
    #expect(shop.score("c").body == stranger)
    // Whoever fits or reports sees nobody without an order.
    #expect(shop.ask(.report, ReportRequest(), Empty.self) == .refused(.notEnoughData))
    _ = shop.record("c", "1", day: 19_990, minor: 250)
    #expect(shop.describe("c").firstOrderDay == 19_990)
    #expect(shop.describe("c").spentMinor == 250)
    #expect(shop.describe("c").profile.country == "FR")
  }

  @Test("a birthday in the future is refused, one this year is not")
  func future() throws {
    var shop = try EngineHarness()
    // Day 20,000 is in October 2024.
    for (year, isRefused) in [(2024, false), (2025, true), (0, false)] as [(UInt16, Bool)] {
      let birthday = try #require(Birthday(year: year, month: 12, day: 31))
      let reply = shop.profile("c\(year)", ProfileChange(birthday: .set(birthday)))
      #expect(reply?.refused.isEmpty == !isRefused, "\(year)")
      #expect(shop.describe("c\(year)").known == !isRefused, "\(year)")
    }
  }

  @Test("days that do not exist are no birthdays, 29 February is one without a year")
  func birthdays() {
    #expect(Birthday(month: 2, day: 29) != nil && Birthday(year: 2000, month: 2, day: 29) != nil)
    #expect(Birthday(year: 1900, month: 2, day: 29) == nil && Birthday(month: 4, day: 31) == nil)
    #expect(Birthday(month: 0, day: 1) == nil && Birthday(month: 1, day: 0) == nil)
    #expect(Birthday(year: 1849, month: 1, day: 1) == nil && Birthday(month: 13, day: 1) == nil)
  }
}

extension EngineHarness {
  mutating func profile(_ customer: String, _ change: ProfileChange) -> RecordReply? {
    ask(
      .recordProfiles, RecordProfilesRequest(profiles: [.init(customer: customer, change)]),
      RecordReply.self
    ).body
  }

  mutating func describe(_ customer: String) -> CustomerReply {
    ask(.describeCustomer, CustomerRequest(customer: customer), CustomerReply.self).body
      ?? CustomerReply()
  }
}
