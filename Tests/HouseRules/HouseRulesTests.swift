// The project against its own rules.

import Foundation
import Testing

@Suite("House rules")
struct HouseRulesTests {
  private static let files = Result { try SourceFile.all() }

  @Test("the rules look at the whole project")
  func everything() throws {
    let paths = Set(try Self.files.get().map(\.path))
    for path in [
      "Package.swift", "protocol.md", "Sources/Wire/Frame.swift", "Tests/Support/Seeds.swift",
      "loadtest/Main.swift", "Benchmarks/Main.swift", "clients/python/patron.py",
    ] { #expect(paths.contains(path), "\(path) is not looked at") }
    #expect(!paths.contains { $0.contains(".build") })
  }

  @Test("every file keeps to the rules for code", arguments: CodeRules.all.indices)
  func code(_ rule: Int) throws {
    for finding in try Self.files.get().flatMap(CodeRules.all[rule]) {
      Issue.record("\(finding)")
    }
  }

  @Test("no link between our files is dead")
  func links() throws {
    let findings = DocumentRules.links(try Self.files.get()) { path in
      FileManager.default.fileExists(atPath: SourceFile.root.appending(path: path).path)
    }
    for finding in findings { Issue.record("\(finding)") }
  }

  @Test("README.md names every option of the server, and none that no program has")
  func options() throws {
    for finding in DocumentRules.options(try Self.files.get()) { Issue.record("\(finding)") }
  }

  @Test("every allowance is still needed")
  func allowances() throws {
    let files = try Self.files.get()
    for place in Allowances.unsafePlaces {
      let isUsed = files.contains { file in
        file.path.hasPrefix(place) && file.code.contains { $0.contains("unsafe") }
      }
      #expect(isUsed, "nothing unsafe is left in \(place); remove it from Allowances.unsafePlaces")
    }
    for path in Allowances.promises.keys {
      let isUsed = files.contains { file in
        file.path == path && file.code.contains { $0.contains("@unchecked Sendable") }
      }
      #expect(isUsed, "no promise is left in \(path); remove it from Allowances.promises")
    }
    for (path, modules) in Allowances.importsOfFiles {
      let isUsed = files.contains { file in
        file.path == path
          && modules.allSatisfy { module in
            file.code.contains { $0.contains("import \(module)") }
          }
      }
      #expect(isUsed, "\(path) imports less; remove it from Allowances.importsOfFiles")
    }
  }
}
