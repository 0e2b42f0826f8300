// The bodies of the verbs fit, adopt model and put back model. Parameters travel with time in days.
// The four members of `Message` are documented there, not again in every body.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Purchase models, a spend model, a calibration and a churn layer as they travel: numbers that
/// Models has yet to validate.
public struct ModelFields: Equatable, Sendable {
  /// What the four numbers of the purchase model are called on the wire, in their order.
  public static let parameterNames = ["r", "alpha", "a or s", "b or beta"]
  /// One purchase and one spend model, as they were when there was nothing else.
  static let headFields =
    [Field("model kind", .u8), Field("spend known", .u8)]
    + parameterNames.map { Field($0, .f64) } + [
      Field("p", .f64), Field("q", .f64), Field("gamma", .f64),
    ]
  static let fields =
    headFields + [Field("count", .u8), Field("further models", .rows(BlendFields.fields))]
    + CalibrationFields.fields + ChurnLayerFields.fields
  /// Bytes of the fields before the further models.
  public static let headSize = headFields.reduce(0) { $0 + ($1.type.size ?? 0) }
  /// Stands for no model.
  public static let none = ModelFields(kind: 0, parameters: .zero)

  /// Which purchase model, as protocol.md numbers them; 0 stands for no model.
  public var kind: UInt8
  /// Whether p, q, gamma mean anything.
  public var spendKnown = false
  /// The four numbers of the purchase model in their order, with times in days: r, alpha, a, b or
  /// r, alpha, s, beta.
  public var parameters: SIMD4<Double>
  /// Shape of the spend of one order.
  public var p = 0.0
  /// Shape of the spend across customers.
  public var q = 0.0
  /// Scale of the spend across customers, in major units.
  public var gamma = 0.0
  /// Further purchase models; scores are the mean of all.
  public var blend: [BlendFields] = []
  /// What is laid over the purchase models.
  public var calibration = CalibrationFields()
  /// What is laid over their churn probability; nil where nothing is.
  public var layer: ChurnLayerFields?

  /// Whether there is nothing but one purchase model and perhaps a spend model.
  public var isPlain: Bool { blend.isEmpty && calibration == CalibrationFields() && layer == nil }

  /// Makes a model without spend.
  ///
  /// - Parameters:
  ///   - kind: which purchase model.
  ///   - parameters: its four numbers, with times in days.
  public init(kind: UInt8, parameters: SIMD4<Double>) {
    self.kind = kind
    self.parameters = parameters
  }

  init(from reader: inout FrameReader) throws(Refusal) {
    try self.init(headFrom: &reader)
    try readRest(from: &reader)
    try readLayer(from: &reader)
  }

  /// Reads a model without further ones and without calibration.
  ///
  /// - Parameter reader: stands on the kind; afterwards behind gamma.
  /// - Throws: `malformed` or `invalidField` with the offset.
  public init(headFrom reader: inout FrameReader) throws(Refusal) {
    kind = try reader.read(UInt8.self)
    let at = reader.offset
    let known = try reader.read(UInt8.self)
    guard known <= 1 else {
      throw Refusal(.invalidField, at: at, "spend known is \(known), it must be 0 or 1")
    }
    spendKnown = known == 1
    parameters = try SIMD4(parametersFrom: &reader)
    p = try reader.readFinite("p")
    q = try reader.readFinite("q")
    gamma = try reader.readFinite("gamma")
  }

  /// Reads the further models and the calibration.
  ///
  /// - Parameter reader: stands behind gamma; afterwards behind the calibration.
  /// - Throws: `malformed` or `invalidField` with the offset.
  public mutating func readRest(from reader: inout FrameReader) throws(Refusal) {
    blend = try BlendFields.list(from: &reader)
    calibration = try CalibrationFields(from: &reader)
  }

  /// Reads the churn layer.
  ///
  /// - Parameter reader: stands behind the calibration; afterwards behind the last field.
  /// - Throws: `malformed` or `invalidField` with the offset.
  public mutating func readLayer(from reader: inout FrameReader) throws(Refusal) {
    layer = try ChurnLayerFields.read(&reader)
  }

  func write(to out: inout ByteBuffer) {
    writeHead(to: &out)
    writeRest(to: &out)
    writeLayer(to: &out)
  }

  /// Writes the further models and the calibration.
  ///
  /// - Parameter out: stands behind gamma.
  public func writeRest(to out: inout ByteBuffer) {
    out.append(UInt8(blend.count))
    for model in blend { model.write(to: &out) }
    calibration.write(to: &out)
  }

  /// Writes the churn layer.
  ///
  /// - Parameter out: stands behind the calibration.
  public func writeLayer(to out: inout ByteBuffer) { ChurnLayerFields.write(layer, to: &out) }

  /// Writes the model without further ones and without calibration.
  ///
  /// - Parameter out: where the fields go.
  public func writeHead(to out: inout ByteBuffer) {
    out.append(kind)
    out.append(UInt8(spendKnown ? 1 : 0))
    for place in 0..<4 { out.append(parameters[place]) }
    out.append(p)
    out.append(q)
    out.append(gamma)
  }
}

