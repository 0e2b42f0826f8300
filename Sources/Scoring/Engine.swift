// The heart: a frame and a time go in, a reply comes out, and the state has changed or not. The one
// switch from verbs to what they do is here; each verb's method is in Engine+….swift.
// It knows no file, socket, clock or thread; the same frames at the same times give the same state.

public import Wire

/// What became of a request.
public enum Outcome: Sendable {
  /// A query: the reply is in the outbox.
  case answered
  /// A command: the reply is in the outbox and may leave once the frame is durable under
  /// `engine.sequence` at `engine.timeMicros`.
  case changed
  /// A decision was made: the reply is in the outbox and may leave; what has to become durable is
  /// `engine.decisionFrame`, not the request.
  case decided
  /// A command that was executed before: what it was answered then is in the outbox and may leave
  /// once everything up to `engine.sequence` is durable. Nothing changed.
  case repeated
  /// The reply in the outbox says why not; nothing changed.
  case refused(Status)
  /// The outbox is untouched: the server has to do this and then reply itself.
  case asked(Errand)
}

/// What the engine cannot do without files, clocks or a long time.
public enum Errand: Sendable {
  /// Tell how everything is, with a hash over the state or without.
  case status(withStateHash: Bool)
  /// Write a snapshot.
  case snapshot
  /// Fit, then adopt the result.
  case fit(FitJob)
  /// Learn what offers are worth anew, then adopt the result.
  case refitPolicy(PolicyJob)
  /// Answer a question that takes long.
  case analysis(any Analysis)
  /// Answer a question in parts, as they come.
  case stream(any StreamedAnalysis)
  /// Answer a request for more scores than one frame holds, in parts.
  case scores(ScoreSlices)
}

/// The owner of the state, and the only one who changes it.
public struct Engine: ~Copyable {
  /// The name and version that hello and status tell.
  public static let serverName = "patron 0.1"

  /// The state as a value; a copy is a view of this instant.
  public internal(set) var store: Store
  var customerIndex: Index
  var orderIndex: Index
  var factIndexes: FactIndexes
  var offerIndexes: OfferIndexes
  /// Of the two halves of the answers.
  var answerIndexes: [Index]
  let indexKey: (UInt64, UInt64)
  /// The memory in which decisions are made; no state.
  var desk = DecisionDesk()
  /// The memory in which queries are gathered; no state.
  var queries = PointQueries()
  /// The same of recommendations, beside their queries; no state.
  var recommendations = Recommendations()
  /// What point queries read of customers; no state.
  var cards = Cards()
  /// What is tabulated of the models; no state.
  var tables = TableShelf()
  /// Who was changed lately; no state.
  var touches = Touches()

  /// Makes an engine without a shop, to stand in until there is one.
  public init() {
    store = Store()
    customerIndex = Index()
    orderIndex = Index()
    factIndexes = FactIndexes()
    offerIndexes = OfferIndexes()
    answerIndexes = [Index(), Index()]
    indexKey = (0, 0)
  }

  /// Makes an engine around a state, new or loaded, doing all the tasks of its assembly in a row.
  ///
  /// - Parameters:
  ///   - store: the state; the indexes are built from it.
  ///   - indexKey: random numbers of this process; they never reach the state.
  /// - Throws: a `SectionError` when the state refers to what is not there, or when a customer or
  ///   an order is there twice.
  /// - Complexity: some passes over all customers and orders.
  public init(_ store: Store, indexKey: (UInt64, UInt64)) throws(SectionError) {
    let assembly = EngineAssembly(store, indexKey: indexKey)
    var parts: [EngineAssembly.Part] = []
    for task in 0..<assembly.taskCount { parts.append(try assembly.perform(task)) }
    self.init(assembly, parts)
  }

  /// Makes an engine of what the tasks of an assembly came to.
  ///
  /// - Parameters:
  ///   - assembly: the tasks.
  ///   - parts: one for each task, in any order.
  public init(_ assembly: EngineAssembly, _ parts: [EngineAssembly.Part]) {
    store = assembly.store
    indexKey = assembly.indexKey
    (customerIndex, orderIndex, factIndexes, offerIndexes, answerIndexes) = assembly.indexes(parts)
  }

  /// An engine taken apart, to be handed to another thread.
  public struct Parts: Sendable {
    let store: Store
    let customerIndex: Index
    let orderIndex: Index
    let factIndexes: FactIndexes
    let offerIndexes: OfferIndexes
    let answerIndexes: [Index]
    let indexKey: (UInt64, UInt64)
  }

  /// Takes the engine apart.
  ///
  /// - Returns: all of it; nothing is copied.
  public consuming func dismantle() -> Parts {
    Parts(
      store: store, customerIndex: customerIndex, orderIndex: orderIndex,
      factIndexes: factIndexes, offerIndexes: offerIndexes, answerIndexes: answerIndexes,
      indexKey: indexKey)
  }

