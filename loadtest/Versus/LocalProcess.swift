// Processes of our own: started, pinned, ended by their number. Not here: what is said to them.

import Foundation
import Platform

/// A process that ends with its owner, or before at his word.
final class LocalProcess {
  private let process: Process
  private let output = Pipe()
  /// Held open; whoever reads it knows by its end that we are gone.
  private let input = Pipe()

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - program: its path.
  ///   - arguments: what follows its name.
  ///   - isHeard: whether its output is kept for `address()`; else nobody reads it.
  /// - Throws: `Failure.failed` when it cannot be started.
  init(_ program: String, _ arguments: [String], isHeard: Bool) throws(Failure) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = isHeard ? output : FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw .failed("\(program) cannot be started: \(error.localizedDescription)")
    }
    self.process = process
  }

  /// Whoever is left at the end is killed: he may have inherited that other signals are blocked.
  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// The program of that name beside this one.
  static func beside(_ name: String) throws(Failure) -> String {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent(name).path
    guard FileManager.default.isExecutableFile(atPath: program) else {
      throw .failed("there is no \(program); build it (swift build -c release)")
    }
    return program
  }

  var processID: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  /// Reads what the process says until it says where it listens; nil when it ends before.
  func address() -> SocketAddress? {
    var told = ""
    while true {
      let bytes = output.fileHandleForReading.availableData
      if bytes.isEmpty { return nil }
      told += String(decoding: bytes, as: UTF8.self)
      for line in told.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        guard let words = line.range(of: "listening on ") else { continue }
        return SocketAddress(String(line[words.upperBound...].prefix { !" ,;".contains($0) }))
      }
    }
  }

  /// Keeps all threads of a process on one processor.
  static func pin(_ processID: Int32, to processor: Int) throws(Failure) {
    // A thread may end between being listed and being pinned.
    for _ in 0..<3 where try runTaskset(processID, processor) { return }
    throw .failed("taskset could not pin")
  }

  private static func runTaskset(
    _ processID: Int32, _ processor: Int
  ) throws(Failure) -> Bool {
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
    return taskset.terminationStatus == 0
  }

  /// Resident bytes of a process.
  static func residentBytes(of processID: Int32) throws(Failure) -> Int {
    let path = "/proc/\(processID)/statm"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { throw .failed("\(path) cannot be read; did the server end?") }
    return pages * ProcessFacts.pageBytes
  }

  /// Asks the process to end and waits for that.
  ///
  /// - Returns: its exit code, or the signal that ended it as a negative number.
  func stop() -> Int32 {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    let code = process.terminationStatus
    return process.terminationReason == .exit ? code : -code
  }
}
