// The fit of the BG/BB model: maximum likelihood over a recency–frequency table, and its report.
// The climb itself is in Newton.swift, the derivatives in BetaGeometricBetaBernoulli.swift.

/// A BG/BB model fitted to a shop, and how well that went.
public struct BetaGeometricBetaBernoulliFit: Sendable, Equatable {
  /// The parameters; usable even where the fit did not converge.
  public let parameters: OpportunityParameters
  /// Standard errors from the inverse observed information; nil where that does not exist.
  public let standardErrors: OpportunityStandardErrors?
  /// ln L of all customers.
  public let logLikelihood: Double
  /// How many customers there were.
  public let customers: Int
  /// How many cells of the table had customers.
  public let cells: Int
  /// Steps of all climbs together.
  public let iterations: Int
  /// Whether the maximum was found, and inside the bounds.
  public let converged: Bool
  /// What a person should know about the fit, each a sentence.
  public let warnings: [String]

  /// The bounds of a fit: narrower than what the model accepts, wide enough for any shop.
  static let lower = SIMD4<Double>(repeating: 1e-4)
  static let upper = SIMD4<Double>(repeating: 1e4)

  /// Fits the model.
  ///
  /// - Parameters:
  ///   - table: the shop's customers by x, t_x and n.
  ///   - start: where the first climb begins; nil for a guess from the data.
  /// - Returns: the fit, with bounded, usable parameters in every case.
  /// - Throws: `ModelError.noCustomers`.
  public static func fit(
    _ table: OpportunityTable, start: OpportunityParameters? = nil
  ) throws(ModelError) -> BetaGeometricBetaBernoulliFit {
    guard table.customers > 0 else { throw .noCustomers }
    let opportunities = table.opportunities
    guard table.repeatOrders > 0 else {
      return withoutRepeatOrders(table, opportunities: opportunities)
    }
    let newton = Newton(lower: lower, upper: upper)
    // Half the customers have left halfway, and those who have not order twice as often.
    let share = min(2 * Double(table.repeatOrders) / opportunities, 0.9)
    let guess = SIMD4(share, 1 - share, 1, 3)
    let best = newton.maximise(
      from: start.map { SIMD4($0.alpha, $0.beta, $0.gamma, $0.delta) } ?? guess,
      // Dropout rare and dropout frequent.
      otherwise: [SIMD2(0.3, 6), SIMD2(2, 1.5)].map { SIMD4(share, 1 - share, $0[0], $0[1]) }
    ) { curvature(of: table, at: $0) }
    return BetaGeometricBetaBernoulliFit(table, best: best)
  }

  /// The log-likelihood of all customers with its derivatives.
  static func curvature(of table: OpportunityTable, at point: SIMD4<Double>) -> Curvature {
    let model = BetaGeometricBetaBernoulli(OpportunityParameters(trusted: point))
    var sum = Curvature()
    for cell in table.cells {
      sum += Double(cell.customers) * model.curvature(of: cell.history)
    }
    return sum
  }

  /// The answer where nobody ever came back: the likelihood only says «rarely».
  private static func withoutRepeatOrders(
    _ table: OpportunityTable, opportunities: Double
  ) -> BetaGeometricBetaBernoulliFit {
    // As if half an order had been seen in all.
    let beta = min(2 * opportunities + 1, OpportunityParameters.shapeRange.upperBound)
    let point = SIMD4(1, beta, 1, 1)
    return BetaGeometricBetaBernoulliFit(
      parameters: OpportunityParameters(trusted: point), standardErrors: nil,
      logLikelihood: curvature(of: table, at: point).value, customers: table.customers,
      cells: table.cells.count, iterations: 0, converged: false,
      warnings: [
        "Nobody has ordered a second time, so the maximum lies at a rate of zero; the parameters "
          + "stand for half a repeat order in all and say nothing about dropout."
      ])
  }
}

/// Standard errors of the parameters of the BG/BB model.
public struct OpportunityStandardErrors: Sendable, Equatable {
  /// Of α.
  public let alpha: Double
  /// Of β.
  public let beta: Double
  /// Of γ.
  public let gamma: Double
  /// Of δ.
  public let delta: Double
}

extension OpportunityTable {
  /// The opportunities of all customers together.
  var opportunities: Double {
    cells.reduce(0) { $0 + Double($1.customers) * Double($1.history.opportunities) }
  }
}

extension BetaGeometricBetaBernoulliFit {
  /// Puts the report of a climb together.
  private init(_ table: OpportunityTable, best: Newton.Result) {
    parameters = OpportunityParameters(trusted: best.parameters)
    logLikelihood = best.curvature.value
    customers = table.customers
    cells = table.cells.count
    iterations = best.iterations
    converged = best.isInside
    let errors = converged ? best.standardErrors : nil
    standardErrors = errors.map {
      OpportunityStandardErrors(alpha: $0[0], beta: $0[1], gamma: $0[2], delta: $0[3])
    }
    warnings = Self.warnings(best, errors: errors)
  }

  /// What to tell about the edges met and the errors found.
  private static func warnings(_ best: Newton.Result, errors: SIMD4<Double>?) -> [String] {
    var warnings: [String] = []
    let point = best.parameters
    if best.atEdge[0] || best.atEdge[1] {
      warnings.append(
        story(
          point[0], point[1],
          none: "Alive customers order almost never", all: "Alive customers always order",
          alike: "The chance of an order looks the same for everybody",
          apart: "Some customers always order and the others never do"))
    }
    if best.atEdge[2] || best.atEdge[3] {
      warnings.append(
        story(
          point[2], point[3],
          none: "The data show no dropout", all: "Customers leave at once",
          alike: "The dropout probability looks the same for everybody",
          apart: "Customers seem to leave at once or never"))
    }
    if !best.settled {
      warnings.append("The fit ran out of steps before it settled; its parameters are its best.")
    }
    guard best.isInside else { return warnings }
    guard let errors else {
      return ["The data do not determine all parameters; there are no standard errors."]
    }
    for (i, name) in ["alpha", "beta", "gamma", "delta"].enumerated() where errors[i] > point[i] {
      warnings.append(
        "The data hardly determine \(name): its standard error is larger than itself.")
    }
    return warnings
  }

  /// What two shapes at the bounds tell of a probability.
  private static func story(
    _ first: Double, _ second: Double, none: String, all: String, alike: String, apart: String
  ) -> String {
    let story =
      if first < 0.01 * (first + second) {
        none
      } else if second < 0.01 * (first + second) {
        all
      } else if max(first, second) > 100 {
        alike
      } else {
        apart
      }
    return "\(story): the likelihood grows towards that without limit, and the fit stops at its "
      + "bounds."
  }
}
