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

  private static let cost = AcquisitionCost(amountMinor: 1250, currency: "EUR", minorDigits: 2)

  @Test("source, cost and tier are set, kept and forgotten each on its own, also after a restart")
  func ties() throws {
    var shop = try EngineHarness()
    let all = ProfileChange(
      country: .set("FR"), source: .set("search"), acquisitionCost: .set(Self.cost),
      tier: .set(HeldTier(.gold, untilDay: 20_100)))
    #expect(shop.profile("c", all)?.recorded == 1)
    #expect(shop.profile("c", all)?.duplicates == 1)
    var expected = Profile(
      country: "FR", source: "search", acquisitionCostMinor: 1250,
      tier: HeldTier(.gold, untilDay: 20_100))
    #expect(shop.describe("c").profile == expected)
    var free = Self.cost
    free.amountMinor = 0
    let steps: [(ProfileChange, (inout Profile) -> Void)] = [
      (ProfileChange(source: .set("a friend")), { $0.source = "a friend" }),
      (ProfileChange(acquisitionCost: .set(free)), { $0.acquisitionCostMinor = 0 }),
      (ProfileChange(tier: .set(HeldTier(.gold))), { $0.tier = HeldTier(.gold) }),
      (ProfileChange(country: .forget), { $0.country = nil }),
      (ProfileChange(source: .forget), { $0.source = nil }),
      (ProfileChange(acquisitionCost: .forget), { $0.acquisitionCostMinor = nil }),
      (ProfileChange(tier: .set(HeldTier(.bronze))), { $0.tier = HeldTier(.bronze) }),
      (ProfileChange(source: .set("search")), { $0.source = "search" }),
      (ProfileChange(tier: .forget), { $0.tier = nil }),
    ]
    for (change, apply) in steps {
      apply(&expected)
      #expect(shop.profile("c", change)?.recorded == 1)
      #expect(shop.profile("c", change)?.duplicates == 1)
      #expect(shop.describe("c").profile == expected)
      let reloaded = try shop.engine.store.reloaded()
      var again = try EngineHarness(restoring: reloaded, nowMicros: shop.nowMicros)
      #expect(again.describe("c") == shop.describe("c"))
      #expect(again.profile("c", change)?.duplicates == 1)
    }
    // Of somebody else nothing of it is known.
    #expect(shop.profile("d", ProfileChange(country: .set("FR")))?.recorded == 1)
    #expect(shop.describe("d").profile == Profile(country: "FR"))
  }

  @Test(
    "the first cost says what the shop's currency is, and a batch in two of them is refused whole")
  func currency() throws {
    var shop = try EngineHarness()
    var dollars = Self.cost
    dollars.currency = "USD"
    var tenths = Self.cost
    tenths.minorDigits = 1
    func row(_ customer: String, _ cost: AcquisitionCost) -> RecordProfilesRequest.Row {
      .init(customer: customer, ProfileChange(acquisitionCost: .set(cost)))
    }
    let mixed = RecordProfilesRequest(profiles: [row("a", Self.cost), row("b", dollars)])
    #expect(
      shop.ask(.recordProfiles, mixed, RecordReply.self) == .refused(.currencyMismatch))
    #expect(!shop.describe("a").known && shop.engine.store.currency.isEmpty)
    #expect(shop.profile("a", ProfileChange(acquisitionCost: .set(Self.cost)))?.recorded == 1)
    #expect(shop.engine.store.currency == "EUR" && shop.engine.store.minorDigits == 2)
    for wrong in [dollars, tenths] {
      let request = RecordProfilesRequest(profiles: [row("b", wrong)])
      #expect(
        shop.ask(.recordProfiles, request, RecordReply.self) == .refused(.currencyMismatch))
    }
    #expect(!shop.describe("b").known)
    #expect(shop.record("a", "1", day: 19_990, minor: 250).body?.recorded == 1)
  }

  @Test("a frame of a client that knows no ties is recorded as ever, and leaves them as they are")
  func former() throws {
    // Born on 1972-02-29, in France, best reached by e-mail; and a language that is to be forgotten.
    let hex =
      "46000000 12000000 1200000000000000 00000000 00000000 010000000000ed5e 2c00000000000000 "
      + "02000000 06432d31303031 0b b407 02 1d 024652 00 01 045a6fc3ab 04 0000 00 00 00 00 00"
    let digits = hex.filter { $0 != " " }
    let frame = stride(from: 0, to: digits.count, by: 2).compactMap { place in
      let start = digits.index(digits.startIndex, offsetBy: place)
      return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
    }
    var reader = FrameReader(frame.rawSpan, from: FrameHeader.size)
    let request = try RecordProfilesRequest(from: &reader)
    #expect(reader.remaining == 0)
    let birthday = try #require(Birthday(year: 1972, month: 2, day: 29))
    #expect(
      request.profiles == [
        .init(
          customer: "C-1001",
          ProfileChange(birthday: .set(birthday), country: .set("FR"), channel: .set(.email))),
        .init(customer: "Zoë", ProfileChange(language: .forget)),
      ])
    // It is written as it was read.
    var out = ByteBuffer()
    try request.write(to: &out)
    #expect(out.bytes.array == Array(frame.dropFirst(FrameHeader.size)))
    var shop = try EngineHarness()
    #expect(
      shop.profile("C-1001", ProfileChange(tier: .set(HeldTier(.silver, untilDay: 9))))?.recorded
        == 1)
    let reply = shop.ask(.recordProfiles, request, RecordReply.self).body
    #expect(reply?.recorded == 1 && reply?.duplicates == 1)
    #expect(
      shop.describe("C-1001").profile
        == Profile(
          birthday: birthday, country: "FR", channel: .email, tier: HeldTier(.silver, untilDay: 9)))
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
