// The rules against planted breaches: a rule that finds nothing in these is broken itself.

import Testing

@Suite("Canary")
struct CanaryTests {
  /// A breach: a file, the line at fault, and a word the refusal must hold.
  struct Breach: Sendable, CustomTestStringConvertible {
    var path: String
    var lines: [String]
    var line: Int
    var word: String

    var testDescription: String { "\(path): \(lines[line - 1])" }

    /// Plants one line below a good head.
    init(_ path: String, _ bad: String, _ word: String) {
      self.path = path
      lines = ["// A file that says in a sentence what lives in it.", bad]
      line = 2
      self.word = word
    }
  }

  /// Spelt apart, so that this file is no breach itself.
  private static let breaches = [
    Breach("Sources/Wire/A.swift", "import Glibc", "may not import Glibc"),
    Breach("Sources/Wire/A.swift", "@testable import Scoring", "may not import Scoring"),
    Breach("Sources/Models/A.swift", "public import Foundation", "may not import Foundation"),
    Breach("Sources/Scoring/A.swift", "internal import Platform", "may not import Platform"),
    Breach(
      "Sources/Client/A.swift", "import struct Server.Configuration", "may not import Server"),
    Breach("Sources/Common/A.swift", "import Glibc", "not in Allowances"),
    Breach("Sources/Server/A.swift", "let x = unsafe pointer.pointee", "may not stand here"),
    Breach("Sources/Platform/A.swift", "let x = unsafe pointer.pointee", "the sentence"),
    Breach(
      "Sources/Server/A.swift", "final class A: @unchecked" + " Sendable {}", "Allowances.promises"),
    Breach(
      "Tests/ServerTests/A.swift", "nonisolated" + "(unsafe) var a = 1", "Allowances.promises"),
    Breach("Sources/Platform/A.swift", "base.load" + "(as: UInt32.self)", "loadUnaligned"),
    Breach(
      "Sources/Scoring/A.swift", "span.unsafeLoad" + "(fromByteOffset: 3, as: T.self)",
      "loadUnaligned"),
    Breach("Sources/Durability/A.swift", "bytes.write(to: u, options: .ato" + "mic)", "Storage"),
    Breach("Sources/Server/A.swift", "let d = Da" + "ta(bytes)", "Storage"),
    Breach("Sources/Server/A.swift", "let a = try" + "! b()", "hides an error"),
    Breach("Sources/Server/A.swift", "fatalError" + "()", "sentence"),
    Breach("Sources/Server/A.swift", "preconditionFailure" + "()", "sentence"),
    Breach("Sources/Server/A.swift", "  print" + "(a)", "prints nothing"),
    Breach("Package.swift", "unsafeFlags([\"-Oun" + "checked\"])", "use -O"),
    Breach(".ci/run", "swift build -Xswiftc -Oun" + "checked", "use -O"),
    Breach("Sources/Server/A.swift", "// TO" + "DO: later", "left over"),
    Breach("README.md", "FIX" + "ME", "left over"),
    Breach("README.md", "@" + "@EXAMPLE@" + "@", "left over"),
    Breach("README.md", "See /ho" + "me/somebody/patron.", "one machine"),
    Breach("Tests/A/A.swift", "let a = \"/ro" + "ot/data\"", "one machine"),
  ]

  @Test("a planted breach is found, and file and line are named", arguments: breaches)
  func planted(_ breach: Breach) {
    let file = SourceFile(path: breach.path, text: breach.lines.joined(separator: "\n"))
    let findings = CodeRules.all.flatMap { $0(file) }
    #expect(
      findings.contains {
        $0.path == breach.path && ($0.line == breach.line || $0.sentence.contains("not in"))
          && $0.sentence.contains(breach.word)
      }, "\(findings)")
  }

  @Test("a file that does not say what lives in it is found")
  func head() {
    for text in ["import Wire", "// Placeholder", "", "\n// What lives here is said too late."] {
      let file = SourceFile(path: "Sources/Server/A.swift", text: text)
      #expect(CodeRules.heads(file).map(\.line) == [1], "\(text)")
    }
  }

  @Test("words in comments and texts are no breaches")
  func innocent() {
    let text = #"""
      // A good file: print(it), try! it, unsafe as it may sound; /* not a comment's begin.
      import Wire
      /* import Glibc
         /* nested */ print(1) */
      /// `fatalError()` is for others.
      let a = "import Glibc; print(1); unsafe \"quoted\" try!"
      let b = """
        print(a) "unsafe" fatalError()
        """
      let c = #"a \ " unsafe"#
      let n = base.loadUnaligned(fromByteOffset: 3, as: UInt32.self) + Metadata(a).byte
      let d = blueprint(a) + x.print(a)
      func unsafeNothing() {}
      let e = "https://example.org/home/page"
      """#
    let file = SourceFile(path: "Sources/Scoring/A.swift", text: text)
    #expect(CodeRules.all.flatMap { $0(file) } == [])
  }

  @Test("code within a text is code")
  func interpolation() {
    let text = """
      // A file that says in a sentence what lives in it.
      let a = "x \\(unsafe f("(")) y"; let b = "unsafe"
      """
    let file = SourceFile(path: "Sources/Server/A.swift", text: text)
    #expect(CodeRules.unsafePlaces(file).map(\.line) == [2])
    #expect(!file.code[1].contains("x") && !file.code[1].contains("y"))
    #expect(file.code[1].components(of: "unsafe") == 1)
  }

  @Test("a dead link and a dead anchor are found, good ones are not")
  func links() {
    let files = [
      SourceFile(
        path: "docs/a.md",
        text: """
          # A heading, with «marks»
          [good](b.md#the-b-side) [good](#a-heading-with-marks) [far](https://example.org/x.md)
          [dead](c.md)
          [dead](b.md#the-a-side)
          ```
          [not a link](d.md)
          ```
          [good](../README.md)
          """),
      SourceFile(path: "docs/b.md", text: "## The B side"),
    ]
    let findings = DocumentRules.links(files) {
      ["docs/a.md", "docs/b.md", "README.md"].contains($0)
    }
    #expect(findings.map(\.line) == [3, 4], "\(findings)")
  }

  @Test("an option that only the program or only README.md knows is found")
  func options() {
    let serve = SourceFile(
      path: Allowances.optionsFile,
      text: """
        // The command that runs a server, for a canary.
        Option("data", "DIR", "where"),
        Option(
          "listen", "HOST:PORT", "where"),
        Option("secret", nil, "what nobody is told"),
        """)
    let readme = SourceFile(
      path: "README.md",
      text: """
        `patron serve --data DIR --listen HOST:PORT`
        `patron serve --speed`
        `swift format lint --strict`
        """)
    let findings = DocumentRules.options([serve, readme])
    #expect(findings.count == 2, "\(findings)")
    #expect(findings.contains { $0.line == 5 && $0.sentence.contains("--secret") })
    #expect(findings.contains { $0.line == 2 && $0.sentence.contains("--speed") })
    #expect(DocumentRules.options([serve]).first?.sentence.contains("no README.md") == true)
  }
}

extension String {
  /// How often a word occurs.
  fileprivate func components(of word: String) -> Int {
    split(separator: word, omittingEmptySubsequences: false).count - 1
  }
}
