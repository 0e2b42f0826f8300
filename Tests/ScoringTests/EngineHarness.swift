// An engine with the little that a test needs to talk to it: frames out of messages, messages out
// of replies, a clock that stands still unless it is moved.

import Scoring
import Wire

/// What came back.
enum Answer<Body: Equatable>: Equatable {
  case ok(Body)
  case refused(Status)

  var body: Body? {
    if case .ok(let body) = self { return body }
    return nil
  }
}

struct EngineHarness: ~Copyable {
  static let microsPerDay: Int64 = 86_400_000_000
  static let utc = DeclareShopRequest(
    timeZone: "UTC", transitions: [.init(fromSeconds: .min, offsetSeconds: 0)])
  static let parameters = ModelFields(kind: 2, parameters: SIMD4(0.525, 43.28, 0.891, 1.614))

  var engine: Engine
  var nowMicros: Int64
  /// Every accepted command, as the journal would hold it.
  var journal: [(sequence: UInt64, timeMicros: Int64, frame: [UInt8])] = []

  /// Whether the last request was recognised as a repeat.
  var wasRepeated = false

  /// An engine on day 20,000 with the shop declared in UTC, unless told otherwise.
  init(today: Int = 20_000, declared: DeclareShopRequest? = EngineHarness.utc) throws {
    engine = try Engine(Store(), indexKey: (1, 2))
    nowMicros = Self.noon(today)
    if let declared { _ = ask(.declareShop, declared, Empty.self) }
  }

  init(restoring store: Store, nowMicros: Int64) throws {
    engine = try Engine(store, indexKey: (3, 4))
    self.nowMicros = nowMicros
  }

  static func noon(_ day: Int) -> Int64 { Int64(day) * microsPerDay + microsPerDay / 2 }

  mutating func ask<Request: Message, Reply: Message & Equatable>(
    _ verb: Verb, _ request: Request, _ reply: Reply.Type
  ) -> Answer<Reply> {
    var frame = ByteBuffer()
    let mark = Frame.begin(verb: verb.rawValue, tag: 7, in: &frame)
    try? request.write(to: &frame)
    Frame.end(mark, in: &frame)
    return send(frame.bytes, reply)
  }

  mutating func send<Reply: Message & Equatable>(
    _ frame: RawSpan, _ reply: Reply.Type
  ) -> Answer<Reply> {
    var out = ByteBuffer()
    guard case .frame(let header)? = try? Frame.cut(frame, sizeMax: Limits.frameSizeMax) else {
      return .refused(.badFrame)
    }
    let outcome = engine.execute(header, frame, at: nowMicros, into: &out)
    if case .repeated = outcome { wasRepeated = true } else { wasRepeated = false }
    if case .changed = outcome {
      journal.append((engine.sequence, engine.timeMicros, Self.copy(frame)))
    }
    if case .decided = outcome {
      journal.append((engine.sequence, engine.timeMicros, Self.copy(engine.decisionFrame)))
    }
    guard case .frame(let head)? = try? Frame.cut(out.bytes, sizeMax: Limits.frameSizeMax),
      let status = Status(rawValue: head.status)
    else { return .refused(.taskFailed) }
    guard status == .ok else { return .refused(status) }
    var reader = FrameReader(out.bytes, from: FrameHeader.size)
    guard let body = try? Reply(from: &reader) else { return .refused(.malformed) }
    return .ok(body)
  }

  static func copy(_ bytes: RawSpan) -> [UInt8] {
    // The offsets are the span's own.
    bytes.byteOffsets.map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
  }

  // MARK: Short forms

  mutating func record(_ orders: [(customer: String, order: String, day: Int, minor: Int64)])
    -> Answer<RecordReply>
  {
    ask(
      .recordOrders,
      RecordOrdersRequest(
        currency: "EUR", minorDigits: 2,
        orders: orders.map {
          .init(
            customer: $0.customer, order: $0.order, timeMicros: Self.noon($0.day),
            amountMinor: $0.minor)
        }),
      RecordReply.self)
  }

  mutating func record(_ customer: String, _ order: String, day: Int, minor: Int64 = 1000)
    -> Answer<RecordReply>
  {
    record([(customer, order, day, minor)])
  }

  mutating func giveBack(
    _ customer: String, _ order: String, as returned: String, day: Int, minor: Int64 = 0
  ) -> Answer<RecordReply> {
    ask(
      .recordReturns,
      RecordReturnsRequest(
        currency: "EUR", minorDigits: 2,
        returns: [
          .init(
            customer: customer, order: order, returned: returned, timeMicros: Self.noon(day),
            amountMinor: minor)
        ]),
      RecordReply.self)
  }

  mutating func adopt(_ model: ModelFields = EngineHarness.parameters) -> Answer<AdoptModelReply> {
    var model = model
    model.spendKnown = true
    model.p = 6.25
    model.q = 3.74
    model.gamma = 15.44
    return ask(.adoptModel, AdoptModelRequest(model: model), AdoptModelReply.self)
  }

  mutating func score(_ customer: String, asOf day: Int? = nil) -> Answer<ScoreReply> {
    ask(
      .scoreOne, ScoreOneRequest(terms: Self.terms(asOf: day), customer: customer),
      ScoreReply.self)
  }

  static func terms(asOf day: Int? = nil) -> ScoreTermsFields {
    ScoreTermsFields(
      asOfMicros: day.map(noon) ?? 0, horizonDays: 273, discountRate: 0.1, margin: 0.3)
  }
}

extension Store {
  /// The state after a trip through the sections of a snapshot.
  func reloaded() throws -> Store {
    try SavedState(self).load()
  }
}

/// A state as bytes, to be loaded again as it is or damaged.
struct SavedState {
  struct SavedSection: Equatable {
    var kind: UInt32
    var index: UInt32
    var changed: UInt64
    var bytes: [UInt8]
  }

  var sequence: UInt64
  var timeMicros: Int64
  var head: [UInt8]
  var sections: [SavedSection] = []

  init(_ store: Store) {
    sequence = store.sequence
    timeMicros = store.timeMicros
    let bytes = store.head()
    head = EngineHarness.copy(bytes.bytes)
    store.forEachSection {
      sections.append(
        SavedSection(
          kind: $0.kind.rawValue, index: $0.index, changed: $0.changed,
          bytes: EngineHarness.copy($0.bytes)))
    }
  }

  func load() throws -> Store {
    var loader = try StoreLoader(sequence: sequence, timeMicros: timeMicros, head: head.raw)
    for section in sections {
      let loaded = try LoadedSection(
        kind: section.kind, index: section.index, changed: section.changed,
        bytes: section.bytes.raw)
      try loader.add(loaded)
    }
    return try loader.finish()
  }
}

extension [UInt8] {
  /// The array's bytes as the engine takes them.
  var raw: RawSpan {
    @_lifetime(borrow self)
    get {
      // Bytes have no padding, so all of them are initialised.
      unsafe span.bytes
    }
  }
}
