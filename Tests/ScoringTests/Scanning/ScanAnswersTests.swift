// What selects and counts tell: sequence, limit, ties, groups and sums, sizes of parts, the best offer; shops with
// nobody, without a model, and of more than one slice.

import Models
import Support
import Testing
import Wire

import class Foundation.ProcessInfo

@testable import Scoring

@Suite("Scans' answers")
struct ScanAnswersTests {
  private static let isLong = ProcessInfo.processInfo.environment["PATRON_LONG"] == "1"

  /// Of equals the one that was recorded first, who has none last.
  private static func sorted(
    _ known: [NaiveKnown], descending: Bool, by value: (NaiveKnown) -> Double?
  ) -> [Int] {
    let keys = known.map(value)
    return known.indices.sorted { one, other in
      switch (keys[one], keys[other]) {
      case (let left?, let right?):
        left != right ? (descending ? left > right : left < right) : one < other
      case (nil, nil): one < other
      case (let left, _): left != nil
      }
    }
  }

  @Test(
    "customers come in the order that is asked for, equals as they were recorded, unknowns last, and a limit cuts behind them",
    arguments: seeds(1))
  func order(seed: UInt64) throws {
    print("seed \(seed)")
    var whole = try SelectTruthTests.Whole(seed: seed, customers: 3_000)
    try SelectTruthTests.compareValues(&whole)
    let known = whole.known
    for name in ["orders", "lifetime_value", "days_to_birthday", "cart_left", "net_value"] {
      for descending in [false, true] {
        let wanted = Self.sorted(known, descending: descending) {
          $0[name].isFinite ? $0[name] : nil
        }
        for limit in [0, 1, 10, 1_024, 1_500, known.count + 1] {
          let found = try whole.shop.select("", ["customer"]) {
            $0.orderBy = name
            $0.isDescending = descending
            $0.limit = UInt64(limit)
          }
          let names = wanted.prefix(limit == 0 ? .max : limit).map { whole.customers[$0].name }
          #expect(found.names == names, "\(name), \(limit), \(descending)")
          #expect(found.head.found == UInt64(known.count))
        }
      }
    }
    for (place, name) in NaiveFields.days.enumerated() {
      let wanted = Self.sorted(known, descending: true) { $0.days[place].map(Double.init) }
      let found = try whole.shop.select("orders >= 0", ["customer", name]) {
        $0.orderBy = name
        $0.isDescending = true
        $0.limit = 700
      }
      #expect(found.names == wanted.prefix(700).map { whole.customers[$0].name }, "\(name)")
    }
    // Without an order the first are told, and no more is looked at than is needed.
    let few = try whole.shop.select("orders >= 2") { $0.limit = 5 }
    let wanted = known.indices.filter { known[$0]["orders"] >= 2 }.prefix(5)
    #expect(few.names == wanted.map { whole.customers[$0].name } && few.head.found == 5)
  }

  @Test(
    "groups, sums, means, least, most and quantiles are those of the customers", arguments: seeds(2)
  )
  func counts(seed: UInt64) throws {
    print("seed \(seed)")
    var whole = try SelectTruthTests.Whole(seed: seed, customers: 3_000)
    try SelectTruthTests.compareValues(&whole)
    let known = whole.known
    let measures = [
      "total_spend", "lifetime_value", "orders", "days_to_birthday", "cart_left", "net_value",
    ]
    let shares = [0, 0.01, 0.25, 0.5, 0.9, 0.999, 1]
    for (condition, holds) in [
      ("", { _ in true }), ("orders >= 2", { $0["orders"] >= 2 }),
      ("country == \"FR\" or tier is known", { $0.words[1] == "FR" || $0.words[5] != nil }),
    ] as [(String, (NaiveKnown) -> Bool)] {
      let some = known.filter(holds)
      for groups in [
        [], ["segment"], ["tier", "consent.email"],
        ["country", "source", "open_complaint", "language"],
      ] {
        let told = try whole.shop.count(condition, by: groups, of: measures, shares: shares)
        #expect(told.found == UInt64(some.count) && told.scanned == UInt64(known.count))
        let wanted = Dictionary(grouping: some) { one in groups.map { Self.key($0, one) } }
        #expect(Set(told.groups.map(\.keys)) == Set(wanted.keys), "\(groups)")
        #expect(told.groups.map(\.customers) == told.groups.map(\.customers).sorted(by: >))
        for group in told.groups {
          let members = wanted[group.keys] ?? []
          #expect(group.customers == UInt64(members.count), "\(group.keys)")
          for (number, name) in measures.enumerated() {
            let values = members.map { $0[name] }.filter(\.isFinite).sorted()
            Self.compare(
              group.measures[number], values, shares, "\(condition) \(group.keys) \(name)")
          }
        }
      }
    }
  }

