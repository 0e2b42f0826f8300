// The expected orders of a customer who is alive, when the gaps consist of stages.
// For long horizons the integral of RegularDropoutQuadrature.swift takes over.

/// E(Y(t) | alive) of one regular model and one history.
///
/// Someone alive is in stage j < k of the gap under way; then λ ~ Gamma(R+j, α+T), and with N the
/// stages within t and m chances to leave the n-th order needs N ≥ nk − j and n − 1 stays:
///
///     E = Σ_j v_j Σ_{n≥1} (b+m)_{n−1}/(a+b+m)_{n−1} · P(N_j ≥ nk − j),
///
/// taken as Σ_s P(N_j = s)·C(⌊(s+j)/k⌋), C the sums of the chances to stay; all terms are positive.
struct RegularExpectedOrders {
  let a: Double
  /// b + m, so that p | alive ~ Beta(a, b+m).
  let bPosterior: Double
  /// R = r + kx.
  let shape: Double
  /// k.
  let stages: Int
  /// v_j.
  let weights: SIMD4<Double>

  /// Sums of more terms than this are left to the integral.
  static let termsMax = 4096.0

  init(_ model: RegularBetaGeometric, _ history: PurchaseHistory) {
    let now = Silence(model, history)
    a = model.parameters.a
    bPosterior = model.parameters.b + history.repeatOrders + model.firstChances
    shape = now.shape
    stages = model.stages
    weights = now.weights / (1 + now.begunSum)
  }

  /// The expectation of someone of whom the stage of the gap under way is known.
  ///
  /// - Parameters:
  ///   - model: of which only x and the parameters count.
  ///   - repeatOrders: x.
  ///   - stage: j.
  init(_ model: RegularBetaGeometric, repeatOrders: Double, inStage stage: Int) {
    a = model.parameters.a
    bPosterior = model.parameters.b + repeatOrders + model.firstChances
    shape = model.parameters.r + Double(model.stages) * repeatOrders
    stages = model.stages
    var weights = SIMD4<Double>.zero
    weights[stage] = 1
    self.weights = weights
  }

  /// The expectation at a relative horizon.
  ///
  /// - Parameter u: t/(α+T), at least 0.
  /// - Returns: expected orders.
  func value(at u: Double) -> Double {
    guard u > 0 else { return 0 }
    let counts = StageCounts(shape: shape, odds: u)
    // The terms fall by z in the end, and by e^45 after 45·(1+u) of them.
    let terms =
      45 * (1 + u) + 2 * StageCounts.deviationsMax * counts.deviation
      + counts.mean / Double(stages)
    guard terms <= Self.termsMax else { return integral(at: u) }
    return sum(at: u)
  }

  func integral(at u: Double) -> Double {
    RegularDropoutQuadrature(self, at: u).value()
  }

  func sum(at u: Double) -> Double {
    var sum = 0.0
    for stage in 0..<stages where weights[stage] > 0 {
      sum += weights[stage] * self.sum(at: u, fromStage: stage)
    }
    return sum
  }

  /// The expectation of someone in stage j.
  private func sum(at u: Double, fromStage stage: Int) -> Double {
    let counts = StageCounts(shape: shape + Double(stage), odds: u)
    let z = u / (1 + u)
    // Counts that do not complete an order add nothing.
    var count = max(Double(stages - stage), counts.lowest)
    var probability = counts.probability(of: count)
    let begun = Int(count) + stage
    // C(n), the chance to stay that it grows by, and how many stages are left to the next order.
    var (orders, stay, n) = (0.0, 1.0, 0.0)
    for _ in 0..<begun / stages { complete() }
    var left = stages - begun % stages
    func complete() {
      orders += stay
      stay *= (bPosterior + n) / (a + bPosterior + n)
      n += 1
    }

    var sum = 0.0
    while true {
      let term = probability * orders
      sum += term
      let ratio = (counts.shape + count) / (count + 1) * z
      // From here on the ratio lies between this one and z, and C grows by at most 1/n a step.
      let bound = max(ratio, z) * (1 + 1 / n)
      if bound < 1, term <= 1e-17 * sum * (1 - bound) { return sum }
      probability *= ratio
      count += 1
      left -= 1
      if left == 0 {
        complete()
        left = stages
      }
    }
  }
}
