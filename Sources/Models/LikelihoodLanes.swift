// The log-likelihood of a shop under BG/NBD and MBG/NBD with its derivatives, eight groups at a time.
// The same one group at a time, and the formulas, are in BetaGeometric+Curvature.swift.

/// Eight groups of equal histories, lane by lane.
struct HistoryLanes: Sendable {
  var repeatOrders = Lanes.zero
  var recencyDays = Lanes.zero
  var ageDays = Lanes.zero
  /// How many customers share the history; 0 in lanes that are left over.
  var customers = Lanes.zero
}

extension GroupedHistories {
  /// The groups, eight by eight.
  func lanes() -> [HistoryLanes] {
    let width = Lanes.scalarCount
    var packs: [HistoryLanes] = []
    packs.reserveCapacity((groups.count + width - 1) / width)
    var pack = HistoryLanes()
    var lane = 0
    for group in groups {
      pack.repeatOrders[lane] = Double(group.repeatOrders)
      pack.recencyDays[lane] = Double(group.recencyDays)
      pack.ageDays[lane] = Double(group.ageDays)
      pack.customers[lane] = Double(group.customers)
      lane += 1
      if lane == width {
        packs.append(pack)
        pack = HistoryLanes()
        lane = 0
      }
    }
    if lane > 0 { packs.append(pack) }
    return packs
  }
}

extension BetaGeometric {
  /// The part of ln L that depends on the times, of many groups, with its derivatives.
  ///
  /// The sums are over lanes first, and over the eight sums last, so that a result depends on the
  /// packs and their order alone.
  func timeCurvature(of packs: ArraySlice<HistoryLanes>) -> Curvature {
    let (r, alpha, a, b) = (parameters.r, parameters.alpha, parameters.a, parameters.b)
    let one = Lanes(repeating: 1)
    var sums = LikelihoodSums()
    for pack in packs {
      let (x, age, weight) = (pack.repeatOrders, pack.ageDays, pack.customers)
      let shape = x + r
      let perAge = one / (age + alpha)
      let logAge = LaneMath.log1p(age * (1 / alpha))
      let perRecency = one / (pack.recencyDays + alpha)
      let idle = (age - pack.recencyDays) * perRecency
      let logIdle = LaneMath.log1p(idle)
      let chances = x + firstChances
      let never = chances .== Lanes(repeating: 0)
      let perStay = one / (chances + (b - 1)).replacing(with: one, where: never)
      let logOdds = LaneMath.log(perStay * a) + shape * logIdle
      let gone = logOdds .> Lanes(repeating: 0)
      let e = LaneMath.exp(-logOdds.magnitudes)
      let whole = one / (e + 1)
      let left = (e.replacing(with: one, where: gone) * whole).replacing(with: 0, where: never)
      let mixture = (logOdds.replacing(with: 0, where: .!gone) + LaneMath.log1p(e))
        .replacing(with: 0, where: never)
      let spread = left * (one - left) * weight
      let leaving = left * weight
      let perTime = -(idle * perAge)
      let slope = shape * perTime

      sums.value += weight * (mixture - shape * logAge)
      sums.orders += weight * x
      sums.logAge += weight * logAge
      sums.pace += weight * (shape * perAge)
      sums.paceBend += weight * (shape * perAge * perAge)
      sums.cross += weight * (age * perAge)
      sums.left += leaving
      sums.leftIdle += leaving * logIdle
      sums.leftSlope += leaving * slope
      sums.leftStay += leaving * perStay
      sums.leftTime += leaving * perTime
      sums.leftBend += leaving * slope * (perAge + perRecency)
      sums.stayBend += (leaving + spread) * perStay * perStay
      sums.spread += spread
      sums.idleIdle += spread * logIdle * logIdle
      sums.idleSlope += spread * logIdle * slope
      sums.idle += spread * logIdle
      sums.idleStay += spread * logIdle * perStay
      sums.slopeSlope += spread * slope * slope
      sums.slope += spread * slope
      sums.slopeStay += spread * slope * perStay
      sums.stay += spread * perStay
      sums.customers += weight
    }
    return sums.curvature(r: r, alpha: alpha, a: a)
  }
}

/// What the derivatives are made of, each a sum over customers, lane by lane.
///
/// «left» weighs by P(left), the others by P(left)·P(alive); idle is ln(1 + idle/(α+t_x)), slope the
/// derivative of the log-odds by α, stay 1/(b+m−1).
private struct LikelihoodSums {
  var value = Lanes.zero
  var customers = Lanes.zero
  var orders = Lanes.zero
  var logAge = Lanes.zero
  var pace = Lanes.zero
  var paceBend = Lanes.zero
  var cross = Lanes.zero
  var left = Lanes.zero
  var leftIdle = Lanes.zero
  var leftSlope = Lanes.zero
  var leftStay = Lanes.zero
  var leftTime = Lanes.zero
  var leftBend = Lanes.zero
  var stayBend = Lanes.zero
  var spread = Lanes.zero
  var idleIdle = Lanes.zero
  var idleSlope = Lanes.zero
  var idle = Lanes.zero
  var idleStay = Lanes.zero
  var slopeSlope = Lanes.zero
  var slope = Lanes.zero
  var slopeStay = Lanes.zero
  var stay = Lanes.zero

  func curvature(r: Double, alpha: Double, a: Double) -> Curvature {
    let customers = customers.sum()
    var result = Curvature()
    result.value = value.sum() - orders.sum() * log(alpha)
    result.gradient = SIMD4(
      leftIdle.sum() - logAge.sum(), customers * r / alpha - pace.sum() + leftSlope.sum(),
      left.sum() / a, -leftStay.sum())
    let rateScale = cross.sum() / alpha + idleSlope.sum() + leftTime.sum()
    let rateFirst = idle.sum() / a
    let scaleFirst = slope.sum() / a
    let firstSecond = -stay.sum() / a
    let scale =
      paceBend.sum() - customers * r / (alpha * alpha) + slopeSlope.sum() - leftBend.sum()
    result.hessian[0] = SIMD4(idleIdle.sum(), rateScale, rateFirst, -idleStay.sum())
    result.hessian[1] = SIMD4(rateScale, scale, scaleFirst, -slopeStay.sum())
    result.hessian[2] = SIMD4(
      rateFirst, scaleFirst, (spread.sum() - left.sum()) / (a * a), firstSecond)
    result.hessian[3] = SIMD4(-idleStay.sum(), -slopeStay.sum(), firstSecond, stayBend.sum())
    return result
  }
}
