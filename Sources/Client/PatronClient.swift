// The blocking client: one connection, a hello, and requests pipelined in order with deadlines.
// Not here: one call per verb (PatronClient+Verbs.swift); the bytes in and out (ClientConnection).

public import Platform
public import Wire

/// A client that sends requests and waits for their replies, in order.
///
/// After `connection`, `protocolBroken` or `timedOut` every further call throws the same error:
/// which reply would come next is not known any more. Whether pending commands were applied is not
/// known either: a new client may send them again with the key they had (`nextKey`), and each is
/// applied once.
public struct PatronClient: ~Copyable {
  /// What the server said of itself and the shop when the connection was made.
  public let hello: HelloReply
  /// How long one call waits for bytes to come or go before it gives up, in milliseconds; servers
  /// are told, so that they need not begin what nobody waits for.
  public var timeoutMillis: UInt32

  /// Drawn at random for each client, so that no two clients' keys are equal.
  private let producer = UInt64.random(in: 1...UInt64.max)
  private var lastNumber: UInt64 = 0

  private var connection: ClientConnection
  private var watch: ConnectionWatch
  private var pending = PendingRequests()
  private var failure: ClientError?

  /// Connects and agrees on the protocol's version.
  ///
  /// - Parameters:
  ///   - address: where the server listens.
  ///   - name: this client's name for the server's log, at most 64 bytes of it.
  ///   - timeoutMillis: the longest wait of this and of every later call.
  /// - Throws: `connection` when nobody listens, `timedOut`, `refused` when there is no common
  ///   version or the server is full, `protocolBroken` when something else listens there.
  public init(
    connectingTo address: SocketAddress, name: String, timeoutMillis: UInt32 = 30_000
  ) throws(ClientError) {
    var connection = try ClientConnection(
      connectingTo: address, timeoutMillis: Int32(clamping: timeoutMillis))
    let hello = try connection.greet(as: name, timeoutMillis: timeoutMillis)
    let watch = try ConnectionWatch(connection)
    self.connection = connection
    self.watch = watch
    self.hello = hello
    self.timeoutMillis = timeoutMillis
  }

  /// Whom the client is connected to.
  public var peer: SocketAddress { connection.peer }

  /// Requests sent whose replies were not received yet.
  public var pendingCount: Int { pending.count }

  /// Draws a key for a command.
  ///
  /// Draw it before the command is sent and send it with the command. When the connection is lost,
  /// make a new client and send the same command with the same key, as often as it takes:
  ///
  ///     let key = client.nextKey()
  ///     do {
  ///       reply = try client.recordOrders(batch, key: key)
  ///     } catch .connection, .timedOut {
  ///       client = try PatronClient(connectingTo: address, name: name)
  ///       reply = try client.recordOrders(batch, key: key)
  ///     }
  ///
  /// - Returns: a key that no other client and no other call returns.
  public mutating func nextKey() -> CommandKey {
    lastNumber += 1
    return CommandKey(producer: producer, number: lastNumber)
  }

  /// Sends a request without waiting for its reply.
  ///
  /// Replies that arrive meanwhile are kept, so sender and server never wait for each other; how
  /// many may be pending is the caller's to bound.
  ///
  /// - Parameters:
  ///   - verb: what is asked.
  ///   - request: the verb's body.
  /// - Returns: the request's tag.
  /// - Throws: `refused` when the request does not fit into a frame, and then nothing was sent;
  ///   `connection` or `timedOut`.
  @discardableResult
  public mutating func send(_ verb: Verb, _ request: some Message) throws(ClientError) -> UInt64 {
    if let failure { throw failure }
    let tag = pending.nextTag
    try connection.enqueue(verb, request, tag: tag, deadlineMillis: timeoutMillis)
    pending.append(verb)
    do throws(ClientError) {
      while try !connection.flush() { try exchange() }
    } catch {
      failure = error
      throw error
    }
    return tag
  }

  /// Waits for the reply to the oldest pending request.
  ///
  /// - Parameter type: the reply's body.
  /// - Returns: the body.
  /// - Throws: `refused` when the server answered so: the request is done, the client goes on;
  ///   `connection`, `timedOut` or `protocolBroken`.
  public mutating func receive<Body: Message>(_ type: Body.Type) throws(ClientError) -> Body {
    let (body, isLast) = try receivePart(type)
    if isLast { return body }
    let error = ClientError.protocolBroken("the reply comes in parts; ask for them one by one")
    failure = error
    throw error
  }

