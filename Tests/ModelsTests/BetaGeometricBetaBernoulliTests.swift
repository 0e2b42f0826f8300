// The BG/BB model: reference, corners, derivatives, the known maximum, little data.

import Testing

@testable import Models

@Suite("BetaGeometricBetaBernoulli")
struct BetaGeometricBetaBernoulliTests {
  /// The maximum of the donors of Fader, Hardie and Shang 2010.
  static let donors = SIMD4(
    1.203522351601914, 0.7497163581729389, 0.6567182084418325, 2.783442232577381)
  static let donorsLogLikelihood = -33225.58127434701
  static let model = BetaGeometricBetaBernoulli(OpportunityParameters(trusted: donors))

  static func table(_ rows: [[Int32]]) throws(ModelError) -> OpportunityTable {
    let (x, recency) = (rows.map { $0[0] }, rows.map { $0[1] })
    let (opportunities, customers) = (rows.map { $0[2] }, rows.map { $0[3] })
    return try OpportunityTable(
      repeatOrders: x.span, recency: recency.span, opportunities: opportunities.span,
      customers: customers.span)
  }

  static func donorTable() throws -> OpportunityTable {
    try table(Figure.rows(DiscreteFigures.cells).map { $0.numbers.prefix(4).map { Int32($0) } })
  }

  static func history(_ x: Double, _ recency: Double, _ n: Double) throws -> OpportunityHistory {
    try OpportunityHistory(repeatOrders: Int(x), recency: Int(recency), opportunities: Int(n))
  }

  @Test("the 22 cells of the donors are the reference's")
  func reference() throws {
    var (likelihood, alive) = (WorstError(), WorstError())
    var (orders, discounted) = (WorstError(), WorstError())
    let rows = try Figure.rows(DiscreteFigures.cells)
    #expect(rows.count == 22)
    var sum = 0.0
    for row in rows {
      let n = row.numbers
      let history = try Self.history(n[0], n[1], n[2])
      sum += n[3] * Self.model.logLikelihood(of: history)
      likelihood.addLog(Self.model.logLikelihood(of: history), n[4], "\(row)")
      alive.add(Self.model.aliveProbability(of: history), n[5], "\(row)")
      alive.add(Self.model.aliveProbabilityAtNext(of: history), n[6], "\(row)")
      orders.add(try Self.model.expectedOrders(of: history, withinPeriods: 5), n[7], "\(row)")
      orders.add(try Self.model.expectedOrders(of: history, withinPeriods: 10), n[8], "\(row)")
      discounted.add(
        try Self.model.discountedResidualOrders(of: history, discountRate: 0.1), n[9], "\(row)")
    }
    print(
      "cells: ln L \(likelihood.error), P(alive) \(alive.error), E \(orders.error), "
        + "DERT \(discounted.error)")
    #expect(likelihood.error < 1e-13, "\(likelihood.place)")
    #expect(alive.error < 1e-13, "\(alive.place)")
    #expect(orders.error < 1e-13, "\(orders.place)")
    #expect(discounted.error < 1e-13, "\(discounted.place)")
    #expect(abs(sum / Self.donorsLogLikelihood - 1) < 1e-13)
  }

  @Test("what the paper and its manuals print comes out")
  func published() throws {
    let model = Self.model
    func expected(_ x: Double, _ recency: Double, _ periods: Int) throws -> Double {
      try model.expectedOrders(of: try Self.history(x, recency, 6), withinPeriods: periods)
    }
    // The manual's parameters differ in the fourth digit of δ, so this is at the exact maximum.
    #expect(abs(try model.populationExpectedOrders(withinPeriods: 10) - 3.179829) < 5.1e-7)
    // The manual prints these with its own parameters.
    let manual = BetaGeometricBetaBernoulli(
      try OpportunityParameters(
        alpha: 1.203528, beta: 0.7497260, gamma: 0.6567808, delta: 2.783796))
    func manually(_ x: Double, _ recency: Double, _ periods: Int) throws -> Double {
      try manual.expectedOrders(of: try Self.history(x, recency, 6), withinPeriods: periods)
    }
    #expect(abs(try manual.populationExpectedOrders(withinPeriods: 10) - 3.179805) < 1e-6)
    #expect(abs(try manually(0, 0, 10) - 0.1302169) < 5e-8)
    #expect(abs(try manually(4, 5, 10) - 3.627858) < 5e-7)
    #expect(abs(try manually(6, 6, 5) - 3.752500) < 5e-7)
    #expect(abs(try manually(0, 0, 5) - 0.07286318) < 1e-8)
    for (x, recency, printed) in [(0.0, 0.0, 0.11), (2, 4, 0.59), (6, 6, 0.93)] {
      let history = try Self.history(x, recency, 6)
      #expect(abs(model.aliveProbabilityAtNext(of: history) - printed) < 5e-3)
    }
    var total = 0.0
    for row in try Figure.rows(DiscreteFigures.cells) {
      total += row.numbers[3] * (try expected(row.numbers[0], row.numbers[1], 5))
    }
    print(
      "hold-out total \(total), E(X(10)) \(try model.populationExpectedOrders(withinPeriods: 10))")
    #expect(abs(total - 12_884.2) < 0.05)
  }

