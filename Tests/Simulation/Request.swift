// What a simulated client can ask, and the frame it becomes. What is asked when is in
// RequestSource; what must come back, in ShopModel.

import Platform
import Wire

/// One request, before it has a tag.
enum Request {
  case hello
  case ping
  case status(withHash: Bool)
  case snapshot
  case declare(DeclareShopRequest)
  case orders(RecordOrdersRequest)
  case returns(RecordReturnsRequest)
  case profiles(RecordProfilesRequest)
  case describe(CustomerRequest)
  case events(RecordEventsRequest)
  case lines(RecordOrderLinesRequest)
  case consents(RecordConsentsRequest)
  case consentHistory(ConsentHistoryRequest)
  case adopt(AdoptModelRequest)
  case putBack(PutBackModelRequest)
  case fit(FitRequest)
  case report(ReportRequest)
  case scoreOne(ScoreOneRequest)
  case scoreMany(ScoreManyRequest)
  case putCatalogue(PutCatalogueRequest)
  case amend(AmendOfferRequest)
  case decide(DecideRequest)
  case outcomes(RecordOutcomesRequest)
  case define(DefineSegmentsRequest)
  /// What the server found of segments, or nil for quantiles, and keeps: no client sends it.
  case keptSegments(KeepSegmentsRequest?)
  /// A body that is no body of its verb, and the status that says so.
  case broken(verb: UInt16, body: [UInt8], status: Status)

  /// Whether it changes state when it is accepted, and so must be sent again if it may be lost.
  var isCommand: Bool {
    switch self {
    case .declare, .orders, .returns, .profiles, .consents, .events, .lines,
      .adopt, .putBack, .define:
      true
    default: isAboutOffers
    }
  }

  /// Whether it is about offers: what must come of it is not modelled, but judged by the journal.
  var isAboutOffers: Bool {
    switch self {
    case .putCatalogue, .amend, .decide, .outcomes: true
    default: false
    }
  }

  /// Whether the server does it beside the loop and answers later.
  var isErrand: Bool {
    switch self {
    case .status(withHash: true), .snapshot, .fit, .report: true
    default: false
    }
  }

  var verb: UInt16 {
    switch self {
    case .hello: Verb.hello.rawValue
    case .ping: Verb.ping.rawValue
    case .status: Verb.status.rawValue
    case .snapshot: Verb.snapshot.rawValue
    case .declare: Verb.declareShop.rawValue
    case .orders: Verb.recordOrders.rawValue
    case .returns: Verb.recordReturns.rawValue
    case .profiles: Verb.recordProfiles.rawValue
    case .describe: Verb.describeCustomer.rawValue
    case .events: Verb.recordEvents.rawValue
    case .lines: Verb.recordOrderLines.rawValue
    case .consents: Verb.recordConsents.rawValue
    case .consentHistory: Verb.consentHistory.rawValue
    case .adopt: Verb.adoptModel.rawValue
    case .putBack: Verb.putBackModel.rawValue
    case .fit: Verb.fit.rawValue
    case .report: Verb.report.rawValue
    case .scoreOne: Verb.scoreOne.rawValue
    case .scoreMany: Verb.scoreMany.rawValue
    case .putCatalogue: Verb.putCatalogue.rawValue
    case .amend: Verb.amendOffer.rawValue
    case .decide: Verb.decide.rawValue
    case .outcomes: Verb.recordOutcomes.rawValue
    case .define: Verb.defineSegments.rawValue
    case .keptSegments: Verb.keepSegments.rawValue
    case .broken(let verb, _, _): verb
    }
  }

  /// The key of a command; none for queries and for commands without one.
  var key: CommandKey {
    switch self {
    case .declare(let request): request.key
    case .orders(let request): request.key
    case .returns(let request): request.key
    case .profiles(let request): request.key
    case .events(let request): request.key
    case .lines(let request): request.key
    case .consents(let request): request.key
    case .adopt(let request): request.key
    case .putBack(let request): request.key
    case .define(let request): request.key
    case .putCatalogue(let request): request.key
    case .amend(let request): request.key
    case .decide(let request): request.key
    case .outcomes(let request): request.key
    default: .none
    }
  }

