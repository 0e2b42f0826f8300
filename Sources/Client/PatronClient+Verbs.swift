// One call per verb: it sends, waits and gives the reply as a value. A command without a key gets
// one of the client's own.
// Not here: pipelining; `send` and `receive` do that.

public import Wire

extension PatronClient {
  /// Asks for the server's time.
  ///
  /// - Returns: microseconds since 1970 UTC.
  /// - Throws: see `ask`.
  public mutating func ping() throws(ClientError) -> Int64 {
    try ask(.ping, Empty(), for: PingReply.self).timeMicros
  }

  /// Asks what the server holds and how it is.
  ///
  /// - Parameter withStateHash: whether the hash over the whole state is wanted; it takes a pass
  ///   over the memory.
  /// - Returns: the reply.
  /// - Throws: see `ask`.
  public mutating func status(withStateHash: Bool = false) throws(ClientError) -> StatusReply {
    try ask(.status, StatusRequest(withStateHash: withStateHash), for: StatusReply.self)
  }

  /// Has a snapshot written now.
  ///
  /// - Returns: what was written.
  /// - Throws: see `ask`; `refused` when the disk failed.
  public mutating func snapshot() throws(ClientError) -> SnapshotReply {
    try ask(.snapshot, Empty(), for: SnapshotReply.self)
  }

  /// Declares the shop's time zone, before the first order.
  ///
  /// - Parameters:
  ///   - timeZone: an IANA name.
  ///   - transitions: in rising order; the first from Int64.min.
  ///   - key: the same again when the command is sent again.
  /// - Throws: see `ask`; `refused` when it was declared differently before.
  public mutating func declareShop(
    timeZone: String, transitions: [DeclareShopRequest.Transition], key: CommandKey? = nil
  ) throws(ClientError) {
    let request = DeclareShopRequest(
      key: key ?? nextKey(), timeZone: timeZone, transitions: transitions)
    _ = try ask(.declareShop, request, for: Empty.self)
  }

  /// Records a batch of orders, each at most once.
  ///
  /// - Parameters:
  ///   - batch: 1 to `Limits.rowsMax` rows.
  ///   - key: the same again when the batch is sent again; without one, the batch's own.
  /// - Returns: what was recorded, what was there already, what was refused.
  /// - Throws: see `ask`; `refused` when nothing of the batch was taken.
  public mutating func recordOrders(
    _ batch: RecordOrdersRequest, key: CommandKey? = nil
  ) throws(ClientError) -> RecordReply {
    var batch = batch
    if let key { batch.key = key }
    if batch.key.isNone { batch.key = nextKey() }
    return try ask(.recordOrders, batch, for: RecordReply.self)
  }

  /// Records a batch of returns, each at most once.
  ///
  /// - Parameters:
  ///   - batch: 1 to `Limits.rowsMax` rows.
  ///   - key: the same again when the batch is sent again; without one, the batch's own.
  /// - Returns: what was recorded, what was there already, what was refused.
  /// - Throws: see `ask`; `refused` when nothing of the batch was taken.
  public mutating func recordReturns(
    _ batch: RecordReturnsRequest, key: CommandKey? = nil
  ) throws(ClientError) -> RecordReply {
    var batch = batch
    if let key { batch.key = key }
    if batch.key.isNone { batch.key = nextKey() }
    return try ask(.recordReturns, batch, for: RecordReply.self)
  }

  /// Records a batch of changes of profiles.
  ///
  /// - Parameters:
  ///   - profiles: 1 to `Limits.rowsMax` rows.
  ///   - key: the same again when the batch is sent again.
  /// - Returns: what changed, what was so already, what was refused.
  /// - Throws: see `ask`; `refused` when nothing of the batch was taken.
  public mutating func recordProfiles(
    _ profiles: [RecordProfilesRequest.Row], key: CommandKey? = nil
  ) throws(ClientError) -> RecordReply {
    let request = RecordProfilesRequest(key: key ?? nextKey(), profiles: profiles)
    return try ask(.recordProfiles, request, for: RecordReply.self)
  }

