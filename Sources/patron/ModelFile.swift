// Reads parameters from JSON, with the keys that `fit --json` prints.

internal import Foundation
internal import Models
internal import Wire

/// What of a file matters; other keys are left alone.
struct ModelFile: Decodable {
  private struct Spend: Decodable {
    var p: Double
    var q: Double
    var gamma: Double
  }

  private struct Further: Decodable {
    var model: String
    var parametersDays: [String: Double]
  }

  private struct Calibration: Decodable {
    struct Correction: Decodable {
      var referenceDays: Double
      var intercept: Double
      var weights: [Double]
      var means: [Double]
      var deviations: [Double]
    }

    var season: [Double]?
    var logLevel: Double?
    var correction: Correction?
  }

  private struct Layer: Decodable {
    struct Term: Decodable {
      var feature: UInt8
      var coefficient: Double
      var centre: Double
      var scale: Double
    }

    var horizonDays: Double
    var typicalGapDays: Double
    var intercept: Double
    var terms: [Term]
  }

  private var model: String
  private var parametersWeeks: [String: Double]?
  private var parametersDays: [String: Double]?
  private var spend: Spend?
  private var blend: [Further]?
  private var calibration: Calibration?
  private var churnLayer: Layer?

  /// The model in a file, with time in days.
  static func model(_ data: Data) throws(CommandError) -> ModelFields {
    do {
      return try JSONDecoder().decode(ModelFile.self, from: data).fields()
    } catch let error as CommandError {
      throw error
    } catch DecodingError.keyNotFound(let key, let context) {
      throw .failed("the key '\(path(context.codingPath + [key]))' is missing")
    } catch DecodingError.typeMismatch(_, let context) {
      throw .failed("the key '\(path(context.codingPath))' holds something else than it should")
    } catch DecodingError.valueNotFound(_, let context) {
      throw .failed("the key '\(path(context.codingPath))' is null")
    } catch {
      throw .failed("it is not JSON")
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.isEmpty ? "(the whole file)" : keys.map(\.stringValue).joined(separator: ".")
  }

  private func fields() throws(CommandError) -> ModelFields {
    let kind = try Self.kind(model, in: "model")
    let days = try parametersDays.map { members throws(CommandError) in
      try Self.values(members, of: kind, in: "parametersDays", daysPerUnit: 1)
    }
    let weeks = try parametersWeeks.map { members throws(CommandError) in
      try Self.values(members, of: kind, in: "parametersWeeks", daysPerUnit: 7)
    }
    if let days, let weeks {
      for (place, parameter) in kind.parameters.enumerated() {
        guard abs(days[place] - weeks[place]) <= 1e-9 * abs(days[place]) else {
          throw .failed(
            "the keys 'parametersDays.\(parameter.name)' and 'parametersWeeks.\(parameter.name)' "
              + "do not agree; leave one of the two objects out")
        }
      }
    }
    guard let values = days ?? weeks else {
      throw .failed("the key 'parametersWeeks' or 'parametersDays' is missing")
    }
    var fields = ModelFields(kind: kind.rawValue, parameters: values)
    if let spend {
      fields.spendKnown = true
      fields.p = spend.p
      fields.q = spend.q
      fields.gamma = spend.gamma
    }
    let blend = self.blend ?? []
    try Self.check(blend.count, in: "blend", isAllowed: blend.count <= Limits.blendMax)
    for (place, further) in blend.enumerated() {
      let key = "blend.\(place)"
      let kind = try Self.kind(further.model, in: key + ".model")
      fields.blend.append(
        BlendFields(
          kind: kind.rawValue,
          parameters: try Self.values(
            further.parametersDays, of: kind, in: key + ".parametersDays", daysPerUnit: 1)))
    }
    if let calibration { fields.calibration = try Self.fields(calibration) }
    if let churnLayer { fields.layer = try Self.fields(churnLayer) }
    return fields
  }

  private static func fields(_ calibration: Calibration) throws(CommandError) -> CalibrationFields {
    var fields = CalibrationFields()
    if let season = calibration.season {
      try check(
        season.count, in: "calibration.season", isAllowed: season.count == Limits.seasonPartsMax)
      fields.season = season
    }
    fields.logLevel = calibration.logLevel ?? 0
    if let known = calibration.correction {
      for (name, column) in [
        ("weights", known.weights), ("means", known.means), ("deviations", known.deviations),
      ] {
        try check(
          column.count, in: "calibration.correction." + name,
          isAllowed: column.count == Limits.signalsMax)
      }
      fields.correction = CalibrationFields.Correction(
        referenceDays: known.referenceDays, intercept: known.intercept,
        signals: known.weights.indices.map {
          CalibrationFields.Signal(
            weight: known.weights[$0], mean: known.means[$0], deviation: known.deviations[$0])
        })
    }
    return fields
  }

  private static func fields(_ layer: Layer) throws(CommandError) -> ChurnLayerFields {
    guard layer.horizonDays != 0 else {
      throw .failed("the key 'churnLayer.horizonDays' is 0; leave 'churnLayer' out for none")
    }
    try check(
      layer.terms.count, in: "churnLayer.terms",
      isAllowed: layer.terms.count <= Limits.churnTermsMax)
    return ChurnLayerFields(
      horizonDays: layer.horizonDays, typicalGapDays: layer.typicalGapDays,
      intercept: layer.intercept,
      terms: layer.terms.map {
        ChurnLayerFields.Term(
          feature: $0.feature, coefficient: $0.coefficient, centre: $0.centre, scale: $0.scale)
      })
  }

  private static func check(
    _ count: Int, in key: String, isAllowed: Bool
  ) throws(CommandError) {
    guard isAllowed else { throw .failed("the key '\(key)' has the wrong length: \(count)") }
  }

  private static func kind(_ name: String, in key: String) throws(CommandError) -> PurchaseModelKind
  {
    guard let kind = PurchaseModelKind(name: name) else {
      throw .failed("the key '\(key)' is '\(name)', it must be one of \(Fit.names)")
    }
    return kind
  }

  /// The parameters of a model in days and in their order.
  private static func values(
    _ members: [String: Double], of kind: PurchaseModelKind, in key: String, daysPerUnit: Double
  ) throws(CommandError) -> SIMD4<Double> {
    var values = SIMD4<Double>.zero
    for (place, parameter) in kind.parameters.enumerated() {
      guard let value = members[parameter.name] else {
        throw .failed("the key '\(key).\(parameter.name)' is missing")
      }
      values[place] = parameter.isTime ? value * daysPerUnit : value
    }
    return values
  }
}