  @Test("the donors' fit is the reference's and what the paper prints")
  func fit() throws {
    let fit = try BetaGeometricBetaBernoulliFit.fit(try Self.donorTable())
    print("donors:", fit)
    let p = fit.parameters
    let point = SIMD4(p.alpha, p.beta, p.gamma, p.delta)
    let printed = SIMD4(1.204, 0.750, 0.657, 2.783)
    #expect(abs(fit.logLikelihood / Self.donorsLogLikelihood - 1) < 1e-13)
    #expect(abs(fit.logLikelihood + 33225.58) < 0.005)
    let errors = try #require(fit.standardErrors)
    let found = SIMD4(errors.alpha, errors.beta, errors.gamma, errors.delta)
    let exact = SIMD4(0.0693913623888, 0.0294477166604, 0.0510098589562, 0.320819003042)
    for i in 0..<4 {
      #expect(abs(point[i] / Self.donors[i] - 1) < 1e-10)
      #expect(abs(point[i] - printed[i]) < 5e-4)
      #expect(abs(found[i] / exact[i] - 1) < 1e-10)
    }
    #expect(fit.converged && fit.warnings.isEmpty, "\(fit.warnings)")
    #expect(fit.customers == 11_104 && fit.cells == 22)
  }

  @Test("every sane start leads to the same maximum")
  func starts() throws {
    let table = try Self.donorTable()
    var most = 0
    for (alpha, beta) in [(0.05, 0.05), (0.1, 10), (1, 1), (10, 0.2), (20, 60)] {
      for (gamma, delta) in [(0.05, 0.05), (0.1, 10), (1, 1), (10, 0.2), (20, 60)] {
        let start = try OpportunityParameters(
          alpha: alpha, beta: beta, gamma: gamma, delta: delta)
        let fit = try BetaGeometricBetaBernoulliFit.fit(table, start: start)
        #expect(abs(fit.logLikelihood - Self.donorsLogLikelihood) < 1e-8, "\(start) \(fit)")
        #expect(fit.converged, "\(start)")
        most = max(most, fit.iterations)
      }
    }
    print("donors: at most \(most) iterations from 25 starts")
  }

  @Test("70 random corners are exact")
  func corners() throws {
    var (likelihood, alive, orders) = (WorstError(), WorstError(), WorstError())
    var (discounted, counts, mean) = (WorstError(), WorstError(), WorstError())
    let rows = try Figure.rows(DiscreteFigures.opportunityCorners)
    #expect(rows.count == 70)
    for row in rows {
      let n = row.numbers
      let model = BetaGeometricBetaBernoulli(
        try OpportunityParameters(alpha: n[0], beta: n[1], gamma: n[2], delta: n[3]))
      let history = try Self.history(n[4], n[5], n[6])
      likelihood.addLog(model.logLikelihood(of: history), n[9], "\(row)")
      alive.add(model.aliveProbability(of: history), n[10], "\(row)")
      orders.add(try model.expectedOrders(of: history, withinPeriods: Int(n[7])), n[11], "\(row)")
      discounted.add(
        try model.discountedResidualOrders(of: history, discountRate: n[8]), n[12], "\(row)")
      counts.add(
        try model.populationProbability(ofOrders: Int(n[4]), withinPeriods: Int(n[6])), n[13],
        "\(row)")
      mean.add(try model.populationExpectedOrders(withinPeriods: Int(n[6])), n[14], "\(row)")
    }
    print(
      "corners: ln L \(likelihood.error), P(alive) \(alive.error), E \(orders.error), "
        + "DERT \(discounted.error), P(X = x) \(counts.error), E(X) \(mean.error)")
    #expect(likelihood.error < 1e-12, "\(likelihood.place)")
    #expect(alive.error < 1e-12, "\(alive.place)")
    #expect(orders.error < 1e-12, "\(orders.place)")
    #expect(discounted.error < 1e-12, "\(discounted.place)")
    #expect(counts.error < 1e-12, "\(counts.place)")
    #expect(mean.error < 1e-13, "\(mean.place)")
  }

