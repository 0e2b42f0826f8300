// What clients of a small shop ask in parts, and how each reply is read.

import Scoring
import Wire

extension SmallShop {
  /// How many customers are asked about: several words of a watch's members, and parts of a select.
  private static let streamedCount = 300

  static func name(_ number: Int) -> String { "c\(number % (streamedCount + 9))" }

  /// The shop that clients ask about, as commands.
  static var streamed: [(verb: Verb, body: any Message)] {
    var batch = RecordOrdersRequest(currency: "EUR", minorDigits: 2, orders: [])
    for number in 0..<streamedCount {
      for order in 0...(number % 4) {
        batch.orders.append(
          .init(
            customer: "c\(number)", order: "\(order)", timeMicros: start + Int64(order) * day,
            amountMinor: Int64(100 + number)))
      }
    }
    return [
      (
        .declareShop,
        DeclareShopRequest(
          timeZone: "UTC", transitions: [.init(fromSeconds: .min, offsetSeconds: 0)])
      ), (.recordOrders, batch),
    ]
  }

  static func order(_ customer: String, _ order: String) -> RecordOrdersRequest {
    RecordOrdersRequest(
      currency: "EUR", minorDigits: 2,
      orders: [
        .init(customer: customer, order: order, timeMicros: start + 40 * day, amountMinor: 990)
      ])
  }

  /// Whom a condition holds for, with few or many columns.
  static func select(_ condition: String, wide: Bool) -> SelectRequest {
    SelectRequest(
      condition: condition,
      columns: (0..<(wide ? Limits.selectColumnsMax : 2)).map {
        $0 == 0 ? "customer" : "total_spend"
      })
  }

  static var count: CountRequest {
    var request = CountRequest(condition: "orders >= 1")
    (request.groups, request.measures, request.shares) = (["segment"], ["total_spend"], [0.5])
    return request
  }

  /// Questions about all customers, and what wrong ones are refused for.
  static var questions: [[UInt8]] {
    [
      frame(.selectCustomers, select("orders >= 1 and not (country == \"FR\")", wide: false)),
      frame(
        .selectCustomers,
        SelectRequest(
          condition: "segment in (\"loyal\", \"new\") or bought(\"shoes\")",
          columns: [
            "customer", "segment", "lifetime_value", "tier", "first_order", "consent.email",
          ])
      ),
      frame(.countCustomers, count), frame(.readSegments, ReadSegmentsRequest()),
      frame(
        .watchCustomers, WatchRequest(condition: "p_alive < 0.9 or total_spend > 10")),
      frame(.selectCustomers, SelectRequest(condition: "basket > 5", columns: ["customer"])),
    ]
  }

  /// Reads the body of a reply.
  ///
  /// - Parameters:
  ///   - reader: stands at its beginning.
  ///   - verb: of the request.
  ///   - cancelled: is told whether a cancel has ended something.
  /// - Returns: whether it is what the verb is answered with.
  static func canRead(
    _ reader: inout FrameReader, of verb: Verb, cancelled: (Bool) -> Void = { _ in }
  ) -> Bool {
    func read<Reply: Message>(_ type: Reply.Type) -> Reply? { try? Reply(from: &reader) }
    switch verb {
    case .hello: return read(HelloReply.self) != nil
    case .ping: return read(PingReply.self) != nil
    case .recordOrders: return read(RecordReply.self) != nil
    case .defineSegments: return read(DefineSegmentsReply.self) != nil
    case .selectCustomers: return read(SelectReply.self) != nil
    case .countCustomers: return read(CountReply.self) != nil
    case .readSegments: return read(ReadSegmentsReply.self) != nil
    case .watchCustomers: return read(WatchReply.self) != nil
    case .status: return read(StatusReply.self) != nil
    case .cancel:
      guard let reply = read(CancelReply.self) else { return false }
      cancelled(reply.wasUnderWay)
      return true
    default: return false
    }
  }
}
