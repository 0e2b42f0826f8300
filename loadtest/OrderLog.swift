// The orders the load test recorded itself, and when: what the auditor must add to the lives it
// simulated. Not here: the simulated lives; see Population.

/// All orders of all runs on one server, and the tick of every event that orders them in time.
///
/// A tick is counted whenever a request is put together and whenever a reply is read, so the ticks
/// say which of two requests was certainly answered before the other was sent.
struct OrderLog {
  struct Entry {
    let customer: Int
    let order: DatedAmount
    let connection: Int
    let sentTick: UInt64
    /// `unanswered` until the server has said that it recorded the order.
    var answeredTick: UInt64
  }

  static let unanswered = UInt64.max
  /// The names of eight digits end here.
  static let ordersMax = 99_999_999

  private(set) var entries: [Entry] = []
  private var tick: UInt64 = 0
  private var connectionCount = 0

  mutating func nextTick() -> UInt64 {
    tick += 1
    return tick
  }

  mutating func newConnection() -> Int {
    connectionCount += 1
    return connectionCount
  }

  /// Adds an order that is about to be sent.
  ///
  /// - Returns: its number.
  mutating func append(
    customer: Int, _ order: DatedAmount, connection: Int, tick: UInt64
  ) -> Int {
    entries.append(
      Entry(
        customer: customer, order: order, connection: connection, sentTick: tick,
        answeredTick: Self.unanswered))
    return entries.count - 1
  }

  /// Notes that an order was recorded.
  mutating func answered(_ number: Int, tick: UInt64) { entries[number].answeredTick = tick }
}