  /// Puts an engine together again.
  ///
  /// - Parameter parts: of an engine that was taken apart; nothing is copied.
  public init(_ parts: consuming Parts) {
    store = parts.store
    customerIndex = parts.customerIndex
    orderIndex = parts.orderIndex
    factIndexes = parts.factIndexes
    offerIndexes = parts.offerIndexes
    answerIndexes = parts.answerIndexes
    indexKey = parts.indexKey
  }

  /// The last record that was applied.
  public var sequence: UInt64 { store.sequence }

  /// The time of the last record; it never falls.
  public var timeMicros: Int64 { store.timeMicros }

  /// How many models were adopted.
  public var generation: UInt32 { store.generation }

  /// The shop's time zone; nil before it was declared.
  public var timeZone: String? { store.calendar?.timeZone }

  /// Executes one request.
  ///
  /// - Parameters:
  ///   - header: the frame's header, as `Frame.cut` gave it.
  ///   - frame: the whole frame.
  ///   - nowMicros: microseconds since 1970 UTC; a command before the last one counts as if it came
  ///     at the same time.
  ///   - out: where the reply is appended.
  /// - Returns: what became of it.
  public mutating func execute(
    _ header: FrameHeader, _ frame: RawSpan, at nowMicros: Int64, into out: inout ByteBuffer
  ) -> Outcome {
    execute(header, frame, at: nowMicros, into: &out, isNew: false, isOwn: false)
  }

  /// Executes a command of the server itself; see `execute`.
  ///
  /// - Parameters:
  ///   - header: the frame's header.
  ///   - frame: the whole frame.
  ///   - nowMicros: microseconds since 1970 UTC.
  ///   - out: where the reply is appended.
  /// - Returns: what became of it.
  public mutating func executeOwn(
    _ header: FrameHeader, _ frame: RawSpan, at nowMicros: Int64, into out: inout ByteBuffer
  ) -> Outcome {
    execute(header, frame, at: nowMicros, into: &out, isNew: false, isOwn: true)
  }

  /// Executes a request; one that is known to be new is executed even when its key is remembered.
  private mutating func execute(
    _ header: FrameHeader, _ frame: RawSpan, at nowMicros: Int64, into out: inout ByteBuffer,
    isNew: Bool, isOwn: Bool
  ) -> Outcome {
    let mark = Frame.begin(verb: header.verb, tag: header.tag, in: &out)
    do throws(Refusal) {
      guard let verb = Verb(rawValue: header.verb) else {
        throw Refusal(.unsupportedVerb, at: 4, "verb \(header.verb) is not known to this server")
      }
      if verb.isInternal && !isOwn {
        throw Refusal(.unsupportedVerb, at: 4, "\(verb.name) is for the server's own journal")
      }
      let command = try keyedCommand(verb, frame)
      let known = command.flatMap { answer(to: $0.key) }
      if let command, let known, !isNew {
        try repeatAnswer(at: known, to: command, &out)
        Frame.end(mark, in: &out)
        return .repeated
      }
      var body = FrameReader(frame, from: FrameHeader.size)
      let time = max(nowMicros, store.timeMicros)
      if verb.isCommand { store.stamp(store.sequence + 1) }
      switch verb {
      case .hello: try hello(&body, &out)
      case .ping: try ping(&body, at: nowMicros, &out)
      case .cancel: try cancel(&body, &out)
      case .declareShop: try declareShop(&body)
      case .recordOrders: try recordOrders(&body, at: time, &out)
      case .recordReturns: try recordReturns(&body, at: time, &out)
      case .recordProfiles: try recordProfiles(&body, at: time, &out)
      case .recordConsents: try recordConsents(&body, at: time, &out)
      case .recordEvents: try recordEvents(&body, at: time, &out)
      case .recordOrderLines: try recordOrderLines(&body, &out)
      case .describeCustomer: try describeCustomer(&body, &out)
      case .consentHistory: try consentHistory(&body, &out)
      case .scoreOne: try scoreOne(&body, at: nowMicros, &out)
      case .scoreMany:
        if let slices = try scoreMany(frame, &body, at: nowMicros, &out) {
          out.truncate(to: mark)
          return .asked(.scores(slices))
        }
      case .recommend: try recommend(&body, at: time, &out)
      case .adoptModel: try adoptModel(&body, &out)
      case .putBackModel: try putBackModel(&body, &out)
      case .putCatalogue: try putCatalogue(&body, &out)
      case .amendOffer: try amendOffer(&body, &out)
      case .decide:
        let outcome = try decide(frame, &body, at: time, &out)
        Frame.end(mark, in: &out)
        return outcome
      case .recordDecision:
        try recordDecision(frame.extracting(droppingFirst: FrameHeader.size), at: time)
      case .adoptPolicy: try adoptPolicy(&body)
      case .defineSegments: try defineSegments(&body, &out)
      case .keepQuantiles: try keepQuantiles(&body)
      case .keepSegments: try keepSegments(&body)
      case .recordOutcomes: try recordOutcomes(&body, at: time, &out)
      case .readCatalogue: try readCatalogue(&body, at: time, &out)
      case .explainDecision: try explainDecision(&body, &out)
      case .readDecisions: try readDecisions(&body, &out)
      case .status, .snapshot, .fit, .scoreInterval, .report, .forecast, .refitPolicy,
        .reportCampaign, .tryCatalogue, .selectCustomers, .countCustomers,
        .watchCustomers, .readSegments:
        let errand = try errand(verb, &body, at: nowMicros)
        out.truncate(to: mark)
        return .asked(errand)
      }
      Frame.end(mark, in: &out)
      guard verb.isCommand else { return .answered }
      if let command, known == nil {
        let start = mark + FrameHeader.size
        remember(out.bytes.extracting(start..<out.count), to: command)
      }
      store.sequence += 1
      store.timeMicros = time
      return .changed
    } catch {
      out.truncate(to: mark)
      Frame.refuse(error, verb: header.verb, tag: header.tag, in: &out)
      return .refused(error.status)
    }
  }