/// Asks for a fit; its result is adopted.
public struct FitRequest: Message, Equatable, Sendable {
  public static let title = "fit request"
  public static let fields = [
    Field("as of", .i64), Field("model kind", .u8), Field("holdout from", .i64),
    Field("bootstrap", .u16),
  ]

  /// Orders up to the shop's calendar day of this time are used; 0 means the newest order's day.
  public var asOfMicros: Int64
  /// Which purchase model.
  public var kind: UInt8
  /// Not 0: orders up to the calendar day of this time are fitted to, the later ones are predicted and
  /// compared, and nothing is adopted.
  public var holdoutFromMicros: Int64
  /// How many shops are drawn for a bootstrap; 0 for none.
  public var bootstrap: UInt16

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - asOfMicros: microseconds since 1970 UTC, or 0.
  ///   - kind: which purchase model.
  ///   - holdoutFromMicros: microseconds since 1970 UTC, or 0.
  ///   - bootstrap: how many shops are drawn, or 0.
  public init(
    asOfMicros: Int64, kind: UInt8, holdoutFromMicros: Int64 = 0, bootstrap: UInt16 = 0
  ) {
    self.asOfMicros = asOfMicros
    self.kind = kind
    self.holdoutFromMicros = holdoutFromMicros
    self.bootstrap = bootstrap
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    asOfMicros = try reader.read(Int64.self)
    kind = try reader.read(UInt8.self)
    holdoutFromMicros = try reader.read(Int64.self)
    bootstrap = try reader.read(UInt16.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(asOfMicros)
    out.append(kind)
    out.append(holdoutFromMicros)
    out.append(bootstrap)
  }
}

/// What a fit found.
///
/// It has been adopted, and its adoption is durable, when this arrives; a validation is not adopted.
public struct FitReply: Message, Equatable, Sendable {
  public static let title = "fit reply"
  public static let fields =
    [Field("generation", .u32), Field("as of day", .i32)] + ModelFields.fields + [
      Field("error of r", .f64), Field("error of alpha", .f64), Field("error of a or s", .f64),
      Field("error of b or beta", .f64), Field("log-likelihood", .f64), Field("customers", .u64),
      Field("distinct histories", .u64), Field("iterations", .u32), Field("converged", .u8),
      Field("error of p", .f64), Field("error of q", .f64), Field("error of gamma", .f64),
      Field("spend log-likelihood", .f64), Field("correlation", .f64),
      Field("spend customers", .u64), Field("spend iterations", .u32),
      Field("spend converged", .u8), Field("seconds", .f64), Field("warnings", .sentence),
    ] + BootstrapFields.fields + ChurnReportFields.fields + TrialFields.fields
    + HoldoutFields.fields

  /// Which adoption this is; 0 for a validation, which is not adopted.
  public var generation: UInt32 = 0
  /// Orders up to this day since 1970-01-01 were used.
  public var asOfDay: Int32 = 0
  /// The parameters that were adopted.
  public var model: ModelFields
  /// Standard errors of the four parameters, times in days; -1 where the information is singular.
  public var standardErrors: [Double] = [-1, -1, -1, -1]
  /// The maximum of the log-likelihood with time in weeks, as the papers print it.
  public var logLikelihood = 0.0
  /// Customers whose first order lies before or on the as-of day.
  public var customers: UInt64 = 0
  /// Distinct (x, t_x, T) among them.
  public var distinctHistories: UInt64 = 0
  /// Steps of the optimiser.
  public var iterations: UInt32 = 0
  /// Whether the gradient vanished within the bounds.
  public var converged = false
  /// Standard errors of p, q, gamma; -1 where the information is singular.
  public var spendErrors: [Double] = [-1, -1, -1]
  /// The maximum of the spend model's log-likelihood.
  public var spendLogLikelihood = 0.0
  /// Pearson correlation of x and mean spend over the customers used; -2 where either does not
  /// vary.
  public var correlation = 0.0
  /// Customers with a repeat order and a positive mean spend.
  public var spendCustomers: UInt64 = 0
  /// Steps of the spend model's optimiser.
  public var spendIterations: UInt32 = 0
  /// Whether the spend model's gradient vanished within the bounds.
  public var spendConverged = false
  /// Seconds the fit took, grouping included.
  public var seconds = 0.0
  /// Plain sentences, one a line.
  public var warnings = ""
  /// How far each parameter moves over shops drawn from this one; nil when that was not asked for.
  public var bootstrap: BootstrapFields?
  /// How a churn layer foretold who would stay away; nil where none was judged.
  public var churn: ChurnReportFields?
  /// What a choice by back-tests has tried, the best first; empty for any other fit.
  public var trials: [TrialFields] = []
  /// How the fit foretold the orders after the as-of day; nil when that was not asked for.
  public var holdout: HoldoutFields?

  /// Stands for a correlation that cannot be told.
  public static let noCorrelation = -2.0

