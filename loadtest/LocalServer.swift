// A Patron of our own: started, found, pinned, ended. Not here: what is said to it.

import Foundation
import Platform

/// The `patron` beside this program, serving a temporary directory on a free loopback port.
final class LocalServer {
  let address: SocketAddress
  private let process: LocalProcess
  private let directory: URL

  /// Starts a server and waits until it listens.
  init() throws(Failure) {
    let program = try LocalProcess.beside("patron")
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("patron-loadtest-\(UUID().uuidString)")
    process = try LocalProcess(
      program, ["serve", "--data", directory.path, "--listen", "127.0.0.1:0"], isHeard: true)
    guard let address = process.address() else {
      try? FileManager.default.removeItem(at: directory)
      throw .failed("the server ended before it listened, its words are above")
    }
    self.address = address
  }

  deinit { _ = stop() }

  var processID: Int32 { process.processID }

  /// Keeps the server on processor 0 and this program on processor 1.
  func pin() throws(Failure) {
    guard ProcessFacts.coreCount > 1 else { throw .failed("--pin needs two processors") }
    try LocalProcess.pin(processID, to: 0)
    try LocalProcess.pin(ProcessFacts.processID, to: 1)
  }

  /// Ends the server and removes its files.
  ///
  /// - Returns: its exit code, or the signal that ended it as a negative number.
  func stop() -> Int32 {
    let code = process.stop()
    try? FileManager.default.removeItem(at: directory)
    return code
  }
}
