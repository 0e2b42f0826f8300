// The shop as its specification tells it (protocol.md, «What the words mean»), in dictionaries and
// plain loops: slow, small, and without a line of Scoring. What the server answers is held against
// it. Not here: scores, which are in ShopModel+Scores.

import Wire

/// What a shop knows, and what it must answer.
struct ShopModel {
  struct Order {
    let day: Int
    let amountMinor: Int64
  }

  struct Return {
    let order: String
    let identifier: String
    let day: Int
    let amountMinor: Int64
  }

  struct Customer {
    var orders: [String: Order] = [:]
    var returns: [Return] = []
    /// In the sequence in which they were recorded.
    var consents: [Consent] = []
    var profile = Profile()
    /// By identifier, with the sequence in which they were recorded.
    var events: [(identifier: String, event: Event)] = []
    var lines: [RecordOrderLinesRequest.Line] = []
  }

  /// A command that may be sent again.
  struct Remembered {
    let frame: [UInt8]
    let sequence: UInt64
    let answer: Answer
  }

  var customers: [String: Customer] = [:]
  /// Categories and other names, in the sequence in which they came to be known.
  var names: [String] = []
  /// What its segments are, and what was found.
  private(set) var segments = Segments()
  private(set) var zone: DeclareShopRequest?
  private(set) var currency = ""
  private(set) var minorDigits: UInt8 = 0
  private(set) var model: ModelFields?
  /// The model before it.
  private(set) var previous: ModelFields?
  private(set) var generation: UInt32 = 0
  private(set) var newestOrderDay = -1
  private(set) var orderCount = 0
  private(set) var returnCount = 0
  /// What commands with a key were, and what was answered.
  private(set) var remembered: [CommandKey: Remembered] = [:]
  /// The requests of decisions that were kept.
  private(set) var decided: [CommandKey: [UInt8]] = [:]
  /// The last command that was applied, and its time.
  private(set) var sequence: UInt64 = 0
  private(set) var timeMicros: Int64 = 0

  // MARK: Time

  /// The calendar day of an instant in the shop's zone; nil where none can be recorded.
  func day(ofMicros micros: Int64) -> Int? {
    guard let zone else { return nil }
    let seconds = Self.floored(micros, 1_000_000)
    var offset: Int64 = 0
    for transition in zone.transitions where transition.fromSeconds <= seconds {
      offset = Int64(transition.offsetSeconds)
    }
    let day = Self.floored(seconds + offset, 86_400)
    return day >= 0 && day <= Int64(Limits.dayMax) ? Int(day) : nil
  }

  private static func floored(_ number: Int64, _ divisor: Int64) -> Int64 {
    let rest = ((number % divisor) + divisor) % divisor
    return (number - rest) / divisor
  }

  // MARK: Commands

  /// Why a command must be refused now; nil when it must be accepted.
  func objection(to request: Request) -> Status? {
    switch request {
    case .declare(let request):
      guard let zone else { return nil }
      let isSame = zone.timeZone == request.timeZone && zone.transitions == request.transitions
      return isSame ? nil : .alreadyDeclared
    case .orders(let batch): return objection(toBatchIn: batch.currency, batch.minorDigits)
    case .returns(let batch): return objection(toBatchIn: batch.currency, batch.minorDigits)
    case .events(let batch): return objection(toBatchIn: batch.currency, batch.minorDigits)
    case .lines(let batch): return objection(toBatchIn: batch.currency, batch.minorDigits)
    case .profiles(let batch): return objection(to: batch.profiles)
    case .consents: return zone == nil ? .notDeclared : nil
    case .putBack: return previous == nil ? .noModel : nil
    default: return nil
    }
  }

  private func objection(toBatchIn currency: String, _ minorDigits: UInt8) -> Status? {
    if zone == nil { return .notDeclared }
    if self.currency.isEmpty { return nil }
    return self.currency == currency && self.minorDigits == minorDigits ? nil : .currencyMismatch
  }

  /// What must be answered to a command whose key was seen before; nil when it was not.
  func earlier(_ request: Request) -> (answer: Answer, sequence: UInt64?)? {
    guard let known = remembered[request.key] else { return nil }
    // The tag is no part of a command; nor is it in what is compared here.
    guard known.frame == request.frame(tag: 0) else { return (.refused(.keyReused), nil) }
    return (known.answer, known.sequence)
  }

  /// Does a command that nothing speaks against.
  ///
  /// - Parameters:
  ///   - request: the command.
  ///   - calendarMicros: the server's calendar.
  /// - Returns: what must be answered.
  mutating func apply(_ request: Request, at calendarMicros: Int64) -> Answer {
    sequence += 1
    timeMicros = max(timeMicros, calendarMicros)
    let answer = applied(request)
    if case .decide = request {
      decided[request.key] = request.frame(tag: 0)
    } else if !request.key.isNone {
      remembered[request.key] = Remembered(
        frame: request.frame(tag: 0), sequence: sequence, answer: answer)
    }
    return answer
  }

