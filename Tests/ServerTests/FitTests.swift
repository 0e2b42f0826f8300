// Fits and scores through the socket, on a simulated shop, held against the models themselves.

import Client
import Models
import Platform
import Support
import Testing
import Wire

/// A small shop whose customers live the process the models describe, as rows of orders.
struct SmallShop {
  static let endDay: Int32 = 272
  let customers: [SimulatedShop.Customer]

  init(customers count: UInt64) throws {
    let shop = SimulatedShop(
      kind: .mbgNBD, purchase: try BetaGeometricParameters(r: 0.8, alpha: 15, a: 0.9, b: 1.6),
      spend: try SpendParameters(p: 6, q: 4, gamma: 15), seed: 11, firstDays: 0...80,
      endDay: Self.endDay)
    customers = (0..<count).map { shop.customer($0) }
  }

  static func name(_ number: Int) -> String { "customer \(number)" }

  var names: [String] { customers.indices.map(Self.name) }

  /// Every order up to a day.
  func orders(to day: Int32 = endDay) -> [RecordOrdersRequest.Order] {
    customers.enumerated().flatMap { number, customer in
      customer.orders.enumerated().filter { $0.element.day <= day }.map { place, order in
        Frames.order(
          Self.name(number), "\(place)", day: Int64(order.day),
          Int64((order.amount * 100).rounded()))
      }
    }
  }
}

extension LiveServer {
  func record(_ orders: [RecordOrdersRequest.Order]) throws {
    var client = try client()
    for start in stride(from: 0, to: orders.count, by: 500) {
      let batch = Frames.batch(Array(orders[start..<min(start + 500, orders.count)]))
      let reply = try client.recordOrders(batch)
      guard reply.refused.isEmpty else { throw Refusal(.taskFailed, "\(reply.refused)") }
    }
  }
}

@Suite("Fit")
struct FitTests {
  private static func terms(asOf day: Int64) -> ScoreTermsFields {
    var terms = Frames.terms
    terms.asOfMicros = Frames.start + day * Frames.day
    return terms
  }

  @Test("a fit finds what the models find on the same histories, and adopts it")
  func fit() throws {
    let shop = try SmallShop(customers: 400)
    let server = try LiveServer()
    try server.record(shop.orders())
    var client = try server.client()
    let adopted = try client.status().sequence + 1
    let report = try client.fit(
      kind: 2, asOfMicros: Frames.start + Int64(SmallShop.endDay) * Frames.day)

    // The histories, derived here once more from the orders.
    var (x, tx, age): ([Int32], [Int32], [Int32]) = ([], [], [])
    var (spenders, means): ([Double], [Double]) = ([], [])
    for customer in shop.customers {
      let amounts = Dictionary(
        customer.orders.map { ($0.day, ($0.amount * 100).rounded()) }, uniquingKeysWith: +)
      let days = amounts.keys.sorted()
      let (first, last) = try (#require(days.first), #require(days.last))
      x.append(Int32(days.count - 1))
      tx.append(last - first)
      age.append(SmallShop.endDay - first)
      if days.count > 1 {
        spenders.append(Double(days.count - 1))
        let sum = days.dropFirst().reduce(0) { $0 + (amounts[$1] ?? 0) }
        means.append(sum / 100 / Double(days.count - 1))
      }
    }
    let expected = try PurchaseFit.fit(
      kind: .mbgNBD,
      histories: GroupedHistories(
        repeatOrders: x.span, recencyDays: tx.span, ageDays: age.span))
    let spend = try #require(
      try SpendFit.fit(repeatOrders: spenders.span, meanSpend: means.span))

    #expect(report.converged && report.spendConverged)
    #expect(report.customers == 400)
    #expect(report.distinctHistories == UInt64(expected.distinctHistories))
    #expect(report.spendCustomers == UInt64(spenders.count))
    let found = report.model.parameters
    let pairs = [
      (found[0], expected.parameters.values[0]), (found[1], expected.parameters.values[1]),
      (found[2], expected.parameters.values[2]), (found[3], expected.parameters.values[3]),
      (report.logLikelihood, expected.logLikelihoodWeeks),
      (report.model.p, spend.parameters.p), (report.model.q, spend.parameters.q),
      (report.model.gamma, spend.parameters.gamma),
      (report.spendLogLikelihood, spend.logLikelihood),
    ]
    for (found, wanted) in pairs { #expect(abs(found / wanted - 1) < 1e-6, "\(found) \(wanted)") }
    // The shop's own parameters are near: within four standard errors.
    let truth = [0.8, 15, 0.9, 1.6]
    for i in 0..<4 {
      #expect(report.standardErrors[i] > 0)
      #expect(abs(found[i] - truth[i]) < 4 * report.standardErrors[i], "parameter \(i)")
    }

    let status = try client.status()
    #expect(status.model == report.model)
    #expect(status.generation == report.generation && report.generation == 1)
    #expect(status.durableSequence >= adopted, "the adoption is durable with the reply")
    #expect(try client.score(SmallShop.name(0), Self.terms(asOf: 272)).generation == 1)
  }

  @Test(
    "a validation compares what the earlier orders foretell with the later ones, and adopts nothing"
  )
  func holdout() throws {
    let shop = try SmallShop(customers: 400)
    let server = try LiveServer()
    try server.record(shop.orders())
    var client = try server.client()
    let cut: Int32 = 60
    func noon(_ day: Int32) -> Int64 { Frames.start + Int64(day) * Frames.day }
    let report = try client.fit(
      kind: 2, asOfMicros: noon(SmallShop.endDay), holdoutFromMicros: noon(cut))
    let fields = try #require(report.holdout)

    let model = try PurchaseParameters(.mbgNBD, report.model.parameters).model
    var (actual, predicted): ([Double], [Double]) = ([], [])
    for customer in shop.customers {
      let days = Set(customer.orders.map(\.day)).sorted()
      let earlier = days.filter { $0 <= cut }
      guard let first = earlier.first, let last = earlier.last else { continue }
      actual.append(Double(days.count { $0 > cut && $0 <= SmallShop.endDay }))
      predicted.append(
        model.expectedOrders(
          of: PurchaseHistory(
            repeatOrders: Double(earlier.count - 1), recencyDays: Double(last - first),
            ageDays: Double(cut - first)),
          within: Double(SmallShop.endDay - cut)))
    }
    let expected = try Holdout(actual: actual, predicted: predicted)
    #expect(fields.days == UInt32(SmallShop.endDay - cut))
    #expect(fields.customers == UInt64(expected.customers) && expected.customers < 400)
    #expect(fields.actual == expected.actual && expected.actual > 100)
    #expect(abs(fields.predicted / expected.predicted - 1) < 1e-12)
    #expect(abs(fields.poissonDeviance / expected.poissonDeviance - 1) < 1e-12)
    #expect(fields.deciles.count == 10)
    #expect(fields.deciles.reduce(0) { $0 + $1.customers } == fields.customers)

    let status = try client.status()
    #expect(report.generation == 0 && status.generation == 0)
    for wrong in [SmallShop.endDay, SmallShop.endDay + 5] {
      #expect(throws: ClientError.self) {
        try client.fit(kind: 2, asOfMicros: noon(SmallShop.endDay), holdoutFromMicros: noon(wrong))
      }
    }
  }

