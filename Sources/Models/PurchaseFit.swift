// The fit of a purchase model: maximum likelihood over grouped histories, and its report.
// The climb itself is in Newton.swift, the derivatives in Curvature.swift.

/// A purchase model fitted to a shop, and how well that went.
public struct PurchaseFit: Sendable, Equatable {
  /// Which model was fitted.
  public let kind: PurchaseModelKind
  /// The parameters, α in days; usable even where the fit did not converge.
  public let parameters: PurchaseParameters
  /// Standard errors from the inverse observed information; nil where that does not exist.
  public let standardErrors: PurchaseStandardErrors?
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

  /// The exact model with these parameters.
  public var model: any PurchaseModel { kind.model(parameters) }

  /// The bounds of a fit: narrower than what a model accepts, wide enough for any shop.
  static let lower = SIMD4<Double>(1e-4, 1e-2, 1e-4, 1e-4)
  static let upper = SIMD4<Double>(1e4, 1e7, 1e4, 1e4)

  /// Fits a model.
  ///
  /// - Parameters:
  ///   - kind: which model.
  ///   - histories: the shop's customers.
  ///   - start: where the first climb begins; nil for a guess from the data.
  /// - Returns: the fit, with bounded, usable parameters in every case.
  /// - Throws: `ModelError.noCustomers`.
  public static func fit(
    kind: PurchaseModelKind, histories: GroupedHistories, start: PurchaseParameters? = nil
  ) throws(ModelError) -> PurchaseFit {
    guard histories.customers > 0 else { throw .noCustomers }
    guard histories.repeatOrders > 0 else {
      return withoutRepeatOrders(kind: kind, histories: histories)
    }
    let newton = Newton(lower: lower, upper: upper)
    func climb(_ point: SIMD4<Double>) -> Newton.Result {
      newton.maximise(from: point) { curvature(of: histories, kind: kind, at: $0) }
    }
    let guess = guess(from: histories)
    var best = climb(start.map { SIMD4($0.r, $0.alpha, $0.a, $0.b) } ?? guess)
    var iterations = best.iterations
    if !best.settled || any(best.atEdge) {
      // The climb may have been led astray: two more, from dropout rare and dropout frequent.
      for shapes in [SIMD2(0.3, 6), SIMD2(2, 1.5)] {
        let other = climb(SIMD4(guess[0], guess[1], shapes[0], shapes[1]))
        iterations += other.iterations
        let gain = other.curvature.value - best.curvature.value
        if gain > 1e-6 || (gain > -1e-6 && other.settled && !any(other.atEdge)) { best = other }
      }
    }
    return PurchaseFit(kind: kind, histories: histories, best: best, iterations: iterations)
  }

  /// The log-likelihood of all histories with its derivatives.
  static func curvature(
    of histories: GroupedHistories, kind: PurchaseModelKind, at point: SIMD4<Double>
  ) -> Curvature {
    let parameters = PurchaseParameters(
      trustedR: point[0], alpha: point[1], a: point[2], b: point[3])
    let model =
      switch kind {
      case .bgNBD: BGNBD(parameters).family
      case .mbgNBD: MBGNBD(parameters).family
      }
    var sum = Curvature()
    var start = 0
    let groups = histories.groups
    while start < groups.count {
      // Groups are ordered by x, and a part of the likelihood depends on x alone.
      let orders = groups[start].repeatOrders
      var customers = 0
      while start < groups.count, groups[start].repeatOrders == orders {
        let group = groups[start]
        sum += Double(group.customers) * model.timeCurvature(of: group.history)
        customers += group.customers
        start += 1
      }
      sum += Double(customers) * model.countCurvature(repeatOrders: Double(orders))
    }
    return sum
  }

  /// A first guess: uneven rates around twice the shop's mean one, and some dropout.
  private static func guess(from histories: GroupedHistories) -> SIMD4<Double> {
    let daysPerOrder = histories.days / Double(histories.repeatOrders)
    return SIMD4(0.5, max(daysPerOrder / 4, 1), 1, 2.5)
  }

  /// The answer where nobody ever came back: the likelihood only says «rarely».
  private static func withoutRepeatOrders(
    kind: PurchaseModelKind, histories: GroupedHistories
  ) -> PurchaseFit {
    // As if half an order had been seen in all, over the customers' ages and one more month, with
    // an exponential spread of rates.
    let months = Double(histories.customers) * ScoreTerms.monthDays
    let alpha = min(2 * (histories.days + months), PurchaseParameters.alphaRange.upperBound)
    let point = SIMD4(1, alpha, 1, 1)
    return PurchaseFit(
      kind: kind,
      parameters: PurchaseParameters(
        trustedR: point[0], alpha: point[1], a: point[2], b: point[3]),
      standardErrors: nil,
      logLikelihoodDays: curvature(of: histories, kind: kind, at: point).value,
      logLikelihoodWeeks: curvature(of: histories, kind: kind, at: point).value,
      customers: histories.customers, distinctHistories: histories.groups.count, iterations: 0,
      converged: false,
      warnings: [
        "Nobody has ordered a second time, so the maximum lies at a rate of zero; the parameters "
          + "stand for half a repeat order in all and say nothing about dropout."
      ])
  }
}

/// Standard errors of the parameters of a purchase model.
public struct PurchaseStandardErrors: Sendable, Equatable {
  /// Of r.
  public let r: Double
  /// Of α, in days.
  public let alpha: Double
  /// Of a.
  public let a: Double
  /// Of b.
  public let b: Double
}

extension PurchaseFit {
  /// Puts the report of a climb together.
  private init(
    kind: PurchaseModelKind, histories: GroupedHistories, best: Newton.Result, iterations: Int
  ) {
    let point = best.parameters
    self.kind = kind
    parameters = PurchaseParameters(
      trustedR: point[0], alpha: point[1], a: point[2], b: point[3])
    logLikelihoodDays = best.curvature.value
    // A density per week is 7 densities per day, for each repeat order.
    logLikelihoodWeeks = best.curvature.value + Double(histories.repeatOrders) * log(7)
    customers = histories.customers
    distinctHistories = histories.groups.count
    self.iterations = iterations
    converged = best.settled && !any(best.atEdge)
    let errors = converged ? best.standardErrors : nil
    standardErrors = errors.map {
      PurchaseStandardErrors(r: $0[0], alpha: $0[1], a: $0[2], b: $0[3])
    }
    warnings = Self.warnings(best, errors: errors)
  }

  /// What to tell about the edges met and the errors found.
  private static func warnings(_ best: Newton.Result, errors: SIMD4<Double>?) -> [String] {
    var warnings: [String] = []
    let point = best.parameters
    let high = best.atEdge .& (point .>= upper * 0.99)
    let low = best.atEdge .& (point .<= lower * 1.01)
    if best.atEdge[2] || best.atEdge[3] {
      let (a, b) = (point[2], point[3])
      let story =
        if a < 0.01 * (a + b) {
          "The data show no dropout: the likelihood grows towards customers who never leave"
        } else if b < 0.01 * (a + b) {
          "The likelihood grows towards customers who leave at once"
        } else if a > 100 {
          "The dropout probability looks the same for everybody: a and b grow without limit"
        } else {
          "Customers seem to leave at once or never: a and b shrink without limit"
        }
      warnings.append("\(story); the fit stops at its bounds.")
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
    if best.settled, !any(best.atEdge) {
      if let errors {
        for (i, name) in ["r", "alpha", "a", "b"].enumerated() where errors[i] > point[i] {
          warnings.append(
            "The data hardly determine \(name): its standard error is larger than itself.")
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
