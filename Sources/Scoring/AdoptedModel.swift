// The adopted models: from the wire to values that score, and back.

import Models
import Wire

/// The models that score customers, and whether they know what an order is worth.
struct AdoptedModel: Equatable, Sendable {
  let model: CustomerModel
  let spendKnown: Bool
  /// Over the purchase models' churn probability; nil where theirs is told as it is.
  let layer: AdoptedLayer?

  /// Validates what travelled on the wire.
  ///
  /// - Parameters:
  ///   - fields: the numbers.
  ///   - offset: of the kind's byte in the frame, for the refusal.
  /// - Throws: `invalidField`, naming what is out of its range.
  init(_ fields: ModelFields, at offset: Int) throws(Refusal) {
    var purchases = [
      try Self.purchase(fields.kind, fields.parameters, at: offset, parametersAt: offset + 2)
    ]
    let spend: SpendParameters
    do throws(ModelError) {
      spend =
        fields.spendKnown
        ? try SpendParameters(p: fields.p, q: fields.q, gamma: fields.gamma)
        : try SpendParameters(p: 1, q: 2, gamma: 1)
    } catch {
      let place = ["p", "q", "gamma"].firstIndex(of: error.name) ?? 0
      throw Self.refusal(error, at: offset + ModelFields.headSize - 24 + place * 8)
    }
    // Behind the head, the number of further models has one byte.
    var place = offset + ModelFields.headSize + 1
    for further in fields.blend {
      purchases.append(
        try Self.purchase(further.kind, further.parameters, at: place, parametersAt: place + 1))
      place += BlendFields.size
    }
    let calibration = try Calibration(fields.calibration, at: place)
    model = CustomerModel(purchases: purchases, spend: spend, calibration: calibration)
    spendKnown = fields.spendKnown
    place += fields.calibration.size
    layer = try fields.layer.map { known throws(Refusal) in try AdoptedLayer(known, at: place) }
  }

  private static func purchase(
    _ kind: UInt8, _ parameters: SIMD4<Double>, at offset: Int, parametersAt first: Int
  ) throws(Refusal) -> PurchaseParameters {
    guard let kind = PurchaseModelKind(rawValue: kind) else {
      throw Refusal(
        .invalidField, at: offset,
        "model kind \(kind) is not known; there are \(PurchaseModelKind.list)")
    }
    do throws(ModelError) {
      return try PurchaseParameters(kind, parameters)
    } catch {
      let place = kind.parameters.firstIndex { $0.name == error.name } ?? 0
      throw refusal(error, at: first + place * 8)
    }
  }

  static func refusal(_ error: ModelError, at offset: Int) -> Refusal {
    Refusal(.invalidField, at: offset, "\(error)")
  }

  /// What a new fit by back-tests is compared with.
  var outcome: AutoFit.Outcome {
    AutoFit.Outcome(purchases: model.purchases, calibration: model.calibration)
  }

  /// The numbers as they travel.
  var fields: ModelFields {
    var fields = ModelFields(outcome)
    fields.spendKnown = spendKnown
    if spendKnown {
      fields.p = model.spend.p
      fields.q = model.spend.q
      fields.gamma = model.spend.gamma
    }
    fields.layer = layer?.fields
    return fields
  }
}

extension AdoptedModel {
  /// The scores of many customers, in their order.
  func score(_ subjects: [ScoreSubject], _ horizon: ScoreHorizon) -> [CustomerScore] {
    let blank = CustomerScore(
      aliveProbability: 0, churnProbability: 0, expectedOrders: 0, expectedSpendPerOrder: 0,
      lifetimeValue: 0)
    var scores = [CustomerScore](repeating: blank, count: subjects.count)
    var room = scores.mutableSpan
    model.score(subjects.span, horizon, into: &room)
    return scores
  }
}

extension ModelError {
  /// The name of the number at fault; empty where it is not one number.
  var name: String {
    if case .outOfRange(let name, _, _) = self { return name }
    return ""
  }
}

extension Calibration {
  /// Validates what travelled on the wire.
  ///
  /// - Parameters:
  ///   - fields: the numbers.
  ///   - offset: of the number of parts of the year, for the refusal.
  /// - Throws: `invalidField`, naming what is out of its range.
  fileprivate init(_ fields: CalibrationFields, at offset: Int) throws(Refusal) {
    self.init()
    var place = offset + 1
    if !fields.season.isEmpty {
      do throws(ModelError) {
        clock = try SeasonClock(speeds: fields.season)
      } catch {
        throw AdoptedModel.refusal(error, at: place + Self.fault(in: fields.season) * 8)
      }
      place += fields.season.count * 8
    }
    guard Self.logLevelRange.contains(fields.logLevel) else {
      throw Refusal(
        .invalidField, at: place,
        "log level is \(fields.logLevel), but must be \(Self.logLevelRange.lowerBound) to "
          + "\(Self.logLevelRange.upperBound)")
    }
    logLevel = fields.logLevel
    guard let correction = fields.correction else { return }
    let signals = correction.signals
    do throws(ModelError) {
      self.correction = try Correction(
        referenceDays: correction.referenceDays, intercept: correction.intercept,
        weights: signals.map(\.weight), means: signals.map(\.mean),
        deviations: signals.map(\.deviation))
    } catch {
      throw AdoptedModel.refusal(error, at: place + Self.fault(in: signals, error.name))
    }
  }

  /// The first speed out of range, as it came or when the mean was made 1.
  private static func fault(in season: [Double]) -> Int {
    let range = SeasonClock.speedRange
    let mean = season.reduce(0, +) / Double(season.count)
    return season.firstIndex { !range.contains($0) }
      ?? season.firstIndex { !range.contains($0 / mean) } ?? 0
  }

  /// How far behind the level the number at fault begins.
  private static func fault(in signals: [CalibrationFields.Signal], _ name: String) -> Int {
    // Level, reference days and intercept are followed by the number of signals, one byte.
    func first(_ column: Int, _ isGood: (CalibrationFields.Signal) -> Bool) -> Int {
      25 + (signals.firstIndex { !isGood($0) } ?? 0) * CalibrationFields.Signal.size + column * 8
    }
    switch name {
    case "reference days": return 8
    case "intercept": return 16
    case "weight": return first(0) { Correction.numberRange.contains($0.weight) }
    case "mean": return first(1) { Correction.numberRange.contains($0.mean) }
    case "deviation": return first(2) { Correction.deviationRange.contains($0.deviation) }
    default: return 24
    }
  }
}

extension ModelFields {
  /// What a choice by back-tests came to, without a spend model.
  init(_ outcome: AutoFit.Outcome) {
    let first = outcome.purchases[0]
    self.init(kind: first.kind.rawValue, parameters: first.values)
    blend = outcome.purchases.dropFirst().map {
      BlendFields(kind: $0.kind.rawValue, parameters: $0.values)
    }
    calibration = CalibrationFields(outcome.calibration)
  }
}

extension CalibrationFields {
  /// The numbers as they travel.
  fileprivate init(_ calibration: Calibration) {
    self.init()
    season = calibration.clock.isEven ? [] : calibration.clock.speeds
    logLevel = calibration.logLevel
    correction = calibration.correction.map { known in
      Correction(
        referenceDays: known.referenceDays, intercept: known.intercept,
        signals: known.weights.indices.map {
          Signal(
            weight: known.weights[$0], mean: known.means[$0], deviation: known.deviations[$0])
        })
    }
  }
}
