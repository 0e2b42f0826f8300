// Scores of blended and calibrated models: against the formulas over single models.

import Testing

@testable import Models

@Suite("CustomerModel: blend and calibration")
struct ScoreSubjectTests {
  static let purchases = [
    PurchaseParameters(trusted: .bgNBD, CDNOWMaximum.bgNBD.values * SIMD4(1, 7, 1, 1)),
    PurchaseParameters(trusted: .mbgNBD, CDNOWMaximum.mbgNBD.values * SIMD4(1, 7, 1, 1)),
    PurchaseParameters(trusted: .paretoNBD, SIMD4(0.553, 74.046, 0.606, 81.664)),
  ]

  /// Fast at the end of the year.
  static func clock() throws -> SeasonClock {
    try SeasonClock(speeds: (0..<24).map { $0 < 20 ? 0.75 : 2.25 })
  }

  static func correction() throws -> Correction {
    try Correction(
      referenceDays: 90, intercept: 0.125, weights: [0.25, -0.125, 0.5, -0.25, 0.125],
      means: [-2, 0.75, 0, 4, -0.5], deviations: [1, 0.5, 1, 1.5, 0.25])
  }

  private func model(
    _ purchases: [PurchaseParameters], _ calibration: Calibration = .none
  ) -> CustomerModel {
    CustomerModel(purchases: purchases, spend: CDNOWMaximum.spend, calibration: calibration)
  }

  private func subjects(_ count: Int, seed: UInt64) -> [ScoreSubject] {
    let (histories, spend) = CustomerModelTests.histories(count, seed: seed)
    return zip(histories, spend).enumerated().map { place, pair in
      ScoreSubject(
        history: pair.0, meanSpend: pair.1, idleDays: pair.0.ageDays - pair.0.recencyDays,
        recent: RecentOrders(month: Double(place % 3), reference: Double(place % 7)))
    }
  }

  private func batch(
    _ model: CustomerModel, _ subjects: [ScoreSubject], _ horizon: ScoreHorizon
  ) -> [CustomerScore] {
    var scores = subjects.map { model.score($0, horizon) }
    let blank = CustomerScore(
      aliveProbability: -1, churnProbability: -1, expectedOrders: -1, expectedSpendPerOrder: -1,
      lifetimeValue: -1)
    for place in scores.indices { scores[place] = blank }
    var room = scores.mutableSpan
    model.score(subjects.span, horizon, into: &room)
    return scores
  }

  @Test("a score of a blend is the mean of its models' scores, of two and of three")
  func mean() throws {
    let terms = try CustomerModelTests.terms(273, 0.1)
    let horizon = ScoreHorizon(terms)
    for count in 1...3 {
      let blend = model(Array(Self.purchases.prefix(count)))
      #expect(blend.purchases == Array(Self.purchases.prefix(count)))
      let single = Self.purchases.prefix(count).map { model([$0]) }
      for subject in subjects(60, seed: 3) {
        let score = blend.score(subject, horizon)
        let parts = single.map { $0.score(subject, horizon) }
        func mean(_ path: KeyPath<CustomerScore, Double>) -> Double {
          parts.reduce(0) { $0 + $1[keyPath: path] } / Double(count)
        }
        for path in [
          \CustomerScore.aliveProbability, \.churnProbability, \.expectedOrders, \.lifetimeValue,
        ] {
          let (given, wanted) = (score[keyPath: path], mean(path))
          #expect(abs(given - wanted) <= 1e-14 * wanted, "\(subject)")
        }
        #expect(score.expectedSpendPerOrder == parts[0].expectedSpendPerOrder)
      }
    }
  }

  @Test("a customer gets the same bits alone and in a batch, whatever the model carries")
  func bits() throws {
    var calibration = Calibration()
    for step in 0..<4 {
      if step == 1 { calibration.logLevel = -0.25 }
      if step == 2 { calibration.clock = try Self.clock() }
      if step == 3 { calibration.correction = try Self.correction() }
      for horizonDays in [1, 273, 900.0] {
        let terms = try CustomerModelTests.terms(horizonDays, 0.1)
        let horizon = ScoreHorizon(terms, under: calibration, from: 10_134)
        for purchases in [
          [Self.purchases[1]], [Self.purchases[2]], [Self.purchases[0], Self.purchases[2]],
          Self.purchases,
        ] {
          let blend = model(purchases, calibration)
          let subjects = subjects(19, seed: 5)
          let alone = subjects.map { CustomerModelTests.bits(blend.score($0, horizon)) }
          let together = batch(blend, subjects, horizon).map(CustomerModelTests.bits)
          #expect(alone == together, "step \(step), \(horizonDays) days, \(purchases.count)")
        }
      }
    }
  }

  @Test("a calibration that changes nothing changes no bit, wherever the day lies")
  func nothing() throws {
    var calibration = Calibration()
    calibration.clock = try SeasonClock(speeds: [Double](repeating: 3, count: 24))
    #expect(calibration.clock.isEven && calibration == .none)
    let terms = try CustomerModelTests.terms(273, 0.1)
    for purchase in Self.purchases {
      let plain = CustomerModel(purchase: purchase, spend: CDNOWMaximum.spend)
      for subject in subjects(40, seed: 8) {
        let score = model([purchase], calibration)
          .score(subject, ScoreHorizon(terms, under: calibration, from: 10_134.5))
        let before = plain.score(subject.history, meanSpend: subject.meanSpend, terms: terms)
        #expect(CustomerModelTests.bits(score) == CustomerModelTests.bits(before))
      }
    }
    let history = PurchaseHistory(
      repeatOrders: 2, firstDay: 9_862, lastDay: 10_075, asOf: 10_134, clock: .even)
    #expect(history == PurchaseHistory(repeatOrders: 2, recencyDays: 213, ageDays: 272))
  }