  /// Makes a report to be filled in.
  ///
  /// - Parameter model: the parameters that were adopted.
  public init(model: ModelFields) { self.model = model }

  public init(from reader: inout FrameReader) throws(Refusal) {
    generation = try reader.read(UInt32.self)
    asOfDay = try reader.read(Int32.self)
    model = try ModelFields(from: &reader)
    for i in 0..<4 { standardErrors[i] = try reader.read(Double.self) }
    logLikelihood = try reader.read(Double.self)
    customers = try reader.read(UInt64.self)
    distinctHistories = try reader.read(UInt64.self)
    iterations = try reader.read(UInt32.self)
    converged = try reader.read(UInt8.self) != 0
    for i in 0..<3 { spendErrors[i] = try reader.read(Double.self) }
    spendLogLikelihood = try reader.read(Double.self)
    correlation = try reader.read(Double.self)
    spendCustomers = try reader.read(UInt64.self)
    spendIterations = try reader.read(UInt32.self)
    spendConverged = try reader.read(UInt8.self) != 0
    seconds = try reader.read(Double.self)
    warnings = try reader.readSentence("warnings")
    let bootstrap = try BootstrapFields(from: &reader)
    self.bootstrap = bootstrap.parameters.isEmpty ? nil : bootstrap
    let churn = try ChurnReportFields(from: &reader)
    self.churn = churn.horizonDays > 0 ? churn : nil
    trials = try TrialFields.read(&reader)
    let holdout = try HoldoutFields(from: &reader)
    self.holdout = holdout.days > 0 ? holdout : nil
  }

  public func write(to out: inout ByteBuffer) {
    out.append(generation)
    out.append(asOfDay)
    model.write(to: &out)
    for i in 0..<4 { out.append(standardErrors[i]) }
    out.append(logLikelihood)
    out.append(customers)
    out.append(distinctHistories)
    out.append(iterations)
    out.append(UInt8(converged ? 1 : 0))
    for i in 0..<3 { out.append(spendErrors[i]) }
    out.append(spendLogLikelihood)
    out.append(correlation)
    out.append(spendCustomers)
    out.append(spendIterations)
    out.append(UInt8(spendConverged ? 1 : 0))
    out.append(seconds)
    out.append(sentence: warnings)
    (bootstrap ?? BootstrapFields()).write(to: &out)
    (churn ?? ChurnReportFields()).write(to: &out)
    TrialFields.write(trials, to: &out)
    (holdout ?? HoldoutFields()).write(to: &out)
  }
}

/// Adopts parameters, from elsewhere or from a fit of the server itself.
///
/// A body that ends behind gamma stands for no further models and no calibration, and one that ends
/// behind the calibration for no churn layer: so it was when there were none, and journals keep such
/// bodies.
public struct AdoptModelRequest: Message, Equatable, Sendable {
  public static let title = "adopt model request"
  public static let fields = CommandKey.fields + ModelFields.fields

  /// The command's key.
  public var key: CommandKey
  /// The parameters, with time in days.
  public var model: ModelFields

  /// Makes the request.
  ///
  /// - Parameters:
  ///   - key: the command's key.
  ///   - model: the parameters, with time in days.
  public init(key: CommandKey = .none, model: ModelFields) {
    self.key = key
    self.model = model
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
    model = try ModelFields(headFrom: &reader)
    if reader.remaining > 0 { try model.readRest(from: &reader) }
    if reader.remaining > 0 { try model.readLayer(from: &reader) }
  }

  public func write(to out: inout ByteBuffer) {
    key.write(to: &out)
    model.write(to: &out)
  }
}

/// Adopts the model again that was adopted before the present one.
public struct PutBackModelRequest: Message, Equatable, Sendable {
  public static let title = "put back model request"
  public static let fields = CommandKey.fields

  /// The command's key.
  public var key: CommandKey

  /// Makes the request.
  ///
  /// - Parameter key: the command's key.
  public init(key: CommandKey = .none) { self.key = key }

  public init(from reader: inout FrameReader) throws(Refusal) {
    key = try CommandKey(from: &reader)
  }

  public func write(to out: inout ByteBuffer) { key.write(to: &out) }
}

/// Says which generation the adopted model is.
public struct AdoptModelReply: Message, Equatable, Sendable {
  public static let title = "adopt model reply"
  public static let fields = [Field("sequence", .u64), Field("generation", .u32)]

  /// The command's record in the journal.
  public var sequence: UInt64
  /// Which adoption this is.
  public var generation: UInt32

  /// Makes the reply.
  ///
  /// - Parameters:
  ///   - sequence: the command's record in the journal.
  ///   - generation: which adoption this is.
  public init(sequence: UInt64, generation: UInt32) {
    self.sequence = sequence
    self.generation = generation
  }

  public init(from reader: inout FrameReader) throws(Refusal) {
    sequence = try reader.read(UInt64.self)
    generation = try reader.read(UInt32.self)
  }

  public func write(to out: inout ByteBuffer) {
    out.append(sequence)
    out.append(generation)
  }
}
