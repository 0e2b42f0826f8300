// Finds and takes apart protocol.md: sections, tables, examples in hex. No tests here.

import Foundation

struct ProtocolDocument {
  /// The lines under each heading, up to the next heading of any level.
  private var sections: [(title: String, lines: [Substring])] = []

  /// The project's folder, found from this file's place in it.
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let url = root.appending(path: "protocol.md")

  init() throws {
    let text = try String(contentsOf: Self.url, encoding: .utf8)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") {
        sections.append((Self.title(line), []))
      } else if !sections.isEmpty {
        sections[sections.count - 1].lines.append(line)
      }
    }
  }

  /// The headings between `## Messages` and the end.
  var messageTitles: [String] {
    sections.map(\.title).drop { $0 != "Messages" }.dropFirst().map { $0 }
  }

  /// The rows of the first table under `title` whose head is `head`, cell by cell; nil without it.
  func table(_ head: [String], under title: String) -> [[String]]? {
    guard let section = sections.first(where: { $0.title == title }),
      let start = section.lines.firstIndex(where: { Self.cells($0) == head })
    else { return nil }
    return section.lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { Self.cells($0) }
  }

  /// The examples under `title`: the lines of each hex block.
  func examples(under title: String) -> [[String]] {
    guard let section = sections.first(where: { $0.title == title }) else { return [] }
    var blocks: [[String]] = []
    var inside = false
    for line in section.lines {
      if line == "```hex" {
        inside = true
        blocks.append([])
      } else if line == "```" {
        inside = false
      } else if inside {
        blocks[blocks.count - 1].append(String(line))
      }
    }
    return blocks
  }

  /// The bytes of an example; nil where a line holds something else before its comment.
  static func bytes(_ example: [String]) -> [UInt8]? {
    var bytes: [UInt8] = []
    for line in example {
      let hex = line.split(separator: ";", omittingEmptySubsequences: false).first ?? ""
      for pair in hex.split(separator: " ") {
        guard pair.count == 2, let byte = UInt8(pair, radix: 16) else { return nil }
        bytes.append(byte)
      }
    }
    return bytes
  }

  /// Writes the file anew with other examples in the places of those that are there.
  ///
  /// - Parameter examples: under each title, the lines of its blocks.
  /// - Throws: what reading or writing the file throws.
  static func update(examples: [String: [[String]]]) throws {
    var kept: [String] = []
    var left: [[String]] = []
    var inside = false
    for line in try String(contentsOf: url, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      if line.hasPrefix("#") { left = examples[title(line)] ?? [] }
      if line == "```" { inside = false }
      if !inside { kept.append(String(line)) }
      if line == "```hex" {
        inside = true
        if !left.isEmpty { kept.append(contentsOf: left.removeFirst()) }
      }
    }
    try kept.joined(separator: "\n").write(to: url, atomically: true, encoding: .utf8)
  }

  private static func title(_ line: Substring) -> String {
    line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces)
  }

  private static func cells(_ line: Substring) -> [String] {
    line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
