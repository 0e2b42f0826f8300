// One call per verb about offers: the catalogue, decisions, and what came of them.
// Not here: pipelining; `send` and `receive` do that.

public import Wire

extension PatronClient {
  /// Puts a catalogue of offers in the place of the present one.
  ///
  /// - Parameters:
  ///   - catalogue: JSON, as README.md describes it.
  ///   - key: the same again when the command is sent again.
  /// - Returns: the version in force from now on.
  /// - Throws: see `ask`; `refused` with line and column when it is wrong, and the one before stays.
  public mutating func putCatalogue(
    _ catalogue: String, key: CommandKey? = nil
  ) throws(ClientError) -> CatalogueChangeReply {
    let request = PutCatalogueRequest(key: key ?? nextKey(), catalogue: catalogue)
    return try ask(.putCatalogue, request, for: CatalogueChangeReply.self)
  }

  /// Pauses an offer, ends it, or has it live again.
  ///
  /// - Parameters:
  ///   - offer: identifier, 1 to 64 bytes.
  ///   - state: its new state.
  ///   - key: the same again when the command is sent again.
  /// - Returns: the version in force from now on.
  /// - Throws: see `ask`; `refused` when there is no such offer, or it cannot become that.
  public mutating func amendOffer(
    _ offer: String, to state: OfferStage, key: CommandKey? = nil
  ) throws(ClientError) -> CatalogueChangeReply {
    let request = AmendOfferRequest(key: key ?? nextKey(), offer: offer, state: state)
    return try ask(.amendOffer, request, for: CatalogueChangeReply.self)
  }

  /// Asks for the catalogue and how its offers stand.
  ///
  /// - Returns: version 0 before the first was put.
  /// - Throws: see `ask`.
  public mutating func catalogue() throws(ClientError) -> CatalogueReply {
    try ask(.readCatalogue, Empty(), for: CatalogueReply.self)
  }

  /// Asks which offers a customer gets.
  ///
  /// The draw is made from the request's key: sent again with it, also over another connection, the
  /// request gets the same answer, and nothing is reserved twice.
  ///
  /// - Parameter request: without a key it gets one of the client's own.
  /// - Returns: the receipt, the chosen offers with their propensities, a reason for each offer.
  /// - Throws: see `ask`; `refused` without a catalogue, or for a placement it does not have.
  public mutating func decide(_ request: DecideRequest) throws(ClientError) -> DecideReply {
    var request = request
    if request.key.isNone { request.key = nextKey() }
    return try ask(.decide, request, for: DecideReply.self)
  }

  /// Asks for a customer's scores and best offers; nothing is kept of the answer.
  ///
  /// - Parameter request: who, where and how.
  /// - Returns: the scores that decisions read, and what `decide` would choose that takes the best.
  /// - Throws: see `ask`; `refused` without a catalogue, or for a placement it does not have.
  public mutating func recommend(
    _ request: RecommendRequest
  ) throws(ClientError) -> RecommendReply {
    try ask(.recommend, request, for: RecommendReply.self)
  }

  /// Asks for a decision again, with the reasons in full.
  ///
  /// - Parameter decision: the receipt.
  /// - Returns: what was decided, and why.
  /// - Throws: see `ask`; `refused` when it is not remembered.
  public mutating func explain(decision: String) throws(ClientError) -> DecideReply {
    try ask(.explainDecision, ExplainDecisionRequest(decision: decision), for: DecideReply.self)
  }

  /// Records a batch of outcomes, each at most once.
  ///
  /// - Parameters:
  ///   - batch: 1 to `Limits.rowsMax` rows.
  ///   - key: the same again when the batch is sent again; without one, the batch's own.
  /// - Returns: what was recorded, what was there already, what was refused.
  /// - Throws: see `ask`; `refused` when nothing of the batch was taken.
  public mutating func recordOutcomes(
    _ batch: RecordOutcomesRequest, key: CommandKey? = nil
  ) throws(ClientError) -> RecordReply {
    var batch = batch
    if let key { batch.key = key }
    if batch.key.isNone { batch.key = nextKey() }
    return try ask(.recordOutcomes, batch, for: RecordReply.self)
  }

  /// Learns what offers are worth anew from the decisions that are remembered, and adopts it if it is surely
  /// better than what is in force.
  ///
  /// - Returns: what it would earn against the policy in force, and whether it was adopted.
  /// - Throws: see `ask`; `refused` without a catalogue.
  public mutating func refitPolicy() throws(ClientError) -> RefitPolicyReply {
    try ask(.refitPolicy, Empty(), for: RefitPolicyReply.self)
  }

  /// Asks for a page of the decisions that are remembered, the oldest first.
  ///
  /// - Parameters:
  ///   - number: of the first that is wanted; earlier ones that are not remembered are skipped.
  ///   - most: how many at most, 1 to 4,096; fewer come when the frame is full.
  /// - Returns: the page; `next` is where the following one begins, `total` the end of the last.
  /// - Throws: see `ask`.
  public mutating func decisions(
    from number: UInt64 = 0, most: UInt32 = 1_000
  ) throws(ClientError) -> DecisionsReply {
    try ask(
      .readDecisions, ReadDecisionsRequest(from: number, most: most), for: DecisionsReply.self)
  }

  /// Asks what a campaign changed, treatment against control.
  ///
  /// - Parameters:
  ///   - campaign: its identifier; empty for a line about each campaign.
  ///   - asOfMicros: what happened up to this day is looked at; microseconds since 1970 UTC, 0 is now.
  ///   - planned: customers of the smaller group at the end, fixed before the first look; 0 means
  ///     `CampaignRequest.plannedDefault`.
  /// - Returns: the figures, with 95 % intervals.
  /// - Throws: see `ask`; `refused` when there is no such campaign.
  public mutating func campaign(
    _ campaign: String = "", asOfMicros: Int64 = 0, planned: UInt32 = 0
  ) throws(ClientError) -> CampaignReply {
    try ask(
      .reportCampaign,
      CampaignRequest(campaign: campaign, asOfMicros: asOfMicros, planned: planned),
      for: CampaignReply.self)
  }

  /// Asks what a catalogue would decide for each of the present customers; nothing is kept of it.
  ///
  /// - Parameter request: the catalogue, or none for the one in force; where, how and when.
  /// - Returns: who would get what, what it would cost and bring, and what of the budgets it would use.
  /// - Throws: see `ask`; `refused` with line and column when the catalogue is wrong, or for a placement it
  ///   does not have.
  public mutating func tryCatalogue(
    _ request: TryCatalogueRequest
  ) throws(ClientError) -> TryCatalogueReply {
    try ask(.tryCatalogue, request, for: TryCatalogueReply.self)
  }
}
