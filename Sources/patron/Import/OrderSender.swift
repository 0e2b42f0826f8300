// Sends orders in batches, several in flight, and brings each answer back to its batch.
// Not here: where orders come from.

internal import Client
internal import Glibc
internal import Platform
internal import Wire

/// A batch on its way: the request, and whatever the sender's user wants to know it by.
struct Batch<Origin> {
  var orders: [RecordOrdersRequest.Order] = []
  /// One for each order.
  var origins: [Origin] = []
  /// The lines of each order; they are sent when the order is known to be recorded.
  var lines: [[RecordOrderLinesRequest.Line]] = []
  var sizeBytes = 0
}

/// A pipeline of batches to one server.
struct OrderSender<Origin>: ~Copyable {
  private static var rowsMax: Int { 4_096 }
  private static var bytesMax: Int { 512 << 10 }
  private static var inFlightMax: Int { 8 }
  private static var attemptsMax: Int { 50 }

  private var client: PatronClient
  private let currency: String
  private let minorDigits: UInt8
  private var batch = Batch<Origin>()
  private enum Flight {
    case orders(Batch<Origin>)
    case lines([RecordOrderLinesRequest.Line])
  }

  private var inFlight: [Flight] = []
  /// What came of the rows: recorded, duplicates, and those refused with their origins.
  struct Answer {
    var recorded = 0
    var duplicates = 0
    var refused: [(origin: Origin, status: Status)] = []
    /// The same of lines of orders.
    var lines = (recorded: 0, duplicates: 0, refused: 0)
  }

  init(_ client: consuming PatronClient, currency: String, minorDigits: UInt8) {
    self.client = client
    self.currency = currency
    self.minorDigits = minorDigits
  }

  /// Takes an order; sends when enough have come together.
  mutating func add(
    _ order: RecordOrdersRequest.Order, lines: [RecordOrderLinesRequest.Line] = [],
    from origin: Origin
  ) throws(ClientError) -> [Answer] {
    batch.orders.append(order)
    batch.origins.append(origin)
    batch.lines.append(lines)
    batch.sizeBytes += order.size
    guard batch.orders.count >= Self.rowsMax || batch.sizeBytes >= Self.bytesMax else { return [] }
    return try push()
  }

  /// Sends what is left and waits for all answers.
  mutating func finish() throws(ClientError) -> [Answer] {
    var answers = batch.orders.isEmpty ? [] : try push()
    while !inFlight.isEmpty { answers.append(try takeAnswer()) }
    return answers
  }

  private mutating func push() throws(ClientError) -> [Answer] {
    var answers: [Answer] = []
    while inFlight.count >= Self.inFlightMax { answers.append(try takeAnswer()) }
    try send(.orders(batch))
    batch = Batch()
    return answers
  }

  private mutating func send(_ flight: Flight) throws(ClientError) {
    switch flight {
    case .orders(let batch):
      try client.send(
        .recordOrders,
        RecordOrdersRequest(currency: currency, minorDigits: minorDigits, orders: batch.orders))
    case .lines(let lines):
      try client.send(
        .recordOrderLines,
        RecordOrderLinesRequest(currency: currency, minorDigits: minorDigits, lines: lines))
    }
    inFlight.append(flight)
  }

  /// Takes the oldest answer; an overloaded server is asked again, after a pause.
  private mutating func takeAnswer() throws(ClientError) -> Answer {
    var attempts = 0
    while true {
      do throws(ClientError) {
        let reply = try client.receive(RecordReply.self)
        return try take(reply, of: inFlight.removeFirst())
      } catch {
        guard case .refused(let refusal) = error, refusal.status == .overloaded,
          attempts < Self.attemptsMax
        else { throw error }
        attempts += 1
        usleep(100_000)
        // Sent again it is the newest: the others move up by one.
        try send(inFlight.removeFirst())
      }
    }
  }

  private mutating func take(
    _ reply: RecordReply, of flight: Flight
  ) throws(ClientError) -> Answer {
    var answer = Answer()
    switch flight {
    case .lines:
      answer.lines = (Int(reply.recorded), Int(reply.duplicates), reply.refused.count)
    case .orders(let batch):
      (answer.recorded, answer.duplicates) = (Int(reply.recorded), Int(reply.duplicates))
      let refused = reply.refused.filter { Int($0.row) < batch.origins.count }
      answer.refused = refused.map { (batch.origins[Int($0.row)], $0.status) }
      var lines = batch.lines
      for row in refused { lines[Int(row.row)] = [] }
      try send(lines.flatMap(\.self))
    }
    return answer
  }

  /// Sends lines, as many requests as it takes.
  private mutating func send(_ lines: [RecordOrderLinesRequest.Line]) throws(ClientError) {
    // A line has at most 209 bytes: so many fit into a frame.
    for start in stride(from: 0, to: lines.count, by: Self.rowsMax) {
      try send(.lines(Array(lines[start..<min(lines.count, start + Self.rowsMax)])))
    }
  }
}
