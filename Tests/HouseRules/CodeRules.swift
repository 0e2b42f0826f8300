// The rules for code. Each gives its findings: file, line, and what to do instead.

import Foundation

/// One breach of a rule.
struct Finding: Equatable, Sendable, CustomStringConvertible {
  let path: String
  /// From 1.
  let line: Int
  let sentence: String

  var description: String { "\(path):\(line): \(sentence)" }
}

enum CodeRules {
  /// All rules that look at one file at a time.
  static let all: [@Sendable (SourceFile) -> [Finding]] = [
    imports, unsafePlaces, unsafeSentences, promises, alignedLoads, convenientWrites, shortcuts,
    printing, flags, leftovers, heads,
    machinePaths,
  ]

  static func imports(_ file: SourceFile) -> [Finding] {
    guard file.isProduct, let target = file.target else { return [] }
    guard let allowed = Allowances.imports[target] else {
      return [
        Finding(
          path: file.path, line: 1,
          sentence: "target \(target) is not in Allowances.imports; say there what it may import")
      ]
    }
    let extra = Allowances.importsOfFiles[file.path, default: []]
    return file.findings { line in
      guard let module = module(importedBy: line), !allowed.contains(module),
        !extra.contains(module)
      else { return nil }
      return "\(target) may not import \(module); it may import "
        + (allowed.isEmpty ? "nothing" : allowed.sorted().joined(separator: ", "))
    }
  }

