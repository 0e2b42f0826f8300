// Within a fit's reply: how the candidates of a choice by back-tests foretold the shop's own past.

/// How one candidate foretold the past.
public struct TrialFields: Equatable, Sendable {
  static let fields = [
    Field("count", .u32),
    Field(
      "trials", .rows([Field("deviance", .f64), Field("trial bias", .f64), Field("name", .name)])),
  ]

  /// The candidate: a model, several joined by « + », or «auto» for the calibrated blend.
  public var name: String
  /// Mean over customers and windows of the Poisson deviance of what was foretold.
  public var deviance: Double
  /// predicted/actual − 1 of all windows; `noBias` where nobody ordered.
  public var bias: Double

  /// Stands for a bias that cannot be told.
  public static let noBias = -2.0
  /// The most trials.
  public static let trialsMax = 32

  /// Puts one together.
  ///
  /// - Parameters:
  ///   - name: the candidate.
  ///   - deviance: mean Poisson deviance.
  ///   - bias: predicted/actual − 1.
  public init(name: String, deviance: Double, bias: Double) {
    self.name = name
    self.deviance = deviance
    self.bias = bias
  }

  static func read(_ reader: inout FrameReader) throws(Refusal) -> [TrialFields] {
    let at = reader.offset
    let count = try reader.read(UInt32.self)
    guard count <= trialsMax else {
      throw Refusal(.invalidField, at: at, "\(count) trials are more than \(trialsMax)")
    }
    var trials: [TrialFields] = []
    for _ in 0..<count {
      let (deviance, bias) = (try reader.read(Double.self), try reader.read(Double.self))
      trials.append(
        TrialFields(name: try reader.readName("name"), deviance: deviance, bias: bias))
    }
    return trials
  }

  static func write(_ trials: [TrialFields], to out: inout ByteBuffer) {
    out.append(UInt32(trials.count))
    for trial in trials {
      out.append(trial.deviance)
      out.append(trial.bias)
      out.append(name: trial.name)
    }
  }
}
