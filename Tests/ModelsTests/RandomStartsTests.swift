// Fits from random starts: on the CDNOW sample always, and on a file of orders when one is named by
// PATRON_ORDERS_CSV (customer, date, amount; to PATRON_ORDERS_CUT), as `.ci/run --long` may.

import Foundation
import Testing

@testable import Models

@Suite("Fits from random starts")
struct RandomStartsTests {
  static let starts = 20

  /// Parameters of all sizes that a person might guess: times in days.
  static func start(_ kind: PurchaseModelKind, _ random: inout SeededRandom) -> SIMD4<Double> {
    func spread(_ low: Double, _ high: Double) -> Double {
      low * Foundation.exp(Foundation.log(high / low) * random.uniform())
    }
    return SIMD4(
      spread(0.02, 10), spread(1, 3000), spread(0.05, 20),
      kind == .paretoNBD ? spread(5, 5000) : spread(0.05, 50))
  }

  static func run(_ histories: GroupedHistories, _ kinds: [PurchaseModelKind], seed: UInt64) throws
  {
    for kind in kinds {
      var random = SeededRandom(seed: seed)
      var likelihoods: [Double] = []
      var iterations = 0
      for _ in 0..<starts {
        let fit = try PurchaseFit.fit(
          kind: kind, histories: histories, start: start(kind, &random))
        likelihoods.append(fit.logLikelihoodWeeks)
        iterations = max(iterations, fit.iterations)
      }
      let (low, high) = (likelihoods.min() ?? 0, likelihoods.max() ?? 0)
      print(
        "\(kind.name), \(histories.customers) customers, seed \(seed): \(starts) random starts lead to "
          + "\(low) … \(high), apart by \(high - low), at most \(iterations) iterations")
      #expect(high - low < 1e-4)
    }
  }

  @Test("the CDNOW sample has one maximum from 20 random starts", arguments: [1] as [UInt64])
  func sample(seed: UInt64) throws {
    try Self.run(CDNOWSample.histories(), PurchaseModelKind.betaGeometric, seed: seed)
  }

  @Test(
    "a named file of orders has one maximum from 20 random starts",
    .enabled(
      if: ProcessInfo.processInfo.environment["PATRON_ORDERS_CSV"] != nil,
      "PATRON_ORDERS_CSV names no file"),
    arguments: [1] as [UInt64])
  func file(seed: UInt64) throws {
    let environment = ProcessInfo.processInfo.environment
    let path = try #require(environment["PATRON_ORDERS_CSV"])
    let cut = try Self.day(environment["PATRON_ORDERS_CUT"] ?? "9999-12-31")
    var days: [Substring: Set<Int32>] = [:]
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for line in text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",")
      let day = try Self.day(String(fields[1]))
      if day <= cut { days[fields[0], default: []].insert(day) }
    }
    let last = min(cut, days.values.lazy.compactMap { $0.max() }.max() ?? 0)
    var orders = OrderDays()
    for customer in days.keys.sorted() { orders.append((days[customer] ?? []).sorted()) }
    try Self.run(
      Standing(orders, on: last).grouped(.even), [.bgNBD, .mbgNBD, .paretoNBD], seed: seed)
  }

  /// Days since 1970 of a date written 1997-09-30.
  private static func day(_ text: String) throws -> Int32 {
    let style = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
    return Int32(try Date(text, strategy: style).timeIntervalSince1970 / 86_400)
  }
}
