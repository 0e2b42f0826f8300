// What lies over the outlooks of purchase models, as Kernels' OverlayKernel has it: the mean of a blend, level,
// correction and spend.

internal import Kernels

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

/// Level, correction and spend, ready for lanes.
struct OverlayNumbers: Sendable {
  private let numbers: InlineArray<7, Double>
  private let correction: [Double]
  /// 1 by the number of purchase models.
  let perModel: Double
  /// e to the level's logarithm.
  let level: Double

  /// A correction whose signals have larger weights by deviation would turn an error of 1e-12 into more
  /// than is promised.
  static let slopeMax = 100.0

  /// - Returns: nil for a correction that is too steep.
  init?(_ model: CustomerModel, _ terms: ScoreTerms) {
    perModel = 1 / Double(model.parts.count)
    level = exp(model.calibration.logLevel)
    let spend = model.spend
    numbers = [
      perModel, level, spend.p, spend.q - 1, spend.gamma, GammaGamma(spend).populationMean,
      terms.margin,
    ]
    guard let correction = model.calibration.correction else {
      self.correction = []
      return
    }
    var numbers = [correction.intercept]
    for place in correction.weights.indices {
      let (weight, deviation) = (correction.weights[place], correction.deviations[place])
      guard abs(weight) / deviation <= Self.slopeMax else { return nil }
      numbers += [weight, correction.means[place], 1 / deviation]
    }
    self.correction = numbers + [Correction.signalMax, Correction.sumMax]
  }

  /// Turns outlooks into scores, see OverlayKernel.
  func score(
    _ facts: Span<Double>, octets: Int, _ level: Processor.Level,
    _ scores: inout MutableSpan<Double>
  ) {
    switch level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.OverlayKernel.score(
          facts, width: ScoreBlock.customersMax, octets: octets, numbers,
          correction: correction.span, &scores)
      case .v3:
        KernelsV3.OverlayKernel.score(
          facts, width: ScoreBlock.customersMax, octets: octets, numbers,
          correction: correction.span, &scores)
    #endif
    default:
      Kernels.OverlayKernel.score(
        facts, width: ScoreBlock.customersMax, octets: octets, numbers,
        correction: correction.span, &scores)
    }
  }
}
