// Runs the tests of clients/python, which hold that client against protocol.md. Without python3
// they are skipped, and the run says so.

import Foundation
import Testing

@Suite("PythonClient")
struct PythonClientTests {
  @Test(
    "the Python client writes and reads the examples of protocol.md",
    .enabled(if: isPythonHere, "SKIPPED: there is no python3 here, clients/python is NOT tested"),
    .timeLimit(.minutes(2)))
  func examples() throws {
    let folder = ProtocolDocument.root.appending(path: "clients/python").path
    let (status, output) = try Self.python([
      "-B", "-W", "error", "-m", "unittest", "discover", "--start-directory", folder,
    ])
    #expect(status == 0, "\(output)")
    let ran = output.firstMatch(of: /Ran (\d+) tests/).flatMap { Int($0.1) } ?? 0
    #expect(ran >= 30, "only \(ran) tests were found: \(output)")
  }

  private static let isPythonHere = (try? python(["-c", "import zoneinfo"]).status) == 0

  /// Runs python3 to its end and gives its exit status and all it wrote.
  private static func python(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
