// The seam of the network, as the server's loop sees it: who is ready, bytes in, bytes out.
// Not here: frames, fairness, limits on clients. The real maker is SocketTransport.

/// Names one connection for as long as it lives.
public struct ConnectionHandle: Hashable, Sendable {
  /// A small number, free again when the connection is closed; good as an index of a table.
  public let slot: Int
  /// Tells the connections apart which had this slot one after the other.
  public let generation: UInt32

  /// Names a connection.
  ///
  /// - Parameters:
  ///   - slot: Its place, from 0.
  ///   - generation: Which user of the slot it is.
  public init(slot: Int, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }
}

/// What came of sending or receiving without waiting.
public enum Transfer: Hashable, Sendable {
  /// So many bytes went; at least one, unless nothing was asked for.
  case bytes(Int)
  /// Nothing now; wait for readiness.
  case wouldBlock
  /// The peer has ended, or the connection is broken; close it.
  case closed
}

/// Something that is ready.
public enum Readiness: Hashable, Sendable {
  /// Clients wait at the door: `accept()` until it gives none.
  case listener
  /// The watched mailbox has messages: take them, or this comes again at once.
  case mailbox
  /// The process was asked to end, by this signal.
  case termination(signal: Int32)
  /// A connection can be read from or written to; `isHungUp` says that its peer is gone.
  case connection(ConnectionHandle, isReadable: Bool, isWritable: Bool, isHungUp: Bool)
}

/// The network as one loop owns it.
///
/// A handle whose connection is closed does nothing and is answered `closed`.
public protocol Transport: ~Copyable {
  /// Sleeps until something is ready.
  ///
  /// - Parameters:
  ///   - timeoutMillis: The longest sleep; 0 only looks, negative is for ever.
  ///   - ready: Emptied and filled; it keeps its room from turn to turn.
  /// - Throws: `SystemError` when the network as a whole fails.
  mutating func wait(timeoutMillis: Int32, into ready: inout [Readiness]) throws(SystemError)

  /// Takes one client in; it is watched for reading from then on.
  ///
  /// - Returns: The connection, or nil when nobody is waiting or there is no room.
  /// - Throws: `SystemError` when the door itself is broken.
  mutating func accept() throws(SystemError) -> ConnectionHandle?

  /// Closes the door for good; connections stay.
  mutating func stopAccepting()

  /// Receives what there is.
  ///
  /// - Parameters:
  ///   - connection: From whom.
  ///   - bytes: Filled from its start; not empty.
  /// - Returns: What came of it.
  mutating func receive(_ connection: ConnectionHandle, into bytes: inout MutableRawSpan)
    -> Transfer

  /// Sends what there is room for.
  ///
  /// - Parameters:
  ///   - connection: To whom.
  ///   - bytes: What to send; not empty.
  /// - Returns: What came of it.
  mutating func send(_ connection: ConnectionHandle, _ bytes: RawSpan) -> Transfer

  /// Chooses what `wait` tells about a connection.
  ///
  /// - Parameters:
  ///   - interest: Reading, writing, both or none; a hang-up is told always.
  ///   - connection: About whom.
  mutating func setInterest(_ interest: Interest, of connection: ConnectionHandle)

  /// Closes a connection; its slot is free at once.
  ///
  /// - Parameter connection: Which.
  mutating func close(_ connection: ConnectionHandle)
}