  /// Records a batch of events, each at most once.
  ///
  /// - Parameters:
  ///   - batch: 1 to `Limits.rowsMax` rows.
  ///   - key: the same again when the batch is sent again; without one, the batch's own.
  /// - Returns: what was recorded, what was there already, what was refused.
  /// - Throws: see `ask`; `refused` when nothing of the batch was taken.
  public mutating func recordEvents(
    _ batch: RecordEventsRequest, key: CommandKey? = nil
  ) throws(ClientError) -> RecordReply {
    var batch = batch
    if let key { batch.key = key }
    if batch.key.isNone { batch.key = nextKey() }
    return try ask(.recordEvents, batch, for: RecordReply.self)
  }

  /// Records a batch of lines of orders that were recorded before, each at most once.
  ///
  /// - Parameters:
  ///   - batch: 1 to `Limits.rowsMax` rows.
  ///   - key: the same again when the batch is sent again; without one, the batch's own.
  /// - Returns: what was recorded, what was there already, what was refused.
  /// - Throws: see `ask`; `refused` when nothing of the batch was taken.
  public mutating func recordOrderLines(
    _ batch: RecordOrderLinesRequest, key: CommandKey? = nil
  ) throws(ClientError) -> RecordReply {
    var batch = batch
    if let key { batch.key = key }
    if batch.key.isNone { batch.key = nextKey() }
    return try ask(.recordOrderLines, batch, for: RecordReply.self)
  }

  /// Asks what is known of a customer.
  ///
  /// - Parameter customer: identifier, 1 to 64 bytes.
  /// - Returns: everything in one answer; `known` is false for an unknown customer.
  /// - Throws: see `ask`.
  public mutating func describe(_ customer: String) throws(ClientError) -> CustomerReply {
    try ask(.describeCustomer, CustomerRequest(customer: customer), for: CustomerReply.self)
  }

  /// Records a batch of consents, each at most once.
  ///
  /// - Parameters:
  ///   - consents: 1 to `Limits.rowsMax` rows.
  ///   - key: the same again when the batch is sent again.
  /// - Returns: what was recorded, what was there already, what was refused.
  /// - Throws: see `ask`; `refused` when nothing of the batch was taken.
  public mutating func recordConsents(
    _ consents: [RecordConsentsRequest.Row], key: CommandKey? = nil
  ) throws(ClientError) -> RecordReply {
    let request = RecordConsentsRequest(key: key ?? nextKey(), consents: consents)
    return try ask(.recordConsents, request, for: RecordReply.self)
  }

  /// Asks what a customer said about consent.
  ///
  /// - Parameter customer: identifier, 1 to 64 bytes.
  /// - Returns: by channel and purpose, the newest recorded first; nothing for an unknown customer.
  /// - Throws: see `ask`.
  public mutating func consentHistory(
    of customer: String
  ) throws(ClientError) -> ConsentHistoryReply {
    try ask(
      .consentHistory, ConsentHistoryRequest(customer: customer), for: ConsentHistoryReply.self)
  }

  /// Scores one customer.
  ///
  /// - Parameters:
  ///   - customer: identifier, 1 to 64 bytes.
  ///   - terms: as-of time, horizon, discount rate, margin.
  /// - Returns: the score.
  /// - Throws: see `ask`; `refused` when no model was adopted yet.
  public mutating func score(_ customer: String, _ terms: ScoreTermsFields) throws(ClientError)
    -> ScoreReply
  {
    try ask(.scoreOne, ScoreOneRequest(terms: terms, customer: customer), for: ScoreReply.self)
  }

  /// Scores many customers with one request.
  ///
  /// - Parameters:
  ///   - customers: 1 to `Limits.customersMax` identifiers.
  ///   - terms: as-of time, horizon, discount rate, margin.
  /// - Returns: as many scores, in the same order.
  /// - Throws: see `ask`; `protocolBroken` when the numbers differ.
  public mutating func scoreMany(_ customers: [String], _ terms: ScoreTermsFields)
    throws(ClientError) -> [ScoreReply]
  {
    var scores: [ScoreReply] = []
    try scoreMany(customers, terms) {
      scores += $0
      return true
    }
    guard scores.count == customers.count else {
      throw .protocolBroken("\(scores.count) scores came for \(customers.count) customers")
    }
    return scores
  }

