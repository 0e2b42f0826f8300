// One connection that never waits: an outbox, an inbox, and whole replies cut from it. Whoever has
// many connections watches them with an `Epoll`; PatronClient has one and waits for it.
// Not here: which reply belongs to which request; tags are the caller's.

public import Platform
public import Wire

/// A non-blocking connection to a server.
public struct ClientConnection: ~Copyable {
  private let socket: TCPSocket
  private var outbox: ByteBuffer
  private var inbox: ByteBuffer
  /// The header of the reply that is lent now.
  private var header: FrameHeader?

  /// Connects; `greet` is the caller's next call.
  ///
  /// - Parameters:
  ///   - address: whom to.
  ///   - timeoutMillis: the longest wait for the handshake, in milliseconds.
  /// - Throws: `connection` when nobody listens there, `timedOut` when the time was up.
  public init(connectingTo address: SocketAddress, timeoutMillis: Int32 = 5_000)
    throws(ClientError)
  {
    do throws(SystemError) {
      socket = try TCPSocket(connectingTo: address, timeoutMillis: timeoutMillis)
    } catch {
      throw error.isTimeout ? .timedOut : .connection(error)
    }
    outbox = ByteBuffer(capacity: 4_096)
    inbox = ByteBuffer(capacity: 4_096)
  }

  /// The socket's descriptor, lent for an `Epoll`.
  public var number: Int32 { socket.descriptor.number }

  /// Whom the connection is to.
  public var peer: SocketAddress { socket.peer }

  /// Bytes that `flush` has yet to send.
  public var unsentBytes: Int { outbox.count }

  // MARK: Out

  /// Puts one request into the outbox.
  ///
  /// - Parameters:
  ///   - verb: what is asked.
  ///   - request: the verb's body.
  ///   - tag: repeated in the reply.
  ///   - deadlineMillis: milliseconds after which no answer is wanted; 0 waits for ever.
  /// - Throws: `refused` for an identifier that does not fit, or a body beyond the frame's limit;
  ///   the outbox is as it was.
  public mutating func enqueue(
    _ verb: Verb, _ request: some Message, tag: UInt64, deadlineMillis: UInt32 = 0
  ) throws(ClientError) {
    let sizeMax = Frame.sizeMax(ofRequest: verb.rawValue)
    let mark = Frame.begin(
      verb: verb.rawValue, tag: tag, deadlineMillis: deadlineMillis, in: &outbox)
    do throws(Refusal) {
      try request.write(to: &outbox)
      let size = outbox.count - mark
      guard size <= sizeMax else {
        throw Refusal(
          .frameTooLarge, "the request has \(size) bytes, at most \(sizeMax) fit into a frame")
      }
    } catch {
      outbox.truncate(to: mark)
      throw .refused(error)
    }
    Frame.end(mark, in: &outbox, sizeMax: sizeMax)
  }

  /// Puts whole frames, written before, into the outbox.
  ///
  /// - Parameter frames: bytes of frames; copied.
  public mutating func enqueue(frames: RawSpan) { outbox.append(bytes: frames) }

  /// Sends what there is room for.
  ///
  /// - Returns: whether the outbox is empty now; if not, wait until the socket is writable.
  /// - Throws: `connection` when the server is gone.
  public mutating func flush() throws(ClientError) -> Bool {
    while !outbox.isEmpty {
      switch socket.trySend(outbox.bytes) {
      case .bytes(let count): outbox.consume(count)
      case .wouldBlock: return false
      case .closed: throw gone("send", code: 32)
      }
    }
    outbox.shrink(to: 1 << 20)
    return true
  }

  // MARK: In

  /// Receives what there is, at most about a quarter of a mebibyte, so that one connection among
  /// many does not take all the time.
  ///
  /// It ends the loan of the latest reply.
  ///
  /// - Returns: how many bytes came; 0 when there was nothing.
  /// - Throws: `connection` when the server has closed the connection and nothing came before.
  public mutating func receiveReady() throws(ClientError) -> Int {
    endLoan()
    var sum = 0
    while sum < 1 << 18 {
      let (came, size) = Self.receive(from: socket, into: &inbox)
      switch came {
      case .bytes(let count):
        inbox.commit(count)
        sum += count
        if count < size { return sum }
      case .wouldBlock: return sum
      case .closed:
        // Whole replies that came before the end still count.
        if sum > 0 { return sum }
        throw gone("recv", code: 104)
      }
    }
    return sum
  }

  private static func receive(
    from socket: borrowing TCPSocket, into inbox: inout ByteBuffer
  ) -> (came: Transfer, size: Int) {
    var room = inbox.spare(16 << 10)
    let size = room.byteCount
    return (socket.tryReceive(into: &room), size)
  }

  /// Cuts the next whole reply from the inbox; it is lent until the next call or `receiveReady`.
  ///
  /// - Returns: the reply's header, or nil when no whole reply has arrived.
  /// - Throws: `protocolBroken` when the bytes are no frame.
  public mutating func nextReply() throws(ClientError) -> FrameHeader? {
    endLoan()
    do throws(Refusal) {
      switch try Frame.cut(inbox.bytes, sizeMax: Limits.frameSizeMax) {
      case .incomplete: return nil
      case .frame(let cut):
        header = cut
        return cut
      }
    } catch {
      throw .protocolBroken("\(error)")
    }
  }

  /// The whole frame of the reply that is lent; empty when none is.
  public var reply: RawSpan {
    @_lifetime(borrow self)
    get { inbox.bytes.extracting(0..<(header?.frameSize ?? 0)) }
  }

  /// Reads the body of the reply that is lent.
  ///
  /// - Parameter type: the verb's reply.
  /// - Returns: the body.
  /// - Throws: `refused` when the status is neither ok nor more, `protocolBroken` when the body is not of
  ///   this type.
  public func decode<Body: Message>(_ type: Body.Type) throws(ClientError) -> Body {
    guard let header else {
      throw .protocolBroken("there is no reply to read; ask nextReply() first")
    }
    guard let status = Status(rawValue: header.status) else {
      throw .protocolBroken("status \(header.status) is not known to this client")
    }
    let refusal: Refusal
    do throws(Refusal) {
      var reader = FrameReader(reply, from: FrameHeader.size)
      if status == .ok || status == .more {
        let body = try Body(from: &reader)
        try reader.requireEnd()
        return body
      }
      refusal = try RefusalReply(from: &reader).refusal(status)
    } catch {
      throw .protocolBroken("a reply cannot be read, \(error)")
    }
    throw .refused(refusal)
  }

  private mutating func endLoan() {
    if let header { inbox.consume(header.frameSize) }
    header = nil
    inbox.shrink(to: 1 << 20)
  }

  private func gone(_ call: String, code: Int32) -> ClientError {
    .connection(SystemError(call: call, code: code, detail: "\(socket.peer)"))
  }
}
