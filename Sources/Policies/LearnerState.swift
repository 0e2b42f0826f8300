// What a learner knows as numbers, for whoever keeps it in files.

extension Learner {
  /// How many numbers `numbers` has, without those of arms.
  private static let headCount = 6
  /// Those of a regression.
  private static let regressionCount = 2 * LearnerFeatures.count

  /// Everything it knows.
  ///
  /// - Returns: the settings, the baseline, and for each arm its family and regression.
  public func numbers() -> [Double] {
    var numbers = [
      settings.noise, settings.constantPull, settings.slopePull, settings.kept,
      settings.deviationsMax, Double(armCount),
    ]
    append(baseline, to: &numbers)
    for arm in 0..<armCount {
      numbers.append(Double(families[arm]))
      append(arms[arm], to: &numbers)
    }
    return numbers
  }

  private func append(_ regression: DiagonalRegression, to numbers: inout [Double]) {
    for place in 0..<LearnerFeatures.count { numbers.append(regression.means[place]) }
    for place in 0..<LearnerFeatures.count { numbers.append(regression.precisions[place]) }
  }

  /// Makes a learner that knows what another one did.
  ///
  /// - Parameter numbers: as `numbers` gave them; nil comes back for what no learner gives.
  public init?(_ numbers: [Double]) {
    guard numbers.count >= Self.headCount + Self.regressionCount,
      numbers.allSatisfy(\.isFinite)
    else { return nil }
    var settings = LearnerSettings()
    settings.noise = numbers[0]
    settings.constantPull = numbers[1]
    settings.slopePull = numbers[2]
    settings.kept = numbers[3]
    settings.deviationsMax = numbers[4]
    guard settings.noise > 0, settings.constantPull > 0, settings.slopePull > 0,
      let count = Int(exactly: numbers[5]), count >= 1, count <= 1 << 20,
      numbers.count == Self.headCount + Self.regressionCount + count * (1 + Self.regressionCount)
    else { return nil }
    func regression(_ place: Int) -> DiagonalRegression? {
      var means = LearnerFeatures(repeating: 0)
      var precisions = LearnerFeatures(repeating: 1)
      for offset in 0..<LearnerFeatures.count {
        means[offset] = numbers[place + offset]
        precisions[offset] = numbers[place + LearnerFeatures.count + offset]
        if precisions[offset] <= 0 { return nil }
      }
      return DiagonalRegression(means: means, precisions: precisions)
    }
    guard let baseline = regression(Self.headCount) else { return nil }
    var arms: [DiagonalRegression] = []
    var families: [UInt32] = []
    for arm in 0..<count {
      let place = Self.headCount + Self.regressionCount + arm * (1 + Self.regressionCount)
      guard let family = UInt32(exactly: numbers[place]), let regression = regression(place + 1)
      else { return nil }
      families.append(family)
      arms.append(regression)
    }
    self.init(settings, baseline: baseline, arms: arms, families: families)
  }
}

extension LearnerGain {
  /// How many numbers a gain is kept in.
  public static let count = 2 * LearnerFeatures.count

  /// The gain as numbers; what was foretold and taught is kept beside it.
  ///
  /// - Parameter floats: gets `count` numbers.
  public func write(to floats: inout MutableSpan<Float>) {
    for place in 0..<LearnerFeatures.count {
      floats[place] = Float(own[place])
      floats[LearnerFeatures.count + place] = Float(shared[place])
    }
  }

  /// A gain that was kept.
  ///
  /// - Parameters:
  ///   - arm: of the outcome.
  ///   - floats: as `write` gave them.
  ///   - foretold: what the baseline foretold.
  ///   - taught: what the arm was taught.
  public init(arm: Int, _ floats: Span<Float>, foretold: Double, taught: Double) {
    var own = LearnerFeatures(repeating: 0)
    var shared = LearnerFeatures(repeating: 0)
    for place in 0..<LearnerFeatures.count {
      own[place] = Double(floats[place])
      shared[place] = Double(floats[LearnerFeatures.count + place])
    }
    self.init(arm: arm, own: own, shared: shared, foretold: foretold, taught: taught)
  }
}
