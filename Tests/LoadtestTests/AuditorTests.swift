// The auditor must accept what is right and refuse everything else, however close.

import Models
import Testing
import Wire

@testable import loadtest

@Suite("Auditor")
struct AuditorTests {
  private static let today: Int32 = 20_000
  private let population: Population

  init() throws {
    population = try Population(
      count: 500, seed: 3, today: Self.today,
      terms: try ScoreTerms(horizonDays: 273, discountRatePerYear: 0.1, margin: 0.8))
  }

  /// What a server answers: its own way over the lanes, not the auditor's.
  private func reply(_ customer: Int, and orders: [DatedAmount] = []) throws -> ScoreReply {
    let account = try #require(
      Account(population.orders(of: customer) + orders, asOf: Self.today))
    let model = CustomerModel(
      purchase: population.shop.model, spend: population.shop.spend)
    let mean = population.meanSpend(of: account)
    let score = model.score(
      account.history(asOf: Self.today), meanSpend: mean, terms: population.terms)
    var reply = ScoreReply()
    (reply.known, reply.spendKnown, reply.generation) = (true, true, 1)
    (reply.asOfDay, reply.firstOrderDay) = (Self.today, account.firstDay)
    reply.repeatOrders = UInt32(account.repeatOrders)
    reply.recencyDays = account.lastDay - account.firstDay
    reply.ageDays = Self.today - account.firstDay
    reply.meanSpend = mean
    reply.aliveProbability = score.aliveProbability
    reply.churnProbability = score.churnProbability
    reply.expectedOrders = score.expectedOrders
    reply.expectedSpend = score.expectedSpendPerOrder
    reply.lifetimeValue = score.lifetimeValue
    reply.modelChurnProbability = score.churnProbability
    return reply
  }

  private func audit(
    _ reply: ScoreReply, of customer: Int = 1, connection: Int = 1, sent: UInt64 = 100,
    answered: UInt64 = 200, log: OrderLog = OrderLog()
  ) -> AuditResult {
    Auditor(population: population, generation: 1, log: log).audit([
      Sample(
        customer: customer, connection: connection, sentTick: sent, answeredTick: answered,
        days: Self.today...Self.today, reply: reply)
    ])
  }

  @Test("every right answer is accepted")
  func right() throws {
    for customer in 0..<population.count {
      let result = audit(try reply(customer), of: customer)
      #expect(result == AuditResult(sampled: 1), "customer \(customer): \(result.complaints)")
    }
  }

  @Test("an answer that is wrong by two in a thousand million is refused, field by field")
  func wrong() throws {
    let right = try reply(1)
    let changes: [WritableKeyPath<ScoreReply, Double>] = [
      \.aliveProbability, \.churnProbability, \.expectedOrders, \.expectedSpend, \.lifetimeValue,
    ]
    for change in changes {
      var reply = right
      reply[keyPath: change] *= 1 + 2e-9
      #expect(audit(reply).wrong == 1, "\(change)")
      reply[keyPath: change] = .nan
      #expect(audit(reply).wrong == 1, "\(change) as NaN")
    }
    var reply = right
    reply.repeatOrders += 1
    #expect(audit(reply).wrong == 1)
    reply = right
    reply.generation = 2
    #expect(audit(reply).wrong == 1)
    reply = right
    reply.asOfDay += 1
    #expect(audit(reply).wrong == 1)
    reply = right
    reply.known = false
    #expect(audit(reply).wrong == 1)
  }

  private let order = DatedAmount(day: AuditorTests.today, amountMinor: 4_200)

  /// A log with one order of customer 1 on connection 2.
  private func log(sent: UInt64, answered: UInt64?) -> OrderLog {
    var log = OrderLog()
    let number = log.append(customer: 1, order, connection: 2, tick: sent)
    if let answered { log.answered(number, tick: answered) }
    return log
  }

  @Test("an order that was answered before the question must be in the score")
  func certainOrder() throws {
    let log = log(sent: 10, answered: 20)
    #expect(audit(try reply(1, and: [order]), log: log).wrong == 0)
    #expect(audit(try reply(1), log: log).wrong == 1)
  }

  @Test("an order under way may be in the score or not", arguments: [30, 150] as [UInt64])
  func openOrder(sent: UInt64) throws {
    for log in [log(sent: sent, answered: nil), log(sent: sent, answered: 250)] {
      #expect(audit(try reply(1, and: [order]), log: log).wrong == 0)
      #expect(audit(try reply(1), log: log).wrong == 0)
    }
  }

  @Test("an order that was sent after the answer must not be in the score")
  func laterOrder() throws {
    let log = log(sent: 300, answered: 400)
    #expect(audit(try reply(1, and: [order]), log: log).wrong == 1)
    #expect(audit(try reply(1), log: log).wrong == 0)
  }

  @Test("orders and questions of one connection are executed in their order")
  func sameConnection() throws {
    let before = log(sent: 30, answered: 150)
    #expect(audit(try reply(1, and: [order]), connection: 2, log: before).wrong == 0)
    #expect(audit(try reply(1), connection: 2, log: before).wrong == 1)
    let after = log(sent: 150, answered: nil)
    #expect(audit(try reply(1, and: [order]), connection: 2, log: after).wrong == 1)
    #expect(audit(try reply(1), connection: 2, log: after).wrong == 0)
  }

  @Test("of several orders under way any may be in the score, and too many are not judged")
  func manyOpenOrders() throws {
    var log = OrderLog()
    for number in 0..<3 {
      _ = log.append(
        customer: 1, DatedAmount(day: Self.today, amountMinor: Int64(100 + number)), connection: 2,
        tick: 150)
    }
    let last = DatedAmount(day: Self.today, amountMinor: 102)
    #expect(audit(try reply(1, and: [last]), log: log).wrong == 0)
    #expect(audit(try reply(1, and: [order]), log: log).wrong == 1)
    for _ in 0..<Auditor.openMax {
      _ = log.append(customer: 1, order, connection: 2, tick: 150)
    }
    let all = [order, DatedAmount(day: Self.today, amountMinor: 1)]
    let result = audit(try reply(1, and: all), log: log)
    #expect(result.undecided == 1)
    #expect(result.wrong == 0)
  }
}
