// JSON out and in: keys in order, numbers that read back, models with clear errors.

import Foundation
import Support
import Testing
import Wire

@testable import patron

@Suite("JSONWriter")
struct JSONWriterTests {
  @Test("keys keep their order, text is escaped, and nothing is ever NaN")
  func forms() {
    let value = JSON.object([
      ("z", .integer(-1)), ("a", .string("\"\\\n\u{1}é\u{1F600}")), ("n", .number(.nan)),
      ("i", .number(-.infinity)), ("e", .array([])), ("o", .object([])),
      ("l", .array([.bool(true), .null, .optional(nil)])),
    ])
    #expect(
      JSONWriter.line(value)
        == #"{"z":-1,"a":"\"\\\n\u0001é😀","n":null,"i":null,"e":[],"o":{},"l":[true,null,null]}"#)
    #expect(
      JSONWriter.lines(.object([("a", .array([.integer(1)]))])) == "{\n  \"a\": [\n    1\n  ]\n}")
  }

  @Test("a number reads back as the same bits", arguments: seeds(4))
  func numbers(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var values = [
      0, -0.0, 1, 0.1, 1e-300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e16, 273,
    ]
    for _ in 0..<2_000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { values.append(value) }
    }
    for value in values {
      let text = JSONWriter.text(value)
      try #require(Double(text)?.bitPattern == value.bitPattern, "\(text), seed \(seed)")
      let parsed = try JSONDecoder().decode([Double].self, from: Data("[\(text)]".utf8))
      try #require(parsed == [value], "\(text), seed \(seed)")
    }
    #expect(JSONWriter.text(273) == "273")
  }

  @Test("a score has the keys of the protocol's documentation in their order")
  func scoreKeys() {
    var score = ScoreReply()
    score.aliveProbability = 0.5
    #expect(
      JSONWriter.line(ScoreLine.json("x", score, horizonDays: 273))
        == #"{"customer":"x","known":false,"firstOrder":null,"repeatOrders":null,"#
        + #""recencyDays":null,"ageDays":null,"meanSpend":null,"aliveProbability":0.5,"#
        + #""churnProbability":0,"expectedOrders":0,"expectedSpendPerOrder":null,"#
        + #""lifetimeValue":null,"modelChurn":0,"horizonDays":273,"generation":0}"#)
  }

  @Test("the months of a horizon end with it")
  func months() {
    #expect(Explain.monthEnds(horizonDays: 10) == [10])
    #expect(Explain.monthEnds(horizonDays: 365.25).count == 12)
    #expect(Explain.monthEnds(horizonDays: 365.26).count == 13)
    #expect(Explain.monthEnds(horizonDays: 61) == [30.4375, 60.875, 61])
  }
}

@Suite("ModelFile")
struct ModelFileTests {
  private func model(_ text: String) throws -> ModelFields {
    try ModelFile.model(Data(text.utf8))
  }

  private static let weeks = #""parametersWeeks":{"r":0.25,"alpha":4.5,"a":0.8,"b":2.4}"#

  @Test("what a fit prints is adopted bit by bit")
  func roundTrip() throws {
    var fields = ModelFields(kind: 2, parameters: SIMD4(0.1 + 0.2, 100 / 3, 1e-6, .pi))
    fields.spendKnown = true
    (fields.p, fields.q, fields.gamma) = (6.25, 3.74 / 3, 15.4)
    let text = JSONWriter.lines(ModelJSON.fit(FitReply(model: fields)))
    #expect(try model(text) == fields)
    fields.spendKnown = false
    (fields.p, fields.q, fields.gamma) = (0, 0, 0)
    #expect(try model(JSONWriter.line(ModelJSON.fit(FitReply(model: fields)))) == fields)
  }

