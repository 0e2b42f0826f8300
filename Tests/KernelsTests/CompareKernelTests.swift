// Comparisons of columns, and the columns that follow from customers' lines, against one row at a time, in every
// build.

import Kernels
import Models
import Testing

#if arch(x86_64)
  import KernelsV3
  import KernelsV4
#endif

@Suite("CompareKernel and CustomerKernel")
struct CompareKernelTests {
  private typealias Words = InlineArray<8, UInt64>

  private static var levels: [Processor.Level] {
    Processor.Level.allCases.filter { $0.rawValue <= Processor.level.rawValue }
  }

  /// Whether a comparison holds, by the words of the documentation; nil for unknown.
  private static func holds(_ left: Double, _ right: Double, _ relations: UInt8) -> Bool? {
    guard left.isFinite, right.isFinite else { return nil }
    let relation: UInt8 = left < right ? 1 : left == right ? 2 : 4
    return relations & relation != 0
  }

  private static let values = [0, -0.0, 1, -1, 2.5, 1e300, -1e-300, .nan, .infinity, -.infinity]

  @Test("a column compared with a number gives each row's truth", arguments: [0, 64, 192, 512])
  func constants(rows: Int) {
    var random = SeededRandom(seed: UInt64(rows) + 3)
    print("seed \(rows + 3)")
    let column = (0..<rows).map { _ in Self.values.randomElement(using: &random) ?? 0 }
    for number in Self.values where number.isFinite {
      for relations in 1...6 as ClosedRange<UInt8> {
        for level in Self.levels {
          var (yes, no) = (Words(repeating: 5), Words(repeating: 5))
          switch level {
          #if arch(x86_64)
            case .v4:
              KernelsV4.CompareKernel.compare(
                column.span, with: number, relations, rows: rows, yes: &yes, no: &no)
            case .v3:
              KernelsV3.CompareKernel.compare(
                column.span, with: number, relations, rows: rows, yes: &yes, no: &no)
          #endif
          default:
            Kernels.CompareKernel.compare(
              column.span, with: number, relations, rows: rows, yes: &yes, no: &no)
          }
          for row in 0..<rows {
            let truth = Self.holds(column[row], number, relations)
            let bit = UInt64(1) << UInt64(row & 63)
            #expect((yes[row >> 6] & bit != 0) == (truth == true), "\(level) \(relations) \(row)")
            #expect((no[row >> 6] & bit != 0) == (truth == false), "\(level) \(relations) \(row)")
          }
          for word in rows >> 6..<8 { #expect(yes[word] == 5 && no[word] == 5, "left alone") }
        }
      }
    }
  }

  @Test("two columns compared give each row's truth", arguments: [11 as UInt64, 12])
  func pairs(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    print("seed \(seed)")
    let left = (0..<320).map { _ in Self.values.randomElement(using: &random) ?? 0 }
    let right = (0..<320).map { _ in Self.values.randomElement(using: &random) ?? 0 }
    for relations in 1...6 as ClosedRange<UInt8> {
      for level in Self.levels {
        var (yes, no) = (Words(repeating: 0), Words(repeating: 0))
        switch level {
        #if arch(x86_64)
          case .v4:
            KernelsV4.CompareKernel.compare(
              left.span, with: right.span, relations, rows: 320, yes: &yes, no: &no)
          case .v3:
            KernelsV3.CompareKernel.compare(
              left.span, with: right.span, relations, rows: 320, yes: &yes, no: &no)
        #endif
        default:
          Kernels.CompareKernel.compare(
            left.span, with: right.span, relations, rows: 320, yes: &yes, no: &no)
        }
        for row in left.indices {
          let truth = Self.holds(left[row], right[row], relations)
          let bit = UInt64(1) << UInt64(row & 63)
          #expect((yes[row >> 6] & bit != 0) == (truth == true), "\(level) \(relations) \(row)")
          #expect((no[row >> 6] & bit != 0) == (truth == false), "\(level) \(relations) \(row)")
        }
      }
    }
  }

  @Test("orders, days and spend of customers' lines are each customer's", arguments: [31 as UInt64])
  func lines(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    print("seed \(seed)")
    var (lines, first, repeats) = ([SIMD16<UInt32>](), [SIMD8<Int64>](), [SIMD8<Int64>]())
    var wanted: [[Double]] = [[], [], [], [], []]
    let today: UInt16 = 20_000
    for octet in 0..<37 {
      var (line, own, later) = (SIMD16<UInt32>.zero, SIMD8<Int64>.zero, SIMD8<Int64>.zero)
      for place in 0..<8 {
        let x = octet == 0 ? UInt32.max - UInt32(place) : UInt32.random(in: 0..<90, using: &random)
        let isKnown = Int.random(in: 0..<5, using: &random) > 0
        let begun = isKnown ? UInt16.random(in: 0...today, using: &random) : .max
        let ended = isKnown ? UInt16.random(in: begun...today, using: &random) : .max
        line.setCustomer(place, repeatOrders: x, firstDay: begun, lastDay: ended)
        own[place] = octet == 1 ? .max : Int64.random(in: -9_000...90_000, using: &random)
        later[place] = octet == 1 ? .max : Int64.random(in: -9_000...900_000, using: &random)
        let spend = (Double(own[place]) + Double(later[place])) * 0.01
        wanted[0].append(isKnown ? Double(x) + 1 : 0)
        wanted[1].append(isKnown ? Double(today) - Double(ended) : .nan)
        wanted[2].append(isKnown ? Double(today) - Double(begun) : .nan)
        wanted[3].append(isKnown ? spend : .nan)
        wanted[4].append(isKnown ? spend / (Double(x) + 1) : .nan)
      }
      lines.append(line)
      first.append(own)
      repeats.append(later)
    }
    for level in Self.levels {
      for (number, numbers) in wanted.enumerated() {
        var found = [Double](repeating: -7, count: lines.count * 8)
        var column = found.mutableSpan
        let (isLast, isMean) = (number == 1, number == 4)
        switch (number, level) {
        #if arch(x86_64)
          case (0, .v4): KernelsV4.CustomerKernel.orders(lines.span, into: &column)
          case (0, .v3): KernelsV3.CustomerKernel.orders(lines.span, into: &column)
          case (1...2, .v4):
            KernelsV4.CustomerKernel.days(
              lines.span, sinceLast: isLast, today: today, into: &column)
          case (1...2, .v3):
            KernelsV3.CustomerKernel.days(
              lines.span, sinceLast: isLast, today: today, into: &column)
          case (3...4, .v4):
            KernelsV4.CustomerKernel.spend(
              lines.span, first.span, repeats.span, mean: isMean, majorPerMinor: 0.01,
              into: &column)
          case (3...4, .v3):
            KernelsV3.CustomerKernel.spend(
              lines.span, first.span, repeats.span, mean: isMean, majorPerMinor: 0.01,
              into: &column)
        #endif
        case (0, _): Kernels.CustomerKernel.orders(lines.span, into: &column)
        case (1...2, _):
          Kernels.CustomerKernel.days(lines.span, sinceLast: isLast, today: today, into: &column)
        default:
          Kernels.CustomerKernel.spend(
            lines.span, first.span, repeats.span, mean: isMean, majorPerMinor: 0.01,
            into: &column)
        }
        for row in numbers.indices {
          #expect(
            found[row] == numbers[row] || found[row].isNaN && numbers[row].isNaN,
            "\(level) \(number) \(row)")
        }
      }
    }
  }
}
