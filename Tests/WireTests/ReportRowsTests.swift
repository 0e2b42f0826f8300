// The lists of a report's reply: that the longest fit into a frame, and that longer ones are refused.

import Testing
import Wire

@Suite("ReportReply")
struct ReportRowsTests {
  @Test("the longest lists fit into a frame and come back the same")
  func longest() throws {
    var reply = ReportReply(model: ModelFields(kind: 2, parameters: .one))
    reply.warnings = String(repeating: "w", count: Limits.sentenceSizeMax)
    reply.customer = String(repeating: "c", count: Limits.nameSizeMax)
    reply.currency = "EUR"
    var holdout = HoldoutFields()
    holdout.days = 1
    holdout.deciles = Array(
      repeating: .init(customers: 1, actual: 2, predicted: 3), count: HoldoutFields.decilesMax)
    reply.holdout = holdout
    reply.cells = Array(
      repeating: .init(
        repeatOrders: 1, recencyDays: 2, aliveProbability: 0.5, expectedOrders: 1),
      count: ReportReply.Cell.most)
    reply.weeks = Array(
      repeating: .init(day: 1, actual: 2, expected: 3), count: ReportReply.Week.most)
    reply.bins = Array(
      repeating: .init(lowerEdge: 1, customers: 2), count: ReportReply.Bin.most)
    reply.orderDays = Array(repeating: .init(day: 1), count: ReportReply.OrderDay.most)
    reply.life = Array(
      repeating: .init(day: 1, aliveProbability: 0.5), count: ReportReply.Point.most)
    reply.cohorts = Array(
      repeating: .init(year: 2024, month: 12, monthsSince: 23, customers: 1),
      count: ReportReply.Cohort.most)
    let frame = try makeFrame(reply, verb: .report, status: .ok, tag: 1, deadlineMillis: 0)
    #expect(frame.count <= Limits.frameSizeMax, "\(frame.count) bytes")
    #expect(try readBody(ReportReply.self, of: frame) == reply)
  }

  @Test("a list that is too long is refused where its count stands")
  func tooLong() throws {
    let example = try Example.named("report reply")
    let walk = try FieldWalk(frame: try example.encode(), body: example.fields)
    // Those of the report itself have four bytes, those of the model one.
    let counts = walk.found.filter { $0.name == "count" && $0.range.count == 4 }
    #expect(counts.count == 7)
    for field in counts {
      var frame = try example.encode()
      frame.replaceSubrange(field.range, with: [255, 255, 255, 255])
      let refused = refusal { _ = try example.recode(frame) }
      #expect(refused?.status == .invalidField)
      #expect(refused?.offset == UInt32(field.range.lowerBound))
    }
  }

  @Test("a cohort's month is one of twelve")
  func month() throws {
    let example = try Example.named("report reply")
    for month in [0, 13] as [UInt8] {
      let refused = try example.refusal(with: "cohorts[1].month", [month])
      #expect(refused?.status == .invalidField)
    }
  }
}
