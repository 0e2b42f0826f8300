// Orders and returns through the socket: each recorded exactly once, or refused for a reason.

import Client
import Platform
import Support
import Testing
import Wire

@Suite("Recording")
struct RecordingTests {
  @Test("the same batch again changes nothing and is counted as duplicates")
  func idempotence() throws {
    let server = try LiveServer()
    var client = try server.client()
    let batch = Frames.batch((0..<200).map { Frames.order("c\($0 % 17)", "\($0)", day: $0 % 90) })
    let first = try client.recordOrders(batch)
    #expect(first.recorded == 200 && first.duplicates == 0 && first.refused.isEmpty)
    let hash = try server.stateHash()

    var again = batch
    // Even with another amount and another day it is the same order.
    again.orders[3].amountMinor += 1
    again.orders[4].timeMicros += Frames.day
    let second = try client.recordOrders(again)
    #expect(second.recorded == 0 && second.duplicates == 200 && second.refused.isEmpty)
    #expect(second.sequence == first.sequence + 1)
    #expect(try server.stateHash() == hash)
    let status = try client.status()
    #expect(status.orders == 200 && status.customers == 17)
  }

  @Test("twice the same row within one batch is one order")
  func twiceInOneBatch() throws {
    let server = try LiveServer()
    var client = try server.client()
    let order = Frames.order("c", "1", day: 0)
    let reply = try client.recordOrders(Frames.batch([order, order]))
    #expect(reply.recorded == 1 && reply.duplicates == 1)
    #expect(try client.status().orders == 1)
  }

  @Test("an order's identifier belongs to its customer, and identifiers are compared byte by byte")
  func identity() throws {
    let server = try LiveServer()
    var client = try server.client()
    let reply = try client.recordOrders(
      Frames.batch([
        Frames.order("a", "1", day: 0), Frames.order("A", "1", day: 0),
        Frames.order("b", "1", day: 0), Frames.order("a", "11", day: 0),
        Frames.order("a1", "1", day: 0),
      ]))
    #expect(reply.recorded == 5 && reply.duplicates == 0)
    #expect(try client.status().customers == 4)
    let long = String(repeating: "x", count: 64)
    #expect(try client.recordOrders(Frames.batch([Frames.order(long, long, day: 0)])).recorded == 1)
  }

  @Test("refused rows are named with their place and status, and the others are recorded")
  func refusedRows() throws {
    let server = try LiveServer()
    var client = try server.client()
    var ancient = Frames.order("c", "0", day: 0)
    ancient.timeMicros = -1
    // A sum has 64 bits: room for 9,223 of the largest amount.
    let orders =
      [ancient, Frames.order("d", "1", day: 0)]
      + (0..<8000).map { Frames.order("rich", "\($0)", day: 1, Limits.amountMax) }
    let reply = try client.recordOrders(Frames.batch(orders))
    #expect(reply.recorded == 8001)
    #expect(reply.refused == [.init(row: 0, status: .timeOutOfRange)])
    let more = try client.recordOrders(
      Frames.batch((8000..<9300).map { Frames.order("rich", "\($0)", day: 1, Limits.amountMax) }))
    let fitting = 9223 - 8000
    #expect(more.recorded == UInt32(fitting))
    #expect(
      more.refused
        == (fitting..<1300).map { .init(row: UInt32($0), status: .amountOverflow) })
  }

  @Test("the first recorded batch declares the currency, and another one is refused")
  func currency() throws {
    let server = try LiveServer()
    var client = try server.client()
    let yen = RecordOrdersRequest(
      currency: "JPY", minorDigits: 0, orders: [Frames.order("c", "1", day: 0)])
    _ = try client.recordOrders(yen)
    let hash = try server.stateHash()
    #expect(
      refusedStatus {
        _ = try client.recordOrders(Frames.batch([Frames.order("c", "2", day: 0)]))
      } == .currencyMismatch)
    #expect(
      refusedStatus {
        _ = try client.recordReturns(Frames.batch([Frames.returning("c", "1", "r", day: 1)]))
      } == .currencyMismatch)
    #expect(try server.stateHash() == hash)
    var late = try server.client()
    #expect(late.hello.currency == "JPY" && late.hello.minorDigits == 0)
    #expect(try late.ping() > 0)
  }

  @Test("the shop is declared once; the same declaration again is no mistake")
  func declaration() throws {
    let server = try LiveServer()
    var client = try server.client()
    #expect(client.hello.timeZone == "UTC")
    try client.declareShop(timeZone: "UTC", transitions: Frames.utc.transitions)
    #expect(
      refusedStatus {
        try client.declareShop(timeZone: "Europe/Paris", transitions: Frames.utc.transitions)
      } == .alreadyDeclared)
  }

  @Test("several orders of one day count once, and their amounts add up")
  func oneDay() throws {
    let server = try LiveServer()
    var client = try server.client()
    _ = try client.adoptModel(Frames.model)
    _ = try client.recordOrders(
      Frames.batch([
        Frames.order("c", "1", day: 0, 500), Frames.order("c", "2", day: 0, 700),
        Frames.order("c", "3", day: 7, 1000), Frames.order("c", "4", day: 7, 250),
        Frames.order("c", "5", day: 30, 0),
      ]))
    let score = try client.score("c", Frames.terms)
    #expect(score.repeatOrders == 2)
    #expect(score.recencyDays == 30)
    #expect(score.ageDays == 272)
    #expect(score.meanSpend == 6.25)
  }

  @Test("a customer without orders is not known and has the expectation of a customer of today")
  func unknown() throws {
    let server = try LiveServer()
    try server.furnish()
    var client = try server.client()
    let nobody = try client.score("nobody", Frames.terms)
    #expect(!nobody.known && nobody.spendKnown)
    #expect(nobody.repeatOrders == 0 && nobody.recencyDays == 0 && nobody.ageDays == 0)
    // The figures of protocol.md's example.
    #expect(abs(nobody.aliveProbability / 0.6442192616027962 - 1) < 1e-12)
    #expect(abs(nobody.expectedOrders / 1.1822798009681872 - 1) < 1e-12)
    #expect(abs(nobody.lifetimeValue / 40.203185967229814 - 1) < 1e-12)
    // C-1 is not known before the first order either.
    var terms = Frames.terms
    terms.asOfMicros = Frames.start - Frames.day
    let early = try client.score("C-1", terms)
    #expect(!early.known && early.aliveProbability == nobody.aliveProbability)
  }

  @Test("without a model there is no score, and without orders there is no fit")
  func nothingYet() throws {
    let server = try LiveServer()
    var client = try server.client()
    #expect(refusedStatus { _ = try client.score("c", Frames.terms) } == .noModel)
    #expect(refusedStatus { _ = try client.scoreMany(["c"], Frames.terms) } == .noModel)
    #expect(refusedStatus { _ = try client.fit(kind: 2) } == .notEnoughData)
    #expect(try client.status().model == nil)
  }
}

/// The status with which the server refused the work; nil when it did not.
func refusedStatus(_ work: () throws -> Void) -> Status? {
  do {
    try work()
  } catch {
    if case .refused(let refusal) = error as? ClientError { return refusal.status }
  }
  return nil
}
