// What a request can ask for, and what a reply can say. protocol.md holds the same two tables.

/// What a request asks for; the number on the wire.
public enum Verb: UInt16, CaseIterable, Sendable {
  /// Agrees on the version; the first frame of every connection.
  case hello = 1
  /// Answers at once with the server's time.
  case ping = 2
  /// Tells what the server holds and how it is.
  case status = 3
  /// Writes a snapshot now.
  case snapshot = 4
  /// Declares the shop's time zone; once, before the first order.
  case declareShop = 5
  /// Ends a reply in parts of this connection.
  case cancel = 6
  /// Records orders, each at most once.
  case recordOrders = 16
  /// Records returns, each at most once.
  case recordReturns = 17
  /// Records what is known of customers as persons.
  case recordProfiles = 18
  /// Records what customers said about consent.
  case recordConsents = 19
  /// Records what happened between customers and the shop beside orders.
  case recordEvents = 20
  /// Records what orders consist of.
  case recordOrderLines = 21
  /// Puts a catalogue of offers in the place of the present one.
  case putCatalogue = 22
  /// Changes the state of one offer.
  case amendOffer = 23
  /// Decides which offers a customer gets, and keeps the decision.
  case decide = 24
  /// What was decided, as it was decided: in the journal only.
  case recordDecision = 25
  /// Records what came of decisions, each outcome at most once.
  case recordOutcomes = 26
  /// What a refit of the offers' values came to: in the journal only.
  case adoptPolicy = 27
  /// Says what the shop means by its named segments.
  case defineSegments = 28
  /// In which segments customers were found: in the journal only.
  case keepSegments = 29
  /// What quantiles were found to be: in the journal only.
  case keepQuantiles = 30
  /// Scores one customer.
  case scoreOne = 32
  /// Scores many customers.
  case scoreMany = 33
  /// Tells how sure the scores of one customer are.
  case scoreInterval = 34
  /// Scores one customer and tells the best offers, without keeping a decision.
  case recommend = 35
  /// Tells what is known of a customer.
  case describeCustomer = 40
  /// Tells everything a customer said about consent.
  case consentHistory = 41
  /// Tells the catalogue and how its offers stand.
  case readCatalogue = 42
  /// Tells a decision again, with the reasons in full.
  case explainDecision = 43
  /// Tells decisions with their features and propensities, one page at a time.
  case readDecisions = 44
  /// Tells what a campaign changed, treatment against control.
  case reportCampaign = 45
  /// Fits the models to the recorded orders and adopts the result.
  case fit = 48
  /// Adopts parameters from elsewhere.
  case adoptModel = 49
  /// Adopts the model before the present one again.
  case putBackModel = 50
  /// Tells the figures of a report on customers and model.
  case report = 51
  /// Foretells the shop's orders and revenue by week.
  case forecast = 52
  /// Learns the offers' values anew from what was decided, and adopts them if they are surely better.
  case refitPolicy = 53
  /// Tells what a catalogue would decide for the present customers.
  case tryCatalogue = 54
  /// Tells whom a condition holds for.
  case selectCustomers = 55
  /// Tells how many customers a condition holds for, by group.
  case countCustomers = 56
  /// Tells what the named segments are, and how many customers are in each.
  case readSegments = 57
  /// Tells who begins and who ceases to fulfil a condition, as it happens.
  case watchCustomers = 58

  /// Whether the verb changes state: a command is journalled before its reply leaves.
  public var isCommand: Bool {
    switch self {
    case .declareShop, .recordOrders, .recordReturns, .recordProfiles, .recordConsents,
      .recordEvents, .recordOrderLines, .putCatalogue, .amendOffer, .decide, .recordDecision,
      .recordOutcomes, .adoptPolicy, .defineSegments, .keepSegments, .keepQuantiles, .adoptModel,
      .putBackModel:
      true
    case .hello, .ping, .status, .snapshot, .cancel, .scoreOne, .scoreMany, .scoreInterval,
      .recommend, .describeCustomer, .consentHistory, .readCatalogue, .explainDecision,
      .readDecisions,
      .reportCampaign, .fit, .report, .forecast, .refitPolicy, .tryCatalogue, .selectCustomers,
      .countCustomers, .watchCustomers, .readSegments:
      false
    }
  }

