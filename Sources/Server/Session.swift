// One client as the loop sees it: bytes in, bytes out, and which of the replies may leave already.
// What the bytes mean is the engine's business.

import Platform
import Wire

/// One connection's state.
///
/// A class because sessions live in an array and hold ~Copyable buffers; the loop is its only owner.
final class Session {
  let handle: ConnectionHandle
  var inbox = ByteBuffer(capacity: ServerLimits.idleBufferSize)
  var outbox = ByteBuffer(capacity: ServerLimits.idleBufferSize)
  /// When the bytes in the inbox came, in monotonic microseconds.
  var receivedMicros: Int64 = 0
  /// Whether the hello was accepted.
  var isGreeted = false
  /// Whether the client has sent its last byte.
  var hasEnded = false
  /// The workbench does something for this client; later requests wait, so replies stay in order.
  var isWaiting = false
  /// Not a request more is executed; the connection closes once its replies are out.
  var isClosing = false
  /// Until when a closing connection is still read, so that its last reply is not lost to a reset.
  var lingerUntilMicros: Int64?
  /// Whether the loop has this session on its list for this turn's end.
  var isListed = false
  /// Whether the next command waits until the journal grants more room.
  var awaitsRoom = false
  /// Whether whole frames may wait in the inbox: the turn's share was used up, or replies pile up.
  var hasMore = false

  /// Bytes that went through the outbox since the connection began.
  private var sent: UInt64 = 0
  /// From this byte on, replies wait until this sequence is durable.
  private var gates: [(from: UInt64, sequence: UInt64)] = []

  init(_ handle: ConnectionHandle) { self.handle = handle }

  /// The size of a frame this client may send now.
  var frameSizeMax: Int { isGreeted ? Limits.frameSizeMax : Limits.helloSizeMax }

  /// Whether to look for bytes: not while the client's own replies pile up or a task is under way.
  var wantsBytes: Bool {
    !hasEnded && !isWaiting && !hasMore
      && (isClosing || outbox.count <= ServerLimits.outboxSizeMax)
  }

  /// Whether to execute what waits in the inbox without an event that says so.
  var canGoOn: Bool {
    hasMore && !awaitsRoom && !isWaiting && !isClosing && outbox.count <= ServerLimits.outboxSizeMax
  }

  /// Where the next reply will begin.
  var writePosition: UInt64 { sent + UInt64(outbox.count) }

  /// Holds back everything from `position` on until `sequence` is durable.
  func hold(from position: UInt64, until sequence: UInt64) {
    // Sequences rise, so the gate of an earlier reply opens no later than this one.
    gates.append((from: position, sequence: sequence))
  }

  /// How many bytes may leave, given what is durable.
  func sendableCount(durable: UInt64) -> Int {
    var opened = 0
    while opened < gates.count, gates[opened].sequence <= durable { opened += 1 }
    if opened > 0 { gates.removeFirst(opened) }
    guard let gate = gates.first else { return outbox.count }
    return Int(gate.from - sent)
  }

  /// Sends what the socket takes of the oldest `count` bytes.
  func send<Network: Transport & ~Copyable>(
    _ count: Int, over network: inout Network
  ) -> Transfer {
    let outcome = network.send(handle, outbox.prefix(count))
    if case .bytes(let taken) = outcome {
      outbox.consume(taken)
      sent += UInt64(taken)
      if outbox.isEmpty { outbox.shrink(to: ServerLimits.receiveSize) }
    }
    return outcome
  }
}
