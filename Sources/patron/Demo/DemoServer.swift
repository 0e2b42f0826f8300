// The demo's server: this very program as a child process over a temporary directory.

internal import Foundation
internal import Platform

/// A server that ends, and whose data go, with this value.
struct DemoServer: ~Copyable {
  let directory: String
  /// Where it listens.
  let address: String
  private let process: Process
  /// Kept, so that the server can go on writing.
  private let output: Pipe
  /// Held back, so that an interrupted demo still removes its data.
  private let signals: SignalDescriptor

  /// Starts the server and waits until it says where it listens.
  init() throws(CommandError) {
    let signals: SignalDescriptor
    do throws(SystemError) {
      signals = try SignalDescriptor()
    } catch {
      throw .failed("\(error)")
    }
    let manager = FileManager.default
    let url = manager.temporaryDirectory.appending(path: "patron-demo-\(UUID().uuidString)")
    let process = Process()
    let output = Pipe()
    do {
      try manager.createDirectory(at: url, withIntermediateDirectories: true)
      // A child would be itself at that path, so it is looked up here.
      let program = try manager.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = ["serve", "--data", url.path, "--listen", "127.0.0.1:0"]
      process.standardOutput = output
      process.standardInput = FileHandle.nullDevice
      try process.run()
    } catch {
      try? manager.removeItem(at: url)
      throw .failed("the demo's server cannot be started: \(error.localizedDescription)")
    }
    guard let address = Self.readAddress(output) else {
      process.terminate()
      process.waitUntilExit()
      try? manager.removeItem(at: url)
      throw .failed("the demo's server did not say where it listens")
    }
    directory = url.path
    self.address = address
    self.process = process
    self.output = output
    self.signals = signals
  }

  /// Whether somebody wants the demo to end.
  func isInterrupted() -> Bool { signals.take() != nil }

  deinit {
    end(process, directory)
  }

  /// Ends the server and tells how that went.
  consuming func stop() throws(CommandError) {
    let status = end(process, directory)
    guard status == 0 else { throw .failed("the demo's server ended with code \(status)") }
  }

  /// Reads the line «listening on HOST:PORT».
  private static func readAddress(_ output: Pipe) -> String? {
    var text = ""
    while !text.contains("\n") {
      let piece = output.fileHandleForReading.availableData
      if piece.isEmpty { return nil }
      text += String(decoding: piece, as: UTF8.self)
    }
    for line in text.split(separator: "\n") where line.hasPrefix("listening on ") {
      return String(line.dropFirst("listening on ".count))
    }
    return nil
  }
}

/// Asks a server to end, waits for it, and removes its data; the second time nothing is left to do.
@discardableResult
private func end(_ process: Process, _ directory: String) -> Int32 {
  if process.isRunning { process.terminate() }
  process.waitUntilExit()
  try? FileManager.default.removeItem(atPath: directory)
  return process.terminationStatus
}
