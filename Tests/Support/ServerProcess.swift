// A real `patron serve` in a process of its own, for what only a process can show: signals, exit
// codes, kills, restarts. Not here: what is said to it over the socket.

import Foundation
public import Platform

/// How a process ended and what it had to say.
public struct ServerExit: Error, CustomStringConvertible {
  /// The exit code, or the number of the signal that ended it.
  public let code: Int32
  /// Whether a signal ended it.
  public let wasKilled: Bool
  /// What it wrote to standard output.
  public let output: String
  /// What it wrote to standard error.
  public let errors: String

  /// Everything on a few lines.
  public var description: String {
    "\(wasKilled ? "signal" : "exit code") \(code)\n\(output)\(errors)"
  }
}

/// What a test waits for in vain.
public struct ServerProcessError: Error, CustomStringConvertible {
  /// The sentence.
  public let description: String
}

/// One run of `patron serve` on a free port.
///
/// Its output goes to files, so that no pipe can fill up or be inherited by a sister. Whoever
/// forgets to end it leaves nothing behind: it is killed with its owner.
public final class ServerProcess {
  private let process = Process()
  private let output: String
  private let errors: String
  private var heardAddress: SocketAddress?

  /// The program beside the test bundle.
  ///
  /// SwiftPM builds all products for `swift test`.
  public static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "patron").path

  /// Starts a server and waits until it listens.
  ///
  /// - Parameters:
  ///   - directory: its data directory.
  ///   - listen: where it listens; port 0 takes a free one.
  ///   - options: what else follows `serve`.
  /// - Throws: `ServerExit` when it ended instead, `ServerProcessError` when the program is missing
  ///   or says nothing.
  public init(directory: String, listen: String = "127.0.0.1:0", options: [String] = []) throws {
    let files = NSTemporaryDirectory() + "/patron-server-" + UUID().uuidString
    output = files + ".out"
    errors = files + ".err"
    guard FileManager.default.isExecutableFile(atPath: Self.executable) else {
      throw ServerProcessError(
        description: "there is no \(Self.executable); build the product patron before its tests")
    }
    process.executableURL = URL(filePath: Self.executable)
    process.arguments = ["serve", "--data", directory, "--listen", listen] + options
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Self.open(output)
    process.standardError = try Self.open(errors)
    try process.run()
    heardAddress = try waitForAddress()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(atPath: output)
    try? FileManager.default.removeItem(atPath: errors)
  }

  /// Where it listens.
  public var address: SocketAddress { heardAddress ?? .loopback(port: 0) }

  /// The process's number.
  public var identifier: Int32 { process.processIdentifier }

  /// What it has written to standard error until now.
  public var notices: String { Self.read(errors) }

  private var text: String { Self.read(output) }

  private static func read(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }

  /// Sends a signal.
  ///
  /// - Parameter signal: its number.
  public func signal(_ signal: Int32) { _ = kill(process.processIdentifier, signal) }

  /// Asks it to stop and waits for that.
  ///
  /// - Returns: how it ended.
  /// - Throws: `ServerProcessError` when it does not end.
  @discardableResult
  public func stop() throws -> ServerExit {
    signal(SIGTERM)
    return try waitForExit()
  }

  /// Kills it without warning, as `kill -9` does.
  ///
  /// - Throws: `ServerProcessError` when it does not end.
  public func crash() throws {
    signal(SIGKILL)
    _ = try waitForExit()
  }

  /// Waits until it has ended.
  ///
  /// - Returns: how it ended.
  /// - Throws: `ServerProcessError` when it does not end within half a minute.
  public func waitForExit() throws -> ServerExit {
    guard Self.wait(for: { !process.isRunning }) else {
      throw ServerProcessError(description: "the server does not end; it said: \(text)")
    }
    return ServerExit(
      code: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
      output: text, errors: notices)
  }

  // MARK: Parts

  private static func open(_ path: String) throws -> FileHandle {
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw ServerProcessError(description: "\(path) cannot be made") }
    return handle
  }

  private func waitForAddress() throws -> SocketAddress {
    var address: SocketAddress?
    let isDone = Self.wait {
      // Whole lines only: a port that is half written is another port.
      let match = text.firstMatch(of: /(127\.0\.0\.1:\d+|\[::1\]:\d+)[^\n]*\n/)
      address = match.flatMap { SocketAddress(String($0.1)) }
      return address != nil || !process.isRunning
    }
    if let address { return address }
    guard isDone else {
      throw ServerProcessError(description: "the server does not say where it listens: \(text)")
    }
    throw try waitForExit()
  }

  /// Looks every few milliseconds for half a minute.
  private static func wait(for condition: () -> Bool) -> Bool {
    for _ in 0..<6000 {
      if condition() { return true }
      usleep(5000)
    }
    return condition()
  }
}
