// The log-likelihood of Pareto/NBD with its first and second derivatives, both analytic.
// The maximum over them is found in Newton.swift.

/// The gradient of a log-likelihood of Pareto/NBD.
public struct ParetoGradient: Sendable, Equatable {
  /// Derivative with respect to r.
  public var r: Double
  /// Derivative with respect to α, per day.
  public var alpha: Double
  /// Derivative with respect to s.
  public var s: Double
  /// Derivative with respect to β, per day.
  public var beta: Double
}

/// The places of the four parameters in a gradient.
private enum Place {
  static let r = 0
  static let alpha = 1
  static let s = 2
  static let beta = 3
}

extension ParetoNBD {
  /// The gradient of the log-likelihood.
  ///
  /// - Parameter history: x, t_x and T in days.
  /// - Returns: the derivatives with respect to the four parameters.
  public func logLikelihoodGradient(of history: PurchaseHistory) -> ParetoGradient {
    let gradient = curvature(of: history).gradient
    return ParetoGradient(
      r: gradient[Place.r], alpha: gradient[Place.alpha], s: gradient[Place.s],
      beta: gradient[Place.beta])
  }

  /// The log-likelihood of a shop with its derivatives.
  func curvature(of histories: GroupedHistories) -> Curvature {
    var sum = Curvature()
    var start = 0
    let groups = histories.groups
    while start < groups.count {
      // Groups are ordered by x, and a part of the likelihood depends on x alone.
      let orders = groups[start].repeatOrders
      var customers = 0
      while start < groups.count, groups[start].repeatOrders == orders {
        let group = groups[start]
        sum += Double(group.customers) * timeCurvature(of: group.history)
        customers += group.customers
        start += 1
      }
      sum += Double(customers) * countCurvature(repeatOrders: Double(orders))
    }
    return sum
  }

  /// ln L of one history with its derivatives.
  func curvature(of history: PurchaseHistory) -> Curvature {
    var sum = countCurvature(repeatOrders: history.repeatOrders)
    sum += timeCurvature(of: history)
    return sum
  }

  /// The part of ln L that depends on x alone: ln (r)_x.
  func countCurvature(repeatOrders x: Double) -> Curvature {
    let rise = Rise(from: parameters.r, steps: x)
    var part = Curvature()
    part.value = rise.logGamma
    part.gradient[Place.r] = rise.digamma
    part.hessian[Place.r][Place.r] = rise.trigamma
    return part
  }

  /// The part of ln L that depends on the times.
  ///
  /// −r·ln(1+T/α) − x·ln(α+T) − s·ln(1+T/β) + ln(1 + e^ℓ), ℓ the log-odds of having left.
  func timeCurvature(of history: PurchaseHistory) -> Curvature {
    let (r, alpha, s, beta) = (parameters.r, parameters.alpha, parameters.s, parameters.beta)
    let (x, age) = (history.repeatOrders, history.ageDays)
    let perAge = 1 / (alpha + age)
    let (logAge, logLife) = (log1p(age / alpha), log1p(age / beta))
    // 1/α − 1/(α+T) and 1/β − 1/(β+T), without cancellation.
    let (cross, crossLife) = (age / alpha * perAge, age / beta / (beta + age))
    var part = Curvature()
    part.value = -r * logAge - s * logLife
    if x > 0 { part.value -= x * log(alpha + age) }
    part.gradient = SIMD4(-logAge, r * cross - x * perAge, -logLife, s * crossLife)
    part.hessian[Place.r][Place.alpha] = cross
    part.hessian[Place.alpha][Place.r] = cross
    part.hessian[Place.alpha][Place.alpha] = x * perAge * perAge - r * cross * (1 / alpha + perAge)
    part.hessian[Place.s][Place.beta] = crossLife
    part.hessian[Place.beta][Place.s] = crossLife
    part.hessian[Place.beta][Place.beta] = -s * crossLife * (1 / beta + 1 / (beta + age))

    guard let odds = DepartureOdds(parameters, history) else { return part }
    let logOdds = odds.logOddsCurvature
    let e = exp(-abs(logOdds.value))
    part.value += max(logOdds.value, 0) + log1p(e)
    // The derivative of ln(1+e^ℓ) is P(left)·ℓ′, the second one P(left)·P(alive)·ℓ′ℓ′ᵀ + P(left)·ℓ″.
    let left = (logOdds.value > 0 ? 1 : e) / (1 + e)
    let alive = (logOdds.value > 0 ? e : 1) / (1 + e)
    let slope = logOdds.gradient
    part.gradient += left * slope
    for row in 0..<4 {
      part.hessian[row] += left * (alive * slope[row] * slope + logOdds.hessian[row])
    }
    return part
  }
}

extension DepartureOdds {
  /// ln(odds) with its derivatives.
  ///
  /// With f the logarithm of the integrand, the gradient of ln ∫e^f is the mean of ∇f under e^f, and
  /// the Hessian the mean of ∇∇f plus the covariance of ∇f; all from the nodes of one quadrature.
  var logOddsCurvature: Curvature {
    let integrand = DepartureIntegrand(self)
    let (s, age) = (parameters.s, age)
    let (perAlphaAge, perBetaAge) = (1 / (parameters.alpha + age), 1 / (parameters.beta + age))
    var mass = 0.0
    var first = SIMD4<Double>.zero
    var products = Matrix4(repeating: .zero)
    // ∂²f/∂r∂α, ∂²f/∂α², ∂²f/∂s∂β and ∂²f/∂β².
    var second = SIMD4<Double>.zero

    /// ∇f and those second derivatives at one node.
    func derivatives(at y: Double) -> (SIMD4<Double>, SIMD4<Double>) {
      let point = integrand.point(at: y)
      let isAlphaNear = integrand.isAlphaSmaller
      let (logAlpha, logBeta) = isAlphaNear ? (y, point.logFar) : (point.logFar, y)
      let perAlpha = 1 / (isAlphaNear ? point.near : point.far)
      let perBeta = 1 / (isAlphaNear ? point.far : point.near)
      let alphaStep = point.back * perAlphaAge * perAlpha
      let betaStep = point.back * perBetaAge * perBeta
      return (
        SIMD4(logAlpha, -shape * alphaStep, logBeta, -s * betaStep - perBeta),
        SIMD4(
          -alphaStep, shape * alphaStep * (perAlphaAge + perAlpha), -betaStep,
          s * betaStep * (perBetaAge + perBeta) + perBeta * perBeta)
      )
    }

    // About the gradient at the last order, where most of the mass is if there are many orders, so
    // that the covariance keeps its digits.
    let (about, _) = derivatives(at: integrand.end)
    let reference = integrand.forEachNode(to: integrand.end) { y, weight in
      let (slope, bend) = derivatives(at: y)
      let offset = slope - about
      mass += weight
      first += weight * offset
      second += weight * bend
      for row in 0..<4 { products[row] += weight * offset[row] * offset }
    }
    first /= mass
    second /= mass

    var result = Curvature()
    result.value = reference + log(integrand.factor * mass)
    result.gradient = about + first
    result.gradient[Place.s] += 1 / s
    for row in 0..<4 { result.hessian[row] = products[row] / mass - first[row] * first }
    result.hessian[Place.r][Place.alpha] += second[0]
    result.hessian[Place.alpha][Place.r] += second[0]
    result.hessian[Place.alpha][Place.alpha] += second[1]
    result.hessian[Place.s][Place.beta] += second[2]
    result.hessian[Place.beta][Place.s] += second[2]
    result.hessian[Place.beta][Place.beta] += second[3]
    result.hessian[Place.s][Place.s] -= 1 / (s * s)
    return result
  }
}