  /// Whether only the server itself may write it, as a record of what it decided.
  public var isInternal: Bool {
    switch self {
    case .recordDecision, .adoptPolicy, .keepSegments, .keepQuantiles: true
    default: false
    }
  }

  /// The name in protocol.md.
  public var name: String {
    switch self {
    case .hello: "hello"
    case .ping: "ping"
    case .status: "status"
    case .snapshot: "snapshot"
    case .declareShop: "declare shop"
    case .cancel: "cancel"
    case .recordOrders: "record orders"
    case .recordReturns: "record returns"
    case .recordProfiles: "record profiles"
    case .recordConsents: "record consents"
    case .recordEvents: "record events"
    case .recordOrderLines: "record order lines"
    case .putCatalogue: "put catalogue"
    case .amendOffer: "amend offer"
    case .decide: "decide"
    case .recordDecision: "record decision"
    case .recordOutcomes: "record outcomes"
    case .adoptPolicy: "adopt policy"
    case .defineSegments: "define segments"
    case .keepSegments: "keep segments"
    case .keepQuantiles: "keep quantiles"
    case .scoreOne: "score one"
    case .scoreMany: "score many"
    case .scoreInterval: "score interval"
    case .recommend: "recommend"
    case .describeCustomer: "describe customer"
    case .consentHistory: "consent history"
    case .readCatalogue: "read catalogue"
    case .explainDecision: "explain decision"
    case .readDecisions: "read decisions"
    case .reportCampaign: "report campaign"
    case .fit: "fit"
    case .adoptModel: "adopt model"
    case .putBackModel: "put back model"
    case .report: "report"
    case .forecast: "forecast"
    case .refitPolicy: "refit policy"
    case .tryCatalogue: "try catalogue"
    case .selectCustomers: "select customers"
    case .countCustomers: "count customers"
    case .readSegments: "read segments"
    case .watchCustomers: "watch customers"
    }
  }
}

/// How a request ended; the number on the wire.
public enum Status: UInt16, CaseIterable, Sendable {
  /// Done; the body is the verb's reply.
  case ok = 0
  /// The frame itself is broken; the connection closes.
  case badFrame = 1
  /// The frame is longer than the limit; the connection closes.
  case frameTooLarge = 2
  /// The first frame was not a hello; the connection closes.
  case helloRequired = 3
  /// No common version of the protocol; the connection closes.
  case unsupportedVersion = 4
  /// The server does not know the verb.
  case unsupportedVerb = 5
  /// The body does not have the verb's shape.
  case malformed = 6
  /// A field has a value outside its range.
  case invalidField = 7
  /// The deadline passed before work began.
  case deadlineExceeded = 8
  /// Too much is waiting already; ask again later.
  case overloaded = 9
  /// The server is stopping.
  case shuttingDown = 10
  /// A table or an address space is full.
  case tableFull = 11
  /// The server reads its files; the sentence says how far it is.
  case loading = 12
  /// The disk is full: commands are refused, queries are answered.
  case noSpace = 13
  /// The command's key was used for another command.
  case keyReused = 14
  /// A part of the reply; further ones follow.
  case more = 15
  /// The shop was declared differently before.
  case alreadyDeclared = 16
  /// The shop's time zone has not been declared yet.
  case notDeclared = 17
  /// The amounts are in another currency than the shop's.
  case currencyMismatch = 18
  /// A time lies before 1970, after 2149 or in the future.
  case timeOutOfRange = 19
  /// A return names an order that is not known.
  case unknownOrder = 20
  /// A return is dated before its order.
  case returnBeforeOrder = 21
  /// Returns would exceed the order's amount.
  case returnExceedsOrder = 22
  /// A sum of amounts would overflow.
  case amountOverflow = 23
  /// No model has been adopted yet.
  case noModel = 32
  /// There is not enough history to fit a model.
  case notEnoughData = 33
  /// A long task of the server failed; the sentence says why.
  case taskFailed = 34
  /// The catalogue is wrong; the sentence says where.
  case badCatalogue = 40
  /// No catalogue has been put yet.
  case noCatalogue = 41
  /// The catalogue has no such offer.
  case unknownOffer = 42
  /// The catalogue has no such placement.
  case unknownPlacement = 43
  /// The features are of another schema than the catalogue's.
  case badSchema = 44
  /// No decision has this receipt.
  case unknownDecision = 45
  /// An outcome's amounts cannot be: more comes back than there was, or it costs more than it may.
  case badAmount = 46
  /// The catalogue has no such campaign.
  case unknownCampaign = 47
  /// The client ended the reply before its end.
  case cancelled = 48
  /// A condition on customers is wrong; the sentence says where.
  case badCondition = 49
  /// A count has more groups than one reply tells.
  case tooManyGroups = 50
  /// More customers would have to be put in order than are held in memory.
  case tooManyOrdered = 51

