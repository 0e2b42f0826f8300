// The filled-in templates against what Wire writes.

import Platform
import Testing
import Wire

@testable import loadtest

@Suite("RequestTemplate")
struct RequestTemplateTests {
  private func bytes(_ buffer: borrowing ByteBuffer) -> [UInt8] {
    (0..<buffer.count).map { buffer.bytes.byte(at: $0) }
  }

  private func written(_ verb: Verb, _ request: some Message, tag: UInt64) throws -> [UInt8] {
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: tag, in: &frame)
    try request.write(to: &frame)
    Frame.end(mark, in: &frame)
    return bytes(frame)
  }

  @Test("a score request is what Wire writes", arguments: [0, 7, 12_345_678, 99_999_999])
  func score(customer: Int) throws {
    let terms = ScoreTermsFields(asOfMicros: 5, horizonDays: 90, discountRate: 0.1, margin: 0.5)
    var frame = ByteBuffer()
    try RequestTemplate.score(terms).write(
      tag: 77, customer: Population.digits(customer), to: &frame)
    let request = ScoreOneRequest(terms: terms, customer: Population.name(customer))
    #expect(bytes(frame) == (try written(.scoreOne, request, tag: 77)))
  }

  @Test("an order request is what Wire writes")
  func order() throws {
    var frame = ByteBuffer()
    try RequestTemplate.order().write(
      tag: 3, customer: Population.digits(4_711), order: Population.digits(815),
      timeMicros: 1_700_000_000_000_000, amountMinor: 1_999, to: &frame)
    let request = RecordOrdersRequest(
      currency: "USD", minorDigits: 2,
      orders: [
        .init(
          customer: "00004711", order: "00000815", timeMicros: 1_700_000_000_000_000,
          amountMinor: 1_999)
      ])
    #expect(bytes(frame) == (try written(.recordOrders, request, tag: 3)))
  }

  @Test("a request for a decision is what Wire writes", arguments: [false, true])
  func decision(isGreedy: Bool) throws {
    var frame = ByteBuffer()
    var next = 0.0
    func feature() -> Double {
      next += 0.25
      return next
    }
    try DecisionTemplate(producer: 9, isGreedy: isGreedy).write(
      tag: 5, number: 44, customer: Population.digits(4_711), basketMinor: 7_250,
      feature: feature, to: &frame)
    var request = DecideRequest(
      key: CommandKey(producer: 9, number: 44), customer: "00004711", placement: "checkout",
      channel: .site, flags: isGreedy ? [.greedy, .categoriesKnown] : .categoriesKnown)
    request.basketMinor = 7_250
    request.lines = 3
    request.categories = ["socks", "hats"]
    request.schema = 1
    request.features = (1...16).map { Double($0) / 4 }
    #expect(bytes(frame) == (try written(.decide, request, tag: 5)))
  }
}
