// What every body has in common: it ends where its last field does, broken bytes never trap, and
// its fields keep their ranges. The examples themselves are compared in ProtocolDocumentTests.

import Support
import Testing
import Wire

@Suite("Message")
struct MessageTests {
  @Test("a body that ends early is malformed, at an offset within it", arguments: Example.all)
  func truncated(_ example: Example) throws {
    let whole = try example.encode()
    for size in FrameHeader.size..<whole.count {
      // What ends here is a model without the rest; ModelFieldsTests looks at it.
      if try ModelFieldsTests.earlyEnds(of: example).contains(size) { continue }
      var bytes = Array(whole[..<size])
      bytes.replaceSubrange(0..<4, with: littleEndian(UInt32(size - 4)))
      let refused = try #require(refusal { _ = try example.recode(bytes) }, "\(size) bytes")
      #expect(refused.status == .malformed, "\(size) bytes: \(refused)")
      let offset = try #require(refused.offset)
      #expect((FrameHeader.size...size).contains(Int(offset)), "\(size) bytes")
    }
  }

  @Test("bytes behind the last field are malformed", arguments: Example.all)
  func continued(_ example: Example) throws {
    let whole = try example.encode()
    let refused = refusal { _ = try example.recode(whole + [0]) }
    #expect(refused?.status == .malformed)
    #expect(refused?.offset == UInt32(whole.count))
  }

  @Test("no corruption of a single byte traps", arguments: Example.all)
  func corrupted(_ example: Example) throws {
    let whole = try example.encode()
    var bytes = buffer(whole)
    for place in 0..<whole.count {
      for value in 0...UInt8.max where value != whole[place] {
        bytes.patch(value, at: place)
        do throws(Refusal) {
          if case .frame(let header) = try Frame.cut(bytes.bytes, sizeMax: Limits.frameSizeMax) {
            try example.decode(bytes.bytes.extracting(0..<header.frameSize))
          }
        } catch {
          let offset = error.offset.map { Int($0) } ?? -1
          if !(0...whole.count).contains(offset) {
            Issue.record("byte \(place) = \(value): \(error)")
          }
        }
      }
      bytes.patch(whole[place], at: place)
    }
  }

  @Test("what is read from a frame with a flipped bit reads the same when written again")
  func flipped() throws {
    for example in Example.all {
      let whole = try example.encode()
      for place in 0..<whole.count {
        var bytes = whole
        bytes[place] ^= 1 << UInt8(place % 8)
        _ = refusal {
          let once = try example.recode(bytes)
          let twice = try example.recode(once)
          if twice != once { Issue.record("\(example), byte \(place)") }
        }
      }
    }
  }

  @Test("random bytes behind a header never trap", arguments: seeds(20))
  func random(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for example in Example.all {
      var bytes = try makeFrame(Empty())
      for _ in 0..<Int.random(in: 0...120, using: &random) {
        // Small numbers are more often a count or a size that holds.
        bytes.append(UInt8.random(in: 0...(Bool.random(using: &random) ? 3 : 255), using: &random))
      }
      bytes.replaceSubrange(0..<4, with: littleEndian(UInt32(bytes.count - 4)))
      if let refused = refusal({ _ = try example.recode(bytes) }) {
        let offset = refused.offset.map { Int($0) } ?? -1
        #expect((0...bytes.count).contains(offset), "SEED=\(seed) \(example): \(refused)")
      }
    }
  }

  // MARK: Ranges

  /// A field of an example, with bytes on and over the edge of its range.
  struct Edge: Sendable, CustomStringConvertible {
    var title: String
    var field: String
    var allowed: [[UInt8]]
    var refused: [[UInt8]]

    init(_ title: String, _ field: String, allowed: [Double], refused: [Double]) {
      self.init(
        title, field, bytes: allowed.map { littleEndian($0) },
        not: refused.map { littleEndian($0) })
    }

    init<T: FixedWidthInteger>(_ title: String, _ field: String, allowed: [T], refused: [T]) {
      self.init(
        title, field, bytes: allowed.map { littleEndian($0) },
        not: refused.map { littleEndian($0) })
    }

    init(_ title: String, _ field: String, bytes allowed: [[UInt8]], not refused: [[UInt8]]) {
      self.title = title
      self.field = field
      self.allowed = allowed
      self.refused = refused
    }

    var description: String { "\(title), \(field)" }
  }

  static let notFinite = [Double.nan, -.nan, .signalingNaN, .infinity, -.infinity]

  static let edges: [Edge] =
    terms(of: "score one request") + terms(of: "score many request") + parameters + counts + others
    + offers

