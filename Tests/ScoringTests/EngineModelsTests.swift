// Adopting a blended, calibrated model, scoring with it, keeping it and putting the one before back.

import Models
import Testing
import Wire

@testable import Scoring

@Suite("Engine: models")
struct EngineModelsTests {
  /// A model with all there is.
  static let full: ModelFields = {
    var full = EngineHarness.parameters
    full.blend = [
      BlendFields(kind: 1, parameters: SIMD4(0.243, 30.898, 0.793, 2.426)),
      BlendFields(kind: 3, parameters: SIMD4(0.553, 74.046, 0.606, 81.664)),
    ]
    full.calibration.season = (0..<24).map { $0 < 20 ? 0.75 : 2.25 }
    full.calibration.logLevel = -0.25
    full.calibration.correction = CalibrationFields.Correction(
      referenceDays: 90, intercept: 0.125,
      signals: (0..<5).map { .init(weight: 0.25, mean: Double($0) - 1, deviation: 2) })
    full.layer = ChurnLayerFields(
      horizonDays: 90, typicalGapDays: 33.5, intercept: -0.5,
      terms: (1...10).map {
        .init(feature: $0, coefficient: Double($0) / 8 - 0.75, centre: 0.25, scale: 1.5)
      })
    return full
  }()

  @Test("status tells the adopted blend and calibration")
  func told() throws {
    var shop = try EngineHarness()
    #expect(shop.adopt(Self.full).body?.generation == 1)
    var status = StatusReply()
    shop.engine.describe(in: &status)
    let model = try #require(status.model)
    #expect(model.blend == Self.full.blend && model.calibration == Self.full.calibration)
    #expect(model.layer == Self.full.layer)
  }

  @Test("a score is Models' for the days by the clock, idle days and recent orders")
  func numbers() throws {
    var shop = try EngineHarness()
    _ = shop.adopt(Self.full)
    // Recorded out of order; two of one day, one of the first day again, one given back whole.
    _ = shop.record([
      ("a", "5", 19_990, 900), ("a", "1", 19_700, 900), ("a", "3", 19_960, 1500),
      ("a", "2", 19_911, 2500), ("a", "4", 19_960, 500), ("a", "6", 19_700, 100),
      ("a", "7", 19_995, 100), ("a", "8", 19_910, 100),
    ])
    _ = shop.giveBack("a", "7", as: "r", day: 19_998)
    let model = try AdoptedModel(Self.full, at: 0).model
    let calibration = model.calibration
    func truth(_ day: Double, last: Double, x: Double, _ recent: RecentOrders) throws
      -> CustomerScore
    {
      let terms = try ScoreTerms(horizonDays: 273, discountRatePerYear: 0.1, margin: 0.3)
      return model.score(
        ScoreSubject(
          history: PurchaseHistory(
            repeatOrders: x, firstDay: 19_700, lastDay: last, asOf: day, clock: calibration.clock),
          idleDays: day - last, recent: recent),
        ScoreHorizon(terms, under: calibration, from: day))
    }
    // Of 19,990, 19,960, 19,911 and 19,910, the last lies 90 days back, no day within 90.
    let now = try #require(shop.score("a").body)
    let expected = try truth(
      20_000, last: 19_990, x: 4, RecentOrders(month: 1, reference: 3))
    #expect(now.aliveProbability == expected.aliveProbability)
    #expect(now.churnProbability == expected.churnProbability)
    #expect(now.expectedOrders == expected.expectedOrders)
    #expect(now.repeatOrders == 4 && now.recencyDays == 290 && now.ageDays == 300)
    // Before it came back, the last order counted.
    let past = try #require(shop.score("a", asOf: 19_997).body)
    let before = try truth(
      19_997, last: 19_995, x: 5, RecentOrders(month: 2, reference: 5))
    #expect(past.expectedOrders == before.expectedOrders)
    // One and many have the same bits.
    let many = shop.ask(
      .scoreMany, ScoreManyRequest(terms: EngineHarness.terms(), customers: ["a", "nobody"]),
      ScoreManyReply.self)
    #expect(many.body?.scores.first == now)
    #expect(many.body?.scores.last == shop.score("nobody").body)
  }

