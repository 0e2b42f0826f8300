// Counts of all customers by segment, one after the other, beside a load or alone. Not here: the load.

import Client
import Platform
import Wire

/// What scans came to in some time.
struct ScanWork: Equatable {
  /// Counts that were answered whole.
  var scans = 0
  /// Customers that were looked at.
  var customers: UInt64 = 0
  var seconds = 0.0
  var errors: [String: Int] = [:]

  var scansPerSecond: Double? { seconds > 0 ? Double(scans) / seconds : nil }
  var customersPerSecond: Double? { seconds > 0 ? Double(customers) / seconds : nil }
}

/// A connection on which one count follows the other.
final class ScanCompanion {
  private var connection: ClientConnection
  private let request: CountRequest
  private var startNanos: UInt64 = 0
  /// Customers the count that is under way has looked at.
  private var scanned: UInt64 = 0
  private var isAsking = false
  private(set) var work = ScanWork()

  /// Connects.
  ///
  /// - Parameter address: the server.
  /// - Throws: `Failure.failed` when there is no connection.
  init(_ address: SocketAddress) throws(Failure) {
    var request = CountRequest(condition: "")
    request.groups = ["segment"]
    request.measures = ["lifetime_value"]
    self.request = request
    do {
      connection = try ClientConnection(connectingTo: address)
      _ = try connection.greet(as: "loadtest")
    } catch {
      throw .failed("a connection to \(address) could not be made: \(error)")
    }
  }

  var number: Int32 { connection.number }

  /// Asks for the first.
  ///
  /// - Parameter nowNanos: by the load's clock, as in all of these.
  /// - Throws: what broke the connection.
  func begin(_ nowNanos: UInt64) throws(ClientError) {
    startNanos = nowNanos
    isAsking = true
    try ask()
  }

  /// Notes how far it has come; what is under way is nobody's business any more.
  func end(_ nowNanos: UInt64) {
    if !isAsking { return }
    isAsking = false
    work.seconds = Double(nowNanos - startNanos) / 1e9
  }

  private func ask() throws(ClientError) {
    scanned = 0
    try connection.enqueue(.countCustomers, request, tag: 1)
    _ = try connection.flush()
  }

  /// Takes what came, and asks for the next when the last part was among it.
  func receive(_ nowNanos: UInt64) throws(ClientError) {
    _ = try connection.receiveReady()
    while let header = try connection.nextReply() {
      guard isAsking else { continue }
      let isPart = header.status == Status.more.rawValue
      if isPart || header.status == 0 {
        let part = try connection.decode(CountReply.self)
        work.customers += part.scanned - min(scanned, part.scanned)
        scanned = part.scanned
        if isPart { continue }
        work.scans += 1
      } else {
        work.errors[
          Status(rawValue: header.status)?.name ?? "status \(header.status)", default: 0] += 1
      }
      try ask()
    }
  }

  /// Counts with nothing beside.
  ///
  /// - Parameter seconds: for how long.
  /// - Throws: `Failure.failed` when the connection breaks.
  func runAlone(for seconds: Double) throws(Failure) {
    let clock = LoadClock()
    do {
      var epoll = try Epoll(eventsMax: 1)
      try epoll.add(number, token: 0, interest: .read)
      let end = clock.nanos() + UInt64(seconds * 1e9)
      try begin(clock.nanos())
      while clock.nanos() < end {
        let left = Int64(end) - Int64(clock.nanos())
        if try epoll.wait(timeoutNanos: max(0, left)) > 0 { try receive(clock.nanos()) }
      }
      self.end(clock.nanos())
    } catch {
      throw .failed("the scans broke off: \(error)")
    }
  }
}
