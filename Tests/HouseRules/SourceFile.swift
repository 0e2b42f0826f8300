// A file as the rules see it: its lines as they are, and its lines with comments and texts blanked
// out. Not here: what may stand in them.

import Foundation

/// One file of the project.
struct SourceFile: Sendable {
  /// From the project's folder on.
  let path: String
  /// The lines as they are.
  let lines: [String]
  /// The lines of a Swift file with every comment and every text literal replaced by spaces.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    lines = text.components(separatedBy: "\n")
    code = path.hasSuffix(".swift") ? Self.blanked(text).components(separatedBy: "\n") : lines
  }

  var isSwift: Bool { path.hasSuffix(".swift") }
  var isMarkdown: Bool { path.hasSuffix(".md") }
  /// Programs and libraries, unlike tests and the manifest.
  var isProduct: Bool { isSwift && target != nil && !path.hasPrefix("Tests/") }

  /// The target of a Swift file; nil for the manifest.
  var target: String? {
    let parts = path.split(separator: "/").map(String.init)
    guard isSwift, parts.count > 1 else { return nil }
    return parts[0] == "Sources" || parts[0] == "Tests" ? parts[1] : parts[0]
  }

  // MARK: The project

  /// The project's folder, found from this file's place in it.
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Every file of text in the project, in the order of their paths.
  static func all() throws -> [SourceFile] {
    let kinds: Set = ["swift", "md", "py", "json", "h", "modulemap", "sh", "toml", "yml"]
    let manager = FileManager.default
    guard let walk = manager.enumerator(atPath: root.path) else { return [] }
    var paths: [String] = []
    for case let path as String in walk {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      if name.hasPrefix(".build") || [".git", ".swiftpm", "__pycache__"].contains(name) {
        walk.skipDescendants()
      } else if kinds.contains((name as NSString).pathExtension) || path.hasPrefix(".ci/") {
        paths.append(path)
      }
    }
    return try paths.sorted().map {
      let text = try String(contentsOf: root.appending(path: $0), encoding: .utf8)
      return SourceFile(path: $0, text: text)
    }
  }

  // MARK: Blanking

  /// Swift without its comments and texts; every character that is left keeps its place.
  ///
  /// Texts with `#` around them, nested comments and code within texts are understood; regular
  /// expressions are taken for code, so none here may hold a quotation mark.
  private static func blanked(_ text: String) -> String {
    var scanner = Scanner(text)
    scanner.skipCode(until: nil)
    return String(decoding: scanner.out, as: UTF8.self)
  }

  private struct Scanner {
    private let bytes: [UInt8]
    private var place = 0
    private(set) var out: [UInt8]

    init(_ text: String) {
      bytes = Array(text.utf8)
      out = bytes
    }

    private func starts(_ word: String) -> Bool {
      // The first byte alone decides nearly always, and this is asked at every place.
      bytes[place] == word.utf8.first && bytes[place...].starts(with: word.utf8)
    }

    /// Blanks the next bytes, but for the ends of lines.
    private mutating func blank(_ count: Int = 1) {
      for _ in 0..<count where place < bytes.count {
        if bytes[place] != UInt8(ascii: "\n") { out[place] = UInt8(ascii: " ") }
        place += 1
      }
    }

    /// Goes on to the bracket that closes an interpolation, or to the end.
    mutating func skipCode(until closing: UInt8?) {
      var depth = 0
      while place < bytes.count {
        if starts("//") {
          while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { blank() }
        } else if starts("/*") {
          skipBlockComment()
        } else if let hashes = hashesBeforeText() {
          skipText(hashes)
        } else {
          if bytes[place] == UInt8(ascii: "(") { depth += 1 }
          if bytes[place] == UInt8(ascii: ")") { depth -= 1 }
          if closing != nil && depth < 0 { return }
          place += 1
        }
      }
    }

    private mutating func skipBlockComment() {
      var depth = 0
      while place < bytes.count {
        if starts("/*") { depth += 1 }
        if starts("*/") { depth -= 1 }
        blank(2)
        if depth == 0 { return }
        while place < bytes.count, !starts("/*"), !starts("*/") { blank() }
      }
    }

    /// How many `#` stand before the quotation mark here; nil where no text begins.
    private func hashesBeforeText() -> Int? {
      guard bytes[place] == UInt8(ascii: "#") || bytes[place] == UInt8(ascii: "\"") else {
        return nil
      }
      let hashes = bytes[place...].prefix { $0 == UInt8(ascii: "#") }.count
      let quote = place + hashes
      return quote < bytes.count && bytes[quote] == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func skipText(_ hashes: Int) {
      let fence = String(repeating: "#", count: hashes)
      blank(hashes)
      let mark = starts("\"\"\"") ? "\"\"\"" : "\""
      blank(mark.utf8.count)
      while place < bytes.count {
        if starts(mark + fence) {
          blank(mark.utf8.count + hashes)
          return
        }
        if starts("\\" + fence + "(") {
          blank(2 + hashes)
          skipCode(until: UInt8(ascii: ")"))
          blank()
        } else if starts("\\" + fence) {
          blank(2 + hashes)
        } else {
          blank()
        }
      }
    }
  }
}
