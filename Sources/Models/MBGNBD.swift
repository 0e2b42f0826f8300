// The MBG/NBD model; its functions are those of the family (BGNBD.swift, BetaGeometric.swift).

/// The MBG/NBD model of Batislam, Denizel and Filiztekin (2007) and Hoppe and Wagner (2007).
///
/// A customer may leave after the first order already, so a one-time buyer is not alive for ever.
public struct MBGNBD: BetaGeometricModel {
  /// Which model this is.
  public static let kind = PurchaseModelKind.mbgNBD
  /// The shared mathematics with one chance to leave at the first order.
  public let family: BetaGeometric

  /// Makes the model of some parameters.
  ///
  /// - Parameter parameters: checked when they were made.
  public init(_ parameters: PurchaseParameters) {
    family = BetaGeometric(parameters, firstChances: 1)
  }
}
