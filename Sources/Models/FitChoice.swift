// What a fit may be asked for: one model, a family, or whatever the shop's past speaks for.

/// Which model is to be fitted.
public enum FitChoice: Sendable, Equatable {
  /// This one.
  case model(PurchaseModelKind)
  /// That of a family which differs in the regularity of the gaps, k by likelihood.
  case family(PurchaseModelKind)
  /// By back-tests, blended and calibrated.
  case auto

  /// All that can be asked for.
  public static let all =
    PurchaseModelKind.allCases.map(FitChoice.model) + [
      .family(.bgNBD), .family(.mbgNBD), .auto,
    ]

  /// The name on the command line.
  public var name: String {
    switch self {
    case .model(let kind): kind.name
    case .family(let kind): kind == .mbgNBD ? "mbg-cnbd-k" : "bg-cnbd-k"
    case .auto: AutoFit.name
    }
  }

  /// The number on the wire.
  public var number: UInt8 {
    switch self {
    case .model(let kind): kind.rawValue
    case .family(let kind): kind == .mbgNBD ? 20 : 10
    case .auto: 255
    }
  }

  /// Finds a choice by its number.
  ///
  /// - Parameter number: as `number` gives it.
  public init?(number: UInt8) {
    guard let choice = Self.all.first(where: { $0.number == number }) else { return nil }
    self = choice
  }

  /// Finds a choice by its name.
  ///
  /// - Parameter name: as `name` prints it.
  public init?(name: String) {
    guard let choice = Self.all.first(where: { $0.name == name }) else { return nil }
    self = choice
  }

  /// The choices with their numbers, for the sentence that refuses another one.
  public static let list = all.map { "\($0.number) \($0.name)" }.joined(separator: ", ")
}
