// The fast load: blocks of requests, one send each, over many connections from one thread. Nothing
// is allocated by request, every reply is checked where it lies, and one of each block is timed.
// Not here: what is right beyond the shape of a reply; see Contestant.

import Models
import Platform
import Wire

/// The shape of a load.
struct Shape: Hashable, Sendable, CustomStringConvertible {
  var connections: Int
  var pipeline: Int

  var description: String { "\(connections)/\(pipeline)" }
}

/// What the block generator does.
struct BlockPlan {
  var shape: Shape
  /// Requests a second in the open loop; nil is the closed one.
  var rate: Double?
  var duration: Double
  var warmUp: Double
  var keys = KeyDistribution.uniform
  /// Replies that are kept for a closer look.
  var keptMax = 500
  var seed: UInt64
}

/// What a load of blocks has shown.
struct BlockResult {
  var latency = LatencyHistogram()
  /// How late the open loop handed its blocks over, in nanoseconds.
  var lateness = LatencyHistogram()
  /// Replies that came while it was measured.
  var completed: UInt64 = 0
  var seconds = 0.0
  /// Processor time while it was measured; nil where the server is not ours to ask.
  var serverNanos: Int64?
  var loadNanos: Int64 = 0
  var errors: [String: Int] = [:]
  var kept: [KeptReply] = []

  var perSecond: Double { Double(completed) / max(seconds, 1e-9) }
  var serverNanosPerRequest: Double? {
    serverNanos.map { Double($0) / Double(max(1, completed)) }
  }
}

/// Makes a load of blocks and checks the answers.
struct BlockGenerator: ~Copyable {
  private let plan: BlockPlan
  private let format: BlockFormat
  private let server: Int32?
  private let lanes: [BlockLane]
  private let companion: Companion?
  private var epoll: Epoll
  private var random: SeededRandom
  private var keys: KeyChoice
  private let clock = LoadClock()
  private var window: Range<UInt64> = 0..<0
  private var isSending = true
  private var isMeasured = false
  private var underWay = 0
  /// Blocks whose time has come in the open loop.
  private var dueCount = 0
  private var nextKeptNanos: UInt64 = 0
  private var result = BlockResult()

  /// How far the open loop lets a server fall behind, in blocks.
  private static let behindMax = 100_000
  /// How long replies are waited for after the last request.
  private static let patienceNanos: UInt64 = 10_000_000_000
  private static let companionToken = UInt64.max

  /// Connects.
  ///
  /// - Parameters:
  ///   - plan: the load.
  ///   - format: what is asked and answered.
  ///   - customers: how many there are.
  ///   - address: the server.
  ///   - server: its process, if its processor time can be asked for.
  ///   - companion: what else goes on meanwhile; it must not be in use.
  /// - Throws: `Failure.failed` when a connection cannot be made.
  init(
    _ plan: BlockPlan, _ format: BlockFormat, customers: Int, address: SocketAddress,
    server: Int32?, companion: Companion? = nil
  ) throws(Failure) {
    var lanes: [BlockLane] = []
    for number in 0..<plan.shape.connections {
      lanes.append(try BlockLane(number, to: address, format, pipeline: plan.shape.pipeline))
    }
    do {
      let epoll = try Epoll(eventsMax: 512)
      for lane in lanes {
        try epoll.add(
          lane.socket.descriptor.number, token: UInt64(lane.number), interest: .read)
      }
      if let companion {
        try epoll.add(companion.number, token: Self.companionToken, interest: .read)
      }
      self.epoll = epoll
    } catch {
      throw .failed("\(error)")
    }
    self.plan = plan
    self.format = format
    self.server = server
    self.lanes = lanes
    self.companion = companion
    random = SeededRandom(seed: plan.seed, stream: UInt64.max)
    keys = KeyChoice(plan.keys, count: customers)
  }

  /// Loads, measures, and waits for the last replies; it can be done again.
  ///
  /// - Returns: what this time has shown.
  /// - Throws: `Failure.failed` when it cannot go on.
  mutating func run() throws(Failure) -> BlockResult {
    do {
      Thread.wakePunctually()
      result = BlockResult()
      (isSending, isMeasured, dueCount, nextKeptNanos) = (true, false, 0, 0)
      let start = clock.nanos()
      let from = start + UInt64(plan.warmUp * 1e9)
      window = from..<(from + UInt64(plan.duration * 1e9))
      try companion?.begin()
      if plan.rate == nil {
        for lane in lanes where !lane.isBroken { try send(lane, startNanos: clock.nanos()) }
      }
      while try turn(start) {}
      try companion?.end()
      count(underWay * plan.shape.pipeline, as: "no answer")
      return result
    } catch {
      throw .failed("the load broke off: \(error)")
    }
  }

