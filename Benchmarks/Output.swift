// Lines for people, JSON for programs.

import Foundation

enum Output {
  static func head(_ isQuiet: Bool) {
    if isQuiet { return }
    print(row("", "median", "least", "most", "", ""))
  }

  static func line(_ line: Line) {
    let ratio = line.ratio.map { "\(number($0)) x \(line.comparedWith ?? "")" } ?? ""
    print(
      row(
        "\(line.group): \(line.name)", number(line.median), number(line.least), number(line.most),
        line.unit.rawValue, ratio))
    fflush(nil)
  }

  static func json(_ lines: [Line]) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    if let bytes = try? encoder.encode(lines) { print(String(decoding: bytes, as: UTF8.self)) }
  }

  private static func row(
    _ name: String, _ median: String, _ least: String, _ most: String, _ unit: String,
    _ ratio: String
  ) -> String {
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    return left(name, 62) + right(median, 10) + right(least, 10) + right(most, 10) + " "
      + left(unit, 8) + " " + ratio
  }

  /// Four digits, whatever the size.
  private static func number(_ value: Double) -> String {
    switch abs(value) {
    case 1_000...: String(format: "%.0f", value)
    case 100...: String(format: "%.1f", value)
    case 10...: String(format: "%.2f", value)
    default: String(format: "%.3f", value)
    }
  }
}
