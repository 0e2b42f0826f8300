// The end of a fit's reply: what a calibration/hold-out validation came to.

/// Predicted and actual orders of a hold-out period, compared customer by customer.
public struct HoldoutFields: Equatable, Sendable {
  static let fields = [
    Field("holdout days", .u32), Field("holdout customers", .u64), Field("actual", .f64),
    Field("predicted", .f64), Field("mean absolute error", .f64),
    Field("root mean square error", .f64), Field("Poisson deviance", .f64),
    Field("normalized Gini", .f64), Field("count", .u32),
    Field(
      "deciles",
      .rows([Field("customers", .u64), Field("actual", .f64), Field("predicted", .f64)])),
  ]

  /// A tenth of the customers, by what was predicted of them.
  public struct Decile: Equatable, Sendable {
    /// How many customers.
    public var customers: UInt64
    /// Orders they made.
    public var actual: Double
    /// Orders predicted of them together.
    public var predicted: Double

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - customers: how many.
    ///   - actual: orders they made.
    ///   - predicted: orders predicted of them together.
    public init(customers: UInt64, actual: Double, predicted: Double) {
      self.customers = customers
      self.actual = actual
      self.predicted = predicted
    }
  }

  /// Days predicted, from the day after the as-of day on; 0 where there was no validation.
  public var days: UInt32 = 0
  /// Customers compared.
  public var customers: UInt64 = 0
  /// Orders they made.
  public var actual = 0.0
  /// Orders predicted of them together.
  public var predicted = 0.0
  /// Mean of |y − μ|, orders a customer.
  public var meanAbsoluteError = 0.0
  /// Square root of the mean of (y − μ)².
  public var rootMeanSquareError = 0.0
  /// Mean over customers of 2·(y·ln(y/μ) − (y − μ)).
  public var poissonDeviance = 0.0
  /// Gini of the prediction over that of the truth; `noGini` where the truth orders nobody.
  public var normalizedGini = Self.noGini
  /// The Gini, if it can be told.
  public var gini: Double? { normalizedGini == Self.noGini ? nil : normalizedGini }
  /// predicted/actual − 1; nil where nobody ordered.
  public var bias: Double? { actual > 0 ? predicted / actual - 1 : nil }
  /// The customers by falling prediction; at most ten.
  public var deciles: [Decile] = []

  /// Stands for a Gini that cannot be told.
  public static let noGini = -2.0
  /// The most deciles.
  public static let decilesMax = 10

  /// Makes a report to be filled in.
  public init() {}

  init(from reader: inout FrameReader) throws(Refusal) {
    days = try reader.read(UInt32.self)
    customers = try reader.read(UInt64.self)
    actual = try reader.read(Double.self)
    predicted = try reader.read(Double.self)
    meanAbsoluteError = try reader.read(Double.self)
    rootMeanSquareError = try reader.read(Double.self)
    poissonDeviance = try reader.read(Double.self)
    normalizedGini = try reader.read(Double.self)
    let at = reader.offset
    let count = try reader.read(UInt32.self)
    guard count <= Self.decilesMax else {
      throw Refusal(.invalidField, at: at, "\(count) deciles are more than \(Self.decilesMax)")
    }
    for _ in 0..<count {
      deciles.append(
        Decile(
          customers: try reader.read(UInt64.self), actual: try reader.read(Double.self),
          predicted: try reader.read(Double.self)))
    }
  }

  func write(to out: inout ByteBuffer) {
    out.append(days)
    out.append(customers)
    out.append(actual)
    out.append(predicted)
    out.append(meanAbsoluteError)
    out.append(rootMeanSquareError)
    out.append(poissonDeviance)
    out.append(normalizedGini)
    out.append(UInt32(deciles.count))
    for decile in deciles {
      out.append(decile.customers)
      out.append(decile.actual)
      out.append(decile.predicted)
    }
  }
}
