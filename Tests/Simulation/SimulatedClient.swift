// A client: one connection at a time, requests in a row, and the promise to send again what was
// not acknowledged. Not here: what it asks (RequestSource) and what must come back (World+Replies).

/// One client's side of the story.
final class SimulatedClient {
  let number: Int
  /// The connection; nil while there is none.
  var line: Int?
  /// Whether the server has said hello.
  var isGreeted = false
  /// Sent on this connection and not answered, oldest first.
  var underWay: [Operation] = []
  /// How many of these the server has executed.
  var executed = 0
  /// Bytes the server has of frames it has not executed.
  var inboxCount = 0
  /// Bytes of a reply that has not arrived whole.
  var received: [UInt8] = []
  /// The server does an errand for this connection; later requests wait.
  var waitsForErrand = false
  /// The next command waits until the journal has room for it.
  var awaitsRoom = false
  /// The loop goes on with this connection without an event that says so.
  var hasMore = false
  /// The server has closed the connection, or was asked to by the end of our half.
  var hasEnded = false
  /// What was lost and must be sent again, oldest first.
  var backlog: [Request] = []
  /// Commands that were acknowledged.
  var acknowledged: [Request] = []

  init(_ number: Int) { self.number = number }

  /// Whether the server has a reply that has not left it whole.
  var hasReplies: Bool {
    underWay.prefix(executed).contains { $0.expected != nil }
  }

  /// Whether the loop goes on with this connection by itself.
  var goesOn: Bool { line != nil && hasMore && !awaitsRoom && !waitsForErrand }

  /// Forgets the connection, and keeps what has to be sent again.
  func disconnect() {
    let lost = underWay.filter { $0.request.isCommand }.map(\.request)
    backlog = lost + backlog
    line = nil
    isGreeted = false
    underWay = []
    executed = 0
    inboxCount = 0
    received = []
    waitsForErrand = false
    awaitsRoom = false
    hasMore = false
    hasEnded = false
  }
}
