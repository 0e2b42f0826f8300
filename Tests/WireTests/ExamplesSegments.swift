// The examples of protocol.md that are about named segments. No tests here.

import Wire

extension Example {
  static let segments: [Example] = [
    Example(.defineSegments, tag: 42, defineSegments),
    Example(.defineSegments, tag: 42, DefineSegmentsReply(sequence: 90_210, version: 2)),
    Example(.keepSegments, tag: 0, keptSegments),
    Example(.keepQuantiles, tag: 0, keptQuantiles),
    Example(.readSegments, tag: 43, ReadSegmentsRequest(asOfMicros: 875_620_800_000_000)),
    Example(.readSegments, tag: 43, readSegments),
  ]

  static let defineSegments = DefineSegmentsRequest(
    key: CommandKey(producer: 7, number: 12),
    segments: [
      SegmentFields(
        segment: "vip", enters: "net_value >= quantile(\"net_value\", 0.9)", stays: ""),
      SegmentFields(segment: "loyal", enters: "", stays: ""),
    ])

  private static let keptSegments: KeepSegmentsRequest = {
    var request = KeepSegmentsRequest(generation: 3, version: 2, day: 10_134)
    request.customers = [2, 1, 1, 3, 0, 4]
    request.runs = [.init(first: 0, codes: [1, 6, 4]), .init(first: 7, codes: [2])]
    return request
  }()

  private static let keptQuantiles = KeepQuantilesRequest(
    generation: 3, day: 10_134, numbers: [.init(name: "orders", points: [1, 1, 2.5])])

  private static let readSegments: ReadSegmentsReply = {
    var reply = ReadSegmentsReply()
    (reply.scanned, reply.customers, reply.asOfDay) = (11, 11, 10_134)
    (reply.generation, reply.version) = (3, 2)
    (reply.foundDay, reply.foundGeneration, reply.quantilesDay) = (10_133, 3, 10_120)
    reply.foundVersion = 2
    var line = SegmentLine(
      SegmentFields(segment: "loyal", enters: "orders >= 4", stays: "orders >= 3"))
    (line.customers, line.before) = (3, 1)
    (line.valued, line.netted) = ((3, 412.5), (2, 380.25))
    reply.segments = [line]
    return reply
  }()
}
