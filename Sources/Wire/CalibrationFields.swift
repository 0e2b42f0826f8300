// What a model may carry beside one purchase and one spend model: further purchase models, and what
// is laid over them. Models validates the numbers; here they are only counted and finite.

/// One more purchase model: a score is the mean of all.
public struct BlendFields: Equatable, Sendable {
  static let fields =
    [Field("model kind", .u8)] + ModelFields.parameterNames.map { Field($0, .f64) }
  /// Bytes on the wire.
  public static let size = 1 + 4 * 8

  /// Which purchase model.
  public var kind: UInt8
  /// Its four numbers, as in `ModelFields`.
  public var parameters: SIMD4<Double>

  /// Puts one together.
  ///
  /// - Parameters:
  ///   - kind: which purchase model.
  ///   - parameters: its four numbers, with times in days.
  public init(kind: UInt8, parameters: SIMD4<Double>) {
    self.kind = kind
    self.parameters = parameters
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    kind = try reader.read(UInt8.self)
    parameters = try SIMD4(parametersFrom: &reader)
  }

  func write(to out: inout ByteBuffer) {
    out.append(kind)
    for place in 0..<4 { out.append(parameters[place]) }
  }

  /// Reads a count and as many models.
  static func list(from reader: inout FrameReader) throws(Refusal) -> [BlendFields] {
    let at = reader.offset
    let count = Int(try reader.read(UInt8.self))
    guard count <= Limits.blendMax else {
      throw Refusal(
        .invalidField, at: at,
        "there are \(count) further models, there may be \(Limits.blendMax)")
    }
    var list: [BlendFields] = []
    for _ in 0..<count { list.append(try BlendFields(from: &reader)) }
    return list
  }
}

/// What is laid over the expectations of purchase models.
public struct CalibrationFields: Equatable, Sendable {
  static let fields = [
    Field("count", .u8), Field("season", .rows([Field("speed", .f64)])),
    Field("log level", .f64), Field("reference days", .f64), Field("intercept", .f64),
    Field("count", .u8),
    Field(
      "signals",
      .rows([Field("weight", .f64), Field("mean", .f64), Field("deviation", .f64)])),
  ]

  /// What is known of one signal of a correction.
  public struct Signal: Equatable, Sendable {
    /// Bytes on the wire.
    public static let size = 3 * 8

    /// Of the standardised signal in the sum.
    public var weight: Double
    /// What is taken off the signal.
    public var mean: Double
    /// What it is divided by.
    public var deviation: Double

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - weight: of the standardised signal.
    ///   - mean: of the signal.
    ///   - deviation: of the signal, above 0.
    public init(weight: Double, mean: Double, deviation: Double) {
      self.weight = weight
      self.mean = mean
      self.deviation = deviation
    }
  }

  /// A factor for each customer, by what is known beside x, t_x and T.
  public struct Correction: Equatable, Sendable {
    /// Of which horizon it was learnt, and in which time recent orders count, in days.
    public var referenceDays: Double
    /// The logarithm of the factor where every signal has its mean.
    public var intercept: Double
    /// As many as `Limits.signalsMax`.
    public var signals: [Signal]

    /// Puts one together.
    ///
    /// - Parameters:
    ///   - referenceDays: days.
    ///   - intercept: the logarithm of the factor where every signal has its mean.
    ///   - signals: `Limits.signalsMax` of them.
    public init(referenceDays: Double, intercept: Double, signals: [Signal]) {
      self.referenceDays = referenceDays
      self.intercept = intercept
      self.signals = signals
    }
  }

  /// The clock's speed in each of 24 equal parts of the year; empty where it is always the same.
  public var season: [Double] = []
  /// The logarithm of the shop's level.
  public var logLevel = 0.0
  /// What is known of single customers; nil when nothing is.
  public var correction: Correction?

  /// Bytes on the wire.
  public var size: Int {
    1 + season.count * 8 + 3 * 8 + 1 + (correction?.signals.count ?? 0) * Signal.size
  }

  /// Makes a calibration that changes nothing.
  public init() {}

  init(from reader: inout FrameReader) throws(Refusal) {
    let parts = try Self.count(from: &reader, "parts of the year", Limits.seasonPartsMax)
    for _ in 0..<parts { season.append(try reader.readFinite("speed")) }
    logLevel = try reader.readFinite("log level")
    let at = reader.offset
    let referenceDays = try reader.readFinite("reference days")
    let intercept = try reader.readFinite("intercept")
    let signals = try Self.count(from: &reader, "signals", Limits.signalsMax)
    guard signals > 0 else {
      guard referenceDays == 0 && intercept == 0 else {
        throw Refusal(
          .invalidField, at: referenceDays == 0 ? at + 8 : at,
          "without signals, reference days and intercept must be 0")
      }
      return
    }
    var correction = Correction(referenceDays: referenceDays, intercept: intercept, signals: [])
    for _ in 0..<signals {
      correction.signals.append(
        Signal(
          weight: try reader.readFinite("weight"), mean: try reader.readFinite("mean"),
          deviation: try reader.readFinite("deviation")))
    }
    self.correction = correction
  }

  func write(to out: inout ByteBuffer) {
    out.append(UInt8(season.count))
    for speed in season { out.append(speed) }
    out.append(logLevel)
    out.append(correction?.referenceDays ?? 0)
    out.append(correction?.intercept ?? 0)
    out.append(UInt8(correction?.signals.count ?? 0))
    for signal in correction?.signals ?? [] {
      out.append(signal.weight)
      out.append(signal.mean)
      out.append(signal.deviation)
    }
  }

  /// Reads a count that is 0 or the whole.
  private static func count(
    from reader: inout FrameReader, _ name: StaticString, _ whole: Int
  ) throws(Refusal) -> Int {
    let at = reader.offset
    let count = Int(try reader.read(UInt8.self))
    guard count == 0 || count == whole else {
      throw Refusal(
        .invalidField, at: at, "there are \(count) \(name), there must be 0 or \(whole)")
    }
    return count
  }
}

extension SIMD4<Double> {
  /// Reads the four numbers of a purchase model.
  init(parametersFrom reader: inout FrameReader) throws(Refusal) {
    self.init(
      try reader.readFinite("r"), try reader.readFinite("alpha"),
      try reader.readFinite("a or s"), try reader.readFinite("b or beta"))
  }
}
