// The fitted numbers of the purchase and the spend model, checked once when they are made.

/// The parameters of a beta-geometric purchase model, with α in days.
///
/// While alive a customer orders at a rate λ ~ Gamma(r, α) per day; after an order the customer
/// leaves for ever with a probability p ~ Beta(a, b).
public struct PurchaseParameters: Sendable, Equatable {
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

  /// Keeps numbers that are known to lie in range.
  init(trustedR r: Double, alpha: Double, a: Double, b: Double) {
    self.r = r
    self.alpha = alpha
    self.a = a
    self.b = b
  }
}

/// The parameters of the Gamma–Gamma spend model, with γ in major units of the currency.
///
/// An order's value is Gamma(p, ν) within a customer, and ν ~ Gamma(q, γ) among customers.
public struct SpendParameters: Sendable, Equatable {
  /// Shape of the values within a customer.
  public let p: Double
  /// Shape of ν among customers; above 1, so that the population has a mean.
  public let q: Double
  /// Inverse scale of ν among customers, in major units of the currency.
  public let gamma: Double

  /// The range in which p is accepted.
  public static let pRange: ClosedRange<Double> = 1e-6...1e9
  /// The range in which q is accepted.
  public static let qRange: ClosedRange<Double> = (1 + 1e-6)...1e9
  /// The range in which γ is accepted, in major units of the currency.
  public static let gammaRange: ClosedRange<Double> = 1e-12...1e18

  /// Checks and keeps the three numbers.
  ///
  /// - Parameters:
  ///   - p: shape within a customer, within `pRange`.
  ///   - q: shape among customers, within `qRange`, so above 1.
  ///   - gamma: inverse scale in major units, within `gammaRange`.
  /// - Throws: `ModelError.outOfRange`, naming the parameter.
  public init(p: Double, q: Double, gamma: Double) throws(ModelError) {
    try ModelError.check(p, "p", in: Self.pRange)
    try ModelError.check(q, "q", in: Self.qRange)
    try ModelError.check(gamma, "gamma", in: Self.gammaRange)
    self.init(trustedP: p, q: q, gamma: gamma)
  }

  /// Keeps numbers that are known to lie in range.
  init(trustedP p: Double, q: Double, gamma: Double) {
    self.p = p
    self.q = q
    self.gamma = gamma
  }
}
