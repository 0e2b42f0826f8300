// The fits of the purchase models: known maxima, any start, simulated shops, degenerate data.

import Testing

@testable import Models

@Suite("PurchaseFit")
struct PurchaseFitTests {
  static func grouped(_ rows: [(x: Int32, recency: Int32, age: Int32)]) throws -> GroupedHistories {
    // Named, for the compiler (6.3.1) fails on spans of temporaries in a call that throws.
    let (x, recency, age) = (rows.map(\.x), rows.map(\.recency), rows.map(\.age))
    return try GroupedHistories(
      repeatOrders: x.span, recencyDays: recency.span, ageDays: age.span)
  }

  /// Of the CDNOW sample in weeks: parameters, log-likelihood, standard errors; computed elsewhere
  /// with more digits.
  static let maxima: [PurchaseModelKind: (SIMD4<Double>, Double, SIMD4<Double>)] = [
    .bgNBD: (
      CDNOWMaximum.bgNBD.values, -9582.429206673931,
      SIMD4(0.0125573780679, 0.378224059854, 0.185733821372, 0.705414259795)
    ),
    .mbgNBD: (
      CDNOWMaximum.mbgNBD.values, -9582.135715553750,
      SIMD4(0.0832682065798, 0.695620642509, 0.154789927778, 0.53749479824)
    ),
    .paretoNBD: (
      SIMD4(0.5532770468531796, 10.577683463302314, 0.6062399891278263, 11.66873528885501),
      -9594.976178939543, SIMD4(0.047628, 0.842723, 0.187281, 6.211114)
    ),
  ]

  /// Whether a fit is what the reference found: 5 significant digits, 1e-4 of log-likelihood.
  static func expectMaximum(_ fit: PurchaseFit, _ note: String) {
    guard let (truth, likelihood, _) = maxima[fit.parameters.kind] else {
      Issue.record("no maximum is known of \(fit.parameters.kind)")
      return
    }
    #expect(abs(fit.logLikelihoodWeeks - likelihood) < 1e-7, "\(note)")
    for (place, parameter) in fit.parameters.kind.parameters.enumerated() {
      let fitted = fit.parameters.values[place] / (parameter.isTime ? 7 : 1)
      #expect(abs(fitted / truth[place] - 1) < 1e-6, "\(parameter.name) \(fitted), \(note)")
    }
    #expect(fit.converged && fit.warnings.isEmpty, "\(fit.warnings)")
  }

  @Test("the CDNOW sample has the published maximum", arguments: Array(maxima.keys))
  func cdnow(kind: PurchaseModelKind) throws {
    let histories = try CDNOWSample.histories()
    #expect(histories.customers == 2357 && histories.groups.count == 1016)
    let fit = try PurchaseFit.fit(kind: kind, histories: histories)
    print("CDNOW sample:", fit)
    Self.expectMaximum(fit, "own start")
    let errors = try #require(fit.standardErrors)
    let exact = try #require(Self.maxima[kind]).2
    for (place, parameter) in kind.parameters.enumerated() {
      let error = errors[place] / (parameter.isTime ? 7 : 1)
      // As many digits as are known.
      #expect(abs(error / exact[place] - 1) < 2e-5, "\(parameter.name)")
    }
  }

  @Test("every sane start leads to the same maximum", arguments: Array(maxima.keys))
  func starts(kind: PurchaseModelKind) throws {
    let histories = try CDNOWSample.histories()
    var most = 0
    for r in [0.05, 1, 8] {
      for alpha in [0.5, 30, 2000] {
        for (a, b) in [(0.05, 0.05), (0.1, 10), (1, 1), (10, 0.2), (20, 60)] {
          // Pareto/NBD's last is a time in days.
          let start = SIMD4(r, alpha, a, kind == .paretoNBD ? 30 * b : b)
          let fit = try PurchaseFit.fit(kind: kind, histories: histories, start: start)
          Self.expectMaximum(fit, "\(start)")
          most = max(most, fit.iterations)
        }
      }
    }
    print("\(kind.name): at most \(most) iterations from 45 starts")
  }

  @Test("gradient and Hessian are the differences of the likelihood")
  func derivatives() throws {
    var (worst, second) = (WorstError(), WorstError())
    let histories = try Self.grouped([
      (0, 0, 0), (0, 0, 200), (1, 40, 41), (3, 100, 270), (29, 200, 270), (60, 70, 300),
    ])
    for kind in PurchaseModelKind.allCases {
      let curvature = kind.fitPlan.curvature(histories, Alone())
      for point in [SIMD4(0.24, 31, 0.79, 2.4), SIMD4(3, 200, 0.05, 0.2), SIMD4(0.1, 5, 20, 60)] {
        let here = curvature(point)
        for i in 0..<4 {
          var step = SIMD4<Double>.zero
          step[i] = point[i] * 1e-4
          func around(_ factor: Double) -> Curvature {
            curvature(point + factor * step)
          }
          // Five points: the error is of the fourth power of the step.
          func slope(_ value: (Curvature) -> Double) -> Double {
            (8 * (value(around(1)) - value(around(-1))) - value(around(2)) + value(around(-2)))
              / (12 * step[i])
          }
          worst.add(
            slope(\.value) * point[i] + 100, here.gradient[i] * point[i] + 100, "\(kind) \(i)")
          for j in 0..<4 {
            second.add(
              slope { $0.gradient[j] } * point[i] * point[j] + 100,
              here.hessian[i][j] * point[i] * point[j] + 100, "\(kind) \(i) \(j)")
          }
        }
      }
    }
    print("derivatives: first \(worst.error), second \(second.error)")
    #expect(worst.error < 1e-9, "\(worst.place)")
    #expect(second.error < 1e-9, "\(second.place)")
  }

