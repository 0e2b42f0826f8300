// The fit of a purchase model: maximum likelihood over grouped histories, and its report.
// The climb itself is in Newton.swift, what is particular to a model in FitPlan.swift.

/// A purchase model fitted to a shop, and how well that went.
public struct PurchaseFit: Sendable, Equatable {
  /// Which model was fitted, and its numbers; usable even where the fit did not converge.
  public let parameters: PurchaseParameters
  /// Standard errors from the inverse observed information, in the order of the parameters; nil where
  /// that does not exist.
  public let standardErrors: SIMD4<Double>?
  /// ln L with times in days.
  public let logLikelihoodDays: Double
  /// ln L with times in weeks, as the papers print it.
  public let logLikelihoodWeeks: Double
  /// How many customers there were.
  public let customers: Int
  /// How many distinct histories they had.
  public let distinctHistories: Int
  /// Steps of all climbs together.
  public let iterations: Int
  /// Whether the maximum was found, and inside the bounds.
  public let converged: Bool
  /// What a person should know about the fit, each a sentence.
  public let warnings: [String]

  /// Fits the models of a family, which differ in the regularity of the gaps, and takes the likeliest.
  ///
  /// - Parameters:
  ///   - kind: one of the family.
  ///   - histories: the shop's customers, with the sum of the logarithms of their gaps.
  ///   - crew: who computes.
  /// - Returns: the fit with the highest likelihood.
  /// - Throws: `ModelError.noCustomers`.
  public static func fitFamily(
    of kind: PurchaseModelKind, histories: GroupedHistories, crew: any FitCrew = Alone()
  ) throws(ModelError) -> PurchaseFit {
    var best = try fit(kind: kind.family[0], histories: histories, crew: crew)
    for kind in kind.family.dropFirst() {
      let other = try fit(kind: kind, histories: histories, crew: crew)
      if other.logLikelihoodDays <= best.logLikelihoodDays { break }
      best = other
    }
    return best
  }

  /// From this many distinct histories on the climb begins on a sample, each of so many.
  private static let sampledFrom = 4_000
  private static let sampledEvery = 8

  /// Fits a model.
  ///
  /// - Parameters:
  ///   - kind: which model.
  ///   - histories: the shop's customers.
  ///   - start: where the first climb begins, in the order of the parameters, with times in days; nil
  ///     for a guess from the data.
  ///   - crew: who computes; the result does not depend on it.
  /// - Returns: the fit, with bounded, usable parameters in every case.
  /// - Throws: `ModelError.noCustomers`.
  public static func fit(
    kind: PurchaseModelKind, histories: GroupedHistories, start: SIMD4<Double>? = nil,
    crew: any FitCrew = Alone()
  ) throws(ModelError) -> PurchaseFit {
    guard histories.customers > 0 else { throw .noCustomers }
    guard histories.repeatOrders > 0 else {
      return withoutRepeatOrders(kind: kind, histories: histories)
    }
    let plan = kind.fitPlan
    let newton = Newton(lower: plan.lower, upper: plan.upper)
    var starts = plan.starts(for: histories)
    if let start { starts[0] = start }
    let best = climb(newton, plan, histories, from: starts, crew)
    return PurchaseFit(kind: kind, histories: histories, best: best)
  }

  /// Climbs on the shop, most of the way on a part of it where it is large.
  private static func climb(
    _ newton: Newton, _ plan: FitPlan, _ histories: GroupedHistories, from starts: [SIMD4<Double>],
    _ crew: any FitCrew
  ) -> Newton.Result {
    var starts = starts
    var iterations = 0
    var damping = Newton.dampingFirst
    if histories.groups.count > sampledFrom {
      let part = climb(newton, plan, histories.sampled(every: sampledEvery), from: starts, crew)
      starts[0] = part.parameters
      iterations = part.iterations
      if part.isInside { damping = 0 }
    }
    var best = newton.maximise(
      from: starts[0], otherwise: Array(starts.dropFirst()), damping: damping,
      plan.curvature(histories, crew))
    best.iterations += iterations
    return best
  }

