// Pareto/NBD against figures computed with far more digits, and its fit.

import Testing

@testable import Models

@Suite("ParetoNBD")
struct ParetoNBDTests {
  /// The parameters at the maximum of the CDNOW sample, rounded to doubles, in weeks.
  static let cdnow = ParetoNBD(
    ParetoParameters(
      trustedR: 0.5532770468531796, alpha: 10.577683463302314, s: 0.6062399891278263,
      beta: 11.66873528885501))

  @Test("56 customers have the reference's figures")
  func reference() throws {
    var (likelihood, alive, orders) = (WorstError(), WorstError(), WorstError())
    var (finite, forEver) = (WorstError(), WorstError())
    let rows = try Figure.rows(ParetoFigures.customers)
    #expect(rows.count == 56)
    let model = Self.cdnow
    for row in rows {
      let n = row.numbers
      let history = PurchaseHistory(repeatOrders: n[0], recencyDays: n[1], ageDays: n[2])
      likelihood.addLog(model.logLikelihood(of: history), n[3], "\(row)")
      alive.add(model.aliveProbability(of: history), n[4], "\(row)")
      orders.add(model.expectedOrders(of: history, within: 39), n[5], "\(row)")
      let (det, dert) = (
        model.discountedOrders(of: history, within: 39, discountRatePerDay: 0.0027),
        model.discountedOrdersForEver(of: history, discountRatePerDay: 0.0027)
      )
      finite.add(det, n[6], "\(row)")
      forEver.add(dert, n[7], "\(row)")
    }
    print(
      "reference: ln L \(likelihood.error), P(alive) \(alive.error), E \(orders.error), "
        + "DET \(finite.error), DERT \(forEver.error)")
    #expect(likelihood.error < 1e-13, "\(likelihood.place)")
    #expect(alive.error < 2e-13, "\(alive.place)")
    #expect(orders.error < 2e-13, "\(orders.place)")
    #expect(finite.error < 2e-13, "\(finite.place)")
    #expect(forEver.error < 2e-13, "\(forEver.place)")
  }

  @Test("the population's expectation and counts are the reference's")
  func population() throws {
    var (mean, counts) = (WorstError(), WorstError())
    for row in try Figure.rows(ParetoFigures.population) {
      mean.add(
        Self.cdnow.populationExpectedOrders(within: row.numbers[0]), row.numbers[1], "\(row)")
    }
    for row in try Figure.rows(ParetoFigures.counts) {
      let n = Int(row.numbers[0])
      counts.add(
        Self.cdnow.populationProbability(ofOrders: n, within: 39), row.numbers[1], "\(row)")
    }
    print("population: E \(mean.error), P(X = n) \(counts.error)")
    #expect(mean.error < 1e-13, "\(mean.place)")
    #expect(counts.error < 1e-13, "\(counts.place)")
  }

  @Test("horizons from a billionth of a week to a million weeks are exact")
  func horizons() throws {
    var worst = WorstError()
    let rows = try Figure.rows(ParetoFigures.horizons)
    #expect(rows.count == 18)
    for row in rows {
      let n = row.numbers
      let history = PurchaseHistory(repeatOrders: n[0], recencyDays: n[1], ageDays: n[2])
      worst.add(Self.cdnow.expectedOrders(of: history, within: n[3]), n[4], "\(row)")
    }
    print("horizons: E \(worst.error)")
    #expect(worst.error < 1e-13, "\(worst.place)")
  }

  @Test("parameters at which libraries fail are exact")
  func edges() throws {
    var (alive, orders) = (WorstError(), WorstError())
    let rows = try Figure.rows(ParetoFigures.edges)
    #expect(rows.count == 17)
    for row in rows {
      let n = row.numbers
      let model = ParetoNBD(try ParetoParameters(r: n[0], alpha: n[1], s: n[2], beta: n[3]))
      let history = PurchaseHistory(repeatOrders: n[4], recencyDays: n[5], ageDays: n[6])
      alive.add(model.aliveProbability(of: history), n[8], "\(row)")
      orders.add(model.expectedOrders(of: history, within: n[7]), n[9], "\(row)")
    }
    print("edges: P(alive) \(alive.error), E \(orders.error)")
    #expect(alive.error < 2e-13, "\(alive.place)")
    #expect(orders.error < 2e-13, "\(orders.place)")
  }

