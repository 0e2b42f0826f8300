// Ranges of orders and days found in customers' lines, against one customer at a time, in every build.

import Kernels
import Models
import Testing

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("FilterKernel")
struct FilterKernelTests {
  private struct Known {
    var repeats: UInt32
    var first: UInt16
    var last: UInt16
  }

  private static var levels: [Processor.Level] {
    Processor.Level.allCases.filter { $0.rawValue <= Processor.level.rawValue }
  }

  @Test(
    "who lies within ranges is found, and who has no order where that is asked for",
    arguments: [41 as UInt64, 42])
  func ranges(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    print("seed \(seed)")
    var (found, crossed) = (0, 0)
    for octets in [0, 1, 7, 8, 9, 64, 127, 128] {
      var (lines, known) = ([SIMD16<UInt32>](), [Known]())
      for _ in 0..<octets {
        var line = SIMD16<UInt32>.zero
        for place in 0..<8 {
          let one = Known(
            repeats: [0, 1, 2, .max - 1, .max].randomElement(using: &random) ?? 0,
            first: [0, 1, 20_000, 65_534, .max].randomElement(using: &random) ?? 0,
            last: [0, 1, 20_000, 65_534, .max].randomElement(using: &random) ?? 0)
          line.setCustomer(
            place, repeatOrders: one.repeats, firstDay: one.first, lastDay: one.last)
          known.append(one)
        }
        lines.append(line)
      }
      for _ in 0..<60 {
        func ends<Number: FixedWidthInteger>(_ some: [Number]) -> (least: Number, most: Number) {
          (some.randomElement(using: &random) ?? 0, some.randomElement(using: &random) ?? 0)
        }
        let repeats = ends([0, 0, 1, 2, 3, .max - 1, .max, .max] as [UInt32])
        let first = ends([0, 0, 1, 19_999, 20_000, 65_534, 65_534, .max] as [UInt16])
        let last = ends([0, 0, 1, 19_999, 20_000, 65_534, 65_534, .max] as [UInt16])
        let hasOrderless = Bool.random(using: &random)
        if repeats.least > repeats.most { crossed += 1 }
        for level in Self.levels {
          let words =
            switch level {
            #if arch(x86_64)
              case .v4:
                KernelsV4.FilterKernel.find(
                  lines.span, repeats: repeats, first: first, last: last,
                  hasOrderless: hasOrderless)
              case .v3:
                KernelsV3.FilterKernel.find(
                  lines.span, repeats: repeats, first: first, last: last,
                  hasOrderless: hasOrderless)
            #endif
            default:
              Kernels.FilterKernel.find(
                lines.span, repeats: repeats, first: first, last: last,
                hasOrderless: hasOrderless)
            }
          for row in 0..<1024 {
            var wanted = false
            if row < known.count {
              let one = known[row]
              wanted =
                one.first == .max
                ? hasOrderless
                : repeats.least <= one.repeats && one.repeats <= repeats.most
                  && first.least <= one.first && one.first <= first.most
                  && last.least <= one.last && one.last <= last.most
            }
            let isFound = words[row >> 6] & 1 << UInt64(row & 63) != 0
            if isFound != wanted { Issue.record("\(level) \(octets) octets, row \(row)") }
            if wanted { found += 1 }
          }
        }
      }
    }
    print("\(found) found, \(crossed) ranges crossed")
    #expect(found > 1_000 && crossed > 10)
  }
}