  private static func module(importedBy line: String) -> String? {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "." }).map(String.init)
    guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
      words[..<place].allSatisfy({ modifiers.contains($0) || $0.hasPrefix("@") })
    else { return nil }
    let rest = words[(place + 1)...]
    return rest.first { !kinds.contains($0) }
  }

  private static let modifiers: Set = ["public", "package", "internal", "private", "fileprivate"]
  private static let kinds: Set = [
    "class", "struct", "enum", "func", "protocol", "typealias", "let", "var",
  ]

  // MARK: Unsafe code

  static func unsafePlaces(_ file: SourceFile) -> [Finding] {
    guard file.isProduct, !Allowances.unsafePlaces.contains(where: { file.path.hasPrefix($0) })
    else { return [] }
    return file.findings { line in
      isUnsafe(line)
        ? "unsafe code may not stand here; use a safe call of Platform, Wire or Scoring/Block"
        : nil
    }
  }

  /// Each use has a sentence above it, or stands in a file whose head explains all of them.
  static func unsafeSentences(_ file: SourceFile) -> [Finding] {
    guard file.isProduct, !file.lines.prefix(6).contains(where: { $0.contains("Unsafe code:") })
    else { return [] }
    var findings: [Finding] = []
    let head = file.lines.prefix { $0.hasPrefix("//") }.count
    // From the latest comment in a body to the body's end, uses are explained.
    var isExplained = false
    for (index, line) in file.lines.enumerated().dropFirst(head) {
      let code = file.code[index]
      if isComment(line) {
        isExplained = true
      } else if code.contains("func ") || code.contains("init(") || code.hasPrefix("  }") {
        // A declaration, or the end of one, ends what a comment explained, unless it stands
        // right above.
        isExplained = index > head && isComment(file.lines[index - 1])
      }
      // A closure's comment may stand right below the call it belongs to.
      let below = index + 1 < file.lines.count && isComment(file.lines[index + 1])
      if isUnsafe(code) && !isExplained && !below {
        findings.append(
          Finding(
            path: file.path, line: index + 1,
            sentence: "above unsafe code stands the sentence that makes it true; write it, or "
              + "begin the file with one after «Unsafe code:»"))
      }
    }
    return findings
  }

  private static func isComment(_ line: String) -> Bool {
    let text = line.drop { $0 == " " }
    return text.hasPrefix("//") && !text.hasPrefix("///")
  }

  private static func isUnsafe(_ line: String) -> Bool {
    words(of: line).contains("unsafe") && !line.contains("nonisolated(unsafe)")
  }

  static func promises(_ file: SourceFile) -> [Finding] {
    guard file.isSwift, Allowances.promises[file.path] == nil else { return [] }
    return file.findings { line in
      for promise in ["@unchecked Sendable", "nonisolated(unsafe)"] where line.contains(promise) {
        return "\(promise) needs its file and reason in Allowances.promises; hand over values "
          + "through a Mailbox instead"
      }
      return nil
    }
  }

  /// Release builds do not notice a load from an odd address; bytes from outside have any.
  static func alignedLoads(_ file: SourceFile) -> [Finding] {
    guard file.isSwift, Allowances.alignedLoads[file.path] == nil else { return [] }
    return file.findings { line in
      // One byte is aligned everywhere.
      let isAligned = ["oad(as:", "oad(fromByteOffset:", "oad(fromUncheckedByteOffset:"].contains {
        line.contains($0)
      }
      return isAligned && !line.contains("UInt8.self")
        ? "a load needs an aligned address; use loadUnaligned, or say in Allowances.alignedLoads "
          + "why the address is aligned" : nil
    }
  }

  /// Foundation's atomic write syncs the file and not its name, and does not say where it failed.
  static func convenientWrites(_ file: SourceFile) -> [Finding] {
    guard ["Durability", "Server", "Platform"].contains(file.target) else { return [] }
    return file.findings { line in
      words(of: line).contains("atomically") || line.contains(".atomic)")
        || line.contains(".atomic,")
        || line.contains(".atomic]") || line.calls("Data")
        ? "what must survive is written through Storage: write, sync, rename, sync the directory"
        : nil
    }
  }

  // MARK: Shortcuts

  static func shortcuts(_ file: SourceFile) -> [Finding] {
    guard file.isSwift else { return [] }
    return file.findings { line in
      if line.contains("try!") { return "try! hides an error; throw it or handle it" }
      for call in ["fatalError", "preconditionFailure", "assertionFailure"]
      where line.contains("\(call)()") {
        return "\(call) needs the sentence that is not true"
      }
      return nil
    }
  }

  static func printing(_ file: SourceFile) -> [Finding] {
    guard file.isProduct, let target = file.target, !Allowances.programs.contains(target) else {
      return []
    }
    return file.findings { line in
      ["print", "debugPrint", "dump"].contains { line.calls($0) }
        ? "a library prints nothing; return what is to be told, the program prints it" : nil
    }
  }

  static func flags(_ file: SourceFile) -> [Finding] {
    guard file.path == "Package.swift" || file.path.hasPrefix(".ci/") else { return [] }
    return file.findings(in: file.lines) { line in
      line.contains("-Ounchecked")
        ? "-Ounchecked removes the checks that keep a bad frame from becoming a bad read; use -O"
        : nil
    }
  }

  // MARK: What is left behind

  /// Spelt apart, so that this file does not find itself.
  private static let leftoverWords: Set = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]

  static func leftovers(_ file: SourceFile) -> [Finding] {
    file.findings(in: file.lines) { line in
      if let word = words(of: line).first(where: leftoverWords.contains) {
        return "\(word) is left over; do it, or write down as a limit what is not done"
      }
      return line.contains("@" + "@") ? "a gap is left over between @ signs; fill it in" : nil
    }
  }

  /// The first line of a file says what lives in it.
  static func heads(_ file: SourceFile) -> [Finding] {
    guard file.isSwift else { return [] }
    let head = file.lines.first ?? ""
    let isSentence = head.hasPrefix("// ") && head.count >= 20
    if isSentence || head.hasPrefix("// swift-tools-version") { return [] }
    return [
      Finding(
        path: file.path, line: 1,
        sentence: "a file begins with two or three lines of // that say what lives in it and what "
          + "does not")
    ]
  }

  /// Folders of one machine, spelt apart like the words above.
  private static let machineFolders = ["work", "root", "home", "Users"].map { "/" + $0 + "/" }

  static func machinePaths(_ file: SourceFile) -> [Finding] {
    file.findings(in: file.lines) { line in
      for folder in machineFolders {
        guard let range = line.range(of: folder) else { continue }
        // Within a longer path or an address it is a folder of that.
        let before =
          range.lowerBound == line.startIndex
          ? " " : line[line.index(before: range.lowerBound)]
        if before.isLetter || before.isNumber || ".-_*}".contains(before) { continue }
        return "a path of one machine; paths are relative to the project, or come as options"
      }
      return nil
    }
  }

  private static func words(of line: String) -> [String] {
    line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
  }
}

extension String {
  /// Whether a function of this very name is called.
  fileprivate func calls(_ name: String) -> Bool {
    var rest = self[...]
    while let range = rest.range(of: name + "(") {
      let before = range.lowerBound == startIndex ? " " : self[index(before: range.lowerBound)]
      if !(before.isLetter || before.isNumber || before == "_" || before == ".") { return true }
      rest = rest[range.upperBound...]
    }
    return false
  }
}

extension SourceFile {
  /// What a rule has to say to each line of code.
  func findings(_ judge: (String) -> String?) -> [Finding] { findings(in: code, judge) }

  func findings(in lines: [String], _ judge: (String) -> String?) -> [Finding] {
    lines.enumerated().compactMap { index, line in
      judge(line).map { Finding(path: path, line: index + 1, sentence: $0) }
    }
  }
}
