// Reads parameters from JSON, with the keys that `fit --json` prints.

internal import Foundation
internal import Wire

/// What of a file matters; other keys are left alone.
struct ModelFile: Decodable {
  private struct Purchase: Decodable {
    var r: Double
    var alpha: Double
    var a: Double
    var b: Double

    var members: [(name: String, value: Double)] {
      [("r", r), ("alpha", alpha), ("a", a), ("b", b)]
    }
  }

  private struct Spend: Decodable {
    var p: Double
    var q: Double
    var gamma: Double
  }

  private var model: String
  private var parametersWeeks: Purchase?
  private var parametersDays: Purchase?
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
    guard let kind = ModelKind.kind(model) else {
      throw .failed("the key 'model' is '\(model)', it must be bg-nbd or mbg-nbd")
    }
    if let days = parametersDays, let weeks = parametersWeeks {
      for (one, other) in zip(days.members, weeks.members) {
        let expected = one.name == "alpha" ? other.value * 7 : other.value
        guard abs(one.value - expected) <= 1e-9 * abs(one.value) else {
          throw .failed(
            "the keys 'parametersDays.\(one.name)' and 'parametersWeeks.\(one.name)' do not "
              + "agree; leave one of the two objects out")
        }
      }
    }
    var fields: ModelFields
    if let days = parametersDays {
      fields = ModelFields(kind: kind, r: days.r, alpha: days.alpha, a: days.a, b: days.b)
    } else if let weeks = parametersWeeks {
      fields = ModelFields(kind: kind, r: weeks.r, alpha: weeks.alpha * 7, a: weeks.a, b: weeks.b)
    } else {
      throw .failed("the key 'parametersWeeks' or 'parametersDays' is missing")
    }
    if let spend {
      fields.spendKnown = true
      fields.p = spend.p
      fields.q = spend.q
      fields.gamma = spend.gamma
    }
    return fields
  }
}
