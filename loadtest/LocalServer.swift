// A server of our own: started, found, pinned, ended. Not here: what is said to it.

import Foundation
import Platform

/// The `patron` beside this program, serving a temporary directory on a free loopback port.
final class LocalServer {
  let address: SocketAddress
  private let process: Process
  private let directory: URL

  /// Starts a server and waits until it listens.
  init() throws(Failure) {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("patron")
    guard FileManager.default.isExecutableFile(atPath: program.path) else {
      throw .failed(
        "there is no \(program.path); build it (swift build -c release) or give --address")
    }
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("patron-loadtest-\(ProcessFacts.processID)")
    process = Process()
    process.executableURL = program
    process.arguments = ["serve", "--data", directory.path, "--listen", "127.0.0.1:0"]
    let output = Pipe()
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw .failed("\(program.path) cannot be started: \(error.localizedDescription)")
    }
    guard let address = Self.address(toldIn: output.fileHandleForReading) else {
      process.terminate()
      process.waitUntilExit()
      try? FileManager.default.removeItem(at: directory)
      throw .failed("the server ended before it listened, its words are above")
    }
    self.address = address
  }

  var processID: Int32 { process.processIdentifier }

  /// Reads what the server says until it says where it listens.
  private static func address(toldIn output: FileHandle) -> SocketAddress? {
    var told = ""
    while true {
      let bytes = output.availableData
      if bytes.isEmpty { return nil }
      told += String(decoding: bytes, as: UTF8.self)
      for line in told.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        guard let words = line.range(of: "listening on ") else { continue }
        return SocketAddress(String(line[words.upperBound...].prefix { !" ,;".contains($0) }))
      }
    }
  }

  /// Keeps the server on processor 0 and this program on processor 1.
  func pin() throws(Failure) {
    guard ProcessFacts.coreCount > 1 else { throw .failed("--pin needs two processors") }
    try Self.pin(processID, to: 0)
    try Self.pin(ProcessFacts.processID, to: 1)
  }

  private static func pin(_ processID: Int32, to processor: Int) throws(Failure) {
    let taskset = Process()
    taskset.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
    taskset.arguments = ["--all-tasks", "--cpu-list", "--pid", "\(processor)", "\(processID)"]
    taskset.standardOutput = FileHandle.nullDevice
    do {
      try taskset.run()
    } catch {
      throw .failed("--pin needs taskset: \(error.localizedDescription)")
    }
    taskset.waitUntilExit()
    guard taskset.terminationStatus == 0 else { throw .failed("taskset could not pin") }
  }

  /// Ends the server and removes its files.
  ///
  /// - Returns: its exit code, or the signal that ended it as a negative number.
  func stop() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: directory)
    let code = process.terminationStatus
    return process.terminationReason == .exit ? code : -code
  }
}