  // MARK: The loop

  private mutating func turn(_ start: UInt64) throws -> Bool {
    let now = clock.nanos()
    try measure(now)
    if !isSending {
      if underWay == 0 || now >= window.upperBound + Self.patienceNanos { return false }
    } else if let rate = plan.rate {
      try sendDue(now, start, rate)
    }
    let ready = try epoll.wait(timeoutNanos: timeoutNanos(start))
    for index in 0..<ready {
      let event = epoll.event(at: index)
      if event.token == Self.companionToken {
        try companion?.receive()
        continue
      }
      let lane = lanes[Int(event.token)]
      if event.isReadable { try receive(lane) }
      if event.isWritable { try sendRest(lane) }
    }
    return true
  }

  /// Notes the beginning and the end of what is measured.
  private mutating func measure(_ now: UInt64) throws {
    if lanes.allSatisfy(\.isBroken) {
      // What was measured of a server that is gone means nothing.
      isSending = false
      (result.completed, result.loadNanos, result.serverNanos) = (0, 0, nil)
    } else if !isMeasured && now >= window.lowerBound {
      isMeasured = true
      // From here on, whatever the wait overslept.
      window = now..<(now + UInt64(plan.duration * 1e9))
      nextKeptNanos = now
      result.completed = 0
      result.loadNanos = -(try ProcessFacts.processorNanoseconds())
      if let server { result.serverNanos = -(try ProcessFacts.processorNanoseconds(of: server)) }
    } else if isSending && now >= window.upperBound {
      isSending = false
      result.seconds = Double(now - window.lowerBound) / 1e9
      result.loadNanos += try ProcessFacts.processorNanoseconds()
      if let server {
        result.serverNanos =
          (result.serverNanos ?? 0) + (try ProcessFacts.processorNanoseconds(of: server))
      }
    }
  }

  /// Until the next edge of the measurement or the next block that is due.
  private func timeoutNanos(_ start: UInt64) -> Int64 {
    var due =
      !isSending
      ? window.upperBound + Self.patienceNanos
      : isMeasured ? window.upperBound : window.lowerBound
    if isSending, let rate = plan.rate { due = min(due, intended(dueCount, start, rate)) }
    let now = clock.nanos()
    return due <= now ? 0 : Int64(due - now)
  }

  // MARK: Out

  /// When a block of the open loop is meant to be sent.
  private func intended(_ number: Int, _ start: UInt64, _ rate: Double) -> UInt64 {
    start + UInt64(Double(number * plan.shape.pipeline) / rate * 1e9)
  }

  /// The open loop: every block whose time has come, whatever the server does.
  private mutating func sendDue(_ now: UInt64, _ start: UInt64, _ rate: Double) throws {
    while true {
      let time = intended(dueCount, start, rate)
      if time > now || time >= window.upperBound { return }
      guard underWay < Self.behindMax else {
        count(1, as: "the server fell \(Self.behindMax) blocks behind, so sending ended")
        window = window.lowerBound..<max(window.lowerBound, now)
        return
      }
      let lane = lanes[dueCount % lanes.count]
      dueCount += 1
      if lane.isBroken {
        count(plan.shape.pipeline, as: "not sent, the connection was lost")
        continue
      }
      if lane.unsentFrom != nil {
        lane.waiting.append(time)
        underWay += 1
      } else {
        try send(lane, startNanos: time)
      }
      if isMeasured { result.lateness.record(clock.nanos() - time) }
    }
  }

  /// Fills a block in and sends it.
  private mutating func send(_ lane: BlockLane, startNanos: UInt64) throws {
    underWay += 1
    fill(lane, startNanos: startNanos)
    try sendBytes(lane, from: 0)
  }

  private mutating func fill(_ lane: BlockLane, startNanos: UInt64) {
    let tag = lane.nextTag
    let count = plan.shape.pipeline
    let sampled = Int(random.next().multipliedFullWidth(by: UInt64(count)).high)
    let customer = Self.fill(
      &lane.block, count, format, tag: tag, sampled: sampled, &keys, &random)
    lane.nextTag = tag &+ UInt64(count)
    lane.flights.append(
      Flight(startNanos: startNanos, tag: tag, sampled: sampled, sampledCustomer: customer))
  }

