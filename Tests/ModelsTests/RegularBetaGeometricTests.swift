// BG/CNBD-k and MBG/CNBD-k against figures computed with far more digits, against the models they
// are at k = 1, against lives simulated one by one, and their fit.

import Testing

@testable import Models

/// One line of the tables of RegularFigures: k, the model, its parameters, x, t_x, T and figures.
struct RegularFigure {
  let regular: RegularBetaGeometric
  let numbers: [Double]

  static func rows(_ table: String) throws -> [RegularFigure] {
    try table.split(separator: "\n").map { line in
      let words = line.split(separator: " ").map(String.init)
      let numbers = try words.dropFirst(2).map { try #require(Double($0), "\($0)") }
      return RegularFigure(
        regular: RegularBetaGeometric(
          BetaGeometricParameters(
            trustedR: numbers[0], alpha: numbers[1], a: numbers[2], b: numbers[3]),
          firstChances: words[1] == "mbg" ? 1 : 0, stages: try #require(Int(words[0]))),
        numbers: numbers)
    }
  }

  var history: PurchaseHistory {
    PurchaseHistory(repeatOrders: numbers[4], recencyDays: numbers[5], ageDays: numbers[6])
  }
}

@Suite("RegularBetaGeometric")
struct RegularBetaGeometricTests {
  @Test("customers, horizons and corners have the reference's figures")
  func reference() throws {
    let names = ["ln L", "P(alive)", "E | alive", "E", "churn"]
    var worst = [WorstError](repeating: WorstError(), count: names.count)
    let rows = try RegularFigure.rows(RegularFigures.customers)
    #expect(rows.count == 376)
    for row in rows {
      let (n, model, history) = (row.numbers, row.regular, row.history)
      worst[0].addLog(model.logLikelihood(of: history), n[8], "\(row)")
      let results = [
        model.aliveProbability(of: history),
        model.expectedOrdersIfAlive(of: history, within: n[7]),
        model.expectedOrders(of: history, within: n[7]),
        model.churnProbability(of: history, within: n[7]),
      ]
      for (i, result) in results.enumerated() { worst[i + 1].add(result, n[i + 9], "\(row)") }
    }
    print("regular:", zip(names, worst).map { "\($0) \($1.error)" }.joined(separator: ", "))
    for (name, worst) in zip(names, worst) {
      #expect(worst.error < 1e-12, "\(name): \(worst.place)")
    }
  }

  @Test("the counts of the population are the reference's")
  func counts() throws {
    var worst = WorstError()
    let rows = try RegularFigure.rows(RegularFigures.counts)
    #expect(rows.count == 106)
    for row in rows {
      let n = row.numbers
      worst.add(
        row.regular.populationProbability(ofOrders: Int(n[5]), within: n[4]), n[6], "\(row)")
    }
    print("regular: P(X = n) \(worst.error)")
    #expect(worst.error < 1e-12, "\(worst.place)")
  }

  @Test("gradient and Hessian are the reference's")
  func derivatives() throws {
    var (slopes, bends) = (WorstError(), WorstError())
    let rows = try RegularFigure.rows(RegularFigures.derivatives)
    #expect(rows.count == 40)
    // A derivative far below the digits of the others stands as 0 in the table.
    func add(_ result: Double, _ figure: Double, to worst: inout WorstError, _ place: String) {
      worst.add(figure == 0 && abs(result) < 1e-30 ? 0 : result, figure, place)
    }
    for row in rows {
      let (model, history) = (row.regular, row.history)
      var part = model.countCurvature(repeatOrders: history.repeatOrders)
      part += model.timeCurvature(of: history)
      let logLikelihood = model.logLikelihood(of: history)
      #expect(abs(part.value - logLikelihood) <= 1e-13 * max(abs(logLikelihood), 1), "\(row)")
      var place = 7
      for i in 0..<4 {
        add(part.gradient[i], row.numbers[place], to: &slopes, "\(i) \(row)")
        place += 1
      }
      for i in 0..<4 {
        for j in i..<4 {
          add(part.hessian[i][j], row.numbers[place], to: &bends, "\(i) \(j) \(row)")
          add(part.hessian[j][i], row.numbers[place], to: &bends, "\(j) \(i) \(row)")
          place += 1
        }
      }
    }
    print("regular: gradient \(slopes.error), Hessian \(bends.error)")
    #expect(slopes.error < 1e-10, "\(slopes.place)")
    #expect(bends.error < 1e-10, "\(bends.place)")
  }

  @Test("gradient and Hessian are what differences say", arguments: 1...4, [0.0, 1])
  func differences(stages: Int, firstChances: Double) {
    func curvature(_ point: SIMD4<Double>, _ history: PurchaseHistory) -> Curvature {
      let model = RegularBetaGeometric(
        BetaGeometricParameters(trustedR: point[0], alpha: point[1], a: point[2], b: point[3]),
        firstChances: firstChances, stages: stages)
      var part = model.countCurvature(repeatOrders: history.repeatOrders)
      part += model.timeCurvature(of: history)
      return part
    }
    let point = SIMD4(0.7, 14.0, 0.9, 1.7)
    for history in [
      PurchaseHistory(repeatOrders: 0, recencyDays: 0, ageDays: 90),
      PurchaseHistory(repeatOrders: 4, recencyDays: 60, ageDays: 90),
    ] {
      let here = curvature(point, history)
      for i in 0..<4 {
        var (up, down) = (point, point)
        let step = 1e-5 * point[i]
        up[i] += step
        down[i] -= step
        let (above, below) = (curvature(up, history), curvature(down, history))
        let slope = (above.value - below.value) / (2 * step)
        #expect(abs(slope - here.gradient[i]) < 1e-7 * (1 + abs(slope)))
        let bends = (above.gradient - below.gradient) / (2 * step)
        for j in 0..<4 {
          #expect(abs(bends[j] - here.hessian[i][j]) < 1e-7 * (1 + abs(bends[j])))
        }
      }
    }
  }

  @Test("with one stage they are BG/NBD and MBG/NBD")
  func exponential() throws {
    var worst = WorstError()
    for row in try RegularFigure.rows(RegularFigures.customers) where row.regular.stages == 1 {
      let (model, history, horizon) = (row.regular, row.history, row.numbers[7])
      let plain = BetaGeometric(parameters: model.parameters, firstChances: model.firstChances)
      worst.addLog(
        model.logLikelihood(of: history), plain.logLikelihood(of: history), "ln L \(row)")
      worst.add(
        model.aliveProbability(of: history), plain.aliveProbability(of: history),
        "P(alive) \(row)")
      worst.add(
        model.churnProbability(of: history, within: horizon),
        plain.churnProbability(of: history, within: horizon), "churn \(row)")
      worst.add(
        model.expectedOrdersIfAlive(of: history, within: horizon),
        plain.expectedOrdersIfAlive(of: history, within: horizon), "E \(row)")
      // Elsewhere BetaGeometric's own sum of counts underflows or cancels.
      let quiet = model.parameters.r * log1p(273 / model.parameters.alpha)
      for n in [0, 1, 7] where quiet < 700 && model.parameters.r > 0.01 {
        worst.add(
          model.populationProbability(ofOrders: n, within: 273),
          plain.populationProbability(ofOrders: n, within: 273), "P(X = \(n)) \(row)")
      }
    }
    print("regular, k = 1 beside the plain models: \(worst.error)")
    #expect(worst.error < 1e-12, "\(worst.place)")
    #expect(
      RegularBetaGeometric.regularityConstant(k: 1, repeatOrders: 7, sumOfLogGaps: 9) == 0)
  }

  @Test("the sum and the integral of the expectation agree", arguments: 1...4)
  func sumAndIntegral(stages: Int) {
    var worst = WorstError()
    for (r, a, b) in [(0.3, 0.8, 2.0), (0.02, 0.1, 0.05), (4, 3, 0.2), (2, 1, 40)] {
      let model = RegularBetaGeometric(
        BetaGeometricParameters(trustedR: r, alpha: 10, a: a, b: b), firstChances: 1, stages: stages
      )
      for x in [0.0, 1, 30] {
        let orders = RegularExpectedOrders(
          model, PurchaseHistory(repeatOrders: x, recencyDays: 8 * x, ageDays: 8 * x + 5))
        for u in [30.0, 60] {
          worst.add(orders.integral(at: u), orders.sum(at: u), "\(r) \(a) \(b) \(x) \(u)")
        }
      }
    }
    print("regular, k = \(stages): integral beside sum \(worst.error)")
    #expect(worst.error < 1e-12, "\(worst.place)")
  }

  @Test("the counts' probabilities add up to 1 and have the mean of the population")
  func sums() {
    for stages in 1...4 {
      for firstChances in [0.0, 1] {
        let model = RegularBetaGeometric(
          BetaGeometricParameters(trustedR: 0.9, alpha: 20, a: 0.8, b: 2.5),
          firstChances: firstChances, stages: stages)
        let counts = (0..<1200).map { model.populationProbability(ofOrders: $0, within: 273) }
        #expect(abs(counts.reduce(0, +) - 1) < 1e-12)
        let mean = counts.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
        #expect(abs(mean / model.populationExpectedOrders(within: 273) - 1) < 1e-12)
      }
    }
  }

  @Test("nothing is NaN, and longer horizons bring more orders", arguments: [1, 2, 3] as [UInt64])
  func monotone(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func power(_ low: Double, _ high: Double) -> Double {
      // 10 to a uniform power.
      exp(2.302585092994046 * (low + (high - low) * random.uniform()))
    }
    for i in 0..<40 {
      let parameters = BetaGeometricParameters(
        trustedR: power(-6, 6), alpha: power(-6, 9), a: power(-6, 6), b: power(-6, 6))
      let model = RegularBetaGeometric(
        parameters, firstChances: Double(i & 1), stages: 1 + (i >> 1) % 4)
      let x = (power(0, 3.7) - 1).rounded()
      let age = power(0, 5)
      let history = PurchaseHistory(
        repeatOrders: x, recencyDays: x == 0 ? 0 : age * random.uniform(), ageDays: age)
      let note: Comment = "seed \(seed): \(model) \(history)"
      let alive = model.aliveProbability(of: history)
      #expect(alive >= 0 && alive <= 1, note)
      var part = model.countCurvature(repeatOrders: x)
      part += model.timeCurvature(of: history)
      #expect(part.value.isFinite, note)
      for i in 0..<4 {
        #expect(part.gradient[i].isFinite, note)
        for j in 0..<4 { #expect(part.hessian[i][j].isFinite, note) }
      }
      var (orders, churn) = (0.0, 1.0)
      for horizon in [1e-9, 0.1, 30, 365, 36_525, 7e6] {
        let more = model.expectedOrdersIfAlive(of: history, within: horizon)
        let less = model.churnProbability(of: history, within: horizon)
        #expect(more >= orders * (1 - 1e-12) && more.isFinite, note)
        #expect(less <= churn * (1 + 1e-12) && less >= 0, note)
        for n in [0, 1, 3, 20] {
          let probability = model.populationProbability(ofOrders: n, within: horizon)
          #expect(probability >= 0 && probability <= 1 + 1e-12, note)
        }
        (orders, churn) = (more, less)
      }
    }
  }

  /// One simulated life: the history until T, whether alive then, and the orders within t.
  private static func life(
    _ model: RegularBetaGeometric, age: Double, horizon: Double, _ random: inout SeededRandom
  ) -> (history: PurchaseHistory, isAlive: Bool, orders: Double) {
    let parameters = model.parameters
    let rate = random.gamma(shape: parameters.r, rate: parameters.alpha)
    let dropout = random.beta(parameters.a, parameters.b)
    var (time, x, recency, isAlive, orders) = (0.0, 0.0, 0.0, true, 0.0)
    var mayLeave = model.firstChances > 0
    while true {
      if mayLeave, random.uniform() < dropout {
        if time <= age { isAlive = false }
        break
      }
      mayLeave = true
      for _ in 0..<model.stages { time += rate > 0 ? random.exponential(rate: rate) : .infinity }
      if time > age + horizon { break }
      if time <= age {
        x += 1
        recency = time
      } else {
        orders += 1
      }
    }
    return (
      PurchaseHistory(repeatOrders: x, recencyDays: recency, ageDays: age), isAlive, orders
    )
  }

  @Test(
    "simulated lives are as often alive and order as often as expected", arguments: 1...4,
    [11, 12] as [UInt64])
  func lives(stages: Int, seed: UInt64) {
    for firstChances in [0.0, 1] {
      let model = RegularBetaGeometric(
        BetaGeometricParameters(trustedR: 1.4, alpha: 25, a: 0.8, b: 2.5),
        firstChances: firstChances,
        stages: stages)
      var random = SeededRandom(seed: seed, stream: UInt64(stages))
      let (age, horizon) = (120.0, 90.0)
      // By the orders and by the quiet time: difference from the expectation and its variance.
      var cells: [Int: (count: Double, alive: Double, orders: Double, square: Double)] = [:]
      for _ in 0..<2500 {
        let life = Self.life(model, age: age, horizon: horizon, &random)
        let expected = model.expectedOrders(of: life.history, within: horizon)
        let alive = model.aliveProbability(of: life.history)
        let idle = age - life.history.recencyDays
        let key = min(Int(life.history.repeatOrders), 6) * 3 + (idle < 20 ? 0 : idle < 60 ? 1 : 2)
        var cell = cells[key] ?? (0, 0, 0, 0)
        cell.count += 1
        cell.alive += (life.isAlive ? 1 : 0) - alive
        cell.orders += life.orders - expected
        cell.square += (life.orders - expected) * (life.orders - expected)
        cells[key] = cell
      }
      var worst = (alive: 0.0, orders: 0.0)
      for cell in cells.values where cell.count >= 100 {
        worst.alive = max(worst.alive, abs(cell.alive) / (cell.count / 4).squareRoot())
        worst.orders = max(worst.orders, abs(cell.orders) / cell.square.squareRoot())
      }
      print("lives, k = \(stages), seed \(seed): \(worst) standard errors in \(cells.count) cells")
      #expect(worst.alive < 4.5 && worst.orders < 4.5)
    }
  }

  @Test("a fit finds the parameters of simulated shops", arguments: [2, 4], [5, 6] as [UInt64])
  func recovery(stages: Int, seed: UInt64) throws {
    let exact = SIMD4(1.2, 20.0, 0.8, 2.5)
    let model = RegularBetaGeometric(
      BetaGeometricParameters(trustedR: exact[0], alpha: exact[1], a: exact[2], b: exact[3]),
      firstChances: 1, stages: stages)
    var random = SeededRandom(seed: seed)
    let customers = (0..<3000).map { _ in
      Self.life(model, age: 365, horizon: 0, &random).history
    }
    // Histories of continuous time, which no grouped ones are.
    let plan = model.purchaseParameters.kind.fitPlan
    let result = Newton(lower: plan.lower, upper: plan.upper)
      .maximise(from: SIMD4(0.5, 20, 1, 2.5)) { point in
        let model = RegularBetaGeometric(
          BetaGeometricParameters(trusted: point), firstChances: 1, stages: stages)
        return customers.reduce(into: Curvature()) { $0 += model.curvature(of: $1) }
      }
    let errors = try #require(result.standardErrors)
    print("recovery, k = \(stages), seed \(seed): \(result.parameters) ± \(errors)")
    #expect(result.isInside)
    for i in 0..<4 {
      #expect(abs(result.parameters[i] - exact[i]) < 4 * errors[i])
      #expect(errors[i] < 0.25 * exact[i])
    }
  }

  @Test("the gaps of the CDNOW sample are not regular")
  func cdnow() throws {
    let histories = try CDNOWSample.histories()
    for family in [PurchaseModelKind.bgNBD.family, PurchaseModelKind.mbgNBD.family] {
      let fits = try family.map { try PurchaseFit.fit(kind: $0, histories: histories) }
      for fit in fits { print("CDNOW sample:", fit) }
      let likelihoods = fits.map(\.logLikelihoodWeeks)
      #expect(fits.allSatisfy { $0.converged })
      #expect(abs(likelihoods[0] - (family[0] == .bgNBD ? -9582.4292067 : -9582.1357156)) < 1e-6)
      // The irregular model wins, and each more regular one is worse.
      #expect(likelihoods == likelihoods.sorted(by: >))
      let best = try PurchaseFit.fitFamily(of: family[3], histories: histories)
      #expect(best.parameters.kind == family[0])
    }
  }
}