  /// Applies a record of the journal again.
  ///
  /// - Parameters:
  ///   - sequence: the record's number; the next one after `sequence`.
  ///   - timeMicros: the record's time.
  ///   - frame: the accepted frame.
  /// - Throws: a `SectionError` when the record does not follow, or is refused now.
  public mutating func replay(
    sequence: UInt64, timeMicros: Int64, frame: RawSpan
  ) throws(SectionError) {
    guard sequence == store.sequence + 1 else {
      throw SectionError("record \(sequence) does not follow record \(store.sequence)")
    }
    var reply = ByteBuffer()
    do throws(Refusal) {
      guard case .frame(let header) = try Frame.cut(frame, sizeMax: Limits.frameSizeMax),
        header.frameSize == frame.byteCount
      else { throw Refusal(.badFrame, "the record does not hold one whole frame") }
      // What is in the journal was new when it was accepted, whatever is remembered today.
      switch execute(header, frame, at: timeMicros, into: &reply, isNew: true, isOwn: true) {
      case .changed, .decided: return
      case .refused(let status):
        throw Refusal(status, "it was accepted once and is refused now")
      case .answered, .repeated, .asked:
        throw Refusal(.badFrame, "verb \(header.verb) is not a command")
      }
    } catch {
      throw SectionError("record \(sequence) cannot be applied: \(error)")
    }
  }

  // MARK: Requests that need no method of their own file

  private func hello(_ body: inout FrameReader, _ out: inout ByteBuffer) throws(Refusal) {
    let request = try HelloRequest(from: &body)
    try body.requireEnd()
    HelloReply(
      version: try request.negotiate(), minorDigits: store.minorDigits, currency: store.currency,
      timeZone: store.calendar?.timeZone ?? "", server: Self.serverName
    ).write(to: &out)
  }

  private func ping(
    _ body: inout FrameReader, at nowMicros: Int64, _ out: inout ByteBuffer
  ) throws(Refusal) {
    try body.requireEnd()
    PingReply(timeMicros: nowMicros).write(to: &out)
  }

  /// Whoever keeps replies in parts ends them; what comes here is not under way.
  private func cancel(_ body: inout FrameReader, _ out: inout ByteBuffer) throws(Refusal) {
    _ = try CancelRequest(from: &body)
    try body.requireEnd()
    CancelReply(wasUnderWay: false).write(to: &out)
  }

  private mutating func errand(
    _ verb: Verb, _ body: inout FrameReader, at nowMicros: Int64
  ) throws(Refusal) -> Errand {
    let errand: Errand
    switch verb {
    case .status: errand = .status(withStateHash: try StatusRequest(from: &body).withStateHash)
    case .fit: errand = .fit(try fitJob(&body))
    case .refitPolicy:
      _ = try requireShelf()
      errand = .refitPolicy(PolicyJob(store: store))
    case .scoreInterval: errand = .analysis(try intervalJob(&body, at: nowMicros))
    case .forecast: errand = .analysis(try forecastJob(&body))
    case .report: errand = .analysis(try reportJob(&body))
    case .reportCampaign: errand = .analysis(try campaignJob(&body, at: nowMicros))
    case .tryCatalogue: errand = .analysis(try trialJob(&body, at: nowMicros))
    case .selectCustomers: errand = .stream(try selectScan(&body, at: nowMicros))
    case .countCustomers: errand = .stream(try countScan(&body, at: nowMicros))
    case .watchCustomers: errand = .stream(try watchScan(&body, at: nowMicros))
    case .readSegments: errand = .stream(try segmentScan(&body, at: nowMicros))
    default: errand = .snapshot
    }
    try body.requireEnd()
    return errand
  }
}
