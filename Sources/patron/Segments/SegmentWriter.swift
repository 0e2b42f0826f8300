// Customers as lines: a table for people, CSV, or a JSON object each.

internal import Foundation
internal import Wire

/// How customers are written.
enum SegmentForm {
  case table
  case csv
  case json
}

/// Writes customers as they come.
struct SegmentWriter {
  let form: SegmentForm
  let columns: [String]
  private let write: (String) throws(CommandError) -> Void
  private var widths: [Int] = []
  private var hasBegun = false
  private(set) var count = 0

  init(
    _ form: SegmentForm, columns: [String],
    _ write: @escaping (String) throws(CommandError) -> Void
  ) {
    self.form = form
    self.columns = columns
    self.write = write
  }

  /// Writes what stands above the customers, once.
  private mutating func begin() throws(CommandError) {
    if hasBegun { return }
    hasBegun = true
    if form == .csv { try write(columns.map(CSVText.field).joined(separator: ",") + "\n") }
  }

  /// Writes the customers of a part.
  mutating func add(_ part: SelectReply) throws(CommandError) {
    try begin()
    let rows = part.columns.first?.count ?? 0
    if rows == 0 { return }
    count += rows
    switch form {
    case .csv:
      var text = ""
      for row in 0..<rows {
        text += part.columns.map { Self.csv($0, row) }.joined(separator: ",") + "\n"
      }
      try write(text)
    case .json:
      var text = ""
      for row in 0..<rows {
        let members = zip(columns, part.columns).map { ($0, Self.json($1, row)) }
        text += JSONWriter.line(.object(members)) + "\n"
      }
      try write(text)
    case .table:
      var lines = (0..<rows).map { row in part.columns.map { Self.told($0, row) } }
      // The widths are those of the first customers: the others are not waited for.
      if widths.isEmpty {
        lines.insert(columns, at: 0)
        widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
      }
      let isLeft = part.columns.map { values in
        if case .numbers = values { return false }
        return true
      }
      let text = lines.map { cells in
        cells.indices.map { Numbers.padded(cells[$0], widths[$0], right: !isLeft[$0]) }
          .joined(separator: "  ").replacing(/\s+$/, with: "")
      }
      try write(text.joined(separator: "\n") + "\n")
    }
  }

  private static func csv(_ values: ColumnValues, _ row: Int) -> String {
    switch values {
    case .numbers(let numbers): numbers[row].isNaN ? "" : JSONWriter.text(numbers[row])
    case .texts(let texts): texts[row].map(CSVText.field) ?? ""
    case .days(let days): days[row].map { CalendarDay(number: Int($0)).text } ?? ""
    case .truths(let truths): truths[row].map { $0 ? "yes" : "no" } ?? ""
    }
  }

  private static func json(_ values: ColumnValues, _ row: Int) -> JSON {
    switch values {
    case .numbers(let numbers): .number(numbers[row])
    case .texts(let texts): texts[row].map(JSON.string) ?? .null
    case .days(let days): days[row].map { .string(CalendarDay(number: Int($0)).text) } ?? .null
    case .truths(let truths): truths[row].map(JSON.bool) ?? .null
    }
  }

  private static func told(_ values: ColumnValues, _ row: Int) -> String {
    switch values {
    case .numbers(let numbers):
      numbers[row].isNaN
        ? "–"
        : numbers[row].rounded() == numbers[row] && numbers[row].magnitude < 1e15
          ? Numbers.grouped(Int(numbers[row])) : Numbers.fixed(numbers[row], 3)
    case .texts(let texts): texts[row] ?? "–"
    case .days, .truths: csv(values, row).isEmpty ? "–" : csv(values, row)
    }
  }
}
