// The fit of the Gamma–Gamma model: maximum likelihood over x and mean spend, and its report.
// The climb itself is in Newton.swift.

/// A Gamma–Gamma model fitted to a shop, and how well that went.
public struct SpendFit: Sendable, Equatable {
  /// The parameters, γ in major units; usable even where the fit did not converge.
  public let parameters: SpendParameters
  /// Standard errors from the inverse observed information; nil where that does not exist.
  public let standardErrors: SpendStandardErrors?
  /// ln L of the mean spends, their densities per major unit.
  public let logLikelihood: Double
  /// Customers with a repeat order and a mean spend above 0.
  public let customersUsed: Int
  /// Customers left out, for want of a repeat order or of a mean spend above 0.
  public let customersSkipped: Int
  /// Pearson's correlation of x and mean spend, nil when either does not vary.
  ///
  /// The model assumes that there is none.
  public let correlation: Double?
  /// Steps of the climbs.
  public let iterations: Int
  /// Whether the maximum was found, and inside the bounds.
  public let converged: Bool
  /// What a person should know about the fit, each a sentence.
  public let warnings: [String]

  /// The fewest customers a fit is tried with.
  public static let customersMin = 10
  /// The bounds of a fit, of p, q and γ; γ's move with the data's scale.
  private static let lower = SIMD4<Double>(1e-2, 1.01, 1e-6, 1)
  private static let upper = SIMD4<Double>(1e4, 1e4, 1e8, 1)

  /// Fits the model.
  ///
  /// - Parameters:
  ///   - repeatOrders: x of each customer.
  ///   - meanSpend: m̄ of each customer in major units.
  /// - Returns: the fit, or nil when nobody has a repeat order and a mean spend above 0.
  /// - Throws: `ModelError.unequalColumns`.
  public static func fit(
    repeatOrders: Span<Double>, meanSpend: Span<Double>
  ) throws(ModelError) -> SpendFit? {
    guard repeatOrders.count == meanSpend.count else {
      throw .unequalColumns(
        name: "mean spend", count: meanSpend.count, expected: repeatOrders.count)
    }
    let sample = SpendSample(repeatOrders: repeatOrders, meanSpend: meanSpend)
    guard !sample.rows.isEmpty else { return nil }
    guard sample.rows.count >= customersMin else {
      return plain(
        sample,
        because: "Only \(sample.rows.count) customers have a repeat order with a value; at least "
          + "\(customersMin) are needed, so everybody is expected to spend the plain mean.")
    }
    // In units of the mean, so that bounds and starts fit any currency.
    let newton = Newton(lower: lower, upper: upper)
    let best = newton.maximise(
      from: SIMD4(2, 3, 1, 1), otherwise: [SIMD4(6, 4, 0.5, 1), SIMD4(1, 10, 10, 1)],
      sample.curvature())
    return SpendFit(sample, best: best)
  }

  /// The answer where there is too little to fit: the mean for everybody.
  private static func plain(_ sample: SpendSample, because reason: String) -> SpendFit {
    let parameters = SpendParameters.plainMean(sample.mean)
    let model = GammaGamma(parameters)
    var sum = 0.0
    for row in sample.rows { sum += model.logLikelihood(repeatOrders: row.x, meanSpend: row.mean) }
    return SpendFit(
      parameters: parameters, standardErrors: nil, logLikelihood: sum,
      customersUsed: sample.rows.count, customersSkipped: sample.skipped,
      correlation: sample.correlation, iterations: 0, converged: false, warnings: [reason])
  }
}

/// Standard errors of the parameters of the spend model.
public struct SpendStandardErrors: Sendable, Equatable {
  /// Of p.
  public let p: Double
  /// Of q.
  public let q: Double
  /// Of γ, in major units.
  public let gamma: Double
}

extension SpendParameters {
  /// Parameters under which everybody is expected to spend the same, but for one part in 1,000.
  ///
  /// - Parameter mean: the spend in major units; brought into the range in which γ is accepted.
  /// - Returns: p = 1, q − 1 = 1e6 and γ = mean · 1e6.
  public static func plainMean(_ mean: Double) -> SpendParameters {
    let bounded = min(max(mean.isFinite ? mean : 1, 1e-9), 1e11)
    return SpendParameters(trustedP: 1, q: 1 + 1e6, gamma: bounded * 1e6)
  }
}

extension SpendFit {
  /// Puts the report of a climb together.
  private init(_ sample: SpendSample, best: Newton.Result) {
    let point = best.parameters
    parameters = SpendParameters(trustedP: point[0], q: point[1], gamma: point[2] * sample.mean)
    customersUsed = sample.rows.count
    customersSkipped = sample.skipped
    // The climb saw spends in units of their mean.
    logLikelihood = best.curvature.value - Double(sample.rows.count) * log(sample.mean)
    correlation = sample.correlation
    iterations = best.iterations
    converged = best.isInside
    standardErrors =
      converged
      ? best.standardErrors.map {
        SpendStandardErrors(p: $0[0], q: $0[1], gamma: $0[2] * sample.mean)
      } : nil
    var warnings: [String] = []
    if !best.settled {
      warnings.append("The fit ran out of steps before it settled; its parameters are its best.")
    }
    if best.atEdge[1], point[1] < 2 {
      warnings.append(
        "A few customers spend so much that the population has no finite mean; q is held above 1.")
    } else if best.atEdge[1] || best.atEdge[2] {
      warnings.append(
        "Customers do not differ in what they spend; the fit stops at its bounds.")
    }
    if best.atEdge[0] {
      warnings.append(
        "The values of a customer's orders hardly vary, or vary without limit; the fit stops at "
          + "its bounds.")
    }
    if let correlation, abs(correlation) > 0.3 {
      warnings.append(
        "Order count and mean spend are correlated (\(correlation)); the model assumes they are "
          + "not.")
    }
    self.warnings = warnings
  }
}
