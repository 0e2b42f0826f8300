// One connection of the block generator: its block, what is under way, what has come. Not here: when
// a block is sent; see BlockGenerator.

import Platform
import Wire

/// A block under way.
struct Flight {
  /// When the clock started, in nanoseconds of the load's clock.
  var startNanos: UInt64
  /// Of its first request.
  var tag: UInt64
  /// The request whose latency is taken, and that may be kept.
  var sampled: Int
  var sampledCustomer: Int
}

/// A reply that was kept for a closer look.
struct KeptReply {
  let customer: Int
  let body: [UInt8]
}

/// A queue that makes room only when it is full.
struct Ring<Element> {
  private var slots: [Element]
  private var first = 0
  private(set) var count = 0

  init(filler: Element) { slots = Array(repeating: filler, count: 4) }

  var oldest: Element { slots[first] }

  mutating func append(_ element: Element) {
    if count == slots.count {
      slots = Array(slots[first...] + slots[..<first]) + slots
      first = 0
    }
    slots[(first + count) & (slots.count - 1)] = element
    count += 1
  }

  mutating func removeOldest() {
    precondition(count > 0, "nothing is removed from an empty ring")
    first = (first + 1) & (slots.count - 1)
    count -= 1
  }
}

/// A connection; a class because an array cannot hold ~Copyable values.
final class BlockLane {
  let number: Int
  let socket: TCPSocket
  /// The requests, one behind the other; names and tags are filled in anew each time.
  var block: [UInt8]
  /// Where the part of the block begins that has found no room yet; nil when all is sent.
  var unsentFrom: Int?
  var inbox: ByteBuffer
  var flights = Ring(filler: Flight(startNanos: 0, tag: 0, sampled: 0, sampledCustomer: 0))
  /// Blocks whose time has come while there was no room: when the clock started.
  var waiting = Ring<UInt64>(filler: 0)
  /// How many replies of the oldest flight have come.
  var answered = 0
  var nextTag: UInt64 = 1
  var isBroken = false

  /// Connects, and says hello where that is the custom.
  init(
    _ number: Int, to address: SocketAddress, _ format: BlockFormat, pipeline: Int
  ) throws(Failure) {
    self.number = number
    block = (0..<pipeline).flatMap { _ in format.request }
    inbox = ByteBuffer(capacity: 4_096)
    do throws(SystemError) {
      socket = try TCPSocket(connectingTo: address)
    } catch {
      throw .failed("a connection to \(address) could not be made: \(error)")
    }
    if format.greets { try greet() }
  }

  private func greet() throws(Failure) {
    do {
      let hello = try wholeFrame(.hello, HelloRequest(client: "loadtest"))
      try socket.send(all: hello.rawBytes, timeoutMillis: 5_000)
      while true {
        if case .frame(let header) = try Self.cut(inbox) {
          guard header.status == 0, header.verb == Verb.hello.rawValue else {
            throw Failure.failed("the server refused the hello: status \(header.status)")
          }
          inbox.consume(header.frameSize)
          return
        }
        let isOpen = try Self.wait(for: socket, &inbox)
        guard isOpen else { throw Failure.failed("the server closed during the hello") }
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .failed("the server did not take the hello: \(error)")
    }
  }

  private static func cut(_ inbox: borrowing ByteBuffer) throws(Refusal) -> Cut {
    try Frame.cut(inbox.bytes, sizeMax: Limits.frameSizeMax)
  }

  private static func wait(
    for socket: borrowing TCPSocket, _ inbox: inout ByteBuffer
  ) throws(SystemError) -> Bool {
    var room = inbox.spare(512)
    let count = try socket.receive(into: &room, timeoutMillis: 5_000)
    inbox.commit(count)
    return count > 0
  }

  /// Sends what there is room for.
  ///
  /// - Parameter first: the first byte of the block that was not sent yet.
  /// - Returns: what came of it.
  func send(from first: Int) -> Transfer { Self.send(block, to: socket, from: first) }

  private static func send(
    _ block: [UInt8], to socket: borrowing TCPSocket, from first: Int
  ) -> Transfer {
    socket.trySend(block.rawBytes.extracting(first..<block.count))
  }

  /// Checks the replies that came first, see `ReplyShape`.
  func check(_ shape: ReplyShape, most: Int, tag: UInt64) -> CheckedReplies {
    Self.check(inbox, shape, most, tag)
  }

  private static func check(
    _ inbox: borrowing ByteBuffer, _ shape: ReplyShape, _ most: Int, _ tag: UInt64
  ) -> CheckedReplies {
    shape.check(inbox.bytes, most: most, tag: tag)
  }

  /// A copy of the body of a reply that was found right.
  func body(of number: Int, _ shape: ReplyShape) -> [UInt8] {
    Self.copy(inbox, Self.body(of: number, inbox, shape))
  }

  private static func body(
    of number: Int, _ inbox: borrowing ByteBuffer, _ shape: ReplyShape
  ) -> Range<Int> { shape.body(of: number, in: inbox.bytes) }

  /// A copy of received bytes.
  func received(_ range: Range<Int>) -> [UInt8] { Self.copy(inbox, range) }

  private static func copy(_ inbox: borrowing ByteBuffer, _ range: Range<Int>) -> [UInt8] {
    var copy: [UInt8] = []
    copy.append(bytes: inbox.bytes.extracting(range))
    return copy
  }

  /// Receives what there is, once.
  ///
  /// - Parameter size: bytes there must be room for.
  /// - Returns: what came of it.
  func receive(_ size: Int) -> Transfer { Self.receive(from: socket, into: &inbox, size) }

  private static func receive(
    from socket: borrowing TCPSocket, into inbox: inout ByteBuffer, _ size: Int
  ) -> Transfer {
    let came = Self.take(from: socket, into: &inbox, size)
    if case .bytes(let count) = came { inbox.commit(count) }
    return came
  }

  private static func take(
    from socket: borrowing TCPSocket, into inbox: inout ByteBuffer, _ size: Int
  ) -> Transfer {
    var room = inbox.spare(size)
    return socket.tryReceive(into: &room)
  }
}