  static func terms(of title: String) -> [Edge] {
    let tiny = Double.leastNonzeroMagnitude
    let horizon: [Double] = [0, -1, (3_653.0).nextUp]
    let rate: [Double] = [-tiny, (10.0).nextUp]
    let margin: [Double] = [-tiny, (1.0).nextUp]
    return [
      Edge(title, "horizon", allowed: [tiny, 1, 3_653], refused: horizon + notFinite),
      Edge(title, "discount rate", allowed: [0, 10], refused: rate + notFinite),
      Edge(title, "margin", allowed: [0, 1], refused: margin + notFinite),
    ]
  }

  static let parameters: [Edge] = ["r", "alpha", "a or s", "b or beta", "p", "q", "gamma"].map {
    name in
    let allowed: [Double] = [0, -1, .greatestFiniteMagnitude]
    return Edge("adopt model request", name, allowed: allowed, refused: notFinite)
  }

  static let counts: [Edge] = {
    let tooMany: [UInt32] = [8193, .max]
    return [
      Edge("record orders request", "count", allowed: [UInt32(2)], refused: [0] + tooMany),
      Edge("record returns request", "count", allowed: [UInt32(1)], refused: [0] + tooMany),
      Edge("record consents request", "count", allowed: [UInt32(2)], refused: [0] + tooMany),
      Edge("score many request", "count", allowed: [UInt32(2)], refused: [0, 100_001, .max]),
      Edge("score many reply", "count", allowed: [UInt32(2)], refused: [0] + tooMany),
      Edge("record reply", "count", allowed: [UInt32(1)], refused: tooMany),
      Edge("declare shop request", "count", allowed: [UInt16(3)], refused: [0, 1025, .max]),
    ]
  }()

  static let others: [Edge] = {
    let amounts: [Int64] = [0, 1_000_000_000_000_000]
    let notAmounts: [Int64] = [-1, 1_000_000_000_000_001, .min, .max]
    let offsets: [Int32] = [-86_400, 86_400]
    let notOffsets: [Int32] = [-86_401, 86_401, .min, .max]
    let flags: [UInt8] = [0, 1]
    let notFlags: [UInt8] = [2, 255]
    let notCurrencies = ["\0", "\u{2}EU", "\u{4}EURO", "\u{3}eur", "\u{3}E R", "\u{3}E€"]
    return [
      Edge("adopt model request", "spend known", allowed: flags, refused: notFlags),
      Edge(
        "record events request", "events[0].kind", allowed: [UInt8(1)], refused: [0, 9, 255]),
      Edge(
        "record events request", "events[1].channel", allowed: [UInt8(1), 7], refused: [0, 8]),
      Edge("record events request", "events[0].channel", allowed: [UInt8(0)], refused: [1]),
      Edge("record events request", "events[0].amount", allowed: amounts, refused: notAmounts),
      Edge("record events request", "events[1].amount", allowed: [Int64(0)], refused: [1, -1]),
      Edge("record events request", "events[1].lines", allowed: [UInt16(0)], refused: [1]),
      Edge(
        "record order lines request", "lines[0].quantity", allowed: [UInt32(1), .max], refused: [0]),
      Edge("record order lines request", "lines[1].amount", allowed: amounts, refused: notAmounts),
      Edge(
        "record order lines request", "lines[1].category", bytes: [[1, 65]],
        not: [[0], [1, 0xFF]]),
      Edge(
        "record profiles request", "profiles[0].country", bytes: [Array("\u{2}DE".utf8)],
        not: ["\u{2}de", "\u{3}DEU", "\u{1}D", "\u{2}D1"].map { Array($0.utf8) }),
      Edge(
        "record profiles request", "profiles[0].preferred channel", allowed: [UInt8(1), 7],
        refused: [8, 255]),
      Edge(
        "record profiles request", "profiles[1].changes", allowed: [UInt8(0), 4, 15],
        refused: [16, 255]),
      Edge(
        "record consents request", "consents[0].channel", allowed: [UInt8(1), 7],
        refused: [0, 8, 255]),
      Edge(
        "record consents request", "consents[0].purpose", allowed: [UInt8(1), 4],
        refused: [0, 5, 255]),
      Edge(
        "record consents request", "consents[1].said", allowed: [UInt8(1), 3], refused: [0, 4, 255]),
      Edge(
        "record consents request", "consents[0].expires",
        allowed: [Int64(0), 872_078_400_000_001, .max], refused: [-1, 872_078_400_000_000, .min]),
      Edge(
        "record consents request", "consents[1].expires", allowed: [Int64(0)],
        refused: [872_078_400_000_009]),
      Edge(
        "record consents request", "consents[0].source", bytes: [[0], [1, 65]],
        not: [[1, 0xFF], [65] + [UInt8](repeating: 65, count: 65)]),
      Edge("status request", "state hash", allowed: flags, refused: notFlags),
      Edge("record orders request", "orders[1].amount", allowed: amounts, refused: notAmounts),
      Edge("record returns request", "returns[0].amount", allowed: amounts, refused: notAmounts),
      Edge("record orders request", "minor digits", allowed: [UInt8(0), 4], refused: [5, 255]),
      Edge(
        "record returns request", "currency", bytes: [Array("\u{3}AZZ".utf8)],
        not: notCurrencies.map { Array($0.utf8) }),
      Edge("record reply", "refused[0].status", allowed: [UInt16(11), 22], refused: [30, .max]),
      Edge("declare shop request", "time zone", bytes: [Array("\u{1}Z".utf8)], not: [[0]]),
      Edge(
        "declare shop request", "transitions[2].offset", allowed: offsets, refused: notOffsets),
    ]
  }()