  @Test("the probabilities of all counts sum to 1 and have the expectation as their mean")
  func population() throws {
    for periods in [0, 1, 6, 40, 500] {
      var (sum, mean) = (0.0, 0.0)
      for x in 0...periods {
        let p = try Self.model.populationProbability(ofOrders: x, withinPeriods: periods)
        sum += p
        mean += Double(x) * p
      }
      #expect(abs(sum - 1) < 1e-13)
      let expected = try Self.model.populationExpectedOrders(withinPeriods: periods)
      #expect(abs(mean - expected) <= 1e-12 * expected)
    }
  }

  @Test("the likelihoods of all sequences of five opportunities sum to 1")
  func sequences() throws {
    var sum = 0.0
    for bits in 0..<32 {
      let recency = bits == 0 ? 0 : Int.bitWidth - bits.leadingZeroBitCount
      let history = try OpportunityHistory(
        repeatOrders: bits.nonzeroBitCount, recency: recency, opportunities: 5)
      sum += exp(Self.model.logLikelihood(of: history))
    }
    #expect(abs(sum - 1) < 1e-14)
  }

  @Test("the corners of all ranges give numbers, never more than there can be")
  func ranges() throws {
    let edge = [
      OpportunityParameters.shapeRange.lowerBound, OpportunityParameters.shapeRange.upperBound,
    ]
    let most = Discrete.periodsMax
    for bits in 0..<16 {
      let model = BetaGeometricBetaBernoulli(
        try OpportunityParameters(
          alpha: edge[bits & 1], beta: edge[bits >> 1 & 1], gamma: edge[bits >> 2 & 1],
          delta: edge[bits >> 3]))
      for (x, recency) in [(0, 0), (1, 1), (most / 2, most - 1), (most, most)] {
        let history = try OpportunityHistory(
          repeatOrders: x, recency: recency, opportunities: most)
        let curvature = model.curvature(of: history)
        #expect(curvature.value.isFinite && curvature.value <= 0, "\(model) \(history)")
        for row in 0..<4 {
          #expect(curvature.gradient[row].isFinite, "\(model) \(history)")
          for column in 0..<4 {
            #expect(curvature.hessian[row][column].isFinite, "\(model) \(history)")
          }
        }
        let chances = [
          model.aliveProbability(of: history), model.aliveProbabilityAtNext(of: history),
          try model.populationProbability(ofOrders: x, withinPeriods: most),
          try model.expectedOrders(of: history, withinPeriods: 1),
          try model.expectedOrders(of: history, withinPeriods: most) / Double(most),
        ]
        // A sum of 10,000 terms may round upwards.
        for chance in chances {
          #expect(chance >= 0 && chance <= 1 + 1e-12, "\(chances) \(model) \(history)")
        }
        for rate in [1e-3, Discrete.discountRange.upperBound] {
          let all = try model.discountedResidualOrders(of: history, discountRate: rate)
          #expect(all >= 0 && all <= (1 + 1e-12) / rate, "\(all) \(model) \(history)")
        }
      }
    }
  }

  @Test("gradient and Hessian are the differences of the likelihood")
  func derivatives() throws {
    var (first, second) = (WorstError(), WorstError())
    let table = try Self.table([
      [0, 0, 0, 3], [0, 0, 6, 40], [1, 1, 6, 9], [2, 5, 6, 7], [6, 6, 6, 5], [3, 30, 90, 2],
      [40, 50, 51, 1],
    ])
    for point in [Self.donors, SIMD4(0.05, 3, 20, 60), SIMD4(30, 0.2, 0.01, 400)] {
      ShiftedBetaGeometricTests.compare(at: point, places: 4, &first, &second) {
        BetaGeometricBetaBernoulliFit.curvature(of: table, at: $0)
      }
    }
    print("derivatives: first \(first.error), second \(second.error)")
    #expect(first.error < 1e-9, "\(first.place)")
    #expect(second.error < 1e-9, "\(second.place)")
  }

  /// Shops in which the maximum is not inside, or hardly.
  static let degenerate: [(name: String, rows: [[Int32]])] = [
    ("nobody came back", [[0, 0, 6, 500]]),
    ("no opportunity yet", [[0, 0, 0, 20]]),
    ("nobody leaves", [[2, 6, 6, 100], [3, 6, 6, 100], [5, 6, 6, 100]]),
    ("everybody orders always", [[6, 6, 6, 100]]),
    ("everybody leaves after one", [[1, 1, 20, 300]]),
    ("one period", [[0, 0, 1, 600], [1, 1, 1, 400]]),
    ("one customer", [[1, 3, 5, 1]]),
    ("everybody alike", [[3, 5, 6, 300]]),
    ("one came back once", [[0, 0, 10, 999], [1, 4, 10, 1]]),
    ("long ago", [[1, 1, 900, 3], [0, 0, 900, 5], [700, 900, 900, 2]]),
  ]

