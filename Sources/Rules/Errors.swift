// What is wrong with a condition, where, and what to do about it.

/// Why a condition was refused.
public struct RuleError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The line, from 1.
  public let line: Int
  /// The column in characters, from 1.
  public let column: Int
  /// The place in bytes of UTF-8, from 0.
  public let offset: Int
  /// What is wrong, without a full stop.
  public let problem: String
  /// What to do about it, without a full stop.
  public let advice: String

  /// The whole in one line: place, problem, advice.
  public var description: String { "line \(line), column \(column): \(problem); \(advice)" }

  /// Draws the place: the line of the text, and a caret below the character.
  ///
  /// - Parameter source: the text of the condition that was refused.
  /// - Returns: two lines, without a newline at the end.
  public func picture(of source: String) -> String {
    let lines = source.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard line <= lines.count else { return "^" }
    let text = Substring(lines[line - 1]).filter { $0 != "\r" && $0 != "\r\n" }
    // Tabs stay tabs, so that the caret stands below its character however wide they are.
    var blank = text.prefix(column - 1).map { $0 == "\t" ? Character("\t") : " " }
    blank.append(contentsOf: repeatElement(" ", count: max(column - 1 - blank.count, 0)))
    return "\(text)\n\(String(blank))^"
  }
}

/// The text of a condition, which knows where its bytes stand.
struct Source {
  let text: String
  let bytes: [UInt8]

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// The byte at a place, or zero behind the end.
  func byte(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  func slice(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// Line and column of a byte.
  func place(_ offset: Int) -> (line: Int, column: Int) {
    let before = bytes[..<min(offset, bytes.count)]
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    return (line, String(decoding: before[start...], as: UTF8.self).count + 1)
  }

  func error(at offset: Int, _ problem: String, _ advice: String) -> RuleError {
    let place = place(offset)
    return RuleError(
      line: place.line, column: place.column, offset: offset, problem: problem, advice: advice)
  }
}