  @Test("72 random corners are exact")
  func corners() throws {
    let names = ["P(alive)", "E", "churn", "ln L", "DET", "DERT", "P(X = n)"]
    var worst = [WorstError](repeating: WorstError(), count: names.count)
    let rows = try Figure.rows(ParetoFigures.corners)
    #expect(rows.count == 72)
    for row in rows {
      let n = row.numbers
      let model = ParetoNBD(try ParetoParameters(r: n[0], alpha: n[1], s: n[2], beta: n[3]))
      let history = PurchaseHistory(repeatOrders: n[4], recencyDays: n[5], ageDays: n[6])
      let (horizon, rate) = (n[7], n[8])
      let results = [
        model.aliveProbability(of: history),
        model.expectedOrdersIfAlive(of: history, within: horizon),
        model.churnProbability(of: history, within: horizon),
        model.logLikelihood(of: history),
        model.discountedOrders(of: history, within: horizon, discountRatePerDay: rate),
        model.discountedOrdersForEver(of: history, discountRatePerDay: rate),
        model.populationProbability(ofOrders: Int(n[9]), within: horizon),
      ]
      for (i, result) in results.enumerated() {
        if names[i] == "ln L" {
          worst[i].addLog(result, n[10 + i], "\(row)")
        } else {
          worst[i].add(result, n[10 + i], "\(row)")
        }
      }
    }
    print("corners:", zip(names, worst).map { "\($0) \($1.error)" }.joined(separator: ", "))
    for (name, worst) in zip(names, worst) {
      #expect(worst.error < (name == "ln L" ? 1e-13 : 1e-12), "\(name): \(worst.place)")
    }
  }

  @Test("figures of the papers and manuals come out, digit for digit")
  func published() throws {
    let model = Self.cdnow
    func rounded(_ value: Double, _ digits: Int) -> String {
      var text = String((value * pow10(digits)).rounded())
      if text.hasSuffix(".0") { text.removeLast(2) }
      return text
    }
    // BTYD's manual, page 9, as recomputed at the exact maximum.
    #expect(rounded(model.populationExpectedOrders(within: 52), 7) == "14734343")
    let customer1516 = PurchaseHistory(
      repeatOrders: 26, recencyDays: 216.0 / 7, ageDays: 217.0 / 7)
    #expect(rounded(model.expectedOrders(of: customer1516, within: 52), 5) == "2545518")
    #expect(rounded(model.aliveProbability(of: customer1516), 7) == "9978734")
    // Page 10: the more orders before a long silence, the fewer to come.
    for (x, figure, digits) in [
      (10.0, "70589", 5), (15, "14415", 5), (20, "22490", 6), (25, "30901", 7),
    ] {
      let history = PurchaseHistory(repeatOrders: x, recencyDays: 20, ageDays: 39)
      #expect(rounded(model.expectedOrders(of: history, within: 52), digits) == figure, "x \(x)")
    }
  }

  private func pow10(_ digits: Int) -> Double { (0..<digits).reduce(1) { power, _ in power * 10 } }

  @Test("the series and the integral of the departures agree where both are good")
  func series() throws {
    var (worst, taken) = (WorstError(), 0)
    for (alpha, beta) in [(10.0, 11.0), (11, 10), (10, 10), (3, 20), (20, 3), (400, 5)] {
      for x in [0.0, 1, 4, 30, 300, 5000] {
        for recency in [1.0, 20, 38, 38.999] {
          let lifetime = Lifetime(
            try ParetoParameters(r: 0.55, alpha: alpha, s: 0.6, beta: beta), orders: x,
            from: recency)
          guard let series = lifetime.logGoneBySeries(39 - recency) else { continue }
          taken += 1
          worst.addLog(
            lifetime.logGoneByIntegral(39 - recency), series,
            "α \(alpha) β \(beta) x \(x) \(recency)")
        }
      }
    }
    print("integral against series: \(worst.error) in \(taken) cases")
    #expect(taken > 50)
    #expect(worst.error < 1e-14, "\(worst.place)")
  }

