// What can be wrong with numbers given to a model, each with the sentence an operator reads.

/// A number or a data set with which no model can be built.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A named number lies outside the range in which it means something.
  case outOfRange(name: String, value: Double, allowed: String)
  /// A fit was asked for without a single customer.
  case noCustomers
  /// The columns handed over are not equally long.
  case unequalColumns(name: String, count: Int, expected: Int)
  /// One row of the data cannot be the history of a customer.
  case impossibleHistory(row: Int, reason: String)

  /// One sentence for people, ending in a full stop.
  public var description: String {
    switch self {
    case .outOfRange(let name, let value, let allowed):
      "\(name) is \(value), but must be \(allowed)."
    case .noCustomers:
      "There are no customers to fit a model to."
    case .unequalColumns(let name, let count, let expected):
      "Column \(name) has \(count) rows, but \(expected) were expected."
    case .impossibleHistory(let row, let reason):
      "Row \(row) is no customer's history: \(reason)."
    }
  }

  /// Refuses a number outside a closed range.
  ///
  /// - Parameters:
  ///   - value: the number to look at.
  ///   - name: how the number is called in the sentence.
  ///   - range: the closed range it must lie in.
  ///   - unit: the unit shown after the range, empty for pure numbers.
  /// - Throws: `outOfRange` when the number is not finite or outside the range.
  static func check(
    _ value: Double, _ name: String, in range: ClosedRange<Double>, unit: String = ""
  ) throws(ModelError) {
    guard value.isFinite, range.contains(value) else {
      let suffix = unit.isEmpty ? "" : " \(unit)"
      throw .outOfRange(
        name: name, value: value,
        allowed: "between \(range.lowerBound) and \(range.upperBound)\(suffix)")
    }
  }
}
