// Within a fit's reply: how far its parameters move over shops drawn from the shop's own customers.

/// The spread of the parameters over drawn shops.
public struct BootstrapFields: Equatable, Sendable {
  static let fields = [
    Field("drawn shops", .u16), Field("count", .u8),
    Field(
      "bootstrap",
      .rows([
        Field("bootstrap error", .f64), Field("bootstrap low", .f64), Field("bootstrap high", .f64),
      ])),
  ]

  /// One parameter's spread, times in days.
  public struct Parameter: Equatable, Sendable {
    /// Standard deviation over the draws.
    public var error: Double
    /// The lower end of the 90 % percentile interval.
    public var low: Double
    /// The upper end.
    public var high: Double

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - error: standard deviation over the draws.
    ///   - low: lower end of the 90 % percentile interval.
    ///   - high: upper end.
    public init(error: Double, low: Double, high: Double) {
      self.error = error
      self.low = low
      self.high = high
    }
  }

  /// Shops whose fit converged.
  public var shops: UInt16 = 0
  /// In the order of the parameters; empty without a bootstrap.
  public var parameters: [Parameter] = []

  /// Makes one that says nothing.
  public init() {}

  init(from reader: inout FrameReader) throws(Refusal) {
    shops = try reader.read(UInt16.self)
    let at = reader.offset
    let count = try reader.read(UInt8.self)
    guard count == 0 || count == 4 else {
      throw Refusal(.invalidField, at: at, "\(count) parameters have a spread, it must be 0 or 4")
    }
    for _ in 0..<count {
      parameters.append(
        Parameter(
          error: try reader.read(Double.self), low: try reader.read(Double.self),
          high: try reader.read(Double.self)))
    }
  }

  func write(to out: inout ByteBuffer) {
    out.append(shops)
    out.append(UInt8(parameters.count))
    for parameter in parameters {
      out.append(parameter.error)
      out.append(parameter.low)
      out.append(parameter.high)
    }
  }
}
