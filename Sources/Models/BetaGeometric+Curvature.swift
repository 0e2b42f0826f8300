// The log-likelihood of the beta-geometric models with its first and second derivatives.
// The maximum over them is found in Newton.swift.

/// The places of the four parameters in a gradient.
private enum Place {
  static let r = 0
  static let alpha = 1
  static let a = 2
  static let b = 3
}

extension BetaGeometric: LikelihoodModel {
  /// The part of ln L that depends on x alone, the same for all who ordered equally often.
  ///
  /// ln (r)_x + ln (b)_m − ln (a+b)_m with the rising factorial (·)_n and m chances to leave.
  func countCurvature(repeatOrders x: Double) -> Curvature {
    let rate = Rise(from: parameters.r, steps: x)
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
  /// −r·ln(1+T/α) − x·ln(α+T) + ln(1 + e^ℓ), ℓ the log-odds of having left.
  @inline(__always)
  func timeCurvature(of history: PurchaseHistory) -> Curvature {
    let (r, alpha, a) = (parameters.r, parameters.alpha, parameters.a)
    let (x, age) = (history.repeatOrders, history.ageDays)
    let shape = r + x
    let perAge = 1 / (alpha + age)
    let logAge = log1p(age / alpha)
    var part = Curvature()
    part.value = -r * logAge
    if x > 0 { part.value -= x * log(alpha + age) }
    part.gradient = SIMD4(-logAge, r / alpha - shape * perAge, 0, 0)
    // 1/α − 1/(α+T), without cancellation.
    let cross = age / alpha * perAge
    part.hessian[Place.r] = SIMD4(0, cross, 0, 0)
    part.hessian[Place.alpha] = SIMD4(cross, shape * perAge * perAge - r / (alpha * alpha), 0, 0)

    let chances = x + firstChances
    guard chances > 0 else { return part }
    let perRecency = 1 / (alpha + history.recencyDays)
    let idle = (age - history.recencyDays) * perRecency
    let logIdle = log1p(idle)
    let perStay = 1 / (parameters.b + (chances - 1))
    let logOdds = log(a * perStay) + shape * logIdle
    let e = exp(-abs(logOdds))
    part.value += max(logOdds, 0) + log1p(e)
    let left = (logOdds > 0 ? 1 : e) / (1 + e)
    // The derivative of ln(1+e^ℓ) is P(left)·ℓ′, the second one P(left)·P(alive)·ℓ′ℓ′ᵀ + P(left)·ℓ″.
    let perTime = -idle * perAge
    let slope = SIMD4(logIdle, shape * perTime, 1 / a, -perStay)
    part.gradient += left * slope
    let weight = left * (1 - left)
    for row in 0..<4 { part.hessian[row] += weight * slope[row] * slope }
    part.hessian[Place.r][Place.alpha] += left * perTime
    part.hessian[Place.alpha][Place.r] += left * perTime
    part.hessian[Place.alpha][Place.alpha] -= left * shape * perTime * (perAge + perRecency)
    part.hessian[Place.a][Place.a] -= left / (a * a)
    part.hessian[Place.b][Place.b] += left * perStay * perStay
    return part
  }
}
