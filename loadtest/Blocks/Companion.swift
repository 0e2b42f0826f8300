// What a server is kept busy with beside the load: snapshots and fits, one after the other, over a
// connection of its own. Not here: the load.

import Client
import Platform
import Wire

/// Work that goes on beside the load.
enum BesideWork: String, CaseIterable {
  case snapshots
  case fit
}

/// A connection that asks for the next work when the last is done.
final class Companion {
  private let work: [BesideWork]
  private var connection: ClientConnection
  private let fit: FitRequest
  private var asked = 0
  private var isAsking = false
  private var isWaiting = false
  /// How often each was done.
  private(set) var done: [BesideWork: Int] = [:]
  private(set) var errors: [String: Int] = [:]

  /// Connects.
  ///
  /// - Parameters:
  ///   - work: what is asked for, in turns; not empty.
  ///   - kind: of the models that are fitted, as protocol.md numbers them.
  ///   - today: days since 1970. The fit holds out the orders of the latest half year: it costs what a
  ///     fit costs and has nothing adopted, so that answers stay what they were.
  ///   - address: the server.
  /// - Throws: `Failure.failed` when there is no connection.
  init(_ work: [BesideWork], kind: UInt8, today: Int32, _ address: SocketAddress) throws(Failure) {
    self.work = work
    fit = FitRequest(
      asOfMicros: 0, kind: kind,
      holdoutFromMicros: (Int64(today) - 180) * Generator.dayMicros, bootstrap: 0)
    do {
      connection = try ClientConnection(connectingTo: address)
      _ = try connection.greet(as: "loadtest")
    } catch {
      throw .failed("a connection to \(address) could not be made: \(error)")
    }
  }

  var number: Int32 { connection.number }

  func begin() throws(ClientError) {
    isAsking = true
    if !isWaiting { try ask() }
  }

  /// No more is asked for; what is under way ends by itself.
  func end() throws(ClientError) { isAsking = false }

  private func ask() throws(ClientError) {
    switch work[asked % work.count] {
    case .snapshots: try connection.enqueue(.snapshot, Empty(), tag: 1)
    case .fit: try connection.enqueue(.fit, fit, tag: 1)
    }
    _ = try connection.flush()
    isWaiting = true
  }

  func receive() throws(ClientError) {
    _ = try connection.receiveReady()
    while let header = try connection.nextReply() {
      isWaiting = false
      if header.status == 0 {
        done[work[asked % work.count], default: 0] += 1
      } else {
        errors[Status(rawValue: header.status)?.name ?? "status \(header.status)", default: 0] += 1
      }
      asked += 1
      if isAsking { try ask() }
    }
  }
}
