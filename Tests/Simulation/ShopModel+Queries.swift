// What the model answers to queries: what a score rests on, what status and hello tell. The scores
// themselves are Models' business and are tested there against published figures.

import Scoring
import Wire

extension ShopModel {
  /// What must be answered to a query.
  ///
  /// - Parameters:
  ///   - request: no command, and nothing the server does beside the loop.
  ///   - calendarMicros: the server's calendar.
  ///   - server: what only the server can know, for status.
  /// - Returns: the answer.
  func answer(to request: Request, at calendarMicros: Int64, server: StatusFacts) -> Answer {
    switch request {
    case .hello:
      return .hello(
        HelloReply(
          version: 1, minorDigits: minorDigits, currency: currency, timeZone: zone?.timeZone ?? "",
          server: Engine.serverName))
    case .ping: return .ping(timeMicros: calendarMicros)
    case .status: return .status(status(server))
    case .scoreOne(let request):
      return score([request.customer], request.terms, at: calendarMicros) { .score($0[0]) }
    case .scoreMany(let request):
      return score(request.customers, request.terms, at: calendarMicros) { .scores($0) }
    case .describe(let request): return .customer(describe(request.customer))
    case .consentHistory(let request): return .consents(consentHistory(of: request.customer))
    case .broken(_, _, let status): return .refused(status)
    default: preconditionFailure("this is no query")
    }
  }

  /// What status tells now.
  func status(_ server: StatusFacts) -> StatusFacts {
    var facts = server
    // Decisions make customers, too, of whom nothing else is known.
    facts.customers = max(server.customers, customers.count)
    facts.orders = orderCount
    facts.returns = returnCount
    facts.sequence = sequence
    facts.generation = generation
    facts.newestOrderDay = Int32(newestOrderDay)
    facts.minorDigits = minorDigits
    facts.currency = currency
    facts.timeZone = zone?.timeZone ?? ""
    return facts
  }

  /// Why a fit is refused at once; nil when it is tried.
  func objection(to fit: FitRequest) -> Status? {
    if fit.kind != 1 && fit.kind != 2 { return .invalidField }
    if newestOrderDay < 0 { return .notEnoughData }
    if fit.asOfMicros != 0 && day(ofMicros: fit.asOfMicros) == nil { return .timeOutOfRange }
    return nil
  }

  /// Why a report is refused at once; nil when it is tried.
  func objection(to report: ReportRequest) -> Status? {
    if model == nil { return .noModel }
    if newestOrderDay < 0 { return .notEnoughData }
    let isKnown = report.customer.isEmpty || customers[report.customer] != nil
    return isKnown ? nil : .invalidField
  }

  private func score(
    _ names: [String], _ terms: ScoreTermsFields, at calendarMicros: Int64,
    _ answer: ([ScoreFacts]) -> Answer
  ) -> Answer {
    if model == nil { return .refused(.noModel) }
    if zone == nil { return .refused(.notDeclared) }
    guard let day = day(ofMicros: terms.asOfMicros == 0 ? calendarMicros : terms.asOfMicros) else {
      return .refused(.timeOutOfRange)
    }
    return answer(names.map { facts(of: $0, asOf: day) })
  }

  private func facts(of name: String, asOf day: Int) -> ScoreFacts {
    var facts = ScoreFacts()
    facts.generation = generation
    facts.asOfDay = Int32(day)
    guard let customer = customers[name] else { return facts }
    let orders = Self.standing(customer, upTo: day)
    let days = Set(orders.map(\.day))
    guard let first = days.min(), let last = days.max() else { return facts }
    facts.known = true
    facts.firstOrderDay = Int32(first)
    facts.repeatOrders = UInt32(days.count - 1)
    facts.recencyDays = Int32(last - first)
    facts.ageDays = Int32(day - first)
    if days.count > 1 {
      let spent = orders.filter { $0.day > first }.reduce(Int64(0)) { $0 + $1.amountMinor }
      var minorPerMajor = 1.0
      for _ in 0..<minorDigits { minorPerMajor *= 10 }
      facts.meanSpend = Double(spent) / minorPerMajor / Double(days.count - 1)
    }
    return facts
  }
}
