// The figures of a report, told by hand for a shop of four, and the parts they are made of.

import Models
import Testing
import Wire

@testable import Scoring

/// The second half of the pieces first.
private struct Backwards: FitCrew {
  func map<Result: Sendable>(
    _ count: Int, _ task: @escaping @Sendable (Int) -> Result
  ) -> [Result] {
    Array((0..<count).reversed().map(task).reversed())
  }
}

extension EngineHarness {
  /// The job of a report, or why there is none.
  fileprivate mutating func reportJob(_ request: ReportRequest) -> Result<ReportJob, Refusal> {
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: Verb.report.rawValue, tag: 7, in: &frame)
    request.write(to: &frame)
    Frame.end(mark, in: &frame)
    var out = ByteBuffer()
    guard case .frame(let header)? = try? Frame.cut(frame.bytes, sizeMax: Limits.frameSizeMax)
    else { return .failure(Refusal(.badFrame, "no frame")) }
    let outcome = engine.execute(header, frame.bytes, at: nowMicros, into: &out)
    if case .asked(.analysis(let job as ReportJob)) = outcome { return .success(job) }
    var reader = FrameReader(out.bytes, from: FrameHeader.size)
    guard case .frame(let head)? = try? Frame.cut(out.bytes, sizeMax: Limits.frameSizeMax),
      let status = Status(rawValue: head.status), let reply = try? RefusalReply(from: &reader)
    else { return .failure(Refusal(.taskFailed, "no refusal")) }
    return .failure(
      Refusal(status, at: reply.offset == .max ? nil : Int(reply.offset), reply.sentence))
  }

  fileprivate mutating func report(_ request: ReportRequest = ReportRequest()) throws -> ReportReply
  {
    try reportJob(request).get().figures()
  }

  /// Four customers of the first months of 2024; the newest order is of 5 March.
  fileprivate static func ofFour() throws -> EngineHarness {
    var shop = try EngineHarness()
    _ = shop.adopt()
    _ = shop.record([
      ("a", "1", first, 1000), ("a", "2", first + 14, 2000), ("a", "3", first + 40, 3000),
      ("a", "4", first + 64, 1000), ("b", "1", first + 19, 500), ("b", "2", first + 60, 2500),
      ("c", "1", first + 59, 700), ("d", "1", first + 2, 100), ("d", "2", first + 2, 200),
    ])
    return shop
  }

  /// 2024-01-01.
  fileprivate static let first = 19_723
}

@Suite("ReportJob")
struct EngineReportTests {
  private let first = EngineHarness.first

  @Test("head, retention, life and matrix of a shop of four are those told by hand")
  func figures() throws {
    var shop = try EngineHarness.ofFour()
    let report = try shop.report(ReportRequest(horizonDays: 90))
    #expect(report.asOfDay == Int32(first) + 64 && report.generation == 1)
    #expect(report.customers == 4 && report.orders == 9 && report.currency == "EUR")
    #expect(report.horizonDays == 90 && report.model == shop.engine.store.model?.fields)

    // January: a, b and d; a in February, a and b in March. February: c.
    #expect(
      report.cohorts.map { [Int($0.year), Int($0.month), Int($0.monthsSince), Int($0.customers)] }
        == [
          [2024, 1, 0, 3], [2024, 1, 1, 1], [2024, 1, 2, 2], [2024, 2, 0, 1], [2024, 2, 1, 0],
        ])

    #expect(report.customer == "a")
    #expect(report.orderDays.map(\.day) == [0, 14, 40, 64].map { Int32(first) + $0 })
    // Daily, and the days of repeat orders twice.
    #expect(report.life.count == 65 + 3)
    let model = try #require(shop.engine.store.model).model.purchaseModel
    func alive(_ x: Double, _ recency: Double, _ age: Double) -> Double {
      model.aliveProbability(
        of: PurchaseHistory(repeatOrders: x, recencyDays: recency, ageDays: age))
    }
    #expect(report.life[0] == .init(day: Int32(first), aliveProbability: alive(0, 0, 0)))
    #expect(report.life[13] == .init(day: Int32(first) + 13, aliveProbability: alive(0, 0, 13)))
    #expect(report.life[14] == .init(day: Int32(first) + 14, aliveProbability: alive(0, 0, 14)))
    #expect(report.life[15] == .init(day: Int32(first) + 14, aliveProbability: alive(1, 14, 14)))
    #expect(report.life[67] == .init(day: Int32(first) + 64, aliveProbability: alive(3, 64, 64)))

