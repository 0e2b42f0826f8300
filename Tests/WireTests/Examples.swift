// The values of the examples in protocol.md, one or more for each message, spelled out; those about
// offers are in ExamplesOffers.swift. No tests here. The shop is one of CDNOW's size and currency; the scores are those of MBG/NBD with the
// parameters published for its sample, computed with 40 digits.

import Wire

/// A frame as a value, with everything a test may want to do to it.
struct Example: Sendable, CustomStringConvertible {
  var title: String
  var typeName: String
  var fields: [Field]
  var verb: Verb
  var status: Status
  var tag: UInt64
  var deadlineMillis: UInt32
  /// Encodes the value with the codec.
  var encode: @Sendable () throws -> [UInt8]
  /// Whether a frame's body decodes to the value.
  var equals: @Sendable (_ frame: [UInt8]) throws -> Bool
  /// Decodes the body of a frame.
  var decode: @Sendable (_ frame: RawSpan) throws(Refusal) -> Void
  /// Decodes the body of a frame and encodes it again.
  var recode: @Sendable (_ frame: [UInt8]) throws -> [UInt8]

  init<M: Message & Equatable & Sendable>(
    _ verb: Verb, _ status: Status = .ok, tag: UInt64, deadlineMillis: UInt32 = 0, _ value: M
  ) {
    title = M.title
    typeName = "\(M.self)"
    fields = M.fields
    self.verb = verb
    self.status = status
    self.tag = tag
    self.deadlineMillis = deadlineMillis
    encode = {
      try makeFrame(value, verb: verb, status: status, tag: tag, deadlineMillis: deadlineMillis)
    }
    equals = {
      let body = try readBody(M.self, of: $0)
      // NaN equals nothing, but is told alike.
      return body == value || "\(body)" == "\(value)"
    }
    decode = { frame throws(Refusal) in
      var reader = FrameReader(frame, from: FrameHeader.size)
      _ = try M(from: &reader)
      try reader.requireEnd()
    }
    recode = {
      try makeFrame(
        try readBody(M.self, of: $0), verb: verb, status: status, tag: tag,
        deadlineMillis: deadlineMillis)
    }
  }

  var description: String { "\(title), tag \(tag)" }

  /// The place of a field in the frame.
  func range(of name: String) throws -> Range<Int> {
    let walk = try FieldWalk(frame: try encode(), body: fields)
    guard let field = walk.found.last(where: { $0.name == name }) else {
      throw WalkError(description: "\(title) has no field \(name)")
    }
    return field.range
  }

  /// The frame with other bytes in the place of a field; its length is made right again.
  func encode(with name: String, _ bytes: [UInt8]) throws -> [UInt8] {
    var frame = try encode()
    frame.replaceSubrange(try range(of: name), with: bytes)
    frame.replaceSubrange(0..<4, with: littleEndian(UInt32(frame.count - 4)))
    return frame
  }

  /// The refusal of the frame with other bytes in the place of a field.
  func refusal(with name: String, _ bytes: [UInt8]) throws -> Refusal? {
    let changed = try encode(with: name, bytes)
    return WireTests.refusal { _ = try recode(changed) }
  }

  /// The first example with a title.
  static func named(_ title: String) throws -> Example {
    guard let example = all.first(where: { $0.title == title }) else {
      throw WalkError(description: "there is no example of \(title)")
    }
    return example
  }
}

extension Example {
  static let all: [Example] = customers + offers

