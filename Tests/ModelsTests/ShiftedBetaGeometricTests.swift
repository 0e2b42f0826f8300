// The shifted beta-geometric model: reference, corners, derivatives, known maxima, little data.

import Testing

@testable import Models

@Suite("ShiftedBetaGeometric")
struct ShiftedBetaGeometricTests {
  /// A cohort of Fader and Hardie 2007 with its maximum and what the reference says of it.
  struct Known: Sendable, CustomStringConvertible {
    let name: String
    let counts: [Int]
    let alpha: Double
    let beta: Double
    let logLikelihood: Double
    /// From second derivatives of ln L with 40 digits.
    let errors: (alpha: Double, beta: Double)
    let lifetime: Double
    let printed: (alpha: Double, beta: Double, logLikelihood: Double)
    let periods: String
    let residual: String

    var description: String { name }

    var model: ShiftedBetaGeometric {
      ShiftedBetaGeometric(RenewalParameters(trustedAlpha: alpha, beta: beta))
    }
  }

  static let known = [
    Known(
      name: "Regular", counts: [1000, 631, 468, 382, 326, 289, 262, 241],
      alpha: 0.7040772984735162, beta: 1.1820430262094757, logLikelihood: -1680.265188463287,
      errors: (0.065598964234037, 0.15247563167591), lifetime: 3.694908427512111,
      printed: (0.704, 1.182, -1680.3), periods: DiscreteFigures.regularPeriods,
      residual: DiscreteFigures.regularResidual),
    Known(
      name: "High End", counts: [1000, 869, 743, 653, 593, 551, 517, 491],
      alpha: 0.6680883511064463, beta: 3.806094964058267, logLikelihood: -1611.1581473911565,
      errors: (0.10373493114956, 0.78553169177571), lifetime: 5.922253495783275,
      printed: (0.668, 3.806, -1611.2), periods: DiscreteFigures.highEndPeriods,
      residual: DiscreteFigures.highEndResidual),
  ]

  @Test("survival, retention, churn and lifetimes are the reference's", arguments: known)
  func reference(cohort: Known) throws {
    var (periods, lifetimes) = (WorstError(), WorstError())
    let model = cohort.model
    let rows = try Figure.rows(cohort.periods)
    #expect(rows.count == 20)
    #expect(try model.survival(afterPeriods: 0) == 1)
    for row in rows {
      let (t, n) = (Int(row.numbers[0]), row.numbers)
      periods.add(try model.survival(afterPeriods: t), n[1], "S \(t)")
      periods.add(try model.retention(inPeriod: t), n[2], "r \(t)")
      periods.add(try model.leavingProbability(inPeriod: t), n[3], "P \(t)")
    }
    for row in try Figure.rows(cohort.residual) {
      let n = Int(row.numbers[0])
      lifetimes.add(
        try model.expectedResidualLifetime(beforeRenewal: n, discountRate: 0.1), row.numbers[1],
        "DERL \(n)")
    }
    lifetimes.add(try model.expectedLifetime(discountRate: 0.1), cohort.lifetime, "new")
    print("\(cohort): S, r, P \(periods.error), lifetimes \(lifetimes.error)")
    #expect(periods.error < 1e-13, "\(periods.place)")
    #expect(lifetimes.error < 1e-13, "\(lifetimes.place)")
  }

  @Test("60 random corners are exact")
  func corners() throws {
    var (survival, leaving) = (WorstError(), WorstError())
    var (residual, new) = (WorstError(), WorstError())
    let rows = try Figure.rows(DiscreteFigures.renewalCorners)
    #expect(rows.count == 60)
    for row in rows {
      let n = row.numbers
      let model = ShiftedBetaGeometric(try RenewalParameters(alpha: n[0], beta: n[1]))
      let t = Int(n[2])
      survival.add(try model.survival(afterPeriods: t), n[4], "\(row)")
      leaving.add(try model.leavingProbability(inPeriod: t), n[5], "\(row)")
      residual.add(
        try model.expectedResidualLifetime(beforeRenewal: t, discountRate: n[3]), n[6], "\(row)")
      new.add(try model.expectedLifetime(discountRate: n[3]), n[7], "\(row)")
    }
    print(
      "corners: S \(survival.error), P \(leaving.error), DERL \(residual.error), "
        + "new \(new.error)")
    #expect(survival.error < 1e-12, "\(survival.place)")
    #expect(leaving.error < 1e-12, "\(leaving.place)")
    #expect(residual.error < 1e-13, "\(residual.place)")
    #expect(new.error < 1e-13, "\(new.place)")
  }