  private static func key(_ field: String, _ known: NaiveKnown) -> String? {
    if let place = NaiveFields.words.firstIndex(of: field) { return known.words[place] }
    let place = NaiveFields.truths.firstIndex(of: field) ?? 0
    return known.truths[place].map { $0 ? "yes" : "no" }
  }

  private static func compare(
    _ told: MeasureSum, _ values: [Double], _ shares: [Double], _ what: String
  ) {
    #expect(told.known == UInt64(values.count), "\(what)")
    let sum = values.reduce(0, +)
    #expect(abs(told.sum - sum) <= 1e-9 * max(1, values.reduce(0) { $0 + abs($1) }), "\(what)")
    guard let least = values.first, let most = values.last else {
      #expect(told.least.isNaN && told.most.isNaN && told.mean.isNaN)
      #expect(told.quantiles.allSatisfy(\.isNaN) && told.quantiles.count == shares.count)
      return
    }
    #expect(told.least == least && told.most == most, "\(what)")
    #expect(abs(told.mean - sum / Double(values.count)) <= 1e-9 * max(1, abs(told.mean)), "\(what)")
    for (share, quantile) in zip(shares, told.quantiles) {
      let place = max(1, Int((share * Double(values.count)).rounded(.up)))
      let exact = values[place - 1]
      #expect(
        abs(quantile - exact) <= 0.005 * abs(exact), "\(what), \(share): \(quantile) for \(exact)")
    }
  }

  @Test("sums are the same to the last bit whoever computes them, and so are selects")
  func crews() throws {
    var whole = try SelectTruthTests.Whole(seed: 3, customers: 1_500)
    let measures = ["total_spend", "lifetime_value", "churn"]
    let alone = try whole.shop.count("orders > 0", by: ["segment"], of: measures, shares: [0.5])
    let others = try whole.shop.count(
      "orders > 0", by: ["segment"], of: measures, shares: [0.5], on: LastFirst())
    #expect(alone == others)
    let columns = ["customer", "segment", "p_alive", "tier"]
    let told = try whole.shop.select("churn > 0.5", columns)
    let again = try whole.shop.select("churn > 0.5", columns, on: LastFirst())
    #expect(told == again && !told.names.isEmpty)
  }

  @Test("more than groupsMax groups are refused with a word on what to do, as many are told")
  func groups() throws {
    var shop = try EngineHarness()
    func row(_ number: Int) -> RecordProfilesRequest.Row {
      .init(customer: "c\(number)", ProfileChange(source: .set("s\(number % 600)")))
    }
    let first = (0..<Limits.groupsMax).map(row)
    shop.tell(.recordProfiles, RecordProfilesRequest(profiles: first), first.count)
    let told = try shop.count("", by: ["source"])
    #expect(told.groups.count == Limits.groupsMax)
    #expect(Set(told.groups.map(\.keys)) == Set((0..<Limits.groupsMax).map { ["s\($0)"] }))
    let more = RecordProfilesRequest(profiles: [row(Limits.groupsMax)])
    shop.tell(.recordProfiles, more, 1)
    let refusal = shop.refusal(by: ["source"])
    #expect(refusal?.status == .tooManyGroups)
    #expect(refusal?.sentence.contains("group by fewer fields") == true)
    // Of fewer customers there are as many again.
    let fewer = try shop.count("source != \"s0\"", by: ["source"])
    #expect(fewer.groups.count == Limits.groupsMax)
  }

  @Test(
    "parts stay within a frame with 32 columns of the longest texts, and none is told twice or left out"
  )
  func parts() throws {
    var shop = try EngineHarness()
    let source = String(repeating: "ä", count: 32)
    let rows = (0..<5_000).map { number in
      let name = "\(number)" + String(repeating: "x", count: 64 - "\(number)".utf8.count)
      return RecordProfilesRequest.Row(customer: name, ProfileChange(source: .set(source)))
    }
    shop.tell(.recordProfiles, RecordProfilesRequest(profiles: rows), rows.count)
    let columns = (0..<Limits.selectColumnsMax).map { $0 % 2 == 0 ? "customer" : "source" }
    for limit in [0, 1, 1_023, 4_999] {
      let told = try shop.select("", columns) { $0.limit = UInt64(limit) }
      #expect(told.names == rows.prefix(limit == 0 ? .max : limit).map(\.customer))
      #expect(told.columns.allSatisfy { $0.count == told.names.count })
      #expect(told.texts(1).allSatisfy { $0 == source })
      #expect(told.largestPart <= Limits.frameSizeMax - FrameHeader.size)
      #expect(limit == 1 || told.parts > 1)
    }
  }

  @Test("of a shop with nobody nobody is told, and nothing is summed up")
  func nobody() throws {
    var shop = try EngineHarness()
    let told = try shop.select("orders > 1", ["customer", "p_alive", "segment"])
    #expect(told.names == [] && told.head.customers == 0 && told.head.found == 0 && told.parts == 1)
    let counted = try shop.count("", of: ["orders"], shares: [0.5])
    #expect(counted.groups.count == 1 && counted.groups[0].customers == 0)
    let sum = try #require(counted.groups.first?.measures.first)
    #expect(sum.known == 0 && sum.sum == 0 && sum.mean.isNaN && sum.quantiles.allSatisfy(\.isNaN))
    let grouped = try shop.count("", by: ["segment"])
    #expect(grouped.groups.isEmpty)
  }

  @Test("without a model scores are unknown, and everything else is told")
  func noModel() throws {
    var naive = ChanceShop(seed: 5, customers: 500)
    var shop = try EngineHarness()
    naive.record(in: &shop)
    let scores = [
      "p_alive", "churn", "expected_orders", "expected_spend", "lifetime_value", "net_value",
    ]
    let told = try shop.select("", ["customer", "orders", "segment"] + scores)
    #expect(told.names == naive.customers.map(\.name))
    let scored = scores.indices.flatMap { told.numbers($0 + 3).filter { !$0.isNaN } }
    #expect(scored == [])
    let instant = try NaiveInstant(
      day: ChanceShop.today, micros: shop.nowMicros,
      terms: ScoreTerms(horizonDays: 273, discountRatePerYear: 0.1, margin: 1))
    let calendar = NaiveCalendar()
    let known = naive.customers.map { $0.known(at: instant, calendar) }
    #expect(told.numbers(1) == known.map { $0["orders"] })
    #expect(told.texts(2) == known.map { $0.words[0] })
    let unknown = try shop.select("p_alive is unknown")
    let either = try shop.select("p_alive < 0.5 or p_alive >= 0.5")
    #expect(unknown.names.count == known.count && either.names.isEmpty)
  }

  @Test("a shop of more than one slice is looked at from the first customer to the last")
  func slices() throws {
    let count = Self.isLong ? 420_000 : 140_000
    var shop = try EngineHarness()
    for start in stride(from: 0, to: count, by: Limits.rowsMax) {
      let rows = (start..<min(start + Limits.rowsMax, count)).map { number in
        RecordProfilesRequest.Row(
          customer: "\(number)",
          ProfileChange(
            country: .set(number % 3 == 0 ? "FR" : "DE"),
            acquisitionCost: .set(
              AcquisitionCost(amountMinor: Int64(number), currency: "EUR", minorDigits: 2))))
      }
      shop.tell(.recordProfiles, RecordProfilesRequest(profiles: rows), rows.count)
    }
    #expect(count > ScanProgress.taskChunks * CustomerRow.chunkRows)
    let told = try shop.select("country == \"FR\"")
    #expect(told.names == stride(from: 0, to: count, by: 3).map { "\($0)" })
    let counted = try shop.count("", by: ["country"], of: ["acquisition_cost"])
    #expect(counted.groups.map(\.keys) == [["DE"], ["FR"]])
    #expect(
      counted.groups.map(\.customers) == [UInt64(count - (count + 2) / 3), UInt64((count + 2) / 3)])
    let sums = counted.groups.map { $0.measures[0].sum }
    let all = Double(count) * Double(count - 1) / 2 / 100
    #expect(abs(sums.reduce(0, +) - all) <= 1e-9 * all)
    let again = try shop.count("", by: ["country"], of: ["acquisition_cost"], on: LastFirst())
    #expect(again == counted)
    let last = try shop.select("") {
      $0.orderBy = "acquisition_cost"
      $0.isDescending = true
      $0.limit = 3
    }
    #expect(last.names == [count - 1, count - 2, count - 3].map { "\($0)" })
    // Who is found late ends the search there.
    let place = ScanProgress.taskChunks * CustomerRow.chunkRows + 7
    let late = try shop.select("acquisition_cost >= \(Double(place) / 100)") { $0.limit = 2 }
    #expect(late.names == ["\(place)", "\(place + 1)"])
  }
}
