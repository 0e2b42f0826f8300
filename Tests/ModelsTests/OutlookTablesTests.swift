// Scores from tables: against the exact functions, alone and in a batch, in every build.

import Kernels
import Testing

@testable import Models

@Suite("OutlookTables")
struct OutlookTablesTests {
  /// Published parameters and edge ones, α and β in days.
  static let parameters: [(PurchaseModelKind, SIMD4<Double>)] = [
    // Fader, Hardie and Lee 2005; CDNOW's whole; a = 1, next to it, far above; no dropout; all dropout.
    (.bgNBD, SIMD4(0.2426, 4.4136 * 7, 0.7929, 2.4259)),
    (.bgNBD, SIMD4(0.25162, 4.78894 * 7, 0.72343, 2.16109)),
    (.bgNBD, SIMD4(0.8, 30, 1, 2.5)),
    (.bgNBD, SIMD4(0.8, 30, 1 + 1e-9, 2.5)),
    (.bgNBD, SIMD4(0.3, 0.01, 0.4, 0.3)),
    (.bgNBD, SIMD4(40, 1e5, 0.5, 1.5)),
    (.bgNBD, SIMD4(2, 50, 1e-4, 3)),
    (.bgNBD, SIMD4(2, 50, 80, 400)),
    (.mbgNBD, SIMD4(0.5248, 6.1831 * 7, 0.8914, 1.6140)),
    (.mbgNBD, SIMD4(0.63714, 7.31029 * 7, 0.80747, 1.22839)),
    (.mbgNBD, SIMD4(0.2, 1000, 5, 0.1)),
    (.mbgNBD, SIMD4(3, 1e-3, 1, 1)),
    // CDNOW's sample and whole; s = 1; α = β; α ≪ β and back; hardly anybody leaves.
    (.paretoNBD, SIMD4(0.5533, 10.578 * 7, 0.6062, 11.669 * 7)),
    (.paretoNBD, SIMD4(0.59742, 11.58566 * 7, 0.52219, 8.82776 * 7)),
    (.paretoNBD, SIMD4(0.8, 30, 1, 45)),
    (.paretoNBD, SIMD4(1.5, 40, 0.3, 40)),
    (.paretoNBD, SIMD4(0.5, 0.1, 0.6, 900)),
    (.paretoNBD, SIMD4(2, 1e4, 0.4, 3)),
    (.paretoNBD, SIMD4(2, 50, 1e-6, 1e5)),
    (.paretoNBD, SIMD4(20, 400, 30, 5000)),
    (.bgCNBD2, SIMD4(0.6, 25, 0.8, 2.2)),
    (.bgCNBD3, SIMD4(1.2, 12, 1, 2.2)),
    (.bgCNBD4, SIMD4(0.9, 9, 0.4, 0.5)),
    (.mbgCNBD2, SIMD4(0.6, 25, 0.8, 2.2)),
    (.mbgCNBD3, SIMD4(3, 100, 1.5, 4)),
    (.mbgCNBD4, SIMD4(0.9, 9, 0.9, 1.6)),
  ]

  static func terms(_ days: Double, _ rate: Double) throws -> ScoreTerms {
    try ScoreTerms(horizonDays: days, discountRatePerYear: rate, margin: 0.3)
  }

