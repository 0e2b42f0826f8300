// Which purchase models there are: their numbers on the wire, names and parameters.
// A model is added by one file with a type that conforms to PurchaseModel and its lines here.

/// Which purchase model a shop lives with.
public enum PurchaseModelKind: UInt8, Sendable, CaseIterable {
  /// Fader, Hardie and Lee 2005: dropout is possible after each repeat order.
  case bgNBD = 1
  /// Batislam, Denizel and Filiztekin 2007: dropout is possible after the first order too.
  case mbgNBD = 2
  /// Schmittlein, Morrison and Colombo 1987: dropout is possible at any time.
  case paretoNBD = 3
  /// Platzer and Reutterer 2016: BG/NBD with gaps of two stages.
  case bgCNBD2 = 12
  /// The same with gaps of three stages.
  case bgCNBD3 = 13
  /// The same with gaps of four stages.
  case bgCNBD4 = 14
  /// Platzer and Reutterer 2016: MBG/NBD with gaps of two stages.
  case mbgCNBD2 = 22
  /// The same with gaps of three stages.
  case mbgCNBD3 = 23
  /// The same with gaps of four stages.
  case mbgCNBD4 = 24

  /// The name on the command line.
  public var name: String {
    switch self {
    case .bgNBD: "bg-nbd"
    case .mbgNBD: "mbg-nbd"
    case .paretoNBD: "pareto-nbd"
    case .bgCNBD2, .bgCNBD3, .bgCNBD4: "bg-cnbd-\(stages)"
    case .mbgCNBD2, .mbgCNBD3, .mbgCNBD4: "mbg-cnbd-\(stages)"
    }
  }

  /// The name in the papers.
  public var title: String {
    switch self {
    case .bgNBD: "BG/NBD"
    case .mbgNBD: "MBG/NBD"
    case .paretoNBD: "Pareto/NBD"
    case .bgCNBD2, .bgCNBD3, .bgCNBD4: "BG/CNBD-\(stages)"
    case .mbgCNBD2, .mbgCNBD3, .mbgCNBD4: "MBG/CNBD-\(stages)"
    }
  }

  /// k: of how many exponential stages a gap between orders consists.
  public var stages: Int {
    switch self {
    case .bgNBD, .mbgNBD, .paretoNBD: 1
    case .bgCNBD2, .mbgCNBD2: 2
    case .bgCNBD3, .mbgCNBD3: 3
    case .bgCNBD4, .mbgCNBD4: 4
    }
  }

  /// The kinds that differ from this one in k alone, itself included, by k.
  public var family: [PurchaseModelKind] {
    switch self {
    case .bgNBD, .bgCNBD2, .bgCNBD3, .bgCNBD4: [.bgNBD, .bgCNBD2, .bgCNBD3, .bgCNBD4]
    case .mbgNBD, .mbgCNBD2, .mbgCNBD3, .mbgCNBD4: [.mbgNBD, .mbgCNBD2, .mbgCNBD3, .mbgCNBD4]
    case .paretoNBD: [.paretoNBD]
    }
  }

  /// Finds the kind of a name.
  ///
  /// - Parameter name: as `name` prints it.
  public init?(name: String) {
    guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = kind
  }

  /// The four parameters in the order in which they are kept and travel.
  public var parameters: [PurchaseParameter] {
    self == .paretoNBD ? ParetoParameters.parameters : BetaGeometricParameters.parameters
  }

  /// The kinds with their numbers, for the sentence that refuses another one.
  public static let list = allCases.map { "\($0.rawValue) \($0.name)" }.joined(separator: ", ")
}

/// What one parameter of a purchase model is called and may be.
public struct PurchaseParameter: Sendable, Equatable {
  /// The name, as the papers have it, in Latin letters.
  public let name: String
  /// The range in which it is accepted.
  public let range: ClosedRange<Double>
  /// Whether it is a time, in days, and changes with the unit; the others do not.
  public let isTime: Bool

  init(_ name: String, in range: ClosedRange<Double>, isTime: Bool = false) {
    self.name = name
    self.range = range
    self.isTime = isTime
  }
}

/// The numbers of a purchase model, whichever it is.
public struct PurchaseParameters: Sendable, Equatable {
  /// Which model's they are.
  public let kind: PurchaseModelKind
  /// The four numbers, in the order of the kind's parameters, with times in days.
  public let values: SIMD4<Double>

  /// Checks and keeps the four numbers.
  ///
  /// - Parameters:
  ///   - kind: which model's they are.
  ///   - values: in the order and within the ranges of the kind's parameters.
  /// - Throws: `ModelError.outOfRange`, naming the parameter.
  public init(_ kind: PurchaseModelKind, _ values: SIMD4<Double>) throws(ModelError) {
    for (place, parameter) in kind.parameters.enumerated() {
      try ModelError.check(
        values[place], parameter.name, in: parameter.range, unit: parameter.isTime ? "days" : "")
    }
    self.init(trusted: kind, values)
  }

  /// Keeps numbers that are known to lie in range.
  init(trusted kind: PurchaseModelKind, _ values: SIMD4<Double>) {
    self.kind = kind
    self.values = values
  }

  /// The exact model with these parameters.
  public var model: any PurchaseModel {
    switch kind {
    case .bgNBD: BetaGeometric.bgNBD(BetaGeometricParameters(trusted: values))
    case .mbgNBD: BetaGeometric.mbgNBD(BetaGeometricParameters(trusted: values))
    case .paretoNBD: ParetoNBD(ParetoParameters(trusted: values))
    case .bgCNBD2, .bgCNBD3, .bgCNBD4:
      RegularBetaGeometric(
        BetaGeometricParameters(trusted: values), firstChances: 0, stages: kind.stages)
    case .mbgCNBD2, .mbgCNBD3, .mbgCNBD4:
      RegularBetaGeometric(
        BetaGeometricParameters(trusted: values), firstChances: 1, stages: kind.stages)
    }
  }
}
