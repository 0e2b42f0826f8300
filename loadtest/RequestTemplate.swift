// Requests as bytes with holes: written once by Wire, then filled in for every request, so that
// the load costs less than what it loads. A test compares them with what Wire writes.

import Platform
import Wire

/// A request for a decision whose tag, key, customer, basket and features change.
struct DecisionTemplate {
  private let frame: [UInt8]

  // Offsets in the frame: the name of the placement has eight bytes, as that of the customer.
  private static let tag = 8
  private static let number = FrameHeader.size + 8
  private static let customer = FrameHeader.size + CommandKey.size + 1
  private static let basket = customer + 8 + 1 + 8 + 3

  /// A template.
  ///
  /// - Parameters:
  ///   - producer: of all keys.
  ///   - isGreedy: whether the best is taken.
  /// - Throws: `invalidField`, which the shop's own names never are.
  init(producer: UInt64, isGreedy: Bool) throws(Refusal) {
    var request = DecideRequest(
      key: CommandKey(producer: producer, number: 0), customer: Population.name(0),
      placement: DecisionShop.placement, channel: .site,
      flags: isGreedy ? [.greedy, .categoriesKnown] : .categoriesKnown)
    request.lines = 3
    request.categories = DecisionShop.categories
    request.schema = DecisionShop.schema
    request.features = [Double](repeating: 0, count: Limits.ownFeaturesMax)
    var out = ByteBuffer()
    let mark = Frame.begin(verb: Verb.decide.rawValue, tag: 0, in: &out)
    try request.write(to: &out)
    Frame.end(mark, in: &out)
    frame = (0..<out.count).map { out.bytes.byte(at: $0) }
  }

  /// Appends a request.
  ///
  /// - Parameters:
  ///   - tag: the frame's.
  ///   - number: the key's; no other request has it.
  ///   - customer: eight digits.
  ///   - basketMinor: value of the basket.
  ///   - feature: draws a feature.
  ///   - out: where it goes.
  func write(
    tag: UInt64, number: UInt64, customer: UInt64, basketMinor: Int64,
    feature: () -> Double, to out: inout ByteBuffer
  ) {
    let start = out.count
    out.append(bytes: frame.rawBytes)
    out.patch(tag, at: start + Self.tag)
    out.patch(number, at: start + Self.number)
    out.patch(customer, at: start + Self.customer)
    out.patch(basketMinor, at: start + Self.basket)
    var place = out.count - 8 * Limits.ownFeaturesMax
    while place < out.count {
      out.patch(feature(), at: place)
      place += 8
    }
  }
}

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
