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

  private var model: String
  private var parametersWeeks: [String: Double]?
  private var parametersDays: [String: Double]?
  private var spend: Spend?

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
    guard let kind = PurchaseModelKind(name: model) else {
      throw .failed(
        "the key 'model' is '\(model)', it must be one of "
          + PurchaseModelKind.allCases.map(\.name).joined(separator: ", "))
    }
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
    return fields
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