  private mutating func applied(_ request: Request) -> Answer {
    switch request {
    case .declare(let request):
      zone = request
      return .empty
    case .adopt(let fields):
      return adopted(fields.model)
    case .putBack: return adopted(previous)
    case .orders(let batch):
      var reply = RecordReply(sequence: sequence)
      for (number, order) in batch.orders.enumerated() {
        tally(record(order), row: number, in: &reply)
      }
      if reply.recorded > 0 && currency.isEmpty {
        currency = batch.currency
        minorDigits = batch.minorDigits
      }
      return .recorded(reply)
    case .returns(let batch):
      var reply = RecordReply(sequence: sequence)
      for (number, entry) in batch.returns.enumerated() {
        tally(record(entry), row: number, in: &reply)
      }
      return .recorded(reply)
    case .profiles(let batch):
      return recorded(batch.profiles) { model, row in
        let fate = model.record(row)
        if case .recorded = fate, case .set(let cost) = row.change.acquisitionCost,
          model.currency.isEmpty
        {
          (model.currency, model.minorDigits) = (cost.currency, cost.minorDigits)
        }
        return fate
      }
    case .lines(let batch):
      return recorded(batch.lines) { $0.record($1) }
    case .events(let batch):
      let answer = recorded(batch.events) { $0.record($1) }
      if case .recorded(let reply) = answer, reply.recorded > 0 && currency.isEmpty {
        (currency, minorDigits) = (batch.currency, batch.minorDigits)
      }
      return answer
    case .consents(let batch):
      return recorded(batch.consents) { $0.record($1) }
    case .putCatalogue:
      if currency.isEmpty { (currency, minorDigits) = ("EUR", 2) }
      return .done
    case .amend, .decide, .outcomes: return .done
    case .define(let request):
      let version = segments.define(request.segments)
      return .defined(DefineSegmentsReply(sequence: sequence, version: version))
    case .keptSegments(let kept):
      // Quantiles are told by the hash alone.
      if let kept { segments.keep(kept) }
      return .empty
    default:
      preconditionFailure("only commands are applied")
    }
  }

  private mutating func adopted(_ next: ModelFields?) -> Answer {
    (previous, model) = (model, next)
    generation += 1
    return .adopted(AdoptModelReply(sequence: sequence, generation: generation))
  }

  // MARK: Rows

  enum Fate {
    case recorded
    case duplicate
    case refused(Status)
  }

  private mutating func recorded<Row>(
    _ rows: [Row], _ record: (inout ShopModel, Row) -> Fate
  ) -> Answer {
    var reply = RecordReply(sequence: sequence)
    for (number, row) in rows.enumerated() { tally(record(&self, row), row: number, in: &reply) }
    return .recorded(reply)
  }

  private func tally(_ fate: Fate, row: Int, in reply: inout RecordReply) {
    switch fate {
    case .recorded: reply.recorded += 1
    case .duplicate: reply.duplicates += 1
    case .refused(let status): reply.refused.append(.init(row: UInt32(row), status: status))
    }
  }

  private func recordableDay(_ micros: Int64) -> Int? {
    guard let day = self.day(ofMicros: micros), let today = self.day(ofMicros: timeMicros),
      day <= today + Limits.futureDaysMax
    else { return nil }
    return day
  }

  private mutating func record(_ order: RecordOrdersRequest.Order) -> Fate {
    guard let day = recordableDay(order.timeMicros) else { return .refused(.timeOutOfRange) }
    var customer = customers[order.customer] ?? Customer()
    if customer.orders[order.order] != nil { return .duplicate }
    let present = Self.standing(customer, upTo: .max).reduce(Int64(0)) { $0 + $1.amountMinor }
    if present.addingReportingOverflow(order.amountMinor).overflow {
      return .refused(.amountOverflow)
    }
    customer.orders[order.order] = Order(day: day, amountMinor: order.amountMinor)
    customers[order.customer] = customer
    newestOrderDay = max(newestOrderDay, day)
    orderCount += 1
    return .recorded
  }

  private mutating func record(_ entry: RecordReturnsRequest.Return) -> Fate {
    guard let day = recordableDay(entry.timeMicros) else { return .refused(.timeOutOfRange) }
    guard var customer = customers[entry.customer], let order = customer.orders[entry.order] else {
      return .refused(.unknownOrder)
    }
    let earlier = customer.returns.filter { $0.order == entry.order }
    if earlier.contains(where: { $0.identifier == entry.returned }) { return .duplicate }
    if day < order.day { return .refused(.returnBeforeOrder) }
    let left = order.amountMinor - earlier.reduce(Int64(0)) { $0 + $1.amountMinor }
    // Of a free order nothing is ever left, and yet it comes back once.
    if left == 0 && !earlier.isEmpty { return .refused(.returnExceedsOrder) }
    if entry.amountMinor > left { return .refused(.returnExceedsOrder) }
    customer.returns.append(
      Return(
        order: entry.order, identifier: entry.returned, day: day,
        amountMinor: entry.amountMinor == 0 ? left : entry.amountMinor))
    customers[entry.customer] = customer
    returnCount += 1
    return .recorded
  }

  /// What counts up to a day: orders less their returns, without those that came back whole.
  static func standing(_ customer: Customer, upTo day: Int) -> [Order] {
    customer.orders.compactMap { identifier, order in
      if order.day > day { return nil }
      let returns = customer.returns.filter { $0.order == identifier && $0.day <= day }
      if returns.isEmpty { return order }
      let left = order.amountMinor - returns.reduce(Int64(0)) { $0 + $1.amountMinor }
      return left > 0 ? Order(day: order.day, amountMinor: left) : nil
    }
  }
}
