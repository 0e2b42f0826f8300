// The names that questions about all customers use outside of conditions: what is told, ordered by, grouped by
// and added up.

import Offers
import Rules
import Wire

/// A field of customers, by its name.
struct ScanField: Equatable, Sendable {
  let name: String
  let type: RuleType
  let column: ScanColumn

  /// Finds a field.
  ///
  /// - Parameters:
  ///   - name: as conditions have it.
  ///   - use: what it is wanted for, after «cannot».
  ///   - offset: where the name stands in the frame.
  ///   - isFit: whether its type is one that fits.
  /// - Throws: `badCondition` where there is no such field, or it is of another type.
  init(
    _ name: String, _ use: String, at offset: Int, _ isFit: (RuleType) -> Bool
  ) throws(Refusal) {
    let fields = CustomerFields.schema.fields
    guard let field = fields.first(where: { $0.name == name }) else {
      if let absence = CustomerFields.ofRequests[name] {
        throw Refusal(
          .badCondition, at: offset, "'\(name)' \(absence.problem); \(absence.advice)")
      }
      let fit = fields.filter { isFit($0.type) }.map(\.name)
      let near = nearest(to: name, among: fit).map { "did you mean '\($0)'?" }
      throw Refusal(
        .badCondition, at: offset,
        "unknown field '\(name)'; \(near ?? "there are \(fit.joined(separator: ", "))")")
    }
    guard isFit(field.type), let column = ScanColumn(field) else {
      throw Refusal(
        .badCondition, at: offset,
        "'\(name)' is \(field.type.told), and customers cannot be \(use) that")
    }
    self.name = name
    type = field.type
    self.column = column
  }
}

extension ScanColumn {
  /// The column of a field.
  init?(_ field: RuleField) {
    switch field.type {
    case .number: self = .number(field.slot)
    case .yesNo: self = .truth(field.slot)
    case .text, .ordered:
      guard let code = CodeField(slot: field.slot) else { return nil }
      self = .code(code)
    case .date:
      guard let day = DayField(rawValue: field.slot) else { return nil }
      self = .day(day)
    }
  }
}

extension RuleType {
  /// What a value of it is, for a sentence.
  var told: String {
    switch self {
    case .number: "a number"
    case .yesNo: "a yes or no"
    case .text: "a text"
    case .date: "a date"
    case .ordered: "a level"
    }
  }
}