  private static let customers: [Example] = [
    Example(.ping, tag: 7, deadlineMillis: 250, Empty()),
    Example(
      .scoreOne, .invalidField, tag: 9,
      RefusalReply(Refusal(.invalidField, at: 32, "the horizon is 0.0 days, it must be above 0"))),
    Example(.cancel, tag: 11, CancelRequest(request: 10)),
    Example(.cancel, tag: 11, CancelReply(wasUnderWay: true)),
    Example(.hello, tag: 1, HelloRequest(client: "notebook", versions: 1...1)),
    Example(
      .hello, tag: 1,
      HelloReply(
        version: 1, minorDigits: 2, currency: "USD", timeZone: "UTC", server: "patron 0.1")),
    Example(.ping, tag: 7, PingReply(timeMicros: 875_620_800_000_000)),
    Example(.status, tag: 2, StatusRequest(withStateHash: true)),
    Example(.status, tag: 2, status),
    Example(.snapshot, tag: 3, SnapshotReply(sequence: 1042, sizeBytes: 5_242_880, seconds: 0.125)),
    Example(
      .declareShop, tag: 4,
      DeclareShopRequest(
        key: .none, timeZone: "Europe/Paris",
        transitions: [
          .init(fromSeconds: Int64.min, offsetSeconds: 3600),
          .init(fromSeconds: 859_683_600, offsetSeconds: 7200),
          .init(fromSeconds: 877_827_600, offsetSeconds: 3600),
        ])),
    Example(
      .recordOrders, tag: 5, deadlineMillis: 5000,
      RecordOrdersRequest(
        key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 41), currency: "USD",
        minorDigits: 2,
        orders: [
          .init(
            customer: "C-1001", order: "1", timeMicros: 852_120_000_000_000, amountMinor: 2933),
          .init(
            customer: "Zoë", order: "A/2", timeMicros: 870_523_200_000_000, amountMinor: 0),
        ])),
    Example(
      .recordReturns, tag: 6,
      RecordReturnsRequest(
        key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 42), currency: "USD",
        minorDigits: 2,
        returns: [
          .init(
            customer: "C-1001", order: "1", returned: "R-1", timeMicros: 872_078_400_000_000,
            amountMinor: 0)
        ])),
    Example(
      .recordOrders, tag: 5,
      RecordReply(
        sequence: 1043, recorded: 6, duplicates: 1,
        refused: [.init(row: 3, status: .timeOutOfRange)])),
    Example(
      .recordProfiles, tag: 18,
      RecordProfilesRequest(
        key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 44),
        profiles: [
          .init(
            customer: "C-1001",
            ProfileChange(
              birthday: birthday.map { .set($0) } ?? .keep, country: .set("FR"),
              channel: .set(.email), source: .set("search"),
              acquisitionCost: .set(
                AcquisitionCost(amountMinor: 1250, currency: "USD", minorDigits: 2)),
              tier: .set(HeldTier(.gold, untilDay: 10_227)))),
          .init(customer: "Zoë", ProfileChange(language: .forget, tier: .forget)),
        ])),
    Example(
      .recordEvents, tag: 22,
      RecordEventsRequest(
        key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 45), currency: "USD",
        minorDigits: 2,
        events: [
          .init(
            customer: "C-1001", identifier: "e1",
            Event(
              .cartChanged, timeMicros: 872_078_400_000_000, name: "shoes", amountMinor: 8000,
              lines: 2)),
          .init(
            customer: "Zoë", identifier: "m/7",
            Event(
              .contactSent, timeMicros: 872_078_400_000_001, name: "welcome", channel: .email)),
        ])),
    Example(
      .recordOrderLines, tag: 23,
      RecordOrderLinesRequest(
        key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 46), currency: "USD",
        minorDigits: 2,
        lines: [
          .init(
            customer: "C-1001", order: "1", line: 1, category: "shoes", quantity: 2,
            amountMinor: 2000),
          .init(customer: "C-1001", order: "1", line: 2, category: "socks", amountMinor: 933),
        ])),
    Example(.describeCustomer, tag: 19, CustomerRequest(customer: "C-1001")),
    Example(.describeCustomer, tag: 19, customer),
    Example(
      .recordConsents, tag: 20,
      RecordConsentsRequest(
        key: CommandKey(producer: 0x5EED_0000_0000_0001, number: 43),
        consents: [
          .init(
            customer: "C-1001",
            Consent(
              .email, .marketing, .granted, timeMicros: 872_078_400_000_000,
              expiresMicros: 903_614_400_000_000, source: "newsletter", textVersion: "2")),
          .init(
            customer: "Zoë",
            Consent(.sms, .marketing, .revoked, timeMicros: 872_078_400_000_001)),
        ])),
    Example(.consentHistory, tag: 21, ConsentHistoryRequest(customer: "C-1001")),
    Example(
      .consentHistory, tag: 21,
      ConsentHistoryReply(
        leftOut: false,
        consents: [
          Consent(
            .email, .marketing, .granted, timeMicros: 872_078_400_000_000,
            expiresMicros: 903_614_400_000_000, source: "newsletter", textVersion: "2"),
          Consent(.email, .marketing, .denied, timeMicros: 852_120_000_000_000, source: "till"),
        ])),
    Example(
      .scoreOne, tag: 9, deadlineMillis: 50,
      ScoreOneRequest(terms: terms, customer: "C-1001")),
    Example(.scoreMany, tag: 10, ScoreManyRequest(terms: terms, customers: ["C-1001", "nobody"])),
    Example(.scoreOne, tag: 9, loyal),
    Example(.scoreMany, tag: 10, ScoreManyReply(scores: [loyal, unknown])),
    Example(.fit, tag: 11, FitRequest(asOfMicros: 875_620_800_000_000, kind: 2)),
    Example(.fit, tag: 11, fit),
    Example(
      .adoptModel, tag: 12,
      AdoptModelRequest(
        key: CommandKey(producer: 0x3C6E_F372_FE94_F82B, number: 0xA54F_F53A_5F1D_36F1),
        model: model)),
    Example(
      .adoptModel, tag: 12,
      AdoptModelRequest(
        key: CommandKey(producer: 0x3C6E_F372_FE94_F82B, number: 0xA54F_F53A_5F1D_36F2),
        model: blended)),
    Example(.adoptModel, tag: 12, AdoptModelReply(sequence: 1044, generation: 3)),
    Example(
      .scoreInterval, tag: 14,
      ScoreIntervalRequest(terms: terms, level: 0.9, customer: "C-1001")),
    Example(.scoreInterval, tag: 14, interval),
    Example(.forecast, tag: 15, ForecastRequest(asOfMicros: 875_620_800_000_000, weeks: 2)),
    Example(.forecast, tag: 15, forecast),
    Example(
      .putBackModel, tag: 13,
      PutBackModelRequest(
        key: CommandKey(producer: 0x3C6E_F372_FE94_F82B, number: 0xA54F_F53A_5F1D_36F3))),
    Example(
      .report, tag: 13,
      ReportRequest(
        asOfMicros: 875_620_800_000_000, holdoutFromMicros: 865_252_800_000_000,
        customer: "C-1001")),
    Example(.report, tag: 13, report),
  ]

  private static let birthday = Birthday(year: 1972, month: 2, day: 29)

  private static var customer: CustomerReply {
    var reply = CustomerReply()
    (reply.known, reply.firstOrderDay, reply.lastOrderDay) = (true, 9862, 10_090)
    (reply.repeatOrders, reply.spentMinor) = (3, 11_842)
    reply.profile = Profile(
      birthday: birthday, country: "FR", channel: .email, source: "search",
      acquisitionCostMinor: 1250, tier: HeldTier(.gold, untilDay: 10_227))
    reply.consents = [
      Consent(
        .email, .marketing, .granted, timeMicros: 872_078_400_000_000,
        expiresMicros: 903_614_400_000_000, source: "newsletter", textVersion: "2")
    ]
    reply.openComplaints = 1
    reply.events = [
      Event(.complaintOpened, timeMicros: 872_078_500_000_000, name: "T-17"),
      Event(
        .cartChanged, timeMicros: 872_078_400_000_000, name: "shoes", amountMinor: 8000, lines: 2),
    ]
    reply.categories = [
      BoughtCategory(category: "shoes", quantity: 2, amountMinor: 2000, lastDay: 9862)
    ]
    return reply
  }

  private static var interval: ScoreIntervalReply {
    var reply = ScoreIntervalReply()
    (reply.generation, reply.asOfDay, reply.known, reply.valueKnown) = (2, 10_134, true, true)
    (reply.noOrder, reply.expectedOrders) = (0.4375, 1.25)
    (reply.ordersLow, reply.ordersHigh) = (0, 4)
    (reply.lifetimeValue, reply.valueLow, reply.valueHigh) = (28.5, 0, 96.25)
    return reply
  }

  private static var forecast: ForecastReply {
    var reply = ForecastReply()
    (reply.generation, reply.asOfDay) = (2, 10_134)
    reply.orders = ForecastReply.Range(expected: 90.5, low: 61, high: 125)
    reply.revenue = ForecastReply.Range(expected: 3183.5, low: 2100, high: 4500)
    (reply.weeksWithin, reply.weeksJudged, reply.cuts) = (23, 26, 3)
    (reply.dispersion, reply.levelVariance) = (1.25, 0.0625)
    reply.weeks = [
      ForecastReply.Week(
        lastDay: 10_141, presentOrders: 45.5, firstOrders: 0, laterOrders: 0, ordersLow: 31,
        ordersHigh: 62, revenue: ForecastReply.Range(expected: 1600.5, low: 1000, high: 2300)),
      ForecastReply.Week(
        lastDay: 10_148, presentOrders: 45, firstOrders: 0, laterOrders: 0, ordersLow: 30,
        ordersHigh: 63, revenue: ForecastReply.Range(expected: 1583, low: 980, high: 2320)),
    ]
    reply.past = [52, 47]
    return reply
  }

  private static let terms = ScoreTermsFields(
    asOfMicros: 875_620_800_000_000, horizonDays: 273, discountRate: 0.1, margin: 1)

  private static let model: ModelFields = {
    var model = ModelFields(kind: 2, parameters: SIMD4(0.5248432, 43.2815971, 0.8913594, 1.6140022))
    model.spendKnown = true
    model.p = 6.2495723
    model.q = 3.7442247
    model.gamma = 15.4435210
    return model
  }()

  /// Two further models, a season with its height in December, a level and a correction.
  private static let blended: ModelFields = {
    var blended = model
    blended.blend = [
      BlendFields(kind: 1, parameters: SIMD4(0.243, 30.898, 0.793, 2.426)),
      BlendFields(kind: 3, parameters: SIMD4(0.553, 74.046, 0.606, 81.664)),
    ]
    blended.calibration.season = (0..<24).map { $0 < 20 ? 0.75 : 2.25 }
    blended.calibration.logLevel = -0.0625
    blended.calibration.correction = CalibrationFields.Correction(
      referenceDays: 182, intercept: -0.03125,
      signals: [
        .init(weight: 0.25, mean: -1.5, deviation: 1.25),
        .init(weight: -0.125, mean: 0.75, deviation: 0.5),
        .init(weight: 0.5, mean: 0.5, deviation: 1),
        .init(weight: 0.0625, mean: 4.25, deviation: 1.5),
        .init(weight: 0.375, mean: -0.625, deviation: 0.25),
      ])
    blended.layer = ChurnLayerFields(
      horizonDays: 90, typicalGapDays: 47.5, intercept: -0.125,
      terms: [
        .init(feature: 2, coefficient: 0.75, centre: 0.5, scale: 1.5),
        .init(feature: 9, coefficient: -0.25, centre: 0.875, scale: 0.625),
      ])
    return blended
  }()

  private static let loyal: ScoreReply = {
    var score = unknown
    score.known = true
    score.firstOrderDay = 9862
    score.repeatOrders = 2
    score.recencyDays = 213
    score.ageDays = 272
    score.meanSpend = 29.22
    score.aliveProbability = 0.7061384728178915
    score.churnProbability = 0.4400602506425869
    score.expectedOrders = 1.2627588534602068
    score.expectedSpend = 30.2912300542419
    score.lifetimeValue = 36.85535587984426
    score.modelChurnProbability = 0.4400602506425869
    return score
  }()

  private static let unknown: ScoreReply = {
    var score = ScoreReply()
    score.spendKnown = true
    score.generation = 2
    score.asOfDay = 10134
    score.aliveProbability = 0.6442192616027962
    score.churnProbability = 0.5826050263521807
    score.expectedOrders = 1.1822798009681872
    score.expectedSpend = 35.17037109099277
    score.lifetimeValue = 40.203185967229814
    score.modelChurnProbability = 0.5826050263521807
    return score
  }()

  private static let fit: FitReply = {
    var fit = FitReply(model: model)
    fit.generation = 2
    fit.asOfDay = 10134
    fit.standardErrors = [0.0625, 3.5, 0.125, -1]
    fit.logLikelihood = -9582.1357156
    fit.customers = 2357
    fit.distinctHistories = 1432
    fit.iterations = 17
    fit.converged = true
    fit.spendErrors = [1.25, 0.25, -1]
    fit.spendLogLikelihood = -4055.9176948
    fit.correlation = 0.0625
    fit.spendCustomers = 946
    fit.spendIterations = 12
    fit.spendConverged = true
    fit.seconds = 0.03125
    fit.warnings = "The standard error of b is not known."
    var churn = ChurnReportFields()
    churn.horizonDays = 68
    churn.customers = 2357
    churn.purchaseLogLoss = 0.40625
    churn.layerLogLoss = 0.40234375
    churn.gainStandardError = 0.0078125
    fit.churn = churn
    return fit
  }()

  private static let report: ReportReply = {
    var report = ReportReply(model: model)
    report.generation = 2
    report.asOfDay = 10134
    report.customers = 2357
    report.orders = 4982
    report.currency = "USD"
    report.warnings = "The data hardly determine b: its standard error is larger than itself."
    var holdout = HoldoutFields()
    holdout.days = 120
    holdout.customers = 2357
    holdout.actual = 1042
    holdout.predicted = 1011.5
    holdout.meanAbsoluteError = 0.5625
    holdout.rootMeanSquareError = 1.0625
    holdout.poissonDeviance = 0.9375
    holdout.normalizedGini = 0.6875
    holdout.deciles = [.init(customers: 236, actual: 480, predicted: 471.25)]
    report.holdout = holdout
    report.horizonDays = 365.25
    report.ageDays = 233
    report.cells = [
      .init(repeatOrders: 0, recencyDays: 0, aliveProbability: 0.375, expectedOrders: 0.1875),
      .init(repeatOrders: 1, recencyDays: 21, aliveProbability: 0.25, expectedOrders: 0.3125),
    ]
    report.weeks = [
      .init(day: 10007, actual: 1688, expected: 1702.5),
      .init(day: 10014, actual: 1771, expected: 1780.25),
    ]
    report.medianValue = 12.5
    report.meanValue = 31.25
    report.bins = [
      .init(lowerEdge: 0, customers: 1411), .init(lowerEdge: 20, customers: 946),
    ]
    report.customer = "C-1001"
    report.orderDays = [.init(day: 9862), .init(day: 10075)]
    report.life = [
      .init(day: 9862, aliveProbability: 0.75), .init(day: 10075, aliveProbability: 0.5),
      .init(day: 10075, aliveProbability: 0.8125),
    ]
    report.cohorts = [
      .init(year: 1997, month: 1, monthsSince: 0, customers: 781),
      .init(year: 1997, month: 1, monthsSince: 1, customers: 139),
    ]
    return report
  }()

  private static let status: StatusReply = {
    var status = StatusReply()
    status.customers = 2357
    status.orders = 6919
    status.returns = 12
    status.customerBytes = 377_120
    status.orderBytes = 221_408
    status.sequence = 1043
    status.durableSequence = 1042
    status.snapshotSequence = 1000
    status.answerBytes = 73_728
    status.repeated = 5
    status.syncWindowMicros = 10_000
    status.lossWindowMicros = 9_750
    status.isOutOfSpace = true
    status.refusedForSpace = 2
    status.journalBytes = 1_114_112
    status.snapshotBytes = 917_504
    status.snapshotWrittenBytes = 262_144
    status.stateHash = 0x0123_4567_89AB_CDEF
    status.generation = 2
    status.newestOrderDay = 10134
    status.uptimeMicros = 3_600_000_000
    status.requests = 50_000
    status.refusals = 3
    status.connections = 4
    status.residentBytes = 41_943_040
    status.model = blended
    status.minorDigits = 2
    status.currency = "USD"
    status.timeZone = "UTC"
    status.server = "patron 0.1"
    status.facts = [
      .init(name: "consents", rows: 3120, bytes: 188_416),
      .init(name: "names", rows: 14, bytes: 83_968),
    ]
    status.repliesInParts = 1
    return status
  }()
}
