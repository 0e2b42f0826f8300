// The churn layer: as the last part of a model that travels, and what a fit found of it. Models
// validates the numbers; here they are only counted and finite.

/// A layer over the purchase models' churn probability.
public struct ChurnLayerFields: Equatable, Sendable {
  static let fields = [
    Field("layer horizon", .f64), Field("typical gap", .f64), Field("layer intercept", .f64),
    Field("count", .u8),
    Field(
      "layer terms",
      .rows([
        Field("feature", .u8), Field("coefficient", .f64), Field("centre", .f64),
        Field("scale", .f64),
      ])),
  ]

  /// What one feature adds to the log-odds.
  public struct Term: Equatable, Sendable {
    /// Bytes on the wire.
    public static let size = 1 + 3 * 8

    /// Which feature, as protocol.md numbers them.
    public var feature: UInt8
    /// Log-odds per scale.
    public var coefficient: Double
    /// What is taken off the feature.
    public var centre: Double
    /// What it is divided by.
    public var scale: Double

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - feature: which feature.
    ///   - coefficient: log-odds per scale.
    ///   - centre: what is taken off the feature.
    ///   - scale: what it is divided by, above 0.
    public init(feature: UInt8, coefficient: Double, centre: Double, scale: Double) {
      self.feature = feature
      self.coefficient = coefficient
      self.centre = centre
      self.scale = scale
    }
  }

  /// Bytes before the terms.
  public static let headSize = 3 * 8 + 1

  /// The horizon in days it was fitted for; not 0.
  public var horizonDays: Double
  /// The gap between orders, in days, to assume of who has a single one.
  public var typicalGapDays: Double
  /// Log-odds added for everybody.
  public var intercept: Double
  /// At most `Limits.churnTermsMax`.
  public var terms: [Term]

  /// Puts one together.
  ///
  /// - Parameters:
  ///   - horizonDays: days, not 0.
  ///   - typicalGapDays: days.
  ///   - intercept: log-odds.
  ///   - terms: at most `Limits.churnTermsMax`.
  public init(horizonDays: Double, typicalGapDays: Double, intercept: Double, terms: [Term]) {
    self.horizonDays = horizonDays
    self.typicalGapDays = typicalGapDays
    self.intercept = intercept
    self.terms = terms
  }

  /// Reads a layer; nil where its horizon is 0.
  static func read(_ reader: inout FrameReader) throws(Refusal) -> Self? {
    let at = reader.offset
    let horizon = try reader.readFinite("layer horizon")
    let gap = try reader.readFinite("typical gap")
    var layer = Self(
      horizonDays: horizon, typicalGapDays: gap,
      intercept: try reader.readFinite("layer intercept"), terms: [])
    let countAt = reader.offset
    let count = Int(try reader.read(UInt8.self))
    guard count <= Limits.churnTermsMax else {
      throw Refusal(
        .invalidField, at: countAt,
        "there are \(count) terms of the churn layer, there may be \(Limits.churnTermsMax)")
    }
    guard horizon != 0 else {
      // In their order on the wire: the first that is not 0 is at fault.
      guard let fault = [gap, layer.intercept, Double(count)].firstIndex(where: { $0 != 0 }) else {
        return nil
      }
      throw Refusal(
        .invalidField, at: at + 8 + fault * 8,
        "without a horizon there is no churn layer, and all its fields must be 0")
    }
    for _ in 0..<count {
      layer.terms.append(
        Term(
          feature: try reader.read(UInt8.self), coefficient: try reader.readFinite("coefficient"),
          centre: try reader.readFinite("centre"), scale: try reader.readFinite("scale")))
    }
    return layer
  }

  /// Writes a layer, or that there is none.
  static func write(_ layer: Self?, to out: inout ByteBuffer) {
    out.append(layer?.horizonDays ?? 0)
    out.append(layer?.typicalGapDays ?? 0)
    out.append(layer?.intercept ?? 0)
    out.append(UInt8(layer?.terms.count ?? 0))
    for term in layer?.terms ?? [] {
      out.append(term.feature)
      out.append(term.coefficient)
      out.append(term.centre)
      out.append(term.scale)
    }
  }
}

/// Within a fit's reply: how a churn layer foretold who would stay away, beside the purchase models.
public struct ChurnReportFields: Equatable, Sendable {
  static let fields = [
    Field("churn horizon", .f64), Field("churn customers", .u64),
    Field("purchase log-loss", .f64), Field("layer log-loss", .f64), Field("gain error", .f64),
    Field("layer adopted", .u8),
  ]

  /// The layer's horizon in days; 0 where no layer was judged.
  public var horizonDays = 0.0
  /// Customers on the day it was judged on.
  public var customers: UInt64 = 0
  /// Mean of −ln of the probability the purchase models gave to what happened.
  public var purchaseLogLoss = 0.0
  /// The same for the layer.
  public var layerLogLoss = 0.0
  /// Standard error of the difference of the two.
  public var gainStandardError = 0.0
  /// Whether the layer is part of the model.
  public var isAdopted = false

  /// Makes one that says nothing.
  public init() {}

  init(from reader: inout FrameReader) throws(Refusal) {
    horizonDays = try reader.read(Double.self)
    customers = try reader.read(UInt64.self)
    purchaseLogLoss = try reader.read(Double.self)
    layerLogLoss = try reader.read(Double.self)
    gainStandardError = try reader.read(Double.self)
    isAdopted = try reader.read(UInt8.self) != 0
  }

  func write(to out: inout ByteBuffer) {
    out.append(horizonDays)
    out.append(customers)
    out.append(purchaseLogLoss)
    out.append(layerLogLoss)
    out.append(gainStandardError)
    out.append(UInt8(isAdopted ? 1 : 0))
  }
}
