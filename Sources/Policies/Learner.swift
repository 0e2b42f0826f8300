// What offers are worth to whom, learnt outcome by outcome: a shared baseline and, of what it leaves, one
// diagonal Bayesian regression for each arm. Not here: drawing; see Thompson.swift.

internal import Kernels
internal import Models

#if arch(x86_64)
  internal import KernelsV3
  internal import KernelsV4
#endif

/// What is believed before anything was seen, and how it is updated.
public struct LearnerSettings: Equatable, Sendable {
  /// σ, the deviation of an outcome from its prediction, above 0.
  public var noise = 1.0
  /// λ of the first feature, the constant: the prior is worth so many outcomes.
  public var constantPull = 1.0
  /// λ of the others, for standardised features.
  ///
  /// On Hillstrom's log 3000 earned more visits than 300 and 1000 (0.179, 0.177, 0.178): a diagonal belief counts
  /// what related features tell as often as there are such features.
  public var slopePull = 3_000.0
  /// γ, kept of what was learnt from one `forget` to the next, from 0 to 1.
  public var kept = 1.0
  /// Beyond so many σ an outcome counts as if it lay there.
  public var deviationsMax = 10.0

  /// Makes the usual settings.
  public init() {}
}

/// A regression with an independent normal belief about each coefficient.
struct DiagonalRegression: Equatable, Sendable {
  var means = LearnerFeatures(repeating: 0)
  /// 1/s, which does not depend on the order of what was seen.
  private(set) var precisions: LearnerFeatures
  /// s, for what is asked far more often than taught.
  private(set) var variances: LearnerFeatures

  init(means: LearnerFeatures = LearnerFeatures(repeating: 0), precisions: LearnerFeatures) {
    self.means = means
    self.precisions = precisions
    variances = LearnerFeatures(repeating: 1) / precisions
  }

  /// One step of the diagonal Kalman filter: g = s∘x, k = 1/(σ² + g·x).
  ///
  /// - Returns: the gain g·k, by which a change of y moves the means.
  mutating func learn(_ x: LearnerFeatures, _ y: Double, noise: Double) -> LearnerFeatures {
    let g = variances * x
    let gain = g * (1 / (noise + g.dot(x)))
    means = means + gain * (y - means.dot(x))
    precisions = precisions + x * x * (1 / noise)
    variances = LearnerFeatures(repeating: 1) / precisions
    return gain
  }

  /// 1/s ← γ/s + (1 − γ)/s₀.
  mutating func forget(_ kept: Double, prior: LearnerFeatures) {
    precisions = precisions * kept + prior * (1 - kept)
    variances = LearnerFeatures(repeating: 1) / precisions
  }
}

/// What an outcome moved, kept with it until it cannot change any more.
public struct LearnerGain: Equatable, Sendable {
  /// The arm.
  public let arm: Int
  /// What the arm's and the baseline's coefficients gain from one unit of the outcome.
  let own: LearnerFeatures
  let shared: LearnerFeatures
  /// What the baseline foretold.
  public let foretold: Double
  /// What the arm was taught.
  public let taught: Double
}

/// Arms that share a baseline b(x) and differ in δ(x) = μ·x; arm 0 is «no offer».
///
/// y = reward − b(x); μ += g·k·(y − μ·x), 1/s += x∘x/σ². A diagonal recursion depends on the order of what it
/// sees, but for 1/s; d = 1 is the conjugate posterior. 1,280 bytes an arm.
public struct Learner: Equatable, Sendable {
  /// How it learns.
  public let settings: LearnerSettings
  private(set) var baseline: DiagonalRegression
  private(set) var arms: [DiagonalRegression]
  private(set) var families: [UInt32] = []
  /// μ and s of each arm once more, side by side for `scoreAll`: eight octets an arm.
  private var rows: [Lanes] = []
  private let prior: LearnerFeatures

  /// Makes a learner that knows nothing, with the arm «no offer» only.
  ///
  /// - Parameter settings: how it learns.
  public init(_ settings: LearnerSettings) {
    let variance = settings.noise * settings.noise
    var prior = LearnerFeatures(repeating: settings.slopePull / variance)
    prior[0] = settings.constantPull / variance
    let blank = DiagonalRegression(precisions: prior)
    self.init(settings, baseline: blank, arms: [blank], families: [0])
  }

  init(
    _ settings: LearnerSettings, baseline: DiagonalRegression, arms: [DiagonalRegression],
    families: [UInt32]
  ) {
    let variance = settings.noise * settings.noise
    var prior = LearnerFeatures(repeating: settings.slopePull / variance)
    prior[0] = settings.constantPull / variance
    self.settings = settings
    self.prior = prior
    self.baseline = baseline
    self.arms = arms
    self.families = families
    for arm in arms.indices { refresh(arm) }
  }

  /// How many arms there are, «no offer» included.
  public var armCount: Int { arms.count }

  /// Adds an arm that believes what its family has shown, with no more certainty than the prior's.
  ///
  /// - Parameter family: arms of one number resemble one another; 0 is no family.
  /// - Returns: the arm's number.
  public mutating func addArm(family: UInt32 = 0) -> Int {
    var sum = LearnerFeatures(repeating: 0)
    var weight = prior
    for (arm, other) in families.enumerated() where family != 0 && other == family {
      let seen = arms[arm].precisions - prior
      sum = sum + seen * arms[arm].means
      weight = weight + seen
    }
    arms.append(DiagonalRegression(means: sum / weight, precisions: prior))
    families.append(family)
    refresh(arms.count - 1)
    return arms.count - 1
  }

