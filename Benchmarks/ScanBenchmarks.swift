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
    let shop = try Shop()
    if bench.wants("scan zones") { try zones(&bench, shop, bench.isQuick ? 100_000 : 1_000_000) }
    guard bench.wants(group) else { return }
    let count = bench.isQuick ? 100_000 : 10_000_000
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

  /// The same question of customers who were recorded as they came, so that most chunks have nobody who is meant, and of
  /// the same by chance; and what it costs to record orders meanwhile.
  private static func zones(_ bench: inout Bench, _ shop: Shop, _ count: Int) throws {
    // Processor time is told in steps of milliseconds.
    let times = 50
    let days = (0..<count).map { shop.simulated.customer(UInt64($0)).orders[0].day }
    let boxes = [
      try EngineBox(adopting: shop.modelFields), try EngineBox(adopting: shop.modelFields),
    ]
    try boxes[0].fill(shop, (0..<count).sorted { (days[$0], $0) < (days[$1], $1) })
    try boxes[1].fill(shop, count)
    for condition in ["age_days < 30", "orders >= 3 and days_since_order > 90"] {
      let request = CountRequest(condition: condition)
      try bench.compare(
        "scan, \(condition) of \(count) customers", .nanosecondsEach, byProcessor: true,
        zip(boxes, ["recorded as they came", "recorded by chance"]).map { box, name in
          Contestant(name, amount: Double(times * count)) {
            try (0..<times).reduce(0) { sum, _ in
              sum &+ (try pass(box, .countCustomers, request, Alone()))
            }
          }
        })
    }
    // An order of the first customer of each chunk.
    let customers = stride(from: 0, to: count, by: 4_096)
    var number = 0
    func record() throws -> UInt64 {
      number += 1
      let orders = customers.map {
        RecordOrdersRequest.Order(
          customer: Shop.name($0), order: "later-\(number)", timeMicros: Shop.nowMicros,
          amountMinor: 100)
      }
      let request = RecordOrdersRequest(
        currency: Shop.currency, minorDigits: Shop.minorDigits, orders: orders)
      return UInt64(try boxes[1].execute(try Shop.frame(.recordOrders, request)))
    }
    let chunks = Double(customers.underestimatedCount)
    try bench.compare(
      "scan, an order recorded in each chunk of \(count) customers", .nanosecondsEach,
      byProcessor: true,
      [
        Contestant("that a scan holds", amount: chunks * Double(times)) {
          try (0..<times).reduce(0) { sum, _ in
            let store = boxes[1].engine.store
            return try withExtendedLifetime(store) { sum &+ (try record()) }
          }
        },
        Contestant("that nobody holds", amount: chunks * Double(times)) {
          try (0..<times).reduce(0) { sum, _ in sum &+ (try record()) }
        },
      ])
  }

  private static func pass(
    _ box: EngineBox, _ verb: Verb, _ request: some Message, _ crew: any FitCrew
  ) throws -> UInt64 {
    var stream = try box.stream(verb, request)
    var size: UInt64 = 0
    while true {
      let parts = try stream.advance(on: crew)
      size += UInt64(parts.bodies.reduce(0) { $0 + $1.count })
      if parts.isEnd { return size }
    }
  }

  private static func ask<Request: Message>(
    _ bench: inout Bench, _ box: EngineBox, _ group: String, _ count: Int,
    _ question: () -> (Verb, Request)
  ) throws {
    let (verb, request) = question()
    // The first question orders the tables that the others find.
    _ = try box.stream(verb, request)
    box.makeTables()
    try bench.compare(
      group, .nanosecondsEach, byProcessor: true,
      [
        Contestant("all cores", amount: Double(count)) { try pass(box, verb, request, Cores()) },
        Contestant("one core", amount: Double(count)) { try pass(box, verb, request, Alone()) },
      ])
  }
}
