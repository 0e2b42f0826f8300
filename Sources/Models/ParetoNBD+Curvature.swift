// The log-likelihood of Pareto/NBD with its first and second derivatives, both analytic.
// The maximum over them is found in Newton.swift.

/// The places of the four parameters in a gradient.
private enum Place {
  static let r = 0
  static let alpha = 1
  static let s = 2
  static let beta = 3
}

extension ParetoNBD: LikelihoodModel {
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
  /// −r·ln(1+t_x/α) − x·ln(α+t_x) − s·ln(1+t_x/β) + ln(e^a + e^g), a and g the logarithms of
  /// P(alive, no order since) and P(left, no order since).
  func timeCurvature(of history: PurchaseHistory) -> Curvature {
    let (r, alpha, s, beta) = (parameters.r, parameters.alpha, parameters.s, parameters.beta)
    let (x, recency) = (history.repeatOrders, history.recencyDays)
    let perRecency = 1 / (alpha + recency)
    let (logAlpha, logBeta) = (log1p(recency / alpha), log1p(recency / beta))
    // 1/α − 1/(α+t_x) and 1/β − 1/(β+t_x), without cancellation.
    let (cross, crossBeta) = (recency / alpha * perRecency, recency / beta / (beta + recency))
    var part = Curvature()
    part.value = -r * logAlpha - s * logBeta
    if x > 0 { part.value -= x * log(alpha + recency) }
    part.gradient = SIMD4(-logAlpha, r * cross - x * perRecency, -logBeta, s * crossBeta)
    part.add(
      second: SIMD4(
        cross, x * perRecency * perRecency - r * cross * (1 / alpha + perRecency),
        crossBeta, -s * crossBeta * (1 / beta + 1 / (beta + recency))))

    let idle = history.ageDays - recency
    guard idle > 0 else { return part }
    let lifetime = Lifetime(parameters, orders: x, from: recency)
    let alive = lifetime.aliveCurvature(after: idle)
    let gone = lifetime.goneCurvature(within: idle)
    let difference = gone.value - alive.value
    let e = exp(-abs(difference))
    let left = (difference > 0 ? 1 : e) / (1 + e)
    let stayed = (difference > 0 ? e : 1) / (1 + e)
    part.value += max(gone.value, alive.value) + log1p(e)
    part.gradient += stayed * alive.gradient + left * gone.gradient
    let slope = gone.gradient - alive.gradient
    for row in 0..<4 {
      part.hessian[row] += stayed * alive.hessian[row] + left * gone.hessian[row]
      part.hessian[row] += stayed * left * slope[row] * slope
    }
    return part
  }
}

extension Curvature {
  /// Adds ∂²/∂r∂α, ∂²/∂α², ∂²/∂s∂β and ∂²/∂β².
  fileprivate mutating func add(second: SIMD4<Double>) {
    hessian[Place.r][Place.alpha] += second[0]
    hessian[Place.alpha][Place.r] += second[0]
    hessian[Place.alpha][Place.alpha] += second[1]
    hessian[Place.s][Place.beta] += second[2]
    hessian[Place.beta][Place.s] += second[2]
    hessian[Place.beta][Place.beta] += second[3]
  }
}

extension Lifetime {
  /// The derivatives of `logAlive`.
  ///
  /// - Parameters:
  ///   - w: the days.
  ///   - logAlpha: ln(1+w/A).
  ///   - logBeta: ln(1+w/B).
  /// - Returns: the gradient, and the second derivatives as `Curvature.add(second:)` has them.
  private func aliveDerivatives(
    after w: Double, logAlpha: Double, logBeta: Double
  ) -> (gradient: SIMD4<Double>, second: SIMD4<Double>) {
    let (perAlpha, perBeta) = (1 / (alpha + w), 1 / (beta + w))
    // 1/A − 1/(A+w) and 1/B − 1/(B+w), without cancellation.
    let (alphaStep, betaStep) = (w / alpha * perAlpha, w / beta * perBeta)
    return (
      SIMD4(-logAlpha, shape * alphaStep, -logBeta, s * betaStep),
      SIMD4(
        alphaStep, -shape * alphaStep * (perAlpha + 1 / alpha), betaStep,
        -s * betaStep * (perBeta + 1 / beta))
    )
  }

  /// `logAlive` with its derivatives in r, α, s and β.
  func aliveCurvature(after t: Double) -> Curvature {
    let (logAlpha, logBeta) = (log1p(t / alpha), log1p(t / beta))
    let (gradient, second) = aliveDerivatives(after: t, logAlpha: logAlpha, logBeta: logBeta)
    var result = Curvature()
    result.value = -shape * logAlpha - s * logBeta
    result.gradient = gradient
    result.add(second: second)
    return result
  }

  /// `logGone` with its derivatives in r, α, s and β.
  ///
  /// With f the logarithm of the integrand, the gradient of ln ∫e^f is the mean of ∇f under e^f, and
  /// the Hessian the mean of ∇∇f plus the covariance of ∇f; all from the nodes of one quadrature.
  func goneCurvature(within t: Double) -> Curvature {
    let integrand = GoneIntegrand(self)
    // About the gradient at w = 0, where most of the mass is if there are many orders, so that the
    // covariance keeps its digits.
    let about = SIMD4(0, 0, 0, -1 / beta)
    var mass = 0.0
    var first = SIMD4<Double>.zero
    var products = Matrix4(repeating: .zero)
    var second = SIMD4<Double>.zero
    let reference = integrand.forEachNode(to: log1p(t / integrand.near)) { y, weight in
      let w = integrand.near * expm1(y)
      let far = log1p(w / (integrand.near + integrand.gap))
      var (offset, bend) = aliveDerivatives(
        after: w, logAlpha: integrand.isAlphaNear ? y : far,
        logBeta: integrand.isAlphaNear ? far : y)
      // The factor 1/(B+w), its derivative less that at 0.
      let perBeta = 1 / (beta + w)
      offset[Place.beta] += w / beta * perBeta
      bend[3] += perBeta * perBeta
      mass += weight
      first += weight * offset
      second += weight * bend
      for row in 0..<4 { products[row] += weight * offset[row] * offset }
    }
    first /= mass
    var result = Curvature()
    result.value = reference + log(integrand.factor * mass)
    result.gradient = about + first
    result.gradient[Place.s] += 1 / s
    for row in 0..<4 { result.hessian[row] = products[row] / mass - first[row] * first }
    result.add(second: second / mass)
    result.hessian[Place.s][Place.s] -= 1 / (s * s)
    return result
  }
}
