// What clients ask, by chance: mostly sensible, often again what was asked before, sometimes wrong
// in one way. Not here: when they ask it.

import Platform
import Support
import Wire

/// Makes requests; it remembers what it asked, not what came of it.
struct RequestSource {
  var generator: SeededGenerator
  private let plan: LifePlan
  private(set) var orders: [(customer: String, order: String, timeMicros: Int64)] = []
  private var returns: [RecordReturnsRequest.Return] = []
  /// The rows of facts that were sent, to be sent again.
  var consents: [RecordConsentsRequest.Row] = []
  var events: [RecordEventsRequest.Row] = []
  private var commands: [Request] = []
  private(set) var made = 0
  private var bulkIsDue: Bool
  /// What is asked about offers; nil until something is.
  private var offers: OfferSource?

  init(_ plan: LifePlan, seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    self.plan = plan
    bulkIsDue = plan.bulk > 0
  }

  mutating func draw(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  mutating func chance(_ percent: Int) -> Bool { draw(1...100) <= percent }

  /// The next request.
  ///
  /// - Parameter now: the calendar, as the client sees it.
  /// - Returns: it.
  mutating func next(now: Int64) -> Request {
    made += 1
    // A client that was not sure: the same command, byte for byte.
    if chance(4), let earlier = commands.randomElement(using: &generator) { return earlier }
    let request = fresh(now)
    if request.isCommand && !request.isAboutOffers { commands.append(request) }
    return request
  }

  /// Keeps the receipt of a decision, to tell of it.
  mutating func note(decision: String) { offers?.note(decision) }

  private mutating func offer(_ now: Int64) -> Request {
    guard offers != nil else {
      var source = OfferSource(
        seed: generator.next(), customers: plan.customers, now: now, prefix: "d")
      defer { offers = source }
      return .putCatalogue(source.put(now: now, isFirst: true))
    }
    let number = draw(1...100)
    return offers?.next(number, now: now) ?? .ping
  }

  private mutating func fresh(_ now: Int64) -> Request {
    if plan.offers && chance(60) { return offer(now) }
    if plan.observers > 0 && chance(12) { return definition() }
    if draw(1...1000) <= plan.fitPermille {
      if chance(40) {
        return .report(ReportRequest(horizonDays: 90, customer: chance(50) ? "" : customer()))
      }
      return .fit(FitRequest(asOfMicros: 0, kind: UInt8(draw(0...8) == 0 ? 7 : draw(1...2))))
    }
    if chance(plan.snapshotPercent) { return .snapshot }
    if bulkIsDue && made > plan.requests / 3 {
      bulkIsDue = false
      return bulk(now)
    }
    switch draw(1...100) {
    case ...45: return orderBatch(now)
    case ...58: return returnBatch(now)
    case ...61: return .adopt(AdoptModelRequest(key: key(), model: model()))
    case ...63: return .putBack(PutBackModelRequest(key: key()))
    case ...68: return facts(now)
    case ...70:
      return chance(50)
        ? .consentHistory(ConsentHistoryRequest(customer: customer()))
        : .describe(CustomerRequest(customer: customer()))
    case ...82: return scores(now)
    case ...86: return .ping
    case ...92: return .status(withHash: chance(40))
    case ...94:
      var declaration = chance(50) ? plan.zone : Self.otherZone
      declaration.key = key()
      return .declare(declaration)
    default: return broken(now)
    }
  }

  private static let otherZone = DeclareShopRequest(
    timeZone: "Test/Elsewhere", transitions: [.init(fromSeconds: .min, offsetSeconds: 1_800)])

  // MARK: Commands

  /// A new key mostly, sometimes none, rarely one that was another command's.
  mutating func key() -> CommandKey {
    if chance(10) { return .none }
    if chance(2), let earlier = commands.randomElement(using: &generator) { return earlier.key }
    return CommandKey(producer: generator.next(), number: UInt64(made))
  }

  mutating func customer() -> String {
    let number = draw(0...plan.customers)
    // Some identifiers are as long as they may be.
    return number % 7 == 3
      ? String(repeating: "k", count: 60) + String(number % 1000) : "c\(number)"
  }

  /// A time that is mostly of the past year, sometimes today, sometimes impossible.
  mutating func time(_ now: Int64) -> Int64 {
    let day: Int64 = 86_400_000_000
    switch draw(1...40) {
    case 1: return now + Int64(draw(2...5)) * day
    case 2: return -Int64(draw(1...5)) * day
    case ...10: return now
    case ...12: return now + Int64(draw(0...1)) * day
    default: return now - Int64(draw(0...300)) * day - Int64(draw(0...86_399)) * 1_000_000
    }
  }

  mutating func amount() -> Int64 {
    switch draw(1...20) {
    case 1: 0
    case 2: Limits.amountMax
    default: Int64(draw(1...20_000))
    }
  }

  private mutating func orderBatch(_ now: Int64) -> Request {
    var rows: [RecordOrdersRequest.Order] = []
    for _ in 0..<draw(1...plan.rows) {
      if chance(15), let earlier = orders.randomElement(using: &generator) {
        // Another time and amount change nothing: it is a duplicate by its identifiers.
        rows.append(
          .init(
            customer: earlier.customer, order: earlier.order, timeMicros: time(now),
            amountMinor: amount()))
        continue
      }
      let row = RecordOrdersRequest.Order(
        customer: customer(), order: "o\(made)-\(rows.count)", timeMicros: time(now),
        amountMinor: amount())
      orders.append((row.customer, row.order, row.timeMicros))
      rows.append(row)
    }
    let (currency, digits) = money()
    return .orders(
      RecordOrdersRequest(
        key: key(), currency: currency, minorDigits: digits, orders: rows))
  }

  mutating func money() -> (String, UInt8) {
    switch draw(1...25) {
    case 1: ("USD", 2)
    case 2: ("EUR", 3)
    default: ("EUR", 2)
    }
  }

  private mutating func returnBatch(_ now: Int64) -> Request {
    var rows: [RecordReturnsRequest.Return] = []
    for number in 0..<draw(1...plan.rows) {
      if chance(15), let earlier = returns.randomElement(using: &generator) {
        rows.append(earlier)
        continue
      }
      var row = RecordReturnsRequest.Return(
        customer: customer(), order: "nothing", returned: "r\(made)-\(number)",
        timeMicros: time(now), amountMinor: chance(30) ? 0 : Int64(draw(1...15_000)))
      if chance(90), let order = orders.randomElement(using: &generator) {
        row.customer = order.customer
        row.order = order.order
        if chance(70) { row.timeMicros = order.timeMicros }
      }
      returns.append(row)
      rows.append(row)
    }
    let (currency, digits) = money()
    return .returns(
      RecordReturnsRequest(
        key: key(), currency: currency, minorDigits: digits, returns: rows))
  }

  private mutating func bulk(_ now: Int64) -> Request {
    var rows: [RecordOrdersRequest.Order] = []
    for number in 0..<plan.bulk {
      rows.append(
        .init(
          customer: "b\(number)", order: "b", timeMicros: now, amountMinor: Int64(draw(1...9_999))))
    }
    return .orders(RecordOrdersRequest(currency: "EUR", minorDigits: 2, orders: rows))
  }

  private mutating func model() -> ModelFields {
    var fields = ModelFields(
      kind: [1, 2, 3, 12, 24][Int(draw(0...4))],
      parameters: SIMD4(
        Double(draw(1...400)) / 100, Double(draw(1...900)) / 10, Double(draw(1...300)) / 100,
        Double(draw(1...500)) / 100))
    if chance(70) {
      fields.spendKnown = true
      fields.p = Double(draw(1...90)) / 10
      fields.q = 1.5 + Double(draw(1...50)) / 10
      fields.gamma = Double(draw(1...500)) / 10
    }
    if chance(30) {
      fields.blend.append(BlendFields(kind: UInt8(draw(1...3)), parameters: fields.parameters + 1))
    }
    if chance(30) {
      fields.calibration.season = (0..<24).map { _ in Double(draw(1...300)) / 100 }
      fields.calibration.logLevel = Double(draw(0...40)) / 100 - 0.2
    }
    if chance(30) {
      fields.calibration.correction = CalibrationFields.Correction(
        referenceDays: Double(draw(1...400)), intercept: 0.125,
        signals: (0..<5).map { _ in
          .init(weight: Double(draw(0...20)) / 100, mean: Double(draw(0...300)) / 100, deviation: 1)
        })
    }
    if chance(30) {
      fields.layer = ChurnLayerFields(
        horizonDays: Double(draw(1...400)), typicalGapDays: Double(draw(1...90)), intercept: 0.125,
        terms: (1...10).map {
          .init(feature: $0, coefficient: Double(draw(0...20)) / 10 - 1, centre: 0.5, scale: 1)
        })
    }
    return fields
  }

  // MARK: Queries

  private mutating func scores(_ now: Int64) -> Request {
    let terms = ScoreTermsFields(
      asOfMicros: chance(50) ? 0 : time(now), horizonDays: Double(draw(1...270)),
      discountRate: 0.1, margin: 0.3)
    if chance(50) {
      return .scoreOne(ScoreOneRequest(terms: terms, customer: customer()))
    }
    let names = (0..<draw(1...12)).map { _ in customer() }
    return .scoreMany(ScoreManyRequest(terms: terms, customers: names))
  }

  /// A request that is wrong in one way.
  private mutating func broken(_ now: Int64) -> Request {
    switch draw(1...5) {
    case 1: return .broken(verb: 999, body: [], status: .unsupportedVerb)
    case 2: return .broken(verb: Verb.ping.rawValue, body: [1], status: .malformed)
    case 3:
      var model = model()
      model.parameters[0] = -1
      return body(of: .adopt(AdoptModelRequest(model: model)), status: .invalidField)
    case 4:
      guard case .orders(var batch) = orderBatch(now) else { return .ping }
      batch.key = .none
      batch.orders[batch.orders.count - 1].amountMinor = -1
      return body(of: .orders(batch), status: .invalidField)
    default:
      guard case .orders(var batch) = orderBatch(now) else { return .ping }
      batch.key = .none
      return body(of: .orders(batch), status: .malformed, extra: 1)
    }
  }

  private func body(of request: Request, status: Status, extra: Int = 0) -> Request {
    let body =
      request.frame(tag: 0).dropFirst(FrameHeader.size) + [UInt8](repeating: 0, count: extra)
    return .broken(verb: request.verb, body: [UInt8](body), status: status)
  }
}
