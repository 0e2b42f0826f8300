// The least and the most of customers' statistics, against looking at one after the other, in every build.

import Kernels
import Models
import Testing

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("ZoneKernel")
struct ZoneKernelTests {
  private struct Row {
    var x: UInt32
    var first: UInt16
    var last: UInt16
    var firstSum: Int64
    var laterSum: Int64
  }

  private static func row(_ chance: inout SeededRandom) -> Row {
    let isLarge = chance.next() % 9 == 0
    let sum: (UInt64) -> Int64 = { Int64(bitPattern: $0) >> (isLarge ? 0 : 40) }
    let first = UInt16(truncatingIfNeeded: chance.next() >> (isLarge ? 48 : 50))
    return Row(
      x: UInt32(truncatingIfNeeded: chance.next() >> (isLarge ? 32 : 60)),
      first: chance.next() % 5 == 0 ? .max : first,
      last: UInt16(truncatingIfNeeded: chance.next()), firstSum: sum(chance.next()),
      laterSum: sum(chance.next()))
  }

  /// As a chunk has them: eight numbers, then the first days of eight, two in a word, and their last days.
  private static func lines(_ rows: [Row]) -> [UInt32] {
    stride(from: 0, to: rows.count, by: 8).flatMap { start in
      let eight = rows[start..<start + 8]
      func packed(_ day: (Row) -> UInt16) -> [UInt32] {
        stride(from: start, to: start + 8, by: 2).map {
          UInt32(day(rows[$0])) | UInt32(day(rows[$0 + 1])) << 16
        }
      }
      return eight.map(\.x) + packed(\.first) + packed(\.last)
    }
  }

  private static func ends(_ level: Processor.Level, _ rows: [Row]) -> Kernels.ZoneKernel.Ends {
    let (lines, firsts, repeats) = (lines(rows), rows.map(\.firstSum), rows.map(\.laterSum))
    // Whole numbers have no padding, so all bytes are initialised.
    let bytes = unsafe (lines.span.bytes, firsts.span.bytes, repeats.span.bytes)
    let count = rows.count
    switch level {
    #if arch(x86_64)
      case .v4:
        return KernelsV4.ZoneKernel.ends(bytes.0, firsts: bytes.1, repeats: bytes.2, count: count)
      case .v3:
        return KernelsV3.ZoneKernel.ends(bytes.0, firsts: bytes.1, repeats: bytes.2, count: count)
    #endif
    default:
      return Kernels.ZoneKernel.ends(bytes.0, firsts: bytes.1, repeats: bytes.2, count: count)
    }
  }

  @Test(
    "ends are those of the rows one by one, in every build",
    arguments: Processor.Level.allCases.filter { $0.rawValue <= Processor.level.rawValue })
  func ends(level: Processor.Level) {
    var chance = SeededRandom(seed: 11)
    for count in [0, 8, 16, 64, 4_096] {
      for isOrderless in [false, true] {
        var rows = (0..<count).map { _ in Self.row(&chance) }
        if isOrderless { for place in rows.indices { rows[place].first = .max } }
        let found = Self.ends(level, rows)
        let ordered = rows.filter { $0.first != .max }
        let spends = rows.map { Double($0.firstSum) + Double($0.laterSum) }
        #expect(found.repeats.0 == rows.map(\.x).min() ?? .max)
        #expect(found.repeats.1 == rows.map(\.x).max() ?? 0)
        #expect(found.first.0 == ordered.map(\.first).min() ?? .max)
        #expect(found.first.1 == ordered.map(\.first).max() ?? 0)
        #expect(found.last.0 == ordered.map(\.last).min() ?? .max)
        #expect(found.last.1 == ordered.map(\.last).max() ?? 0)
        #expect(found.spend.0 == spends.min() ?? .infinity)
        #expect(found.spend.1 == spends.max() ?? -.infinity)
        #expect(found.hasOrderless == (ordered.count < rows.count), "\(count) rows")
      }
    }
  }
}