  @Test("a field keeps its range, and a refusal names its offset", arguments: edges)
  func range(_ edge: Edge) throws {
    let example = try Example.named(edge.title)
    let offset = UInt32(try example.range(of: edge.field).lowerBound)
    for bytes in edge.allowed {
      #expect(try example.refusal(with: edge.field, bytes) == nil, "\(bytes)")
    }
    for bytes in edge.refused {
      let refused = try #require(try example.refusal(with: edge.field, bytes), "\(bytes)")
      #expect(refused.status == .invalidField, "\(bytes)")
      #expect(refused.offset == offset, "\(bytes)")
    }
  }

  @Test("transitions must rise, the first one from the beginning of time")
  func transitions() throws {
    let example = try Example.named("declare shop request")
    for (field, from) in [
      ("transitions[0].from", Int64(0)), ("transitions[0].from", Int64.min + 1),
      ("transitions[1].from", Int64.min), ("transitions[2].from", Int64(859_683_600)),
    ] {
      let refused = try #require(try example.refusal(with: field, littleEndian(from)))
      #expect(refused.status == .invalidField)
      #expect(refused.offset == UInt32(try example.range(of: field).lowerBound))
    }
  }

  @Test("as many rows as a batch may have are read, and one more is not")
  func rows() throws {
    let order = RecordOrdersRequest.Order(
      customer: "c", order: "o", timeMicros: 0, amountMinor: Limits.amountMax)
    let orders = RecordOrdersRequest(
      currency: "EUR", minorDigits: 4, orders: Array(repeating: order, count: Limits.rowsMax))
    #expect(
      try readBody(RecordOrdersRequest.self, of: makeFrame(orders)).orders.count
        == Limits.rowsMax)
    let customers = Array(repeating: "c", count: Limits.customersMax + 1)
    let terms = ScoreTermsFields(asOfMicros: 0, horizonDays: 1, discountRate: 0, margin: 1)
    let bytes = try makeFrame(ScoreManyRequest(terms: terms, customers: customers))
    let refused = refusal { _ = try readBody(ScoreManyRequest.self, of: bytes) }
    #expect(refused?.offset == 56)
    let scores = ScoreManyReply(
      scores: Array(repeating: ScoreReply(), count: Limits.scoresMax))
    #expect(try makeFrame(scores).count <= Limits.frameSizeMax)
    let tooMany = ScoreManyReply(
      scores: Array(repeating: ScoreReply(), count: Limits.scoresMax + 1))
    #expect(
      refusal { _ = try readBody(ScoreManyReply.self, of: makeFrame(tooMany)) }?.offset == 24)
    // The longest request there is.
    let size = FrameHeader.size + 36 + Limits.customersMax * (1 + Limits.identifierSizeMax)
    #expect(size <= Limits.batchFrameSizeMax)
  }

  @Test("a row of a score many reply has the size the code states")
  func scoreSize() throws {
    #expect(try makeFrame(ScoreReply()).count == FrameHeader.size + ScoreReply.size)
    #expect(ScoreReply.fields.reduce(0) { $0 + ($1.type.size ?? 0) } == ScoreReply.size)
  }

  @Test("an order's size is what its row takes on the wire")
  func orderSize() throws {
    let order = RecordOrdersRequest.Order(
      customer: "Zoë", order: "A/2", timeMicros: 1, amountMinor: 2)
    func size(_ count: Int) throws -> Int {
      try makeFrame(
        RecordOrdersRequest(
          currency: "EUR", minorDigits: 2, orders: Array(repeating: order, count: count))
      ).count
    }
    #expect(try size(2) - size(1) == order.size)
  }
}