  /// Scores many customers with one request and hands the scores on as they come.
  ///
  /// - Parameters:
  ///   - customers: 1 to `Limits.customersMax` identifiers.
  ///   - terms: as-of time, horizon, discount rate, margin.
  ///   - each: given the next scores, in the order of the customers; false wants no more of them.
  /// - Throws: see `ask`.
  public mutating func scoreMany(
    _ customers: [String], _ terms: ScoreTermsFields, each: ([ScoreReply]) -> Bool
  ) throws(ClientError) {
    let request = ScoreManyRequest(terms: terms, customers: customers)
    try ask(.scoreMany, request, forEach: ScoreManyReply.self) { each($0.scores) }
  }

  /// Asks how sure the scores of a customer are.
  ///
  /// - Parameters:
  ///   - customer: identifier, 1 to 64 bytes.
  ///   - terms: as for a score.
  ///   - level: the probability the intervals are to have, above 0 and below 1.
  /// - Returns: the intervals.
  /// - Throws: see `ask`.
  public mutating func scoreInterval(
    _ customer: String, _ terms: ScoreTermsFields, level: Double
  ) throws(ClientError) -> ScoreIntervalReply {
    try ask(
      .scoreInterval, ScoreIntervalRequest(terms: terms, level: level, customer: customer),
      for: ScoreIntervalReply.self)
  }

  /// Has the shop's orders and revenue foretold.
  ///
  /// - Parameters:
  ///   - asOfMicros: orders up to this day are looked at, microseconds since 1970 UTC; 0 for all.
  ///   - weeks: 1 to `Limits.forecastWeeksMax`.
  /// - Returns: the weeks to come.
  /// - Throws: see `ask`.
  public mutating func forecast(
    asOfMicros: Int64 = 0, weeks: UInt16 = 52
  ) throws(ClientError) -> ForecastReply {
    try ask(
      .forecast, ForecastRequest(asOfMicros: asOfMicros, weeks: weeks), for: ForecastReply.self)
  }

  /// Fits the models to the recorded orders; the server adopts the result.
  ///
  /// - Parameters:
  ///   - kind: which model or choice, as protocol.md numbers them.
  ///   - asOfMicros: orders up to this day are used, microseconds since 1970 UTC; 0 for all.
  ///   - holdoutFromMicros: not 0: orders up to this day are fitted to, the later ones predicted and
  ///     compared, and nothing is adopted.
  ///   - bootstrap: shops to be drawn and fitted too, for the spread of the parameters.
  /// - Returns: the report.
  /// - Throws: see `ask`; `refused` when there is too little to fit to.
  public mutating func fit(
    kind: UInt8, asOfMicros: Int64 = 0, holdoutFromMicros: Int64 = 0, bootstrap: UInt16 = 0
  ) throws(ClientError) -> FitReply {
    try ask(
      .fit,
      FitRequest(
        asOfMicros: asOfMicros, kind: kind, holdoutFromMicros: holdoutFromMicros,
        bootstrap: bootstrap),
      for: FitReply.self)
  }

  /// Asks for the figures of a report: what the adopted model says, how it did on orders it had not
  /// seen, and who came back.
  ///
  /// - Parameter request: as-of time, hold-out, horizon and customer.
  /// - Returns: the figures.
  /// - Throws: see `ask`; `refused` when no model was adopted yet, or when the customer is not known.
  public mutating func report(
    _ request: ReportRequest = ReportRequest()
  ) throws(ClientError) -> ReportReply {
    try ask(.report, request, for: ReportReply.self)
  }

  /// Has parameters from elsewhere adopted.
  ///
  /// - Parameters:
  ///   - model: the parameters, with time in days.
  ///   - key: the same again when the command is sent again.
  /// - Returns: the generation.
  /// - Throws: see `ask`; `refused` when a parameter is outside its range.
  public mutating func adoptModel(
    _ model: ModelFields, key: CommandKey? = nil
  ) throws(ClientError) -> AdoptModelReply {
    let request = AdoptModelRequest(key: key ?? nextKey(), model: model)
    return try ask(.adoptModel, request, for: AdoptModelReply.self)
  }

  /// Has the model before the present one adopted again.
  ///
  /// - Parameter key: the same again when the command is sent again.
  /// - Returns: the generation.
  /// - Throws: see `ask`; `refused` when there was none before.
  public mutating func putBackModel(key: CommandKey? = nil) throws(ClientError) -> AdoptModelReply {
    let request = PutBackModelRequest(key: key ?? nextKey())
    return try ask(.putBackModel, request, for: AdoptModelReply.self)
  }
}
