// A churn layer beside the purchase model, on customers the layer has not seen.

/// How well purchase model and layer foretold who would stay away.
public struct ChurnJudgement: Sendable, Equatable {
  /// How many customers.
  public let customers: Int
  /// The share that stayed away.
  public let observed: Double
  /// Mean of −ln of the probability the purchase model gave to what happened.
  public let purchaseLogLoss: Double
  /// The same for the layer.
  public let layerLogLoss: Double
  /// The purchase model's log-loss less the layer's: above 0 where the layer is better.
  public let gain: Double
  /// The standard error of the gain, from the differences customer by customer.
  public let gainStandardError: Double
  /// The purchase model's predictions and what came of them.
  public let purchaseReliability: Reliability
  /// The layer's predictions and what came of them.
  public let layerReliability: Reliability

  /// Whether the gain exceeds one standard error.
  public var isBetter: Bool { gain > gainStandardError }

  /// Judges a layer.
  ///
  /// - Parameters:
  ///   - layer: what is judged; not fitted on this sample.
  ///   - sample: two customers at least.
  /// - Throws: nothing in fact, the columns are made here.
  init(_ layer: ChurnLayer, on sample: ChurnSample) throws(ModelError) {
    let none = try ChurnLayer(horizonDays: layer.horizonDays, intercept: 0, terms: [])
    let count = Double(sample.count)
    var quiet: [Bool] = []
    var probabilities: (purchase: [Double], layer: [Double]) = ([], [])
    var losses = (purchase: 0.0, layer: 0.0)
    var (mean, squares) = (0.0, 0.0)
    for row in 0..<sample.count {
      let isQuiet = sample.isQuiet(row: row)
      let before = none.logOdds { sample.value(row: row, place: $0) }
      let after = layer.logOdds { sample.value(row: row, place: $0) }
      let loss = (Self.loss(before, isQuiet), Self.loss(after, isQuiet))
      losses.purchase += loss.0
      losses.layer += loss.1
      // Welford's update: the differences are small beside the losses.
      let away = loss.0 - loss.1 - mean
      mean += away / Double(row + 1)
      squares += away * (loss.0 - loss.1 - mean)
      quiet.append(isQuiet)
      probabilities.purchase.append(logistic(before))
      probabilities.layer.append(logistic(after))
    }
    customers = sample.count
    observed = Double(sample.quietCount) / count
    purchaseLogLoss = losses.purchase / count
    layerLogLoss = losses.layer / count
    gain = mean
    gainStandardError = (squares / (count - 1) / count).squareRoot()
    purchaseReliability = try Reliability(
      predicted: probabilities.purchase.span, happened: quiet.span)
    layerReliability = try Reliability(predicted: probabilities.layer.span, happened: quiet.span)
  }

  /// −ln of the probability of what happened, from its log-odds.
  private static func loss(_ logOdds: Double, _ isQuiet: Bool) -> Double {
    let wrong = isQuiet ? -logOdds : logOdds
    return max(wrong, 0) + log1p(exp(-abs(wrong)))
  }
}