  /// The answer where nobody ever came back: the likelihood only says «rarely».
  private static func withoutRepeatOrders(
    kind: PurchaseModelKind, histories: GroupedHistories
  ) -> PurchaseFit {
    // As if half an order had been seen in all, over the customers' ages and one more month, with
    // an exponential spread of rates.
    let months = Double(histories.customers) * ScoreTerms.monthDays
    let alpha = min(2 * (histories.days + months), kind.parameters[1].range.upperBound)
    let plan = kind.fitPlan
    let point = plan.withoutRepeatOrders(alpha: alpha)
    let logLikelihood = plan.curvature(histories, Alone())(point).value
    return PurchaseFit(
      parameters: PurchaseParameters(trusted: kind, point), standardErrors: nil,
      logLikelihoodDays: logLikelihood, logLikelihoodWeeks: logLikelihood,
      customers: histories.customers, distinctHistories: histories.groups.count, iterations: 0,
      converged: false,
      warnings: [
        "Nobody has ordered a second time, so the maximum lies at a rate of zero; the parameters "
          + "stand for half a repeat order in all and say nothing about dropout."
      ])
  }
}

extension PurchaseFit {
  /// Puts the report of a climb together.
  private init(
    kind: PurchaseModelKind, histories: GroupedHistories, best: Newton.Result
  ) {
    parameters = PurchaseParameters(trusted: kind, best.parameters)
    logLikelihoodDays =
      best.curvature.value
      + RegularBetaGeometric.regularityConstant(
        k: kind.stages, repeatOrders: Double(histories.repeatOrders),
        sumOfLogGaps: histories.sumOfLogGaps)
    // A density per week is 7 densities per day, for each repeat order.
    logLikelihoodWeeks = logLikelihoodDays + Double(histories.repeatOrders) * log(7)
    customers = histories.customers
    distinctHistories = histories.groups.count
    iterations = best.iterations
    converged = best.isInside
    standardErrors = converged ? best.standardErrors : nil
    warnings = Self.warnings(kind, best, errors: standardErrors)
  }

  /// What to tell about the edges met and the errors found.
  private static func warnings(
    _ kind: PurchaseModelKind, _ best: Newton.Result, errors: SIMD4<Double>?
  ) -> [String] {
    var warnings: [String] = []
    let point = best.parameters
    let plan = kind.fitPlan
    let high = best.atEdge .& (point .>= plan.upper * 0.99)
    let low = best.atEdge .& (point .<= plan.lower * 1.01)
    if best.atEdge[2] || best.atEdge[3] {
      warnings.append("\(plan.dropoutStory(point)); the fit stops at its bounds.")
    }
    if high[0] || high[1] {
      warnings.append(
        "The order rate looks the same for everybody: r and alpha grow without limit, and the "
          + "fit stops at its bounds.")
    }
    if low[0] || low[1] {
      warnings.append(
        "A few customers order and the others never do: the fit stops at its bounds.")
    }
    if !best.settled {
      warnings.append("The fit ran out of steps before it settled; its parameters are its best.")
    }
    if best.isInside {
      if let errors {
        for (place, parameter) in kind.parameters.enumerated() where errors[place] > point[place] {
          warnings.append(
            "The data hardly determine \(parameter.name): its standard error is larger than itself."
          )
        }
      } else {
        warnings.append("The data do not determine all parameters; there are no standard errors.")
      }
    }
    return warnings
  }
}

extension Newton.Result {
  /// Square roots of the diagonal of the inverse observed information, in the parameters
  /// themselves; nil where it is not positive definite.
  var standardErrors: SIMD4<Double>? {
    // Scaled by the parameters, so that their units do not spoil the factorisation.
    var information = Matrix4(repeating: .zero)
    for row in 0..<4 {
      information[row] = -curvature.hessian[row] * parameters * parameters[row]
      if information[row][row] == 0 { information[row][row] = 1 }
    }
    guard let factor = Cholesky(information) else { return nil }
    let errors = factor.inverseDiagonal.squareRoot() * parameters
    return (0..<4).allSatisfy { errors[$0].isFinite } ? errors : nil
  }
}
