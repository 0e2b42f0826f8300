// The scores of eight customers, or of eight months of one customer, lane by lane.
// What the series cannot do in a lane is left to LaneQuadrature.swift. CustomerModel.swift drives it.
//
// A lane's operations and their order never depend on its neighbours: a lane whose series has ended
// adds exact zeros while others go on. So a customer asked for alone gets the bits a batch gives.

/// The numbers of a beta-geometric model as the lanes need them.
struct ScoreKernel: Sendable, Equatable {
  let model: BetaGeometric
  private let a: Double
  private let bigA: Double
  private let cBase: Double
  private let b: Double
  private let r: Double
  private let alpha: Double
  private let firstChances: Double

  /// Beyond this z a lane is left to the integral.
  static let seriesLimit = 0.96
  /// Terms after which a lane is left to the integral, a multiple of 4.
  private static let termsMax = 1600.0

  init(_ model: BetaGeometric) {
    self.model = model
    let parameters = model.parameters
    (a, b) = (parameters.a, parameters.b)
    (r, alpha) = (parameters.r, parameters.alpha)
    firstChances = model.firstChances
    cBase = parameters.a + parameters.b + (model.firstChances - 1)
    bigA = cBase - parameters.r
  }

  /// P(alive) and the probability of no order before a relative horizon.
  ///
  /// - Parameters:
  ///   - x: repeat orders.
  ///   - recency: t_x in days.
  ///   - age: T in days.
  ///   - u: t/(α+T).
  /// - Returns: P(alive) and churn probability.
  @inline(__always)
  func standing(x: Lanes, recency: Lanes, age: Lanes, u: Lanes) -> (alive: Lanes, churn: Lanes) {
    let one = Lanes(repeating: 1)
    let never = x + firstChances .== Lanes(repeating: 0)
    let ratio = (Lanes(repeating: a) / (x + (firstChances - 1) + b)).replacing(
      with: one, where: never)
    let logOdds =
      LaneMath.log(ratio) + (x + r) * LaneMath.log1p((age - recency) / (recency + alpha))
    let gone = logOdds .> Lanes(repeating: 0) .& .!never
    let e = LaneMath.exp(-logOdds.magnitudes).replacing(with: 0, where: never)
    let quiet = LaneMath.exp(-(x + r) * LaneMath.log1p(u))
    let whole = e + 1
    return (
      one.replacing(with: e, where: gone) / whole,
      (e + quiet).replacing(with: e * quiet + 1, where: gone) / whole
    )
  }

  /// E(Y(t) | alive), as `ExpectedOrders` computes it.
  ///
  /// - Parameters:
  ///   - x: repeat orders.
  ///   - u: t/(α+T), above 0.
  /// - Returns: expected orders of a living customer.
  @inline(__always)
  func ordersIfAlive(x: Lanes, u: Lanes) -> Lanes {
    let whole = u + 1
    let z = u / whole
    let logS = -LaneMath.log1p(u)
    let c = x + cBase
    let exponent = logS * (a - 1)
    let phi = a == 1 ? -logS : LaneMath.expm1(exponent) / (1 - a)
    let first = c * phi
    let most = (x + r) * u * ExpectedOrders.cancellationMax
    let tried =
      z .<= Lanes(repeating: Self.seriesLimit) .& first.magnitudes .<= most
      .& exponent .> Lanes(repeating: ExpectedOrders.exponentMin)
      .& LaneMask(repeating: bigA > ExpectedOrders.signChangesMax)
    var live = z.replacing(with: 0, where: .!tried)
    // Where no term is negative the sum is its own absolute value, and half the work is saved.
    let (sum, absolute) =
      bigA >= -1
      ? series(c: c, s: Lanes(repeating: 1) / whole, live: &live, isPositive: true)
      : series(c: c, s: Lanes(repeating: 1) / whole, live: &live, isPositive: false)
    let factor = z * LaneMath.exp(exponent) * bigA
    let value = first - factor * sum
    let parts = first.magnitudes + factor.magnitudes * absolute
    let ended = live .== Lanes(repeating: 0)
    // Written so that a NaN of overflowing terms is refused as well.
    let good = value * ExpectedOrders.cancellationMax .>= parts .& ended .& tried
    return all(good) ? value : patched(value, good: good, x: x, u: u)
  }

  /// Σ_n (A+1)_n (a)_n / ((c+1)_n (2)_n) zⁿ, and the same of the terms' absolute values.
  ///
  /// - Parameters:
  ///   - c: a+b+m−1.
  ///   - s: 1 − z.
  ///   - live: z in the lanes to be summed, 0 elsewhere; 0 where the series has ended after.
  ///   - isPositive: whether no term is negative.
  /// - Returns: both sums.
  @inline(__always)
  private func series(
    c: Lanes, s: Lanes, live: inout Lanes, isPositive: Bool
  ) -> (sum: Lanes, absolute: Lanes) {
    let c1 = c + 1
    var term = Lanes(repeating: 1)
    var sum = term
    var absolute = term
    var n = 0.0
    var going = true
    while going {
      var ratio = live
      for _ in 0..<4 {
        let above = Lanes(repeating: (bigA + 1 + n) * (a + n))
        ratio = above / ((c1 + n) * (2 + n)) * live
        term *= ratio
        sum += term
        if !isPositive { absolute += term.magnitudes }
        n += 1
      }
      // `ExpectedOrders` says why this is the end.
      let small = (isPositive ? sum : absolute) * 1e-17
      let size = isPositive ? term : term.magnitudes
      let done = size .<= small * s .& size .<= small * (1 - ratio)
      if n > -bigA { live.replace(with: 0, where: done) }
      going = any(live .> Lanes(repeating: 0)) && n < Self.termsMax
    }
    return (sum, isPositive ? sum : absolute)
  }

  /// Lets the integral answer in the lanes that are not good.
  @inline(never)
  private func patched(_ value: Lanes, good: LaneMask, x: Lanes, u: Lanes) -> Lanes {
    var integral = LaneQuadrature(a: a, b: x + firstChances + b, shape: x + r, u: u)
    return integral.value(where: .!good).replacing(with: value, where: good)
  }
}
