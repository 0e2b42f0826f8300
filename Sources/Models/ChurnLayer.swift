// The churn layer: a logistic regression that starts from the purchase model's own probability.
// How it is fitted is in ChurnFit.swift.

/// P(no order within a horizon) from the purchase model's answer and what else is known.
///
/// ln(p/(1 − p)) = ln(q/(1 − q)) + intercept + Σ coefficient·(feature − centre)/scale, so the layer
/// without terms is the purchase model. The term of the purchase model's own log-odds says by how much
/// their coefficient departs from 1.
public struct ChurnLayer: Sendable, Equatable {
  /// What one feature adds to the log-odds.
  public struct Term: Sendable, Equatable {
    /// The feature's number in `ChurnFeature.table`.
    public let feature: UInt8
    /// Log-odds per scale, −1,000 to 1,000.
    public let coefficient: Double
    /// The feature's mean where the layer was fitted; a million at most, either way.
    public let centre: Double
    /// The feature's spread where the layer was fitted, a millionth to a million.
    public let scale: Double

    /// Puts one together; a layer checks it.
    ///
    /// - Parameters:
    ///   - feature: the number in `ChurnFeature.table`.
    ///   - coefficient: log-odds per scale.
    ///   - centre: the feature's mean where the layer was fitted.
    ///   - scale: the feature's spread where the layer was fitted, above 0.
    public init(feature: UInt8, coefficient: Double, centre: Double, scale: Double) {
      self.feature = feature
      self.coefficient = coefficient
      self.centre = centre
      self.scale = scale
    }
  }

  /// The horizon H in days it was fitted for.
  public let horizonDays: Double
  /// What is added for everybody, in log-odds.
  public let intercept: Double
  /// What the features add, each feature once at most.
  public let terms: [Term]
  /// Where the terms' features stand in the table.
  private let places: [Int]

  /// The range in which a horizon is accepted, in days.
  public static let horizonRange: ClosedRange<Double> = 1...36_525
  private static let coefficientRange: ClosedRange<Double> = -1000...1000

  /// Checks and keeps the numbers.
  ///
  /// - Parameters:
  ///   - horizonDays: H in days, within `horizonRange`.
  ///   - intercept: log-odds, −1,000 to 1,000.
  ///   - terms: what the features add, each feature once at most.
  /// - Throws: `ModelError.outOfRange`, naming the number, and the feature it belongs to.
  public init(horizonDays: Double, intercept: Double, terms: [Term]) throws(ModelError) {
    try ModelError.check(
      horizonDays, "horizon of the churn layer", in: Self.horizonRange, unit: "days")
    try ModelError.check(intercept, "intercept of the churn layer", in: Self.coefficientRange)
    var places: [Int] = []
    for term in terms {
      guard let place = ChurnFeature.place(of: term.feature) else {
        throw .outOfRange(
          name: "number of a churn feature", value: Double(term.feature),
          allowed: "one of "
            + ChurnFeature.table.map { "\($0.number) \($0.name)" }.joined(separator: ", "))
      }
      let feature = ChurnFeature.table[place]
      guard !places.contains(place) else {
        throw .outOfRange(
          name: "number of churn feature «\(feature.name)»", value: Double(term.feature),
          allowed: "given once")
      }
      try ModelError.check(
        term.coefficient, "coefficient of churn feature «\(feature.name)»",
        in: Self.coefficientRange)
      try ModelError.check(
        term.centre, "centre of churn feature «\(feature.name)»", in: -1e6...1e6)
      try ModelError.check(term.scale, "scale of churn feature «\(feature.name)»", in: 1e-6...1e6)
      places.append(place)
    }
    self.horizonDays = horizonDays
    self.intercept = intercept
    self.terms = terms
    self.places = places
  }

  /// Whether the layer may be asked about a horizon: from half to twice its own.
  ///
  /// In between the purchase model's log-odds at the asked horizon carry the horizon.
  ///
  /// - Parameter horizonDays: the asked horizon in days.
  /// - Returns: true within H/2 to 2H, both included.
  public func applies(to horizonDays: Double) -> Bool {
    horizonDays >= self.horizonDays / 2 && horizonDays <= self.horizonDays * 2
  }

  /// The probability of no order within the horizon for which the signals have q.
  ///
  /// - Parameter signals: what is known of the customer.
  /// - Returns: 0 to 1, never NaN.
  public func probability(of signals: ChurnSignals) -> Double {
    logistic(logOdds { ChurnFeature.table[$0].value(of: signals) })
  }

  /// ln(p/(1 − p)), from the value of each place of the table.
  func logOdds(_ value: (Int) -> Double) -> Double {
    var sum = value(Self.purchasePlace) + intercept
    for (term, place) in zip(terms, places) {
      sum += term.coefficient * (value(place) - term.centre) / term.scale
    }
    return sum
  }

  private static let purchasePlace = ChurnFeature.place(of: ChurnFeature.purchaseNumber) ?? 0
}

extension ChurnFeature {
  /// Where a feature stands in the table.
  static func place(of number: UInt8) -> Int? { table.firstIndex { $0.number == number } }
}

/// 1/(1 + e^−x), no digits lost at either end.
func logistic(_ x: Double) -> Double {
  let e = exp(-abs(x))
  return (x > 0 ? 1 : e) / (1 + e)
}