  /// Waits for the next part of the reply to the oldest pending request.
  ///
  /// A reply of one frame is one part. Bytes are taken from the connection only when no whole part is
  /// there, so a slow caller slows the server down and keeps little here.
  ///
  /// - Parameter type: the body of each part.
  /// - Returns: the body, and whether it is the last one.
  /// - Throws: as `receive`; `refused` also behind some parts.
  public mutating func receivePart<Body: Message>(
    _ type: Body.Type
  ) throws(ClientError) -> (body: Body, isLast: Bool) {
    if let failure { throw failure }
    do throws(ClientError) {
      while true {
        if let header = try connection.nextReply() {
          try match(header)
          return (try connection.decode(type), header.status != Status.more.rawValue)
        }
        try exchange()
      }
    } catch {
      if case .refused(let refusal) = error, !refusal.status.closes { throw error }
      failure = error
      throw error
    }
  }

  /// Sends a request and waits for its reply.
  ///
  /// - Parameters:
  ///   - verb: what is asked.
  ///   - request: the verb's body.
  ///   - type: the reply's body.
  /// - Returns: the body.
  /// - Throws: as `send` and `receive`.
  /// - Precondition: nothing is pending.
  public mutating func ask<Body: Message>(
    _ verb: Verb, _ request: some Message, for type: Body.Type
  ) throws(ClientError) -> Body {
    precondition(pending.count == 0 || failure != nil, "ask() would take another request's reply")
    try send(verb, request)
    return try receive(type)
  }

  /// Sends a request and hands on the parts of its reply as they come.
  ///
  /// - Parameters:
  ///   - verb: what is asked.
  ///   - request: the verb's body.
  ///   - type: the body of each part.
  ///   - each: given each part in order; false ends the reply there, and the server's work on it.
  /// - Throws: as `send` and `receivePart`.
  /// - Precondition: nothing is pending.
  public mutating func ask<Body: Message>(
    _ verb: Verb, _ request: some Message, forEach type: Body.Type, _ each: (Body) -> Bool
  ) throws(ClientError) {
    precondition(pending.count == 0 || failure != nil, "ask() would take another request's reply")
    let tag = try send(verb, request)
    while true {
      let (body, isLast) = try receivePart(type)
      let goesOn = each(body)
      if isLast { return }
      if !goesOn { return try cancel(tag, type) }
    }
  }

  /// Ends the reply that is under way and passes over what of it has already been sent.
  private mutating func cancel<Body: Message>(
    _ tag: UInt64, _ type: Body.Type
  ) throws(ClientError) {
    try send(.cancel, CancelRequest(request: tag))
    do throws(ClientError) {
      while try !receivePart(type).isLast {}
    } catch {
      // It says that it was ended, or had ended another way.
      guard case .refused = error, failure == nil else { throw error }
    }
    _ = try receive(CancelReply.self)
  }

  // MARK: Parts of these

  /// Waits until bytes can come or go, then takes what came.
  private mutating func exchange() throws(ClientError) {
    let deadline = watch.deadline(in: timeoutMillis)
    try watch.wait(for: connection, until: deadline)
    _ = try connection.flush()
    _ = try connection.receiveReady()
  }

  private mutating func match(_ header: FrameHeader) throws(ClientError) {
    // A refusal that closes the connection may answer bytes that were no request at all.
    if let status = Status(rawValue: header.status), status.closes { return }
    // Of a reply in parts the request is pending until the last one.
    let oldest =
      header.status == Status.more.rawValue ? pending.first : pending.popFirst()
    guard let (tag, verb) = oldest else {
      throw .protocolBroken("a reply with tag \(header.tag) came and nothing was asked")
    }
    guard header.tag == tag, header.verb == verb.rawValue else {
      throw .protocolBroken(
        "the reply to \(verb.name) with tag \(tag) was due, verb \(header.verb) with tag "
          + "\(header.tag) came")
    }
  }
}

/// The requests that wait for replies: consecutive tags, so only the verbs are kept.
private struct PendingRequests {
  private var verbs: [Verb] = []
  private var taken = 0
  /// The tag the next request gets; the hello had 0.
  private(set) var nextTag: UInt64 = 1

  var count: Int { verbs.count - taken }

  mutating func append(_ verb: Verb) {
    verbs.append(verb)
    nextTag += 1
  }

  var first: (tag: UInt64, verb: Verb)? {
    count > 0 ? (nextTag - UInt64(count), verbs[taken]) : nil
  }

  mutating func popFirst() -> (tag: UInt64, verb: Verb)? {
    guard let first else { return nil }
    taken += 1
    if taken == verbs.count || taken >= 1_024 {
      verbs.removeFirst(taken)
      taken = 0
    }
    return first
  }
}
