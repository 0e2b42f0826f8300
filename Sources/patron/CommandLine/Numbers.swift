// Numbers for people: grouped digits, fixed decimals, significant digits.

internal import Foundation

enum Numbers {
  /// 1234567 as 1,234,567.
  static func grouped(_ number: some BinaryInteger) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return number < 0 ? "-" + text : text
  }

  /// Exactly so many decimals.
  static func fixed(_ number: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", number)
  }

  /// So many significant digits.
  static func significant(_ number: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)g", number)
  }

  /// The share as a percentage with one decimal.
  static func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }

  /// Text at the right or left of a column of a table.
  static func padded(_ text: String, _ width: Int, right: Bool = true) -> String {
    let blanks = String(repeating: " ", count: max(0, width - text.count))
    return right ? blanks + text : text + blanks
  }
}

/// Rows of text in columns, each as wide as its widest cell; the first column at the left.
struct TextTable {
  var rows: [[String]]

  var text: String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        Numbers.padded(cell, widths[column], right: column > 0)
      }
      let line = cells.joined(separator: "  ")
      return line.replacing(/\s+$/, with: "")
    }.joined(separator: "\n")
  }

  /// The table with words behind its rows, which are no column: they stand as they are.
  func text(behind words: [String]) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let width = lines.map(\.count).max() ?? 0
    return zip(lines, words).map { line, word in
      word.isEmpty ? line : Numbers.padded(line, width, right: false) + "  " + word
    }.joined(separator: "\n")
  }
}