  /// Draws whom a block is about; tags go on.
  ///
  /// - Returns: the customer of the sampled request.
  private static func fill(
    _ block: inout [UInt8], _ count: Int, _ format: BlockFormat, tag: UInt64, sampled: Int,
    _ keys: inout KeyChoice, _ random: inout SeededRandom
  ) -> Int {
    var sampledCustomer = 0
    var requests = block.mutableSpan
    var bytes = requests.mutableRawBytes
    var start = 0
    for number in 0..<count {
      let customer = keys.next(&random)
      if number == sampled { sampledCustomer = customer }
      bytes.storeBytes(
        of: Population.digits(customer), toByteOffset: start + format.nameOffset, as: UInt64.self)
      if format.isTagged {
        bytes.storeBytes(of: tag &+ UInt64(number), toByteOffset: start + 8, as: UInt64.self)
      }
      start += format.request.count
    }
    return sampledCustomer
  }

  private mutating func sendBytes(_ lane: BlockLane, from first: Int) throws {
    var first = first
    while first < lane.block.count {
      switch lane.send(from: first) {
      case .bytes(let count): first += count
      case .wouldBlock:
        if lane.unsentFrom == nil { try watch(lane, [.read, .write]) }
        lane.unsentFrom = first
        return
      case .closed:
        giveUp(lane, "a connection was lost in send")
        return
      }
    }
    if lane.unsentFrom != nil { try watch(lane, .read) }
    lane.unsentFrom = nil
  }

  /// There is room: what is left of the block, then the blocks that wait.
  private mutating func sendRest(_ lane: BlockLane) throws {
    guard !lane.isBroken, let first = lane.unsentFrom else { return }
    try sendBytes(lane, from: first)
    while !lane.isBroken && lane.unsentFrom == nil && lane.waiting.count > 0 {
      let time = lane.waiting.oldest
      lane.waiting.removeOldest()
      underWay -= 1
      try send(lane, startNanos: time)
    }
  }

  private func watch(_ lane: BlockLane, _ interest: Interest) throws {
    try epoll.change(
      lane.socket.descriptor.number, token: UInt64(lane.number), interest: interest)
  }

  // MARK: In

  private mutating func receive(_ lane: BlockLane) throws {
    if lane.isBroken { return }
    // Room for a whole block, so that one call takes it.
    switch lane.receive(plan.shape.pipeline * format.reply.size) {
    case .wouldBlock: return
    case .closed:
      giveUp(lane, "a connection was lost in receive")
      return
    case .bytes: break
    }
    let now = clock.nanos()
    var blocks = 0
    while lane.inbox.count >= format.reply.leastSize {
      guard lane.flights.count > 0 else {
        giveUp(lane, "a reply came that nobody waits for")
        return
      }
      let flight = lane.flights.oldest
      let first = lane.answered
      let tag = flight.tag &+ UInt64(first)
      let checked = lane.check(format.reply, most: plan.shape.pipeline - first, tag: tag)
      let whole = checked.count
      if checked.isWrong {
        giveUp(lane, complaint(lane, at: checked.size, tag &+ UInt64(whole)))
        return
      }
      if whole == 0 { break }
      if isMeasured && isSending { result.completed += UInt64(whole) }
      if flight.sampled >= first && flight.sampled < first + whole {
        take(flight, lane, flight.sampled - first, now)
      }
      lane.inbox.consume(checked.size)
      lane.answered = first + whole
      if lane.answered == plan.shape.pipeline {
        lane.answered = 0
        lane.flights.removeOldest()
        underWay -= 1
        blocks += 1
      }
    }
    if blocks > 0 && isSending && plan.rate == nil { try send(lane, startNanos: now) }
  }

  /// Takes the time of a reply, and keeps it now and then.
  private mutating func take(_ flight: Flight, _ lane: BlockLane, _ number: Int, _ now: UInt64) {
    guard isMeasured && isSending else { return }
    if flight.startNanos >= window.lowerBound { result.latency.record(now - flight.startNanos) }
    guard now >= nextKeptNanos, plan.keptMax > 0 else { return }
    nextKeptNanos += UInt64(plan.duration * 1e9) / UInt64(plan.keptMax)
    let body = lane.body(of: number, format.reply)
    result.kept.append(KeptReply(customer: flight.sampledCustomer, body: body))
  }

  private func complaint(_ lane: BlockLane, at start: Int, _ tag: UInt64) -> String {
    let shown = lane.received(start..<min(start + 48, lane.inbox.count)).map { byte in
      let text = String(byte, radix: 16)
      return text.count < 2 ? "0" + text : text
    }
    return "wrong reply to request \(tag): \(shown.joined(separator: " "))"
  }

  private mutating func giveUp(_ lane: BlockLane, _ why: String) {
    if lane.isBroken { return }
    lane.isBroken = true
    // A lost connection stays ready for ever; it is not watched any more.
    _ = try? epoll.remove(lane.socket.descriptor.number)
    count(1, as: why)
    underWay -= lane.flights.count + lane.waiting.count
  }

  private mutating func count(_ number: Int, as error: String) {
    if number > 0 { result.errors[error, default: 0] += number }
  }
}
