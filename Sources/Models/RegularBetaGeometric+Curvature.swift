// The log-likelihood of the regular models with its first and second derivatives, split as in
// BetaGeometric+Curvature.swift: what depends on x alone, and what depends on the times.

/// The places of the four parameters in a gradient.
private enum Place {
  static let r = 0
  static let alpha = 1
  static let a = 2
  static let b = 3
}

extension RegularBetaGeometric: LikelihoodModel {
  /// The part of ln L that depends on x alone, the same for all who ordered equally often.
  ///
  /// ln (r)_kx + ln (b)_m − ln (a+b)_m with the rising factorial (·)_n and m chances to leave.
  func countCurvature(repeatOrders x: Double) -> Curvature {
    let rate = Rise(from: parameters.r, steps: Double(stages) * x)
    let stay = Rise(from: parameters.b, steps: x + firstChances)
    let all = Rise(from: parameters.a + parameters.b, steps: x + firstChances)
    var part = Curvature()
    part.value = rate.logGamma + stay.logGamma - all.logGamma
    part.gradient = SIMD4(rate.digamma, 0, -all.digamma, stay.digamma - all.digamma)
    part.hessian[Place.r] = SIMD4(rate.trigamma, 0, 0, 0)
    part.hessian[Place.a] = SIMD4(0, 0, -all.trigamma, -all.trigamma)
    part.hessian[Place.b] = SIMD4(0, 0, -all.trigamma, stay.trigamma - all.trigamma)
    return part
  }

  /// The part of ln L that depends on the times.
  ///
  /// −r·ln(1+T/α) − kx·ln(α+T) + ln(Σ_j e^ℓ_j + e^ℓ), e^ℓ_j = (R)_j/j!·((T−t_x)/(α+T))^j of someone
  /// alive in stage j < k, and ℓ = ln[a/(b+m−1)] + R·ln[(α+T)/(α+t_x)] of someone who has left. The
  /// gradient of such a sum is the mean of its terms' gradients under their shares, its Hessian the
  /// mean of their Hessians plus the covariance of their gradients.
  func timeCurvature(of history: PurchaseHistory) -> Curvature {
    let (r, alpha, a) = (parameters.r, parameters.alpha, parameters.a)
    let (x, age) = (history.repeatOrders, history.ageDays)
    let silence = Silence(self, history)
    let shape = silence.shape
    let perAge = 1 / (alpha + age)
    let logAge = log1p(age / alpha)
    var part = Curvature()
    part.value = silence.logDensity
    part.gradient = SIMD4(-logAge, r / alpha - shape * perAge, 0, 0)
    // 1/α − 1/(α+T), without cancellation.
    let cross = age / alpha * perAge
    part.hessian[Place.r] = SIMD4(0, cross, 0, 0)
    part.hessian[Place.alpha] = SIMD4(cross, shape * perAge * perAge - r / (alpha * alpha), 0, 0)

    // Of those alive: j/(α+T) and Σ_{i<j} 1/(R+i), with mean and covariance.
    let shares = silence.weights / (1 + silence.begunSum)
    var sums = SIMD4<Double>.zero
    var squares = SIMD4<Double>.zero
    for j in 1..<4 where j < stages {
      let step = 1 / (shape + Double(j - 1))
      sums[j] = sums[j - 1] + step
      squares[j] = squares[j - 1] + step * step
    }
    let places = SIMD4(0.0, 1, 2, 3)
    let meanPlace = (shares * places).sum()
    let meanSum = (shares * sums).sum()
    let slopeAlive = SIMD4(meanSum, -meanPlace * perAge, 0, 0)
    let (placesOff, sumsOff) = (places - meanPlace, sums - meanSum)
    let bendRate = (shares * sumsOff * sumsOff).sum() - (shares * squares).sum()
    let bendCross = -(shares * sumsOff * placesOff).sum() * perAge
    let bendAlpha = ((shares * placesOff * placesOff).sum() + meanPlace) * perAge * perAge

    var alive = 1.0
    if let logOdds = silence.odds.logarithm {
      let e = exp(-abs(logOdds))
      let left = (logOdds > 0 ? 1 : e) / (1 + e)
      alive = (logOdds > 0 ? e : 1) / (1 + e)
      let perRecency = 1 / (alpha + history.recencyDays)
      let perStay = 1 / (parameters.b + (x + firstChances - 1))
      let idle = (age - history.recencyDays) * perRecency
      let perTime = -idle * perAge
      let slope = SIMD4(log1p(idle), shape * perTime, 1 / a, -perStay)
      let apart = slope - slopeAlive
      part.gradient += left * slope
      let weight = left * alive
      for row in 0..<4 { part.hessian[row] += weight * apart[row] * apart }
      part.hessian[Place.r][Place.alpha] += left * perTime
      part.hessian[Place.alpha][Place.r] += left * perTime
      part.hessian[Place.alpha][Place.alpha] -= left * shape * perTime * (perAge + perRecency)
      part.hessian[Place.a][Place.a] -= left / (a * a)
      part.hessian[Place.b][Place.b] += left * perStay * perStay
    }
    part.gradient += alive * slopeAlive
    part.hessian[Place.r] += alive * SIMD4(bendRate, bendCross, 0, 0)
    part.hessian[Place.alpha] += alive * SIMD4(bendCross, bendAlpha, 0, 0)
    return part
  }
}