  /// Customers of all kinds within x and T, some of them just now customers or just now back.
  static func subjects(
    _ count: Int, repeatOrdersMax: Int, ageMax: Double, seed: UInt64
  ) -> [ScoreSubject] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { place in
      var x = Int.random(in: 0...repeatOrdersMax, using: &random)
      if place % 3 == 0 { x = min(x, place / 3 % 8) }
      var age = Double.random(in: Double(x)...max(ageMax, Double(x)), using: &random)
      if place % 2 == 0 { age = age.rounded(.down) }
      var recency = x == 0 ? 0 : Double.random(in: Double(x)...max(age, Double(x)), using: &random)
      if place % 7 == 0, x > 0 { recency = age }
      if place % 5 == 0, x > 0 { recency = max(Double(x), (age * 0.97).rounded(.down)) }
      age = max(age, recency)
      return ScoreSubject(
        history: PurchaseHistory(
          repeatOrders: Double(x), recencyDays: recency, ageDays: age),
        meanSpend: place % 4 == 0 ? 0 : Double.random(in: 1...300, using: &random),
        idleDays: age - recency,
        recent: RecentOrders(month: Double(place % 3), reference: Double(place % 7)))
    }
  }

  static func batch(
    _ model: CustomerModel, _ subjects: [ScoreSubject], _ horizon: ScoreHorizon,
    _ tables: OutlookTables?
  ) -> [CustomerScore] {
    let blank = CustomerScore(
      aliveProbability: -1, churnProbability: -1, expectedOrders: -1, expectedSpendPerOrder: -1,
      lifetimeValue: -1)
    var scores = [CustomerScore](repeating: blank, count: subjects.count)
    var room = scores.mutableSpan
    model.score(subjects.span, horizon, tables, into: &room)
    return scores
  }

  /// The scores by the exact functions of the models, month by month.
  static func exact(
    _ model: CustomerModel, _ subject: ScoreSubject, _ horizon: ScoreHorizon
  ) -> CustomerScore {
    var sum = Outlook()
    let count = Double(model.purchases.count)
    for purchase in model.purchases {
      let exact = purchase.model
      let history = subject.history
      let alive = exact.aliveProbability(of: history)
      func orders(_ days: Double) -> Double {
        alive * exact.expectedOrdersIfAlive(of: history, within: days)
      }
      sum.aliveProbability += alive / count
      sum.churnProbability += exact.churnProbability(of: history, within: horizon.end) / count
      sum.expectedOrders += orders(horizon.end) / count
      var schedule = DiscountSchedule(horizon.terms)
      while let month = schedule.monthTaken() {
        sum.discountedOrders +=
          orders(horizon.endOfMonth(month, of: schedule.months)) * schedule.nextWeight() / count
      }
      if let reference = horizon.reference { sum.referenceOrders += orders(reference) / count }
    }
    var factor = exp(model.calibration.logLevel)
    if let correction = model.calibration.correction {
      factor *= correction.factor(
        expectedOrders: sum.referenceOrders, repeatOrders: subject.history.repeatOrders,
        idleDays: subject.idleDays, recent: subject.recent)
    }
    let spend = GammaGamma(model.spend).expectedSpend(
      repeatOrders: subject.history.repeatOrders, meanSpend: subject.meanSpend)
    return CustomerScore(
      aliveProbability: sum.aliveProbability, churnProbability: sum.churnProbability,
      expectedOrders: sum.expectedOrders * factor, expectedSpendPerOrder: spend,
      lifetimeValue: sum.discountedOrders * factor * spend * horizon.terms.margin)
  }

  /// The largest relative errors of the five scores.
  static func compare(
    _ scores: [CustomerScore], _ model: CustomerModel, _ subjects: [ScoreSubject],
    _ horizon: ScoreHorizon
  ) -> [WorstError] {
    var worst = [WorstError](repeating: WorstError(), count: 5)
    for (score, subject) in zip(scores, subjects) {
      let truth = exact(model, subject, horizon)
      let place = "\(subject.history)"
      worst[0].add(score.aliveProbability, truth.aliveProbability, place)
      worst[1].add(score.churnProbability, truth.churnProbability, place)
      worst[2].add(score.expectedOrders, truth.expectedOrders, place)
      worst[3].add(score.expectedSpendPerOrder, truth.expectedSpendPerOrder, place)
      worst[4].add(score.lifetimeValue, truth.lifetimeValue, place)
    }
    return worst
  }

  @Test(
    "all five scores are within 1e-9 of the exact functions over the whole table",
    arguments: parameters.indices)
  func exactness(set: Int) throws {
    let (kind, values) = Self.parameters[set]
    let model = CustomerModel(
      purchase: try PurchaseParameters(kind, values), spend: CDNOWMaximum.spend)
    for (days, rate, xMax) in [
      (273.0, 0.1, 63), (7, 0, kind.stages == 1 ? 300 : 63),
    ] {
      let horizon = ScoreHorizon(try Self.terms(days, rate))
      let tables = try #require(
        OutlookTables(model, horizon, repeatOrdersMax: xMax, ageDaysMax: 3650))
      let subjects = Self.subjects(
        400, repeatOrdersMax: xMax, ageMax: 3650, seed: UInt64(set) + 100)
      let scores = Self.batch(model, subjects, horizon, tables)
      let worst = Self.compare(scores, model, subjects, horizon)
      print(
        "\(kind) \(values), \(days) days: errors \(worst.map(\.error)), of the pieces "
          + "\(tables.largestError), \(tables.failures) not used, \(tables.bytes) bytes, seed \(set + 100)"
      )
      for error in worst { #expect(error.error < 1e-9, "\(kind) \(error.place)") }
      // It must be the table that was tested.
      #expect(tables.failures < tables.bytes / 480)
    }
  }

  @Test("a customer gets the same bits alone and among others, inside the table and outside")
  func bits() throws {
    let model = CustomerModelTests.models[0]
    let horizon = ScoreHorizon(try Self.terms(273, 0.1))
    let tables = try #require(
      OutlookTables(model, horizon, repeatOrdersMax: 20, ageDaysMax: 1000))
    let subjects = Self.subjects(150, repeatOrdersMax: 40, ageMax: 2000, seed: 5)
    let together = Self.batch(model, subjects, horizon, tables)
    var outside = 0
    for (subject, score) in zip(subjects, together) {
      let alone = Self.batch(model, [subject], horizon, tables)[0]
      #expect(CustomerModelTests.bits(alone) == CustomerModelTests.bits(score), "\(subject)")
      if subject.history.repeatOrders > 20 || subject.history.ageDays > 1000 {
        outside += 1
        let exact = model.score(subject, horizon)
        #expect(CustomerModelTests.bits(exact) == CustomerModelTests.bits(score), "\(subject)")
      }
    }
    #expect(outside > 30 && outside < 140)
    let shifted = Self.batch(model, Array(subjects.dropFirst(5)), horizon, tables)
    #expect(
      shifted.map(CustomerModelTests.bits) == together.dropFirst(5).map(CustomerModelTests.bits))
  }

  @Test("what is no customer of the table is answered by the exact path and read nowhere")
  func strange() throws {
    let model = CustomerModelTests.models[1]
    let horizon = ScoreHorizon(try Self.terms(273, 0.1))
    let tables = try #require(
      OutlookTables(model, horizon, repeatOrdersMax: 8, ageDaysMax: 1000))
    let histories = [
      PurchaseHistory(repeatOrders: 1e15, recencyDays: 3, ageDays: 4),
      PurchaseHistory(repeatOrders: 9, recencyDays: 30, ageDays: 1000),
      PurchaseHistory(repeatOrders: 8, recencyDays: 30, ageDays: 1000.5),
      PurchaseHistory(repeatOrders: 1.5, recencyDays: 3, ageDays: 40),
      PurchaseHistory(repeatOrders: 8, recencyDays: 1, ageDays: 2),
      PurchaseHistory(repeatOrders: 2, recencyDays: 3, ageDays: 1e300),
    ]
    let subjects = histories.map { ScoreSubject(history: $0, meanSpend: 3) }
    let scores = Self.batch(model, subjects, horizon, tables)
    for (subject, score) in zip(subjects, scores) {
      let exact = model.score(subject, horizon)
      #expect(CustomerModelTests.bits(score) == CustomerModelTests.bits(exact), "\(subject)")
    }
  }

  @Test("every build that this processor can run gives the same scores, to roundings")
  func builds() throws {
    let model = CustomerModelTests.models[1]
    let horizon = ScoreHorizon(try Self.terms(273, 0.1))
    var tables = try #require(
      OutlookTables(model, horizon, repeatOrdersMax: 63, ageDaysMax: 3650))
    let subjects = Self.subjects(300, repeatOrdersMax: 63, ageMax: 3650, seed: 6)
    for level in Processor.Level.allCases where level.rawValue <= Processor.level.rawValue {
      tables.level = level
      let worst = Self.compare(
        Self.batch(model, subjects, horizon, tables), model, subjects, horizon)
      print("\(level): \(worst.map(\.error))")
      for error in worst { #expect(error.error < 1e-10, "\(error.place)") }
    }
  }

  @Test("blends, season, level and correction all go through the tables")
  func calibrated() throws {
    let purchases = [
      ScoreSubjectTests.purchases[2],
      try PurchaseParameters(.mbgCNBD2, SIMD4(0.6, 25, 0.8, 2.2)),
      ScoreSubjectTests.purchases[1],
    ]
    var calibration = Calibration()
    for step in 0..<4 {
      if step == 1 { calibration.logLevel = -0.25 }
      if step == 2 { calibration.clock = try ScoreSubjectTests.clock() }
      if step == 3 { calibration.correction = try ScoreSubjectTests.correction() }
      let model = CustomerModel(
        purchases: purchases, spend: CDNOWMaximum.spend, calibration: calibration)
      let horizon = ScoreHorizon(
        try Self.terms(273, 0.1), under: calibration, from: 10_134)
      let tables = try #require(
        OutlookTables(model, horizon, repeatOrdersMax: 30, ageDaysMax: 2000))
      let subjects = Self.subjects(200, repeatOrdersMax: 30, ageMax: 2000, seed: 9)
      let worst = Self.compare(
        Self.batch(model, subjects, horizon, tables), model, subjects, horizon)
      print("step \(step): \(worst.map(\.error))")
      for error in worst { #expect(error.error < 1e-9, "\(error.place)") }
    }
  }
}
