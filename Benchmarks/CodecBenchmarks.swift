// Groups «frame»: what it costs to write and read the bytes of requests and replies.

import Platform
import Wire

enum CodecBenchmarks {
  static func run(_ bench: inout Bench) throws {
    let passes = bench.isQuick ? 20_000 : 200_000
    if bench.wants("frame of score one") {
      let request = ScoreOneRequest(terms: Shop.terms, customer: Shop.name(123_456))
      let reply = ScoreReply()
      try bench.compare(
        "frame of score one", .nanosecondsEach,
        [
          Contestant("write and read the reply", amount: Double(passes)) {
            try turnaround(.scoreOne, reply, passes)
          },
          Contestant("write and read the request", amount: Double(passes)) {
            try turnaround(.scoreOne, request, passes)
          },
        ])
    }
    if bench.wants("frame of record orders, a row") {
      let rows = 1_000
      let orders = (0..<rows).map { number in
        RecordOrdersRequest.Order(
          customer: Shop.name(number), order: "order-\(number)", timeMicros: Shop.nowMicros,
          amountMinor: Int64(number))
      }
      let batch = RecordOrdersRequest(
        currency: Shop.currency, minorDigits: Shop.minorDigits, orders: orders)
      let frame = try Shop.frame(.recordOrders, batch)
      let passes = passes / rows
      let amount = Double(passes * rows)
      try bench.compare(
        "frame of record orders, a row", .nanosecondsEach,
        [
          Contestant("write", amount: amount) {
            var out = ByteBuffer()
            var sum = 0
            for _ in 0..<passes {
              let mark = Frame.begin(verb: Verb.recordOrders.rawValue, tag: 1, in: &out)
              try batch.write(to: &out)
              Frame.end(mark, in: &out)
              sum += out.count
              out.consume(out.count)
            }
            return UInt64(sum)
          },
          Contestant("read in place, as the engine does", amount: amount) {
            var sum: Int64 = 0
            for _ in 0..<passes {
              var reader = FrameReader(frame.rawBytes, from: FrameHeader.size)
              let head = try BatchHead(from: &reader)
              for _ in 0..<head.count { sum &+= try OrderRow(from: &reader).amountMinor }
            }
            return UInt64(bitPattern: sum)
          },
          Contestant("read as values", amount: amount) {
            var sum = 0
            for _ in 0..<passes {
              var reader = FrameReader(frame.rawBytes, from: FrameHeader.size)
              sum += try RecordOrdersRequest(from: &reader).orders.count
            }
            return UInt64(sum)
          },
        ])
    }
  }

  /// Writes a body into a frame, cuts the frame and reads the body.
  private static func turnaround<Body: Message>(
    _ verb: Verb, _ body: Body, _ passes: Int
  ) throws -> UInt64 {
    var out = ByteBuffer()
    var sum: UInt64 = 0
    for pass in 0..<passes {
      let mark = Frame.begin(verb: verb.rawValue, tag: UInt64(pass), in: &out)
      try body.write(to: &out)
      Frame.end(mark, in: &out)
      guard case .frame(let header) = try Frame.cut(out.bytes, sizeMax: Limits.frameSizeMax) else {
        continue
      }
      var reader = FrameReader(out.bytes, from: FrameHeader.size)
      _ = try Body(from: &reader)
      sum &+= header.tag
      out.consume(header.frameSize)
    }
    return sum
  }
}
