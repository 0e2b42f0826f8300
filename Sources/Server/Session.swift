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
  /// The reply in parts that is under way; later requests wait, but for its cancel.
  var stream: OpenStream?
  /// The request it answers, where its bytes are needed.
  var batch = ByteBuffer(capacity: 0)
  /// Whether this is one of the connections that may hold a request beyond `Limits.frameSizeMax`.
  var holdsBatch = false
  /// Bytes still to come of a request that was refused before they were here.
  var skipCount = 0
  /// Whether whole frames may wait in the inbox: the turn's share was used up, or replies pile up.
  var hasMore = false

  /// Bytes that went through the outbox since the connection began.
  private var sent: UInt64 = 0
  /// From this byte on, replies wait until this sequence is durable.
  private var gates: [(from: UInt64, sequence: UInt64)] = []

  init(_ handle: ConnectionHandle) { self.handle = handle }

  /// Looks at the front of the inbox: how long a frame may be depends on the hello and the verb.
  func cut() throws(Refusal) -> Cut { try Self.cut(inbox, isGreeted: isGreeted) }

  private static func cut(
    _ inbox: borrowing ByteBuffer, isGreeted: Bool
  ) throws(Refusal) -> Cut {
    try isGreeted
      ? Frame.cutRequest(inbox.bytes) : Frame.cut(inbox.bytes, sizeMax: Limits.helloSizeMax)
  }

  /// Whether to look for bytes: not while the client's own replies pile up or a task is under way.
  var wantsBytes: Bool {
    if hasEnded || isWaiting || hasMore { return false }
    // Of what stands behind a reply in parts, only a cancel is looked for.
    if stream != nil { return inbox.count < Self.cancelSize }
    return isClosing || outbox.count <= ServerLimits.outboxSizeMax
  }

  /// Whether to execute what waits in the inbox without an event that says so.
  var canGoOn: Bool {
    hasMore && !awaitsRoom && !isWaiting && stream == nil && !isClosing
      && outbox.count <= ServerLimits.outboxSizeMax
  }

  /// Whether the client has read enough for the next step of its reply in parts.
  var hasStreamRoom: Bool { outbox.count < ServerLimits.streamOutboxSizeMax }

  /// Bytes of a request to cancel.
  static let cancelSize = FrameHeader.size + 8

  /// Takes the first frame out of the inbox and keeps it aside; what follows stays.
  func keepFrame(_ size: Int) {
    batch = ByteBuffer(capacity: 0)
    swap(&batch, &inbox)
    inbox.append(bytes: batch.bytes.extracting(droppingFirst: size))
    batch.truncate(to: size)
  }

  /// Forgets the frame that was kept.
  func forgetFrame() { batch = ByteBuffer(capacity: 0) }

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
