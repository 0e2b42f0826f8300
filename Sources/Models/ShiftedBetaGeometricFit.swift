// The fit of the shifted beta-geometric model: maximum likelihood over a cohort, and its report.
// The climb itself is in Newton.swift.

/// A shifted beta-geometric model fitted to a cohort, and how well that went.
public struct ShiftedBetaGeometricFit: Sendable, Equatable {
  /// The parameters; usable even where the fit did not converge.
  public let parameters: RenewalParameters
  /// Standard errors from the inverse observed information; nil where that does not exist.
  public let standardErrors: RenewalStandardErrors?
  /// ln L of the cohort.
  public let logLikelihood: Double
  /// Customers at the start of the cohort.
  public let customers: Int
  /// Renewals that were seen or refused: periods with a customer before them.
  public let periods: Int
  /// Steps of all climbs together.
  public let iterations: Int
  /// Whether the maximum was found, and inside the bounds.
  public let converged: Bool
  /// What a person should know about the fit, each a sentence.
  public let warnings: [String]

  /// The bounds of a fit: narrower than what the model accepts, wide enough for any cohort.
  static let lower = SIMD4<Double>(1e-4, 1e-4, 1, 1)
  static let upper = SIMD4<Double>(1e4, 1e4, 1, 1)

  /// Fits the model.
  ///
  /// - Parameters:
  ///   - cohort: the customers left after each period.
  ///   - start: where the first climb begins; nil for a guess from the data.
  /// - Returns: the fit, with bounded, usable parameters in every case.
  public static func fit(
    _ cohort: RenewalCohort, start: RenewalParameters? = nil
  ) -> ShiftedBetaGeometricFit {
    let counts = cohort.counts
    // Sums of doubles: ten thousand counts of 2^52 would not fit an Int.
    let atRisk = counts.dropLast().reduce(0) { $0 + Double($1) }
    let stayed = counts.dropFirst().reduce(0) { $0 + Double($1) }
    let left = Double(counts[0] - counts[counts.count - 1])
    if let plain = withoutSpread(cohort, atRisk: atRisk, stayed: stayed, left: left) {
      return plain
    }
    let newton = Newton(lower: lower, upper: upper)
    let odds = stayed / left
    let best = newton.maximise(
      from: start.map { SIMD4($0.alpha, $0.beta, 1, 1) } ?? SIMD4(1, odds, 1, 1),
      // Customers unlike and alike.
      otherwise: [0.1, 30].map { SIMD4($0, $0 * odds, 1, 1) }
    ) { point in
      ShiftedBetaGeometric(RenewalParameters(trustedAlpha: point[0], beta: point[1]))
        .curvature(of: cohort)
    }
    return ShiftedBetaGeometricFit(cohort, best: best)
  }

  /// The answer where the counts say nothing about how customers differ, else nil.
  private static func withoutSpread(
    _ cohort: RenewalCohort, atRisk: Double, stayed: Double, left: Double
  ) -> ShiftedBetaGeometricFit? {
    let parameters: (alpha: Double, beta: Double)
    let warning: String
    if left == 0 {
      // As if half a customer had left in all.
      parameters = (1, 2 * atRisk + 1)
      warning =
        "Nobody has left, so the maximum lies at a churn of zero; the parameters stand for half a "
        + "customer lost in all."
    } else if stayed == 0 {
      parameters = (2 * atRisk + 1, 1)
      warning =
        "Everybody left at the first renewal, so the maximum lies at a retention of zero; the "
        + "parameters stand for half a renewal in all."
    } else if cohort.periodsSeen == 1 {
      // Any α and β in this ratio fit as well; 2 is the sum of the even spread.
      parameters = (2 * (left / atRisk), 2 * (stayed / atRisk))
      warning =
        "One period shows how many customers leave, not how they differ; an even spread is assumed."
    } else {
      return nil
    }
    let range = RenewalParameters.shapeRange
    let fitted = RenewalParameters(
      trustedAlpha: min(max(parameters.alpha, range.lowerBound), range.upperBound),
      beta: min(max(parameters.beta, range.lowerBound), range.upperBound))
    return ShiftedBetaGeometricFit(
      parameters: fitted, standardErrors: nil,
      logLikelihood: ShiftedBetaGeometric(fitted).logLikelihood(of: cohort),
      customers: cohort.counts[0], periods: cohort.periodsSeen, iterations: 0, converged: false,
      warnings: [warning])
  }
}

/// Standard errors of the parameters of the shifted beta-geometric model.
public struct RenewalStandardErrors: Sendable, Equatable {
  /// Of α.
  public let alpha: Double
  /// Of β.
  public let beta: Double
}

extension RenewalCohort {
  /// The periods with a customer before them.
  var periodsSeen: Int { counts.dropLast().count { $0 > 0 } }
}

extension ShiftedBetaGeometricFit {
  /// Puts the report of a climb together.
  private init(_ cohort: RenewalCohort, best: Newton.Result) {
    let point = best.parameters
    parameters = RenewalParameters(trustedAlpha: point[0], beta: point[1])
    logLikelihood = best.curvature.value
    customers = cohort.counts[0]
    periods = cohort.periodsSeen
    iterations = best.iterations
    converged = best.isInside
    standardErrors =
      converged
      ? best.standardErrors.map { RenewalStandardErrors(alpha: $0[0], beta: $0[1]) } : nil
    warnings = Self.warnings(best, errors: standardErrors)
  }

  /// What to tell about the edges met and the errors found.
  private static func warnings(
    _ best: Newton.Result, errors: RenewalStandardErrors?
  ) -> [String] {
    var warnings: [String] = []
    let (alpha, beta) = (best.parameters[0], best.parameters[1])
    if best.atEdge[0] || best.atEdge[1] {
      let story =
        if max(alpha, beta) > 100 {
          "The probability of leaving looks the same for everybody: alpha and beta grow without "
            + "limit"
        } else {
          "Customers seem to leave at once or never: alpha and beta shrink without limit"
        }
      warnings.append("\(story); the fit stops at its bounds.")
    }
    if !best.settled {
      warnings.append("The fit ran out of steps before it settled; its parameters are its best.")
    }
    guard best.isInside else { return warnings }
    guard let errors else {
      return ["The data do not determine both parameters; there are no standard errors."]
    }
    for (name, value, error) in [("alpha", alpha, errors.alpha), ("beta", beta, errors.beta)]
    where error > value {
      warnings.append(
        "The data hardly determine \(name): its standard error is larger than itself.")
    }
    return warnings
  }
}
