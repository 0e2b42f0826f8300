// A server on a directory of its own, which can be stopped, killed and started again. No tests here.

import Client
import Foundation
import Platform
import Support
import Wire

final class LiveServer {
  private let directory: TemporaryDirectory
  private let options: [String]
  private var process: ServerProcess

  init(options: [String] = []) throws {
    directory = try TemporaryDirectory()
    self.options = options
    process = try ServerProcess(directory: directory.path, options: options)
  }

  var path: String { directory.path }
  var address: SocketAddress { process.address }
  /// What the operator was told on standard error.
  var notices: String { process.notices }

  func client() throws -> PatronClient {
    try PatronClient(connectingTo: address, name: "tests")
  }

  /// A connection that has not said hello.
  func stranger() throws -> RawConnection { try RawConnection(to: address) }

  /// A connection whose hello was accepted.
  func connection() throws -> RawConnection {
    let connection = try RawConnection(to: address)
    try connection.send(Frames.hello())
    _ = try connection.expectReply()
    return connection
  }

  func stop() throws -> ServerExit { try process.stop() }
  func crash() throws { try process.crash() }
  func signal(_ number: Int32) { process.signal(number) }
  func waitForExit() throws -> ServerExit { try process.waitForExit() }

  /// Starts again on the same directory; throws a `ServerExit` when it does not come up.
  func start(options: [String]? = nil) throws {
    process = try ServerProcess(directory: directory.path, options: options ?? self.options)
  }

  /// Waits until everybody's segment was found, which the server does by itself after a fit and a definition.
  ///
  /// - Returns: the segments.
  @discardableResult
  func settle() throws -> ReadSegmentsReply {
    var client = try client()
    let end = Date.now.addingTimeInterval(60)
    while Date.now < end {
      let status = try client.status()
      // Before the shop was declared there are no days.
      if status.timeZone.isEmpty { return ReadSegmentsReply() }
      let reply = try client.readSegments()
      let isFound =
        reply.foundDay >= 0 && reply.foundGeneration == reply.generation
        && reply.foundVersion == reply.version
      if isFound || reply.customers == 0 || (reply.generation == 0 && reply.version == 0) {
        return reply
      }
      Thread.sleep(forTimeInterval: 0.01)
    }
    throw Refusal(.taskFailed, "segments were not found within a minute")
  }

  func stateHash() throws -> UInt64 {
    try settle()
    var client = try client()
    return try client.status(withStateHash: true).stateHash
  }

  /// The files of a kind, `journal` or `snapshot`, the newest last.
  func files(_ kind: String) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(atPath: path)
      .filter { $0.hasPrefix(kind + "-") && !$0.hasSuffix(".tmp") }.sorted()
      .map { URL(filePath: path).appending(path: $0) }
  }
}
