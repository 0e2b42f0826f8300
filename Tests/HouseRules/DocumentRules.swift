// The rules for documents: links that lead somewhere, and options that README.md and the program
// both know.

import Foundation

enum DocumentRules {
  // MARK: Links

  /// Relative links of Markdown files that lead to no file or no heading.
  static func links(_ files: [SourceFile], exists: (String) -> Bool) -> [Finding] {
    let headings = Dictionary(
      files.filter(\.isMarkdown).map { ($0.path, Set(self.headings(of: $0))) },
      uniquingKeysWith: { $1 })
    var findings: [Finding] = []
    for file in files where file.isMarkdown {
      for (number, target) in linkTargets(of: file) {
        if target.contains("://") || target.hasPrefix("mailto:") { continue }
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].isEmpty ? file.path : resolve(String(parts[0]), from: file.path)
        if !exists(path) {
          findings.append(
            Finding(
              path: file.path, line: number,
              sentence: "the link leads to \(path), which is not there; correct or remove it"))
        } else if parts.count > 1, let known = headings[path], !known.contains(String(parts[1])) {
          findings.append(
            Finding(
              path: file.path, line: number,
              sentence: "\(path) has no heading #\(parts[1]); link to one it has"))
        }
      }
    }
    return findings
  }

  /// The lines outside of fenced blocks, with their numbers.
  private static func prose(of file: SourceFile) -> [(number: Int, line: String)] {
    var isFenced = false
    var prose: [(Int, String)] = []
    for (index, line) in file.lines.enumerated() {
      if line.hasPrefix("```") {
        isFenced.toggle()
      } else if !isFenced {
        prose.append((index + 1, line))
      }
    }
    return prose
  }

  private static func linkTargets(of file: SourceFile) -> [(number: Int, target: String)] {
    prose(of: file).flatMap { number, line in
      line.matches(of: /\]\(([^()\s]+)\)/).map { (number, String($0.1)) }
    }
  }

  /// The anchors of a file's headings, made as the usual viewers do.
  private static func headings(of file: SourceFile) -> [String] {
    prose(of: file).filter { $0.line.hasPrefix("#") }.map { _, line in
      let title = line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
      return String(
        title.compactMap { character -> Character? in
          if character == " " { return "-" }
          return character.isLetter || character.isNumber || "-_".contains(character)
            ? character : nil
        })
    }
  }

  private static func resolve(_ target: String, from path: String) -> String {
    var parts = path.split(separator: "/").dropLast().map(String.init)
    for part in target.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": _ = parts.popLast()
      default: parts.append(String(part))
      }
    }
    return parts.joined(separator: "/")
  }

  // MARK: Options

  /// Options of `patron serve` that README.md does not name, and options in README.md that no
  /// program has.
  static func options(_ files: [SourceFile]) -> [Finding] {
    guard let readme = files.first(where: { $0.path == "README.md" }) else {
      return [
        Finding(
          path: "README.md", line: 1,
          sentence: "there is no README.md; it names every option of patron serve")
      ]
    }
    let named = Set(readme.lines.flatMap(writtenOptions))
    var findings: [Finding] = []
    for file in files where file.path == Allowances.optionsFile {
      for (index, line) in file.lines.enumerated() {
        for option in definedOptions(line) where !named.contains(option) {
          findings.append(
            Finding(
              path: file.path, line: index + 1,
              sentence: "README.md does not name --\(option); describe it there"))
        }
      }
    }
    let programs = files.filter {
      $0.isProduct && Allowances.programs.contains($0.target ?? "")
    }
    let known = Set(
      programs.flatMap(\.lines).flatMap { definedOptions($0) + writtenOptions($0) })
    for (index, line) in readme.lines.enumerated() where !line.contains("swift ") {
      for option in writtenOptions(line) where !known.contains(option) {
        findings.append(
          Finding(
            path: readme.path, line: index + 1,
            sentence: "no program knows --\(option); correct its name or remove it"))
      }
    }
    return findings
  }

  /// Options written out, such as `--data`.
  private static func writtenOptions(_ line: String) -> [String] {
    line.matches(of: /--([a-z][a-z-]*[a-z])/).map { String($0.1) }
  }

  /// Options as the program defines them: a name in quotation marks behind `Option(`, on the same
  /// line or at the beginning of the next.
  private static func definedOptions(_ line: String) -> [String] {
    line.matches(of: /(?:Option\(|^\s+)\x22([a-z][a-z-]*)\x22,/).map { String($0.1) }
  }
}