    // Ages 64, 62, 45 and 5.
    #expect(report.ageDays == 62)
    #expect(report.cells.count == 1 + 11 + 11 + 11 + 11 + 11 + 11 + 10 + 10 + 10 + 10 + 10)
    #expect(report.cells[0].repeatOrders == 0 && report.cells[0].recencyDays == 0)
    let cell = try #require(report.cells.first { $0.repeatOrders == 3 && $0.recencyDays == 51 })
    let history = PurchaseHistory(repeatOrders: 3, recencyDays: 51, ageDays: 62)
    #expect(cell.aliveProbability == model.aliveProbability(of: history))
    #expect(cell.expectedOrders == model.expectedOrders(of: history, within: 90))
  }

  @Test("the cumulative orders are those of the joiners, beside what the model fitted then expects")
  func cumulative() throws {
    var shop = try EngineHarness.ofFour()
    let report = try shop.report()
    // A quarter of 64 days is held out.
    #expect(report.cutDay == Int32(first) + 48)
    #expect(report.weeks.map { Int($0.day) - first } == [6, 13, 20, 27, 34, 41, 48, 55, 62, 64])
    #expect(report.weeks.map(\.actual) == [0, 0, 1, 1, 1, 2, 2, 2, 3, 4])
    let holdout = try #require(report.holdout)
    #expect(holdout.days == 16 && holdout.customers == 3 && holdout.actual == 2)

    // The same fit, asked for by itself.
    let job = FitJob(
      store: shop.engine.store, choice: .model(.mbgNBD), day: UInt16(first) + 48,
      holdoutDay: UInt16(first) + 64)
    let fit = try job.run()
    #expect(fit.holdout == holdout && fit.warnings == report.warnings)
    let model = try PurchaseParameters(.mbgNBD, fit.model.parameters).model
    for week in report.weeks {
      let joined = [0, 2, 19].map { Double(week.day) - Double(first + $0) }.filter { $0 >= 0 }
      let expected = joined.reduce(0) { $0 + model.populationExpectedOrders(within: $1) }
      #expect(abs(week.expected - expected) <= 1e-12 * (1 + expected), "\(week)")
    }
  }

  @Test("lifetime values are the scores of all customers")
  func values() throws {
    var shop = try EngineHarness.ofFour()
    let report = try shop.report()
    let terms = ScoreTermsFields(
      asOfMicros: EngineHarness.noon(first + 64), horizonDays: 365.25, discountRate: 0.1, margin: 1)
    var values: [Double] = []
    for customer in ["a", "b", "c", "d"] {
      let score = shop.ask(
        .scoreOne, ScoreOneRequest(terms: terms, customer: customer), ScoreReply.self)
      values.append(try #require(score.body).lifetimeValue)
    }
    values.sort()
    #expect(abs(report.meanValue - values.reduce(0, +) / 4) < 1e-9)
    #expect(abs(report.medianValue - (values[1] + values[2]) / 2) < 1e-9)
    #expect(report.bins.reduce(0) { $0 + $1.customers } == 4)
    for (place, bin) in report.bins.enumerated() {
      let end = place + 1 < report.bins.count ? report.bins[place + 1].lowerEdge : .infinity
      let inside = values.count { $0 >= bin.lowerEdge && $0 < end }
      #expect(bin.customers == UInt64(inside))
    }

    _ = shop.ask(
      .adoptModel, AdoptModelRequest(model: EngineHarness.parameters), AdoptModelReply.self)
    #expect(try shop.report().bins.isEmpty)
  }

  @Test("as of a day, later orders and customers are not there")
  func asOf() throws {
    var shop = try EngineHarness.ofFour()
    _ = shop.giveBack("a", "2", as: "r", day: first + 30)
    let report = try shop.report(
      ReportRequest(asOfMicros: EngineHarness.noon(first + 45), customer: "b"))
    #expect(report.asOfDay == Int32(first) + 45)
    #expect(report.customers == 3 && report.orders == 6)
    #expect(report.customer == "b" && report.orderDays.map(\.day) == [Int32(first) + 19])
    // What came back on the 30th day is no repeat order on the 45th.
    #expect(report.weeks.last?.actual == 1)
    #expect(report.cohorts.map(\.customers) == [3, 1])

    // A shop of a day has nothing to hold out.
    let young = try shop.report(ReportRequest(asOfMicros: EngineHarness.noon(first + 2)))
    #expect(young.customers == 2 && young.holdout == nil && young.weeks.isEmpty)
  }

  @Test("what cannot be reported is refused, with the place of what is wrong")
  func refusals() throws {
    func refusal(_ result: Result<ReportJob, Refusal>) -> (Status?, UInt32?) {
      guard case .failure(let refusal) = result else { return (nil, nil) }
      return (refusal.status, refusal.offset)
    }
    var empty = try EngineHarness()
    #expect(refusal(empty.reportJob(ReportRequest())) == (.noModel, nil))
    _ = empty.adopt()
    #expect(refusal(empty.reportJob(ReportRequest())) == (.notEnoughData, nil))

    var shop = try EngineHarness.ofFour()
    for horizon in [0, -1, 4_000.0] {
      #expect(
        refusal(shop.reportJob(ReportRequest(horizonDays: horizon))) == (.invalidField, 40))
    }
    #expect(refusal(shop.reportJob(ReportRequest(asOfMicros: -1))) == (.timeOutOfRange, 24))
    let late = EngineHarness.noon(first + 64)
    #expect(
      refusal(shop.reportJob(ReportRequest(holdoutFromMicros: late))) == (.timeOutOfRange, 32))
    #expect(refusal(shop.reportJob(ReportRequest(customer: "e"))) == (.invalidField, 48))

    // Before the first order, a cut before it, a customer who had not ordered yet.
    for request in [
      ReportRequest(asOfMicros: EngineHarness.noon(first - 1)),
      ReportRequest(holdoutFromMicros: EngineHarness.noon(first - 1)),
      ReportRequest(asOfMicros: EngineHarness.noon(first + 20), customer: "c"),
    ] {
      let job = try shop.reportJob(request).get()
      do throws(Refusal) {
        _ = try job.figures()
        Issue.record("\(request) is not refused")
      } catch {
        #expect(error.status == .notEnoughData && !error.sentence.isEmpty)
      }
    }
  }

  @Test("a report does not depend on who computes it, and a long life is thinned")
  func crews() throws {
    var shop = try EngineHarness(today: 25_000)
    _ = shop.adopt()
    for batch in 0..<3 {
      _ = shop.record(
        (0..<6_000).map { number in
          ("c\(batch)-\(number)", "1", first + number % 100, 1000 + Int64(number))
        })
    }
    _ = shop.record(
      (0..<1_500).map { ("c2-7", "r\($0)", first + 200 + 2 * $0, 1000) })
    let job = try shop.reportJob(ReportRequest()).get()
    let report = try job.figures()
    #expect(try job.figures(on: Backwards()) == report)
    #expect(report.customers == 18_000 && report.customer == "c2-7")
    // The latest thousand days with an order, each twice but the first, and days between.
    #expect(report.orderDays.count == 1_000)
    #expect(report.life.first?.day == report.orderDays.first?.day)
    #expect(report.life.count > 2_000 && report.life.count <= ReportReply.Point.most)
    #expect(zip(report.life, report.life.dropFirst()).allSatisfy { $0.day <= $1.day })
    // Only the months that are followed.
    #expect(report.cohorts.isEmpty)
  }
}