  @Test("the corners of all ranges give numbers, never more than there can be")
  func ranges() throws {
    let shapes = RenewalParameters.shapeRange
    for alpha in [shapes.lowerBound, 1, shapes.upperBound] {
      for beta in [shapes.lowerBound, 1, shapes.upperBound] {
        let model = ShiftedBetaGeometric(try RenewalParameters(alpha: alpha, beta: beta))
        for t in [1, Discrete.periodsMax] {
          for share in [
            try model.survival(afterPeriods: t), try model.retention(inPeriod: t),
            try model.leavingProbability(inPeriod: t),
          ] { #expect(share >= 0 && share <= 1, "\(model) \(t) \(share)") }
          for rate in [Discrete.discountRange.lowerBound, 0.1, Discrete.discountRange.upperBound] {
            let most = (1 + rate) / rate * (1 + 1e-14)
            let rest = try model.expectedResidualLifetime(beforeRenewal: t, discountRate: rate)
            #expect(rest >= 0 && rest <= most, "\(model) \(t) \(rate) \(rest)")
            let new = try model.expectedLifetime(discountRate: rate)
            #expect(new >= 1 - 1e-14 && new <= most, "\(model) \(rate) \(new)")
          }
        }
      }
    }
  }

  @Test("a cohort's fit is the reference's and what the paper prints", arguments: known)
  func fit(cohort: Known) throws {
    let counts = try RenewalCohort(counts: cohort.counts)
    let fit = ShiftedBetaGeometricFit.fit(counts)
    print("\(cohort):", fit)
    #expect(abs(cohort.model.logLikelihood(of: counts) / cohort.logLikelihood - 1) < 1e-13)
    #expect(abs(fit.logLikelihood / cohort.logLikelihood - 1) < 1e-13)
    #expect(abs(fit.parameters.alpha / cohort.alpha - 1) < 1e-10)
    #expect(abs(fit.parameters.beta / cohort.beta - 1) < 1e-10)
    #expect(abs(fit.parameters.alpha - cohort.printed.alpha) < 5e-4)
    #expect(abs(fit.parameters.beta - cohort.printed.beta) < 5e-4)
    #expect(abs(fit.logLikelihood - cohort.printed.logLikelihood) < 0.05)
    let errors = try #require(fit.standardErrors)
    #expect(abs(errors.alpha / cohort.errors.alpha - 1) < 1e-10)
    #expect(abs(errors.beta / cohort.errors.beta - 1) < 1e-10)
    #expect(fit.converged && fit.warnings.isEmpty, "\(fit.warnings)")
    #expect(fit.customers == 1000 && fit.periods == 7)
  }

  @Test("survival beyond the fitted years is the known projection")
  func beyond() throws {
    for (cohort, percents) in zip(
      Self.known, [[22.0, 20.4, 19.1, 18.0, 17.0], [46.0, 43.6, 41.4, 39.5, 37.8]])
    {
      for (year, percent) in zip(8..., percents) {
        #expect(abs(try cohort.model.survival(afterPeriods: year) * 100 - percent) < 0.051)
      }
    }
  }

  @Test("every sane start leads to the same maximum", arguments: known)
  func starts(cohort: Known) throws {
    let counts = try RenewalCohort(counts: cohort.counts)
    var most = 0
    for alpha in [0.001, 0.05, 1, 20, 900] {
      for beta in [0.001, 0.05, 1, 20, 900] {
        let fit = ShiftedBetaGeometricFit.fit(
          counts, start: try RenewalParameters(alpha: alpha, beta: beta))
        #expect(abs(fit.logLikelihood - cohort.logLikelihood) < 1e-8, "\(alpha) \(beta) \(fit)")
        #expect(fit.converged, "\(alpha) \(beta)")
        most = max(most, fit.iterations)
      }
    }
    print("\(cohort): at most \(most) iterations from 25 starts")
  }

  @Test("gradient and Hessian are the differences of the likelihood")
  func derivatives() throws {
    var (first, second) = (WorstError(), WorstError())
    let cohort = try RenewalCohort(counts: [90, 50, 49, 49, 20, 3, 0, 0])
    for point in [SIMD4(0.7, 1.2, 1, 1), SIMD4(0.01, 30, 1, 1), SIMD4(400, 0.02, 1, 1)] {
      Self.compare(at: point, places: 2, &first, &second) { point in
        ShiftedBetaGeometric(RenewalParameters(trustedAlpha: point[0], beta: point[1]))
          .curvature(of: cohort)
      }
    }
    print("derivatives: first \(first.error), second \(second.error)")
    #expect(first.error < 1e-9, "\(first.place)")
    #expect(second.error < 1e-9, "\(second.place)")
  }

  /// Compares derivatives with differences over five points, in the logarithms of parameters.
  static func compare(
    at point: SIMD4<Double>, places: Int, _ first: inout WorstError, _ second: inout WorstError,
    _ curvature: (SIMD4<Double>) -> Curvature
  ) {
    let here = curvature(point)
    let scale = 1 + abs(here.value)
    for i in 0..<places {
      var step = SIMD4<Double>.zero
      step[i] = point[i] * 1e-3
      let around = [1.0, -1, 2, -2].map { curvature(point + $0 * step) }
      // The error is of the fourth power of the step.
      func slope(_ value: (Curvature) -> Double) -> Double {
        let v = around.map(value)
        return (8 * (v[0] - v[1]) - v[2] + v[3]) / (12 * step[i])
      }
      let exact = here.gradient[i] * point[i]
      first.add(slope(\.value) * point[i] + scale, exact + scale, "\(point) \(i)")
      for j in 0..<places {
        second.add(
          slope { $0.gradient[j] } * point[i] * point[j] + scale,
          here.hessian[i][j] * point[i] * point[j] + scale, "\(point) \(i) \(j)")
      }
    }
  }

  /// Cohorts in which the maximum is not inside, or hardly.
  static let degenerate: [(name: String, counts: [Int], mean: ClosedRange<Double>)] = [
    ("nobody leaves", [100, 100, 100, 100], 0.99...1),
    ("nobody leaves, one period", [100, 100], 0.99...1),
    ("everybody leaves", [100, 0], 0...0.01),
    ("everybody leaves, and time goes on", [100, 0, 0, 0], 0...0.01),
    ("one period", [1000, 631], 0.631 - 1e-12...0.631 + 1e-12),
    ("one customer", [1, 1], 0.5...1),
    ("one customer who left", [1, 1, 0], 0...1),
    ("the same churn each year", [1024, 512, 256, 128, 64, 32], 0.49...0.51),
    ("churn that grows", [1000, 900, 700, 300, 10], 0.6...0.8),
    ("who stays once stays for ever", [1000, 400, 400, 400, 400], 0.39...0.41),
    (
      "more customers than a float counts",
      [RenewalCohort.customersMax, RenewalCohort.customersMax / 3, 7], 0...1
    ),
  ]

  @Test(
    "degenerate cohorts get bounded, usable parameters and the truth",
    arguments: degenerate.indices)
  func degenerateCohorts(index: Int) throws {
    let (name, counts, mean) = Self.degenerate[index]
    let fit = ShiftedBetaGeometricFit.fit(try RenewalCohort(counts: counts))
    print(name, fit)
    _ = try RenewalParameters(alpha: fit.parameters.alpha, beta: fit.parameters.beta)
    #expect(fit.logLikelihood.isFinite)
    #expect(!fit.converged && fit.warnings.count >= 1, "\(name)")
    for warning in fit.warnings { #expect(warning.hasSuffix(".")) }
    let model = ShiftedBetaGeometric(fit.parameters)
    #expect(mean.contains(try model.survival(afterPeriods: 1)), "\(name)")
    let lifetime = try model.expectedLifetime(discountRate: 0.1)
    #expect(lifetime >= 1 && lifetime <= 11 + 1e-9, "\(name) \(lifetime)")
  }

  @Test("what cannot be is refused with its place")
  func refusals() throws {
    func refusal(_ make: () throws(ModelError) -> Void) -> String {
      do throws(ModelError) {
        try make()
        return "accepted"
      } catch {
        return error.description
      }
    }
    for (counts, start) in [
      ([], "number of periods in the cohort is -1.0,"),
      ([5], "number of periods in the cohort is 0.0,"),
      ([0, 0], "count at the start is 0.0,"),
      ([9, 8, -1], "count after period 2 is -1.0, but must be between 0.0 and 8.0."),
      ([9, 8, 8, 9], "count after period 3 is 9.0, but must be between 0.0 and 8.0."),
    ] as [([Int], String)] {
      let text = refusal { () throws(ModelError) in _ = try RenewalCohort(counts: counts) }
      #expect(text.hasPrefix(start), "\(text)")
    }
    for bad in ModelErrorTests.bad {
      #expect(
        refusal { () throws(ModelError) in _ = try RenewalParameters(alpha: bad, beta: 1) }
          .hasPrefix("alpha is"))
      #expect(
        refusal { () throws(ModelError) in _ = try RenewalParameters(alpha: 1, beta: bad) }
          .hasPrefix("beta is"))
    }
    let model = Self.known[0].model
    for bad in [0, -1, Double.nan, .infinity, 1e-7, 1e4] {
      #expect(throws: ModelError.self) { try model.expectedLifetime(discountRate: bad) }
      #expect(throws: ModelError.self) {
        try model.expectedResidualLifetime(beforeRenewal: 1, discountRate: bad)
      }
    }
    for bad in [-1, Discrete.periodsMax + 1, .max, .min] {
      #expect(throws: ModelError.self) { try model.survival(afterPeriods: bad) }
      #expect(throws: ModelError.self) { try model.retention(inPeriod: bad) }
      #expect(throws: ModelError.self) { try model.leavingProbability(inPeriod: bad) }
    }
    #expect(throws: ModelError.self) { try model.retention(inPeriod: 0) }
  }
}
