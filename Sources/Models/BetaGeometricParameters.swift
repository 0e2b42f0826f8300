// The fitted numbers of the beta-geometric models, checked once when they are made.

/// The parameters of a beta-geometric purchase model, with α in days.
///
/// While alive a customer orders at a rate λ ~ Gamma(r, α) per day; after an order the customer
/// leaves for ever with a probability p ~ Beta(a, b).
public struct BetaGeometricParameters: Sendable, Equatable {
  /// Shape of the rates among customers.
  public let r: Double
  /// Inverse scale of the rates among customers, in days.
  public let alpha: Double
  /// First shape of the dropout probability.
  public let a: Double
  /// Second shape of the dropout probability.
  public let b: Double

  /// The range in which r, a and b are accepted.
  public static let shapeRange: ClosedRange<Double> = 1e-6...1e6
  /// The range in which α is accepted, in days.
  public static let alphaRange: ClosedRange<Double> = 1e-6...1e9

  /// Checks and keeps the four numbers.
  ///
  /// - Parameters:
  ///   - r: shape of the rates, within `shapeRange`.
  ///   - alpha: inverse scale of the rates in days, within `alphaRange`.
  ///   - a: first shape of the dropout probability, within `shapeRange`.
  ///   - b: second shape of the dropout probability, within `shapeRange`.
  /// - Throws: `ModelError.outOfRange`, naming the parameter.
  public init(r: Double, alpha: Double, a: Double, b: Double) throws(ModelError) {
    try ModelError.check(r, "r", in: Self.shapeRange)
    try ModelError.check(alpha, "alpha", in: Self.alphaRange, unit: "days")
    try ModelError.check(a, "a", in: Self.shapeRange)
    try ModelError.check(b, "b", in: Self.shapeRange)
    self.init(trustedR: r, alpha: alpha, a: a, b: b)
  }

  /// Checks and keeps four numbers of which α is in weeks, as the papers have it.
  ///
  /// - Parameters:
  ///   - r: shape of the rates, within `shapeRange`.
  ///   - alphaWeeks: inverse scale of the rates in weeks.
  ///   - a: first shape of the dropout probability, within `shapeRange`.
  ///   - b: second shape of the dropout probability, within `shapeRange`.
  /// - Throws: `ModelError.outOfRange`, naming the parameter.
  public init(r: Double, alphaWeeks: Double, a: Double, b: Double) throws(ModelError) {
    try self.init(r: r, alpha: alphaWeeks * 7, a: a, b: b)
  }

  /// α in weeks, as the papers print it.
  public var alphaWeeks: Double { alpha / 7 }

  /// Names and ranges in the order r, α, a, b.
  static let parameters = [
    PurchaseParameter("r", in: shapeRange),
    PurchaseParameter("alpha", in: alphaRange, isTime: true),
    PurchaseParameter("a", in: shapeRange), PurchaseParameter("b", in: shapeRange),
  ]

  /// r, α, a and b.
  var values: SIMD4<Double> { SIMD4(r, alpha, a, b) }

  /// Keeps numbers in the order r, α, a, b that are known to lie in range.
  init(trusted values: SIMD4<Double>) {
    self.init(trustedR: values[0], alpha: values[1], a: values[2], b: values[3])
  }

  /// Keeps numbers that are known to lie in range.
  init(trustedR r: Double, alpha: Double, a: Double, b: Double) {
    self.r = r
    self.alpha = alpha
    self.a = a
    self.b = b
  }
}
