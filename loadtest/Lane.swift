// One connection under load: what is under way on it. Not here: what is asked next; see Generator.

import Client
import Platform
import Wire

/// A request whose reply has not come.
struct PendingRequest {
  /// When the clock started, in nanoseconds of the load's clock.
  var startNanos: UInt64
  var tick: UInt64
  var customer: Int
  var kind: Kind
  /// The order's number in the log; nil for anything else.
  var order: Int?
  /// Whether the answer is kept for the audit.
  var isSampled: Bool
  /// Whether what came of the decision is told.
  var isFollowed = false
  /// The calendar day on which it was sent.
  var day: Int32

  enum Kind {
    case score
    case order
    case decision
    case outcome
  }
}

/// A connection and its requests under way; a class because an array cannot hold ~Copyable values.
final class Lane {
  /// Its place among the lanes of this load.
  let number: Int
  /// Its number among all connections the order log has seen.
  let identity: Int
  var connection: ClientConnection
  /// Whether the epoll was told to wait for room.
  var awaitsRoom = false
  /// Whether there is something to flush.
  var isDirty = false
  var isBroken = false
  private var ring = [PendingRequest?](repeating: nil, count: 16)
  private var first = 0
  private(set) var pendingCount = 0
  /// The tag the next request gets; the hello had 0.
  private(set) var nextTag: UInt64 = 1

  init(_ number: Int, identity: Int, connectingTo address: SocketAddress) throws(Failure) {
    self.number = number
    self.identity = identity
    connection = try Self.greeted(address)
  }

  /// Connects and says hello.
  private static func greeted(_ address: SocketAddress) throws(Failure) -> ClientConnection {
    do {
      var connection = try ClientConnection(connectingTo: address)
      _ = try connection.greet(as: "loadtest")
      return connection
    } catch {
      throw .failed("a connection to \(address) could not be made: \(error)")
    }
  }

  /// The tag of the oldest request under way.
  var oldestTag: UInt64 { nextTag - UInt64(pendingCount) }

  func append(_ request: PendingRequest) {
    if pendingCount == ring.count { grow() }
    ring[(first + pendingCount) & (ring.count - 1)] = request
    pendingCount += 1
    nextTag += 1
  }

  func popOldest() -> PendingRequest? {
    guard pendingCount > 0 else { return nil }
    let request = ring[first]
    first = (first + 1) & (ring.count - 1)
    pendingCount -= 1
    return request
  }

  private func grow() {
    ring = Array(ring[first...] + ring[..<first]) + Array(repeating: nil, count: ring.count)
    first = 0
  }
}
