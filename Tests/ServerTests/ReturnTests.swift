// Returns through the socket: what comes back, what cannot, and what is left of the customer.

import Client
import Platform
import Support
import Testing
import Wire

@Suite("Return")
struct ReturnTests {
  private typealias Row = RecordReply.RefusedRow

  /// A customer with orders of 10.00 on day 0, 20.00 on day 10, 30.00 on day 20, 0.00 on day 30.
  private static func server() throws -> LiveServer {
    let server = try LiveServer()
    var client = try server.client()
    _ = try client.recordOrders(
      Frames.batch([
        Frames.order("c", "1", day: 0, 1000), Frames.order("c", "2", day: 10, 2000),
        Frames.order("c", "3", day: 20, 3000), Frames.order("c", "free", day: 30, 0),
      ]))
    _ = try client.adoptModel(Frames.model)
    return server
  }

  @Test("a full return takes the order out of x, t_x and mean spend")
  func full() throws {
    let server = try Self.server()
    var client = try server.client()
    let before = try client.score("c", Frames.terms)
    #expect(before.repeatOrders == 3 && before.recencyDays == 30)
    _ = try client.recordReturns(Frames.batch([Frames.returning("c", "3", "r", day: 25)]))
    let after = try client.score("c", Frames.terms)
    #expect(after.repeatOrders == 2 && after.recencyDays == 30)
    #expect(after.meanSpend == 10)
    // The same as of the days before the return was recorded: nothing has come back yet.
    var terms = Frames.terms
    terms.asOfMicros = Frames.start + 24 * Frames.day
    #expect(try client.score("c", terms).repeatOrders == 2)
    terms.asOfMicros += Frames.day
    #expect(try client.score("c", terms).repeatOrders == 1)
  }

  @Test("a partial return lowers the amount of its order's day, and parts add up to the whole")
  func partial() throws {
    let server = try Self.server()
    var client = try server.client()
    let part = Frames.returning("c", "2", "r1", day: 12, 500)
    #expect(try client.recordReturns(Frames.batch([part])).recorded == 1)
    var score = try client.score("c", Frames.terms)
    #expect(score.repeatOrders == 3 && score.meanSpend == 15)
    let rest = Frames.returning("c", "2", "r2", day: 12, 1500)
    #expect(try client.recordReturns(Frames.batch([rest])).recorded == 1)
    score = try client.score("c", Frames.terms)
    #expect(score.repeatOrders == 2 && score.meanSpend == 15)
  }

  @Test("a returned first order starts the clock at the next one")
  func first() throws {
    let server = try Self.server()
    var client = try server.client()
    _ = try client.recordReturns(Frames.batch([Frames.returning("c", "1", "r", day: 40)]))
    let score = try client.score("c", Frames.terms)
    #expect(score.repeatOrders == 2 && score.recencyDays == 20 && score.ageDays == 262)
  }

  @Test("a free order comes back once, and when all has come back the customer is not known")
  func free() throws {
    let server = try Self.server()
    var client = try server.client()
    let rows = ["1", "2", "3", "free"].map { Frames.returning("c", $0, "r", day: 50) }
    #expect(try client.recordReturns(Frames.batch(rows)).recorded == 4)
    #expect(try !client.score("c", Frames.terms).known)
    let again = try client.recordReturns(
      Frames.batch([Frames.returning("c", "free", "r2", day: 50)]))
    #expect(again.refused == [Row(row: 0, status: .returnExceedsOrder)])
    // Who comes back afterwards is a new customer.
    _ = try client.recordOrders(Frames.batch([Frames.order("c", "5", day: 60)]))
    let score = try client.score("c", Frames.terms)
    #expect(score.known && score.repeatOrders == 0 && score.ageDays == 212)
  }

  @Test("a return that cannot be is refused by its row, and the others are recorded")
  func impossible() throws {
    let server = try Self.server()
    var client = try server.client()
    let reply = try client.recordReturns(
      Frames.batch([
        Frames.returning("c", "9", "a", day: 40),
        Frames.returning("nobody", "1", "b", day: 40),
        Frames.returning("c", "2", "c", day: 9),
        Frames.returning("c", "2", "d", day: 40, 2001),
        Frames.returning("c", "2", "e", day: 10, 2000),
        Frames.returning("c", "2", "f", day: 40, 1),
        Frames.returning("c", "2", "e", day: 40, 7),
        Frames.returning("c", "1", "e", day: -20_000),
      ]))
    #expect(reply.recorded == 1)
    #expect(reply.duplicates == 1)
    #expect(
      reply.refused == [
        Row(row: 0, status: .unknownOrder), Row(row: 1, status: .unknownOrder),
        Row(row: 2, status: .returnBeforeOrder), Row(row: 3, status: .returnExceedsOrder),
        Row(row: 5, status: .returnExceedsOrder), Row(row: 7, status: .timeOutOfRange),
      ])
    #expect(try client.status().returns == 1)
  }

  @Test("the same return again is a duplicate, whatever else it says; of another order it is new")
  func identifier() throws {
    let server = try Self.server()
    var client = try server.client()
    let one = Frames.returning("c", "2", "r", day: 40, 1)
    #expect(try client.recordReturns(Frames.batch([one])).recorded == 1)
    let hash = try server.stateHash()
    let changed = Frames.returning("c", "2", "r", day: 41, 9)
    let reply = try client.recordReturns(Frames.batch([one, changed]))
    #expect(reply.recorded == 0 && reply.duplicates == 2)
    #expect(try server.stateHash() == hash)
    let other = Frames.returning("c", "3", "r", day: 40, 1)
    #expect(try client.recordReturns(Frames.batch([other])).recorded == 1)
  }
}