  @Test("an adopted model scores exactly like the fit it came from")
  func adopt() throws {
    let shop = try SmallShop(customers: 120)
    let server = try LiveServer()
    try server.record(shop.orders())
    var client = try server.client()
    let report = try client.fit(kind: 1)
    var scores = try client.scoreMany(shop.names, Self.terms(asOf: 272))
    let other = try LiveServer()
    try other.record(shop.orders())
    var second = try other.client()
    #expect(try second.adoptModel(report.model).generation == 1)
    #expect(try second.scoreMany(shop.names, Self.terms(asOf: 272)) == scores)
    // Without its spend part it still knows who comes back, but not what for.
    var bare = report.model
    bare.spendKnown = false
    (bare.p, bare.q, bare.gamma) = (0, 0, 0)
    #expect(try second.adoptModel(bare).generation == 2)
    let without = try second.scoreMany(shop.names, Self.terms(asOf: 272))
    for i in scores.indices {
      scores[i].generation = 2
      scores[i].spendKnown = false
      scores[i].expectedSpend = 0
      scores[i].lifetimeValue = 0
    }
    #expect(without == scores)
  }

  @Test("a score as of a past day is that of a server which only ever got the orders up to it")
  func pastDay() throws {
    let shop = try SmallShop(customers: 80)
    let everything = try LiveServer()
    // The newest orders first: in which order they came must not matter.
    try everything.record(shop.orders().reversed())
    var knowing = try everything.client()
    _ = try knowing.adoptModel(Frames.model)
    for day in [10, 40, 150, 272] as [Int32] {
      let past = try LiveServer()
      try past.record(shop.orders(to: day))
      var client = try past.client()
      _ = try client.adoptModel(Frames.model)
      let terms = Self.terms(asOf: Int64(day))
      let wanted = try client.scoreMany(shop.names, terms)
      #expect(try knowing.scoreMany(shop.names, terms) == wanted, "day \(day)")
      #expect(wanted.contains { $0.known })
    }
  }

  @Test("a customer's score does not depend on who else is asked for")
  func company() throws {
    let shop = try SmallShop(customers: 40)
    let server = try LiveServer()
    try server.record(shop.orders())
    var client = try server.client()
    _ = try client.adoptModel(Frames.model)
    let terms = Self.terms(asOf: 272)
    let together = try client.scoreMany(shop.names, terms)
    for (name, score) in zip(shop.names, together) {
      #expect(try client.score(name, terms) == score, "\(name)")
    }
    for start in 1..<9 {
      let names = Array(shop.names[start...])
      #expect(try client.scoreMany(names, terms) == Array(together[start...]), "from \(start)")
    }
  }

  @Test("scores go on while a fit is under way on another connection")
  func besides() throws {
    let shop = try SmallShop(customers: 400)
    let server = try LiveServer()
    try server.record(shop.orders())
    var fitting = try server.client()
    var asking = try server.client()
    _ = try asking.adoptModel(Frames.model)
    try fitting.send(.fit, FitRequest(asOfMicros: 0, kind: 2))
    let terms = Self.terms(asOf: 272)
    #expect(try asking.score(SmallShop.name(3), terms).generation == 1)
    #expect(try fitting.receive(FitReply.self).generation == 2)
    #expect(try asking.score(SmallShop.name(3), terms).generation == 2)
  }

  @Test("a server that refits by itself adopts a model without being asked")
  func refit() throws {
    let shop = try SmallShop(customers: 120)
    let server = try LiveServer(options: ["--refit-every", "200ms"])
    try server.record(shop.orders())
    var client = try server.client()
    // Numerics are slow in a debug build; what matters is that it comes at all.
    let deadline = ContinuousClock.now + .seconds(120)
    while try client.status().generation == 0, ContinuousClock.now < deadline {
      Thread.sleep(micros: 100_000)
    }
    let status = try client.status()
    #expect(status.generation > 0)
    #expect(try #require(status.model).kind > 0)
  }
}