  /// Learns from an outcome.
  ///
  /// - Parameters:
  ///   - reward: what came of it; finite.
  ///   - arm: what was decided.
  ///   - features: those of the decision's time.
  /// - Returns: what to keep for `correct`.
  public mutating func learn(
    _ reward: Double, arm: Int, features: LearnerFeatures
  ) -> LearnerGain {
    let variance = settings.noise * settings.noise
    let foretold = baseline.means.dot(features)
    let y = bounded(reward - foretold)
    let shared = baseline.learn(features, foretold + y, noise: variance)
    let own = arms[arm].learn(features, y, noise: variance)
    refresh(arm)
    return LearnerGain(arm: arm, own: own, shared: shared, foretold: foretold, taught: y)
  }

  /// Corrects an outcome that has changed, such as by a refund: μ += g·k·(y′ − y).
  ///
  /// To first order; a refit from all outcomes is exact.
  ///
  /// - Parameters:
  ///   - gain: what `learn`, or the last `correct`, returned.
  ///   - reward: what came of the decision after all.
  /// - Returns: what to keep for the next correction.
  public mutating func correct(_ gain: LearnerGain, to reward: Double) -> LearnerGain {
    let y = bounded(reward - gain.foretold)
    let change = y - gain.taught
    arms[gain.arm].means = arms[gain.arm].means + gain.own * change
    baseline.means = baseline.means + gain.shared * change
    refresh(gain.arm)
    return LearnerGain(
      arm: gain.arm, own: gain.own, shared: gain.shared, foretold: gain.foretold, taught: y)
  }

  private func bounded(_ y: Double) -> Double {
    let most = settings.deviationsMax * settings.noise
    return min(max(y, -most), most)
  }

  /// Takes over what an arm is worth from a refit; how sure it is stays as it was.
  ///
  /// - Parameters:
  ///   - arm: its number.
  ///   - means: μ, beyond the baseline.
  public mutating func adopt(arm: Int, means: LearnerFeatures) {
    arms[arm].means = means
    refresh(arm)
  }

  /// Lets what was learnt fade towards the prior's certainty; once a day.
  public mutating func forget() {
    baseline.forget(settings.kept, prior: prior)
    for arm in arms.indices {
      arms[arm].forget(settings.kept, prior: prior)
      refresh(arm)
    }
  }

  /// The belief about δ(x) of an arm, over the baseline: for draws and propensities.
  ///
  /// - Parameters:
  ///   - arm: its number.
  ///   - features: those of now.
  /// - Returns: mean and deviation.
  public func score(arm: Int, features: LearnerFeatures) -> (mean: Double, deviation: Double) {
    let mean = arms[arm].means.dot(features)
    let variance = arms[arm].variances.dot(features * features)
    return (mean, variance.squareRoot())
  }

  /// The beliefs about all arms, as `score` has them one by one.
  ///
  /// - Parameters:
  ///   - features: those of now.
  ///   - means: its beginning becomes the means, in the order of the arms.
  ///   - deviations: its beginning becomes the deviations.
  /// - Precondition: both spans hold `armCount` numbers.
  public func scoreAll(
    _ features: LearnerFeatures, means: inout MutableSpan<Double>,
    deviations: inout MutableSpan<Double>
  ) {
    precondition(
      means.count >= arms.count && deviations.count >= arms.count, "the spans are too short")
    let x: InlineArray<4, Lanes> = [features.a, features.b, features.c, features.d]
    switch Processor.level {
    #if arch(x86_64)
      case .v4:
        KernelsV4.DotKernel.score(rows.span, x, means: &means, deviations: &deviations)
      case .v3:
        KernelsV3.DotKernel.score(rows.span, x, means: &means, deviations: &deviations)
    #endif
    default: Kernels.DotKernel.score(rows.span, x, means: &means, deviations: &deviations)
    }
  }

  /// Writes an arm's row anew after it has changed.
  private mutating func refresh(_ arm: Int) {
    let (means, variances) = (arms[arm].means, arms[arm].variances)
    while rows.count < 8 * (arm + 1) { rows.append(.zero) }
    let row: InlineArray<8, Lanes> = [
      means.a, means.b, means.c, means.d, variances.a, variances.b, variances.c, variances.d,
    ]
    for place in row.indices { rows[8 * arm + place] = row[place] }
  }

  /// The incremental value of an arm against «no offer»: τ = (μ − μ₀)·x.
  ///
  /// - Parameters:
  ///   - arm: its number.
  ///   - features: those of now.
  /// - Returns: mean and deviation.
  public func uplift(arm: Int, features: LearnerFeatures) -> (mean: Double, deviation: Double) {
    let (own, none) = (score(arm: arm, features: features), score(arm: 0, features: features))
    let variance = own.deviation * own.deviation + none.deviation * none.deviation
    return (own.mean - none.mean, variance.squareRoot())
  }

  /// What each feature adds to τ: (μ − μ₀)∘x, whose sum is the uplift's mean.
  ///
  /// - Parameters:
  ///   - arm: its number.
  ///   - features: those of now.
  /// - Returns: a number for each feature.
  public func contributions(arm: Int, features: LearnerFeatures) -> LearnerFeatures {
    advantages(of: arm) * features
  }

  /// What an arm is believed to be worth beyond «no offer», by feature: μ − μ₀.
  ///
  /// - Parameter arm: its number.
  /// - Returns: a number for each feature.
  public func advantages(of arm: Int) -> LearnerFeatures { arms[arm].means - arms[0].means }
}
