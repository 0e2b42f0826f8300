// The load: one thread, one epoll over all connections, closed or open loop. It keeps what the
// auditor and the report need. Not here: what is right; see Auditor.

import Client
import Models
import Platform
import Wire

/// The shape of one load.
struct LoadPlan: Equatable {
  var connections: Int
  /// Requests each connection keeps under way; only the closed loop knows it.
  var pipeline: Int
  /// Further connections that do nothing but record orders, in a closed loop.
  var writers = 0
  /// Requests a second in the open loop; nil is the closed one.
  var rate: Double?
  var duration: Double
  var warmUp: Double
  var orders: Double
  /// Decisions instead of scores.
  var decisions: DecisionPlan?
  var keys: KeyDistribution
  var audit: Double
  var seed: UInt64
}

/// What a load has shown.
struct LoadResult {
  var scores = LatencyHistogram()
  var orders = LatencyHistogram()
  var decisions = LatencyHistogram()
  var outcomes = LatencyHistogram()
  var tally = DecisionTally()
  /// How late the open loop handed its requests over, in nanoseconds.
  var lateness = LatencyHistogram()
  /// Replies read while it was measured.
  var completed: UInt64 = 0
  var seconds = 0.0
  /// Processor time while it was measured; nil where the server is not ours to ask.
  var serverNanos: Int64?
  var loadNanos: Int64 = 0
  var errors: [String: Int] = [:]
  var samples: [Sample] = []
}

/// Makes a load and reads the answers.
struct Generator: ~Copyable {
  private let plan: LoadPlan
  private let server: Int32?
  private let scoreTemplate: RequestTemplate
  private let orderTemplate: RequestTemplate
  private let decisionTemplate: DecisionTemplate?
  /// Tells what came of decisions, on a connection of its own: its replies wait for the disk.
  private let teller: Lane?
  private(set) var log: OrderLog

  private let lanes: [Lane]
  private var epoll: Epoll
  private var scratch: ByteBuffer
  private var dirty: [Lane] = []
  private var random: SeededRandom
  private var keys: KeyChoice
  /// What else goes on meanwhile.
  private let companion: ScanCompanion?
  private let clock = LoadClock()
  /// The calendar as of this turn, in microseconds since 1970.
  private var calendarMicros: Int64 = 0
  private var pendingCount = 0
  private var isSending = true
  /// Whether no connection is left.
  private var hasBrokenOff = false
  private var window: Range<UInt64>
  private var isMeasured = false
  /// Requests the open loop has sent.
  private var openCount = 0
  private var result = LoadResult()

  /// How far the open loop lets a server fall behind.
  private static let behindMax = 1_000_000
  /// How long replies are waited for after the last request.
  private static let patienceNanos: UInt64 = 10_000_000_000
  static let dayMicros: Int64 = 86_400_000_000
  private static let companionToken = UInt64.max

  /// Connects.
  ///
  /// - Parameters:
  ///   - plan: the load.
  ///   - population: whom it is about.
  ///   - address: the server.
  ///   - server: its process, if its processor time can be asked for.
  ///   - log: the orders of earlier loads.
  ///   - companion: what else goes on meanwhile; it must not be in use.
  /// - Throws: `Failure.failed` when a connection cannot be made.
  init(
    _ plan: LoadPlan, population: Population, address: SocketAddress, server: Int32?, log: OrderLog,
    companion: ScanCompanion? = nil
  ) throws(Failure) {
    var log = log
    let terms = ScoreTermsFields(
      asOfMicros: 0, horizonDays: population.terms.horizonDays,
      discountRate: population.terms.discountRatePerYear, margin: population.terms.margin)
    let templates: (score: RequestTemplate, order: RequestTemplate)
    let decision: DecisionTemplate?
    do throws(Refusal) {
      templates = (try RequestTemplate.score(terms), try RequestTemplate.order())
      // No other load of this server has the time of this one.
      decision = try plan.decisions.map { decisions throws(Refusal) in
        try DecisionTemplate(
          producer: UInt64(bitPattern: SystemClock().calendarMicros()),
          isGreedy: decisions.isGreedy)
      }
    } catch {
      throw .failed("\(error)")
    }
    var lanes: [Lane] = []
    let isTelling = plan.decisions.map { $0.outcomes > 0 } ?? false
    for number in 0..<plan.connections + plan.writers + (isTelling ? 1 : 0) {
      lanes.append(try Lane(number, identity: log.newConnection(), connectingTo: address))
    }
    let epoll = try Self.watch(lanes, companion)
    self.epoll = epoll
    self.companion = companion
    scratch = ByteBuffer(capacity: 4_096)
    (scoreTemplate, orderTemplate) = templates
    decisionTemplate = decision
    teller = isTelling ? lanes.last : nil
    self.plan = plan
    self.server = server
    self.log = log
    self.lanes = lanes
    random = SeededRandom(seed: plan.seed, stream: UInt64.max)
    keys = KeyChoice(plan.keys, count: population.count)
    let from = UInt64(plan.warmUp * 1e9)
    window = from..<(from + UInt64(plan.duration * 1e9))
  }