  @Test("the likelihood of a group is the sum over its customers")
  func likelihoodSums() throws {
    let histories = try CDNOWSample.histories()
    let point = SIMD4(0.3, 35, 0.7, 2)
    for kind in PurchaseModelKind.allCases {
      let model = try PurchaseParameters(kind, point).model
      var sum = 0.0
      var gradient = SIMD4<Double>.zero
      for group in histories.groups {
        sum += Double(group.customers) * model.logLikelihood(of: group.history)
        gradient += Double(group.customers) * model.logLikelihoodGradient(of: group.history)
      }
      let whole = kind.fitPlan.curvature(histories, Alone())(point)
      #expect(abs(whole.value / sum - 1) < 1e-13)
      for i in 0..<4 { #expect(abs(whole.gradient[i] / gradient[i] - 1) < 1e-10) }
    }
  }

  @Test(
    "a simulated shop's parameters are recovered within four standard errors",
    arguments: [1, 2, 3] as [UInt64])
  func recovery(seed: UInt64) throws {
    for kind in PurchaseModelKind.betaGeometric {
      let truth = try BetaGeometricParameters(r: 0.8, alpha: 60, a: 0.7, b: 3)
      let shop = SimulatedShop(
        kind: kind, purchase: truth, spend: CDNOWMaximum.spend, seed: seed, firstDays: 0...200,
        endDay: 730)
      let histories = try GroupedHistories(of: shop, customers: 3000)
      let fit = try PurchaseFit.fit(kind: kind, histories: histories)
      print("recovered, seed \(seed):", fit.parameters, fit.standardErrors as Any)
      #expect(fit.converged)
      let errors = try #require(fit.standardErrors)
      for i in 0..<4 {
        #expect(abs(fit.parameters.values[i] - truth.values[i]) < 4 * errors[i], "\(i)")
      }
    }
  }

  @Test("no customers is an error with a sentence")
  func empty() throws {
    let histories = try Self.grouped([])
    #expect(throws: ModelError.noCustomers) {
      try PurchaseFit.fit(kind: .bgNBD, histories: histories)
    }
    #expect(ModelError.noCustomers.description == "There are no customers to fit a model to.")
  }

  /// Shops in which the maximum is not inside, or hardly.
  static let degenerate: [(name: String, rows: [(x: Int32, recency: Int32, age: Int32)])] = [
    ("nobody came back", (0..<500).map { (0, 0, 50 + $0 % 200) }),
    ("nobody came back, all new", (0..<20).map { _ in (0, 0, 0) }),
    ("one customer", [(3, 50, 60)]),
    ("one new customer", [(0, 0, 0)]),
    ("two customers", [(0, 0, 100), (5, 90, 100)]),
    ("everybody alike", (0..<300).map { _ in (4, 100, 120) }),
    ("everybody alike and quiet", (0..<300).map { _ in (4, 10, 700) }),
    ("no dropout to be seen", (0..<400).map { (3 + $0 % 7, 195 + $0 % 6, 200) }),
    ("clockwork", (0..<400).map { _ in (10, 300, 300) }),
    ("daily buyers", (0..<100).map { _ in (365, 365, 365) }),
    ("one came back once", [(1, 5, 900)] + (0..<999).map { _ in (0, 0, 900) }),
    ("all left at once", (0..<300).map { _ in (1, 1, 1500) }),
    ("very long ago", (0..<50).map { ($0 % 3, $0 % 3 == 0 ? 0 : 5, 1_000_000) }),
  ]

  @Test(
    "degenerate shops get bounded, usable parameters and the truth", arguments: degenerate.indices)
  func degenerateShops(index: Int) throws {
    let (name, rows) = Self.degenerate[index]
    let histories = try Self.grouped(rows)
    for kind in PurchaseModelKind.allCases {
      let fit = try PurchaseFit.fit(kind: kind, histories: histories)
      let parameters = fit.parameters
      // Not only inside the range: a model can be made of them, and it scores.
      _ = try PurchaseParameters(kind, parameters.values)
      #expect(fit.logLikelihoodDays.isFinite && fit.logLikelihoodWeeks.isFinite)
      #expect(fit.converged || !fit.warnings.isEmpty, "\(name)")
      for warning in fit.warnings { #expect(warning.hasSuffix(".")) }
      let model = CustomerModel(purchase: parameters, spend: CDNOWMaximum.spend)
      let terms = try ScoreTerms(horizonDays: 365, discountRatePerYear: 0.1, margin: 1)
      for group in histories.groups {
        let score = model.score(group.history, meanSpend: 10, terms: terms)
        #expect(score.expectedOrders.isFinite && score.expectedOrders >= 0)
        #expect(score.lifetimeValue.isFinite && score.lifetimeValue >= 0)
        #expect(score.expectedOrders < 400, "at most about one order a day was ever seen")
      }
    }
  }
}

extension GroupedHistories {
  /// The histories of a simulated shop's first customers on the evening of its end day.
  init(of shop: SimulatedShop, customers: UInt64) throws {
    var (x, recency, age): ([Int32], [Int32], [Int32]) = ([], [], [])
    for number in 0..<customers {
      let days = shop.customer(number).orders.map(\.day)
      let first = try #require(days.first)
      let last = try #require(days.last)
      x.append(Int32(Set(days).count - 1))
      recency.append(last - first)
      age.append(shop.endDay - first)
    }
    try self.init(repeatOrders: x.span, recencyDays: recency.span, ageDays: age.span)
  }
}
