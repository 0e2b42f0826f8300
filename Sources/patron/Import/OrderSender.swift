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
  private var inFlight: [Batch<Origin>] = []
  /// What came of the rows: recorded, duplicates, and those refused with their origins.
  typealias Answer = (recorded: Int, duplicates: Int, refused: [(origin: Origin, status: Status)])

  init(_ client: consuming PatronClient, currency: String, minorDigits: UInt8) {
    self.client = client
    self.currency = currency
    self.minorDigits = minorDigits
  }

  /// Takes an order; sends when enough have come together.
  mutating func add(
    _ order: RecordOrdersRequest.Order, from origin: Origin
  ) throws(ClientError) -> [Answer] {
    batch.orders.append(order)
    batch.origins.append(origin)
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
    try send(batch)
    inFlight.append(batch)
    batch = Batch()
    return answers
  }

  private mutating func send(_ batch: Batch<Origin>) throws(ClientError) {
    try client.send(
      .recordOrders,
      RecordOrdersRequest(currency: currency, minorDigits: minorDigits, orders: batch.orders))
  }

  /// Takes the answer to the oldest batch; an overloaded server is asked again, after a pause.
  private mutating func takeAnswer() throws(ClientError) -> Answer {
    var attempts = 0
    while true {
      do throws(ClientError) {
        let reply = try client.receive(RecordReply.self)
        let batch = inFlight.removeFirst()
        let refused = reply.refused.filter { Int($0.row) < batch.origins.count }
        return (
          Int(reply.recorded), Int(reply.duplicates),
          refused.map { (batch.origins[Int($0.row)], $0.status) }
        )
      } catch {
        guard case .refused(let refusal) = error, refusal.status == .overloaded,
          attempts < Self.attemptsMax
        else { throw error }
        attempts += 1
        usleep(100_000)
        // Sent again it is the newest: the batches move up by one.
        let again = inFlight.removeFirst()
        try send(again)
        inFlight.append(again)
      }
    }
  }
}