  @Test("a blend and a calibration are adopted bit by bit too")
  func roundTripOfAll() throws {
    var fields = ModelFields(kind: 1, parameters: SIMD4(0.1 + 0.2, 100 / 3, 1e-6, .pi))
    fields.blend = [
      BlendFields(kind: 3, parameters: SIMD4(1 / 3, 50 / 7, 2 / 3, 1e3 / 7)),
      BlendFields(kind: 12, parameters: SIMD4(1, 2, 3, 4)),
    ]
    #expect(try model(JSONWriter.line(ModelJSON.fit(FitReply(model: fields)))) == fields)
    fields.calibration.season = (0..<24).map { 1 + Double($0) / 300 }
    fields.calibration.logLevel = -0.1
    #expect(try model(JSONWriter.line(ModelJSON.fit(FitReply(model: fields)))) == fields)
    fields.calibration.correction = CalibrationFields.Correction(
      referenceDays: 273 / 7, intercept: 0.1 + 0.2,
      signals: (1...5).map { .init(weight: 1 / Double($0), mean: -1 / 7, deviation: 2 / 3) })
    let text = JSONWriter.lines(ModelJSON.fit(FitReply(model: fields)))
    #expect(try model(text) == fields)
    fields.layer = ChurnLayerFields(
      horizonDays: 90, typicalGapDays: 100 / 3, intercept: -0.1,
      terms: [.init(feature: 4, coefficient: 0.1 + 0.2, centre: -1 / 7, scale: 2 / 3)])
    #expect(try model(JSONWriter.line(ModelJSON.fit(FitReply(model: fields)))) == fields)
    // What `status` prints is adopted as well.
    var status = StatusReply()
    status.model = fields
    #expect(try model(JSONWriter.line(StatusCommand.json(status, withHash: false))) == fields)
  }

  @Test("weeks alone are enough")
  func weeksAlone() throws {
    let fields = try model(#"{"model":"bg-nbd",\#(Self.weeks)}"#)
    #expect(fields == ModelFields(kind: 1, parameters: SIMD4(0.25, 31.5, 0.8, 2.4)))
  }

  @Test(
    "an error names the key",
    arguments: [
      ("[]", "(the whole file)"), ("{}", "'model'"),
      (#"{"model":"x",\#(weeks)}"#, "'model' is 'x'"),
      (#"{"model":"bg-nbd"}"#, "'parametersWeeks' or 'parametersDays'"),
      (#"{"model":"bg-nbd","parametersDays":{"r":1,"alpha":1,"a":1}}"#, "'parametersDays.b'"),
      (
        #"{"model":"bg-nbd","parametersDays":{"r":"1","alpha":1,"a":1,"b":1}}"#,
        "'parametersDays.r'"
      ),
      (#"{"model":"bg-nbd",\#(weeks),"spend":{"p":1,"q":2}}"#, "'spend.gamma'"),
      (#"{"model":"bg-nbd",\#(weeks),"spend":{"p":true,"q":2,"gamma":1}}"#, "'spend.p'"),
      (
        #"{"model":"bg-nbd",\#(weeks),"parametersDays":{"r":0.25,"alpha":31,"a":0.8,"b":2.4}}"#,
        "'parametersDays.alpha' and 'parametersWeeks.alpha'"
      ),
      (
        #"{"model":"bg-nbd",\#(weeks),"blend":[{"model":"x","parametersDays":{}}]}"#,
        "'blend.0.model' is 'x'"
      ),
      (
        #"{"model":"bg-nbd",\#(weeks),"blend":[{"model":"pareto-nbd","parametersDays":{"r":1}}]}"#,
        "'blend.0.parametersDays.alpha'"
      ),
      (#"{"model":"bg-nbd",\#(weeks),"blend":[0,0,0]}"#, "'blend."),
      (
        #"{"model":"bg-nbd",\#(weeks),"calibration":{"season":[1,1]}}"#,
        "'calibration.season' has the wrong length: 2"
      ),
      (
        #"{"model":"bg-nbd",\#(weeks),"calibration":{"correction":{"referenceDays":1,"#
          + #""intercept":0,"weights":[],"means":[],"deviations":[]}}}"#,
        "'calibration.correction.weights' has the wrong length: 0"
      ),
      (
        #"{"model":"bg-nbd",\#(weeks),"calibration":{"correction":{"referenceDays":1}}}"#,
        "'calibration.correction.intercept'"
      ),
      (
        #"{"model":"bg-nbd",\#(weeks),"churnLayer":{"horizonDays":90,"typicalGapDays":9,"#
          + #""intercept":0,"terms":[{"feature":2}]}}"#,
        "'churnLayer.terms."
      ),
      (
        #"{"model":"bg-nbd",\#(weeks),"churnLayer":{"horizonDays":0,"typicalGapDays":0,"#
          + #""intercept":0,"terms":[]}}"#,
        "'churnLayer.horizonDays' is 0"
      ),
      ("{", "not JSON"),
    ])
  func errors(of text: String, part: String) {
    #expect { try model(text) } throws: { error in
      guard case .failed(let sentence) = error as? CommandError else { return false }
      return sentence.contains(part)
    }
  }
}
