// The figures of the mode with scans: ratios by rounds, rates, and what counts as good.

import Testing

@testable import loadtest

@Suite("ScanLoad")
struct ScanLoadTests {
  private static func result(_ micros: [UInt64], completed: UInt64, orders: [UInt64] = [])
    -> LoadResult
  {
    var result = LoadResult()
    for value in micros { result.scores.record(value * 1000) }
    for value in orders { result.orders.record(value * 1000) }
    result.completed = completed
    result.seconds = 2
    return result
  }

  private static func work(_ scans: Int, _ customers: UInt64, seconds: Double = 2) -> ScanWork {
    ScanWork(scans: scans, customers: customers, seconds: seconds)
  }

  private static let blank = ScanLoad(
    customers: 1_000, shape: "50/16", rate: nil, rounds: 3, processors: .free)

  private static func isNear(_ value: Double?, _ wanted: Double) -> Bool {
    value.map { abs($0 - wanted) <= 0.02 * wanted } ?? false
  }

  @Test("a ratio is taken within a round, and the median of the rounds is told")
  func ratios() throws {
    var report = Self.blank
    var measured = ScanLoad.Measured()
    // The machine was ten times as slow in the second round; the ratio does not care.
    measured.alone = [100, 1_000, 100].map {
      Self.result([$0], completed: 20_000, orders: [2 * $0])
    }
    measured.beside = [150, 1_500, 300].map {
      Self.result([$0], completed: 10_000, orders: [2 * $0])
    }
    measured.scansAlone = [Self.work(8, 8_000), Self.work(2, 2_000), Self.work(8, 8_000)]
    measured.scansBeside = [Self.work(2, 2_000), Self.work(0, 500), Self.work(6, 6_000)]
    report.settle(measured)
    #expect(report.rows.map(\.kind) == ["scores", "orders"])
    let row = try #require(report.rows.first)
    #expect(Self.isNear(row.ratioP50?.median, 1.5) && Self.isNear(row.ratioP999?.most, 3))
    #expect(row.alone?.count == 3 && Self.isNear(row.beside?.max, 1_500))
    #expect(report.requestsPerSecond.alone?.median == 10_000)
    #expect(report.requestsPerSecond.ratio == Spread([0.5]))
    #expect(report.scansAlone.perSecond?.median == 4 && report.scansBeside.perSecond?.median == 1)
    #expect(report.scansAlone.customersPerSecond?.median == 4_000)
    // A scan that is not told whole counts by the customers it looked at.
    #expect(report.scansBeside.customersPerSecond?.least == 250)
    #expect(report.scansRatio == Spread([0.25, 0.25, 0.75]))
    #expect(report.isGood)
    #expect(report.table.contains("times as long"))
  }

  @Test("without orders none are told, and an error or nothing measured is not good")
  func bad() {
    var report = Self.blank
    #expect(!report.isGood)
    var measured = ScanLoad.Measured()
    measured.alone = [Self.result([100], completed: 10)]
    measured.beside = [Self.result([100], completed: 10)]
    measured.scansAlone = [Self.work(1, 1_000)]
    measured.scansBeside = [Self.work(1, 1_000)]
    report.settle(measured)
    #expect(report.isGood && report.rows.map(\.kind) == ["scores"])
    var failed = Self.blank
    measured.scansBeside[0].errors = ["overloaded": 2]
    failed.settle(measured)
    #expect(!failed.isGood && failed.table.contains("error, 2 times: overloaded"))
    var stuck = Self.blank
    measured.scansBeside = [Self.work(0, 0, seconds: 0)]
    stuck.settle(measured)
    #expect(!stuck.isGood && stuck.scansBeside.perSecond == nil)
  }
}
