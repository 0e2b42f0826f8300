// The fit of a churn layer on past cuts, judged on the last of them, and its report.
// The regression itself is in RidgeLogistic.swift.

/// A churn layer fitted to a shop's past, and whether it is worth using.
public struct ChurnFit: Sendable, Equatable {
  /// The layer fitted on all cuts; nil where there is nothing to learn, and the warnings say why.
  public let layer: ChurnLayer?
  /// Standard errors of the layer's coefficients, in the order of its terms, from the inverse Hessian
  /// of likelihood and ridge; they take customers on several cuts for different customers.
  public let standardErrors: [Double]
  /// The layer of the earlier cuts beside the purchase model, on the last cut; nil where the warnings
  /// say why that was not possible.
  public let judgement: ChurnJudgement?
  /// Customers on all cuts together.
  public let customers: Int
  /// Steps of the searches.
  public let iterations: Int
  /// Whether the minimum was found.
  public let converged: Bool
  /// What a person should know about the fit, each a sentence.
  public let warnings: [String]

  /// Whether the layer beat the purchase model by more than chance explains.
  public var isBetter: Bool { layer != nil && judgement?.isBetter == true }

  /// The pull towards the purchase model where nothing else is said: a prior that takes departures of
  /// a third of a log-odds per standard deviation for usual.
  public static let ridgeDefault = 10.0
  /// The range in which a ridge is accepted.
  public static let ridgeRange: ClosedRange<Double> = 1e-6...1e9

  /// Fits a layer on rolling cuts.
  ///
  /// What judges is fitted on those cuts alone whose outcome was known on the day of the last cut, so
  /// that nothing it learnt from happened later.
  ///
  /// - Parameters:
  ///   - cuts: customers and outcomes on past days, in any order, empty ones allowed.
  ///   - horizonDays: H in days, within `ChurnLayer.horizonRange`: that of q and of the outcomes.
  ///   - ridge: the pull towards the purchase model, within `ridgeRange`.
  ///   - crew: who computes; the result does not depend on it.
  /// - Returns: the fit; without a layer where there is nothing to learn.
  /// - Throws: `ModelError.outOfRange`, for the horizon or the ridge.
  /// - Complexity: O(customers · features²) a step, about six steps, and O(n log n) of the last cut.
  public static func fit(
    _ cuts: [ChurnSample], horizonDays: Double, ridge: Double = ridgeDefault,
    crew: any FitCrew = Alone()
  ) throws(ModelError) -> ChurnFit {
    try ModelError.check(
      horizonDays, "horizon of the churn layer", in: ChurnLayer.horizonRange, unit: "days")
    try ModelError.check(ridge, "ridge of the churn layer", in: ridgeRange)
    let cuts = cuts.filter { $0.count > 0 }.sorted { $0.cutDay < $1.cutDay }
    guard let last = cuts.last else { return none("There are no customers to learn from.") }
    if let reason = nothingToLearn(from: cuts) { return none(reason, of: cuts) }

    var warnings: [String] = []
    var iterations = 0
    var judgement: ChurnJudgement?
    var earlier: (regression: RidgeLogistic, coefficients: [Double])?
    let known = cuts.filter { Double($0.cutDay) + horizonDays <= Double(last.cutDay) }
    if known.isEmpty {
      warnings.append(
        "The layer was not judged: no cut lies a whole horizon before the last one.")
    } else if last.count < 2 {
      warnings.append("The layer was not judged: the last cut has a single customer.")
    } else if let reason = nothingToLearn(from: known) {
      warnings.append("The layer was not judged on the last cut. On those before: \(reason)")
    } else {
      let regression = RidgeLogistic(known, ridge: ridge, crew: crew)
      let result = regression.minimise()
      let layer = try regression.layer(result.coefficients, horizonDays: horizonDays)
      judgement = try ChurnJudgement(layer, on: last)
      iterations += result.iterations
      earlier = (regression, result.coefficients)
    }

    let regression = RidgeLogistic(cuts, ridge: ridge, crew: crew)
    let result = regression.minimise(
      from: earlier.map { regression.start(from: $0.regression, $0.coefficients) })
    if !result.converged {
      warnings.append("The layer's fit stopped after \(result.iterations) steps, short of its end.")
    }
    return ChurnFit(
      layer: try regression.layer(result.coefficients, horizonDays: horizonDays),
      standardErrors: Array(result.standardErrors.dropFirst()), judgement: judgement,
      customers: count(cuts), iterations: iterations + result.iterations,
      converged: result.converged, warnings: warnings)
  }

  private static func none(_ reason: String, of cuts: [ChurnSample] = []) -> ChurnFit {
    ChurnFit(
      layer: nil, standardErrors: [], judgement: nil, customers: count(cuts), iterations: 0,
      converged: false, warnings: [reason])
  }

  private static func count(_ cuts: [ChurnSample]) -> Int { cuts.reduce(0) { $0 + $1.count } }

  /// Why cuts teach nothing, or nil when they do.
  private static func nothingToLearn(from cuts: [ChurnSample]) -> String? {
    switch cuts.reduce(0, { $0 + $1.quietCount }) {
    case 0: "Everybody ordered again within the horizon, so there is nothing to tell apart."
    case count(cuts): "Nobody ordered again within the horizon, so there is nothing to tell apart."
    default: nil
    }
  }
}

extension RidgeLogistic {
  /// The layer of some coefficients.
  func layer(_ coefficients: [Double], horizonDays: Double) throws(ModelError) -> ChurnLayer {
    try ChurnLayer(
      horizonDays: horizonDays, intercept: coefficients[0],
      terms: zip(columns, coefficients.dropFirst()).map { column, coefficient in
        ChurnLayer.Term(
          feature: ChurnFeature.table[column.place].number, coefficient: coefficient,
          centre: column.centre, scale: column.scale)
      })
  }
}