  private static func watch(
    _ lanes: [Lane], _ companion: ScanCompanion?
  ) throws(Failure) -> Epoll {
    do {
      let epoll = try Epoll(eventsMax: 512)
      for lane in lanes {
        try epoll.add(lane.connection.number, token: UInt64(lane.number), interest: .read)
      }
      if let companion {
        try epoll.add(companion.number, token: companionToken, interest: .read)
      }
      return epoll
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Loads, measures, and waits for the last replies.
  mutating func run() throws(Failure) -> LoadResult {
    do {
      Thread.wakePunctually()
      let start = clock.nanos()
      window = (window.lowerBound + start)..<(window.upperBound + start)
      calendarMicros = SystemClock().calendarMicros()
      try companion?.begin(clock.nanos())
      for lane in lanes where isClosed(lane) { try ask(lane, count: plan.pipeline) }
      while try turn(start) {}
      count(pendingCount, as: "no answer")
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
      if pendingCount == 0 || now >= window.upperBound + Self.patienceNanos { return false }
    } else if let rate = plan.rate {
      sendDue(now, start, rate)
      for lane in dirty { try flush(lane) }
      dirty.removeAll(keepingCapacity: true)
    }
    let ready = try epoll.wait(timeoutNanos: timeoutNanos(start))
    calendarMicros = SystemClock().calendarMicros()
    for index in 0..<ready {
      let event = epoll.event(at: index)
      if event.token == Self.companionToken {
        try companion?.receive(clock.nanos())
        continue
      }
      let lane = lanes[Int(event.token)]
      if event.isReadable { try receive(lane) }
      if event.isWritable { try flush(lane) }
    }
    if let teller, teller.isDirty { try flush(teller) }
    return true
  }

  /// Notes the beginning and the end of what is measured.
  private mutating func measure(_ now: UInt64) throws(SystemError) {
    if hasBrokenOff {
      isSending = false
      // What was measured of a server that is gone means nothing.
      (result.completed, result.loadNanos, result.serverNanos) = (0, 0, nil)
      result.tally.completed = 0
    } else if !isMeasured && now >= window.lowerBound {
      isMeasured = true
      // From here on, whatever the wait overslept.
      window = now..<(now + UInt64(plan.duration * 1e9))
      result.loadNanos = -(try ProcessFacts.processorNanoseconds())
      if let server { result.serverNanos = -(try ProcessFacts.processorNanoseconds(of: server)) }
      (result.completed, result.tally.completed) = (0, 0)
    } else if isSending && now >= window.upperBound {
      isSending = false
      companion?.end(now)
      result.seconds = Double(now - window.lowerBound) / 1e9
      result.loadNanos += try ProcessFacts.processorNanoseconds()
      if let server {
        result.serverNanos =
          (result.serverNanos ?? 0) + (try ProcessFacts.processorNanoseconds(of: server))
      }
    }
  }

  /// Until the next edge of the measurement or the next request that is due.
  ///
  /// It sleeps instead of looking at the clock all the time: a generator that never rests would take
  /// a core from the server's other threads, and one would measure that.
  private func timeoutNanos(_ start: UInt64) -> Int64 {
    var due =
      !isSending
      ? window.upperBound + Self.patienceNanos
      : isMeasured ? window.upperBound : window.lowerBound
    if isSending, let rate = plan.rate { due = min(due, Self.intended(openCount, start, rate)) }
    let now = clock.nanos()
    return due <= now ? 0 : Int64(due - now)
  }

  // MARK: Out

  private func isWriter(_ lane: Lane) -> Bool {
    lane.number >= plan.connections && !isTeller(lane)
  }

  private func isTeller(_ lane: Lane) -> Bool { lane === teller }

  /// Whether a reply is what makes a connection send its next request.
  private func isClosed(_ lane: Lane) -> Bool {
    !isTeller(lane) && (plan.rate == nil || isWriter(lane))
  }

  private static func intended(_ number: Int, _ start: UInt64, _ rate: Double) -> UInt64 {
    start + UInt64(Double(number) / rate * 1e9)
  }

  /// The open loop: everything whose time has come, whatever the server does.
  private mutating func sendDue(_ now: UInt64, _ start: UInt64, _ rate: Double) {
    while true {
      let intended = Self.intended(openCount, start, rate)
      if intended > now || intended >= window.upperBound { return }
      guard pendingCount < Self.behindMax else {
        count(1, as: "the server fell a million requests behind, so sending ended")
        window = window.lowerBound..<max(window.lowerBound, now)
        return
      }
      let lane = lanes[openCount % plan.connections]
      openCount += 1
      guard !lane.isBroken else {
        count(1, as: "not sent, the connection was lost")
        continue
      }
      compose(for: lane, startNanos: intended)
      if !lane.isDirty {
        lane.isDirty = true
        dirty.append(lane)
      }
      if window.contains(intended) { result.lateness.record(clock.nanos() - intended) }
    }
  }

  /// The closed loop: as many new requests as replies came.
  private mutating func ask(_ lane: Lane, count: Int) throws(SystemError) {
    let startNanos = clock.nanos()
    for _ in 0..<count { compose(for: lane, startNanos: startNanos) }
    try flush(lane)
  }

  private mutating func compose(for lane: Lane, startNanos: UInt64) {
    let customer = keys.next(&random)
    let tick = log.nextTick()
    let day = Int32(calendarMicros / Self.dayMicros)
    let isOrder = isWriter(lane) || (plan.orders > 0 && random.uniform() < plan.orders)
    var kind = PendingRequest.Kind.score
    var order: Int?
    var isFollowed = false
    if isOrder && log.entries.count < OrderLog.ordersMax {
      let amountMinor = Int64(100 + random.next() % 20_000)
      let number = log.append(
        customer: customer, DatedAmount(day: day, amountMinor: amountMinor),
        connection: lane.identity, tick: tick)
      (order, kind) = (number, .order)
      orderTemplate.write(
        tag: lane.nextTag, customer: Population.digits(customer), order: Population.digits(number),
        timeMicros: calendarMicros, amountMinor: amountMinor, to: &scratch)
    } else if let decisionTemplate, let decisions = plan.decisions {
      kind = .decision
      isFollowed = decisions.outcomes > 0 && random.uniform() < decisions.outcomes
      // A copy, for the features are drawn while the scratch is written.
      var random = random
      decisionTemplate.write(
        tag: lane.nextTag, number: tick, customer: Population.digits(customer),
        basketMinor: DecisionShop.basketMinor(&random),
        feature: { DecisionShop.feature(&random) }, to: &scratch)
      self.random = random
    } else {
      scoreTemplate.write(
        tag: lane.nextTag, customer: Population.digits(customer), to: &scratch)
    }
    lane.append(
      PendingRequest(
        startNanos: startNanos, tick: tick, customer: customer, kind: kind, order: order,
        isSampled: order == nil && plan.audit > 0 && random.uniform() < plan.audit,
        isFollowed: isFollowed, day: day))
    pendingCount += 1
    lane.connection.enqueue(frames: scratch.bytes)
    scratch.consume(scratch.count)
  }

  /// Tells what came of a decision.
  private mutating func tell(_ reply: DecideReply) throws(ClientError) {
    guard let teller, !teller.isBroken else { return }
    let request = RecordOutcomesRequest(
      currency: Population.currency, minorDigits: Population.minorDigits,
      outcomes: [DecisionShop.outcome(of: reply, &random)])
    try teller.connection.enqueue(.recordOutcomes, request, tag: teller.nextTag)
    teller.append(
      PendingRequest(
        startNanos: clock.nanos(), tick: log.nextTick(), customer: 0, kind: .outcome,
        isSampled: false, day: 0))
    teller.isDirty = true
    pendingCount += 1
  }

  private mutating func flush(_ lane: Lane) throws(SystemError) {
    lane.isDirty = false
    if lane.isBroken { return }
    do throws(ClientError) {
      let awaitsRoom = try !lane.connection.flush()
      if awaitsRoom == lane.awaitsRoom { return }
      lane.awaitsRoom = awaitsRoom
    } catch {
      give(up: lane, error)
      return
    }
    try epoll.change(
      lane.connection.number, token: UInt64(lane.number),
      interest: lane.awaitsRoom ? [.read, .write] : .read)
  }

  // MARK: In

  private mutating func receive(_ lane: Lane) throws(SystemError) {
    var replies = 0
    do throws(ClientError) {
      _ = try lane.connection.receiveReady()
      let now = clock.nanos()
      while let header = try lane.connection.nextReply() {
        let tag = lane.oldestTag
        guard let request = lane.popOldest(), header.tag == tag else {
          throw .protocolBroken("the reply with tag \(tag) was due, tag \(header.tag) came")
        }
        pendingCount -= 1
        replies += 1
        try take(header, of: lane, for: request, now)
      }
    } catch {
      give(up: lane, error)
      return
    }
    if isSending && isClosed(lane) && replies > 0 { try ask(lane, count: replies) }
  }

  private mutating func take(
    _ header: FrameHeader, of lane: Lane, for request: PendingRequest, _ now: UInt64
  ) throws(ClientError) {
    if isSending { result.completed += 1 }
    let tick = log.nextTick()
    guard header.status == 0 else {
      count(1, as: Status(rawValue: header.status)?.name ?? "status \(header.status)")
      return
    }
    let isTimed = isMeasured && window.contains(request.startNanos)
    switch request.kind {
    case .order, .outcome:
      let reply = try lane.connection.decode(RecordReply.self)
      guard reply.recorded == 1 else {
        count(1, as: "\(request.kind) not recorded")
        return
      }
      if let order = request.order { log.answered(order, tick: tick) }
      if isTimed {
        let nanos = now - request.startNanos
        if request.kind == .order {
          result.orders.record(nanos)
        } else {
          result.outcomes.record(nanos)
        }
      }
      return
    case .decision:
      result.tally.all += 1
      if isSending { result.tally.completed += 1 }
      if isTimed { result.decisions.record(now - request.startNanos) }
      guard request.isSampled || request.isFollowed, let plan = plan.decisions else { return }
      let reply = try lane.connection.decode(DecideReply.self)
      if request.isSampled { result.tally.add(reply, plan) }
      if request.isFollowed && isSending { try tell(reply) }
      return
    case .score: break
    }
    if isTimed { result.scores.record(now - request.startNanos) }
    if request.isSampled {
      // A reply may be younger than this turn's look at the calendar, by less than a second.
      let day = Int32((calendarMicros + 1_000_000) / Self.dayMicros)
      result.samples.append(
        Sample(
          customer: request.customer, connection: lane.identity, sentTick: request.tick,
          answeredTick: tick, days: request.day...max(request.day, day),
          reply: try lane.connection.decode(ScoreReply.self)))
    }
  }

  private mutating func give(up lane: Lane, _ error: ClientError) {
    if lane.isBroken { return }
    lane.isBroken = true
    // A lost connection stays ready for ever; it is not watched any more.
    _ = try? epoll.remove(lane.connection.number)
    count(1, as: "\(error)")
    count(lane.pendingCount, as: "no answer, the connection was lost")
    pendingCount -= lane.pendingCount
    hasBrokenOff = lanes.allSatisfy(\.isBroken)
  }

  private mutating func count(_ number: Int, as error: String) {
    if number > 0 { result.errors[error, default: 0] += number }
  }
}

/// Nanoseconds that never go back.
struct LoadClock {
  private let origin = SuspendingClock.now

  func nanos() -> UInt64 {
    let (seconds, attoseconds) = origin.duration(to: SuspendingClock.now).components
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
  }
}
