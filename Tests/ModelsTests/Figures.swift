// Reads the tables of figures and measures how far a result is from one.

import Testing

@testable import Models

/// One line of a table: the name of a model and numbers.
struct Figure {
  let model: String
  let numbers: [Double]

  /// The lines of a table whose first word names a model.
  static func rows(_ table: String) throws -> [Figure] {
    try table.split(separator: "\n").map { line in
      let words = line.split(separator: " ").map(String.init)
      return Figure(
        model: try #require(words.first),
        numbers: try words.dropFirst().map { word in try #require(Double(word), "\(word)") })
    }
  }

  /// The family a row speaks of.
  func family(_ parameters: BetaGeometricParameters) -> BetaGeometric {
    model == "bg" ? BetaGeometric.bgNBD(parameters) : BetaGeometric.mbgNBD(parameters)
  }
}

extension PurchaseModelKind {
  /// The kinds with a beta distributed chance to leave and exponential gaps.
  static let betaGeometric: [PurchaseModelKind] = [.bgNBD, .mbgNBD]
}

extension PurchaseParameters {
  /// Parameters of a beta-geometric kind.
  init(_ kind: PurchaseModelKind, _ parameters: BetaGeometricParameters) {
    self.init(trusted: kind, parameters.values)
  }
}

/// The largest error met, and where.
struct WorstError {
  private(set) var error = 0.0
  private(set) var place = "none"

  /// Counts a result that should be relatively close to a figure; figures below 1e-300 count as 0.
  mutating func add(_ result: Double, _ figure: Double, _ place: @autoclosure () -> String) {
    add(error: abs(result - figure) / max(abs(figure), 1e-300), place())
  }

  /// Counts a log-likelihood: its error matters absolutely, but where it is large.
  mutating func addLog(_ result: Double, _ figure: Double, _ place: @autoclosure () -> String) {
    add(error: abs(result - figure) / max(abs(figure), 1), place())
  }

  private mutating func add(error: Double, _ place: @autoclosure () -> String) {
    // Written so that a NaN is the worst of all.
    if !(error <= self.error) {
      (self.error, self.place) = (error.isNaN ? .infinity : error, place())
    }
  }
}

/// The parameters at the maximum of the CDNOW sample, rounded to doubles, in weeks.
enum CDNOWMaximum {
  static let bgNBD = BetaGeometricParameters(
    trustedR: 0.24259452243015708, alpha: 4.413602019013504, a: 0.7929220172255976,
    b: 2.425906776826332)
  static let mbgNBD = BetaGeometricParameters(
    trustedR: 0.5248431591062976, alpha: 6.183085279576005, a: 0.8913593907322158,
    b: 1.6140022401703438)
  static let spend = SpendParameters(
    trustedP: 6.249572271323756, q: 3.7442246671320243, gamma: 15.443520962589238)

  static func family(_ model: String) -> BetaGeometric {
    model == "bg" ? BetaGeometric.bgNBD(bgNBD) : BetaGeometric.mbgNBD(mbgNBD)
  }
}