@Suite("ValueHistogram")
struct ValueHistogramTests {
  @Test("bins are round, about twenty, and reach to the 98th percentile")
  func bins() {
    let histogram = ValueHistogram((0..<100).reversed().map(Double.init))
    #expect(histogram.bins.map(\.lowerEdge) == (0...20).map { Double($0) * 5 })
    #expect(histogram.bins.map(\.customers) == Array(repeating: 5, count: 20) + [0])
    #expect(histogram.median == 49.5 && histogram.mean == 49.5)

    let tail = ValueHistogram((0..<100).map { $0 < 99 ? 0.015 * Double($0) : 1e9 })
    #expect(tail.bins.last?.lowerEdge == 1.5 && tail.bins.last?.customers == 1)
    #expect(tail.bins.allSatisfy { "\($0.lowerEdge)".count <= 5 }, "0.3 is 0.3")
    #expect(tail.bins.count <= ReportReply.Bin.most)
  }

  @Test("nobody, nothing and the largest values have bins too")
  func corners() {
    #expect(ValueHistogram([]).bins.isEmpty)
    #expect(ValueHistogram([0, 0]).bins == [.init(lowerEdge: 0, customers: 2)])
    #expect(ValueHistogram([1e300]).bins == [.init(lowerEdge: 0, customers: 1)])
    for value in [1e-9, 3e-6, 0.7, 12_345.6, 9.99e18] {
      let bins = ValueHistogram([value]).bins
      #expect(bins.reduce(0) { $0 + $1.customers } == 1 && bins.count <= ReportReply.Bin.most)
    }
  }
}

@Suite("CivilMonth")
struct CivilMonthTests {
  @Test("every day that can be recorded lies in its month")
  func allDays() {
    var (year, month, day) = (1970, 1, 1)
    for number in 0...Limits.dayMax {
      let found = CivilMonth(ofDay: number)
      if found.year != year || found.month != month {
        Issue.record("day \(number) is in \(year)-\(month), not in \(found)")
        return
      }
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
      day += 1
      if day > days { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
    #expect((year, month, day) == (2149, 6, 6))
  }
}
