// The real disk: names, locks, sizes and the errors it tells.

import Foundation
import Platform
import Support
import Testing

@Suite("DirectoryStorage")
struct DirectoryStorageTests {
  @Test("what is written comes back, at any offset, also by another name")
  func files() throws {
    let directory = try TemporaryDirectory()
    let storage = try DirectoryStorage(path: directory.path)
    let file = try storage.create("one")
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    try file.write(bytes.rawBytes, at: 10)
    try file.sync()
    #expect(try file.size() == 100_010)

    try storage.rename("one", to: "two")
    try storage.syncDirectory()
    #expect(try storage.list() == ["two"])
    let again = try storage.open("two")
    var read = [UInt8](repeating: 1, count: 99_995)
    #expect(try again.read(into: &read, at: 20) == 99_990)
    #expect(read.prefix(99_990) == bytes.dropFirst(10))
    #expect(try again.read(into: &read, at: 1_000_000) == 0)

    try again.preallocate(size: 200_000)
    #expect(try again.size() == 200_000)
    try again.truncate(size: 5)
    #expect(try again.size() == 5)
    try storage.remove("two")
    #expect(try storage.list().isEmpty)
  }

  @Test("only the owner may read: the directory is 0700, its files 0600")
  func modes() throws {
    let parent = try TemporaryDirectory()
    let storage = try DirectoryStorage(path: parent.path + "/data")
    _ = try storage.create("file")
    for (path, mode) in [("/data", 0o700), ("/data/file", 0o600), ("/data/lock", 0o600)] {
      let attributes = try FileManager.default.attributesOfItem(atPath: parent.path + path)
      #expect(attributes[.posixPermissions] as? Int == mode)
    }
  }

  @Test("a second owner is refused, by the directory's name, until the first is gone")
  func lock() throws {
    let directory = try TemporaryDirectory()
    do {
      let first = try DirectoryStorage(path: directory.path)
      let error = #expect(throws: SystemError.self) { try DirectoryStorage(path: directory.path) }
      #expect(error?.isInUse == true)
      #expect(error?.description.contains(directory.path) == true)
      #expect(error?.description.contains("another server") == true)
      #expect(try first.list().isEmpty)
    }
    _ = try DirectoryStorage(path: directory.path)
  }

  @Test("failures name the call, the file and the reason")
  func failures() throws {
    let directory = try TemporaryDirectory()
    let storage = try DirectoryStorage(path: directory.path)
    _ = try storage.create("there")
    let exists = #expect(throws: SystemError.self) { try storage.create("there") }
    #expect(
      exists?.description
        == "open of \(directory.path)/there failed: File exists (errno 17)")
    let missing = #expect(throws: SystemError.self) { try storage.open("missing") }
    #expect(missing?.isNotFound == true)
    #expect(throws: SystemError.self) { try storage.remove("missing") }
    #expect(throws: SystemError.self) { try storage.rename("missing", to: "x") }
    #expect(throws: SystemError.self) { try DirectoryStorage(path: "/nowhere/at/all") }
  }
}