  /// Whether the connection closes after this reply.
  public var closes: Bool {
    switch self {
    case .badFrame, .frameTooLarge, .helloRequired, .unsupportedVersion: true
    default: false
    }
  }

  /// The name in protocol.md.
  public var name: String {
    switch self {
    case .ok: "ok"
    case .badFrame: "bad frame"
    case .frameTooLarge: "frame too large"
    case .helloRequired: "hello required"
    case .unsupportedVersion: "unsupported version"
    case .unsupportedVerb: "unsupported verb"
    case .malformed: "malformed"
    case .invalidField: "invalid field"
    case .deadlineExceeded: "deadline exceeded"
    case .overloaded: "overloaded"
    case .shuttingDown: "shutting down"
    case .tableFull: "table full"
    case .loading: "loading"
    case .noSpace: "no space"
    case .keyReused: "key reused"
    case .more: "more"
    case .alreadyDeclared: "already declared"
    case .notDeclared: "not declared"
    case .currencyMismatch: "currency mismatch"
    case .timeOutOfRange: "time out of range"
    case .unknownOrder: "unknown order"
    case .returnBeforeOrder: "return before order"
    case .returnExceedsOrder: "return exceeds order"
    case .amountOverflow: "amount overflow"
    case .noModel: "no model"
    case .notEnoughData: "not enough data"
    case .taskFailed: "task failed"
    case .badCatalogue: "bad catalogue"
    case .noCatalogue: "no catalogue"
    case .unknownOffer: "unknown offer"
    case .unknownPlacement: "unknown placement"
    case .badSchema: "bad schema"
    case .unknownDecision: "unknown decision"
    case .badAmount: "bad amount"
    case .unknownCampaign: "unknown campaign"
    case .cancelled: "cancelled"
    case .badCondition: "bad condition"
    case .tooManyGroups: "too many groups"
    case .tooManyOrdered: "too many ordered"
    }
  }
}

/// Why a request is refused: the status, where in the frame, and a sentence for people.
///
/// Nothing was changed by the request; the connection goes on unless `status.closes`.
public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// The reply's status; never `ok` or `more`.
  public var status: Status
  /// Offset of the field at fault from the frame's first byte; nil where no byte is at fault.
  public var offset: UInt32?
  /// What was wrong and what to do, in one sentence.
  public var sentence: String

  /// Makes a refusal.
  ///
  /// - Parameters:
  ///   - status: the reply's status; not `ok`.
  ///   - offset: offset in the frame of the field at fault, in bytes.
  ///   - sentence: what was wrong and what to do.
  public init(_ status: Status, at offset: Int? = nil, _ sentence: String) {
    self.status = status
    self.offset = offset.map { UInt32(clamping: $0) }
    self.sentence = sentence
  }

  /// The sentence with its status and place.
  public var description: String {
    let place = offset.map { " at byte \($0)" } ?? ""
    return "\(status.name)\(place): \(sentence)"
  }
}