  @Test("a customer whose last order is out of range has no recent orders, on any past day")
  func recent() throws {
    var shop = try EngineHarness()
    _ = shop.record([("a", "1", 19_000, 1), ("a", "2", 19_100, 1), ("a", "3", 19_500, 1)])
    let store = shop.engine.store
    let row = store.customers[0]
    func recent(_ day: UInt16, _ reference: Double) -> RecentOrders {
      store.recentOrders(of: row, after: 19_000, asOf: day, referenceDays: reference)
    }
    #expect(recent(20_000, 90) == .none)
    #expect(recent(19_129, 10) == RecentOrders(month: 1, reference: 0))
    #expect(recent(19_130, 31) == RecentOrders(month: 0, reference: 1))
    #expect(recent(19_500, 1) == RecentOrders(month: 1, reference: 1))
    #expect(recent(19_000, 500) == .none)
    #expect(recent(20_000, 36_525) == RecentOrders(month: 0, reference: 2))
  }

  @Test("the months of an explanation add up to the lifetime value")
  func explained() throws {
    var shop = try EngineHarness()
    _ = shop.adopt(Self.full)
    _ = shop.record([("a", "1", 19_700, 900), ("a", "2", 19_980, 1500)])
    let whole = try #require(shop.score("a").body)
    var (sum, before) = (0.0, 0.0)
    for month in 1...9 {
      let terms = ScoreTermsFields(
        asOfMicros: 0, horizonDays: month < 9 ? Double(month) * 30.4375 : 273, discountRate: 0.1,
        margin: 0.3)
      let score = try #require(
        shop.ask(.scoreOne, ScoreOneRequest(terms: terms, customer: "a"), ScoreReply.self).body)
      var discount = 1.0
      for _ in 0..<month { discount /= 1.0079741404289038 }
      sum += (score.expectedOrders - before) * discount * whole.expectedSpend * 0.3
      before = score.expectedOrders
    }
    #expect(abs(sum - whole.lifetimeValue) < 1e-9 * whole.lifetimeValue)
  }

  @Test("every number out of its range is refused with its place, and the old model stays")
  func refused() throws {
    var shop = try EngineHarness()
    _ = shop.adopt()
    let hash = shop.engine.store.stateHash()
    // The body begins at 24; the key takes 16, the head 58 bytes, the number of models one.
    let blend = 24 + 16 + 58 + 1
    let season = blend + 2 * 33 + 1
    let level = season + 24 * 8
    let signals = level + 25
    let layer = signals + 5 * 24
    let terms = layer + 25
    var wrong: [(String, Int, (inout ModelFields) -> Void)] = [
      ("kind", 40, { $0.kind = 9 }), ("r", 42, { $0.parameters[0] = 0 }),
      ("b", 66, { $0.parameters[3] = -1 }), ("p", 74, { $0.p = 0 }), ("q", 82, { $0.q = 1 }),
      ("gamma", 90, { $0.gamma = -1 }),
      ("kind of the second", blend, { $0.blend[0].kind = 0 }),
      ("kind of the third", blend + 33, { $0.blend[1].kind = 200 }),
      (
        "all speeds too far apart", season,
        {
          $0.calibration.season = [Double](repeating: 1e-3, count: 23) + [1e3]
        }
      ),
      ("level", level, { $0.calibration.logLevel = 2.5 }),
      ("level", level, { $0.calibration.logLevel = -2.5 }),
      ("days", level + 8, { $0.calibration.correction?.referenceDays = 0.5 }),
      ("days", level + 8, { $0.calibration.correction?.referenceDays = 36_526 }),
      ("intercept", level + 16, { $0.calibration.correction?.intercept = 21 }),
      ("horizon", layer, { $0.layer?.horizonDays = 0.5 }),
      ("horizon", layer, { $0.layer?.horizonDays = -1 }),
      ("horizon", layer, { $0.layer?.horizonDays = 36_526 }),
      ("gap", layer + 8, { $0.layer?.typicalGapDays = 0 }),
      ("gap", layer + 8, { $0.layer?.typicalGapDays = 36_526 }),
      ("intercept", layer + 16, { $0.layer?.intercept = 1001 }),
      ("feature twice", terms + 25, { $0.layer?.terms[1].feature = 1 }),
    ]
    for term in 0..<10 {
      let place = terms + term * 25
      for feature in [0, 11, 255] as [UInt8] {
        wrong.append(("feature", place, { $0.layer?.terms[term].feature = feature }))
      }
      wrong.append(("coefficient", place + 1, { $0.layer?.terms[term].coefficient = -1001 }))
      wrong.append(("centre", place + 9, { $0.layer?.terms[term].centre = 2e6 }))
      for scale in [0, -1, 2e6] {
        wrong.append(("scale", place + 17, { $0.layer?.terms[term].scale = scale }))
      }
    }
    for place in 0..<4 {
      wrong.append(("second", blend + 1 + place * 8, { $0.blend[0].parameters[place] = 0 }))
      wrong.append(("third", blend + 34 + place * 8, { $0.blend[1].parameters[place] = 1e300 }))
    }
    for part in 0..<24 {
      for speed in [0, -1, 2e3] {
        wrong.append(("speed", season + part * 8, { $0.calibration.season[part] = speed }))
      }
    }
    for signal in 0..<5 {
      let place = signals + signal * 24
      wrong.append(("w", place, { $0.calibration.correction?.signals[signal].weight = 2e6 }))
      wrong.append(("m", place + 8, { $0.calibration.correction?.signals[signal].mean = -2e6 }))
      for deviation in [0, -1, 2e6] {
        wrong.append(
          ("d", place + 16, { $0.calibration.correction?.signals[signal].deviation = deviation }))
      }
    }
    for (name, place, spoil) in wrong {
      var fields = Self.full
      fields.spendKnown = true
      (fields.p, fields.q, fields.gamma) = (6.25, 3.74, 15.44)
      spoil(&fields)
      let refusal = #expect(throws: Refusal.self, "\(name)") { try AdoptedModel(fields, at: 40) }
      #expect(refusal?.status == .invalidField && refusal?.offset == UInt32(place), "\(name)")
      let answer = shop.ask(
        .adoptModel, AdoptModelRequest(model: fields), AdoptModelReply.self)
      #expect(answer == .refused(.invalidField), "\(name)")
    }
    #expect(shop.engine.store.stateHash() == hash)
  }

  @Test("the previous model is put back as a new generation, and the two change places")
  func putBack() throws {
    var shop = try EngineHarness()
    #expect(shop.putBack() == .refused(.noModel))
    _ = shop.adopt(Self.full)
    #expect(shop.putBack() == .refused(.noModel))
    let sequence = shop.engine.sequence
    let first = shop.score("a").body?.expectedOrders
    _ = shop.adopt()
    let second = shop.score("a").body?.expectedOrders
    #expect(first != second)
    for generation in 3...6 as ClosedRange<UInt32> {
      #expect(
        shop.putBack()
          == .ok(
            AdoptModelReply(
              sequence: sequence + UInt64(generation) - 1, generation: generation)))
      let score = try #require(shop.score("a").body)
      #expect(score.expectedOrders == (generation % 2 == 1 ? first : second))
      #expect(score.generation == generation)
    }
    // A third one forgets the first.
    _ = shop.adopt(ModelFields(kind: 1, parameters: SIMD4(1, 1, 1, 1)))
    _ = shop.putBack()
    #expect(shop.score("a").body?.expectedOrders == second)
  }

  @Test("a model put back with a key is put back once, however often it is sent")
  func once() throws {
    var shop = try EngineHarness()
    _ = shop.adopt(Self.full)
    _ = shop.adopt()
    let request = PutBackModelRequest(key: CommandKey(producer: 1, number: 2))
    let reply = shop.ask(.putBackModel, request, AdoptModelReply.self)
    #expect(reply.body?.generation == 3)
    #expect(shop.ask(.putBackModel, request, AdoptModelReply.self) == reply && shop.wasRepeated)
    #expect(shop.engine.generation == 3)
  }

  @Test("journal and snapshot keep the model and the one before, with the same hash")
  func kept() throws {
    var shop = try EngineHarness()
    var head = 0
    func check(_ shop: inout EngineHarness) throws {
      let (store, hash) = (shop.engine.store, shop.engine.store.stateHash())
      let loaded = try store.reloaded()
      #expect(loaded.model == store.model && loaded.previousModel == store.previousModel)
      #expect(loaded.stateHash() == hash && SavedState(loaded).head == SavedState(store).head)
      var again = try Engine(Store(), indexKey: (9, 9))
      for record in shop.journal {
        try again.replay(
          sequence: record.sequence, timeMicros: record.timeMicros, frame: record.frame.raw)
      }
      #expect(again.store.stateHash() == hash)
      var restored = try EngineHarness(restoring: loaded, nowMicros: shop.nowMicros)
      #expect(restored.score("a") == shop.score("a"))
      head = SavedState(store).head.count
    }
    _ = shop.record("a", "1", day: 19_900)
    _ = shop.adopt()
    try check(&shop)
    let plain = head
    _ = shop.adopt(Self.full)
    try check(&shop)
    #expect(head > plain)
    _ = shop.putBack()
    try check(&shop)
    var other = Self.full
    // Not of mean 1: it is made so once and keeps its bits.
    other.calibration.season = (0..<24).map { 0.3 + Double($0 * $0) / 7 }
    _ = shop.adopt(other)
    try check(&shop)
  }

  @Test("a plain first model has the head it always had, and any more is told by the hash")
  func head() throws {
    var plain = try EngineHarness()
    _ = plain.adopt()
    let hash = plain.engine.store.stateHash()
    // As frames were before there was anything else: they end behind gamma.
    var old = try EngineHarness()
    let frame = plain.journal[1].frame
    let size = FrameHeader.size + CommandKey.size + ModelFields.headSize
    var bytes = Array(frame[..<size])
    bytes.replaceSubrange(0..<4, with: [UInt8(size - 4), 0, 0, 0])
    #expect(old.send(bytes.raw, AdoptModelReply.self).body?.generation == 1)
    #expect(old.engine.store.stateHash() == hash)
    #expect(SavedState(old.engine.store).head == SavedState(plain.engine.store).head)
    // Counts, currency, key and model, the declared shop, the halves of the answers.
    #expect(SavedState(plain.engine.store).head.count == 40 + 2 + 16 + 58 + 1 + 34 + 21)
    var calibrated = EngineHarness.parameters
    calibrated.calibration.logLevel = 0.125
    var other = try EngineHarness()
    _ = other.adopt(calibrated)
    #expect(other.engine.store.stateHash() != hash)
  }

  @Test("a state without a churn layer ends where it did before there were any")
  func headWithoutLayer() throws {
    var without = Self.full
    without.layer = nil
    var shop = try EngineHarness()
    var other = try EngineHarness()
    _ = shop.adopt(Self.full)
    _ = other.adopt(without)
    let heads = [SavedState(shop.engine.store).head, SavedState(other.engine.store).head]
    // Its own layer with ten terms, and that there is none of a model before.
    #expect(heads[0].count == heads[1].count + 2 * ChurnLayerFields.headSize + 10 * 25)
    #expect(Array(heads[0][..<heads[1].count]) == heads[1])
    #expect(shop.engine.store.stateHash() != other.engine.store.stateHash())
    // As frames were before there were layers: they end behind the calibration.
    let frame = other.journal[1].frame
    let size = frame.count - ChurnLayerFields.headSize
    var bytes = Array(frame[..<size])
    bytes.replaceSubrange(0..<2, with: [UInt8((size - 4) & 255), UInt8((size - 4) >> 8)])
    var old = try EngineHarness()
    #expect(old.send(bytes.raw, AdoptModelReply.self).body?.generation == 1)
    #expect(old.engine.store.stateHash() == other.engine.store.stateHash())
  }
}

extension EngineHarness {
  fileprivate mutating func putBack() -> Answer<AdoptModelReply> {
    ask(.putBackModel, PutBackModelRequest(), AdoptModelReply.self)
  }
}