  /// The whole frame.
  func frame(tag: UInt64) -> [UInt8] {
    var out = ByteBuffer()
    let mark = Frame.begin(verb: verb, tag: tag, in: &out)
    do throws(Refusal) {
      switch self {
      case .hello: HelloRequest(client: "simulation").write(to: &out)
      case .ping, .snapshot, .keptSegments: break
      case .status(let withHash): StatusRequest(withStateHash: withHash).write(to: &out)
      case .declare(let request): request.write(to: &out)
      case .orders(let request): try request.write(to: &out)
      case .returns(let request): try request.write(to: &out)
      case .profiles(let request): try request.write(to: &out)
      case .describe(let request): try request.write(to: &out)
      case .events(let request): try request.write(to: &out)
      case .lines(let request): try request.write(to: &out)
      case .consents(let request): try request.write(to: &out)
      case .consentHistory(let request): try request.write(to: &out)
      case .adopt(let request): request.write(to: &out)
      case .putBack(let request): request.write(to: &out)
      case .fit(let request): request.write(to: &out)
      case .report(let request): request.write(to: &out)
      case .scoreOne(let request): try request.write(to: &out)
      case .scoreMany(let request): try request.write(to: &out)
      case .define(let request): try request.write(to: &out)
      case .putCatalogue(let request): try request.write(to: &out)
      case .amend(let request): try request.write(to: &out)
      case .decide(let request): try request.write(to: &out)
      case .outcomes(let request): try request.write(to: &out)
      case .broken(_, let body, _): out.append(bytes: body.rawBytes)
      }
    } catch {
      preconditionFailure("a simulated client writes what can be written: \(error)")
    }
    Frame.end(mark, in: &out)
    var bytes: [UInt8] = []
    bytes.append(bytes: out.bytes)
    return bytes
  }
}

/// A request under way: sent, perhaps executed, not yet answered.
final class Operation {
  let request: Request
  let tag: UInt64
  let frameSize: Int
  /// What must come back; nil until it was executed.
  var expected: Answer?
  /// The record its reply waits for; nil when it waits for none.
  var sequence: UInt64?

  init(_ request: Request, tag: UInt64, frameSize: Int) {
    self.request = request
    self.tag = tag
    self.frameSize = frameSize
  }
}

/// What the model says must come back.
enum Answer {
  case refused(Status)
  case hello(HelloReply)
  case ping(timeMicros: Int64)
  case empty
  case recorded(RecordReply)
  case consents(ConsentHistoryReply)
  case customer(CustomerReply)
  case adopted(AdoptModelReply)
  case defined(DefineSegmentsReply)
  case score(ScoreFacts)
  case scores([ScoreFacts])
  case status(StatusFacts)
  /// A snapshot of at least this record.
  case snapshot(from: UInt64)
  case fitted(generation: UInt32)
  case reported(generation: UInt32, asOfDay: Int32)
  /// Something about offers was done: not a refusal.
  case done
  /// Something about offers was not done: a refusal.
  case declined
  /// Either of both: a dry run, or a decision that is not in the journal.
  case unmodelled
}

/// What a score rests on.
struct ScoreFacts: Equatable {
  var known = false
  var generation: UInt32 = 0
  var asOfDay: Int32 = 0
  var firstOrderDay: Int32 = 0
  var repeatOrders: UInt32 = 0
  var recencyDays: Int32 = 0
  var ageDays: Int32 = 0
  var meanSpend = 0.0
}

/// What status must tell.
struct StatusFacts {
  var customers = 0
  var orders = 0
  var returns = 0
  var sequence: UInt64 = 0
  var durableSequence: UInt64 = 0
  var snapshotSequence: UInt64 = 0
  var repeated: UInt64 = 0
  var generation: UInt32 = 0
  var newestOrderDay: Int32 = -1
  var minorDigits: UInt8 = 0
  var currency = ""
  var timeZone = ""
  /// 0 where it was not asked for.
  var stateHash: UInt64 = 0
}
