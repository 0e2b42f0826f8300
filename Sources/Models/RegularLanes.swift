// The expected orders of RegularExpectedOrders.swift for eight ages at a time and all stages at once, for the
// tables: one number of orders, many ages, many horizons.

/// Σ_n P(N_j = n)·C(⌊(n+j)/k⌋) for each stage j, lane by lane.
///
/// P(N_j = n) = P(N_0 = n)·s^j·(R+n)_j/(R)_j, so one recurrence serves all stages, and what stands beside
/// it depends on n alone.
struct RegularLanes: Sendable {
  private let model: RegularBetaGeometric

  /// Sums of more terms than this, and those that begin below e to this, are left to the exact functions.
  private static let termsMax = 6000.0
  private static let exponentMin = -600.0

  init(_ model: RegularBetaGeometric) { self.model = model }

  /// The expected orders of the living.
  ///
  /// - Parameters:
  ///   - x: repeat orders.
  ///   - u: t/(α+T), above 0.
  ///   - start: where among the values those of stage 0 go; the others follow.
  ///   - values: the expectations, stage by stage.
  func ordersIfAlive(x: Double, u: Lanes, at start: Int, _ values: inout [Lanes]) {
    let stages = model.stages
    let shape = model.parameters.r + Double(stages) * x
    let exponent = LaneMath.log1p(u) * -shape
    if any(exponent .< Lanes(repeating: Self.exponentMin))
      || !sum(shape, x, u, LaneMath.exp(exponent), at: start, &values)
    {
      for stage in 0..<stages {
        let exact = RegularExpectedOrders(model, repeatOrders: x, inStage: stage)
        for lane in 0..<Lanes.scalarCount { values[start + stage][lane] = exact.value(at: u[lane]) }
      }
    }
  }

  /// - Returns: whether the sums have ended.
  private func sum(
    _ shape: Double, _ x: Double, _ u: Lanes, _ none: Lanes, at start: Int, _ values: inout [Lanes]
  ) -> Bool {
    let stages = model.stages
    let k = Double(stages)
    let (a, b) = (model.parameters.a, model.parameters.b + x + model.firstChances)
    let s = Lanes(repeating: 1) / (u + 1)
    let z = u * s
    var sums = InlineArray<4, Lanes>(repeating: .zero)
    // C of the orders done in each stage, the chance to stay that it grows by, and (R+n)_j/(R)_j.
    var orders = InlineArray<4, Double>(repeating: 0)
    var stays = InlineArray<4, Double>(repeating: 1)
    var rises = InlineArray<4, Double>(repeating: 1)
    var probability = none
    var n = 0.0
    while n < Self.termsMax {
      for _ in 0..<stages {
        for stage in 0..<stages {
          sums[stage] += probability * (orders[stage] * rises[stage])
        }
        probability *= z * ((shape + n) / (n + 1))
        n += 1
        // The one stage in which n stages complete an order.
        let stage = (stages - Int(n) % stages) % stages
        orders[stage] += stays[stage]
        let done = ((n + Double(stage)) / k).rounded(.down) - 1
        stays[stage] *= (b + done) / (a + b + done)
        for stage in 1..<max(stages, 2) where stage < stages {
          rises[stage] *= (shape + n - 1 + Double(stage)) / (shape + n - 1)
        }
      }
      // What is left is below a geometric series, for C grows by at most 1/(orders) of itself.
      let last = stages - 1
      let ratio = z * ((shape + n + k) / (n + 1))
      let bound = (ratio.replacing(with: z, where: ratio .< z)) * (1 + k / n)
      let rest = probability * (orders[last] * rises[last])
      if all(
        rest .<= sums[last] * 1e-16 * (Lanes(repeating: 1) - bound)
          .& sums[last] .> Lanes.zero .& bound .< Lanes(repeating: 1))
      {
        var power = Lanes(repeating: 1)
        for stage in 0..<stages {
          values[start + stage] = sums[stage] * power
          power *= s
        }
        return true
      }
    }
    return false
  }
}
