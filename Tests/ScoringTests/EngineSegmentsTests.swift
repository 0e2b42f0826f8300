// Named segments as state: definitions, quantiles that are fixed at each fit, hysteresis, and what the journal and
// snapshots keep of them.

import Models
import Support
import Testing
import Wire

@testable import Offers
@testable import Scoring

@Suite("Engine: named segments")
struct EngineSegmentsTests {
  private static let words = [
    "new", "inactive", "about to leave", "vip", "loyal", "will buy again",
  ]

  /// A shop with some thousand orders, on day 20,000.
  private func shop(seed: UInt64, customers: Int = 3_000) throws -> EngineHarness {
    var shop = try EngineHarness()
    record(9_000, of: customers, "o", &shop, seed: seed)
    return shop
  }

  private func record(
    _ orders: Int, of customers: Int, _ name: String, _ shop: inout EngineHarness, seed: UInt64
  ) {
    var chance = SeededGenerator(seed: seed)
    for start in stride(from: 0, to: orders, by: 4_500) {
      _ = shop.record(
        (start..<start + 4_500).map {
          (
            "c\(Int.random(in: 0..<customers, using: &chance))", "\(name)\($0)",
            Int.random(in: 19_000...20_000, using: &chance),
            Int64.random(in: 100..<100_000, using: &chance)
          )
        })
    }
  }

