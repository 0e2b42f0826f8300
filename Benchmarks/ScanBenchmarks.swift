// Group «scan»: questions about every customer of a shop, answered as a server's scanner does, on one core and on
// all, beside the bandwidth of the memory that is read.

import Models
import Platform
import Scoring
import Synchronization
import Wire

enum ScanBenchmarks {
  static func run(_ bench: inout Bench) throws {
    let group = "scan"
    guard bench.wants(group) else { return }
    let count = bench.isQuick ? 100_000 : 10_000_000
    let shop = try Shop()
    let box = try EngineBox(adopting: shop.modelFields)
    try box.fill(shop, count)
    try ask(&bench, box, "scan, lifetime value, churn and P(alive) of \(count) customers", count) {
      var request = CountRequest(condition: "")
      request.measures = ["lifetime_value", "churn", "p_alive"]
      return (.countCustomers, request)
    }
    try ask(&bench, box, "scan, two columns of \(count) customers", count) {
      (.countCustomers, CountRequest(condition: "orders >= 3 and days_since_order > 90"))
    }
    try ask(&bench, box, "scan, segments of \(count) customers", count) {
      var request = CountRequest(condition: "")
      request.groups = ["segment"]
      request.measures = ["lifetime_value"]
      return (.countCustomers, request)
    }
  }

  private static func ask<Request: Message>(
    _ bench: inout Bench, _ box: EngineBox, _ group: String, _ count: Int,
    _ question: () -> (Verb, Request)
  ) throws {
    let (verb, request) = question()
    func pass(_ crew: any FitCrew) throws -> UInt64 {
      var stream = try box.stream(verb, request)
      var size: UInt64 = 0
      while true {
        let parts = try stream.advance(on: crew)
        size += UInt64(parts.bodies.reduce(0) { $0 + $1.count })
        if parts.isEnd { return size }
      }
    }
    // The first question orders the tables that the others find.
    _ = try box.stream(verb, request)
    box.makeTables()
    try bench.compare(
      group, .nanosecondsEach, byProcessor: true,
      [
        Contestant("all cores", amount: Double(count)) { try pass(Cores()) },
        Contestant("one core", amount: Double(count)) { try pass(Alone()) },
      ])
  }
}
