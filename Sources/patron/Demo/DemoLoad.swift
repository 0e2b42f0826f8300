// A few seconds of load from one thread over several connections, and what it took.
// The program `loadtest` does this thoroughly; here it is only shown.

internal import Client
internal import Models
internal import Platform
internal import Wire

struct DemoLoad {
  static let connections = 4
  static let pipeline = 16

  private let shop: DemoShop
  private var random = SeededRandom(seed: 7)
  private var scoreMicros: [Int64] = []
  private var orderMicros: [Int64] = []
  private var seconds = 0.0
  private let clock = SystemClock()
  private let runMark: Int64

  init(shop: DemoShop) {
    self.shop = shop
    runMark = clock.calendarMicros()
  }

  /// Keeps all connections full until the time is up, then waits for the last answers.
  ///
  /// False when it was not wanted to the end.
  mutating func run(
    _ address: SocketAddress, seconds: Double, isWanted: () -> Bool
  ) throws(ClientError) -> Bool {
    let start = clock.monotonicMicros()
    let end = start + Int64(seconds * 1e6)
    // An array cannot hold what cannot be copied; four connections need none.
    var one = try Lane(address)
    var two = try Lane(address)
    var three = try Lane(address)
    var four = try Lane(address)
    var epoll = try Self.watch(one, two, three, four)
    var isCutShort = false
    while true {
      let now = clock.monotonicMicros()
      isCutShort = isCutShort || !isWanted()
      let isOpen = now < end && !isCutShort
      try step(&one, isOpen)
      try step(&two, isOpen)
      try step(&three, isOpen)
      try step(&four, isOpen)
      if !isOpen && one.isIdle && two.isIdle && three.isIdle && four.isIdle { break }
      guard now < end + 10_000_000 else { throw .timedOut }
      do throws(SystemError) {
        // Requests are small and few: the socket always has room for them.
        _ = try epoll.wait(timeoutMillis: 100)
      } catch {
        throw .connection(error)
      }
    }
    self.seconds = Double(clock.monotonicMicros() - start) / 1e6
    scoreMicros.sort()
    orderMicros.sort()
    return !isCutShort
  }

  var report: String {
    var table = TextTable(rows: [["", "requests", "per second", "p50", "p99", "slowest"]])
    for (name, micros) in [("scores", scoreMicros), ("orders", orderMicros)] where !micros.isEmpty {
      func text(_ micros: Int64) -> String { Numbers.fixed(Double(micros) / 1e3, 2) + " ms" }
      func quantile(_ share: Double) -> String {
        text(micros[min(micros.count - 1, Int(Double(micros.count) * share))])
      }
      table.rows.append([
        name, Numbers.grouped(micros.count),
        Numbers.grouped(Int(Double(micros.count) / max(seconds, 1e-6))), quantile(0.5),
        quantile(0.99), text(micros[micros.count - 1]),
      ])
    }
    return table.text + "\nFrom the request's writing to its answer's reading; an order's answer "
      + "comes when it is on disk."
  }

  // MARK: Parts

  private static func watch(
    _ one: borrowing Lane, _ two: borrowing Lane, _ three: borrowing Lane, _ four: borrowing Lane
  ) throws(ClientError) -> Epoll {
    do throws(SystemError) {
      let epoll = try Epoll(eventsMax: connections)
      try epoll.add(one.connection.number, token: 0, interest: .read)
      try epoll.add(two.connection.number, token: 1, interest: .read)
      try epoll.add(three.connection.number, token: 2, interest: .read)
      try epoll.add(four.connection.number, token: 3, interest: .read)
      return epoll
    } catch {
      throw .connection(error)
    }
  }

  /// Takes the answers that came and asks anew in their places.
  private mutating func step(_ lane: inout Lane, _ isOpen: Bool) throws(ClientError) {
    _ = try lane.connection.receiveReady()
    while let header = try lane.connection.nextReply() {
      let slot = Int(header.tag)
      guard lane.isBusy.indices.contains(slot), lane.isBusy[slot] else {
        throw .protocolBroken("a reply with tag \(header.tag) came and was not asked for")
      }
      let micros = clock.monotonicMicros() - lane.sentMicros[slot]
      if header.verb == Verb.recordOrders.rawValue {
        _ = try lane.connection.decode(RecordReply.self)
        orderMicros.append(micros)
      } else {
        _ = try lane.connection.decode(ScoreReply.self)
        scoreMicros.append(micros)
      }
      lane.isBusy[slot] = false
    }
    if isOpen {
      for slot in 0..<Self.pipeline where !lane.isBusy[slot] {
        try ask(&lane, slot)
        lane.isBusy[slot] = true
        lane.sentMicros[slot] = clock.monotonicMicros()
      }
    }
    _ = try lane.connection.flush()
  }

  private mutating func ask(_ lane: inout Lane, _ slot: Int) throws(ClientError) {
    let customer = DemoShop.name(Int(random.uniform() * Double(shop.customers)))
    if random.next() % 10 == 0 {
      let order = RecordOrdersRequest.Order(
        customer: customer, order: "load-\(runMark)-\(orderMicros.count)-\(random.next())",
        timeMicros: Int64(shop.today) * 86_400_000_000, amountMinor: 1_999)
      try lane.connection.enqueue(
        .recordOrders, RecordOrdersRequest(currency: "USD", minorDigits: 2, orders: [order]),
        tag: UInt64(slot))
    } else {
      let terms = ScoreTermsFields(
        asOfMicros: 0, horizonDays: Double(shop.horizonDays), discountRate: 0.1, margin: 1)
      try lane.connection.enqueue(
        .scoreOne, ScoreOneRequest(terms: terms, customer: customer), tag: UInt64(slot))
    }
  }
}

/// One connection of the load, with a place for each request in flight.
private struct Lane: ~Copyable {
  var connection: ClientConnection
  var isBusy = [Bool](repeating: false, count: DemoLoad.pipeline)
  var sentMicros = [Int64](repeating: 0, count: DemoLoad.pipeline)

  init(_ address: SocketAddress) throws(ClientError) {
    var connection = try ClientConnection(connectingTo: address)
    _ = try connection.greet(as: "patron demo")
    self.connection = connection
  }

  var isIdle: Bool { !isBusy.contains(true) }
}