  @Test("the gradient and the Hessian are those of the likelihood")
  func derivatives() throws {
    var (slopes, bends) = (WorstError(), WorstError())
    let points: [SIMD4<Double>] = [
      SIMD4(0.553, 74, 0.606, 82), SIMD4(0.553, 82, 0.606, 74), SIMD4(0.8, 50, 1, 50),
      SIMD4(3, 4, 0.2, 3000), SIMD4(2, 3000, 5, 4), SIMD4(0.2, 5, 40, 3000),
    ]
    let histories: [(Double, Double, Double)] = [
      (0, 0, 270), (1, 12, 230), (2, 213, 272), (7, 100, 240), (26, 216, 217), (5, 200, 200),
      (120, 130, 250), (0, 0, 0),
    ]
    for point in points {
      for (x, recency, age) in histories {
        let history = PurchaseHistory(repeatOrders: x, recencyDays: recency, ageDays: age)
        func model(_ place: Int, _ change: Double) -> ParetoNBD {
          var moved = point
          moved[place] *= 1 + change
          return ParetoNBD(
            ParetoParameters(trustedR: moved[0], alpha: moved[1], s: moved[2], beta: moved[3]))
        }
        let exact = model(0, 0).curvature(of: history)
        let whole = model(0, 0).logLikelihood(of: history)
        #expect(abs(exact.value - whole) <= 1e-13 * max(abs(whole), 1))
        for i in 0..<4 {
          // Differences of the fourth order, in the logarithm of a parameter.
          let h = 1e-3
          func difference(_ f: (ParetoNBD) -> Double) -> Double {
            (8 * (f(model(i, h)) - f(model(i, -h))) - (f(model(i, 2 * h)) - f(model(i, -2 * h))))
              / (12 * h * point[i])
          }
          let slope = difference { $0.logLikelihood(of: history) }
          slopes.addLog(exact.gradient[i] * point[i], slope * point[i], "\(point) \(history) \(i)")
          for j in 0..<4 {
            let bend = difference { $0.curvature(of: history).gradient[j] }
            let unit = point[i] * point[j]
            bends.addLog(
              exact.hessian[i][j] * unit, bend * unit, "\(point) \(history) \(i) \(j)")
            #expect(abs(exact.hessian[i][j] - exact.hessian[j][i]) * unit < 1e-11)
          }
        }
        let gradient = model(0, 0).logLikelihoodGradient(of: history)
        #expect(
          gradient == exact.gradient)
      }
    }
    print("gradient \(slopes.error), Hessian \(bends.error) against differences")
    #expect(slopes.error < 1e-9, "\(slopes.place)")
    #expect(bends.error < 1e-9, "\(bends.place)")
  }

  @Test("nothing is NaN, and longer horizons bring more orders", arguments: [1, 2, 3] as [UInt64])
  func monotone(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    func power(_ low: Double, _ high: Double) -> Double {
      // 10 to a uniform power.
      exp(2.302585092994046 * (low + (high - low) * random.uniform()))
    }
    for _ in 0..<60 {
      let parameters = try ParetoParameters(
        r: power(-6, 6), alpha: power(-6, 9), s: power(-12, 6), beta: power(-6, 9))
      let model = ParetoNBD(parameters)
      let x = (power(0, 3.7) - 1).rounded()
      let age = power(0, 5)
      let recency = x == 0 ? 0 : age * random.uniform()
      let history = PurchaseHistory(repeatOrders: x, recencyDays: recency, ageDays: age)
      let note: Comment = "seed \(seed): \(parameters) \(history)"
      let alive = model.aliveProbability(of: history)
      #expect(alive >= 0 && alive <= 1, note)
      let curvature = model.curvature(of: history)
      #expect(curvature.value.isFinite, note)
      for i in 0..<4 {
        #expect(curvature.gradient[i].isFinite, note)
        for j in 0..<4 { #expect(curvature.hessian[i][j].isFinite, note) }
      }
      let rate = power(-8, -1)
      let forEver = model.discountedOrdersForEver(of: history, discountRatePerDay: rate)
      #expect(forEver >= 0 && forEver.isFinite, note)
      var (orders, discounted, churn) = (0.0, 0.0, 1.0)
      for horizon in [1e-6, 0.1, 1, 30, 365, 36_525, 1e7] {
        let more = model.expectedOrders(of: history, within: horizon)
        let moreDiscounted = model.discountedOrders(
          of: history, within: horizon, discountRatePerDay: rate)
        let less = model.churnProbability(of: history, within: horizon)
        // What is left after many digits of rounding may go back by that much.
        #expect(more >= orders && more.isFinite, note)
        #expect(moreDiscounted >= discounted * (1 - 1e-12), note)
        #expect(moreDiscounted <= more * (1 + 1e-11), note)
        #expect(moreDiscounted <= forEver * (1 + 1e-11), note)
        #expect(less <= churn * (1 + 1e-12) && less >= 0, note)
        #expect(less >= (1 - alive) * (1 - 1e-12) - 1e-15, note)
        for n in [0, 1, 3, 20, 300] {
          let probability = model.populationProbability(ofOrders: n, within: horizon)
          #expect(probability >= 0 && probability <= 1, note)
        }
        (orders, discounted, churn) = (more, moreDiscounted, less)
      }
    }
  }

  @Test("the counts' probabilities add up to 1 and have the mean of the population")
  func sums() {
    let counts = (0..<400).map { Self.cdnow.populationProbability(ofOrders: $0, within: 39) }
    #expect(abs(counts.reduce(0, +) - 1) < 1e-12)
    let mean = counts.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
    #expect(abs(mean / Self.cdnow.populationExpectedOrders(within: 39) - 1) < 1e-12)
  }

  @Test("parameters out of range are refused by name")
  func refusals() {
    #expect(
      throws: ModelError.outOfRange(
        name: "beta", value: 0, allowed: "between 1e-06 and 1000000000.0 days")
    ) { try ParetoParameters(r: 1, alpha: 1, s: 1, beta: 0) }
    #expect(throws: ModelError.self) { try ParetoParameters(r: .nan, alpha: 1, s: 1, beta: 1) }
    #expect(throws: ModelError.self) { try ParetoParameters(r: 1, alpha: 1e19, s: 1, beta: 1) }
    #expect(throws: ModelError.self) { try ParetoParameters(r: 1, alpha: 1, s: 0, beta: 1) }
  }
}