  @Test("everybody is in exactly one segment, and where nothing has changed nothing is written")
  func everybody() throws {
    var shop = try shop(seed: 1)
    #expect(shop.search().isEmpty, "without a model and definitions there is no search")
    #expect(shop.engine.store.segmentation.isEmpty)
    _ = shop.adopt()
    #expect(shop.searchAll() == shop.engine.store.customerCount)
    let told = shop.segments()
    let reply = try #require(told)
    #expect(reply.segments.map(\.definition.segment) == Self.words)
    let count = UInt64(shop.engine.store.customerCount)
    #expect(reply.segments.reduce(0) { $0 + $1.customers } == count)
    #expect(reply.segments.allSatisfy { $0.customers > 0 })
    #expect(reply.segments.map(\.before) == reply.segments.map { Int64($0.customers) })
    #expect(reply.foundDay == 20_000 && reply.foundGeneration == 1 && reply.quantilesDay == 20_000)
    // The marks are what a count says.
    var marked = [UInt64](repeating: 0, count: 7)
    for row in 0..<UInt32(count) {
      marked[Int(shop.engine.store.segmentation.mark(of: row))] += 1
    }
    #expect(Array(marked[1...]) == shop.engine.store.segmentation.search?.customers)
    // The share of the best five percent, by a quantile that is right within half a percent.
    let worth = reply.segments.first { $0.definition.segment == "vip" }
    #expect((worth?.meanLifetimeValue ?? 0) > 0)
    // No search is due before tomorrow; tomorrow's writes whoever has changed.
    #expect(shop.search().isEmpty)
    shop.nowMicros += EngineHarness.microsPerDay
    let written = shop.searchAll()
    #expect(written > 0 && written < Int(count) / 2)
    let store = shop.engine.store
    _ = shop.define([SegmentFields(segment: "loyal", enters: "orders >= 4", stays: "")])
    #expect(
      shop.engine.store.segmentation.version == 0, "a definition that changes nothing is none")
    _ = shop.adopt()
    // The same model again finds the same.
    let findings = shop.search() + shop.search()
    #expect(findings.count == 2)
    guard case .segments(let last) = findings[1] else {
      Issue.record("segments come after the quantiles")
      return
    }
    #expect(last.runs.isEmpty && last.customers == store.segmentation.search?.customers)
  }

  @Test(
    "at the border nobody goes to and fro, and who is new there is judged by the condition to enter"
  )
  func hysteresis() throws {
    var shop = try EngineHarness()
    let loyal = SegmentFields(
      segment: "loyal", enters: "days_since_order < 10", stays: "days_since_order < 20")
    #expect(shop.define([loyal]) == nil)
    for order in 0..<2 { _ = shop.record("a", "\(order)", day: 19_900 + 95 * order) }
    shop.searchAll()
    #expect(shop.counts() == ["loyal": 1])
    shop.nowMicros += 10 * EngineHarness.microsPerDay
    // b stands where a stands, but was never found in the segment.
    for order in 0..<2 { _ = shop.record("b", "\(order)", day: 19_900 + 95 * order) }
    for _ in 0..<3 {
      #expect(shop.counts() == ["loyal": 1, "will buy again": 1])
      shop.searchAll()
      shop.nowMicros += EngineHarness.microsPerDay
    }
    // Of a day before the search, marks tell nothing.
    #expect(shop.counts(asOf: 20_008) == ["will buy again": 2])
    shop.nowMicros += 10 * EngineHarness.microsPerDay
    shop.searchAll()
    #expect(shop.counts() == ["will buy again": 2])
    // Out is out: the condition to stay does not let anybody in.
    _ = shop.record("a", "9", day: 20_010)
    #expect(shop.counts() == ["will buy again": 2])
    _ = shop.record("a", "10", day: 20_020)
    #expect(shop.counts() == ["loyal": 1, "will buy again": 1])
  }

  @Test(
    "quantiles are those of the orders, and stay what they are until the next fit",
    arguments: seeds(2))
  func quantiles(seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try shop(seed: seed)
    _ = shop.adopt()
    shop.searchAll()
    let first = shop.engine.store.segmentation
    #expect(Set(first.quantiles.keys) == Set(CustomerFields.quantileNames))
    // What everybody spent, from the rows themselves.
    let spent = (0..<UInt32(shop.engine.store.customerCount)).map { row in
      let row = shop.engine.store.customers[row]
      return Double(row.firstSpendMinor + row.repeatSpendMinor) / 100
    }.sorted()
    for share in [0.01, 0.25, 0.5, 0.9, 0.999] {
      let exact = spent[Int((share * Double(spent.count)).rounded(.up)) - 1]
      let found = first.quantile("total_spend", share)
      #expect(abs(found - exact) <= 0.005 * exact, "\(share): \(found), \(exact)")
    }
    #expect(first.quantile("total_spend", 1) <= (spent.last ?? 0))
    #expect(first.quantile("orders", 0) == 1)

    record(9_000, of: 3_000, "p", &shop, seed: seed + 1)
    shop.nowMicros += EngineHarness.microsPerDay
    shop.searchAll()
    let later = shop.engine.store.segmentation
    #expect(later.quantiles == first.quantiles && later.quantilesOf == first.quantilesOf)
    #expect(later.search?.stand.day == 20_001)
    _ = shop.adopt()
    shop.searchAll()
    let fitted = shop.engine.store.segmentation
    #expect(fitted.quantilesOf == SegmentStand(generation: 2, version: 0, day: 20_001))
    #expect(fitted.quantile("total_spend", 0.5) > 1.2 * first.quantile("total_spend", 0.5))
  }

  @Test(
    "replay of the journal and a snapshot keep definitions, quantiles and marks",
    arguments: seeds(2))
  func kept(seed: UInt64) throws {
    print("seed \(seed)")
    var shop = try shop(seed: seed)
    _ = shop.adopt()
    shop.searchAll()
    let vip = SegmentFields(
      segment: "vip", enters: "net_value >= quantile(\"net_value\", 0.9)",
      stays: "net_value >= quantile(\"net_value\", 0.85) or source == \"search\"")
    #expect(shop.define([vip]) == nil)
    shop.nowMicros += EngineHarness.microsPerDay
    record(4_500, of: 3_000, "p", &shop, seed: seed + 1)
    shop.searchAll()
    let hash = shop.engine.store.stateHash()
    var again = try Engine(Store(), indexKey: (9, 9))
    for record in shop.journal {
      try again.replay(
        sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.raw)
    }
    let replayed = again.store.stateHash()
    #expect(replayed == hash)
    let store = try shop.engine.store.reloaded()
    #expect(store.stateHash() == hash)
    #expect(store.segmentation.definitions == shop.engine.store.segmentation.definitions)
    #expect(store.segmentation.quantiles == shop.engine.store.segmentation.quantiles)
    #expect(store.segmentation.search == shop.engine.store.segmentation.search)
    var reloaded = try EngineHarness(restoring: store, nowMicros: shop.nowMicros)
    #expect(reloaded.segments() == shop.segments())
    #expect(reloaded.search().isEmpty)
    // A later record changes the hash: the marks and definitions are in it.
    #expect(reloaded.define([SegmentFields(segment: "vip", enters: "", stays: "")]) == nil)
    #expect(reloaded.engine.store.segmentation.definitions == Segmentation.defaults)
    #expect(reloaded.engine.store.stateHash() != hash)
  }

  @Test(
    "a mark or a definition more changes the state's hash, and a snapshot without them is another")
  func hashed() throws {
    var shop = try shop(seed: 5)
    _ = shop.adopt()
    shop.searchAll()
    let hash = shop.engine.store.stateHash()
    var store = shop.engine.store
    store.segmentation.marks[7] = SegmentMark(segment: store.segmentation.mark(of: 7) % 6 + 1)
    #expect(store.stateHash() != hash)
    var saved = SavedState(shop.engine.store)
    saved.sections.removeAll { $0.kind == Section.Kind.segmentation.rawValue }
    #expect(throws: SectionError.self) { try saved.load() }
  }

  @Test("a wrong definition is refused with its place, and nothing changes")
  func wrong() throws {
    var shop = try shop(seed: 2, customers: 200)
    let hash = shop.engine.store.stateHash()
    let good = SegmentFields(segment: "loyal", enters: "orders >= 3", stays: "")
    let row = FrameHeader.size + DefineSegmentsRequest.segmentsOffset
    // Behind the good row: 1 + 5 for the name, 4 + 11 for the condition, 4 for the empty one.
    let second = row + 6 + 15 + 4
    let cases: [(SegmentFields, Status, Int, String)] = [
      (
        .init(segment: "vip", enters: "order >= 3", stays: ""), .badCondition, second + 8,
        "column 1"
      ),
      (
        .init(segment: "vip", enters: "true", stays: "true and\nordrs > 3"), .badCondition,
        second + 8 + 4 + 4 + 9, "line 2, column 1"
      ),
      (
        .init(segment: "vip", enters: "segment == \"new\"", stays: ""), .badCondition, second + 8,
        "segment"
      ),
      (
        .init(segment: "vip", enters: "orders > quantile(\"month\", 0.5)", stays: ""),
        .badCondition,
        second + 8 + 18, "month"
      ),
      (.init(segment: "loyal", enters: "true", stays: ""), .invalidField, second, "twice"),
      (
        .init(segment: "VIP", enters: "true", stays: ""), .invalidField, second,
        "there is no segment"
      ),
      (
        .init(segment: "will buy again", enters: "", stays: "orders > 1"), .badCondition,
        second + 15 + 4 + 4, "everybody"
      ),
    ]
    for (fields, status, offset, part) in cases {
      let refused = shop.define([good, fields])
      let refusal = try #require(refused, "\(fields)")
      #expect(refusal.status == status, "\(fields)")
      #expect(Int(refusal.reply.offset) == offset, "\(fields): \(refusal.reply)")
      #expect(refusal.reply.sentence.contains(part), "\(refusal.reply.sentence)")
    }
    #expect(shop.define([])?.status == .invalidField)
    #expect(shop.engine.store.stateHash() == hash)
    #expect(shop.define([good]) == nil)
  }

  @Test("what was found with a model of the past, or is wrong in itself, is not kept")
  func overtaken() throws {
    var shop = try shop(seed: 3, customers: 500)
    _ = shop.adopt()
    shop.searchAll()
    let hash = shop.engine.store.stateHash()
    let customers = UInt32(shop.engine.store.customerCount)
    func request(
      generation: UInt32 = 1, version: UInt32 = 0, _ runs: [KeepSegmentsRequest.Run]
    ) -> SegmentFinding {
      var request = KeepSegmentsRequest(generation: generation, version: version, day: 20_000)
      request.runs = runs
      return .segments(request)
    }
    let wrong: [SegmentFinding] = [
      request(generation: 2, [.init(first: 0, codes: [1])]),
      request(version: 1, [.init(first: 0, codes: [1])]),
      request([.init(first: 0, codes: [1, 2]), .init(first: 1, codes: [3])]),
      request([.init(first: 0, codes: [0])]), request([.init(first: 0, codes: [7])]),
      request([.init(first: 0, codes: [1]), .init(first: customers - 1, codes: [1, 1])]),
      .quantiles(KeepQuantilesRequest(generation: 0, day: 0, numbers: [])),
      .quantiles(
        KeepQuantilesRequest(generation: 1, day: 0, numbers: [.init(name: "orders", points: [1])])),
    ]
    for finding in wrong { #expect(shop.keep(finding) == .invalidField, "\(finding)") }
    #expect(shop.engine.store.stateHash() == hash)
  }

  @Test("more customers than one record holds are kept in several, and a client cannot send one")
  func pieces() throws {
    var shop = try EngineHarness()
    for batch in 0..<10 {
      _ = shop.record((0..<8_000).map { ("c\(batch)-\($0)", "o", 19_999 - $0 % 700, 500) })
    }
    _ = shop.adopt()
    guard case .quantiles? = shop.search().first else {
      Issue.record("the quantiles are found first")
      return
    }
    let findings = shop.search()
    #expect(findings.count >= 3)
    for finding in findings { #expect(finding.frameSize < 40_000) }
    #expect(shop.counts().values.reduce(0, +) == 80_000)
    let marks = shop.engine.store.segmentation.marks
    #expect(marks.count == 80_000)
    #expect((0..<80_000).allSatisfy { (1...6).contains(marks[$0].segment) })
    let request = KeepSegmentsRequest(generation: 1, version: 0, day: 20_000)
    #expect(shop.ask(.keepSegments, request, Empty.self) == .refused(.unsupportedVerb))
  }
}
