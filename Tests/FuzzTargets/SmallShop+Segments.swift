// What a small shop means by its segments, and what was found by it.

import Wire

extension SmallShop {
  /// A definition, and what the server found by it and kept: records that follow the commands.
  public static var segments: [[UInt8]] {
    var kept = KeepSegmentsRequest(generation: 1, version: 1, day: 10_000)
    kept.customers = [1, 0, 1, 1, 0, 1]
    kept.runs = [.init(first: 0, codes: [6, 1]), .init(first: 3, codes: [3])]
    let points = (0...1000).map { Double($0) / 4 }
    return [
      frame(
        .defineSegments,
        DefineSegmentsRequest(segments: [
          SegmentFields(
            segment: "vip", enters: "orders >= quantile(\"orders\", 0.9)", stays: "orders > 1")
        ])),
      frame(
        .keepQuantiles,
        KeepQuantilesRequest(
          generation: 1, day: 10_000, numbers: [.init(name: "orders", points: points)])),
      frame(.keepSegments, kept),
    ]
  }
}
