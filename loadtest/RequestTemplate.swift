// Requests as bytes with holes: written once by Wire, then filled in for every request, so that
// the load costs less than what it loads. A test compares them with what Wire writes.

import Platform
import Wire

/// A frame whose tag and last fields change from request to request.
struct RequestTemplate {
  /// The bytes before the tag.
  private let head: UInt64
  /// The bytes between the tag and the first field that changes.
  private let middle: [UInt8]

  private static let tagEnd = 16
  /// Customer, order and its length byte, time, amount: what changes in an order.
  private static let orderHoleSize = 8 + 1 + 8 + 8 + 8

  /// A score of a customer.
  static func score(_ terms: ScoreTermsFields) throws(Refusal) -> RequestTemplate {
    let request = ScoreOneRequest(terms: terms, customer: Population.name(0))
    return try RequestTemplate(.scoreOne, request, holeSize: 8)
  }

  /// A batch with one order.
  static func order() throws(Refusal) -> RequestTemplate {
    let name = Population.name(0)
    let request = RecordOrdersRequest(
      currency: Population.currency, minorDigits: Population.minorDigits,
      orders: [.init(customer: name, order: name, timeMicros: 0, amountMinor: 0)])
    return try RequestTemplate(.recordOrders, request, holeSize: orderHoleSize)
  }

  private init(_ verb: Verb, _ request: some Message, holeSize: Int) throws(Refusal) {
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: 0, in: &frame)
    try request.write(to: &frame)
    Frame.end(mark, in: &frame)
    head = frame.bytes.littleEndian64(at: 0)
    middle = (Self.tagEnd..<frame.count - holeSize).map { frame.bytes.byte(at: $0) }
  }

  /// Appends a request for a score.
  func write(tag: UInt64, customer: UInt64, to out: inout ByteBuffer) {
    out.append(head)
    out.append(tag)
    out.append(bytes: middle.rawBytes)
    out.append(customer)
  }

  /// Appends a request that records an order; customer and order are eight digits.
  func write(
    tag: UInt64, customer: UInt64, order: UInt64, timeMicros: Int64, amountMinor: Int64,
    to out: inout ByteBuffer
  ) {
    write(tag: tag, customer: customer, to: &out)
    out.append(UInt8(8))
    out.append(order)
    out.append(timeMicros)
    out.append(amountMinor)
  }
}