  @Test(
    "degenerate shops get bounded, usable parameters and the truth", arguments: degenerate.indices)
  func degenerateShops(index: Int) throws {
    let (name, rows) = Self.degenerate[index]
    let table = try Self.table(rows)
    let fit = try BetaGeometricBetaBernoulliFit.fit(table)
    print(name, fit)
    let p = fit.parameters
    _ = try OpportunityParameters(alpha: p.alpha, beta: p.beta, gamma: p.gamma, delta: p.delta)
    #expect(fit.logLikelihood.isFinite)
    #expect(!fit.warnings.isEmpty, "\(name)")
    for warning in fit.warnings { #expect(warning.hasSuffix(".")) }
    let model = BetaGeometricBetaBernoulli(p)
    for cell in table.cells {
      let alive = model.aliveProbability(of: cell.history)
      let orders = try model.expectedOrders(of: cell.history, withinPeriods: 12)
      let all = try model.discountedResidualOrders(of: cell.history, discountRate: 0.1)
      #expect(alive >= 0 && alive <= 1 && orders >= 0 && orders <= 12 && all >= 0 && all <= 10)
    }
  }

  @Test("no customers is an error, and what cannot be is refused with its place")
  func refusals() throws {
    func refusal(_ make: () throws(ModelError) -> Void) -> String {
      do throws(ModelError) {
        try make()
        return "accepted"
      } catch {
        return error.description
      }
    }
    for rows in [[], [[0, 0, 6, 0]]] as [[[Int32]]] {
      let table = try Self.table(rows)
      #expect(throws: ModelError.noCustomers) { try BetaGeometricBetaBernoulliFit.fit(table) }
    }
    for (row, reason) in [
      ([-1, 0, 6, 1], "its number of repeat orders is -1.0"),
      ([4, 3, 6, 1], "its number of repeat orders is 4.0"),
      ([0, 3, 6, 1], "its number of repeat orders is 0.0"),
      ([1, 7, 6, 1], "its recency is 7.0"),
      ([1, -1, 6, 1], "its recency is -1.0"),
      ([0, 0, -1, 1], "its number of opportunities is -1.0"),
      ([0, 0, 10_001, 1], "its number of opportunities is 10001.0"),
      ([0, 0, 6, -1], "it has -1 customers"),
    ] as [([Int32], String)] {
      let text = refusal { () throws(ModelError) in _ = try Self.table([[0, 0, 6, 1], row]) }
      #expect(text.hasPrefix("Row 1 is no customer's history: \(reason)"), "\(text)")
      #expect(text.hasSuffix(".") && !text.hasSuffix(".."))
    }
    #expect(
      refusal { () throws(ModelError) in
        let (x, none): ([Int32], [Int32]) = ([1, 2], [1])
        _ = try OpportunityTable(
          repeatOrders: x.span, recency: x.span, opportunities: none.span, customers: x.span)
      } == "Column opportunities has 1 rows, but 2 were expected.")
    for bad in ModelErrorTests.bad {
      for (place, name) in ["alpha", "beta", "gamma", "delta"].enumerated() {
        var p = SIMD4<Double>(repeating: 1)
        p[place] = bad
        let point = p
        let text = refusal { () throws(ModelError) in
          _ = try OpportunityParameters(
            alpha: point[0], beta: point[1], gamma: point[2], delta: point[3])
        }
        #expect(text.hasPrefix("\(name) is"), "\(text)")
      }
    }
    for bad in [-1, Discrete.periodsMax + 1, .max] {
      #expect(throws: ModelError.self) {
        try Self.model.expectedOrders(of: .new, withinPeriods: bad)
      }
      #expect(throws: ModelError.self) {
        try Self.model.populationProbability(ofOrders: 0, withinPeriods: bad)
      }
    }
    #expect(throws: ModelError.self) {
      try Self.model.populationProbability(ofOrders: 7, withinPeriods: 6)
    }
    for bad in [0, -1, Double.nan, .infinity] {
      #expect(throws: ModelError.self) {
        try Self.model.discountedResidualOrders(of: .new, discountRate: bad)
      }
    }
  }
}