  @Test("level and correction multiply expected orders and lifetime value, and nothing else")
  func factor() throws {
    var calibration = Calibration()
    calibration.logLevel = 0.25
    let correction = try Self.correction()
    calibration.correction = correction
    let terms = try CustomerModelTests.terms(273, 0.1)
    let (plain, corrected) = (model(Self.purchases), model(Self.purchases, calibration))
    let reference = ScoreHorizon(try CustomerModelTests.terms(90, 0))
    for subject in subjects(60, seed: 9) {
      let before = plain.score(subject, ScoreHorizon(terms))
      let after = corrected.score(subject, ScoreHorizon(terms, under: calibration, from: 7))
      let factor =
        exp(0.25)
        * correction.factor(
          expectedOrders: plain.score(subject, reference).expectedOrders,
          repeatOrders: subject.history.repeatOrders, idleDays: subject.idleDays,
          recent: subject.recent)
      #expect(after.aliveProbability == before.aliveProbability)
      #expect(after.churnProbability == before.churnProbability)
      #expect(after.expectedSpendPerOrder == before.expectedSpendPerOrder)
      let (orders, value) = (before.expectedOrders * factor, before.lifetimeValue * factor)
      #expect(abs(after.expectedOrders - orders) <= 1e-13 * orders)
      #expect(abs(after.lifetimeValue - value) <= 1e-13 * value)
    }
  }

  @Test("under a season a score looks as far as the clock will run, so farther in high season")
  func season() throws {
    var calibration = Calibration()
    calibration.clock = try Self.clock()
    let seasonal = model(Self.purchases, calibration)
    let plain = model(Self.purchases)
    let terms = try CustomerModelTests.terms(60, 0)
    let subject = subjects(3, seed: 4)[2]
    // From February and from November of 1997 on no speed changes within the horizon.
    for (day, speed) in [(9_893.0, 0.75), (10_166.5, 2.25)] {
      let score = seasonal.score(subject, ScoreHorizon(terms, under: calibration, from: day))
      let far = plain.score(subject, ScoreHorizon(try CustomerModelTests.terms(60 * speed, 0)))
      #expect(abs(score.expectedOrders - far.expectedOrders) < 1e-12)
      #expect(abs(score.churnProbability - far.churnProbability) < 1e-12)
      // The months end by the clock as well; their discount is that of the calendar.
      let months = ScoreHorizon(terms, under: calibration, from: day)
      #expect(abs(months.endOfMonth(1, of: 2) - ScoreTerms.monthDays * speed) < 1e-9)
      #expect(abs(months.end - 60 * speed) < 1e-9)
    }
    // What is past is counted by the clock too.
    let history = PurchaseHistory(
      repeatOrders: 1, firstDay: 9_893, lastDay: 9_900, asOf: 9_913, clock: calibration.clock)
    #expect(abs(history.recencyDays - 7 * 0.75) < 1e-9 && abs(history.ageDays - 15) < 1e-9)
  }

  @Test("no horizon and no correction in range makes a score that is not a number")
  func finite() throws {
    var calibration = Calibration()
    calibration.clock = try SeasonClock(
      speeds: (0..<24).map { $0 == 0 ? 1e-3 : 23.999 / 23 })
    calibration.logLevel = 2
    for intercept in [-20, 20.0] {
      calibration.correction = try Correction(
        referenceDays: 36_525, intercept: intercept, weights: [1e6, -1e6, 1e6, 0, 1e6],
        means: [-1e6, 1e6, 0, 1e6, 0], deviations: [1e-6, 1e6, 1, 1, 1e-6])
      let blend = model(Self.purchases, calibration)
      for horizonDays in [1e-9, 1, 3_653] {
        // 1 January of 1998, when the clock all but stands.
        let horizon = ScoreHorizon(
          try CustomerModelTests.terms(horizonDays, 0.1), under: calibration, from: 10_228)
        for subject in subjects(12, seed: 6) {
          let score = blend.score(subject, horizon)
          for number in [
            score.aliveProbability, score.churnProbability, score.expectedOrders,
            score.lifetimeValue,
          ] {
            #expect(number.isFinite && number >= 0, "\(subject), \(horizonDays) days")
          }
        }
      }
    }
  }

  @Test("speeds that would leave their range when their mean is made 1 are refused")
  func normalised() throws {
    var speeds = [Double](repeating: 1e-3, count: 24)
    speeds[5] = 1e3
    #expect(throws: ModelError.self) { try SeasonClock(speeds: speeds) }
    // And what was accepted is accepted again, bit by bit.
    let once = try SeasonClock(speeds: (0..<24).map { 0.1 + Double($0 * $0) / 7 })
    #expect(try SeasonClock(speeds: once.speeds) == once)
  }
}
