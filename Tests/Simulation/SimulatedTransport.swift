// A network in memory: what clients send arrives whole or in pieces, what the server sends is
// taken as a socket would take it, and connections break. Chance decides how much goes at a time.
// Unsafe code: bytes are copied into the room the loop lends.

import Platform
import Support

/// What the loop owns of the network: one end.
struct SimulatedTransport: Transport, ~Copyable {
  let network: SimulatedNetwork

  mutating func wait(timeoutMillis: Int32, into ready: inout [Readiness]) throws(SystemError) {
    network.wait(into: &ready)
  }

  mutating func accept() throws(SystemError) -> ConnectionHandle? { network.accept() }

  mutating func stopAccepting() { network.stopAccepting() }

  mutating func receive(
    _ connection: ConnectionHandle, into bytes: inout MutableRawSpan
  ) -> Transfer {
    network.receive(connection, into: &bytes)
  }

  mutating func send(_ connection: ConnectionHandle, _ bytes: RawSpan) -> Transfer {
    network.send(connection, bytes)
  }

  mutating func setInterest(_ interest: Interest, of connection: ConnectionHandle) {
    network.setInterest(interest, of: connection)
  }

  mutating func close(_ connection: ConnectionHandle) { network.close(connection) }
}

/// The network itself, seen from above: the clients' ends, and what the server did in a turn.
final class SimulatedNetwork {
  /// One connection, numbered in the order in which they were made.
  private struct Line {
    var handle: ConnectionHandle?
    var toServer: [UInt8] = []
    var toClient: [UInt8] = []
    var interest: Interest = [.read]
    /// The client is gone; what it was sent is lost.
    var isReset = false
    /// The client sends no more.
    var hasEnded = false
    /// The server has closed it.
    var isClosed = false
  }

  private var generator: SeededGenerator
  private var lines: [Line] = []
  /// Lines at the door.
  private var waiting: [Int] = []
  /// The line in each slot, and how many were there before.
  private var slots: [(line: Int?, generation: UInt32)] = []
  private var isAccepting = true
  /// Whether the loop is told of its mailbox in the next turn.
  var hasMail = false
  /// Whether it is told to stop.
  var hasTermination = false
  /// Nothing is late, nothing comes in pieces: for the end of a life.
  var isHasty = false

  /// What the loop was told and took in the latest turn, in its order.
  private(set) var events: [Event] = []

  enum Event {
    case told(line: Int, isHungUp: Bool)
    case received(line: Int, count: Int)
    case sawEnd(line: Int)
    case stoppedAccepting
    case closed(line: Int)
  }

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &generator) < percent
  }

  // MARK: The clients' ends

  /// Opens a line.
  func connect() -> Int {
    lines.append(Line())
    waiting.append(lines.count - 1)
    return lines.count - 1
  }

  func send(_ bytes: [UInt8], on line: Int) { lines[line].toServer += bytes }

  /// Breaks a line.
  func reset(_ line: Int) {
    lines[line].isReset = true
    lines[line].toClient = []
  }

  /// Ends the client's half of a line.
  func end(_ line: Int) { lines[line].hasEnded = true }

  /// Takes what the server sent.
  func take(_ line: Int) -> [UInt8] {
    let bytes = lines[line].toClient
    if !bytes.isEmpty { lines[line].toClient = [] }
    return bytes
  }

  /// The place of a line in the server's table; nil before it is let in.
  func slot(of line: Int) -> Int? { lines[line].handle?.slot }

  /// Whether bytes are on their way to the server, or a broken line is not yet seen.
  var isBusy: Bool {
    lines.contains { line in
      !line.isClosed
        && (!line.toServer.isEmpty || line.isReset || line.hasEnded
          || line.interest.contains(.write))
    }
  }

  // MARK: The server's end

  fileprivate func wait(into ready: inout [Readiness]) {
    ready.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
    if isAccepting && !waiting.isEmpty && (isHasty || chance(80)) { ready.append(.listener) }
    if hasMail { ready.append(.mailbox) }
    if hasTermination {
      hasTermination = false
      ready.append(.termination(signal: 15))
    }
    var told: [Int] = []
    for (number, line) in lines.enumerated() where line.handle != nil && !line.isClosed {
      let isReadable =
        line.interest.contains(.read) && (!line.toServer.isEmpty || line.hasEnded)
      // A broken line is told of at once, before what had arrived on it is executed.
      if line.isReset
        || ((isReadable || line.interest.contains(.write)) && (isHasty || chance(75)))
      {
        told.append(number)
      }
    }
    told.shuffle(using: &generator)
    for number in told {
      let line = lines[number]
      guard let handle = line.handle else { continue }
      events.append(.told(line: number, isHungUp: line.isReset))
      ready.append(
        .connection(
          handle, isReadable: line.interest.contains(.read),
          isWritable: line.interest.contains(.write), isHungUp: line.isReset))
    }
  }

  fileprivate func stopAccepting() {
    isAccepting = false
    events.append(.stoppedAccepting)
  }

  fileprivate func accept() -> ConnectionHandle? {
    guard isAccepting, !waiting.isEmpty else { return nil }
    let number = waiting.removeFirst()
    let slot: Int
    if let free = slots.firstIndex(where: { $0.line == nil }) {
      slot = free
      slots[slot] = (number, slots[slot].generation + 1)
    } else {
      slot = slots.count
      slots.append((number, 0))
    }
    let handle = ConnectionHandle(slot: slot, generation: slots[slot].generation)
    lines[number].handle = handle
    return handle
  }

  private func line(_ handle: ConnectionHandle) -> Int? {
    guard handle.slot < slots.count, slots[handle.slot].generation == handle.generation else {
      return nil
    }
    return slots[handle.slot].line
  }

  fileprivate func receive(
    _ handle: ConnectionHandle, into room: inout MutableRawSpan
  ) -> Transfer {
    guard let number = line(handle), !lines[number].isReset else { return .closed }
    let waiting = lines[number].toServer.count
    if waiting == 0 {
      guard lines[number].hasEnded else { return .wouldBlock }
      events.append(.sawEnd(line: number))
      return .closed
    }
    var count = min(waiting, room.byteCount)
    if !isHasty && chance(30) { count = Int.random(in: 1...count, using: &generator) }
    // The room is at least `count` bytes long, and so is what waits.
    unsafe room.withUnsafeMutableBytes { room in
      unsafe lines[number].toServer.withUnsafeBytes { bytes in
        unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
      }
    }
    lines[number].toServer.removeFirst(count)
    events.append(.received(line: number, count: count))
    return .bytes(count)
  }

  fileprivate func send(_ handle: ConnectionHandle, _ bytes: RawSpan) -> Transfer {
    guard let number = line(handle), !lines[number].isReset else { return .closed }
    var count = bytes.byteCount
    if !isHasty {
      if chance(10) { return .wouldBlock }
      if chance(10) { count = Int.random(in: 1...count, using: &generator) }
    }
    lines[number].toClient.append(bytes: bytes.extracting(first: count))
    return .bytes(count)
  }

  fileprivate func setInterest(_ interest: Interest, of handle: ConnectionHandle) {
    if let number = line(handle) { lines[number].interest = interest }
  }

  fileprivate func close(_ handle: ConnectionHandle) {
    guard let number = line(handle) else { return }
    lines[number].isClosed = true
    slots[handle.slot].line = nil
    events.append(.closed(line: number))
  }
}
